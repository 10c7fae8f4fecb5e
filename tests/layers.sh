#!/usr/bin/env bash
# Includes point one way (architecture): base < config < match, source,
# firewall, action, store < jail, access, control < process < tools, programs.
# Rooms of one level do not see each other.
set -u
cd "$(dirname "$0")/.."

level() {
    case $1 in
    base) echo 0 ;;
    config) echo 1 ;;
    match | source | firewall | action | store) echo 2 ;;
    jail | access | control) echo 3 ;;
    process) echo 4 ;;
    tools) echo 5 ;;
    *) echo 6 ;;
    esac
}

bad=0
n=0
while IFS=: read -r file include; do
    from=$(echo "$file" | cut -d/ -f2)
    [ -d "src/$from" ] || from=programs
    to=${include%%/*}
    n=$((n + 1))
    [ "$from" = "$to" ] && continue
    if [ "$(level "$to")" -ge "$(level "$from")" ]; then
        echo "not ok - $file includes $include"
        bad=1
    fi
done < <(grep -rHo '^#include "[^"]*"' src --include='*.[ch]' |
    sed 's/#include "\(.*\)"/\1/')
[ "$n" -gt 0 ] || { echo "not ok - no include was found"; exit 1; }
[ "$bad" = 0 ] && echo "ok - $n includes point downwards"
exit $bad
