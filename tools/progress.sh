# progress.sh - sourced: step TEXT COMMAND..., a line with the seconds for everything that takes long.
#
# The command's output goes to STEP_LOG and is shown when it fails.  On a terminal the seconds run; the
# caller may name a function in STEP_DETAIL whose output (say "40 %") is shown beside them.
# shellcheck shell=bash
STEP_LOG=${STEP_LOG:-$PWD/build/step.log}

now_ms() { local now=${EPOCHREALTIME/[.,]/}; printf '%s' "${now%???}"; }

step_line() { # TEXT MILLISECONDS [DETAIL]
  printf '  %-46s %4d.%d s%s' "$1" $(($2 / 1000)) $(($2 % 1000 / 100)) "${3:+  $3}"
}

step_ticker() { # TEXT STARTED
  while sleep 1; do
    printf '\r%s\033[K' "$(step_line "$1" $(($(now_ms) - $2)) "$(${STEP_DETAIL:-true} 2>/dev/null || true)")"
  done
}

step() {
  local text=$1 started status=0 ticker=
  shift
  started=$(now_ms)
  mkdir -p "$(dirname "$STEP_LOG")"
  if [ -t 1 ]; then
    printf '  %s' "$text"
    step_ticker "$text" "$started" &
    ticker=$!
  fi
  # In a subshell: a trap of the caller that ends the script must not write to the log.
  ("$@") >"$STEP_LOG" 2>&1 || status=$?
  if [ -n "$ticker" ]; then
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    printf '\r\033[K'
  fi
  if [ "$status" -ne 0 ]; then
    printf '  %s: failed\n' "$text"
    tail -n 30 "$STEP_LOG" | sed 's/^/    /'
    return "$status"
  fi
  step_line "$text" $(($(now_ms) - started))
  printf '\n'
}
