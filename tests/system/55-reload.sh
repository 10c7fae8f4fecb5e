#!/usr/bin/env bash
# What a reload changes and what it keeps.
set -eu
cd "$(dirname "$0")"
exec unshare -n --kill-child --fork python3 55-reload.py
