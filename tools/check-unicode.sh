#!/usr/bin/env bash
# check-unicode.sh - the Unicode tables are what their generator writes, where Python knows the same version.
set -euo pipefail
command -v python3 >/dev/null || { echo "no python3, not checked"; exit 0; }
exec tools/unicode-tables.py --check
