"""Log files that are made after the start and match a pattern: each joins its
jail without a reload, is read from its start, and keeps its place."""

import os
import subprocess
import time

from gaold import Gaold, Tap, wait_for

tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def fail(path, address, times=1):
    with open(path, "a") as log:
        for _ in range(times):
            log.write("%s mail sshd[42]: Failed password for root from %s port 4711 ssh2\n"
                      % (time.strftime("%b %e %H:%M:%S"), address))


def banned(g, address):
    return wait_for("the ban of " + address, 20, lambda: address in g.kernel())


def files(g):
    return g.ask("status", "sshd")["filter"]["files"]


g = Gaold()
try:
    logs = g.dir + "/logs"
    os.mkdir(logs)
    g.write("jail.conf", "[DEFAULT]\nbantime = 1h\nfindtime = 1h\nmaxretry = 3\n"
            "action = nftables[port=\"22\", protocol=\"tcp\"]\nfilter = sshd\n"
            "[sshd]\nenabled = true\nlogpath = %s/*.log\n"
            "[other]\nenabled = true\nlogpath = %s tail\n" % (logs, g.auth))
    g.start()
    tap.ok(files(g) == [], "a jail whose pattern matches nothing starts")
    fail(logs + "/a.log", "192.0.2.1", times=3)
    tap.ok(banned(g, "192.0.2.1"), "the first file joins and is read from its start", g.logs())
    fail(logs + "/a.log", "192.0.2.2", times=3)
    tap.ok(banned(g, "192.0.2.2"), "and is followed", g.logs())
    fail(logs + "/b.log", "192.0.2.3", times=2)
    fail(logs + "/c.txt", "192.0.2.4", times=3)
    tap.ok(wait_for("b.log", 20, lambda: files(g) == [logs + "/a.log", logs + "/b.log"]),
           "a second one too, other names do not", files(g))
    tap.ok(wait_for("eight failures", 20, lambda: g.ask("status", "sshd")["filter"]
                    ["failed_total"] == 8), "its lines are counted")
    for words in (("reload",), ("reload", "other"), ("reload", "sshd")):
        tap.ok(g.run(*words).returncode == 0, " ".join(words), g.logs())
        tap.ok(files(g) == [logs + "/a.log", logs + "/b.log"], "… keeps the files", files(g))
    time.sleep(1)
    tap.ok("192.0.2.3" not in g.kernel(), "… and reads nothing twice", g.logs())
    fail(logs + "/b.log", "192.0.2.3")
    tap.ok(banned(g, "192.0.2.3"), "the third failure bans", g.logs())
    os.rename(logs + "/a.log", logs + "/a.log.1")
    fail(logs + "/a.log", "192.0.2.5", times=3)
    tap.ok(banned(g, "192.0.2.5"), "such a file is rotated", g.logs())
    tap.ok(g.stop() == 0, "stop")
    g.start()
    fail(logs + "/b.log", "192.0.2.6", times=3)
    tap.ok(banned(g, "192.0.2.6") and g.ask("status", "sshd")["filter"]["failed_total"] == 3,
           "a restart goes on from the stored places", g.ask("status", "sshd")["filter"])
finally:
    g.close()
tap.exit()
