#!/usr/bin/env bash
# 300 mangled copies of the stock tree, judged beside fail2ban-client -d of
# the installed fail2ban (mutants.py tells how); SOAK=1: 5,000.
set -u
cd "$(dirname "$0")/../.."
if [ ! -x /usr/bin/fail2ban-client ] || [ ! -d /etc/fail2ban ]; then
    echo "ok - mutants # SKIP fail2ban is not installed"
    exit 0
fi
count=300
[ -n "${SOAK:-}" ] && count=5000
exec python3 tests/golden/mutants.py build/gaol $count
