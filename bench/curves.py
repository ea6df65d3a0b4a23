# SPDX-License-Identifier: PostgreSQL
"""curves - recall@10 and queries per second over the settings that trade one for the other.

In a server one SQL statement runs all queries through LATERAL, so neither the client nor the
network is in the figures.  Passes go round all engines and settings, so that a slow moment of the
machine hits all alike; the median of the passes counts.

Also a program, for one server by hand:

    python3 bench/curves.py glove --host /socket/dir --dbname test --ef 100 200 400
"""
import argparse
import statistics
from dataclasses import dataclass, field

import numpy as np

import datasets
from clock import CLOCKS, clock_of
from server import connect_to, parse_with_server

PRESETS = ("fast", "balanced", "high_recall", "max")
HARD = (40, 80, 120, 200, 300, 400, 600, 800, 1000)
EASY = (10, 15, 20, 30, 40, 60, 80, 120, 200, 400)
BETWEEN = (10, 15, 20, 30, 40, 60, 80, 120, 160, 200, 300, 400, 600)
# (system's extension or library, set) -> the beam widths that make its curve
EF_SEARCH = {
    **{(engine, dataset): widths for engine in ("vecstore", "vector", "faiss", "hnswlib")
       for dataset, widths in (("glove", HARD), ("fashion", EASY), ("glosses", BETWEEN))},
    ("vecstore", "glove"): (20, 40, 80, 120, 160, 200, 300, 400, 600, 800, 1200, 2000),
}


@dataclass
class Point:
    """One setting of one engine: its recall, and the seconds each pass took."""

    system: str
    dataset: str
    label: str  # "ef 100", "preset fast" or "exact"
    recall: float = 0.0
    seconds: list = field(default_factory=list)
    queries: int = datasets.QUERIES

    @property
    def qps(self):
        return self.queries / statistics.median(self.seconds)

    def record(self):
        return {"system": self.system, "dataset": self.dataset, "setting": self.label,
                "recall": round(self.recall, 4), "qps": round(self.qps, 1),
                "passes": len(self.seconds)}


class ServerEngine:
    """Searches with the hnsw index of one server.  Every engine has name, settings and search."""

    def __init__(self, system, session, dataset, clock_name="wall"):
        self.name, self.extension = system.name, system.extension
        self.session, self.dataset = session, dataset
        self.now = clock_of(clock_name, session.backend_pid())
        prepare_session(session)
        require_index_plan(session, dataset)

    def settings(self):
        """label -> settings, in the order of the curve, for every point worth measuring."""
        points = {f"ef {ef}": {"hnsw.ef_search": ef}
                  for ef in EF_SEARCH[self.extension, self.dataset.name]}
        if self.extension == "vecstore":
            points.update({f"preset {preset}": {"hnsw.ef_search": 0,
                                                "vecstore.search_preset": preset}
                           for preset in PRESETS})
        return points

    def search(self, settings):
        """One pass over all queries: query numbers, the ids found for them, the seconds it took."""
        self.session.set(settings)
        return timed_search(self.session, self.dataset, self.now)


def measure_curves(engines, dataset, passes, step=1):
    """The points of every engine on one set; of its widths every step-th."""
    settings = {engine: every(step, engine.settings()) for engine in engines}
    points = {(engine, label): Point(engine.name, dataset.name, label)
              for engine in engines for label, _ in settings[engine]}
    for turn in range(passes + 1):  # the first turn warms caches and is not counted
        for rank in range(max(map(len, settings.values()))):
            for engine in engines:
                if rank < len(settings[engine]):
                    label, values = settings[engine][rank]
                    run_pass(engine, values, dataset, points[engine, label], counted=turn > 0)
        print(f"curves {dataset.name}: pass {turn} of {passes}", flush=True)
    return list(points.values())


def every(step, settings):
    """Of all widths every step-th, the widest among them, and all presets."""
    widths = [item for item in settings.items() if item[0].startswith("ef ")]
    return widths[::-step][::-1] + [item for item in settings.items() if item not in widths]


def run_pass(engine, settings, dataset, point, counted):
    queries, answers, seconds = engine.search(settings)
    point.recall = recall(dataset, queries, answers, point.queries)
    if counted:
        point.seconds.append(seconds)


def timed_search(session, dataset, now, limit=None):
    with session.connection.cursor() as cursor:
        started = now()
        cursor.execute(search_statement(dataset, limit))
        seconds = now() - started
        return (*cursor.fetchone(), seconds)


def search_statement(dataset, limit=None, table=None):
    """All queries (or the first `limit`) in one statement, over the set's table or another one."""
    name, operator = dataset.name, dataset.operator
    some = f"WHERE id < {limit}" if limit else ""
    return f"""
        SELECT array_agg(q.id), array_agg(hit.id)
        FROM (SELECT * FROM {name}_q {some}) q
        CROSS JOIN LATERAL (SELECT id FROM {table or name} ORDER BY embedding {operator} q.embedding
                            LIMIT {datasets.NEIGHBOURS}) hit"""


def recall(dataset, queries, answers, asked):
    """Share of the true ten nearest neighbours of the `asked` queries among the answers."""
    queries, answers = np.asarray(queries), np.asarray(answers)
    found = (dataset.truth[queries] == answers[:, None]).any(axis=1).sum()
    return float(found / (asked * datasets.NEIGHBOURS))


def prepare_session(session):
    session.set({"enable_seqscan": "off", "enable_indexscan": "on"})


def require_index_plan(session, dataset, table=None):
    statement = search_statement(dataset, table=table)
    plan = "\n".join(line for line, in session.rows("EXPLAIN " + statement))
    if f"{table or dataset.name}_hnsw" not in plan:
        raise RuntimeError(f"the hnsw index is not used:\n{plan}")


def measure_exact(engine, limit):
    """Exact search by a sequential scan, for the first `limit` queries."""
    session, dataset = engine.session, engine.dataset
    session.set({"enable_seqscan": "on", "enable_indexscan": "off"})
    queries, answers, seconds = timed_search(session, dataset, engine.now, limit)
    prepare_session(session)
    return Point(engine.name, dataset.name, "exact", recall(dataset, queries, answers, limit),
                 [seconds], limit)


def lowest_ef(engine, dataset, target):
    """The settings of the first point of the curve that reaches a recall, and that recall."""
    for label, settings in engine.settings().items():
        queries, answers, _ = engine.search(settings)
        reached = recall(dataset, queries, answers, datasets.QUERIES)
        if reached >= target:
            return label, settings, reached
    raise RuntimeError(f"{engine.name} does not reach recall {target} on {dataset.name}")


def main():
    parser = argparse.ArgumentParser(description="Recall and QPS of an index built by hand.")
    parser.add_argument("set", choices=datasets.SETS)
    parser.add_argument("--ef", nargs="+", type=int, default=(40, 100, 200, 400))
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parse_with_server(parser)
    dataset = datasets.load(options.set, options.data)
    with connect_to(options) as session:
        prepare_session(session)
        now = clock_of(options.clock, session.backend_pid())
        for ef in options.ef:
            session.set({"hnsw.ef_search": ef})
            passes = [timed_search(session, dataset, now) for _ in range(options.passes + 1)]
            qps = datasets.QUERIES / statistics.median(seconds for *_, seconds in passes[1:])
            reached = recall(dataset, *passes[0][:2], datasets.QUERIES)
            print(f"ef {ef:>5}  recall {reached:.4f}  {qps:9,.0f} QPS", flush=True)


if __name__ == "__main__":
    main()
