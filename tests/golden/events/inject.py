"""Hostile text in every field that a client fills, in lines as Dovecot writes
them: address, account and outcome of the event stay the true ones."""

import json
import os
import subprocess
import sys
import tempfile

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
]
FORMS = {
    "login": "imap-login: Info: Login: user=<{u}>, method=PLAIN, "
             "rip={ip}, lip=192.0.2.25, mpid=77, TLS, session=<{s}>",
    "login-2.4": "imap-login: Info: Logged in: user=<{u}>, method=PLAIN, "
                 "rip={ip}, lip=192.0.2.25, mpid=77, session=<{s}>",
    "failure": "pop3-login: Info: Disconnected: Connection closed (auth "
               "failed, 2 attempts in 9 secs): user=<{u}>, method=PLAIN, "
               "rip={ip}, lip=192.0.2.25, TLS: Connection closed, "
               "session=<{s}>",
    "failure-2.2": "imap-login: Info: Aborted login (auth failed, 1 attempts "
                   "in 2 secs): user=<{u}>, method=PLAIN, rip={ip}, "
                   "lip=192.0.2.25, session=<{s}>",
    "failure-auth": "auth: Info: passwd-file({u},{ip},<{s}>): Password "
                    "mismatch",
    "failure-chars": "auth: Info: plain(?,{ip},<{s}>): Username character "
                     "disallowed by auth_username_chars: 0x20 (username: {u})",
}
ID = ("imap-login: Info: ID sent: name={u}, version=1: user=<>, rip={ip}, "
      "lip=192.0.2.25, session=<{s}>")
MAIL = ("imap(true@example.com)<77><{s}>: Info: expunge: box=INBOX, uid=1, "
        "msgid={u}, size=1, from={u}, subject={u}")


def lines():
    n = 0
    forms = dict(FORMS, client=ID, mailbox=MAIL)
    for kind, form in forms.items():
        for u in HOSTILE:
            n += 1
            # Dovecot writes "?" for control bytes; its session id is base64.
            yield kind, u, form.format(u=u, ip=TRUE, s="S%d+/A" % n)


def check(kind, user, event):
    """What is wrong with it, or None."""
    want = {"login": "login", "failure": "failure", "client": "client",
            "mailbox": "mailbox"}[kind.split("-")[0]]
    if event["event"]["action"] != want:
        return "is a " + event["event"]["action"]
    if kind != "mailbox" and event.get("source", {}).get("ip") != TRUE:
        return "comes from %s" % event.get("source")
    if kind in ("client", "mailbox"):
        name = event.get("user", {}).get("name")
        if name != ("true@example.com" if kind == "mailbox" else None):
            return "is of user %r" % name
    elif event["gaol"].get("user_raw", "") != user:
        return "is of user %r" % event["gaol"].get("user_raw")
    if want == "failure" and event["event"].get("outcome") != "failure":
        return "has another outcome"
    return None


def main(gaol):
    bad = 0
    rows = list(lines())
    with tempfile.TemporaryDirectory() as work:
        for i, (kind, user, line) in enumerate(rows):
            path = os.path.join(work, "log")
            with open(path, "w", encoding="utf-8") as out:
                out.write("Nov 21 22:05:51 %s\n" % line)
            got = subprocess.run(
                [gaol, "events", "--now", "1795392000", "--share", ".", "-f",
                 path, "--filter", "./filter.d/dovecot.conf", "--json"],
                stdout=subprocess.PIPE, check=True).stdout.splitlines()
            events = [json.loads(text) for text in got]
            why = "gives %d events" % len(events) if len(events) != 1 else \
                check(kind, user, events[0])
            if why is not None:
                bad += 1
                print("#   %s: %s: %s" % (kind, why, line))
    print("%sok - dovecot: %d lines with hostile text, %d misread"
          % ("not " if bad else "", len(rows), bad))
    return 1 if bad else 0


sys.exit(main(sys.argv[1]))
