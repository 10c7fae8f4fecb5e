"""Take-over from a running fail2ban, and hand-back, without a gap."""

import json
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gaold import Tap, elements, nft, wait_for  # noqa: E402
from takeover import BUILD, Scene, run  # noqa: E402

# fail2ban starts a process for each ban at each of its starts here.
NATIVE = int(os.environ.get("TAKEOVER_BANS",
                            "2000" if os.environ.get("SOAK") else "100"))
SHELL = NATIVE // 10

tap = Tap()


def passed(s, when):
    arrived = s.counter("arrived")
    wait_for("the whole attack once more", 60, lambda: s.counter("arrived")
             > arrived + 2 * (NATIVE + SHELL))
    tap.ok(s.counter("passed") == 0, "no packet of a banned address passed " + when,
           "%d of %d" % (s.counter("passed"), s.counter("arrived")))


def begin(s):
    s.make_config()
    s.make_network()
    s.make_counters()
    started = s.fail2ban("start")
    tap.ok(started.returncode == 0, "fail2ban runs", started.stdout + started.stderr)
    s.fail2ban("set", "ssh", "banip", *s.native)
    s.fail2ban("set", "web", "banip", *s.shell)
    s.fail2ban("set", "odd", "banip", *s.odd)
    tap.ok(wait_for("fail2ban's bans", 240, lambda: len(s.in_sets()) == NATIVE
                    and len(s.in_chain()) == SHELL
                    and set(elements("addr-set-odd")) == set(s.odd)),
           "fail2ban has %d bans in nftables and %d in iptables" % (NATIVE, SHELL),
           s.logs())
    s.attack()
    passed(s, "while fail2ban runs")


def dry_run(s):
    before = nft("-s", "list", "tables").stdout
    found = s.gaol("setup", "--take-over", "--dry-run", "--json")
    try:
        data = json.loads(found.stdout)
    except ValueError:
        data = {}
    kinds = {j["jail"]: (j["bans"], j["actions"][0]["kind"])
             for j in data.get("jails", [])}
    tap.ok(kinds == {"ssh": (NATIVE, "native"), "web": (SHELL, "shell"),
                     "odd": (5, "shell")} and data["ok"] and data["steps"] == []
           and "blocktype: 'counter drop' is not known" in str(data["problems"]),
           "a dry run says what is there", found.stdout + found.stderr)
    tap.ok((s.daemon() or "").startswith("python") and
           nft("-s", "list", "tables").stdout == before,
           "a dry run changes nothing")
    text = open(s.etc + "/gaol.conf").read()
    s.write("gaol.conf", text.replace("nftables", "null"))
    wrong = s.gaol("setup", "--take-over")
    s.write("gaol.conf", text)
    tap.ok(wrong.returncode == 1 and 'firewall is "null"' in wrong.stderr and
           (s.daemon() or "").startswith("python"),
           "no take-over by a firewall that only pretends", wrong.stderr)
    wrong = s.gaol("setup", "--hand-back")
    tap.ok(wrong.returncode == 1 and "fail2ban that runs" in wrong.stderr,
           "fail2ban is not handed back to itself", wrong.stderr)


def failed_take_over(s):
    where = s.broken("gaold")
    shutil.copy(BUILD + "/gaol", where + "/gaol")
    done = run(where + "/gaol", "-c", s.etc, "setup", "--take-over")
    tap.ok(done.returncode == 1 and "fail2ban runs again" in done.stderr
           and (s.daemon() or "").startswith("python"),
           "when gaold does not start, fail2ban runs again",
           done.stdout + done.stderr)
    tap.ok(set(s.native) == set(s.in_sets()) and
           sorted(s.in_chain()) == sorted(s.shell),
           "with every ban", "%d, %d" % (len(s.in_sets()), len(s.in_chain())))
    passed(s, "during the failure")


def failed_hand_back(s):
    path = s.broken("fail2ban-client") + ":" + os.environ["PATH"]
    done = run("env", "PATH=" + path, BUILD + "/gaol", "-c", s.etc,
               "setup", "--hand-back")
    tap.ok(done.returncode == 1 and "gaold runs again" in done.stderr
           and s.daemon() == "gaold",
           "when fail2ban does not start, gaold runs again",
           done.stdout + done.stderr)
    tap.ok(set(s.native) <= set(s.in_sets()) and
           sorted(s.in_chain()) == sorted(s.shell),
           "with every ban", "%d, %d" % (len(s.in_sets()), len(s.in_chain())))
    passed(s, "during the failure")


def odd(s, who):
    """A stock nftables action with words that only nft knows."""
    chain = nft("list", "chain", "inet", "f2b-table", "f2b-chain").stdout
    rules = [line for line in chain.splitlines() if "@addr-set-odd " in line]
    tap.ok(set(elements("addr-set-odd")) == set(s.odd) and len(rules) == 1
           and "counter packets" in rules[0] and rules[0].endswith("drop"),
           who + " bans by a blocktype of nft's own words", chain + s.logs())


def take_over(s):
    # Lines while nobody reads: the next daemon begins where the last ended.
    late = subprocess.Popen([BUILD + "/gaol", "-c", s.etc, "setup", "--take-over"],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True)
    for line in late.stdout:
        print("# " + line.rstrip())
        if line.startswith("gaold is started"):
            s.fail("ssh.log", "203.0.113.9")
    late.wait()
    tap.ok(late.returncode == 0, "gaol setup --take-over succeeds", s.logs())
    tap.ok(s.daemon() == "gaold", "gaold runs", s.daemon())
    held = s.in_sets()
    tap.ok(set(s.native) <= set(held) and all(left > 0 for left in held.values()),
           "every native ban is in gaold's sets, with the kernel's timeout",
           "%d of %d" % (len(held), NATIVE))
    tap.ok(sorted(s.in_chain()) == sorted(s.shell),
           "every ban of iptables is in its chain, once", len(s.in_chain()))
    odd(s, "gaold")
    tap.ok(nft("list", "table", "inet", "gaol-bridge").returncode != 0,
           "the bridge is gone")
    tap.ok(wait_for("a ban of what came meanwhile", 30,
                    lambda: "203.0.113.9" in s.in_sets()),
           "lines written during the change are not lost", s.logs())
    banned = s.gaol("banned").stdout
    tap.ok(all(a in banned for a in s.native + s.shell), "gaold knows them all")
    passed(s, "during and after the take-over")


def unban(s, command, who):
    """One of each kind is lifted; nothing is in the kernel twice."""
    native, shell = s.native.pop(), s.shell.pop()
    for address in (native, shell):
        kind = "six" if ":" in address else "four"
        nft("delete", "element", "inet", "proof", kind, "{ %s }" % address)
    command(native, shell)
    tap.ok(wait_for("the unban", 30, lambda: native not in s.in_sets()
                    and shell not in s.in_chain()),
           who + " lifts what the other one banned", s.logs())


def hand_back(s):
    done = s.gaol("setup", "--hand-back")
    for line in (done.stdout + done.stderr).splitlines():
        print("# " + line)
    tap.ok(done.returncode == 0, "gaol setup --hand-back succeeds", s.logs())
    tap.ok((s.daemon() or "").startswith("python"), "fail2ban runs", s.daemon())
    held = s.in_sets()
    tap.ok(set(s.native) <= set(held) and all(left < 0 for left in held.values()),
           "every native ban is in fail2ban's own sets",
           "%d of %d" % (len(held), NATIVE))
    tap.ok(sorted(s.in_chain()) == sorted(s.shell),
           "every ban of iptables is in its chain, once", len(s.in_chain()))
    tap.ok(nft("list", "table", "inet", "gaol-bridge").returncode != 0,
           "the bridge is gone")
    odd(s, "fail2ban")
    left = {("ssh", a) for a in s.native} | {("web", a) for a in s.shell}
    tap.ok(left <= s.rows(), "the database has them all")
    passed(s, "during and after the hand-back")


def the_counter_counts(s):
    address = s.native[0]
    s.fail2ban("set", "ssh", "unbanip", address)
    tap.ok(wait_for("a packet", 30, lambda: s.counter("passed") > 0),
           "an address that is not banned is counted")
    tap.ok(s.counter("friend") > 0, "and who was never banned got through")


def killed(s):
    """No setup: gaold is started where fail2ban was killed."""
    address = s.native.pop(0)
    nft("delete", "element", "inet", "proof", "four", "{ %s }" % address)
    nft("reset", "counters", "table", "inet", "proof")
    with open(s.pidfile) as file:
        pid = int(file.read())
    os.kill(pid, signal.SIGKILL)
    wait_for("its end", 10, lambda: not os.path.exists("/proc/%d" % pid))
    s.fail("ssh.log", "203.0.113.10")
    started = s.gaol("start")
    tap.ok(started.returncode == 0 and s.daemon() == "gaold",
           "gaold starts where fail2ban was killed", started.stdout + started.stderr)
    tap.ok(wait_for("the bans", 30, lambda: set(s.native) <= set(s.in_sets()) and
                    all(left > 0 for left in s.in_sets().values())),
           "its sets are replaced by gaold's, with every address", s.logs())
    tap.ok(wait_for("a ban of what came meanwhile", 30,
                    lambda: "203.0.113.10" in s.in_sets()),
           "lines written meanwhile are not lost", s.logs())
    passed(s, "meanwhile")


def main():
    s = Scene(NATIVE, SHELL)
    try:
        begin(s)
        dry_run(s)
        failed_take_over(s)
        take_over(s)
        unban(s, lambda n, w: (s.gaol("unban", "ssh", n), s.gaol("unban", "web", w)),
              "gaold")
        failed_hand_back(s)
        hand_back(s)
        unban(s, lambda n, w: (s.fail2ban("set", "ssh", "unbanip", n),
                               s.fail2ban("set", "web", "unbanip", w)), "fail2ban")
        the_counter_counts(s)
        killed(s)
    finally:
        s.close()
    tap.exit()


main()
