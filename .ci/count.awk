# count.awk - add up what the test programs report; print "N passed, N failed", exit 1 on failures.
#
# broken: how many commands failed.  When no suite says why, they count as failures themselves.

# pg_regress and pg_isolation_regress up to PostgreSQL 15, and make check-tools
/^test .* \.\.\. +ok( |$)/ { passed++ }
/^test .* \.\.\. +(FAILED|failed)/ { failed++ }

# pg_regress from PostgreSQL 16, and other programs that print TAP
/^ok +[0-9]/ { passed++ }
/^not ok +[0-9]/ { failed++ }

# prove and pg_prove: "Failed 2/20 subtests" for a file, or "Dubious" for one that died
/^Dubious, test returned / { died = 1; next }
/^ *Failed [0-9]+\/[0-9]+ subtests/ { split($2, n, "/"); failed += n[1]; passed -= n[1]; died = 0; next }
died { failed++; died = 0 }
/^Files=[0-9]+, Tests=[0-9]+,/ { split($2, n, "[=,]"); passed += n[2] }

# GoogleTest
/^\[  PASSED  \] [0-9]+ test/ { passed += $4 }
/^\[  FAILED  \] [0-9]+ tests?, listed below/ { failed += $4 }

# libFuzzer
/^Done [0-9]+ runs in / { passed++ }
/^==[0-9]+== ?ERROR: libFuzzer/ { failed++ }

# any other suite may end with such a line
/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 }

END {
  if (broken && !failed)
    failed = broken
  printf "%d passed, %d failed\n", passed, failed
  exit failed > 0
}
