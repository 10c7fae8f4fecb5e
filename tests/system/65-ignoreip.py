"""ignoreip: host names, files and their changes, this machine's own names;
and bans that end when their address comes to it (ignoreip_lifts)."""

import os
import signal
import subprocess
import time

from gaold import Gaold, Tap, busy, promised, wait_for, within
from nameserver import Hostile, Names

tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
hostile = Hostile()
names = Names()
names.set(friend_test="192.0.2.10 2001:db8::10", other_test="192.0.2.40")

JAILS = """[DEFAULT]
bantime = 1h
findtime = 1h
maxretry = 1
ignoreself = false
filter = word
logpath = %(log)s
action = nftables[port="22", protocol="tcp"]
[names]
enabled = true
ignoreip = 198.51.100.0/24 Friend.test
[slow]
enabled = true
ignoreip = drop.evil.test
logpath = %(slow)s
[files]
enabled = true
ignoreip = file:%(list)s 2001:db8:1::/48
[lifts]
enabled = true
ignoreip = %(lifts)s file:%(list)s
ignoreip_lifts = true
[self]
enabled = true
ignoreself = true
"""


def bad(g, who, path=None):
    with open(path or g.auth, "a") as log:
        log.write("%s bad %s\n" % (time.strftime("%b %e %H:%M:%S"), who))


def banned(g, address, jail, seconds=10):
    return wait_for("the ban of " + address, seconds, lambda: address in g.kernel(jail))


def lifted(g, address, jail="lifts", seconds=10):
    return wait_for("the end of the ban of " + address, seconds,
                    lambda: address not in g.kernel(jail) and
                    g.log_has("[%s] Unban %s" % (jail, address)))


def ignored(g, address, jail, by):
    return wait_for("Ignore " + address, 10,
                    lambda: g.log_has("[%s] Ignore %s by %s" % (jail, address, by)))


def spare(path, text):
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


g = Gaold()
try:
    words = {"log": g.auth, "slow": g.dir + "/slow.log", "list": g.dir + "/spared",
             "lifts": "10.9.9.9"}
    open(words["slow"], "w").close()
    spare(words["list"], "# friends\n203.0.113.7  203.0.113.8, 203.0.113.64/26 ; x\n"
          "\t203.0.114.0/255.255.255.0\n")
    os.chmod(words["list"], 0o600)
    g.write("filter.d/word.conf", "[Definition]\nfailregex = ^ bad <HOST>$\n")
    g.write("jail.conf", JAILS % words)
    g.start()

    # --- names -----------------------------------------------------------------
    bad(g, "192.0.2.10")
    tap.ok(ignored(g, "192.0.2.10", "names", "dns"), "a name in ignoreip spares its address",
           g.logs())
    bad(g, "198.51.100.3")
    tap.ok(ignored(g, "198.51.100.3", "names", "ip"), "a network beside it", g.logs())
    bad(g, "192.0.2.66")
    tap.ok(banned(g, "192.0.2.66", "names"), "others are banned", g.logs())
    tap.ok("192.0.2.10" not in g.kernel("names"), "… and that one is not", g.kernel("names"))
    bad(g, "192.0.2.67", words["slow"])
    bad(g, "192.0.2.68")
    tap.ok(banned(g, "192.0.2.68", "names") and
           (busy() or "192.0.2.67" not in g.kernel("slow")), "a jail whose name has no answer holds up "
           "no other jail", g.logs())
    tap.ok(banned(g, "192.0.2.67", "slow", 20), "… and bans when nobody could say", g.logs())
    bad(g, "192.0.2.69", words["slow"])
    tap.ok(within("a ban", promised(4), lambda: "192.0.2.69" in g.kernel("slow")), "… the next at once", g.logs())

    # --- files -----------------------------------------------------------------
    for address in ("203.0.113.7", "203.0.113.8", "203.0.113.99", "203.0.114.200"):
        bad(g, address)
        tap.ok(ignored(g, address, "files", "file:/" + words["list"]),
               "a file spares " + address, g.logs())
    bad(g, "203.0.113.9")
    tap.ok(banned(g, "203.0.113.9", "files"), "… and not 203.0.113.9")
    banned(g, "203.0.113.9", "lifts")
    spare(words["list"], "203.0.113.9\n203.0.113.10\n")
    tap.ok(lifted(g, "203.0.113.9"), "ignoreip_lifts: an address that comes to the file "
           "is unbanned", g.logs())
    tap.ok(g.log_has("203.0.113.9 is spared from now on (by file:/" + words["list"]),
           "… for that reason", g.logs())
    tap.ok("203.0.113.9" in g.kernel("files"), "… without it the ban stays")
    bad(g, "203.0.113.10")
    tap.ok(ignored(g, "203.0.113.10", "files", "file:/" + words["list"]),
           "what was written anew counts", g.logs())
    bad(g, "203.0.113.7")
    tap.ok(banned(g, "203.0.113.7", "files"), "what was taken out counts no more", g.logs())
    os.unlink(words["list"])
    tap.ok(wait_for("a word about it", 5, lambda: g.log_has(
        "file:/%s is not read: No such file" % words["list"])), "a file that goes is told of",
        g.logs())
    bad(g, "203.0.113.10")
    time.sleep(1)
    tap.ok("203.0.113.10" not in g.kernel("files"), "… and still counts")
    spare(words["list"], "203.0.113.9\n" * 200000)
    tap.ok(wait_for("a word about it", 5, lambda: g.log_has("more than 1048576 bytes")),
           "a file that is too large is refused", g.logs())
    spare(words["list"], "203.0.113.9\n\xff\0\n")

    # --- reload ------------------------------------------------------------------
    for address in ("192.0.2.70", "192.0.2.130", "2001:db8:2::1", "192.0.2.40"):
        bad(g, address)
        banned(g, address, "lifts")
    words["lifts"] = "10.9.9.9 192.0.2.70 192.0.2.128/25 2001:db8:2::/64 other.test"
    g.write("jail.conf", JAILS % words)
    tap.ok(g.run("reload").returncode == 0, "reload", g.logs())
    for address in ("192.0.2.70", "192.0.2.130", "2001:db8:2::1", "192.0.2.40"):
        tap.ok(lifted(g, address), "a reload that spares %s unbans it" % address, g.logs())
    tap.ok("192.0.2.66" in g.kernel("lifts"), "others stay banned")
    tap.ok("192.0.2.70" in g.kernel("names"), "… in other jails too")
    tap.ok("192.0.2.70" not in g.rows("lifts"), "the database has forgotten it")
    tap.ok(g.ask("status")["names"]["lifted"] == 5, "they are counted",
           g.ask("status")["names"])

    bad(g, "192.0.2.71")
    banned(g, "192.0.2.71", "lifts")
    tap.ok("192.0.2.71" in (g.ask("set", "lifts", "addignoreip", "192.0.2.71") or [])
           and lifted(g, "192.0.2.71"), "set addignoreip unbans as well", g.logs())

    # --- own names, and a resolver that is lost ------------------------------------
    own = open("/etc/hostname").read().strip() if os.path.exists("/etc/hostname") else ""
    pid = g.pids().get("resolver")
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    bad(g, "127.0.0.1")
    tap.ok(ignored(g, "127.0.0.1", "self", "ignoreself rule"), "ignoreself", g.logs())
    bad(g, "192.0.2.10")
    tap.ok(wait_for("it", 5, lambda: "192.0.2.10" not in g.kernel("names")),
           "a lost resolver is not needed for what is known", g.logs())

    # --- check ------------------------------------------------------------------
    g.write("jail.conf", "[DEFAULT]\nignoreip = 192.0.2.0/33 1.2.3 file:/no/such\n"
            "  file:relative fine.test 10.0.0.0/255.0.0.255\n[x]\nenabled = true\n"
            "filter = word\nlogpath = %s\n" % g.auth)
    out = g.run("check", "-c", g.etc)
    for text in ("'192.0.2.0/33': no network; accepted", "'1.2.3': no address",
                 "'file:/no/such': No such file", "'file:relative': no path",
                 "'10.0.0.0/255.0.0.255': no network"):
        tap.ok(text in out.stderr, "check names " + text, out.stderr)
    tap.ok("jail.conf:2:" in out.stderr and "fine.test" not in out.stderr,
           "… with file and line", out.stderr)
    tap.ok(g.stop() == 0, "stop", g.logs())
finally:
    names.close()
    g.close()
tap.exit()
