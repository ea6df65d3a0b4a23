#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""compare_encodings - what the ways to get WordNet's vectors into 8 MB lose; the table in README.md.

usage: compare_encodings.py CACHE      (the directory make_embeddings.py was given)
"""

import sys

import numpy as np

import load
import make_embeddings as made
import wordnet

BITS = 8 * made.MAX_BYTES // 117659  # a vector's share, when all get the same


def one_step(rotated, means):
    """What make_embeddings.py does: one step for all components, Huffman coded."""
    step = made.smallest_step(rotated, means, made.MAX_BYTES)
    codes = made.quantise(rotated, means, step)
    return (codes.astype(np.float32) - made.codec.ZERO) * step + means


def lloyd_max(values, bits):
    """The codebook of 2^bits values with the least square error for one component."""
    sample = values[:: max(1, len(values) // 20000)]
    size = 2**bits
    book = np.quantile(sample, (np.arange(size) + 0.5) / size)
    for _ in range(40):
        cell = np.searchsorted((book[1:] + book[:-1]) / 2, sample)
        count = np.bincount(cell, minlength=size)
        book = np.where(count > 0, np.bincount(cell, sample, size) / np.maximum(count, 1), book)
    return book


def fixed_rate(vectors, bits):
    """bits[c] bits for component c, each with its own codebook."""
    decoded = np.empty((len(vectors), len(bits)), np.float32)
    for c, width in enumerate(bits):
        book = lloyd_max(vectors[:, c], width)
        decoded[:, c] = book[np.searchsorted((book[1:] + book[:-1]) / 2, vectors[:, c])]
    return decoded


def water_filling(variances):
    """Gives every next bit to the component with the largest remaining error."""
    error = variances.copy()
    bits = np.zeros(len(variances), int)
    for _ in range(BITS):
        worst = np.argmax(error)
        bits[worst] += 1
        error[worst] *= 0.363 if bits[worst] == 1 else 0.3  # what a bit leaves of a Gaussian's error
    return [int(b) for b in bits if b]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    synsets, questions = wordnet.synsets(), load.read_questions()
    full = made.embed_synsets(synsets, sys.argv[1])
    asked = made.embed([question for question, _ in questions])
    axes = made.principal_components(full)
    rotated, rotated_asked = full @ axes, asked @ axes
    means = rotated.mean(axis=0)
    judge = made.Judge(synsets, questions, full, asked).judge

    for d in (128, 192, 256):
        judge(f"{d} components, not coded (no 8 MB)", rotated[:, :d], rotated_asked[:, :d], rotated[:, :d])
    for d in (128, 160, 192, 224, 256, 384):
        decoded = one_step(rotated[:, :d], means[:d])
        judge(f"{d} components, one step, Huffman", decoded, rotated_asked[:, :d], rotated[:, :d])
    bits = water_filling(rotated.var(axis=0))
    for name, widths in ((f"{len(bits)} components, 1 to {max(bits)} bits each", bits), ("128 components, 4 bits", [4] * 128)):
        d = len(widths)
        judge(name, fixed_rate(rotated[:, :d], widths), rotated_asked[:, :d], rotated[:, :d])

    kept = np.random.default_rng(2).choice(len(full), 8 * made.MAX_BYTES // (4 * 384), replace=False)
    decoded = np.zeros_like(full)
    decoded[kept] = fixed_rate(full[kept], [4] * 384)
    decoded[np.setdiff1d(np.arange(len(full)), kept)] = -full.mean(axis=0)  # far from everything
    judge(f"384 dimensions, 4 bits, only {len(kept):,} entries", decoded, asked, full)


if __name__ == "__main__":
    main()
