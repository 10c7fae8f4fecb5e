"""A reload applies what the files say now and keeps bans and counters; one
that fails keeps everything; one of a single jail leaves the others alone."""

import subprocess

from gaold import HERE, Gaold, Tap, elements, wait_for

tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

HEAD = """[DEFAULT]
bantime = 1h
findtime = 1h
maxretry = 3
ignoreself = true
action = nftables[port="22", protocol="tcp"]
"""


def jail(name, log, *more):
    return "[%s]\nenabled = true\nfilter = sshd\nlogpath = %s\n%s\n" % (
        name, log, "\n".join(more))


def setting(daemon, name, option):
    return daemon.ask("get", name, option)


def write(daemon, *jails):
    daemon.write("jail.conf", HEAD + "".join(jails))


gaold = Gaold()
auth, other = gaold.auth, gaold.dir + "/other.log"
open(other, "w").close()
try:
    write(gaold, jail("sshd", auth, "maxretry = 2", "bantime = 2h"),
          jail("web", other, "maxretry = 2"))
    gaold.start()
    gaold.fail("192.0.2.1", 2)
    tap.ok(wait_for("a ban", 10, lambda: "192.0.2.1" in gaold.kernel()),
           "two failures are a ban", gaold.logs())
    gaold.fail("192.0.2.2", 1)
    wait_for("a failure", 10, lambda: gaold.log_has("Found 192.0.2.2"))

    # --- everything anew ----------------------------------------------------
    write(gaold, jail("sshd", auth, 'action = nftables[port="22", '
                      'protocol="tcp"]', '  nftables[name=extra, port="2222", '
                      'protocol="tcp"]', "maxretry = 2"),
          jail("web", other, "maxretry = 2"))
    done = gaold.run("reload")
    tap.ok(done.returncode == 0, "reload: a new action, an option less",
           done.stdout + done.stderr)
    tap.ok(wait_for("the new set", 10,
                    lambda: "192.0.2.1" in elements("addr-set-extra")),
           "a ban of before the reload reaches the new action", gaold.logs())
    tap.ok("192.0.2.1" in gaold.kernel(), "… and stays in the old one")
    tap.ok(setting(gaold, "sshd", "bantime") == 3600,
           "an option that left the file has its default again",
           setting(gaold, "sshd", "bantime"))
    tap.ok(wait_for("the shorter ban", 10, lambda: all(
        3000 < left <= 3600 for left in (
            elements("addr-set-extra").get("192.0.2.1", 0),
            gaold.kernel().get("192.0.2.1", 0)))),
           "… which the running ban follows, as in fail2ban",
           [gaold.kernel(), elements("addr-set-extra")])
    gaold.fail("192.0.2.2", 1)
    tap.ok(wait_for("the second", 10, lambda: "192.0.2.2" in gaold.kernel()),
           "a failure of before the reload counts after it", gaold.logs())
    tap.ok(wait_for("both sets", 10,
                    lambda: "192.0.2.2" in elements("addr-set-extra")),
           "a new ban reaches both actions")

    # --- an action less -----------------------------------------------------
    write(gaold, jail("sshd", auth, "maxretry = 2"),
          jail("web", other, "maxretry = 2"))
    gaold.run("reload")
    tap.ok(wait_for("no set", 10,
                    lambda: not elements("addr-set-extra")) and
           set(gaold.kernel()) == {"192.0.2.1", "192.0.2.2"},
           "the set of an action that is gone goes, the other keeps its bans",
           elements("addr-set-extra"))

    # --- one jail -------------------------------------------------------------
    write(gaold, jail("sshd", auth, "maxretry = 7"),
          jail("web", other, "maxretry = 8"))
    done = gaold.run("reload", "web")
    tap.ok(done.returncode == 0, "reload web", done.stdout + done.stderr)
    tap.ok(setting(gaold, "web", "maxretry") == 8, "web has its new setting")
    tap.ok(setting(gaold, "sshd", "maxretry") == 2, "sshd keeps its own",
           setting(gaold, "sshd", "maxretry"))
    write(gaold, jail("sshd", auth, "maxretry = 7"),
          jail("web", other, "maxretry = 8"),
          jail("late", other, "maxretry = 9"))
    gaold.run("reload", "late")
    tap.ok(setting(gaold, "late", "maxretry") == 9 and
           setting(gaold, "sshd", "maxretry") == 2,
           "a jail that is new in the files is added alone")
    done = gaold.run("reload", "nobody")
    tap.ok(done.returncode == 1 and "nobody" in done.stderr,
           "a jail that nobody knows is an error", done.stdout + done.stderr)

    # --- fail2ban-client's options --------------------------------------------
    def client(*words):
        done = subprocess.run([HERE + "/build/fail2ban-client", "-s",
                               gaold.socket, *words], capture_output=True,
                              text=True)
        return done.returncode, done.stdout.strip()

    tap.ok(client("reload", "--if-exists", "nobody") == (0, "OK"),
           "reload --if-exists of a jail that nobody knows is none")
    tap.ok(client("reload", "nobody")[0] == 255, "without it, it is one")
    write(gaold, jail("sshd", auth, "maxretry = 7"),
          jail("web", other, "maxretry = 9"),
          jail("late", other, "maxretry = 9"))
    gaold.run("ban", "web", "192.0.2.77")
    tap.ok(client("restart", "--unban", "web") == (0, "OK") and
           setting(gaold, "web", "maxretry") == 9 and
           not gaold.kernel("web") and
           set(gaold.kernel()) == {"192.0.2.1", "192.0.2.2"},
           "restart --unban web: web anew and without bans, sshd as it was",
           gaold.ask("status", "web"))
    write(gaold, jail("sshd", auth, "maxretry = 7"),
          jail("web", other, "maxretry = 8"))
    gaold.run("reload", "web")

    # --- a bad one --------------------------------------------------------------
    for what, text in (
            ("a number that is none",
             jail("sshd", auth, "maxretry = lots") + jail("web", other)),
            ("a regex that is none",
             jail("sshd", auth, "failregex = ( <HOST>") + jail("web", other)),
            ("a section that is none", "[sshd\nenabled = true\n")):
        write(gaold, text)
        done = gaold.run("reload")
        tap.ok(done.returncode == 1, "reload fails: " + what,
               done.stdout + done.stderr)
    tap.ok(setting(gaold, "sshd", "maxretry") == 2 and
           setting(gaold, "web", "maxretry") == 8 and
           set(gaold.kernel()) == {"192.0.2.1", "192.0.2.2"},
           "what ran before goes on as it was", gaold.logs())
    done = gaold.run("reload", "web")
    tap.ok(done.returncode == 1 and setting(gaold, "web", "maxretry") == 8,
           "nor does one jail of such files change")

    # --- and a good one again --------------------------------------------------
    write(gaold, jail("sshd", auth))
    done = gaold.run("reload")
    tap.ok(done.returncode == 0 and setting(gaold, "sshd", "maxretry") == 3,
           "the next good reload applies", done.stdout + done.stderr)
    jails = gaold.ask("status")["jails"]
    tap.ok(jails == ["sshd"], "jails that left the files are gone", jails)
    tap.ok(gaold.stop() == 0, "stops", gaold.logs())
finally:
    gaold.close()
tap.exit()
