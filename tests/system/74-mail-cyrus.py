"""74-mail-cyrus.py GAOL LOG: the clients, their record, and what GAOL says
of LOG."""

import itertools
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from inject import HOSTILE                                   # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import Imap, Pop3, Sieve                            # noqa: E402

GAOL, LOG = sys.argv[1:]
NETS = {"198.51.100.1": "198.51.100.", "2001:db8:66::1": "2001:db8:66::"}
PROBE = "198.51.100.66"           # asks whether the server listens yet
GOOD = "good-password"
visits = []
hosts = itertools.cycle((10, 11, 12))
tap = Tap()


# --- the clients ------------------------------------------------------------

def visit(kind, server, tls, tries):
    source = NETS[server] + str(next(hosts))

    def job():
        c = kind(server, source, tls)
        for user, password, mech in tries:
            c.sign_in(user, password, password == GOOD, mech)
        visits.append(c.leave())
    return job


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


def ask(verb):
    got = subprocess.run(
        [GAOL, verb, "--share", ".", "-f", LOG, "--filter",
         "./filter.d/cyrus.conf", "--json"], stdout=subprocess.PIPE,
        check=True).stdout.splitlines()
    return [dict(mailclient.flat(e), json=e) for e in map(json.loads, got)]


def order(e):
    return [str(e.get(k)) for k in ("user", "mech", "tls", "reason")]


def compare():
    """No line has the client's port: by kind, service and address. What a
    hostile name fails by depends on it."""
    faults, want, got = [], {}, {}
    events = [e for e in ask("events")
              if e["kind"] in ("login", "failure") and e["ip"] != PROBE]
    for e in events:
        got.setdefault((e["kind"], e["service"], e["ip"]), []).append(e)
    for v in visits:
        for kind, some in expected(v).items():
            if some:
                want.setdefault((kind, v.service, v.source), []).extend(some)
    for k in sorted(set(want) | set(got), key=str):
        w, g = want.get(k, []), got.get(k, [])
        if len(w) != len(g):
            faults.append("%s: %d, not %d: %s" % (
                k, len(g), len(w), [e["line"] for e in g][:9]))
            continue
        for e in w:
            if e.pop("hostile", False):
                del e["reason"]
        # SASL's reason for a name it does not tell is its own affair.
        for e in w + g:
            if k[0] == "failure" and e["user"] is None:
                e["reason"] = None
        for one, other in zip(sorted(w, key=order), sorted(g, key=order)):
            why = mailclient.difference(one, other)
            if why:
                faults.append("%s: %s" % (why, other["line"]))
    return len(events), faults


def sessions():
    """Of IMAP and POP3, one for each sign-in, and each has ended."""
    all_ = [s for s in ask("sessions") if s["service"] != "sieve"]
    got = sorted((s["service"], s["ip"], s["user"], s["tls"]) for s in all_)
    want = sorted((v.service, v.source, v.tries[-1].user, v.tls)
                  for v in visits if v.signed_in and v.service != "sieve")
    unfinished = [s["json"] for s in all_ if not s["bytes_out"]]
    return ["%s, not %s" % (g, w) for g, w in zip(got, want) if g != w] + \
        (["%d, not %d" % (len(got), len(want))] if len(got) != len(want)
         else []) + ["no end: %s" % s for s in unfinished]


def main():
    begun = time.time()
    mailclient.all_at_once(jobs(), 100)
    took = time.time() - begun
    end = time.monotonic() + 10
    while True:
        n, faults = compare()
        if not faults or time.monotonic() > end:
            break
        time.sleep(0.2)
    tap.ok(not faults, "%d events are those of %d connections (%.1f s)"
        % (n, len(visits), took), "\n".join(map(str, faults)))
    faults = sessions()
    tap.ok(not faults, "so are the sessions", "\n".join(map(str, faults)))
    return tap.failed > 0


sys.exit(main())
