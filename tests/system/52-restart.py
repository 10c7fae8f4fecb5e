"""Stop and start with 1,000 live bans: the notification group shows no
element removed and none added; afterwards every ban is known again and ends
when it would have ended. Also stop --flush, and an element without a row."""

import subprocess

from gaold import Gaold, Monitor, Tap, nft, wait_for

BANS = 1000
tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
gaold = Gaold()
try:
    gaold.start()
    for i in range(BANS):
        gaold.fail("10.2.%d.%d" % (i >> 8, i & 255) if i % 2 else "2001:db8::%x" % i)
    tap.ok(wait_for("bans", 30, lambda: len(gaold.kernel()) == BANS),
           "%d bans in the kernel" % BANS, gaold.logs())
    before = gaold.kernel()
    monitor = Monitor()
    tap.ok(gaold.stop() == 0, "stops", gaold.logs())
    tap.ok(len(gaold.kernel()) == BANS, "the bans stay in the kernel")
    gaold.start()
    known = gaold.ask("status", "sshd")
    tap.ok(known["actions"]["banned"] == BANS, "all are known again",
           known["actions"]["banned"])
    tap.ok(wait_for("confirmation", 5,
                    lambda: gaold.ask("status")["pending"] == 0),
           "all are confirmed", gaold.ask("status"))
    counts = monitor.counts()
    tap.ok(counts == {"add": 0, "delete": 0}, "no element was removed or added", counts)
    tap.ok(gaold.log_has("[sshd] Restore Ban 10.2.0.1"), "Restore Ban is logged")
    tap.ok(gaold.ask("status", "sshd")["filter"]["failed_total"] == 0,
           "no line is counted twice")
    after = gaold.kernel()
    tap.ok(all(0 <= before[a] - after[a] < 60 for a in before), "the ends are the same")

    # An element whose row is gone becomes a ticket with its remaining time.
    gaold.stop()
    nft("add", "element", "inet", "f2b-table", "addr-set-sshd",
        "{ 203.0.113.99 timeout 1h expires 30m }")
    gaold.start()

    def left():
        bans = gaold.ask("status", "sshd")["actions"]["bans"]
        return next((b["left"] for b in bans if b["id"] == "203.0.113.99"), 0)

    # The kernel's sets are read after the start.
    tap.ok(wait_for("ticket", 5, lambda: 1700 <= left() <= 1800),
           "an element without a row becomes a ticket", left())
    tap.ok(wait_for("row", 5, lambda: "203.0.113.99" in gaold.rows()), "… and a row")
    tap.ok(gaold.run("unban", "sshd", "203.0.113.99").returncode == 0
           and "203.0.113.99" not in gaold.kernel(), "… that can be lifted")
    tap.ok(wait_for("row gone", 5, lambda: "203.0.113.99" not in gaold.rows()),
           "… and does not come back")

    # A row whose element is gone gets it again.
    gaold.stop()
    nft("delete", "element", "inet", "f2b-table", "addr-set-sshd", "{ 10.2.0.1 }")
    gaold.start()
    tap.ok(wait_for("element", 5, lambda: "10.2.0.1" in gaold.kernel()),
           "a row without an element gets it")
    result = gaold.run("stop", "--flush")
    tap.ok(result.returncode == 0, "stop --flush", result.stdout + result.stderr)
    tap.ok("f2b-table" not in nft("list", "ruleset").stdout, "… removes everything")
finally:
    gaold.close()
    nft("flush", "ruleset")
tap.exit()
