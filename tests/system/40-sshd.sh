#!/usr/bin/env bash
# The main job with a real OpenSSH: real failed sign-ins over both families,
# real lines through a real rsyslogd, real packets refused, and the unban.
# Then Debian's stock filter, as installed: good sign-ins never ban.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

planted=203.0.113.7

start_sshd() {
    ssh-keygen -q -t ed25519 -N '' -f "$work/hostkey"
    cat >"$work/sshd_config" <<EOF
Port 22
HostKey $work/hostkey
PidFile none
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin no
LoginGraceTime 600
MaxAuthTries 6
LogLevel INFO
EOF
    server mkdir -p /run/sshd
    server /usr/sbin/sshd -D -f "$work/sshd_config" >"$work/sshd.log" 2>&1 &
    wait_for 10 reaches friend "$friend_server4" 22 || give_up "sshd listens"
}

# sign_in WHO ADDRESS USER PASSWORD TIMES
sign_in() {
    "$1" timeout 40 sshpass -p "$4" ssh -n -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
        -o PreferredAuthentications=password -o ConnectTimeout=5 \
        -o "NumberOfPasswordPrompts=$5" -l "$3" "$2" true
}

# fail_once WHO ADDRESS USER: sshpass leaves at the second question.
fail_once() {
    sign_in "$1" "$2" "$3" wrong 1
}

logged() {
    [ "$(grep -c "$1" "$work/auth.log")" -ge "${2:-1}" ]
}

# is_over JAIL SET ADDRESS: has the ban after the one lifted by hand ended?
is_over() {
    [ "$(grep -c "\[$1\] Ban $3\$" "$work/gaold.log")" = 2 ] &&
        [ "$(grep -c "\[$1\] Unban $3\$" "$work/gaold.log")" = 2 ] &&
        not_in_set "$2-$1" "$3"
}

make_network
make_server
start_syslog
add_user alice good-password 61010
start_sshd

# --- our own filter -----------------------------------------------------
make_config "$work/etc"
cp jail.d/sshd.conf "$work/etc/jail.d/"
cat >"$work/etc/jail.local" <<EOF
[sshd]
enabled = true
logpath = $work/auth.log
maxretry = 3
bantime = 1h

[sshd-bsd]
enabled = true
filter = sshd
port = ssh
logpath = $work/auth-bsd.log
maxretry = 3
bantime = 1h
EOF
start_gaold "$work/etc"
refute "nobody is banned at the start" in_set addr-set-sshd "$attacker4"

linger v4 attacker "$server4" 22 "SSH-2.0-idle" 2 ||
    not_ok "v4 connection opens"
linger v6 attacker "$server6" 22 "SSH-2.0-idle" 2 ||
    not_ok "v6 connection opens"
linger good friend "$friend_server4" 22 "SSH-2.0-idle" 50 ||
    not_ok "the friend's connection opens"

# Each family at once. The first name is nobody's and yields two lines, no such
# user and wrong password; it tries to have somebody else banned for them.
for address in "$server4" "$server6"; do
    (
        fail_once attacker "$address" "x from $planted port 22 ssh2"
        fail_once attacker "$address" alice
    ) >"$work/attack-$address.out" 2>&1 &
done
check "failed sign-ins over IPv4 are banned" \
    wait_for 30 in_set addr-set-sshd "$attacker4"
check "failed sign-ins over IPv6 are banned" \
    wait_for 30 in_set addr6-set-sshd "$attacker6"
check "the same lines with BSD stamps are banned over IPv4" \
    wait_for 10 in_set addr-set-sshd-bsd "$attacker4"
check "the same lines with BSD stamps are banned over IPv6" \
    wait_for 10 in_set addr6-set-sshd-bsd "$attacker6"
refute "the banned attacker opens no connection over IPv4" \
    reaches attacker "$server4" 22
refute "the banned attacker opens no connection over IPv6" \
    reaches attacker "$server6" 22
check "an open IPv4 connection gets no further reply" gets_no_reply v4
check "an open IPv6 connection gets no further reply" gets_no_reply v6
check "the friend's open connection goes on" gets_reply good
check "the friend opens a connection over IPv4" \
    reaches friend "$friend_server4" 22
check "the friend opens a connection over IPv6" \
    reaches friend "$friend_server6" 22
check "the friend signs in" \
    sign_in friend "$friend_server4" alice good-password 1
refute "the address planted in a name is not banned" \
    in_set addr-set-sshd "$planted"
check "though it stands in the log" logged "Failed password.*$planted" 2
check "status names the IPv4 address" \
    status_names sshd "$attacker4"
check "status names the IPv6 address" \
    status_names sshd "$attacker6"
check "the log has the bans in fail2ban's words" \
    grep -Eq "NOTICE +\[sshd\] Ban $attacker4" "$work/gaold.log"

# Short ones, now that nothing has to happen within them.
for jail in sshd sshd-bsd; do
    gaol set "$jail" bantime 3
    for address in "$attacker4" "$attacker6"; do
        gaol unban "$jail" "$address"
        gaol set "$jail" banip "$address"
    done
done >/dev/null 2>&1   # those of before may have ended by the first word
for jail in sshd sshd-bsd; do
    check "the IPv4 ban of $jail ends" \
        wait_for 10 is_over "$jail" addr-set "$attacker4"
    check "the IPv6 ban of $jail ends" \
        wait_for 10 is_over "$jail" addr6-set "$attacker6"
done
check "after the ban the attacker connects again over IPv4" \
    reaches attacker "$server4" 22
check "after the ban the attacker connects again over IPv6" \
    reaches attacker "$server6" 22
check "gaold stops" stop_gaold

# --- Debian's stock filter, as installed -----------------------------------
make_config "$work/stock"
cp /etc/fail2ban/filter.d/{sshd,common}.conf "$work/stock/filter.d/"
cat >"$work/stock/jail.local" <<EOF
[stock]
enabled = true
filter = sshd
port = ssh
logpath = $work/auth.log
maxretry = 1
bantime = 60
EOF
: >"$work/auth.log"
rm -rf "$work/state"
mkdir "$work/state"
start_gaold "$work/stock"
check "stock filter: a good sign-in" \
    sign_in friend "$friend_server4" alice good-password 1
check "stock filter: a second one right after" \
    sign_in friend "$friend_server4" alice good-password 1
check "stock filter: a good one over IPv6" \
    sign_in friend "$friend_server6" alice good-password 1
check "sshd logged three good sign-ins" wait_for 10 logged 'Accepted password' 3
# A failure behind them in the log: once it is banned, they have been read.
fail_once attacker "$server4" alice >/dev/null 2>&1
check "stock filter: a failed sign-in is banned" \
    wait_for 20 in_set addr-set-stock "$attacker4"
refute "stock filter: good sign-ins over IPv4 are not banned" \
    in_set addr-set-stock "$friend4"
refute "stock filter: a good sign-in over IPv6 is not banned" \
    in_set addr6-set-stock "$friend6"
check "stock filter: the friend still connects" \
    reaches friend "$friend_server4" 22
check "gaold stops again" stop_gaold
