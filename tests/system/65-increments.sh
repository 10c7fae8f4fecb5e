#!/usr/bin/env bash
# bantime.increment from the log to the kernel. In a network namespace of its
# own.
set -u
if [ "$(id -u)" != 0 ]; then
    echo "ok - increments # SKIP needs root"
    exit 0
fi
cd "$(dirname "$0")" || exit 1
exec unshare --net sh -c 'ip link set lo up && exec python3 65-increments.py'
