"""Two daemons on one configuration, asked and told the same things."""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.append("/usr/lib/python3/dist-packages")
from fail2ban.client.csocket import CSocket  # noqa: E402

HERE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DIR = tempfile.mkdtemp(prefix="gaol-settings.")
os.chmod(DIR, 0o755)
LOG = DIR + "/log"
failed = 0


def tell(good, what, more=""):
    global failed
    failed += not good
    print(("ok - " if good else "not ok - ") + what, flush=True)
    if not good:
        print("\n".join("# " + line for line in str(more).splitlines()))
    return good


def wait_for(seconds, test):
    end = time.monotonic() + 6 * seconds     # for busy machines
    while not test() and time.monotonic() < end:
        time.sleep(0.05)
    return test()


class Daemon:
    def __init__(self, name, *command):
        self.out = "%s/%s.out" % (DIR, name)
        self.socket = "%s/%s.sock" % (DIR, name)
        self.process = subprocess.Popen(
            [word.replace("SOCK", self.socket) for word in command],
            stdout=open(self.out, "w"),
            stderr=subprocess.STDOUT)
        atexit.register(self.end)
        self.client = None

    def up(self):
        """Answers once it has its jails."""
        try:
            self.client = self.client or CSocket(self.socket, timeout=120)
            return self.say("status", "one")[0] == 0
        except OSError:
            return False

    def said(self, words):
        with open(self.out, errors="replace") as f:
            return words in f.read()

    def say(self, *words):
        code, value = self.client.send(list(words))
        return code, value

    def end(self):
        self.process.kill()
        self.process.wait()


def plain(value):
    """Addresses and the like as their text, tuples as lists."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    return str(value)


def shown(reply):
    code, value = reply
    if code == 0:
        return plain(value)
    return [type(value).__name__, plain(list(value.args))]


def write(path, text):
    path = os.path.join(DIR, "etc", path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def configure():
    write("fail2ban.conf", "[Definition]\nloglevel = INFO\nlogtarget = STDOUT\n"
          "syslogsocket = auto\ndbfile = None\nallowipv6 = auto\n"
          "dbpurgeage = 1d\ndbmaxmatches = 10\n"
          "socket = %s/none\npidfile = %s/pid\n" % (DIR, DIR))
    write("gaol.conf", 'firewall = "null";\n')
    write("filter.d/f.conf", "[Definition]\nfailregex = ^<HOST> bad$\n"
          "datepattern = {NONE}\n")
    write("action.d/nothing.conf", "[Definition]\nactionban =\n")
    write("jail.conf", "[DEFAULT]\nbackend = polling\nfilter = f\n"
          "maxretry = 100\nfindtime = 10m\nbantime = 1h\nignoreself = false\n"
          "action =\nlogpath = %s\nusedns = warn\nenabled = true\n"
          "logencoding = auto\nignorecommand =\nignoreip =\n"
          "[one]\nbantime.increment = false\n"
          "[two]\nmaxretry = 3\nfindtime = 1h/7\nignoreip = 10.1.2.3/8 "
          "192.0.2.77\nlogtimezone = UTC+0200\nignorecommand = /bin/false\n"
          "ignorecache = key=\"<ip>\", max-count=10, max-time=1h\n"
          "bantime.maxtime = 1w\nbantime.factor = 2\nlogencoding = latin1\n"
          "bantime.multipliers = 1 2 4\nmaxlines = 3\n" % LOG)
    open(LOG, "w").close()


def start():
    ours = Daemon("gaold", HERE + "/build/gaold", "-1", "-f", "-c",
                  DIR + "/etc", "-s", "SOCK", "-p", DIR + "/gaold.pid")
    theirs = Daemon("fail2ban", "fail2ban-server", "-f", "-c", DIR + "/etc",
                    "-s", "SOCK", "-p", DIR + "/fail2ban.pid", "start")
    for daemon, name in (ours, "gaold"), (theirs, "fail2ban"):
        if not wait_for(30, daemon.up):
            tell(False, name + " starts",
                 open("%s/%s.out" % (DIR, name)).read())
            sys.exit(1)
    return ours, theirs


# --- replies ----------------------------------------------------------------

NAMES = """maxretry maxmatches findtime bantime ignoreself ignoreip
    ignorecommand ignorecache prefregex failregex ignoreregex usedns
    datepattern logtimezone maxlines logencoding logpath journalmatch banned
    banip bantime.increment bantime.factor bantime.formula bantime.multipliers
    bantime.maxtime bantime.rndtime bantime.overalljails bantime.other
    nothing""".split()

SAID = """get one | get none bantime | set one | set none bantime 1
    set one nothing 1 | set one bantime | set one failregex x
    set one maxretry 7 | set one maxretry x | set one maxmatches 2
    set one findtime 1h30m | set one findtime 1.5h | set one findtime 1mo
    set one findtime x | set one bantime 2h | set one bantime -1
    set one bantime x | set one ignoreself yes | set one ignoreself whatever
    set one addignoreip 192.0.2.1/24 198.51.100.1 192.0.2.0/24
    set one addignoreip 2001:DB8::/32 | set one delignoreip 192.0.2.0/24
    set one delignoreip 9.9.9.9 | set one delignoreip 198.51.100.1
    set one delignoreip 2001:db8::/32 | set one addignoreip
    set one ignorecache key=<ip>,max-count=5,max-time=10m
    set one ignorecache max-count=5 | set one ignorecache key=x,max-count=y
    set one ignorecommand
    set one addfailregex ^<F-ID>\\S+</F-ID>_more$
    set one addfailregex nobody | set one addfailregex
    set one delfailregex 1 | set one delfailregex 9 | set one delfailregex x
    set one delfailregex -1 | set one addfailregex ^<ADDR>_again$
    set one addignoreregex ^x$ | set one addignoreregex ^y$
    set one delignoreregex -1 | set one delignoreregex 0
    set one prefregex ^p<F-CONTENT>.+</F-CONTENT>$
    set one usedns NO | set one usedns nonsense | set one usedns raw
    set one usedns warn
    set one maxlines 5 | set one maxlines 0 | set one maxlines x
    set one maxlines 1
    set one datepattern %Y-%m-%d | set one datepattern EPOCH
    set one datepattern {^LN-BEG} | set one datepattern {NONE}
    set one logtimezone UTC | set one logtimezone Nowhere/x
    set one logencoding latin1 | set one logencoding nothing
    set one logencoding UTF-8
    set one bantime.increment yes | set one bantime.increment no
    set one bantime.maxtime 1d | set one bantime.rndtime 1h
    set one bantime.factor 3 | set one bantime.multipliers 3
    set one bantime.overalljails true | set one bantime.other x
    set one addjournalmatch _COMM=x | set one deljournalmatch _COMM=x
    set one banip 192.0.2.9 203.0.113.0/24 raw-id | set one banip 192.0.2.9
    set one banip | get one banned 192.0.2.9 | get one banned 192.0.2.9 x
    get one banip | get one banned
    set one unbanip --report-absent 192.0.2.9 nobody 8.8.8.8
    set one unbanip 203.0.113.0/24 raw-id 1.2.3.4 | set one unbanip
    set one attempt | get one banned | status one short | status one basic
    status one odd | status one x y | server-status | echo a b | sleep 0
    sleep x | sleep""".replace("\n", "|").split("|")

# What <HOST> and <ADDR> become is spelt in another way, and means the same
# (tests/golden/23-differential.sh).
ADDRESS = r"\[?(?:(?:::f{4,6}:)?(?P<ip4>"
SPELT = [(re.compile(re.escape("(?:" + ADDRESS) + r".*?\(\?P<dns>\[.*?\]\*\\w\)\)"),
          "<HOST>"),
         (re.compile(re.escape(ADDRESS) + r".*?\\\]\?"), "<ADDR>")]

# What Python says in its own words, and we in ours.
WORDED = {"sleep x"}


def same(mine, reference, words):
    if mine == reference:
        return True
    if words == "set one attempt":
        # Its name has a class in it since Python 3.10.
        return mine[0] == reference[0] == "TypeError"
    if words in WORDED:
        return mine[0] == reference[0]
    return unspelt(mine) == unspelt(reference)


def unspelt(value):
    if isinstance(value, list):
        return [unspelt(v) for v in value]
    for regex, name in SPELT if isinstance(value, str) else ():
        value = regex.sub(name, value)
    return value


def compare_replies(ours, theirs):
    for words in ["get %s %s" % (j, n) for j in ("one", "two")
                  for n in NAMES] + [s.strip() for s in SAID if s.strip()]:
        line = words.split()
        line = [w.replace("_more", " more").replace("_again", " again")
                for w in line]
        if words == "set one ignorecommand":
            line.append("")
        mine, reference = shown(ours.say(*line)), shown(theirs.say(*line))
        tell(same(mine, reference, words), words,
             "gaold    %r\nfail2ban %r" % (mine, reference))


# Lists and None within a stream: what is set, or the error's name.
STREAMS = [["set", "one", name, value] for name, value in (
    ("maxretry", None), ("maxretry", [5]), ("maxretry", {"a": 1}), ("maxretry", 5),
    ("findtime", None), ("findtime", ["1h"]), ("bantime", None), ("bantime", [1]),
    ("maxlines", None), ("maxmatches", None), ("addfailregex", None),
    ("addfailregex", ["^<HOST>$"]), ("delfailregex", None), ("delfailregex", [0]),
    ("addignoreregex", ["x"]), ("addignoreip", None), ("addignoreip", ["192.0.2.1"]),
    ("delignoreip", ["192.0.2.1"]), ("banip", ["192.0.2.1"]),
    ("bantime.maxtime", None), ("bantime.factor", None), ("bantime.rndtime", None),
    ("bantime.multipliers", None), ("bantime.formula", None),
    ("bantime.maxtime", "1d"))] + [
    ["multi-set", "one", "addignoreregex", ["^x$", "^y$"]],
    ["multi-set", "one", "addignoreregex", [["^z$"]]],
    ["multi-set", "one", "addignoreregex", [None]],
    ["multi-set", "one", "addignoreregex", []],
    ["multi-set", "none", "addignoreregex", ["^x$"]],
    ["server-stream", [["set", "one", "maxretry", 6]]],
    ["set", "one", "maxretry", 7], ["nothing"], [], None, "ping"]


def compare_streams(ours, theirs):
    """Each between two that are fine: the last is run only if it is."""
    def of(daemon, command):
        reply = shown(daemon.say("server-stream", [
            ["set", "one", "maxretry", 3], command, ["set", "one", "maxretry", 8]]))
        reply = reply[0] if isinstance(reply, list) else reply
        seen = [shown(daemon.say("get", "one", name)) for name in (
            "maxretry", "findtime", "bantime", "ignoreip", "ignoreregex", "banned",
            "bantime.maxtime", "bantime.factor", "bantime.multipliers",
            "bantime.formula", "bantime.rndtime")]
        # What kind of error it is Python decides by what it trips over.
        return reply in ("TypeError", "ValueError", "Exception", "IndexError") or reply, seen
    for command in STREAMS:
        mine, reference = of(ours, command), of(theirs, command)
        tell(mine == reference, "in a stream: %r" % (command,),
             "gaold    %r\nfail2ban %r" % (mine, reference))
    for daemon in ours, theirs:
        for _ in daemon.say("get", "one", "ignoreregex")[1]:
            daemon.say("set", "one", "delignoreregex", "0")


# --- effects -----------------------------------------------------------------

def total(daemon):
    status = plain(daemon.say("status", "one")[1])
    return status[0][1][1][1]


def banned(daemon, jail="one"):
    return sorted(plain(daemon.say("get", jail, "banned")[1]))


class Pair:
    def __init__(self, *daemons):
        self.daemons = daemons
        self.marks = 0

    def say(self, *words):
        for d in self.daemons:
            code, value = d.say(*words)
            if code != 0:
                tell(False, "set: " + " ".join(words), value)

    def log(self, *lines, stamp=""):
        """Written, and read by jail one: its own word for the last line tells.
        What it has not read yet would meet the settings of the next step."""
        self.marks += 1
        mark = "203.0.113.%d" % self.marks
        with open(LOG, "a") as f:
            for line in lines + (stamp + "pre %s mark" % mark,):
                f.write(line + "\n")
        if not wait_for(20, lambda: all(d.said("[one] Found %s -" % mark)
                                        for d in self.daemons)):
            tell(False, "jail one reads " + mark)

    def same(self, what, look, expected):
        wait_for(5, lambda: all(look(d) == expected for d in self.daemons))
        ours, theirs = (look(d) for d in self.daemons)
        tell(ours == theirs == expected, what,
             "gaold %r, fail2ban %r, expected %r" % (ours, theirs, expected))


def grown(pair, *lines):
    before = [total(d) for d in pair.daemons]
    pair.log(*lines)
    # The mark is one of them.
    return lambda d: total(d) - before[pair.daemons.index(d)] - 1


def compare_effects(ours, theirs):
    pair = Pair(ours, theirs)
    for jail in "one", "two":
        pair.say("set", jail, "prefregex", "")
        pair.say("set", jail, "datepattern", "{NONE}")
        pair.say("set", jail, "maxlines", "1")
        pair.say("set", jail, "ignorecache", "")
        for _ in plain(ours.say("get", jail, "failregex")[1]):
            pair.say("set", jail, "delfailregex", "0")
    # First: who comes later has an index from 1 on. Through a prefregex, too.
    pair.say("set", "one", "addfailregex", "^ ?(?:pre )?<ADDR> mark$")
    pair.say("set", "one", "maxretry", "1000")
    pair.say("set", "one", "findtime", "10m")
    pair.say("set", "one", "bantime", "1h")

    pair.say("set", "one", "addfailregex", "^<HOST> new$")
    pair.same("a regex of run time matches",
              grown(pair, "192.0.2.1 new", "192.0.2.1 bad"), 1)
    pair.say("set", "one", "addignoreregex", "^192\\.0\\.2\\.2 ")
    pair.same("an ignoreregex does", grown(pair, "192.0.2.2 new",
                                           "192.0.2.3 new"), 1)
    pair.say("set", "one", "delignoreregex", "0")
    pair.same("… until it goes", grown(pair, "192.0.2.2 new"), 1)
    pair.say("set", "one", "delfailregex", "1")
    pair.same("a regex that is gone does not", grown(pair, "192.0.2.1 new"), 0)

    pair.say("set", "one", "usedns", "no")
    pair.say("set", "one", "addfailregex", "^<HOST> new$")
    pair.say("set", "one", "usedns", "raw")
    pair.say("set", "one", "addfailregex", "^<HOST> other$")
    pair.same("usedns counts for regexes that come later", grown(
        pair, "host.invalid new", "host.invalid other"), 1)

    pair.say("set", "one", "prefregex", "^pre <F-CONTENT>.+</F-CONTENT>$")
    pair.same("a prefregex passes its lines only", grown(
        pair, "pre 192.0.2.1 new", "192.0.2.1 new"), 1)
    pair.say("set", "one", "prefregex", "")

    pair.say("set", "one", "addignoreip", "198.51.100.0/24")
    pair.same("who is ignored is not counted", grown(
        pair, "198.51.100.7 new", "192.0.2.1 new"), 1)
    pair.say("set", "one", "delignoreip", "198.51.100.0/24")
    pair.same("… until he is not", grown(pair, "198.51.100.7 new"), 1)

    pair.say("set", "one", "maxretry", "2")
    pair.log("192.0.2.50 new")
    pair.same("one failure of two", banned, [])
    pair.log("192.0.2.50 new")
    pair.same("maxretry counts at once", banned, ["192.0.2.50"])
    pair.say("set", "one", "attempt", "192.0.2.51", "a line", "another")
    pair.same("attempts count, each line", banned,
              ["192.0.2.50", "192.0.2.51"])

    # Within the minute that a stamp may be off.
    pair.say("set", "one", "addfailregex", "^ <ADDR> new$")
    pair.say("set", "one", "datepattern", "EPOCH")
    pair.say("set", "one", "findtime", "5")
    now = int(time.time())
    pair.log("%d 192.0.2.60 new" % (now - 40), "%d 192.0.2.60 new" % now,
             stamp="%d " % now)
    pair.say("set", "one", "findtime", "10m")
    pair.log("%d 192.0.2.61 new" % (now - 40), "%d 192.0.2.61 new" % now,
             stamp="%d " % now)
    pair.same("findtime and datepattern count", banned,
              ["192.0.2.50", "192.0.2.51", "192.0.2.61"])

    pair.say("set", "one", "bantime", "-1")
    pair.same("running bans follow the bantime", lambda d: sorted(
        re.sub(r"\t.* \+", "+", line) for line in
        plain(d.say("get", "one", "banip", "--with-time")[1])),
        [ip + " + -1 = 9999-12-31 23:59:59" for ip in
         ("192.0.2.50", "192.0.2.51", "192.0.2.61")])


configure()
pair_of = start()
compare_replies(*pair_of)
compare_streams(*pair_of)
compare_effects(*pair_of)
for daemon in pair_of:
    daemon.end()
if not failed:
    shutil.rmtree(DIR)
sys.exit(1 if failed else 0)
