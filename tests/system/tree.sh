# Sourced after lib.sh by tests whose servers exclude each other: the
# distribution's own packages, unpacked in a tree of their own and laid over
# the server's /usr, /etc and /var. Nothing is installed on the machine.
# shellcheck shell=bash

trees=$build/trees

# fetch_tree NAME PACKAGE…: downloads and unpacks them, once.
fetch_tree() {
    local name=$1 new=$trees/.$$ deb
    shift
    tree=$trees/$name
    [ "$(cat "$tree/unpacked" 2>/dev/null)" = "$*" ] && return
    command -v apt-get >/dev/null || skip_all "no apt-get to fetch $name with"
    mkdir -p "$new/usr" "$new/etc" "$new/var" "$work/debs"
    (cd "$work/debs" && timeout 120 apt-get download -q "$@") \
        >"$work/fetch.log" 2>&1 || {
        rm -rf "$new"
        skip_all "$name: $(tail -n 1 "$work/fetch.log")"
    }
    for deb in "$work"/debs/*.deb; do
        dpkg -x "$deb" "$new" || give_up "unpacking $deb"
    done
    echo "$*" >"$new/unpacked"
    rm -rf "$tree" "$work/debs"
    mv "$new" "$tree"
}

# The packages' files over the machine's; what is written stays in memory.
# shellcheck disable=SC2016
tree_setup='
set -e
tree=$1 work=$2
mkdir "$work/over"
mount -t tmpfs -o mode=755 tmpfs "$work/over"
for d in usr etc var; do
    mkdir -p "$work/over/$d/up" "$work/over/$d/work"
    mount -t overlay overlay -o "lowerdir=$tree/$d:/$d,upperdir=$work/over/$d/up,workdir=$work/over/$d/work" "/$d"
done
for d in lib sbin bin; do
    [ ! -d "$tree/$d" ] || cp -a "$tree/$d/." "/$d/"
done
for f in passwd shadow group gshadow; do
    [ ! -e "$work/$f" ] || mount --bind "$work/$f" "/etc/$f"
done'

# enter_tree: after make_server
enter_tree() {
    server sh -c "$tree_setup" tree "$tree" "$work" 2>"$work/tree.log" ||
        skip_all "no overlay file system: $(tail -n 1 "$work/tree.log")"
}

# add_account NAME ID: a server's own, in the server's account files only
add_account() {
    echo "$1:x:$2:$2::/nonexistent:/usr/sbin/nologin" >>"$work/passwd"
    echo "$1:x:$2:" >>"$work/group"
}

# listens PORT: does the server take connections there?
listens() {
    reaches attacker "$server4" "$1"
}
