"""A database of each version that fail2ban ever had (1 to 4), with bans,
positions and the journal's row: gaold opens it, migrates it as fail2ban's own
code migrates it (the rows are compared) and leaves a copy under fail2ban's
name; then the real fail2ban starts on the file, bans what was banned, and gaold
takes over again. Its own test files of versions 1 and 2 are tried, too."""

import glob
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time

from gaold import Gaold, Tap, wait_for

UPSTREAM = "/usr/lib/python3/dist-packages"
JAIL, OTHER = "sshd", "recidive"
# Key of logs, columns of bans; what a version has beyond that is the next one's.
LOGS = "CREATE TABLE logs(jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT," \
    " lastfilepos INTEGER DEFAULT 0," \
    " FOREIGN KEY(jail) REFERENCES jails(name) ON DELETE CASCADE, UNIQUE(jail, path)%s);" \
    "CREATE INDEX logs_path ON logs(path); CREATE INDEX logs_jail_path ON logs(jail, path);"
BANS = "CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL,%s" \
    " data JSON, FOREIGN KEY(jail) REFERENCES jails(name));" \
    "CREATE INDEX bans_jail_timeofban_ip ON bans(jail, timeofban);" \
    "CREATE INDEX bans_jail_ip ON bans(jail, ip); CREATE INDEX bans_ip ON bans(ip);"
BIPS = "CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL," \
    " bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON," \
    " PRIMARY KEY(ip, jail), FOREIGN KEY(jail) REFERENCES jails(name));" \
    "CREATE INDEX bips_timeofban ON bips(timeofban); CREATE INDEX bips_ip ON bips(ip);"
tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def make(path, version):
    now = int(time.time())
    times = version >= 3
    bans = [(JAIL, "192.0.2.1", now - 500, 3600, 1), (JAIL, "192.0.2.1", now - 90, 3600, 2),
            (JAIL, "2001:db8::7", now - 60, 3600, 1), (OTHER, "198.51.100.9", now - 50, 3600, 1)]
    db = sqlite3.connect(path)
    db.executescript(
        "CREATE TABLE fail2banDb(version INTEGER); INSERT INTO fail2banDb VALUES(%d);"
        "CREATE TABLE jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);"
        "CREATE INDEX jails_name ON jails(name);" % version
        + LOGS % (", UNIQUE(jail, path, firstlinemd5)" if version >= 2 else "")
        + BANS % (" bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1,"
                  if times else "") + (BIPS if version >= 4 else ""))
    db.executemany("INSERT INTO jails VALUES(?, 1)", [(JAIL,), (OTHER,)])
    db.executemany("INSERT INTO logs VALUES(?, ?, ?, ?)", [
        (OTHER, "/var/log/other.log", "47df75f52bee6d4c9f853c03b54ed10b", 46771),
        (OTHER, "systemd-journal", "2026-11-21T22:08:12", now - 5.25)])
    for jail, ip, at, bantime, count in bans:
        data = json.dumps({"matches": ["line of " + ip], "failures": 5})
        db.execute("INSERT INTO bans VALUES(?, ?, ?%s, ?)" % (", ?, ?" if times else ""),
                   (jail, ip, at) + ((bantime, count) if times else ()) + (data,))
        if version >= 4:
            db.execute("INSERT OR REPLACE INTO bips VALUES(?, ?, ?, ?, ?, ?)",
                       (ip, jail, at, bantime, count, data))
    db.commit()
    db.close()


def rows(path):
    """Everything in the five tables but what a running daemon writes anew."""
    found = {}
    with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as db:
        for table, order in (("fail2banDb", "1"), ("jails", "1"), ("logs", "1, 2"),
                             ("bans", "jail, ip, timeofban"), ("bips", "jail, ip")):
            columns = [c[1] for c in db.execute("PRAGMA table_info(%s)" % table)]
            if not columns:
                continue
            found[table] = [columns] + [
                r for r in db.execute("SELECT %s FROM %s ORDER BY %s"
                                      % (", ".join(columns), table, order))]
    db.close()
    # Both daemons say which jails run.
    found["jails"] = [r[0] for r in found["jails"][1:]]
    found["logs"] = [r for r in found["logs"] if "/tmp/" not in r[1] or "Db_" in r[1]]
    return found


def copies(path):
    return sorted(p for p in glob.glob(path + ".*")
                  if re.fullmatch(r"\.\d{8}-\d{6}", p[len(path):]))


def upstream_migrates(path):
    sys.path.insert(0, UPSTREAM)
    import logging
    logging.disable(logging.CRITICAL)
    from fail2ban.server.database import Fail2BanDb
    Fail2BanDb(path).close()


class Fail2ban:
    """The real one, on gaold's database and log, with an action that does nothing."""

    def __init__(self, daemon):
        self.etc, self.socket = daemon.dir + "/f2b", daemon.dir + "/f2b.sock"
        shutil.copytree("/etc/fail2ban", self.etc)
        for name in glob.glob(self.etc + "/jail.d/*"):
            os.unlink(name)
        files = {
            "action.d/none.conf": "[Definition]\nactionban =\nactionunban =\n",
            "fail2ban.local": "[Definition]\nsocket = %s\npidfile = %s.pid\ndbfile = %s\n"
                              "logtarget = %s/f2b.log\n" % (self.socket, self.socket,
                                                            daemon.database, daemon.dir),
            "jail.local": "[DEFAULT]\nbantime = 1h\nmaxretry = 1\naction = none\n"
                          "backend = polling\n[sshd]\nenabled = true\nlogpath = %s\n"
                          "[recidive]\nenabled = true\nlogpath = %s\n"
                          % (daemon.auth, daemon.auth)}
        for name, text in files.items():
            with open(os.path.join(self.etc, name), "w") as out:
                out.write(text)

    def client(self, *words):
        return subprocess.run(["fail2ban-client", "-c", self.etc, *words],
                              capture_output=True, text=True)

    def banned(self):
        process = subprocess.Popen(["fail2ban-server", "-f", "-c", self.etc, "start"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("fail2ban", 30, lambda: self.client("status", OTHER).returncode == 0)
        found = {}
        for jail in (JAIL, OTHER):
            text = wait_for("its bans", 10, lambda: re.search(
                r"Banned IP list:\s*(\S.*)", self.client("status", jail).stdout))
            found[jail] = sorted(text.group(1).split()) if text else []
        self.client("stop")
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return found


def ours(daemon):
    return {name: sorted(ids) for name, ids in daemon.ask("banned")}


def one_version(version):
    # Both daemons know the second jail; ours reads the same log for it.
    daemon = Gaold(firewall="null", jail="[recidive]\nenabled = true\nfilter = sshd\n"
                   "maxretry = 100\nlogpath = /nowhere.log")
    wanted = {JAIL: ["192.0.2.1", "2001:db8::7"], OTHER: ["198.51.100.9"]}
    try:
        os.mkdir(os.path.dirname(daemon.database))
        make(daemon.database, version)
        theirs, before = daemon.dir + "/theirs", daemon.dir + "/before"
        shutil.copy(daemon.database, theirs)
        shutil.copy(daemon.database, before)
        upstream_migrates(theirs)
        daemon.start()
        tap.ok(ours(daemon) == wanted, "version %d: gaold has its bans" % version,
               "%s\n%s" % (ours(daemon), daemon.logs()))
        shown = daemon.ask("status", JAIL)["actions"]["bans"]
        tap.ok([b["failures"] for b in shown] == [5] * len(wanted[JAIL]),
               "version %d: and the number of failures of each" % version, shown)
        daemon.stop()
        now, then = rows(daemon.database), rows(theirs)
        tap.ok(now == then, "version %d: the rows are those of fail2ban's migration" % version,
               "ours   %s\ntheirs %s" % (now, then))
        kept = copies(daemon.database)
        if version < 4:
            tap.ok(len(kept) == 1 == len(copies(theirs)) and rows(kept[0]) == rows(before)
                   and os.stat(kept[0]).st_mode & 0o777 == 0o600,
                   "version %d: a copy of before, under fail2ban's name, for nobody else"
                   % version, kept)
        else:
            tap.ok(not kept, "version 4: nothing to migrate, no copy", kept)
        if version in (2, 3) and "SOAK" not in os.environ:
            return
        tap.ok(Fail2ban(daemon).banned() == wanted, "version %d: back to fail2ban: it bans the"
               " same" % version, open(daemon.dir + "/f2b.log").read())
        daemon.start()
        tap.ok(ours(daemon) == wanted, "version %d: and gaold again" % version,
               "%s\n%s" % (ours(daemon), daemon.logs()))
        after = rows(daemon.database)
        tap.ok(after["logs"] == now["logs"] and after["bans"] == now["bans"],
               "version %d: history, positions and the journal's row are the same" % version,
               "%s\n%s" % (after, now))
    finally:
        daemon.close()


def upstreams_own(name):
    """Too old for a ban to be in force, but real."""
    source = "%s/fail2ban/tests/files/%s" % (UPSTREAM, name)
    if not os.path.exists(source):
        print("ok - %s # SKIP fail2ban's tests are not installed" % name)
        return
    daemon = Gaold(firewall="null")
    try:
        os.mkdir(os.path.dirname(daemon.database))
        shutil.copy(source, daemon.database)
        shutil.copy(source, daemon.dir + "/theirs")
        upstream_migrates(daemon.dir + "/theirs")
        daemon.start()
        daemon.stop()
        now, then = rows(daemon.database), rows(daemon.dir + "/theirs")
        then["jails"] = sorted(then["jails"] + [JAIL])
        tap.ok(now == then, "fail2ban's own %s: as it migrates it" % name,
               "ours   %s\ntheirs %s" % (now, then))
    finally:
        daemon.close()


for number in (1, 2, 3, 4):
    one_version(number)
for file in ("database_v1.db", "database_v2.db"):
    upstreams_own(file)
tap.exit()
