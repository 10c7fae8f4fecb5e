#!/usr/bin/env bash
# Jails, logs and actions that come, change and go by commands.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 65-lifecycle.py
