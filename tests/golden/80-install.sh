#!/usr/bin/env bash
# make install into a directory: all is there, works from there with what is
# there, fits systemd, and goes again.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
work=$(mktemp -d /tmp/gaol-install.XXXXXX)
trap 'rm -rf "$work"' EXIT
dest=$work/dest
prefix=$dest/usr
failed=0

ok() {
    echo "ok - $1"
}

not_ok() {
    echo "not ok - $1"
    sed 's/^/#   /' "$work/out" | head -n 40
    failed=1
}

# check WHAT COMMAND…: succeeds
check() {
    local what=$1
    shift
    if "$@" >"$work/out" 2>&1; then ok "$what"; else not_ok "$what"; fi
}

refute() {
    local what=$1
    shift
    if "$@" >"$work/out" 2>&1; then not_ok "$what"; else ok "$what"; fi
}

run_make() {
    make --no-print-directory PREFIX=/usr DESTDIR="$dest" "$@"
}

# --- what is installed -----------------------------------------------------

check "make install COMPAT=1" run_make install COMPAT=1
for f in sbin/gaold bin/gaol lib/systemd/system/gaol.service \
    lib/sysusers.d/gaol.conf lib/tmpfiles.d/gaol.conf \
    share/gaol/filter.d/sshd.conf share/gaol/jail.d/00-defaults.conf \
    share/gaol/action.d/nftables.conf share/man/man8/gaold.8 \
    share/man/man1/gaol.1 share/man/man5/gaol.conf.5; do
    check "$f" test -s "$prefix/$f"
done
check "etc/logrotate.d/gaol" test -s "$dest/etc/logrotate.d/gaol"
for f in sbin/fail2ban-server bin/fail2ban-client bin/fail2ban-regex; do
    check "$f leads to a program" test -x "$prefix/$f"
done
check "every manual page is there" \
    test "$(LC_ALL=C ls man)" = \
    "$(find "$prefix/share/man" -type f -printf '%f\n' | LC_ALL=C sort)"
refute "no placeholder is left" \
    grep -r @SBINDIR@\\\|@BINDIR@ "$prefix/lib" "$dest/etc"
refute "nothing is writable by others" \
    sh -c "find '$dest' ! -type l -perm /022 | grep ."

# --- it works from there --------------------------------------------------------

etc=$work/etc
mkdir -p "$etc"
: >"$work/auth.log"
cat >"$etc/jail.conf" <<EOF2
[sshd]
enabled = true
filter = sshd
logpath = $work/auth.log
action = nftables[port=ssh]
EOF2
cat >"$etc/fail2ban.conf" <<EOF2
[Definition]
logtarget = STDOUT
EOF2
share=$prefix/share/gaol
check "the installed gaold -t" \
    "$prefix/sbin/gaold" -t -c "$etc" --share "$share"
check "… which names the jail in -d" sh -c \
    "'$prefix/sbin/gaold' -d -c '$etc' --share '$share' | grep -q \"'add', 'sshd'\""
check "the installed gaol check" \
    "$prefix/bin/gaol" check -c "$etc" --share "$share"
check "the installed fail2ban-client -V" \
    sh -c "'$prefix/bin/fail2ban-client' -V | grep -q ."
echo "Nov 22 01:02:03 h sshd[1]: Failed password for root from 192.0.2.1 port 1 ssh2" \
    >"$work/line.log"
check "the installed fail2ban-regex finds the attack" sh -c \
    "'$prefix/bin/fail2ban-regex' '$work/line.log' '$share/filter.d/sshd.conf' | grep -q '1 matched'"

# --- systemd -----------------------------------------------------------------------

unit=$prefix/lib/systemd/system/gaol.service
if command -v systemd-analyze >/dev/null; then
    # The programs the unit names are not in the place it names here.
    mkdir -p "$work/units"
    sed "s|=/usr/|=$prefix/|" "$unit" >"$work/units/gaol.service"
    systemd-analyze verify --man=no "$work/units/gaol.service" \
        >"$work/verify" 2>&1
    refute "systemd-analyze verify says nothing of it" \
        grep gaol.service "$work/verify"
    score=$(systemd-analyze security --offline=true "$work/units/gaol.service" \
        2>"$work/out" | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
    check "systemd-analyze security: ${score:-no score}, at most 3.0" \
        awk -v s="${score:-10}" 'BEGIN { exit !(s <= 3.0) }'
else
    ok "the unit # SKIP no systemd-analyze"
fi
if command -v systemd-sysusers >/dev/null; then
    mkdir -p "$work/root/etc" "$work/root/usr/lib/sysusers.d"
    cp "$prefix/lib/sysusers.d/gaol.conf" "$work/root/usr/lib/sysusers.d"
    check "systemd-sysusers makes the users" systemd-sysusers \
        --root="$work/root" gaol.conf
    check "… all three" sh -c \
        "[ \$(grep -c '^_gaol[wr]\\?:' '$work/root/etc/passwd') = 3 ]"
    mkdir -p "$work/root/usr/lib/tmpfiles.d"
    cp "$prefix/lib/tmpfiles.d/gaol.conf" "$work/root/usr/lib/tmpfiles.d"
    check "systemd-tmpfiles makes the directories" systemd-tmpfiles \
        --root="$work/root" --create gaol.conf
    check "… the state for the engine alone" test \
        "$(stat -c '%a %u' "$work/root/var/lib/gaol" 2>"$work/out")" = \
        "700 $(awk -F: '$1 == "_gaol" { print $3 }' "$work/root/etc/passwd")"
else
    ok "users and directories # SKIP no systemd-sysusers"
fi
if command -v logrotate >/dev/null; then
    check "logrotate takes the file" \
        logrotate -d "$dest/etc/logrotate.d/gaol"
fi

# --- and goes ---------------------------------------------------------------------------

: >"$prefix/share/gaol/filter.d/mine.conf"
rm "$prefix/bin/fail2ban-regex"
echo other >"$prefix/bin/fail2ban-regex"
check "make uninstall" run_make uninstall
left=$(cd "$dest" && find . ! -type d | sort | tr '\n' ' ')
check "only what others put there is left: $left" test "$left" = \
    "./usr/bin/fail2ban-regex ./usr/share/gaol/filter.d/mine.conf "
check "make install without COMPAT" run_make install
refute "… brings no name of fail2ban's" \
    test -e "$prefix/sbin/fail2ban-server"

# --- the rights that the unit leaves the parent ---------------------------------------------

# caps UNIT: its bounding set as setpriv(1) wants it
caps() {
    sed -n 's/^CapabilityBoundingSet=//p' "$1" | tr 'A-Z ' 'a-z\n' |
        sed 's/^cap_/+/' | tr '\n' ',' | sed 's/,$//'
}

daemon_with_caps() {
    unshare --net --mount --propagation private sh -c '
        mount -t tmpfs tmpfs /run && mkdir /run/x && chmod 755 /run/x
        exec setpriv --bounding-set "-all,$1" "$2" -f -c "$3" \
            --share "$4" -s /run/x/sock -p /run/x/pid' sh \
        "$(caps "$unit")" "$root/build/gaold" "$etc" "$share" \
        >"$work/daemon.log" 2>&1 &
    daemon=$!
    touch "$work/daemon.log"
    for _ in $(seq 100); do
        grep -q "Jail 'sshd' started" "$work/daemon.log" && break
        sleep 0.1
    done
    sleep 0.3
    cp "$work/daemon.log" "$work/out"
    kill "$daemon"
    wait "$daemon" && grep -q "Jail 'sshd' started" "$work/out" &&
        ! grep -q 'ERROR\|lacks' "$work/out"
}

if [ "$(id -u)" = 0 ]; then
    cat >"$etc/gaol.conf" <<EOF2
users = { engine = 64811; warden = 64812; };
EOF2
    cat >>"$etc/fail2ban.conf" <<EOF2
dbfile = $work/state/db.sqlite3
EOF2
    chmod 755 "$work"
    if daemon_with_caps; then
        ok "gaold starts and stops with the unit's capabilities"
    else
        not_ok "gaold starts and stops with the unit's capabilities"
    fi
else
    ok "gaold with the unit's capabilities # SKIP needs root"
fi
exit $failed
