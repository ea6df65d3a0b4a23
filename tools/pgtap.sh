#!/usr/bin/env bash
# pgtap.sh [FILE...] - run test/pgtap/*.sql, or FILEs, with pg_prove on a temporary server made from build/pg.
set -euo pipefail
. tools/server-env.sh
[ $# -gt 0 ] || set -- test/pgtap/*.sql
[ -e "$1" ] || { echo "no pgTAP tests"; exit 0; }

temporary_server pgtap
createdb vecstore_pgtap
psql -q -X -d vecstore_pgtap -c 'CREATE EXTENSION vecstore' -c 'CREATE EXTENSION pgtap'
pg_prove -d vecstore_pgtap "$@"
