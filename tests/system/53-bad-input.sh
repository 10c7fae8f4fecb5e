#!/usr/bin/env bash
# One clear message for each kind of bad input, the rest goes on.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 53-bad-input.py
