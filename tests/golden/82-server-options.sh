#!/usr/bin/env bash
# fail2ban-server's options that need no daemon, beside the installed one: the
# exit status, and what is printed where the wording is an interface.
set -u
cd "$(dirname "$0")/../.." || exit 1
theirs=/usr/bin/fail2ban-server
[ -x $theirs ] || { echo "ok - fail2ban-server # SKIP not installed"; exit 0; }
work=$(mktemp -d /tmp/gaol-options.XXXXXX)
trap 'rm -rf "$work"' EXIT
failed=0
mkdir "$work/etc" "$work/etc/filter.d" "$work/etc/action.d"
touch "$work/log"
cat >"$work/etc/fail2ban.conf" <<END
[Definition]
loglevel = INFO
logtarget = STDOUT
syslogsocket = auto
socket = $work/sock
pidfile = $work/pid
dbfile = None
dbmaxmatches = 10
dbpurgeage = 1d
allowipv6 = auto
[Thread]
stacksize = 0
END
printf '[j]\nenabled = true\nfilter = f\naction =\nbackend = polling\nlogpath = %s\n' \
    "$work/log" >"$work/etc/jail.conf"
printf '[Definition]\nfailregex = ^<HOST>$\n' >"$work/etc/filter.d/f.conf"

run() {
    local program=$1 name=$2
    shift 2
    timeout 20 "$program" -c "$work/etc" -s "$work/none" -p "$work/nopid" "$@" \
        </dev/null >"$work/$name.out" 2>"$work/$name.err"
    echo "status $?" >>"$work/$name.out"
}

# same HOW OPTION…: "status", "out": all of stdout, "head": its first words
same() {
    local how=$1
    shift
    run $theirs theirs "$@"
    run build/fail2ban-server ours "$@"
    case $how in
    status) filter='tail -n 1' ;;
    head) filter='sed -n -e s/\[OPTIONS\].*/[OPTIONS]/p;$p' ;;
    *) filter=cat ;;
    esac
    if diff <($filter "$work/theirs.out") <($filter "$work/ours.out") >"$work/diff"
    then
        echo "ok - $* ($how)"
    else
        echo "not ok - $* ($how)"
        sed 's/^/#   /' "$work/diff"
        failed=1
    fi
}

same out --str2sec 1d
same out --str2sec "1d 6h"
same out --str2sec 1.5h
same out --str2sec foo
same status --str2sec 5x
same out --timeout x
same out --timeout foo status
same status --timeout 5x
same out --timeout x -V
same status --timeout 1d -V
same status -V --timeout x
same head -h
same head --help
same head --no-such-option
same status -V
same status --version
same out -t
same out --test
same out -d
same status -i
same out status
same status -f status
same out stop

# layout OPTION: how the client's record of an error looks. Times are masked,
# and the place in Python's code.
layout() {
    for side in theirs ours; do
        program=$theirs
        [ $side = ours ] && program=build/fail2ban-server
        run "$program" $side "$1" status
        grep ' ERROR ' "$work/$side.err" | head -n 1 |
            sed -E 's/[0-9-]{10} [0-9:]{8},[0-9]{3}/TIME/; s/\[[0-9]+\]/[PID]/
                s/^ \+[ 0-9]{5} / +..MS. /; s/ [0-9A-F]{9,16} / THREAD /
                s/\| .{15}-([0-9]{2}): .{20} \|/| MODULE-\1: FUNCTION |/' \
            >"$work/$side.line"
    done
    if [ -s "$work/ours.line" ] && cmp -s "$work/theirs.line" "$work/ours.line"
    then
        echo "ok - the layout of an error with $1"
    else
        echo "not ok - the layout of an error with $1"
        sed 's/^/#   /' "$work/theirs.line" "$work/ours.line"
        failed=1
    fi
}

layout -v
layout -vv
layout -vvv
layout -vvvv
layout -vvvvv
grep -q "Init of command line failed" <(build/fail2ban-server --nix 2>&1) &&
    echo "ok - an unknown option is said to be one" || {
    echo "not ok - an unknown option is said to be one"
    failed=1
}
exit $failed
