# SPDX-License-Identifier: PostgreSQL
"""clients - queries per second seen from outside: pgbench, prepared statements, 1 and 2 clients.

Each system runs at the first ef of its curve that reaches the set's middle recall target.  Here the
round trip, the executor's start and the machine's scheduling are in the figures.
"""
import os
import re
import statistics
import subprocess
import tempfile

from curves import lowest_ef

CLIENTS = (1, 2)
ROUNDS = 3


def measure_clients(clusters, engines, dataset, seconds):
    """Records of every system and number of clients; systems take turns, the median counts."""
    chosen = {engine.name: lowest_ef(engine, dataset, dataset.targets[1]) for engine in engines}
    rates = {}
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(query_script(dataset))
        script.flush()
        for _ in range(ROUNDS):
            for clients in CLIENTS:
                for cluster in clusters:
                    name = cluster.system.name
                    rate = run_pgbench(cluster, script.name, chosen[name][1], clients, seconds)
                    rates.setdefault((name, clients), []).append(rate)
    return [{"system": name, "dataset": dataset.name, "clients": clients,
             "setting": chosen[name][0], "recall": round(chosen[name][2], 4),
             "qps": round(statistics.median(values), 1)}
            for (name, clients), values in rates.items()]


def query_script(dataset):
    return (f"\\set q random(0, {len(dataset.queries) - 1})\n"
            f"SELECT id FROM {dataset.name} ORDER BY embedding {dataset.operator} "
            f"(SELECT embedding FROM {dataset.name}_q WHERE id = :q) LIMIT 10;\n")


def run_pgbench(cluster, script, settings, clients, seconds):
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    output = subprocess.run(
        [cluster.program("pgbench"), "-n", "-M", "prepared", "-f", script, "-T", str(seconds),
         "-c", str(clients), "-j", str(clients)],
        env={**os.environ, **cluster.environment(), "PGOPTIONS": options},
        check=True, capture_output=True, text=True).stdout
    return float(re.search(r"tps = ([0-9.]+)", output).group(1))
