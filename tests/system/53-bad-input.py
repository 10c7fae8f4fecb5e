"""What bad input gets: one clear message that names the thing, the rest goes
on, status shows it, exit codes as documented."""

import os
import subprocess

from gaold import HERE, Gaold, Tap, nft, wait_for

tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

JAILS = """
[broken-regex]
enabled = true
logpath = %(dir)s/other.log
failregex = ^bad ( from <HOST>$
[broken-number]
enabled = true
filter = sshd
logpath = %(dir)s/other.log
maxretry = many
[broken-port]
enabled = true
filter = sshd
logpath = %(dir)s/other.log
action = nftables[port="no-such-service", protocol="tcp"]
[directory]
enabled = true
filter = sshd
logpath = %(dir)s
[fifo]
enabled = true
filter = sshd
logpath = %(dir)s/fifo
[later]
enabled = true
filter = sshd
logpath = %(dir)s/later.log
"""


def states(daemon):
    return {l["jail"]: l["state"] for l in daemon.ask("status")["logs"]}


def daemon_with_bad_jails():
    daemon = Gaold()
    with open(daemon.etc + "/jail.conf", "a") as out:
        out.write(JAILS % {"dir": daemon.dir})
    open(daemon.dir + "/other.log", "w").close()
    os.mkfifo(daemon.dir + "/fifo")
    return daemon


gaold = daemon_with_bad_jails()
try:
    check = gaold.run("check", "-c", gaold.etc)
    text = check.stdout + check.stderr
    tap.ok(check.returncode == 1, "check: exit code 1", text)
    for word in ("broken-regex", "broken-number", "many", "broken-port",
                 "no-such-service", "jail.conf"):
        tap.ok(word in text, "check names " + word, text)
    gaold.start()
    status = gaold.ask("status")
    broken = {b["jail"]: b["error"] for b in status["broken"]}
    tap.ok({"broken-regex", "broken-port"} <= set(broken),
           "status names the broken jails", status["broken"])
    tap.ok("sshd" in status["jails"] and "later" in status["jails"],
           "the others run", status["jails"])
    tap.ok(wait_for("states", 5, lambda: states(gaold).get("later") == "missing"),
           "a missing log is shown", states(gaold))
    seen = states(gaold)
    tap.ok(seen.get("directory") == "error" and seen.get("fifo") == "error",
           "a directory and a FIFO are refused, nothing hangs", seen)
    gaold.fail("192.0.2.44")
    tap.ok(wait_for("ban", 5, lambda: "192.0.2.44" in gaold.kernel()),
           "the good jail bans", gaold.logs())
    with open(gaold.dir + "/later.log", "w") as out, open(gaold.auth) as auth:
        out.write(auth.read())
    tap.ok(wait_for("late log", 12, lambda: "192.0.2.44" in gaold.kernel("later")),
           "a log that comes later is read", gaold.logs())

    second = subprocess.run([HERE + "/build/gaold", "-f", "-c", gaold.etc],
                            capture_output=True, text=True, timeout=120)
    tap.ok(second.returncode == 1 and "already running" in
           (second.stdout + second.stderr).lower(),
           "a second instance says so and ends with 1", second)

    # Protected addresses: the warden refuses, whoever asks.
    for address in ("127.0.0.1", "::1", "127.0.0.0/8"):
        result = gaold.run("ban", "sshd", address)
        tap.ok("protected" in result.stdout + result.stderr and
               address not in gaold.kernel(), "ban %s is refused" % address,
               result.stdout + result.stderr)
    result = gaold.run("ban", "nojail", "192.0.2.1")
    tap.ok(result.returncode == 1 and "nojail" in result.stderr + result.stdout,
           "an unknown jail is named, exit 1", result)
    tap.ok(gaold.run("nonsense").returncode == 2, "an unknown verb: exit 2")
    tap.ok(gaold.run("ban").returncode == 2, "missing words: exit 2")

    # A reload with an error leaves the running configuration alone.
    with open(gaold.etc + "/jail.local", "w") as out:
        out.write("[sshd]\nfailregex = ^( <HOST>$\n")
    result = gaold.run("reload")
    tap.ok(result.returncode == 1, "a reload that would break a jail fails",
           result.stdout + result.stderr)
    gaold.fail("192.0.2.45")
    tap.ok(wait_for("ban", 5, lambda: "192.0.2.45" in gaold.kernel()),
           "… and the old configuration goes on", gaold.logs())
    os.unlink(gaold.etc + "/jail.local")
    with open(gaold.etc + "/jail.local", "w") as out:
        out.write("[sshd]\nmaxretry = 2\n")
    result = gaold.run("reload")
    tap.ok(result.returncode == 0, "a good reload is taken",
           result.stdout + result.stderr + gaold.logs())
    tap.ok(gaold.ask("get", "sshd", "maxretry") == 2, "… with its new value")
    tap.ok({"192.0.2.44", "192.0.2.45"} <= set(gaold.kernel()), "… and all bans")
    tap.ok(gaold.stop() == 0, "stops cleanly", gaold.logs())
finally:
    gaold.close()
    nft("flush", "ruleset")

# No right to use the firewall: said once, everything else works.
gaold = Gaold()
try:
    gaold.start(prefix=("setpriv", "--bounding-set", "-net_admin"))
    status = gaold.ask("status")
    tap.ok(status["firewall"]["state"] == "error" and status["firewall"]["text"],
           "without CAP_NET_ADMIN status says why", status["firewall"])
    gaold.fail("192.0.2.46")
    tap.ok(wait_for("ticket", 5, lambda: gaold.ask("status", "sshd")
                    ["actions"]["failed"] == 1),
           "… and a ban is shown as failed", gaold.logs())
    tap.ok(not gaold.log_has("Ban 192.0.2.46"), "… and is not logged as one")
finally:
    gaold.close()

# No configuration at all.
empty = subprocess.run([HERE + "/build/gaold", "-f", "-c", "/nonexistent"],
                       capture_output=True, text=True, timeout=120)
tap.ok(empty.returncode == 1 and "/nonexistent" in empty.stdout + empty.stderr,
       "a missing configuration is named, exit 1", empty)
tap.exit()
