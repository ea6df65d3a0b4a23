# SPDX-License-Identifier: PostgreSQL
"""clients - what clients see: queries per second of one and two, and how long one waits.

pgbench with prepared statements; every system runs at the first ef of its curve that reaches the
set's first recall target.  Here the round trip, the executor's start and the machine's scheduling
are in the figures.  Latencies are those of all transactions but the first ones of a session, which
find its caches empty.
"""
import os
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from curves import lowest_ef

CLIENTS = (1, 2)
ROUNDS = 3
WARM_UP = 500  # transactions of each client


def measure_clients(clusters, engines, dataset, seconds):
    """Records of every system and number of clients; systems take turns, the median counts."""
    chosen = {engine.name: lowest_ef(engine, dataset, dataset.targets[0]) for engine in engines}
    rates, waits = {}, {}
    for _ in range(ROUNDS):
        for clients in CLIENTS:
            for cluster in clusters:
                case = cluster.system.name, clients
                rate, latencies = run_pgbench(cluster, query_script(dataset), clients, seconds,
                                              chosen[cluster.system.name][1])
                rates.setdefault(case, []).append(rate)
                waits.setdefault(case, []).append(percentiles(latencies))
    return [{"system": name, "dataset": dataset.name, "clients": clients,
             "setting": chosen[name][0], "recall": round(chosen[name][2], 4),
             **scaling(rates, name, clients), **typical(waits[name, clients])}
            for name, clients in rates]


def scaling(rates, name, clients):
    """The median rate, and what it is to that of one client."""
    rate = statistics.median(rates[name, clients])
    return {"qps": round(rate, 1),
            "to_one_client": round(rate / statistics.median(rates[name, 1]), 3)}


def percentiles(latencies):
    return [float(value) for value in np.percentile(latencies, (50, 95, 99))]


def typical(rounds):
    """Medians over the rounds, in microseconds."""
    p50, p95, p99 = (statistics.median(values) for values in zip(*rounds))
    return {"p50_us": round(p50), "p95_us": round(p95), "p99_us": round(p99),
            "p99_to_p50": round(p99 / p50, 2)}


def query_script(dataset):
    return (f"\\set q random(0, {len(dataset.queries) - 1})\n"
            f"SELECT id FROM {dataset.name} ORDER BY embedding {dataset.operator} "
            f"(SELECT embedding FROM {dataset.name}_q WHERE id = :q) LIMIT 10;\n")


def run_pgbench(cluster, script, clients, seconds, settings):
    """Transactions per second, and their latencies in microseconds."""
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "script.sql").write_text(script)
        output = subprocess.run(
            [cluster.program("pgbench"), "-n", "-M", "prepared", "-f", "script.sql", "-l",
             "-T", str(seconds), "-c", str(clients), "-j", str(clients)],
            cwd=scratch, env={**os.environ, **cluster.environment(), "PGOPTIONS": options},
            check=True, capture_output=True, text=True).stdout
        latencies = [wait for log in Path(scratch).glob("pgbench_log.*") for wait in read_log(log)]
    return float(re.search(r"tps = ([0-9.]+)", output).group(1)), latencies


def read_log(file):
    """The third field of every line: microseconds.  One file a thread, one client a thread."""
    waits = [int(line.split()[2]) for line in file.read_text().splitlines()]
    return waits[WARM_UP:] if len(waits) > 2 * WARM_UP else waits
