"""A gaold of a test's own: configuration, start, questions, the kernel's view.

Runs in whatever network namespace the test is in (the .sh wrappers make one
with unshare -n), so nft speaks of a ruleset that is ours alone.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NFT_MSG = {(10 << 8) | 12: "add", (10 << 8) | 14: "delete"}


# A deadline only says when to give up: of what a quiet machine needs, so many times.
PATIENCE = 6


def busy():
    """A promise of seconds is kept where nobody else wants the processors."""
    return os.getloadavg()[0] > os.cpu_count() / 2


def promised(seconds):
    return seconds * PATIENCE if busy() else seconds


def wait_for(what, seconds, test):
    """The first true value of test(), or None when PATIENCE is at its end."""
    return within(what, PATIENCE * seconds, test)


def within(what, seconds, test):
    """As wait_for, for seconds that are themselves what is tested."""
    end = time.monotonic() + seconds
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() >= end:
            print("# gave up after %g s waiting for %s" % (seconds, what))
            return None
        time.sleep(0.01)


class Tap:
    """Prints checks as TAP and remembers whether one failed."""

    def __init__(self):
        self.failed = 0

    def ok(self, good, what, more=""):
        print(("ok - " if good else "not ok - ") + what)
        if not good:
            self.failed += 1
            for line in str(more).splitlines()[-40:]:
                print("# " + line)
        sys.stdout.flush()
        return good

    def exit(self):
        sys.exit(1 if self.failed else 0)


class Gaold:
    def __init__(self, jail="", gaol_conf="", firewall="nftables"):
        self.gaold = HERE + "/build/gaold"
        self.gaol = HERE + "/build/gaol"
        self.dir = tempfile.mkdtemp(prefix="gaol-test.")
        os.chmod(self.dir, 0o755)
        self.etc = self.dir + "/etc"
        self.auth = self.dir + "/auth.log"
        self.out = self.dir + "/gaol.log"
        self.socket = self.dir + "/sock"
        self.database = self.dir + "/state/gaol.sqlite3"
        # As some administrators have it: only root may look inside.
        os.mkdir(self.etc, 0o700)
        open(self.auth, "w").close()
        self.write("fail2ban.conf", "[Definition]\nloglevel = INFO\nlogtarget = %s\n"
                   "socket = %s\npidfile = %s/pid\ndbfile = %s\n"
                   % (self.out, self.socket, self.dir, self.database))
        self.write("jail.conf", "[DEFAULT]\nbantime = 1h\nfindtime = 1h\n"
                   "maxretry = 1\nignoreself = true\n"
                   "action = nftables[port=\"22\", protocol=\"tcp\"]\n"
                   "[sshd]\nenabled = true\nfilter = sshd\nlogpath = %s\n%s\n"
                   % (self.auth, jail))
        self.write("gaol.conf", "users = { engine = 64801; warden = 64802; "
                   "resolver = 64803; };\n"
                   "firewall = \"%s\";\nshare = \"%s\";\n%s\n"
                   % (firewall, HERE, gaol_conf))
        self.process = None

    def write(self, name, text):
        path = os.path.join(self.etc, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as out:
            out.write(text)

    # --- process ---------------------------------------------------------

    def start(self, *options, wait=True, prefix=()):
        self.process = subprocess.Popen(
            list(prefix) + [self.gaold, "-f", "-c", self.etc]
            + list(options), stdout=open(self.dir + "/stdout", "a"),
            stderr=subprocess.STDOUT)
        if wait and not wait_for("gaold", 15, self.ready):
            raise RuntimeError("gaold does not start:\n" + self.logs())

    def ready(self):
        if self.process.poll() is not None:
            raise RuntimeError("gaold ended with %d:\n%s"
                               % (self.process.returncode, self.logs()))
        # Answers to status once the configuration is in force.
        return self.ask("status")

    def pids(self):
        """Name of the role -> pid; "parent" is the process we started."""
        found = {"parent": self.process.pid}
        for pid in os.listdir("/proc"):
            try:
                with open("/proc/%s/stat" % pid) as stat:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                with open("/proc/%s/cmdline" % pid) as line:
                    words = line.read().split("\0")
            except (OSError, ValueError, IndexError):
                continue
            if parent == self.process.pid:
                for role in ("warden", "engine", "runner", "resolver"):
                    if any(role in w for w in words):
                        found[role] = int(pid)
        return found

    def stop(self, seconds=120):
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill_all(self):
        if self.process is None:
            return
        for pid in self.pids().values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def close(self):
        self.kill_all()
        shutil.rmtree(self.dir, ignore_errors=True)

    def logs(self):
        text = ""
        for path in (self.dir + "/stdout", self.out):
            if os.path.exists(path):
                with open(path, errors="replace") as log:
                    text += log.read()[-4000:]
        return text

    def log_has(self, words):
        if not os.path.exists(self.out):
            return False
        with open(self.out, errors="replace") as log:
            return words in log.read()

    # --- questions --------------------------------------------------------

    def ask_raw(self, *words):
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(60)
                link.connect(self.socket)
                link.sendall(json.dumps(words).encode() + b"\n")
                with link.makefile() as reply:
                    return json.loads(reply.readline())
        except (OSError, ValueError):
            return {}

    def ask(self, *words):
        return self.ask_raw(*words).get("ok")

    def run(self, *words):
        return subprocess.run([HERE + "/build/gaol", "-s", self.socket, *words],
                              capture_output=True, text=True)

    # --- attack ------------------------------------------------------------

    def fail(self, address, times=1, user="root"):
        with open(self.auth, "a") as log:
            for _ in range(times):
                log.write("%s mail sshd[4242]: Failed password for invalid user"
                          " %s from %s port 4711 ssh2\n" % (
                              time.strftime("%b %e %H:%M:%S"), user, address))

    # --- what the kernel and the database hold --------------------------------

    def kernel(self, jail="sshd"):
        """Address -> seconds left, of all four sets."""
        found = {}
        for name in ("addr-set-", "addr6-set-", "net-set-", "net6-set-"):
            found.update(elements(name + jail))
        return found

    def rows(self, jail="sshd"):
        now = time.time()
        # Closed at once: an open reader would keep the log from being folded in.
        with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % self.database,
                                                uri=True)) as db:
            return {ip for ip, at, bantime in db.execute(
                "SELECT ip, timeofban, bantime FROM bips WHERE jail = ?", (jail,))
                if bantime < 0 or at + bantime > now}


def nft(*words):
    return subprocess.run(["nft", *words], capture_output=True, text=True)


def elements(name):
    result = nft("-j", "list", "set", "inet", "f2b-table", name)
    if result.returncode != 0:
        return {}
    found = {}
    for item in json.loads(result.stdout)["nftables"]:
        for element in item.get("set", {}).get("elem", []):
            value, left = element, -1
            if isinstance(element, dict) and "elem" in element:
                value = element["elem"]["val"]
                left = element["elem"].get("expires", -1)
            if isinstance(value, dict) and "prefix" in value:
                value = "%s/%d" % (value["prefix"]["addr"], value["prefix"]["len"])
            found[value] = left
    return found


class Monitor:
    """Counts element messages of the nftables notification group."""

    def __init__(self):
        self.link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.link.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.link.bind((0, 1 << 6))
        self.link.setblocking(False)

    def counts(self):
        seen = {"add": 0, "delete": 0}
        while True:
            try:
                data = self.link.recv(1 << 20)
            except BlockingIOError:
                return seen
            while len(data) >= 16:
                size = int.from_bytes(data[0:4], sys.byteorder)
                kind = int.from_bytes(data[4:6], sys.byteorder)
                if kind in NFT_MSG:
                    seen[NFT_MSG[kind]] += 1
                data = data[(size + 3) & ~3:] if size >= 16 else b""
