#!/usr/bin/env bash
# deps.sh build|test: installs what is missing through the distribution's
# package manager. Does nothing, and needs no network, when all is there.
# Installing a server must not start it: policy-rc.d says no meanwhile and is
# put back as it was afterwards.
set -eu

apt_build="gcc make pkg-config libc6-dev libnftnl-dev libmnl-dev libpcre2-dev
    libconfig-dev libevent-dev libsqlite3-dev libjansson-dev libmd-dev
    nftables iproute2 procps libsystemd-dev
    zlib1g-dev liblzma-dev libzstd-dev libmaxminddb-dev"
apt_test="clang libclang-rt-14-dev libcmocka-dev fail2ban python3 python3-systemd
    python3-pyinotify systemd systemd-journal-remote openssh-server openssh-client sshpass dovecot-core
    dovecot-imapd dovecot-pop3d dovecot-managesieved dovecot-submissiond
    rsyslog iptables sqlite3 mandoc strace jq netcat-openbsd util-linux openssl
    xz-utils zstd tor-geoipdb dnsmasq-base"
# Written for the other package managers, untried so far.
dnf_build="gcc make pkgconf-pkg-config libnftnl-devel libmnl-devel pcre2-devel
    libconfig-devel libevent-devel sqlite-devel jansson-devel libmd-devel
    nftables iproute procps-ng systemd-devel
    zlib-devel xz-devel libzstd-devel libmaxminddb-devel"
dnf_test="clang compiler-rt libcmocka-devel fail2ban python3 openssh-server
    openssh-clients sshpass dovecot dovecot-pigeonhole rsyslog sqlite mandoc
    strace jq nmap-ncat util-linux openssl xz zstd dnsmasq"
pkg_build="gmake pkgconf pcre2 libconfig libevent sqlite3 jansson"
pkg_test="cmocka py311-fail2ban sshpass dovecot rsyslog jq"

missing_deb() {
    local p
    for p in "$@"; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
            grep -q 'install ok installed' || echo "$p"
    done
}

with_services_off() {
    local policy=/usr/sbin/policy-rc.d saved=""
    if [ -e $policy ]; then
        saved=$(mktemp)
        cp -p $policy "$saved"
    fi
    # shellcheck disable=SC2064
    trap "if [ -n '$saved' ]; then cp -p '$saved' $policy; rm -f '$saved'
          else rm -f $policy; fi" EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    "$@"
}

install_apt() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q --no-install-recommends "$@"
}

what=${1:-build}
if command -v apt-get >/dev/null; then
    [ "$what" = build ] && list=$apt_build || list=$apt_test
    # shellcheck disable=SC2086
    missing=$(missing_deb $list)
    [ -n "$missing" ] || exit 0
    [ "$(id -u)" = 0 ] || {
        echo "deps: as root, install:" $missing >&2
        exit 1
    }
    echo "deps: installing" $missing
    # shellcheck disable=SC2086
    with_services_off install_apt $missing
elif command -v dnf >/dev/null; then
    [ "$what" = build ] && list=$dnf_build || list=$dnf_test
    # shellcheck disable=SC2086
    rpm -q $list >/dev/null 2>&1 || dnf install -y $list
elif command -v pkg >/dev/null; then
    [ "$what" = build ] && list=$pkg_build || list=$pkg_test
    # shellcheck disable=SC2086
    pkg info -e $list >/dev/null 2>&1 || pkg install -y $list
else
    echo "deps: no known package manager (apt-get, dnf, pkg); needed:" >&2
    [ "$what" = build ] && echo $apt_build >&2 || echo $apt_test >&2
    exit 1
fi
