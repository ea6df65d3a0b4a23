#!/usr/bin/env bash
# check-tests.sh - every test file is run by something, and every expected output belongs to a test.
set -euo pipefail
export LC_ALL=C

failed=0
complain() { echo "check-tests: $*" >&2; failed=1; }

# names DIR SUFFIX - the files DIR/*SUFFIX without directory and suffix.
names() {
  [ -d "$1" ] || return 0
  find "$1" -maxdepth 1 -type f -name "*$2" -printf '%f\n' | sed "s/${2//./\\.}\$//" | sort
}

# check_schedule SCHEDULE INPUTS SUFFIX OUTPUTS - schedule, inputs and outputs name the same tests.
# An output may carry a number for an alternative, as pg_regress allows: NAME_1.out.
check_schedule() {
  local schedule=$1 inputs=$2 suffix=$3 outputs=$4 name
  while read -r name; do complain "$schedule lists $name twice"; done < <(sort "$schedule" | uniq -d)
  while read -r name; do complain "$inputs/$name$suffix is not in $schedule"; done \
    < <(comm -23 <(names "$inputs" "$suffix") <(sort -u "$schedule"))
  while read -r name; do complain "$schedule lists $name, but there is no $inputs/$name$suffix"; done \
    < <(comm -13 <(names "$inputs" "$suffix") <(sort -u "$schedule"))
  while read -r name; do complain "$inputs/$name$suffix has no $outputs/$name.out"; done \
    < <(comm -23 <(sort -u "$schedule") <(names "$outputs" .out))
  while read -r name; do complain "$name is empty: nothing was recorded"; done \
    < <(find "$outputs" -maxdepth 1 -name '*.out' -empty)
  while read -r name; do complain "$outputs/$name.out belongs to no test"; done \
    < <(comm -13 <(sort -u "$schedule") <(names "$outputs" .out | sed -E 's/_[0-9]$//' | sort -u))
}

# check_place PATTERN DIR... - files named PATTERN below test/ lie where a runner looks for them.
check_place() {
  local pattern=$1 file
  shift
  while read -r file; do
    case " $* " in *" $(dirname "$file") "*) ;; *) complain "no runner looks at $file" ;; esac
  done < <(find test -path '*/node_modules' -prune -o -type f -name "$pattern" -print)
}

# check_end DIR PATTERN - TAP scripts say that they reached their end.
check_end() {
  local file
  for file in "$1"/*; do
    [ -f "$file" ] || continue
    grep -qE "$2" "$file" || complain "$file never calls ${2%%\\*}()"
  done
}

check_schedule test/regress_schedule test/sql .sql expected
check_schedule test/isolation_schedule test/isolation/specs .spec test/isolation/expected

check_place '*.sql' test/sql test/pgtap
check_place '*.spec' test/isolation/specs
check_place '*.pl' test/t test/t_slow
check_place '*_test.cpp' test/unit
check_end test/t 'done_testing\('
check_end test/t_slow 'done_testing\('
check_end test/pgtap 'finish\('

exit $failed
