"""72-mail-postfix.py GAOL LOG: the clients, their record, and what GAOL says
of LOG."""

import itertools
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from hostile import HOSTILE                                  # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import GOOD, NETS, PROBE, Smtp, Story         # noqa: E402

GAOL, LOG = sys.argv[1:]
CYRUS = os.environ.get("SASL") == "cyrus"
KINDS = ("connect", "login", "failure", "abort", "received", "rejected", "sent",
         "logout", "other")
story = Story(GAOL, "postfix", LOG)
story.closed = {"exp", "old", "dis"}


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
            if not CYRUS:
                for user in "exp", "old", "dis", "nologin@example.com":
                    yield visit(server, tls, [(user, GOOD, "PLAIN")])
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


def failed(t):
    """Dovecot has words for an expired password, none for the others."""
    if t.user in ("exp", "old"):
        return {"reason": "expired", "detail": "Password expired"}
    return {"reason": "bad_credentials"}


def expected(v):
    """By kind: other processes write of a message in their own time."""
    line = {"service": "smtp", "ip": v.source, "port": v.port}
    tls = {"tls": None if v.tls == "none" else "tls",
           "tls_version": v.tls_version or None, "cipher": v.tls_cipher or None}
    late = dict(line, **tls)
    out = {kind: [] for kind in KINDS}
    out["connect"].append(line)
    if v.tls != "none":
        out["other"].append(late)
    for t in v.tries:
        if not t.good:
            out["failure"].append(dict(
                late, outcome="failure", user=name(t.user), attempts=1,
                mech=t.mech, **failed(t)))
    user = v.tries[-1].user if v.signed_in else None
    if v.signed_in:
        # Without a message nothing names who it was.
        out["login"].append(dict(
            late, outcome="success", user=user if v.mail else None,
            mech=v.tries[-1].mech if v.mail else None))
    for (sender, to), message_id in zip(v.mail, v.messages):
        if v.what == "relay":
            out["rejected"].append(dict(
                late, reason="relay", operation="RCPT", sender=sender,
                recipient=to, detail="Relay access denied"))
            continue
        if not v.signed_in:
            out["other"].append(dict(late, message_id=None))
        message = {"service": "smtp", "user": user, "ip": v.source,
                   "message_id": message_id}
        out["other"].append(dict(message, port=None))
        message["sender"] = sender
        out["received"].append(dict(message, recipients=1))
        out["sent"].append(dict(message, recipient=to, operation="delivered"))
    out["logout"].append(late)
    return out


def key_of(e):
    return (e["kind"], e["ip"],
            None if e["kind"] in ("received", "sent") else e["port"])


def order(e):
    return [str(e.get(k)) for k in ("user", "sender", "recipient",
                                    "message_id")]


def known(e):
    """Is the line's own number that of such a message? The client does not
    see what Postfix puts in front."""
    if e["kind"] == "received" and not 180 < (e["size"] or 0) < 600:
        e["sender"] = "with a size of %r" % e["size"]
    return e


def compare():
    """What the log says of each visit; a message's lines have no port, so
    they are compared by the client's address."""
    events = [known(e) for e in story.ask("events")
              if e["kind"] in KINDS and e["ip"] != PROBE]
    want = [dict(e, kind=kind) for v in story.visits
            for kind, some in expected(v).items() for e in some]
    both = [mailclient.by(some, key_of) for some in (want, events)]
    for groups in both:
        for k, some in groups.items():
            if k[2] is None:
                some.sort(key=order)
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
