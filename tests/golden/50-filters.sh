#!/usr/bin/env bash
# Every filter of ours against its samples in tests/data/filters, with gaol
# regex and, as a second opinion, with the installed fail2ban-regex.
# Names of filters as arguments: those only.
set -u
cd "$(dirname "$0")/../.." || exit 1
exec python3 tests/golden/filters.py "$@"
