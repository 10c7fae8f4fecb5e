#!/usr/bin/env bash
# Counting and ban ends beside fail2ban's own managers: the same random
# histories of failures and clock steps must give the same bans, prolongations
# and expiries. SEED=n repeats a run; SOAK=1 runs more of them.
set -u
cd "$(dirname "$0")/../.."

fail2ban=$(ls -d /usr/lib/python3/dist-packages/fail2ban 2>/dev/null)
if [ -z "$fail2ban" ]; then
    echo "ok - counting beside fail2ban # SKIP fail2ban is not installed"
    exit 0
fi
rw=${JAIL_RW:-build/unit/jail_rw}
[ -n "${JAIL_RW:-}" ] || make --no-print-directory "$rw" >/dev/null || {
    echo "not ok - $rw builds"
    exit 1
}
[ -n "${SOAK:-}" ] && histories=1000 || histories=100
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${fail2ban%/*} \
    exec python3 -W ignore - "$rw" "${SEED:-$(date +%s)}" $histories <<'PY'
import logging, random, subprocess, sys
logging.disable(logging.CRITICAL)
from fail2ban.server.banmanager import BanManager
from fail2ban.server.failmanager import FailManager, FailManagerEmpty
from fail2ban.server.mytime import MyTime
from fail2ban.server.ticket import BanTicket, FailTicket

rw, seed, histories = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def history(r):
    now, lines = 1700000000, ["at 1700000000"]
    span = r.choice((3, 60, 700))
    for _ in range(300):
        kind = r.random()
        if kind < 0.25:
            now += r.randrange(span)
            lines.append("at %d" % now)
        else:
            ip = r.choice(("192.0.2.%d" % r.randrange(6), "2001:db8::1",
                "198.51.100.0/24"))
            ago = 0 if kind < 0.7 else r.randrange(2 * span)
            for _ in range(r.choice((1, 1, 1, 2, 5))):
                lines.append("fail %s %d" % (ip, now - ago))
    return lines

def upstream(lines, maxretry, findtime, bantime):
    out, fm, bm = [], FailManager(), BanManager()
    fm.setMaxRetry(maxretry)
    fm.setMaxTime(findtime)
    bm.setBanTime(bantime)
    total, service = 0, 0
    for line in lines:
        word = line.split()
        if word[0] == "at":
            now = int(word[1])
            MyTime.setTime(now)
            if now >= service:
                service = now + 5
                fm.cleanup(now)
            out += sorted("expire %s" % t.getID()
                for t in bm.unBanList(now))
            continue
        total += 1
        fid, time = word[1], int(word[2])
        ticket = FailTicket(fid, time)
        if fm.addFailure(ticket) < maxretry:
            continue
        try:
            ticket = BanTicket.wrap(fm.toBan(ticket.getID()))
        except FailManagerEmpty:
            continue
        reason = {}
        if bm.addBanTicket(ticket, reason=reason):
            out.append("ban %s %d %d" % (ticket.getID(), ticket.getTime(),
                ticket.getAttempt()))
        elif reason.get("prolong"):
            old = reason["ticket"]
            out.append("prolong %s %d" % (old.getID(), old.getBanTime()))
    out.append("state %d %d %d %d" % (total, fm.size(), bm.size(),
        bm.getBanTotal()))
    return out

def ours(lines, *settings):
    run = subprocess.run([rw] + [str(s) for s in settings],
        input="\n".join(lines) + "\n", capture_output=True, text=True)
    if run.returncode != 0:
        return ["status %d %s" % (run.returncode, run.stderr)]
    out, ended = [], []
    # Which of several ends of one moment comes first is nobody's business.
    for line in run.stdout.splitlines():
        if line.startswith("expire"):
            ended.append(line)
        else:
            out += sorted(ended) + [line]
            ended = []
    return out

def merge(out):
    """Sorts each run of expiries: two clock steps may follow each other."""
    result, ended = [], []
    for line in out:
        if line.startswith("expire"):
            ended.append(line)
        else:
            result += sorted(ended) + [line]
            ended = []
    return result

print("# seed %d" % seed)
bad = bans = prolonged = 0
for i in range(histories):
    r = random.Random(seed + i)
    lines = history(r)
    settings = r.randrange(1, 7), r.choice((1, 10, 60, 600)), \
        r.choice((1, 60, 600, 3600, -1))
    theirs = merge(upstream(lines, *settings))
    bans += sum(l.startswith("ban") for l in theirs)
    prolonged += sum(l.startswith("prolong") for l in theirs)
    mine = ours(lines, *settings)
    if mine != theirs:
        bad += 1
        if bad == 1:
            at = next((k for k, (a, b) in enumerate(zip(theirs, mine))
                if a != b), min(len(theirs), len(mine)))
            print("# history %d, settings %r, at answer %d" %
                (seed + i, settings, at))
            print("# fail2ban: %s" % theirs[at:at + 3])
            print("# ours:     %s" % mine[at:at + 3])
if bad or bans < histories or prolonged == 0:
    print("not ok - %d of %d histories differ (%d bans, %d prolonged)" %
        (bad, histories, bans, prolonged))
    sys.exit(1)
print("ok - %d histories, %d bans, %d prolonged, as fail2ban decides" %
    (histories, bans, prolonged))
PY
