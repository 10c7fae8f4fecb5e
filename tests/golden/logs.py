"""Logs of servers under attack, some of them by people who know the filters.

logs.py KIND STYLE SEED LINES > log

KIND is sshd, dovecot, exim, postfix or nginx; STYLE syslog or iso. Names and
addresses that an attacker chooses are put together from pieces that look like
other parts of the same line, from bytes that are no UTF-8, and from blanks and
brackets of every kind. The address of a connection holds the line's number,
so that it tells which line a program found.
"""
import random
import sys
import time

PLANTED = [b"203.0.113.7", b"2001:db8:7::7", b"[203.0.113.7]"]
PIECES = PLANTED + [
    b" from ", b" port 22", b" ssh2", b"root", b"admin", b"a b", b"'", b'"',
    b"<", b">", b"(", b")", b"[", b"]", b"[1]: ", b": ", b", ", b";", b"=",
    b"user=<x>", b"rip=203.0.113.7", b"client: 203.0.113.7", b"\t", b"\x0b",
    b"\x1c", b"\x1f", b"\x00", b"\x7f", b"\xff", b"\xc3", b"\xc3\xa9",
    b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xc5\xbf",
    b"\xe2\x84\xaa", b"\xc2\x85", b"\xc2\xa0", b"\xf5\x80", b"\xe4\xb8",
    b"Nov 21 22:08:12 ", b"2026-11-21 22:08:12 ", b"1795298892 ",
    b"[21/Nov/2026:22:08:12 +0000]", b"sshd[1]: ", b"Failed password for ",
    b"invalid user ", b"authentication failure", b"rhost=203.0.113.7",
    b"H=(x) [203.0.113.7]", b" no such user", b"\\", b"$", b"^", b"%s",
    b"[preauth]", b"set_id=", b"535 Incorrect", b"0" * 40, b".", b"-", b"_",
]

SSHD = [
    b"Failed password for {u} from {a} port {p} ssh2",
    b"Failed password for invalid user {u} from {a} port {p} ssh2",
    b"Failed publickey for {u} from {a} port {p} ssh2: RSA {u}",
    b"Invalid user {u} from {a} port {p}",
    b"Invalid user {u} from {a}",
    b"User {u} from {a} not allowed because not listed in AllowUsers",
    b"Connection closed by authenticating user {u} {a} port {p} [preauth]",
    b"Connection closed by {a} port {p} [preauth]",
    b"Disconnected from authenticating user {u} {a} port {p} [preauth]",
    b"Received disconnect from {a} port {p}:11: {u} [preauth]",
    b"error: maximum authentication attempts exceeded for {u} from {a} port "
    b"{p} ssh2 [preauth]",
    b"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 "
    b"tty=ssh ruser= rhost={a}  user={u}",
    b"Accepted password for {u} from {a} port {p} ssh2",
    b"error: PAM: Authentication failure for {u} from {a}",
    b"Did not receive identification string from {a} port {p}",
    b"Bad protocol version identification '{u}' from {a} port {p}",
    b"Unable to negotiate with {a} port {p}: no matching {u} found",
    b"pam_unix(sshd:session): session opened for user {u} by (uid=0)",
    b"{u}",
]
DOVECOT = [
    b"imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{u}>"
    b", method=PLAIN, rip={a}, lip=192.0.2.1, session=<{u}>",
    b"pop3-login: Aborted login (auth failed, 3 attempts): user=<{u}>, method="
    b"PLAIN, rip={a}, lip=192.0.2.1",
    b"imap-login: Disconnected: Inactivity (no auth attempts in 180 secs): "
    b"user=<>, rip={a}, lip=192.0.2.1, TLS",
    b"imap-login: Disconnected (tried to use disallowed plaintext auth): "
    b"user=<{u}>, rip={a}, lip=192.0.2.1",
    b"imap-login: Login: user=<{u}>, method=PLAIN, rip={a}, lip=192.0.2.1",
    b"auth-worker(1234): pam({u},{a}): pam_authenticate() failed: "
    b"Authentication failure (password mismatch?)",
    b"auth: passwd-file({u},{a}): unknown user",
    b"auth-worker({p}): sql({u},{a}): Password mismatch",
    b"auth: Info: ldap({u},{a}): invalid credentials",
    b"{u}",
]
EXIM = [
    b"dovecot_login authenticator failed for ({u}) [{a}]: 535 Incorrect "
    b"authentication data (set_id={u})",
    b"plain authenticator failed for {u} ({u}) [{a}]:{p}: 535 Incorrect "
    b"authentication data",
    b"login authenticator failed for H=(x) [{a}] U={u}: 535 Incorrect "
    b"authentication data",
    b"H=({u}) [{a}]:{p} F=<{u}> rejected RCPT <x@example.com>: Unknown user",
    b"H={u} [{a}] rejected RCPT <{u}>: relay not permitted",
    b"H=({u}) [{a}] sender verify fail for <{u}>: Unrouteable address",
    b"SMTP call from ({u}) [{a}] dropped: too many syntax or protocol errors "
    b"(last command was \"{u}\")",
    b"no host name found for IP address {a}",
    b"1rHm0x-0001 <= {u} H=({u}) [{a}] P=esmtp S=1000",
    b"{u}",
]
POSTFIX = [
    b"postfix/smtpd[{n}]: NOQUEUE: reject: RCPT from {h}[{a}]: 554 5.7.1 "
    b"<{u}>: Relay access denied; from=<{u}> to=<{u}> proto=ESMTP helo=<{u}>",
    b"postfix/smtpd[{n}]: NOQUEUE: reject: RCPT from unknown[{a}]: 450 4.7.1 "
    b"<{u}>: Helo command rejected: Host not found; from=<{u}> to=<{u}>",
    b"postfix/smtpd[{n}]: NOQUEUE: reject: RCPT from {h}[{a}]: 550 5.1.1 <{u}>:"
    b" Recipient address rejected: User unknown in local recipient table;",
    b"postfix/smtpd[{n}]: warning: {h}[{a}]: SASL LOGIN authentication failed:"
    b" {u}",
    b"postfix/smtpd[{n}]: warning: {h}[{a}]: SASL PLAIN authentication failed:"
    b" UGFzc3dvcmQ6",
    b"postfix/smtpd[{n}]: improper command pipelining after EHLO from {h}[{a}]"
    b": {u}",
    b"postfix/smtpd[{n}]: lost connection after AUTH from {h}[{a}]",
    b"postfix/submission/smtpd[{n}]: disconnect from {h}[{a}] ehlo=1 auth=0/1",
    b"postfix/smtps/smtpd[{n}]: warning: non-SMTP command from {h}[{a}]: {u}",
    b"postfix/qmgr[{n}]: {u}",
]
NGINX = [
    b'[error] 12#34: *{n} user "{u}": password mismatch, client: {a}, server: '
    b'x, request: "GET /{u} HTTP/1.1", host: "x"',
    b'[error] 12#34: *{n} user "{u}" was not found in "/etc/x", client: {a}, '
    b'server: localhost, request: "GET / HTTP/1.1", host: "{u}"',
    b'[error] 12#34: *{n} no user/password was provided for basic '
    b'authentication, client: {a}, server: x, request: "GET / HTTP/1.1"',
    b'[crit] 12#34: *{n} SSL_do_handshake() failed (SSL: {u}) while SSL '
    b'handshaking, client: {a}, server: 0.0.0.0:443',
    b'[error] 12#34: *{n} limiting requests, excess: 1.1 by zone "{u}", '
    b'client: {a}, server: x, request: "GET /{u} HTTP/1.1", host: "x"',
    b'[error] 12#34: *{n} open() "/var/www/{u}" failed (2: No such file or '
    b'directory), client: {a}, server: x',
    b"{u}",
]
KINDS = {"sshd": SSHD, "dovecot": DOVECOT, "exim": EXIM, "postfix": POSTFIX,
         "nginx": NGINX}


def hostile(rng):
    if rng.random() < 0.3:
        return rng.choice([b"root", b"admin", b"joe", b"joe@example.com", b""])
    return b"".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 6)))


def address(rng, number):
    kind = rng.random()
    low = number % 0x1000000
    if kind < 0.75:
        return b"10.%d.%d.%d" % (low >> 16, low >> 8 & 255, low & 255)
    if kind < 0.95:
        return b"2001:db8:%x:%x::1" % (low >> 16, low & 0xffff)
    if kind < 0.97:
        return b"::ffff:10.%d.%d.%d" % (low >> 16, low >> 8 & 255, low & 255)
    return hostile(rng)


def stamp(kind, style, at, rng):
    t = time.gmtime(at)
    if kind == "nginx":
        form = "%Y/%m/%d %H:%M:%S " if style == "syslog" else \
            "%Y-%m-%dT%H:%M:%S "
        return time.strftime(form, t).encode()
    if kind == "exim":
        text = time.strftime("%Y-%m-%d %H:%M:%S ", t)
        return (text + ("" if style == "syslog" else "[%d] " %
                        rng.randrange(99999))).encode()
    if style == "syslog":
        text = "%s %2d %s" % (time.strftime("%b", t), t.tm_mday,
                              time.strftime("%H:%M:%S", t))
    else:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", t) + \
            rng.choice([".%06d+00:00" % rng.randrange(1000000), "+00:00",
                        ".123456Z"])
    tag = {"sshd": b"sshd[%d]: ", "dovecot": b"dovecot: ", "postfix": b""}[kind]
    if b"%d" in tag:
        tag %= rng.choice([1, 2, 3, rng.randrange(99999)])
    return text.encode() + b" mail " + tag


def line(kind, style, at, number, rng):
    # Only what stands in the template is replaced, not what was put in.
    text = rng.choice(KINDS[kind])
    out, rest = b"", text
    while b"{" in rest:
        before, _, rest = rest.partition(b"{")
        key, _, rest = rest.partition(b"}")
        out += before + (
            hostile(rng) if key == b"u" else
            address(rng, number) if key == b"a" else
            b"%d" % rng.randrange(1, 65536) if key == b"p" else
            b"%d" % rng.randrange(1, 99999) if key == b"n" else
            rng.choice([b"unknown", b"mail.example.com", hostile(rng)]))
    text = out + rest
    # Now and then one is cut off, or its stamp is odd.
    odd = rng.random()
    if odd < 0.02:
        text = text[:rng.randrange(len(text) + 1)]
    mark = stamp(kind, style, at, rng)
    if 0.02 < odd < 0.03:
        mark = hostile(rng) + mark
    return (mark + text).replace(b"\n", b" ")


def main():
    kind, style, seed, lines = sys.argv[1:]
    rng = random.Random("%s %s %s" % (kind, style, seed))
    # Yesterday: a stamp in the future would lose its year.
    at = int(time.time()) - 86400 - int(lines) // 4
    out = sys.stdout.buffer
    for number in range(int(lines)):
        out.write(line(kind, style, at + number // 4, number + 1, rng) + b"\n")


main()
