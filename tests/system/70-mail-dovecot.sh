#!/usr/bin/env bash
# A real Dovecot and clients that write down what they did: the events and the
# sessions of its log are the clients' own record, field by field. Without and
# with auth_verbose, with any character in names, through syslog and by its
# own log file, and by its event exporter's JSON.
#
# What its log does not hold, so that nothing can be compared: without
# auth_verbose, any but the last attempt of a connection; of an account that has
# expired (exp) and of one whose password has (old) it says the same:
#     imap-login: Disconnected: Aborted login by logging out (password expired): user=<exp>, method=PLAIN, rip=198.51.100.12, ...
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/system/tree.sh
. "$(dirname "$0")/tree.sh"
# shellcheck source=tests/system/dovecot.sh
. "$(dirname "$0")/dovecot.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
for_dovecot_23

# with NAME LINE…: what all of them have, and more lines.
with() {
    local name=$1
    shift
    dovecot_conf "$name" "$@" "!include $work/pam.conf"
    cat >>"$work/$name.conf" <<EOF
protocols = imap pop3 submission sieve
ssl = yes
ssl_cert = <$work/cert.pem
ssl_key = <$work/key.pem
auth_mechanisms = plain login cram-md5
imap_id_log = *
submission_relay_host = 127.0.0.1
submission_relay_port = 2525
service submission-login {
  service_count = 0
  inet_listener submissions {
    port = 465
    ssl = yes
  }
}
# One process serves many connections: quicker to start.
service imap-login {
  service_count = 0
}
service pop3-login {
  service_count = 0
}
service managesieve-login {
  service_count = 0
}
remote 198.51.100.99 {
  disable_plaintext_auth = yes
}
EOF
}

# run NAME LOG: that Dovecot, the clients, and what gaol makes of its log.
run() {
    local port dovecot
    server dovecot -F -c "$work/$1.conf" >"$work/$1.out.log" 2>&1 &
    dovecot=$!
    for port in 143 993 110 995 587 465 4190; do
        wait_for 15 listens "$port" || give_up "$1: Dovecot listens on $port"
    done
    : >"$work/$2"
    attacker timeout 120 python3 tests/system/70-mail-dovecot.py \
        "$build/gaol" "$work/$2" "$1" || failed=1
    server kill "$(cat "$work/$1.base/master.pid")"
    wait "$dovecot"
}

make_network
for n in 10 11 12 99; do
    ip -n "$attacker_ns" address add "198.51.100.$n/24" dev up0
    ip -n "$attacker_ns" address add "2001:db8:66::$n/64" dev up0 nodad
done
make_server
start_syslog
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail.example \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
mkdir "$work/mail"
chown 61020:61020 "$work/mail"
for user in alice bob carol; do
    dovecot_account "$user@example.com"
done
dovecot_account dis@example.com nologin=y
dovecot_pam
server python3 "$root/tests/system/relay.py" 2525 >"$work/relay.log" 2>&1 &
wait_for 15 server test -s "$work/relay.log" || give_up "the relay listens"

with quiet 'log_path = syslog'
with verbose 'log_path = syslog' 'auth_verbose = yes'
with anychar "log_path = $work/own.log" 'auth_verbose = yes' \
    'auth_username_chars ='
# Its event exporter, read in place of its own words.
with json 'log_path = syslog' 'service stats {' '}' \
    'event_exporter gaol {' '  format = json' \
    '  format_args = time-rfc3339' '  transport = log' '}' \
    'metric gaol_auth {' '  exporter = gaol' \
    '  filter = event=auth_request_finished' '}'
run quiet mail.log
run verbose mail.log
run anychar own.log
run json mail.log
