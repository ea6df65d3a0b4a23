#!/usr/bin/env bash
# demo.sh run|start|stop - a reverse dictionary on a private server: build, load, ask; leave it running.
#
# Owns build/demo (the server's data and log) and a socket directory in /tmp.  What the database was made
# from is stamped on it when everything is loaded: a run that finds its stamp only asks the questions, a
# run after a change or an interruption starts from an empty database.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/server-env.sh
. tools/progress.sh

example=examples/reverse-dictionary
database=dictionary
demo=$PWD/build/demo
data=$demo/data
# A socket's path may have 107 bytes, and a tree can lie deeper than that.
sockets=/tmp/vecstore-demo-$(id -u)-$(printf '%s' "$PWD" | cksum | cut -d' ' -f1)
STEP_LOG=$demo/step.log
needed_mb=1000
export PGHOST=$sockets PGUSER=postgres PGCONNECT_TIMEOUT=10 PGOPTIONS='-c client_min_messages=warning'

die() { printf '\n' >&2; printf '%s\n' "$@" >&2; exit 1; }
heading() { printf '\n%s\n\n' "$1"; }
sql() { "$PRIVATE_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
query() { sql -d "$database" "$@"; }

# --- the server -----------------------------------------------------------------------------------

# The process number of our postmaster, or nothing.  A number left behind by a crash may belong to
# another process by now, so the command line has to name our directory.
postmaster() {
  local file pid
  for file in "$data/postmaster.pid" "$sockets/.s.PGSQL.5432.lock"; do
    pid=$(head -n 1 "$file" 2>/dev/null || true)
    if [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "-D $data "; then
      printf '%s' "$pid"
      return 0 # spelled out: plain return gives the exit status when a trap calls this
    fi
  done
}

# Works also when build/demo was deleted under the running server, which pg_ctl could not find then.
stop_postmaster() {
  local pid
  pid=$(postmaster)
  [ -n "$pid" ] || return 0
  kill -INT "$pid"
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -QUIT "$pid"
}

make_socket_directory() {
  # /tmp is everybody's: the directory is used only when it is ours, and closed to others.
  mkdir -m 700 "$sockets" 2>/dev/null || true
  if [ ! -d "$sockets" ] || [ -L "$sockets" ] || [ ! -O "$sockets" ]; then
    die "$sockets belongs to somebody else: remove it, then run make demo again."
  fi
  chmod 700 "$sockets"
}

check_space() {
  local free_mb
  mkdir -p "$demo"
  free_mb=$(df -Pm "$demo" | awk 'NR == 2 { print $4 }')
  [ "$free_mb" -ge "$needed_mb" ] ||
    die "The demo needs $needed_mb MB below $demo, but only $free_mb MB are free."
}

# The version is noted last, so that a cluster whose initdb was interrupted is made again.
ensure_cluster() {
  local version
  version=$("$PRIVATE_BIN/postgres" --version)
  [ "$(cat "$demo/version" 2>/dev/null || true)" = "$version" ] && return 0
  stop_postmaster
  rm -rf "$data" "$demo/version"
  check_space
  step 'Making a private PostgreSQL server' make_server "$data" "$example/postgresql.conf"
  printf '%s\n' "$version" >"$demo/version"
}

ensure_running() {
  local pid
  make_socket_directory
  if [ -n "$(postmaster)" ]; then
    "$PRIVATE_BIN/pg_isready" -q -t 60 && return 0
    stop_postmaster
  fi
  # A process number in use by a stranger would keep the server from starting.
  pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null || true)
  if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then rm "$data/postmaster.pid"; fi
  started_here=yes
  step 'Starting the server' start_server "$data" "$sockets" ||
    die "The server did not start; the end of $data/log:" "$(tail -n 8 "$data/log" 2>/dev/null)"
}

# --- the data -------------------------------------------------------------------------------------

stamp() {
  cat build/pg/lib/vecstore.so build/pg/share/extension/vecstore* "$example"/{load,exact,index}.sql \
    "$example"/{load,codec,wordnet}.py "$example"/{questions.tsv,embeddings.bin} | sha256sum | cut -d' ' -f1
}

stored_stamp() {
  sql -d postgres -c "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '$database'"
}

index_progress() {
  query -c "SELECT 100 * tuples_done / nullif(tuples_total, 0) || ' %' FROM pg_stat_progress_create_index"
}

ensure_loaded() {
  local wanted
  wanted=$(stamp)
  [ "$(stored_stamp)" = "$wanted" ] && return 0
  check_space
  sql -d postgres -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" -c "CREATE DATABASE $database"
  step 'Loading 117,659 WordNet entries' query -1 -f "$example/load.sql"
  step 'Answering all questions by exact search' query -1 -f "$example/exact.sql" -c ANALYZE
  STEP_DETAIL=index_progress step 'Building the hnsw and bm25 indexes' query -f "$example/index.sql"
  sql -d postgres -c "COMMENT ON DATABASE $database IS '$wanted'"
}

# --- what is shown --------------------------------------------------------------------------------

screen_width() {
  local width=100
  if [ -t 1 ]; then width=$(tput cols 2>/dev/null || echo 100); fi
  if [ "$width" -lt 80 ]; then width=80; fi
  if [ "$width" -gt 140 ]; then width=140; fi
  printf '%s' "$width"
}

how_to_continue() {
  local psql=psql
  command -v psql >/dev/null || psql=$PRIVATE_BIN/psql
  heading 'Try it yourself'
  cat <<TEXT
  The server keeps running.  Connect (also as root) with

      $psql -h $sockets -U postgres $database

  and try, for instance,

      -- what a kitten does: entries near an entry, verbs only
      SELECT word, gloss FROM glosses WHERE pos = 'verb'
      ORDER BY embedding <=> (SELECT embedding FROM glosses WHERE word = 'kitten, kitty') LIMIT 5;

      -- all questions there are; ask(38) answers number 38
      SELECT id, question FROM questions;
      SELECT word, gloss, distance FROM ask(38);

      -- by words, and by both
      SELECT word, gloss FROM ask_words(38);
      SELECT word, gloss FROM ask_both(38);

      -- a preset is a promise of recall: fast, balanced (the default), high_recall, max
      SET vecstore.search_preset = 'max';

  More: examples/quickstart.sql, $example/README.md, README.md

  Stop it with  make demo-stop  (the data stays; the next make demo takes seconds).
TEXT
}

# --- commands -------------------------------------------------------------------------------------

start() {
  heading 'vecstore demo: a reverse dictionary'
  trap 'on_exit $?' EXIT
  trap 'exit 130' INT TERM
  if [ "${1:-}" = build ]; then
    step 'Building vecstore' "${MAKE:-make}" --no-print-directory -s "-j${JOBS:-$(nproc)}" private
  fi
  ensure_cluster
  ensure_running
  ensure_loaded
  query -v width="$(screen_width)" -f "$example/report.sql"
  how_to_continue
  trap - EXIT
}

# A run that fails leaves no server behind that it started.
on_exit() {
  if grep -qs 'No space left on device' "$STEP_LOG"; then
    printf '\nThe disk is full: the demo needs %s MB below %s.\n' "$needed_mb" "$demo" >&2
  fi
  if [ -n "${started_here:-}" ]; then stop_postmaster; fi
  printf '\nThe demo did not finish; run make demo again, it starts afresh.\n' >&2
  exit "$1"
}

stop() {
  if [ -z "$(postmaster)" ]; then
    echo 'The demo server is not running.'
  else
    stop_postmaster
    echo 'The demo server is stopped; make demo starts it again.'
  fi
  rmdir "$sockets" 2>/dev/null || true
}

case ${1:-} in
  run) start build ;;
  start) start ;;
  stop) stop ;;
  *) die 'usage: tools/demo.sh run|start|stop' ;;
esac
