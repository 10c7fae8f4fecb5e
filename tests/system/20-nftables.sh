#!/usr/bin/env bash
# The firewall's programs again, but as a user without any right: all that
# they may do comes from a user namespace of their own. Proves that the
# dialogue needs CAP_NET_ADMIN over its network and nothing else of root.
set -u
cd "$(dirname "$0")/../.."
programs=${PROGRAMS:-build/asan/unit}
failed=0

if [ "$(id -u)" != 0 ]; then
    echo "ok - firewall without root # SKIP only root can become nobody"
    exit 0
fi
work=$(mktemp -d /tmp/gaol-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
if ! "${as_nobody[@]}" unshare -U true 2>/dev/null; then
    echo "ok - firewall without root # SKIP no user namespaces for nobody"
    exit 0
fi
before=$(nft list ruleset 2>/dev/null)
for name in test_nftables test_nft_objects test_nft_heal test_ownaddr; do
    if [ ! -x "$programs/$name" ]; then
        echo "not ok - $programs/$name is not built"
        failed=1
        continue
    fi
    # The build tree may lie where nobody may not go.
    cp "$programs/$name" "$work/$name"
    CMOCKA_MESSAGE_OUTPUT=TAP timeout 200 "${as_nobody[@]}" \
        "$work/$name" >"$work/out" 2>&1
    rc=$?
    grep -E '^(ok|not ok) ([0-9]|- )|^#' "$work/out"
    [ $rc = 0 ] || failed=1
done
if [ "$before" = "$(nft list ruleset 2>/dev/null)" ]; then
    echo "ok - the host's own ruleset is as it was"
else
    echo "not ok - the host's own ruleset has changed"
    failed=1
fi
exit $failed
