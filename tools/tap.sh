#!/usr/bin/env bash
# tap.sh DIR|FILE... - run TAP tests with PostgreSQL's own test modules on build/pg.
set -euo pipefail
. tools/server-env.sh
tests=()
for arg in "$@"; do
  if [ -d "$arg" ]; then tests+=("$arg"/*.pl); else tests+=("$arg"); fi
done
[ -e "${tests[0]}" ] || { echo "no TAP tests in $*"; exit 0; }
export PATH="$PRIVATE_BIN:$PATH" TESTDIR=$PWD/build/tap PG_REGRESS="$PGXS_DIR/src/test/regress/pg_regress"
export TESTDATADIR=$TESTDIR/data TESTLOGDIR=$TESTDIR/log PGPORT=65432
rm -rf "$TESTDIR" && mkdir -p "$TESTDIR"
prove -I "$PGXS_DIR/src/test/perl" -I test/perl "${tests[@]}"
