#!/usr/bin/env bash
# Every stock action file of the installed fail2ban, beside fail2ban's own
# CommandAction: the commands of start, ban, unban, flush, check, repair and
# stop are the same to the byte, values in variables included; for IPv4, IPv6,
# ids that are none, and what an attacker may write.
set -u
cd "$(dirname "$0")/../.."

fail2ban=$(ls -d /usr/lib/python3/dist-packages/fail2ban 2>/dev/null)
if [ -z "$fail2ban" ] || [ ! -d /etc/fail2ban/action.d ]; then
    echo "ok - actions beside fail2ban # SKIP fail2ban is not installed"
    exit 0
fi
rw=${ACTION_RW:-build/unit/action_rw}
[ -n "${ACTION_RW:-}" ] || make --no-print-directory "$rw" >/dev/null || {
    echo "not ok - $rw builds"
    exit 1
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${fail2ban%/*} \
    python3 -W ignore - "$rw" "$dir" <<'PY'
import ast, json, logging, os, shutil, subprocess, sys, types
logging.disable(logging.CRITICAL)
from fail2ban.server import action as action_module
from fail2ban.server.action import CommandAction
from fail2ban.server.actions import Actions
from fail2ban.server.failmanager import FailManager
from fail2ban.server.ipdns import DNSUtils, IPAddr
from fail2ban.server.mytime import MyTime
from fail2ban.server.ticket import BanTicket

rw, top = sys.argv[1:3]
NOW = 1124013600.0
MyTime.setTime(NOW)
DNSUtils._IPv6IsAllowed = True
action_module.allowed_ipv6 = lambda: True

# A jail for each action file.
conf = os.path.join(top, "etc")
os.mkdir(conf)
for name in ("action.d", "filter.d", "fail2ban.conf", "paths-common.conf",
             "paths-debian.conf"):
    source = os.path.join("/etc/fail2ban", name)
    if os.path.isdir(source):
        shutil.copytree(source, os.path.join(conf, name))
    elif os.path.exists(source):
        shutil.copy(source, conf)
os.mkdir(os.path.join(conf, "jail.d"))
stock = sorted(f[:-5] for f in os.listdir("/etc/fail2ban/action.d")
               if f.endswith(".conf"))
with open(os.path.join(conf, "jail.conf"), "w") as f:
    f.write("[DEFAULT]\nport = ssh\n")
    for name in stock:
        f.write("[%s]\nenabled = true\nbackend = polling\nfilter =\n"
                "action = %s[name=%s, port=\"ssh,http\", protocol=tcp]\n"
                % (name, name, name))

def hostile(kind):
    return "'; touch /nowhere/%s; $(id) `id` \"&|<>*?~#\\ {x} [y]" % kind
matches = ["Jan  1 host sshd[1]: " + hostile("m1"), hostile("m2"), "é ü"]
def ticket(fid, ip=None):
    t = {"fid": fid, "time": int(NOW), "bantime": 600, "bancount": 2,
         "failures": 5, "matches": matches,
         "groups": {"user": hostile("user"), "rhost": "h.example.org",
                    "fport": "22"}}
    if ip: t["ip"] = ip
    return t
tickets = {"v4": ticket("192.0.2.7"), "v6": ticket("2001:db8::7"),
    "net4": ticket("198.51.100.0/24"),
    "raw": ticket("someone"), "badraw": ticket(hostile("raw")),
    "fid": ticket("session/1", "192.0.2.9")}
with open(os.path.join(top, "tickets"), "w") as f:
    json.dump(tickets, f)

# What fail2ban would be told.
told = {}
dump = subprocess.run(["fail2ban-client", "-c", conf, "-d"],
    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
for line in dump.splitlines():
    if line.startswith("['multi-set'"):
        words = ast.literal_eval(line)
        if words[2] == "action":
            told.setdefault(words[1], words[4])

class Recorder:
    def __init__(self):
        self.lines, self.failing = [], set()
    def __call__(self, cmd, timeout=60, **kwargs):
        if not cmd: return True
        # It takes the length of a network for a part of the name.
        cmd = [c.replace("0/24.100.51.198.", "0.100.51.198.")
            for c in (cmd if isinstance(cmd, list) else [cmd])]
        self.lines.append(json.dumps(cmd,
            ensure_ascii=False, separators=(",", ":")))
        return len(self.lines) - 1 not in self.failing

def info(actions, name):
    t = tickets[name]
    cidr = IPAddr.CIDR_UNSPEC if t["fid"][0].isdigit() else IPAddr.CIDR_RAW
    b = BanTicket(IPAddr(t["fid"], cidr), NOW, t["matches"])
    b.setBanTime(t["bantime"])
    b.setBanCount(t["bancount"])
    for key, value in t["groups"].items(): b.setData(key, value)
    if "ip" in t: b.setData("ip", IPAddr(t["ip"]))
    b.setAttempt(t["failures"])
    return actions._getActionInfo(b)

def upstream(script):
    out, action = [], None
    for line in script:
        words = line.split()
        if words[0] == "new":
            recorder = Recorder()
            out.append((line.split(None, 2)[2], recorder.lines))
            jail = types.SimpleNamespace(name="j", database=None,
                filter=types.SimpleNamespace(failManager=FailManager()))
            jail.actions = Actions(types.SimpleNamespace(name="j"))
            jail.actions._jail = jail
            jail.actions.setBanTime("600")
            action = CommandAction(jail, words[1])
            action.executeCmd = recorder
            for key, value in told[words[1]]:
                setattr(action, key, value)
            continue
        if words[0] == "fail":
            recorder.failing = set(int(n) for n in words[1:])
            continue
        try:
            if words[0] == "check": action.consistencyCheck()
            elif words[0] == "flush":
                # As the actions of a jail do it.
                try:
                    if action.actionflush: action.flush()
                except RuntimeError:
                    words[0] = "check"
                    action.consistencyCheck()
            elif len(words) == 1: getattr(action, words[0])()
            elif words[0] == "prolong":
                if action._prolongable:
                    action.prolong(info(jail.actions, words[1]))
            else: getattr(action, words[0])(info(jail.actions, words[1]))
        except RuntimeError:
            # Its check leaves the other families alone then: not compared.
            if words[0] == "check": out[-1] = (out[-1][0], None)
    return out

def has_variants(name):
    return any("?family=" in key for key, value in told[name])

usual = ["start", "ban v4", "ban net4", "ban v6", "prolong v4", "unban v4",
    "reban v4", "check", "unban v6", "flush", "unban v4", "ban v6", "reload",
    "stop", "stop"]
script = []
# Files that only others include: there is nothing to run.
told = {name: set for name, set in told.items()
    if any(key in ("actionban", "actionstart") and value
           for key, value in set)}
for name in told:
    def scenario(what, lines):
        script.extend(["new %s %s: %s" % (name, name, what)] + lines)
    scenario("life", usual)
    for id in ("raw", "badraw", "fid"):
        scenario(id, ["start", "ban " + id, "ban " + id, "unban " + id,
            "flush", "stop"])
    # Each command fails once, and with it every one behind it.
    lines = ["start", "ban v4", "ban v6", "unban v4", "check", "flush", "stop"]
    if not has_variants(name):
        # There fail2ban stops without starting again.
        continue
    for n in range(10):
        scenario("command %d fails" % n, ["fail %d" % n] + lines)
        scenario("commands %d and %d fail" % (n, n + 1),
            ["fail %d %d" % (n, n + 1)] + lines)
        scenario("three fail from %d" % n,
            ["fail %d %d %d" % (n, n + 1, n + 2)] + lines)

want = upstream(script)
run = subprocess.run([rw, conf, os.path.join(top, "tickets")],
    input="\n".join(script) + "\n", stdout=subprocess.PIPE,
    stderr=subprocess.PIPE, text=True)
have = []
for line in run.stdout.splitlines():
    if line.startswith("= "): have.append((line[2:], []))
    else: have[-1][1].append(line)
bad = 0
if run.returncode != 0 or len(have) != len(want):
    print("not ok - %s: status %d, %d of %d scenarios" % (rw, run.returncode,
        len(have), len(want)))
    print("# " + run.stderr[-2000:].replace("\n", "\n# "))
    bad = 1
commands = 0
left_out = sum(theirs is None for name, theirs in want)
for (name, theirs), (ours_name, ours) in zip(want, have):
    if theirs is None: continue
    commands += len(theirs)
    # The order of assignments in front is fail2ban's, too.
    if name == ours_name and theirs == ours: continue
    bad += 1
    if bad > 20: continue
    print("not ok - %s" % name)
    if os.environ.get("V"):
        for t in theirs: print("# < " + t[:150])
        for o in ours: print("# > " + o[:150])
    for i in range(max(len(theirs), len(ours))):
        t = theirs[i] if i < len(theirs) else "-"
        o = ours[i] if i < len(ours) else "-"
        if t != o:
            print("# fail2ban: %s\n# gaol:     %s" % (t, o))
            break
if not bad and commands < 1000:
    print("not ok - only %d commands were compared" % commands)
    bad = 1
if not bad:
    print("ok - %d actions run the commands that fail2ban runs "
        "(%d scenarios, %d commands; %d left out)" % (len(told), len(want),
        commands, left_out))
else:
    print("# %d of %d scenarios differ" % (bad, len(want)))
sys.exit(bad != 0)
PY
