#!/usr/bin/env bash
# One table of options makes the manual page, the suggestions of `gaol check`
# and the types of `gaol dump --json`.
set -u
cd "$(dirname "$0")/../.."
gaol=$PWD/build/gaol
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
check() {
    local name=$1
    shift
    if "$@"; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        failed=1
    fi
}

check "man/gaol-options.5 is current (make man)" \
    diff man/gaol-options.5 <("$gaol" options --man)
check "mandoc finds nothing wrong in it" \
    test -z "$(mandoc -Tlint -Wwarning man/gaol-options.5 2>&1)"
check "every option stands in it" test "$("$gaol" options | wc -l)" = \
    "$(grep -c '^\.It Cm' man/gaol-options.5)"
check "an option by name" bash -c "'$gaol' options bantime | grep -q '^jail'"
check "a name that is none" bash -c "! '$gaol' options bantyme"

mkdir -p "$work/etc/filter.d" "$work/etc/action.d"
printf '[Definition]\nfailregex = ^f <HOST>$\n' >"$work/etc/filter.d/f.conf"
printf '[Definition]\nactionban = b\n' >"$work/etc/action.d/a.conf"

# For each option of a jail two letters change places: the suggestion is it.
"$gaol" options --json | python3 -c '
import json, sys
for o in json.load(sys.stdin):
    if o["places"] == ["jail"] and len(o["name"]) > 6:
        n = o["name"]
        print(n, n[:2] + n[3] + n[2] + n[4:])' >"$work/typos"
{
    printf '[j]\nenabled = true\nfilter = f\naction = a\n'
    awk '{ print $2 " = 1" }' "$work/typos"
} >"$work/etc/jail.conf"
"$gaol" check -c "$work/etc" >"$work/out" 2>&1
while read -r right wrong; do
    [ "$right" = "$wrong" ] && continue
    grep -q "unknown option '$wrong'; did you mean '$right'?" "$work/out" || {
        echo "# $wrong: no suggestion of $right"
        echo "$right" >>"$work/missed"
    }
done <"$work/typos"
check "a typo of each of $(wc -l <"$work/typos") options finds it again" \
    test ! -e "$work/missed"

cat >"$work/etc/jail.conf" <<'END'
[j]
enabled = true
filter = f
action = a
maxretry = 7
bantime = 1h30
bantime.increment = yes
bantime.multipliers = 1 2 4
ignoreself = off
ignoreip = 192.0.2.1, 192.0.2.2
ignorecommand = 12
END
check "the types of dump --json are the table's" python3 - <(
    "$gaol" dump --json -c "$work/etc" 2>/dev/null) <<'END'
import json, sys
got = json.load(open(sys.argv[1]))["jails"][0]["settings"]
want = {"maxretry": 7, "bantime": 3630.0, "bantime.increment": True,
        "bantime.multipliers": ["1", "2", "4"], "ignoreself": False,
        "ignoreip": ["192.0.2.1", "192.0.2.2"], "ignorecommand": "12"}
for name, value in want.items():
    if got.get(name) != value or type(got[name]) is not type(value):
        sys.exit("# %s: %r" % (name, got.get(name)))
END
exit $failed
