# SPDX-License-Identifier: PostgreSQL
"""faiss_hnsw - the same graph in process, without a database: faiss' HNSW, one thread.

faiss gives a node up to 2 * M links on level 0, as pgvector and vecstore do.
"""
import os
import time
from pathlib import Path

import faiss
import numpy as np

import datasets
from build import EF_CONSTRUCTION, M
from clock import clock_of

EF_SEARCH = {"glove": (40, 80, 120, 200, 300, 400, 600, 800, 1200),
             "fashion": (10, 15, 20, 30, 40, 60, 80, 120, 200)}


class FaissEngine:
    """An engine for curves.measure_curves; cosine is L2 between normalised vectors."""

    name = "faiss"

    def __init__(self, dataset, index, clock_name):
        self.dataset, self.index = dataset, index
        self.now = clock_of(clock_name, os.getpid())
        self.queries = comparable(dataset, dataset.queries)

    def settings(self):
        return {f"ef {ef}": ef for ef in EF_SEARCH[self.dataset.name]}

    def search(self, settings):
        faiss.omp_set_num_threads(1)
        self.index.hnsw.efSearch = settings
        started = self.now()
        _, answers = self.index.search(self.queries, datasets.NEIGHBOURS)
        seconds = self.now() - started
        return np.repeat(np.arange(len(answers)), datasets.NEIGHBOURS), answers.ravel(), seconds


def ensure_faiss(dataset, data_dir, clock_name, rebuild):
    """The engine of a set, and the record of its build when it had to be built."""
    file = Path(data_dir) / f"{dataset.name}.faiss"
    if file.exists() and not rebuild:
        return FaissEngine(dataset, faiss.read_index(str(file)), clock_name), None
    print(f"faiss: building {dataset.name}", flush=True)
    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(dataset.dim, M)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    started = time.perf_counter()
    index.add(comparable(dataset, dataset.rows))
    seconds = time.perf_counter() - started
    faiss.write_index(index, str(file))
    size = file.stat().st_size
    return FaissEngine(dataset, index, clock_name), {
        "system": "faiss", "dataset": dataset.name, "seconds": round(seconds, 2),
        "index_bytes": size, "bytes_per_vector": round(size / len(dataset.rows), 1),
        "phases": "one thread; the size includes the vectors"}


def comparable(dataset, vectors):
    return datasets.normalised(vectors) if dataset.metric == "cosine" else vectors
