"""73-mail-courier.py GAOL LOG: the clients, their record, and what GAOL says
of LOG."""

import itertools
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from inject import HOSTILE                                   # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import Imap, Pop3                            # noqa: E402

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
    for server in NETS:
        for kind in Imap, Pop3:
            for tls in kind.ports:
                for mech in "command", "PLAIN":
                    yield visit(kind, server, tls, [("alice", GOOD, mech)])
                    yield visit(kind, server, tls, [("bob", "wrong", mech)])
                yield visit(kind, server, tls, [("nobody", "x", "command"),
                                                ("bob", GOOD, "command")])
                yield visit(kind, server, tls, [])
    kinds = itertools.cycle((Imap, Pop3))
    servers = itertools.cycle(NETS)
    for user in HOSTILE + mailclient.HOSTILE:
        if re.search(r"[\r\n]", user):
            yield visit(next(kinds), next(servers), "none",
                        [(user, "wrong", "PLAIN")])
        else:
            yield visit(Pop3, next(servers), "none",
                        [(user, "wrong", "command")])


# --- what the log must say ----------------------------------------------------

def name(user):
    """As Courier logs it."""
    return "".join(chr(b) if 32 <= b < 127 else "." for b in user.encode())


def expected(v):
    """By kind. That a session was encrypted is said at its end."""
    line = {"service": v.service, "ip": v.source, "port": v.port}
    implicit = "implicit" if v.tls == "implicit" else None
    out = {"connect": [dict(line, tls=implicit)], "login": [], "logout": [],
           "failure": []}
    for t in v.tries:
        if not t.good:
            command = t.mech == "command"
            out["failure"].append(dict(
                line, outcome="failure", reason="bad_credentials", attempts=1,
                user=name(t.user) if command else None, tls=implicit,
                mech=None if command else t.mech))
    user = v.tries[-1].user if v.signed_in else None
    if v.signed_in:
        out["login"].append(dict(line, outcome="success", user=user,
                                 tls=implicit))
    out["logout"].append(dict(line, user=user, tls=v.tls if user else implicit))
    if v.service == "imap" and user:
        out["logout"][0].update(bytes_in=v.bytes_in)
    return out


def ask(verb):
    got = subprocess.run(
        [GAOL, verb, "--share", ".", "-f", LOG, "--filter",
         "./filter.d/courier.conf", "--json"], stdout=subprocess.PIPE,
        check=True).stdout.splitlines()
    return [dict(mailclient.flat(e), json=e) for e in map(json.loads, got)]


def compare():
    faults, want, got = [], {}, {}
    kinds = "connect", "login", "logout", "failure"
    events = [e for e in ask("events")
              if e["kind"] in kinds and e["ip"] != PROBE]
    for e in events:
        got.setdefault((e["kind"], e["ip"], e["port"]), []).append(e)
    for v in visits:
        for kind, some in expected(v).items():
            if some:
                want[kind, v.source, v.port] = some
    for k in sorted(set(want) | set(got), key=str):
        w, g = want.get(k, []), got.get(k, [])
        if len(w) != len(g):
            faults.append("%s: %d, not %d: %s" % (
                k, len(g), len(w), [e["line"] for e in g][:9]))
        for one, other in zip(w, g):
            why = mailclient.difference(one, other)
            if why:
                faults.append("%s: %s" % (why, other["line"]))
    return len(events), faults


def sessions():
    """One of each visit that signed in, and no other."""
    got = {(s["ip"], s["port"]): s for s in ask("sessions")}
    good = {(v.source, v.port): v for v in visits if v.signed_in}
    faults = ["%s: %s" % (k, "none" if k in good else "of nobody's")
              for k in set(got) ^ set(good)]
    for key in set(got) & set(good):
        v = good[key]
        why = mailclient.difference({
            "service": v.service, "user": v.tries[-1].user, "tls": v.tls,
            "failures": len(v.tries) - 1}, got[key])
        if why:
            faults.append("%s: %s" % (why, got[key]["json"]))
    return faults


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
