#!/usr/bin/env bash
# Hostile text in each field that a client fills, in the lines of each server:
# a filter's failregex finds nobody else, at no other time, and where there are
# no mail accesses no text keeps a failure from being counted. Names of filters as
# arguments: those only.
set -u
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1 exec python3 tests/golden/failures.py \
    "${GAOL:-build/gaol}" "$@"
