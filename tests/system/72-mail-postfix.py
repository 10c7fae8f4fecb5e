"""72-mail-postfix.py GAOL LOG: the clients, their record, and what GAOL says
of LOG."""

import itertools
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from inject import HOSTILE                                   # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import GOOD, NETS, PROBE, Smtp, Story         # noqa: E402

GAOL, LOG = sys.argv[1:]
CYRUS = os.environ.get("SASL") == "cyrus"
KINDS = "login", "failure", "received", "rejected", "sent", "logout"
story = Story(GAOL, "postfix", LOG)


# --- the clients ------------------------------------------------------------

def visit(*args, **more):
    return story.visit(Smtp, *args, **more)


def jobs():
    a, b = "alice@example.com", "bob@example.com"
    for server in NETS:
        for tls in Smtp.ports:
            for mech in "PLAIN", "LOGIN":
                yield visit(server, tls, [(a, GOOD, mech)],
                            [(a, "x@example.net")])
                yield visit(server, tls, [(b, GOOD, mech)])
                yield visit(server, tls, [(b, "wrong", mech)])
                yield visit(server, tls, [("nobody@example.com", "x", mech)]
                            * 2)
            yield visit(server, tls, [], [("s@example.org", b)])
            yield visit(server, tls, [], [("s@example.org", "z@example.net")],
                        what="relay")
            yield visit(server, tls, [(b, "x", "PLAIN"), (b, GOOD, "PLAIN")], [
                (b, "1@example.net"), (b, "2@example.net")])
            yield visit(server, tls, [])
    servers = itertools.cycle(NETS)
    for user in HOSTILE + mailclient.HOSTILE:
        yield visit(next(servers), "none", [(user, "wrong", "PLAIN")])


# --- what the log must say ----------------------------------------------------

def name(user):
    """As Postfix logs it: cut, and without controls. Dovecot's auth gives back
    what it took in lower case, and some controls as two characters; Cyrus SASL
    takes blanks off its ends."""
    if CYRUS:
        cut = user.encode()[:100].decode(errors="ignore")
        return re.sub(r"[\x00-\x1f\x7f]", "?", cut.strip(" \t\n\r\v\f"))
    if re.fullmatch(r"[\w.@-]*", user, re.A):
        user = user.lower()
    for byte, letter in ("\x01", "1"), ("\n", "n"), ("\r", "r"), ("\t", "t"):
        user = user.replace(byte, "\x01" + letter)
    cut = user.encode()[:100].decode(errors="ignore")
    return re.sub(r"[\x00-\x1f\x7f]", "?", cut)


def expected(v):
    """By kind: other processes write of a message in their own time."""
    line = {"service": "smtp", "ip": v.source, "port": v.port,
            "tls": None if v.tls == "none" else "tls"}
    out = {kind: [] for kind in KINDS}
    for t in v.tries:
        if not t.good:
            out["failure"].append(dict(
                line, outcome="failure", reason="bad_credentials",
                user=name(t.user), attempts=1, mech=t.mech))
    if v.signed_in:
        t = v.tries[-1]
        # Without a message nothing names who it was.
        out["login"].append(dict(line, outcome="success",
                                 user=t.user if v.mail else None))
    for sender, to in v.mail:
        if v.what == "relay":
            out["rejected"].append(dict(line, reason="relay"))
        else:
            user = v.tries[-1].user if v.signed_in else None
            out["received"].append({"user": user, "ip": v.source})
            out["sent"].append({"user": user, "ip": v.source})
    out["logout"].append(line)
    return out


def key_of(e):
    return (e["kind"], e["ip"],
            None if e["kind"] in ("received", "sent") else e["port"])


def compare():
    """What the log says of each visit; a message's lines have no port, so
    they are compared by the client's address."""
    events = [e for e in story.ask("events")
              if e["kind"] in KINDS and e["ip"] != PROBE]
    want = [dict(e, kind=kind) for v in story.visits
            for kind, some in expected(v).items() for e in some]
    both = [mailclient.by(some, key_of) for some in (want, events)]
    for groups in both:
        for k, some in groups.items():
            if k[2] is None:
                some.sort(key=lambda e: e["user"] or "")
    return len(events), mailclient.differences(*both)


def sessions():
    """One of each visit that signed in, and no other."""
    got = {(s["ip"], s["port"]): s for s in story.ask("sessions")}
    good = {(v.source, v.port): v for v in story.visits if v.signed_in}
    faults = ["%s: %s" % (k, "none" if k in good else "of nobody's")
              for k in set(got) ^ set(good)]
    for key in set(got) & set(good):
        v = good[key]
        why = mailclient.difference({
            "service": "smtp", "outcome": "success",
            "user": v.tries[-1].user if v.mail else None,
            "failures": len(v.tries) - 1}, got[key])
        # Without a message the sign-in is told by the connection's end.
        why = why or v.mail and mailclient.lasted(got[key], v)
        if why:
            faults.append("%s: %s" % (why, got[key]["json"]))
    return faults


tap = Tap()
story.tell(tap, jobs(), compare, sessions)
tap.exit()
