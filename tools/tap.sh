#!/usr/bin/env bash
# tap.sh DIR - run the TAP tests of DIR with PostgreSQL's own test modules on build/pg.
set -euo pipefail
. tools/server-env.sh
tests=("$1"/*.pl)
[ -e "${tests[0]}" ] || { echo "no TAP tests in $1"; exit 0; }
export PATH="$PRIVATE_BIN:$PATH" TESTDIR=$PWD/build/tap PG_REGRESS="$PGXS_DIR/src/test/regress/pg_regress"
export TESTDATADIR=$TESTDIR/data TESTLOGDIR=$TESTDIR/log PGPORT=65432
rm -rf "$TESTDIR" && mkdir -p "$TESTDIR"
prove -I "$PGXS_DIR/src/test/perl" -I test/perl "${tests[@]}"
