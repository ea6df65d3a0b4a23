#!/usr/bin/env bash
# check-layers.sh - who may include whom, and which compiler flags are out of bounds.
#
# The rules, by their numbers in the messages:
#   R1  src/core and src/bridge never see PostgreSQL
#   R2  src/pg is C and reaches the core through src/bridge only
#   R3  inside the core, includes follow the table below
#   R4  Highway and intrinsics are known to src/core/simd alone
#   R8  every on-disk struct has its size asserted
#   R10 no compiler flag chooses a processor: the dispatcher does, at run time
set -euo pipefail
export LC_ALL=C

# Folders of src/core, each with the other folders it may include.
declare -A may_include=(
  [base]=''
  [simd]='base'
  [vector]='base'
  [filter]='base'
  [hnsw]='base simd vector'
  [fusion]=''
  [text]=''
  [bm25]='base'
)

# Structs of the page format's headers that are computed, never stored.
never_stored=' VsHnswGeometry '

failed=0
complain() { echo "check-layers: $*" >&2; failed=1; }

# complain_each RULE - one complaint for every line of the input.
complain_each() {
  local line
  while IFS= read -r line; do complain "$1: $line"; done
}

# includes DIR... - "FILE:LINE HEADER" for every include, HEADER with its quotes or brackets.
includes() {
  grep -rnE --include='*.[ch]' --include='*.cpp' '^[[:space:]]*#[[:space:]]*include' "$@" |
    sed -E 's/^([^:]*:[0-9]+):[^"<]*(["<][^">]*[">]).*/\1 \2/'
}

# A quoted header is ours or Highway's; one in brackets lies in no folder but sys/, and the core is
# compiled without the server's include path.  That leaves no way to name a header of PostgreSQL.
check_r1() {
  includes src/core src/bridge | grep -vE ' ("(core|bridge|hwy)/[^"]+"|<(sys/)?[a-z0-9_.]+>)$' |
    complain_each 'R1, neither ours nor the system'"'"'s' || true
  includes src/bridge | grep -E ' "(core|hwy)/' | complain_each 'R1, the bridge depends on nothing' || true
}

check_r2() {
  includes src/pg | grep -E ' "core/' | complain_each 'R2, go through src/bridge' || true
  includes src | grep -E ' "\.\.?/' | complain_each 'R2, write the path from src/' || true
  find src/pg -type f ! -name '*.[ch]' ! -name README.md ! -name '*.[od]' | complain_each 'R2, src/pg is C'
  find src/bridge -type f ! -name '*.h' ! -name README.md ! -name .clang-format |
    complain_each 'R2, src/bridge is headers only'
  find src/core -name '*.c' | complain_each 'R2, src/core is C++'
}

check_r3() {
  local place header from to
  while read -r place header; do
    from=${place#src/core/} from=${from%%/*}
    to=${header#\"core/} to=${to%%/*}
    [ "$from" = "$to" ] && continue
    if [ -z "${may_include[$from]+known}" ]; then
      complain "R3, $place: src/core/$from is not in the table of tools/check-layers.sh"
    elif [[ " ${may_include[$from]} " != *" $to "* ]]; then
      complain "R3, $place: $from must not include $to ($header)"
    fi
  done < <(includes src/core | grep ' "core/')
}

check_r4() {
  includes src | grep -v '^src/core/simd/' | grep -E ' ["<](hwy/|[a-z]*intrin\.h|arm_(neon|sve)\.h)' |
    complain_each 'R4, vector code belongs to src/core/simd' || true
  grep -rnE --include='*.[ch]' --include='*.cpp' 'pragma GCC target|attribute__ *\(\(target' src |
    grep -v '^src/core/simd/' | complain_each 'R4, targets belong to src/core/simd' || true
}

check_r8() {
  local file name
  while IFS=: read -r file name; do
    [[ $never_stored == *" $name "* ]] || grep -q "STATIC_ASSERT(sizeof($name)" "$file" ||
      complain "R8, $file: $name has no VS_STATIC_ASSERT(sizeof($name) == ...)"
  done < <(grep -oHE '^typedef struct [A-Za-z0-9_]+ \{' src/bridge/*_page.h | sed -E 's/typedef struct (.*) \{/\1/')
}

check_r10() {
  grep -nE '(^|[[:space:]="'"'"'])-m(arch|tune|cpu|[a-z]*(avx|sse|fma|f16c|bmi|popcnt|neon|sve))' \
    Makefile src/core/flags.mk tools/*.mk test/*/Makefile 2>/dev/null |
    complain_each 'R10, the library must run on every processor' || true
}

check_r1
check_r2
check_r3
check_r4
check_r8
check_r10
exit $failed
