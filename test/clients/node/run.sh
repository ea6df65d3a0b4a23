#!/usr/bin/env bash
# run.sh - pgvector's own Node package, unmodified, with two drivers.  Called by test/clients/run.sh.
set -euo pipefail
npm ci --loglevel=error
node --test
