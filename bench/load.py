# SPDX-License-Identifier: PostgreSQL
"""load - put a prepared set into a server: tables NAME, NAME_q (queries), NAME_truth.

Works with any extension whose `vector` has pgvector's binary format.  Also a program:

    python3 bench/load.py glove fashion --host /socket/dir --dbname test
"""
import argparse
import io

import numpy as np

import datasets
from server import connect_to, parse_with_server

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"
ROWS_PER_COPY = 50_000


def load_dataset(session, dataset):
    """Create and fill the three tables unless they are there already."""
    name = dataset.name
    if session.value("SELECT to_regclass(%s) IS NOT NULL", (f"{name}_truth",)):
        return
    print(f"loading {name}", flush=True)
    session.execute(f"DROP TABLE IF EXISTS {name}, {name}_q")
    create_vector_table(session, name, dataset.dim)
    copy_vectors(session, name, dataset.rows)
    create_vector_table(session, f"{name}_q", dataset.dim)
    copy_vectors(session, f"{name}_q", dataset.queries)
    for table in (name, f"{name}_q"):
        session.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id)")
        session.execute(f"VACUUM ANALYZE {table}")
    session.execute(f"CREATE TABLE {name}_truth (id int, ids int[])")
    for query, ids in enumerate(dataset.truth):
        session.execute(f"INSERT INTO {name}_truth VALUES (%s, %s)", (query, ids.tolist()))
    session.execute("CHECKPOINT")


def create_vector_table(session, table, dim):
    """A table that keeps vectors in the row as they are: TOAST would compress or move 3 kB ones."""
    session.execute(f"CREATE TABLE {table} (id int, embedding vector({dim})) "
                    "WITH (toast_tuple_target = 8160)")


def copy_vectors(session, table, vectors, first_id=0):
    """COPY vectors in binary; ids count up from first_id."""
    with session.connection.cursor() as cursor:
        for start in range(0, len(vectors), ROWS_PER_COPY):
            block = vectors[start:start + ROWS_PER_COPY]
            cursor.copy_expert(f"COPY {table} (id, embedding) FROM STDIN (FORMAT binary)",
                               io.BytesIO(binary_rows(block, first_id + start)))


def binary_rows(vectors, first_id):
    """The body of a binary COPY of (id int, embedding vector)."""
    count, dim = vectors.shape
    records = np.zeros(count, dtype=[("fields", ">i2"),
                                     ("id_bytes", ">i4"), ("id", ">i4"),
                                     ("vector_bytes", ">i4"), ("dim", ">i2"), ("unused", ">i2"),
                                     ("elements", ">f4", (dim,))])
    records["fields"] = 2
    records["id_bytes"] = 4
    records["id"] = np.arange(first_id, first_id + count)
    records["vector_bytes"] = 4 + 4 * dim
    records["dim"] = dim
    records["elements"] = vectors
    return COPY_HEADER + records.tobytes() + COPY_TRAILER


def main():
    parser = argparse.ArgumentParser(description="Load benchmark sets into a running server.")
    parser.add_argument("sets", nargs="+", choices=datasets.SETS)
    options = parse_with_server(parser)
    with connect_to(options) as session:
        for name in options.sets:
            load_dataset(session, datasets.load(name, options.data))


if __name__ == "__main__":
    main()
