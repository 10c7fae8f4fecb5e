#!/usr/bin/env bash
# Jails and mail accesses on logs in each envelope. In a network namespace of
# its own.
set -u
if [ "$(id -u)" != 0 ]; then
    echo "ok - envelopes # SKIP needs root"
    exit 0
fi
cd "$(dirname "$0")" || exit 1
exec unshare --net sh -c 'ip link set lo up && exec python3 77-envelopes.py'
