#!/usr/bin/env bash
# Pickles against Python's own module, both ways: random values at every
# protocol are read as Python reads them, and written byte for byte as
# pickle.dumps(value, 5) writes them. SEED=n repeats a run.
set -u
cd "$(dirname "$0")/../.."
rw=${PICKLE_RW:-build/unit/pickle_rw}
[ -n "${PICKLE_RW:-}" ] || make --no-print-directory "$rw" >/dev/null || {
    echo "not ok - $rw builds"
    exit 1
}
exec python3 tests/golden/pickles.py "$rw"
