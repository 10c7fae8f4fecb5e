#!/usr/bin/env bash
# From a running fail2ban to gaold and back, under attack: the counter behind
# every ban says whether a packet of a banned address ever got through.
cd "$(dirname "$0")/../.." || exit 1
skip() {
    echo "ok - take-over and hand-back # SKIP $1"
    exit 0
}
[ "$(id -u)" = 0 ] || skip "needs root"
for tool in nft iptables fail2ban-client; do
    command -v $tool >/dev/null || skip "no $tool"
done
unshare -n true 2>/dev/null || skip "no network namespaces here"
exec unshare -n python3 tests/system/62-takeover.py
