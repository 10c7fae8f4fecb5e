#!/usr/bin/env bash
# Log targets and their options, beside fail2ban's; rotation; what cannot be
# opened. In a /run of its own: the journal's socket is the test's.
set -eu
cd "$(dirname "$0")"
exec unshare -nm --kill-child --fork sh -c 'mount -t tmpfs none /run &&
    mkdir -p /run/systemd/journal && exec python3 56-log-targets.py'
