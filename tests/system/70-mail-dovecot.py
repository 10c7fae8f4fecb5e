"""70-mail-dovecot.py GAOL LOG NAME: the clients, their record, and what GAOL
says of LOG. NAME: quiet, verbose, anychar or json, as in 70-mail-dovecot.sh."""

import base64
import ipaddress
import itertools
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from hostile import HOSTILE                                  # noqa: E402
from gaold import Tap, promised                              # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import Imap, Pop3, Sieve, Smtp               # noqa: E402

GAOL, LOG, NAME = sys.argv[1:]
JSON = NAME == "json"
FILTER = "dovecot-json" if JSON else "dovecot"
VERBOSE = NAME != "quiet"
SERVERS = {"198.51.100.1": ["198.51.100.%d" % n for n in (10, 11, 12)],
           "2001:db8:66::1": ["2001:db8:66::%d" % n for n in (10, 11, 12)]}
PROBE = "198.51.100.66"           # asks whether the server listens yet
GOOD = "good-password"
visits = []
places = {s: itertools.cycle(sources) for s, sources in SERVERS.items()}
tap = Tap()


# --- the clients ------------------------------------------------------------

def visit(kind, server, tls, tries, what="", drop=False, **more):
    """A job: one connection, TRIES on it, the last of which may be good."""
    source = more.pop("source", None) or next(places[server])

    def job():
        c = kind(server, source, tls, **more)
        c.visit.what = what
        for user, password, mech in tries:
            c.sign_in(user, password, password == GOOD and not what, mech)
        visits.append(c.drop() if drop else c.leave())
    return job


def jobs():
    a, b, c = ("%s@example.com" % n for n in ("alice", "bob", "carol"))
    for server in SERVERS:
        for kind in Imap, Pop3, Smtp, Sieve:
            for tls in kind.ports:
                yield visit(kind, server, tls, [(a, GOOD, "PLAIN")])
                yield visit(kind, server, tls, [(b, "wrong", "PLAIN")])
                yield visit(kind, server, tls, [
                    ("nobody@example.com", "x", "PLAIN"), (c, "y", "PLAIN")])
        yield visit(Imap, server, "none", [(c, "bad", "PLAIN")] * 2
                    + [(c, GOOD, "PLAIN")])
        yield visit(Imap, server, "starttls", [("Alice@Example.COM", GOOD,
                                                "command")])
        yield visit(Imap, server, "implicit", [(b, GOOD, "CRAM-MD5")])
        yield visit(Imap, server, "implicit", [(b, "bad", "CRAM-MD5")])
        yield visit(Imap, server, "implicit", [(b, GOOD, "LOGIN")],
                    client="Thunderbird")
        yield visit(Imap, server, "none", [(b, "bad", "LOGIN")],
                    client="x, session=<fake>: user=<>, rip=1.2.3.4")
        yield visit(Pop3, server, "none", [(a, GOOD, "command")])
        yield visit(Smtp, server, "starttls", [(a, GOOD, "LOGIN")])
        yield visit(Imap, server, "none", [])
        yield visit(Pop3, server, "implicit", [(b, "bad", "PLAIN")],
                    drop=True)
        for kind in Imap, Pop3, Sieve:
            yield visit(kind, server, "none", [
                ("dis@example.com", GOOD, "PLAIN")], "disabled")
            for user in "exp", "old":
                yield visit(kind, server, "implicit" if kind is Pop3 else
                            "starttls", [(user, GOOD, "PLAIN")], "expired")
    if not JSON:
        # Refused before anybody was asked: the exporter tells nothing.
        yield visit(Imap, "198.51.100.1", "none", [(a, GOOD, "command")],
                    "plaintext", source="198.51.100.99")
    kinds = itertools.cycle((Imap, Pop3, Smtp, Sieve))
    servers = itertools.cycle(SERVERS)
    for user in HOSTILE + mailclient.HOSTILE:
        yield visit(next(kinds), next(servers), "none",
                    [(user, "wrong", "PLAIN")])


# --- what the log must say ----------------------------------------------------

def client_of(session):
    """Dovecot's session ids hold time, port and address of the client."""
    raw = base64.b64decode(session + "=" * (-len(session) % 4))
    return (str(ipaddress.ip_address(raw[8:])),
            int.from_bytes(raw[6:8], "little"))


def common(v):
    return {"service": v.service, "ip": v.source, "local": v.server,
            "tls": "none" if v.tls == "none" else "tls", "port": v.port}


def user_of(t):
    """Names are taken in lower case, and those with strange characters not
    taken at all."""
    if JSON:
        return t.user
    strange = NAME != "anychar" and re.search(r"[^\w.@-]", t.user, re.A)
    user = t.user if strange else t.user.lower()
    if not VERBOSE:
        return mailclient.cut(user, 80)
    return mailclient.cut(user, 1000 if strange else 64)


def mech_of(t):
    return "PLAIN" if t.mech == "command" else t.mech


def expected(v):
    """The events of one visit, in their order."""
    all_, out = common(v), []
    if v.client:
        out.append(dict(all_, kind="client"))
    bad = [t for t in v.tries if not t.good]
    if JSON:
        # An attempt each. With nologin the password was right.
        for t in v.tries:
            right = t.good or v.what == "disabled"
            out.append(dict(all_, kind="login" if right else "failure",
                            outcome="success" if right else "failure",
                            user=t.user, mech=mech_of(t), attempts=1))
            if not right:
                out[-1]["reason"] = "bad_credentials"
        bad = bad if v.what else []
    for t in bad:
        if VERBOSE and not v.what:
            out.append({"kind": "failure", "outcome": "failure",
                        "ip": v.source, "port": v.port, "attempts": 1,
                        "user": user_of(t),
                        "reason": "bad_password" if t.user.partition("@")[0]
                        in ("alice", "bob", "carol") else "unknown_user"})
    if v.signed_in and JSON:
        out.append(dict(all_, kind="logout"))
    elif v.signed_in:
        t = v.tries[-1]
        out.append(dict(all_, kind="login", outcome="success",
                        user=t.user.lower(), mech=mech_of(t)))
        out.append(dict(all_, kind="logout", user=t.user.lower()))
    elif v.what == "plaintext":
        # Refused before the name was looked at; 2.3 does not say more.
        out.append(dict(all_, kind="failure", reason="bad_credentials",
                        mech=None))
    elif not v.tries:
        out.append(dict(all_, kind="abort", reason="protocol"))
    elif v.what or not VERBOSE:
        t = bad[-1]
        out.append(dict(all_, kind="failure", outcome="failure",
                        user=user_of(t), mech=mech_of(t),
                        attempts=len(bad),
                        reason=v.what or "bad_credentials"))
    return out


def ask(verb):
    got = subprocess.run(
        [GAOL, verb, "--share", ".", "-f", LOG, "--filter",
         "./filter.d/%s.conf" % FILTER, "--json"], stdout=subprocess.PIPE,
        check=True).stdout.splitlines()
    out = []
    for e in map(json.loads, got):
        e = dict(mailclient.flat(e), json=e)
        if e["session"]:
            ip, e["port"] = client_of(e["session"])
            e["ip"] = e["ip"] or ip
        out.append(e)
    return out


def raw(session):
    """What the log itself has of a session."""
    with open(LOG, errors="replace") as log:
        return "".join("\n    " + line.rstrip() for line in log
                       if session and session in line)


def compare():
    faults, strange = [], []
    events = ask("events")
    by_visit = {(v.source, v.port): v for v in visits}
    got = {k: [] for k in by_visit}
    for e in events:
        key = e["ip"], e["port"]
        if key in got:
            got[key].append(e)
        elif e["ip"] != PROBE:
            strange.append("%s of nobody's: %s" % (e["kind"], e["line"]))
    for key, v in by_visit.items():
        want = expected(v)
        # The process that serves a session may be done before the one that
        # took the sign-in writes its line; nothing is known of it then.
        if [e["kind"] for e in got[key]][-2:] == ["logout", "login"]:
            got[key][-2:] = got[key][:-3:-1]
            want[-1] = {k: v for k, v in want[-1].items()
                        if k in ("kind", "user")}
        if JSON and v.what == "disabled":
            # Two processes write these: either may be first.
            got[key].sort(key=lambda e: e["kind"] != "login")
        kinds = [e["kind"] for e in got[key]]
        if kinds != [w["kind"] for w in want]:
            faults.append("%s tells of %s: %s" % (
                v, kinds, "".join(raw(e["session"]) for e in got[key][:1])))
            continue
        # One name of the server's for all of a visit.
        if len({e["session"] for e in got[key]}) != 1:
            faults.append("%s has sessions %s" % (
                v, [e["session"] for e in got[key]]))
        for w, e in zip(want, got[key]):
            why = mailclient.difference(w, e)
            if why:
                faults.append("%s: %s" % (why, e["line"]))
    return sum(e["ip"] != PROBE for e in events), faults, strange


def sessions():
    good = sorted((v for v in visits if v.signed_in),
                  key=lambda v: (v.source, v.port))
    got = sorted((s for s in ask("sessions") if not JSON or
                  s["user"] != "dis@example.com"),
                 key=lambda s: (s["ip"], s["port"] or 0))
    faults = []
    if [(s["ip"], s["port"]) for s in got] != \
            [(v.source, v.port) for v in good]:
        return ["%d sessions, not %d" % (len(got), len(good))]
    for v, s in zip(good, got):
        want = dict(common(v), kind="session", user=v.tries[-1].user
                    if JSON else v.tries[-1].user.lower(),
                    failures=len(v.tries) - 1 if VERBOSE else 0)
        if v.service == "imap":
            # Without the end of the last line.
            want.update(bytes_in=v.bytes_in - 2, bytes_out=v.bytes_out)
        why = mailclient.difference(want, s) or mailclient.lasted(s, v)
        if why:
            faults.append("%s: %s" % (why, s["json"]))
        if "end" not in s["json"]["event"]:
            faults.append("no end: %s%s" % (s["json"], raw(s["session"])))
            continue
        start, end = (mailclient.seconds(s["json"]["event"][k])
                      for k in ("start", "end"))
        # The stamps are whole seconds.
        if not int(v.tries[-1].begun) <= start <= end <= v.ended + promised(2):
            faults.append("not within %s: %s" % (v, s["json"]))
    return faults


def main():
    begun = time.time()
    mailclient.all_at_once(jobs())
    took = time.time() - begun
    # Dovecot may write its last lines after it has hung up.
    end = time.monotonic() + 60
    while True:
        n, faults, strange = compare()
        if not faults and not strange or time.monotonic() > end:
            break
        time.sleep(0.2)
    tap.ok(not faults, "%d events are those of %d connections (%.1f s)"
        % (n, len(visits), took), "\n".join(map(str, faults)))
    tap.ok(not strange, "and there are no others", "\n".join(map(str, strange)))
    faults = sessions()
    tap.ok(not faults, "so are the sessions", "\n".join(map(str, faults)))
    return tap.failed > 0


sys.exit(main())
