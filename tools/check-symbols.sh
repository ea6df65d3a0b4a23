#!/usr/bin/env bash
# check-symbols.sh - what the core needs from outside, and what the library shows outside.
#
# Run after make.  The rules, by their numbers in the messages:
#   R5  the core neither throws nor owns heap: an ereport may jump over any of its frames
#   R9  the library exports vs_*, pg_finfo_vs_* and what the server looks for by name
set -euo pipefail
export LC_ALL=C

failed=0
complain() { echo "check-symbols: $*" >&2; failed=1; }

# Operators new and delete, the C++ run-time, libstdc++ outside templates, and C's heap.
forbidden='^(_Zn[wa]|_Zd[la]|__cxa_|__gxx_|_Unwind_|_ZTI|_ZTV|_ZNSt|_ZNKSt|_ZSt|(m|c|re)alloc$|free$|'
forbidden+='posix_memalign$|aligned_alloc$|strdup$|abort$|exit$|longjmp|pthread_|p?printf|puts$)'

check_r5() {
  local object symbol
  for object in "$@"; do
    while read -r symbol; do
      complain "R5, $object: needs $(c++filt "$symbol")"
    done < <(nm -u "$object" | awk '{ print $NF }' | grep -E "$forbidden")
    # Dynamic initialisation and guarded statics write at a time nobody chose.
    while read -r symbol; do
      complain "R5, $object: initialises at run time, $symbol"
    done < <(nm -C "$object" | grep -oE '_GLOBAL__sub_I.*|guard variable for .*')
  done
}

check_r9() {
  local symbol
  while read -r symbol; do
    complain "R9, $1: exports $symbol"
  done < <(nm -D --defined-only "$1" | awk '{ print $NF }' |
    grep -vE '^(vs_[a-z0-9_]+|pg_finfo_vs_[a-z0-9_]+|_PG_init|Pg_magic_func)$')
}

sources=(src/core/*/*.cpp)
objects=("${sources[@]/%.cpp/.o}")
for file in "${objects[@]}" vecstore.so; do
  [ -e "$file" ] || { complain "$file is missing, run make first"; exit 1; }
done
check_r5 "${objects[@]}"
check_r9 vecstore.so
exit $failed
