# SPDX-License-Identifier: PostgreSQL
"""memory - what a build costs when maintenance_work_mem holds half of what it needs.

How much it needs follows from the notice of a small build that ran out: so many rows fitted so much
memory.  A build that never says so is taken at its documented size.
"""
import re

import numpy as np

import writes
from build import M, create_index

PROBE_ROWS = 12_000
PROBE_MB = 4


def measure_half_memory(cluster, session, glove, sizes):
    """The record of one system: seconds and recall of a build with enough memory and with half."""
    name = cluster.system.name
    needed = bytes_per_row(session, glove) * sizes.indexed
    print(f"{name}: building with half of {needed / 1e6:.0f} MB", flush=True)
    truth = writes.subset(glove, np.arange(sizes.indexed))
    enough = timed_build(session, glove, truth, sizes.indexed, 2 * needed)
    half = timed_build(session, glove, truth, sizes.indexed, needed / 2)
    session.execute("DROP TABLE halved")
    return {"system": name, "rows": sizes.indexed, "needed_bytes": round(needed),
            "seconds_enough": round(enough[0], 2), "seconds_half": round(half[0], 2),
            "half_to_enough": round(half[0] / enough[0], 2), "ef_search": writes.EF_SEARCH,
            "recall_enough": round(enough[1], 4), "recall_half": round(half[1], 4),
            "notice": half[2]}


def bytes_per_row(session, glove):
    notice = timed_build(session, glove, None, PROBE_ROWS, PROBE_MB * 2**20)[2]
    fitted = re.search(r"after (\d+) tuples", notice)
    if fitted:
        return PROBE_MB * 2**20 / int(fitted[1])
    return 64 * -(-(glove.dim + 28) // 64) + 33 * M + 106  # README, "Building"


def timed_build(session, glove, truth, rows, memory):
    """Seconds, recall (if the true answers are given) and the notice of a build."""
    session.execute("DROP TABLE IF EXISTS halved")
    session.execute(f"CREATE TABLE halved AS SELECT id, embedding FROM glove WHERE id < {rows}")
    session.execute("VACUUM ANALYZE halved")
    session.set({"maintenance_work_mem": f"{max(1024, round(memory / 1024))}kB"})
    del session.connection.notices[:]
    seconds = create_index(session, "halved", glove.opclass, "halved_hnsw")
    notice = " ".join(line.strip() for line in session.connection.notices)
    session.execute("RESET maintenance_work_mem")
    recall = writes.recall_of(session, "halved", truth) if truth else None
    return seconds, recall, re.sub(r"\s+", " ", notice).replace("NOTICE: ", "").split(" DETAIL")[0]
