#!/usr/bin/env bash
# Configurations that grow without end are refused within a second and say
# why; files that others may write are refused.
set -u
cd "$(dirname "$0")/../.."
gaol=$PWD/build/gaol
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
umask 022

base() {
    rm -rf "$work/etc"
    mkdir -p "$work/etc/filter.d" "$work/etc/action.d"
    printf '[Definition]\nfailregex = ^f <HOST>$\n' \
        >"$work/etc/filter.d/f.conf"
    printf '[Definition]\nactionban = b\n' >"$work/etc/action.d/a.conf"
    printf '[DEFAULT]\nfilter = f\naction = a\n[j]\nenabled = true\n' \
        >"$work/etc/jail.conf"
}

# refused NAME WORDS: within a second and 64 MB, with these words.
refused() {
    local name=$1 words=$2 rc
    (ulimit -v 65536
        exec timeout 1 "$gaol" check -c "$work/etc") >"$work/out" 2>&1
    rc=$?
    if [ $rc = 1 ] && grep -q "error: .*$words" "$work/out"; then
        echo "ok - $name"
    else
        echo "not ok - $name: status $rc"
        head -c 600 "$work/out" | sed 's/^/# /'
        failed=1
    fi
}

# bomb OPEN CLOSE: ten names, each ten times the one before: 10^9 of the first.
bomb() {
    local i k
    printf 'a0 = x\n'
    for i in 1 2 3 4 5 6 7 8 9; do
        printf 'a%d =' "$i"
        for k in 0 1 2 3 4 5 6 7 8 9; do
            printf ' %sa%d%s' "$1" $((i - 1)) "$2"
        done
        printf '\n'
    done
}

base
for i in $(seq 1000); do
    printf '[INCLUDES]\nbefore = i%d.conf\n' $((i + 1)) >"$work/etc/i$i.conf"
done
printf '[INCLUDES]\nbefore = i1.conf\n' >"$work/etc/jail.local"
refused "a thousand includes in each other" "includes go too deep"

base
{
    printf '[INCLUDES]\nbefore ='
    for i in $(seq 2000); do
        printf '\n  w%d.conf' "$i"
        : >"$work/etc/w$i.conf"
    done
    printf '\n'
} >"$work/etc/jail.local"
refused "two thousand includes beside each other" "includes go too deep"

base
{
    printf '[INCLUDES]\nbefore = a.conf\n  ./a.conf\n  ././a.conf\n'
} | tee "$work/etc/a.conf" >"$work/etc/jail.local"
refused "an include that multiplies under other spellings" \
    "includes go too deep"

base
{
    printf '[j]\n'
    bomb '%(' ')s'
    printf 'ignorecommand = %%(a9)s\n'
} >"$work/etc/jail.local"
refused "10^9 characters by %(name)s" "grows beyond"

base
{
    printf '[Definition]\nfailregex = <a9>\n'
    bomb '<' '>'
} >"$work/etc/filter.d/f.conf"
refused "10^9 characters by <tag>" "grows beyond\|self referencing"

base
{
    printf '[Definition]\nactionban = <a9>\n[Init]\n'
    bomb '<' '>'
} >"$work/etc/action.d/a.conf"
refused "10^9 characters in an action" "grows beyond\|self referencing"

base
head -c 5000000 /dev/zero | tr '\0' '#' >"$work/etc/jail.local"
refused "a file of 5 MB" "accepted: at most"

base
ln -s /dev/zero "$work/etc/filter.d/zero.conf"
printf '[j]\nfilter = zero\n' >"$work/etc/jail.local"
if timeout 1 "$gaol" check -c "$work/etc" 2>&1 |
    grep -q 'zero.conf: warning: is not a plain file; left out'; then
    echo "ok - a filter that never ends is not begun"
else
    echo "not ok - a filter that never ends is not begun"
    failed=1
fi

base
{
    printf '[j]\nbantime.formula = '
    printf '(%.0s' $(seq 900)
    printf '1\n'
} >"$work/etc/jail.local"
refused "a formula of 900 brackets" "nested too deep"

for file in jail.conf action.d/a.conf gaol.conf; do
    for mode in 0666 0602; do
        base
        [ $file = gaol.conf ] && echo 'line_max = 1000;' >"$work/etc/$file"
        chmod $mode "$work/etc/$file"
        refused "$file of mode $mode" "may hold commands and others may write"
    done
    base
    [ $file = gaol.conf ] && echo 'line_max = 1000;' >"$work/etc/$file"
    chown 64801 "$work/etc/$file"
    refused "$file of somebody else" "belongs to uid 64801"
done
base
if "$gaol" check -c "$work/etc" >/dev/null 2>&1; then
    echo "ok - the same without any of this is taken"
else
    echo "not ok - the same without any of this is taken"
    failed=1
fi
exit $failed
