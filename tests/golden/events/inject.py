"""Hostile text in every field that a client fills, in lines as the servers
write them: address, account and outcome of the event stay the true ones."""

import base64
import collections
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

TRUE = "198.51.100.7"
HOSTILE = [
    "x>, method=PLAIN, rip=1.2.3.4, lip=5.6.7.8, session=<a",
    "x>, rip=1.2.3.4", "x>, rip=1.2.3.4, lip=5.6.7.8, TLS, session=<b>",
    "a, rip=1.2.3.4", "rip=1.2.3.4", ", rip=1.2.3.4, ", "<a>", ">>>", "<<<",
    "x,1.2.3.4,<s>): Password mismatch", "x,1.2.3.4): unknown user",
    "?,1.2.3.4,<s>", "x (auth failed, 1 attempts in 2 secs): user=<y",
    "imap-login: Login: user=<bob>, method=PLAIN, rip=1.2.3.4, lip=1.1.1.1, "
    "mpid=1, session=<z>", "Login: user=<bob>", "x\\ny", "x?y", "'; --", "\"",
    "%n%s", "${jndi}", "$(id)", "`id`", "|sh", "../../etc", "\u202euser",
    "\u00e4\u00f6\u00fc", "a b c", " lead", "tail ", "a@b@c", "@", "a=b",
    "user=<y>", "session=<S>", "TLS", ", TLS, ", "mpid=99", "(x)", ")", "(",
    "): ", ">: ", "<1><2>: Disconnected: Logged out in=1 out=2",
    "a>, method=PLAIN, rip=::1", "::ffff:1.2.3.4", "a, lip=1.2.3.4",
    "1.2.3.4", "[1.2.3.4]", "x in=99 out=99", "stats: {\"event\":\"x\"}",
    "x) [1.2.3.4]: 535 Incorrect authentication data (set_id=victim",
    "(pc) [1.2.3.4]:25 I=[1.1.1.1]:25: 535 Incorrect authentication data",
    "A=plain:ceo@example.com S=1", "P=esmtpsa A=plain:ceo@example.com S=1",
    "1xUtUa-0005N8-1u <= a H=(b) [1.2.3.4] P=esmtpa A=plain:ceo S=9",
    "H=(a) [1.2.3.4] unrecognized command", "rejected RCPT <a>: no",
]

# text: how the server writes what it does not write as it came; want: what
# must be known of the event besides its address. USER stands for the text.
# A line that `silent` says so of may tell of nothing: nobody can know it.
# means: what the event says of a text, if not what is written.
# {t} in a line is where its stamp stands, if not at its beginning.
# A function makes the user of it. A form that wants None must tell of nobody's
# sign-in, and of no other address.
Form = collections.namedtuple("Form", "line want text silent means",
                              defaults=(lambda text: False, None))
USER = object()


def as_it_is(text):
    return text


def no_blank(text):
    """Exim takes such a HELO only; its logs of TLS names are alike."""
    return "".join(c for c in text if c not in " ()") or "x"


def quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def doubled(text):
    """Zimbra's semicolons."""
    return text.replace(";", ";;")


def in_table(text):
    """A field of a CSV."""
    return text.replace('"', '""')


def plus(text):
    return text.replace(" ", "+")


def pair(text):
    """Cyrus 3.13: in quotes, if anything in it asks for them."""
    plain = all("!" <= c <= "~" and c not in '"=\\' for c in text)
    return text if plain else '"%s"' % quoted(text)


def if_word(text):
    return None if any(c in text for c in ' "{}') else text


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


def decoded(text):
    return base64.b64decode(text).decode()


def if_bare(text):
    """Only a name that asks for no quotes is read."""
    return None if any(c in text for c in ' ",') else text


def column(text):
    """A field of a CSV, in quotes if it needs any."""
    return '"%s"' % in_table(text) if '"' in text or "," in text else text


def angled(text):
    return "<" in text or ">" in text


def not_mailbox(text):
    """No address that a server takes has these."""
    return any(c in text for c in "<> ,")


def vis(text):
    """OpenSMTPD, with vis(3)."""
    return text.replace("\\", "\\\\").replace(" ", "\\s")


LOGIN = {"kind": "login", "user": USER}
FAILURE = {"kind": "failure", "user": USER}
TRUE_LOGIN = {"kind": "login", "user": "true@example.com"}
NOBODY = {"user": None}
DOVECOT = [
    Form("imap-login: Info: Login: user=<{u}>, method=PLAIN, rip={ip}, "
         "lip=192.0.2.25, mpid=77, TLS, session=<{s}>", LOGIN, as_it_is),
    Form("imap-login: Info: Logged in: user=<{u}>, method=PLAIN, rip={ip}, "
         "lip=192.0.2.25, mpid=77, session=<{s}>", LOGIN, as_it_is),
    Form("pop3-login: Info: Disconnected: Connection closed (auth failed, 2 "
         "attempts in 9 secs): user=<{u}>, method=PLAIN, rip={ip}, "
         "lip=192.0.2.25, TLS: Connection closed, session=<{s}>", FAILURE,
         as_it_is),
    Form("imap-login: Info: Aborted login (auth failed, 1 attempts in 2 "
         "secs): user=<{u}>, method=PLAIN, rip={ip}, lip=192.0.2.25, "
         "session=<{s}>", FAILURE, as_it_is),
    Form("auth: Info: passwd-file({u},{ip},<{s}>): Password mismatch",
         FAILURE, as_it_is),
    Form("auth: Info: plain(?,{ip},<{s}>): Username character disallowed by "
         "auth_username_chars: 0x20 (username: {u})", FAILURE, as_it_is),
    Form("imap-login: Info: ID sent: name={u}, version=1: user=<>, rip={ip}, "
         "lip=192.0.2.25, session=<{s}>", dict(NOBODY, kind="client"),
         as_it_is),
    Form("imap(true@example.com)<77><{s}>: Info: expunge: box=INBOX, uid=1, "
         "msgid={u}, size=1, from={u}, subject={u}",
         {"kind": "mailbox", "user": "true@example.com", "ip": None},
         as_it_is),
    # 2.4
    Form("auth({u},{ip},sasl:plain)<{s}>: sql: Password mismatch", FAILURE,
         as_it_is),
    Form("auth({u},{ip},sasl:login)<77><{s}>: request [2]: passwd-file: "
         "unknown user", FAILURE, as_it_is),
    Form("imap(true@example.com)<77><{s}>: Info: Mailbox created: {u}",
         {"kind": "mailbox", "user": "true@example.com", "ip": None},
         as_it_is),
    Form("imap({u})<77><{s}>: Info: Disconnected: Logged out in=1 out=2",
         {"kind": "logout", "user": USER, "ip": None}, as_it_is),
    Form("imap(true@example.com)<77><{s}>: Info: ID sent: name={u}, version="
         "{u}", {"kind": "client", "user": "true@example.com", "ip": None},
         as_it_is, lambda text: text[0] in ",="),
    Form("submission(true@example.com)<77><{s}>: Info: Successfully relayed "
         "message: from=<{u}>, size=3, id=abc, nrcpt=2, reply=`250 {u}'",
         {"kind": "received", "user": "true@example.com", "ip": None},
         as_it_is, angled),
    Form("lmtp(true@example.com)<77><{s}>: Info: sieve: msgid={u}: stored mail "
         "into mailbox '{u}'", {"kind": "sent", "user": "true@example.com",
                                "ip": None}, as_it_is),
    Form("lmtp(true@example.com)<77><{s}>: Info: sieve: msgid={u}: forwarded "
         "to <{u}>", {"kind": "sent", "user": "true@example.com", "ip": None},
         as_it_is, not_mailbox),
]
EXIM = [
    Form("plain authenticator failed for (pc) [{ip}]: 535 Incorrect "
         "authentication data (set_id={u})", FAILURE, as_it_is),
    Form("[{n}] plain authenticator failed for host.example (pc) [{ip}]:5 "
         "I=[192.0.2.25]:587: 535 Incorrect authentication data (set_id={u})",
         FAILURE, as_it_is),
    Form("login authenticator failed for ({u}) [{ip}]: 535 Incorrect "
         "authentication data", dict(NOBODY, kind="failure"), no_blank),
    Form("1xUtUu-{n:06d}-15 <= a@example.com H=({u}) [{ip}] P=esmtpsa X=TLS1.3:"
         "AES:256 CV=no SNI={u} A=plain:true@example.com S=354", TRUE_LOGIN,
         no_blank),
    # Not signed in: the name in the handshake makes no sign-in of it.
    Form("1xUtUu-{n:06d}-15 <= a@example.com H=({u}) [{ip}] P=esmtps X=TLS1.3:"
         "AES:256 CV=no SNI={u} S=354", dict(NOBODY, kind="received"),
         no_blank),
    Form("1xUtUu-{n:06d}-15 <= a@example.com H=(pc) [{ip}] P=esmtp S=354 "
         "id=m@x T=\"{u}\" from <a@example.com> for b@example.com",
         dict(NOBODY, kind="received"), quoted),
    Form("SMTP syntax error in \"{u}\" H=(pc) [{ip}]:5 I=[192.0.2.25]:25 "
         "unrecognized command", dict(NOBODY, kind="abort"), as_it_is),
    Form("1xUtUu-{n:06d}-15 <= {u} H=(pc) [{ip}] P=esmtp S=354 id={u}",
         dict(NOBODY, kind="received"), no_blank),
    Form("1xUtUu-{n:06d}-15 => {u} R=rem T=rsmtp H=mx [192.0.2.80] C=\"250 "
         "{u}\"", dict(NOBODY, kind="sent", ip=None), no_blank),
    Form("1xUtUu-{n:06d}-15 ** {u} R=rem T=rsmtp: {u}",
         dict(NOBODY, kind="sent", ip=None), no_blank,
         lambda text: ":" in text),
    Form("H=(pc) [{ip}] F=<{u}> rejected RCPT <{u}>: relay not permitted",
         dict(NOBODY, kind="rejected"), no_blank, angled),
    Form("H=(pc) [{ip}] F=<a@b> rejected RCPT <a@c>: {u}",
         dict(NOBODY, kind="rejected"), as_it_is),
    Form("plain authenticator failed for (pc) [{ip}]: 435 Unable to "
         "authenticate at present (set_id={u}): no socket", FAILURE, as_it_is),
    Form("SMTP protocol error in \"{u}\" H=(pc) [{ip}]:5 I=[192.0.2.25]:25 "
         "AUTH command used when not advertised", dict(NOBODY, kind="failure"),
         as_it_is),
    Form("SMTP call from [{ip}] dropped: too many syntax or protocol errors "
         "(last command was \"{u}\")", dict(NOBODY, kind="abort"), as_it_is),
    Form("rejected EHLO from [{ip}]: syntactically invalid argument(s): {u}",
         dict(NOBODY, kind="abort"), as_it_is),
]
POSTFIX = [
    Form("mail postfix/smtpd[{n}]: warning: unknown[{ip}]: SASL PLAIN "
         "authentication failed: authentication failure, sasl_username={u}",
         FAILURE, as_it_is),
    Form("mail postfix/submission/smtpd[{n}]: 4YxT1k2Zp9{n:06d}: client="
         "pc.example[{ip}], sasl_method=LOGIN, sasl_username={u}", LOGIN,
         as_it_is),
    Form("mail postfix/smtpd[{n}]: NOQUEUE: reject: RCPT from unknown[{ip}]: "
         "554 5.7.1 <z@example.net>: Relay access denied; from=<s@example.org>"
         " to=<z@example.net> proto=ESMTP helo=<{u}>",
         dict(NOBODY, kind="rejected"), as_it_is),
    Form("mail postfix/smtpd[{n}]: improper command pipelining after EHLO "
         "from unknown[{ip}]: {u}", dict(NOBODY, kind="abort"), as_it_is),
]
POSTFIX += [
    Form("mail postfix/qmgr[{n}]: 4YxT1k2Zp9{n:06d}: from=<{u}>, size=3, "
         "nrcpt=2 (queue active)", dict(NOBODY, kind="received", ip=None),
         as_it_is, angled),
    Form("mail postfix/smtp[{n}]: 4YxT1k2Zp9{n:06d}: to=<{u}>, relay="
         "mx.example[192.0.2.80]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
         "status=sent (250 {u})", dict(NOBODY, kind="sent", ip=None), as_it_is,
         angled),
    Form("mail postfix/smtp[{n}]: 4YxT1k2Zp9{n:06d}: to=<b@example.net>, "
         "orig_to=<{u}>, relay=mx.example[192.0.2.80]:25, delay=1, dsn=5.1.1, "
         "status=bounced (550 {u})", dict(NOBODY, kind="sent", ip=None),
         as_it_is, angled),
    Form("mail postfix/smtpd[{n}]: NOQUEUE: reject: MAIL from unknown[{ip}]: "
         "553 5.7.1 <{u}>: Sender address rejected: not owned by user {u}; "
         "from=<{u}> proto=ESMTP helo=<{u}>", dict(NOBODY, kind="rejected"),
         as_it_is),
    Form("mail postfix/smtpd[{n}]: warning: unknown[{ip}]: SASL LOGIN "
         "authentication failed: Connection lost to authentication server, "
         "sasl_username={u}", FAILURE, as_it_is),
]


def has_from(text):
    return " from " in text


ROUNDCUBE = [
    Form("<j2pncet8> IMAP Error: Login failed for {u} against imap.example.com "
         "from {ip}. LOGIN: A2 NO Login failed for {u}. in /a/rcube_imap.php "
         "on line 194 (POST /?_task=login)", FAILURE, as_it_is, has_from),
    Form("<j2pncet8> Failed login for {u} from {ip} in session 4z50{n} "
         "(error: 0)", FAILURE, as_it_is),
    Form("<j2pncet8> Successful login for {u} (ID: 12) from {ip} in session "
         "4z50{n}", LOGIN, as_it_is),
    Form("<j2pncet8> Successful login for true@example.com (ID: 12) from "
         "192.0.2.1 (X-Forwarded-For: {u}) in session 4z50{n}",
         dict(TRUE_LOGIN, ip=None), as_it_is),
    Form("<j2pncet8> Failed login for true@example.com from 192.0.2.1 "
         "(X-Forwarded-For: {u}) in session 4z50{n} (error: 0)",
         {"kind": "failure", "user": "true@example.com", "ip": None}, as_it_is,
         has_from),
    Form("<j2pncet8> User true@example.com [{ip}]; Message <m@x> for {u}; "
         "250: 2.0.0 Ok: {u}", {"kind": "received",
                                "user": "true@example.com"}, as_it_is),
]
ROUNDCUBE += [
    Form("<j2pncet8> User true@example.com [{ip}]; Message <{u}> for a@b; 250: "
         "2.0.0 Ok", {"kind": "received", "user": "true@example.com"}, as_it_is,
         lambda text: angled(text) or " " in text),
]
# The last address of the header is what the proxy put there.
FORWARDED = [
    Form("<j2pncet8> Successful login for true@example.com (ID: 12) from "
         "10.0.0.2 (X-Real-IP: 1.2.3.4,X-Forwarded-For: {u}, {ip}) in session "
         "4z50{n}", TRUE_LOGIN, as_it_is),
    Form("<j2pncet8> Failed login for true@example.com from 10.0.0.2 "
         "(X-Forwarded-For: {u}, {ip}) in session 4z50{n} (error: 0)",
         {"kind": "failure", "user": "true@example.com"}, as_it_is, has_from),
    Form("<j2pncet8> IMAP Error: Login failed for true@example.com against "
         "imap.example.com from 10.0.0.2 (X-Forwarded-For: {u}, {ip}). LOGIN: "
         "NO Login failed. in /a/rcube_imap.php on line 194 (POST /)",
         {"kind": "failure", "user": "true@example.com"}, as_it_is, has_from),
    Form("<j2pncet8> Failed login for true@example.com from 10.0.0.3 "
         "(X-Real-IP: {ip},X-Forwarded-For: {u}) in session 4z50{n} "
         "(error: 0)", {"kind": "failure", "user": "true@example.com"},
         as_it_is, has_from),
    Form("<j2pncet8> Failed login for {u} from {ip} (X-Forwarded-For: 1.2.3.4)"
         " in session 4z50{n} (error: 0)", dict(FAILURE, ip=None), as_it_is,
         lambda text: has_from(text) or any(c in text for c in " ()")),
    Form("<j2pncet8> Failed login for x from 10.0.0.2 (X-Forwarded-For: {u} "
         "from {ip} (X-Forwarded-For: 1.2.3.4) in session 4z50{n} (error: 0)",
         dict(NOBODY, kind="failure", ip=None), as_it_is, lambda text: True),
]
SQUIRRELMAIL = [
    Form("[LOGIN_ERROR] {u} (example.com) from {ip}: Unknown user or password "
         "incorrect.", FAILURE, as_it_is),
    Form("[MASS_MAILING] true@example.com (example.com) from {ip}: {u}",
         {"kind": "limited", "user": "true@example.com"}, as_it_is),
    Form("[OUTGOING_MAIL] true@example.com (example.com) from {ip}: {u}",
         {"kind": "received", "user": "true@example.com"}, as_it_is),
]
WEBMAIL_ACCESS = [
    Form("{ip} - - [{t}] \"POST /?_task=login HTTP/1.1\" 401 5234 \"{u}\" "
         "\"{u}\"", dict(NOBODY, kind="failure"), quoted),
    Form("{ip} - - [{t}] \"POST /src/redirect.php HTTP/1.1\" 200 972 \"-\" "
         "\"{u}\"", dict(NOBODY, kind="failure"), quoted),
]
SOGO = [
    Form("sogod [26818]: SOGoRootPage Login from '{ip}' for user '{u}' might "
         "not have worked - password policy: 65535  grace: -1  expire: -1  "
         "bound: 0", FAILURE, as_it_is),
    Form("sogod [26818]: SOGoRootPage successful login from '{ip}' for user "
         "'{u}' - expire = -1  grace = -1", LOGIN, as_it_is),
]
DBMAIL_IMAP = [
    Form("mail dbmail/imap4d[8]: Notice:[imap] handle_auth(+1448): [0x55d] "
         "login rejected: user [{u}] from [{ip}:40112]", FAILURE, as_it_is),
    Form("mail dbmail/imap4d[8]: Notice: [0x55d] login accepted: id [42] user "
         "[{u}] from [{ip}:40112]", LOGIN, as_it_is),
]
DBMAIL_POP3 = [
    Form("mail dbmail/pop3d[8]: Error:[pop3] pop3(+1448): user [{u}] coming "
         "from [{ip}] tried to login with wrong password", FAILURE, as_it_is),
    Form("mail dbmail/pop3d[8]: Notice:[pop3] pop3(+1448): user {u} logged in "
         "[messages=3, octets=1234]", dict(LOGIN, ip=None), as_it_is),
]
ZIMBRA = [
    Form("WARN  [qtp1-80:https://mail/AuthRequest] [name={u};ip=192.0.2.25;"
         "oip={ip};oport=1;ua={u};soapId=4e;] security - cmd=Auth; account={u};"
         " protocol=soap; error=authentication failed for [{u}], invalid "
         "password;", FAILURE, doubled),
    Form("INFO  [Pop3Server-1] [ip={ip};ua={u};] security - cmd=Auth; account="
         "{u}; protocol=pop3;", LOGIN, doubled),
    Form("INFO  [ImapServer-1] [name={u};ip=192.0.2.25;oip={ip};ua={u};cid=1;] "
         "imap - user true@example.com authenticated, mechanism=PLAIN [TLS]",
         TRUE_LOGIN, doubled),
]
EXCHANGE = [
    Form(",000000000000{n:04X},2,192.0.2.25:143,{ip}:5,,1,17,21,login,\"{u} "
         "*****\",\"R=\"\"a2 NO LOGIN failed.\"\";Msg=\"\"User:{u}\"\"\",",
         dict(NOBODY, kind="failure"), in_table),
    Form(",000000000000{n:04X},2,192.0.2.25:993,{ip}:5,true@example.com,1,17,"
         "21,login,\"{u} *****\",R=OK", TRUE_LOGIN, in_table),
    Form(",EX\\Frontend,000000000000{n:04X},9,192.0.2.25:25,{ip}:5,>,535 5.7.3 "
         "Authentication unsuccessful,", dict(NOBODY, kind="failure"),
         in_table),
    Form(",000000000000{n:04X},2,192.0.2.25:143,{ip}:5,,1,17,21,login,{u} "
         "*****,\"R=\"\"a2 NO LOGIN failed.\"\";Msg=\"\"User:x\"\"\",",
         {"kind": "failure", "user": if_bare}, as_it_is,
         lambda text: if_bare(text) is None),
    Form(",EX10\\IMAP4,08CDABCDEF{n:06X},4,192.0.2.25:143,{ip}:5,<,{u},",
         None, column),
    Form(",EX10\\IMAP4,08CDABCDEF{n:06X},4,192.0.2.25:143,{ip}:5,>,{u} NO "
         "LOGIN failed.,", dict(NOBODY, kind="failure"), plus,
         lambda text: "," in text or '"' in text),
    Form(",EX01\\Frontend,08CDABCDEF{n:06X},9,192.0.2.25:25,{ip}:5,>,\"250 "
         "2.6.0 <{u}> [InternalId=6270652252161, Hostname=EX01.example.com] "
         "1343 bytes in 0.112, 11.645 KB/sec Queued mail for delivery\",",
         dict(NOBODY, kind="received"), in_table,
         lambda text: angled(text) or any(c in text for c in " \",")),
]
TRACKING = [
    Form(",{ip},{u},192.0.2.25,EX01,{u},EX01\\Frontend,SMTP,RECEIVE,{n},{u},"
         "0a1b2c3d-1111-2222-3333-444455556666,{u},,1343,2,,,{u},{u},{u},x,"
         "Originating,,1.2.3.4,1.2.3.4,", dict(NOBODY, kind="received"),
         column),
    Form(",{ip},{u},192.0.2.25,EX10,x,EX10\\Default,SMTP,RECEIVE,{n},{u},{u},,"
         "99,1,,,{u},{u},{u},x", dict(NOBODY, kind="received"), column),
    Form(",192.0.2.25,EX01,192.0.2.80,{u},{u},Outbound,SMTP,SENDEXTERNAL,{n},"
         "{u},0a1b2c3d-1111-2222-3333-444455556666,{u},{u},1343,2,,,{u},{u},"
         "{u},x", dict(NOBODY, kind="sent", ip=None), column),
    Form(",192.0.2.25,EX01,,,x,,ROUTING,FAIL,{n},{u},0a1b2c3d-1111-2222-3333-"
         "444455556666,{u},{u},1343,1,,,{u},{u},{u},x",
         dict(NOBODY, kind="sent", ip=None), column),
]
COLUMNS = [
    Form("W3SVC1 EX01 192.0.2.25 POST {u} {u} 443 {u} {ip} HTTP/1.1 {u} {u} "
         "{u} {u} 401 1 1326 1293 801 15 {u}", FAILURE, plus),
    Form("W3SVC1 EX01 192.0.2.25 POST / - 443 EX\\true 10.0.0.2 HTTP/1.1 {u} "
         "{u} {u} {u} 401 1 1326 1293 801 15 {u},+{ip}",
         {"kind": "failure", "user": "EX\\true"}, plus),
    # What the client's columns say is no answer.
    Form("W3SVC1 EX01 192.0.2.25 POST {u} {u} 443 {u} {ip} HTTP/1.1 401 1 1326 "
         "{u} 200 0 0 1293 801 15 {u}", None, plus),
]
EXCHANGE_IIS = [
    Form("192.0.2.25 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Sync&"
         "User={u}&DeviceId={u}&DeviceType={u} 443 {u} {ip} {u} {u} 401 1 "
         "1326 15", FAILURE, plus),
    Form("192.0.2.25 POST /EWS/Exchange.asmx {u} 443 {u} {ip} {u} {u} 401 1 "
         "1326 15", FAILURE, plus),
]
XEAMS = [
    Form("- [IMAP] {{SECURE}} - {u} - {ip} (LAN)", LOGIN, as_it_is),
    Form("- [POP3] {{UNSECURE}} - {u} - {ip} (United States)", LOGIN, as_it_is),
]
OPENSMTPD = [
    Form("{t}mx smtpd[1]: 1a2b3c4d{n:08x} smtp connected address={ip} host=a\n"
         "{t}mx smtpd[1]: 1a2b3c4d{n:08x} smtp authentication user={u} "
         "result=permfail", FAILURE, vis),
    Form("{t}mx smtpd[1]: 1a2b3c4d{n:08x} smtp connected address={ip} host=a\n"
         "{t}mx smtpd[1]: 1a2b3c4d{n:08x} smtp authentication user={u} "
         "result=ok", LOGIN, vis),
]
OPENSMTPD += [
    Form("mx smtpd[1]: 2a2b3c4d{n:08x} smtp event=authentication user={u} "
         "address={ip} host=pc result=permfail", FAILURE, vis),
    Form("mx smtpd[1]: 2a2b3c4d{n:08x} smtp event=message address={ip} host=pc "
         "msgid={n:08x} from=<{u}> to=<{u}> size=3 ndest=2 proto=ESMTP",
         dict(NOBODY, kind="received"), vis, angled),
    Form("mx smtpd[1]: 2a2b3c4d{n:08x} mta delivery evpid={n:08x}00000001 from="
         "<{u}> to=<{u}> rcpt=<-> source=\"192.0.2.25\" relay=\"{u}\" delay=1s "
         "result=\"Ok\" stat=\"{u}\"", dict(NOBODY, kind="sent", ip=None), vis,
         angled),
]
SENDMAIL = [
    Form("mx sm-mta[{n}]: 09DJDgOM{n:06d}: to={u}, delay=00:00:01, mailer="
         "esmtp, pri=3, relay=mx [192.0.2.80], dsn=2.0.0, stat=Sent ({u})",
         dict(NOBODY, kind="sent", ip=None), as_it_is, not_mailbox),
    Form("mx sm-mta[{n}]: 09DJDgOM{n:06d}: from={u}, size=343, class=0, "
         "nrcpts=2, msgid=<m@x>, proto=ESMTP, daemon=MTA, relay=pc [{ip}]",
         dict(NOBODY, kind="received"), as_it_is, not_mailbox),
    Form("mx sm-mta[{n}]: ruleset=check_relay, arg1={u}, arg2={u}, relay=h "
         "[{ip}], reject=421 4.3.2 Connection rate limit exceeded.",
         dict(NOBODY, kind="limited"), as_it_is),
    Form("mx sm-mta[{n}]: 09DJDgOM005976: AUTH failure (LOGIN): authentication "
         "failure (-13) SASL(-13): authentication failure: checkpass failed, "
         "user={u}, relay=host.example.com [{ip}] (may be forged)", FAILURE,
         as_it_is),
    Form("mx sm-mta[{n}]: 09DJDgOM005976: AUTH failure (CRAM-MD5): user not "
         "found (-20) SASL(-13): user not found: user: {u}@h property: x, "
         "user={u}, relay=[{ip}]", dict(NOBODY, kind="failure"), as_it_is),
    Form("mx sm-mta[{n}]: AUTH=server, relay=pc.example.net [{ip}], authid={u},"
         " mech=PLAIN, bits=0", LOGIN, as_it_is),
    Form("mx sm-mta[{n}]: 09DJDgOM{n:06d}: from=<s@example.org>, size=343, "
         "class=0, nrcpts=2, msgid=<{u}>, proto=ESMTP, daemon=MTA, relay=pc "
         "[{ip}]", dict(NOBODY, kind="received"), as_it_is),
]
SASLAUTHD = [
    Form("mx saslauthd[7]: do_auth         : auth failure: [user={u}] "
         "[service=smtp] [realm=] [mech=pam] [reason=PAM auth error]",
         dict(FAILURE, ip=None), as_it_is),
]
STALWART = [
    Form("INFO IMAP ID (imap.id) listenerId = \"imaptls\", localPort = 993, "
         "remoteIp = {ip}, remotePort = 5, name = \"{u}\"",
         dict(NOBODY, kind="client"), as_it_is),
    Form("INFO IMAP APPEND (imap.append) listenerId = \"imaptls\", localPort = "
         "993, remoteIp = {ip}, remotePort = 5, mailboxName = \"{u}\"",
         dict(NOBODY, kind="mailbox"), as_it_is),
    Form("INFO Authentication failed (auth.failed) listenerId = \"imaptls\", "
         "localPort = 993, remoteIp = {ip}, remotePort = 5, accountName = "
         "\"{u}\"", FAILURE, as_it_is),
    Form("INFO Authentication successful (auth.success) listenerId = \"smtp\", "
         "localPort = 25, remoteIp = {ip}, remotePort = 5, accountName = "
         "\"{u}\", accountId = 7", LOGIN, as_it_is),
]
HMAILSERVER = [
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: A1 LOGIN {u} "
         "***\"\n\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: {u} NO "
         "Invalid user name or password.\"", {"kind": "failure", "user": if_word}, plus),
    # The name is known if it is one word; what the client says in another
    # line of the dialogue is no answer.
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: A1 LOGIN {u} "
         "***\"\n\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: A1 NO Invalid "
         "user name or password.\"", {"kind": "failure", "user": if_word},
         as_it_is),
    Form("\"POP3D\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: USER {u}\"\n"
         "\"POP3D\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: +OK Mailbox locked "
         "and ready\"", LOGIN, as_it_is),
    Form("\"SMTPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: {u}\"\n\"SMTPD\"\t"
         "4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: 535 Authentication failed. "
         "Restarting authentication process.\"",
         {"kind": "failure", "user": decoded}, base64_of),
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: {u}\"", None,
         as_it_is),
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: A0 ID (\"name\" "
         "\"{u}\" \"version\" \"{u}\")\"", dict(NOBODY, kind="client"),
         as_it_is, lambda text: '"' in text),
    Form("\"SMTPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: 535 Authentication "
         "failed. Restarting authentication process.\"",
         dict(NOBODY, kind="failure"), as_it_is),
]
VPOPMAIL = [
    Form("mx vpopmail[8]: vchkpw-smtp: password fail {u}:{ip}", FAILURE,
         as_it_is),
    Form("mx vpopmail[8]: vchkpw-pop3: password fail (pass: '{u}') {u}:{ip}",
         dict(NOBODY, kind="failure"), as_it_is),
    Form("mx vpopmail[8]: vchkpw-imap: (PLAIN) login success {u}:{ip}", LOGIN,
         as_it_is),
]
PERDITION = [
    Form("mx perdition.imaps[{n}]: Auth: {ip}:5->192.0.2.25:993 client-secure="
         "ssl authorisation_id=NONE authentication_id=\"{u}\" server=\"mx:993\""
         " protocol=IMAP4S server-secure=ssl status=\"failed: "
         "Re-Authentication Failure\"", FAILURE, as_it_is),
    Form("mx perdition.pop3[{n}]: Auth: {ip}:5->192.0.2.25:110 client-secure="
         "plaintext authorisation_id=NONE authentication_id=\"{u}\" server="
         "\"mx:110\" protocol=POP3 server-secure=plaintext status=\"ok\"",
         LOGIN, as_it_is),
]
UW_IMAP = [
    Form("mx imapd[{n}]: Login failed user={u} auth={u} host=pc [{ip}]",
         FAILURE, as_it_is),
    Form("mx imapd[{n}]: Logout user={u} host=pc [{ip}]",
         {"kind": "logout", "user": USER}, as_it_is),
    Form("mx imapd[{n}]: Login disabled user={u} auth={u} host=pc [{ip}]",
         dict(NOBODY, kind="failure"), as_it_is),
    Form("mx ipop3d[{n}]: Login user={u} host=pc.example.net [{ip}] nmsgs=3/3",
         LOGIN, as_it_is),
]
NGINX_MAIL = [
    Form("[info] 12#12: *{n} client login failed: \"Invalid login\" while in "
         "http auth state, client: {ip} using starttls, server: 0.0.0.0:143, "
         "login: \"{u}\"", FAILURE, as_it_is),
    Form("[info] 12#12: *{n} client logged in, client: {ip}, server: "
         "0.0.0.0:993, login: \"{u}\", upstream: 127.0.0.1:10143", LOGIN,
         as_it_is),
]


def courier(text):
    return "".join(chr(b) if 32 <= b < 127 else "." for b in text.encode())


COURIER = [
    Form("mail imapd: LOGIN FAILED, user={u}, ip=[::ffff:{ip}], port=[{n}]",
         FAILURE, courier),
    Form("mail pop3d-ssl: LOGIN FAILED, user={u}, ip=[::ffff:{ip}]", FAILURE,
         courier),
    Form("mail imapd: LOGIN, user={u}, ip=[::ffff:{ip}], port=[{n}], "
         "protocol=IMAP", LOGIN, courier),
    Form("mail imapd: ID, user=true@example.com, ip=[::ffff:{ip}], port=[{n}]"
         ", name={u}, version=1", {"kind": "client",
                                   "user": "true@example.com"}, courier),
    Form("mail pop3d: LOGOUT, user={u}, ip=[::ffff:{ip}], port=[{n}], top=0, "
         "retr=367, rcvd=30, sent=900, time=3, stls=1",
         {"kind": "logout", "user": USER}, courier),
    Form("mail imapd: ID, user=true@example.com, ip=[::ffff:{ip}], port=[{n}]"
         ", name=x, version={u}", {"kind": "client",
                                   "user": "true@example.com"}, courier),
    Form("mail imapd: EXPUNGED, user=true@example.com, ip=[::ffff:{ip}], "
         "port=[{n}], old_name=./.{u}/cur/1.M2P3.mail,S=15:2,T",
         {"kind": "mailbox", "user": "true@example.com"}, courier),
    Form("mail esmtpd: error,relay=::ffff:{ip},port=43632,msg=\"535 "
         "Authentication failed.\",cmd: AUTH PLAIN {u}",
         dict(NOBODY, kind="failure"), courier),
    Form("mail imapd: ip=[::ffff:{ip}], {u}", dict(NOBODY, kind="abort"),
         courier),
    Form("mail imapd: DELETED, user=true@example.com, ip=[::ffff:{ip}], "
         "port=[{n}], filename={u}", {"kind": "mailbox",
                                      "user": "true@example.com"}, courier),
]
CYRUS = [
    Form("mail cyrus/imap[{n}]: badlogin: pc.example [{ip}] plaintext ({u}) "
         "[SASL(-13): authentication failure: checkpass failed]", FAILURE,
         as_it_is),
    Form("mail cyrus/pop3s[{n}]: badlogin: [{ip}] PLAIN ({u}) [user not "
         "found]", FAILURE, as_it_is),
    Form("mail cyrus/imap[{n}]: client id sessionid=<{s}>: \"name\" \"{u}\" "
         "\"version\" \"1\"", dict(NOBODY, kind="client", ip=None), as_it_is,
         lambda text: '"' in text),
    # 3.13
    Form("mail cyrus/imap[{n}]: event=login.bad r.clienthost=[{ip}] "
         "u.username={u} login.mech=PLAIN error=\"SASL(-13): authentication "
         "failure: checkpass failed\"", FAILURE, pair),
    Form("mail cyrus/http[{n}]: event=login.bad r.clienthost=\"pc.example "
         "[{ip}]\" u.username={u} login.scheme=Basic error={u}", None, pair),
    Form("mail cyrus/imap[{n}]: event=login.good r.sessionid={s} r.clienthost="
         "[{ip}] u.username={u} login.mech=PLAIN login.tls=1 login.magic={u}",
         LOGIN, pair),
    Form("mail cyrus/imap[{n}]: Too many open connections (5 of 4 from pc [{ip}]"
         ", 3 of 2 for {u})", {"kind": "limited", "user": USER}, as_it_is),
    Form("mail cyrus/imap[{n}]: event=auditlog.create r.sessionid={n} "
         "mbox.name={u} mbox.uniqueid=ab",
         dict(NOBODY, kind="mailbox", ip=None), pair),
    Form("mail cyrus/imap[{n}]: client id sessionid=<{n}> userid=<>: \"name\" "
         "\"{u}\" \"version\" \"{u}\"", dict(NOBODY, kind="client", ip=None),
         as_it_is, lambda text: '"' in text),
]
# What only JSON has: each as it is, and as a server that writes any character
# as \\uXXXX would. Bytes that are no UTF-8 stand as Python keeps them.
JSON_HOSTILE = [
    '","user":"root', '","user":"root","ip":"1.2.3.4', '\\","ip":"1.2.3.4',
    '"}', '"}}', '{"', "{}", "[]", "null", "\\", "\\\\", '\\"', '"', '""',
    "\\u0022,\\u0022ip\\u0022:\\u00221.2.3.4", "\\ud83d", "a\\", "\x00",
    "a\x00b", "\x00\",\"ip\":\"1.2.3.4", "\ud83d", "x\ude00y", "\ud83d\ud83d",
    "\U0001f600", "\udcff", "a\udced\udca0\udc80b", "\udcc0\udcaf", "\x1b[31m",
    "\t", "\r\n", "a\nNov 21 22:05:51 imap-login: Login: user=<b>", "\x7f",
    "\u2028", "\ufeffx", "true", "0", "1e999", "18446744073709551615",
    "/", "</script>", "<!--", "auth_ok", "auth.success", "success", "yes",
    '","success":"yes', '","fields":{"success":"yes"', "x" * 4000, "\u00e9" * 900,
    '\\"' * 900, "fields.success", "end_time",
]


def is_raw(c):
    return "\udc80" <= c <= "\udcff"


def in_json(text):
    """As Dovecot and Stalwart write it; half a surrogate pair, which is no
    text, as a careless server would."""
    return "".join(c if is_raw(c) else json.dumps(c, ensure_ascii=ord(c) <
                   128 or "\ud800" <= c <= "\udfff")[1:-1] for c in text)


def in_json_escaped(text):
    return "".join(c if is_raw(c) else json.dumps(c)[1:-1] if c in '"\\' or
                   ord(c) > 0xffff else "\\u%04x" % ord(c) for c in text)


def from_json(text):
    """What is read: no half pairs, no bytes that are none of UTF-8."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" and not is_raw(c) else
                   c for c in text).encode("utf-8", "surrogateescape").decode(
                       "utf-8", "replace")


def in_exim(text):
    """sg{} of dist/exim-json.conf; Exim's log then escapes what is not ASCII."""
    return "".join("?" if ord(c) < 32 or c in '\x7f"\\' or
                   "\ud800" <= c <= "\udfff" and not is_raw(c) else c
                   for c in text)


DOVECOT_EVENT = (
    "{t}stats: Info: {{\"event\":\"auth_request_finished\",\"hostname\":\"mail\","
    "\"end_time\":\"{iso}\",\"categories\":[\"service:auth\",\"auth\"],"
    "\"fields\":{{%s\"mechanism\":\"{u}\",\"transport\":\"TLS\",\"service\":"
    "\"imap\",\"session\":\"{s}\",\"remote_ip\":\"{ip}\",\"remote_port\":5,"
    "\"original_user\":\"{u}\",\"user\":\"\"}}}}")


def json_forms(line, want):
    return [Form(line, want, how, means=from_json)
            for how in (in_json, in_json_escaped)]


DOVECOT_JSON = json_forms(DOVECOT_EVENT % "", FAILURE) + \
    json_forms(DOVECOT_EVENT % "\"success\":\"yes\",", LOGIN) + [
        Form(DOVECOT_EVENT % "\"success\":\"yes\",", LOGIN, lambda text:
             in_json(text).replace('\\"', "\\u0022"), means=from_json)]
STALWART_JSON = json_forms(
    "{{\"id\":\"1\",\"createdAt\":\"{iso}\",\"type\":\"auth.failed\",\"data\":"
    "{{\"remoteIp\":\"{ip}\",\"remotePort\":5,\"listenerId\":\"imap\","
    "\"accountName\":\"{u}\",\"x\":\"{u}\"}},\"text\":\"Authentication failed\"}}",
    FAILURE) + json_forms(
    "{{\"id\":\"1\",\"createdAt\":\"{iso}\",\"type\":\"auth.success\",\"data\":"
    "{{\"accountName\":\"{u}\",\"remoteIp\":\"{ip}\"}}}}", LOGIN)
EXIM_JSON = [
    Form("{t}mam: {{\"ev\":\"auth_ok\",\"svc\":\"smtp\",\"user\":\"{u}\",\"mech\":"
         "\"plain\",\"ip\":\"{ip}\",\"port\":{n},\"lport\":587,\"helo\":\"{u}\","
         "\"tls\":\"\",\"from\":\"{u}\"}}", LOGIN, in_exim, means=from_json),
    Form("{t}mam: {{\"ev\":\"session_end\",\"svc\":\"smtp\",\"ip\":\"{ip}\",\"port\":"
         "{n},\"user\":\"{u}\",\"cmds\":\"EHLO,AUTH,QUIT\",\"why\":\"QUIT\"}}",
         {"kind": "logout", "user": USER}, in_exim, means=from_json),
]
# No field of it is a client's: HAProxy. Each line of it is something to see:
# Exim's panic log, whose text is anything.
SERVERS = {
    "dovecot-json": ("%b %d %H:%M:%S ", DOVECOT_JSON),
    "stalwart-json": ("", STALWART_JSON),
    "exim-json": ("%Y-%m-%d %H:%M:%S ", EXIM_JSON),
    "cyrus": ("%b %d %H:%M:%S ", CYRUS),
    "courier": ("%b %d %H:%M:%S ", COURIER),
    "dovecot": ("%b %d %H:%M:%S ", DOVECOT),
    "exim": ("%Y-%m-%d %H:%M:%S ", EXIM),
    "postfix": ("%b %d %H:%M:%S ", POSTFIX),
    "roundcube": ("[%d-%b-%Y %H:%M:%S +0000]: ", ROUNDCUBE),
    "squirrelmail": ("%m/%d/%Y %H:%M:%S ", SQUIRRELMAIL),
    "webmail-access": ("%d/%b/%Y:%H:%M:%S +0000", WEBMAIL_ACCESS),
    "sogo": ("%b %d %H:%M:%S ", SOGO),
    "dbmail-imap": ("%b %d %H:%M:%S ", DBMAIL_IMAP),
    "dbmail-pop3": ("%b %d %H:%M:%S ", DBMAIL_POP3),
    "zimbra": ("%Y-%m-%d %H:%M:%S,253 ", ZIMBRA),
    "exchange": ("%Y-%m-%dT%H:%M:%S.300Z", EXCHANGE),
    "exchange-iis": ("%Y-%m-%d %H:%M:%S ", EXCHANGE_IIS),
    "xeams": ("%Y-%m-%d %H:%M:%S,189 ", XEAMS),
    "opensmtpd": ("%b %d %H:%M:%S ", OPENSMTPD),
    "sendmail": ("%b %d %H:%M:%S ", SENDMAIL),
    "saslauthd": ("%b %d %H:%M:%S ", SASLAUTHD),
    "stalwart": ("%Y-%m-%dT%H:%M:%SZ ", STALWART),
    "hmailserver": ("%Y-%m-%d %H:%M:%S.253", HMAILSERVER),
    "vpopmail": ("%b %d %H:%M:%S ", VPOPMAIL),
    "perdition": ("%b %d %H:%M:%S ", PERDITION),
    "uw-imap": ("%b %d %H:%M:%S ", UW_IMAP),
    "roundcube[forwarded_by=\"10\\.0\\.0\\.2\", real_ip_by=\"10\\.0\\.0\\.3\"]":
        ("[%d-%b-%Y %H:%M:%S +0000]: ", FORWARDED),
    "exchange-iis[before=2, between=5, behind=1, forwarded_by=\"10\\.0\\.0\\.2"
    "\"]": ("%Y-%m-%d %H:%M:%S ", COLUMNS),
    "exchange-tracking": ("%Y-%m-%dT%H:%M:%S.300Z", TRACKING),
    "nginx-mail": ("%Y/%m/%d %H:%M:%S ", NGINX_MAIL),
}
BEGIN = 1795219200    # each line has a time of its own, by which it is known
APART = 10


def filter_of(server):
    name, bracket, options = server.partition("[")
    return "./filter.d/%s.conf%s%s" % (name, bracket, options)


def events_of(gaol, server, lines):
    """The events of each line."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="",
                                     errors="surrogateescape") as log:
        log.write("".join(line + "\n" for line in lines))
        log.flush()
        got = subprocess.run(
            [gaol, "events", "--now", str(BEGIN + 86400), "--share", ".", "-f",
             log.name, "--filter", filter_of(server), "--json"],
            stdout=subprocess.PIPE, check=True).stdout.splitlines()
    events = [[] for _ in lines]
    for event in map(json.loads, got):
        when = datetime.datetime.strptime(
            event["@timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
                tzinfo=datetime.timezone.utc).timestamp()
        events[int(when - BEGIN) // APART].append(event)
    return events


def no_harm(events):
    for e in events:
        if e["event"]["action"] in ("login", "failure"):
            return "tells of a %s" % e["event"]["action"]
        if e.get("source", {}).get("ip") not in (None, TRUE):
            return "comes from %s" % e["source"]
    return None


def fault(want, text, events):
    """What is wrong with them, or None."""
    if want is None:
        return no_harm(events)
    kinds = {e["event"]["action"]: e for e in events}
    if len(kinds) != len(events) or want["kind"] not in kinds:
        return "tells of %s" % list(kinds)
    if "login" in kinds and want["kind"] != "login":
        return "tells of a sign-in"
    event = kinds[want["kind"]]
    ip = want.get("ip", TRUE)
    if event.get("source", {}).get("ip") != ip:
        return "comes from %s" % event.get("source")
    user = text if want["user"] is USER else want["user"]
    if callable(user):
        user = user(text)
    got = event["gaol"].get("user_raw")
    if (got or None) != (user or None):
        return "is of user %r" % got
    if want["kind"] == "failure" and event["event"]["outcome"] != "failure":
        return "has another outcome"
    return None


# Where the values of a filter's groups are.
FIELDS = {
    "USER": "gaol.user_raw", "CLIENT": "user_agent.name",
    "CLIENT_VERSION": "user_agent.version", "MAILBOX": "gaol.mailbox",
    "DEVICE": "user_agent.device.name", "MESSAGE_ID": "email.message_id",
    "SENDER": "email.sender.address", "RECIPIENT": "gaol.recipient",
}
# Filters of servers that write nothing of a client's into their lines.
NO_TEXT = {"haproxy"}
# Filters whose eventregexes are all those of another.
LIKE = {"dovecot-json": "dovecot", "exim-json": "exim"}
# … or whose every line is told of, whatever it says.
ANY_TEXT = {"exim-panic"}
filled = collections.defaultdict(set)


def value_of(event, path):
    for key in path.split("."):
        event = event.get(key, {}) if isinstance(event, dict) else {}
        if isinstance(event, list):
            event = event[0] if event else {}
    return event if isinstance(event, str) else ""


def remember(server, text, events):
    """Which fields held what the client wrote."""
    for field, path in FIELDS.items():
        for event in events:
            value = value_of(event, path)
            if value and value in text:
                filled[server.partition("[")[0]].add(field)


def check(gaol, server, stamp, forms):
    lines, wanted = [], []
    hostile = HOSTILE + (JSON_HOSTILE if server.endswith("-json") else [])
    for form in forms:
        for u in hostile:
            n = len(lines)
            when = time.strftime(stamp, time.gmtime(BEGIN + n * APART))
            text = form.text(u)
            line = form.line if "{t}" in form.line else "{t}" + form.line
            iso = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z",
                                time.gmtime(BEGIN + n * APART))
            lines.append(line.format(
                u=text, ip=TRUE, s="S%d+/A" % n, n=n + 1000, t=when, iso=iso))
            if form.means is not None:
                text = form.means(text if form.text is in_exim else u)
            elif form.text is pair:
                text = u      # a name is read without its escapes
            wanted.append((form, text))
    bad = 0
    for (form, text), line, events in zip(wanted, lines,
                                          events_of(gaol, server, lines)):
        remember(server, text, events)
        if not events and form.silent(text):
            continue
        why = fault(form.want, text, events)
        if why is not None:
            bad += 1
            print("#   %s: %s" % (why, line))
    print("%sok - %s: %d lines with hostile text, %d misread"
          % ("not " if bad else "", server, len(lines), bad))
    return bad


def regexes(text):
    """The lines of its eventregex."""
    return re.findall(r"^    [a-z]+(?:\[.*?\])?: .*", text[
        text.index("\neventregex ="):], re.M)


def all_fields():
    """Each filter's each group that a client can fill was filled above."""
    bad = 0
    for path in sorted(glob.glob("filter.d/*.conf")):
        name = os.path.basename(path)[:-len(".conf")]
        with open(path, encoding="utf-8") as f:
            text = "".join(line for line in f if line[0] != "#")
        if "\neventregex" not in text or name in NO_TEXT | ANY_TEXT:
            continue
        groups = set(re.findall(r"<F-(?:ALT_)?(\w+)>", text))
        missing = sorted((groups & set(FIELDS)) - filled[name])
        if name in LIKE:
            with open("filter.d/%s.conf" % LIKE[name], encoding="utf-8") as f:
                missing = sorted(set(regexes(text)) - set(regexes(f.read())))
        if missing or name not in filled:
            print("#   %s: nothing hostile in %s" % (name, missing))
            bad += 1
    print("%sok - hostile text in each field of each filter"
          % ("not " if bad else ""))
    return bad


def main(gaol, *only):
    os.environ["TZ"] = "UTC"
    bad = [check(gaol, server, stamp, forms)
           for server, (stamp, forms) in SERVERS.items()
           if not only or server in only]
    if not only:
        bad.append(all_fields())
    return 1 if any(bad) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
