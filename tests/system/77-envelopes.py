"""A daemon follows one log in each envelope: failures ban, sign-ins are events,
parts are joined, across a rotation, a reload and a restart in the middle of
them; what has no envelope is counted."""

import json
import os
import time

from gaold import Gaold, HERE, Tap, wait_for

KINDS = "docker", "cri", "journal", "syslog"
PARTS = "docker", "cri"           # those runtimes cut lines
tap = Tap()
g = Gaold(firewall="null")


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%S.467051123Z", time.gmtime())


def docker(text, end=True, stream="stdout"):
    line = json.dumps({"log": text + "\n" * end, "stream": stream,
                       "time": stamp()}, separators=(",", ":"))
    for c in "<>&":
        line = line.replace(c, "\\u%04x" % ord(c))
    return line


def cri(text, end=True, stream="stdout"):
    return "%s %s %s %s" % (stamp(), stream, "F" if end else "P", text)


def journal(text):
    program, _, message = text.partition(": ")
    name, _, pid = program.partition("[")
    return json.dumps({
        "__REALTIME_TIMESTAMP": "%d" % (time.time() * 1e6), "_HOSTNAME": "mail",
        "SYSLOG_IDENTIFIER": name.split()[-1], "SYSLOG_PID": pid.rstrip("]"),
        "MESSAGE": message})


def syslog(text):
    program, _, message = text.partition(": ")
    name, _, pid = program.partition("[")
    return "<22>1 %s mail %s %s - - %s" % (stamp(), name.split()[-1],
                                           pid.rstrip("]"), message)


WRAP = {"docker": docker, "cri": cri, "journal": journal, "syslog": syslog}


def failed(n):
    return ("mail postfix/smtpd[241]: warning: unknown[192.0.2.%d]: SASL LOGIN "
            "authentication failed: authentication failure, "
            "sasl_username=u%d@example.com" % (n, n))


def signed_in(kind, n):
    """Another process and message in each log: else they are one access."""
    i = KINDS.index(kind)
    return ("mail postfix/smtpd[3%d%d]: 4C8ACA7CB%d%d: client=unknown[192.0.2.%d], "
            "sasl_method=PLAIN, sasl_username=u%d@example.com"
            % (i, n, i, n, n, n))


def path(kind):
    return "%s/%s.log" % (g.dir, kind)


def add(kind, *lines):
    with open(path(kind), "a") as log:
        for line in lines:
            log.write(line + "\n")


def split(kind, text, at, **more):
    """A line in two entries."""
    wrap = WRAP[kind]
    return wrap(text[:at], end=False, **more), wrap(text[at:], **more)


def banned(kind):
    return set(g.ask("get", kind, "banip") or ())


def banned_are(kind, *n):
    want = {"192.0.2.%d" % i for i in n}
    got = wait_for("bans of %s" % kind, 20, lambda: banned(kind) == want)
    return got or tap.ok(False, "%s bans %s" % (kind, sorted(want)),
                         "%s\n%s" % (sorted(banned(kind)), g.logs()))


def status(kind):
    return json.loads(g.run("status", kind, "--json").stdout)


def deep(value, name):
    """The first member of that name, wherever."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        value = list(value.values())
    for v in value if isinstance(value, list) else ():
        got = deep(v, name)
        if got is not None:
            return got
    return None


def users(kind):
    got = g.run("events", "--json", "-c", g.etc).stdout.splitlines()
    events = [json.loads(line) for line in got]
    return sorted(e["user"]["name"].partition("@")[0] for e in events
                  if e["event"]["action"] == "login"
                  and e["log"]["file"]["path"] == path(kind))


def users_are(kind, *n):
    want = sorted("u%d" % i for i in n)
    return wait_for("events of %s" % kind, 20, lambda: users(kind) == want) or \
        tap.ok(False, "%s tells of %s" % (kind, want), users(kind))


for kind in KINDS:
    open(path(kind), "w").close()
g.write("jail.local", "".join(
    "[%s]\nenabled = true\nfilter = postfix\nenvelope = %s\nmaxretry = 1\n"
    "logpath = %s\naction =\n" % (k, k, path(k)) for k in KINDS))
g.start()

# Enough lines first that whole blocks are passed by.
for kind in KINDS:
    idle = [WRAP[kind]("mail postfix/qmgr[5]: nothing %d" % i)
            for i in range(2500)]
    add(kind, *idle, WRAP[kind](failed(1)), *idle, WRAP[kind](signed_in(kind, 1)))
for kind in KINDS:
    tap.ok(banned_are(kind, 1), "%s: a failure bans" % kind)
    tap.ok(users_are(kind, 1), "%s: a sign-in is an event" % kind)

# What is no such line is counted, and not filtered.
for kind in "docker", "cri", "journal":
    add(kind, stamp() + " " + failed(9))
    tap.ok(wait_for("the counter", 20, lambda k=kind:
                    deep(status(k), "unwrapped_not") == 1),
           "%s: a line without the envelope is counted" % kind, status(kind))
    tap.ok(banned_are(kind, 1), "%s: it bans nobody" % kind)

for kind in PARTS:
    first, rest = split(kind, failed(2), 60)
    other = split(kind, failed(3), 61, stream="stderr")
    add(kind, first, other[0], other[1], rest)
    tap.ok(banned_are(kind, 1, 2, 3), "%s: parts are joined, of each stream" % kind)

# The rest of a line in the next file.
for kind in PARTS:
    first, rest = split(kind, failed(4), 70)
    add(kind, first)
    os.rename(path(kind), path(kind) + ".1")
    add(kind, rest)
    tap.ok(banned_are(kind, 1, 2, 3, 4), "%s: … across a rotation" % kind)

# … behind a reload, which keeps the envelope.
for kind in PARTS:
    add(kind, WRAP[kind](signed_in(kind, 3)), split(kind, failed(5), 50)[0])
for kind in PARTS:
    tap.ok(users_are(kind, 1, 3), "%s: what stands before" % kind)
tap.ok(g.run("reload").returncode == 0, "a reload")
for kind in PARTS:
    add(kind, split(kind, failed(5), 50)[1])
for kind in PARTS:
    tap.ok(banned_are(kind, 1, 2, 3, 4, 5), "%s: … across a reload" % kind)
for kind in "journal", "syslog":
    add(kind, WRAP[kind](failed(5)))
    tap.ok(banned_are(kind, 1, 5), "%s: an envelope outlives a reload" % kind)

# … and behind a restart. Nothing is told twice.
for kind in PARTS:
    add(kind, WRAP[kind](signed_in(kind, 4)), split(kind, failed(6), 40)[0],
        WRAP[kind]("mail x: other", stream="stderr"))
for kind in PARTS:
    tap.ok(users_are(kind, 1, 3, 4), "%s: what stands before" % kind)
g.stop()
for kind in PARTS:
    add(kind, split(kind, failed(6), 40)[1])
g.start()
for kind in PARTS:
    tap.ok(banned_are(kind, 1, 2, 3, 4, 5, 6), "%s: … across a restart" % kind)
    tap.ok(users_are(kind, 1, 3, 4), "%s: nothing is told twice" % kind)
    tap.ok(deep(status(kind), "unwrapped_not") == 0,
           "%s: nor counted" % kind, status(kind))
for kind in KINDS:
    add(kind, WRAP[kind](failed(7)))
for kind in KINDS:
    tap.ok(wait_for("the last", 20, lambda k=kind: "192.0.2.7" in banned(k)),
           "%s: it goes on" % kind, g.logs())
g.stop()
g.close()
tap.exit()
