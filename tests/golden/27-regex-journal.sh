#!/usr/bin/env bash
# systemd-journal[…] as LOG beside the installed fail2ban-regex, on journals
# made by systemd-journal-remote. What differs on purpose: 1.0.2's word for the
# filter's file, None in rows, and tracebacks (status 1) where gaol says ERROR.
set -u
cd "$(dirname "$0")/../.." || exit 1
gaol=${B:-build}/fail2ban-regex
remote=/usr/lib/systemd/systemd-journal-remote
if [ ! -x $remote ] || [ ! -x /usr/bin/fail2ban-regex ] ||
    ! /usr/bin/python3 -c 'from systemd import journal' 2>/dev/null; then
    echo "ok - the journal as a log # SKIP no systemd-journal-remote, fail2ban or python3-systemd"
    exit 0
fi
if ! ldd "$gaol" | grep -q libsystemd; then
    echo "ok - the journal as a log # SKIP built without libsystemd"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=CET LC_ALL=C.UTF-8
bad=0
id=0123456789abcdef0123456789abcdef
dir=$work/journal
mkdir -p "$dir/$id"

at=1795168801000000
entry() { # entry UNIT IDENTIFIER MESSAGE
    at=$((at + 1500007))
    printf '__REALTIME_TIMESTAMP=%s\n__MONOTONIC_TIMESTAMP=%s\n_BOOT_ID=%s\n' \
        $at $((at % 1000000000)) $id
    printf '_HOSTNAME=mail\nSYSLOG_IDENTIFIER=%s\n_PID=4242\n_COMM=%s\n' "$2" "$2"
    printf '_SYSTEMD_UNIT=%s\nMESSAGE=%s\n\n' "$1" "$3"
}
fail() { entry "$1" sshd "Failed password for $2 from $3 port 1 ssh2"; }
{
    fail sshd.service root 192.0.2.1
    fail sshd.service bob 192.0.2.2
} | $remote -o "$dir/$id/system@0001.journal" - >/dev/null 2>&1
{
    fail cron.service x 192.0.2.3
    entry sshd.service sshd "session opened # x"
    entry kern kernel "hello"
    fail sshd.service '<é> ' 2001:db8::4
    entry sshd.service sshd "# not a comment"
    fail web.service y host.example
} | $remote -o "$dir/$id/system.journal" - >/dev/null 2>&1

level() {
    sed -e '/^\[processed in/d' -e "s/, '[a-z0-9]*': None//g" \
        -e "s/{'ip4': None, /{/" \
        -e 's/^Use *failregex filter file/Use      filter file/' \
        -e 's/^Use *jail : sshd$/Use sshd/' \
        -e 's/^Use *filter file : sshd, .*/Use sshd/' \
        -e '/^Prefregex/,/^`-/s/^|  ^.*/|  ^/' -e '/^|  \[0\] /d' "$1" |
        # 1.0.2's addresses are written another way
        sed -e 's/::?|::)/::?|:)/g'
}
both() { # both WHAT ARGUMENTS…
    local what=$1 up us
    shift
    fail2ban-regex "$@" >"$work/want" 2>"$work/up"
    up=$?
    "$gaol" "$@" >"$work/got" 2>"$work/us"
    us=$?
    if [ $up = $us ] && [ -s "$work/want" ] &&
        cmp -s <(level "$work/want") <(level "$work/got"); then
        echo "ok - $what ($(wc -l <"$work/want") lines)"
    else
        echo "not ok - $what: status $up and $us"
        diff <(level "$work/want") <(level "$work/got") | cut -c1-200 | head -n 20
        bad=1
    fi
}
here="systemd-journal[journalpath=$dir]"
regex='Failed password for .* from <HOST> port'
both "a filter and its journalmatch" -v "$here" sshd.conf
both "an expression: every entry" "$here" "$regex"
both "all that matched" --print-all-matched "$here" "$regex"
both "-o id, rotated files too" -o id "$here" "$regex"
both "-o ip, --usedns no" --usedns no -o ip "$here" "$regex"
both "-o row" -o row --usedns no "$here" "$regex"
both "-o msg" -o msg --usedns no "$here" "$regex"
both "-o text" -o '<ip> <msg>' --usedns no "$here" "$regex"
both "-m" -m _SYSTEMD_UNIT=cron.service "$here" "$regex"
both "-m in place of the filter's" -v -m _SYSTEMD_UNIT=cron.service "$here" sshd.conf
both "-m with +" -m '_SYSTEMD_UNIT=cron.service + _SYSTEMD_UNIT=kern' "$here" "$regex"
both "-m of two fields" -m '_COMM=sshd _SYSTEMD_UNIT=sshd.service' "$here" "$regex"
both "-m with nothing to it" -m _SYSTEMD_UNIT=nosuch "$here" "$regex"
both "journalfiles" "systemd-journal[journalfiles=$dir/*/system.journal]" "$regex"
both "ignoreregex" "$here" "$regex" '192\.0\.2\.2'
both "-d" -d '%Y' "$here" "$regex"
both "-L" -L 2 "$here" "$regex"

refuse() { # refuse WHAT TEXT ARGUMENTS…
    local what=$1 text=$2
    shift 2
    "$gaol" "$@" >"$work/got" 2>&1
    if [ $? = 255 ] && grep -q "^ERROR: .*$text" "$work/got"; then
        echo "ok - $what: 255, '$text'"
    else
        echo "not ok - $what"
        head -n 5 "$work/got"
        bad=1
    fi
}
refuse "no match" "'bad' is no match" -m 'bad match' "$here" "$regex"
refuse "an open quote" 'open quote' -m "_COMM='x" "$here" "$regex"
refuse "an unknown option" "no option 'nosuch'" 'systemd-journal[nosuch=1]' "$regex"
refuse "bad flags" "'x' is none" 'systemd-journal[journalflags=x]' "$regex"
refuse "no such journal" 'no journal files' 'systemd-journal[journalpath=/nonexistent]' "$regex"

# JSON: an entry is a line, with its own time.
first=$("${gaol%/*}/gaol" regex --json --usedns no "$here" "$regex" | head -n 1)
if [ "$(jq -r '[.line,.status,.ip,.time]|map(tostring)|join(" ")' <<<"$first")" = \
    "1 matched 192.0.2.1 1795168802.500007" ]; then
    echo "ok - --json"
else
    echo "not ok - --json: $first"
    bad=1
fi

# A line that Docker split in two, and the tail of one whose head is missing.
part() { # part ID ORDINAL MESSAGE [last]
    entry sshd.service sshd "$3" | sed -e '/^$/d'
    printf 'CONTAINER_PARTIAL_ID=%s\nCONTAINER_PARTIAL_ORDINAL=%s\n' "$1" "$2"
    [ -n "${4:-}" ] || echo CONTAINER_PARTIAL_MESSAGE=true
    echo
}
mkdir -p "$work/parts/$id"
{
    part a 1 'Failed password for root'
    at=$((at + 1500007))
    part a 2 ' from 192.0.2.9 port 1 ssh2' last
    at=$((at + 1500007))
    part b 2 'Failed password for root from 192.0.2.10 port 1 ssh2' last
} | $remote -o "$work/parts/$id/system.journal" - >/dev/null 2>&1
said=$("${gaol%/*}/gaol" regex --json --usedns no \
    "systemd-journal[journalpath=$work/parts]" "$regex" 2>"$work/said" |
    jq -r 'select(.status == "matched").ip')
if [ "$said" = 192.0.2.9 ] && grep -q ': 1 parts of lines without' "$work/said"; then
    echo "ok - parts of lines"
else
    echo "not ok - parts of lines: $said, $(cat "$work/said")"
    bad=1
fi
exit $bad
