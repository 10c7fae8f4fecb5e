"""Bans from the systemd journal: files fabricated, rotated, vacuumed, and live."""

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import time

from gaold import Gaold, Tap, nft, wait_for

REMOTE = "/usr/lib/systemd/systemd-journal-remote"
JOURNALD = "/usr/lib/systemd/systemd-journald"
ID = "0123456789abcdef0123456789abcdef"
SSH = "ssh.service"
tap = Tap()


class Journal:
    """A journal directory that entries are appended to as journald would."""

    def __init__(self, root, namespace=""):
        self.dir = os.path.join(root, ID + namespace)
        os.makedirs(self.dir)
        self.live = self.dir + "/system.journal"

    def write(self, *messages, unit=SSH, ago=0.0, fields=""):
        text = b""
        for message in messages:
            at = int((time.time() - ago) * 1e6)
            text += ("__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n"
                     "_HOSTNAME=mail\nSYSLOG_IDENTIFIER=sshd\n_PID=4242\n_COMM=sshd\n"
                     "_SYSTEMD_UNIT=%s\n%sMESSAGE=%s\n\n"
                     % (at, at % 10**9, ID, unit, fields, message)).encode()
        subprocess.run([REMOTE, "-o", self.live, "-"], input=text, check=True,
                       capture_output=True)

    def fail(self, address, times=1, **where):
        self.write(*["Failed password for root from %s port 4711 ssh2" % address] * times,
                   **where)

    def part(self, message, line, ordinal, last=False):
        """As Docker's journald driver writes a part of a line."""
        self.write(message, fields="CONTAINER_ID_FULL=%s\nCONTAINER_PARTIAL_ID=%s\n"
                   "CONTAINER_PARTIAL_ORDINAL=%d\nCONTAINER_PARTIAL_LAST=%s\n%s"
                   % ("c" * 64, line * 64, ordinal, str(last).lower(),
                      "" if last else "CONTAINER_PARTIAL_MESSAGE=true\n"))

    def rotate(self):
        name = "%s/system@%d.journal" % (self.dir, time.monotonic_ns())
        os.rename(self.live, name)
        return name


def wait_banned(g, address, jail="sshd"):
    return wait_for("the ban of " + address, 30, lambda: address in g.kernel(jail))


def counts(g):
    return (g.ask("status", "sshd") or {}).get("filter", {})


def failed(g, total):
    return wait_for("%d failures" % total, 30,
                    lambda: counts(g).get("failed_total") == total)


def engine_files(g):
    base = "/proc/%d/fd" % g.pids()["engine"]
    names = []
    for fd in os.listdir(base):
        with contextlib.suppress(FileNotFoundError):    # closed meanwhile
            names.append(os.readlink(base + "/" + fd))
    return names


def with_journal(maxretry=1, extra=""):
    g = Gaold()
    root = g.dir + "/journal"
    g.write("jail.conf", "[DEFAULT]\nbantime = 1h\nfindtime = 1h\nmaxretry = %d\n"
            "action = nftables[port=\"22\", protocol=\"tcp\"]\n"
            "[sshd]\nenabled = true\nfilter = sshd\n"
            "backend = systemd[journalpath=%s]\n%s\n" % (maxretry, root, extra))
    return g, Journal(root)


def test_ban():
    g, journal = with_journal()
    try:
        journal.fail("192.0.2.9", ago=7200)
        journal.fail("192.0.2.1", ago=60)
        g.start()
        tap.ok(wait_banned(g, "192.0.2.1"), "an entry from before the start bans", g.logs())
        tap.ok("192.0.2.9" not in g.kernel(), "one older than findtime does not")
        journal.fail("192.0.2.2", unit="cron.service")
        journal.fail("192.0.2.3")
        journal.fail("2001:db8::3")
        tap.ok(wait_banned(g, "192.0.2.3"), "an entry from now bans", g.logs())
        tap.ok(wait_banned(g, "2001:db8::3"), "… over IPv6 too")
        tap.ok("192.0.2.2" not in g.kernel(), "an entry that journalmatch leaves out does not")
        matches = "_SYSTEMD_UNIT=ssh.service + _SYSTEMD_UNIT=sshd.service"
        said = subprocess.run(["../../build/fail2ban-client", "-s", g.socket, "status", "sshd"],
                              capture_output=True, text=True).stdout
        tap.ok("|  `- Journal matches:\t%s\n" % matches in said,
               "fail2ban-client status shows the matches", said)
        with open("/proc/%d/status" % g.pids()["engine"]) as status:
            groups = [x for x in status if x.startswith("Groups:")][0].split()
        tap.ok(len(groups) == 1, "the engine is in no other group for it", groups)
    finally:
        g.close()


def test_rotation():
    g, journal = with_journal(maxretry=3)
    try:
        journal.fail("192.0.2.200")
        g.start()
        tap.ok(failed(g, 1), "one failure before the rotation")
        old = journal.rotate()
        journal.fail("192.0.2.4")
        journal.fail("192.0.2.5", times=3)
        tap.ok(wait_banned(g, "192.0.2.5"), "the new file is read after a rotation", g.logs())
        tap.ok(failed(g, 5), "and no entry counts twice", counts(g))
        tap.ok(old in engine_files(g), "the rotated file is still open")
        os.unlink(old)
        tap.ok(wait_for("closed files", 10, lambda: not [
            f for f in engine_files(g) if f.startswith(old)]),
            "a vacuumed file is let go", engine_files(g))
        for i in range(5):
            journal.rotate()
            journal.fail("192.0.2.%d" % (10 + i), times=3)
        tap.ok(all(wait_banned(g, "192.0.2.%d" % (10 + i)) for i in range(5)),
               "five rotations in a row", g.logs())
        tap.ok(failed(g, 20), "each entry of them once", counts(g))
        files = [f for f in engine_files(g) if f.endswith(".journal")]
        tap.ok(len(files) == len(set(files)) == 6, "each file is open once", files)
    finally:
        g.close()


def test_damage():
    g, journal = with_journal()
    try:
        with open(journal.dir + "/system@bad.journal", "wb") as bad:
            bad.write(b"LPKSHHRH" + b"\xff" * 500)
        journal.fail("192.0.2.20")
        g.start()
        tap.ok(wait_banned(g, "192.0.2.20"), "a damaged file does not hide the others", g.logs())
        shutil.rmtree(journal.dir)
        os.makedirs(journal.dir)
        journal.fail("192.0.2.21")
        tap.ok(wait_banned(g, "192.0.2.21"), "the directory is removed and made again", g.logs())
        journal.write("Failed password for root from 192.0.2.22\\nsshd[1]: Failed password"
                      " for root from 192.0.2.23 port 1 ssh2 " + "x" * 100000)
        journal.fail("192.0.2.24")
        tap.ok(wait_banned(g, "192.0.2.24"), "a very long entry is survived", g.logs())
    finally:
        g.close()


def test_parts():
    """Lines that Docker's journald driver split: joined, a tail never alone."""
    g, journal = with_journal()
    forged = "Failed password for root from 192.0.2.26 port 1 ssh2"
    try:
        g.start()
        journal.part("Failed password for root", "a", 1)
        journal.part("Invalid user " + "y" * 16000, "b", 1)
        journal.part(" from 192.0.2.25 port 1 ssh2", "a", 2, last=True)
        tap.ok(wait_banned(g, "192.0.2.25"), "a line in two entries bans", g.logs())
        journal.part(forged, "b", 2)
        journal.part(forged, "b", 4, last=True)
        journal.part(forged, "d", 2, last=True)
        journal.fail("192.0.2.27")
        tap.ok(wait_banned(g, "192.0.2.27"), "a line behind them bans", g.logs())
        tap.ok("192.0.2.26" not in g.kernel(), "what a part says by itself is no line", g.logs())
        tap.ok(counts(g).get("parts_lost") == 2, "parts without the others are counted",
               counts(g))
        journal.part("Failed password for root", "e", 1)
        journal.fail("192.0.2.28")
        tap.ok(wait_banned(g, "192.0.2.28"), "a line before the restart", g.logs())
        tap.ok(g.stop() == 0, "stop")
        g.start()
        journal.part(" from 192.0.2.29 port 1 ssh2", "e", 2, last=True)
        tap.ok(wait_banned(g, "192.0.2.29"), "parts are joined across a restart", g.logs())
    finally:
        g.close()


def test_restart():
    g, journal = with_journal(maxretry=2)
    try:
        journal.fail("192.0.2.30")
        g.start()
        tap.ok(failed(g, 1), "one failure before the stop")
        tap.ok(g.stop() == 0, "stop")
        with sqlite3.connect(g.database) as db:
            row = db.execute("SELECT path, lastfilepos, firstlinemd5 FROM logs").fetchall()
        tap.ok(len(row) == 1 and row[0][0] == "systemd-journal"
               and abs(row[0][1] - time.time()) < 60 and "T" in row[0][2],
               "the place is in fail2ban's row", row)
        journal.fail("192.0.2.31", times=2)
        g.start()
        tap.ok(wait_banned(g, "192.0.2.31"), "what came meanwhile is read", g.logs())
        tap.ok(failed(g, 2), "what was read is not read again", counts(g))
        g.stop()
        # fail2ban leaves a row with the time of the entry, as a float.
        with sqlite3.connect(g.database) as db:
            db.execute("UPDATE logs SET lastfilepos = ?, firstlinemd5 = '2026-11-22T01:02:03'",
                       (time.time() - 0.25,))
        journal.fail("192.0.2.32", ago=30)
        journal.fail("192.0.2.33", times=2)
        g.start()
        tap.ok(wait_banned(g, "192.0.2.33"), "goes on from fail2ban's row", g.logs())
        g.kill_all()
        journal.fail("192.0.2.34", times=2)
        g.start()
        tap.ok(wait_banned(g, "192.0.2.34"), "and after a kill -9", g.logs())
    finally:
        g.close()


def test_reload():
    g, journal = with_journal(maxretry=2)
    try:
        journal.fail("192.0.2.40")
        g.start()
        failed(g, 1)
        tap.ok(g.run("reload").returncode == 0, "reload", g.logs())
        journal.fail("192.0.2.40")
        tap.ok(wait_banned(g, "192.0.2.40"), "one failure before and one after a reload", g.logs())
        tap.ok(failed(g, 2), "the reload read nothing again", counts(g))
        with open(g.etc + "/jail.local", "w") as local:
            local.write("[sshd]\njournalmatch = _SYSTEMD_UNIT=other.service\n")
        g.run("reload")
        journal.fail("192.0.2.41", times=2)
        journal.fail("192.0.2.42", times=2, unit="other.service")
        tap.ok(wait_banned(g, "192.0.2.42"), "another journalmatch is in force", g.logs())
        tap.ok("192.0.2.41" not in g.kernel(), "the old one no longer")
        with open(g.etc + "/jail.local", "w") as local:
            local.write("[sshd]\njournalmatch = other.service\n")
        bad = g.run("reload")
        tap.ok(bad.returncode != 0 or "journalmatch" in bad.stdout + bad.stderr,
               "one that is none is told", bad.stdout + bad.stderr)
        journal.fail("192.0.2.43", times=2, unit="other.service")
        tap.ok(wait_banned(g, "192.0.2.43"), "and the old configuration goes on", g.logs())
    finally:
        g.close()


def test_no_log():
    """auto: as the stock sshd jail on a machine whose only log is the journal."""
    g = Gaold()
    journal = Journal("/var/log/journal")
    try:
        journal.fail("192.0.2.50")
        g.write("jail.conf", "[DEFAULT]\nbantime = 1h\nmaxretry = 1\n"
                "action = nftables[port=\"22\", protocol=\"tcp\"]\n"
                "[sshd]\nenabled = true\nlogpath = /var/log/auth.log\nfilter = sshd\n"
                "[wait]\nenabled = true\nlogpath = /var/log/none.log\nfilter = sshd\n"
                "systemd_if_nologs = false\n"
                "[skip]\nenabled = true\nlogpath = /var/log/none.log\nfilter = sshd\n"
                "systemd_if_nologs = false\nskip_if_nologs = true\n")
        g.start()
        tap.ok(wait_banned(g, "192.0.2.50"), "a jail without its log reads the journal", g.logs())
        tap.ok("[sshd] warning: logpath: there is no log file; the jail reads the systemd"
               in g.logs(), "and says so", g.logs())
        names = [jail for jail in g.ask("status")["jails"]]
        tap.ok(names == ["sshd", "wait"], "systemd_if_nologs, skip_if_nologs", names)
        with open("/var/log/auth.log", "w") as log:
            log.write("")
        g.run("reload")
        tap.ok(counts(g).get("files") == ["/var/log/auth.log"],
               "with its log there again, a reload takes that", counts(g))
    finally:
        g.close()
        os.unlink("/var/log/auth.log")
        shutil.rmtree("/var/log/journal")


def test_stock():
    """The package's own /etc/fail2ban on a machine without auth.log."""
    if not os.path.exists("/etc/fail2ban/jail.d/defaults-debian.conf"):
        print("ok - the package's own configuration # SKIP it is not installed")
        return
    g = Gaold()
    journal = Journal("/var/log/journal")
    try:
        with open(g.etc + "/fail2ban.conf") as own, open(g.dir + "/local", "w") as local:
            local.write(own.read())
        os.unlink(g.etc + "/jail.conf")
        shutil.copytree("/etc/fail2ban", g.etc, dirs_exist_ok=True)
        os.rename(g.dir + "/local", g.etc + "/fail2ban.local")
        journal.fail("192.0.2.70", times=5)
        g.start()
        tap.ok(failed(g, 5), "the package's sshd jail reads the journal", g.logs())
        tap.ok(wait_for("the ban", 10, lambda: g.log_has("[sshd] Ban 192.0.2.70")),
               "and bans", g.logs())
        if shutil.which("iptables"):
            tap.ok(wait_for("the rule", 10, lambda: "192.0.2.70" in subprocess.run(
                ["iptables", "-S"], capture_output=True, text=True).stdout),
                "in the packet filter, by its own action", g.logs())
    finally:
        g.close()
        shutil.rmtree("/var/log/journal")


def test_namespace():
    """namespace=: the default one, one by name, that and the default one, all."""
    wanted = {"own": ("", {"192.0.2.80"}),
              "web": (", namespace=web", {"192.0.2.81"}),
              "both": (", namespace=+web", {"192.0.2.80", "192.0.2.81"}),
              "all": (', namespace="*"', {"192.0.2.80", "192.0.2.81", "192.0.2.82"})}
    g = Gaold()
    root = g.dir + "/journal"
    g.write("jail.conf", "[DEFAULT]\nbantime = 1h\nmaxretry = 1\nfilter = sshd\n"
            "enabled = true\naction = nftables[port=\"22\", protocol=\"tcp\"]\n" + "".join(
                "[%s]\nbackend = systemd[journalpath=%s%s]\n" % (jail, root, option)
                for jail, (option, _) in wanted.items()))
    try:
        journals = [Journal(root, name) for name in ("", ".web", ".webmail")]
        for i, journal in enumerate(journals):
            journal.fail("192.0.2.%d" % (80 + i), ago=60)
        g.start()
        for jail, (option, addresses) in wanted.items():
            tap.ok(wait_for("its bans", 30, lambda: set(g.kernel(jail)) == addresses),
                   "namespaces of 'systemd[journalpath=…%s]'" % option, g.kernel(jail))
        for i, journal in enumerate(journals):
            journal.fail("192.0.2.%d" % (90 + i))
        for jail, (option, addresses) in wanted.items():
            now = addresses | {a.replace(".8", ".9") for a in addresses}
            tap.ok(wait_for("its bans", 30, lambda: set(g.kernel(jail)) == now),
                   "… and what is written to them now", g.kernel(jail))
    finally:
        g.close()


def test_live_namespace():
    """A real journald of a namespace."""
    os.makedirs("/run/systemd/journald@web.conf.d")
    with open("/run/systemd/journald@web.conf.d/test.conf", "w") as conf:
        conf.write("[Journal]\nStorage=volatile\nForwardToConsole=no\n")
    if not os.access(JOURNALD, os.X_OK) or not os.path.exists("/etc/machine-id"):
        print("ok - a namespace's live journald # SKIP there is none here")
        return
    daemon = subprocess.Popen([JOURNALD, "web"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    entry = "/run/systemd/journal.web/socket"
    g = Gaold()

    def say(address):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.connect(entry)
            link.send(("SYSLOG_IDENTIFIER=sshd\nMESSAGE=Failed password for root from %s "
                       "port 1 ssh2\n" % address).encode())

    try:
        if not wait_for("journald", 5, lambda: os.path.exists(entry)):
            print("ok - a namespace's live journald # SKIP it does not start here")
            return
        say("192.0.2.63")
        with open("/etc/machine-id") as machine:
            files = "/run/log/journal/%s.web" % machine.read().strip()
        if not wait_for("its journal", 5, lambda: os.path.isdir(files)):
            print("ok - a namespace's live journald # SKIP it writes nothing here")
            return
        g.write("jail.conf", "[DEFAULT]\nbantime = 1h\nmaxretry = 1\nenabled = true\n"
                "filter = sshd\njournalmatch = SYSLOG_IDENTIFIER=sshd\n"
                "action = nftables[port=\"22\", protocol=\"tcp\"]\n"
                "[sshd]\nbackend = systemd\n[web]\nbackend = systemd[namespace=web]\n")
        g.start()
        tap.ok(wait_banned(g, "192.0.2.63", "web"),
               "a namespace's live journald: from before the start", g.logs())
        say("192.0.2.64")
        tap.ok(wait_banned(g, "192.0.2.64", "web"),
               "a namespace's live journald: from now", g.logs())
        opened = [f for f in engine_files(g) if f.endswith(".journal")]
        tap.ok(opened and all(f.startswith(files + "/") for f in opened),
               "of its files only", opened)
        tap.ok(not g.kernel("sshd"), "a jail of the default namespace sees none of it",
               g.kernel("sshd"))
    finally:
        g.close()
        daemon.terminate()
        daemon.wait()


def test_live():
    """A real journald, if one can be run here beside whatever is process 1."""
    os.makedirs("/run/systemd/journald.conf.d")
    os.makedirs("/run/systemd/journal")
    with open("/run/systemd/journald.conf.d/test.conf", "w") as conf:
        conf.write("[Journal]\nReadKMsg=no\nAudit=no\nStorage=volatile\nForwardToConsole=no\n")
    if not os.access(JOURNALD, os.X_OK) or not os.path.exists("/etc/machine-id"):
        print("ok - a live journald # SKIP there is none here")
        return
    daemon = subprocess.Popen([JOURNALD], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    g = Gaold()
    try:
        if not wait_for("journald", 5, lambda: os.path.exists("/run/systemd/journal/socket")):
            print("ok - a live journald # SKIP it does not start here")
            return
        g.write("jail.conf", "[DEFAULT]\nbantime = 1h\nmaxretry = 1\n"
                "action = nftables[port=\"22\", protocol=\"tcp\"]\n"
                "[sshd]\nenabled = true\nbackend = systemd\nfilter = sshd\n"
                "journalmatch = SYSLOG_IDENTIFIER=sshd\n")

        def say(address):
            return subprocess.run(["logger", "--journald"], text=True, input=(
                "SYSLOG_IDENTIFIER=sshd\nMESSAGE=Failed password for root from %s port 1 ssh2\n"
                % address)).returncode == 0

        if not say("192.0.2.60") or not wait_for("a journal", 5, lambda: os.path.isdir("/run/log/journal")):
            print("ok - a live journald # SKIP it writes nothing here")
            return
        g.start()
        tap.ok(wait_banned(g, "192.0.2.60"), "a live journald: from before the start", g.logs())
        say("192.0.2.61")
        tap.ok(wait_banned(g, "192.0.2.61"), "a live journald: from now", g.logs())
        daemon.send_signal(12)  # USR2: rotate
        say("192.0.2.62")
        tap.ok(wait_banned(g, "192.0.2.62"), "a live journald: after its own rotation", g.logs())
    finally:
        g.close()
        daemon.terminate()
        daemon.wait()


def test_made():
    """A jail of commands reads a journal that a configured jail reads."""
    g, journal = with_journal()
    backend = "systemd[journalpath=%s/journal]" % g.dir
    other = Journal(g.dir + "/other")
    other.fail("192.0.2.90", unit="other.service")

    def total(jail="made"):
        return (g.ask("status", jail) or {}).get("filter", {}).get("failed_total")

    def do(*words):
        reply = g.ask_raw(*words)
        tap.ok("ok" in reply, " ".join(words[:3]), (words, reply, g.logs()))
        return reply.get("ok")

    try:
        journal.fail("192.0.2.70", unit="a.service", ago=1800)
        journal.fail("192.0.2.71", unit="a.service", ago=30)
        journal.fail("192.0.2.72", unit="b.service", ago=30)
        g.start()
        tap.ok(do("add", "made", backend) == "made", "its name is the reply")
        do("set", "made", "addfailregex", "^.*Failed password for root from <HOST>")
        do("set", "made", "maxretry", "99")
        do("set", "made", "findtime", "10m")
        tap.ok(do("set", "made", "addjournalmatch", "_SYSTEMD_UNIT=a.service") ==
               [["_SYSTEMD_UNIT=a.service"]], "the matches are the reply")
        do("start", "made")
        tap.ok(wait_for("a failure", 10, lambda: total() == 1),
               "it reads from findtime ago what its matches let through", (total(), g.logs()))
        tap.ok("\nJournal   _SYSTEMD_UNIT=a.service\n" in g.run("status", "made").stdout, "status names its matches",
               g.run("status", "made").stdout)
        journal.fail("192.0.2.73", unit="b.service")
        journal.fail("192.0.2.74", unit="a.service")
        tap.ok(wait_for("another", 10, lambda: total() == 2), "and what comes then", total())
        do("set", "made", "addjournalmatch", "_SYSTEMD_UNIT=b.service", "+",
           "_SYSTEMD_UNIT=c.service")
        journal.fail("192.0.2.75", unit="b.service")
        tap.ok(wait_for("another", 10, lambda: total() == 3), "a match more", total())
        tap.ok(do("set", "made", "deljournalmatch", "_SYSTEMD_UNIT=b.service") ==
               [["_SYSTEMD_UNIT=a.service"], ["_SYSTEMD_UNIT=c.service"]], "one less")
        journal.fail("192.0.2.76", unit="b.service")
        journal.fail("192.0.2.77", unit="c.service")
        tap.ok(wait_for("another", 10, lambda: total() == 4), "… counts from now on", total())
        bad = g.ask_raw("set", "made", "deljournalmatch", "_SYSTEMD_UNIT=b.service")
        tap.ok("Match ['_SYSTEMD_UNIT=b.service'] not found" in str(bad), "no such match", bad)
        bad = g.ask_raw("set", "made", "addjournalmatch", "b.service")
        tap.ok("error" in bad, "what is no match is refused", bad)
        # A reload of another jail leaves it as commands made it.
        tap.ok(g.run("reload", "sshd").returncode == 0, "reload sshd", g.logs())
        journal.fail("192.0.2.78", unit="c.service")
        tap.ok(wait_for("another", 10, lambda: total() == 5), "it reads on", (total(), g.logs()))
        # Stopped and added again, it goes on where it was.
        do("stop", "made")
        journal.fail("192.0.2.79", unit="a.service")
        do("add", "made", backend)
        do("set", "made", "addfailregex", "^.*Failed password for root from <HOST>")
        do("set", "made", "addjournalmatch", "_SYSTEMD_UNIT=a.service")
        do("start", "made")
        tap.ok(wait_for("one failure", 10, lambda: total() == 1),
               "added again it goes on where it was", (total(), g.logs()))
        do("stop", "made")
        do("add", "made", "polling")
        tap.ok(g.ask("get", "made", "journalmatch") == [] and "Journal" not in
               g.run("status", "made").stdout, "as a jail of logs it reads no journal",
               g.run("status", "made").stdout)
        # No other journal, unless gaol.conf allows any.
        bad = g.ask_raw("add", "else", "systemd[journalpath=%s]" % (g.dir + "/other"))
        tap.ok("PermissionError" in str(bad) and "runtime_logs = true" in str(bad),
               "a journal that no jail reads is refused", bad)
        tap.ok("error" in g.ask_raw("status", "else"), "and no jail is made")
        bad = g.ask_raw("add", "else", "systemd[nonsense=1]")
        tap.ok("nonsense" in str(bad) and "accepted" in str(bad), "so is what is none", bad)
        with open(g.etc + "/gaol.conf", "a") as conf:
            conf.write("runtime_logs = true;\n")
        tap.ok(g.run("reload").returncode == 0, "reload", g.logs())
        tap.ok("error" in g.ask_raw("status", "made"), "a full reload ends it")
        do("add", "else", "systemd[journalpath=%s]" % (g.dir + "/other"))
        do("set", "else", "addfailregex", "^.*Failed password for root from <HOST>")
        do("start", "else")
        tap.ok(wait_for("a failure", 10, lambda: total("else") == 1),
               "another journal, with runtime_logs", (total("else"), g.logs()))
        tap.ok(g.run("reload", "sshd").returncode == 0, "reload sshd", g.logs())
        other.fail("192.0.2.91", unit="other.service")
        tap.ok(wait_for("another", 10, lambda: total("else") == 2),
               "also behind a reload", (total("else"), g.logs()))
    finally:
        g.close()


for test in (test_ban, test_rotation, test_damage, test_parts, test_restart, test_reload, test_made,
             test_no_log, test_stock, test_namespace, test_live_namespace, test_live):
    test()
    nft("flush", "ruleset")
tap.exit()
