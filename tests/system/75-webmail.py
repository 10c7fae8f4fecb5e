"""A webmail's host signs in to a real Dovecot; what the webmail says of it, in
Roundcube's words, is written by this test, before or behind that. gaold follows
both logs."""

import json
import os
import random
import subprocess
import time

from gaold import Gaold, Tap, wait_for
from mailclient import Failed, Imap

MAIL, WEBMAIL, ATTACKER = "198.51.100.1", "10.77.0.2", "198.51.100.66"
GOOD = "good-password"
tap = Tap()
g = Gaold(gaol_conf="trusted_proxy = [ \"%s\" ];\nsignins_file = \"SIGNINS\";\n" % WEBMAIL,
          firewall="null")
log, web_log = g.dir + "/mail.log", g.dir + "/userlogins.log"
# Where the engine could not open it.
signins = g.dir + "/signins.log"
with open(g.etc + "/gaol.conf") as f:
    conf = f.read()
g.write("gaol.conf", conf.replace("SIGNINS", signins))
g.write("jail.local", "[sshd]\nenabled = false\n"
        "[dovecot]\nenabled = true\nfilter = dovecot\nmaxretry = 3\naction =\n"
        "ignoreself = false\nlogpath = %s\n"
        "[roundcube]\nenabled = true\nfilter = roundcube\nmaxretry = 3\naction =\n"
        "logpath = %s\n" % (log, web_log))
for name in log, web_log:
    open(name, "w").close()


def dovecot():
    users = ["alice", "bob", "carol", "dave", "erin", "frank"]
    os.makedirs(g.dir + "/base")
    os.makedirs(g.dir + "/mail")
    os.chown(g.dir + "/mail", 61020, 61020)
    with open(g.dir + "/users", "w") as f:
        for u in users:
            f.write("%s:{PLAIN}%s:61020:61020::%s/mail::\n" % (u, GOOD, g.dir))
    with open(g.dir + "/dovecot.conf", "w") as f:
        f.write("""base_dir = {0}/base
state_dir = {0}/base
log_path = {1}
protocols = imap
listen = {2}
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{0}/mail/%u
first_valid_uid = 61020
passdb {{
  driver = passwd-file
  args = {0}/users
}}
userdb {{
  driver = passwd-file
  args = {0}/users
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  service_count = 0
}}
""".format(g.dir, log, MAIL))
    return subprocess.Popen(["dovecot", "-F", "-c", g.dir + "/dovecot.conf"],
                            stdout=open(g.dir + "/dovecot.out", "w"),
                            stderr=subprocess.STDOUT)


def sign_in(user, source=WEBMAIL, password=GOOD):
    c = Imap(MAIL, source, "none")
    c.sign_in(user, password, password == GOOD, "PLAIN")
    return c.leave()


def listens():
    try:
        Imap(MAIL, MAIL, "none").drop()
        return True
    except OSError:
        return False


def webmail(user, client, good=True):
    """As Roundcube's userlogins.log has it."""
    sid = "%016x" % random.getrandbits(64)
    now = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime())
    with open(web_log, "a") as f:
        f.write("[%s]: <%s> %s\n" % (now, sid[:8], (
            "Successful login for %s (ID: 1) from %s in session %s" if good else
            "Failed login for %s from %s in session %s (error: 0)") % (user, client, sid)))


def ask(verb, *words):
    run = subprocess.run([g.gaol, verb, "-c", g.etc, "--json", *words],
                         capture_output=True, text=True)
    return [json.loads(l) for l in run.stdout.splitlines()]


def accesses(user):
    """(what, service, client, through whom) of the account, but for sign-outs."""
    return [(e["event"]["action"], e["network"]["protocol"], e["source"].get("ip"),
             e["source"].get("nat", {}).get("ip")) for e in ask("events", "--user", user)
            if e["event"]["action"] in ("login", "failure")]


def sessions(user):
    return [(s["source"]["ip"], s["source"].get("nat", {}).get("ip"),
             "end" in s["event"]) for s in ask("sessions", "--user", user)]


def check(user, want, what):
    got = wait_for(what, 15, lambda: accesses(user) == want)
    tap.ok(got, what, "%s\nnot %s\n%s" % (accesses(user), want, g.logs()))


server = dovecot()
try:
    if not wait_for("Dovecot", 20, listens):
        raise RuntimeError(open(g.dir + "/dovecot.out").read())
    g.start()
    # The webmail's line behind the server's, as Roundcube writes it.
    sign_in("alice")
    check("alice", [("login", "imap", WEBMAIL, None)], "a sign-in is told at once")
    webmail("alice", "192.0.2.7")
    check("alice", [("login", "imap", "192.0.2.7", WEBMAIL)],
          "the webmail's line gives it its client")
    tap.ok(wait_for("its session", 10, lambda: sessions("alice") == [
        ("192.0.2.7", WEBMAIL, True)]), "its session has it, too", sessions("alice"))
    tap.ok(all(e["source"]["ip"] == "192.0.2.7" for e in ask("events", "--user", "alice")),
           "and its sign-out", ask("events", "--user", "alice"))
    # The other way round.
    webmail("bob", "192.0.2.8")
    check("bob", [("login", "http", "192.0.2.8", None)], "a webmail's sign-in is told at once")
    sign_in("bob")
    check("bob", [("login", "imap", "192.0.2.8", WEBMAIL)], "the server's takes its place")
    sign_in("bob")
    check("bob", [("login", "imap", "192.0.2.8", WEBMAIL)] * 2,
          "the webmail's next connection has that client")
    # A kill between the two.
    sign_in("carol")
    check("carol", [("login", "imap", WEBMAIL, None)], "one before a kill")
    webmail("dave", "192.0.2.9")
    check("dave", [("login", "http", "192.0.2.9", None)], "another, of the webmail")
    g.kill_all()
    webmail("carol", "2001:db8:5::7")
    sign_in("dave")
    g.start()
    check("carol", [("login", "imap", "2001:db8:5::7", WEBMAIL)], "joined behind it")
    check("dave", [("login", "imap", "192.0.2.9", WEBMAIL)], "so is the other")
    # Who does not come through the webmail.
    sign_in("erin", source=ATTACKER)
    check("erin", [("login", "imap", ATTACKER, None)], "a client of its own")
    # One who guesses through the webmail is banned there; its host is not.
    for n in range(4):
        try:
            sign_in("frank", password="wrong%d" % n)
        except Failed as fault:
            tap.ok(False, "refused", fault)
        webmail("frank", "203.0.113.5", good=False)
    check("frank", [("failure", "imap", "203.0.113.5", WEBMAIL)] * 4,
          "failures have their client")
    for n in range(3):
        sign_in("frank", source=ATTACKER, password="wrong%d" % n)
    banned = wait_for("bans", 15, lambda: ATTACKER in g.run("status", "dovecot").stdout and
                      "203.0.113.5" in g.run("status", "roundcube").stdout)
    tap.ok(banned and WEBMAIL not in g.run("status", "dovecot").stdout.split(
        "ignore")[0], "who guesses is banned, the webmail's host is not",
           g.run("status", "dovecot").stdout + g.logs())
    tap.ok(g.log_has("Ignore %s by ip" % WEBMAIL), "it is ignored by name", g.logs())
    # The file of sign-ins: each once, with its client; the lone ones, too.
    want = [("IMAP", "alice", "192.0.2.7"), ("IMAP", "bob", "192.0.2.8"),
            ("IMAP", "bob", "192.0.2.8"), ("IMAP", "erin", ATTACKER)]

    def lines():
        with open(signins) as f:
            return [(l.split("[")[1].split("]")[0], l.split(" - ")[2],
                     l.split(" - ")[3].split(" ")[0]) for l in f]

    tap.ok(wait_for("the file", 30, lambda: [l for l in sorted(lines()) if l[1] not in
                                             ("carol", "dave")] == want),
           "the file of sign-ins has each once", lines())
    # Rotated: by flushlogs at once; without, when the parent looks.
    os.rename(signins, signins + ".1")
    g.run("flushlogs")
    tap.ok(os.path.exists(signins) or wait_for("the file", 5, lambda: os.path.exists(signins)),
           "flushlogs begins the file anew")
    sign_in("erin", source=ATTACKER)
    tap.ok(wait_for("a line", 15, lambda: [l[1] for l in lines()] == ["erin"]),
           "the next line is in it", lines())
    os.rename(signins, signins + ".2")
    tap.ok(wait_for("the file", 30, lambda: os.path.exists(signins)),
           "so does a rotation that says nothing")
    sign_in("erin", source=ATTACKER)
    tap.ok(wait_for("a line", 15, lambda: [l[1] for l in lines()] == ["erin"]),
           "… and the next line is in that", lines())
    st = os.stat(signins)
    tap.ok(st.st_uid == 0 and st.st_mode & 0o777 == 0o640, "it is root's", st)
    tap.ok(g.ask("status")["events"]["signins_failed"] == 0, "no line was lost",
           g.ask("status")["events"])
    tap.ok(g.ask("status")["events"]["unpaired"] == 0, "nothing was forgotten",
           g.ask("status")["events"])
    text = subprocess.run([g.gaol, "logins", "-c", g.etc, "alice"], capture_output=True,
                          text=True).stdout
    tap.ok("imap  alice 192.0.2.7 via %s" % WEBMAIL in text, "logins names both", text)
finally:
    server.terminate()
    server.wait()
    g.close()
tap.exit()
