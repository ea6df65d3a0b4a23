# SPDX-License-Identifier: PostgreSQL
"""costs - where the microseconds of one query go, from samples of a backend's stacks.

perf's software clock interrupts the backend some thousand times a second while it runs the queries
of curves.py over and over; it needs no hardware counters, so it also works in virtual machines.
Every stack belongs to the first line of COSTS one of whose functions is on it (inlined ones
included); the share of the samples, times the measured time of a query, is the cost.

Also a program, for one server by hand, which must run on this machine under the same user:

    python3 bench/costs.py glove --host /socket/dir --dbname test --recall .95
"""
import argparse
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
from collections import Counter
from pathlib import Path

import curves
import datasets
from clock import clock_of
from server import connect_to, parse_with_server

SAMPLES_PER_SECOND = 4999  # a prime: not in step with anything
SECONDS = 10
EF_STEP = 1.05

# (row, step, parts): a stack belongs to the first row whose step is on it with one of the parts inside
# that; no parts: all that is left of the step.
PAGE_FOUND = ("hnsw_hinted_buffer", "hnsw_holds_block", "hnsw_hint", "score_pinned", "hnsw_pin",
              "ReleaseBuffer", "[postgres]")
COSTS = (
    ("descent through the upper levels", "DescendGreedily", ()),
    ("probes: prefetch of a batch", "host_score", ("prefetch_node",)),
    ("probes: distance estimate", "host_score", ("vs_hnsw_estimate", "DotI16I8", "L1F32I8")),
    ("probes: find the page", "host_score", PAGE_FOUND),
    ("probes: loop", "host_score", ()),
    ("hops: pin, lock and copy of the links", "host_read_node", ()),
    ("hops: prefetch of the next", "host_prefetch", ()),
    ("hops: keep what was found, check ids", "PagedGraph::Expand", ()),
    ("visited set", "SearchLevel", ("FilterVisited", "VisitedSet::Add", "VisitedSet::KeepNew")),
    ("queue: beam", "SearchLevel", ("Beam::Offer", "Beam::Next", "Beam::ForNext")),
    ("queue: what the beam does not take", "SearchLevel", ("GrowArray", "OfferAll")),
    ("level 0: loop", "SearchLevel", ()),
    ("query: detoast, rotate, quantise", "set_query", ()),
    ("meta page, length of the index, hints", "hnsw_refresh_meta", ()),
    ("reset of the search, sort of the beam", "vs_hnsw_scan_begin", ()),
    ("hits: order, search beyond the beam", "vs_hnsw_scan_next", ()),
    ("heap fetch", "hnsw_heap_ahead_prefetch", ()),
    ("heap fetch", "hnsw_heap_ahead_pin", ()),
    ("index scan: the rest", "hnsw_get_tuple", ()),
    ("index scan: begin, rescan, end", "index_rescan", ()),
    ("heap fetch", "index_fetch_heap", ()),
    ("recheck: exact distance", "measure_args", ()),
)
REST = "executor"


def available():
    """Whether this machine can sample at all: perf is installed and permitted."""
    return shutil.which("perf") is not None and subprocess.run(
        ["perf", "record", "-q", "-e", "cpu-clock:u", "-o", "/dev/null", "true"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def measure_costs(system, session, dataset, target, seconds=SECONDS):
    """Records of one (system, set): microseconds of a query at the lowest ef with this recall."""
    curves.prepare_session(session)
    ef, reached = narrowest_ef(session, dataset, target)
    now = clock_of("cpu", session.backend_pid())
    passes = [curves.timed_search(session, dataset, now)[2] for _ in range(5)]
    micros = 1e6 * statistics.median(passes) / len(dataset.queries)
    counts = classify(sample_stacks(session, dataset, seconds))
    about = {"system": system, "dataset": dataset.name, "recall": round(reached, 4), "ef": ef}
    shares = {row: counts[row] / counts.total() for row in (*(row for row, *_ in COSTS), REST)}
    return [{**about, "cost": row, "share": round(share, 4), "microseconds": round(micros * share, 2)}
            for row, share in {**shares, "sum": 1}.items()]


def narrowest_ef(session, dataset, target):
    """Walk up in steps of 5 % until the recall is reached."""
    ef = 10
    while ef <= 10_000:
        session.set({"hnsw.ef_search": ef})
        queries, answers = session.row(curves.search_statement(dataset))
        reached = curves.recall(dataset, queries, answers, len(dataset.queries))
        if reached >= target:
            return ef, reached
        ef = max(ef + 1, int(ef * EF_STEP)) if reached > target - 0.02 else int(ef * 1.25)
    raise RuntimeError(f"recall {target} was not reached on {dataset.name}")


def sample_stacks(session, dataset, seconds):
    """Stacks as lists of (object file, address or symbol), innermost first."""
    finished = threading.Event()

    def search():
        while not finished.is_set():
            session.row(curves.search_statement(dataset))

    searcher = threading.Thread(target=search)
    searcher.start()
    with tempfile.TemporaryDirectory() as scratch:
        data = str(Path(scratch) / "perf.data")
        try:
            subprocess.run(["perf", "record", "-q", "-e", "cpu-clock:u", "-F", str(SAMPLES_PER_SECOND),
                            "--call-graph", "dwarf,2048", "-p", str(session.backend_pid()),
                            "-o", data, "sleep", str(seconds)], check=True)
        finally:
            finished.set()
            searcher.join()
        script = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym,symoff,dso",
                                 "--no-demangle", "--no-inline"], check=True,
                                capture_output=True, text=True).stdout
    return [parse_stack(block) for block in script.split("\n\n") if block.strip()]


FRAME = re.compile(r"^\s*[0-9a-f]+ (?P<symbol>.*?)(?:\+0x(?P<offset>[0-9a-f]+))? \((?P<file>[^()]*)\)$")


def parse_stack(block):
    matches = [FRAME.match(line) for line in block.splitlines()]
    return [(match["file"], match["symbol"], int(match["offset"] or "0", 16))
            for match in matches if match]


def classify(stacks):
    """Samples by row of COSTS."""
    names = InlineNames(stacks)
    counts = Counter()
    for stack in stacks:
        counts[row_of([name for depth, frame in enumerate(stack)
                       for name in names.of(frame, depth > 0)])] += 1
    return counts


def row_of(functions):
    """The row of a stack of plain function names, innermost first."""
    for row, step, parts in COSTS:
        if step in functions:
            inside = functions[:functions.index(step)]
            if not parts or any(part in inside for part in parts):
                return row
    return REST


def plain_name(demangled):
    """Without namespaces, template arguments and parameters; methods keep their class."""
    name = demangled.replace("(anonymous namespace)::", "")
    path = re.split(r"[<(]", name, maxsplit=1)[0].split(" ")[-1].split("::")
    return "::".join(path[-2:]) if path[-2:-1] and path[-2][0].isupper() else path[-1]


class InlineNames:
    """The functions at an address, those inlined there included, from the library's line table."""

    def __init__(self, stacks):
        wanted = {}
        for stack in stacks:
            for depth, (file, symbol, offset) in enumerate(stack):
                if file.endswith("vecstore.so"):
                    wanted.setdefault(file, set()).add((symbol, offset, depth > 0))
        self.names = {}
        for file, frames in wanted.items():
            self.resolve(file, sorted(frames))

    def resolve(self, file, frames):
        starts = symbol_addresses(file)
        frames = [frame for frame in frames if frame[0] in starts]
        # A return address is behind its call, perhaps in the next statement.
        addresses = [hex(starts[symbol] + offset - called) for symbol, offset, called in frames]
        output = subprocess.run(["addr2line", "-e", file, "-a", "-f", "-i", "-C"], check=True,
                                input="\n".join(addresses), capture_output=True, text=True).stdout
        for frame, block in zip(frames, re.split(r"^0x[0-9a-f]+\n", output, flags=re.M)[1:]):
            self.names[file, *frame] = [plain_name(name) for name in block.splitlines()[0::2]]

    def of(self, frame, called):
        file, symbol, offset = frame
        unnamed = f"[{Path(file).name}]" if symbol == "[unknown]" else symbol
        return self.names.get((file, symbol, offset, called), [unnamed])


def symbol_addresses(file):
    output = subprocess.run(["nm", file], check=True, capture_output=True, text=True).stdout
    parts = (line.split(" ", 2) for line in output.splitlines())
    return {name: int(address, 16) for address, _kind, name in parts if address}


def main():
    parser = argparse.ArgumentParser(description="Where the microseconds of one query go.")
    parser.add_argument("set", choices=datasets.SETS)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parse_with_server(parser)
    dataset = datasets.load(options.set, options.data)
    with connect_to(options) as session:
        for record in measure_costs("server", session, dataset, options.recall, options.seconds):
            print(f"{record['microseconds']:8.2f} us  {record['share']:6.1%}  {record['cost']}")


if __name__ == "__main__":
    main()
