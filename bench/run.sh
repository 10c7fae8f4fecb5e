#!/usr/bin/env bash
# `make bench`: measures gaol beside the installed fail2ban in one run, in a
# network namespace of its own. Prints absolute figures and, what counts on a
# shared machine, their ratios. BENCH="match burst latency memory restore load
# events" picks some,
# B=build/x measures another build.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "bench: needs root (namespace, nftables)" >&2; exit 1; }
exec unshare -n --kill-child --fork python3 bench/bench.py "$@"
