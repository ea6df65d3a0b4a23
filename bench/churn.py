# SPDX-License-Identifier: PostgreSQL
"""churn - what is left of an index after five rounds of deleting and re-inserting a fifth of it.

The rows come back with the same ids, so the true answers never change, and a fresh index over the
same table tells what the recall should be.
"""
import time

import numpy as np

import writes

ROUNDS = 5
SHARE = 5  # every fifth row leaves, another fifth in each round


def measure_churn(cluster, session, now, glove, sizes):
    """Records of one system: round 0 is the index as built, the last one is built anew."""
    name = cluster.system.name
    print(f"{name}: churn", flush=True)
    rows = sizes.indexed
    truth = writes.subset(glove, np.arange(rows))
    writes.make_table(session, glove, "churned", rows)
    records = [record(session, truth, name, "built")]
    for turn in range(ROUNDS):
        session.execute(f"DELETE FROM churned WHERE id % {SHARE} = {turn % SHARE}")
        vacuum_seconds, _ = writes.vacuum(session, now, "churned")
        started = time.perf_counter()
        session.execute("INSERT INTO churned SELECT id, embedding FROM glove "
                        f"WHERE id < {rows} AND id % {SHARE} = {turn % SHARE}")
        insert_seconds = time.perf_counter() - started
        records.append(record(session, truth, name, f"round {turn + 1}", vacuum_seconds,
                              rows / SHARE / insert_seconds))
        print(f"{name}: {records[-1]['state']}, recall {records[-1]['recall']}", flush=True)
    session.execute("REINDEX INDEX churned_hnsw")
    fresh = record(session, truth, name, "built anew")
    session.execute("DROP TABLE churned")
    return [{**entry, "to_fresh": round(entry["recall"] - fresh["recall"], 4)}
            for entry in (*records, fresh)]


def record(session, truth, name, state, vacuum_seconds="", rows_per_second=""):
    return {"system": name, "state": state,
            "vacuum_seconds": vacuum_seconds and round(vacuum_seconds, 2),
            "rows_per_second": rows_per_second and round(rows_per_second, 1),
            "index_bytes": session.value("SELECT pg_relation_size('churned_hnsw')"),
            "ef_search": writes.EF_SEARCH,
            "recall": round(writes.recall_of(session, "churned", truth), 4)}
