#!/usr/bin/env bash
# run.sh - compare with pgvector, which runs inside Node (PGlite).  Called by test/clients/run.sh.
set -euo pipefail
npm ci --loglevel=error
node oracle.mjs
