"""A foreign flush of the ruleset, delete of the table, a set, the rule, all
elements: complete again within a second, remaining times within a second,
with new bans arriving meanwhile, and the log names who did it. 3 times each;
20 with SOAK=1."""

import json
import os
import subprocess
import time

from gaold import Gaold, Tap, nft, promised, wait_for, within

TIMES = 20 if os.environ.get("SOAK") else 3
BANS = 500
tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def rule_handles():
    listing = json.loads(nft("-j", "-a", "list", "ruleset").stdout)["nftables"]
    return [i["rule"]["handle"] for i in listing if "rule" in i]


def flush_ruleset():
    return nft("flush", "ruleset")


def delete_table():
    return nft("delete", "table", "inet", "f2b-table")


def delete_rule():
    return nft("delete", "rule", "inet", "f2b-table", "f2b-chain",
               "handle", str(rule_handles()[0]))


def delete_set():
    text = "".join("delete rule inet f2b-table f2b-chain handle %d\n" % h
                   for h in rule_handles())
    text += "delete set inet f2b-table addr-set-sshd\n"
    return subprocess.run(["nft", "-f", "-"], input=text, text=True,
                          capture_output=True)


def flush_set():
    return nft("flush", "set", "inet", "f2b-table", "addr-set-sshd")


def complete(daemon, wanted, rules):
    return set(daemon.kernel()) >= wanted and len(rule_handles()) == rules


def strike(daemon, what, attack, number):
    for i in range(5):
        daemon.fail("198.51.%d.%d" % (100 + number // 50, number % 50 * 5 + i))
    looked = time.monotonic()
    before = daemon.kernel()
    rules = len(rule_handles())
    result = attack()
    if not tap.ok(result.returncode == 0, "%s: nft does it" % what, result.stderr):
        return
    start = time.monotonic()
    limit = promised(1)
    healed = within("healing", limit, lambda: complete(daemon, set(before), rules))
    took = time.monotonic() - start
    tap.ok(healed, "%s: %d bans and %d rules again within %d s (%.0f ms)"
           % (what, len(before), rules, limit, took * 1000), daemon.logs())
    after = daemon.kernel()
    # nft takes its time on a busy machine, before and after the attack.
    passed = time.monotonic() - looked
    late = {a: (before[a], after.get(a)) for a in before
            if not 0 <= before[a] - after.get(a, -9) <= passed + 2}
    tap.ok(not late, "%s: remaining times are right" % what, list(late.items())[:5])


gaold = Gaold()
try:
    gaold.start()
    for i in range(BANS):
        gaold.fail("10.1.%d.%d" % (i >> 8, i & 255) if i % 2 else "2001:db8::%x" % i)
    tap.ok(wait_for("bans", 20, lambda: len(gaold.kernel()) == BANS),
           "%d bans in the kernel" % BANS, gaold.logs())
    attacks = (flush_ruleset, delete_table, delete_rule, delete_set, flush_set)
    for round_ in range(TIMES):
        for k, one in enumerate(attacks):
            strike(gaold, "%s %d" % (one.__name__, round_ + 1), one,
                   round_ * len(attacks) + k)
    tap.ok(gaold.log_has("removed by nft (pid "), "the log names program and pid",
           gaold.logs())
    tap.ok(gaold.ask("status")["firewall"]["rebuilt"] >= TIMES * len(attacks),
           "status counts the rebuilds", gaold.ask("status")["firewall"])
    tap.ok(gaold.stop() == 0, "stops cleanly", gaold.logs())
finally:
    gaold.close()
    nft("flush", "ruleset")
tap.exit()
