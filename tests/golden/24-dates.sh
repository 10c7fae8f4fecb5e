#!/usr/bin/env bash
# The installed fail2ban's date detector beside ours, on random stamps.
set -u
cd "$(dirname "$0")/../.."
fail2ban=$(ls -d /usr/lib/python3/dist-packages/fail2ban 2>/dev/null)
if [ -z "$fail2ban" ]; then
    echo "ok - dates beside fail2ban # SKIP fail2ban is not installed"
    exit 0
fi
[ -n "${MATCH_RW:-}" ] || make --no-print-directory build/unit/match_rw \
    >/dev/null || {
    echo "not ok - build/unit/match_rw builds"
    exit 1
}
[ -n "${SOAK:-}" ] && export STAMPS=3000
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${fail2ban%/*} \
    exec /usr/bin/python3 tests/golden/dates.py
