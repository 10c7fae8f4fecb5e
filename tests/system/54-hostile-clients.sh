#!/usr/bin/env bash
# Clients that send nonsense, too much, or two things at once.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 54-hostile-clients.py
