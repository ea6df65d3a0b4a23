# SPDX-License-Identifier: PostgreSQL
"""codec - the compact file of embeddings: what is in embeddings.bin and how it becomes floats again.

A line of JSON (the header), then one deflate stream for every component, then the vectors of the
questions as float32.  A component's stream holds one byte a vector: value = mean + (byte - 128) * step.
All components share the step, so that Huffman's code (deflate without matches) spends the bits where the
variance is.  Written by make_embeddings.py, read here with nothing but Python's standard library.
"""

import array
import json
import os
import sys
import zlib

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "embeddings.bin")
FORMAT = "vecstore reverse dictionary 1"
ZERO = 128  # the byte of a value at the component's mean


def pack_component(codes):
    """One component's codes, a byte for every vector, as a deflate stream."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    return deflate.compress(codes) + deflate.flush()


def write(path, header, streams, questions):
    """Writes the file; questions are the bytes of little-endian float32 vectors."""
    header = {"format": FORMAT, **header, "sizes": [len(stream) for stream in streams]}
    with open(path, "wb") as file:
        file.write(json.dumps(header).encode() + b"\n")
        for part in (*streams, questions):
            file.write(part)


class Embeddings:
    """The vectors of a file as float32 in network byte order, row by row, ready for PostgreSQL."""

    def __init__(self, path=PATH):
        with open(path, "rb") as file:
            self.header = json.loads(file.readline())
            if self.header.get("format") != FORMAT:
                raise ValueError(f"{path} is not of the format '{FORMAT}'")
            self._streams = [file.read(size) for size in self.header["sizes"]]
            self._questions = file.read()
        self.dimensions = len(self._streams)

    def glosses(self):
        """The vectors of all synsets, one memoryview each."""
        step = self.header["step"]
        values = array.array("f", bytes(4 * self.dimensions * self.header["count"]))
        for component, (stream, mean) in enumerate(zip(self._streams, self.header["means"])):
            level = [mean + (code - ZERO) * step for code in range(256)]
            values[component :: self.dimensions] = array.array(
                "f", map(level.__getitem__, zlib.decompress(stream, -15))
            )
        if sys.byteorder == "little":
            values.byteswap()
        return self._rows(values)

    def questions(self):
        """The vectors of the questions, in the order of questions.tsv."""
        values = array.array("f", self._questions)
        values.byteswap()  # the file is little-endian
        return self._rows(values)

    def _rows(self, values):
        data = memoryview(values).cast("B")
        size = 4 * self.dimensions
        return [data[start : start + size] for start in range(0, len(data), size)]
