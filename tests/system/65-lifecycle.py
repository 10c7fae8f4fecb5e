"""Jails, logs and actions by command, with the real processes: made, started,
stopped, changed; refused where gaol.conf does not allow it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

from gaold import Gaold, Tap, wait_for

tap = Tap()


def stamp():
    return time.strftime("%b %e %H:%M:%S")


def attack(path, address):
    with open(path, "a") as log:
        log.write("%s mail app: bad login from %s\n" % (stamp(), address))


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path) as text:
        return text.read()


def error(reply):
    return (reply.get("error") or {}).get("message", "")


def new_jail(d, name, log, out):
    """What fail2ban's own client sends for a jail."""
    return [
        ["add", name, "polling"],
        ["set", name, "addfailregex", "bad login from <HOST>"],
        ["set", name, "maxretry", 1],
        ["set", name, "bantime", "1h"],
        ["set", name, "addlogpath", log, "head"],
        ["set", name, "addaction", "rec"],
        ["multi-set", name, "action", "rec", [
            ["actionstart", "echo start <name> >>%s" % out],
            ["actionstop", "echo stop <name> >>%s" % out],
            ["actionban", "echo ban <ip> >>%s" % out],
            ["actionunban", "echo unban <ip> >>%s" % out],
            ["name", name]]],
        ["start", name],
    ]


def refusals():
    """gaol.conf says nothing: commands and foreign logs do not come in."""
    d = Gaold()
    other = d.dir + "/other.log"
    open(other, "w").close()
    try:
        d.start()
        tap.ok(d.ask("add", "new", "polling") == "new", "a jail can be added")
        reply = d.ask_raw("set", "new", "addaction", "evil")
        tap.ok("runtime_commands = true" in error(reply),
               "an action is refused without runtime_commands", reply)
        reply = d.ask_raw("set", "sshd", "ignorecommand", "touch %s/evil" % d.dir)
        tap.ok("runtime_commands = true" in error(reply),
               "so is an ignorecommand", reply)
        reply = d.ask_raw("set", "new", "addlogpath", other)
        tap.ok("runtime_logs = true" in error(reply),
               "a log that no jail names is refused without runtime_logs", reply)
        reply = d.ask_raw("set", "new", "addlogpath", "/etc/shadow")
        tap.ok("runtime_logs" in error(reply), "so is /etc/shadow", reply)
        tap.ok(d.ask("set", "new", "addlogpath", d.auth) == [d.auth],
               "a log that another jail names is read")
        tap.ok(d.ask("set", "new", "addfailregex", "Failed password .* from <HOST> port")
               is not None and d.ask_raw("start", "new") == {"ok": None},
               "the jail starts")
        d.fail("192.0.2.50")
        tap.ok(wait_for("a failure in both", 5, lambda:
                        "192.0.2.50" in d.ask("status", "sshd")["actions"]["ids"] and
                        d.ask("status", "new")["filter"]["failed_total"] == 1),
               "it counts what another jail's log holds", d.logs())
        tap.ok(d.ask_raw("set", "new", "idle", "on") == {"ok": True}, "it can be idle")
        d.fail("192.0.2.51")
        wait_for("the other jail", 5, lambda: "192.0.2.51" in
                 d.ask("status", "sshd")["actions"]["ids"])
        tap.ok(d.ask("status", "new")["filter"]["failed_total"] == 1,
               "an idle jail looks at nothing")
        d.ask("set", "new", "idle", "off")
        tap.ok(wait_for("the line", 5, lambda:
                        d.ask("status", "new")["filter"]["failed_total"] == 2),
               "and goes on where it was")
        tap.ok(d.ask_raw("stop", "new") == {"ok": None} and
               d.ask_raw("status", "new")["error"]["type"] == "UnknownJailException",
               "a stopped jail is unknown")
        for line in ("Creating new jail 'new'", "Jail 'new' started",
                     "Added logfile: '%s'" % d.auth, "Jail 'new' stopped"):
            tap.ok(d.log_has(line), "logged: " + line.replace(d.dir, ""))
    finally:
        d.close()


def families():
    """`set allowipv6`, beside fail2ban: for which families an action starts."""
    if not os.path.exists("/usr/bin/fail2ban-server"):
        print("ok - set allowipv6 # SKIP fail2ban is not installed")
        return
    d = Gaold(firewall="null", gaol_conf="runtime_commands = true;\n")
    with open(d.etc + "/fail2ban.conf", "a") as conf:
        conf.write("syslogsocket = auto\nallowipv6 = no\ndbmaxmatches = 7\n"
                   "dbpurgeage = 3d\n[Thread]\nstacksize = 0\n")
    d.write("jail.conf", "[sshd]\nenabled = false\n")
    up = Upstream(d)
    sys.path.append("/usr/lib/python3/dist-packages")
    from fail2ban.client.csocket import CSocket

    def say(of, *words):
        try:
            of.link = getattr(of, "link", None) or CSocket(of.socket, timeout=120)
            return of.link.send(list(words))
        except OSError as missing:
            return None, missing

    def started(of, name):
        """What a jail of one action ran as it started, was stopped, …"""
        out = "%s/%s.ran" % (of.dir, name)
        for words in (
                ["add", name, "polling"], ["set", name, "addaction", "a"],
                ["set", name, "action", "a", "actionstart", "echo start <family> >>" + out],
                ["set", name, "action", "a", "actionstop", "echo stop <family> >>" + out],
                ["set", name, "action", "a", "actionban", "echo ban <family> >>" + out],
                ["set", name, "action", "a", "actionstart_on_demand", False],
                ["set", name, "action", "a", "family", "inet4"],
                ["set", name, "action", "a", "family?family=inet6", "inet6"],
                ["start", name], ["set", name, "banip", "192.0.2.1"]):
            code, value = say(of, *words)
            if code != 0:
                return words, value
        wait_for("a ban", 15, lambda: "ban" in read(out))
        say(of, "stop", name)
        wait_for("all stops", 15, lambda: read(out).count("stop") ==
                 read(out).count("start"))
        return sorted(read(out).split("\n"))
    try:
        d.start()
        wait_for("fail2ban", 30, lambda: say(up, "get", "dbpurgeage")[1] == 259200)
        for name, value in (("conf", None), ("yes", "yes"), ("no", "no")):
            got = []
            for of in d, up:
                if value is not None:
                    say(of, "set", "allowipv6", value)
                got.append(started(of, "j" + name))
            tap.ok(got[0] == got[1] and "start inet4" in got[0] and
                   ("start inet6" in got[0]) == (name == "yes"),
                   "families that an action starts for, allowipv6 " + name,
                   "ours   %r\ntheirs %r" % tuple(got) + d.logs())
        d.ask_raw("set", "allowipv6", "yes")
        tap.ok(d.run("reload").returncode == 0 and "start inet6" not in started(d, "again"),
               "a reload restores the configuration's", d.logs())
    finally:
        up.process.terminate()
        up.process.wait()
        d.close()


def client_leaves():
    """Its commands are run all the same, to the last."""
    d = Gaold(firewall="null")
    try:
        d.start()
        d.run("set", "sshd", "delignoreip", "::1")
        names = ["10.7.%d.%d" % (i // 100, i % 100) for i in range(500)]
        stream = [["set", "sshd", "addignoreip", name] for name in names]
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(d.socket)
            link.sendall(json.dumps(["server-stream", stream]).encode() + b"\n")

        def left():
            return set(names) - set(d.ask("get", "sshd", "ignoreip") or [])
        tap.ok(wait_for("all commands", 20, lambda: not left()),
               "a client leaves in the middle of a stream of commands", len(left()))
        values = names[:250]
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(d.socket)
            link.sendall(json.dumps(["server-stream", [
                ["multi-set", "sshd", "delignoreip", values],
                ["set", "sshd", "maxretry", 77]]]).encode() + b"\n")
        tap.ok(wait_for("all commands", 20, lambda: d.ask("get", "sshd", "maxretry") == 77) and
               left() == set(values), "… of commands within it", len(left()))
        # Stopping does not wait for what is left.
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(d.socket)
            link.sendall(json.dumps(["server-stream", [["sleep", 0.2]] * 1000]).encode() + b"\n")
        tap.ok(d.stop() == 0, "gaold stops meanwhile", d.logs())
    finally:
        d.close()


def native():
    """A configured jail with a native action: stop, and what comes back."""
    d = Gaold()
    try:
        d.start()
        d.fail("192.0.2.60")
        wait_for("a ban", 5, lambda: "192.0.2.60" in d.kernel())
        d.ask("stop", "sshd")
        tap.ok(wait_for("the firewall", 5, lambda: not d.kernel()),
               "stop takes the bans of a jail out of the firewall", d.logs())
        tap.ok(d.rows() == {"192.0.2.60"} and d.log_has("Repeal Ban 192.0.2.60"),
               "the database keeps them")
        d.fail("192.0.2.61")
        d.ask("reload", "nosuch")
        tap.ok("sshd" not in d.ask("status")["jails"],
               "a reload of another jail leaves it stopped")
        d.ask("reload", "sshd")
        tap.ok(wait_for("both", 5, lambda: set(d.kernel()) ==
                        {"192.0.2.60", "192.0.2.61"}),
               "its reload brings bans back and reads on where it was", d.logs())
        tap.ok(d.log_has("Restore Ban 192.0.2.60"), "and says so")
        names = d.ask("get", "sshd", "actions")
        tap.ok(d.ask("get", "sshd", "action", names[0], "port") == "22",
               "properties of an action are shown", names)
        d.ask("set", "sshd", "delaction", names[0])
        tap.ok(d.ask("get", "sshd", "actions") == [] and
               wait_for("the set", 5, lambda: not d.kernel()),
               "a native action goes with its elements", d.kernel())
        d.ask("set", "sshd", "dellogpath", d.auth)
        d.fail("192.0.2.62")
        time.sleep(0.5)
        tap.ok("192.0.2.62" not in d.ask("status", "sshd")["actions"]["ids"] and
               d.ask("get", "sshd", "logpath") == [] and
               d.log_has("Removed logfile: '%s'" % d.auth),
               "dellogpath stops reading")
        d.ask("set", "sshd", "addlogpath", d.auth)
        tap.ok(wait_for("the line", 5, lambda: "192.0.2.62" in
                        d.ask("status", "sshd")["actions"]["ids"]),
               "addlogpath goes on")
        d.ask("reload")
        tap.ok(wait_for("the set", 5, lambda: "192.0.2.62" in d.kernel()),
               "a reload brings the action back with all bans", d.logs())
    finally:
        d.close()


def commands():
    """gaol.conf allows it: a whole jail by commands."""
    d = Gaold(gaol_conf="runtime_commands = true;\nruntime_logs = true;")
    log, out = d.dir + "/app.log", d.dir + "/out"
    open(log, "w").close()
    try:
        d.start()
        reply = d.ask_raw("server-stream", json.dumps(new_jail(d, "app", log, out)))
        tap.ok(reply == {"ok": None}, "a stream of commands is run", reply)
        attack(log, "192.0.2.70")
        tap.ok(wait_for("the action", 10, lambda: read(out) ==
                        "start app\nban 192.0.2.70\n"),
               "the jail bans through its action", read(out) + d.logs())
        tap.ok(d.ask("get", "app", "action", "rec", "actionban") ==
               "echo ban <ip> >>%s" % out, "its command is shown")
        d.ask("set", "app", "action", "rec", "actionban", "echo new <ip> >>%s" % out)
        attack(log, "192.0.2.71")
        tap.ok(wait_for("the new command", 10, lambda: read(out).endswith(
            "ban 192.0.2.70\nnew 192.0.2.71\n")),
            "a command is changed in its place", read(out) + d.logs())
        d.ask("reload", "sshd")
        attack(log, "192.0.2.72")
        tap.ok(wait_for("a ban", 10, lambda: read(out).endswith("new 192.0.2.72\n")),
               "a reload of another jail leaves it as it is", read(out) + d.logs())
        d.ask("stop", "app")
        tap.ok(wait_for("the end", 10, lambda: read(out).endswith("stop app\n") and
                        read(out).count("unban ") == 3),
               "stop undoes what the action did", read(out) + d.logs())
        tap.ok(d.rows("app") == {"192.0.2.70", "192.0.2.71", "192.0.2.72"},
               "the database keeps the bans", d.rows("app"))
        open(out, "w").close()
        reply = d.ask_raw("server-stream", json.dumps(new_jail(d, "app", log, out)))
        tap.ok(reply == {"ok": None} and wait_for("the bans", 10, lambda:
               read(out).count("ban 192.0.2.7") == 3),
               "they come back with the jail", str(reply) + read(out) + d.logs())
        os.kill(d.pids()["runner"], 9)
        attack(log, "192.0.2.73")
        tap.ok(wait_for("a ban", 15, lambda: "ban 192.0.2.73\n" in read(out)),
               "a lost runner is told again", read(out) + d.logs())
        d.ask("set", "app", "delaction", "rec")
        tap.ok(wait_for("the end", 10, lambda: read(out).endswith("stop app\n")) and
               d.ask("get", "app", "actions") == [], "an action goes", read(out))
        reply = d.ask_raw("server-stream", json.dumps([["echo"], ["nope"], ["add", "z"]]))
        tap.ok(error(reply) == "Invalid command" and "z" not in d.ask("status")["jails"],
               "the first that fails ends a stream", reply)
        d.ask("reload")
        tap.ok("app" not in d.ask("status")["jails"],
               "a reload drops what no file names")
        d.ask("add", "late", "auto")
        tap.ok(d.ask_raw("set", "late", "addlogpath", d.dir + "/none")["error"]["type"] ==
               "FileNotFoundError", "a log has to be there")
        d.ask_raw("stop", "--all")
        tap.ok(d.ask("status")["jails"] == [] and d.log_has("Stopping all jails"),
               "stop --all stops all")
        tap.ok(d.stop() == 0, "the daemon ends in order", d.logs())
    finally:
        d.close()


def fail2bans_client():
    """What fail2ban's own client sends at its start and with a reload."""
    if not os.path.exists("/usr/bin/fail2ban-client"):
        print("ok - fail2ban-client # SKIP not installed")
        return
    d = Gaold()
    d.write("filter.d/t.conf", "[Definition]\nfailregex = bad login from <HOST>\n")
    d.write("action.d/a.conf", "[Definition]\nactionban = true\n")
    d.write("jail.conf", "[app]\nenabled = true\nfilter = t\naction = a\n"
            "backend = polling\nlogpath = %s\nmaxretry = 1\n" % d.auth)

    def client(*words):
        return subprocess.run(["/usr/bin/fail2ban-client", "-c", d.etc, "-s", d.socket,
                               "-p", d.dir + "/pid", *words],
                              capture_output=True, text=True)
    try:
        d.start("--async")
        stream = json.dumps([["set", "loglevel", "INFO"], ["add", "app", "polling"],
                             ["start", "app"]])
        tap.ok(d.ask_raw("server-stream", stream) == {"ok": None} and
               d.ask_raw("server-stream", stream)["error"]["type"] ==
               "DuplicateJailException",
               "only the stream of a start with --async is not run")
        for words in (("reload",), ("reload", "app"), ("reload", "--restart", "app")):
            done = client(*words)
            tap.ok(done.returncode == 0 and done.stdout == "OK\n", " ".join(words),
                   done.stdout + done.stderr)
        for words, text in (
                (("get", "loglevel"), "Current logging level is 'INFO'\n"),
                (("set", "loglevel", "debug"), "Current logging level is 'DEBUG'\n"),
                (("get", "dbfile"), "Current database file is:\n`- %s\n" % d.database),
                (("set", "dbpurgeage", "2d"),
                 "Current database purge age is:\n`- 172800seconds\n"),
                (("get", "logtarget"), "Current logging target is:\n`- %s\n" % d.out),
                (("set", "logtarget", d.out), "Current logging target is:\n`- %s\n" % d.out)):
            done = client(*words)
            tap.ok(done.stdout == text, " ".join(words[:2]), done.stdout + done.stderr)
        reply = d.ask_raw("set", "logtarget", "/etc/cron.d/evil")
        tap.ok(reply["error"]["type"] == "PermissionError" and
               not os.path.exists("/etc/cron.d/evil"),
               "no other file becomes the log target", reply)
        tap.ok(d.ask_raw("get", "allowipv6")["error"]["type"] == "IndexError" and
               d.ask_raw("set", "dbfile", "/x/y")["error"]["type"] == "RuntimeError" and
               d.ask_raw("set", "loglevel", "xx")["error"]["message"] ==
               "Invalid log level 'XX'" and d.ask("get", "thread") == {"stacksize": 0} and
               d.ask("set", "dbmaxmatches", "3") == 3, "the daemon's other settings")
        attack(d.auth, "192.0.2.80")
        wait_for("a ban", 10, lambda: d.rows("app"))
        done = client("reload", "--unban", "app")
        tap.ok(done.returncode == 0 and wait_for("no ban", 5, lambda: not d.rows("app")),
               "reload --unban", done.stdout + done.stderr + str(d.rows("app")))
        done = client("stop", "app")
        tap.ok(done.stdout == "Jail stopped\n" and client("start", "app").returncode == 255,
               "stop JAIL", done.stdout + done.stderr)
        done = client("reload")
        tap.ok(done.stdout == "OK\n" and d.ask("status")["jails"] == ["app"],
               "a reload starts it again", done.stdout + done.stderr)
        done = client("add", "new", "polling")
        tap.ok(done.stdout == "Added jail new\n" and
               client("start", "new").stdout == "Jail started\n", "add, start",
               done.stdout + done.stderr)
        done = client("stop")
        tap.ok(done.stdout == "Shutdown successful\n" and d.process.wait(120) == 0, "stop",
               done.stdout + done.stderr)
    finally:
        d.close()


class Upstream:
    """The installed fail2ban-server without a jail, on files of its own."""

    def __init__(self, like):
        self.dir = like.dir + "/upstream"
        self.etc = self.dir + "/etc"
        self.socket = self.dir + "/sock"
        self.database = self.dir + "/state/gaol.sqlite3"
        shutil.copytree(like.etc, self.etc)
        with open(self.etc + "/fail2ban.conf") as conf:
            text = conf.read().replace(like.dir, self.dir)
        with open(self.etc + "/fail2ban.conf", "w") as conf:
            conf.write(text)
        self.process = subprocess.Popen(
            ["/usr/bin/fail2ban-server", "-f", "-c", self.etc, "start"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def client(of, *words):
    """Of the reply what fail2ban's own client is told."""
    sys.path.append("/usr/lib/python3/dist-packages")
    from fail2ban.client.csocket import CSocket
    try:
        of.link = getattr(of, "link", None) or CSocket(of.socket, timeout=120)
        code, value = of.link.send([w.replace("@", of.dir + "/state/") for w in words])
    except OSError as missing:
        return None, str(missing)
    if code != 0:
        value = [type(value).__name__, *value.args]
    return code, str(value).replace(of.dir, "DIR")


def beside(ours, theirs, *words):
    a, b = client(ours, *words), client(theirs, *words)
    tap.ok(a == b, " ".join(words), "ours   %r\ntheirs %r" % (a, b))


def journals():
    """`add JAIL systemd` and its matches, beside fail2ban."""
    if not os.path.exists("/usr/bin/fail2ban-server") or subprocess.run(
            ["/usr/bin/python3", "-c", "import systemd.journal"], stderr=subprocess.DEVNULL).returncode:
        print("ok - add systemd # SKIP fail2ban or python3-systemd is not installed")
        return
    d = Gaold(firewall="null", gaol_conf="runtime_logs = true;\n")
    with open(d.etc + "/fail2ban.conf", "a") as conf:
        conf.write("syslogsocket = auto\nallowipv6 = auto\ndbmaxmatches = 7\n"
                   "dbpurgeage = 3d\n[Thread]\nstacksize = 0\n")
    d.write("jail.conf", "[sshd]\nenabled = false\n")
    up = Upstream(d)
    try:
        d.start()
        wait_for("fail2ban", 30, lambda: "DIR" in client(up, "get", "dbfile")[1])
        for words in JOURNALS:
            if words == "stop j":
                before = client(d, "get", "j", "journalmatch")
                for wrong, kind in REFUSED.items():
                    code, why = client(d, *wrong.split())
                    tap.ok(code == 1 and kind in why, wrong + " is refused", why)
                tap.ok(client(d, "get", "j", "journalmatch") == before, "and nothing has changed")
            beside(d, up, *words.split())
    finally:
        up.process.terminate()
        up.process.wait()
        d.close()


JOURNALS = [line.strip() for line in """add j systemd
    get j journalmatch
    set j addjournalmatch _COMM=x
    get j journalmatch
    set j addjournalmatch _SYSTEMD_UNIT=a.service + _COMM=y
    get j journalmatch
    set j addjournalmatch _PID=1 _COMM=z
    get j journalmatch
    set j deljournalmatch _COMM=x
    get j journalmatch
    set j deljournalmatch _COMM=q
    set j addlogpath /x
    get j logpath
    start j
    status j
    set j delignoreip 192.0.2.1
    status j
    stop j
    get j journalmatch
    add k systemd[journalflags=1]
    set k addjournalmatch _COMM=x
    get k journalmatch
    start k
    status k
    stop k
    add l systemd
    status l
    start l
    status l
    stop l""".splitlines()]

# Refused by both, in other words, or for other reasons; fail2ban 1.0.2 takes an empty
# match for one of everything, and dies of a second `add`: a name that is none.
REFUSED = {"add j systemd": "DuplicateJailException",
           "set j addjournalmatch nonsense": "ValueError",
           "set j addjournalmatch _COMM=x nonsense": "ValueError",
           "set j addjournalmatch": "IndexError",
           "set j deljournalmatch": "IndexError",
           "add m systemd[nothing=x]": "ValueError"}


def databases():
    """`set dbfile`, beside fail2ban: only without a jail; None; another one."""
    if not os.path.exists("/usr/bin/fail2ban-server"):
        print("ok - set dbfile # SKIP fail2ban is not installed")
        return
    d = Gaold(firewall="null")
    with open(d.etc + "/fail2ban.conf", "a") as conf:
        conf.write("syslogsocket = auto\nallowipv6 = auto\ndbmaxmatches = 7\n"
                   "dbpurgeage = 3d\n[Thread]\nstacksize = 0\n")
    d.write("jail.conf", "[sshd]\nenabled = false\n")
    up = Upstream(d)

    def both(*words):
        beside(d, up, *words)
    try:
        d.start()
        wait_for("fail2ban", 30, lambda: "DIR" in client(up, "get", "dbfile")[1])
        for words in (
                "get dbfile", "get dbmaxmatches", "get dbpurgeage", "set dbmaxmatches 3",
                "set dbpurgeage 2d", "set dbfile @gaol.sqlite3", "get dbpurgeage",
                # Another: it has what a database has that nobody told.
                "set dbfile @second.sqlite3", "get dbfile", "get dbmaxmatches",
                "get dbpurgeage", "set dbpurgeage 4d", "get dbpurgeage",
                # Not while there is a jail.
                "add j polling", "set dbfile None", "set dbfile @third.sqlite3",
                "set dbfile @second.sqlite3", "get dbfile", "start j",
                "set j banip 192.0.2.7", "set j bantime 1d"):
            both(*words.split())
        for of in (d, up):
            wait_for("a ban", 10, lambda: "192.0.2.7" in client(of, "get", "j", "banip")[1])
        for words in (
                "stop j", "set dbfile None", "get dbfile", "get dbmaxmatches",
                "get dbpurgeage", "set dbmaxmatches 5", "set dbpurgeage 5d",
                "set dbfile none", "get dbfile", "add j polling", "start j",
                "set dbfile none", "set dbfile @gaol.sqlite3", "get j banip", "stop j",
                "set dbfile :memory:", "get dbfile",
                # The bans are in the one they were put into.
                "set dbfile @gaol.sqlite3", "add j polling", "start j", "get j banip",
                "stop j", "set dbfile @second.sqlite3", "add j polling",
                "set j bantime 1d", "start j"):
            both(*words.split())
        for of in (d, up):
            wait_for("the ban", 10, lambda: "192.0.2.7" in client(of, "get", "j", "banip")[1])
        both("get", "j", "banip")
        both("stop", "j")
        # What is ours alone.
        note = d.dir + "/state/note"
        with open(note, "w") as out:
            out.write("no database at all\n")
        for path, why in ((note, "it is no database, and is left alone"),
                          ("/etc/x.sqlite3", "accepted over the control socket: None"),
                          (d.dir + "/state/../x", "accepted over the control socket"),
                          (d.dir + "/state/", "accepted over the control socket"),
                          ("x.sqlite3", "accepted over the control socket")):
            reply = d.ask_raw("set", "dbfile", path)
            tap.ok(why in error(reply) and d.ask("get", "dbfile") == d.dir +
                   "/state/second.sqlite3", "set dbfile %s is refused" %
                   path.replace(d.dir, ""), reply)
        tap.ok(read(note) == "no database at all\n" and not os.path.exists("/etc/x.sqlite3"),
               "and nothing was written")
        tap.ok(d.ask("status")["store"]["path"] == d.dir + "/state/second.sqlite3" and
               d.ask("status")["store"]["state"] == "ok", "status names it",
               d.ask("status"))
        d.ask_raw("add", "j", "polling")
        d.run("reload")
        tap.ok(d.ask("get", "dbfile") == d.dir + "/state/second.sqlite3" and
               d.log_has("counts from the next start"),
               "a reload leaves it where there is a jail", d.logs())
        tap.ok(d.run("reload").returncode == 0 and d.ask("get", "dbfile") == d.database and
               d.ask("get", "dbpurgeage") == 3 * 86400 and d.ask("get", "dbmaxmatches") == 7,
               "else the configuration counts again", d.logs())
        tap.ok(d.stop() == 0, "stop", d.logs())
    finally:
        up.process.terminate()
        up.process.wait()
        d.close()


def started_by_fail2ban():
    """Its client finds our fail2ban-server beside itself."""
    if not os.path.exists("/usr/bin/fail2ban-client"):
        print("ok - fail2ban-client start # SKIP not installed")
        return
    d = Gaold(firewall="null")
    with open(d.etc + "/fail2ban.conf", "a") as conf:
        conf.write("syslogsocket = auto\nallowipv6 = auto\ndbmaxmatches = 10\n"
                   "dbpurgeage = 1d\n[Thread]\nstacksize = 0\n")
    d.write("filter.d/t.conf", "[Definition]\nfailregex = bad login from <HOST>\n")
    d.write("jail.conf", "[app]\nenabled = true\nfilter = t\naction =\n"
            "backend = polling\nlogpath = %s\n" % d.auth)
    os.mkdir(d.dir + "/bin")
    shutil.copy("/usr/bin/fail2ban-client", d.dir + "/bin")
    os.symlink(os.path.dirname(d.gaold) + "/fail2ban-server", d.dir + "/bin/fail2ban-server")

    def client(*words):
        return subprocess.run(["/usr/bin/python3", d.dir + "/bin/fail2ban-client",
                               "-c", d.etc, *words], capture_output=True, text=True)

    def program():
        with open(d.dir + "/pid") as pid:
            return os.readlink("/proc/%d/exe" % int(pid.read()))
    try:
        done = client("start")
        tap.ok(done.returncode == 0 and done.stdout.endswith("Server ready\n"),
               "fail2ban-client start: our daemon", done.stdout + done.stderr + d.logs())
        tap.ok(os.path.samefile(program(), d.gaold), "… is what runs")
        done = client("status")
        tap.ok("Jail list:\tapp\n" in done.stdout,
               "… with the configuration of the client's -c", done.stdout + done.stderr)
        done = client("start")
        tap.ok(done.returncode == 255 and "Server already running" in done.stderr,
               "a second start", done.stdout + done.stderr)
        # fail2ban's client begins to start when nobody answers any more, and gives up
        # when the socket, which goes last of all, is there yet.
        done = client("restart")
        text = done.stdout
        if done.returncode != 0 and "the socket exists" in text + done.stderr:
            wait_for("the end", 10, lambda: not os.path.exists(d.socket) and
                     not os.path.exists(d.dir + "/pid"))
            done = client("start")
            text += done.stdout
        tap.ok(done.returncode == 0 and "Shutdown successful\nServer ready\n" in text and
               "app" in client("status").stdout, "restart", text + done.stderr + d.logs())
        done = client("stop")
        tap.ok(done.returncode == 0 and done.stdout == "Shutdown successful\n" and
               wait_for("the end", 10, lambda: not os.path.exists(d.dir + "/pid")), "stop",
               done.stdout + done.stderr)
    finally:
        if os.path.exists(d.dir + "/pid"):
            client("stop")
        d.close()


for scene in (started_by_fail2ban, refusals, native, commands, fail2bans_client, client_leaves,
              databases, families, journals):
    scene()
    # What it banned is not the next one's.
    subprocess.run(["nft", "flush", "ruleset"], check=True)
tap.exit()
