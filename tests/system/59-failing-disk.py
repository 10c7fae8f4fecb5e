"""A database on a full disk, on a read-only one, locked by somebody else, and
damaged in every way, at the start and while the daemon runs: bans are made all
the while, none that was confirmed leaves the kernel, what is wrong is said once,
and the rows are there when the disk works again."""

import contextlib
import glob
import os
import random
import sqlite3
import subprocess
import time

from gaold import Gaold, Tap, nft, wait_for

tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
subprocess.run(["mount", "--make-rprivate", "/"], check=True)
number = 0


def attack(daemon, count):
    """New bans, confirmed by the kernel; the set of their addresses."""
    global number
    made = set()
    for _ in range(count):
        number += 1
        made.add("10.7.%d.%d" % (number >> 8, number & 255))
    for address in made:
        daemon.fail(address)
    good = wait_for("bans", 10, lambda: made <= set(daemon.kernel()))
    return made if good else set()


def store(daemon):
    return daemon.ask("status")["store"]


def broken(daemon, words):
    return wait_for("an error", 10, lambda: store(daemon)["state"] == "error" and
                    words in store(daemon)["text"])


def well(daemon, bans):
    """The disk works again: every ban is in the kernel and has its row."""
    return wait_for("recovery", 25, lambda: store(daemon)["state"] == "ok" and
                    daemon.rows() == set(daemon.kernel()) and bans <= daemon.rows())


def said(daemon, words):
    with open(daemon.out, errors="replace") as log:
        return sum(words in line for line in log)


def full(daemon, state, bans):
    filler = state + "/filler"
    with open(filler, "wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(4096))
        except OSError:
            pass
    more = attack(daemon, 30)
    tap.ok(len(more) == 30, "full disk: bans go on", daemon.logs())
    tap.ok(broken(daemon, "full"), "full disk: status says so", store(daemon))
    time.sleep(1)
    more |= attack(daemon, 30)
    tap.ok(said(daemon, "bans go on without it") == 1, "full disk: the log says so once",
           daemon.logs())
    os.unlink(filler)
    tap.ok(well(daemon, bans | more), "full disk: all %d rows are there afterwards"
           % len(bans | more), daemon.logs())
    tap.ok(said(daemon, "works again") == 1, "full disk: the log says that it works again")
    return bans | more


def locked(daemon, bans):
    other = sqlite3.connect(daemon.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    more = attack(daemon, 20)
    tap.ok(len(more) == 20 and broken(daemon, "locked"), "locked: bans go on, status says so",
           store(daemon))
    other.execute("ROLLBACK")
    other.close()
    tap.ok(well(daemon, bans | more), "locked: the rows are there afterwards", daemon.logs())
    return bans | more


def flip(path):
    """Bytes in the middle of every page but the first."""
    with open(path, "r+b") as file:
        size = os.path.getsize(path)
        for at in range(4096, size, 4096):
            file.seek(at)
            file.write(random.Random(at).randbytes(2048))


def damaged_running(daemon, bans):
    with contextlib.closing(sqlite3.connect(daemon.database)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    flip(daemon.database)
    more = attack(daemon, 20)
    tap.ok(len(more) == 20 and bans <= set(daemon.kernel()), "damaged while running: bans go on")
    tap.ok(wait_for("a new file", 15, lambda: said(daemon, "was damaged: moved to") == 1 and
                    store(daemon)["state"] == "ok"),
           "damaged while running: put aside, a new one begun", daemon.logs())
    tap.ok(well(daemon, bans | more), "damaged while running: every ban in force has a row again",
           "%d rows, %d elements\n%s" % (len(daemon.rows()), len(daemon.kernel()),
                                         daemon.logs()))
    return bans | more


def truncate(path):
    os.truncate(path, os.path.getsize(path) // 3)


def empty(path):
    os.truncate(path, 0)


def garbage(path):
    with open(path, "wb") as file:
        file.write(random.Random(1).randbytes(50000))


def damaged_start(daemon, bans, what, harm):
    daemon.stop()
    for name in glob.glob(daemon.database + "-*"):
        os.unlink(name)
    harm(daemon.database)
    before = said(daemon, "was damaged: moved to")
    daemon.start()
    tap.ok(bans <= set(daemon.kernel()), "%s at start: every ban stays" % what)
    tap.ok(harm is empty or said(daemon, "was damaged: moved to") == before + 1,
           "%s at start: put aside, and said" % what, daemon.logs())
    tap.ok(well(daemon, bans) and daemon.ask("status", "sshd")["actions"]["banned"] == len(bans),
           "%s at start: the kernel's bans are known, and have rows" % what, daemon.logs())


def read_only(daemon, state, bans):
    daemon.stop()
    subprocess.run(["mount", "-o", "remount,ro", state], check=True)
    daemon.start()
    more = attack(daemon, 20)
    tap.ok(len(more) == 20 and bans <= set(daemon.kernel()),
           "read-only at start: it starts, bans go on", daemon.logs())
    tap.ok(broken(daemon, "ead-only"), "read-only at start: status says so", store(daemon))
    subprocess.run(["mount", "-o", "remount,rw", state], check=True)
    tap.ok(well(daemon, bans | more), "read-only at start: all is written afterwards",
           "%d rows, %d elements\n%s" % (len(daemon.rows()), len(daemon.kernel()),
                                         daemon.logs()))
    return bans | more


gaold = Gaold(jail="bantime = 10h")
directory = os.path.dirname(gaold.database)
os.mkdir(directory)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "none", directory], check=True)
try:
    gaold.start()
    known = attack(gaold, 50)
    tap.ok(well(gaold, known), "%d bans, all written" % len(known), gaold.logs())
    known = full(gaold, directory, known)
    known = locked(gaold, known)
    known = damaged_running(gaold, known)
    for words, action in (("flipped bytes", flip), ("a truncated file", truncate),
                          ("an empty file", empty), ("garbage", garbage)):
        damaged_start(gaold, known, words, action)
    tap.ok(len(glob.glob(gaold.database + ".corrupt-*[0-9]")) == 2, "two damaged files are kept",
           os.listdir(directory))
    known = read_only(gaold, directory, known)
    tap.ok(gaold.stop() == 0 and known <= set(gaold.kernel()), "it stops, the bans stay")
    gaold.start()
    tap.ok(well(gaold, known), "and starts with all %d" % len(known), gaold.logs())
finally:
    gaold.kill_all()
    subprocess.run(["umount", "-l", directory], check=False)
    gaold.close()
    nft("flush", "ruleset")
tap.exit()
