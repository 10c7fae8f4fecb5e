#!/usr/bin/env bash
# What filters tell of, and which were run against their server: the manual and
# gaol check say what the filters are.
set -u
cd "$(dirname "$0")/../.." || exit 1
export PYTHONDONTWRITEBYTECODE=1
exec python3 tests/golden/kinds.py "${GAOL:-build/gaol}"
