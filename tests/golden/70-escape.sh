#!/usr/bin/env bash
# 1,000 hostile values (SOAK=1: 10,000) in every tag that a ticket fills: no
# shell ever takes one for a command. SEED=n repeats a run.
set -u
cd "$(dirname "$0")/../.."

rw=${ESCAPE_RW:-build/unit/escape_rw}
[ -n "${ESCAPE_RW:-}" ] || make --no-print-directory "$rw" >/dev/null || {
    echo "not ok - $rw builds"
    exit 1
}
rw=$(realpath "$rw")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# The canary sings when it should.
(sh -c 'touch canary')
[ -e canary ] || { echo "not ok - a canary can be made at all"; exit 1; }
rm canary

bad=0
[ -n "${SOAK:-}" ] && count=10000 || count=1000
"$rw" $count 2>errors || bad=1
[ $bad = 0 ] || head -20 errors | sed 's/^/# /'
left=$(find . -mindepth 1 ! -name errors | head)
if [ -z "$left" ]; then
    echo "ok - no value was taken for a command or a redirection"
else
    echo "not ok - values were taken for commands: $left"
    bad=1
fi
exit $bad
