#!/usr/bin/env bash
# pgtap.sh - run test/pgtap/*.sql with pg_prove on a temporary server made from build/pg.
set -euo pipefail
. tools/server-env.sh
tests=(test/pgtap/*.sql)
[ -e "${tests[0]}" ] || { echo "no pgTAP tests"; exit 0; }

data=$(scratch pgtap)
sockets=$(mktemp -d)
"$PRIVATE_BIN/initdb" -D "$data" -A trust -U postgres --no-locale -E UTF8 -N >/dev/null
cat test/postgresql.conf >> "$data/postgresql.conf"
stop() { "$PRIVATE_BIN/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$sockets"; }
trap stop EXIT
"$PRIVATE_BIN/pg_ctl" -D "$data" -w -l "$data/log" -o "-k $sockets -c listen_addresses=''" start >/dev/null
export PGHOST=$sockets PGUSER=postgres PATH="$PRIVATE_BIN:$PATH"
createdb vecstore_pgtap
psql -q -X -d vecstore_pgtap -c 'CREATE EXTENSION vecstore' -c 'CREATE EXTENSION pgtap'
pg_prove -d vecstore_pgtap "${tests[@]}"
