"""Lines of servers that have a jail, with a client's text in them, and how they
write such a text."""

import re

PLANTED, PLANTED6 = "203.0.113.7", "2001:db8:7::7"


# --- how servers write what a client sent ---------------------------------------

def raw(text):
    """A line feed would end the request or the command."""
    return re.sub(r"[\r\n].*", "", text, flags=re.S)


def login(text):
    """The longest name that any account can have."""
    return raw(text)[:255]


def vis(text):
    """sshd: control bytes and all beyond ASCII in octal, 100 bytes of a name."""
    return "".join(chr(b) if 0x20 <= b <= 0x7e else "\\%03o" % b
                   for b in text.encode()[:100])


def no_colon(text):
    """nginx: as it came, line feeds too; a colon ends the name. Its lines end
    at 2048 bytes, whatever is left."""
    return text.split(":")[0][:1500] or "x"


def nginx_access(text):
    return "".join(c if " " <= c <= "~" and c not in '"\\' else
                   "".join("\\x%02X" % b for b in c.encode()) for c in text)


def nginx_access_name(text):
    return nginx_access(no_colon(text))


NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\v": "\\v"}


def c_escapes(text, special):
    return "".join(NAMED.get(c) or ("\\" + c if c in special else c if " " <= c
                   <= "~" else "".join("\\x%02x" % b for b in c.encode()))
                   for c in text)


def no_blanks(text):
    """A blank ends what is asked for."""
    return nginx_access(text).replace(" ", "%20")


def apache_access(text):
    return c_escapes(text, '"\\')


def apache_access_name(text):
    return apache_access(no_colon(text))


def apache_error(text):
    return c_escapes(text, "\\")


def apache_error_name(text):
    return apache_error(no_colon(text))


def marks(text):
    return "".join(c if " " <= c <= "~" else "?" for c in raw(text)[:128])


def lines_of_mark(text):
    return "".join("_" if c < " " or c == "\x7f" else c for c in login(text))


def dns(text):
    """A name as BIND writes it: dots end labels of up to 63 bytes."""
    labels = [label[:63] for label in text.encode().split(b".") if label] or [b"x"]
    name = b".".join(labels)[:250]
    return "".join("\\" + chr(b) if chr(b) in '"();@$\\' else chr(b)
                   if 0x21 <= b <= 0x7e else "\\%03d" % b for b in name)


def mysql_name(text):
    """Up to 128 letters. That line feeds come as they are is the filter's
    warning: no line is safe behind one."""
    return re.sub(r"[\r\n]", " ", text)[:128]


def postgres(text):
    return text[:63].replace("\n", "\n\t")


def certificate(text):
    return subject(text)[:64]


def subject(text):
    """Of as many parts as its owner likes."""
    return "".join(c if c >= " " and c != "\x7f" else "\\%02X" % ord(c)
                   for c in text) or "x"


# --- lines -----------------------------------------------------------------------

class Form:
    """A line with {u}, what the client fills, and {ip}. fails: it is a refused
    sign-in, and counts whatever is in it; `silent` says of which texts it need
    not, for there is no telling."""

    def __init__(self, line, text=raw, fails=True, silent=lambda text: False):
        self.line, self.text, self.fails, self.silent = line, text, fails, silent

    def make(self, text, ip, _number):
        return self.line.replace("{ip}", ip).replace("{u}", text)

    def ends(self):
        """What stands around the field, of the planted address."""
        parts = self.line.replace("{ip}", PLANTED).split("{u}")
        return parts[0], parts[-1]


NGINX = '2026/11/21 01:45:00 [error] 7#7: *2 '
NGINX_END = (', client: {ip}, server: web.example.net, request: "GET /s/ HTTP/1.1", '
             'host: "192.0.2.1:8080"')
NGINX_ENDS = [
    ', client: {ip}, server: _, request: "GET /{u} HTTP/1.1", host: "h"',
    ', client: {ip}, server: _, request: "GET / HTTP/1.1", host: "{u}"',
    ', client: {ip}, server: _, request: "GET / HTTP/1.1", host: "h", referrer: "{u}"',
    ', client: {ip}, server: _, request: "GET / HTTP/1.1", upstream: '
    '"http://127.0.0.1:1/{u}", host: "h"',
]
NGINX_LOG = '{ip} - %s [21/Nov/2026:01:45:00 +0000] "%s" %d 5 "%s" "%s"'
APACHE = ('[Sat Nov 21 01:45:00.163574 2026] [%s] [pid 7:tid 9] [client {ip}:41900] ')
SSHD = "Nov 21 01:45:00 host sshd[7]: "
VHOST = "web.example.net:80 "
SYSLOG = "Nov 21 01:45:00 host "


def access(text, name):
    """The forms of an access log, by how it writes fields and names."""
    def line(u="victim", request="GET / HTTP/1.1", status=401, referer="-", agent="a"):
        return NGINX_LOG % (u, request, status, referer, agent)

    # "-" is nobody's name: who asked for nothing.
    return [
        Form(line(u="{u}"), name, silent=lambda text: text == "-"), Form(line(referer="{u}"), text),
        Form(line(agent="{u}"), text), Form(line(request="GET /{u} HTTP/1.1"), text),
        Form(line(request="{u}"), text),
        Form(line(u="{u}", status=200), name, False),
        Form(line(status=200, referer="{u}"), text, False),
        Form(line(status=200, agent="{u}"), text, False),
        Form(line(status=404, request="GET /{u} HTTP/1.1"), text, False),
        Form(line(status=400, request="{u}"), text, False),
        Form(line(u="-", referer="{u}"), text, False),
        Form(line(u="-", agent="{u}"), text, False),
        Form(line(u="-", request="{u}"), text, False),
    ]


def cut(text):
    """A line feed has cut the line in two, and neither half says enough."""
    return "\n" in text


def asked_twice(text):
    """Which of two addresses is the true one nobody can tell."""
    return 'RemoteAddress="' in text


ASTERISK = (
    '[2026-11-21 01:45:00] SECURITY[1234] res_security_log.c: SecurityEvent="%s",'
    'EventTV="2026-11-21T01:45:00.123+0000",Severity="Error",Service="PJSIP",'
    'EventVersion="2",AccountID="%s",SessionID="%s",LocalAddress="IPV4/UDP/192.0.2.1'
    '/5060",RemoteAddress="IPV4/UDP/{ip}/5071"')
NAMED_CLIENT = "21-Nov-2026 01:45:00.435 %s: info: client @0x7fa5 {ip}#45519 "
PROFTPD = "2026-11-21 01:45:00,239 ftp proftpd[7] 192.0.2.1 (%s[{ip}]): "
PURE = SYSLOG + "pure-ftpd: (?@{ip}) "
POSTGRES = "2026-11-21 01:45:00.987 UTC [7] {ip} "
OPENVPN = "2026-11-21 01:45:00 {ip}:40001 "
VERIFY = "VERIFY ERROR: depth=%d, error=%s: %s, serial=47095165"
MYSQL = "2026-11-21  1:45:00 5 [Warning] "

def webmail(name, text):
    """A user in a webmail's lines is whatever a client sends to nginx, which
    does not ask for one."""
    start = '{ip} - %s [21/Nov/2026:01:45:00 +0000] "POST '
    end = ' HTTP/1.1" 401 5 "%s" "%s"'
    return [
        Form(start % "{u}" + "/rc/?_task=login" + end % ("-", "a"), name),
        Form(start % "{u}" + "/src/redirect.php" + end.replace("401", "200") % ("-", "a"),
             name),
        Form(start % "-" + "/?_task=login" + end % ("{u}", "a"), text),
        Form(start % "-" + "/?_task=login" + end % ("-", "{u}"), text),
        Form(start % "-" + "/?_task=login&x={u}" + end % ("-", "a"), no_blanks),
        Form(start % "-" + "/?x={u}&_task=login" + end % ("-", "a"), no_blanks),
        Form(start % "{u}" + "/rc/?_task=mail" + end % ("-", "a"), name, False),
        Form(start.replace("POST", "GET") % "-" + "/{u}" + end.replace("401", "200") % (
            "-", "a"), text, False),
        Form(start % "-" + "/x" + end % ("{u}", "{u}"), text, False),
    ]


FILTERS = {
    "webmail-access": webmail(nginx_access_name, nginx_access),
    "sshd": [
        Form(SSHD + "Failed password for {u} from {ip} port 5 ssh2", vis),
        Form(SSHD + "Failed password for invalid user {u} from {ip} port 5 ssh2", vis),
        Form(SSHD + "Invalid user {u} from {ip} port 5", vis),
        Form(SSHD + "error: PAM: Authentication failure for illegal user {u} from {ip}", vis),
        Form(SSHD + "error: maximum authentication attempts exceeded for invalid user {u} "
             "from {ip} port 5 ssh2 [preauth]", vis),
        Form(SSHD + "Accepted password for {u} from {ip} port 5 ssh2", vis, False),
        Form(SSHD + "Connection closed by invalid user {u} {ip} port 5 [preauth]", vis,
             False),
        Form(SSHD + "banner exchange: Connection from {ip} port 5: invalid format: {u}", vis,
             False),
        Form(SSHD + "Received disconnect from {ip} port 5:11: {u} [preauth]", vis, False),
        Form(SSHD + "Bad protocol version identification '{u}' from {ip} port 5", vis, False),
        Form(SSHD + "Disconnected from authenticating user {u} {ip} port 5 [preauth]", vis,
             False),
    ],
    "nginx": [
        Form(NGINX + 'user "{u}" was not found in "/etc/nginx/users"' + NGINX_END, no_colon,
             silent=cut),
        Form(NGINX + 'user "{u}": password mismatch' + NGINX_END, no_colon, silent=cut),
        Form(SYSLOG + "nginx: " + NGINX + 'user "{u}": password mismatch' + NGINX_END,
             no_colon, silent=cut),
        Form(NGINX + 'open() "/srv/{u}" failed (2: No such file or directory)' +
             NGINX_END, raw, False),
        Form(NGINX + '"/srv/{u}/index.html" is not found (2: No such file or directory)' +
             NGINX_END, raw, False),
        Form(NGINX + 'FastCGI sent in stderr: "PHP message: {u}" while reading response '
             'header from upstream' + NGINX_END, raw, False),
        Form(NGINX.replace("error", "info") + 'client sent invalid header line: "{u}" while '
             'reading client request headers' + NGINX_END, raw, False),
    ] + [Form(NGINX + 'user "victim": password mismatch' + end) for end in NGINX_ENDS]
      + [Form(NGINX + 'user "nosuch" was not found in "/u"' + end) for end in NGINX_ENDS]
      + access(nginx_access, nginx_access_name),
    "nginx-limit":
        [Form(NGINX + 'limiting requests, excess: 1.9 by zone "one"' + end)
         for end in NGINX_ENDS] +
        [Form(NGINX + 'limiting connections by zone "one"' + end) for end in NGINX_ENDS] +
        [Form(NGINX + 'user "{u}" was not found in "/u"' + NGINX_END, no_colon, False),
         Form(NGINX + 'open() "/srv/{u}" failed (2: No such file or directory)' + NGINX_END,
              raw, False)],
    "apache": [
        Form(APACHE % "auth_basic:error" + "AH01618: user {u} not found: /s/",
             apache_error_name),
        Form(APACHE % "auth_basic:error" + 'AH01617: user {u}: authentication failure for '
             '"/s/": Password Mismatch', apache_error_name),
        Form(APACHE % "auth_basic:error" + "AH01618: user nosuch not found: /{u}",
             apache_error),
        Form(APACHE % "auth_basic:error" + 'AH01617: user victim: authentication failure for '
             '"/{u}": Password Mismatch, referer: http://x/', apache_error),
        Form(APACHE % "auth_basic:error" + "AH01618: user nosuch not found: /, referer: {u}",
             apache_error),
        Form(APACHE % "auth_digest:error" + "AH01790: user `{u}' in realm `realm' not "
             "found: /l/", apache_error),
        Form(APACHE % "auth_digest:error" + "AH01790: user `nosuch' in realm `{u}' not "
             "found: /l/", apache_error),
        Form(APACHE % "auth_digest:error" + "AH01794: user {u}: password mismatch: /l/",
             apache_error),
        Form(APACHE % "auth_digest:error" + "AH01794: user victim: password mismatch: /{u}",
             apache_error),
        Form(APACHE % "auth_form:error" + "AH01807: user '{u}': authentication failure for "
             '"/form": password Mismatch', apache_error),
        Form(APACHE % "auth_form:error" + "AH01808: user '{u}' not found: /form",
             apache_error),
        Form(APACHE % "auth_form:error" + "AH01808: user 'x' not found: /form, referer: {u}",
             apache_error),
        Form(APACHE % "authz_core:error" + "AH01630: client denied by server configuration: "
             "/srv/{u}", apache_error, False),
        Form(APACHE % "core:info" + "AH00128: File does not exist: /srv/{u}", apache_error,
             False),
        Form(APACHE % "authz_core:error" + 'AH01631: user {u}: authorization failure for '
             '"/s/": ', apache_error_name, False),
        Form(APACHE % "cgi:error" + "AH01215: {u}: /usr/lib/cgi-bin/x", apache_error, False),
        Form(APACHE % "auth_digest:error" + "AH01781: client used wrong authentication "
             "scheme `{u}': /l/", apache_error, False),
        Form(APACHE % "auth_digest:error" + "AH01788: realm mismatch - got `{u}' but "
             "expected `realm'", apache_error, False),
    ] + access(apache_access, apache_access_name)
      + [Form(VHOST + form.line, form.text, form.fails, form.silent)
         for form in access(apache_access, apache_access_name)],
    "vsftpd": [
        Form('Sat Nov 21 01:45:00 2026 [pid 7] [{u}] FAIL LOGIN: Client "{ip}"', marks),
        Form(SYSLOG + 'vsftpd[7]: [{u}] FAIL LOGIN: Client "{ip}"', marks),
        Form('Sat Nov 21 01:45:00 2026 [pid 7] [{u}] OK LOGIN: Client "{ip}"', marks, False),
        Form('Sat Nov 21 01:45:00 2026 [pid 7] [victim] FAIL UPLOAD: Client "{ip}", "/{u}", '
             '0.00Kbyte/sec', marks, False),
        Form('Sat Nov 21 01:45:00 2026 [pid 7] [victim] OK LOGIN: Client "{ip}", anon '
             'password "{u}"', marks, False),
        Form('Sat Nov 21 01:45:00 2026 [pid 7] FTP command: Client "{ip}", "USER {u}"', marks,
             False),
    ],
    "proftpd": [
        Form(PROFTPD % "{ip}" + "USER {u}: no such user found from {ip} [{ip}] to "
             "::ffff:192.0.2.1:21", login),
        Form(PROFTPD % "{ip}" + "USER {u} (Login failed): Incorrect password", login),
        Form(SYSLOG + "proftpd[7]: 192.0.2.1 ({ip}[{ip}]): USER {u} (Login failed): "
             "Limit access denies login", login),
        Form(PROFTPD % "{ip}" + "USER {u}: Login successful.", raw, False),
        Form(PROFTPD % "{ip}" + "ANON {u}: Login successful.", raw, False),
        Form(PROFTPD % "{ip}" + "notice: user victim: aborting transfer: {u}", raw, False),
    ],
    "pure-ftpd": [
        Form(PURE + "[WARNING] Authentication failed for user [{u}]", lines_of_mark),
        Form(PURE + "[INFO] {u} is now logged in", lines_of_mark, False),
        Form(SYSLOG + "pure-ftpd: ({u}@{ip}) [INFO] Logout.", lines_of_mark, False),
        Form(SYSLOG + "pure-ftpd: (victim@{ip}) [NOTICE] /srv/{u} uploaded  (5 bytes, "
             "0.10KB/sec)", lines_of_mark, False),
        Form(PURE + "[DEBUG] Command [user] [{u}]", lines_of_mark, False),
    ],
    "named": [
        Form(NAMED_CLIENT % "security" + "({u}): view internet: query (cache) '{u}/A/IN' "
             "denied (allow-query-cache did not match)", dns),
        Form(NAMED_CLIENT % "security" + "({u}): query '{u}/A/IN' denied", dns),
        Form(NAMED_CLIENT % "security" + "({u}): zone transfer '{u}/AXFR/IN' denied", dns),
        Form("21-Nov-2026 01:45:00.435 update-security: info: client @0x7fa5 {ip}#45519: "
             "update '{u}/IN' denied", dns),
        Form(SYSLOG + "named[7]: client @0x7fa5 {ip}#45519 ({u}): query (cache) '{u}/A/IN' "
             "denied", dns),
        Form(NAMED_CLIENT % "queries" + "({u}): query: {u} IN A +E(0) (192.0.2.1)", dns,
             False),
        Form(NAMED_CLIENT % "rate-limit" + "({u}): rate limit drop response to "
             "198.51.100.0/24 for {u} IN A  (0)", dns, False),
        Form(NAMED_CLIENT % "query-errors" + "({u}): query failed (SERVFAIL) for {u}/IN/A "
             "at query.c:7000", dns, False),
    ],
    "mysqld": [
        Form(MYSQL + "Access denied for user '{u}'@'{ip}' (using password: YES)", mysql_name),
        Form("2026-11-21T01:45:00.123456Z 9 [Note] [MY-010926] [Server] Access denied for "
             "user '{u}'@'{ip}' (using password: NO)", mysql_name),
        Form(MYSQL + "Aborted connection 5 to db: '{u}' user: 'victim' host: '{ip}' (Got an "
             "error reading communication packets)", mysql_name, False),
        Form(MYSQL + "Aborted connection 5 to db: 'x' user: '{u}' host: '{ip}' (Got timeout "
             "reading communication packets)", mysql_name, False),
    ],
    "postgresql": [
        Form(POSTGRES + 'FATAL:  password authentication failed for user "{u}"', postgres,
             silent=cut),
        Form(POSTGRES + 'FATAL:  no pg_hba.conf entry for host "{ip}", user "{u}", database '
             '"shop", no encryption', postgres, silent=cut),
        Form(POSTGRES + 'FATAL:  no pg_hba.conf entry for host "{ip}", user "victim", '
             'database "{u}", no encryption', postgres, silent=cut),
        Form(POSTGRES + 'FATAL:  pg_hba.conf rejects connection for host "{ip}", user "{u}"'
             ', database "{u}", no encryption', postgres,
             silent=cut),
        Form(POSTGRES + 'FATAL:  database "{u}" does not exist', postgres, False),
        Form(POSTGRES + 'FATAL:  role "{u}" does not exist', postgres, False),
        Form(POSTGRES + 'ERROR:  syntax error at or near "{u}" at character 1', postgres,
             False),
        Form(POSTGRES + "STATEMENT:  {u}", postgres, False),
    ],
    "openvpn": [
        Form(OPENVPN + VERIFY % (0, "unable to get local issuer certificate", "CN={u}"),
             certificate, silent=lambda text: "VERIFY " in text),
        Form(OPENVPN + VERIFY % (0, "self-signed certificate", "C=XX, O={u}, CN=x"),
             subject, silent=lambda text: "VERIFY " in text),
        Form(OPENVPN + VERIFY % (1, "self-signed certificate in certificate chain", "CN={u}"),
             certificate, silent=lambda text: "VERIFY " in text),
        Form(OPENVPN + "VERIFY OK: depth=0, CN={u}", certificate, False),
        Form(OPENVPN + "[{u}] Peer Connection Initiated with [AF_INET]{ip}:40002",
             certificate, False),
        Form("2026-11-21 01:45:00 {u}/{ip}:40001 MULTI: Learn: 10.9.0.2 -> {u}/{ip}:40001",
             certificate, False),
        Form("2026-11-21 01:45:00 {u}/{ip}:40001 " + VERIFY % (
            0, "self-signed certificate", "CN={u}"), certificate, False),
        Form("2026-11-21 01:45:00 {u}/{ip}:40001 TLS Auth Error: Auth Username/Password "
             "verification failed for peer", certificate, False),
        Form(OPENVPN + "peer info: IV_GUI_VER={u}", certificate, False),
        Form(OPENVPN + "TLS: Username/Password authentication succeeded for username '{u}'",
             certificate, False),
    ],
    "asterisk": [
        Form(ASTERISK % ("InvalidAccountID", "{u}", "abc"), login),
        Form(ASTERISK % ("InvalidAccountID", "nosuch", "{u}")),
        Form(ASTERISK % ("InvalidPassword", "victim", "{u}") + ',Challenge="5f1",'
             'ReceivedChallenge="5f1",ReceivedHash="d4"', silent=asked_twice),
        Form(ASTERISK % ("InvalidPassword", "victim", "abc") + ',Challenge="5f1",'
             'ReceivedChallenge="{u}",ReceivedHash="{u}"', silent=asked_twice),
        Form(ASTERISK % ("ChallengeResponseFailed", "victim", "abc") + ',Challenge="1/3f",'
             'Response="{u}",ExpectedResponse=""', silent=asked_twice),
        Form(ASTERISK % ("FailedACL", "{u}", "abc") + ',ACLName="office"', login),
        Form(ASTERISK % ("FailedACL", "victim", "{u}") + ',ACLName="office"'),
        Form(ASTERISK % ("SuccessfulAuth", "{u}", "abc") + ',UsingPassword="1"', raw, False),
        Form(ASTERISK % ("ChallengeSent", "{u}", "{u}") + ',Challenge="1/3f"', raw, False),
        Form(ASTERISK % ("RequestBadFormat", "victim", "abc") + ',RequestType="{u}"', raw,
             False),
        Form("[2026-11-21 01:45:00] NOTICE[1234] chan_sip.c: Registration from '\"{u}\" "
             "<sip:100@{ip}>' failed for '{ip}:5071' - Wrong password", raw, False),
    ],
}
