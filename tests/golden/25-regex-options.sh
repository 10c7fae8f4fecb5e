#!/usr/bin/env bash
# Every option of fail2ban-regex, and every mistake one can make with it,
# beside the installed fail2ban-regex: standard output and exit status. What
# differs on purpose is named in regex/options.py, with its reason.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ ! -x /usr/bin/fail2ban-regex ] || [ ! -e /etc/fail2ban/filter.d/sshd.conf ]; then
    echo "ok - options of fail2ban-regex # SKIP fail2ban is not installed"
    exit 0
fi
fail2ban=$(ls -d /usr/lib/python3/dist-packages/fail2ban 2>/dev/null)
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${fail2ban%/*} exec /usr/bin/python3 tests/golden/regex/options.py \
    "${B:-build}/fail2ban-regex"
