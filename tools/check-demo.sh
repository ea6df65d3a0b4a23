#!/usr/bin/env bash
# check-demo.sh - the demo's data fit together: the file's size, WordNet's files, the questions.
set -euo pipefail
example=examples/reverse-dictionary
size=$(stat -c %s "$example/embeddings.bin")
[ "$size" -le 8000000 ] || { echo "$example/embeddings.bin has $size bytes, more than 8,000,000" >&2; exit 1; }
for table in glosses questions; do
  # A binary COPY stream ends in a row of -1 columns; load.py says itself what does not fit.
  end=$(python3 "$example/load.py" "$table" | tail -c 2 | od -An -tx1)
  [ "$end" = ' ff ff' ] || { echo "$example/load.py $table: the stream is incomplete" >&2; exit 1; }
done
echo "the demo's data are complete ($size bytes)"
