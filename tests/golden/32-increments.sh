#!/usr/bin/env bash
# bantime.increment beside fail2ban's own jails, observer and database under a
# frozen clock: the same random histories of failures, bans and unbans by hand,
# clock steps, reloads and restarts must leave the same bans, ends, counts and
# rows. SEED=n repeats a run; SOAK=1 runs 200 of them.
set -u
cd "$(dirname "$0")/../.."

fail2ban=$(ls -d /usr/lib/python3/dist-packages/fail2ban 2>/dev/null)
if [ -z "$fail2ban" ]; then
    echo "ok - increments beside fail2ban # SKIP fail2ban is not installed"
    exit 0
fi
rw=${GROW_RW:-build/unit/grow_rw}
[ -n "${GROW_RW:-}" ] || make --no-print-directory "$rw" >/dev/null || {
    echo "not ok - $rw builds"
    exit 1
}
[ -n "${SOAK:-}" ] && histories=200 || histories=20
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${fail2ban%/*} \
    python3 -W ignore tests/golden/increments.py "$rw" "$work" \
    "${SEED:-$(date +%s)}" "${HISTORIES:-$histories}"
