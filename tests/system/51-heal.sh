#!/usr/bin/env bash
# Somebody flushes or deletes our tables; all is back within a second.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 51-heal.py
