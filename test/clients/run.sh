#!/usr/bin/env bash
# run.sh [CLIENT...] - run the client tests (all, or those named) against a temporary server.
#
# A client test is a directory here with a run.sh, which finds the server through PGHOST, PGUSER and
# PGDATABASE.  It runs in a copy below build/clients, where it may install packages; downloads are
# kept in build/cache.  Every client has a database of its own, with vecstore installed.
set -euo pipefail
. tools/server-env.sh

temporary_server clients
export npm_config_cache=$PWD/build/cache/npm PIP_CACHE_DIR=$PWD/build/cache/pip

run_client() {
  local name=$1 copy=build/clients/$1
  mkdir -p "$copy"
  cp -R "test/clients/$name/." "$copy/"
  export PGDATABASE=client_$name
  createdb "$PGDATABASE"
  psql -q -X -c 'CREATE EXTENSION vecstore'
  (cd "$copy" && ./run.sh)
}

clients=("$@")
if [ ${#clients[@]} -eq 0 ]; then
  for script in test/clients/*/run.sh; do clients+=("$(basename "$(dirname "$script")")"); done
fi
failed=()
for name in "${clients[@]}"; do
  echo "== client test $name"
  run_client "$name" || failed+=("$name")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
