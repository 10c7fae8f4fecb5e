#!/usr/bin/env bash
# A restart removes and adds no element of the kernel's sets.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 52-restart.py
