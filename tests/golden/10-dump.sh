#!/usr/bin/env bash
# `gaol dump` against `fail2ban-client -d` of the installed fail2ban: the
# distribution's whole tree, every jail and action of it, and trees of ours
# that hold each rule of the language. Differences on purpose are the cases
# named "differs:" at the end.
set -u
cd "$(dirname "$0")/../.."
gaol=$PWD/build/gaol
oracle=/usr/bin/fail2ban-client
if [ ! -x $oracle ] || [ ! -d /etc/fail2ban ]; then
    echo "ok - dump # SKIP fail2ban is not installed"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/logs"
touch "$work/logs/auth.log"
failed=0

# check NAME COMMAND…
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

# The release in reports is the one difference that every tree may show.
# differs: since 1.1.1 what a jail says of an action's option counts for IPv6
# too; 1.0.2 leaves the file's value of [Init?family=inet6] (two places).
upstream() {
    $oracle -c "$1" -d 2>"$work/upstream.err" | sed 's#/1\.0\.2#/V#g
        /pass2allow-ftp/s#\(blocktype?family=inet6.\), .[^]]*#\1, '"'RETURN'"'#
        /multi-set.*a-x/s#\(blk?family=inet6.\), .[^]]*#\1, '"'x y'"'#'
}
ours() {
    "$gaol" dump -c "$1" --share "$work/none" 2>"$work/ours.err" |
        sed 's#/1\.1\.1#/V#g'
}

# same DIR: both dumps, line by line.
same() {
    upstream "$1" >"$work/upstream" && ours "$1" >"$work/ours"
    [ -s "$work/upstream" ] && diff "$work/upstream" "$work/ours" |
        cut -c1-300 | head -n 10
    [ -s "$work/upstream" ] && cmp -s "$work/upstream" "$work/ours"
}

# stock DIR, standard input: Debian's tree with this jail.local.
stock() {
    rm -rf "$1"
    cp -r /etc/fail2ban "$1"
    rm -f "$1"/jail.d/*
    cat >"$1/jail.local"
}

# jail_lines NAME FILE: what a dump says about one jail.
jail_lines() {
    grep -F "'$1'" "$2" | grep -E "^\['(add|set|multi-set|start)', '$1'"
}

stock "$work/sshd" <<END
[DEFAULT]
sshd_log = $work/logs/auth.log
[sshd]
enabled = true
END
check "Debian's sshd jail" same "$work/sshd"

stock "$work/all" <<END
[DEFAULT]
enabled = true
sshd_log = $work/logs/auth.log
END
check "all of Debian's jails in one dump" same "$work/all"
jails=0
equal=0
while read -r jail; do
    jails=$((jails + 1))
    if cmp -s <(jail_lines "$jail" "$work/upstream") \
        <(jail_lines "$jail" "$work/ours"); then
        equal=$((equal + 1))
    else
        echo "# $jail differs"
    fi
done < <(sed -n "s/^\['start', '\(.*\)'\]$/\1/p" "$work/upstream")
check "$equal of $jails stock jails are equal" \
    test "$jails" -gt 80 -a "$equal" = "$jails"
check "the stock tree raises no error and no suggestion" \
    bash -c "! grep -E 'error:|did you mean' '$work/ours.err'"

variant() {
    local name=$1
    stock "$work/variant"
    check "all stock jails, $name" same "$work/variant"
}
variant "in the journal, mode aggressive" <<'END'
[DEFAULT]
enabled = true
backend = systemd
sshd_backend = systemd
mode = aggressive
END
variant "mode extra, nftables, growing bans" <<'END'
[DEFAULT]
enabled = true
mode = extra
banaction = nftables-multiport
banaction_allports = nftables-allports
bantime.increment = yes
bantime.maxtime = 5w
bantime.factor = 2
ignoreip = 192.0.2.1, 192.0.2.2
  2001:db8::1
ignorecommand = /bin/false <ip>
END
for action in action_mw action_mwl action_xarf action_cf_mwl \
    action_blocklist_de action_abuseipdb; do
    variant "$action" <<END
[DEFAULT]
enabled = true
action = %($action)s
blocklist_de_apikey = x
cfemail = x
cfapikey = k
END
done

# --dp breaks up what is longer than a thousand characters.
stock "$work/pretty" <<END
[DEFAULT]
enabled = true
mode = aggressive
action = %(action_mwl)s
[pass2allow-ftp]
enabled = false
END
ln -s "$gaol" "$work/fail2ban-client"
check "all stock jails as --dp prints them" diff \
    <($oracle -c "$work/pretty" --dp 2>/dev/null | sed 's#/1\.0\.2#/V#g') \
    <("$work/fail2ban-client" -c "$work/pretty" --dp 2>/dev/null |
        sed 's#/1\.1\.1#/V#g')
check "… which breaks up hundreds of them" test \
    "$("$work/fail2ban-client" -c "$work/pretty" --dp 2>/dev/null |
        grep -c '^\[ ')" -gt 100

# Files without [Definition] are no actions, only parts of some.
{
    for file in /etc/fail2ban/action.d/*.conf; do
        grep -q '^\[Definition\]' "$file" || continue
        name=$(basename "$file" .conf)
        printf '[j-%s]\nenabled = true\nfilter = sshd\nport = 22,80\n' "$name"
        printf 'action = %s[name=x, port="%%(port)s", chain=X]\n' "$name"
    done
} >"$work/actions.local"
stock "$work/actions" <"$work/actions.local"
check "every stock action with options" same "$work/actions"

for tree in language broken; do
    cp -r tests/golden/dump/$tree "$work/$tree"
    sed -i "s#@LOGS@#$work/logs#" "$work/$tree/jail.conf"
    chmod -R go-w "$work/$tree"
done
check "every rule of the language" same "$work/language"

# Of a broken jail only the verdict is compared: the words are our own.
verdicts() {
    sed "s/^\['config-error', .Jail [^a-z]*\([a-z0-9]*\).*/broken \1/"
}
upstream "$work/broken" | verdicts >"$work/upstream"
ours "$work/broken" | verdicts >"$work/ours"
check "the same jails are broken, the others are equal" \
    diff "$work/upstream" "$work/ours"
check "six and more broken jails were seen" \
    test "$(grep -c '^broken' "$work/upstream")" -gt 6

# differs DIR: fail2ban 1.0.2 has none of what ours makes of the jail.
tree() {
    rm -rf "$work/diff"
    cp -r "$work/broken" "$work/diff"
    cat >"$work/diff/jail.conf"
    ours "$work/diff" >"$work/ours"
    upstream "$work/diff" >"$work/upstream"
}
tree <<'END'
[j]
enabled = true
filter = f
action = a[b?family=inet6="d"]
END
check "differs: opt?cond=… is an option since 1.1, an error in 1.0.2" \
    bash -c "grep -q \"'b?family=inet6', 'd'\" '$work/ours' &&
        grep -q config-error '$work/upstream'"
tree <<'END'
[j]
enabled = true
filter = f
action = a[b= "1,2"]
END
check "differs: a blank before a quoted value is skipped since 1.1" \
    bash -c "grep -q \"'b', '1,2'\" '$work/ours' &&
        ! grep -q \"'b', '1,2'\" '$work/upstream'"
tree <<'END'
[j]
enabled = true
filter = f
maxretry = many
[k]
enabled = true
filter = f
END
check "differs: a number that is none breaks its jail, not the server" \
    bash -c "grep -q config-error '$work/ours' &&
        grep -q \"'start', 'k'\" '$work/ours' &&
        grep -q \"'maxretry', None\" '$work/upstream'"
tree <<'END'
[j]
enabled = true
filter = %(nothing)s
[k]
enabled = true
filter = f
END
check "differs: a bad %(name)s breaks its jail, not the whole start" \
    bash -c "grep -q \"'start', 'k'\" '$work/ours' &&
        ! grep -q start '$work/upstream'"
tree <<'END'
[j]
enabled = true
filter = f[p=1]
END
check "differs: a filter option named like a piece of 'datepattern'" \
    bash -c "grep -q \"'set', 'j', 'p', '1'\" '$work/upstream' &&
        ! grep -q \"'set', 'j', 'p'\" '$work/ours' &&
        grep -q \"'start', 'j'\" '$work/ours'"
exit $failed
