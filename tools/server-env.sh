# server-env.sh - sourced: PRIVATE_BIN, PGXS_DIR, and functions that make, start and stop a server.
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

# make_server DATA CONFIG: initdb, without waiting for the disk, with CONFIG appended to its settings.
make_server() {
  "$PRIVATE_BIN/initdb" -D "$1" -A trust -U postgres --no-locale -E UTF8 -N >/dev/null &&
    cat "$2" >> "$1/postgresql.conf"
}

# start_server DATA SOCKETS: start it, reachable through a Unix socket in SOCKETS only; log in DATA/log.
start_server() {
  "$PRIVATE_BIN/pg_ctl" -D "$1" -s -w -l "$1/log" -o "-k '$2' -c listen_addresses=''" start
}

# stop_server DATA [MODE]: stop it, in pg_ctl's mode fast or the one given.
stop_server() {
  "$PRIVATE_BIN/pg_ctl" -D "$1" -s -w -m "${2:-fast}" stop
}

# temporary_server NAME: a server that ends with this script; psql and its like then connect to it.
temporary_server() {
  server_data=$(scratch "$1")
  PGHOST=$(mktemp -d)
  export PGHOST PGUSER=postgres PATH="$PRIVATE_BIN:$PATH"
  trap end_temporary_server EXIT
  make_server "$server_data" test/postgresql.conf
  start_server "$server_data" "$PGHOST" || { cat "$server_data/log" >&2; return 1; }
}

end_temporary_server() {
  stop_server "$server_data" immediate >/dev/null 2>&1 || true
  rm -rf "$PGHOST"
}
