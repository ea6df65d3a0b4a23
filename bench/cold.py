# SPDX-License-Identifier: PostgreSQL
"""cold - an index that is larger than memory: ten times shared_buffers, with a cold system cache.

vecstore is also measured with `storage = sketch` and the same shared_buffers.

Before every cold query the files of index and table are dropped from the system's cache: all caches
where /proc/sys/vm/drop_caches may be written, else with posix_fadvise.  The warm pass leaves the
files there, so that it shows what a read costs that only misses shared_buffers.
"""
import json
import os
import statistics
from pathlib import Path

import build
import curves

TIMES = 10  # size of the index, in shared_buffers
DROP_CACHES = Path("/proc/sys/vm/drop_caches")


def measure_cold(cluster, engine, dataset, queries):
    """Records of one system, cold and warm, at the first ef that reaches the first target; of vecstore also
    with `storage = sketch`, and as little memory."""
    chosen = curves.lowest_ef(engine, dataset, dataset.targets[0])
    buffers = index_size(engine.session, dataset) // TIMES
    records = measure_index(cluster, cluster.system.name, dataset, queries, buffers, chosen)
    if engine.extension == "vecstore":
        records += measure_sketches(cluster, dataset, queries, buffers)
    return records


def measure_sketches(cluster, dataset, queries, buffers):
    with cluster.connect() as session:
        rebuild_index(session, dataset, ", storage = sketch")
        engine = SketchEngine(cluster.system, session, dataset)
        chosen = curves.lowest_ef(engine, dataset, dataset.targets[0])
    records = measure_index(cluster, f"{cluster.system.name}, sketches", dataset, queries, buffers, chosen)
    with cluster.connect() as session:
        rebuild_index(session, dataset)
    return records


class SketchEngine(curves.ServerEngine):
    """Searches by sketches reach the same recall with narrower beams."""

    WIDTHS = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400)

    def settings(self):
        return {f"ef {ef}": {"hnsw.ef_search": ef} for ef in self.WIDTHS}


def rebuild_index(session, dataset, more_options=""):
    session.execute(f"DROP INDEX {dataset.name}_hnsw")
    build.create_index(session, dataset.name, dataset.opclass, f"{dataset.name}_hnsw", more_options)
    session.execute("CHECKPOINT")


def index_size(session, dataset):
    return session.value(f"SELECT pg_relation_size('{dataset.name}_hnsw')")


def measure_index(cluster, name, dataset, queries, buffers, chosen):
    """Two records, cold and warm, at (label, settings, recall) with a small buffer pool."""
    label, settings, reached = chosen
    print(f"{name}: {dataset.name} with {buffers / 1e6:.1f} MB of buffers", flush=True)
    records = []
    with cluster.restarted({"shared_buffers": f"{buffers // 1024}kB", "track_io_timing": "on"}), \
            cluster.connect() as session:
        curves.prepare_session(session)
        session.set(settings)
        files = relation_files(cluster, session, dataset)
        for cache in ("cold", "warm"):
            plans = [run_query(session, dataset, query, files if cache == "cold" else ())
                     for query in dataset.queries[:queries]]
            records.append({"system": name, "dataset": dataset.name, "cache": cache, "setting": label,
                            "recall": round(reached, 4), "index_bytes": index_size(session, dataset),
                            "shared_buffers": buffers, "queries": queries, **summary(plans)})
    return records


def relation_files(cluster, session, dataset):
    """All files of the set's table and index; flushed, since only clean pages can be dropped."""
    paths = session.rows(
        "SELECT pg_relation_filepath(oid) FROM pg_class WHERE oid IN (%s::regclass, %s::regclass, "
        "(SELECT reltoastrelid FROM pg_class WHERE oid = %s::regclass))",
        (dataset.name, f"{dataset.name}_hnsw", dataset.name))
    files = [file for path, in paths for file in cluster.pgdata.glob(f"{path}*")]
    for file in files:
        with open(file, "r+b") as handle:
            os.fsync(handle.fileno())
    return files


def run_query(session, dataset, query, dropped):
    drop_from_cache(dropped)
    vector = "[" + ",".join(map(str, query.tolist())) + "]"
    plan = session.value(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT id FROM {dataset.name} "
        f"ORDER BY embedding {dataset.operator} %s::vector LIMIT 10", (vector,))
    plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]
    return plan["Execution Time"], plan["Plan"]


def drop_from_cache(files):
    if not files:
        return
    if os.access(DROP_CACHES, os.W_OK):
        DROP_CACHES.write_text("1")
        return
    for file in files:
        with open(file, "rb") as handle:
            os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def summary(plans):
    reads = [plan["Shared Read Blocks"] for _, plan in plans]
    hits = [plan["Shared Hit Blocks"] for _, plan in plans]
    times = sorted(milliseconds for milliseconds, _ in plans)
    return {"pages_read": round(statistics.mean(reads), 1),
            "pages_touched": round(statistics.mean(reads) + statistics.mean(hits), 1),
            "ms": round(statistics.mean(times), 2), "ms_p95": round(times[len(times) * 95 // 100], 2),
            "ms_reading": round(statistics.mean(plan["I/O Read Time"] for _, plan in plans), 2)}
