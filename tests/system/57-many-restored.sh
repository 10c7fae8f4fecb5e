#!/usr/bin/env bash
# A start with very many bans, in turns of the loop.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 57-many-restored.py
