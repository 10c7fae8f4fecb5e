"""Runs the clients against a daemon of a few lines that gives set replies."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1])
UPDATE = os.environ.get("GOLDEN_UPDATE") == "1"
failed = 0


def tell(good, what, detail=""):
    global failed
    print(("ok - " if good else "not ok - ") + what, flush=True)
    if not good:
        failed += 1
        print("\n".join("# " + l for l in detail.splitlines()))


class Daemon:
    """Answers every request with what `replies` has for its words."""

    def __init__(self, path, replies):
        self.path, self.replies, self.seen = path, replies, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with conn, conn.makefile("rwb") as stream:
                for line in stream:
                    words = json.loads(line)
                    self.seen.append(words)
                    reply = self.replies.get(tuple(words),
                        {"error": {"type": "Exception",
                                   "message": "Invalid command"}})
                    stream.write(json.dumps(reply).encode() + b"\n")
                    stream.flush()
                    if words[0] == "stop":
                        self.close()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        if os.path.exists(self.path):
            os.unlink(self.path)


def run(program, *words, env=None, text=b""):
    return subprocess.run([os.path.join(BUILD, program), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, input=text,
        timeout=300,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8", **(env or {})})


def jail(ids, files, failing=0, total=0, banned_total=None):
    ours = {
        "jail": "sshd",
        "filter": {"failing": failing, "failed_total": total, "files": files,
                   "lines": 100, "matched": 7, "ignored": 1, "cut": 0,
                   "limit_hits": 0, "evicted": 0, "cpu": 0.25,
                   "over_budget": 0, "costliest": None},
        "actions": {"banned": len(ids), "banned_total": banned_total or
                    len(ids), "pending": 0, "failed": 0, "ids": ids,
                    "bans": []},
    }
    theirs = [
        ("Filter", [("Currently failed", failing), ("Total failed", total),
                    ("File list", files)]),
        ("Actions", [("Currently banned", len(ids)),
                     ("Total banned", banned_total or len(ids)),
                     ("Banned IP list", ids)])]
    return ours, theirs


# words of the command, our payload, fail2ban's
def layouts():
    yield ["ping"], "pong", "pong"
    yield ["ping", "5"], "pong", "pong"
    yield ["version"], "0.1.0", "0.1.0"
    yield ["flushlogs"], "rolled over", "rolled over"
    for names in [], ["sshd"], ["j2", "sshd", "x-y.z"]:
        yield (["status"], {"jails": names},
            [("Number of jail", len(names)), ("Jail list", ", ".join(names))])
    for args in (([], []), (["192.0.2.7"], ["/var/log/auth.log"]),
                 (["192.0.2.7", "10.0.0.0/8", "2001:db8::1", "us\u00e9r@x"],
                  ["/a", "/b c"], 3, 12345678901, 99)):
        yield (["status", "sshd"], *jail(*args))
    banned = [["sshd", ["192.0.2.7", "10.0.0.0/8"]], ["j2", []]]
    yield ["banned"], banned, [{n: l} for n, l in banned]
    yield ["banned"], [], []
    odd = [["j", ["it's", 'say "x"', "it's \"x\"", "back\\slash", "a\nb\tc",
                  "\x1b[31m", "\u00e9\u4e2d", "\x85", "\u2028", "\u202e"]]]
    yield ["banned"], odd, [{n: l} for n, l in odd]
    for jails in [[]], [["sshd"]], [["sshd", "j2"], []], [["a", "b"]]:
        words = ["banned", *("192.0.2.%d" % i for i in range(len(jails)))]
        yield words, jails, jails
    yield ["set", "sshd", "banip", "192.0.2.7"], 1, 1
    yield ["set", "sshd", "unbanip", "192.0.2.7"], 0, 0
    yield ["unban", "--all"], {"count": 3, "errors": []}, 3
    yield ["echo", "a", "b c"], ["a", "b c"], ["a", "b c"]
    yield ["get", "sshd", "bantime"], 600, 600
    yield ["get", "sshd", "bantime"], -1, -1
    yield ["get", "sshd", "ignorecommand"], False, False
    yield ["get", "sshd", "bantime.increment"], None, None
    for real in (0.5, 600.0, 123456.75, 0.1, 1e15, 1e16, 1e22, 1.5e-7, 0.0001,
                 -2.5, 0.0, 1 / 3, 1e300):
        yield ["get", "sshd", "findtime"], real, real
    yield ["get", "sshd", "prefregex"], "", ""
    yield ["get", "sshd", "banned"], ["192.0.2.7", 1, None, True], [
        "192.0.2.7", 1, None, True]
    yield ["get", "sshd", "actionx"], {"a": 1, "b": ["c"]}, {
        "a": 1, "b": ["c"]}
    for values in [], ["one"], ["^a \\d+$", "b"]:
        for key in ("ignoreip", "addignoreip", "logpath", "dellogpath",
                    "failregex", "addfailregex", "ignoreregex",
                    "delignoreregex"):
            yield ["get", "sshd", key], values, values
    yield ["get", "sshd", "actions"], [], []
    yield ["get", "sshd", "actions"], ["a", "b"], ["a", "b"]
    yield ["get", "sshd", "banip"], ["a", "b"], ["a", "b"]
    yield ["get", "sshd", "banip", ","], ["a", "b"], ["a", "b"]
    yield ["get", "sshd", "banip", "--with-time"], ["a", "b"], ["a", "b"]
    yield ["get", "sshd", "logencoding"], "UTF-8", "UTF-8"
    for matches in [], [["_COMM=sshd", "_UID=0"], ["X=y"]], [["a b"]]:
        for key in "journalmatch", "addjournalmatch", "deljournalmatch":
            yield ["get", "sshd", key], matches, matches
    for dates in None, (None, "Default Detectors"), ("%Y", "Year"):
        yield (["get", "sshd", "datepattern"], dates and list(dates), dates)
    yield ["get", "sshd", "ignorecache"], ["<ip>", 100, 300], [
        "<ip>", 100, 300]
    yield ["set", "sshd", "ignoreself", "yes"], True, True
    yield ["set", "sshd", "attempt", "192.0.2.7"], 1, 1
    yield ["server-status"], "Server ready", "Server ready"
    yield ["sleep", "0"], None, None
    ours, theirs = jail(["192.0.2.7"], ["/a"])
    del ours["actions"]["ids"], ours["actions"]["bans"]
    theirs[1][1].pop()
    yield ["status", "sshd", "short"], ours, theirs
    ours, theirs = jail(["192.0.2.7"], ["/a"])
    ours["actions"].update(asns=["1", "2"], countries=["DE"], rirs=[])
    theirs[1][1].extend([("Banned ASN list", ["1", "2"]),
                         ("Banned Country list", ["DE"]),
                         ("Banned RIR list", [])])
    yield ["status", "sshd", "cymru"], ours, theirs
    yield ["get", "loglevel"], "INFO", "INFO"
    yield ["get", "logtarget"], "/var/log/x", "/var/log/x"
    yield ["get", "syslogsocket"], "auto", "auto"
    yield ["get", "dbfile"], None, None
    yield ["get", "dbfile"], "/x", "/x"
    yield ["get", "dbpurgeage"], 86400, 86400
    yield ["get", "dbpurgeage"], None, None


def errors():
    yield "UnknownJailException", "nope"
    yield "UnknownJailException", "it's"
    yield "DuplicateJailException", "sshd"
    yield "IndexError", "list index out of range"
    yield "ValueError", "not banned: ['9.9.9.9']"
    yield "KeyError", "Invalid Action name: x"
    yield "Exception", "Invalid command"


def compare_upstream(work):
    try:
        sys.path.append("/usr/lib/python3/dist-packages")
        from fail2ban.client.beautifier import Beautifier
        from fail2ban import exceptions
    except ImportError:
        print("ok - fail2ban's own layouts # SKIP fail2ban is not installed")
        return
    path = os.path.join(work, "oracle")
    beautifier = Beautifier()
    for i, (words, ours, theirs) in enumerate(layouts()):
        daemon = Daemon(path, {tuple(words): {"ok": ours}})
        got = run("fail2ban-client", "-s", path, *words)
        daemon.close()
        beautifier.setInputCmd(words)
        expected = str(beautifier.beautify(theirs)) + "\n"
        text = got.stdout.decode()
        tell(text == expected and got.returncode == 0 and got.stderr == b"",
            "layout %d of '%s'" % (i, " ".join(words)),
            "got      %r\nexpected %r\n%s" % (text, expected,
                                              got.stderr.decode()))
    for name, message in errors():
        kind = getattr(exceptions, name, None) or getattr(
            __builtins__, name, None)
        daemon = Daemon(path, {("status", "x"): {
            "error": {"type": name, "message": message}}})
        got = run("fail2ban-client", "-s", path, "status", "x")
        daemon.close()
        beautifier.setInputCmd(["status", "x"])
        expected = str(beautifier.beautifyError(kind(message))) + "\n"
        nok = " ERROR   NOK: %r\n" % ((message,),)
        text = got.stdout.decode()
        tell(text == expected and got.returncode == 255 and
            got.stderr.decode().endswith(nok), "layout of " + name,
            "got      %r\nexpected %r\n%s" % (text, expected,
                                              got.stderr.decode()))


STATUS = {
    "version": "0.1.0", "pid": 4711, "uptime": 93784,
    "jails": ["j2", "sshd"], "restoring": True, "pending": 1, "failed": 2,
    "broken": [{"jail": "web", "error": "no log file \u001b[2J"}],
    "problems": ["/etc/x/jail.conf:3: [web] error: bad\u0007"],
    "firewall": {"kind": "nftables", "state": "error",
                 "text": "Operation not permitted", "rebuilt": 2},
    "store": {"path": "/var/lib/x.sqlite3", "state": "ok", "text": "",
              "written": 12, "lost": 3},
    "sandbox": [{"process": "engine", "uid": 998, "landlock": 7,
                 "seccomp": True},
                {"process": "warden", "uid": 997, "landlock": 0,
                 "seccomp": False}],
    "logs": [{"path": "/var/log/auth.log", "jail": "sshd", "state": "ok",
              "text": ""},
             {"path": "/var/log/\u202ehidden", "jail": "j2",
              "state": "missing", "text": "No such file or directory"}],
}


def ban(id, **more):
    return {"id": id, "time": 1795300092, "bantime": 600, "left": 552,
            "state": "confirmed", "failures": 5, "restored": False, **more}


def status_jail():
    payload = jail(["192.0.2.7"], ["/var/log/auth.log", "/a\u001b]0;x\u0007"],
        3, 12)[0]
    payload["filter"].update(cut=1, limit_hits=2, evicted=3, over_budget=2,
                             costliest={"kind": "failregex", "number": 3,
                                        "share": 0.815})
    payload["actions"].update(pending=1, failed=1, bans=[
        ban("192.0.2.7"),
        ban("2001:db8:1:2:3:4:5:6", bantime=-1, left=-1, restored=True),
        ban("10.0.0.0/8", state="pending", left=0),
        ban("us\u00e9r\u001b[31m", state="failed", left=90000,
            error="Permission denied")])
    return payload


def status_growing():
    payload = jail([], [], 3, 12)[0]
    payload["actions"].update(increment={"state": "error",
        "text": "no database, so nothing grows", "overalljails": True,
        "maxtime": 604800, "grown": 7, "weighed": 9, "unasked": 2},
        bans=[ban("192.0.2.7", bancount=3, next=4800),
              ban("192.0.2.8", bancount=9, next=-1)])
    return {**payload, "jail": "grown"}


REPLIES = {
    ("ping",): {"ok": "pong"},
    ("version",): {"ok": "0.1.0"},
    ("flushlogs",): {"ok": "rolled over"},
    ("status",): {"ok": STATUS},
    ("status", "sshd", "brief"): {"ok": status_jail()},
    ("status", "grown", "brief"): {"ok": status_growing()},
    ("status", "empty", "brief"): {"ok": {**jail([], [])[0], "jail": "empty"}},
    ("status", "no\x1b[31mpe", "brief"): {"error": {
        "type": "UnknownJailException", "message": "no\x1b[31mpe"}},
    ("ban", "sshd", "192.0.2.7", "::1"): {"ok": {
        "new": 1, "prolonged": 0,
        "errors": [{"id": "::1", "error": "protected"}]}},
    ("unban", "--all"): {"ok": {"count": 3, "errors": []}},
    ("banned",): {"ok": [["sshd", ["192.0.2.7", "\x1b[2J"]], ["j2", []]]},
    ("banned", "192.0.2.7", "x"): {"ok": [["sshd", "j2"], []]},
    ("get", "sshd", "failregex"): {"ok": ["^a$", "b\x1b[2J"]},
    ("get", "sshd", "journalmatch"): {"ok": [["_COMM=a", "_UID=0"], ["b"]]},
    ("get", "sshd", "prefregex"): {"ok": ""},
    ("get", "sshd", "logtimezone"): {"ok": None},
    ("get", "sshd", "ignoreregex"): {"ok": []},
    ("get", "sshd", "banip", "--with-time"): {"ok": ["192.0.2.7 \tx = y"]},
    ("set", "sshd", "bantime", "-1"): {"ok": -1},
    ("set", "sshd", "ignoreself", "no"): {"ok": False},
    ("set", "sshd", "findtime", "x"): {"error": {"type": "NameError",
        "message": "name 'x' is not defined"}},
    ("reload",): {"ok": {"result": "OK", "problems": ["a", "b\x1b"]}},
    ("stop",): {"ok": "stopping"},
}

# name of the expected file, exit status, words
OWN = [
    ("ping", 0, ["ping"]),
    ("version", 0, ["version"]),
    ("flushlogs", 0, ["flushlogs"]),
    ("status", 0, ["status"]),
    ("status-json", 0, ["status", "--json"]),
    ("jail", 0, ["status", "sshd"]),
    ("jail-increment", 0, ["status", "grown"]),
    ("jail-empty", 0, ["status", "empty"]),
    ("unknown-jail", 1, ["status", "no\x1b[31mpe"]),
    ("ban", 1, ["ban", "sshd", "192.0.2.7", "::1"]),
    ("unban", 0, ["unban", "--all"]),
    ("banned", 0, ["banned"]),
    ("banned-ids", 0, ["--", "banned", "192.0.2.7", "x"]),
    ("reload", 0, ["reload"]),
    ("get", 0, ["get", "sshd", "failregex"]),
    ("get-lists", 0, ["get", "sshd", "journalmatch"]),
    ("get-empty", 0, ["get", "sshd", "prefregex"]),
    ("get-none", 0, ["get", "sshd", "logtimezone"]),
    ("get-nothing", 0, ["get", "sshd", "ignoreregex"]),
    ("get-json", 0, ["get", "sshd", "failregex", "--json"]),
    ("set", 0, ["set", "sshd", "bantime", "-1"]),
    ("set-bool", 0, ["set", "sshd", "ignoreself", "no"]),
    ("set-bad", 1, ["set", "sshd", "findtime", "x"]),
    ("usage-set", 0, ["set", "--help"]),
    ("misuse", 2, ["ban", "sshd"]),
    ("usage", 0, ["help"]),
    ("usage-stop", 0, ["stop", "--help"]),
]


def compare_own(work):
    path = os.path.join(work, "own")
    daemon = Daemon(path, REPLIES)
    for name, status, words in OWN:
        got = run("gaol", "-s", path, *words)
        text = got.stdout + (b"--- stderr\n" + got.stderr if got.stderr
                             else b"")
        file = os.path.join(HERE, name + ".ok")
        if UPDATE:
            with open(file, "wb") as f:
                f.write(text)
        with open(file, "rb") as f:
            expected = f.read()
        tell(text == expected and got.returncode == status, "gaol " + name,
            "status %d\n%s" % (got.returncode, text.decode()))
        tell(not any(b < 32 and b != 10 or b == 127 for b in text),
            "no control byte in gaol " + name, repr(text))
    check_terminal(path)
    check_stop(daemon, path)


def on_terminal(path, *words, **env):
    """What gaol writes to a terminal."""
    master, slave = os.openpty()
    env = {"TERM": "xterm", "NO_COLOR": "", "TZ": "UTC", **env}
    subprocess.run([os.path.join(BUILD, "gaol"), "-s", path, *words],
        stdout=slave, stdin=subprocess.DEVNULL, timeout=300,
        env={**os.environ, **env})
    os.close(slave)
    text = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(master)
    return text.replace(b"\r\n", b"\n")


def check_terminal(path):
    with open(os.path.join(HERE, "jail.ok"), "rb") as f:
        plain = f.read()
    text = on_terminal(path, "status", "sshd")
    bare = re.sub(rb"\x1b\[[0-9]+m", b"", text)
    tell(bare == plain and b"\x1b[33mpending\x1b[0m" in text and
        b"\x1b[31mfailed\x1b[0m" in text, "colours on a terminal",
        repr(text))
    tell(on_terminal(path, "status", "sshd", NO_COLOR="1") == plain,
        "none with NO_COLOR")
    tell(on_terminal(path, "status", "sshd", TERM="dumb") == plain,
        "none on a dumb terminal")
    text = on_terminal(path, "status", "--json")
    tell(b"\\u202E" in text and json.loads(text) == STATUS,
        "JSON on a terminal is ASCII", repr(text))


def check_stop(daemon, path):
    got = run("gaol", "-s", path, "-c", HERE, "stop")
    tell(got.returncode == 0 and not os.path.exists(path) and
        daemon.seen[-1] == ["stop"], "gaol stop waits for the end",
        got.stderr.decode())
    got = run("gaol", "-s", path, "ping")
    tell(got.returncode == 1 and b"No such file" in got.stderr,
        "gaol ping fails without a daemon", got.stderr.decode())
    for words, text in ((["ping"], "Failed to access socket path: " + path +
                         ". Is fail2ban running?"),
                        (["reload"], "Could not find server")):
        got = run("fail2ban-client", "-s", path, *words)
        tell(got.returncode == 255 and got.stdout == b"" and
            got.stderr.decode().endswith(" ERROR   " + text + "\n"),
            "fail2ban-client %s without a daemon" % words[0],
            got.stderr.decode())
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(path)
    for words, text in ((["ping"], "[Errno 111] Connection refused"),
                        (["status"], "[[Errno 111] Connection refused] "
                         "Unable to contact server. Is it running?")):
        got = run("fail2ban-client", "-s", path, *words)
        tell(got.returncode == 255 and got.stderr.decode().endswith(
            " ERROR   " + text + "\n"), "fail2ban-client %s on a stale socket"
            % words[0], got.stderr.decode())
    stale.close()
    os.unlink(path)


FAKE = """#!/usr/bin/env python3
import json, os, socket, sys
if os.environ["FAKE"] == "fail":
    sys.stderr.write("fake: no way\\n")
    sys.exit(3)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[sys.argv.index("-s") + 1])
listener.listen(4)
if os.fork() > 0:
    os._exit(0)
null = os.open("/dev/null", os.O_RDWR)
for fd in 0, 1, 2:
    os.dup2(null, fd)
while True:
    conn, _ = listener.accept()
    line = conn.makefile("rb").readline()
    if line:
        conn.sendall(json.dumps({"ok": sys.argv[1:]}).encode() + b"\\n")
    conn.close()
    if b"stop" in line:
        sys.exit(0)
"""


def check_start(work):
    """With a daemon of ours beside a copy of the client."""
    global BUILD
    path, real = os.path.join(work, "start"), BUILD
    BUILD = os.path.join(work, "bin")
    os.mkdir(BUILD)
    shutil.copy(os.path.join(real, "gaol"), BUILD)
    os.symlink("gaol", os.path.join(BUILD, "fail2ban-client"))
    with open(os.path.join(BUILD, "gaold"), "w") as f:
        f.write(FAKE)
    os.chmod(os.path.join(BUILD, "gaold"), 0o755)
    got = run("gaol", "-s", path, "start", env={"FAKE": "fail"})
    tell(got.returncode == 1 and b"fake: no way" in got.stderr and
        b"gaold ended with status 3" in got.stderr,
        "gaol start says why it failed", got.stderr.decode())
    got = run("gaol", "-s", path, "-c", HERE, "start", env={"FAKE": "run"})
    tell(got.returncode == 0 and got.stderr == b"",
        "gaol start waits until the daemon answers", got.stderr.decode())
    got = run("gaol", "-s", path, "--json", "ping")
    tell(json.loads(got.stdout or b"0") == ["-b", "-c", HERE, "-s", path],
        "gaol start hands its options on", got.stdout.decode())
    got = run("gaol", "-s", path, "start", env={"FAKE": "run"})
    tell(got.returncode == 1 and b"already running" in got.stderr,
        "gaol start does not start a second one", got.stderr.decode())
    got = run("fail2ban-client", "-s", path, "start", env={"FAKE": "run"})
    tell(got.returncode == 255 and got.stderr.decode().endswith(
        " ERROR   Server already running\n"),
        "nor does fail2ban-client", got.stderr.decode())
    got = run("fail2ban-client", "-s", path, "stop")
    tell(got.returncode == 0 and got.stdout == b"Shutdown successful\n",
        "fail2ban-client stop", got.stderr.decode())
    os.unlink(path)
    got = run("fail2ban-client", "-s", path, "--logtarget", "x", "-x",
        "start", env={"FAKE": "run"})
    tell(got.returncode == 0 and got.stdout == b"Server ready\n",
        "fail2ban-client start", got.stderr.decode())
    got = run("gaol", "-s", path, "--json", "stop")
    tell(got.returncode == 0, "gaol stop", got.stderr.decode())
    BUILD = real


DURATIONS = ["600", "10m", "1d2h", "1h30", "1d 12h", "-1", "1.5h", "60*60",
             "2 weeks", "1mo", "1y", "10/4", "bogus"]


def compare_options(work):
    """Whatever needs no daemon, beside the installed program."""
    theirs = shutil.which("fail2ban-client")
    if theirs is None:
        print("ok - fail2ban-client's options # SKIP it is not installed")
        return
    for words in [["--str2sec", d] for d in DURATIONS] + [
            ["--str2sec"], ["--bogus"], ["-Z"], [], ["-h"], ["--version"],
            ["-V"], ["--tes", "-h"]]:
        mine = run("fail2ban-client", *words)
        other = subprocess.run([theirs, *words], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=300)
        same = mine.returncode == other.returncode
        if words[:1] == ["--str2sec"] and other.returncode == 0:
            same = same and mine.stdout == other.stdout
        tell(same and (mine.stdout == b"") == (other.stdout == b"") and
            (mine.stderr == b"") == (other.stderr == b""),
            "fail2ban-client " + " ".join(words), "%r\n%r" % (mine, other))


JAIL = """[DEFAULT]
backend = polling
[j]
enabled = true
logpath = %s
failregex = %s
action =
"""


def check_configuration(work):
    """-t, alone and in front of a command."""
    conf = os.path.join(work, "conf")
    for sub in "", "jail.d", "filter.d", "action.d", "fail2ban.d":
        os.mkdir(os.path.join(conf, sub))
    with open(os.path.join(conf, "fail2ban.conf"), "w") as f:
        f.write("[Definition]\nsocket = %s/none\n" % conf)
    for regex, good in ("^x <HOST>$", True), ("^x (<HOST>$", False):
        with open(os.path.join(conf, "jail.conf"), "w") as f:
            f.write(JAIL % (os.path.join(conf, "jail.conf"), regex))
        got = run("fail2ban-client", "-c", conf, "-t")
        out, err = got.stdout.decode(), got.stderr.decode()
        if good:
            tell(got.returncode == 0 and
                out == "OK: configuration test is successful\n",
                "fail2ban-client -t", out + err)
        else:
            tell(got.returncode == 255 and out == "" and err.endswith(
                " ERROR   ERROR: test configuration failed\n") and
                "failregex" in err, "fail2ban-client -t with a bad regex",
                out + err)
        tell((run("gaol", "-c", conf, "check").returncode == 0) == good,
            "gaol check agrees")
        got = run("fail2ban-client", "-c", conf, "-t", "ping")
        tell(got.returncode == 255 and got.stdout == b"" and
            (b"Failed to access socket path" in got.stderr) == good,
            "fail2ban-client -t ping", got.stderr.decode())


def check_shell(work):
    path = os.path.join(work, "shell")
    daemon = Daemon(path, {("ping",): {"ok": "pong"},
        ("echo", "a b", "c'd", ""): {"ok": ["a b", "c'd", ""]}})
    got = run("fail2ban-client", "-s", path, "-i", text=b"ping\n\n"
        b"echo 'a b' \"c'd\" ''\nnope\necho 'a\nquit\nping\n")
    daemon.close()
    prompt = "fail2ban> "
    tell(got.stdout.decode() == prompt + "Server replied: pong\n" + prompt +
        prompt + "a b c'd \n" + prompt + "Invalid command\n" + prompt +
        prompt and got.returncode == 0 and
        b"No closing quotation" in got.stderr and
        daemon.seen[-1] == ["nope"],
        "fail2ban-client -i reads commands", "%r" % got)


with tempfile.TemporaryDirectory(prefix="gaol-layout-") as work:
    compare_upstream(work)
    compare_options(work)
    compare_own(work)
    check_configuration(work)
    check_shell(work)
    check_start(work)
sys.exit(1 if failed else 0)
