# SPDX-License-Identifier: PostgreSQL
"""writes - inserting single rows into an index, by one and two clients, and vacuuming deleted ones.

All use a table of GloVe's first rows with nothing but its hnsw index, so that the figures belong
to the index (the heap adds about 0.5 kB of WAL a row).
"""
import dataclasses
import statistics

import numpy as np

import clients
import curves
import datasets
from build import create_index

EF_SEARCH = 100


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is done: rows indexed before, rows inserted, seconds of a client's round."""

    indexed: int
    inserted: int
    seconds: float


FULL = Sizes(100_000, 10_000, 5)
QUICK = Sizes(20_000, 2_000, 2)


def measure_inserts(cluster, session, now, glove, sizes):
    """Rows per second and WAL per row: one row per statement and transaction, in the server."""
    print(f"{cluster.system.name}: inserting {sizes.inserted} rows", flush=True)
    make_table(session, glove, "inserts", sizes.indexed)
    half = sizes.inserted // 2
    session.execute("CHECKPOINT")
    first_seconds, first_wal = insert_rows(session, now, sizes.indexed, half)
    later_seconds, later_wal = insert_rows(session, now, sizes.indexed + half, half)
    session.execute("DROP TABLE inserts")
    return {"system": cluster.system.name, "indexed": sizes.indexed, "rows": sizes.inserted,
            "rows_per_second": round(sizes.inserted / (first_seconds + later_seconds), 1),
            "wal_bytes_per_row": round((first_wal + later_wal) / sizes.inserted),
            "wal_bytes_per_row_after_checkpoint": round(first_wal / half),
            "wal_bytes_per_row_later": round(later_wal / half)}


def measure_inserters(cluster, session, glove, sizes):
    """Rows per second of one and of two clients that insert single rows at the same time."""
    print(f"{cluster.system.name}: inserting clients", flush=True)
    make_table(session, glove, "inserts", sizes.indexed)
    session.execute("DROP SEQUENCE IF EXISTS inserts_next")
    session.execute(f"CREATE SEQUENCE inserts_next START {sizes.indexed} CACHE 1")
    script = ("INSERT INTO inserts SELECT id, embedding FROM glove "
              "WHERE id = (SELECT nextval('inserts_next'));\n")
    rates = {}
    for _ in range(clients.ROUNDS):
        for count in clients.CLIENTS:
            rate, _ = clients.run_pgbench(cluster, script, count, sizes.seconds, {})
            rates.setdefault(count, []).append(rate)
    session.execute("DROP TABLE inserts; DROP SEQUENCE inserts_next")
    return [{"system": cluster.system.name, "indexed": sizes.indexed, "clients": count,
             "rows_per_second": round(statistics.median(values), 1),
             "to_one_client": round(statistics.median(values) / statistics.median(rates[1]), 3)}
            for count, values in rates.items()]


def measure_vacuum(cluster, session, now, glove, sizes):
    """Time of VACUUM after deleting every tenth row, and recall before and after."""
    print(f"{cluster.system.name}: vacuum", flush=True)
    rows = sizes.indexed * 11 // 10
    make_table(session, glove, "deletes", rows)
    ids = np.arange(rows)
    before = recall_of(session, "deletes", subset(glove, ids))
    session.execute("DELETE FROM deletes WHERE id % 10 = 0")
    seconds, wal = vacuum(session, now, "deletes")
    after = recall_of(session, "deletes", subset(glove, ids[ids % 10 != 0]))
    session.execute("DROP TABLE deletes")
    return {"system": cluster.system.name, "rows": rows, "deleted": rows // 10,
            "seconds": round(seconds, 2), "wal_bytes": wal, "ef_search": EF_SEARCH,
            "recall_before": round(before, 4), "recall_after": round(after, 4)}


def make_table(session, glove, table, rows):
    session.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
    session.execute(f"CREATE TABLE {table} AS SELECT id, embedding FROM glove WHERE id < {rows}")
    create_index(session, table, glove.opclass, f"{table}_hnsw")
    session.execute(f"VACUUM ANALYZE {table}")


def insert_rows(session, now, first_id, count):
    """Seconds and WAL bytes of `count` single-row transactions."""
    wal_start = session.value("SELECT pg_current_wal_insert_lsn()")
    started = now()
    session.execute(f"""
        DO $$ BEGIN
          FOR i IN {first_id}..{first_id + count - 1} LOOP
            INSERT INTO inserts SELECT id, embedding FROM glove WHERE id = i;
            COMMIT;
          END LOOP;
        END $$""")
    return now() - started, wal_since(session, wal_start)


def vacuum(session, now, table):
    """Seconds and WAL bytes of VACUUM."""
    session.execute("CHECKPOINT")
    wal_start = session.value("SELECT pg_current_wal_insert_lsn()")
    started = now()
    session.execute(f"VACUUM {table}")
    return now() - started, wal_since(session, wal_start)


def wal_since(session, start):
    return int(session.value("SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", (start,)))


def subset(glove, ids):
    """GloVe as if only these rows were there: the same queries, their nearest among them."""
    nearest = datasets.exact_neighbours(glove.rows[ids], glove.queries, glove.metric)
    return dataclasses.replace(glove, truth=ids[nearest])


def recall_of(session, table, dataset):
    """recall@10 over a table that holds exactly the rows of a subset."""
    curves.prepare_session(session)
    curves.require_index_plan(session, dataset, table)
    session.set({"hnsw.ef_search": EF_SEARCH})
    queries, answers = session.row(curves.search_statement(dataset, table=table))
    return curves.recall(dataset, queries, answers, len(dataset.queries))
