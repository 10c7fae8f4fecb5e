"""Shell actions with the package's own /etc/fail2ban and with commands that
record, sleep, hang and fail. In a network namespace of its own (60-actions.sh);
a second one behind a veth pair is the attacker."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from gaold import Gaold, Tap, promised, wait_for

HERE, THERE = "192.0.2.1", "192.0.2.7"
tap = Tap()


def sh(*words):
    return subprocess.run(words, capture_output=True, text=True)


class Recorded(Gaold):
    """One whose jail has the action `rec`, which writes down what it does."""

    def __init__(self, action="action = rec", jail="", slow=""):
        super().__init__(jail=action + "\n" + jail)
        self.record = self.dir + "/record"
        open(self.record, "w").close()
        self.define("rec", slow)

    def define(self, name, slow="", more=""):
        self.write("action.d/%s.conf" % name, "[Definition]\n" + "".join(
            "action%s = %secho %s %s <name> %s >>%s\n" % (
                verb, slow if verb == "ban" else "", name, verb, tag, self.record)
            for verb, tag in (("start", ""), ("stop", ""), ("ban", "<ip> <restored>"),
                              ("unban", "<ip>"))) + more + "\n")

    def lines(self, words=""):
        with open(self.record) as record:
            return [line.strip() for line in record if words in line]

    def runner(self):
        return (self.ask("status") or {}).get("runner", {})


# --- the stock configuration -------------------------------------------------

class Stock(Gaold):
    def __init__(self):
        super().__init__()
        shutil.rmtree(self.etc)
        shutil.copytree("/etc/fail2ban", self.etc)
        self.write("fail2ban.local", "[Definition]\nlogtarget = %s\nsocket = %s\n"
                   "pidfile = %s/pid\ndbfile = %s\n"
                   % (self.out, self.socket, self.dir, self.database))
        self.write("jail.local", "[sshd]\nlogpath = %s\nbackend = polling\n" % self.auth)
        self.write("gaol.conf", "users = { engine = 64801; warden = 64802; };\n")


def chain():
    return [line for line in sh("iptables", "-w", "-S", "f2b-sshd").stdout.splitlines()
            if " -s " in line]


def jumps():
    return [line for line in sh("iptables", "-w", "-S", "INPUT").stdout.splitlines()
            if "f2b-sshd" in line]


class Attacker:
    """A namespace behind a veth pair, and a service of ours to connect to."""

    def __init__(self):
        self.sleeper = subprocess.Popen(["unshare", "-n", "sleep", "1000"])
        inside = ["nsenter", "-t", str(self.sleeper.pid), "-n"]
        ours = os.readlink("/proc/self/ns/net")
        wait_for("a namespace", 5, lambda: os.readlink(
            "/proc/%d/ns/net" % self.sleeper.pid) != ours)
        for words in (["ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"],
                      ["ip", "link", "set", "v1", "netns", str(self.sleeper.pid)],
                      ["ip", "addr", "add", HERE + "/24", "dev", "v0"],
                      ["ip", "link", "set", "v0", "up"],
                      inside + ["ip", "addr", "add", THERE + "/24", "dev", "v1"],
                      inside + ["ip", "link", "set", "v1", "up"]):
            subprocess.run(words, check=True)
        self.inside = inside
        self.service = socket.socket()
        self.service.bind((HERE, 22))
        self.service.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                self.service.accept()[0].close()
            except OSError:
                return

    def connects(self):
        return sh(*self.inside, "python3", "-c", "import socket; socket.create_connection"
                  "(('%s', 22), 3)" % HERE).returncode == 0

    def close(self):
        self.service.close()
        self.sleeper.kill()
        self.sleeper.wait()


def stock():
    attacker, gaold = Attacker(), Stock()
    try:
        tap.ok(attacker.connects(), "stock: the attacker connects")
        gaold.start()
        tap.ok("runs none" not in gaold.logs(), "stock: nothing is said to be missing",
               gaold.logs())
        gaold.fail(THERE, 5)
        tap.ok(wait_for("a rule", 10, lambda: len(chain()) == 1),
               "stock: iptables-multiport bans", gaold.logs())
        tap.ok(len(jumps()) == 1 and "--dports 22" in jumps()[0],
               "stock: the chain is asked for port 22", jumps())
        tap.ok(not attacker.connects(), "stock: packets are refused")
        tap.ok(gaold.log_has("NOTICE  [sshd] Ban " + THERE), "stock: Ban is logged")
        tap.ok(gaold.run("unban", "sshd", THERE).returncode == 0
               and wait_for("no rule", 10, lambda: not chain()), "stock: unban", chain())
        tap.ok(attacker.connects(), "stock: … and it connects again")
        refused = gaold.run("ban", "sshd", "127.0.0.1")
        tap.ok(refused.returncode != 0 and "protected" in refused.stderr + refused.stdout and
               gaold.ask("set", "sshd", "banip", "127.0.0.1") == 0 and
               gaold.ask("status", "sshd")["actions"]["banned"] == 0,
               "stock: a ban of loopback is refused", refused)
        # A failure of it, where ignoreself is off, is the jail's own affair.
        gaold.ask("set", "sshd", "ignoreself", "false")
        gaold.fail("127.0.0.1", 5)
        tap.ok(wait_for("the refusal", 10, lambda: gaold.log_has("not served: ban of '127.0.0.1': "))
               and not chain(), "stock: no command is run against loopback", chain())
        gaold.fail(THERE, 5)
        wait_for("a rule", 10, lambda: len(chain()) == 1)
        tap.ok(gaold.stop(60) == 0, "stock: stops", gaold.logs())
        tap.ok(not jumps() and sh("iptables", "-S", "f2b-sshd").returncode != 0,
               "stock: … and the chain is gone", sh("iptables", "-S").stdout)
        tap.ok(gaold.log_has("Repeal Ban " + THERE), "stock: … and says so", gaold.logs())
        gaold.start()
        tap.ok(wait_for("a rule", 10, lambda: len(chain()) == 1),
               "stock: a start restores the ban", gaold.logs())
        tap.ok(not attacker.connects(), "stock: … and packets are refused")
        os.kill(gaold.pids()["runner"], signal.SIGKILL)
        gaold.fail("192.0.2.8", 5)
        tap.ok(wait_for("another rule", 15, lambda: len(chain()) == 2),
               "stock: kill -9 of the runner: another one bans", gaold.logs())
        tap.ok(len(jumps()) == 1 and len(set(chain())) == 2,
               "stock: … and repeats nothing", chain() + jumps())
        sh("iptables", "-w", "-F", "f2b-sshd")
        sh("iptables", "-w", "-D", *jumps()[0].split()[1:])
        time.sleep(3.1)   # fail2ban's own patience with somebody banned
        gaold.fail(THERE, 5)
        tap.ok(wait_for("repair", 20, lambda: len(chain()) == 2 and len(jumps()) == 1),
               "stock: what somebody else removed is repaired",
               chain() + jumps() + [gaold.logs()])
        gaold.stop(60)
    finally:
        gaold.close()
        attacker.close()


# --- what a jail's life makes of its actions -------------------------------------

def lifecycle():
    gaold = Recorded()
    try:
        gaold.start()
        evil = "x$(touch %s/canary)`touch %s/canary`" % (gaold.dir, gaold.dir)
        gaold.fail("192.0.2.10", user=evil)
        wait_for("ban", 10, lambda: gaold.lines("rec ban"))
        tap.ok(gaold.lines() == ["rec start sshd", "rec ban sshd 192.0.2.10 0"],
               "start, then ban", gaold.lines())
        gaold.write("jail.local", "[sshd]\naction = rec\n  evil\n")
        gaold.write("action.d/evil.conf",
                    "[Definition]\nactionstart = echo evil start >>%s\n"
                    "actionstop = echo evil stop >>%s\nactionunban =\n"
                    "actionban = echo evil ban <F-USER> \"<F-USER>\" >>%s; : <matches>\n"
                    % ((gaold.record,) * 3))
        tap.ok(gaold.run("reload").returncode == 0, "reload with an action more")
        tap.ok(wait_for("evil", 10, lambda: gaold.lines("evil ban")),
               "a new action gets the bans in force", gaold.lines())
        tap.ok(len(gaold.lines("rec ")) == 2, "… the other one runs nothing", gaold.lines())
        tap.ok(not os.path.exists(gaold.dir + "/canary"), "a log line is never a command")
        os.remove(gaold.etc + "/jail.local")
        gaold.run("reload")
        tap.ok(wait_for("stop", 10, lambda: gaold.lines("evil stop")),
               "an action that is gone is stopped", gaold.lines())
        gaold.define("rec", more="norestored = 1")
        gaold.run("reload")
        wait_for("restart", 10, lambda: len(gaold.lines("rec ban")) == 2)
        tap.ok(gaold.lines("rec ")[2:] == [
            "rec unban sshd 192.0.2.10", "rec stop sshd", "rec start sshd",
            "rec ban sshd 192.0.2.10 0"],
               "one that was changed is stopped and begun anew", gaold.lines())
        done = len(gaold.lines())
        gaold.stop(60)
        tap.ok(gaold.lines()[done:] == ["rec unban sshd 192.0.2.10", "rec stop sshd"],
               "a stop lifts and stops", gaold.lines()[done:])
        done = len(gaold.lines())
        gaold.start()
        wait_for("start", 10, lambda: len(gaold.lines()) > done)
        gaold.fail("192.0.2.11")
        wait_for("ban", 10, lambda: gaold.lines("192.0.2.11"))
        tap.ok(gaold.lines()[done:] == ["rec start sshd", "rec ban sshd 192.0.2.11 0"],
               "norestored: a restored ban is none of its", gaold.lines()[done:])
        # Files that were edited and not loaded, and a runner that is new.
        gaold.define("rec", slow="true; ")
        os.kill(gaold.pids()["runner"], signal.SIGKILL)
        tap.ok(wait_for("a refusal", 10, lambda: any("not those in force" in p for p in
                                                     gaold.ask("status")["problems"])),
               "commands that nobody loaded are not run", gaold.ask("status"))
        gaold.fail("192.0.2.12")
        gaold.run("reload")
        tap.ok(wait_for("ban", 10, lambda: gaold.lines("rec ban sshd 192.0.2.12")),
               "… until a reload takes them over", gaold.lines() + [gaold.logs()])
        tap.ok(gaold.stop(60) == 0, "stops", gaold.logs())
    finally:
        gaold.close()


def lost_runner():
    gaold = Recorded(slow="sleep 0.1; ")
    try:
        gaold.start()
        wanted = {"192.0.2.%d" % i for i in range(20, 50)}
        for address in wanted:
            gaold.fail(address)
        wait_for("the first", 10, lambda: len(gaold.lines("rec ban")) > 3)
        os.kill(gaold.pids()["runner"], signal.SIGKILL)
        tap.ok(wait_for("all", 30, lambda: {line.split()[3] for line in
                                            gaold.lines("rec ban")} == wanted),
               "kill -9 of the runner: every ban completes", gaold.lines())
        tap.ok(len(gaold.lines("rec ban")) <= 31, "… and at most one of them twice",
               len(gaold.lines("rec ban")))
        tap.ok(gaold.lines("start") == ["rec start sshd"], "… without another start")
        tap.ok(gaold.runner().get("lost") == 1, "… status tells", gaold.runner())
        gaold.fail("192.0.2.60")
        gaold.stop(60)
    finally:
        gaold.close()


# --- slow, hanging, many ------------------------------------------------------------

def native_latency():
    """Seconds until the element of a fresh address is in the kernel."""
    gaold = Recorded("action = nftables[port=\"22\", protocol=\"tcp\"]\n"
                     "  rec[timeout=2]\n  bad", slow="sleep 30; ")
    gaold.write("action.d/bad.conf", "[Definition]\nactionban = echo oops >&2; exit 3\n")
    try:
        gaold.start()
        worst = 0
        for i in range(20):
            address = "198.51.100.%d" % (i + 1)
            begun = time.monotonic()
            gaold.fail(address)
            wait_for(address, 10, lambda: address in gaold.kernel())
            worst = max(worst, time.monotonic() - begun)
        tap.ok(worst < promised(1), "a native ban never waits for an action that hangs: "
               "%.0f ms at most" % (worst * 1000), gaold.logs())
        tap.ok(wait_for("a timeout", 10, lambda: gaold.log_has("timed out after 2 seconds")),
               "a command that hangs is ended", gaold.logs())
        tap.ok(wait_for("failures", 10, lambda: gaold.runner().get("failed", 0) >= 20),
               "commands that fail are counted", gaold.runner())
        tap.ok(gaold.log_has("returned 3") and gaold.log_has("oops"),
               "… and their output is logged")
        commands = gaold.ask("status", "sshd")["actions"]["commands"]
        tap.ok([c["name"] for c in commands] == ["rec", "bad"]
               and commands[0]["queued"] > 0, "status shows what waits", commands)
        tap.ok(gaold.ask("status", "sshd")["actions"]["banned"] == 20,
               "a failed command leaves the ban counted")
        begun = time.monotonic()
        status = gaold.stop(60)
        tap.ok(status == 0 and time.monotonic() - begun < promised(40),
               "a stop waits for it, but not forever: %.0f s"
               % (time.monotonic() - begun), gaold.logs())
    finally:
        gaold.close()


def many_jails(jails=30):
    gaold = Recorded(slow="sleep 1; ")
    gaold.write("jail.local", "[DEFAULT]\nfilter = sshd\nlogpath = %s\naction = rec\n"
                % gaold.auth + "".join("[j%d]\nenabled = true\n" % i for i in range(jails)))
    try:
        gaold.start()
        begun = time.monotonic()
        gaold.fail("192.0.2.70")
        found = wait_for("all", 30, lambda: len(gaold.lines("rec ban")) == jails + 1)
        tap.ok(found and time.monotonic() - begun < min(promised(15), jails),
               "%d jails ban beside each other: %.1f s for %d s of commands"
               % (jails, time.monotonic() - begun, jails + 1), gaold.lines())
        tap.ok(gaold.stop(60) == 0 and len(gaold.lines("stop")) == jails + 1,
               "… and all are stopped", gaold.lines("stop"))
    finally:
        gaold.close()


# --- ignorecommand, one process --------------------------------------------------------

def ignored():
    gaold = Recorded(jail="ignorecommand = test <ip> = 192.0.2.80")
    try:
        gaold.start()
        gaold.fail("192.0.2.80", 3)
        gaold.fail("192.0.2.81")
        tap.ok(wait_for("ban", 10, lambda: gaold.lines("192.0.2.81")),
               "ignorecommand: who is not ignored is banned", gaold.logs())
        tap.ok(wait_for("ignored", 10,
                        lambda: gaold.log_has("[sshd] Ignore 192.0.2.80 by command")),
               "ignorecommand: who is ignored is not", gaold.logs())
        wait_for("all of its lines", 10, lambda: gaold.ask(
            "status", "sshd")["filter"]["ignored"] == 3)
        jail = gaold.ask("status", "sshd")
        tap.ok(jail["actions"]["ids"] == ["192.0.2.81"] and jail["filter"]["ignored"] == 3,
               "ignorecommand: … and counted as ignored", jail)
        gaold.stop(60)
    finally:
        gaold.close()


def remembered():
    """set JAIL ignorecache: no command, so nobody has to allow it."""
    gaold = Recorded()
    asked = gaold.dir + "/asked"
    open(asked, "w").close()
    gaold.write("jail.local", "[sshd]\nignorecommand = echo <ip> >>%s\n" % asked)

    def ask(address):
        """How often the command ran for one more failure."""
        def seen():
            return gaold.ask("status", "sshd")["filter"]["ignored"]
        ignored, runs = seen(), os.path.getsize(asked)
        gaold.fail(address)
        wait_for("its answer", 15, lambda: seen() > ignored)
        return (os.path.getsize(asked) - runs) // len(address + "\n")
    try:
        gaold.start()
        tap.ok([ask("192.0.2.70") for _ in range(2)] == [1, 1],
               "ignorecache: none, and every failure is asked about", gaold.logs())
        tap.ok(gaold.ask("set", "sshd", "ignorecache", "key=<ip>, max-count=9") == ["<ip>", 9, 300]
               and [ask("192.0.2.70") for _ in range(3)] == [1, 0, 0] and
               ask("192.0.2.71") == 1, "set JAIL ignorecache: the answer is kept by its key",
               gaold.logs())
        gaold.ask("set", "sshd", "ignorecache", "key=all")
        tap.ok([ask("192.0.2.72"), ask("192.0.2.73")] == [1, 0], "… by another one")
        pid = gaold.runner()["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_for("another runner", 15, lambda: gaold.runner().get("pid") not in (None, 0, pid))
        tap.ok([ask("192.0.2.72"), ask("192.0.2.73")] == [1, 0], "a new runner is told", gaold.logs())
        gaold.ask("set", "sshd", "ignorecache", "")
        tap.ok([ask("192.0.2.72") for _ in range(2)] == [1, 1], "… no more")
        gaold.ask("set", "sshd", "ignorecache", "key=all")
        gaold.ask("reload")
        # The runner reads the files for itself, and may be the later one.
        tap.ok(wait_for("the runner", 15, lambda: [ask("192.0.2.72") for _ in range(2)]
                        == [1, 1]), "a reload ends it", gaold.logs())
        tap.ok("the key is too long" in gaold.ask_raw(
            "set", "sshd", "ignorecache", "key=" + 600 * "x")["error"]["message"],
            "a key that is too long is refused")
    finally:
        gaold.close()


def single():
    gaold = Recorded()
    try:
        gaold.start("-1")
        gaold.fail("192.0.2.90")
        tap.ok(wait_for("ban", 10, lambda: gaold.lines("rec ban sshd 192.0.2.90")),
               "-1: an action runs", gaold.logs())
        tap.ok(gaold.stop(60) == 0 and gaold.lines("rec stop"), "-1: … and is stopped",
               gaold.lines() + [gaold.logs()])
    finally:
        gaold.close()


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
if sh("iptables", "-w", "-S").returncode == 0 and os.path.exists("/etc/fail2ban/jail.conf"):
    stock()
else:
    print("ok - stock configuration # SKIP no iptables here, or no fail2ban")
for part in (lifecycle, lost_runner, native_latency, many_jails, ignored, remembered,
             single):
    part()
tap.exit()
