# SPDX-License-Identifier: PostgreSQL
"""writes - inserting single rows into an index, and vacuuming deleted ones out of it.

Both use a table of GloVe's first rows with nothing but its hnsw index, so that the figures belong
to the index (the heap adds about 0.5 kB of WAL a row).
"""
import dataclasses

import numpy as np

import curves
import datasets
from build import create_index

INDEXED_ROWS = 100_000
INSERTED_ROWS = 10_000
EF_SEARCH = 100


def measure_inserts(cluster, session, now, glove, inserted=INSERTED_ROWS):
    """Rows per second and WAL per row: one row per statement and transaction, in the server."""
    print(f"{cluster.system.name}: inserting {inserted} rows", flush=True)
    make_table(session, glove, "inserts", INDEXED_ROWS)
    half = inserted // 2
    session.execute("CHECKPOINT")
    first_seconds, first_wal = insert_rows(session, now, INDEXED_ROWS, half)
    later_seconds, later_wal = insert_rows(session, now, INDEXED_ROWS + half, half)
    session.execute("DROP TABLE inserts")
    return {"system": cluster.system.name, "rows": inserted,
            "rows_per_second": round(inserted / (first_seconds + later_seconds), 1),
            "wal_bytes_per_row": round((first_wal + later_wal) / inserted),
            "wal_bytes_per_row_after_checkpoint": round(first_wal / half),
            "wal_bytes_per_row_later": round(later_wal / half)}


def measure_vacuum(cluster, session, now, glove):
    """Time of VACUUM after deleting every tenth row, and recall before and after."""
    print(f"{cluster.system.name}: vacuum", flush=True)
    make_table(session, glove, "deletes", INDEXED_ROWS + INSERTED_ROWS)
    session.execute("CREATE OR REPLACE VIEW deletes_q AS SELECT * FROM glove_q")
    ids = np.arange(INDEXED_ROWS + INSERTED_ROWS)
    before = recall_of(session, glove, ids)
    session.execute("DELETE FROM deletes WHERE id % 10 = 0")
    session.execute("CHECKPOINT")
    wal_start = session.value("SELECT pg_current_wal_insert_lsn()")
    started = now()
    session.execute("VACUUM deletes")
    seconds = now() - started
    wal = wal_since(session, wal_start)
    after = recall_of(session, glove, ids[ids % 10 != 0])
    session.execute("DROP VIEW deletes_q; DROP TABLE deletes")
    return {"system": cluster.system.name, "rows": len(ids), "deleted": len(ids) // 10,
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


def wal_since(session, start):
    return int(session.value("SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", (start,)))


def recall_of(session, glove, live_ids):
    """recall@10 over table `deletes` when exactly `live_ids` are in it."""
    nearest = datasets.exact_neighbours(glove.rows[live_ids], glove.queries, glove.metric)
    subset = dataclasses.replace(glove, name="deletes", truth=live_ids[nearest])
    curves.prepare_session(session)
    curves.require_index_plan(session, subset)
    session.set({"hnsw.ef_search": EF_SEARCH})
    queries, answers = session.row(curves.search_statement(subset))
    return curves.recall(subset, queries, answers, len(glove.queries))
