"""gaol setup where a service manager holds the daemons."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gaold import Tap, wait_for  # noqa: E402
from takeover import BUILD, Scene, run  # noqa: E402

GROUP = os.environ["GROUP"]
SYSTEMCTL = """#!/bin/sh
# What a service manager does with two units, and a list of what it was asked.
echo "$*" >>{dir}/asked
for word; do
    case $word in
    stop | start | cat | show | enable | disable) verb=$word ;;
    *.service) unit=$word ;;
    esac
done
case $unit in
fail2ban.service) program=python ;;
gaold.service) program=gaold ;;
*) echo "Unit $unit not found." >&2; exit 5 ;;
esac
pid=$(cat {dir}/pid 2>/dev/null)
case $verb in
show)
    case $(readlink /proc/$pid/exe) in
    */$program*) [ -e {dir}/by-hand ] && echo 0 || echo "$pid" ;;
    *) echo 0 ;;
    esac ;;
stop) kill "$pid" ;;
start)
    echo $$ >{group}/$unit/cgroup.procs
    case $unit in
    fail2ban.service) fail2ban-client start >/dev/null ;;
    gaold.service) {build}/gaol start >/dev/null ;;
    esac ;;
esac
"""

tap = Tap()


def prepare(s):
    s.make_config()
    run("mount", "-t", "tmpfs", "tmpfs", "/run", check=True)
    os.makedirs("/run/systemd/system")
    run("mount", "--bind", s.etc, "/etc/fail2ban", check=True)
    for unit in ("fail2ban.service", "gaold.service"):
        os.mkdir(GROUP + "/" + unit)
    os.mkdir(s.dir + "/bin")
    with open(s.dir + "/bin/systemctl", "w") as out:
        out.write(SYSTEMCTL.format(dir=s.dir, group=GROUP, build=BUILD))
    os.chmod(s.dir + "/bin/systemctl", 0o755)
    os.environ["PATH"] = s.dir + "/bin:" + os.environ["PATH"]


def asked(s):
    """What systemctl was asked to change since the last time."""
    with open(s.dir + "/asked") as log:
        lines = [line.split() for line in log]
    os.unlink(s.dir + "/asked")
    return [" ".join(w for w in words if not w.startswith("--"))
            for words in lines if "show" not in words and "cat" not in words]


def held(s):
    return set(s.native) <= set(s.in_sets())


def change(s, way, old, new, program):
    done = run(BUILD + "/gaol", "setup", way)
    tap.ok(done.returncode == 0 and "of " + old in done.stdout,
           "gaol setup %s, of a unit" % way, done.stdout + done.stderr + s.logs())
    tap.ok((s.daemon() or "").startswith(program) and held(s),
           program + " runs and has the bans", s.daemon())
    words = asked(s)
    tap.ok(words == ["stop " + old, "start " + new, "disable " + old,
                     "enable " + new],
           "%s is stopped, %s started, also with the machine" % (old, new), words)
    with open(s.pidfile) as file:
        pid = file.read().strip()
    with open(GROUP + "/" + new + "/cgroup.procs") as procs:
        tap.ok(pid in procs.read().split(), "its process is the unit's")


def by_hand(s):
    """In a unit, but not its main process: started from somebody's shell."""
    open(s.dir + "/by-hand", "w").close()
    done = run(BUILD + "/gaol", "setup", "--take-over")
    tap.ok(done.returncode == 0 and s.daemon() == "gaold" and held(s),
           "a fail2ban that was started by hand", done.stdout + done.stderr)
    tap.ok(asked(s) == [], "no unit is stopped, started or changed")


def main():
    s = Scene(20, 0)
    try:
        prepare(s)
        run("systemctl", "start", "fail2ban.service")
        s.fail2ban("set", "ssh", "banip", *s.native)
        tap.ok(wait_for("fail2ban's bans", 30, lambda: held(s)),
               "fail2ban runs as a unit", s.logs())
        asked(s)
        change(s, "--take-over", "fail2ban.service", "gaold.service", "gaold")
        change(s, "--hand-back", "gaold.service", "fail2ban.service", "python")
        by_hand(s)
    finally:
        s.close()
    tap.exit()


main()
