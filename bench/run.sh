#!/usr/bin/env bash
# run.sh [OPTION...] - measure vecstore against its peers; see README.md here.
#
# PGVECTOR_BIN=DIR   bin directory of a PostgreSQL that has pgvector, measured in a second cluster
# VECSTORE_BIN=DIR   measure this server instead of building the one of this tree
# BENCH_DATA=DIR     where sets and clusters are kept (bench/data)
# PYTHON=PROGRAM     a python3 with numpy, psycopg2, matplotlib and, for faiss, faiss
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git describe --always --dirty --abbrev=10 2>/dev/null || echo unknown)
export BENCH_COMMIT=${BENCH_COMMIT:-$commit}

# PostgreSQL refuses root: work in the unprivileged user's mirror and bring the results back.
if [ "$(id -u)" -eq 0 ]; then
  mirror=$(tools/as-user.sh pwd | tail -n 1)
  status=0
  tools/as-user.sh bench/run.sh "$@" || status=$?
  [ ! -d "$mirror/bench/results" ] || rsync -a --no-owner --no-group "$mirror/bench/results" bench/
  exit "$status"
fi

case " $* " in
  *" --system "* | *" --help "* | *" -h "*) ;;
  *) [ -n "${VECSTORE_BIN:-}" ] || make --no-print-directory -s private ;;
esac
export PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-/usr/bin/python3}" bench/main.py "$@"
