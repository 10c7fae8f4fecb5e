"""71-mail-exim.py GAOL MAINLOG REJECTLOG NAME: the clients, their record, and
what GAOL says of the logs. NAME: usual, many or json, as in 71-mail-exim.sh."""

import itertools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from inject import HOSTILE                                   # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import GOOD, NETS, Smtp, Story                # noqa: E402

GAOL, MAIN, REJECT, NAME = sys.argv[1:]
PORTS = NAME != "usual"
story = Story(GAOL, "exim-json" if NAME == "json" else "exim", MAIN, REJECT)


def visit(server, tls, tries, mail=(), what=""):
    after = {"mechanism": lambda c: c.smtp.docmd("AUTH", "NTLM"),
             "protocol": lambda c: c.smtp.docmd("AUTH", "PLAIN not*base64")}
    return story.visit(Smtp, server, tls, tries, mail, what, after.get(what))


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


KINDS = "login", "failure", "received", "rejected"


def order(e):
    return [str(e.get(n)) for n in ("kind", "tls", "user", "mech")]


def compare():
    """By client and port; without the ports, by client, as sets."""
    events = [e for e in story.ask("events") if e["kind"] in KINDS]
    want = {}
    for v in story.visits:
        want.setdefault(key_of({"ip": v.source, "port": v.port}),
                        []).extend(expected(v))
    return len(events), mailclient.differences(
        want, mailclient.by(events, key_of), None if PORTS else order)


tap = Tap()
story.tell(tap, jobs(), compare)
tap.exit()
