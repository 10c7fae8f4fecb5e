#!/usr/bin/env bash
# `make run`: the daemon in the foreground on this machine's own configuration
# and logs, with a state directory below build/ and, unless FIREWALL=1, a
# firewall that only pretends.
set -eu
cd "$(dirname "$0")/.."
dir=build/run
rm -rf "$dir/etc"
mkdir -p "$dir/etc/jail.d" "$dir/state"
source=${CONFIG:-}
if [ -z "$source" ]; then
    source=/etc/fail2ban
    [ -e /etc/gaol/jail.conf ] || [ -d /etc/gaol/jail.d ] && source=/etc/gaol
fi
if [ -d "$source" ]; then
    cp -rL "$source/." "$dir/etc/"
else
    cp jail.d/*.conf "$dir/etc/jail.d/"
    printf '[sshd]\nenabled = true\n' >"$dir/etc/jail.d/zz-run.local"
fi
cat >"$dir/etc/fail2ban.local" <<CONF
[Definition]
socket = $PWD/$dir/gaol.sock
pidfile = $PWD/$dir/gaol.pid
dbfile = $PWD/$dir/state/gaol.sqlite3
logtarget = STDOUT
CONF
if [ -n "${FIREWALL:-}" ]; then
    firewall=nftables
else
    # Pretending holds for shell actions as well: whatever they are called,
    # they do nothing.
    firewall=null
    rm -f "$dir"/etc/action.d/*.local "$dir"/etc/action.d/*.py
    for action in "$dir"/etc/action.d/*.conf; do
        [ -e "$action" ] && printf '[Definition]\nnative = none\n' >"$action"
    done
fi
cat >"$dir/etc/gaol.conf" <<CONF
users = { engine = 64801; warden = 64802; };
firewall = "$firewall";
share = "$PWD";
CONF
echo "configuration $dir/etc (from $source), firewall $firewall;" \
    "ask it with: build/gaol -s $dir/gaol.sock status"
exec build/gaold -f -c "$dir/etc"
