"""71-mail-exim.py GAOL MAINLOG REJECTLOG NAME: the clients, their record, and
what GAOL says of the logs. NAME: usual, many or json, as in 71-mail-exim.sh."""

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

GAOL, MAIN, REJECT, NAME = sys.argv[1:]
PORTS = NAME != "usual"
FILTER = "exim-json" if NAME == "json" else "exim"
NETS = {"198.51.100.1": "198.51.100.", "2001:db8:66::1": "2001:db8:66::"}
PROBE = "198.51.100.66"           # asks whether the server listens yet
GOOD = "good-password"
visits = []
tap = Tap()


hosts = itertools.cycle((10, 11, 12))


def visit(server, tls, tries, mail=(), what=""):
    source = NETS[server] + str(next(hosts))

    def job():
        c = Smtp(server, source, tls)
        c.visit.what, c.visit.mail = what, list(mail)
        for user, password, mech in tries:
            c.sign_in(user, password, password == GOOD, mech)
        for sender, to in mail:
            try:
                c.send(sender, [to], "Subject: A=plain:evil@x\r\n\r\nhi\r\n")
            except Exception:
                if what != "relay":
                    raise
        if what == "mechanism":
            c.smtp.docmd("AUTH", "NTLM")
        elif what == "protocol":
            c.smtp.docmd("AUTH", "PLAIN not*base64")
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
            yield visit(server, tls, [(b, GOOD, "PLAIN")], [
                (b, "1@example.net"), (b, "2@example.net")])
            yield visit(server, tls, [], what="mechanism")
            yield visit(server, tls, [], what="protocol")
    servers = itertools.cycle(NETS)
    for user in HOSTILE + mailclient.HOSTILE:
        yield visit(next(servers), "none", [(user, "wrong", "PLAIN")])


# --- what the log must say ----------------------------------------------------

def written(user):
    """A name as Exim logs it."""
    names = {"\n": "\\n", "\r": "\\r", "\b": "\\b", "\v": "\\v", "\f": "\\f"}
    out = ""
    for byte in user.encode():
        c = chr(byte)
        if c in names:
            out += names[c]
        elif byte != 9 and byte < 32 or byte > 126:
            out += "\\%03o" % byte
        else:
            out += c
    return out


def common(v):
    out = {"service": "smtp", "ip": v.source}
    if PORTS:
        out.update(port=v.port, local=v.server)
    return out


def expected(v):
    all_, out = common(v), []
    tls = "none" if v.tls == "none" else "tls"
    for t in v.tries:
        if not t.good:
            out.append(dict(all_, kind="failure", outcome="failure",
                            reason="bad_credentials", user=written(t.user),
                            attempts=1, mech=t.mech.lower()))
    if v.signed_in:
        t = v.tries[-1]
        out.append(dict(all_, kind="login", outcome="success", user=t.user,
                        mech=t.mech.lower(), tls=tls))
    for sender, to in v.mail:
        if sender != v.mail[0][0] or to != v.mail[0][1]:
            if not PORTS:
                # Nothing joins a connection's messages.
                out.append(out[-2])
        if v.what == "relay":
            out.append(dict(all_, kind="rejected", tls=tls, reason="relay"))
        else:
            out.append(dict(all_, kind="received", tls=tls,
                            user=v.tries[-1].user if v.signed_in else None))
    if v.what == "protocol":
        out.append(dict(all_, kind="failure", reason="protocol"))
    if v.what == "mechanism" and NAME == "many":
        out.append(dict(all_, kind="failure", reason="mechanism"))
    return out


def key_of(e):
    return e["ip"], e["port"] if PORTS else None


def ask(verb):
    got = subprocess.run(
        [GAOL, verb, "--share", ".", "-f", MAIN, "-f", REJECT, "--filter",
         "./filter.d/%s.conf" % FILTER, "--json"], stdout=subprocess.PIPE,
        check=True).stdout.splitlines()
    return [dict(mailclient.flat(e), json=e) for e in map(json.loads, got)]


KINDS = "login", "failure", "received", "rejected"


def compare():
    """By client and port; without the ports, by client, as sets."""
    faults, want, got = [], {}, {}
    events = [e for e in ask("events") if e["kind"] in KINDS]
    for e in events:
        got.setdefault(key_of(e), []).append(e)
    for v in visits:
        want.setdefault(key_of({"ip": v.source, "port": v.port}),
                        []).extend(expected(v))
    for key in sorted(set(want) | set(got), key=str):
        w, g = want.get(key, []), got.get(key, [])
        if not PORTS:
            names = ("kind", "tls", "user", "mech")
            w.sort(key=lambda e: [str(e.get(n)) for n in names])
            g.sort(key=lambda e: [str(e.get(n)) for n in names])
        if [e["kind"] for e in w] != [e["kind"] for e in g]:
            faults.append("%s: %s, not %s: %s" % (
                key, [e["kind"] for e in g], [e["kind"] for e in w],
                [e["line"] for e in g][:9]))
            continue
        for one, other in zip(w, g):
            why = mailclient.difference(one, other)
            if why:
                faults.append("%s: %s" % (why, other["line"]))
    return len(events), faults


def main():
    begun = time.time()
    mailclient.all_at_once(jobs())
    took = time.time() - begun
    end = time.monotonic() + 10
    while True:
        n, faults = compare()
        if not faults or time.monotonic() > end:
            break
        time.sleep(0.2)
    tap.ok(not faults, "%d events are those of %d connections (%.1f s)"
        % (n, len(visits), took), "\n".join(map(str, faults)))
    return tap.failed > 0


sys.exit(main())
