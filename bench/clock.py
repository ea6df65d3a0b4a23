# SPDX-License-Identifier: PostgreSQL
"""clock - wall time, or the processor time of one process.

The second is for machines that are busy with other things; on a quiet machine the two agree.
"""
import time
from pathlib import Path

CLOCKS = ("wall", "cpu")


def clock_of(name, pid):
    """A function that returns seconds."""
    if name == "wall":
        return time.perf_counter
    # First field: nanoseconds spent running, of the process' first thread.
    file = Path(f"/proc/{pid}/schedstat")
    return lambda: int(file.read_text().split()[0]) / 1e9
