"""`unban --all` and `stop JAIL` while 100,000 bans (1,000,000 with SOAK=1) still
come back: they wait for them in turns of the loop, with all that comes behind
them; whoever kills or stops the daemon before the answer finds every ban."""

import os
import signal
import subprocess

from gaold import Gaold, Tap, nft, wait_for
from many import Link, address, fill, settled

BANS = 1000000 if os.environ.get("SOAK") else 100000
PATIENCE = 600 if os.environ.get("SOAK") else 120
TURN_MS = 100    # 13; one turn read all that was left before: 250 and more
tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
ALL = {address(i) for i in range(1, BANS + 1)}


def early(daemon, *words):
    """Starts, and says this while bans come back."""
    daemon.start()
    link = Link(daemon, PATIENCE)
    link.send(*words)
    restoring = daemon.ask("status")["restoring"]
    tap.ok(restoring, "`%s` is said while bans come back" % " ".join(words))
    return link


def same(daemon, wanted, when):
    wait_for("bans", PATIENCE, lambda: settled(daemon))
    ids = set(daemon.ask("status", "sshd")["actions"]["ids"])
    # While the kernel resizes a set, what nft lists of it has gaps.
    whole = wait_for("the kernel", 30, lambda: set(daemon.kernel()) == wanted)
    tap.ok(ids == wanted and whole,
           "%s the jail and the kernel have all %d" % (when, len(wanted)),
           (len(ids), len(daemon.kernel())))


gaold = Gaold(jail="bantime = 10h", gaol_conf="bans_max = 2000000;")
try:
    gaold.start()
    gaold.stop()
    fill(gaold, BANS)

    early(gaold, "unban", "--all")
    os.kill(gaold.pids()["engine"], signal.SIGKILL)
    gaold.process.wait(30)
    link = early(gaold, "unban", "--all")
    gaold.stop()
    answer = link.reply()
    tap.ok("ok" not in answer, "who asked has no answer but an error", answer)
    tap.ok(gaold.rows() == ALL, "… and the database has them all", len(gaold.rows()))
    gaold.start()
    same(gaold, ALL, "after a kill -9 and a stop in between")

    gaold.stop()
    link = early(gaold, "stop", "sshd")
    answer = link.reply()
    turn = gaold.ask("status")["turn"]
    tap.ok(turn["processor"] < TURN_MS, "no turn took %d ms of the processor (%.1f)"
           % (TURN_MS, turn["processor"]), turn)
    status = gaold.ask_raw("status", "sshd")
    empty = wait_for("the kernel", PATIENCE, lambda: not gaold.kernel())
    tap.ok(answer == {"ok": None} and "error" in status and empty,
           "the jail has stopped, nobody is blocked", (answer, status))

    gaold.stop()
    link, other = early(gaold, "unban", "--all"), Link(gaold, PATIENCE)
    other.send("ban", "sshd", "203.0.113.7")
    answer, banned = link.reply().get("ok"), other.reply().get("ok")
    turn = gaold.ask("status")["turn"]
    tap.ok(answer == {"count": BANS, "errors": []}, "all are lifted", answer)
    tap.ok(banned == {"new": 1, "prolonged": 0, "errors": []}, "a ban behind it is made",
           banned)
    tap.ok(turn["processor"] < TURN_MS, "no turn took %d ms of the processor (%.1f)"
           % (TURN_MS, turn["processor"]), turn)
    os.kill(gaold.pids()["engine"], signal.SIGKILL)
    gaold.process.wait(30)
    gaold.start()
    same(gaold, {"203.0.113.7"}, "when that was answered, a kill -9 brings nothing back:")
finally:
    gaold.close()
    nft("flush", "ruleset")
tap.exit()
