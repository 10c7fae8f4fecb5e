#!/usr/bin/env bash
# A user's own jail.local and .local filters, beside fail2ban's stock files:
# they load as they are, and find what the installed fail2ban finds.
set -u
cd "$(dirname "$0")/../.." || exit 1
gaol=${GAOL:-build/gaol}
data=tests/data/user-etc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC
status=0

# check WHAT COMMAND…: one TAP line, the command's output shown if it fails.
check() {
    local what=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok - $what"
    else
        echo "not ok - $what"
        sed 's/^/#   /' "$work/out"
        status=1
    fi
}

same() {
    [ -s "$1" ] && diff -u "$1" "$2"
}

# The stock files without the distribution's own jails.
cp -r /etc/fail2ban "$work/etc"
rm -f "$work"/etc/jail.d/* "$work"/etc/jail.local "$work"/etc/fail2ban.local
cp "$data"/filter.d/*.local "$work/etc/filter.d/"
sed "s,/var/log/,$work/," "$data/jail.local" >"$work/etc/jail.local"
: >"$work/dbmail.log"
: >"$work/webmail.log"

check "the user's files load" "$gaol" check -c "$work/etc" --share .

for jail in dbmailimap-ipfw webmail-ipfw; do
    "$gaol" dump -c "$work/etc" --share . 2>"$work/err" |
        grep "'$jail'" >"$work/$jail.ours"
    fail2ban-client -c "$work/etc" -d 2>/dev/null |
        grep "'$jail'" >"$work/$jail.theirs"
    check "$jail: resolved as fail2ban resolves it" \
        same "$work/$jail.theirs" "$work/$jail.ours"
done

for filter in dbmailimap webmail; do
    "$gaol" regex --json --now 1795305600 --usedns no -c "$work/etc" \
        --share . "$data/$filter.log" "$filter" 2>"$work/err" |
        jq -r 'select(.status == "matched") | "\(.line) \(.id)"' \
            >"$work/$filter.ours"
    check "$filter: matches its lines, and nothing else" \
        same "$data/$filter.want" "$work/$filter.ours"
    cut -d' ' -f2 "$data/$filter.want" >"$work/$filter.ids"
    fail2ban-regex -c "$work/etc" --usedns no -o ip "$data/$filter.log" \
        "$filter" >"$work/$filter.theirs" 2>/dev/null
    check "$filter: so does fail2ban-regex" \
        same "$work/$filter.ids" "$work/$filter.theirs"
    # The user's regexes as arguments, without any file.
    regex=$(sed -n 's/^failregex = //p' "$data/filter.d/$filter.local")
    "$gaol" regex -c "$work/etc" --share . --usedns no -o ip \
        "$data/$filter.log" "$regex" >"$work/$filter.direct" 2>"$work/err"
    check "$filter: the same regex from the command line" \
        same "$work/$filter.ids" "$work/$filter.direct"
done
exit $status
