#!/usr/bin/env bash
# What stands behind ignoreip: names, files, this machine's own names.
set -eu
cd "$(dirname "$0")"
command -v dnsmasq >/dev/null || {
    echo "ok - all of it # SKIP needs dnsmasq"
    exit 0
}
exec unshare -n -m --kill-child --fork python3 65-ignoreip.py
