#!/usr/bin/env bash
# kill -9 of each process while bans arrive; nothing may get lost.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 50-kill.py
