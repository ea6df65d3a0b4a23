# SPDX-License-Identifier: PostgreSQL
"""main - run the chosen measurements on the chosen sets and systems, then write the report."""
import argparse
import datetime
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import build
import clients
import curves
import datasets
import machine
import writes
from clock import CLOCKS, clock_of
from load import load_dataset
from report import write_summary
from results import Results
from server import Cluster, System, default_data_dir

MEASURES = ("build", "curves", "faiss", "clients", "writes", "vacuum")
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
        sessions = {cluster.system: stack.enter_context(cluster.connect()) for cluster in clusters}
        facts = machine.describe(sessions, options.clock)
        for dataset in sets:
            measure_searches(options, results, clusters, sessions, dataset)
        measure_changes(options, results, clusters, sessions)
    for directory in options.reuse:
        results.reuse(directory)
    print(write_summary(results, facts, options.baseline))
    print(f"results are in {results.directory}")


def measure_searches(options, results, clusters, sessions, dataset):
    """Build, then everything that only reads one set's index."""
    engines = []
    if {"build", "curves", "clients"} & options.only:
        for cluster in clusters:
            session = sessions[cluster.system]
            load_dataset(session, dataset)
            results.add("build", build.ensure_index(cluster, session, dataset,
                                                    rebuild="build" in options.only))
            engines.append(curves.ServerEngine(cluster.system, session, dataset, options.clock))
    if {"curves", "faiss"} & options.only:
        measure_curves(options, results, engines, dataset)
    if "clients" in options.only:
        seconds = 2 if options.quick else 5
        results.add("clients", *clients.measure_clients(clusters, engines, dataset, seconds))


def measure_curves(options, results, server_engines, dataset):
    engines = server_engines if "curves" in options.only else []
    if "faiss" in options.only:
        import faiss_hnsw  # only here: the library is optional
        engine, record = faiss_hnsw.ensure_faiss(dataset, options.data, options.clock,
                                                 rebuild="build" in options.only)
        results.add("build", record)
        engines = [*engines, engine]
    points = curves.measure_curves(engines, dataset, passes=2 if options.quick else 5)
    if "curves" in options.only:
        points += [curves.measure_exact(engine, EXACT_QUERIES) for engine in server_engines]
    results.add("curves", *(point.record() for point in points))


def measure_changes(options, results, clusters, sessions):
    """Inserts and vacuum, on tables of their own made from GloVe."""
    if not {"writes", "vacuum"} & options.only:
        return
    glove = datasets.load("glove", options.data)
    for cluster in clusters:
        session = sessions[cluster.system]
        load_dataset(session, glove)
        now = clock_of(options.clock, session.backend_pid())
        if "writes" in options.only:
            inserted = 2_000 if options.quick else writes.INSERTED_ROWS
            results.add("inserts", writes.measure_inserts(cluster, session, now, glove, inserted))
        if "vacuum" in options.only:
            results.add("vacuum", writes.measure_vacuum(cluster, session, now, glove))


def parse_options():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description="See bench/README.md.")
    parser.add_argument("--only", action="append", choices=MEASURES,
                        help="measure just this (may be repeated)")
    parser.add_argument("--data", dest="sets", action="append", choices=datasets.SETS,
                        help="search this set only (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="fewer passes, fewer rows")
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
    options.only = set(options.only or MEASURES)
    options.sets = options.sets or list(datasets.SETS)
    options.systems = options.systems or default_systems()
    options.label = options.label or default_label()
    options.data = default_data_dir()
    options.results = Path(__file__).resolve().parent / "results"
    return options


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
