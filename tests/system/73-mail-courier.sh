#!/usr/bin/env bash
# A real Courier (IMAP, POP3, SMTP), from a tree of its own, and clients that write
# down what they did: the events and sessions of its log are the clients' own
# record, field by field.
#
# What its log does not hold, so that nothing can be compared:
# - whether an account was unknown or has expired, or its password was wrong; of
#   AUTHENTICATE it names nobody. (exp has expired, which PAM tells in its own
#   log, without the client.)
#     imapd: LOGIN FAILED, user=exp, ip=[::ffff:198.51.100.12], port=[20002]
#     authdaemond: pam_unix(imap:account): account exp has expired (account expired)
# - a sign-in to an account without the right to the protocol (disableimap,
#   disablepop3): IMAP says OK and hangs up, POP3 refuses; all that is written is
#     pop3d: Connection, ip=[::ffff:198.51.100.66], port=[35110]
# - before its end, whether a session was encrypted by STARTTLS; of SMTP at all.
# - of SMTP who signed in and sent nothing, the end of a connection, and of a
#   sign-in or a message the client's port:
#     courierd: newmsg,id=0000000000000059.000000006B0AC53F.000000E3, auth=alice: dns; pc.example.net (softdnserr [::ffff:198.51.100.10])
# - a failure's name, if AUTH had nothing behind the mechanism.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/system/tree.sh
. "$(dirname "$0")/tree.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# add_mailbox NAME ID [DAY]: the account ends with that day.
# Account files are laid over the server's: written to, never replaced.
add_mailbox() {
    echo "$1:x:$2:$2::$work/home/$1:/bin/sh" >>"$work/passwd"
    echo "$1:$(openssl passwd -6 good-password):19000:0:99999:7::${3-}:" \
        >>"$work/shadow"
    echo "$1:x:$2:" >>"$work/group"
    add_home "$1" "$2"
}

add_home() {
    mkdir -p "$work/home/$1"
    server maildirmake.courier "$work/home/$1/Maildir"
    chown -R "$2:$2" "$work/home/$1"
}

# An account that may use neither IMAP nor POP3, in authuserdb.
add_disabled() {
    add_home dis 61054
    printf '%s\t%s\n' dis "uid=61054|gid=61054|home=$work/home/dis|mail=$work/home/dis/Maildir|options=disableimap=1,disablepop3=1" |
        server sh -c 'umask 77; cat >/etc/courier/userdb'
    server sh -c "userdb dis set systempw=\$(openssl passwd -6 good-password) &&
        makeuserdb" >>"$work/courier.out.log" 2>&1 ||
        give_up "an account in userdb"
    server sh -c "sed -i 's/^authmodulelist=.*/authmodulelist=\"authuserdb authpam\"/' \
        /etc/courier/authdaemonrc"
}

# What courier-mta's postinst does, and its configuration.
configure_mta() {
    local service
    # shellcheck disable=SC2016 # a shell reads it
    server sh -c 'cd /var/lib/courier && mkdir -p allfilters filters msgq msgs track tmp &&
        chown -R courier:courier . && chmod 770 tmp &&
        mkdir -p /etc/courier/aliasdir /etc/courier/filters/active &&
        chown courier:courier /usr/lib/courier/courier/submitmkdir &&
        chmod 4755 /usr/lib/courier/courier/submitmkdir && cd /etc/courier &&
        printf "localhost\nexample.com\n" >locals && echo mail.example >me &&
        echo example.com >defaultdomain && echo "<postmaster@example.com>" >dsnfrom &&
        echo "postmaster: alice" >aliases/system &&
        echo DEFAULTDELIVERY=./Maildir >>courierd &&
        printf "auth required pam_unix.so nodelay\naccount required pam_unix.so\n" >/etc/pam.d/esmtp' ||
        give_up "Courier's configuration"
    for service in esmtpd esmtpd-ssl; do
        server sh -c "printf 'TLS_CERTFILE=%s\nTLS_DHPARAMS=\nMAXPERIP=200\nMAXPERC=200\nMAXDAEMONS=200\nTARPIT=0\nBOFHCHECKDNS=0\nESMTPAUTH=\"PLAIN LOGIN\"\nESMTPAUTH_TLS=\"PLAIN LOGIN\"\n' \
            '$work/both.pem' >>/etc/courier/$service"
    done
    server sh -c 'echo PORT=587 >>/etc/courier/esmtpd; echo ESMTPDSSLSTART=YES >>/etc/courier/esmtpd-ssl'
    for service in makesmtpaccess makealiases makeacceptmailfor makehosteddomains; do
        server "/usr/lib/courier/$service" >>"$work/courier.out.log" 2>&1
    done
}

start_courier() {
    local service port
    server mkdir -p /run/courier/authdaemon /var/lib/courier
    server chown -R courier:courier /run/courier /var/lib/courier
    for service in imapd pop3d; do
        server sh -c "printf 'MAXPERIP=200\nMAXDAEMONS=200\nIMAP_LOG_DELETIONS=1\nIMAP_ID_FIELDS=255\n' \
            >>/etc/courier/$service"
        server sh -c "printf 'TLS_CERTFILE=%s\nTLS_DHPARAMS=\nTLS_CACHEFILE=\n' \
            '$work/both.pem' >>/etc/courier/$service-ssl"
        server ln -sf "/usr/lib/courier/$service" "/usr/sbin/$service"
    done
    # shellcheck disable=SC2016 # a shell reads it
    server sh -c 'printf "IMAP_CAPABILITY=\"\$IMAP_CAPABILITY AUTH=PLAIN\"\n" \
        >>/etc/courier/imapd; printf "POP3AUTH=\"PLAIN LOGIN\"\n" \
        >>/etc/courier/pop3d; : >/etc/courier/imapaccess.dat'
    # Without the pause after a failure.
    for service in imap pop3; do
        printf 'auth required pam_unix.so nodelay\naccount required pam_unix.so\n' |
            server sh -c "cat >/etc/pam.d/$service"
    done
    server sh -c 'echo daemons=20 >>/etc/courier/authdaemonrc'
    configure_mta
    server /usr/sbin/authdaemond start >"$work/courier.out.log" 2>&1
    for service in imapd imapd-ssl pop3d pop3d-ssl; do
        server "/usr/lib/courier/$service" start >>"$work/courier.out.log" 2>&1
    done
    server /usr/sbin/courier start >>"$work/courier.out.log" 2>&1
    for service in esmtpd esmtpd-ssl; do
        server "/usr/lib/courier/$service" start >>"$work/courier.out.log" 2>&1
    done
    for port in 143 993 110 995 587 465; do
        wait_for 15 listens "$port" || give_up "Courier listens on $port"
    done
}

fetch_tree courier courier-imap courier-pop courier-authdaemon courier-base \
    courier-mta courier-authlib courier-authlib-userdb libcourier-unicode4 libidn12 \
    libgamin0 gamin libltdl7 libgdbm6 libnet-cidr-perl libperl5.36
make_network
for n in 10 11 12; do
    ip -n "$attacker_ns" address add "198.51.100.$n/24" dev up0
    ip -n "$attacker_ns" address add "2001:db8:66::$n/64" dev up0 nodad
done
make_server
add_account courier 61050
enter_tree
add_mailbox alice 61051
add_mailbox bob 61052
add_mailbox exp 61053 19001
add_mailbox carol 61055
add_mailbox lock 61056
chmod +t "$work/home/lock"
start_syslog
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail.example \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat "$work/key.pem" "$work/cert.pem" >"$work/both.pem"
chmod 644 "$work/both.pem"
add_disabled
start_courier
attacker timeout 300 python3 tests/system/73-mail-courier.py "$build/gaol" \
    "$work/mail.log" || failed=1
