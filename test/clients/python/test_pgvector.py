"""pgvector's Python package against vecstore: the drivers find the types and exchange values exactly."""
import asyncio
import os
import random
import unittest

import asyncpg
import pgvector.asyncpg
import pgvector.psycopg
import pgvector.psycopg2
import psycopg
import psycopg2
from pgvector import HalfVector, Vector
from pgvector.sqlalchemy import HALFVEC, VECTOR, avg
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, inspect, select

RANDOM = random.Random(1)
VECTORS = [Vector([RANDOM.uniform(-1, 1) for _ in range(dim)]) for dim in (1, 2, 3, 100, 1536, 16000)]
HALFVECS = [HalfVector(vector.to_list()) for vector in VECTORS]
EXTREMES = [Vector([3.4028235e38, -3.4028235e38, 1e-45, 0.0]), Vector([-0.0])]


class Psycopg3(unittest.TestCase):
    def setUp(self):
        self.connection = psycopg.connect(autocommit=True)
        self.addCleanup(self.connection.close)
        pgvector.psycopg.register_vector(self.connection)

    def exchange(self, value, binary):
        cursor = self.connection.cursor(binary=binary)
        return cursor.execute("SELECT %b" if binary else "SELECT %t", [value]).fetchone()[0]

    def test_text_and_binary(self):
        for value in VECTORS + HALFVECS + EXTREMES:
            for binary in (False, True):
                self.assertEqual(self.exchange(value, binary).to_binary(), value.to_binary())

    def test_arrays(self):
        for binary in (False, True):
            cursor = self.connection.cursor(binary=binary)
            self.assertEqual(cursor.execute("SELECT %s::vector[]", [VECTORS[:3]]).fetchone()[0], VECTORS[:3])

    def test_binary_copy(self):
        self.connection.execute("CREATE TEMP TABLE items (id integer, v vector, h halfvec)")
        with self.connection.cursor().copy("COPY items FROM STDIN WITH (FORMAT binary)") as copy:
            copy.set_types(["int4", "vector", "halfvec"])
            for i, (vector, halfvec) in enumerate(zip(VECTORS, HALFVECS)):
                copy.write_row([i, vector, halfvec])
        rows = self.connection.execute("SELECT v, h FROM items ORDER BY id").fetchall()
        self.assertEqual(rows, list(zip(VECTORS, HALFVECS)))

    def test_distances_of_parameters(self):
        row = self.connection.execute(
            "SELECT %(a)s <-> %(b)s, %(a)s <#> %(b)s, %(a)s <+> %(b)s, cosine_distance(%(a)s, %(a)s)",
            {"a": Vector([1, 2, 3]), "b": Vector([4, 6, 3])}).fetchone()
        self.assertEqual(row, (5.0, -25.0, 7.0, 0.0))

    def test_error(self):
        with self.assertRaises(psycopg.errors.DataException) as raised:
            self.connection.execute("SELECT %s::vector(2)", [Vector([1, 2, 3])])
        self.assertEqual(raised.exception.diag.message_primary, "expected 2 dimensions, not 3")


class Psycopg2(unittest.TestCase):
    def setUp(self):
        self.connection = psycopg2.connect("")
        self.addCleanup(self.connection.close)
        pgvector.psycopg2.register_vector(self.connection)

    def test_text(self):
        cursor = self.connection.cursor()
        for vector, halfvec in zip(VECTORS, HALFVECS):
            cursor.execute("SELECT %s::vector, %s::halfvec, ARRAY[%s]::vector[]", [vector, halfvec, vector])
            self.assertEqual(cursor.fetchone(), (vector, halfvec, [vector]))


class Asyncpg(unittest.TestCase):
    async def exchange(self):
        connection = await asyncpg.connect(host=os.environ["PGHOST"])
        try:
            await pgvector.asyncpg.register_vector(connection)
            for vector, halfvec in zip(VECTORS, HALFVECS):
                row = await connection.fetchrow("SELECT $1::vector, $2::halfvec, $3::vector[]", vector, halfvec, [vector])
                self.assertEqual(tuple(row), (vector, halfvec, [vector]))
        finally:
            await connection.close()

    def test_binary(self):
        asyncio.run(self.exchange())


class SqlAlchemy(unittest.TestCase):
    def test_columns_and_distances(self):
        engine = create_engine("postgresql+psycopg2://")
        items = Table("sqlalchemy_items", MetaData(), Column("id", Integer, primary_key=True),
                      Column("embedding", VECTOR(3)), Column("half", HALFVEC(3)))
        with engine.begin() as connection:
            items.create(connection)
            self.addCleanup(items.drop, engine)
            connection.execute(insert(items), [
                {"id": 1, "embedding": [1, 1, 1], "half": [1, 1, 1]},
                {"id": 2, "embedding": [2, 2, 2], "half": [2, 2, 2]},
                {"id": 3, "embedding": [1, 1, 2], "half": [1, 1, 2]}])
            for column in (items.c.embedding, items.c.half):
                nearest = select(items.c.id).order_by(column.l2_distance([1, 1, 1]))
                self.assertEqual(connection.scalars(nearest).all(), [1, 3, 2])
                self.assertEqual(connection.scalars(nearest.where(column.l1_distance([1, 1, 1]) > 1)).all(), [2])
                largest = select(items.c.id).order_by(column.max_inner_product([1, 1, 1]))
                self.assertEqual(connection.scalars(largest).all(), [2, 3, 1])
            self.assertEqual(connection.scalar(select(avg(items.c.embedding)).where(items.c.id > 1)), [1.5, 1.5, 2])
            columns = {column["name"]: str(column["type"]) for column in inspect(connection).get_columns("sqlalchemy_items")}
        self.assertEqual(columns, {"id": "INTEGER", "embedding": "VECTOR(3)", "half": "HALFVEC(3)"})


if __name__ == "__main__":
    unittest.main()
