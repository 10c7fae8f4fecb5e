"""Generated logs: seeded, so that every run measures the same lines."""

import random
import time

# Per kind: the filter, how a line begins, what good and bad lines say.
SSHD = {
    "filter": "sshd",
    "form": "{syslog} mail {text}",
    "good": (
        "sshd[{pid}]: Accepted publickey for {user} from {ip} port {port} ssh2: "
        "ED25519 SHA256:{key}",
        "sshd[{pid}]: pam_unix(sshd:session): session opened for user "
        "{user}(uid=1000) by (uid=0)",
        "sshd[{pid}]: pam_unix(sshd:session): session closed for user {user}",
        "sshd[{pid}]: Received disconnect from {ip} port {port}:11: "
        "disconnected by user",
        "sshd[{pid}]: Disconnected from user {user} {ip} port {port}",
        "sshd[{pid}]: Server listening on 0.0.0.0 port 22.",
        "systemd[1]: Started Session {port} of User {user}.",
        "systemd[1]: session-{port}.scope: Deactivated successfully.",
        "CRON[{pid}]: pam_unix(cron:session): session opened for user "
        "root(uid=0) by (uid=0)",
        "CRON[{pid}]: (root) CMD (test -x /usr/sbin/anacron || run-parts)",
        "kernel: [{port}.123456] eth0: link becomes ready",
        "kernel: [{port}.654321] usb 1-1: new high-speed USB device number 5",
    ),
    "bad": (
        "sshd[{pid}]: Failed password for invalid user {user} from {ip} port "
        "{port} ssh2",
        "sshd[{pid}]: Failed password for {user} from {ip} port {port} ssh2",
        "sshd[{pid}]: Invalid user {user} from {ip} port {port}",
    ),
}
DOVECOT = {
    "filter": "dovecot",
    "form": "{syslog} mail dovecot: {text}",
    "good": (
        "imap-login: Login: user=<{user}>, method=PLAIN, rip={ip}, "
        "lip=192.0.2.1, mpid={pid}, TLS, session=<{short}>",
        "imap({user})<{pid}><{short}>: Disconnected: Logged out in=62 out=793 "
        "deleted=0 expunged=0 trashed=0",
        "lmtp({user})<{pid}><{short}>: sieve: msgid=<{short}@example.org>: "
        "stored mail into mailbox 'INBOX'",
        "imap({user})<{pid}><{short}>: Connection closed (IDLE running for "
        "0.001 + waiting input for 28.9 secs) in=50 out=1130",
    ),
    "bad": (
        "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): "
        "user=<{user}>, method=PLAIN, rip={ip}, lip=192.0.2.1, TLS, "
        "session=<{short}>",
        "pop3-login: Aborted login (auth failed, 3 attempts in 17 secs): "
        "user=<{user}@example.org>, method=PLAIN, rip={ip}, lip=192.0.2.1",
    ),
}
EXIM = {
    "filter": "exim",
    "form": "{iso} {text}",
    "good": (
        "1{short}-00 <= {user}@example.org H=mail.example.org [{ip}] P=esmtps "
        "X=TLS1.3:ECDHE_RSA_AES_256_GCM_SHA384:256 CV=no S={port} "
        "id={key}@example.org",
        "1{short}-00 => {user} <{user}@example.net> R=local_user "
        "T=maildir_home",
        "1{short}-00 Completed",
        "Start queue run: pid={pid}",
        "End queue run: pid={pid}",
    ),
    "bad": (
        "login authenticator failed for (User) [{ip}]: 535 Incorrect "
        "authentication data (set_id={user})",
        "plain authenticator failed for host-{port}.example.com [{ip}]: 535 "
        "Incorrect authentication data (set_id={user}@example.org)",
    ),
}
POSTFIX = {
    "filter": "postfix",
    "form": "{syslog} mail postfix/{text}",
    "good": (
        "smtpd[{pid}]: connect from mail.example.org[{ip}]",
        "smtpd[{pid}]: disconnect from mail.example.org[{ip}] ehlo=2 starttls=1 "
        "mail=1 rcpt=1 data=1 quit=1 commands=7",
        "qmgr[{pid}]: {short}: from=<{user}@example.org>, size={port}, nrcpt=1 "
        "(queue active)",
        "smtp[{pid}]: {short}: to=<{user}@example.net>, "
        "relay=mx.example.net[{ip}]:25, delay=0.5, delays=0.1/0/0.2/0.2, "
        "dsn=2.0.0, status=sent (250 2.0.0 Ok)",
        "cleanup[{pid}]: {short}: message-id=<{key}@example.org>",
        "qmgr[{pid}]: {short}: removed",
    ),
    "bad": (
        "smtpd[{pid}]: NOQUEUE: reject: RCPT from unknown[{ip}]: 554 5.7.1 "
        "<{user}@example.net>: Relay access denied; from=<a@example.com> "
        "to=<{user}@example.net> proto=ESMTP helo=<example.com>",
        "smtpd[{pid}]: NOQUEUE: reject: RCPT from unknown[{ip}]: 450 4.7.1 "
        "<example>: Helo command rejected: Host not found; from=<> "
        "to=<{user}@example.org> proto=ESMTP helo=<example>",
    ),
}
NGINX = {
    "filter": "nginx-http-auth",
    "form": "{slashes} [error] {pid}#{pid}: *{port} {text}, client: {ip}, "
            "server: example.org, request: \"GET /{short} HTTP/1.1\", "
            "host: \"example.org\"",
    "good": (
        "open() \"/var/www/html/{short}\" failed (2: No such file or directory)",
        "directory index of \"/var/www/{short}/\" is forbidden",
        "access forbidden by rule",
        "upstream timed out (110: Connection timed out) while reading response "
        "header from upstream",
    ),
    "bad": (
        "user \"{user}\" was not found in \"/etc/nginx/htpasswd\"",
        "user \"{user}\": password mismatch",
    ),
}
KINDS = {"sshd": SSHD, "dovecot": DOVECOT, "exim": EXIM, "postfix": POSTFIX,
         "nginx": NGINX}
USERS = ("root", "admin", "test", "oracle", "postgres", "ubuntu", "git", "deploy")
PER_SECOND = 200


def stamp(second):
    return time.strftime("%b %e %H:%M:%S", time.localtime(second))


def stamps(second):
    when = time.localtime(second)
    return {"syslog": time.strftime("%b %e %H:%M:%S", when),
            "iso": time.strftime("%Y-%m-%d %H:%M:%S", when),
            "slashes": time.strftime("%Y/%m/%d %H:%M:%S", when)}


def line(rng, kind, attack, when):
    key = "%043x" % rng.getrandbits(170)
    fields = {
        "user": rng.choice(USERS),
        "port": rng.randrange(1024, 65536),
        "pid": rng.randrange(300, 99999),
        "key": key,
        "short": key[-12:],
    }
    fields["ip"] = "%d.%d.%d.%d" % (
        (203, 0, 113, rng.randrange(1, 255)) if attack
        else (198, 51, 100, rng.randrange(1, 255)))
    text = rng.choice(kind["bad" if attack else "good"]).format(**fields)
    return kind["form"].format(text=text, **when, **fields) + "\n"


def write(path, lines, share, name="sshd", seed=1):
    """`share` of the lines (0..1) are attacks, spread evenly at random."""
    rng = random.Random(seed)
    kind = KINDS[name]
    begin = int(time.time()) - 60 - lines // PER_SECOND
    with open(path, "w", encoding="ascii") as out:
        for i in range(lines):
            if i % PER_SECOND == 0:
                when = stamps(begin + i // PER_SECOND)
            out.write(line(rng, kind, rng.random() < share, when))


# Per server: how a line begins, and lines that each are a mail access. {n}
# counts sessions: what belongs together has the same.
ACCESSES = {
    "dovecot": ("{syslog} mail dovecot: {text}", (
        "imap-login: Login: user=<{user}@example.com>, method=PLAIN, rip={ip}, "
        "lip=192.0.2.1, mpid={pid}, TLS, session=<{id}>",
        "imap({user}@example.com)<{pid}><{id}>: Disconnected: Logged out in={port} "
        "out=793 deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 "
        "body_count=1 body_bytes=900",
        "pop3-login: Disconnected: Connection closed (auth failed, 1 attempts in "
        "2 secs): user=<{user}@example.com>, method=PLAIN, rip={ip}, "
        "lip=192.0.2.1, TLS, session=<f{id}>",
    )),
    "exim": ("{iso} {text}", (
        "1{id}-{hex}0-00{two} <= {user}@example.com H=(laptop) [{ip}] "
        "P=esmtpsa X=TLS1.3:ECDHE_X25519__ECDSA_SECP256R1_SHA256__AES_256_GCM:256 "
        "CV=no A=plain_server:{user}@example.com S={port} "
        "id={id}@example.com",
        "1{id}-{hex}0-00{two} => info@example.net R=dnslookup T=remote_smtp "
        "H=mx.example.net [192.0.2.25] X=TLS1.3:ECDHE_SECP256R1__RSA_PSS_"
        "RSAE_SHA256__AES_256_GCM:256 CV=yes C=\"250 2.0.0 Ok\"",
        "login_server authenticator failed for (User) [{ip}]: 535 Incorrect "
        "authentication data (set_id={user}@example.com)",
    )),
    "postfix": ("{syslog} mail postfix/{text}", (
        "submission/smtpd[{pid}]: connect from unknown[{ip}]",
        "submission/smtpd[{pid}]: {hex}: client=unknown[{ip}], "
        "sasl_method=PLAIN, sasl_username={user}@example.com",
        "qmgr[900]: {hex}: from=<{user}@example.com>, size={port}, nrcpt=1 "
        "(queue active)",
        "smtp[901]: {hex}: to=<info@example.net>, relay=mx.example.net"
        "[192.0.2.25]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=2.0.0, "
        "status=sent (250 2.0.0 Ok)",
        "submission/smtpd[{pid}]: disconnect from unknown[{ip}] ehlo=2 starttls=1 "
        "auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8",
    )),
}

# What the same servers' logs hold besides: no line of it is a mail access.
OTHERS = {
    "dovecot": ("{syslog} mail {text}", (
        "dovecot: auth: Debug: client passdb out: OK 1 user={user}@example.com",
        "dovecot: imap({user}@example.com)<{pid}><{id}>: Debug: Mailbox INBOX: "
        "UID {port}: Opened mail because: full mail",
        "dovecot: lmtp({user}@example.com)<{pid}><{id}>: Debug: Effective uid=5000, "
        "gid=5000, home=/srv/mail/{user}",
        "CRON[{pid}]: (root) CMD (test -x /usr/sbin/anacron || run-parts)",
        "systemd[1]: session-{port}.scope: Deactivated successfully.",
    )),
    "exim": ("{iso} {text}", (
        "1{id}-{hex}0-00{two} Completed",
        "1{id}-{hex}0-00{two} no immediate delivery: more than 10 messages "
        "received in one connection",
        "1{id}-{hex}0-00{two} removed by root",
        "Start queue run: pid={pid}",
        "End queue run: pid={pid}",
    )),
    "postfix": ("{syslog} mail {text}", (
        "postfix/scache[{pid}]: statistics: domain lookup hits=0 miss={port} "
        "success=0%",
        "postfix/qmgr[900]: {hex}: removed",
        "postfix/anvil[{pid}]: statistics: max connection rate 1/60s for "
        "(submission:{ip}) at {syslog}",
        "CRON[{pid}]: (root) CMD (test -x /usr/sbin/anacron || run-parts)",
        "systemd[1]: session-{port}.scope: Deactivated successfully.",
    )),
    "cyrus": ("{syslog} mail {text}", (
        "cyrus/imap[{pid}]: accepted connection",
        "cyrus/imap[{pid}]: inittls: Loading hard-coded DH parameters",
        "cyrus/lmtpunix[{pid}]: duplicate_check: <{id}@example.com> user.{user} 0",
        "cyrus/master[{pid}]: process type:SERVICE name:imap "
        "path:/usr/lib/cyrus/bin/imapd age:3.1s pid:{pid} exited, status 0",
        "CRON[{pid}]: (root) CMD (test -x /usr/sbin/anacron || run-parts)",
    )),
    "courier": ("{syslog} mail {text}", (
        "courierd: newmsg,id=000000000000{hex}.{pid}: dns; localhost (localhost "
        "[::ffff:{ip}])",
        "courierd: completed,id=000000000000{hex}",
        "courierfilter: Starting perlfilter {port}",
        "CRON[{pid}]: (root) CMD (test -x /usr/sbin/anacron || run-parts)",
        "systemd[1]: session-{port}.scope: Deactivated successfully.",
    )),
}


def write_accesses(path, lines, kind, accounts=1000, per_second=PER_SECOND):
    """Of ACCESSES or OTHERS; sessions of `accounts` accounts in turns."""
    form, texts = kind
    session = "".join(form.replace("{text}", text) + "\n" for text in texts)
    digits = "0123456789ABCDEFGHJKLMNPQRSTUVWX"
    begin = int(time.time() - 60 - lines / per_second)
    second = None
    with open(path, "w", encoding="ascii") as out:
        for n in range((lines + len(texts) - 1) // len(texts)):
            if int(n * len(texts) / per_second) != second:
                second = int(n * len(texts) / per_second)
                when = stamps(begin + second)
            text = session.format(
                user="user%d" % (n * 7919 % accounts), port=1024 + n % 60000,
                pid=300 + n % 99000, two="%02d" % (n % 100), hex="%010X" % n,
                id=digits[n & 31] + digits[n >> 5 & 31] + digits[n >> 10 & 31] +
                digits[n >> 15 & 31] + digits[n >> 20 & 31],
                ip="10.%d.%d.%d" % (n >> 16 & 255, n >> 8 & 255, n & 255), **when)
            left = lines - n * len(texts)
            out.write(text if left >= len(texts) else
                      "".join(text.splitlines(True)[:left]))
