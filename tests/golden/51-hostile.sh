#!/usr/bin/env bash
# Hostile text in each field that a client fills, in the lines of the servers
# that have a jail but no mail accesses: nobody else is found, at no other
# time, and no text keeps a failure from being counted. Names of filters as
# arguments: those only.
set -u
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/golden/failures.py \
    "${GAOL:-build/gaol}" "$@"
