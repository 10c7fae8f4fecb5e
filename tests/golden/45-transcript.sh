#!/usr/bin/env bash
# One script of commands, three times: fail2ban's Python client drives
# fail2ban-server, the same client drives gaold, and gaol as fail2ban-client
# drives gaold. What they print and how they end is the same, apart from the
# differences that transcript/differences.py names.
set -u
cd "$(dirname "$0")"
[ -d /usr/lib/python3/dist-packages/fail2ban ] || {
    echo "ok - transcript # SKIP no fail2ban"
    exit 0
}
[ "$(id -u)" = 0 ] || { echo "ok - transcript # SKIP needs root"; exit 0; }
exec unshare -n --kill-child --fork python3 transcript/run.py
