#!/usr/bin/env bash
# gaol regex reads packed logs, pipes and broken files; shows progress on a
# terminal; --bench adds up.
set -u
cd "$(dirname "$0")/../.." || exit 1
gaol=$PWD/${B:-build}/gaol
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
check() { # check WHAT TEST…
    local what=$1
    shift
    if "$@"; then
        echo "ok - $what"
    else
        echo "not ok - $what"
        bad=1
    fi
}
regex='^\s*Failed password for \S+ from <HOST> port \d+'
for i in $(seq 1 20000); do
    echo "2026-11-22 01:00:00 h sshd[$i]: Failed password for u$i from 10.$((i / 65536)).$((i / 256 % 256)).$((i % 256)) port 22"
done | sed 's/h sshd\[[0-9]*\]: //' >"$work/log"
ids() { "$gaol" regex -o id "$1" "$regex" 2>"$work/error"; }
ids "$work/log" >"$work/want"
check "plain: every line" [ "$(wc -l <"$work/want")" = 20000 ]

try() { # try SUFFIX COMMAND…
    local suffix=$1
    shift
    if ! command -v "$1" >/dev/null; then
        echo "ok - $suffix # SKIP no $1"
        return
    fi
    "$@" <"$work/log" >"$work/log.$suffix"
    if ! ids "$work/log.$suffix" >"$work/got" &&
        grep -q 'left out of this build' "$work/error"; then
        echo "ok - $suffix # SKIP left out of this build"
        return
    fi
    check "$suffix: as the plain log" cmp -s "$work/want" "$work/got"
    ids - <"$work/log.$suffix" >"$work/got"
    check "$suffix on standard input" cmp -s "$work/want" "$work/got"
    # A pipe that gives the first bytes one by one.
    { head -c 1 "$work/log.$suffix"; sleep 0.05; tail -c +2 "$work/log.$suffix"; } |
        ids - >"$work/got"
    check "$suffix through a slow pipe" cmp -s "$work/want" "$work/got"
    cat "$work/log.$suffix" "$work/log.$suffix" >"$work/twice.$suffix"
    ids "$work/twice.$suffix" >"$work/got"
    check "$suffix: two streams in one file" \
        cmp -s <(cat "$work/want" "$work/want") "$work/got"
    head -c $(($(wc -c <"$work/log.$suffix") / 2)) "$work/log.$suffix" \
        >"$work/cut.$suffix"
    ids "$work/cut.$suffix" >"$work/got"
    status=$?
    check "$suffix: a cut file fails, and says so" \
        eval '[ $status = 1 ] && grep -q "its end is missing" "$work/error"'
    { head -c 40 "$work/log.$suffix"; head -c 4000 "$work/log"; } >"$work/broken.$suffix"
    ids "$work/broken.$suffix" >"$work/got"
    status=$?
    check "$suffix: a broken file fails, and says so" \
        eval '[ $status = 1 ] && grep -q "broken\|its end is missing" "$work/error"'
}
try gz gzip -c
try xz xz -c
try zst zstd -q -c

printf 'BZh91AY' >"$work/log.bz2"
ids "$work/log.bz2" >/dev/null
check "bzip2 is named" grep -q 'bzip2' "$work/error"
mkdir -m 755 "$work/open" && cp "$work/log" "$work/open/secret"
chmod 755 "$work" && chmod 0 "$work/open/secret"
other=()
[ "$(id -u)" = 0 ] && other=(setpriv --reuid 65534 --clear-groups)
"${other[@]}" "$gaol" regex "$work/open/secret" "$regex" >/dev/null 2>"$work/error"
status=$?
check "a log that may not be read: status 1, why" eval \
    '[ $status = 1 ] && grep -q "^ERROR: .*secret: Permission denied" "$work/error"'
: >"$work/empty"
ids "$work/empty" >"$work/got"
status=$?
check "an empty file" eval '[ $status = 0 ] && [ ! -s "$work/got" ]'

"$gaol" regex --bench "$work/log" "$regex" >"$work/bench"
check "--bench: lines, share and expression" eval \
    'grep -q "^Speed: [1-9][0-9]* lines/s, .*(20000 lines in " "$work/bench" &&
     grep -q "^|  *[0-9.]* %  *[0-9.]* s  failregex 1 " "$work/bench" &&
     grep -q "the rest" "$work/bench"'
"$gaol" regex --bench --json "$work/log" "$regex" >/dev/null 2>&1
check "--bench with --json is misuse" [ $? = 2 ]

if command -v script >/dev/null; then
    cat >"$work/slow.sh" <<EOF
{ head -n 100 "$work/log"; sleep 1.2; tail -n +101 "$work/log"; } |
    "$gaol" regex -o id - '$regex' >"$work/got"
EOF
    script -qec "sh $work/slow.sh" /dev/null </dev/null >"$work/terminal"
    check "a terminal shows lines and a clean end" eval \
        'grep -q "lines, [0-9]*/s" "$work/terminal" && cmp -s "$work/want" "$work/got"'
else
    echo "ok - progress # SKIP no script(1)"
fi
sh -c "{ head -n 100 '$work/log'; sleep 1.2; } | '$gaol' regex -o id - '$regex'" \
    2>"$work/error" >/dev/null
check "no terminal: nothing but results" [ ! -s "$work/error" ]
exit $bad
