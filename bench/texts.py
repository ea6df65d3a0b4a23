# SPDX-License-Identifier: PostgreSQL
"""texts - real English texts of Debian packages, as (source, title, body): 385,863 with the lists of Debian 12.

    gcide     the GNU version of Webster's dictionary (dict-gcide), an article for each of its headwords
    wordnet   entries of WordNet 3.0 (wordnet-base)
    debian    descriptions of packages: apt's lists with Acquire::Languages=en

What is not installed is left out; the summary says what was there.
"""
import gzip
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "reverse-dictionary"))
import wordnet  # noqa: E402  (found by the line above)

DICTD = Path("/usr/share/dictd")
LISTS = Path("/var/lib/apt/lists")
DIGITS = {c: i for i, c in enumerate(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}


def number(text):
    value = 0
    for c in text:
        value = value * 64 + DIGITS[c]
    return value


def dictionary(name):
    """Entries of the index of a dictionary in dictd's format, with their articles: one that has several headwords comes once for each."""
    index, data = DICTD / f"{name}.index", DICTD / f"{name}.dict.dz"
    if not index.exists():
        return
    with gzip.open(data) as file:
        contents = file.read()
    for line in index.read_text(encoding="utf-8", errors="replace").splitlines():
        title, start, length = line.split("\t")[:3]
        if title.startswith("00-database"):
            continue
        body = contents[number(start):number(start) + number(length)].decode("utf-8", errors="replace")
        yield name, title, " ".join(body.split())


def descriptions():
    seen = set()
    for path in sorted(LISTS.glob("*_Translation-en*")):
        if path.suffix == ".lz4":
            text = subprocess.run(["lz4cat", path], capture_output=True, check=True).stdout.decode()
        else:
            text = path.read_text(encoding="utf-8")
        for paragraph in text.split("\n\n"):
            title = re.search(r"^Package: (.*)$", paragraph, re.M)
            body = re.search(r"^Description-en: (.*)\Z", paragraph, re.M | re.S)
            if title is None or body is None or title[1] in seen:
                continue
            seen.add(title[1])
            lines = [line.strip() for line in body[1].splitlines()]
            yield "debian", title[1], " ".join(line for line in lines if line != ".")


def documents():
    yield from dictionary("gcide")
    for entry in wordnet.synsets():
        yield "wordnet", entry.words, entry.definition
    yield from descriptions()
