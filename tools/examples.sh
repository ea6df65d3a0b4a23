#!/usr/bin/env bash
# examples.sh [FILE...] - run the SQL examples of the documentation on a temporary server made from build/pg.
#
# A Markdown file's ```sql blocks run in order, a .sql file as it is, each file in an empty database.
# The first statement that fails fails the file.  Default: README.md, docs/*.md, examples/*.sql.
set -euo pipefail
. tools/server-env.sh
shopt -s nullglob
[ $# -gt 0 ] || set -- README.md docs/*.md examples/*.sql

temporary_server examples
log=build/tmp/examples.log
failed=0
for file in "$@"; do
  [ -e "$file" ] || continue
  dropdb --if-exists examples 2>/dev/null
  createdb examples
  if { case $file in *.md) tools/readme-examples.py "$file" ;; *) cat "$file" ;; esac } |
    psql -X -v ON_ERROR_STOP=1 -d examples > "$log" 2>&1; then
    echo "test $file ... ok"
  else
    echo "test $file ... FAILED"
    tail -n 20 "$log"
    failed=1
  fi
done
exit $failed
