"""74-mail-cyrus.py GAOL LOG: the clients, their record, and what GAOL says
of LOG."""

import itertools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from inject import HOSTILE                                   # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import GOOD, NETS, PROBE, Imap, Pop3, Sieve, Story  # noqa: E402

GAOL, LOG = sys.argv[1:]
story = Story(GAOL, "cyrus", LOG)
visit = story.visit


# --- the clients ------------------------------------------------------------

def jobs():
    a, b = "alice@example.com", "bob@example.com"
    for server in NETS:
        for kind in Imap, Pop3, Sieve:
            for tls in kind.ports:
                for mech in ("PLAIN",) if kind is Sieve else ("command",
                                                              "PLAIN"):
                    yield visit(kind, server, tls, [(a, GOOD, mech)])
                    yield visit(kind, server, tls, [(b, "wrong", mech)])
                    yield visit(kind, server, tls, [
                        ("nobody@example.com", "x", mech), (b, GOOD, mech)])
    kinds = itertools.cycle((Imap, Pop3, Sieve))
    servers = itertools.cycle(NETS)
    for user in HOSTILE + mailclient.HOSTILE:
        yield visit(next(kinds), next(servers), "none",
                    [(user, "wrong", "PLAIN")])


# --- what the log must say ----------------------------------------------------

def expected(v):
    """By kind. An address has one visit at a time to each kind of them."""
    line = {"service": v.service, "ip": v.source}
    out = {"login": [], "failure": []}
    for t in v.tries:
        if not t.good:
            known = t.user.startswith("bob@")
            sieve = v.service == "sieve"
            out["failure"].append(dict(
                line, outcome="failure", attempts=1,
                mech="plaintext" if t.mech == "command" else t.mech,
                # PLAIN names who there is, ManageSieve nobody.
                user=t.user if not sieve and (known or t.mech == "command")
                else None, hostile=not t.user.endswith("@example.com"),
                reason="bad_credentials" if known or sieve
                else "unknown_user"))
    if v.signed_in:
        t = v.tries[-1]
        out["login"].append(dict(
            line, outcome="success", user=t.user, tls=v.tls,
            mech="plaintext" if t.mech == "command" else t.mech))
    return out


def order(e):
    return [str(e.get(k)) for k in ("user", "mech", "tls", "reason")]


def key_of(e):
    return e["kind"], e["service"], e["ip"]


def compare():
    """No line has the client's port: by kind, service and address. What a
    hostile name fails by depends on it."""
    events = [e for e in story.ask("events")
              if e["kind"] in ("login", "failure") and e["ip"] != PROBE]
    want = [dict(e, kind=kind) for v in story.visits
            for kind, some in expected(v).items() for e in some]
    for e in want:
        if e.pop("hostile", False):
            del e["reason"]
    # SASL's reason for a name it does not tell is its own affair.
    for e in want + events:
        if e["kind"] == "failure" and e["user"] is None:
            e["reason"] = None
    return len(events), mailclient.differences(
        mailclient.by(want, key_of), mailclient.by(events, key_of), order)


def sessions():
    """Of IMAP and POP3, one for each sign-in, and each has ended."""
    all_ = [s for s in story.ask("sessions") if s["service"] != "sieve"]
    got = sorted((s["service"], s["ip"], s["user"], s["tls"]) for s in all_)
    want = sorted((v.service, v.source, v.tries[-1].user, v.tls)
                  for v in story.visits if v.signed_in and v.service != "sieve")
    unfinished = [s["json"] for s in all_ if not s["bytes_out"]]
    return ["%s, not %s" % (g, w) for g, w in zip(got, want) if g != w] + \
        (["%d, not %d" % (len(got), len(want))] if len(got) != len(want)
         else []) + ["no end: %s" % s for s in unfinished]


tap = Tap()
story.tell(tap, jobs(), compare, sessions, threads=100)
tap.exit()
