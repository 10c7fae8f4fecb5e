#!/usr/bin/env bash
# Host names in logs and in ignoreip, looked up by the resolver.
set -eu
cd "$(dirname "$0")"
command -v dnsmasq >/dev/null || {
    echo "ok - all of it # SKIP needs dnsmasq"
    exit 0
}
exec unshare -n -m --kill-child --fork python3 64-names.py
