#!/usr/bin/env bash
# A jail's name as REGEX, which fail2ban-regex has since 1.1 (the installed
# 1.0.2 takes it for a filter, or for an expression), and -i: what is used, and
# that the jail's filter is tried as the jail uses it.
set -u
cd "$(dirname "$0")/../.." || exit 1
gaol=${B:-build}/gaol
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TZ=UTC LC_ALL=C.UTF-8
bad=0
check() { # check WHAT WANTED GOT
    if [ "$2" = "$3" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        diff <(echo "$2") <(echo "$3") | head -n 20
        bad=1
    fi
}

mkdir -p "$work/etc/filter.d"
: >"$work/etc/fail2ban.conf"
cat >"$work/etc/jail.conf" <<'EOF'
[INCLUDES]
[DEFAULT]
usedns = no
[web]
filter = web[mode=extra]
maxlines = 2
datepattern = ^%%Y-%%m-%%d %%H:%%M:%%S
logtimezone = UTC+0300
logpath = /nonexistent/*.log
action = nosuch-action
ignoreregex = 192\.0\.2\.2$
[bare]
failregex = of \S+ from <HOST>$
[both]
enabled = false
filter = other
[broken]
filter = nosuch
[names]
filter = other
usedns = raw
[latin]
filter = other
logencoding = latin-1
EOF
cat >"$work/etc/filter.d/web.conf" <<'EOF'
[Definition]
re_normal = no such thing
re_extra = of \S+ from
failregex = <re_<mode>> <HOST>$
ignoreregex = 192\.0\.2\.1$
[Init]
mode = normal
EOF
printf '[Definition]\nfailregex = other <HOST>\n' >"$work/etc/filter.d/other.conf"
printf '[Definition]\nfailregex = both <HOST>\n' >"$work/etc/filter.d/both.conf"
for i in 1 2 3; do
    echo "2026-11-20 10:00:0$i app: of b$i from 192.0.2.$i"
done >"$work/log"
regex() { "$gaol" regex -c "$work/etc" --share /nonexistent "$@" 2>&1; }
used() { regex "$@" | sed -n '/^Use/p;/^Real/p;/^Lines/p;/^ERROR/p'; }

check "a jail: its filter, options, maxlines, datepattern, ignoreregex" \
"Use             jail : web
Use         maxlines : 2
Use      datepattern : ^%Y-%m-%d %H:%M:%S : ^Year-Month-Day 24hour:Minute:Second
Use         log file : $work/log
Use         encoding : UTF-8
Lines: 3 lines, 1 ignored, 2 matched, 0 missed" "$(used "$work/log" web)"
check "… and its time zone" "192.0.2.1 $(date -d '2026-11-20 07:00:01Z' +%s).0" \
    "$(regex -o '<ip> <time>' "$work/log" web | head -n 1)"
check "… which an option replaces" \
    "192.0.2.1 $(date -d '2026-11-20 10:00:01Z' +%s).0" \
    "$(regex --TZ UTC -o '<ip> <time>' "$work/log" web | head -n 1)"
check "options for its filter" \
"Use             jail : web
Use jail/flt options : {'mode': 'normal'}
Real  filter options : {'logtype': 'file', 'datepattern': '^%Y-%m-%d %H:%M:%S', 'mode': 'normal'}
Lines: 3 lines, 0 ignored, 0 matched, 3 missed" \
    "$(used -vv "$work/log" 'web[mode=normal]' | grep -v '^Use  *\(max\|date\|log\|enc\)')"
check "another filter" "Lines: 1 lines, 0 ignored, 1 matched, 0 missed" \
    "$(used 'other 192.0.2.7' 'web[filter=other]' | tail -n 1)"
check "IGNOREREGEX replaces both of them" \
    "Lines: 3 lines, 1 ignored, 2 matched, 0 missed" \
    "$(used "$work/log" web '192\.0\.2\.3$' | tail -n 1)"
check "a jail without a filter" \
    "Lines: 3 lines, 0 ignored, 3 matched, 0 missed" \
    "$(used "$work/log" bare | tail -n 1)"
check "a jail goes before a filter" "Use             jail : both" \
    "$(used 'both 192.0.2.1' both | head -n 1)"
check "… but not with .conf" \
    "Use      filter file : both, basedir: $work/etc" \
    "$(used 'both 192.0.2.1' both.conf | head -n 1)"
check "a filter that is no jail" \
    "Use      filter file : other, basedir: $work/etc" \
    "$(used 'other 192.0.2.1' other | head -n 1)"
check "[DEFAULT] is no jail" "Use   failregex line : DEFAULT" \
    "$(used x DEFAULT | grep '^Use')"
check "usedns of the jail" "host.example" \
    "$(regex -o id 'other host.example' names)"
check "… which an option replaces" "" \
    "$(regex --usedns no -o id 'other host.example' names)"
printf 'other 192.0.2.1 \xe9\n' >"$work/latin"
check "logencoding of the jail" $'other 192.0.2.1 \u00e9' \
    "$(regex -o msg "$work/latin" latin)"
said=$(regex x broken)
check "a broken jail: status 1" 1 "$?"
check "… names file, line and filter" 1 \
    "$(grep -c "^ERROR: $work/etc/jail.conf:[0-9]*: filter: .*'nosuch'" <<<"$said")"
ln -s "$(realpath "$gaol")" "$work/fail2ban-regex"
"$work/fail2ban-regex" -c "$work/etc" x broken >/dev/null 2>&1
check "… 255 as fail2ban-regex" 255 "$?"

# -i, since 1.1: what the lines that are no failures would look like.
printf '%s\n' "2026-11-20 10:00:01 of x from 192.0.2.1" \
    "2026-11-20 10:00:02 nothing" >"$work/two"
is='of \S+ from <HOST>$'
check "-i -o msg" "2026-11-20 10:00:02 nothing" \
    "$(regex -i -o msg "$work/two" "$is")"
check "-i -o id: nobody" "[]" "[$(regex -i -o id "$work/two" "$is")]"
check "-i -o row" "['',	$(date -d '2026-11-20 10:00:02Z' +%s).0,	{'fid': ''}]," \
    "$(regex -i -o row "$work/two" "$is")"
check "-i -o text" "nothing=2026-11-20 10:00:02 nothing" \
    "$(regex -i -o 'nothing=<msg>' "$work/two" "$is")"
exit $bad
