"""74-mail-cyrus.py GAOL LOG AUTHLOG: the clients, their record, and what GAOL
says of LOG, and of saslauthd's lines in AUTHLOG."""

import collections
import itertools
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from hostile import HOSTILE                                  # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import GOOD, NETS, PROBE, Imap, Pop3, Sieve, Story  # noqa: E402

GAOL, LOG, AUTHLOG = sys.argv[1:]
story = Story(GAOL, "cyrus", LOG)
visit = story.visit
story.closed = {"exp", "old", "dis"}


# --- the clients ------------------------------------------------------------

def busy(c):
    """Says who it is, and makes and empties a mailbox of its own."""
    c.imap.xatom("ID", '("name" "Thunderbird" "version" "1.2")')
    box = str(c.visit.port)
    for answer, _ in (c.imap.create(box), c.imap.append(
            box, None, None, b"Subject: x\r\n\r\nhi\r\n"), c.imap.select(box),
            c.imap.store("1", "+FLAGS", "\\Deleted"), c.imap.expunge()):
        if answer != "OK":
            raise mailclient.Failed("%s: %s" % (c.visit, answer))


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
        for user in "exp", "old", "dis":
            for mech in "command", "PLAIN":
                yield visit(Imap, server, "none", [(user, GOOD, mech)])
                yield visit(Pop3, server, "implicit", [(user, GOOD, mech)])
            yield visit(Sieve, server, "none", [(user, GOOD, "PLAIN")])
        yield visit(Imap, server, "starttls", [(a, GOOD, "PLAIN")],
                    what="busy", after=busy)
    kinds = itertools.cycle((Imap, Pop3, Sieve))
    servers = itertools.cycle(NETS)
    for user in HOSTILE + mailclient.HOSTILE:
        yield visit(next(kinds), next(servers), "none",
                    [(user, "wrong", "PLAIN")])


# --- what the log must say ----------------------------------------------------

def canonical(user):
    """A name as SASL takes it: without blanks around it, in lower case."""
    return user.strip(" \t\r\n\v\f").lower()


def encrypted(v):
    return {"tls_version": v.tls_version or None, "cipher": v.tls_cipher or None}


def expected(v):
    """By kind. An address has one visit at a time to each kind of them."""
    line = {"service": v.service, "ip": v.source}
    out = {"login": [], "failure": [], "logout": [], "client": [], "other": []}
    # ManageSieve's sign-ins do not name their session.
    tls = encrypted(v) if v.service != "sieve" else {}
    if v.tls != "none":
        out["other"].append(dict(line, ip=None, tls=v.tls, **encrypted(v)))
    for t in v.tries:
        if not t.good:
            out["failure"].append(dict(
                line, outcome="failure", attempts=1, reason="bad_credentials",
                mech="plaintext" if t.mech == "command" else t.mech,
                # ManageSieve names nobody.
                user=None if v.service == "sieve" else canonical(t.user)))
    if v.signed_in:
        t = v.tries[-1]
        out["login"].append(dict(
            line, outcome="success", user=t.user, tls=v.tls, **tls,
            mech="plaintext" if t.mech == "command" else t.mech))
    if v.signed_in and v.service != "sieve":
        out["logout"].append(dict(
            line, user=v.tries[-1].user, tls=v.tls, bytes_in=v.all_in,
            bytes_out=v.all_out, **(
                {"fetched": 0, "deleted": 0} if v.service == "pop3" else {})))
    if v.what == "busy":
        out["mailbox"] = [dict(
            line, user=v.tries[-1].user, operation=operation, tls=v.tls,
            mailbox="example.com!user.alice.%d" % v.port)
            for operation in ("append", "create", "expunge", "touched",
                              "touched")]
        out["client"].append(dict(line, user=v.tries[-1].user,
                                  client="Thunderbird", version="1.2"))
    return out


KINDS = "login", "failure", "logout", "client", "other", "mailbox"


def order(e):
    return [str(e.get(k)) for k in ("user", "tls", "bytes_in", "bytes_out",
                                    "mech", "operation")]


def key_of(e):
    return e["kind"], e["service"], e["ip"]


def unnamed(want, got):
    """Names that SASL did not take are written as -notset-: which, it alone
    knows. What is written must be one that was tried there."""
    for key, some in want.items():
        told = [e["user"] for e in got.get(key, [])]
        for e in some:
            if e["kind"] != "failure" or e["user"] is None:
                continue
            if e["user"] in told:
                told.remove(e["user"])
            elif not e["user"].endswith("@example.com"):
                e["user"] = None
    return want


def compare():
    """No line has the client's port: by kind, service and address. POP3's
    counts are the sign-out's, and not each connection has them."""
    events = [e for e in story.ask("events")
              if e["kind"] in KINDS and e["ip"] != PROBE and
              (e["ip"] or "starttls: " in e["line"]) and
              # Those that the server makes for whoever comes first.
              (e["kind"] != "mailbox" or re.search(r"\.\d+$", e["mailbox"]))]
    want = mailclient.by([
        dict(e, kind=kind) for v in story.visits
        for kind, some in expected(v).items() for e in some], key_of)
    got = mailclient.by(events, key_of)
    return len(events), mailclient.differences(
        unnamed(want, got), got, order)


def sessions():
    """Of IMAP and POP3, one for each sign-in, and each has ended."""
    all_ = [s for s in story.ask("sessions") if s["service"] != "sieve"]
    got = sorted((s["service"], s["ip"], s["user"], s["tls"], s["bytes_in"],
                  s["bytes_out"]) for s in all_)
    want = sorted((v.service, v.source, v.tries[-1].user, v.tls, v.all_in,
                   v.all_out)
                  for v in story.visits if v.signed_in and v.service != "sieve")
    unfinished = [s["json"] for s in all_ if "end" not in s["json"]["event"]]
    return ["%s, not %s" % (g, w) for g, w in zip(got, want) if g != w] + \
        (["%d, not %d" % (len(got), len(want))] if len(got) != len(want)
         else []) + ["no end: %s" % s for s in unfinished]


def asked():
    """saslauthd is asked whom sasldb does not let in: it has each failure that
    SASL took a name of, the realm apart, and no address."""
    names = {"imap": "imap", "pop": "pop3", "sieve": "sieve"}
    got = collections.Counter(
        (names[re.search(r"\[service=(\w+)\]", e["line"])[1]], e["name"],
         e["reason"]) for e in Story(GAOL, "saslauthd", AUTHLOG).ask("events"))
    want = collections.Counter()
    for v in story.visits:
        for t in v.tries:
            if not t.good:
                user = canonical(t.user)
                want[v.service, mailclient.counted(user),
                     "disabled" if user in ("exp", "old")
                     else "bad_credentials"] += 1
    return sum(got.values()), ["%s: %d, not %d" % (k, n, want[k])
                               for k, n in got.items()
                               if n > want[k] or n < want[k] and
                               k[1] in story.closed | {
                                   "bob@example.com", "nobody@example.com"}]


tap = Tap()
story.tell(tap, jobs(), compare, sessions, threads=100)
n, faults = asked()
tap.ok(n > 100 and not faults, "%d failures are those saslauthd was asked for"
       % n, "\n".join(faults))
tap.exit()
