#!/usr/bin/env bash
# A real Cyrus (IMAP, POP3, ManageSieve), from a tree of its own, and clients
# that write down what they did: the sign-ins, failures and sessions of its log
# are the clients' own record, and so is what saslauthd's says of them.
#
# What its log does not hold, so that nothing can be compared:
# - the client's port: lines are compared by service and address, not by
#   connection.
# - whether an account has expired (exp), its password has (old), or it is locked
#   (dis): all are an authentication failure. saslauthd knows of the first two,
#   without the client.
#     cyrus/pop3s[99]: badlogin: [198.51.100.11] plaintext (exp) [SASL(-13): authentication failure: checkpass failed]
#     saslauthd[75]:                 : auth failure: [user=exp] [service=pop] [realm=] [mech=pam] [reason=PAM acct error]
# - names that SASL did not take, and those of ManageSieve:
#     cyrus/pop3[95]: badlogin: [198.51.100.11] PLAIN (-notset-) [authentication failure]
# - whose end it was where nobody had signed in, and any end of ManageSieve's:
#     cyrus/imap[66]: auditlog: traffic sessionid=<cyrus-1795851648-66-1-9453616194573288694> bytes_in=<0> bytes_out=<167>
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/system/tree.sh
. "$(dirname "$0")/tree.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# Whom sasldb does not know, PAM is asked for: an account that has expired, one
# whose password has, and one that is locked.
start_saslauthd() {
    local service
    add_closed 61061
    for service in imap pop sieve; do
        printf 'auth required pam_unix.so nodelay\naccount required pam_unix.so\n' |
            server sh -c "cat >/etc/pam.d/$service"
    done
    server mkdir -p /run/saslauthd
    server saslauthd -a pam -m /run/saslauthd -d >"$work/saslauthd.out.log" 2>&1 &
    wait_for 15 server test -S /run/saslauthd/mux || give_up "saslauthd listens"
}

start_cyrus() {
    local d port user
    for d in /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket \
        /var/lib/cyrus/db /var/lib/cyrus/socket /var/lib/cyrus/proc \
        /var/lib/cyrus/log /var/lib/cyrus/msg /var/lib/cyrus/user \
        /var/lib/cyrus/quota /var/spool/cyrus/mail /var/spool/sieve; do
        server mkdir -p "$d"
    done
    server chown -R cyrus:mail /run/cyrus /var/lib/cyrus /var/spool/cyrus \
        /var/spool/sieve
    server sh -c 'cat >/etc/imapd.conf' <<EOF
configdirectory: /var/lib/cyrus
proc_path: /run/cyrus/proc
mboxname_lockpath: /run/cyrus/lock
defaultpartition: default
partition-default: /var/spool/cyrus/mail
sievedir: /var/spool/sieve
autocreate_quota: 0
autocreate_post: yes
allowplaintext: yes
virtdomains: userid
defaultdomain: example.org
servername: mail.example
sasl_pwcheck_method: auxprop saslauthd
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: /var/lib/cyrus/sasldb2
sasl_mech_list: PLAIN LOGIN CRAM-MD5
sasl_log_level: 0
auditlog: yes
tls_server_cert: $work/cert.pem
tls_server_key: $work/key.pem
idlesocket: /run/cyrus/socket/idle
notifysocket: /run/cyrus/socket/notify
failedloginpause: 0
syslog_prefix: cyrus
EOF
    server sh -c 'cat >/etc/cyrus.conf' <<'EOF'
START {
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -r"
}
SERVICES {
  imap cmd="/usr/lib/cyrus/bin/imapd" listen="143" prefork=0
  imaps cmd="/usr/lib/cyrus/bin/imapd -s" listen="993" prefork=0
  pop3 cmd="/usr/lib/cyrus/bin/pop3d" listen="110" prefork=0
  pop3s cmd="/usr/lib/cyrus/bin/pop3d -s" listen="995" prefork=0
  sieve cmd="/usr/lib/cyrus/bin/timsieved" listen="4190" prefork=0
}
EVENTS {
}
EOF
    for user in alice bob; do
        echo good-password | server saslpasswd2 -p -f /var/lib/cyrus/sasldb2 \
            -c -u example.com "$user" || give_up "an account for $user"
    done
    server chown cyrus:mail /var/lib/cyrus/sasldb2
    start_saslauthd
    server /usr/lib/cyrus/bin/master >"$work/cyrus.out.log" 2>&1 &
    for port in 143 993 110 995 4190; do
        wait_for 15 listens "$port" || give_up "Cyrus listens on $port"
    done
}

fetch_tree cyrus cyrus-imapd cyrus-pop3d cyrus-common libical3 libxapian30 \
    libzephyr4 libclamav12 libmspack0 sasl2-bin
make_network
for n in 10 11 12; do
    ip -n "$attacker_ns" address add "198.51.100.$n/24" dev up0
    ip -n "$attacker_ns" address add "2001:db8:66::$n/64" dev up0 nodad
done
make_server
echo "cyrus:x:61060:8::/nonexistent:/usr/sbin/nologin" >>"$work/passwd"
enter_tree
start_syslog
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail.example \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
chmod 644 "$work/key.pem"
start_cyrus
attacker timeout 120 python3 tests/system/74-mail-cyrus.py "$build/gaol" \
    "$work/mail.log" "$work/auth.log" || failed=1
