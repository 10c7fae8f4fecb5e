"""What is asked, in this order. A step is a command line; one that begins
with "=" is a Python list sent as it is, one with "@" something done to the
server's files. (Of addresses without a length in ignoreip there is one: the
order of several is a Python set's.)"""

import ast
import os
import shlex
import time

FILES = {
    "etc/fail2ban.conf": """[DEFAULT]
loglevel = INFO
logtarget = @DIR@/server.log
syslogsocket = auto
socket = @DIR@/run/sock
pidfile = @DIR@/run/pid
dbfile = @DIR@/state/f2b.sqlite3
dbpurgeage = 1d
dbmaxmatches = 10
allowipv6 = auto
[Definition]
[Thread]
""",
    "etc/gaol.conf": """users = { engine = 64801; warden = 64802; };
firewall = "null";
share = "@ROOT@";
runtime_commands = true;
runtime_logs = true;
runtime_log_dir = "@DIR@";
""",
    "etc/jail.conf": """[DEFAULT]
enabled = false
backend = polling
bantime = 1h
findtime = 10m
maxretry = 5
ignoreip = 127.0.0.1/8 198.51.100.0/24
ignoreself = false
usedns = no
logencoding = utf-8
[j1]
enabled = true
filter = fails
logpath = @DIR@/j1.log
action = mark[actname=mark, name=one]
[j2]
enabled = true
filter = fails
logpath = @DIR@/j2.log
          @DIR@/j2b.log
action = mark[actname=mark, name=two]
         mark[actname=second, name=three]
""",
    "etc/filter.d/fails.conf": """[Definition]
failregex = ^ fail from <HOST>$
            ^ bad <F-USER>\\S+</F-USER> from <HOST>$
ignoreregex = ^ fail from <HOST> ok$
""",
    "etc/action.d/mark.conf": """[Definition]
actionstart = touch @DIR@/marks/<name>.start
actionstop = touch @DIR@/marks/<name>.stop
actioncheck =
actionban = touch @DIR@/marks/<name>.<ip>
actionunban = rm -f @DIR@/marks/<name>.<ip>
[Init]
name = x
""",
    "j1.log": "", "j2.log": "", "j2b.log": "", "more.log": "",
}


def fail(place):
    """Five failures of one address, and the ban that follows."""
    with open(place.dir + "/j1.log", "a") as log:
        for _ in range(5):
            log.write(time.strftime("%Y-%m-%d %H:%M:%S ") + "fail from 203.0.113.9\n")
    end = time.monotonic() + 120
    while not os.path.exists(place.dir + "/marks/one.203.0.113.9"):
        if time.monotonic() > end:
            raise RuntimeError("nothing is banned")
        time.sleep(0.02)


ACTS = {"@fail": fail}


# Steps whose first regex shows what <HOST> stands for: without and with names.
HOSTS = {
    '=["get", "j1", "failregex"]': r"\^ fail from (.*)\$",
    '=["get", "new", "failregex"]': r"\^x (.*)\$",
}

KEYS = """logpath logencoding journalmatch ignoreself ignoreip ignorecommand
ignorecache prefregex failregex ignoreregex usedns findtime datepattern
logtimezone maxmatches maxretry maxlines bantime bantime.increment
bantime.factor bantime.formula bantime.multipliers bantime.maxtime
bantime.rndtime bantime.overalljails banned banip actions""".split()

STEPS = [line for line in """
ping
ping 5
=["ping", "100"]
version
echo a 'b c' "it's"
echo
server-status
sleep 0
sleep
sleep x
nonsense
nonsense with words
=[]
=["ping"]
=[["ping"]]
=[5]
status
=["status"]
status j1
=["status", "j1"]
status j1 basic
status j1 short
status j1 stats
status j1 nonsense
status j1 basic more
status nope
status --all
stats
statistics
banned
banned 192.0.2.7
get
get loglevel
get logtarget
get syslogsocket
get thread
get dbfile
get dbmaxmatches
get dbpurgeage
get allowipv6
get nonsense
get nope bantime
get j1
get j1 nonsense
get j1 bantime.nonsense
@keys
get j2 logpath
get j2 actions
get nope logpath
get nope nonsense
get j1 banned 192.0.2.7
get j1 banned 192.0.2.7 192.0.2.8
get j1 action
get j1 action mark
get j1 action nope actionban
get j1 action mark actionban
get j1 action mark actionunban
get j1 action mark actionstart
get j1 action mark actionstop
get j1 action mark actioncheck
get j1 action mark timeout
get j1 action mark name
get j1 action mark nonsense
get j2 action second name
get j1 actionproperties mark
get j1 actionproperties
get j1 actionproperties nope
get j1 actionmethods mark
get j1 actionmethods nope

@fail
status j1
banned
unban --all
set
set loglevel
set loglevel DEBUG
set loglevel info
set loglevel nonsense
get loglevel
set logtarget @DIR@/other.log
get logtarget
flushlogs
set logtarget STDOUT
get logtarget
flushlogs
set logtarget stderr
set logtarget 'STDERR[datetime=off]'
get logtarget
set logtarget SYSLOG
get logtarget
set logtarget @DIR@/server.log
flushlogs
set logtarget
set logtarget /nowhere/at/all.log
set syslogsocket auto
set syslogsocket
set syslogsocket /dev/log
get syslogsocket
set syslogsocket auto
set allowipv6 yes
set allowipv6 auto
set allowipv6 nonsense
set dbmaxmatches 20
get dbmaxmatches
set dbmaxmatches x
set dbpurgeage 2d
get dbpurgeage
set dbpurgeage x
set thread 5
=["set", "thread", {"stacksize": 0}]
set nope bantime 5
set j1
set j1 nonsense
set j1 nonsense x
set j1 idle
set j1 idle on
set j1 idle off
set j1 idle x
set nope idle on
set j1 ignoreself true
set j1 ignoreself false
set j1 ignoreself
set j1 addignoreip 192.0.2.100 192.0.2.128/25 2001:db8::/32
set j1 addignoreip
set j1 addignoreip 999.1.1.1
get j1 ignoreip
set j1 delignoreip 192.0.2.100
set j1 delignoreip 192.0.2.101
set j1 delignoreip
set j1 ignorecommand /bin/false
get j1 ignorecommand
set j1 ignorecommand ''
set j1 ignorecommand
set j1 ignorecache 'key="<ip>", max-count=10, max-time=1m'
get j1 ignorecache
set j1 ignorecache ''
get j1 ignorecache
set j1 addlogpath @DIR@/more.log
set j1 addlogpath @DIR@/more.log tail
set j1 addlogpath @DIR@/more.log middle
set j1 addlogpath @DIR@/more.log tail more
set j1 addlogpath @DIR@/none.log
set j1 addlogpath
get j1 logpath
set j1 dellogpath @DIR@/more.log
set j1 dellogpath @DIR@/none.log
set j1 logencoding latin-1
get j1 logencoding
set j1 logencoding nonsense
set j1 logencoding utf-8
set j1 logencoding
set j1 addjournalmatch _SYSTEMD_UNIT=x.service
set j1 deljournalmatch _SYSTEMD_UNIT=x.service
set j1 prefregex '^pre <F-CONTENT>.+</F-CONTENT>$'
get j1 prefregex
set j1 prefregex ''
get j1 prefregex
set j1 prefregex
set j1 addfailregex '^worse from <HOST>$'
set j1 addfailregex '^(bad <HOST>'
set j1 addfailregex 'no group'
set j1 addfailregex
get j1 failregex
set j1 delfailregex 0
set j1 delfailregex 99
set j1 delfailregex x
set j1 delfailregex
set j1 addignoreregex '^not <HOST>$'
set j1 addignoreregex '^(bad'
set j1 delignoreregex 0
set j1 delignoreregex 9
set j1 usedns yes
set j1 usedns no
set j1 usedns nonsense
set j1 usedns
set j1 findtime 20m
get j1 findtime
set j1 findtime 600
set j1 findtime x
set j1 findtime
set j1 datepattern '%Y'
get j1 datepattern
set j1 datepattern '{^LN-BEG}EPOCH'
=["get", "j1", "datepattern"]
set j1 datepattern ''
get j1 datepattern
set j1 datepattern
set j1 logtimezone UTC+0100
get j1 logtimezone
set j1 logtimezone nonsense
set j1 logtimezone
set j1 maxmatches 7
get j1 maxmatches
set j1 maxmatches x
set j1 maxretry 4
get j1 maxretry
=["get", "j1", "maxretry"]
set j1 maxretry x
set j1 maxretry 5
set j1 maxlines 3
get j1 maxlines
set j1 maxlines 0
set j1 maxlines x
set j1 maxlines 1
set j1 bantime 2h
get j1 bantime
=["get", "j1", "bantime"]
set j1 bantime -1
set j1 bantime x
set j1 bantime 600
set j1 bantime.increment true
set j1 bantime.increment false
set j1 bantime.factor 2
get j1 bantime.factor
set j1 bantime.formula 'ban.Time * 2'
get j1 bantime.formula
set j1 bantime.multipliers '1 2 4'
get j1 bantime.multipliers
set j1 bantime.maxtime 1d
get j1 bantime.maxtime
set j1 bantime.rndtime 5m
get j1 bantime.rndtime
set j1 bantime.overalljails true
get j1 bantime.overalljails
set j1 bantime.nonsense 5
get j1 bantime.nonsense
set j1 bantime.factor

set j1 attempt 203.0.113.5
set j1 attempt 203.0.113.5 'a line' 'another'
set j1 attempt
set nope attempt 203.0.113.5
set j1 banip 192.0.2.7
set j1 banip 192.0.2.7
set j1 banip 192.0.2.8 192.0.2.9 2001:db8::5
set j1 banip 203.0.113.128/25
set j1 banip
set nope banip 192.0.2.7
status j1
=["status", "j1"]
get j1 banip
get j1 banip ,
get j1 banip --with-time
get j1 banned
get j1 banned 192.0.2.7
get j1 banned 192.0.2.7 192.0.2.77
banned
=["banned"]
banned 192.0.2.7 192.0.2.77
=["banned", "192.0.2.7"]
set j2 banip 192.0.2.7
banned 192.0.2.7
set j1 unbanip 192.0.2.8
set j1 unbanip 192.0.2.8
set j1 unbanip --report-absent 192.0.2.8
set j1 unbanip --report-absent 192.0.2.9
set j1 unbanip
set nope unbanip 192.0.2.7
unban 192.0.2.7
unban 192.0.2.7
unban
status j2
unban --all
unban --all
status j1

set j1 addaction
set j1 addaction third
get j1 actions
set j1 addaction third
set j1 action third actionban 'touch @DIR@/marks/third.<ip>'
set j1 action third timeout 5
get j1 action third timeout
set j1 action third nonsense x
set j1 action nope actionban x
set j1 action third
set j1 action third actionban
set j1 delaction third
set j1 delaction third
set j1 delaction
get j1 actions

add
add j1
add --all
add new nonsense
add new polling
get new actions
get new bantime
set new addfailregex '^x <HOST>$'
=["get", "new", "failregex"]
start new
start new
status
=["status", "new"]
stop new
stop new
status
start nope
stop nope
start
=["multi-set", "j1", "addfailregex", ["^a <HOST>$", "^b <HOST>$"]]
=["multi-set", "j1", "addignoreregex", ["^c$"]]
=["multi-set", "j1", "action", "mark", [["actionban", "true"], ["timeout", "7"]]]
=["multi-set", "j1", "addfailregex", ["^(c <HOST>$"]]
=["multi-set", "nope", "addfailregex", ["^a <HOST>$"]]
get j1 failregex
get j1 action mark timeout
=["server-stream", [["set", "j1", "maxretry", 9], ["ping"]]]
=["get", "j1", "maxretry"]
=["server-stream", [["set", "j1", "maxretry", 9], ["nonsense"]]]
=["server-stream"]
=["config-error", "somebody's error"]
config-error
flushlogs
reload j1
get j1 maxretry
get j1 failregex
reload
reload nope
reload --if-exists nope
reload j1 j2
restart j1
reload --unban
status
stop nope
stop
ping
status
""".split("\n") if line and not line.startswith("#")]

_at = STEPS.index("@keys")
STEPS[_at:_at + 1] = ["get j1 " + key for key in KEYS] + ['=["get", "j1", "%s"]' % key for key in KEYS]


def _unique(steps):
    """Asked again, a step gets a number: results go by their step."""
    seen, out = {}, []
    for step in steps:
        seen[step] = seen.get(step, 0) + 1
        out.append(step if seen[step] == 1 or step.startswith("@") else
                   "%s  # %d" % (step, seen[step]))
    return out


STEPS = _unique(STEPS)


def words_of(step):
    step = step.split("  # ")[0]
    if step.startswith("="):
        return ast.literal_eval(step[1:])
    return [] if step.startswith("@") else shlex.split(step)
