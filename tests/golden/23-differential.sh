#!/usr/bin/env bash
# gaol regex beside the installed fail2ban-regex, with its stock filters, on
# generated logs full of hostile text: the same failures, of the same ids and
# users, at the same times. SEED=n repeats a run; SOAK=1: 200,000 lines a kind.
set -u
cd "$(dirname "$0")/../.."
gaol=${GAOL:-build/gaol}
conf=${CONF:-/etc/fail2ban}
if ! command -v fail2ban-regex >/dev/null || [ ! -e "$conf/filter.d/sshd.conf" ]; then
    echo "ok - gaol regex on generated logs # SKIP no fail2ban installed"
    exit 0
fi
[ -n "${SOAK:-}" ] && lines=100000 || lines=${LINES_EACH:-5000}
seed=${SEED:-$(date +%s)}
echo "# SEED=$seed"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC LC_ALL=C.UTF-8
failed=0

# compare LOG FILTER LEAST: at least so many in a hundred lines are failures.
compare() {
    local layout='<ip>|<time>|<F-USER>' want=$work/want got=$work/got n
    fail2ban-regex -c "$conf" --usedns no -o "$layout" "$work/$1" "$2" \
        >"$want" 2>"$work/err" || cat "$work/err"
    "$gaol" regex -c "$conf" --usedns no -o "$layout" "$work/$1" "$2" \
        >"$got" 2>"$work/err" || cat "$work/err"
    # gaol escapes control bytes, and writes whole seconds as such; users
    # that fail2ban has none of, it calls None; a line without a stamp is of
    # now. What looks like an address and is none ("2001:db8:0", cut off) is a
    # failure of that text to fail2ban, and none to gaol.
    python3 - "$want" "$got" <<'PY'
import ipaddress
import re
import sys
import time
def escape(m):
    return b"\\x%02x" % m.group()[0]
def known(row):
    id = row.split(b"|")[0]
    if not re.fullmatch(rb"[0-9a-fA-F:.]+", id):
        return True
    try:
        ipaddress.ip_address(id.decode())
    except ValueError:
        return False
    return True
def when(m):
    t = float(m.group(1))
    return b"|now|" if t > time.time() - 3600 else b"|%.6f|" % t
for path in sys.argv[1:]:
    with open(path, "rb") as f:
        text = f.read()
    text = re.sub(rb"[\x00-\x08\x0b-\x1f\x7f]", escape, text)
    text = re.sub(rb"\|(\d+(?:\.\d+)?)\|", when, text)
    text = re.sub(rb"(?m)\|None$", b"|", text)
    rows = text.split(b"\n")
    if path == sys.argv[1]:
        rows = [r for r in rows if known(r)]
    with open(path, "wb") as f:
        f.write(b"\n".join(rows))
PY
    n=$(wc -l <"$want")
    if cmp -s "$want" "$got" && [ "$n" -ge $((lines * $3 / 100)) ]; then
        echo "ok - $1, $2: $n failures in $lines lines, as fail2ban-regex"
    else
        echo "not ok - $1, $2: $n failures in $lines lines"
        diff "$want" "$got" | cat -v | cut -c1-200 | head -n 10
        failed=1
    fi
}

# A lone "::" is an address from fail2ban 1.1 on, and may complete a session:
# there is none in these logs.
for style in syslog iso; do
    for kind in sshd dovecot exim postfix nginx; do
        PYTHONDONTWRITEBYTECODE=1 python3 tests/golden/logs.py "$kind" \
            "$style" "$seed" "$lines" | LC_ALL=C sed -E \
            's/(^|[^0-9A-Fa-f:])::($|[^0-9A-Fa-f:])/\1::1\2/g' \
            >"$work/$kind.$style"
    done
    compare sshd.$style sshd 20
    compare sshd.$style 'sshd[mode=aggressive]' 20
    compare dovecot.$style 'dovecot[mode=aggressive]' 20
    compare exim.$style 'exim[mode=aggressive]' 15
    compare postfix.$style 'postfix[mode=aggressive]' 20
    compare nginx.$style 'nginx-http-auth[mode=aggressive]' 7
    compare nginx.$style nginx-limit-req 5
done
exit $failed
