#!/usr/bin/env bash
# A real Exim, from a tree of its own, and clients that write down what they
# did: the events of its log are the clients' own record, field by field, and
# what a run of its queue then delivers. With the usual log selectors and with
# many, and with the lines of exim-json.conf.
#
# What its log does not hold, so that nothing can be compared:
# - why an account that is disabled was refused (dis@example.com). The
#   authenticator's condition says no, whatever it was made of:
#     plain authenticator failed for (pc.example.net) [198.51.100.12]: 535 Incorrect authentication data (set_id=dis@example.com)
# - who had signed in when MAIL is refused (exp@example.com); nor does "no MAIL"
#   tell then. From RCPT on (off@example.com) A= does; exim-json always:
#     H=(pc.example.net) [198.51.100.11] rejected MAIL <exp@example.com>: account expired
# - whether a failure was encrypted, and of a session its bytes and what it did.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/system/tree.sh
. "$(dirname "$0")/tree.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# exim_conf NAME SELECTORS
exim_conf() {
    cat >"$work/$1.conf" <<EOF
ACCOUNTS = alice@example.com:bob@example.com:dis@example.com:exp@example.com:off@example.com
ALIASES = gone=":fail: no such user" full=":defer: no room left" list="bob@example.com, y@example.net, z@example.net" box="$work/mail/box" tool="|/bin/true -a b"
primary_hostname = mail.example
spool_directory = $work/spool.$1
log_file_path = $work/$1-%slog
pid_file_path = $work/exim.pid
log_selector = $2
daemon_smtp_ports = 587 : 465
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = $work/cert.pem
tls_privatekey = $work/key.pem
auth_advertise_hosts = *
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
local_interfaces = <; 0.0.0.0 ; ::0
host_lookup =
rfc1413_query_timeout = 0s
queue_only = true
domainlist local_domains = example.com
smtp_accept_max = 100
smtp_accept_queue = 100
smtp_connect_backlog = 200

begin acl
mail:
  deny condition = \${if eq{\$authenticated_id}{exp@example.com}}
       message = account expired
  accept
rcpt:
  deny condition = \${if eq{\$authenticated_id}{off@example.com}}
       message = account disabled
  accept authenticated = *
  accept domains = +local_domains
  deny message = relay not permitted

begin routers
away:
  driver = manualroute
  domains = ! +local_domains
  transport = relay
  route_list = * 127.0.0.1
  self = send
aliases:
  driver = redirect
  data = \${extract{\$local_part}{ALIASES}}
  allow_defer
  allow_fail
  user = Debian-exim
  file_transport = file
  pipe_transport = pipe
bin:
  driver = accept
  transport = bin

begin transports
relay:
  driver = smtp
  port = 2525
bin:
  driver = appendfile
  file = $work/mail/bin
  user = Debian-exim
file:
  driver = appendfile
pipe:
  driver = pipe

begin retry
* * F,1h,10m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and {{inlist{\$auth2}{ACCOUNTS}}{!eq{\$auth2}{dis@example.com}}{eq{\$auth3}{good-password}}}}
  server_set_id = \$auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and {{inlist{\$auth1}{ACCOUNTS}}{!eq{\$auth1}{dis@example.com}}{eq{\$auth2}{good-password}}}}
  server_set_id = \$auth1
EOF
}

# exim_json NAME SELECTORS: the same, with the lines of dist/exim-json.conf where
# it says they belong where there is an acl_smtp_mail already.
exim_json() {
    exim_conf "$1" "$2"
    sed -e '/^#/d' -e '/^begin acl/,$d' -e '/^acl_smtp_mail/d' \
        dist/exim-json.conf >"$work/main.conf"
    sed -e '1,/^begin acl/d' dist/exim-json.conf >"$work/acls.conf"
    sed -i -e "1r $work/main.conf" -e "/^begin acl/r $work/acls.conf" \
        -e '/^mail:/a warn acl = gaol_mail' "$work/$1.conf"
}

# run NAME: that Exim, the clients, and what gaol makes of its main log.
run() {
    local port exim
    server exim4 -C "$work/$1.conf" -bdf >"$work/$1.out.log" 2>&1 &
    exim=$!
    for port in 587 465; do
        wait_for 15 listens "$port" || give_up "$1: Exim listens on $port"
    done
    attacker timeout 300 python3 tests/system/71-mail-exim.py "$build/gaol" \
        "$work/$1-mainlog" "$work/$1-rejectlog" "$1" \
        nsenter --target "$server_pid" --net --mount --pid -- \
        sh -c 'exec exim4 -C "$1" -qf 2>>"$2"' sh "$work/$1.conf" \
        "$work/queue.log" || failed=1
    server kill "$(cat "$work/exim.pid")"
    wait "$exim"
}

fetch_tree exim exim4-daemon-light exim4-base exim4-config libidn12
make_network
for n in 10 11 12; do
    ip -n "$attacker_ns" address add "198.51.100.$n/24" dev up0
    ip -n "$attacker_ns" address add "2001:db8:66::$n/64" dev up0 nodad
done
make_server
add_account Debian-exim 61030
enter_tree
mkdir "$work/mail"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail.example \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
chmod 644 "$work/key.pem"
chown 61030:61030 "$work/mail"
for name in usual many json; do
    mkdir "$work/spool.$name"
    chown 61030:61030 "$work/spool.$name"
    for log in main reject panic; do
        : >"$work/$name-${log}log"
        chown 61030:61030 "$work/$name-${log}log"
    done
done
server python3 "$root/tests/system/relay.py" 2525 >"$work/relay.log" 2>&1 &
wait_for 15 server test -s "$work/relay.log" || give_up "the relay listens"
exim_conf usual '+smtp_no_mail'
exim_conf many '+smtp_no_mail +incoming_port +incoming_interface +pid +millisec +tls_sni +smtp_connection +smtp_protocol_error +smtp_syntax_error +all_parents +delivery_size +deliver_time +outgoing_port +queue_time +return_path_on_delivery +sender_on_delivery'
exim_json json '+smtp_no_mail +incoming_port +incoming_interface'
run usual
run many
run json
