"""Every kind of log target, with every option, in gaold and in fail2ban: the
same last words of the server in the same layout. Then what goes wrong: a file
that was moved away, a target that cannot be opened at start or at a reopen, a
syslog that comes back under its name."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

from gaold import Gaold, Tap, wait_for

WORDS = "Exiting Fail2ban"
tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Sink:
    """A datagram socket that somebody logs to."""

    def __init__(self, path):
        self.path = path
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.link.bind(path)
        os.chmod(path, 0o666)
        self.link.setblocking(False)
        self.seen = []

    def lines(self):
        while True:
            try:
                self.seen.append(self.link.recv(1 << 16))
            except BlockingIOError:
                # Python's handler ends a record with a NUL, as C did once.
                return [d.rstrip(b"\0").decode() for d in self.seen]

    def close(self):
        self.link.close()
        os.unlink(self.path)


def mask(line):
    """Times and numbers of processes are not compared."""
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "TIME", line)
    line = re.sub(r"(?<=[\[|])\d+(?=[\]|])", "PID", line)
    # What -vv and more add; the place in Python's code is its own affair.
    line = re.sub(r"(?<= )[0-9A-F]{9,16}(?= )", "THREAD", line)
    line = re.sub(r"(?<=^ \+)[ 0-9]{5}(?= )", "..MS.", line)
    return re.sub(r"(?<=\| ).{15}-(\d\d): .{20}(?= \|)", r"MODULE-\1: FUNCTION", line)


def configuration(gaold, target, level, sock):
    gaold.write("fail2ban.conf", "[Definition]\nloglevel = %s\nlogtarget = %s\n"
                "syslogsocket = %s\nsocket = %s\npidfile = %s/pid\ndbfile = None\n"
                "dbpurgeage = 1d\ndbmaxmatches = 10\nallowipv6 = auto\n"
                % (level, target.replace("%", "%%"), sock, gaold.socket, gaold.dir))


def run_ours(gaold, *options):
    with open(gaold.dir + "/o", "w") as out, open(gaold.dir + "/e", "w") as err:
        gaold.process = subprocess.Popen(
            [gaold.gaold, "-f", "-c", gaold.etc, *options], stdout=out, stderr=err)
        wait_for("gaold", 15, gaold.ready)
        gaold.stop()


def run_theirs(gaold, *options):
    with open(gaold.dir + "/o", "w") as out, open(gaold.dir + "/e", "w") as err:
        process = subprocess.Popen(["fail2ban-server", "-f", "-c", gaold.etc, *options,
                                    "start"], stdout=out, stderr=err)
        wait_for("fail2ban", 20, lambda: os.path.exists(gaold.socket))
        # A signal while it still starts would be lost; it has no jails to wait for.
        subprocess.run(["fail2ban-client", "-c", gaold.etc, "ping"], capture_output=True)
        subprocess.run(["fail2ban-client", "-c", gaold.etc, "stop"], capture_output=True)
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def last_words(gaold, sink):
    found = []
    for name in ("log", "o", "e"):
        path = gaold.dir + "/" + name
        if os.path.exists(path):
            with open(path, errors="replace") as text:
                found += [(name, mask(l)) for l in text.read().split("\n") if WORDS in l]
            os.unlink(path)
    return found + [("socket", mask(l)) for l in sink.lines() if WORDS in l]


def compare(target, level="INFO", *options):
    gaold = Gaold(firewall="null")
    sink = Sink(gaold.dir + "/syslog")
    gaold.write("jail.conf", "[DEFAULT]\n")
    configuration(gaold, target.replace("LOG", gaold.dir + "/log")
                  if target.startswith("LOG") else target, level, sink.path)
    try:
        run_ours(gaold, *options)
        ours = last_words(gaold, sink)
        sink.seen.clear()
        run_theirs(gaold, *options)
        theirs = last_words(gaold, sink)
        tap.ok(len(ours) == 1 and ours == theirs, "%s at %s%s: as fail2ban" %
               (target, level, "".join(" " + o for o in options)),
               "ours   %s\ntheirs %s\n%s" % (ours, theirs, gaold.logs()))
    finally:
        sink.close()
        gaold.close()


def journal():
    gaold = Gaold(firewall="null")
    sink = Sink("/run/systemd/journal/socket")
    gaold.write("jail.conf", "[DEFAULT]\n")
    configuration(gaold, "SYSTEMD-JOURNAL", "INFO", "auto")
    try:
        run_ours(gaold)
        sink.lines()
        record = [d for d in sink.seen if WORDS.encode() in d]
        wanted = (b"PRIORITY=6\nSYSLOG_IDENTIFIER=fail2ban\nLOGGER=fail2ban.server\n"
                  b"MESSAGE\n" + struct.pack("<Q", len(WORDS)) + WORDS.encode() + b"\n")
        tap.ok(record == [wanted], "SYSTEMD-JOURNAL: fields in the journal's own protocol",
               sink.seen)
    finally:
        sink.close()
        gaold.close()


def rotation():
    """A file is moved away; flushlogs and USR1 begin a new one."""
    gaold = Gaold(firewall="null")
    try:
        gaold.start()
        for how in ("flushlogs", "USR1"):
            os.rename(gaold.out, gaold.out + "." + how)
            if how == "USR1":
                gaold.process.send_signal(signal.SIGUSR1)
            else:
                tap.ok(gaold.run("flushlogs").returncode == 0, "flushlogs")
            tap.ok(wait_for("the new file", 5, lambda: gaold.log_has(
                "rollover performed on " + gaold.out)), "%s: a new file" % how, gaold.logs())
        # It cannot be opened: the old file goes on, and the new is waited for.
        os.rename(gaold.out, gaold.out + ".old")
        os.mkdir(gaold.out)
        gaold.process.send_signal(signal.SIGUSR1)
        old = gaold.out + ".old"
        tap.ok(wait_for("an error", 5, lambda: "cannot open the log target '%s': Is a "
                        "directory; the old one is used until that works" % gaold.out
                        in open(old).read()), "a reopen that fails says why, in the old file",
               open(old).read())
        tap.ok(gaold.run("reload").returncode == 0 and "Reload finished" in open(old).read(),
               "… which is used meanwhile", open(old).read())
        os.rmdir(gaold.out)
        tap.ok(wait_for("the new file", 10, lambda: gaold.log_has("the log target '%s' works"
                                                                  % gaold.out)),
               "… and left by itself when the target works again")
    finally:
        gaold.close()


def unopenable():
    """At start: standard error, until the target can be opened."""
    gaold = Gaold(firewall="null")
    try:
        os.mkdir(gaold.dir + "/sub")
        target = gaold.dir + "/sub/there/log"
        configuration(gaold, target, "INFO", "auto")
        gaold.start()
        with open(gaold.dir + "/stdout") as text:
            said = text.read()
        tap.ok("cannot open the log target '%s': No such file or directory; standard error is "
               "used until that works" % target in said and "Creating new jail" in said,
               "a target that cannot be opened at start: said, and standard error used", said)
        os.mkdir(gaold.dir + "/sub/there")
        tap.ok(wait_for("the target", 10, lambda: os.path.exists(target) and
                        "works" in open(target).read()), "… until it can be")
        gaold.stop()
        tap.ok(WORDS in open(target).read(), "… and used from then on")
    finally:
        gaold.close()


def syslog_restarted():
    gaold = Gaold(firewall="null")
    try:
        sink = Sink(gaold.dir + "/syslog")
        configuration(gaold, "SYSLOG", "INFO", sink.path)
        gaold.start()
        sink.close()
        sink = Sink(sink.path)
        tap.ok(wait_for("a record", 15, lambda: gaold.run("reload") and any(
            "Reload finished" in line for line in sink.lines())),
            "a syslog that was restarted gets records again")
        sink.close()
    finally:
        gaold.close()


def text_of(path):
    with open(path, errors="replace") as text:
        return text.read()


def refusal(gaold, path):
    return gaold.ask_raw("set", "logtarget", path).get("error", {}).get("type")


def by_command():
    """`set logtarget`: what may be opened, and that all processes follow."""
    gaold = Gaold(firewall="null")
    logs = gaold.dir + "/logs"
    os.mkdir(logs, 0o755)
    with open(gaold.etc + "/gaol.conf", "a") as conf:
        conf.write("runtime_log_dir = \"%s\";\n" % logs)
    new = logs + "/new.log"
    try:
        gaold.start()
        tap.ok(gaold.ask("set", "logtarget", new) == new and gaold.ask("get", "logtarget") == new
               and "Changed logging target to " + new in text_of(new),
               "a new file in runtime_log_dir", gaold.logs())
        before = text_of(gaold.out)
        gaold.ask("set", "sshd", "addlogpath", "/etc/shadow")
        tap.ok(wait_for("the warden's word", 5, lambda: "/etc/shadow: not read" in text_of(new))
               and text_of(gaold.out) == before, "every process logs there")
        os.rename(new, new + ".1")
        tap.ok(gaold.ask("flushlogs") == "rolled over" and wait_for(
            "a new file", 5, lambda: os.path.exists(new) and "rollover performed on " + new
            in text_of(new)), "flushlogs opens it anew")
        tap.ok(gaold.ask("set", "logtarget", "STDOUT[datetime=off]") == "STDOUT" and
               gaold.ask("flushlogs") == "flushed" and wait_for("a record", 5, lambda: re.search(
                   r"(?m)^fail2ban.server +\[\d+\]: INFO +flush performed on STDOUT",
                   text_of(gaold.dir + "/stdout"))), "STDOUT, with an option", gaold.logs())
        sink = Sink(gaold.dir + "/syslog")
        tap.ok(gaold.ask_raw("set", "syslogsocket", sink.path)["error"]["type"] ==
               "PermissionError", "no socket that nobody names")
        sink.close()
        gaold.ask("reload")
        tap.ok(wait_for("the configured file", 5, lambda: "Reload finished" in
                        text_of(gaold.out) or "Reload finished" in gaold.logs())
               and gaold.ask("get", "logtarget") == gaold.out, "a reload ends it")
        wait_for("the file", 5, lambda: gaold.ask("set", "sshd", "addlogpath", "/etc/shadow")
                 or gaold.log_has("/etc/shadow: not read"))
        tap.ok(gaold.log_has("/etc/shadow: not read"), "… for every process")

        # What somebody who took over the engine could name.
        os.symlink(gaold.dir + "/evil", logs + "/link")
        os.link(gaold.auth, logs + "/hard")
        os.mkfifo(logs + "/fifo")
        open(logs + "/theirs", "w").close()
        os.chown(logs + "/theirs", 64801, 64801)
        for name, kind in (("link", "Exception"), ("fifo", "Exception"),
                           ("hard", "PermissionError"), ("theirs", "PermissionError"),
                           (".hidden", "PermissionError"), ("sub/x", "PermissionError"),
                           ("../evil", "PermissionError"), ("", "PermissionError")):
            tap.ok(refusal(gaold, logs + "/" + name) == kind, "refused: '%s'" % name,
                   gaold.logs())
        for path in ("/etc/cron.d/evil", gaold.dir + "/evil", logs + "2/x"):
            tap.ok(refusal(gaold, path) == "PermissionError" and not os.path.exists(path),
                   "refused: " + path.replace(gaold.dir, "DIR"))
        os.chmod(logs, 0o777)
        tap.ok(refusal(gaold, new) == "PermissionError",
               "no file in a directory that others may write")
        tap.ok(gaold.ask("get", "logtarget") == gaold.out and
               not os.path.exists(gaold.dir + "/evil") and not os.path.getsize(gaold.auth),
               "the old target stays, nothing was written elsewhere")
    finally:
        gaold.close()


def level_by_command():
    gaold = Gaold(firewall="null", jail="action = touch")
    gaold.write("action.d/touch.conf", "[Definition]\nactionban = true\n")
    ask = ("set", "sshd", "addlogpath", "/etc/shadow")

    def said():
        return text_of(gaold.out).count("/etc/shadow: not read")

    def warns():
        """Does the warden warn? It hears of a level after its answer."""
        before = said()
        gaold.ask(*ask)
        return said() > before
    try:
        gaold.start()
        gaold.ask("set", "loglevel", "DEBUG")
        gaold.fail("192.0.2.1")
        tap.ok(wait_for("a record", 10, lambda: gaold.log_has("-- returned successfully")),
               "set loglevel DEBUG: the runner tells more", gaold.logs())
        gaold.ask("set", "loglevel", "CRITICAL")
        tap.ok(wait_for("silence", 5, lambda: not warns()) and not warns(),
               "CRITICAL: the warden does not warn", gaold.logs())
        gaold.ask("set", "loglevel", "INFO")
        tap.ok(wait_for("a warning", 5, warns), "INFO: it does")
        gaold.ask("set", "loglevel", "CRITICAL")
        os.rename(gaold.out, gaold.out + ".old")
        os.mkdir(gaold.out)
        gaold.process.send_signal(signal.SIGUSR1)
        tap.ok(wait_for("an error", 5, lambda: "cannot open the log target"
                        in text_of(gaold.out + ".old")),
               "CRITICAL: errors of the others are still seen")
        os.rmdir(gaold.out)
        gaold.ask("reload")
        tap.ok(wait_for("a warning", 10, lambda: os.path.exists(gaold.out) and warns()) and gaold.ask("get", "loglevel") == "INFO",
               "a reload ends it in all processes", gaold.logs())
    finally:
        gaold.close()


if shutil.which("fail2ban-server"):
    for text in ("LOG", "LOG[datetime=off]", "LOG[padding=off]",
                 'LOG[format="%(levelname)s|%(name)-30s|%(process)d|%(message)s"]',
                 "STDOUT", "SYSOUT", "STDERR[padding=off]", "SYSLOG",
                 "SYSLOG[facility=local3, padding=on, datetime=on]"):
        compare(text)
    compare("LOG", "TRACEDEBUG")
    compare("LOG", "5")
    compare("LOG[datetime=off]", "INFO", "-vv")
    compare("LOG", "INFO", "-vvv")
    compare("STDOUT", "INFO", "-vvvv")
else:
    print("ok - beside fail2ban # SKIP it is not installed")
journal()
rotation()
unopenable()
syslog_restarted()
by_command()
level_by_command()
tap.exit()
