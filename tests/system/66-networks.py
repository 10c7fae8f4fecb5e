"""Hosts of one network fail together: the network is banned, unless somebody
in it is left alone."""

import json
import subprocess

from gaold import Gaold, HERE, Tap, wait_for

tap = Tap()
g = Gaold(jail="""maxretry = 3
ipv4_prefix = 24
ipv6_prefix = 64
ignoreip = 203.0.113.77
""")
try:
    g.start()
    for host in (1, 2, 3):
        g.fail("2001:db8:1:2::%x" % host)
        g.fail("192.0.2.%d" % host)
    tap.ok(wait_for("two networks", 10, lambda: {"2001:db8:1:2::/64",
           "192.0.2.0/24"} == set(g.kernel())), "networks are banned as one",
           "%s\n%s" % (g.kernel(), g.logs()))
    g.fail("203.0.113.1", 3)
    tap.ok(wait_for("a host", 10, lambda: "203.0.113.1" in g.kernel()),
           "a network with somebody spared is not, its host is",
           "%s\n%s" % (g.kernel(), g.logs()))
    g.fail("198.51.100.1", 3)
    tap.ok(wait_for("a host", 10, lambda: "198.51.100.1" in g.kernel()),
           "neither is our own network", "%s\n%s" % (g.kernel(), g.logs()))
    tap.ok(len(g.kernel()) == 4, "nothing else is", g.kernel())
    state = g.ask("status", "sshd")
    tap.ok(state["filter"]["narrow"] == 6, "status counts those",
           json.dumps(state["filter"]))
    g.stop()
    g.start()
    tap.ok(wait_for("the same", 10, lambda: len(g.kernel()) == 4),
           "a restart keeps them", g.kernel())
    tap.ok(g.run("unban", "192.0.2.0/24").returncode == 0 and wait_for(
        "its end", 10, lambda: "192.0.2.0/24" not in g.kernel()),
        "a network is lifted by its name", g.kernel())
    g.write("jail.local", "[sshd]\nprefix_hosts = 3\nmaxretry = 1\n")
    g.run("reload")
    for host in (1, 2):
        g.fail("100.64.9.%d" % host)
    tap.ok(wait_for("two hosts", 10, lambda: {"100.64.9.1", "100.64.9.2"}
           <= set(g.kernel())), "prefix_hosts: hosts are banned first",
           g.kernel())
    g.fail("100.64.9.3")
    tap.ok(wait_for("a network", 10, lambda: "100.64.9.0/24" in g.kernel()
           and not any(a.startswith("100.64.9.") and "/" not in a
           for a in g.kernel())), "the third one's network takes their place",
           "%s\n%s" % (g.kernel(), g.logs()))
    tap.ok(g.log_has("3 hosts of 100.64.9.0/24 are banned"), "and is logged",
           g.logs())
    dump = subprocess.run([g.gaol, "dump", "-c", g.etc], capture_output=True,
                          text=True)
    tap.ok("prefix" not in dump.stdout and "maxretry" in dump.stdout,
           "fail2ban's stream does not name our options",
           dump.stdout + dump.stderr)
    # The warden holds what comes back against gaol.conf: nobody asked first.
    tap.ok(g.run("ban", "sshd", "100.66.0.0/16").returncode == 0 and wait_for(
        "a wide network", 10, lambda: "100.66.0.0/16" in g.kernel()),
        "a network is banned by hand")
    g.stop()
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    with open(g.etc + "/gaol.conf", "a") as conf:
        conf.write("widest_ipv4 = 32;\nwidest_ipv6 = 128;\n")
    g.start()
    tap.ok(wait_for("a refusal", 10, lambda: g.log_has(
        "100.66.0.0/16 is not in the firewall: the network is too wide"))
        and wait_for("the others", 10, lambda: "100.64.9.0/24" in g.kernel())
        and "100.66.0.0/16" not in g.kernel(), "widest_ipv4: only as wide as "
        "the jail counts by", "%s\n%s" % (g.kernel(), g.logs()))
    refused = g.run("ban", "sshd", "100.67.0.0/23")
    tap.ok(refused.returncode == 1 and "too wide" in refused.stderr,
           "… whoever asks", refused.stdout + refused.stderr)
    tap.ok(g.run("ban", "sshd", "100.67.0.0/24").returncode == 0 and wait_for(
        "a network", 10, lambda: "100.67.0.0/24" in g.kernel()),
        "… but that", g.kernel())
    g.write("jail.local", "[sshd]\nipv6_prefix = 8\n")
    bad = subprocess.run([g.gaol, "check", "-c", g.etc], capture_output=True,
                         text=True)
    tap.ok("ipv6_prefix: '8' is not a prefix length; accepted: 16 to 128"
           in bad.stdout + bad.stderr, "a prefix that is none is refused",
           bad.stdout + bad.stderr)
finally:
    g.close()
tap.exit()
