"""72-mail-postfix.py GAOL LOG: the clients, their record, and what GAOL says
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
from mailclient import Smtp                                  # noqa: E402

GAOL, LOG = sys.argv[1:]
NETS = {"198.51.100.1": "198.51.100.", "2001:db8:66::1": "2001:db8:66::"}
PROBE = "198.51.100.66"           # asks whether the server listens yet
GOOD = "good-password"
CYRUS = os.environ.get("SASL") == "cyrus"
KINDS = "login", "failure", "received", "rejected", "sent", "logout"
visits = []
hosts = itertools.cycle((10, 11, 12))
tap = Tap()


# --- the clients ------------------------------------------------------------

def visit(server, tls, tries, mail=(), what=""):
    source = NETS[server] + str(next(hosts))

    def job():
        c = Smtp(server, source, tls)
        c.visit.what, c.visit.mail = what, list(mail)
        for user, password, mech in tries:
            c.sign_in(user, password, password == GOOD, mech)
        for sender, to in mail:
            try:
                c.send(sender, [to], "Subject: hi\r\n\r\nhi\r\n")
            except Exception:
                if what != "relay":
                    raise
        visits.append(c.leave())
    return job


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


def ask(verb):
    got = subprocess.run(
        [GAOL, verb, "--share", ".", "-f", LOG, "--filter",
         "./filter.d/postfix.conf", "--json"], stdout=subprocess.PIPE,
        check=True).stdout.splitlines()
    return [dict(mailclient.flat(e), json=e) for e in map(json.loads, got)]


def compare():
    """What the log says of each visit; a message's lines have no port, so
    they are compared by the client's address."""
    faults, want, got = [], {}, {}
    events = [e for e in ask("events")
              if e["kind"] in KINDS and e["ip"] != PROBE]

    def key(kind, ip, port):
        return kind, ip, None if kind in ("received", "sent") else port

    for e in events:
        got.setdefault(key(e["kind"], e["ip"], e["port"]), []).append(e)
    for v in visits:
        for kind, some in expected(v).items():
            if some:
                want.setdefault(key(kind, v.source, v.port), []).extend(some)
    for k in sorted(set(want) | set(got), key=str):
        w, g = want.get(k, []), got.get(k, [])
        if len(w) != len(g):
            faults.append("%s: %d, not %d: %s" % (
                k, len(g), len(w), [e["line"] for e in g][:9]))
            continue
        if k[2] is None:
            for some in w, g:
                some.sort(key=lambda e: e["user"] or "")
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
            "service": "smtp", "outcome": "success",
            "user": v.tries[-1].user if v.mail else None,
            "failures": len(v.tries) - 1}, got[key])
        if why:
            faults.append("%s: %s" % (why, got[key]["json"]))
    return faults


def main():
    begun = time.time()
    mailclient.all_at_once(jobs())
    took = time.time() - begun
    # The queue's processes write after the client has gone.
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
