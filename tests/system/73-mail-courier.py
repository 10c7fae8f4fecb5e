"""73-mail-courier.py GAOL LOG: the clients, their record, and what GAOL says
of LOG."""

import contextlib
import imaplib
import itertools
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from hostile import HOSTILE                                  # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import GOOD, NETS, PROBE, Imap, Pop3, Smtp, Story  # noqa: E402

GAOL, LOG = sys.argv[1:]
story = Story(GAOL, "courier", LOG)
visit = story.visit
story.closed = {"exp"}


# --- the clients ------------------------------------------------------------

def shut(kind, server, tls, user, mech):
    """An account without the right to the protocol, or whose home is locked:
    IMAP may say OK to the right password; both hang up."""
    source = NETS[server] + str(next(story.hosts))

    def job():
        c = kind(server, source, tls)
        c.visit.what = "shut"
        with contextlib.suppress(imaplib.IMAP4.abort, OSError,
                                 mailclient.Failed):
            c.sign_in(user, GOOD, kind is Imap, mech)
        story.visits.append(c.drop())
    return job


def busy(c):
    """Says who it is, and takes a message away."""
    c.imap.xatom("ID", '("name" "Thunderbird" "version" "1.2")')
    c.imap.create("INBOX.Old")
    c.imap.append("INBOX.Old", None, None, b"Subject: x\r\n\r\nhi\r\n")
    c.imap.select("INBOX.Old")
    c.imap.store("1", "+FLAGS", "\\Deleted")
    c.imap.expunge()


def smtp_jobs(server):
    a, b = "alice@example.com", "bob@example.com"
    for tls in Smtp.ports:
        for mech in "PLAIN", "LOGIN":
            yield visit(Smtp, server, tls, [("alice", GOOD, mech)], [(a, b)])
            yield visit(Smtp, server, tls, [("bob", "wrong", mech)])
            yield visit(Smtp, server, tls, [("exp", GOOD, mech)])
        yield visit(Smtp, server, tls, [("nobody", "x", "PLAIN"),
                                        ("bob", GOOD, "PLAIN")],
                    [(b, a), (b, b)])
        yield visit(Smtp, server, tls, [], [("s@example.org", b)],
                    what="relay")
        yield visit(Smtp, server, tls, [])


def jobs():
    for server in NETS:
        for kind in Imap, Pop3:
            for tls in kind.ports:
                for mech in "command", "PLAIN":
                    yield visit(kind, server, tls, [("alice", GOOD, mech)])
                    yield visit(kind, server, tls, [("bob", "wrong", mech)])
                    yield visit(kind, server, tls, [("exp", GOOD, mech)])
                for user in "dis", "lock":
                    yield shut(kind, server, tls, user, "command")
                yield visit(kind, server, tls, [("nobody", "x", "command"),
                                                ("bob", GOOD, "command")])
                yield visit(kind, server, tls, [])
        yield visit(Imap, server, "none", [("carol", GOOD, "PLAIN")],
                    what="busy", after=busy)
        yield from smtp_jobs(server)
    kinds = itertools.cycle((Imap, Pop3))
    servers = itertools.cycle(NETS)
    for user in HOSTILE + mailclient.HOSTILE:
        if re.search(r"[\r\n]", user):
            yield visit(next(kinds), next(servers), "none",
                        [(user, "wrong", "PLAIN")])
        else:
            yield visit(Pop3, next(servers), "none",
                        [(user, "wrong", "command")])
        # As many bytes are logged.
        if len(user.encode()) <= 40 and not re.search(r"[\r\n]", user):
            yield visit(Smtp, next(servers), "none",
                        [(user, "wrong", "PLAIN")])


# --- what the log must say ----------------------------------------------------

def name(user):
    """As Courier logs it."""
    return "".join(chr(b) if 32 <= b < 127 else "." for b in user.encode())


def failed_by_smtp(t):
    """A name behind what came with AUTH, if it has no blank."""
    user = re.sub(r"[\x00-\x1f]", ".", t.user)
    return None if t.mech == "LOGIN" or " " in user else user


def expected_of_smtp(v):
    """Neither sign-ins nor messages have a port, nor their senders' own lines
    a recipient: those of deliveries do."""
    line = {"service": "smtp", "ip": v.source, "port": v.port}
    late = dict(line, port=None)
    out = {"connect": [line], "login": [], "failure": [], "received": [],
           "sent": [], "rejected": []}
    for t in v.tries:
        if not t.good:
            out["failure"].append(dict(
                line, outcome="failure", reason="bad_credentials",
                user=failed_by_smtp(t), mech=t.mech,
                detail="535 Authentication failed."))
    for sender, to in v.mail:
        if v.what == "relay":
            out["rejected"].append(dict(
                line, sender=sender, recipient=to, reason="relay",
                operation="RCPT", detail="513 Relaying denied."))
            continue
        user = v.tries[-1].user
        out["login"].append(dict(late, outcome="success", user=user))
        out["received"].append(dict(late, user=user))
        out["sent"].append(dict(
            late, user=user, sender=sender, recipient=to,
            operation="delivered", detail="Message delivered."))
    return out


def expected(v):
    """By kind. That a session was encrypted is said at its end."""
    if v.service == "smtp":
        return expected_of_smtp(v)
    line = {"service": v.service, "ip": v.source, "port": v.port}
    implicit = "implicit" if v.tls == "implicit" else None
    out = {"connect": [dict(line, tls=implicit)], "login": [], "logout": [],
           "failure": []}
    if v.what == "shut":
        if v.tries[-1].user == "lock":
            out["failure"].append(dict(line, user="lock", reason="locked",
                                       tls=implicit))
        return out
    for t in v.tries:
        if not t.good:
            command = t.mech == "command"
            out["failure"].append(dict(
                line, outcome="failure", reason="bad_credentials", attempts=1,
                user=name(t.user) if command else None, tls=implicit,
                mech=None if command else t.mech))
    if v.signed_in:
        user = v.tries[-1].user
        out["login"].append(dict(line, outcome="success", user=user,
                                 tls=implicit))
        if v.what == "busy":
            out["client"] = [dict(line, user=user, client="Thunderbird",
                                  version="1.2")]
            out["mailbox"] = [dict(line, user=user, operation="expunge",
                                   mailbox="Old")]
        out["logout"].append(dict(line, user=user, tls=v.tls,
                                  bytes_in=v.bytes_in, bytes_out=v.bytes_out))
    else:
        out["logout"].append(dict(line, user=None, tls=implicit))
        if v.service == "pop3":
            out["other"] = [dict(line, user=None, tls=implicit)]
    return out


KINDS = ("connect", "login", "logout", "failure", "abort", "client", "mailbox",
         "received", "sent", "rejected", "other")


def key_of(e):
    return e["kind"], e["ip"], e["port"]


def order(e):
    return [str(e.get(k)) for k in ("user", "sender", "recipient", "reason")]


def compare():
    events = [e for e in story.ask("events")
              if e["kind"] in KINDS and e["ip"] != PROBE]
    want = [dict(e, kind=kind) for v in story.visits
            for kind, some in expected(v).items() for e in some]
    return len(events), mailclient.differences(
        mailclient.by(want, key_of), mailclient.by(events, key_of), order)


def sessions():
    """One of each visit that signed in, and no other."""
    got = {(s["ip"], s["port"]): s for s in story.ask("sessions")}
    good = {(v.source, v.port): v for v in story.visits
            if v.signed_in and v.what != "shut" and v.service != "smtp"}
    faults = ["%s: %s" % (k, "none" if k in good else "of nobody's")
              for k in set(got) ^ set(good)]
    for key in set(got) & set(good):
        v = good[key]
        why = mailclient.difference({
            "service": v.service, "user": v.tries[-1].user, "tls": v.tls,
            "bytes_in": v.bytes_in, "bytes_out": v.bytes_out,
            "failures": len(v.tries) - 1}, got[key])
        why = why or mailclient.lasted(got[key], v)
        if why:
            faults.append("%s: %s" % (why, got[key]["json"]))
    return faults


tap = Tap()
story.tell(tap, jobs(), compare, sessions, threads=100)
tap.exit()
