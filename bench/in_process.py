# SPDX-License-Identifier: PostgreSQL
"""in_process - the same graph in process, without a database: faiss' HNSW and hnswlib, one thread.

Both give a node up to 2 * M links on level 0, as pgvector and vecstore do.  hnswlib is built from
PyPI's sources with its default flags, -march=native among them; it goes into <data>/python.
"""
import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import datasets
from build import EF_CONSTRUCTION, M
from clock import clock_of
from curves import EF_SEARCH


class InProcessEngine:
    """An engine for curves.measure_curves around an index of one library."""

    def __init__(self, dataset, clock_name):
        self.dataset = dataset
        self.now = clock_of(clock_name, os.getpid())
        self.queries = self.comparable(dataset.queries)

    def settings(self):
        return {f"ef {ef}": ef for ef in EF_SEARCH[self.name, self.dataset.name]}

    def search(self, settings):
        self.set_ef(settings)
        started = self.now()
        answers = self.nearest(self.queries, datasets.NEIGHBOURS)
        seconds = self.now() - started
        return np.repeat(np.arange(len(answers)), datasets.NEIGHBOURS), answers.ravel(), seconds

    def comparable(self, vectors):
        """Cosine is L2 between normalised vectors."""
        return datasets.normalised(vectors) if self.dataset.metric == "cosine" else vectors


class FaissEngine(InProcessEngine):
    name = "faiss"

    def __init__(self, dataset, clock_name):
        super().__init__(dataset, clock_name)
        self.library = importlib.import_module("faiss")
        self.library.omp_set_num_threads(1)

    def read(self, file):
        self.index = self.library.read_index(str(file))

    def build(self):
        self.index = self.library.IndexHNSWFlat(self.dataset.dim, M)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION
        self.index.add(self.comparable(self.dataset.rows))

    def write(self, file):
        self.library.write_index(self.index, str(file))

    def set_ef(self, ef):
        self.index.hnsw.efSearch = ef

    def nearest(self, queries, k):
        return self.index.search(queries, k)[1]


class HnswlibEngine(InProcessEngine):
    name = "hnswlib"

    def __init__(self, dataset, clock_name):
        super().__init__(dataset, clock_name)
        self.library = importlib.import_module("hnswlib")
        self.index = self.library.Index(space="l2", dim=dataset.dim)

    def read(self, file):
        self.index.load_index(str(file))
        self.index.set_num_threads(1)

    def build(self):
        self.index.init_index(max_elements=len(self.dataset.rows), M=M, ef_construction=EF_CONSTRUCTION)
        self.index.set_num_threads(1)
        self.index.add_items(self.comparable(self.dataset.rows))

    def write(self, file):
        self.index.save_index(str(file))

    def set_ef(self, ef):
        self.index.set_ef(ef)

    def nearest(self, queries, k):
        return self.index.knn_query(queries, k)[0]


ENGINES = {engine.name: engine for engine in (FaissEngine, HnswlibEngine)}


def available(name, data_dir):
    """Whether a library can be had; hnswlib is fetched and compiled if need be."""
    local = Path(data_dir) / "python"
    if str(local) not in sys.path:
        sys.path.append(str(local))
    if importable(name):
        return True
    if name == "hnswlib":
        print("installing hnswlib (once)", flush=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps",
                        "--target", str(local), name], check=False)
        importlib.invalidate_caches()
    if importable(name):
        return True
    print(f"{name} is not installed, and left out", flush=True)
    return False


def importable(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def ensure_engine(name, dataset, data_dir, clock_name, rebuild):
    """The engine of a set, and the record of its build when it had to be built."""
    engine = ENGINES[name](dataset, clock_name)
    file = Path(data_dir) / f"{dataset.name}.{name}"
    if file.exists() and not rebuild:
        engine.read(file)
        return engine, None
    print(f"{name}: building {dataset.name}", flush=True)
    started = time.perf_counter()
    engine.build()
    seconds = time.perf_counter() - started
    engine.write(file)
    size = file.stat().st_size
    return engine, {"system": name, "dataset": dataset.name, "seconds": round(seconds, 2),
                    "index_bytes": size, "bytes_per_vector": round(size / len(dataset.rows), 1),
                    "phases": "one thread; the size includes the vectors"}
