"""kill -9 of a random process with bans arriving, then a restart: the kernel's
sets equal the store's unexpired rows within 2 s, and no ban that the kernel
had confirmed is gone. 10 seeded rounds on 500 bans; with SOAK=1 200 on 10,000."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time

from gaold import Gaold, Tap, nft, promised, wait_for, within

ROUNDS, BANS = (200, 10000) if os.environ.get("SOAK") else (10, 500)
seed = int(os.environ.get("SEED", "20261121"))
print("# seed", seed)
rng = random.Random(seed)
tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Attack(threading.Thread):
    """New addresses of both families until it is told to stop."""

    def __init__(self, daemon, first):
        super().__init__(daemon=True)
        self.gaold, self.next, self.end = daemon, first, threading.Event()
        self.pause = threading.Lock()

    def run(self):
        while not self.end.is_set():
            i = self.next
            self.next += 1
            with self.pause:
                self.gaold.fail("10.%d.%d.%d" % (i >> 16 & 255, i >> 8 & 255, i & 255)
                                if i % 2 else "2001:db8::%x" % i)
            time.sleep(0.005)

    def elements(self):
        """How many there are. nft reads a set again as often as it changes meanwhile, so
        nobody attacks while it does."""
        with self.pause:
            return len(self.gaold.kernel())


def fill(daemon):
    """As many bans from before, in rows; the first start brings them to the kernel."""
    now = int(time.time())
    rows = [("172.16.%d.%d" % (i >> 8, i & 255), "sshd", now, 360000)
            for i in range(1, BANS + 1)]
    with contextlib.closing(sqlite3.connect(daemon.database)) as db:
        for table in ("bips", "bans"):
            db.executemany("INSERT INTO %s(ip, jail, timeofban, bantime, bancount, data)"
                           " VALUES(?, ?, ?, ?, 1, '{\"matches\": [], \"failures\": 1}')"
                           % table, rows)
        db.commit()


def twice(daemon):
    """Bans that have more than one row of history for the same moment."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % daemon.database,
                                            uri=True)) as db:
        return db.execute("SELECT jail, ip, timeofban, count(*) FROM bans"
                          " GROUP BY 1, 2, 3 HAVING count(*) > 1").fetchall()


def one_round(daemon, number, first):
    role = rng.choice(("parent", "warden", "engine"))
    known = len(daemon.kernel())
    daemon.start()
    attack = Attack(daemon, first)
    attack.start()
    wait_for("bans", 20, lambda: attack.elements() > max(known, BANS) + 20)
    time.sleep(rng.random() / 2)
    os.kill(daemon.pids()[role], signal.SIGKILL)
    status = daemon.process.wait(60)
    attack.end.set()
    attack.join()
    others = [p for n, p in daemon.pids().items() if n != "parent"]
    tap.ok(not others, "round %d: kill -9 of the %s ends all processes" % (number, role),
           others)
    if role != "parent":
        tap.ok(status == 1, "round %d: status 1 for the supervisor" % number, status)
    before = set(daemon.kernel())
    daemon.start()
    equal = within("kernel = store", promised(2 + BANS / 1000),
                   lambda: set(daemon.kernel()) == daemon.rows() != set())
    after = set(daemon.kernel())
    tap.ok(equal, "round %d: %d elements equal the store's rows" % (number, len(after)),
           "kernel only %s\nstore only %s\n%s" % (after - daemon.rows(),
                                                  daemon.rows() - after, daemon.logs()))
    tap.ok(before <= after, "round %d: none of %d confirmed bans is lost"
           % (number, len(before)), before - after)
    tap.ok(not twice(daemon), "round %d: no ban has two rows" % number, twice(daemon)[:9])
    tap.ok(daemon.stop() == 0, "round %d: stops cleanly" % number, daemon.logs())
    return attack.next


gaold = Gaold(jail="bantime = 100h")
try:
    gaold.start()
    gaold.stop()
    fill(gaold)
    following = 1
    for n in range(1, ROUNDS + 1):
        following = one_round(gaold, n, following)
finally:
    gaold.close()
    nft("flush", "ruleset")
tap.exit()
