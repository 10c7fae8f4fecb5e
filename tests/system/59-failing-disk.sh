#!/usr/bin/env bash
# What a failing database does to bans: nothing. Its file system is the test's.
set -eu
cd "$(dirname "$0")"
exec unshare -nm --kill-child --fork python3 59-failing-disk.py
