#!/usr/bin/env bash
# The systemd journal as the source of a jail. In namespaces of its own, so
# that neither the host's ruleset nor its journal is touched.
set -u
if [ "$(id -u)" != 0 ]; then
    echo "ok - journal # SKIP needs root"
    exit 0
fi
if [ ! -x /usr/lib/systemd/systemd-journal-remote ]; then
    echo "ok - journal # SKIP no systemd-journal-remote to make journals with"
    exit 0
fi
cd "$(dirname "$0")" || exit 1
if ! ldd ../../build/gaold | grep -q libsystemd; then
    echo "ok - journal # SKIP built without libsystemd"
    exit 0
fi
exec unshare --net --mount --propagation private sh -c '
    ip link set lo up
    mount -t tmpfs -o mode=755 tmpfs /run &&
    mount -t tmpfs -o mode=755 tmpfs /var/log &&
    exec python3 61-journal.py'
