#!/usr/bin/env bash
# Log files that a pattern matches later join their jail.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 62-patterns.py
