# SPDX-License-Identifier: PostgreSQL
"""wordnet - reads the synsets of WordNet 3.0 as Debian's package wordnet-base ships them.

Owns the order of the synsets: vector number n of vectors.xz belongs to element n of synsets(), so
both sides take it from here.  The format is described in wndb(5WN).
"""

import hashlib
import os
import re
from typing import NamedTuple

DIRECTORY = os.environ.get("WORDNET_DIR", "/usr/share/wordnet")
PARTS = (("noun", "noun"), ("verb", "verb"), ("adj", "adjective"), ("adv", "adverb"))

# The checksum of the four files in the order of PARTS, as one stream.
SHA256 = "9c33953116f661f96b2af6815ea87a505a54cd48e72994ba47bca5aad58840a6"


class Synset(NamedTuple):
    words: str  # "kitten, kitty"
    pos: str  # "noun"
    gloss: str  # the definition and its examples

    @property
    def definition(self):
        """The gloss without its quoted examples."""
        return re.split(r'; *"', self.gloss, maxsplit=1)[0]


class WordNetError(Exception):
    """The files are missing or are not the ones the vectors were made from."""


def _path(part):
    return os.path.join(DIRECTORY, "data." + part)


def _read_files():
    digest = hashlib.sha256()
    files = []
    for part, _ in PARTS:
        try:
            with open(_path(part), "rb") as file:
                files.append(file.read())
        except OSError as error:
            raise WordNetError(
                f"cannot read {_path(part)}: {error.strerror}\n"
                "Install Debian's package wordnet-base, or set WORDNET_DIR."
            ) from error
        digest.update(files[-1])
    if digest.hexdigest() != SHA256:
        raise WordNetError(
            f"the files {_path('*')} are not those the vectors were made from\n"
            "Expected WordNet 3.0 as in Debian's package wordnet-base 1:3.0-37, with\n"
            f"  sha256 {SHA256}, found\n"
            f"  sha256 {digest.hexdigest()} (of data.noun, .verb, .adj, .adv in this order).\n"
            "Set WORDNET_DIR to a directory with the right files, or make new vectors with make_embeddings.py."
        )
    return [file.decode("ascii") for file in files]


def _parse(line, pos):
    fields, _, gloss = line.partition(" | ")
    fields = fields.split(" ")
    count = int(fields[3], 16)
    # An adjective may carry a syntactic marker: "galore(ip)".
    words = [re.sub(r"\((?:a|p|ip)\)$", "", word).replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]]
    return Synset(", ".join(words), pos, gloss.strip())


def synsets():
    """All 117,659 synsets in file order; raises WordNetError when the files are not the expected ones."""
    return [
        _parse(line, pos)
        for text, (_, pos) in zip(_read_files(), PARTS)
        for line in text.splitlines()
        if not line.startswith("  ")  # the licence, at the head of each file
    ]
