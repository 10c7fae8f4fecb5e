"""Measures gaol beside fail2ban. Started by run.sh in its own namespace."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import events
import logs

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(HERE, os.environ.get("B", "build"))
GAOL = BUILD + "/gaol"
GAOLD = BUILD + "/gaold"
NEWSETELEM = (10 << 8) | 12
SAMPLES = int(os.environ.get("BENCH_SAMPLES", "100"))
NFT_SAMPLE = int(os.environ.get("BENCH_NFT", "1000"))
RESTORE = int(os.environ.get("BENCH_RESTORE", "100000"))


def row(what, gaol, other, ratio, target):
    print("%-44s %14s %14s %9s  %s" % (what, gaol, other, ratio, target))
    sys.stdout.flush()


def wait_for(what, seconds, test):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = test()
        if value:
            return value
        time.sleep(0.002)
    raise SystemExit("bench: gave up waiting for " + what)


# --- the two daemons -------------------------------------------------------

class Daemon:
    """A configuration directory and the processes that run on it."""

    made = []

    def __init__(self, work, name):
        self.dir = os.path.join(work, name)
        self.etc = self.dir + "/etc"
        self.log = self.dir + "/auth.log"
        self.socket = self.dir + "/sock"
        self.database = self.dir + "/state/db.sqlite3"
        os.makedirs(self.dir + "/state")
        os.chmod(work, 0o755)
        open(self.log, "w").close()
        shutil.copytree("/etc/fail2ban", self.etc)
        self.write("fail2ban.local",
                   "[Definition]\nsocket = %s\npidfile = %s/pid\ndbfile = %s\n"
                   "logtarget = %s/daemon.log\n"
                   % (self.socket, self.dir, self.database, self.dir))
        self.process = None
        Daemon.made.append(self)

    def write(self, name, text):
        with open(os.path.join(self.etc, name), "w") as out:
            out.write(text)

    def jails(self, count, maxretry=1, bantime="1h"):
        text = ("[DEFAULT]\nmaxretry = %d\nbantime = %s\nfindtime = 1h\n"
                "banaction = nftables\nbackend = auto\nignoreself = false\n"
                "action = %%(banaction)s[port=\"22\", protocol=\"tcp\"]\n"
                "[sshd]\nenabled = true\nlogpath = %s\n"
                % (maxretry, bantime, self.log))
        for i in range(1, count):
            text += ("[sshd%d]\nenabled = true\nfilter = sshd\nlogpath = %s\n"
                     % (i, self.log))
        self.write("jail.local", text)

    def tree(self):
        found, new = set(), {self.process.pid}
        while new:
            found |= new
            new = {int(p) for p in os.listdir("/proc") if p.isdigit()
                   and parent_of(p) in found} - found
        return found

    def pss(self):
        total = 0
        for pid in self.tree():
            with open("/proc/%d/smaps_rollup" % pid) as rollup:
                total += sum(int(l.split()[1]) for l in rollup
                             if l.startswith("Pss:"))
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def parent_of(pid):
    try:
        with open("/proc/%s/stat" % pid) as stat:
            return int(stat.read().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return -1


class Gaol(Daemon):
    def __init__(self, work):
        super().__init__(work, "gaol")
        # Ours are native; Debian's shell actions of these names go.
        for name in ("nftables", "nftables-multiport", "nftables-allports"):
            os.unlink(self.etc + "/action.d/%s.conf" % name)
        self.write("gaol.conf", "users = { engine = 64801; warden = 64802; };\n"
                   "share = \"%s\";\nbans_max = 200000;\n" % HERE)

    def start(self):
        self.process = subprocess.Popen([GAOLD, "-f", "-c", self.etc],
                                        stdout=subprocess.DEVNULL)
        wait_for("gaold", 30, lambda: self.ask("status"))

    def ask(self, *words):
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.connect(self.socket)
                link.sendall(json.dumps(words).encode() + b"\n")
                with link.makefile() as reply:
                    return json.loads(reply.readline()).get("ok")
        except (OSError, ValueError):
            return None


class Fail2ban(Daemon):
    def __init__(self, work):
        super().__init__(work, "fail2ban")

    def start(self):
        self.process = subprocess.Popen(
            ["fail2ban-server", "-f", "-c", self.etc, "start"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("fail2ban", 60, lambda: subprocess.run(
            ["fail2ban-client", "-c", self.etc, "ping"],
            capture_output=True).returncode == 0)

    def stop(self):
        """It does not always end on a signal; what it measured is taken."""
        subprocess.run(["fail2ban-client", "-c", self.etc, "stop"],
                       capture_output=True, timeout=60)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


# --- figures ------------------------------------------------------------------

def cpu_of(pid):
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ((after.ru_utime - before.ru_utime) +
            (after.ru_stime - before.ru_stime))


def lines_per_second(command, lines, runs=3):
    return statistics.median(lines / cpu_seconds(command) for _ in range(runs))


def gaol_regex(log, name):
    return [GAOL, "regex", "-c", "/etc/fail2ban", "--share", HERE, log, name]


def bench_match(work):
    for kind in logs.KINDS:
        for share, target in ((0.05, "100x"), (0.90, "40x")):
            many, few = work + "/many.log", work + "/few.log"
            name = logs.KINDS[kind]["filter"]
            logs.write(many, 1000000, share, kind)
            logs.write(few, 100000, share, kind)
            ours = lines_per_second(gaol_regex(many, name), 1000000)
            theirs = lines_per_second(["fail2ban-regex", few, name], 100000,
                                      1)
            row("matching, %s log, %d %% attacks, lines/s"
                % (kind, round(share * 100)), "%.0f" % ours, "%.0f" % theirs,
                "%.0fx" % (ours / theirs), target)
    bench_all(work)


def stock_filters():
    return sorted(name[:-5] for name in os.listdir("/etc/fail2ban/filter.d")
                  if name.endswith(".conf"))


def together(log, names):
    """Scanner -> filters, lines, bytes, texts, CPU seconds, failures."""
    out = subprocess.run([BUILD + "/bench/together", log, "/etc/fail2ban"] +
                         names, stdout=subprocess.PIPE, check=True)
    return {name: [float(v) for v in values] for name, *values in
            map(str.split, out.stdout.decode().splitlines())}


def bench_all(work):
    """One log for one filter and for all, as a jail of each reads it."""
    log = work + "/all.log"
    logs.write(log, 400000, 0.05)
    # Not into /dev/null: there the first hit would be enough for it.
    grep = min(cpu_seconds(["sh", "-c", "grep -c 'Failed password' %s | cat"
                            % log]) for _ in range(5))
    for names in (["sshd"], stock_filters()):
        for scanner, figures in together(log, names).items():
            filters, lines, size, texts, seconds, _ = figures
            row("%d filter(s) on a log, scanner %s, lines/s"
                % (filters, scanner), "%.0f" % (lines / seconds), "-", "-",
                "%.0f MB/s, %.0f %% of grep -c, %d texts"
                % (size / seconds / 1e6, 100 * grep / seconds, texts) +
                ("; target 2000000" if len(names) > 1 else ""))


def tree_cpu(daemon):
    ticks = 0
    for pid in daemon.tree():
        with open("/proc/%d/stat" % pid) as stat:
            ticks += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def burst(daemon, jails, lines, work):
    """CPU seconds for so many lines at once; nobody is banned."""
    daemon.jails(jails, maxretry=1000000)
    daemon.start()
    time.sleep(2)
    logs.write(work + "/burst.log", lines, 0.05)
    before = last = tree_cpu(daemon)
    with open(work + "/burst.log") as source, open(daemon.log, "a") as log:
        shutil.copyfileobj(source, log)
    quiet = 0
    while quiet < 6:
        time.sleep(0.5)
        now = tree_cpu(daemon)
        quiet = quiet + 1 if now - last < 0.02 and now > before else 0
        last = now
    daemon.stop()
    shutil.rmtree(daemon.dir)
    return last - before


def bench_burst(work):
    for jails, few in ((1, 20000), (30, 2000)):
        ours = 200000 / burst(Gaol(work), jails, 200000, work)
        theirs = few / burst(Fail2ban(work), jails, few, work)
        row("burst of 200000 lines, 5 %% attacks, %d jail(s), lines/s" % jails,
            "%.0f" % ours, "%.0f" % theirs, "%.0fx" % (ours / theirs), "80x")


def element_times(daemon, first, samples):
    """Milliseconds from write(2) of a line to the kernel's notification."""
    watch = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    watch.bind((0, 1 << 6))
    watch.settimeout(30)
    times = []
    with open(daemon.log, "a", buffering=1) as log:
        for i in range(first, first + samples):
            address = "203.0.%d.%d" % (113 + i // 250, 1 + i % 250)
            wanted = socket.inet_aton(address)
            text = "%s mail sshd[%d]: Failed password for root from %s port 22 ssh2\n" % (
                logs.stamp(time.time()), 1000 + i, address)
            # One at a time, as attacks come: nobody is awake already.
            time.sleep(0.05 + (i * 7 % 10) / 200)
            start = time.perf_counter()
            log.write(text)
            while True:
                data = watch.recv(65536)
                if data[4:6] == NEWSETELEM.to_bytes(2, sys.byteorder) and wanted in data:
                    break
            times.append((time.perf_counter() - start) * 1000)
    watch.close()
    return sorted(times)


def bench_latency(work):
    figures = []
    for daemon in (Gaol(work), Fail2ban(work)):
        daemon.jails(1)
        daemon.start()
        # The first ban makes fail2ban's table: not what is measured.
        element_times(daemon, 0, 1)
        time.sleep(1)
        figures.append(element_times(daemon, 1, SAMPLES))
        daemon.stop()
        subprocess.run(["nft", "flush", "ruleset"], check=True)
        shutil.rmtree(daemon.dir)
    for name, share, target in (("p50", 0.5, "0.4 ms"), ("p99", 0.99, "1 ms")):
        ours, theirs = (f[min(int(len(f) * share), len(f) - 1)] for f in figures)
        row("line to confirmed element, %s, ms" % name, "%.2f" % ours,
            "%.0f" % theirs, "%.0fx" % (theirs / ours), target)


def bench_memory(work):
    for count, target in ((1, "6 MB"), (30, "8 MB")):
        figures = []
        for daemon in (Gaol(work), Fail2ban(work)):
            daemon.jails(count)
            daemon.start()
            time.sleep(2)
            figures.append(daemon.pss() / 1024)
            daemon.stop()
            subprocess.run(["nft", "flush", "ruleset"], check=True)
            shutil.rmtree(daemon.dir)
        row("memory at rest, %d jail(s), PSS, MB" % count, "%.1f" % figures[0],
            "%.1f" % figures[1], "%.1fx" % (figures[1] / figures[0]), target)


def fill(daemon, count):
    now = int(time.time())
    db = sqlite3.connect(daemon.database)
    rows = [("10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255), "sshd", now, 36000)
            for i in range(1, count + 1)]
    db.execute("INSERT OR IGNORE INTO jails(name, enabled) VALUES('sshd', 1)")
    for table in ("bips", "bans"):
        db.executemany("INSERT INTO %s(ip, jail, timeofban, bantime, bancount, data)"
                       " VALUES(?, ?, ?, ?, 1, '{\"matches\": [], \"failures\": 1}')"
                       % table, rows)
    db.commit()
    db.close()


def restore_time(daemon, count, done):
    daemon.jails(1, bantime="10h")
    daemon.start()
    daemon.stop()
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    fill(daemon, count)
    start = time.perf_counter()
    daemon.start()
    wait_for("restored bans", 600, done)
    return time.perf_counter() - start


def elements():
    text = subprocess.run(["nft", "list", "set", "inet", "f2b-table",
                           "addr-set-sshd"], capture_output=True, text=True)
    return len(re.findall(r"(?<![\d.])10\.\d+\.\d+\.\d+", text.stdout))


def nft_time(sample):
    """What one process for each ban costs, with as many bans in the set."""
    for words in (["add", "table", "inet", "bench"],
                  ["add", "set", "inet", "bench", "s", "{ type ipv4_addr; flags timeout; }"]):
        subprocess.run(["nft", *words], check=True)
    start = time.perf_counter()
    for i in range(sample):
        subprocess.run(["nft", "add", "element", "inet", "bench", "s",
                        "{ 10.1.%d.%d timeout 10h }" % (i >> 8, i & 255)], check=True)
    took = time.perf_counter() - start
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    return took / sample


def bench_restore(work):
    ours, used = [], []
    for _ in range(5):
        daemon = Gaol(work)

        def done():
            status = daemon.ask("status") or {}
            return (status.get("restoring") is False and
                    status.get("pending") == 0 and
                    status.get("firewall", {}).get("waiting") == 0)
        ours.append(restore_time(daemon, RESTORE, done))
        used.append(sum(cpu_of(pid) for pid in daemon.tree()))
        if elements() != RESTORE:
            raise SystemExit("bench: %d elements of %d" % (elements(), RESTORE))
        daemon.stop()
        subprocess.run(["nft", "flush", "ruleset"], check=True)
        shutil.rmtree(daemon.dir)
    daemon = Fail2ban(work)
    sample = 300
    theirs = restore_time(daemon, sample, lambda: elements() == sample)
    daemon.stop()
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    shutil.rmtree(daemon.dir)
    per_ban = theirs / sample
    row("restart with %d bans, s" % RESTORE, "%.2f" % statistics.median(ours),
        "%.0f *" % (per_ban * RESTORE),
        "%.0fx" % (per_ban * RESTORE / statistics.median(ours)), "0.3 s")
    row("… CPU of all its processes, s", "%.2f" % statistics.median(used), "-", "-", "")
    each = nft_time(NFT_SAMPLE)
    row("… by one nft process a ban, s", "%.2f" % statistics.median(ours),
        "%.0f **" % (each * RESTORE),
        "%.0fx" % (each * RESTORE / statistics.median(ours)), "")
    print("* from %d bans restored by fail2ban (%.1f ms each, start included)"
          % (sample, per_ban * 1000))
    print("** from %d of them (%.1f ms each)" % (NFT_SAMPLE, each * 1000))


# --- reading the stock configuration, all jails ----------------------------

def load_time(*command):
    start = time.monotonic()
    run = subprocess.run(command, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    if run.returncode != 0 or run.stdout.count(b"['start', ") < 80:
        raise SystemExit("bench: %s does not load the stock jails"
                         % command[0])
    return time.monotonic() - start


def bench_load(work):
    etc = work + "/load"
    shutil.copytree("/etc/fail2ban", etc)
    with open(etc + "/jail.local", "w") as out:
        out.write("[DEFAULT]\nenabled = true\n")
    ours, theirs = [], []
    # In turns, so that what else the machine does meets both.
    for _ in range(15):
        ours.append(load_time(GAOL, "dump", "-c", etc))
        theirs.append(load_time("fail2ban-client", "-c", etc, "-d"))
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    row("stock tree with all jails, median of 15", "%.1f ms" % (ours * 1000),
        "%.1f ms" % (theirs * 1000), "%.1fx" % (theirs / ours), "100 ms")


# --- mail accesses -----------------------------------------------------------

def bench_events(work):
    events.bench(sys.modules[__name__], work)


def main():
    wanted = os.environ.get(
        "BENCH", "match burst latency memory restore load events").split()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print("%-44s %14s %14s %9s  %s" % ("", "gaol", "fail2ban", "ratio", "target"))
    with tempfile.TemporaryDirectory(prefix="gaol-bench.") as work:
        try:
            for name in wanted:
                globals()["bench_" + name](work)
        finally:
            for daemon in Daemon.made:
                if daemon.process and daemon.process.poll() is None:
                    daemon.process.kill()
                    daemon.process.wait()


if __name__ == "__main__":
    main()
