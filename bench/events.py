"""Mail accesses: read, stored, looked up. bench.py calls bench()."""

import os
import random
import statistics
import subprocess
import time

import logs

EVENTS = int(os.environ.get("BENCH_EVENTS", "10000000"))
MONTH = int(os.environ.get("BENCH_MONTH", "1000000"))
LINES = int(os.environ.get("BENCH_EVENT_LINES", "200000"))
LOOKUPS = int(os.environ.get("BENCH_LOOKUPS", "200"))
STAGES = (("match", "dates and expressions"), ("make", "... understood"),
          ("join", "... joined with its session"), ("rows", "... copied for the store"))


def stages(b, log, kind):
    """Per stage: nanoseconds a line, events; the stages before it are in it."""
    out = subprocess.run([b.BUILD + "/bench/accesses", log, b.HERE, kind], cwd=b.HERE,
                         capture_output=True, text=True, check=True).stdout
    return {name: (float(cpu) / int(lines) * 1e9, int(events))
            for name, lines, events, cpu in (l.split() for l in out.splitlines())}


def read_events(b, work):
    """Before storing: logs of which each line is a mail access."""
    for kind in logs.ACCESSES:
        log = work + "/accesses.log"
        logs.write_accesses(log, LINES, logs.ACCESSES[kind])
        found, before = stages(b, log, kind), 0.0
        if found["rows"][1] < LINES:
            raise SystemExit("bench: not every line of %s is a mail access" % kind)
        for name, what in STAGES:
            b.row("%s, %s, ns a line" % (kind, what), "%.0f" % (found[name][0] - before),
                  "", "", "")
            before = found[name][0]
        b.row("%s, event lines/s before storing" % kind, "%.0f" % (1e9 / before), "", "",
              "1,000,000")


def read_others(b, work):
    """Lines that tell of nothing, with mail accesses looked for and without."""
    for kind in logs.OTHERS:
        log = work + "/others.log"
        logs.write_accesses(log, LINES, logs.OTHERS[kind])
        found = stages(b, log, kind)
        if found["both"][1] != 0:
            raise SystemExit("bench: a line of %s is a mail access" % kind)
        b.row("%s, a line that is none: jail, + accesses" % kind,
              "%.0f ns" % found["jail"][0], "%.0f ns" % found["both"][0],
              "%.2fx" % (found["both"][0] / found["jail"][0]), "1.5x")


def look_up(b, daemon, what, ask, target="p99 50 ms"):
    times = []
    for i in range(LOOKUPS):
        start = time.perf_counter()
        rows = ask(i)
        times.append(time.perf_counter() - start)
        if not rows:
            raise SystemExit("bench: %s finds nothing" % what)
    cuts = statistics.quantiles(times, n=100)
    b.row("... " + what + ", p50, p99, most", "%.2f ms" % (cuts[49] * 1000),
          "%.2f ms" % (cuts[98] * 1000), "%.1f ms" % (max(times) * 1000), target)


def look_ups(b, daemon, accounts, begin, end):
    rng = random.Random(7)
    picks = [rng.randrange(min(accounts, EVENTS // 3)) for _ in range(LOOKUPS)]

    def rows(*words):
        page = daemon.ask(*words)
        return page and page["rows"]

    def user(i):
        return "user=user%d@example.com" % (picks[i] * 7919 % accounts)

    def address(i):
        return "ip=10.%d.%d.%d" % (picks[i] >> 16 & 255, picks[i] >> 8 & 255,
                                   picks[i] & 255)

    def second(i):
        return int((begin + (end - begin) * i / LOOKUPS) * 1e6)

    look_up(b, daemon, "events of an account", lambda i: rows("events", user(i)))
    look_up(b, daemon, "... of one kind",
            lambda i: rows("events", user(i), "kind=failure"))
    look_up(b, daemon, "logins: its last 20 sign-ins",
            lambda i: rows("events", user(i), "kind=login", "newest=yes", "limit=20"))
    look_up(b, daemon, "sessions of an account", lambda i: rows("sessions", user(i)))
    look_up(b, daemon, "timeline: its events and sessions",
            lambda i: rows("events", user(i)) and rows("sessions", user(i)))
    look_up(b, daemon, "events of an address", lambda i: rows("events", address(i)))
    look_up(b, daemon, "100 events from a time on", lambda i: rows(
        "events", "since=%d" % second(i), "limit=100"))
    look_up(b, daemon, "100 of a service from a time on", lambda i: rows(
        "events", "service=pop3", "since=%d" % second(i), "limit=100"))


def verbs(b, daemon, begin, end):
    """What a person waits for, the program's start included."""
    def took(*words):
        start = time.monotonic()
        subprocess.run([b.GAOL, words[0], "-c", daemon.etc, *words[1:]], check=True,
                       stdout=subprocess.DEVNULL)
        return time.monotonic() - start

    def since(seconds):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))

    b.row("... gaol logins USER", "%.3f s" % took("logins", "user7919@example.com"), "", "", "")
    part = (end - begin) / 30
    b.row("... gaol report of a 30th of the time", "%.1f s" % took(
        "report", "--since", since(begin + part), "--until", since(begin + 2 * part)), "", "", "")
    b.row("... gaol report of all", "%.1f s" % took("report"), "", "", "")


def cost_of(daemon):
    """CPU seconds and bytes written, of the daemon's processes together."""
    ticks = written = 0
    for pid in daemon.tree():
        with open("/proc/%d/stat" % pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
        with open("/proc/%d/io" % pid) as io:
            written += sum(int(l.split()[1]) for l in io if l.startswith("write_bytes:"))
    return ticks / os.sysconf("SC_CLK_TCK"), written


def store_events(b, work):
    accounts = max(1, min(1000000, EVENTS // 10))
    daemon = b.Gaol(work)
    mail = daemon.dir + "/mail.log"
    begin = time.time() - EVENTS // logs.PER_SECOND - 120
    logs.write_accesses(mail, EVENTS, logs.ACCESSES["dovecot"], accounts)
    start = os.times()
    subprocess.run([b.GAOL, "events", "--from-log", mail, "--filter",
                    b.HERE + "/filter.d/dovecot.conf", "--share", b.HERE, "--user",
                    "nobody@example.net"], stdout=subprocess.DEVNULL, check=True)
    used = os.times()
    cpu = used.children_user + used.children_system - \
        start.children_user - start.children_system
    b.row("%d events of %d accounts, read, events/s" % (EVENTS, accounts),
          "%.0f" % (EVENTS / cpu), "", "", "200,000")
    # Debian's filter of this name tells of none.
    os.unlink(daemon.etc + "/filter.d/dovecot.conf")
    daemon.write("jail.local", "[DEFAULT]\nbackend = auto\n[mail]\nenabled = true\n"
                 "filter = dovecot\naction =\nmaxretry = 9999\nlogpath = %s\n" % mail)
    most = [0]

    def stored():
        time.sleep(0.2)
        most[0] = max(most[0], daemon.pss())
        e = daemon.ask("status")["events"]
        if e["dropped"]:
            raise SystemExit("bench: mail accesses were dropped")
        return sum(e["seen"].values()) >= EVENTS and e["waiting"] == 0

    begun = time.monotonic()
    daemon.start()
    b.wait_for("mail accesses", 60 + EVENTS / 1000, stored)
    b.row("... into the database, events/s",
          "%.0f" % (EVENTS / (time.monotonic() - begun)), "", "", "15,000")
    cpu, written = cost_of(daemon)
    b.row("... of CPU time, events/s", "%.0f" % (EVENTS / cpu), "", "", "15,000")
    b.row("... written to the disk, bytes an event", "%.0f" % (written / EVENTS), "", "", "")
    b.row("... most memory meanwhile, PSS", "%.1f MB" % (most[0] / 1024), "", "", "150 MB")
    look_ups(b, daemon, accounts, begin, begin + EVENTS // logs.PER_SECOND)
    verbs(b, daemon, begin, begin + EVENTS // logs.PER_SECOND)
    daemon.stop()
    b.row("... bytes an event with its session's row",
          "%.0f" % (os.path.getsize(daemon.database) / EVENTS), "", "", "600")


def month(b, work):
    """A report of 30 days, by events and, when the days are summed, by sums."""
    accounts = max(1, min(10000, MONTH // 50))
    daemon = b.Gaol(work + "/month")
    mail = daemon.dir + "/mail.log"
    logs.write_accesses(mail, MONTH, logs.ACCESSES["dovecot"], accounts,
                        MONTH / (32 * 86400))
    os.unlink(daemon.etc + "/filter.d/dovecot.conf")
    daemon.write("jail.local", "[DEFAULT]\nbackend = auto\n[mail]\nenabled = true\n"
                 "filter = dovecot\naction =\nmaxretry = 9999\nlogpath = %s\n" % mail)

    def events():
        time.sleep(0.2)
        return daemon.ask("status")["events"]

    def stored():
        e = events()
        return sum(e["seen"].values()) >= MONTH and e["waiting"] == 0

    def report():
        since = time.strftime("%F", time.localtime(time.time() - 31 * 86400))
        until = time.strftime("%F", time.localtime(time.time() - 86400))
        start = time.monotonic()
        out = subprocess.run([b.GAOL, "report", "-c", daemon.etc, "--since", since,
                              "--until", until], check=True, capture_output=True).stdout
        return time.monotonic() - start, out

    daemon.start()
    b.wait_for("mail accesses", 60 + MONTH / 500, stored)
    by_events, expected = report()
    daemon.stop()
    daemon.start()
    begun = time.monotonic()
    b.wait_for("sums", 60 + MONTH / 500, lambda: events()["sums"]["days"] >= 31)
    b.row("%d events of %d accounts in 32 days, summed" % (MONTH, accounts),
          "%.1f s" % (time.monotonic() - begun), "", "", "")
    by_sums, found = report()
    if found != expected or found.count(b"\n") < 2:
        raise SystemExit("bench: the report of sums is not that of events")
    b.row("... gaol report of 30 days, by events, by sums", "%.2f s" % by_events,
          "%.2f s" % by_sums, "%.3fx" % (by_sums / by_events), "5 s")
    daemon.stop()


def bench(b, work):
    read_events(b, work)
    read_others(b, work)
    store_events(b, work)
    month(b, work)
