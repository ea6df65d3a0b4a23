#!/usr/bin/env bash
# run.sh - pgvector's own Python package, unmodified, with four drivers.  Called by test/clients/run.sh.
set -euo pipefail
[ -x venv/bin/python ] || python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check -r requirements.txt
venv/bin/python -m unittest
