#!/usr/bin/env bash
# ignoreip beside fail2ban's own filter: random lists of addresses, networks,
# netmasks and names must spare the same random addresses. SEED=n repeats a
# run; SOAK=1 runs more of them.
set -u
cd "$(dirname "$0")/../.."

fail2ban=$(ls -d /usr/lib/python3/dist-packages/fail2ban 2>/dev/null)
if [ -z "$fail2ban" ]; then
    echo "ok - ignoreip beside fail2ban # SKIP fail2ban is not installed"
    exit 0
fi
rw=${IGNORE_RW:-build/unit/ignore_rw}
[ -n "${IGNORE_RW:-}" ] || make --no-print-directory "$rw" >/dev/null || {
    echo "not ok - $rw builds"
    exit 1
}
[ -n "${SOAK:-}" ] && lists=3000 || lists=300
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${F2B_PATH:-${fail2ban%/*}} \
    exec python3 -W ignore - "$rw" "${SEED:-$(date +%s)}" $lists \
    "${GAOL:-build/gaol}" <<'PY'
import logging, random, subprocess, sys
logging.disable(logging.CRITICAL)
from fail2ban.server.filter import Filter
from fail2ban.server.ipdns import DNSUtils, IPAddr
try:
    from fail2ban.server.ipdns import FileIPAddrSet
    old = False
except ImportError:
    old = True    # 1.0.2: no file: entries

rw, seed, lists, gaol = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
r = random.Random(seed)
names = {}
DNSUtils.dnsToIp = staticmethod(lambda name: {IPAddr(a) for a in names.get(name, ())})


class Jail:
    name = "j"
    filter = actions = None
    database = None


# Few networks, so that lists and questions meet.
def v4():
    return "%d.%d.%d.%d" % (r.choice((10, 192)), r.choice((0, 1)), r.choice((0, 2, 255)),
                            r.choice((0, 1, 7, 128, 255)))


def v6():
    return "2001:db8:%x:%x::%x" % (r.choice((0, 1)), r.choice((0, 0xffff)), r.choice((1, 2)))


def netmask(n):
    bits = (0xffffffff << (32 - n)) & 0xffffffff
    return ".".join(str(bits >> s & 255) for s in (24, 16, 8, 0))


def entry():
    kind = r.randrange(9)
    if kind == 0:
        return "%s/%d" % (v4(), r.randrange(0, 33))
    if kind == 1:
        return "%s/%s" % (v4(), netmask(r.randrange(1, 33)))
    if kind == 2:
        return "%s/%d" % (v6(), r.choice((0, 16, 32, 47, 48, 64, 127, 128)))
    if kind == 3:
        return v6()
    if kind == 4:
        return "::ffff:" + v4()
    if kind == 5:
        name = "h%d.example" % r.randrange(20)
        names[name] = [r.choice((v4, v6))() for _ in range(r.randrange(4))]
        return name
    if kind == 6:
        return "[%s]" % v6()
    return v4()


def question():
    return r.choice((v4, v6, lambda: "::ffff:" + v4()))()


commands, wanted = [], []
for _ in range(lists):
    names.clear()
    entries = [entry() for _ in range(r.randrange(1, 8))]
    f = Filter(Jail())
    f.ignoreSelf = False
    for e in entries:
        f.addIgnoreIP(e)
    commands.append("list " + " ".join(entries))
    for name, addresses in names.items():
        commands.append("name %s %s" % (name, " ".join(addresses)))
    for _ in range(40):
        q = question()
        commands.append("ask " + q)
        wanted.append((entries, q, f.inIgnoreIPList(IPAddr(q))))
out = subprocess.run([rw], input="\n".join(commands) + "\n", capture_output=True,
                     text=True).stdout.split()
failed = len(out) != len(wanted)
differ = [(e, q, w, g) for (e, q, w), g in zip(wanted, out) if w != (g != "no")]
for e, q, w, g in differ[:5]:
    print("# %s in %s: fail2ban %s, gaol %s" % (q, e, w, g))
spared = sum(w for _, _, w in wanted)
failed |= bool(differ) or not spared or spared == len(wanted)
print("%s - %d questions of %d lists, %d spared (seed %d)"
      % ("not ok" if failed else "ok", len(wanted), lists, spared, seed))

# Chosen: text that is listed spares an id of the same text; to fail2ban only
# what it means as a host's name counts.
f = Filter(Jail())
f.ignoreSelf = False
f.addIgnoreIP("user_1")
theirs = f.inIgnoreIPList(IPAddr("user_1", IPAddr.CIDR_RAW))
ours = subprocess.run([rw], input="list user_1\nask user_1\nask user_2\n",
                      capture_output=True, text=True).stdout.split()
good = not theirs and ours == ["ip", "no"]
print("%s - a raw id: not spared by fail2ban, spared here" % ("ok" if good else "not ok"))
failed |= not good

if not old:
    import os, tempfile
    with tempfile.NamedTemporaryFile("w", delete=False) as t:
        t.write("# c\n192.0.2.1 192.0.2.2,10.0.0.0/8\n;192.0.2.3\n192.0.2.4 #192.0.2.5\n")
    f = Filter(Jail())
    f.ignoreSelf = False
    f.addIgnoreIP("file:" + t.name)
    asked = ["192.0.2.%d" % i for i in range(1, 7)] + ["10.1.1.1", "11.1.1.1"]
    want = [f.inIgnoreIPList(IPAddr(a)) for a in asked]
    text = open(t.name).read()
    os.unlink(t.name)
    got = []
    # One line here, so the comments end it: entry by entry.
    rest = [l.split("#")[0].split(";")[0] for l in text.splitlines()]
    ours = subprocess.run([rw], input="list file:/x\nfile /x %s\n%s\n" % (
        " ".join(rest), "\n".join("ask " + a for a in asked)), capture_output=True,
        text=True).stdout.split()
    good = want == [o != "no" for o in ours]
    print("%s - a file" % ("ok" if good else "not ok"))
    failed |= not good

# What a line with a host's name is counted for.
for layout in ("ip", "id", "host"):
    def run(program):
        return subprocess.run([*program, "-o", layout, "--usedns", "yes",
                               "2026-01-01 00:00:00 bad localhost", "^ bad <HOST>$"],
                              capture_output=True, text=True).stdout
    want, got = run(["fail2ban-regex"]), run([gaol, "regex"])
    good = sorted(want.split()) == sorted(got.split())
    print("%s - a host's name, -o %s" % ("ok" if good else "not ok", layout))
    if not good:
        print("# fail2ban %r, gaol %r" % (want, got))
    failed |= not good
sys.exit(failed)
PY
