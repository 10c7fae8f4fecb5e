#!/usr/bin/env bash
# A webmail that signs in to a real Dovecot for its users: two logs, one event
# for each sign-in, with the client's address. In a network namespace of its own.
set -u
if [ "$(id -u)" != 0 ]; then
    echo "ok - webmail # SKIP needs root"
    exit 0
fi
case $(dovecot --version 2>/dev/null) in
2.3.*) ;;
*)
    echo "ok - webmail # SKIP dovecot.conf of this test is for Dovecot 2.3"
    exit 0
    ;;
esac
cd "$(dirname "$0")" || exit 1
exec unshare --net sh -c 'ip link set lo up &&
    ip addr add 198.51.100.1/24 dev lo && ip addr add 198.51.100.66/24 dev lo &&
    ip addr add 10.77.0.2/24 dev lo && exec python3 75-webmail.py'
