# SPDX-License-Identifier: PostgreSQL
"""curves - recall@10 and queries per second inside the server, over the settings that trade them.

One SQL statement runs all queries through LATERAL, so neither the client nor the network is in the
figures.  Passes go round all systems and settings, so that a slow moment of the machine hits all
alike; the median of the passes counts.

Also a program, for one server by hand:

    python3 bench/curves.py glove --host /socket/dir --dbname test --ef 100 200 400
"""
import argparse
import statistics
from dataclasses import dataclass, field

import numpy as np

import datasets
from server import connect_to, parse_with_server

PRESETS = ("fast", "balanced", "high_recall", "max")
EF_SEARCH = {
    ("vecstore", "glove"): (20, 40, 80, 120, 200, 300, 400, 600, 800, 1200, 2000),
    ("vecstore", "fashion"): (10, 15, 20, 30, 40, 60, 80, 120, 200, 400),
    ("vector", "glove"): (40, 80, 120, 200, 300, 400, 600, 800, 1000),
    ("vector", "fashion"): (10, 15, 20, 30, 40, 60, 80, 120, 200, 400),
}


@dataclass
class Point:
    """One setting of one system: its recall, and the seconds each pass took."""

    system: str
    dataset: str
    label: str  # "ef 100" or "preset fast"
    settings: dict
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


def sweep(extension, dataset_name):
    """(label, settings) of every point of a curve."""
    for ef in EF_SEARCH[extension, dataset_name]:
        yield f"ef {ef}", {"hnsw.ef_search": ef}
    if extension == "vecstore":
        for preset in PRESETS:
            yield f"preset {preset}", {"hnsw.ef_search": 0, "vecstore.search_preset": preset}


def measure_curves(sessions, dataset, passes):
    """The points of every system on one set; `sessions` maps each System to an open Session."""
    points = {}
    for system, session in sessions.items():
        prepare_session(session)
        require_index_plan(session, dataset)
        points[system] = [Point(system.name, dataset.name, label, settings)
                          for label, settings in sweep(system.extension, dataset.name)]
    for turn in range(passes + 1):  # the first turn warms caches and is not counted
        for rank in range(max(map(len, points.values()))):
            for system, session in sessions.items():
                if rank < len(points[system]):
                    run_pass(session, dataset, points[system][rank], warm_up=turn == 0)
        print(f"curves {dataset.name}: pass {turn} of {passes}", flush=True)
    return [point for curve in points.values() for point in curve]


def run_pass(session, dataset, point, warm_up=False):
    session.set(point.settings)
    queries, answers, seconds = session.row(search_statement(dataset))
    point.recall = recall(dataset, queries, answers, point.queries)
    if not warm_up:
        point.seconds.append(seconds)


def search_statement(dataset, limit=None):
    """All queries (or the first `limit`) in one statement; its third column is the server's time."""
    name, operator = dataset.name, dataset.operator
    some = f"WHERE id < {limit}" if limit else ""
    return f"""
        SELECT array_agg(q.id), array_agg(hit.id),
               extract(epoch FROM clock_timestamp() - statement_timestamp())::float8
        FROM (SELECT * FROM {name}_q {some}) q
        CROSS JOIN LATERAL (SELECT id FROM {name} ORDER BY embedding {operator} q.embedding
                            LIMIT {datasets.NEIGHBOURS}) hit"""


def recall(dataset, queries, answers, asked):
    """Share of the true ten nearest neighbours of the `asked` queries among the answers."""
    queries, answers = np.asarray(queries), np.asarray(answers)
    found = (dataset.truth[queries] == answers[:, None]).any(axis=1).sum()
    return found / (asked * datasets.NEIGHBOURS)


def prepare_session(session):
    session.set({"enable_seqscan": "off", "enable_sort": "on", "jit": "off",
                 "max_parallel_workers_per_gather": 0})


def require_index_plan(session, dataset):
    plan = "\n".join(line for line, in session.rows("EXPLAIN " + search_statement(dataset)))
    if f"{dataset.name}_hnsw" not in plan:
        raise RuntimeError(f"the hnsw index is not used:\n{plan}")


def measure_exact(session, dataset, system, limit):
    """Exact search by a sequential scan, for the first `limit` queries."""
    point = Point(system.name, dataset.name, "exact", {"enable_indexscan": "off"}, queries=limit)
    session.set({"enable_seqscan": "on", **point.settings})
    queries, answers, seconds = session.row(search_statement(dataset, limit))
    session.set({"enable_indexscan": "on"})
    point.recall, point.seconds = recall(dataset, queries, answers, limit), [seconds]
    return point


def qps_at(points, target):
    """QPS at a recall, log-linear between the two neighbouring ef; None where the curve ends."""
    curve = sorted((p.recall, p.qps) for p in points if p.label.startswith("ef "))
    for (low, fast), (high, slow) in zip(curve, curve[1:]):
        if low <= target <= high and low < high:
            share = (target - low) / (high - low)
            return float(np.exp((1 - share) * np.log(fast) + share * np.log(slow)))
    return None


def main():
    parser = argparse.ArgumentParser(description="Recall and QPS of an index built by hand.")
    parser.add_argument("set", choices=datasets.SETS)
    parser.add_argument("--ef", nargs="+", type=int, default=(40, 100, 200, 400))
    parser.add_argument("--passes", type=int, default=3)
    options = parse_with_server(parser)
    dataset = datasets.load(options.set, options.data)
    with connect_to(options) as session:
        prepare_session(session)
        for ef in options.ef:
            point = Point("", dataset.name, f"ef {ef}", {"hnsw.ef_search": ef})
            for turn in range(options.passes + 1):
                run_pass(session, dataset, point, warm_up=turn == 0)
            print(f"{point.label:>8}  recall {point.recall:.4f}  {point.qps:9,.0f} QPS", flush=True)


if __name__ == "__main__":
    main()
