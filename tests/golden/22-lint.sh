#!/usr/bin/env bash
# gaol lint: finds what was planted, leaves alone what is sound, and complains
# of few of the filters that come with fail2ban.
set -u
cd "$(dirname "$0")/../.." || exit 1
gaol=${B:-build}/gaol
bad=0
check() { # check WHAT TEST…
    local what=$1
    shift
    if "$@"; then
        echo "ok - $what"
    else
        echo "not ok - $what"
        bad=1
    fi
}
names() { # names DIR: its filters
    find "$1/filter.d" -name '*.conf' ! -name '*common*' -printf '%f\n' |
        sed 's/\.conf$//' | sort
}
lint() { # lint DIR FILTER…
    local dir=$1
    shift
    "$gaol" lint -c "$dir" --share /nonexistent "$@"
}

planted=tests/data/lint/bad
count=0
for name in $(names $planted); do
    kind=$(sed -n '1s/^# \([a-z-]*\):.*/\1/p' "$planted/filter.d/$name.conf")
    found=$(lint $planted "$name")
    status=$?
    check "$name: $kind" grep -q "^$name: failregex 1: $kind: " <<<"$found"
    case $kind in
    fooled | explodes)
        check "$name: shows a line, status 1" \
            eval 'grep -q "^    line: " <<<"$found" && [ $status = 1 ]'
        ;;
    esac
    count=$((count + 1))
done
check "twenty were planted" [ $count = 20 ]

good=$(lint tests/data/lint/good $(names tests/data/lint/good))
check "sound filters: nothing" [ "$good" = "5 filters, 0 faults, 0 notes" ]

own=$("$gaol" lint filter.d/../filter.d/*.conf 2>&1)
check "our own filters: nothing" grep -q '^[1-9][0-9]* filters, 0 faults, 0 notes$' <<<"$own"

# The proof is one: gaol regex bans the wrong address for that line.
line=$(lint $planted 01-lazy-user | sed -n 's/^    line: //p')
id=$("$gaol" regex -c $planted --share /nonexistent -d '{NONE}' -o id "$line" 01-lazy-user)
check "the line of a finding names another address" [ "$id" = 192.0.2.66 ]

json=$(lint $planted --json 01-lazy-user 19-no-text)
check "JSON" python3 -c '
import json, sys
v = json.loads(sys.argv[1])
assert [f["kind"] for f in v] == ["fooled", "no-literal"], v
assert v[0]["filter"] == "01-lazy-user" and v[0]["regex"] == 1
assert "192.0.2.66" in v[0]["line"] and "line" not in v[1]' "$json"

samples=$(mktemp)
trap 'rm -f "$samples"' EXIT
echo 'Nov 22 01:00:00 Failed login for x from 198.51.100.7' >"$samples"
seen=$(lint tests/data/lint/good --samples "$samples" greedy-to-the-end words)
check "samples: one that matched, one that never did" eval \
    '[ "$(grep -c ": never: " <<<"$seen")" = 1 ] &&
     grep -q "^words: failregex 1: never: " <<<"$seen"'

lint $planted no-such-filter >/dev/null
check "a filter that is not there: status 1" [ $? = 1 ]
"$gaol" lint >/dev/null 2>&1
check "no filter: status 2" [ $? = 2 ]

if [ -d /etc/fail2ban/filter.d ]; then
    stock=$(lint /etc/fail2ban $(names /etc/fail2ban))
    flagged=$(grep -E '^[^ ]+: failregex [0-9]+: (fooled|explodes): ' \
        <<<"$stock" | cut -d: -f1 | sort -u | wc -l)
    echo "# stock filters with a fault: $flagged"
    check "at most five of fail2ban's own filters" [ "$flagged" -le 5 ]
else
    echo "ok - fail2ban's own filters # SKIP not installed"
fi
exit $bad
