# SPDX-License-Identifier: PostgreSQL
"""readme - the figures in README.md and ARCHITECTURE.md, made from a directory of results.

    python3 bench/readme.py bench/results/LABEL

replaces what stands between the marks in both files.  What was not measured is left out; where none of
a file's figures were, the file stays as it is.
"""
import argparse
from pathlib import Path

import datasets
from report import cost_sections, count, decimal, hundredths, megabytes, qps_at, share, table
from results import Results

TREE = Path(__file__).resolve().parent.parent
BEGIN = "<!-- bench/readme.py writes from here -->"
END = "<!-- to here -->"
OURS, PEER = "vecstore", "pgvector"
IN_PROCESS = ("hnswlib", "faiss")

# measure, label, fields that choose the record, field of the figure, format
FIGURES = (
    ("build", "build: {title}, seconds", "dataset", "seconds", decimal),
    ("build", "index size: {title}, MB", "dataset", "index_bytes", megabytes),
    ("inserts", "single-row inserts into {indexed:,} x 100, rows a second", None, "rows_per_second", count),
    ("inserts", "WAL of such an insert, bytes", None, "wal_bytes_per_row", count),
    ("vacuum", "`VACUUM` after deleting a tenth of {rows:,} rows, seconds", None, "seconds", decimal),
    ("memory", "build with half of the memory it needs, times the build with enough", None,
     "half_to_enough", hundredths),
)


def readme_parts(results):
    """The paragraphs between the marks of README.md."""
    directory = Path("bench/results") / results.label
    sets = [name for name in datasets.SETS if results.curves(name)]
    if not sets:
        return
    yield f"![{datasets.SETS[sets[0]][0]}: recall and queries per second]({directory}/{sets[0]}.png)"
    yield f"The machine, the settings and all figures: [{directory}/summary.md]({directory}/summary.md)."
    yield table(("queries per second in the server", PEER, OURS, "ratio", "in process"),
                search_rows(results, sets))
    for head, rows in (
            (("", PEER, OURS, "ratio"), change_rows(results)),
            (("preset", *(f"{datasets.SETS[name][0]}: recall@10, queries per second" for name in sets)),
             preset_rows(results, sets)),
            (("clients (pgbench)", "queries per second", "p50", "p95", "p99"), client_rows(results))):
        rows = list(rows)
        if rows:
            yield table(head, rows)


def architecture_parts(results):
    """The table between the marks of ARCHITECTURE.md."""
    if results.records["costs"]:
        yield list(cost_sections(results.records["costs"]))[1]


def search_rows(results, sets):
    """A row for every set and recall target."""
    for name in sets:
        curves = results.curves(name)
        for target in datasets.SETS[name][2]:
            figures = {system: qps_at(curve, target) for system, curve in curves.items()}
            others = [f"{system} {count(figures[system])}" for system in IN_PROCESS
                      if figures.get(system)]
            yield (f"{datasets.SETS[name][0]}, recall {target:g}", count(figures.get(PEER)),
                   count(figures.get(OURS)), ratio(figures.get(OURS), figures.get(PEER)),
                   ", ".join(others))


def change_rows(results):
    """A row for every figure that both systems have."""
    for measure, label, subject, field, show in FIGURES:
        figures = {}
        for record in results.records[measure]:
            figures.setdefault(record[subject] if subject else None, {})[record["system"]] = record
        for records in figures.values():
            if OURS in records and PEER in records:
                ours, peer = records[OURS], records[PEER]
                title = datasets.SETS[ours[subject]][0] if subject else ""
                yield (label.format(title=title, **ours), show(peer[field]), show(ours[field]),
                       ratio(ours[field], peer[field]))


def preset_rows(results, sets):
    points = {(record["setting"], name): f"{share(record['recall'])}, {count(record['qps'])}"
              for name in sets for record in results.curves(name).get(OURS, ())}
    settings = dict.fromkeys(setting for setting, _ in points if setting.startswith("preset "))
    for setting in settings:
        yield (f"`{setting.split()[1]}`", *(points.get((setting, name), "") for name in sets))


def client_rows(results):
    for record in results.records["clients"]:
        if record["system"] == OURS and "p50_us" in record:
            yield (f"{record['clients']}: {datasets.SETS[record['dataset']][0]}, recall "
                   f"{share(record['recall'])}", count(record["qps"]),
                   *(f"{count(record[field])} us" for field in ("p50_us", "p95_us", "p99_us")))


def ratio(ours, peer):
    return f"{ours / peer:.2g}x" if ours and peer else ""


def replace_marked(file, parts):
    if parts:
        before, rest = file.read_text().split(BEGIN)
        file.write_text("\n\n".join((before + BEGIN, *parts, END)) + rest.split(END)[1])


def main():
    parser = argparse.ArgumentParser(description="Write the figures of the documents from results.")
    parser.add_argument("directory")
    results = Results(parser.parse_args().directory)
    replace_marked(TREE / "README.md", list(readme_parts(results)))
    replace_marked(TREE / "ARCHITECTURE.md", list(architecture_parts(results)))


if __name__ == "__main__":
    main()
