#!/usr/bin/env bash
# The sample suite of the installed fail2ban package, run by our matcher with
# the package's own filters: every annotated line of every log.
set -u
cd "$(dirname "$0")/../.."

fail2ban=$(ls -d /usr/lib/python3/dist-packages/fail2ban 2>/dev/null)
if [ ! -d "${fail2ban:-/nonexistent}/tests/files/logs" ]; then
    echo "ok - sample suite # SKIP fail2ban is not installed with its tests"
    exit 0
fi
[ -n "${MATCH_RW:-}" ] || make --no-print-directory build/unit/match_rw \
    >/dev/null || {
    echo "not ok - build/unit/match_rw builds"
    exit 1
}

# Filters as the package ships them, whatever was changed in /etc. Two filters
# of the tests include the others from several folders up, as they lay when the
# package was built.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
up=$(sed -n 's|^before *= *\(\(\.\./\)*\)config/.*|\1|p' \
    "$fail2ban"/tests/config/filter.d/zzz-*.conf | sort -u | head -n 1)
source=$work
for ((i = 4; i < ${#up} / 3; i++)); do
    source+=/source
done
mkdir -p "$work/config" "$source/fail2ban/tests"
cp -r /etc/fail2ban/filter.d "$work/config/"
find "$work/config" -name '*.local' -delete
cp -r "$fail2ban/tests/config" "$source/fail2ban/tests/config"
PYTHONDONTWRITEBYTECODE=1 python3 tests/golden/samples.py \
    "$fail2ban/tests/files/logs" "$work/config" \
    "$source/fail2ban/tests/config"
