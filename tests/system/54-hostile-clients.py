"""Clients that send nonsense, too much, or two things at once: each gets an
answer or is cut off, and the daemon goes on banning."""

import contextlib
import glob
import json
import os
import socket
import threading
import time

from gaold import Gaold, Tap, nft, wait_for

tap = Tap()
BANS = 100000

SECOND = """
[second]
enabled = true
filter = sshd
logpath = %(log)s
action = nftables[port="25", protocol="tcp"]
"""


def raw(gaold, data, seconds=20):
    """What comes back for bytes that may be no request."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(seconds)
        link.connect(gaold.socket)
        got = b""
        try:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            while not got.endswith(b"\n"):
                more = link.recv(1 << 20)
                if not more:
                    break
                got += more
        except OSError:
            pass
        return got


def request(gaold, *words):
    return raw(gaold, json.dumps(words).encode() + b"\n")


def hostile_ids(gaold):
    for what, word in (("control bytes", "a\x01\x1b[2J\x07\r\nb"),
                       ("a quote and a newline", "x'\"\n; flush ruleset\n"),
                       ("text like an address", "192.0.2.1 or so"),
                       ("10,000 bytes", "x" * 10000)):
        answer = gaold.ask("ban", "sshd", word) or {}
        tap.ok(answer.get("new") == 1, "a ban of %s is one" % what, answer)
        answer = gaold.ask("unban", "sshd", word) or {}
        tap.ok(answer.get("count") == 1, "… and is lifted", answer)
    for net in ("0.0.0.0/0", "::/0", "0.0.0.0/1", "2000::/3", "224.0.0.1",
                "0.0.0.0", "::", "::ffff:127.0.0.1", "127.1.2.3"):
        answer = gaold.ask("ban", "sshd", net) or {}
        tap.ok(answer.get("new") == 0 and len(answer.get("errors", [])) == 1,
               "a ban of %s is refused, once" % net, answer)
    tap.ok(gaold.kernel() == {}, "nothing of it is in the kernel", gaold.kernel())
    tap.ok(gaold.ask("status", "sshd")["actions"]["banned"] == 0,
           "… or banned", gaold.logs())
    with open(gaold.out, "rb") as log:
        text = log.read().replace(b"\n", b"")
    tap.ok(not any(byte < 32 or byte == 127 for byte in text),
           "no control byte reaches the log")


def hostile_bytes(gaold):
    for what, data in (("nothing", b""), ("half a request", b"[\"status\""),
                       ("no JSON", b"[[[[[[\n"), ("a deep one", b"[" * 100000 + b"\n"),
                       ("numbers", b"[1, 2]\n"), ("no words", b"[]\n"),
                       ("NUL", b"[\"ban\", \"sshd\", \"a\\u0000b\"]\n"),
                       ("no UTF-8", b"[\"ban\", \"sshd\", \"\xff\xfe\"]\n"),
                       ("2 MB", b"[\"ban\", \"sshd\", \"" + b"x" * (2 << 20))):
        answer = raw(gaold, data)
        tap.ok(b"\"ok\"" not in answer, "a request of %s does nothing" % what,
               answer[:200])
    tap.ok(gaold.ask("ping") == "pong", "the daemon answers on")


def two_at_once(gaold):
    for address in ("198.51.100.1", "198.51.100.2"):
        gaold.ask("ban", "second", address)
    answer = gaold.ask_raw("unban", "secnd", "--all")
    tap.ok("error" in answer and len(gaold.kernel("second")) == 2,
           "--all of a misspelt jail lifts nothing", answer)
    answers = []
    threads = [threading.Thread(target=lambda i=i: answers.append(
        request(gaold, "reload") if i % 4 == 0 else
        request(gaold, "ban", "sshd", "203.0.113.%d" % i) if i % 2 else
        request(gaold, "unban", "203.0.113.%d" % i))) for i in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.ok(len(answers) == 40 and all(a.endswith(b"\n") for a in answers),
           "40 clients at once are all answered", answers)
    wanted = {"203.0.113.%d" % i for i in range(1, 40, 2)}
    tap.ok(wait_for("bans", 10, lambda: set(gaold.kernel()) == wanted),
           "bans and unbans during reloads all count", set(gaold.kernel()) ^ wanted)
    tap.ok(wait_for("confirmed", 10, lambda: gaold.ask("status")["pending"] == 0
                    and gaold.ask("status")["failed"] == 0),
           "none stays pending", gaold.ask("status"))
    tap.ok(gaold.ask("unban", "--all")["count"] == 22 and gaold.kernel() == {}
           and gaold.kernel("second") == {}, "unban --all lifts all")


def many_bans(gaold):
    ids = ["10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255) for i in range(BANS)]
    new = sum(gaold.ask("ban", "sshd", *ids[i:i + 10000])["new"]
              for i in range(0, BANS, 10000))
    tap.ok(new == BANS, "%d bans by hand" % BANS, new)
    status = request(gaold, "status", "sshd")
    actions = json.loads(status)["ok"]["actions"]
    tap.ok(actions["banned"] == BANS and len(actions["ids"]) == BANS,
           "status shows %d bans (%d MB)" % (BANS, len(status) >> 20))
    listed = dict(gaold.ask("banned"))
    tap.ok(len(listed["sshd"]) == BANS, "banned lists them", len(listed["sshd"]))
    # Who asks and does not read costs one reply, and nobody else waits.
    deaf = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for link in deaf:
        link.connect(gaold.socket)
        link.sendall(b"[\"status\", \"sshd\"]\n" * 3)
    tap.ok(gaold.ask("ping") == "pong", "20 deaf clients make nobody wait")
    for link in deaf:
        link.close()
    tap.ok(gaold.ask("unban", "--all")["count"] == BANS and gaold.kernel() == {},
           "all are lifted with one command", len(gaold.kernel()))


def is_open(gaold, path):
    """Does one of its processes have the file that has this name now?"""
    wanted = os.stat(path)
    for pid in gaold.pids().values():
        for fd in glob.glob("/proc/%d/fd/*" % pid):
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.stat(fd), wanted):
                    return True
    return False


def rotations_during_reloads(gaold):
    """The log is renamed, made anew and cut while a client reloads on and on."""
    done = threading.Event()

    def reload():
        while not done.is_set():
            gaold.ask("reload")

    def attack():
        wanted.add("10.9.0.%d" % (len(wanted) + 1))
        gaold.fail("10.9.0.%d" % len(wanted))

    wanted = set()
    thread = threading.Thread(target=reload)
    thread.start()
    for i in range(20):
        for _ in range(5):
            attack()
        # Long enough to be opened; not long enough to be read in peace.
        wait_for("a reader", 5, lambda: is_open(gaold, gaold.auth))
        os.rename(gaold.auth, gaold.auth + ".1")
        if i % 2:
            open(gaold.auth, "w").close()
        if i % 5 == 4:
            attack()
            wait_for("ban", 5, lambda: wanted <= set(gaold.kernel()))
            os.truncate(gaold.auth, 0)
    good = wait_for("bans", 10, lambda: set(gaold.kernel()) == wanted)
    done.set()
    thread.join()
    tap.ok(good, "no line is lost by rotation during reloads",
           set(gaold.kernel()) ^ wanted)
    gaold.ask("unban", "--all")


gaold = Gaold()
try:
    with open(gaold.etc + "/jail.conf", "a") as out:
        out.write(SECOND % {"log": gaold.dir + "/second.log"})
    open(gaold.dir + "/second.log", "w").close()
    gaold.start()
    hostile_ids(gaold)
    hostile_bytes(gaold)
    two_at_once(gaold)
    rotations_during_reloads(gaold)
    many_bans(gaold)
    # Stopped in the middle of everything.
    for words in (["reload"], ["ban", "sshd", "198.51.100.9"], ["status"]):
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(gaold.socket)
            link.sendall(json.dumps(words).encode() + b"\n")
    tap.ok(gaold.stop() == 0, "stops cleanly with clients that left", gaold.logs())
    tap.ok(not os.path.exists(gaold.socket), "… and takes its socket along")
    # Log readers look for upstream's words.
    for words in ("Starting Fail2ban v", "Creating new jail 'sshd'",
                  "Jail 'sshd' started", "Added logfile: '%s' (pos = " % gaold.auth,
                  "Reload all jails", "Jail 'sshd' reloaded", "Reload finished.",
                  "[second] Ban 198.51.100.1", "[second] Unban 198.51.100.1",
                  "Shutdown in progress...", "Jail 'sshd' stopped",
                  "Exiting Fail2ban"):
        tap.ok(gaold.log_has(words), "the log says: " + words.replace(gaold.dir, ""))
finally:
    gaold.close()
    nft("flush", "ruleset")

# A flush takes everything, also what arrives meanwhile.
gaold = Gaold()
try:
    gaold.start()
    gaold.ask("ban", "sshd", *["10.1.0.%d" % i for i in range(1, 250)])
    answer = gaold.ask_raw("stop", "--flush")
    tap.ok(answer.get("ok") == "stopping", "stop --flush is answered", answer)
    tap.ok(wait_for("end", 20, lambda: gaold.process.poll() is not None) and
           gaold.process.returncode == 0, "… and ends with 0", gaold.logs())
    tap.ok("f2b" not in nft("list", "ruleset").stdout, "… and nothing is left",
           nft("list", "ruleset").stdout)
finally:
    gaold.close()
tap.exit()
