#!/usr/bin/env bash
# Databases of places where distributions put them, read by the daemon's engine
# behind its sandbox, and replaced while it runs. In namespaces of its own: what
# is put below /usr/share and the like is put on top of it, in memory.
set -u
if [ "$(id -u)" != 0 ]; then
    echo "ok - places # SKIP needs root"
    exit 0
fi
cd "$(dirname "$0")" || exit 1
# shellcheck disable=SC2016
exec unshare --net --mount sh -c '
    ip link set lo up
    top=$(mktemp -d) && mount -t tmpfs top "$top" || exit 1
    for dir in /usr/share /usr/local/share /var/lib; do
        name=$(echo $dir | tr / -)
        mkdir "$top/up$name" "$top/work$name"
        mount -t overlay over -o \
            "lowerdir=$dir,upperdir=$top/up$name,workdir=$top/work$name" $dir &&
            mkdir -p $dir/GeoIP || echo "# nothing can be put on top of $dir"
    done
    python3 76-places.py; rc=$?
    umount -l "$top"; rmdir "$top"
    exit $rc'
