#!/usr/bin/env bash
# The system's Python beside our reading of its regular expressions.
set -u
cd "$(dirname "$0")/../.."
[ -n "${MATCH_RW:-}" ] || make --no-print-directory build/unit/match_rw \
    >/dev/null || {
    echo "not ok - build/unit/match_rw builds"
    exit 1
}
if ! /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "ok - expressions beside Python's re # SKIP no Python 3.11"
    exit 0
fi
[ -n "${SOAK:-}" ] && export PAIRS=500000
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 tests/golden/python_re.py
