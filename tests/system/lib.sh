# Sourced by the shell tests in this directory: TAP, network namespaces, a
# server with a /dev, a syslog and an /etc of its own, and gaold in it.
#
# Nothing outlives the test: what runs in its network namespaces is ended with
# them, what runs elsewhere is ended by the number that remember() was given,
# and the work directory is removed, whatever happens. The host's firewall,
# files and processes are never touched.
#
#   attacker  198.51.100.66  2001:db8:66::66 ---\
#                                                server  .1, ::1 of both
#   friend    192.0.2.77     2001:db8:77::77 ---/
# shellcheck shell=bash
set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${BUILD:-$root/build}
work=$(mktemp -d /tmp/gaol-test.XXXXXX)
tag=gaol${work##*.}
server_ns=$tag-s attacker_ns=$tag-a friend_ns=$tag-f
# shellcheck disable=SC2034 # the tests use them
attacker4=198.51.100.66 attacker6=2001:db8:66::66
friend4=192.0.2.77 friend6=2001:db8:77::77
# The server, as the attacker and as the friend reach it.
# shellcheck disable=SC2034
server4=198.51.100.1 server6=2001:db8:66::1
friend_server4=192.0.2.1 friend_server6=2001:db8:77::1
server_pid='' gaold='' children=() failed=0
cd "$root" || exit 1

# --- TAP ---------------------------------------------------------------

ok() {
    echo "ok - $1"
}

not_ok() {
    echo "not ok - $1"
    failed=1
}

# check WHAT COMMAND…: the command must succeed; its output is shown if not.
check() {
    local what=$1
    shift
    if "$@" >"$work/check.out" 2>&1; then
        ok "$what"
    else
        not_ok "$what"
        sed 's/^/#   /' "$work/check.out"
    fi
}

refute() {
    local what=$1
    shift
    if "$@" >"$work/check.out" 2>&1; then
        not_ok "$what"
        sed 's/^/#   /' "$work/check.out"
    else
        ok "$what"
    fi
}

skip_all() {
    echo "ok - all of it # SKIP $1"
    exit 0
}

# give_up WHAT: the rest would only repeat the same fault.
give_up() {
    not_ok "$1"
    exit 1
}

# wait_for SECONDS COMMAND…: until it succeeds; fails at the deadline, which
# is for busy machines six times what a quiet one needs.
wait_for() {
    local end=$((SECONDS + 6 * $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

# --- the end -----------------------------------------------------------

# remember PID: a process outside the namespaces, ended with the test.
remember() {
    children+=("$1")
}

show_logs() {
    local log
    for log in "$work"/*.log; do
        [ -s "$log" ] || continue
        echo "# ${log##*/}:"
        tail -n 40 "$log" | sed 's/^/#   /'
    done
}

nothing_runs() {
    [ -z "$(jobs -pr)" ]
}

cleanup() {
    local status=$? pid ns
    trap - EXIT HUP INT TERM
    if [ "$failed" != 0 ] || [ $status != 0 ]; then
        show_logs
    fi
    for pid in "${children[@]}"; do
        kill "$pid" 2>/dev/null
    done
    for ns in "$server_ns" "$attacker_ns" "$friend_ns"; do
        for pid in $(ip netns pids "$ns" 2>/dev/null); do
            kill -9 "$pid" 2>/dev/null
        done
        ip netns delete "$ns" 2>/dev/null
    done
    if ! wait_for 10 nothing_runs; then
        for pid in $(jobs -pr); do
            kill -9 "$pid" 2>/dev/null
        done
    fi
    rm -rf "$work"
    [ $status != 0 ] || status=$failed
    exit $status
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- network -----------------------------------------------------------

# link NS NAME CLIENT4 SERVER4 CLIENT6 SERVER6: a wire from NS to the server.
link() {
    ip -n "$1" link add up0 type veth peer name "$2" netns "$server_ns" &&
        ip -n "$1" address add "$3/24" dev up0 &&
        ip -n "$1" address add "$5/64" dev up0 nodad &&
        ip -n "$1" link set up0 up &&
        ip -n "$1" link set lo up &&
        ip -n "$server_ns" address add "$4/24" dev "$2" &&
        ip -n "$server_ns" address add "$6/64" dev "$2" nodad &&
        ip -n "$server_ns" link set "$2" up
}

make_network() {
    local ns
    for ns in "$server_ns" "$attacker_ns" "$friend_ns"; do
        ip netns add "$ns" || give_up "network namespaces"
    done
    ip -n "$server_ns" link set lo up
    link "$attacker_ns" bad0 "$attacker4" "$server4" \
        "$attacker6" "$server6" || give_up "a wire to the attacker"
    link "$friend_ns" good0 "$friend4" "$friend_server4" \
        "$friend6" "$friend_server6" || give_up "a wire to the friend"
}

attacker() {
    ip netns exec "$attacker_ns" "$@"
}

friend() {
    ip netns exec "$friend_ns" "$@"
}

# reaches WHO ADDRESS PORT: does a new connection come about?
reaches() {
    "$1" timeout 2 bash -c ": <>/dev/tcp/$2/$3"
}

# --- the server --------------------------------------------------------

# server COMMAND…: in the server's network, files and process numbers.
server() {
    nsenter --target "$server_pid" --net --mount --pid -- "$@"
}

# The server's own view of the machine, for the holder: runs in it once.
# shellcheck disable=SC2016
server_setup='
set -e
work=$1
mkdir -p "$work/dev"
mount -t tmpfs -o mode=755 tmpfs "$work/dev"
for d in null zero full random urandom tty; do
    : >"$work/dev/$d"
    mount --bind "/dev/$d" "$work/dev/$d"
done
mkdir "$work/dev/pts" "$work/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$work/dev/pts"
ln -s pts/ptmx "$work/dev/ptmx"
ln -s /proc/self/fd "$work/dev/fd"
mount --rbind "$work/dev" /dev
mount -t tmpfs -o mode=755 tmpfs /run
for f in passwd shadow group gshadow; do
    [ -e "/etc/$f" ] || continue
    cp -p "/etc/$f" "$work/$f"
    mount --bind "$work/$f" "/etc/$f"
done
: >"$work/server.ready"
sleep infinity &
wait' # reaps what the server's processes leave behind

make_server() {
    local holder

    chmod 755 "$work"
    ip netns exec "$server_ns" unshare --mount --propagation private \
        --pid --fork --kill-child --mount-proc \
        sh -c "$server_setup" setup "$work" 2>"$work/server.log" &
    holder=$!
    wait_for 10 test -e "$work/server.ready" || give_up "the server's files"
    # `ip netns exec` became unshare; its child is the first process inside.
    server_pid=$(pgrep -P "$holder") || give_up "the server's first process"
}

# start_syslog: the distribution's rsyslogd behind the private /dev/log.
# auth.log and mail.log get ISO stamps, *-bsd.log the same lines with BSD ones.
start_syslog() {
    cat >"$work/rsyslog.conf" <<EOF
global(workDirectory="$work/spool")
module(load="imuxsock" SysSock.Name="/dev/log")
template(name="bsd" type="string"
    string="%timegenerated% %HOSTNAME% %syslogtag%%msg:::sp-if-no-1st-sp%%msg:::drop-last-lf%\n")
auth,authpriv.* action(type="omfile" file="$work/auth.log"
    template="RSYSLOG_FileFormat")
auth,authpriv.* action(type="omfile" file="$work/auth-bsd.log" template="bsd")
mail.* action(type="omfile" file="$work/mail.log"
    template="RSYSLOG_FileFormat")
mail.* action(type="omfile" file="$work/mail-bsd.log" template="bsd")
EOF
    mkdir -p "$work/spool"
    : >"$work/auth.log"
    : >"$work/auth-bsd.log"
    : >"$work/mail.log"
    : >"$work/mail-bsd.log"
    server rsyslogd -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid" \
        >"$work/rsyslog.out.log" 2>&1 &
    wait_for 10 server test -S /dev/log || give_up "rsyslogd listens"
}

# add_user NAME PASSWORD UID: in the server's copy of the account files only.
add_user() {
    local hash
    hash=$(openssl passwd -6 "$2")
    echo "$1:x:$3:$3::/tmp:/bin/sh" >>"$work/passwd"
    echo "$1:$hash:19000:0:99999:7:::" >>"$work/shadow"
}

# add_closed UID: accounts that PAM refuses although their password is right:
# exp has expired, and old's password has; dis is locked.
add_closed() {
    local name hash
    hash=$(openssl passwd -6 good-password)
    for name in exp old dis; do
        echo "$name:x:$1:$1::/tmp:/bin/sh" >>"$work/passwd"
    done
    cat >>"$work/shadow" <<EOF
exp:$hash:19000:0:99999:7::19001:
old:$hash:0:0:99999:7:::
dis:!$hash:19000:0:99999:7:::
EOF
}

# --- gaold -------------------------------------------------------------

# make_config DIR: gaol.conf and fail2ban.conf; the test adds its jails.
make_config() {
    mkdir -p "$1/jail.d" "$1/filter.d" "$1/action.d" "$work/run" "$work/state"
    cat >"$1/gaol.conf" <<EOF
users = { engine = 61001; warden = 61002; };
firewall = "nftables";
share = "$root";
EOF
    cat >"$1/fail2ban.conf" <<EOF
[Definition]
loglevel = INFO
logtarget = $work/gaold.log
socket = $work/run/gaol.sock
pidfile = $work/run/gaol.pid
dbfile = $work/state/gaol.sqlite3
dbpurgeage = 1d
EOF
    cp jail.d/00-defaults.conf "$1/jail.d/"
}

gaol() {
    server "$build/gaol" -c "$config" "$@"
}

# start_gaold DIR: in the foreground of the server; returns when it answers.
start_gaold() {
    config=$1
    server "$build/gaold" -f -c "$config" >"$work/gaold.out.log" 2>&1 &
    gaold=$!
    wait_for 15 gaol ping || give_up "gaold answers"
}

stop_gaold() {
    gaol stop >/dev/null
    wait "$gaold"
}

# in_set SET ADDRESS: is it in the kernel's set now?
in_set() {
    server nft get element inet f2b-table "$1" "{ $2 }"
}

# status_names JAIL ADDRESS: among its banned addresses
status_names() {
    gaol status "$1" | grep -F "$2"
}

not_in_set() {
    ! in_set "$1" "$2"
}

# --- a connection that is open while its client gets banned --------------

# Opens, hears the greeting, waits for the file GO, says SAY and listens for
# so many seconds: "silent", "answered" or what went wrong.
# shellcheck disable=SC2016
lingerer='
import os, socket, sys, time
address, port, say, mark = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
s = socket.create_connection((address, port), timeout=10)
s.recv(4096)
open(mark + ".open", "w").close()
end = time.monotonic() + 600
while not os.path.exists(mark + ".go") and time.monotonic() < end:
    time.sleep(0.05)
s.settimeout(float(sys.argv[5]))
try:
    s.sendall(say.encode() + b"\r\n")
    got = s.recv(4096)
    verdict = "answered" if got else "closed"
except socket.timeout:
    verdict = "silent"
except OSError as e:
    verdict = "silent" if e.errno in (111, 113) else repr(e)
with open(mark + ".tmp", "w") as f:
    f.write(verdict + "\n")
os.rename(mark + ".tmp", mark + ".verdict")
'

# linger NAME WHO ADDRESS PORT SAY SECONDS: opens it; linger_verdict NAME: the
# outcome.
linger() {
    local mark=$work/linger.$1
    "$2" python3 -c "$lingerer" "$3" "$4" "$5" "$mark" "$6" \
        2>"$mark.log" &
    wait_for 15 test -e "$mark.open"
}

linger_verdict() {
    local mark=$work/linger.$1
    : >"$mark.go"
    wait_for 10 test -e "$mark.verdict" && cat "$mark.verdict"
}

# gets_no_reply NAME, gets_reply NAME: the outcome, as a check.
gets_no_reply() {
    local verdict
    verdict=$(linger_verdict "$1")
    echo "the connection: $verdict"
    [ "$verdict" = silent ]
}

gets_reply() {
    local verdict
    verdict=$(linger_verdict "$1")
    echo "the connection: $verdict"
    [ "$verdict" = answered ]
}
