"""One story for both daemons: a start, failures, an address that is ignored, a
ban, the same address again, bans by hand, an unban, log rotation, a reload, a
stop, a start that restores, a stop. Their logs are compared line by line, with
times and process numbers masked; what differs is named below, with the reason.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
import time

from gaold import HERE, Gaold, Tap, wait_for

tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

# Whose line it is, a pattern of it, why only one has it.
DIFFERENCES = (
    ("theirs", r"Observer ", "gaold has no observer's thread"),
    ("theirs", r"Connected to .* database|Connection to database closed",
     "a thread of its own has the database"),
    ("theirs", r"New database created", "nothing to tell"),
    ("theirs", r"Jail 'sshd' uses ", "one way of reading for all backends"),
    ("theirs", r"Initiated '.*' backend", "the same"),
    ("both", r"Starting Fail2ban v|Start(ing)? Fail2ban", "its version"),
    ("theirs", r"maxLines|  maxRetry|  findtime|  banTime|  encoding|  date pattern",
     "settings: gaol get, gaol dump"),
)


def mask(line, daemon):
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d{3})?", "TIME", line)
    line = re.sub(r"\[\d+\]", "[PID]", line)
    line = re.sub(r"hash = [0-9a-f]*", "hash = HASH", line)
    return line.replace(daemon.dir, "DIR").rstrip("\n")


def lines(daemon):
    text = ""
    for path in (daemon.out + ".1", daemon.out):
        if os.path.exists(path):
            with open(path, errors="replace") as log:
                text += log.read()
    masked = [mask(line, daemon) for line in text.splitlines()]
    # Ours of our own wording have names of their own.
    return [line for line in masked if " gaol." not in line]


class Theirs(Gaold):
    """The installed fail2ban in the place of gaold."""

    def start(self):
        self.process = subprocess.Popen(["fail2ban-server", "-f", "-c", self.etc, "start"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("fail2ban", 30, lambda: self.run("status", "sshd").returncode == 0)

    def stop(self):
        self.run("stop")
        try:
            self.process.wait(120)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run(self, *words):
        return subprocess.run(["fail2ban-client", "-c", self.etc, *words],
                              capture_output=True, text=True)

    def pids(self):
        return {"parent": self.process.pid}


class Ours(Gaold):
    def run(self, *words):
        return subprocess.run([HERE + "/build/fail2ban-client", "-c", self.etc, *words],
                              capture_output=True, text=True)


def prepare(kind):
    daemon = kind(firewall="null")
    own = {name: open(daemon.etc + "/" + name).read() for name in ("gaol.conf", "fail2ban.conf")}
    shutil.rmtree(daemon.etc)
    shutil.copytree("/etc/fail2ban", daemon.etc)
    shutil.rmtree(daemon.etc + "/jail.d")
    daemon.write("gaol.conf", own["gaol.conf"])
    daemon.write("fail2ban.local", own["fail2ban.conf"])
    daemon.write("action.d/none.conf", "[Definition]\nactionban =\nactionunban =\n")
    daemon.write("jail.local", "[DEFAULT]\nbantime = 1h\nfindtime = 10m\nmaxretry = 2\n"
                 "ignoreip = 203.0.113.0/24\naction = none\nbackend = polling\n"
                 "[sshd]\nenabled = true\nlogpath = %s\n" % daemon.auth)
    os.mkdir(os.path.dirname(daemon.database))
    return daemon


def says(daemon, words):
    if not wait_for(words, 15, lambda: daemon.log_has(words)):
        tap.ok(False, "%s logs '%s'" % (type(daemon).__name__, words), daemon.logs())


def opened(daemon):
    """Has the latest start opened its log? Another process does that, later."""
    text = daemon.logs()
    return "Added logfile" in text[max(text.rfind("Starting Fail2ban"), 0):]


def story(daemon):
    daemon.start()
    daemon.fail("203.0.113.5")
    says(daemon, "Ignore 203.0.113.5 by ip")
    daemon.fail("192.0.2.1")
    says(daemon, "Found 192.0.2.1")
    daemon.fail("192.0.2.1")
    says(daemon, "] Ban 192.0.2.1")
    daemon.run("set", "sshd", "banip", "2001:db8::7")
    says(daemon, "] Ban 2001:db8::7")
    time.sleep(3.2)     # before that the next one is worth a DEBUG only
    daemon.fail("192.0.2.1", times=2)
    says(daemon, "192.0.2.1 already banned")
    daemon.run("set", "sshd", "unbanip", "192.0.2.1")
    says(daemon, "Unban 192.0.2.1")
    os.rename(daemon.out, daemon.out + ".1")
    daemon.run("flushlogs")
    says(daemon, "rollover performed on")
    daemon.run("reload")
    says(daemon, "Reload finished.")
    daemon.stop()
    daemon.start()
    says(daemon, "Restore Ban 2001:db8::7")
    wait_for("the log", 15, lambda: opened(daemon))
    daemon.run("unban", "--all")
    says(daemon, "Unban 2001:db8::7")
    daemon.stop()
    return lines(daemon)


def renamed(found):
    """At a stop 1.0.2 says Unban where 1.1 and gaold say Repeal Ban."""
    stopping = False
    for at, line in enumerate(found):
        stopping = "Shutdown in progress" in line or (stopping and
                                                      "Exiting Fail2ban" not in line)
        if stopping:
            found[at] = line.replace("] Unban ", "] Repeal Ban ")
    return found


def in_order(found):
    """A start is one moment: logs are opened by another process meanwhile, and the bans
    of the database come first, so the lines of it are sorted."""
    out, group = [], []
    for line in found + [""]:
        if re.search(r"Added logfile|Jail '\w+' started|\] Restore Ban ", line):
            group.append(line)
            continue
        out += sorted(group) + [line]
        group = []
    return out[:-1]


def without(found, who):
    for whose, pattern, _ in DIFFERENCES:
        if whose in (who, "both"):
            found = [line for line in found if not re.search(pattern, line)]
    return in_order(found)


told = {}
for kind in (Ours, Theirs):
    one = prepare(kind)
    try:
        told[kind] = story(one)
    finally:
        one.close()
if "-v" in sys.argv:
    print("\n".join(["# " + line for line in told[Ours] + ["--"] + told[Theirs]]))
ours, theirs = without(told[Ours], "ours"), without(renamed(told[Theirs]), "theirs")
tap.ok(len(theirs) > 15, "fail2ban told the story in %d lines" % len(theirs))
tap.ok(ours == theirs, "gaold tells it in the same words, in the same order",
       "\n".join(difflib.unified_diff(theirs, ours, "fail2ban", "gaold", n=1, lineterm="")))
for whose, pattern, why in DIFFERENCES:
    known = told[Ours] if whose == "ours" else told[Theirs]
    if not any(re.search(pattern, line) for line in known):
        print("# no line is like '%s' any more (%s)" % (pattern, why))
tap.exit()
