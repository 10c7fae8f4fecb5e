#!/usr/bin/env bash
# README's map names every source file that exists, and no other; every
# verb and option table has its manual.
set -u
cd "$(dirname "$0")/.."
bad=0
check() { # check WHAT DIFF
    if [ -z "$2" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        echo "$2" | sed 's/^/# /'
        bad=1
    fi
}
listed=$(sed -n '/^## Map/,/^## /p' README.md | grep -o '`[a-z0-9_./-]*`' |
    tr -d '`' | grep '^src/.*\.[ch]$' | sort)
present=$(find src -name '*.c' | sort)
check "README's map names every .c file below src" \
    "$(comm -3 <(echo "$listed" | grep '\.c$') <(echo "$present"))"
pages=""
for page in gaol.1 gaold.8 gaol.conf.5; do
    [ -s "man/$page" ] || pages="$pages man/$page"
done
check "every program and format has its manual page" "$pages"
lint=$(for page in man/*.[158]; do mandoc -Tlint -Wwarning "$page" 2>&1; done)
check "mandoc finds nothing wrong in the manual" "$lint"
verbs=$(build/gaol help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')
missing=$(for v in $verbs; do
    grep -q "^\.It Cm $v" man/gaol.1 || echo "gaol.1: no entry for '$v'"
done)
[ -n "$verbs" ] || missing="gaol help lists no verb"
check "gaol.1 has an entry for every verb" "$missing"
exit $bad
