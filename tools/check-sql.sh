#!/usr/bin/env bash
# check-sql.sh - the install script: every object is described, every C symbol exists and is used.
#
# Reads sql/parts as text and the built library's symbols; needs no server.  Objects are compared by
# kind and name; of an overloaded name as many must be described as are created.
set -euo pipefail
export LC_ALL=C

failed=0
complain() { echo "check-sql: $*" >&2; failed=1; }

# statements FILE... - one statement a line, without comments; quoted texts keep no semicolon.
statements() {
  cat "$@" | perl -0777 -pe '
    s{(\$\w*\$).*?\1|(\x27(?:[^\x27]|\x27\x27)*\x27)|--[^\n]*|/\*.*?\*/}
     { defined $1 ? "\x27body\x27" : defined $2 ? $2 =~ tr/;\n/, /r : " " }gsex;
    s/^\\.*\n//gm; s/\s+/ /g; s/; */;\n/g; s/\@extschema\@\.//g;'
}

kinds='FUNCTION|PROCEDURE|AGGREGATE|OPERATOR CLASS|OPERATOR FAMILY|OPERATOR|TYPE|DOMAIN|VIEW|TABLE'
kinds+='|ACCESS METHOD|SCHEMA|CAST|TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY|TEXT SEARCH PARSER'
kinds+='|TEXT SEARCH TEMPLATE'

# objects VERB - "KIND name" of each statement that starts with VERB and a kind.  A type's shell
# declaration (CREATE TYPE x;) is not an object of its own; an operator class brings a family of its name.
objects() {
  grep -vE '^CREATE TYPE [^ ;(]+ ?;' "$script" |
    sed -E 's/^CREATE OPERATOR CLASS ([^ ]+)( DEFAULT)? FOR TYPE [^ ]+ USING ([a-z0-9]+) AS .*/&\nCREATE OPERATOR FAMILY \1 USING \3;/' | sed -nE "s/^$1 ($kinds) (.*)/\\1 \\2/p" |
    sed -E -e 's/^(CAST) (\([^)]*\)).*/\1 \2/; t' \
      -e 's/^(OPERATOR CLASS|OPERATOR FAMILY) ([^ ]+).* USING ([a-z0-9]+).*/\1 \2 USING \3/; t' \
      -e 's/^(OPERATOR) ([^ (]+).*/\1 \2/; t' \
      -e "s/^($kinds) ([^ (;]+).*/\\1 \\2/" | sort
}

script=$(mktemp)
trap 'rm -f "$script"' EXIT
statements sql/parts/*.sql > "$script"

while read -r line; do complain "without COMMENT ON: $line"; done \
  < <(comm -23 <(objects CREATE) <(objects 'COMMENT ON'))
while read -r line; do complain "COMMENT ON what is not created: $line"; done \
  < <(comm -13 <(objects CREATE) <(objects 'COMMENT ON'))

# Someone else's object of that name would be taken over, with its owner's rights.
while read -r line; do complain "CREATE OR REPLACE or IF NOT EXISTS: ${line:0:60}"; done \
  < <(grep -E '^CREATE (OR REPLACE|[A-Z ]+ IF NOT EXISTS)' "$script")

named=$(grep -oE "AS 'MODULE_PATHNAME', ?'[^']+'" "$script" | sed -E "s/.*'([^']+)'$/\\1/" | sort -u)
built=$(nm -D --defined-only vecstore.so | awk '$3 ~ /^pg_finfo_/ { print substr($3, 10) }' | sort -u)
while read -r line; do [ -z "$line" ] || complain "named in SQL, not in the library: $line"; done \
  < <(comm -23 <(echo "$named") <(echo "$built"))
while read -r line; do [ -z "$line" ] || complain "in the library, not named in SQL: $line"; done \
  < <(comm -13 <(echo "$named") <(echo "$built"))

exit $failed
