#!/usr/bin/env bash
# Shell actions: Debian's stock configuration bans with real iptables, and what
# slow, hanging and dying commands do to the rest.
set -eu
cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "ok - actions # SKIP needs root"; exit 0; }
unshare -n true 2>/dev/null ||
    { echo "ok - actions # SKIP needs network namespaces"; exit 0; }
exec unshare -n --kill-child --fork python3 60-actions.py
