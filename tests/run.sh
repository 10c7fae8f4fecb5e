#!/usr/bin/env bash
# Runs the stages named on the command line and closes with one line,
# "N passed, N failed, N skipped". Every test program speaks TAP ("ok …",
# "not ok …", "ok … # SKIP reason"); its whole output is kept below
# build/test-logs/, and shown when something in it failed; the failed checks
# themselves stand once more at the end.
set -u
cd "$(dirname "$0")/.."
logs=build/test-logs
# What is random is the same in each run, but for the long ones.
[ -n "${SOAK:-}" ] || export SEED="${SEED:-20260724}"
mkdir -p "$logs"
passed=0 failed=0 skipped=0 faults=()

log_of() {
    echo "$logs/$(echo "$1" | tr / _).log"
}

# measure NAME SECONDS COMMAND…: one test program; its counts beside its log,
# and what is to be said of it.
measure() {
    local name=$1 limit=$2 log start rc ok bad skip
    shift 2
    log=$(log_of "$name")
    start=$SECONDS
    CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null
    rc=$?
    skip=$(grep -c '^ok.*# SKIP' "$log")
    ok=$(($(grep -c '^ok' "$log") - skip))
    bad=$(grep -c '^not ok' "$log")
    # A program that fails without a "not ok", or tests nothing, has failed.
    if [ "$bad" = 0 ] && { [ $rc -ne 0 ] || [ $((ok + skip)) = 0 ]; }; then
        bad=1
        echo "not ok - $name ended with status $rc after $ok checks" >>"$log"
    fi
    echo "$ok $bad $skip" >"$log.counts"
    {
        printf '%-44s %4d ok %3d failed %3d skipped  %3d s\n' \
            "$name" "$ok" "$bad" "$skip" $((SECONDS - start))
        [ "$bad" = 0 ] || sed 's/^/    /' "$log" | tail -n 60
        [ "$skip" = 0 ] || grep '^ok.*# SKIP' "$log" | sed 's/^/    /'
    } >"$log.said"
}

# tally NAME: says it, and adds it up.
tally() {
    local log ok bad skip
    log=$(log_of "$1")
    cat "$log.said"
    read -r ok bad skip <"$log.counts"
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    [ "$bad" = 0 ] || faults+=("$1")
    rm "$log.said" "$log.counts"
}

run() {
    measure "$@"
    tally "$1"
}

# beside NAME SECONDS COMMAND…: as run, as many at a time as there are
# processors, and `more`: for programs that share nothing. finish says how
# they went.
names=() more=0
beside() {
    while [ "$(jobs -rp | wc -l)" -ge $(($(nproc) + more)) ]; do
        wait -n
    done
    names+=("$1")
    measure "$@" &
}

finish() {
    local name
    wait
    for name in "${names[@]}"; do
        tally "$name"
    done
    names=()
}

stage_unit() {
    local source program
    for source in tests/unit/test_*.c; do
        program=build/asan/unit/$(basename "$source" .c)
        beside "unit/$(basename "$source" .c)" "${UNIT_LIMIT:-1200}" "$program"
    done
    finish
}

# Replays the corpus, then fuzzes for a while: any crash, leak or hang fails.
stage_fuzz() {
    local source name work
    for source in tests/fuzz/fuzz_*.c; do
        name=$(basename "$source" .c)
        work=build/fuzz-work/$name
        mkdir -p "$work"
        beside "fuzz/$name" $((${FUZZ_SECONDS:-4} + 600)) bash -c "
            build/fuzz/fuzz/$name -seed=1 -timeout=10 -rss_limit_mb=1024 \
                -max_total_time=${FUZZ_SECONDS:-4} -print_final_stats=1 \
                -artifact_prefix=$work/ $work tests/fuzz/corpus/${name#fuzz_} &&
            echo 'ok - corpus and ${FUZZ_SECONDS:-4} s without a finding'"
    done
    finish
}

stage_golden() {
    local t more=1     # they wait for fail2ban's naps
    # Several of them use one program: it is made before they run.
    make --no-print-directory -j"$(nproc)" golden-programs >/dev/null
    for t in tests/golden/*.sh; do
        [ -e "$t" ] && beside "golden/$(basename "$t" .sh)" 3600 "$t"
    done
    finish
}

# Each has namespaces of its own.
stage_system() {
    local t more=1     # they wait for what happens
    for t in tests/system/[0-9]*.sh; do
        [ -e "$t" ] &&
            beside "system/$(basename "$t" .sh)" "${SYSTEM_LIMIT:-3600}" "$t"
    done
    finish
}

stage_layers() {
    run layers 60 tests/layers.sh
    [ -x tests/map.sh ] && run map 60 tests/map.sh
    return 0
}

for stage in "$@"; do
    "stage_$stage"
done
for name in "${faults[@]}"; do
    echo "$name:"
    grep '^not ok' -A 20 "$(log_of "$name")" | cut -c -400 | head -n 40 |
        sed 's/^/    /'
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
