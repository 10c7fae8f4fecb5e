"""Random histories through fail2ban's own server classes and through ours.

increments.py GROW_RW WORKDIR SEED HISTORIES
"""
import json, logging, os, random, sqlite3, subprocess, sys
logging.disable(logging.CRITICAL)
from fail2ban.server.database import Fail2BanDb
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.mytime import MyTime
from fail2ban.server.observer import Observers, ObserverThread
from fail2ban.server.ticket import FailTicket

START = 1700000000


class Observer(ObserverThread):
    """fail2ban's observer, whose events wait until they are run."""

    def __init__(self):
        self.waiting = []

    def add(self, *event):
        self.waiting.append(event)

    def add_timer(self, starttime, *event):
        pass

    def settle(self, jails):
        while self.waiting or any(j.hasFailTickets for j in jails):
            while self.waiting:
                event = self.waiting.pop(0)
                getattr(self, event[0])(*event[1:])
            for j in jails:
                j.actions._Actions__checkBan()


class Upstream:
    """Two jails on one database, without threads."""

    def __init__(self, path, settings, options):
        self.path, self.options = path, options
        self.settings = {name: dict(settings) for name in "ab"}
        Observers.Main = Observer()
        self.start()

    def start(self):
        self.service = 0
        self.db = Fail2BanDb(self.path)
        self.jails = {}
        for name in "ab":
            j = Jail(name, "polling", self.db)
            j.isAlive = lambda: True
            j.filter.performSvc = lambda force=False: None
            self.jails[name] = j
            self.db.addJail(j)
            for option, value in self.settings[name].items():
                self.apply(j, option, value)
            for option, value in self.options:
                j.setBanTimeExtra(option[len("bantime."):], value)
        for j in self.jails.values():
            j.restoreCurrentBans()
        self.settle()

    def settle(self):
        Observers.Main.settle(list(self.jails.values()))

    @staticmethod
    def apply(j, option, value):
        if option == "bantime":
            j.actions.setBanTime(value)
        elif option == "findtime":
            j.filter.setFindTime(value)
        else:
            j.filter.setMaxRetry(value)

    def at(self, now):
        MyTime.setTime(now)
        clean = now >= self.service
        if clean:
            self.service = now + 5
        for j in self.jails.values():
            if clean:
                j.filter.failManager.cleanup(now)
            # fail2ban looks late when a bantime was shortened meanwhile.
            j.actions.banManager._nextUnbanTime = 0
            while j.actions._Actions__checkUnBan(20):
                j.actions.banManager._nextUnbanTime = 0

    def fail(self, j, fid, time):
        ticket = FailTicket(IPAddr(fid), int(time),
            data={"matches": [time], "user": time})
        attempts = j.filter.failManager.addFailure(ticket)
        if attempts >= j.filter.failManager.getMaxRetry():
            j.filter.performBan(ticket.getID())
        Observers.Main.add("failureFound", j, ticket)

    def run(self, line):
        word = line.split()
        j = self.jails[word[1]] if len(word) > 2 else None
        if word[0] == "at":
            self.at(int(word[1]))
        elif word[0] == "fail":
            self.fail(j, word[2], word[3])
        elif word[0] == "ban":
            j.actions.addBannedIP(IPAddr(word[2]))
        elif word[0] == "unban":
            j.actions.removeBannedIP(word[2], ifexists=True)
        elif word[0] == "set":
            self.settings[word[1]][word[2]] = int(word[3])
            self.apply(j, word[2], int(word[3]))
        elif word[0] == "restart":
            self.db._db.close()
            self.start()
        self.settle()
        return [self.state(j) for j in self.jails.values()]

    @staticmethod
    def left(t, bm):
        # A formula's fraction of a second is not kept by us.
        bantime = int(t.getBanTime(bm.getBanTime()))
        return -1 if bantime == -1 else max(0,
            int(t.getTime() + bantime - MyTime.time()))

    @staticmethod
    def state(j):
        bm, fm = j.actions.banManager, j.filter.failManager
        bans = sorted("%s,%d,%d,%d,%d,%d,%d" % (t.getID(), t.getTime(),
            int(t.getBanTime(bm.getBanTime())), Upstream.left(t, bm),
            t.getBanCount(), t.getAttempt(), 1 if t.restored else 0)
            for t in bm)
        return " ".join(["%s %d %d %d" % (j.name, fm.getFailTotal(),
            fm.size(), bm.getBanTotal())] + bans)


def history(r):
    now, lines = START, ["at %d" % START]
    span = r.choice((3, 60, 700, 2500))
    for _ in range(250):
        kind, jail = r.random(), r.choice("aab")
        ip = r.choice(("192.0.2.%d" % r.randrange(4), "2001:db8::1",
            "198.51.100.0/24"))
        if kind < 0.22:
            now += r.randrange(span)
            lines.append("at %d" % now)
        elif kind < 0.25:
            lines.append("ban %s %s" % (jail, ip))
        elif kind < 0.28:
            lines.append("unban %s %s" % (jail, ip))
        elif kind < 0.30:
            option = r.choice(("bantime", "maxretry", "findtime"))
            lines.append("set %s %s %d" % (jail, option,
                r.randrange(1, 6) if option == "maxretry" else
                r.choice((5, 60, 600, -1)) if option == "bantime" else
                r.choice((10, 600))))
        elif kind < 0.31:
            lines.append("restart")
        else:
            ago = 0 if kind < 0.8 else r.randrange(2 * span)
            for _ in range(r.choice((1, 1, 2, 4))):
                lines.append("fail %s %s %d" % (jail, ip, now - ago))
    return lines


def growth(r):
    if r.random() < 0.15:
        return []
    options = [("bantime.increment", "true")]
    if r.random() < 0.4:
        options.append(("bantime.overalljails", "true"))
    kind = r.random()
    if kind < 0.25:
        options.append(("bantime.multipliers",
            r.choice(("1 5 30 60 300", "2", "1 2 4", "0 1"))))
    elif kind < 0.5:
        options.append(("bantime.formula", r.choice((
            "ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor",
            "ban.Time * math.exp(float(ban.Count+1)*banFactor)"
            "/math.exp(1*banFactor)",
            "ban.Time + ban.Count * 7", "1"))))
    if r.random() < 0.3:
        options.append(("bantime.factor", r.choice(("2", "1", "3*2"))))
    if r.random() < 0.4:
        options.append(("bantime.maxtime",
            r.choice(("1h", "300", "5", "-1", "1d"))))
    return options


def rows(path):
    db = sqlite3.connect(path)
    result = []
    for table, order in (("bips", "jail, ip"),
            ("bans", "jail, ip, timeofban, bantime, bancount")):
        for row in db.execute("SELECT jail, ip, timeofban, bantime, bancount,"
                " data FROM %s ORDER BY %s" % (table, order)):
            data = row[5].decode() if isinstance(row[5], bytes) else row[5]
            data = json.loads(data)
            # Lines of somebody known are kept once by us, twice by them.
            data["matches"] = sorted(set(data.get("matches", [])))[-1:]
            result.append("%s %s %s %d %d %d %s" % (table, *row[:2],
                row[2], int(row[3]), row[4], json.dumps(data,
                sort_keys=True)))
    db.close()
    return sorted(result)


def compare(rw, work, seed):
    r = random.Random(seed)
    lines = history(r)
    settings = {"maxretry": r.randrange(1, 6),
        "findtime": r.choice((10, 60, 600)),
        "bantime": r.choice((1, 60, 600, 3600, -1))}
    options = growth(r)
    theirs_db, ours_db = ("%s/%s.%d" % (work, n, seed)
        for n in ("theirs", "ours"))
    MyTime.setTime(START)
    upstream = Upstream(theirs_db, settings, options)
    theirs = []
    for line in lines:
        theirs += upstream.run(line)
    upstream.db._db.close()
    run = subprocess.run([rw, ours_db] + [str(settings[s]) for s in
        ("maxretry", "findtime", "bantime")] + ["%s=%s" % o for o in options],
        input="\n".join(lines) + "\n", capture_output=True, text=True)
    mine = run.stdout.splitlines()
    if run.returncode != 0:
        mine.append("status %d: %s" % (run.returncode, run.stderr))
    if mine != theirs:
        at = next((k for k, (a, b) in enumerate(zip(theirs, mine))
            if a != b), min(len(theirs), len(mine)))
        print("# seed %d, %r, %r" % (seed, settings, options))
        for n in range(max(0, at // 2 - 3), at // 2 + 1):
            print("#   %s" % lines[n])
        for name, out in (("before", theirs[at - 2:at - 1]),
                ("fail2ban", theirs[at:at + 1]), ("ours", mine[at:at + 1])):
            print("# %-8s %s" % (name, out))
        return None
    a, b = rows(theirs_db), rows(ours_db)
    if a != b:
        print("# seed %d, %r, %r: rows" % (seed, settings, options))
        print("# fail2ban only: %s" % [x for x in a if x not in b][:3])
        print("# ours only:     %s" % [x for x in b if x not in a][:3])
        return None
    for path in os.listdir(work):
        os.unlink(os.path.join(work, path))
    return len(a), sum(int(x.split()[4]) > 1 for x in a)


def main():
    rw, work, seed, n = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
    print("# seed %d" % seed)
    bad = bans = repeated = 0
    for i in range(n):
        result = compare(rw, work, seed + i)
        if result is None:
            bad += 1
            if bad > 2:
                break
        else:
            bans += result[0]
            repeated += result[1]
    if bad or repeated < n:
        print("not ok - %d of %d histories differ (%d rows, %d of repeated "
            "bans)" % (bad, n, bans, repeated))
        return 1
    print("ok - %d histories, %d rows, %d of repeated bans, as fail2ban "
        "decides" % (n, bans, repeated))
    return 0


sys.exit(main())
