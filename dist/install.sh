#!/bin/sh
# install.sh install|uninstall: what `make install` copies where. The variables
# are the Makefile's: B SBINDIR BINDIR MANDIR SHAREDIR SYSCONFDIR SYSTEMDDIR,
# DESTDIR before all of them, COMPAT for fail2ban's names.
set -eu
cd "$(dirname "$0")/.."

# put MODE FROM TO: installs it, with the paths filled in, or removes it.
put() {
    to=$DESTDIR$3
    if [ "$what" = uninstall ]; then
        rm -f "$to"
        return
    fi
    install -d "${to%/*}"
    case $2 in
    dist/*)
        sed -e "s|@SBINDIR@|$SBINDIR|g; s|@BINDIR@|$BINDIR|g" "$2" >"$to.new"
        chmod "$1" "$to.new"
        mv "$to.new" "$to"
        ;;
    *)
        install -m "$1" "$2" "$to"
        ;;
    esac
}

# alias TARGET TO: a name of fail2ban's; never removes another program.
alias_to() {
    to=$DESTDIR$2
    if [ "$what" = install ]; then
        [ -z "$COMPAT" ] || ln -sf "$1" "$to"
    elif [ "$(readlink "$to")" = "$1" ]; then
        rm -f "$to"
    fi
}

what=$1
put 755 "$B/gaold" "$SBINDIR/gaold"
put 755 "$B/gaol" "$BINDIR/gaol"
for f in filter.d/* jail.d/* action.d/*; do
    put 644 "$f" "$SHAREDIR/$f"
done
for f in man/*.[1-8]; do
    put 644 "$f" "$MANDIR/man${f##*.}/${f##*/}"
done
put 644 dist/exim-json.conf "$SHAREDIR/exim-json.conf"
put 644 dist/gaol.service "$SYSTEMDDIR/system/gaol.service"
put 644 dist/gaol.sysusers "$SYSTEMDDIR/../sysusers.d/gaol.conf"
put 644 dist/gaol.tmpfiles "$SYSTEMDDIR/../tmpfiles.d/gaol.conf"
put 644 dist/gaol.logrotate "$SYSCONFDIR/logrotate.d/gaol"
alias_to gaold "$SBINDIR/fail2ban-server"
alias_to gaol "$BINDIR/fail2ban-client"
alias_to gaol "$BINDIR/fail2ban-regex"
if [ "$what" = uninstall ]; then
    for d in filter.d jail.d action.d; do
        rmdir "$DESTDIR$SHAREDIR/$d" 2>/dev/null || true
    done
    rmdir "$DESTDIR$SHAREDIR" 2>/dev/null || true
elif [ -z "$DESTDIR" ]; then
    echo "users and directories: systemd-sysusers; systemd-tmpfiles --create"
fi
