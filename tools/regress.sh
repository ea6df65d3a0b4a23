#!/usr/bin/env bash
# regress.sh TEST... - run pg_regress on a temporary server made from build/pg.
set -euo pipefail
. tools/server-env.sh
mkdir -p build/regress
ln -sfn ../../expected build/regress/expected # pg_regress looks below the output directory first
"$PGXS_DIR/src/test/regress/pg_regress" --temp-instance="$(scratch regress)" --bindir="$PRIVATE_BIN" \
  --inputdir=test --outputdir=build/regress --no-locale --encoding=UTF8 \
  --temp-config=test/postgresql.conf --load-extension=vecstore --dbname=vecstore_regress "$@" ||
  {
    head -n 300 build/regress/regression.diffs 2>/dev/null
    exit 1
  }
