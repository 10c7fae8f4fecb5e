#!/usr/bin/env bash
# How long mail accesses are kept by a daemon that runs. In a network namespace
# of its own.
set -u
if [ "$(id -u)" != 0 ]; then
    echo "ok - retention # SKIP needs root"
    exit 0
fi
cd "$(dirname "$0")" || exit 1
exec unshare --net sh -c 'ip link set lo up &&
    ip addr add 198.51.100.9/24 dev lo &&
    exec python3 70-retention.py'
