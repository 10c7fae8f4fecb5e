"""kill -9 of a random process with bans arriving, then a restart: the kernel's
sets equal the store's unexpired rows within 2 s, and no ban that the kernel
had confirmed is gone. 5 seeded rounds, 50 with SOAK=1."""

import os
import random
import signal
import subprocess
import threading
import time

from gaold import Gaold, Tap, nft, wait_for

ROUNDS = 50 if os.environ.get("SOAK") else 5
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

    def run(self):
        while not self.end.is_set():
            i = self.next
            self.next += 1
            self.gaold.fail("10.%d.%d.%d" % (i >> 16 & 255, i >> 8 & 255, i & 255)
                            if i % 2 else "2001:db8::%x" % i)
            time.sleep(0.001)


def one_round(daemon, number, first):
    role = rng.choice(("parent", "warden", "engine"))
    daemon.start()
    attack = Attack(daemon, first)
    attack.start()
    wait_for("bans", 10, lambda: len(daemon.kernel()) > 20 * number)
    time.sleep(rng.random() / 2)
    os.kill(daemon.pids()[role], signal.SIGKILL)
    status = daemon.process.wait(10)
    attack.end.set()
    attack.join()
    others = [p for n, p in daemon.pids().items() if n != "parent"]
    tap.ok(not others, "round %d: kill -9 of the %s ends all processes" % (number, role),
           others)
    if role != "parent":
        tap.ok(status == 1, "round %d: status 1 for the supervisor" % number, status)
    before = set(daemon.kernel())
    daemon.start()
    equal = wait_for("kernel = store", 2,
                     lambda: set(daemon.kernel()) == daemon.rows() != set())
    after = set(daemon.kernel())
    tap.ok(equal, "round %d: %d elements equal the store's rows" % (number, len(after)),
           "kernel only %s\nstore only %s\n%s" % (after - daemon.rows(),
                                                  daemon.rows() - after, daemon.logs()))
    tap.ok(before <= after, "round %d: none of %d confirmed bans is lost"
           % (number, len(before)), before - after)
    tap.ok(daemon.stop() == 0, "round %d: stops cleanly" % number, daemon.logs())
    return attack.next


gaold = Gaold()
try:
    following = 1
    for n in range(1, ROUNDS + 1):
        following = one_round(gaold, n, following)
finally:
    gaold.close()
    nft("flush", "ruleset")
tap.exit()
