#!/usr/bin/env bash
# What gaol and fail2ban-client print, against fail2ban's own beautifier and
# against the expected files in layout/.
set -eu
cd "$(dirname "$0")/../.."
command -v python3 >/dev/null || { echo "ok - layouts # SKIP no python3"; exit 0; }
exec python3 tests/golden/layout/compare.py "${B:-build}"
