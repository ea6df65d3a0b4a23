#!/usr/bin/env bash
# pgtap.sh - run test/pgtap/*.sql with pg_prove on a temporary server made from build/pg.
set -euo pipefail
. tools/server-env.sh
tests=(test/pgtap/*.sql)
[ -e "${tests[0]}" ] || { echo "no pgTAP tests"; exit 0; }

data=$(scratch pgtap)
sockets=$(mktemp -d)
make_server "$data" test/postgresql.conf
stop() { stop_server "$data" immediate 2>/dev/null || true; rm -rf "$sockets"; }
trap stop EXIT
start_server "$data" "$sockets"
export PGHOST=$sockets PGUSER=postgres PATH="$PRIVATE_BIN:$PATH"
createdb vecstore_pgtap
psql -q -X -d vecstore_pgtap -c 'CREATE EXTENSION vecstore' -c 'CREATE EXTENSION pgtap'
pg_prove -d vecstore_pgtap "${tests[@]}"
