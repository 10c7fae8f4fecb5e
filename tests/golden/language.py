#!/usr/bin/env python3
"""The configuration language, rule by rule, beside the installed fail2ban.

    language.py GAOL CASES...

A case of a .cases file is one small tree:

    === WHAT IT SHOWS: VERDICT          or   upstream VERDICT, ours VERDICT
    why: where the verdicts differ, the reason
    --- PATH [crlf|chop|bom|latin1|none]   a file, its text below

and lies over BASE. @DIR@ is the tree, @LOGS@ a folder of logs. Verdicts are
`same` (a stream with no broken jail), `broken JAIL...`, `refused` (no stream)
and, of ours only, `differs` (a stream, not upstream's) and `reported` (a
stream, and an error that `gaol check` fails with). Streams of a case are
compared line by line; of a broken jail only its name, for the words are our
own.
"""
import ast
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

BASE = {
    "fail2ban.conf": "[Definition]\nloglevel = INFO\n"
    "logtarget = /var/log/fail2ban.log\nsyslogsocket = auto\n"
    "socket = /var/run/fail2ban/fail2ban.sock\n"
    "pidfile = /var/run/fail2ban/fail2ban.pid\n"
    "dbfile = /var/lib/fail2ban/fail2ban.sqlite3\ndbmaxmatches = 10\n"
    "dbpurgeage = 1d\nallowipv6 = auto\n",
    "jail.conf": "[DEFAULT]\nenabled = true\nbackend = polling\n"
    "usedns = no\nfilter = f\naction = a\n",
    "filter.d/f.conf": "[Definition]\nfailregex = ^fail <HOST>$\n",
    "action.d/a.conf": "[Definition]\nactionban = ban <ip>\n",
    "action.d/b.conf": "[Definition]\nactionban = other <ip>\n",
}
UPSTREAM = "/usr/bin/fail2ban-client"


class Case:
    def __init__(self, name, upstream, ours):
        self.name, self.upstream, self.ours = name, upstream, ours
        self.why, self.files = "", {}


def read_cases(path):
    cases, target = [], None
    for line in open(path, encoding="utf-8"):
        if line.startswith("=== "):
            name, verdict = line[4:].rstrip("\n").rsplit(": ", 1)
            both = re.fullmatch("upstream (.*), ours (.*)", verdict)
            cases.append(Case(name, *(both.groups() if both else
                                      (verdict, verdict))))
            target = None
        elif line.startswith("--- "):
            target = [*line[4:].rstrip("\n").split(" "), ""][:2] + [""]
            cases[-1].files[target[0]] = target
        elif line.startswith("why: ") and target is None:
            cases[-1].why = line[5:].strip()
        elif target is not None:
            target[2] += line
    return cases


def bytes_of(text, form):
    # The empty line before the next case is not part of the last file.
    if text.endswith("\n\n"):
        text = text[:-1]
    if form == "crlf":
        text = text.replace("\n", "\r\n")
    if form == "chop":
        text = text.rstrip("\n")
    if form == "latin1":
        return text.encode("latin1")
    return ("\ufeff" + text if form == "bom" else text).encode()


def build(case, tree, logs):
    shutil.rmtree(tree, ignore_errors=True)
    files = {path: (text, "") for path, text in BASE.items()}
    for path, form, text in case.files.values():
        files[path] = (text, form)
    for path, (text, form) in files.items():
        if form == "none":
            continue
        path = os.path.join(tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        text = text.replace("@DIR@", tree).replace("@LOGS@", logs)
        with open(path, "wb") as out:
            out.write(bytes_of(text, form))


def make_logs(logs):
    os.mkdir(logs)
    for name in "a.log", "b.log", "with blank.log":
        open(os.path.join(logs, name), "w").close()
    os.symlink("nowhere", os.path.join(logs, "dangling.log"))


# Of CPU time, which does not depend on who else runs: a dump takes below one.
SECONDS = 20


class Endless(Exception):
    """The program had its SECONDS and did not come to an end."""


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))


def dump(command):
    """The stream as lines (None: refused), and the names of broken jails."""
    run = subprocess.run(command, capture_output=True, timeout=1800,
                         stdin=subprocess.DEVNULL, preexec_fn=limit)
    if run.returncode == -signal.SIGXCPU:
        raise Endless(command[0])
    if run.returncode < 0:
        raise RuntimeError("%s died of signal %d" % (command[0],
                                                     -run.returncode))
    if run.returncode != 0:
        return None, [], run.stderr
    lines, broken = [], []
    # The release in reports is the one difference that every tree may show.
    text = re.sub(r"1\.(0\.2|1\.1)\b", "V", run.stdout.decode(
        errors="surrogateescape"))
    for line in text.split("\n"):
        if line.startswith("['config-error'"):
            broken.append(re.match("Jail '(.*?)' skipped",
                                   ast.literal_eval(line)[1])[1])
            line = "broken " + broken[-1]
        lines.append(line)
    return lines, broken, run.stderr


def verdict(lines, broken):
    if lines is None:
        return "refused"
    return " ".join(["broken", *broken]) if broken else "same"


def judge(case, gaol, tree):
    up, up_broken, _ = dump([UPSTREAM, "-c", tree, "-d"])
    us, us_broken, words = dump([gaol, "dump", "-c", tree,
                                 "--share", tree + "/none"])
    got = verdict(up, up_broken), verdict(us, us_broken)
    if up is not None and us is not None and up_broken == us_broken and \
            up != us:
        got = got[0], "differs"
    if got[1] == "same" and b"error: " in words:
        got = got[0], "reported"
    ok = got == (case.upstream, case.ours)
    # An error of ours says where; a difference says why.
    if case.upstream != case.ours and not case.why:
        ok = False
    if got[1] not in ("same", "differs") and b"error: " not in words:
        ok = False
    print("%s - %s: upstream %s, ours %s%s" % (
        "ok" if ok else "not ok", case.name, *got,
        " (" + case.why + ")" if case.why else ""))
    if not ok:
        print("# wanted: upstream %s, ours %s" % (case.upstream, case.ours))
        for line in sorted(set(up or []) ^ set(us or [])):
            print("# %s %s" % ("<" if line in (up or []) else ">", line))
        print("# " + words.decode(errors="replace").replace("\n", "\n# "))
    return ok


def main(gaol, *paths):
    failed = total = 0
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        make_logs(work + "/logs")
        for path in paths:
            for case in read_cases(path):
                build(case, work + "/tree", work + "/logs")
                failed += not judge(case, gaol, work + "/tree")
                total += 1
    print("%s - %d cases of the language were compared" % (
        "ok" if total >= 60 else "not ok", total))
    return 1 if failed or total < 60 else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(*sys.argv[1:]))
