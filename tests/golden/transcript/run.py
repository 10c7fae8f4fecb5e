"""Plays script.py against the servers and compares what is printed.

-v prints everything; a word prints the steps that have it.
"""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
BUILD = os.environ.get("BUILD", ROOT + "/build")
sys.dont_write_bytecode = True
sys.path[:0] = [HERE]
sys.path.append("/usr/lib/python3/dist-packages")

from fail2ban.client import fail2banclient          # noqa: E402
from fail2ban.client.csocket import CSocket         # noqa: E402

import differences                                  # noqa: E402
import script                                       # noqa: E402

failed = 0


def tell(good, what, more=""):
    global failed
    print(("ok - " if good else "not ok - ") + what, flush=True)
    if not good:
        failed += 1
        for line in str(more).splitlines()[:60]:
            print("# " + line[:300])


# --- the place: the same path for every server ------------------------------------

class Place:
    """Configuration and logs, made anew for each server."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="gaol-transcript.")
        self.etc = self.dir + "/etc"
        self.socket = self.dir + "/run/sock"
        self.server = None

    def make(self):
        for name in os.listdir(self.dir):
            path = self.dir + "/" + name
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        for name, text in script.FILES.items():
            path = self.dir + "/" + name
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as out:
                out.write(text.replace("@DIR@", self.dir).replace("@ROOT@", ROOT))
        os.makedirs(self.dir + "/run")
        os.makedirs(self.dir + "/state")
        os.makedirs(self.dir + "/marks")
        os.chmod(self.dir, 0o755)

    def start(self, *argv):
        self.make()
        self.server = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                       stdout=open(self.dir + "/server.out", "w"),
                                       stderr=subprocess.STDOUT)
        end = time.monotonic() + 120
        # Both answer to ping before their jails are there.
        while time.monotonic() < end and self.server.poll() is None:
            if "j2" in play_cli(self, ["status"])[1]:
                return True
            time.sleep(0.05)
        return False

    def stop(self):
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
        try:
            self.server.wait(120)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def logs(self):
        text = ""
        for name in ("server.out", "server.log"):
            try:
                with open(self.dir + "/" + name, errors="replace") as log:
                    text += "".join(log.readlines()[-30:])
            except OSError:
                pass
        return text


# --- one step ---------------------------------------------------------------------

# Who is banned for 600 s once more, a moment later, is for that much longer.
AGAIN = re.compile(r"STAMP \+ 6[0-5]\d =")
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d{3})?")
PID = re.compile(r"\[\d+\]:(?= [A-Z]+ )")


def plain(place, text):
    """Without what differs between any two runs of one server."""
    text = text.replace(place.dir, "@DIR@")
    text = PID.sub("[PID]:", STAMP.sub("STAMP", text))
    return AGAIN.sub("STAMP + 600 =", text)


def run_forked(place, work):
    """(exit code, stdout, stderr) of work() in a process of its own."""
    names = [place.dir + "/stdout", place.dir + "/stderr"]
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            for fd, name in enumerate(names, 1):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), fd)
            try:
                code = work()
            except SystemExit as e:
                code = e.code
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit((code or 0) & 255)
    status = os.waitpid(pid, 0)[1]
    texts = []
    for name in names:
        with open(name, errors="backslashreplace") as out:
            texts.append(plain(place, out.read()))
    return [os.waitstatus_to_exitcode(status)] + texts


def play_cli(place, words):
    """fail2ban's own client, as /usr/bin/fail2ban-client runs it."""
    argv = ["fail2ban-client", "-c", place.etc, "-s", place.socket] + words
    return run_forked(place, lambda: fail2banclient.exec_command_line(argv))


def play_ours(place, words):
    argv = [BUILD + "/fail2ban-client", "-c", place.etc, "-s", place.socket] + words

    def work():
        os.execv(argv[0], argv)
    return run_forked(place, work)


def play_raw(place, words):
    """The reply itself: for requests that no command line can make."""
    def work():
        client = CSocket(place.socket, timeout=120)
        print(repr(client.send(words)))
        client.close()
        return 0
    return run_forked(place, work)


def host_text(seen, step):
    """What <HOST> is in the reply to a raw `get JAIL failregex`."""
    try:
        texts = ast.literal_eval(seen[step][1])[1]
        return re.fullmatch(script.HOSTS[step], texts[0]).group(1)
    except (ValueError, LookupError, AttributeError):
        tell(False, "%s shows what <HOST> stands for" % step, seen[step][1])
        return "<HOST>"


def without_hosts(seen, skipped):
    """<HOST> stands for other words in gaol: the regexes of both are not
    compared by their text."""
    hosts = [host_text(seen, step) for step in script.HOSTS if step not in skipped]
    forms = sorted(set(hosts + [repr(host)[1:-1] for host in hosts]), key=len, reverse=True)
    for result in seen.values():
        for form in forms:
            result[1:] = [text.replace(form, "<HOST>") for text in result[1:]]
    return hosts


def play(place, cli):
    """Step -> [code, stdout, stderr] of all steps."""
    seen = {}
    for step in script.STEPS:
        words = [w.replace("@DIR@", place.dir) if isinstance(w, str) else w
                 for w in script.words_of(step)]
        start = time.monotonic()
        if step.startswith("@"):
            script.ACTS[step](place)
        elif step.startswith("="):
            seen[step] = play_raw(place, words)
        else:
            seen[step] = cli(place, words)
        if time.monotonic() - start > 0.5:
            print("# %s took %.1f s" % (step, time.monotonic() - start))
    return seen


# --- comparison ---------------------------------------------------------------------

def show(result):
    return "exit %d\n%s%s" % tuple(result)


def absent(runs):
    """The steps that what is missing keeps from being looked at."""
    steps = set()
    for probe, what in differences.ABSENT.items():
        if runs["python"][probe][0] == runs["reference"][probe][0]:
            continue
        pattern = re.compile(differences.DEPENDS[probe], re.X)
        found = [step for step in runs["reference"] if pattern.fullmatch(step)]
        print("ok - %d steps # SKIP not in this version: %s" % (len(found), what))
        steps.update(found)
    return steps


def compare(name, got, wanted, skipped):
    wrong, same, left = [], 0, dict(differences.OF[name])
    for step, reference in wanted.items():
        difference = left.pop(step, None)
        # A raw reply has no client of ours to print it.
        if step not in got or step in skipped:
            continue
        if difference is None:
            if got[step] == reference:
                same += 1
            else:
                wrong.append("%s\n--- fail2ban: %s--- gaol: %s" % (
                    step, show(reference), show(got[step])))
            continue
        why, expected = difference
        if got[step] == reference:
            tell(False, "%s: %s: differs no longer (%s)" % (name, step, why))
        else:
            tell(re.fullmatch(expected, show(got[step])[5:], re.S) is not None,
                 "%s: %s: %s" % (name, step, why), show(got[step]))
    for text in wrong:
        tell(False, "%s: %s" % (name, text.split("\n")[0]), text)
    tell(same > 50, "%s: %d steps are the same" % (name, same))
    tell(not left, "%s: every named difference was looked at" % name, left)


def readme_names():
    with open(ROOT + "/README.md") as readme:
        text = readme.read()
    for row in differences.README:
        tell("| %s |" % row in text, "README.md has the difference: %s" % row)


def main():
    fail2ban = ["/usr/bin/fail2ban-server", "-f", "-x"]
    gaold = [BUILD + "/gaold", "-f"]
    place = Place()
    options = ["-c", place.etc, "-s", place.socket]
    runs = {}
    try:
        for name, server, cli in (("reference", fail2ban, play_cli),
                                  ("python", gaold, play_cli),
                                  ("ours", gaold, play_ours)):
            try:
                if not place.start(*server, *options):
                    tell(False, "the server of %s starts" % name, place.logs())
                    return
                runs[name] = play(place, cli)
            finally:
                place.stop()
            if "-v" in sys.argv:
                print(place.logs())
        for step in runs["reference"]:
            if len(sys.argv) > 1 and (sys.argv[1] == "-v" or sys.argv[1] in step):
                for name in runs:
                    print("=== %s: %s\n%s" % (name, step, show(runs[name].get(step, "   "))))
        skipped = absent(runs)
        hosts = [without_hosts(runs[name], skipped) for name in runs]
        tell(hosts[0] != hosts[1] == hosts[2], "what <HOST> stands for is gaol's own", hosts)
        readme_names()
        compare("python", runs["python"], runs["reference"], skipped)
        compare("ours", {step: result for step, result in runs["ours"].items()
                         if not step.startswith("=")}, runs["reference"], skipped)
    finally:
        shutil.rmtree(place.dir, ignore_errors=True)


main()
sys.exit(1 if failed else 0)
