#!/usr/bin/env bash
# The same story told to gaold and to fail2ban: the same lines in their logs.
set -eu
cd "$(dirname "$0")"
[ -x "$(command -v fail2ban-server)" ] || {
    echo "ok - log lines # SKIP fail2ban is not installed"
    exit 0
}
exec unshare -n --kill-child --fork python3 -W ignore 66-log-lines.py
