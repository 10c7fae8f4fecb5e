#!/usr/bin/env bash
# The same `get` and `set` to fail2ban-server and to gaold, through fail2ban's
# own Python client: the same replies, and the same effects on lines that are
# written to a log afterwards.
set -u
cd "$(dirname "$0")"
[ -d /usr/lib/python3/dist-packages/fail2ban ] || {
    echo "ok - settings # SKIP no fail2ban"
    exit 0
}
[ "$(id -u)" = 0 ] || { echo "ok - settings # SKIP needs root"; exit 0; }
exec unshare -n --kill-child --fork python3 settings.py
