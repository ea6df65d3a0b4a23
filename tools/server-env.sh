# server-env.sh - sourced: PRIVATE_BIN, PGXS_DIR, and functions for temporary servers made from build/pg.
# shellcheck shell=bash
PRIVATE_BIN=$PWD/build/pg/bin
PGXS_DIR=$(dirname "$(dirname "$(dirname "$("${PG_CONFIG:-pg_config}" --pgxs)")")")
export PRIVATE_BIN PGXS_DIR
unset PGHOST PGPORT PGDATABASE PGUSER PGOPTIONS PGSERVICE

# scratch NAME - print the path of a directory for a server; what was there is removed.
scratch() {
  local dir=$PWD/build/tmp/$1
  rm -rf "$dir"
  mkdir -p "$(dirname "$dir")"
  printf '%s' "$dir"
}

# start_server NAME - start a server that ends with this script; psql and its like then connect to it.
start_server() {
  server_data=$(scratch "$1")
  PGHOST=$(mktemp -d)
  export PGHOST PGUSER=postgres PATH="$PRIVATE_BIN:$PATH"
  trap stop_server EXIT
  initdb -D "$server_data" -A trust -U postgres --no-locale -E UTF8 -N >/dev/null
  cat test/postgresql.conf >> "$server_data/postgresql.conf"
  pg_ctl -D "$server_data" -w -l "$server_data/log" -o "-k $PGHOST -c listen_addresses=''" start >/dev/null ||
    { cat "$server_data/log" >&2; return 1; }
}

stop_server() {
  pg_ctl -D "$server_data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$PGHOST"
}
