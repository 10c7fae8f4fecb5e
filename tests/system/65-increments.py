"""bantime.increment: somebody comes back and stays out longer; the kernel, the
database, shell actions, status and the log all say so, also after a restart."""

import json
import sqlite3
import time

from gaold import Gaold, Tap, wait_for

WHO = "203.0.113.5"
tap = Tap()
g = Gaold(jail="""bantime = 2
maxretry = 3
bantime.increment = true
bantime.multipliers = 1 1000 2000
action = nftables[port="22", protocol="tcp"]
         rec
""")
record = g.dir + "/record"
open(record, "w").close()
g.write("action.d/rec.conf", "[Definition]\n" + "".join(
    "action%s = echo %s <ip> <bantime> <bancount> <ipfailures> "
    "<ipjailfailures> >>%s\n" % (verb, verb, record)
    for verb in ("ban", "prolong", "unban")))


def recorded(words):
    with open(record) as lines:
        return [line.strip() for line in lines if line.startswith(words)]


def left():
    return g.kernel().get(WHO, 0)


def rows():
    with sqlite3.connect("file:%s?mode=ro" % g.database, uri=True) as db:
        return db.execute("SELECT bantime, bancount FROM bans WHERE ip = ? "
                          "ORDER BY timeofban", (WHO,)).fetchall()


try:
    g.start()
    g.fail(WHO, 3)
    tap.ok(wait_for("a ban", 10, lambda: g.log_has("] Ban " + WHO)),
           "a first ban", g.logs())
    tap.ok(wait_for("its end", 10, lambda: g.log_has("] Unban " + WHO)),
           "is over after the plain bantime", g.logs())
    time.sleep(1.1)
    g.fail(WHO, 2)
    tap.ok(wait_for("a second ban", 10, lambda: left() > 1900),
           "two failures count four, and the ban lasts a thousand times longer",
           g.logs())
    tap.ok(g.log_has("Found %s, bad - " % WHO) and g.log_has("1 # -> 2.0")
           and g.log_has("IP %s is bad: 1 # last " % WHO)
           and g.log_has("Increase Ban %s (2 # 33m 20s -> " % WHO),
           "the log says it in fail2ban's words", g.logs())
    tap.ok(wait_for("rows", 5, lambda: rows() == [(2, 1), (2000, 2)]),
           "the database has both bans", rows())
    tap.ok(wait_for("actionprolong", 10, lambda: recorded(
        "prolong %s 2000 2" % WHO) or recorded("ban %s 2000 2" % WHO)),
        "shell actions hear of it", open(record).read())
    tap.ok(wait_for("a command", 10, lambda: recorded("ban %s 2 1 3 3" % WHO)),
           "ipfailures of the first ban are its own", open(record).read())
    state = g.ask("status", "sshd")["actions"]
    ban = state["bans"][0]
    tap.ok(ban["bancount"] == 2 and ban["next"] == 4000
           and state["increment"]["grown"] == 1
           and state["increment"]["state"] == "ok",
           "status says how long the next one would be", json.dumps(state))
    g.stop()
    g.start()
    tap.ok(wait_for("its return", 10, lambda: left() > 1900),
           "a restart keeps it", g.logs())
    g.run("unban", "--all")
    wait_for("its end", 10, lambda: left() == 0)
    g.fail(WHO, 3)
    tap.ok(wait_for("a third ban", 10, lambda: rows() == [(2, 1)]),
           "an unban by hand forgets the history", rows())
    tap.ok(wait_for("a command", 10, lambda: recorded(
        "unban %s 2000 2 6 6" % WHO)), "ipfailures of a later one are those of both",
        open(record).read())
finally:
    g.close()
tap.exit()
