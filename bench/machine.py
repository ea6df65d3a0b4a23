# SPDX-License-Identifier: PostgreSQL
"""machine - what the figures were measured on, for the head of the summary."""
import datetime
import os
import platform
from pathlib import Path

from server import SETTINGS

CLOCK_NAMES = {"wall": "wall time",
               "cpu": "processor time of the process (build and clients: wall time)"}


def describe(sessions, clock):
    """Records of a fact each; `sessions` maps each System to an open Session."""
    facts = [("date", datetime.datetime.now().strftime("%Y-%m-%d %H:%M")),
             ("commit", os.environ.get("BENCH_COMMIT", "unknown")),
             ("processor", f"{field('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores"),
             ("memory", f"{int(field('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.1f} GiB"),
             ("kernel", platform.release()),
             ("clock", CLOCK_NAMES[clock]),
             ("other load at the start", f"{os.getloadavg()[0]:.2f} running processes")]
    for system, session in sessions.items():
        facts += describe_system(system, session)
    facts.append(("settings", ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())))
    return [{"system": "", "fact": fact, "value": value} for fact, value in facts]


def describe_system(system, session):
    version = session.value("SELECT extversion FROM pg_extension WHERE extname = %s",
                            (system.extension,))
    server = session.value("SHOW server_version")
    yield system.name, f"extension {system.extension} {version}, PostgreSQL {server}"
    if system.extension == "vecstore":
        yield f"{system.name} build", session.value(
            "SELECT string_agg(property || ' ' || value, ', ') FROM vecstore.build_info() "
            "WHERE property IN ('simd_target', 'highway_version', 'compiler')")


def field(file, name):
    """The value of the first `name : value` line of a /proc file."""
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"
