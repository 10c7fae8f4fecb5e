#!/usr/bin/env bash
# fail2ban's pickle on the control socket: clients of all kinds, and hostile
# ones, while somebody pings.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 56-pickle-clients.py
