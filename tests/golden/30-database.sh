#!/usr/bin/env bash
# The database in company: fail2ban's own code reads what our store wrote, and
# our store reads, and goes on writing, what fail2ban's code wrote.
set -u
cd "$(dirname "$0")/../.."

fail2ban=$(ls -d /usr/lib/python3/dist-packages/fail2ban 2>/dev/null)
if [ -z "$fail2ban" ]; then
    echo "ok - database in company # SKIP fail2ban is not installed"
    exit 0
fi
rw=${STORE_RW:-build/unit/store_rw}
[ -n "${STORE_RW:-}" ] || make --no-print-directory "$rw" >/dev/null || {
    echo "not ok - $rw builds"
    exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
now=$(date +%s)

# same WHAT EXPECTED FOUND
same() {
    if [ "$2" = "$3" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        diff <(echo "$2") <(echo "$3") | sed 's/^/# /'
        bad=1
    fi
}

# Runs Python with fail2ban's database `db` open and a few helpers.
upstream() {
    local file=$1
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${fail2ban%/*} python3 -W ignore \
        - "$file" "$now" <<PY
import sys, logging
logging.disable(logging.CRITICAL)
from fail2ban.server.database import Fail2BanDb
from fail2ban.server.ticket import FailTicket

class Actions:
    def getBanTime(self): return 600

class Jail:
    actions = Actions()
    def __init__(self, name): self.name = name
    def getMaxBanTime(self): return 600

class Log:
    def __init__(self, name, hash, pos): self.v = name, hash, pos
    def getFileName(self): return self.v[0]
    def getHash(self): return self.v[1]
    def getPos(self): return self.v[2]

def show(tickets):
    for t in sorted(tickets, key=lambda t: str(t.getID())):
        print("%s|%d|%s|%d|%d|%s|%s" % (t.getID(), t.getTime(),
            t.getBanTime(), t.getBanCount(), t.getAttempt(),
            t.getData("user") or "", "+".join(t.getMatches())))

now = int(sys.argv[2])
sshd = Jail("sshd")
db = Fail2BanDb(sys.argv[1])
$(cat)
db.close()
PY
}

# --- ours, read by upstream ---------------------------------------------------
"$rw" write "$work/ours" "$now" || bad=1
same "fail2ban restores our bans" "\
192.0.2.1|$((now - 30))|600|1|5|root|a+b ä
198.51.100.0/24|$((now - 20))|600|1|5||
2001:db8::1|$((now - 20))|-1|1|5||
raw � id|$((now - 20))|600|1|5||" "$(upstream "$work/ours" <<'PY'
show(db.getCurrentBans(jail=sshd, forbantime=-1, fromtime=now,
    correctBanTime=False))
PY
)"
same "fail2ban cuts a permanent ban to the jail's bantime" "600" \
    "$(upstream "$work/ours" <<'PY'
print(*set(t.getBanTime() for t in db.getCurrentBans(jail=sshd,
    forbantime=600, fromtime=now)))
PY
)"
same "fail2ban merges the history we wrote" "8 a+b ä+old root" \
    "$(upstream "$work/ours" <<'PY'
t = db.getBansMerged(ip="192.0.2.1", jail=sshd)
m = t.getMatches()
print(t.getAttempt(), "+".join(sorted(m)), t.getData("user"))
PY
)"
same "fail2ban finds our jails and positions" "\
['sshd']
['/var/log/auth.log']
4711 None" "$(upstream "$work/ours" <<'PY'
print(sorted(db.getJailNames(enabled=True)))
print(sorted(db.getLogPaths(sshd)))
print(db.addLog(sshd, Log("/var/log/auth.log",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709", 0)),
    db.addLog(sshd, Log("/var/log/auth.log", "other", 0)))
PY
)"
"$rw" unban "$work/ours" sshd 192.0.2.1 || bad=1
same "what we unbanned is gone for fail2ban too" "[] None" \
    "$(upstream "$work/ours" <<'PY'
print(db.getBan("192.0.2.1", jail=sshd), db.getBansMerged(ip="192.0.2.1",
    jail=sshd))
PY
)"

# --- upstream's, read by us ---------------------------------------------------
upstream "$work/theirs" <<'PY'
for name in ("sshd", "other"): db.addJail(Jail(name))
def ban(jail, ip, time, bantime=None, matches=(), data={}, count=1):
    t = FailTicket(ip, time, list(matches), data)
    t.setAttempt(len(matches))
    if bantime is not None: t.setBanTime(bantime)
    t.setBanCount(count)
    db.addBan(Jail(jail), t)
ban("sshd", "192.0.2.1", now - 300)
ban("sshd", "192.0.2.1", now - 30.4, 700,
    [("Nov 21 ", "22:08:12", " line ä"), "plain"], {"user": "admin"}, 3)
ban("sshd", "2001:db8::1", now - 20, -1)
ban("sshd", "192.0.2.128/25", now - 10)
ban("sshd", "some user", now - 10)
ban("sshd", "192.0.2.9", now - 700)
ban("other", "192.0.2.1", now - 5)
db.addLog(sshd, Log("/var/log/auth.log",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709", 815))
db.updateJournal(sshd, "systemd-journal", now + 0.5, "2026-11-21T22:08:12")
db.delJail(Jail("other"))
PY
theirs="\
sshd|192.0.2.1|$((now - 30))|700|3|2|admin|Nov 21 22:08:12 line ä+plain
sshd|2001:db8::1|$((now - 20))|-1|1|0||
sshd|192.0.2.128/25|$((now - 10))|600|1|0||
sshd|some user|$((now - 10))|600|1|0||
other|192.0.2.1|$((now - 5))|600|1|0||"
same "we restore fail2ban's bans" "$theirs" \
    "$("$rw" read "$work/theirs" "$now")"
same "we find fail2ban's positions" "\
da39a3ee5e6b4b0d3255bfef95601890afd80709 815
2026-11-21T22:08:12 $now" "$(
    "$rw" position "$work/theirs" sshd /var/log/auth.log
    "$rw" position "$work/theirs" sshd systemd-journal)"
"$rw" write "$work/theirs" "$now" || bad=1
same "fail2ban goes on with a file that both wrote" "\
192.0.2.1|root
192.0.2.128/25|
198.51.100.0/24|
2001:db8::1|
raw � id|
some user|
ok" "$(upstream "$work/theirs" <<'PY'
for t in db.getCurrentBans(jail=sshd, forbantime=-1, fromtime=now):
    print("%s|%s" % (t.getID(), t.getData("user") or ""))
db.purge()
t = FailTicket("203.0.113.1", now, [])
db.addBan(sshd, t)
print(*db._db.execute("PRAGMA integrity_check").fetchone())
PY
)"
same "and we with one that it wrote last" \
    "sshd|203.0.113.1|$now|600|0|0||" \
    "$("$rw" read "$work/theirs" "$now" | grep 203.0.113.1)"

# --- the tables themselves ----------------------------------------------------
upstream "$work/plain" </dev/null
tables() {
    python3 - "$1" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for name, in db.execute("SELECT name FROM sqlite_master"
        " WHERE type = 'table' AND name NOT LIKE 'gaol_%' ORDER BY name").fetchall():
    print(name)
    for what in ("table_info", "foreign_key_list"):
        for row in db.execute("PRAGMA %s(%s)" % (what, name)):
            print(" ", what, *(str(v).lower() for v in row))
    for row in sorted(db.execute("PRAGMA index_list(%s)" % name),
            key=lambda r: r[1]):
        columns = db.execute("PRAGMA index_info(%s)" % row[1]).fetchall()
        print("  index", *row[1:], [c[2] for c in columns])
print(*db.execute("SELECT version FROM fail2banDb").fetchall())
PY
}
same "our tables are fail2ban's to the last index" \
    "$(tables "$work/plain")" "$(tables "$work/ours")"
exit $bad
