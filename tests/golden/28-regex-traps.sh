#!/usr/bin/env bash
# Lines that make an expression try everything (GHSA-33wh-ccjc-p397 and its
# kind), with the installed fail2ban's own filters, of which 1.0.2's dovecot and
# domino-smtp hang on them for ever: each costs five milliseconds at most.
# And what --json promises: order, a record for each failure, constant memory.
set -u
cd "$(dirname "$0")/../.." || exit 1
gaol=${B:-build}/gaol
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC LC_ALL=C.UTF-8
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

# times N TEXT
times() { printf "%.0s$2" $(seq "$1"); }
# trap WHAT LOG REGEX: processor time a line, by --bench
trap_of() {
    local ms
    ms=$("$gaol" regex --bench --usedns no --print-no-missed "$2" "$3" 2>/dev/null |
        sed -n 's/^Speed: .* (\([0-9]*\) lines in .* s, \([0-9.]*\) s of a .*/\2 \1/p' |
        awk '{ printf "%.3f", $1 * 1000 / $2 }')
    check "$1: ${ms:-?} ms a line" \
        awk -v ms="${ms:-99}" 'BEGIN { exit ms > 5 }'
}
lines() { # lines LINE: 20 of it, into log
    local i
    for i in $(seq 20); do printf '%s\n' "$1"; done >"$work/log"
}
for n in 30 300 6000; do
    lines "2026-11-07 22:21:22   smtp: $(times $n 'A ')192.0.2.5 authentication failure using internet password, no"
    [ -e /etc/fail2ban/filter.d/domino-smtp.conf ] &&
        trap_of "domino-smtp, $n words" "$work/log" domino-smtp.conf
    lines "Aug 31 16:06:06 h dovecot: imap-login: Disconnected: $(times $n 'a: ')(auth failed, 1 attempts): user=<x>, method=PLAIN, rip=nobody"
    [ -e /etc/fail2ban/filter.d/dovecot.conf ] &&
        trap_of "dovecot, $n reasons" "$work/log" dovecot.conf
    lines "2026-11-07 22:21:22 $(times $n a)!"
    trap_of "(a+)+\$, $n bytes" "$work/log" '(a+)+$<IP4>|(a+)+$|<F-ID>zz</F-ID>'
done
# Where it ends well the answer is the right one.
if [ -e /etc/fail2ban/filter.d/domino-smtp.conf ]; then
    line="2026-11-07 22:21:22   smtp: A A A A A 192.0.2.5 authentication failure using internet password"
    check "domino-smtp: found where there is one" [ "$("$gaol" regex -o id "$line" domino-smtp.conf)" = 192.0.2.5 ]
fi

# --- --json ---------------------------------------------------------------------

cat >"$work/three" <<'EOF'
bad one from 192.0.2.1

# bad two from 192.0.2.2
nothing
bad three from 192.0.2.3 ignore
bad fine from 192.0.2.4
bad "q\uote" from 2001:db8::5
bad named from host.example
EOF
mkdir -p "$work/etc/filter.d"
: >"$work/etc/fail2ban.conf"
cat >"$work/etc/filter.d/three.conf" <<'EOF'
[Definition]
failregex = ^bad <F-NOFAIL>fine</F-NOFAIL> from <HOST>
            ^bad <F-USER>.*</F-USER> from <HOST>( ignore)?$
            ^# bad <F-ALT_USER>\S+</F-ALT_USER> from <ADDR>
ignoreregex = ignore$
EOF
json() {
    "$gaol" regex -c "$work/etc" --share /nonexistent --json --now 1795168800 \
        -d '{NONE}' --usedns raw "$@"
}
json "$work/three" three >"$work/json"
cat >"$work/want" <<'EOF'
{"line":1,"status":"matched","regex":2,"id":"192.0.2.1","ip":"192.0.2.1","time":1795168800,"groups":{"user":"one","ip4":"192.0.2.1"}}
{"line":2,"status":"missed"}
{"line":3,"status":"matched","regex":3,"id":"192.0.2.2","ip":"192.0.2.2","time":1795168800,"groups":{"ip4":"192.0.2.2","user":"two"}}
{"line":4,"status":"missed"}
{"line":5,"status":"ignored"}
{"line":6,"status":"nofail"}
{"line":7,"status":"matched","regex":2,"id":"2001:db8::5","ip":"2001:db8::5","time":1795168800,"groups":{"user":"\"q\\uote\"","ip6":"2001:db8::5"}}
{"line":8,"status":"matched","regex":2,"id":"host.example","time":1795168800,"groups":{"user":"named","dns":"host.example"}}
EOF
check "--json: one object a line, in order" cmp "$work/want" "$work/json"
json - three <"$work/three" >"$work/json"
check "--json of standard input" cmp "$work/want" "$work/json"
TZ=CET json "Nov 20 10:00:00 x" 'Nov <F-ID>\S+</F-ID>' >"$work/json"
check "-d '{NONE}', --now: the time is the clock's" \
    grep -q '"time":1795168800,' "$work/json"

# Bytes of every kind are one valid object each.
python3 - "$work/bytes" <<'EOF'
import random
import sys
rng = random.Random(7)
with open(sys.argv[1], "wb") as f:
    for n in range(3000):
        text = bytes(rng.choice(range(256)) for _ in range(rng.randrange(40)))
        f.write(b"user " + text.replace(b"\n", b"") + b" from 192.0.2.7\n")
EOF
json "$work/bytes" '^user <F-USER>.*</F-USER> from <HOST>$' >"$work/json"
check "--json of random bytes" python3 - "$work/json" <<'EOF'
import json
import sys
with open(sys.argv[1], "rb") as f:
    rows = [json.loads(line.decode("utf-8")) for line in f]
assert [r["line"] for r in rows] == list(range(1, 3001))
assert all(r["status"] == "matched" for r in rows), rows[0]
EOF

# 300 MB through a pipe, in the memory that 3 MB take. A space of 100 MB holds
# the program with its libraries and little else.
repeat() { # repeat N: so many MB of lines
    awk -v n="$1" 'BEGIN { for (i = 0; i < n * 10000; i++)
        printf "user u%d of some host in the net does try it from 10.0.%d.%d and then waits for the next one, 100\n", i, i / 256 % 256, i % 256 }'
}
mb=300
n=$(repeat $mb | (ulimit -v 100000; json - ' from <HOST> and') | wc -l)
check "300 MB of a pipe in 100 MB of address space: $n records" [ "$n" = $((mb * 10000)) ]
exit $bad
