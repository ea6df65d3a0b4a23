#!/usr/bin/env bash
# isolation.sh SPEC... - run pg_isolation_regress on a temporary server made from build/pg.
set -euo pipefail
. tools/server-env.sh
mkdir -p build/isolation
"$PGXS_DIR/src/test/isolation/pg_isolation_regress" --temp-instance="$(scratch isolation)" \
  --bindir="$PRIVATE_BIN" --inputdir=test/isolation --outputdir=build/isolation --no-locale --encoding=UTF8 \
  --temp-config=test/postgresql.conf --load-extension=vecstore --dbname=vecstore_isolation "$@" ||
  {
    head -n 300 build/isolation/regression.diffs 2>/dev/null
    exit 1
  }
