#!/usr/bin/env python3
"""readme-examples.py FILE.md - print the SQL examples of a Markdown file, in order, as one psql script.

Before each block the script echoes where the block stands, so an error can be found in the document.
"""
import re
import sys


def blocks(lines):
    """Yield (line number, text) of each fenced block marked sql."""
    start, block = None, []
    for number, line in enumerate(lines, 1):
        if start is None and re.fullmatch(r"\s*```sql\s*", line):
            start, block = number, []
        elif start is not None and re.fullmatch(r"\s*```\s*", line):
            yield start, "".join(block)
            start = None
        elif start is not None:
            block.append(line)
    if start is not None:
        sys.exit(f"line {start}: the block does not end")


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as document:
        for number, text in blocks(document):
            print(f"\\echo {path}:{number}")
            print(text if text.rstrip().endswith(";") or "\\" in text else text.rstrip() + ";")


if __name__ == "__main__":
    main()
