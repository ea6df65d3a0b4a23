# SPDX-License-Identifier: PostgreSQL
"""build - time and phases of CREATE INDEX, size of the result."""
import threading
import time

M, EF_CONSTRUCTION = 16, 64
POLL_SECONDS = 0.01


def ensure_index(cluster, session, dataset, rebuild=False):
    """The hnsw index of a set, built when missing or when asked to; returns the build's record."""
    index = f"{dataset.name}_hnsw"
    if rebuild:
        session.execute(f"DROP INDEX IF EXISTS {index}")
    elif session.value("SELECT to_regclass(%s) IS NOT NULL", (index,)):
        return None
    print(f"{cluster.system.name}: building {index}", flush=True)
    with PhaseLog(cluster) as phases:
        seconds = create_index(session, dataset.name, dataset.opclass, index)
    session.execute("CHECKPOINT")
    size = session.value("SELECT pg_relation_size(%s::regclass)", (index,))
    return {"system": cluster.system.name, "dataset": dataset.name, "seconds": round(seconds, 2),
            "index_bytes": size, "bytes_per_vector": round(size / len(dataset.rows), 1),
            "phases": phases.summary()}


def create_index(session, table, opclass, index, more_options=""):
    started = time.perf_counter()
    session.execute(f"CREATE INDEX {index} ON {table} USING hnsw (embedding {opclass}) "
                    f"WITH (m = {M}, ef_construction = {EF_CONSTRUCTION}{more_options})")
    return time.perf_counter() - started


class PhaseLog:
    """Watches pg_stat_progress_create_index from a second session and adds up time by phase."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.seconds = {}
        self.finished = threading.Event()
        self.watcher = threading.Thread(target=self.watch)

    def __enter__(self):
        self.watcher.start()
        return self

    def __exit__(self, *_exc):
        self.finished.set()
        self.watcher.join()

    def watch(self):
        with self.cluster.connect() as session:
            before = time.perf_counter()
            while not self.finished.wait(POLL_SECONDS):
                phases = session.rows("SELECT phase FROM pg_stat_progress_create_index")
                now = time.perf_counter()
                for phase, in phases:
                    self.seconds[phase] = self.seconds.get(phase, 0) + now - before
                before = now

    def summary(self):
        return "; ".join(f"{phase} {seconds:.2f} s" for phase, seconds in self.seconds.items())
