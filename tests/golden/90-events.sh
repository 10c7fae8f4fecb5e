#!/usr/bin/env bash
# Logs of real servers through our filters' eventregexes: each line is an
# event as events/NAME.ok has it, or told of by another line already, or
# listed in events/NAME.none as telling of nothing. Of servers that nobody
# here runs, lines as their documentation has them (documented/). GOLDEN_UPDATE=1
# rewrites the .ok files.
set -u
cd "$(dirname "$0")/../.."
gaol=${GAOL:-build/gaol}
export TZ=UTC LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

report() {
    if [ "$1" = 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        failed=1
    fi
}

# The day after the logs were written: their stamps have no year.
run() {
    local verb=$1 log=$2 filter=$3
    shift 3
    run_with "" "$verb" "$log" "$filter" "$@"
}

# The same with a filter's options, [name=value].
run_with() {
    local options=$1 verb=$2 log=$3 filter=$4
    shift 4
    "$gaol" "$verb" --now 1795392000 --share . --from-log "tests/data/mail/$log" \
        --filter "./filter.d/$filter.conf$options" "$@"
}

golden() {
    local ok=tests/golden/events/$1.ok
    shift
    "$@" >"$work/out" 2>&1
    [ -n "${GOLDEN_UPDATE:-}" ] && cp "$work/out" "$ok"
    diff "$ok" "$work/out" >"$work/diff"
    report $? "$ok"
    head -n 20 "$work/diff" | sed 's/^/#   /'
}

for pair in dovecot-2.3.19-file:dovecot exim-4.96-main:exim \
    exim-4.96-main-verbose:exim exim-4.96-reject:exim \
    exim-4.96-reject-verbose:exim exim-4.96-deliveries:exim postfix-3.7.11:postfix \
    courier-5.0.13:courier courier-mta-1.0.16:courier cyrus-3.6.1:cyrus \
    saslauthd-2.1.28:saslauthd; do
    log=${pair%:*} filter=${pair#*:}
    golden "$log" run events "$log.log" "$filter"
    golden "$log.json" run events "$log.log" "$filter" --json
    golden "$log.sessions" run sessions "$log.log" "$filter"
    run events "$log.log" "$filter" --missed |
        grep -vEf <(grep -v '^#' "tests/golden/events/$log.none") >"$work/missed"
    [ ! -s "$work/missed" ]
    report $? "$log: every line is an event or known to tell of nothing"
    sed 's/^/#   /' "$work/missed"
done
# NAME+MORE.log goes through the filter NAME, with NAME+MORE.options if there
# are any. Of the header lines of tables only those of other columns are events.
for log in tests/data/mail/documented/*.log; do
    name=$(basename "$log" .log)
    options=$(cat "${log%.log}.options" 2>/dev/null)
    golden "documented/$name" run_with "$options" events \
        "documented/$name.log" "${name%%+*}"
    run_with "$options" events "documented/$name.log" "${name%%+*}" --missed |
        grep -v '^#' >"$work/missed"
    [ ! -s "$work/missed" ]
    report $? "documented/$name: every line is an event"
    sed 's/^/#   /' "$work/missed"
done
# The same Dovecot, its exporter's events in place of its own words.
golden dovecot-json run events dovecot-2.3.19-file.log dovecot-json

# In each envelope, lines in parts, the events are those of the log itself, for
# it was written in UTC: named, and found by the first line.
unstamped() {
    sed -E 's/^[^ ]+ [^ ]+ //'
}
for pair in dovecot-2.3.19-file:dovecot:docker postfix-3.7.11:postfix:docker \
    postfix-3.7.11:postfix:cri postfix-3.7.11:postfix:journal \
    postfix-3.7.11:postfix:syslog cyrus-3.6.1:cyrus:cri; do
    IFS=: read -r log filter kind <<<"$pair"
    python3 tests/golden/events/wrap.py "$kind" <"tests/data/mail/$log.log" \
        >"$work/wrapped"
    for how in "$kind" auto; do
        "$gaol" events --now 1795392000 --share . -f "$work/wrapped" --envelope \
            "$how" --filter "./filter.d/$filter.conf" >"$work/out" 2>&1
        cmp -s "tests/golden/events/$log.ok" "$work/out"
        report $? "$log as $kind writes it, read as $how"
        diff "tests/golden/events/$log.ok" "$work/out" | head -n 5 |
            sed 's/^/#   /'
    done
    # A jail's failregex, too: as many lines match.
    "$gaol" regex --share . --json --now 1795392000 "tests/data/mail/$log.log" \
        "./filter.d/$filter.conf" | grep -c '"matched"' >"$work/want"
    "$gaol" regex --share . --json --now 1795392000 --envelope "$kind" \
        "$work/wrapped" "./filter.d/$filter.conf" |
        grep -c '"matched"' >"$work/got"
    [ "$(cat "$work/want")" -gt 0 ] && cmp -s "$work/want" "$work/got"
    report $? "$log as $kind writes it: $(cat "$work/got") failures"
done
# Not looked for unless asked: fail2ban matches no such line.
n=$("$gaol" regex --share . --json "$work/wrapped" ./filter.d/cyrus.conf |
    grep -c '"matched"')
[ "$n" = 0 ]
report $? "gaol regex looks for no envelope unasked"

# What stands in both of Exim's logs is told once.
both=$("$gaol" events --now 1795392000 --share . -f tests/data/mail/exim-4.96-main.log \
    -f tests/data/mail/exim-4.96-reject.log --filter ./filter.d/exim.conf | wc -l)
[ "$both" = "$(wc -l <tests/golden/events/exim-4.96-main.ok)" ]
report $? "Exim's reject log adds nothing to its main log"
golden exim-panic run events exim-4.96-panic.log exim-panic
golden report run report dovecot-2.3.19-file.log dovecot
golden report.csv run report dovecot-2.3.19-file.log dovecot --csv
golden insecure run report dovecot-2.3.19-file.log dovecot insecure
golden insecure.json run report dovecot-2.3.19-file.log dovecot insecure --json
golden logins run logins dovecot-2.3.19-file.log dovecot alice@example.com
golden signins run events dovecot-2.3.19-file.log dovecot --signins

# Webmails' logs beside the mail server's: a sign-in is one, from its client,
# whichever is read first.
mkdir "$work/webmail"
echo 'trusted_proxy = [ "10.0.0.0/28", "127.0.0.1" ];' >"$work/webmail/gaol.conf"
echo '[DEFAULT]' >"$work/webmail/jail.conf"
webmail() {
    local verb=$1 args=() log
    shift
    for log in $order; do
        args+=(-f "tests/data/mail/webmail/$log.log" --filter "./filter.d/$log.conf")
    done
    "$gaol" "$verb" --now 1795392000 --share . -c "$work/webmail" "${args[@]}" "$@"
}
order="dovecot roundcube sogo"
golden webmail webmail events
golden webmail.json webmail events --json
golden webmail.sessions webmail sessions
golden webmail.signins webmail events --signins
golden webmail.insecure webmail report insecure
order="sogo roundcube dovecot"
for verb in events sessions; do
    form=${verb#events}
    webmail "$verb" | sort >"$work/out"
    sort "tests/golden/events/webmail${form:+.$form}.ok" | cmp -s - "$work/out"
    report $? "webmail: $verb do not depend on the order of the logs"
done
# By clocks that differ, so that either log's line is the earlier one.
for shift in 2 -8; do
    python3 -c 'import re, sys, datetime
for line in sys.stdin:
    at = datetime.datetime.strptime(line[1:21], "%d-%b-%Y %H:%M:%S")
    at += datetime.timedelta(seconds=int(sys.argv[1]))
    print("[" + at.strftime("%d-%b-%Y %H:%M:%S") + line[21:], end="")' $shift \
        <tests/data/mail/webmail/roundcube.log >"$work/shifted.log"
    "$gaol" events --now 1795392000 --share . -c "$work/webmail" \
        -f tests/data/mail/webmail/dovecot.log --filter ./filter.d/dovecot.conf \
        -f "$work/shifted.log" --filter ./filter.d/roundcube.conf |
        grep ' imap ' >"$work/out"
    grep ' imap ' tests/golden/events/webmail.ok | grep -v heidi | cmp -s - \
        <(grep -v heidi "$work/out")
    report $? "webmail: a clock $shift s off"
done

# What is asked for is what is shown.
n=$(run events dovecot-2.3.19-file.log dovecot --kind login --ip 198.51.100.0/24 \
    --service imap --user BOB@example.com --json | wc -l)
[ "$n" = 1 ]
report $? "--kind, --ip, --service, --user"
n=$(run events dovecot-2.3.19-file.log dovecot --since '2026-11-21 22:18:00' \
    --until '2026-11-21 22:18:10' | grep -cv '22:18:0')
[ "$n" = 0 ]
report $? "--since, --until"

# A packed log, and a pipe, read alike.
gzip -c tests/data/mail/dovecot-2.3.19-file.log >"$work/log.gz"
"$gaol" events --now 1795392000 --share . -f "$work/log.gz" \
    --filter ./filter.d/dovecot.conf >"$work/packed"
"$gaol" events --now 1795392000 --share . -f - --filter ./filter.d/dovecot.conf \
    <tests/data/mail/dovecot-2.3.19-file.log >"$work/piped"
cmp -s "$work/packed" tests/golden/events/dovecot-2.3.19-file.ok &&
    cmp -s "$work/piped" tests/golden/events/dovecot-2.3.19-file.ok
report $? "a packed log and a pipe"

# Country and network, in the layouts of MaxMind, DB-IP and IPinfo.
PYTHONDONTWRITEBYTECODE=1 python3 tests/golden/events/mmdb.py "$work"
for kind in maxmind ipinfo; do
    golden "place-$kind" "$gaol" logins --now 1795392000 --share . \
        -f tests/data/mail/dovecot-2.3.19-file.log \
        --filter ./filter.d/dovecot.conf --country "$work/$kind-country.mmdb" \
        --asn "$work/$kind-asn.mmdb" alice@example.com
done

# Without any account: the ranges of the distribution's tor-geoipdb.
if [ -r /usr/share/tor/geoip ]; then
    echo 'Nov 21 22:05:51 imap-login: Info: Login: user=<a>, method=PLAIN,' \
        'rip=8.8.8.8, lip=192.0.2.1, session=<S>' >"$work/one"
    "$gaol" events --share . -f "$work/one" --filter ./filter.d/dovecot.conf \
        --json | grep -q '"country_iso_code":"[A-Z][A-Z]"'
    report $? "a country from tor-geoipdb"
else
    echo "ok - a country from tor-geoipdb # SKIP it is not installed"
fi

# Bad input: the option, the value, what is accepted; status 1 or 2.
wrong() {
    local status=$1 text=$2
    shift 2
    "$gaol" events "$@" >"$work/out" 2>&1 </dev/null
    [ $? = "$status" ] && grep -qF -- "$text" "$work/out"
    report $? "refused: $*"
}
wrong 2 "go together" --filter dovecot
wrong 1 "is gaold running?" -s /nonexistent/sock
wrong 2 "--since 'never'; accepted: 2026-11-21" -f x --filter y --since never
wrong 2 "--ip '1.2.3'; accepted: 192.0.2.7" -f x --filter y --ip 1.2.3
wrong 2 "accepted: unknown, imap" -f x --filter y --service gopher
wrong 2 "accepted: login, failure" -f x --filter y --kind x
wrong 2 "--envelope 'box'; accepted: none, auto, docker" -f x --filter y \
    --envelope box
wrong 2 "usage: gaol events" --no-such-option
wrong 2 "2 times --filter for 3 logs; accepted: one for all, or one for each" \
    -f a -f b -f c --filter x --filter y
wrong 1 "there is no filter 'nowhere'" -f x --filter nowhere --share .
wrong 1 "/nonexistent: No such file" -f /nonexistent \
    --filter ./filter.d/dovecot.conf --share .
wrong 1 "has no eventregex and no eventjson" -f x --filter ./filter.d/sshd.conf --share .
wrong 1 "/nonexistent.mmdb" -f /dev/null --filter ./filter.d/dovecot.conf \
    --share . --country /nonexistent.mmdb
mkdir "$work/filter.d"
printf '[Definition]\neventregex = login: (\n' >"$work/filter.d/bad.conf"
wrong 1 "eventregex 1: " -f /dev/null --filter bad -c "$work" --share .
printf '[Definition]\neventregex = lgoin: x\n' >"$work/filter.d/bad.conf"
wrong 1 "'lgoin' is no kind of event; accepted: login" -f /dev/null \
    --filter bad -c "$work" --share .

printf '[Definition]\neventjson =\n  login: a -> user=b\n  login: !a -> user=b\n' \
    >"$work/filter.d/bad.conf"
wrong 1 "eventjson: line 3: no member must be there; accepted: at least one" \
    -f /dev/null --filter bad -c "$work" --share .
printf '[Definition]\neventjson = login: a -> user=b\njsonprefix = ^<F-JSON>(\n' \
    >"$work/filter.d/bad.conf"
wrong 1 "jsonprefix: " -f /dev/null --filter bad -c "$work" --share .
printf '{"a":1,"a":2}\n{"a":3,"b":"x"}\n' >"$work/json.log"
printf '[Definition]\neventjson = login: a -> user=b\n' >"$work/filter.d/bad.conf"
"$gaol" events -f "$work/json.log" --filter bad -c "$work" --share . \
    >"$work/out" 2>"$work/err"
grep -q ' login .* x ' "$work/out" && grep -q "1 lines hold JSON that cannot be \
read, the last one: duplicate" "$work/err"
report $? "JSON that cannot be read is told of"

PYTHONDONTWRITEBYTECODE=1 python3 tests/golden/events/inject.py "$gaol" || failed=1
exit $failed
