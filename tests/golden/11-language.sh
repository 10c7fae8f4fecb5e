#!/usr/bin/env bash
# Every rule of the configuration language and every error of it, one small
# tree each, beside fail2ban-client -d of the installed fail2ban: the table is
# tests/data/config/*.cases, its reader language.py.
set -u
cd "$(dirname "$0")/../.."
if [ ! -x /usr/bin/fail2ban-client ]; then
    echo "ok - language # SKIP fail2ban is not installed"
    exit 0
fi
exec python3 tests/golden/language.py build/gaol tests/data/config/*.cases
