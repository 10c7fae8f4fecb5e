#!/usr/bin/env bash
# The processes of gaold from the outside: what each may do, how the daemon
# starts, refuses to start, stops, and what becomes of it when one is killed.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
unshare -n true 2>/dev/null || skip_all "needs network namespaces"
chmod 755 "$work"
config=$work/etc
make_config "$config"
sed -i 's/INFO/DEBUG/' "$config/fail2ban.conf"
: >"$work/auth"
cat >"$config/filter.d/word.conf" <<'END'
[Definition]
failregex = ^ bad <HOST>$
END
cat >"$config/jail.conf" <<END
[word]
enabled = true
filter = word
logpath = $work/auth
END
sock=$work/run/gaol.sock
pidfile=$work/run/gaol.pid
log=$work/gaold.log

rmdir "$work/state"   # it makes its own

# --- a supervisor that listens ------------------------------------------

# shellcheck disable=SC2016
python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
open(sys.argv[2], "w").close()
while True:
    with open(sys.argv[2], "ab") as f:
        f.write(s.recv(4096) + b"\n")
' "$work/notify" "$work/notified" &
remember $!
wait_for 10 test -e "$work/notified" || give_up "a supervisor listens"

cp "$config/gaol.conf" "$work/gaol.conf.usual"

# --- helpers ------------------------------------------------------------

# launch [NAME] OPTION…: in the foreground, with a descriptor and a variable
# that no child may see; $gaold is its number.
launch() {
    local name=gaold
    [ "${1-}" = fail2ban-server ] && name=$1 && shift
    SECRET=hidden TZ=UTC NOTIFY_SOCKET=$work/notify unshare -n \
        "$build/$name" -c "$config" -f "$@" \
        9<"$config/gaol.conf" >"$work/out.log" 2>&1 &
    gaold=$!
    remember $gaold
}

answers() {
    "$build/gaol" -c "$config" ping | grep -q pong
}

child() {
    pgrep -P "$gaold" -f -- "--role=$1"
}

start() {
    launch "$@"
    wait_for 15 answers || give_up "gaold $* answers"
    engine=$(child engine) warden=$(child warden)
}

# ends STATUS: within 20 s, with that.
ends() {
    local status
    wait_for 20 ended "$gaold" || return 1
    wait "$gaold"
    status=$?
    echo "status $status"
    [ $status = "$1" ]
}

# A shell's child stays a zombie until it is waited for.
ended() {
    case $(ps -o stat= -p "$1") in Z* | '') ;; *) return 1 ;; esac
}

stop() {
    kill "$gaold"
    ends 0
}

has() {
    local got
    got=$(sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" |
        tr '\t' ' ' | sed 's/ *$//')
    echo "$2 of $1: '$got', not '$3'"
    [ "$got" = "$3" ]
}

mode() {
    local got
    got=$(stat -c '%F %a %u:%g' "$1")
    echo "$1: $got"
    [ "$got" = "$2" ]
}

# descriptors PID: the files it has open, without pipes, events and sockets.
descriptors() {
    find "/proc/$1/fd" -type l -printf '%l\n' | grep '^/' | sort -u
}

# says TEXT: the last start said it, or logged it.
says() {
    cat "$work/out.log"
    grep -qF -- "$1" "$work/out.log"
}

# --- what each process may do -------------------------------------------

start
for p in "$warden" "$engine"; do
    case $p in "$warden") who=warden uid=61002 cap=1004 ;;
    *) who=engine uid=61001 cap=0000 ;; esac
    check "$who: its own uid" has "$p" Uid "$uid $uid $uid $uid"
    check "$who: its own gid" has "$p" Gid "$uid $uid $uid $uid"
    check "$who: no groups" has "$p" Groups ""
    check "$who: effective capabilities" has "$p" CapEff 000000000000$cap
    check "$who: permitted capabilities" has "$p" CapPrm 000000000000$cap
    for set in CapInh CapBnd CapAmb; do
        check "$who: $set is empty" has "$p" $set 0000000000000000
    done
    check "$who: no new rights by exec" has "$p" NoNewPrivs 1
    check "$who: system calls are filtered" has "$p" Seccomp 2
    check "$who: TZ is in its environment" \
        grep -qzx TZ=UTC "/proc/$p/environ"
    refute "$who: no foreign variable is" \
        grep -qz -e SECRET -e NOTIFY_SOCKET "/proc/$p/environ"
    refute "$who: a foreign descriptor is closed" \
        sh -c "readlink /proc/$p/fd/* | grep -x '$config/gaol.conf'"
    refute "$who: nobody but root looks into it" \
        setpriv --reuid $uid --clear-groups cat "/proc/$p/environ"
done
check "warden: holds no file but the log" \
    [ "$(descriptors "$warden" |
        grep -v -e /dev/null -e out.log -e ^/memfd:gaol-sheet)" = "$log" ]
check "parent: is root" has "$gaold" Uid "0 0 0 0"
check "status reports the sandbox" \
    sh -c "'$build/gaol' -c '$config' status --json | grep -q seccomp"

# --- what it left on the disk -------------------------------------------

check "control socket" mode "$sock" "socket 660 0:0"
check "state directory" mode "$work/state" "directory 700 61001:61001"
check "database" mode "$work/state/gaol.sqlite3" "regular file 600 61001:61001"
check "log" mode "$log" "regular file 640 0:0"
check "the pid file has the parent's number" [ "$(cat "$pidfile")" = "$gaold" ]
check "the supervisor heard READY with the number" \
    sh -c "grep -A1 -x READY=1 '$work/notified' | grep -qx MAINPID=$gaold"

# --- only one -----------------------------------------------------------

# second STATUS OPTION…: another start that must fail.
second() {
    local want=$1 status name=gaold
    shift
    [ "${1-}" = fail2ban-server ] && name=$1 && shift
    timeout 20 unshare -n "$build/$name" -c "$config" "$@" \
        >"$work/out.log" 2>&1 </dev/null
    status=$?
    echo "status $status"
    [ $status = "$want" ]
}

check "a second one is refused" second 1 -f
check "… for the first one's number" says "process $gaold holds '$pidfile'"
check "… in the background too" second 1 -b
check "… with 255 as fail2ban-server" second 255 fail2ban-server -f start
check "another pid file does not help" second 1 -f -p "$work/other.pid"
check "… for the socket answers" says "answers on '$sock'"
check "the first one is not disturbed" answers

# --- the log ------------------------------------------------------------

all_log_to() {
    for p in "$gaold" "$engine" "$warden"; do
        descriptors "$p" | grep -qx "$1" || return 1
        ! descriptors "$p" | grep -qx "$2" || return 1
    done
}

mv "$log" "$log.1"
kill -USR1 "$gaold"
check "USR1: all processes have the new log" \
    wait_for 10 all_log_to "$log" "$log.1"
check "USR1: the engine writes there" wait_for 10 grep -q "rollover" "$log"
mv "$log" "$log.2"
"$build/gaol" -c "$config" flushlogs >/dev/null
check "flushlogs: all processes have the new log" \
    wait_for 10 all_log_to "$log" "$log.2"
check "flushlogs: the engine writes there" wait_for 10 grep -q "rollover" "$log"
sed -i "s,^logtarget.*,logtarget = $work/moved.log," "$config/fail2ban.conf"
"$build/gaol" -c "$config" reload >/dev/null
check "reload: the log target follows fail2ban.conf" \
    wait_for 10 all_log_to "$work/moved.log" "$log"
check "reload: the supervisor heard of it" grep -qx RELOADING=1 "$work/notified"
sed -i "s,^logtarget.*,logtarget = $log," "$config/fail2ban.conf"

# --- the end ------------------------------------------------------------

check "TERM: ends with status 0" stop
check "TERM: the supervisor heard STOPPING" grep -qx STOPPING=1 "$work/notified"
check "TERM: the engine is gone" ended "$engine"
check "TERM: the warden is gone" ended "$warden"
refute "TERM: the socket is gone" test -e "$sock"
refute "TERM: the pid file is gone" test -e "$pidfile"
refute "TERM: nothing was amiss" grep -e ERROR -e CRITICAL "$work/moved.log"

start
kill -INT "$gaold"
check "INT: ends with status 0" ends 0

start
"$build/gaol" -c "$config" stop >/dev/null
check "stop of a client: ends with status 0" ends 0

# A terminal and a supervisor signal the whole group.
start
kill -TERM "$engine" "$warden" "$gaold"
check "TERM to all processes: ends with status 0" ends 0

for victim in engine warden; do
    : >"$log"
    start
    killed=1 other=$warden
    [ $victim = engine ] || other=$engine
    kill -9 "${!victim}"
    check "kill -9 $victim: the daemon ends with status 1" ends 1
    check "kill -9 $victim: the other one is gone" wait_for 5 ended "$other"
    check "kill -9 $victim: … without being killed" \
        [ "$(grep -c 'was ended by signal' "$log")" = "$killed" ]
    # Which of the two the parent hears of first is chance.
    check "kill -9 $victim: the log names it" \
        grep -q "the $victim was ended by signal 9" "$log"
    check "kill -9 $victim: … and that bans stay" \
        grep -q "is lost; bans stay" "$log"
done

start
kill -9 "$gaold"
wait "$gaold" 2>/dev/null
check "kill -9 parent: the engine goes along" wait_for 5 ended "$engine"
check "kill -9 parent: the warden goes along" wait_for 5 ended "$warden"
check "kill -9 parent: its socket is left" test -S "$sock"
start
check "a stale socket does not hinder a start" answers
kill -STOP "$engine"
kill "$gaold"
check "an engine that hangs is not waited for forever" ends 1
check "… and does not outlive the daemon" wait_for 5 ended "$engine"

# --- the runner -----------------------------------------------------------

cat >"$config/action.d/note.conf" <<END
[Definition]
actionban = echo "<ip> \$SECRET \$(id -u)" >>$work/noted
actionunban =
END
: >"$work/noted"
chmod 666 "$work/noted"
cp "$config/jail.conf" "$work/jail.usual"
printf 'action = note\nmaxretry = 1\n' >>"$config/jail.conf"

# noted TEXT: a ban was noted, and this is how.
noted() {
    echo "$(date '+%Y-%m-%d %H:%M:%S') bad 192.0.2.$((RANDOM % 250 + 1))" \
        >>"$work/auth"
    cat "$work/noted"
    grep -q "$1" "$work/noted"
}

another_runner() {
    [ -n "$(child runner)" ] && [ "$(child runner)" != "$runner" ]
}

start
check "a jail with a command: there is a runner" wait_for 10 child runner
runner=$(child runner)
check "runner: is root" has "$runner" Uid "0 0 0 0"
check "runner: what it starts may gain rights" has "$runner" NoNewPrivs 0
refute "runner: a service manager's word is not its" \
    grep -qz NOTIFY_SOCKET "/proc/$runner/environ"
check "runner: the administrator's environment is" \
    wait_for 10 noted " hidden 0$"
kill -9 "$runner"
check "kill -9 runner: another one comes" wait_for 10 another_runner
check "kill -9 runner: the daemon goes on" answers
runner=$(child runner)
kill -9 "$gaold"
wait "$gaold" 2>/dev/null
check "kill -9 parent: the runner goes along" wait_for 5 ended "$runner"
sed -i '1i action_user = 65534;' "$config/gaol.conf"
: >"$work/noted"
start
wait_for 10 child runner >/dev/null
check "action_user: commands are his" wait_for 10 noted " 65534$"
runner=$(child runner)
check "action_user: so is the runner" \
    has "$runner" Uid "65534 65534 65534 65534"
check "action_user: without capabilities" has "$runner" CapEff 0000000000000000
check "TERM with a runner: ends with status 0" stop
check "TERM with a runner: it is gone" ended "$runner"
sed -i 's/^action_user.*/action_user = "no-such-user";/' "$config/gaol.conf"
: >"$work/noted"
start
no_user() {
    "$build/gaol" -c "$config" status --json | grep -q 'action_user is no user'
}
check "an unknown action_user: nothing is run, and status says so" \
    wait_for 10 no_user
check "… above all not as root" [ ! -s "$work/noted" ]
check "… and a stop is a stop" stop
cp "$work/gaol.conf.usual" "$config/gaol.conf"
cp "$work/jail.usual" "$config/jail.conf"

# --- syslog -------------------------------------------------------------

# syslog NAME: a daemon on a private socket, which was another one's before.
syslog() {
    rm -f "$work/log.sock"
    # shellcheck disable=SC2016
    python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    with open(sys.argv[2], "ab") as f:
        f.write(s.recv(8192) + b"\n")
' "$work/log.sock" "$work/syslog.$1" &
    syslog=$!
    remember $syslog
    wait_for 10 test -S "$work/log.sock"
}

hit() {
    echo "$(date '+%Y-%m-%d %H:%M:%S') bad 192.0.2.$((RANDOM % 250 + 1))" \
        >>"$work/auth"
}

# The engine may connect to nothing: the parent does it, every few seconds.
hit_is_logged() {
    hit
    grep -q 'fail2ban.filter\[[0-9]*\]: INFO \[word\] Found' "$work/syslog.$1"
}

syslog first
start --logtarget SYSLOG --syslogsocket "$work/log.sock"
check "SYSLOG: the engine's lines arrive" wait_for 10 hit_is_logged first
kill $syslog
wait $syslog 2>/dev/null
syslog second
check "SYSLOG: a restarted syslog gets them too" wait_for 15 hit_is_logged second
check "SYSLOG: TERM ends it with status 0" stop

# --- in the background --------------------------------------------------

# The output ends when the last process has let go of the terminal.
out=$(timeout 20 unshare -n "$build/fail2ban-server" -c "$config" -b start 2>&1)
check "-b: returns 0 when it is ready" [ $? = 0 ]
check "-b: as fail2ban-server it says so" [ "$out" = "Server ready" ]
check "-b: it answers at once" answers
gaold=$(cat "$pidfile")
remember "$gaold"
engine=$(child engine)
kill -HUP "$gaold"
check "-b: HUP is ignored" answers
check "-b: nothing of the terminal is left" [ "$(readlink \
    "/proc/$gaold/fd/1" "/proc/$gaold/fd/2" "/proc/$engine/fd/1" \
    "/proc/$engine/fd/2" | sort -u)" = /dev/null ]
kill "$gaold"
check "-b: TERM ends it" wait_for 15 ended "$gaold"

# --- refusals -----------------------------------------------------------

echo 'users = { engine = "no-such-user"; warden = 61002; };' \
    >"$work/gaol.conf.bad"
cp "$config/gaol.conf" "$work/gaol.conf.good"
cp "$work/gaol.conf.bad" "$config/gaol.conf"
check "an unknown user is refused" second 1 -f
check "… and named" says "users.engine"
check "… in the background too" second 255 fail2ban-server -b
check "… where it is said as well" says "users.engine"
cp "$work/gaol.conf.good" "$config/gaol.conf"
start --logtarget "$work/none/x.log"
check "a log target without a directory stops no start" answers
check "… and is named" says "$work/none/x.log"
check "… it ends as usual" stop
: >"$work/linked.log"
ln -s "$work/linked.log" "$work/link.log"
start --logtarget "$work/link.log"
check "a link as a log target stops no start" answers
check "… and is named" says "$work/link.log"
check "… it ends as usual" stop
refute "… and nothing was written through it" test -s "$work/linked.log"
check "a level that is none is refused" second 1 -f --loglevel LOUD
check "no configuration is refused" \
    sh -c "! timeout 20 '$build/gaold' -f -c '$work/none' 2>/dev/null"
refute "a refused start leaves no pid file" test -e "$pidfile"
refute "a refused start leaves no socket" test -e "$sock"
check "a role by hand is refused" \
    sh -c "'$build/gaold' --role=engine 3<&- 2>&1 | grep -q 'for gaold itself'"

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# without_root OPTION…: a start as nobody, of a copy that nobody can reach
# (a clone below /root is closed to others).
cp "$build/gaold" "$work/gaold"
without_root() {
    "${nobody[@]}" timeout 20 "$work/gaold" -c "$config" "$@" \
        >"$work/out.log" 2>&1
}

refute "without root it refuses" without_root -f
check "… and says what to do" says "gaold needs root"

# --- one process --------------------------------------------------------

mkdir "$work/single"
chown 65534:65534 "$work/single"
sed "s,$work/run,$work/single,; s,$work/state,$work/single,
    s,$log,$work/single/log," "$config/fail2ban.conf" >"$work/f2b.single"
cp "$config/fail2ban.conf" "$work/f2b.usual"
cp "$work/f2b.single" "$config/fail2ban.conf"
sed -i 's/"nftables"/"null"/' "$config/gaol.conf"
"${nobody[@]}" "$build/gaold" -c "$config" -1 -f >"$work/out.log" 2>&1 &
gaold=$!
remember $gaold
answers_nobody() {
    "${nobody[@]}" "$build/gaol" -c "$config" ping | grep -q pong
}
check "-1: works without root" wait_for 15 answers_nobody
check "-1: is one process" [ -z "$(pgrep -P "$gaold")" ]
check "-1: TERM ends it with status 0" stop
cp "$work/f2b.usual" "$config/fail2ban.conf"
cp "$work/gaol.conf.good" "$config/gaol.conf"

# --- a fail2ban that is there already -----------------------------------

if command -v /usr/bin/fail2ban-server >/dev/null; then
    mkdir -p "$work/f2b"
    cat >"$work/f2b/fail2ban.conf" <<END
[Definition]
loglevel = INFO
logtarget = $work/f2b.log
syslogsocket = auto
socket = $sock
pidfile = $pidfile
dbfile = None
dbmaxmatches = 10
dbpurgeage = 1d
allowipv6 = auto
END
    printf '[DEFAULT]\n' >"$work/f2b/jail.conf"
    unshare -n /usr/bin/fail2ban-server -c "$work/f2b" -f start \
        >"$work/f2b.out.log" 2>&1 &
    f2b=$!
    remember $f2b
    f2b_answers() {
        /usr/bin/fail2ban-client -c "$work/f2b" ping | grep -q pong
    }
    wait_for 20 f2b_answers || give_up "fail2ban answers"
    check "a running fail2ban: refused" second 1 -f
    check "… for it answers on the socket" says "answers on '$sock'"
    check "… and is left alone" f2b_answers
    check "… with its pid file" [ "$(cat "$pidfile")" = "$f2b" ]
    check "… also by another pid file" second 1 -f -p "$work/other.pid"
    kill $f2b
    wait $f2b
else
    echo "ok - beside a running fail2ban # SKIP fail2ban is not installed"
fi
