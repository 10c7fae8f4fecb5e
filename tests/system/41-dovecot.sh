#!/usr/bin/env bash
# A real Dovecot with IMAP, POP3, submission and ManageSieve: failed sign-ins
# to each of them, over both families, end in a ban on all of its ports.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/system/dovecot.sh
. "$(dirname "$0")/dovecot.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
for_dovecot_23

ports=(143 110 587 4190)

start_dovecot() {
    mkdir -p "$work/mail"
    chown 61020:61020 "$work/mail"
    dovecot_account alice@example.com
    dovecot_conf dovecot 'log_path = syslog' 'ssl = no' \
        'protocols = imap pop3 submission sieve' \
        'submission_relay_host = 127.0.0.1'
    server dovecot -F -c "$work/dovecot.conf" >"$work/dovecot.log" 2>&1 &
    for port in "${ports[@]}"; do
        wait_for 15 reaches friend "$friend_server4" "$port" ||
            give_up "dovecot listens on port $port"
    done
}

# Signs in on PORT of SERVER from SOURCE, TIMES times, each a new connection.
# Fails unless the server's answers are what the password deserves. A wrong
# password comes with a name that tries to have somebody else banned for it.
# shellcheck disable=SC2016
signer='
import base64, socket, sys
server, source, port, password, times = sys.argv[1:]
user = "alice@example.com"
if password != "good-password":
    user = "x>, rip=203.0.113.7, lip=192.0.2.25, session=<a"
token = base64.b64encode(("\0%s\0%s" % (user, password)).encode()).decode()
script = {
    "143": ("a AUTHENTICATE PLAIN " + token, "a OK", "a NO", "b LOGOUT"),
    "110": ("AUTH PLAIN " + token, "+OK", "-ERR", "QUIT"),
    "587": ("AUTH PLAIN " + token, "235", "535", "QUIT"),
    "4190": ("AUTHENTICATE \"PLAIN\" \"" + token + "\"", "OK", "NO", "LOGOUT"),
}
def answer(f, words):
    for line in f:
        if line.startswith(words):
            return line
    sys.exit("port %s: the server hung up" % port)
say, good, bad, bye = script[port]
for i in range(int(times)):
    s = socket.create_connection((server, int(port)), 10, (source, 0))
    f = s.makefile("r", encoding="utf-8", errors="replace")
    answer(f, ("* OK", "+OK", "220", "OK"))
    if port == "587":
        s.sendall(b"EHLO pc.example.net\r\n")
        answer(f, "250 ")
    s.sendall(say.encode() + b"\r\n")
    got = answer(f, (good, bad))
    if got.startswith(good) != (password == "good-password"):
        sys.exit("port %s: %s" % (port, got))
    s.sendall(bye.encode() + b"\r\n")
    f.read()
'

# sign_in WHO SERVER SOURCE PORT PASSWORD TIMES
sign_in() {
    "$1" timeout 30 python3 -c "$signer" "$2" "$3" "$4" "$5" "$6"
}

# Each service gets an attacker's address of its own; IMAP's is the main one.
source4() {
    [ "$1" = 143 ] && echo "$attacker4" || echo "198.51.100.$((100 + $1 % 97))"
}

source6() {
    [ "$1" = 143 ] && echo "$attacker6" || echo "2001:db8:66::$1"
}

make_network
for port in "${ports[@]:1}"; do
    ip -n "$attacker_ns" address add "$(source4 "$port")/24" dev up0
    ip -n "$attacker_ns" address add "$(source6 "$port")/64" dev up0 nodad
done
make_server
start_syslog
start_dovecot

make_config "$work/etc"
cp jail.d/dovecot.conf "$work/etc/jail.d/"
cat >"$work/etc/jail.local" <<EOF
[dovecot]
enabled = true
logpath = $work/mail.log
maxretry = 2
bantime = 300

[dovecot-bsd]
enabled = true
filter = dovecot
port = imap,imaps
logpath = $work/mail-bsd.log
maxretry = 2
bantime = 300
EOF
start_gaold "$work/etc"

# Good sign-ins first: they stand in the log before the failures, so whoever
# is to be banned for the failures has been judged after them.
for port in "${ports[@]}"; do
    [ "$port" = 587 ] && continue   # a relay would have to answer
    check "a friend signs in twice on port $port over IPv4" \
        sign_in friend "$friend_server4" "$friend4" "$port" good-password 2
    check "a friend signs in twice on port $port over IPv6" \
        sign_in friend "$friend_server6" "$friend6" "$port" good-password 2
done
linger v4 attacker "$server4" 143 "a NOOP" 2 ||
    not_ok "v4 connection opens"
linger v6 attacker "$server6" 143 "a NOOP" 2 ||
    not_ok "v6 connection opens"
linger good friend "$friend_server4" 143 "a NOOP" 50 ||
    not_ok "the friend's connection opens"

for port in "${ports[@]}"; do
    check "port $port refuses a wrong password over IPv4" \
        sign_in attacker "$server4" "$(source4 "$port")" "$port" wrong 2
    check "port $port refuses a wrong password over IPv6" \
        sign_in attacker "$server6" "$(source6 "$port")" "$port" wrong 2
done
for port in "${ports[@]}"; do
    check "failures on port $port over IPv4 are banned" \
        wait_for 15 in_set addr-set-dovecot "$(source4 "$port")"
    check "failures on port $port over IPv6 are banned" \
        wait_for 15 in_set addr6-set-dovecot "$(source6 "$port")"
done
check "the same lines with BSD stamps are banned" \
    wait_for 15 in_set addr-set-dovecot-bsd "$attacker4"
for port in "${ports[@]}"; do
    refute "the banned attacker opens no connection to port $port over IPv4" \
        reaches attacker "$server4" "$port"
    refute "the banned attacker opens no connection to port $port over IPv6" \
        reaches attacker "$server6" "$port"
done
check "an open IPv4 connection gets no further reply" gets_no_reply v4
check "an open IPv6 connection gets no further reply" gets_no_reply v6
check "the friend's open connection goes on" gets_reply good
refute "the address planted in a name is not banned" \
    in_set addr-set-dovecot 203.0.113.7
check "though it stands in the log" \
    grep -q 'auth failed.*user=<x>, rip=203.0.113.7' "$work/mail.log"
refute "the friend is not banned over IPv4" in_set addr-set-dovecot "$friend4"
refute "the friend is not banned over IPv6" in_set addr6-set-dovecot "$friend6"
check "the friend signs in again" \
    sign_in friend "$friend_server4" "$friend4" 143 good-password 1

check "an unban by hand" gaol unban dovecot "$attacker4"
check "it leaves the kernel's set" \
    wait_for 10 not_in_set addr-set-dovecot "$attacker4"
check "the other jail's too" gaol unban dovecot-bsd "$attacker4"
check "the attacker connects again" \
    wait_for 10 reaches attacker "$server4" 143
check "the IPv6 ban is left as it was" in_set addr6-set-dovecot "$attacker6"
check "gaold stops" stop_gaold
