"""Host names: in logs (usedns) and in ignoreip. Looked up by a process of its
own, which may be slow, be lost, and be lied to; nobody else waits for it."""

import os
import signal
import subprocess
import time

from gaold import Gaold, Tap, promised, wait_for
from nameserver import Hostile, Names

tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
hostile = Hostile()
names = Names()
names.set(bad_test="192.0.2.10 2001:db8::10")

JAILS = """[DEFAULT]
bantime = 1h
findtime = 1h
maxretry = 1
ignoreself = false
action = nftables[port="22", protocol="tcp"]
[warn]
enabled = true
filter = word
logpath = %(log)s
[raw]
enabled = true
filter = word[usedns=raw]
usedns = raw
logpath = %(log)s
"""


def resolver(g):
    return g.pids().get("resolver")


def bad(g, who):
    with open(g.auth, "a") as log:
        log.write("%s bad %s\n" % (time.strftime("%b %e %H:%M:%S"), who))


def banned(g, address, jail="warn", seconds=10):
    return wait_for("the ban of " + address, seconds, lambda: address in g.kernel(jail))


def status(g, key="names"):
    return g.ask("status")[key]


g = Gaold()
try:
    g.write("filter.d/word.conf", "[Definition]\nfailregex = ^ bad <HOST>$\n")
    g.write("jail.conf", JAILS % {"log": g.auth})
    g.start()
    tap.ok(resolver(g) is None, "without a name there is no resolver")
    bad(g, "192.0.2.1")
    tap.ok(banned(g, "192.0.2.1") and resolver(g) is None, "an address needs none")
    bad(g, "Bad.test")
    tap.ok(banned(g, "192.0.2.10") and banned(g, "2001:db8::10"),
           "a name in a log: its addresses are banned", g.logs())
    tap.ok(g.log_has("Determined IP using DNS Lookup: Bad.test = {'"), "… and that is warned of",
           g.logs())
    tap.ok(wait_for("Bad.test", 5, lambda: "Bad.test" in str(g.ask("status", "raw"))),
           "usedns = raw bans the text", g.ask("status", "raw"))
    pid = resolver(g)
    tap.ok(pid is not None, "now there is a resolver")
    with open("/proc/%d/status" % pid) as f:
        facts = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    tap.ok(facts["Uid"].split() == 4 * ["64803"] and facts["Gid"].split() == 4 * ["64803"] and facts["CapEff"] == "0000000000000000"
           and facts["NoNewPrivs"] == "1" and facts["Seccomp"] == "2",
           "… with a user of its own, no capability, a filter", facts)

    # A network may have several origins, and one registry nobody names.
    names.text = {"10.2.0.192.origin.asn.cymru.com": [
        "64501 | 192.0.2.0/24 | NL | ripencc | x", "64500 | 192.0.2.0/25 | DE | | x",
        "64501 | 192.0.2.0/26 | NL | ripencc | x"]}
    names.set(bad_test="192.0.2.10 2001:db8::10")
    bans = g.ask("status", "warn", "cymru")["actions"]
    at = bans["ids"].index("192.0.2.10")
    tap.ok([bans[k][at] for k in ("asns", "countries", "rirs")] ==
           ["64500, 64501", "DE, NL", "ripencc, unknown"] and len(bans["asns"]) == len(bans["ids"]), "status JAIL cymru", bans)
    tap.ok(bans["asns"][bans["ids"].index("2001:db8::10")] == "nxdomain",
           "… and of an address without a record", bans)

    # --- a slow name server ------------------------------------------------
    started = time.monotonic()
    bad(g, "slow.evil.test")
    bad(g, "192.0.2.2")
    tap.ok(banned(g, "192.0.2.2") and time.monotonic() - started < promised(4),
           "a slow name does not hold up the next line", g.logs())
    for i in range(20):
        bad(g, "drop-%d.evil.test" % i)
    bad(g, "192.0.2.3")
    tap.ok(banned(g, "192.0.2.3"), "… nor do twenty that nobody answers", g.logs())
    tap.ok(status(g)["asking"] > 0, "they are being asked", status(g))

    # --- lies -----------------------------------------------------------------
    for lie in ("nx", "fail", "refuse", "short", "garbage", "loop"):
        bad(g, lie + ".evil.test")
    tap.ok(wait_for("twenty-six answers", 40, lambda: status(g)["asking"] == 0),
           "every name comes to an end", status(g))
    tap.ok(resolver(g) == pid, "the resolver survives lies", g.logs())
    bad(g, "many.evil.test")
    tap.ok(banned(g, "203.0.113.24") and "203.0.113.1" in g.kernel("warn"),
           "a name with many addresses", g.logs())
    before = hostile.times("many.evil.test")
    bad(g, "many.evil.test")
    bad(g, "192.0.2.4")
    banned(g, "192.0.2.4")
    tap.ok(hostile.times("many.evil.test") == before, "an answer is remembered")
    dropped = status(g)["uncounted"]
    for strange in ("1.2.3", "a..b", "-x.test", "x" * 64 + ".test", "1.2.3.4.5"):
        bad(g, strange)
    bad(g, "192.0.2.5")
    banned(g, "192.0.2.5")
    tap.ok(status(g)["uncounted"] > dropped, "what is no name is not asked for",
           g.ask("status"))
    tap.ok("1.2.0.3" not in g.kernel("warn"), "… nor read as an old form of an address")

    # --- a resolver that is lost ----------------------------------------------
    bad(g, "drop-x.evil.test")
    wait_for("a question", 5, lambda: hostile.times("drop-x.evil.test"))
    os.kill(pid, signal.SIGKILL)
    names.set(bad_test="192.0.2.10", late_test="192.0.2.20")
    bad(g, "late.test")
    tap.ok(banned(g, "192.0.2.20"), "a lost resolver is replaced", g.logs())
    tap.ok(g.log_has("the resolver is lost and will be replaced"), "… and that is said")
    tap.ok(status(g)["lost"] == 1, "… and counted", status(g))
    tap.ok(g.stop() == 0, "stop, with a resolver", g.logs())
finally:
    names.close()
    g.close()
tap.exit()
