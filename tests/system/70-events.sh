#!/usr/bin/env bash
# Mail accesses: from a followed log to the database and out again. In a network
# namespace of its own.
set -u
if [ "$(id -u)" != 0 ]; then
    echo "ok - mail accesses # SKIP needs root"
    exit 0
fi
cd "$(dirname "$0")" || exit 1
exec unshare --net sh -c 'ip link set lo up &&
    ip addr add 198.51.100.9/24 dev lo &&
    exec python3 70-events.py'
