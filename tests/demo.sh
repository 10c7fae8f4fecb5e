#!/usr/bin/env bash
# The main job, shown: a log, an attack in it, a ban that the kernel holds, a
# packet refused, a foreign flush healed, an unban. Everything happens in
# network namespaces made here and removed at the end; the host's ruleset and
# files are not touched.
set -u
cd "$(dirname "$0")/.." || exit 1
here=$PWD

if [ "$(id -u)" != 0 ]; then
    echo "demo: needs root (namespaces, nftables)" >&2
    exit 1
fi

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' grey=$'\e[90m' off=$'\e[0m'
else
    bold='' green='' red='' grey='' off=''
fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$off"; }
note() { printf '%s    %s%s\n' "$grey" "$*" "$off"; }
good() { printf '  %s✔%s %s\n' "$green" "$off" "$*"; }
fail() {
    printf '  %s✘ %s%s\n' "$red" "$*" "$off"
    [ -f "$work/gaold.out" ] && tail -n 20 "$work/gaold.out" "$work/gaol.log"
    exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/gaol-demo.XXXXXX")
id=$$
server=gaoldemo$id-s attacker=gaoldemo$id-a friend=gaoldemo$id-f
pids=()
cleanup() {
    local p
    for p in "${pids[@]}"; do
        kill "$p" 2>/dev/null
    done
    for p in "${pids[@]}"; do
        wait "$p" 2>/dev/null
    done
    ip netns del $server 2>/dev/null
    ip netns del $attacker 2>/dev/null
    ip netns del $friend 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

# peer NAME NUMBER: a namespace joined to the server's by a cable.
peer() {
    ip netns add "$1"
    ip -n "$1" link set lo up
    ip link add "v$id-$2" netns $server type veth peer name eth0 netns "$1"
    ip -n $server addr add "192.0.2.$((16 * $2 + 1))/28" dev "v$id-$2"
    ip -n $server addr add "2001:db8:$2::1/64" dev "v$id-$2" nodad
    ip -n $server link set "v$id-$2" up
    ip -n "$1" addr add "192.0.2.$((16 * $2 + 2))/28" dev eth0
    ip -n "$1" addr add "2001:db8:$2::2/64" dev eth0 nodad
    ip -n "$1" link set eth0 up
}
in_server() { ip netns exec $server "$@"; }
gaol() { in_server "$here/build/gaol" -s "$work/gaol.sock" "$@"; }
# connect NAMESPACE ADDRESS: does a TCP connection to port 22 come about?
connect() {
    ip netns exec "$1" timeout 1 \
        bash -c "exec 3<>/dev/tcp/$2/22 && read -r -t 1 x <&3 && [ -n \"\$x\" ]" \
        2>/dev/null
}
banned() { in_server nft list set inet f2b-table "$1" | grep -q "$2"; }
shown_set() { in_server nft list set inet f2b-table "$1" | sed 's/^/    /'; }
refused() { ! connect "$1" "$2"; }

attack() {
    local address=$1 n=$2 i
    for i in $(seq "$n"); do
        printf '%s mail sshd[%d]: Failed password for invalid user %s from %s port %d ssh2\n' \
            "$(date +%Y-%m-%dT%H:%M:%S.%6N%:z)" $((4000 + i)) \
            "$(echo "admin oracle test root guest" | cut -d' ' -f"$i")" \
            "$address" $((40000 + i)) >>"$work/auth.log"
    done
}

title "A server with two visitors, in network namespaces of their own"
ip netns add $server
ip -n $server link set lo up
peer $attacker 1
peer $friend 2
good "attacker 192.0.2.18 and 2001:db8:1::2, friend 192.0.2.34"

# A stand-in for sshd: greets on port 22. perl is part of every Debian.
in_server perl -MSocket -e '
    socket(my $s, AF_INET6, SOCK_STREAM, 0) or die "socket: $!";
    setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($s, pack_sockaddr_in6(22, Socket::IN6ADDR_ANY())) or die "bind: $!";
    listen($s, 64) or die "listen: $!";
    while (accept(my $c, $s)) { syswrite($c, "SSH-2.0-demo\r\n"); close($c) }
' &
pids+=($!)

mkdir -p "$work/etc/jail.d"
touch "$work/auth.log"
cat >"$work/etc/fail2ban.conf" <<CONF
[Definition]
loglevel = INFO
logtarget = $work/gaol.log
socket = $work/gaol.sock
pidfile = $work/gaol.pid
dbfile = $work/state/gaol.sqlite3
CONF
cat >"$work/etc/jail.conf" <<CONF
[DEFAULT]
bantime = 10m
findtime = 10m
maxretry = 3

[sshd]
enabled = true
filter = sshd
logpath = $work/auth.log
action = nftables[port="22", protocol="tcp"]
CONF
cat >"$work/etc/gaol.conf" <<CONF
users = { engine = 64801; warden = 64802; };
share = "$here";
CONF
chmod 755 "$work"

title "gaold follows a log; nobody is banned yet"
start=$(date +%s%N)
ip netns exec $server "$here/build/gaold" -f -c "$work/etc" >"$work/gaold.out" 2>&1 &
pids+=($!)
wait_for 10 gaol ping || fail "gaold does not answer"
wait_for 10 banned addr-set-sshd addr-set-sshd || fail "no sets were made"
good "ready after $((($(date +%s%N) - start) / 1000000)) ms"
wait_for 5 connect $attacker 192.0.2.17 || fail "the demo server does not answer"
wait_for 5 connect $friend 192.0.2.33 || fail "the demo server does not answer"
good "attacker and friend can both connect to port 22"

title "Three wrong passwords from 192.0.2.18, then from 2001:db8:1::2"
attack 192.0.2.18 3
attack 2001:db8:1::2 3
tail -n 6 "$work/auth.log" | cut -c1-110 | sed "s/^/    $grey/; s/\$/$off/"
wait_for 5 banned addr-set-sshd 192.0.2.18 || fail "no ban in the IPv4 set"
wait_for 5 banned addr6-set-sshd 2001:db8:1::2 || fail "no ban in the IPv6 set"
good "the kernel holds both; each element ends by itself:"
shown_set addr-set-sshd
shown_set addr6-set-sshd
wait_for 5 grep -q 'Ban 2001:db8:1::2' "$work/gaol.log" || fail "no line in the log"
grep -E ' (Found|Ban) ' "$work/gaol.log" | sed 's/^/    /'

title "Packets"
refused $attacker 192.0.2.17 || fail "the attacker still connects (IPv4)"
good "attacker's IPv4 connection refused"
refused $attacker 2001:db8:1::1 || fail "the attacker still connects (IPv6)"
good "attacker's IPv6 connection refused"
connect $friend 192.0.2.33 || fail "the friend is refused (IPv4)"
connect $friend 2001:db8:2::1 || fail "the friend is refused (IPv6)"
good "friend connects as before, over both"

title "Somebody runs: nft flush ruleset"
start=$(date +%s%N)
in_server nft flush ruleset
wait_for 5 banned addr-set-sshd 192.0.2.18 || fail "not healed (IPv4)"
wait_for 5 banned addr6-set-sshd 2001:db8:1::2 || fail "not healed (IPv6)"
good "tables, rules and bans are back after $((($(date +%s%N) - start) / 1000000)) ms"
refused $attacker 192.0.2.17 || fail "the attacker connects after the flush"
good "attacker still refused"
grep 'rebuilt' "$work/gaol.log" | tail -n 1 | sed 's/^/    /'

title "gaol unban sshd 192.0.2.18"
gaol unban sshd 192.0.2.18 | sed 's/^/    /'
wait_for 5 connect $attacker 192.0.2.17 || fail "still refused after the unban"
good "attacker's IPv4 address connects again, IPv6 stays banned"
refused $attacker 2001:db8:1::1 || fail "IPv6 was lifted as well"

title "gaol status sshd"
gaol status sshd | sed 's/^/    /'
title "build/fail2ban-client status sshd"
in_server "$here/build/fail2ban-client" -s "$work/gaol.sock" status sshd |
    sed 's/^/    /'

gaol stop >/dev/null || fail "gaold does not stop"
wait "${pids[1]}"
title "Done: everything this demo made is removed again."
