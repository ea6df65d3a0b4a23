#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""load - writes the rows of a demo table in PostgreSQL's binary COPY format to the standard output.

usage: load.py glosses|questions

The texts come from WordNet's own files, the vectors from embeddings.bin; wordnet.py guards that they
belong together.  Only Python's standard library is needed.
"""

import hashlib
import os
import struct
import sys

import wordnet
from codec import Embeddings

QUESTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "questions.tsv")


def read_questions():
    """(question, expected words) of every line of questions.tsv."""
    with open(QUESTIONS, encoding="utf-8") as file:
        return [line.rstrip("\n").partition("\t")[::2] for line in file]


def questions_digest(questions):
    """Identifies the questions the vectors were made from; the expected words may change."""
    return hashlib.sha256("\n".join(question for question, _ in questions).encode()).hexdigest()


def gloss_rows(embeddings):
    synsets = wordnet.synsets()
    if embeddings.header["wordnet_sha256"] != wordnet.SHA256 or embeddings.header["count"] != len(synsets):
        raise ValueError("embeddings.bin was made from another WordNet: run make_embeddings.py")
    return zip(synsets, embeddings.glosses())


def question_rows(embeddings):
    questions = read_questions()
    if embeddings.header["questions_sha256"] != questions_digest(questions):
        raise ValueError("questions.tsv has changed: run make_embeddings.py")
    return zip(questions, embeddings.questions())


def write_copy(rows, dimensions, out):
    """Rows of (id, text columns..., vector), numbered from 1."""
    out.write(b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0))
    integer = struct.Struct("!hii")
    length = struct.Struct("!i")
    vector = struct.pack("!ihh", 4 + 4 * dimensions, dimensions, 0)
    for number, (texts, values) in enumerate(rows, 1):
        parts = [integer.pack(len(texts) + 2, 4, number)]
        for text in texts:
            encoded = text.encode()
            parts += length.pack(len(encoded)), encoded
        parts += vector, values
        out.write(b"".join(parts))
    out.write(struct.pack("!h", -1))


def main():
    tables = {"glosses": gloss_rows, "questions": question_rows}
    if len(sys.argv) != 2 or sys.argv[1] not in tables:
        sys.exit(__doc__)
    try:
        embeddings = Embeddings()
        write_copy(tables[sys.argv[1]](embeddings), embeddings.dimensions, sys.stdout.buffer)
    except (wordnet.WordNetError, ValueError, OSError) as error:
        sys.exit(f"load.py: {error}")


if __name__ == "__main__":
    main()
