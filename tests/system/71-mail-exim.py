"""71-mail-exim.py GAOL MAINLOG REJECTLOG NAME COMMAND...: the clients, their
record, and what GAOL says of the logs. NAME: usual, many or json, as in
71-mail-exim.sh. COMMAND runs Exim's queue."""

import itertools
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden/events"))
from hostile import HOSTILE                                  # noqa: E402
from gaold import Tap                                        # noqa: E402
import mailclient                                            # noqa: E402
from mailclient import GOOD, NETS, PROBE, Smtp, Story         # noqa: E402

GAOL, MAIN, REJECT, NAME = sys.argv[1:5]
RUN_QUEUE = sys.argv[5:]
PORTS = NAME != "usual"
story = Story(GAOL, "exim-json" if NAME == "json" else "exim", MAIN, REJECT)
story.closed = {"dis@example.com"}

# Local parts that are quoted in addresses: in the log they are not.
ODD = ('"evil@y.example"@example.com',
       '"x <evil@y.example> R=bin"@example.com',
       '"x <\\"evil\\"@y.example> R=bin"@example.com')
# What becomes of messages to aliases; all others are delivered to whom they are
# for.
ALIASES = {
    "gone@example.com": [("failed", "gone@example.com", "no such user")],
    "full@example.com": [("deferred", "full@example.com", "no room left")],
    "list@example.com": [("delivered", to, None) for to in (
        "list@example.com", "y@example.net", "z@example.net")],
}


def visit(server, tls, tries, mail=(), what=""):
    after = {"mechanism": lambda c: c.smtp.docmd("AUTH", "NTLM"),
             "protocol": lambda c: c.smtp.docmd("AUTH", "PLAIN not*base64")}
    return story.visit(Smtp, server, tls, tries, mail, what, after.get(what))


def jobs():
    a, b, dis, exp, off = ("%s@example.com" % n for n in (
        "alice", "bob", "dis", "exp", "off"))
    for server in NETS:
        for tls in Smtp.ports:
            for mech in "PLAIN", "LOGIN":
                yield visit(server, tls, [(a, GOOD, mech)],
                            [(a, "x@example.net")])
                yield visit(server, tls, [(b, GOOD, mech)])
                yield visit(server, tls, [(b, "wrong", mech)])
                yield visit(server, tls, [("nobody@example.com", "x", mech)]
                            * 2)
                yield visit(server, tls, [(dis, GOOD, mech)])
            for user in exp, off:
                yield visit(server, tls, [(user, GOOD, "PLAIN")],
                            [(user, "x@example.net")], what="closed")
            yield visit(server, tls, [], [("s@example.org", b)])
            yield visit(server, tls, [], [("s@example.org", "z@example.net")],
                        what="relay")
            yield visit(server, tls, [(b, "x", "PLAIN"), (b, GOOD, "PLAIN")], [
                (b, "1@example.net"), (b, "2@example.net")])
            yield visit(server, tls, [], what="mechanism")
            yield visit(server, tls, [], what="protocol")
    yield visit("198.51.100.1", "none", [], [("s@example.org", to) for to in (
        *ALIASES, "box@example.com", "tool@example.com", *ODD)])
    yield visit("2001:db8:66::1", "starttls", [(a, GOOD, "LOGIN")],
                [(a, '"a <b@x>"@example.net')])
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
        out.update(port=v.port, local=v.server, local_port=Smtp.ports[v.tls])
    return out


def encrypted(v):
    """GnuTLS names a cipher with how its key was agreed on in front."""
    if v.tls == "none":
        return {"tls": "none", "tls_version": None, "cipher": None}
    return {"tls": "tls", "tls_version": v.tls_version.replace("v", ""),
            "cipher": re.sub("^TLS_|_SHA[0-9]+$", "", v.tls_cipher)}


def attempts(v):
    """What failed. No line of it says whether it was encrypted."""
    for t in v.tries:
        if not t.good:
            yield dict(common(v), kind="failure", outcome="failure",
                       reason="bad_credentials", user=written(t.user),
                       attempts=1, mech=t.mech.lower(),
                       detail="535 Incorrect authentication data")
    if v.what == "protocol":
        yield dict(common(v), kind="failure", reason="protocol", mech="plain",
                   user=None, detail="501 Invalid base64 data")
    if v.what == "mechanism" and NAME == "many":
        yield dict(common(v), kind="failure", reason="mechanism",
                   detail="NTLM authentication mechanism not supported")


# What of a message is refused, and why.
REFUSALS = {"exp@example.com": ("MAIL", "account expired"),
            "off@example.com": ("RCPT", "account disabled")}


def refused(v, sender, to):
    """Of who was refused at MAIL, only exim-json knows the name."""
    command, why = REFUSALS.get(sender, ("RCPT", "relay not permitted"))
    named = v.signed_in and (command == "RCPT" or NAME == "json")
    if named:
        yield signed_in(v, sender if NAME == "json" else None)
    yield dict(common(v), kind="rejected", outcome="failure", sender=sender,
               user=v.tries[-1].user if named else None, operation=command,
               reason=None if v.signed_in else "relay",
               recipient=to if command == "RCPT" else None, detail=why,
               **encrypted(v))


def messages(v):
    """What became of them; none without ports joins a connection's, so that
    each one tells of a sign-in."""
    for i, (sender, to) in enumerate(v.mail):
        if v.what in mailclient.REFUSED:
            yield from refused(v, sender, to)
            continue
        if v.signed_in and (i == 0 or not PORTS):
            yield signed_in(v, sender)
        yield dict(common(v), kind="received", sender=sender,
                   user=v.tries[-1].user if v.signed_in else None,
                   message_id=v.messages[i], **encrypted(v))


def sent(v):
    """Each delivery has what is known of its message; of an address that is not,
    a message to its sender is left."""
    for (sender, to), message_id in zip(v.mail, v.messages):
        for operation, recipient, detail in ALIASES.get(
                to, [("delivered", to, None)]):
            yield {"kind": "sent", "service": "smtp", "ip": v.source,
                   "user": v.tries[-1].user if v.signed_in else None,
                   "sender": sender, "message_id": message_id,
                   "recipient": recipient, "operation": operation,
                   "detail": detail}
            if operation == "failed":
                yield {"kind": "received", "service": "smtp", "ip": None,
                       "user": None, "sender": "<>"}


def signed_in(v, sender=None, **more):
    t = v.tries[-1]
    return dict(common(v), kind="login", outcome="success", user=t.user,
                mech=t.mech.lower(), sender=sender, **more, **encrypted(v))


def expected(v):
    out = [dict(common(v), kind="connect")] if NAME == "many" else []
    out += attempts(v)
    out += messages(v)
    if v.what not in mailclient.REFUSED:
        out += sent(v)
    if NAME == "many" or NAME == "json" and v.signed_in:
        out.append(dict(common(v), kind="logout"))
    if not v.mail:
        out.append(signed_in(v) if v.signed_in else dict(
            common(v), kind="abort", reason="protocol", **encrypted(v)))
    return out


def key_of(e):
    """No delivery has its client's port."""
    return e["ip"], e.get("port") if PORTS and e["kind"] != "sent" else None


def order(e):
    return [str(e.get(n)) for n in ("kind", "tls", "user", "message_id", "mech",
                                    "reason", "recipient")]


def known(e):
    """A cipher by its own name; and whether its lines' own numbers are those
    of such a visit: the client saw neither."""
    if e["cipher"]:
        e["cipher"] = re.sub("^.*__|:[0-9]+$", "", e["cipher"])
    most = 4000 if e["sender"] == "<>" else 600
    if e["kind"] == "received" and not 180 < (e["size"] or 0) < most:
        e["size"] = "a size?"
    if e["kind"] == "abort" and not 0 <= (e["ms"] or 0) < 60000:
        e["ms"] = "a time?"
    return e


def compare():
    """By client and port; without the ports, by client. Exim writes the last
    lines of a connection in no certain order."""
    events = [known(e) for e in story.ask("events") if e["ip"] != PROBE]
    want = [e for v in story.visits for e in expected(v)]
    return len(events), mailclient.differences(
        mailclient.by(want, key_of), mailclient.by(events, key_of), order)


tap = Tap()
story.tell(tap, jobs(), compare,
           then=lambda: subprocess.run(RUN_QUEUE, check=True))
tap.exit()
