# SPDX-License-Identifier: PostgreSQL
"""report - results as CSV files, one Markdown summary and a plot for each set.

A directory of results is self-contained: summary.md refers to the files next to it.
"""
import csv
from pathlib import Path

import numpy as np

import datasets
from plot import plot_curves

MEASURES = ("curves", "build", "inserts", "vacuum", "clients")


class Results:
    """Records (dicts) by measure, in the order in which they were measured."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.label = self.directory.name
        self.records = {measure: [] for measure in MEASURES}

    def add(self, measure, *records):
        """Keep records (None: nothing to keep) and write the CSV now, lest a crash lose them."""
        self.records[measure] += [{"run": self.label, **record} for record in records if record]
        self.write_csv(measure)

    def reuse(self, directory):
        """Take from an earlier run what this one did not measure."""
        for measure in MEASURES:
            file = Path(directory) / f"{measure}.csv"
            if file.exists():
                with open(file, newline="") as lines:
                    earlier = [{key: number(value) for key, value in row.items()}
                               for row in csv.DictReader(lines)]
                known = {subject(record) for record in self.records[measure]}
                self.records[measure] += [row for row in earlier if subject(row) not in known]
                self.write_csv(measure)

    def write_csv(self, measure):
        records = self.records[measure]
        if records:
            with open(self.directory / f"{measure}.csv", "w", newline="") as file:
                writer = csv.DictWriter(file, list(records[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(records)

    def curves(self, dataset_name):
        """system -> its records on one set, in order of measurement."""
        curves = {}
        for record in self.records["curves"]:
            if record["dataset"] == dataset_name:
                curves.setdefault(record["system"], []).append(record)
        return curves


def subject(record):
    return record["system"], record.get("dataset")


def number(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def qps_at(curve, target):
    """QPS at a recall, log-linear between neighbouring points; None where the curve ends below it.

    A curve that begins above the target counts with its first point, a lower bound.
    """
    points = sorted((r["recall"], r["qps"]) for r in curve if r["setting"].startswith("ef "))
    if points and target <= points[0][0]:
        return points[0][1]
    for (low, fast), (high, slow) in zip(points, points[1:]):
        if low <= target <= high:
            share = (target - low) / (high - low)
            return float(np.exp((1 - share) * np.log(fast) + share * np.log(slow)))
    return None


def write_summary(results, facts, baseline):
    """summary.md: the machine, then a section for each measure that has records."""
    sections = ["# Benchmark: " + results.label, machine_section(facts)]
    for name, (title, _metric, targets, _make) in datasets.SETS.items():
        curves = results.curves(name)
        if curves:
            plot_curves(results.directory / f"{name}.png", title, curves)
            sections.append(curves_section(name, title, targets, curves, baseline))
    sections += [make(results.records) for make in
                 (build_section, inserts_section, vacuum_section, clients_section)]
    earlier = {record["run"] for records in results.records.values() for record in records}
    earlier.discard(results.label)
    if earlier:
        sections.append("Some rows were measured in an earlier run (column `run` of the CSV files: "
                        + ", ".join(sorted(earlier)) + "); compare those with care.")
    text = "\n\n".join(section for section in sections if section) + "\n"
    (results.directory / "summary.md").write_text(text)
    return text


def machine_section(facts):
    return table(("", "measured on"), facts)


def curves_section(name, title, targets, curves, baseline):
    parts = [f"## {title}", f"![recall and queries per second]({name}.png)",
             targets_table(targets, curves, baseline)]
    presets = [(record["system"], record["setting"].split()[1], f"{record['recall']:.4f}",
                quantity(record["qps"]))
               for curve in curves.values() for record in curve
               if record["setting"].startswith("preset ")]
    if presets:
        parts.append(table(("system", "preset", "recall@10", "QPS"), presets))
    return "\n\n".join(parts)


def targets_table(targets, curves, baseline):
    """QPS of every system at every recall target, with the ratio to the baseline."""
    rows = []
    for system, curve in curves.items():
        cells = []
        for target in targets:
            qps, base = qps_at(curve, target), qps_at(curves.get(baseline, []), target)
            ratio = f" ({qps / base:.1f}x)" if qps and base and system != baseline else ""
            cells.append(quantity(qps) + ratio)
        exact = [quantity(r["qps"]) for r in curve if r["setting"] == "exact"]
        rows.append((system, *cells, exact[0] if exact else ""))
    head = ("QPS in the server", *(f"recall {target:g}" for target in targets), "exact search")
    note = f"In brackets: times {baseline}." if baseline in curves else ""
    return table(head, rows) + ("\n\n" + note if note else "")


def build_section(records):
    return section("Index build and size",
                   ("system", "set", "seconds", "MB", "bytes a vector", "phases"),
                   [(r["system"], r["dataset"], r["seconds"], round(r["index_bytes"] / 1e6, 1),
                     r["bytes_per_vector"], r["phases"]) for r in records["build"]])


def inserts_section(records):
    return section("Single-row inserts into 100,000 x 100",
                   ("system", "rows a second", "WAL bytes a row",
                    "first half, after a checkpoint", "second half"),
                   [(r["system"], r["rows_per_second"], r["wal_bytes_per_row"],
                     r["wal_bytes_per_row_after_checkpoint"], r["wal_bytes_per_row_later"])
                    for r in records["inserts"]])


def vacuum_section(records):
    return section("VACUUM after deleting every tenth of 110,000 x 100",
                   ("system", "seconds", "WAL MB", "ef", "recall@10 before", "after"),
                   [(r["system"], r["seconds"], round(r["wal_bytes"] / 1e6, 1), r["ef_search"],
                     r["recall_before"], r["recall_after"]) for r in records["vacuum"]])


def clients_section(records):
    return section("From clients (pgbench, prepared)",
                   ("system", "set", "clients", "setting", "recall@10", "QPS"),
                   [(r["system"], r["dataset"], r["clients"], r["setting"], r["recall"],
                     quantity(r["qps"])) for r in records["clients"]])


def section(title, head, rows):
    return f"## {title}\n\n{table(head, rows)}" if rows else ""


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def quantity(value):
    return "-" if value is None else f"{value:,.0f}"
