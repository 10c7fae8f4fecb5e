#!/usr/bin/env bash
# Counting by networks (ipv4_prefix, ipv6_prefix), from the log to the kernel.
# In a network namespace of its own.
set -u
if [ "$(id -u)" != 0 ]; then
    echo "ok - networks # SKIP needs root"
    exit 0
fi
cd "$(dirname "$0")" || exit 1
exec unshare --net sh -c 'ip link set lo up &&
    ip addr add 198.51.100.9/24 dev lo &&
    exec python3 66-networks.py'
