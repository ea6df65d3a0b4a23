# SPDX-License-Identifier: PostgreSQL
"""main - run the chosen measurements on the chosen sets and systems, then write the report."""
import argparse
import datetime
import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import build
import churn
import clients
import cold
import costs
import curves
import datasets
import in_process
import machine
import memory
import writes
from clock import CLOCKS, clock_of
from load import load_dataset
from report import write_summary
from results import Results
from server import Cluster, System, default_data_dir

SEARCHES = ("build", "curves", "faiss", "hnswlib", "clients", "costs", "cold")
CHANGES = ("writes", "inserters", "vacuum", "churn", "memory")
MEASURES = SEARCHES + CHANGES
EXACT_QUERIES = 50


def main():
    # A run that is told to stop still stops its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    options = parse_options()
    results = Results(Path(options.results) / options.label)
    sets = [datasets.load(name, options.data) for name in options.sets]
    with ExitStack() as stack:
        clusters = [stack.enter_context(Cluster(system, options.data))
                    for system in options.systems]
        with connected(clusters) as sessions:
            results.add("machine", *machine.describe(sessions, options.clock))
            measure_changes(options, results, clusters, sessions)
        for dataset in sets if options.only.intersection(SEARCHES) else ():
            measure_searches(options, results, clusters, dataset)
    for directory in options.reuse:
        results.reuse(directory)
    print(write_summary(results, options.baseline))
    print(f"results are in {results.directory}")


@contextmanager
def connected(clusters):
    """System -> session, for a while."""
    with ExitStack() as stack:
        yield {cluster.system: stack.enter_context(cluster.connect()) for cluster in clusters}


def measure_searches(options, results, clusters, dataset):
    """Build, then everything that only reads one set's index."""
    with connected(clusters) as sessions:
        engines = server_engines(options, results, clusters, sessions, dataset)
        if options.only & {"curves", *in_process.ENGINES}:
            measure_curves(options, results, engines, dataset)
        if "clients" in options.only:
            seconds = 2 if options.quick else 5
            results.add("clients", *clients.measure_clients(clusters, engines, dataset, seconds))
        if "costs" in options.only:
            measure_costs(options, results, engines, dataset)
        # Last: it restarts the servers.
        if "cold" in options.only:
            for cluster, engine in zip(clusters, engines):
                results.add("cold", *cold.measure_cold(cluster, engine, dataset,
                                                       50 if options.quick else 200))


def server_engines(options, results, clusters, sessions, dataset):
    """Every system's table and index of a set, made if need be."""
    if not options.only & {"build", "curves", "clients", "costs", "cold"}:
        return []
    engines = []
    for cluster in clusters:
        session = sessions[cluster.system]
        load_dataset(session, dataset)
        results.add("build", build.ensure_index(cluster, session, dataset,
                                                rebuild="build" in options.only))
        engines.append(curves.ServerEngine(cluster.system, session, dataset, options.clock))
    return engines


def measure_curves(options, results, server_engines, dataset):
    engines = list(server_engines) if "curves" in options.only else []
    for name in in_process.ENGINES:
        if name in options.only and in_process.available(name, options.data):
            # A quick run takes the index of an earlier one.
            engine, record = in_process.ensure_engine(
                name, dataset, options.data, options.clock,
                rebuild="build" in options.only and not options.quick)
            results.add("build", record)
            engines.append(engine)
    points = curves.measure_curves(engines, dataset, *((1, 2) if options.quick else (5, 1)))
    if "curves" in options.only:
        points += [curves.measure_exact(engine, EXACT_QUERIES) for engine in server_engines]
    results.add("curves", *(point.record() for point in points))


def measure_costs(options, results, engines, dataset):
    if not costs.available():
        print("perf is missing or not permitted: no costs", flush=True)
        return
    for engine in engines:
        if engine.extension == "vecstore":
            results.add("costs", *costs.measure_costs(engine.name, engine.session, dataset,
                                                      dataset.targets[0], 3 if options.quick else 10))


def measure_changes(options, results, clusters, sessions):
    """What changes an index, on tables of their own made from GloVe."""
    if not options.only.intersection(CHANGES):
        return
    glove = datasets.load("glove", options.data)
    sizes = writes.QUICK if options.quick else writes.FULL
    for cluster in clusters:
        session = sessions[cluster.system]
        load_dataset(session, glove)
        now = clock_of(options.clock, session.backend_pid())
        if "writes" in options.only:
            results.add("inserts", writes.measure_inserts(cluster, session, now, glove, sizes))
        if "inserters" in options.only:
            results.add("inserters", *writes.measure_inserters(cluster, session, glove, sizes))
        if "vacuum" in options.only:
            results.add("vacuum", writes.measure_vacuum(cluster, session, now, glove, sizes))
        if "churn" in options.only:
            results.add("churn", *churn.measure_churn(cluster, session, now, glove, sizes))
        if "memory" in options.only:
            results.add("memory", memory.measure_half_memory(cluster, session, glove, sizes))


def parse_options():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description="See bench/README.md.")
    parser.add_argument("--only", action="append", choices=MEASURES,
                        help="measure just this (may be repeated)")
    parser.add_argument("--data", dest="sets", action="append", choices=datasets.SETS,
                        help="search this set only (may be repeated)")
    parser.add_argument("--quick", action="store_true",
                        help="fewer passes, points and rows")
    parser.add_argument("--system", dest="systems", action="append", type=System.parse,
                        metavar="NAME=BINDIR", help="measure this server instead of the default "
                        "ones (may be repeated); its hnsw extension is found by itself")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="count wall time, or "
                        "the processor time of the searching process (for busy machines)")
    parser.add_argument("--baseline", default="pgvector", help="the system ratios refer to")
    parser.add_argument("--reuse", action="append", default=[], metavar="DIR",
                        help="add what an earlier run measured to the report")
    parser.add_argument("--label", help="name of the directory below bench/results")
    options = parser.parse_args()
    options.only = set(options.only or default_measures(options))
    options.sets = options.sets or list(datasets.SETS)
    options.systems = options.systems or default_systems()
    options.label = options.label or default_label()
    options.data = default_data_dir()
    options.results = Path(__file__).resolve().parent / "results"
    return options


def default_measures(options):
    """All of them; a quick run does without faiss, whose builds take minutes, if it has hnswlib."""
    if options.quick and in_process.available("hnswlib", default_data_dir()):
        return [measure for measure in MEASURES if measure != "faiss"]
    return MEASURES


def default_systems():
    """vecstore from this tree, and pgvector where PGVECTOR_BIN says it is."""
    systems = [System.parse("vecstore=" + os.environ.get("VECSTORE_BIN", "build/pg/bin"))]
    if os.environ.get("PGVECTOR_BIN"):
        systems.append(System.parse("pgvector=" + os.environ["PGVECTOR_BIN"]))
    return systems


def default_label():
    return f"{datetime.date.today()}-{os.environ.get('BENCH_COMMIT', 'unknown')}"


if __name__ == "__main__":
    main()
