#!/usr/bin/env bash
# Many bans, and the daemon still answers.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 57-many-bans.py
