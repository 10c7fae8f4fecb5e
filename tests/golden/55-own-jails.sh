#!/usr/bin/env bash
# The jails of jail.d are valid in fail2ban's own language, off unless somebody
# turns them on, and resolved by gaol as the installed fail2ban resolves them.
set -u
cd "$(dirname "$0")/../.." || exit 1
gaol=${GAOL:-build/gaol}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# check WHAT COMMAND…
check() {
    local what=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        echo "ok - $what"
    else
        echo "not ok - $what"
        sed 's/^/#   /' "$work/out" | cut -c1-300
        failed=1
    fi
}

same() {
    [ -s "$1" ] && diff "$1" "$2"
}

# What is said of one jail. Properties of native actions are left out: fail2ban
# has no native actions, and knows nothing of the commands they stand for.
jail_lines() {
    grep -F "'$1'" | grep -Fv "['multi-set', '$1', 'action', 'nftables', "
}

none_started() {
    [ -s "$1" ] && ! grep "^\['start'" "$1"
}

is_unverified() {
    jq -e --arg jail "$1" \
        '[.. | objects | select(.name? == $jail and has("filter"))
          | .filter.unverified] == [true]' "$work/dump.json"
}

mkdir "$work/etc"
cp -r jail.d "$work/etc/"
printf '[Definition]\n' >"$work/etc/fail2ban.conf"
: >"$work/some.log"

"$gaol" dump -c "$work/etc" --share . >"$work/off" 2>"$work/err"
check "without a jail.local no jail is on" \
    none_started "$work/off"

for file in jail.d/[a-z]*.conf; do
    jail=$(basename "$file" .conf)
    printf '[%s]\nenabled = true\nlogpath = %s\n\n' "$jail" "$work/some.log"
done >"$work/etc/jail.local"
check "all of them together load" "$gaol" check -c "$work/etc" --share .
"$gaol" dump -c "$work/etc" --share . >"$work/ours" 2>"$work/err"
"$gaol" dump --json -c "$work/etc" --share . >"$work/dump.json" 2>"$work/err"

# fail2ban looks nowhere but in the configuration directory.
cp -r "$work/etc" "$work/upstream"
cp -r filter.d action.d "$work/upstream/"
fail2ban-client -c "$work/upstream" -d >"$work/theirs" 2>"$work/err"
for file in jail.d/[a-z]*.conf; do
    jail=$(basename "$file" .conf)
    jail_lines "$jail" <"$work/theirs" >"$work/$jail.theirs"
    jail_lines "$jail" <"$work/ours" >"$work/$jail.ours"
    check "$jail: has a filter of its name" test -s "filter.d/$jail.conf"
    check "$jail: starts" grep -Fq "['start', '$jail']" "$work/$jail.ours"
    check "$jail: its action is native" grep -Fq \
        "['multi-set', '$jail', 'action', 'nftables', " "$work/ours"
    check "$jail: as fail2ban resolves it" \
        same "$work/$jail.theirs" "$work/$jail.ours"
    if grep -q '^# status: from documentation, unverified$' \
        "filter.d/$jail.conf"; then
        check "$jail: known as unverified" is_unverified "$jail"
    fi
done
exit $failed
