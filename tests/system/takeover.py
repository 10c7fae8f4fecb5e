"""A server with a fail2ban configuration, and somebody who attacks it."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

from gaold import HERE, elements, nft, wait_for

BUILD = os.environ.get("BUILD", HERE + "/build")
SERVER4, SERVER6 = "198.51.100.1", "2001:db8:66::1"
ATTACKER4, ATTACKER6 = "198.51.100.66", "2001:db8:66::66"
FRIEND = "198.51.100.77"


def run(*words, check=False):
    return subprocess.run(words, capture_output=True, text=True, check=check)


class Scene:
    """A server and, in a second namespace, whoever attacks it."""

    def __init__(self, native, shell):
        self.dir = tempfile.mkdtemp(prefix="gaol-test.")
        os.chmod(self.dir, 0o755)
        self.etc = self.dir + "/etc"
        self.pidfile = self.dir + "/pid"
        self.database = self.dir + "/state/fail2ban.sqlite3"
        self.children = []
        v6 = native // 20
        self.native = ["10.66.%d.%d" % (i // 250, i % 250 + 1)
                       for i in range(native - v6)]
        self.native += ["2001:db8:66:1::%x" % (i + 1) for i in range(v6)]
        self.odd = ["10.88.0.%d" % (i + 1) for i in range(5)]
        self.shell = ["10.77.0.%d" % (i + 1) for i in range(shell)]

    def make_config(self):
        os.makedirs(self.etc)
        os.mkdir(self.dir + "/state")
        for name in ("action.d", "filter.d"):
            shutil.copytree("/etc/fail2ban/" + name, self.etc + "/" + name)
        for name in ("ssh.log", "web.log"):
            open(self.dir + "/" + name, "w").close()
        self.write("fail2ban.conf", "[Definition]\nloglevel = INFO\n"
                   "logtarget = {0}/daemon.log\nsocket = {0}/sock\n"
                   "pidfile = {0}/pid\ndbfile = {1}\ndbpurgeage = 1d\n"
                   "syslogsocket = auto\ndbmaxmatches = 10\n"
                   "allowipv6 = auto\n".format(self.dir, self.database))
        self.write("jail.conf", """[DEFAULT]
bantime = 1h
findtime = 1h
maxretry = 3
backend = polling
banaction = nftables
action = %(banaction)s[name=%(__name__)s, port="%(port)s", protocol="tcp"]
[ssh]
enabled = true
filter = sshd
port = 22
logpath = {0}/ssh.log
[web]
enabled = true
filter = sshd
banaction = iptables-multiport
port = 80
logpath = {0}/web.log
[odd]
enabled = true
filter = sshd
action = nftables[name=odd, port=81, protocol=tcp, blocktype="counter drop"]
port = 81
logpath = {0}/web.log
maxretry = 100
""".format(self.dir))
        self.write("gaol.conf", "users = { engine = 64811; warden = 64812; };\n"
                   "firewall = \"nftables\";\nshare = \"%s\";\n" % HERE)

    def write(self, name, text):
        with open(self.etc + "/" + name, "w") as out:
            out.write(text)

    def make_network(self):
        other = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        self.children.append(other)
        self.attacker = ["nsenter", "-t", str(other.pid), "-n"]
        mine = os.readlink("/proc/self/ns/net")
        wait_for("a namespace", 10, lambda: os.readlink(
            "/proc/%d/ns/net" % other.pid) != mine)
        for line in (
                "ip link set lo up",
                "ip link add wire type veth peer name up0 netns %d" % other.pid,
                "ip address add %s/24 dev wire" % SERVER4,
                "ip address add %s/64 dev wire nodad" % SERVER6,
                "ip link set wire up"):
            run(*line.split(), check=True)
        for line in (
                "ip link set lo up",
                "ip address add %s/24 dev up0" % ATTACKER4,
                "ip address add %s/24 dev up0" % FRIEND,
                "ip address add %s/64 dev up0 nodad" % ATTACKER6,
                "ip link set up0 up"):
            run(*self.attacker, *line.split(), check=True)
        for line in (
                "ip route add 10.0.0.0/8 via " + ATTACKER4,
                "ip -6 route add 2001:db8:66:1::/64 via " + ATTACKER6):
            run(*line.split(), check=True)

    def make_counters(self):
        """What arrives is counted before, what got through behind all bans."""
        v4 = [a for a in self.native + self.shell + self.odd if ":" not in a]
        v6 = [a for a in self.native if ":" in a]
        text = """table inet proof {
 counter arrived { }
 counter passed { }
 counter friend { }
 set four { type ipv4_addr; elements = { %s } }
 set six { type ipv6_addr; elements = { %s } }
 chain before { type filter hook prerouting priority -500;
  ip saddr @four counter name arrived
  ip6 saddr @six counter name arrived
 }
 chain behind { type filter hook input priority 300;
  ip saddr @four tcp dport { 22, 80, 81 } counter name passed
  ip6 saddr @six tcp dport { 22, 80, 81 } counter name passed
  ip saddr %s counter name friend
 }
}
""" % (", ".join(v4), ", ".join(v6), FRIEND)
        result = subprocess.run(["nft", "-f", "-"], input=text, text=True,
                                capture_output=True)
        if result.returncode != 0:
            raise RuntimeError(result.stderr)

    def counter(self, name):
        got = json.loads(nft("-j", "list", "counter", "inet", "proof", name).stdout)
        return [o["counter"]["packets"] for o in got["nftables"] if "counter" in o][0]

    def attack(self):
        path = self.dir + "/attack"
        with open(path, "w") as out:
            for a in self.native:
                out.write("%s %s 22\n" % (a, SERVER6 if ":" in a else SERVER4))
            for a in self.shell:
                out.write("%s %s 80\n" % (a, SERVER4))
            for a in self.odd:
                out.write("%s %s 81\n" % (a, SERVER4))
            out.write("%s %s 22\n" % (FRIEND, SERVER4))
        self.children.append(subprocess.Popen(
            self.attacker + ["python3", HERE + "/tests/system/takeover_attack.py",
                             path]))

    # --- the two daemons ---------------------------------------------------

    def fail2ban(self, *words):
        return run("fail2ban-client", "-c", self.etc, *words)

    def gaol(self, *words):
        return run(BUILD + "/gaol", "-c", self.etc, *words)

    def broken(self, name):
        """A directory in which the program of this name only fails."""
        path = tempfile.mkdtemp(prefix="broken.", dir=self.dir)
        with open(path + "/" + name, "w") as out:
            out.write("#!/bin/sh\nexit 3\n")
        os.chmod(path + "/" + name, 0o755)
        return path

    def daemon(self):
        """The name of the program that runs, or None."""
        try:
            with open(self.pidfile) as file:
                return os.path.basename(os.readlink(
                    "/proc/%d/exe" % int(file.read())))
        except (OSError, ValueError):
            return None

    def in_sets(self):
        found = dict(elements("addr-set-ssh"))
        found.update(elements("addr6-set-ssh"))
        return found

    def in_chain(self):
        text = run("iptables", "-w", "-S", "f2b-web").stdout
        return [line.split()[3].split("/")[0] for line in text.splitlines()
                if " -s " in line]

    def rows(self):
        now = time.time()
        with sqlite3.connect("file:%s?mode=ro" % self.database, uri=True) as db:
            return {(jail, ip) for jail, ip, at, bantime in db.execute(
                "SELECT jail, ip, timeofban, bantime FROM bips")
                if bantime < 0 or at + bantime > now}

    def fail(self, log, address):
        with open(self.dir + "/" + log, "a") as out:
            for _ in range(3):
                out.write("%s mail sshd[4242]: Failed password for invalid user"
                          " root from %s port 4711 ssh2\n" % (
                              time.strftime("%b %e %H:%M:%S"), address))

    def close(self):
        try:
            with open(self.pidfile) as file:
                pid = int(file.read())
            if (self.daemon() or "").startswith(("python", "gaold")):
                os.kill(pid, signal.SIGTERM)
                wait_for("the daemon's end", 60,
                         lambda: not os.path.exists("/proc/%d" % pid))
        except (OSError, ValueError):
            pass
        for child in self.children:
            child.kill()
            child.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def logs(self):
        try:
            with open(self.dir + "/daemon.log", errors="replace") as log:
                return log.read()[-6000:]
        except OSError:
            return ""
