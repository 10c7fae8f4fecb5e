#!/usr/bin/env bash
# gaol regex against the installed fail2ban-regex: same lines, same ids, same
# counts, on generated sshd logs with hostile user names. The oracle is
# fail2ban 1.0.2 with its own sshd filter; where gaol follows 1.1 instead:
#   - "Use      filter file" stands for "Use   failregex filter file", and a
#     jail of that name goes first;
#   - after a prefregex, groups that took no part are left out of a row.
set -u
cd "$(dirname "$0")/../.."
gaol=${GAOL:-build/gaol}
conf=${CONF:-/etc/fail2ban}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC LC_ALL=C.UTF-8
failed=0

if ! command -v fail2ban-regex >/dev/null || [ ! -e "$conf/filter.d/sshd.conf" ]; then
    echo "ok - gaol regex against fail2ban-regex # SKIP no fail2ban installed"
    exit 0
fi

check() { # WHAT EXPECTED GOT
    if cmp -s "$2" "$3" && [ -s "$2" ]; then
        echo "ok - $1 ($(wc -l <"$2") lines)"
    else
        echo "not ok - $1"
        diff "$2" "$3" | cat -v | cut -c1-200 | head -n 20
        failed=1
    fi
}

both() { # ARGUMENTS…: standard output of both, into want and got
    fail2ban-regex -c "$conf" "$@" >"$work/want" 2>/dev/null
    "$gaol" regex -c "$conf" "$@" >"$work/got" 2>/dev/null
}

# What may differ in the summary: times, and what is named above.
summary() {
    sed -e 's/^Use *failregex filter file/Use filter file/' \
        -e 's/^Use *filter file/Use filter file/' \
        -e 's/^Use filter file : sshd, .*/Use sshd/' \
        -e 's/^Use *jail : sshd$/Use sshd/' -e '/^\[processed in/d' \
        -e '/date format$/,/^`-/s/\] .*/]/' "$1"
}

for style in iso syslog; do
    for seed in 1 2; do
        log=$work/$style.log
        python3 tests/golden/regex/sshd_log.py "$seed" 2000 0.6 "$style" >"$log"
        both -o id --usedns no "$log" sshd
        check "$style log, seed $seed: same ids" "$work/want" "$work/got"
        # gaol escapes control bytes; and whether fail2ban writes a time as
        # 1 or 1.0 depends on whether the stamp had a zone.
        sed -i 's/\x7f/\\x7f/g' "$work/want"
        sed -i 's/ \([0-9]\{10\}\)\.0 / \1 /' "$work/want" "$work/got"
        check "$style log, seed $seed: same users, times and lines" \
            "$work/want" "$work/got"
        both --usedns no "$log" sshd
        summary "$work/want" >"$work/want.text"
        summary "$work/got" >"$work/got.text"
        check "$style log, seed $seed: same summary" "$work/want.text" \
            "$work/got.text"
    done
done

# One object for each line, and valid JSON whatever the bytes.
"$gaol" regex -c "$conf" --usedns no --json "$work/iso.log" sshd >"$work/json"
python3 - "$work/json" "$work/iso.log" >"$work/json.out" <<'PY'
import json
import sys
records = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
lines = open(sys.argv[2], 'rb').read().count(b'\n')
assert [r['line'] for r in records] == list(range(1, lines + 1))
matched = [r for r in records if r['status'] == 'matched']
assert all(r['regex'] >= 1 and r['id'] and r['time'] > 0 for r in matched)
assert {r['status'] for r in records} == {'matched', 'missed', 'nofail'}
for r in matched:
    print(r['id'])
PY
fail2ban-regex -c "$conf" -o id --usedns no "$work/iso.log" sshd \
    >"$work/want" 2>/dev/null
check "JSON: a record a line, the ids of fail2ban-regex" "$work/want" \
    "$work/json.out"

# A line instead of a file, an expression instead of a filter; ignoring.
line='Nov 21 22:08:12 h app: bad login of <b> from 192.0.2.7'
both -o ip "$line" 'of <F-USER>\S+</F-USER> from <HOST>$'
check "a single line and an expression" "$work/want" "$work/got"
printf '%s\n' "$line" "${line/7/8}" "# a comment" "" "other" >"$work/few"
both --print-all-matched "$work/few" 'of \S+ from <HOST>$' '192\.0\.2\.8$'
summary "$work/want" >"$work/want.text"
summary "$work/got" >"$work/got.text"
check "IGNOREREGEX, comments, --print-all-matched" "$work/want.text" \
    "$work/got.text"

status() { # WANTED WHAT COMMAND…
    local want=$1 what=$2 rc
    shift 2
    "$@" >/dev/null 2>&1
    rc=$?
    if [ $rc = "$want" ]; then
        echo "ok - $what: status $rc"
    else
        echo "not ok - $what: status $rc, not $want"
        failed=1
    fi
}
ln -s "$(realpath "$gaol")" "$work/fail2ban-regex"
status 0 "no match at all" "$gaol" regex x 'y <HOST>'
status 1 "a broken expression" "$gaol" regex x '( <HOST>'
status 1 "no id in it" "$gaol" regex x 'y'
status 2 "an unknown option" "$gaol" regex --frobnicate x 'y <HOST>'
status 2 "an argument missing" "$gaol" regex x
status 255 "fail2ban-regex: a broken expression" "$work/fail2ban-regex" x '('
status 255 "fail2ban-regex: an argument missing" "$work/fail2ban-regex" x
status 2 "fail2ban-regex: an unknown option" "$work/fail2ban-regex" --frob x y
exit $failed
