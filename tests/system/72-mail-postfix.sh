#!/usr/bin/env bash
# A real Postfix, from a tree of its own, that asks the machine's Dovecot who
# may sign in (or, with SASL=cyrus, its own sasldb), and clients
# that write down what they did: the events of its log are the clients' own
# record, field by field.
#
# What its log does not hold, so that nothing can be compared:
# - who signed in and sent nothing; whether a connection was encrypted from its
#   start, by STARTTLS or not at all; bytes.
#     disconnect from unknown[198.51.100.11]:20001 ehlo=1 auth=1 quit=1 commands=3
# - of a message, its client's port: compared by address. Its id stands in a line
#   of cleanup's that names nobody, and is not read:
#     postfix/cleanup[179]: 9C8ACA7CB54: message-id=<1@pc.example.net>
# - why Dovecot refused, but for an expired password (exp, old); a locked account
#   (dis) is as good as a wrong password. nologin=y is none of its reasons: that
#   account may send.
#     warning: unknown[198.51.100.12]:20014: SASL PLAIN authentication failed: (reason unavailable), sasl_username=dis
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/system/tree.sh
. "$(dirname "$0")/tree.sh"
# shellcheck source=tests/system/dovecot.sh
. "$(dirname "$0")/dovecot.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
sasl=${SASL:-dovecot}
[ "$sasl" = cyrus ] || for_dovecot_23

# Accounts in sasldb, which Postfix's own library reads.
make_sasldb() {
    mkdir -p "$work/sasl"
    # shellcheck disable=SC2016
    server sh -c 'for user in alice bob; do
        echo good-password |
            saslpasswd2 -p -c -f /etc/sasldb2 -u example.com "$user" || exit
    done
    chown postfix /etc/sasldb2' >"$work/saslpasswd.log" 2>&1 ||
        give_up "accounts in sasldb"
    cat >"$work/sasl/smtpd.conf" <<EOF
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
EOF
    chmod 755 "$work/sasl"
    chmod 644 "$work/sasl/smtpd.conf"
}

start_auth() {
    dovecot_account alice@example.com
    dovecot_account bob@example.com
    dovecot_account nologin@example.com nologin=y
    dovecot_pam
    dovecot_conf auth "log_path = $work/dovecot-auth.log" 'protocols =' \
        'ssl = no' 'auth_mechanisms = plain login' "!include $work/pam.conf" \
        'service auth {' " unix_listener $work/sasl {" '  mode = 0666' ' }' '}'
    server dovecot -F -c "$work/auth.conf" >"$work/dovecot.out.log" 2>&1 &
    wait_for 15 test -S "$work/sasl" || give_up "Dovecot's auth listens"
}

start_postfix() {
    local etc=$work/postfix port
    mkdir -p "$etc" "$work/queue" "$work/data"
    chown postfix "$work/data" 2>/dev/null || chown 61040:61040 "$work/data"
    cat >"$etc/main.cf" <<EOF
compatibility_level = 3.6
queue_directory = $work/queue
data_directory = $work/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
shlib_directory = /usr/lib/postfix
meta_directory = $tree/etc/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example
mydestination = example.com
local_recipient_maps =
alias_maps =
alias_database =
local_transport = discard:
default_transport = discard:
mynetworks = 127.0.0.0/8
inet_interfaces = all
inet_protocols = all
maillog_file =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = $sasl
smtpd_sasl_path = $([ "$sasl" = dovecot ] && echo "$work/sasl" || echo smtpd)
cyrus_sasl_config_path = $work/sasl
smtpd_tls_cert_file = $work/cert.pem
smtpd_tls_key_file = $work/key.pem
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_client_port_logging = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
EOF
    cat >"$etc/master.cf" <<'EOF'
587       inet  n - n - 40 smtpd -o syslog_name=postfix/submission
465       inet  n - n - 40 smtpd -o syslog_name=postfix/submissions -o smtpd_tls_wrappermode=yes
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
discard   unix  - - n - - discard
error     unix  - - n - - error
postlog   unix-dgram n - n - 1 postlogd
EOF
    server postfix -c "$etc" start-fg >"$work/postfix.out.log" 2>&1 &
    for port in 587 465; do
        wait_for 40 listens "$port" || give_up "Postfix listens on $port"
    done
}

if [ "$sasl" = cyrus ]; then
    fetch_tree postfix-sasl postfix sasl2-bin libsasl2-modules \
        libsasl2-modules-db
else
    fetch_tree postfix postfix
fi
make_network
for n in 10 11 12; do
    ip -n "$attacker_ns" address add "198.51.100.$n/24" dev up0
    ip -n "$attacker_ns" address add "2001:db8:66::$n/64" dev up0 nodad
done
make_server
add_account postfix 61040
echo "postdrop:x:61041:" >>"$work/group"
enter_tree
start_syslog
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail.example \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
if [ "$sasl" = cyrus ]; then
    make_sasldb
else
    start_auth
fi
start_postfix
attacker env SASL="$sasl" timeout 120 python3 tests/system/72-mail-postfix.py "$build/gaol" \
    "$work/mail.log" || failed=1
