# SPDX-License-Identifier: PostgreSQL
"""results - one CSV file for each measure, in one directory for each run."""
import csv
from pathlib import Path

MEASURES = ("machine", "build", "curves", "clients", "costs", "inserts", "inserters", "vacuum", "churn",
            "memory", "cold")


class Results:
    """Records (dicts) by measure, in the order in which they were measured.

    A directory that has results is continued: what is measured again replaces what was there.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.label = self.directory.name
        self.records = {measure: read_csv(self.file(measure)) for measure in MEASURES}
        self.measured = set()

    def file(self, measure):
        return self.directory / f"{measure}.csv"

    def add(self, measure, *records):
        """Keep records (None: nothing to keep) and write the CSV now, lest a crash lose them."""
        records = [{"run": self.label, **record} for record in records if record]
        for about in {(measure, *subject(record)) for record in records} - self.measured:
            self.records[measure] = [record for record in self.records[measure]
                                     if (measure, *subject(record)) != about]
            self.measured.add(about)
        self.records[measure] += records
        self.write_csv(measure)

    def reuse(self, directory):
        """Take from an earlier run what this one did not measure."""
        for measure in MEASURES:
            known = {subject(record) for record in self.records[measure]}
            self.records[measure] += [record for record in read_csv(Path(directory) / f"{measure}.csv")
                                      if subject(record) not in known]
            self.write_csv(measure)

    def write_csv(self, measure):
        records = self.records[measure]
        if records:
            with open(self.file(measure), "w", newline="") as file:
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

    def earlier_runs(self):
        """Labels of the runs that reused records come from."""
        return sorted({record["run"] for records in self.records.values() for record in records}
                      - {self.label})


def read_csv(file):
    if not file.exists():
        return []
    with open(file, newline="") as lines:
        return [{key: number(value) for key, value in row.items()}
                for row in csv.DictReader(lines)]


def subject(record):
    return record["system"], record.get("dataset")


def number(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
