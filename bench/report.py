# SPDX-License-Identifier: PostgreSQL
"""report - the Markdown summary of a run, with its plots.

A figure of a system is followed, in brackets, by its ratio to the baseline system's.  As a program it
writes the summary of a directory of results anew:

    python3 bench/report.py bench/results/LABEL
"""
import argparse

import numpy as np

import datasets
from plot import plot_curves
from results import Results


def write_summary(results, baseline):
    """summary.md: the machine, then a section for each measure that has records."""
    facts = [(record["fact"], record["value"]) for record in results.records["machine"]]
    sections = [f"# Benchmark: {results.label}", table(("", "measured on"), facts),
                f"In brackets: divided by the figure of {baseline}."]
    for name, (title, _metric, targets, _make) in datasets.SETS.items():
        curves = results.curves(name)
        if curves:
            plot_curves(results.directory / f"{name}.png", title, curves)
            sections += curve_sections(name, title, targets, curves, baseline)
    sections += [record_section(results.records[measure], baseline, *layout)
                 for measure, layout in LAYOUTS.items() if results.records[measure]]
    if results.records["costs"]:
        sections += cost_sections(results.records["costs"])
    if results.earlier_runs():
        sections.append("Some rows come from an earlier run (column `run` of the CSV files: "
                        f"{', '.join(results.earlier_runs())}); compare those with care.")
    text = "\n\n".join(sections) + "\n"
    (results.directory / "summary.md").write_text(text)
    return text


def curve_sections(name, title, targets, curves, baseline):
    yield f"## {title}"
    yield f"![recall and queries per second]({name}.png)"
    yield targets_table(targets, curves, baseline)
    presets = [(record["system"], record["setting"].split()[1], f"{record['recall']:.4f}",
                count(record["qps"]))
               for curve in curves.values() for record in curve
               if record["setting"].startswith("preset ")]
    if presets:
        yield table(("system", "preset", "recall@10", "QPS"), presets)


def targets_table(targets, curves, baseline):
    """QPS of every system at every recall target."""
    rows = []
    for system, curve in curves.items():
        cells = [with_ratio(count, qps_at(curve, target), qps_at(curves.get(baseline), target))
                 if system != baseline else count(qps_at(curve, target)) for target in targets]
        exact = [count(record["qps"]) for record in curve if record["setting"] == "exact"]
        rows.append((system, *cells, exact[0] if exact else ""))
    head = ("QPS in the server", *(f"recall {target:g}" for target in targets), "exact search")
    return table(head, rows)


def qps_at(curve, target):
    """The best QPS with at least a recall, log-linear between neighbouring points of a curve.

    None where the curve ends below it; a curve that begins above it counts with its first points.
    """
    points = sorted((record["recall"], record["qps"]) for record in curve or ()
                    if record["setting"].startswith("ef "))
    reached = [qps for recall, qps in points if recall >= target]
    for (low, fast), (high, slow) in zip(points, points[1:]):
        if low < target < high:
            share = (target - low) / (high - low)
            reached.append(float(np.exp((1 - share) * np.log(fast) + share * np.log(slow))))
    return max(reached, default=None)


def count(value):
    return "-" if value is None else f"{value:,.0f}"


def decimal(value):
    return f"{value:,.1f}"


def hundredths(value):
    return f"{value:.2f}"


def share(value):
    return f"{value:.4f}"


def signed(value):
    return f"{value:+.4f}"


def megabytes(value):
    return f"{value / 1e6:,.1f}"


# measure -> title, fields that say what a record is about, (heading, field, format) of its figures;
# figures whose heading ends in "*" get a ratio.
LAYOUTS = {
    "build": ("Index build and size", ("dataset",),
              (("seconds*", "seconds", decimal), ("MB*", "index_bytes", megabytes),
               ("bytes a vector", "bytes_per_vector", decimal), ("phases", "phases", str))),
    "memory": ("Build with half of the memory it needs", ("rows",),
               (("MB needed", "needed_bytes", megabytes), ("seconds with twice that", "seconds_enough", decimal),
                ("seconds with half*", "seconds_half", decimal), ("half to enough", "half_to_enough", hundredths),
                ("ef", "ef_search", str), ("recall@10 with enough", "recall_enough", share),
                ("with half", "recall_half", share), ("notice", "notice", str))),
    "clients": ("From clients (pgbench, prepared)", ("dataset", "clients"),
                (("setting", "setting", str), ("recall@10", "recall", share), ("QPS*", "qps", count),
                 ("to one client", "to_one_client", hundredths), ("p50 us*", "p50_us", count),
                 ("p95 us", "p95_us", count), ("p99 us*", "p99_us", count),
                 ("p99 / p50", "p99_to_p50", hundredths))),
    "inserts": ("Single-row inserts", ("indexed",),
                (("rows a second*", "rows_per_second", count),
                 ("WAL bytes a row*", "wal_bytes_per_row", count),
                 ("after a checkpoint*", "wal_bytes_per_row_after_checkpoint", count),
                 ("later*", "wal_bytes_per_row_later", count))),
    "inserters": ("Inserting clients (pgbench, a row a transaction)", ("indexed", "clients"),
                  (("rows a second*", "rows_per_second", count),
                   ("to one client", "to_one_client", hundredths))),
    "vacuum": ("VACUUM after deleting every tenth row", ("rows",),
               (("seconds*", "seconds", decimal), ("WAL MB*", "wal_bytes", megabytes),
                ("ef", "ef_search", str), ("recall@10 before", "recall_before", share),
                ("after", "recall_after", share))),
    "churn": ("Five rounds of deleting and re-inserting a fifth", ("state",),
              (("vacuum seconds*", "vacuum_seconds", decimal),
               ("rows inserted a second*", "rows_per_second", count), ("index MB", "index_bytes", megabytes),
               ("ef", "ef_search", str), ("recall@10", "recall", share), ("to fresh", "to_fresh", signed))),
    "cold": ("Index ten times shared_buffers", ("dataset", "cache"),
             (("setting", "setting", str), ("recall@10", "recall", share), ("index MB", "index_bytes", megabytes),
              ("pages read*", "pages_read", count), ("touched", "pages_touched", count),
              ("ms*", "ms", hundredths), ("p95", "ms_p95", hundredths),
              ("ms reading", "ms_reading", hundredths))),
}


def cost_sections(records):
    """Where a query's microseconds go: a row for each cost, a column for each set."""
    yield "## Where the microseconds of a query go"
    columns = {}
    for record in records:
        heading = (f"{record['system']}, {record['dataset']}: us at recall {record['recall']:.3f} "
                   f"(ef {record['ef']})")
        columns.setdefault(heading, {})[record["cost"]] = record
    rows = [(cost, *(f"{column[cost]['microseconds']:.1f} ({column[cost]['share']:.0%})"
                     for column in columns.values()))
            for cost in next(iter(columns.values()))]
    yield table(("cost", *columns), rows)


def record_section(records, baseline, title, subjects, columns):
    base = {tuple(record.get(key, "") for key in subjects): record
            for record in records if record["system"] == baseline}
    rows = []
    for record in records:
        about = tuple(record.get(key, "") for key in subjects)
        peer = base.get(about) if record["system"] != baseline else None
        cells = [with_ratio(show, record.get(key, ""), peer and peer.get(key))
                 if heading.endswith("*") else figure(show, record.get(key, ""))
                 for heading, key, show in columns]
        rows.append((record["system"], *about, *cells))
    head = ("system", *("set" if key == "dataset" else key for key in subjects),
            *(heading.rstrip("*") for heading, _, _ in columns))
    return f"## {title}\n\n{table(head, rows)}"


def with_ratio(show, value, base):
    return f"{show(value)} ({value / base:.2g}x)" if value and base else figure(show, value)


def figure(show, value):
    return "" if value == "" else show(value)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description="Write the summary of a directory of results anew.")
    parser.add_argument("directory")
    parser.add_argument("--baseline", default="pgvector")
    options = parser.parse_args()
    write_summary(Results(options.directory), options.baseline)


if __name__ == "__main__":
    main()
