"""What gaold keeps of a mail log is what --from-log says of the same file,
across restarts and a kill; fail2ban still opens the database."""

import json
import os
import socket
import subprocess
import threading
import time

from gaold import Gaold, HERE, Tap, wait_for

REMOTE = "/usr/lib/systemd/systemd-journal-remote"
tap = Tap()
g = Gaold(gaol_conf="retention = { login = \"3650d\"; failure = \"3650d\"; "
          "session = \"3650d\"; message = \"3650d\"; other = \"3650d\"; };\n"
          "signins_file = \"SIGNINS\";\naccounts = { separator = \"+\"; };\n", firewall="null")
mail = g.dir + "/mail.log"
source = HERE + "/tests/data/mail/dovecot-2.3.19-file.log"
with open(source, "rb") as f:
    lines = f.read().splitlines(True)
open(mail, "w").close()
g.write("jail.local", "[mail]\nenabled = true\nfilter = dovecot\nmaxretry = 9999\n"
        "action =\nlogpath = %s\n[again]\nenabled = true\nfilter = dovecot\n"
        "maxretry = 9999\naction =\nlogpath = %s\n[both]\nenabled = true\n"
        "filter = both\naction =\nlogpath = %s\n" % (mail, mail, g.dir + "/both.log"))
g.write("filter.d/both.conf", """[Definition]
failregex = ^never <HOST>$
eventregex = login[service=imap]: ^\\s*in <F-USER>\\S+</F-USER> from <ADDR>$
jsonprefix = ^\\s*json (?:<F-JSON>\\{.+\\}</F-JSON>)$
jsontime = t
eventjson = login[service=pop3]: u -> user=u ip=ip
""")
open(g.dir + "/both.log", "w").close()

exim = g.dir + "/main.log"
with open(HERE + "/tests/data/mail/exim-4.96-main.log", "rb") as f:
    exim_lines = f.read().splitlines(True)
open(exim, "w").close()


def gaol(verb, *words):
    return subprocess.run([g.gaol, verb, "-c", g.etc, *words],
                          capture_output=True, text=True)


def from_log(verb, *words):
    return gaol(verb, "--from-log", mail, "--filter", HERE + "/filter.d/dovecot.conf",
                "--share", HERE, *words)


def same(verb, *words):
    """Both sides, in one order."""
    here, there = gaol(verb, *words), from_log(verb, *words)
    if here.returncode or there.returncode:
        return False
    return sorted(here.stdout.splitlines()) == sorted(there.stdout.splitlines())


g.signins = g.dir + "/state/signins.log"
with open(g.etc + "/gaol.conf") as f:
    conf = f.read()
g.write("gaol.conf", conf.replace("SIGNINS", g.signins))


def signins():
    """What was written, before and behind the rotation."""
    text = ""
    for name in (g.signins + ".1", g.signins):
        if os.path.exists(name):
            with open(name) as f:
                text += f.read()
    return text


def older(behind):
    """A socket that hands on all but `sums`, which is no command there."""
    def serve(link):
        with link, link.makefile("rb") as request, socket.socket(socket.AF_UNIX) as daemon:
            daemon.connect(behind)
            daemon.sendall(request.readline().replace(b'"sums"', b'"no-such-thing"'))
            with daemon.makefile("rb") as reply:
                link.sendall(reply.readline())

    def serve_all():
        while True:
            threading.Thread(target=serve, args=(front.accept()[0],), daemon=True).start()

    front = socket.socket(socket.AF_UNIX)
    front.bind(behind + ".older")
    front.listen()
    threading.Thread(target=serve_all, daemon=True).start()
    return behind + ".older"


def append(part):
    with open(mail, "ab") as f:
        f.write(b"".join(part))


def differences(verb, *words):
    with open(g.dir + "/a", "w") as f:
        print(*sorted(from_log(verb, *words).stdout.splitlines()), sep="\n", file=f)
    with open(g.dir + "/b", "w") as f:
        here = gaol(verb, *words)
        print(*sorted(here.stdout.splitlines()), sep="\n", file=f)
    return here.stderr + subprocess.run(["diff", g.dir + "/a", g.dir + "/b"],
                                        capture_output=True, text=True).stdout


def differences_exim():
    there = gaol("events", "--from-log", exim, "--filter", HERE + "/filter.d/exim.conf",
                 "--share", HERE)
    here = gaol("events")
    gone = set(there.stdout.splitlines()) ^ set(here.stdout.splitlines())
    return "".join(sorted(gone)) + here.stderr


third = len(lines) // 3
try:
    g.start()
    append(lines[:third])
    tap.ok(wait_for("the first events", 15, lambda: same("events")),
           "events are those of the file", differences("events") + g.logs())
    tap.ok(same("sessions"), "so are sessions, the open ones too",
           differences("sessions"))
    g.stop()
    os.rename(g.signins, g.signins + ".1")
    append(lines[third:third + 5])
    g.start()
    append(lines[third + 5:2 * third])
    tap.ok(wait_for("the next events", 15, lambda: same("events")),
           "a restart loses and doubles no event", differences("events"))
    tap.ok(same("sessions"), "and no session", differences("sessions"))
    wait_for("the file of sign-ins", 10,
             lambda: signins() == from_log("events", "--signins").stdout)
    tap.ok(signins() == from_log("events", "--signins").stdout != "" and
           os.path.getsize(g.signins) > 0, "the file of sign-ins, rotated once",
           signins() + "---\n" + from_log("events", "--signins").stdout)
    append(lines[2 * third:2 * third + third // 2])
    g.kill_all()
    append(lines[2 * third + third // 2:])
    g.start()
    tap.ok(wait_for("the last events", 15, lambda: same("events")),
           "neither does a kill", differences("events"))
    for words in (("--json",), ("--kind", "login"), ("--service", "imap"),
                  ("--ip", "127.0.0.0/8"), ("--since", "2026-11-21 22:06:00")):
        tap.ok(same("events", *words), "events " + " ".join(words),
               differences("events", *words))
    for verb in ("sessions", "report"):
        tap.ok(same(verb) and gaol(verb).stdout != "", verb, differences(verb))
    tap.ok(same("sessions", "--json"), "sessions --json",
           differences("sessions", "--json"))
    users = {json.loads(l).get("user", {}).get("name")
             for l in gaol("events", "--kind", "login", "--json").stdout.splitlines()}
    user = sorted(u for u in users if u)[0]
    tap.ok(gaol("logins", user).stdout == from_log("logins", user).stdout != "",
           "logins of " + user, gaol("logins", user).stdout)
    tap.ok(gaol("timeline", user).stdout == from_log("timeline", user).stdout != "",
           "timeline of " + user, differences("timeline", user))
    g.run("ban", "sshd", "192.0.2.99")
    banned = wait_for("a ban", 10, lambda: gaol("timeline", "192.0.2.99").stdout)
    tap.ok(" ban      sshd 192.0.2.99 + 3600 = " in (banned or ""),
           "a timeline shows a ban", banned)
    # One that is over is in the database; one that is lifted by hand is not.
    g.run("set", "sshd", "bantime", "2")
    g.run("ban", "sshd", "192.0.2.98")
    tap.ok(wait_for("a short ban", 10, lambda: " + 2 = " in gaol(
        "timeline", "192.0.2.98").stdout), "a timeline shows a short ban")
    tap.ok(wait_for("its end", 15, lambda: "192.0.2.98" not in g.run(
        "banned").stdout), "it ends")
    text = gaol("timeline", "192.0.2.98").stdout
    tap.ok(text.count(" ban      sshd 192.0.2.98 + 2 = ") == 1, "… and is shown yet", text)
    tap.ok(gaol("timeline", "192.0.2.99").stdout.count(" ban ") == 1,
           "one in force is shown once", gaol("timeline", "192.0.2.99").stdout)
    tap.ok(json.loads(gaol("timeline", "--json", "192.0.2.98").stdout)["source"]["ip"] ==
           "192.0.2.98", "timeline --json has it, too")
    tap.ok("Accesses" in g.run("status").stdout, "status shows accesses",
           g.run("status").stdout)
    status = g.ask("status")["events"]
    tap.ok(status["dropped"] == 0 and status["sessions_evicted"] == 0 and
           sum(status["seen"].values()) > 0, "status counts them", status)
    # The log's days have ended: a start sums them.
    g.stop()
    g.start()
    tap.ok(wait_for("sums", 20, lambda: (s := g.ask("status")["events"]["sums"])["days"] and
                    s["days"] == len(g.ask("sums")["days"]) and s["sums"]),
           "days that have ended are summed", g.ask("status")["events"])
    days = g.ask("sums")["days"]
    page = g.ask("sums", "first=%d" % days[-1], "last=%d" % days[-1])
    tap.ok(page["summed"] and page["rows"] and not page["more"], "a day's sums", page)
    service, user = page["rows"][0][1], page["rows"][0][0]
    rest = g.ask("sums", "first=%d" % days[-1], "last=%d" % days[-1],
                 "behind=%s:%s" % (service, user))
    tap.ok(rest["rows"] == page["rows"][1:], "… behind the first", rest)
    for words in ((), ("insecure",), ("--csv",), ("--json",), ("--service", "imap"),
                  ("--until", time.strftime("%F", time.localtime(days[-1] * 86400 + 86400))),
                  ("--since", "2026-11-21 22:06:00")):
        tap.ok(same("report", *words), "summed: report " + " ".join(words),
               differences("report", *words))
    tap.ok("days summed (UTC, " in g.run("status").stdout, "status says how far",
           g.run("status").stdout)
    # A daemon of before there were sums, which a newer tool asks.
    path = older(g.socket)
    run = gaol("report", "-s", path)
    tap.ok(run.stdout == gaol("report").stdout and run.stdout.count("\n") > 2 and
           "older release" in run.stderr, "an older daemon's report", run.stdout + run.stderr)
    for words in (("first=never", "last=1"), ("first=1",), ("first=2", "last=1"),
                  ("first=1", "last=65"), ("behind=nothing:alice",)):
        bad = g.ask_raw("sums", *words)
        tap.ok("accepted: first=" in str(bad), "no days: " + " ".join(words), bad)
    bad = g.ask_raw("events", "kind=nonsense")
    tap.ok("accepted: since=US" in str(bad), "a word that means nothing is named", bad)
    # A jail that `add` made tells of them as soon as it has an eventregex.
    for words in (("add", "made", "polling"), ("set", "made", "addlogpath", g.auth),
                  ("set", "made", "addeventregex",
                   "login[service=imap]: ^\\s*in <F-USER>\\S+</F-USER> from <ADDR>$"),
                  ("start", "made")):
        run = g.ask_raw(*words)
        tap.ok("error" not in run, " ".join(words[:3]), run)

    def sign_in(user):
        with open(g.auth, "a") as out:
            out.write(time.strftime("%b %d %H:%M:%S") + " in %s from 192.0.2.44\n" % user)

    sign_in("made1")
    tap.ok(wait_for("its event", 15, lambda: "imap  made1 192.0.2.44" in gaol(
        "events", "--user", "made1").stdout), "a jail that was added tells of an event",
        g.logs())
    bad = g.ask_raw("set", "made", "addeventregex", "lgoin: ^x$")
    tap.ok("'lgoin' is no kind of event; accepted: login" in str(bad), "no kind of event", bad)
    bad = g.ask_raw("set", "made", "addeventregex", "login: (")
    tap.ok("eventregex 2: " in str(bad), "one that does not compile", bad)
    tap.ok(len(g.ask("get", "made", "eventregex")) == 1, "get JAIL eventregex",
           g.ask("get", "made", "eventregex"))
    bad = g.ask_raw("set", "made", "deleventregex", "1")
    tap.ok("there is no index 1; accepted: 0..0" in str(bad), "an index of none", bad)
    g.run("set", "made", "eventprefix", "^\\s*<F-CONTENT>in .+</F-CONTENT>$")
    sign_in("made2")
    tap.ok(wait_for("its event", 15, lambda: "made2" in gaol(
        "events", "--user", "made2").stdout), "also with an eventprefix", g.logs())
    tap.ok(g.ask("set", "made", "deleventregex", "0") == [], "deleventregex")
    g.run("stop", "made")

    # A filter's eventjson stays, whatever becomes of its eventregexes.
    def both(user, json_user):
        with open(g.dir + "/both.log", "a") as out:
            now = time.strftime("%b %d %H:%M:%S")
            out.write(now + " in %s from 192.0.2.45\n" % user)
            out.write(now + ' json {"t": %d, "u": "%s", "ip": "192.0.2.45"}\n'
                      % (time.time(), json_user))
        wait_for("what JSON tells", 15, lambda: user_has(json_user))
        return user_has(user), user_has(json_user)

    def user_has(user):
        return " %s 192.0.2.45" % user in gaol("events", "--user", user).stdout

    got = both("both1", "json1")
    tap.ok(got == (True, True), "eventregex and eventjson of one filter", (got, g.logs()))
    tap.ok(g.ask("set", "both", "deleventregex", "0") == [], "its only eventregex goes",
           g.ask("get", "both", "eventregex"))
    got = both("both2", "json2")
    tap.ok(got == (False, True), "its eventjson stays", (got, g.logs()))
    bad = g.ask_raw("set", "both", "addeventregex", "login: (")
    tap.ok("eventregex 1: " in str(bad), "one beside it that does not compile", bad)
    run = g.ask_raw("set", "both", "addeventregex",
                    "login[service=imap]: ^\\s*in <F-USER>\\S+</F-USER> from <ADDR>$")
    tap.ok("error" not in run, "an eventregex comes again", run)
    got = both("both3", "json3")
    tap.ok(got == (True, True), "and both tell", (got, g.logs()))
    with open(g.dir + "/both.log", "a") as out:
        for i in range(25):
            out.write(time.strftime("%%b %%d %%H:%%M:%%S in many from 192.0.2.%d\n" % (101 + i)))
    wait_for("25 sign-ins", 15, lambda: "192.0.2.125" in gaol("logins", "many").stdout)
    told = gaol("logins", "many").stdout.splitlines()
    tap.ok([l.split(" many ")[1].split()[0] for l in told] ==
           ["192.0.2.%d" % i for i in range(125, 105, -1)], "logins: the last 20 of 25", told)
    # Deliveries name a message, and that its sender: also across a restart.
    g.stop()
    g.write("jail.local", "[exim]\nenabled = true\nfilter = exim\nmaxretry = 9999\n"
            "action =\nlogpath = %s\n" % exim)
    os.unlink(g.database)
    g.start()
    for line in exim_lines:
        with open(exim, "ab") as f:
            f.write(line)
        if b" <= " in line and b" A=" in line:
            wait_for("a message", 10, lambda: '"received"' in gaol("events", "--json").stdout)
            g.stop()
            g.start()
    wait_for("Exim's events", 15, lambda: differences_exim() == "")
    tap.ok(differences_exim() == "", "senders of messages outlive a restart",
           differences_exim())
    # What both of its logs tell is one event, also when the second is read only
    # by the next start.
    reject = g.dir + "/reject.log"
    with open(HERE + "/tests/data/mail/exim-4.96-reject.log", "rb") as f:
        reject_lines = f.read().splitlines(True)
    g.stop()
    g.write("jail.local", "[exim]\nenabled = true\nfilter = exim\nmaxretry = 9999\n"
            "action =\nlogpath = %s\n          %s\n" % (exim, reject))
    again = [l for l in exim_lines if b"authenticator failed" in l][-1]
    once = reject_lines[[b"set_id=alice" in l for l in reject_lines].index(True)].replace(
        b"set_id=alice", b"set_id=zoe")
    with open(reject, "wb") as f:
        f.write(b"".join(l for l in reject_lines if l[:19] >= again[:19]) + once)
    g.start()
    wait_for("the last line", 15, lambda: "zoe" in gaol("events").stdout)
    more = gaol("events").stdout.splitlines()
    told = gaol("events", "--from-log", exim, "--filter", HERE + "/filter.d/exim.conf",
                "--share", HERE).stdout.splitlines()
    tap.ok(len(reject_lines) > 0 and sorted(l for l in more if "zoe" not in l) ==
           sorted(told), "a reject log read by the next start adds nothing",
           "\n".join(sorted(set(more) ^ set(told))))
    os.unlink(reject)
    g.stop()
    g.write("jail.local", "[exim]\nenabled = true\nfilter = exim\nmaxretry = 9999\n"
            "action =\nlogpath = %s\n" % exim)
    os.unlink(g.database)
    g.start()
    wait_for("Exim's events", 15, lambda: differences_exim() == "")
    # What fail2ban makes of the file: its own tables, the others are left alone.
    g.stop()
    upstream = subprocess.run(["/usr/bin/python3", "-c", """
import sys
sys.path.insert(0, '/usr/lib/python3/dist-packages')
from fail2ban.server.database import Fail2BanDb
db = Fail2BanDb(sys.argv[1])
print(db.getJailNames())""", g.database], capture_output=True, text=True)
    tap.ok(upstream.stdout.startswith("{'") and "created" not in
           upstream.stdout + upstream.stderr, "fail2ban's own code opens the file",
           upstream.stdout + upstream.stderr)
    g.start()
    tap.ok(differences_exim() == "", "and leaves our tables alone",
           differences_exim())
    g.stop()
    ours = subprocess.run([g.gaol, "events", "-c", g.etc], capture_output=True,
                          text=True)
    tap.ok(ours.returncode == 1 and "is gaold running?" in ours.stderr,
           "without a daemon it says so", ours.stderr)
finally:
    g.close()


def journal():
    """The same from a journal, over a restart and a kill."""
    j = Gaold(firewall="null")
    where = j.dir + "/journal/" + "0123456789abcdef" * 2
    os.makedirs(where)
    j.write("jail.local", "[sshd]\nenabled = false\n[mail]\nenabled = true\n"
            "filter = dovecot\nmaxretry = 9999\naction =\n"
            "backend = systemd[journalpath=%s]\n" % (j.dir + "/journal"))

    def sign_in(n):
        at = int(time.time() * 1e6)
        subprocess.run([REMOTE, "-o", where + "/system.journal", "-"], input=(
            "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n"
            "_HOSTNAME=mail\nSYSLOG_IDENTIFIER=dovecot\n_PID=4242\n"
            "_SYSTEMD_UNIT=dovecot.service\nMESSAGE=imap-login: Info: Login: "
            "user=<user%d>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, mpid=%d, TLS, "
            "session=<s%d>\n\n" % (at, at % 10**9, "0123456789abcdef" * 2, n, n, n)
            ).encode(), check=True, capture_output=True)

    def users():
        run = subprocess.run([j.gaol, "events", "-c", j.etc, "--json"],
                             capture_output=True, text=True)
        return [json.loads(l)["user"]["name"] for l in run.stdout.splitlines()]

    try:
        sign_in(1)
        j.start()
        sign_in(2)
        got = wait_for("two", 15, lambda: len(users()) == 2)
        tap.ok(got, "sign-ins in the journal", str(users()) + j.logs())
        j.kill_all()
        sign_in(3)
        j.start()
        sign_in(4)
        wait_for("four", 15, lambda: len(users()) >= 4)
        tap.ok(users() == ["user1", "user2", "user3", "user4"],
               "a kill loses and doubles none of them", users())
    finally:
        j.close()


if os.path.exists(REMOTE) and b"libsystemd" in subprocess.run(
        ["ldd", HERE + "/build/gaold"], capture_output=True).stdout:
    journal()
else:
    print("ok - sign-ins in the journal # SKIP no libsystemd, or no writer")
tap.exit()
