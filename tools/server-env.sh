# server-env.sh - sourced: PRIVATE_BIN, PGXS_DIR, and scratch NAME, an empty directory for a server.
# shellcheck shell=bash
PRIVATE_BIN=$PWD/build/pg/bin
PGXS_DIR=$(dirname "$(dirname "$(dirname "$("${PG_CONFIG:-pg_config}" --pgxs)")")")
export PRIVATE_BIN PGXS_DIR
unset PGHOST PGPORT PGDATABASE PGUSER PGOPTIONS PGSERVICE

scratch() {
  local dir=$PWD/build/tmp/$1
  rm -rf "$dir"
  mkdir -p "$(dirname "$dir")"
  printf '%s' "$dir"
}
