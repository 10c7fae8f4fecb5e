"""Runs each filter of filter.d over its sample files and compares verdicts.

NAME.match   every line is a failure; the "# {...}" line before it says of whom
NAME.miss    no line is a failure; the "## " line before it says why
NAME.options the filter's options, [name="value"], if it is asked with any
NAME.attack  hostile input: "id" in the "# {...}" line is the only answer that
             is right, null meaning none; "user" too, if it is there

"undated" marks lines without a stamp, as the journal gives them: their time
is that of the run. "joined" marks lines whose address an earlier line tells;
that one is marked "nofail": fail2ban-regex prints it, too. "blank" is what the
server writes for a blank in a name.

The lines go to two programs, gaol regex and fail2ban-regex, which must agree
with the samples and, line by line, with each other. So do lines whose user name
is put together at random from pieces of such lines (SEED=n repeats a run).
Filters may be named; all are asked otherwise.
"""
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

SAMPLES = "tests/data/filters"
GAOL = os.environ.get("GAOL", "build/gaol")
NOW = 1795305600    # 2026-11-22 00:00:00 UTC: the samples are of the day before
PLANTED = {"203.0.113.7", "2001:db8:7::7", "1.2.3.4", "1.1.1.1"}
MIN_ATTACKS = 20
RANDOM_LINES = 300
NAME_MAX = 78       # the shortest limit of the servers: Dovecot's, with its ...
# Bytes that a server lets into no name.
NEVER = {"nginx": ':"', "apache": ':"\\'}

failed = 0


def check(good, what, *why):
    global failed
    lines = [("ok - " if good else "not ok - ") + what]
    if not good:
        failed += 1
        lines += ["#   " + line for line in why]
    # One write: filters are tried side by side.
    sys.stdout.write("".join(line + "\n" for line in lines))


class Sample:
    def __init__(self, kind, number, line, expected):
        self.kind, self.number, self.line = kind, number, line
        self.id = expected.get("id")
        self.user = expected.get("user")
        self.undated = expected.get("undated", False)
        self.joined = expected.get("joined", False)
        self.nofail = expected.get("nofail", False)
        self.blank = expected.get("blank", " ")

    def show(self, got):
        return "%s:%d: wanted %s, got %s: %.200s" % (
            self.kind, self.number, self.id, got, self.line)


def lines_of(name):
    """The filter whose failregexes these are: its lines judge them."""
    with open("filter.d/%s.conf" % name, encoding="utf-8") as f:
        text = f.read()
    whose = re.search(r"(?m)^before = (\S+)\.conf$", text)
    own = re.search(r"(?m)^failregex =", text)
    return name if own or not whose else whose.group(1)


def read_samples(name, kind):
    samples, expected = [], None
    path = os.path.join(SAMPLES, lines_of(name) + "." + kind)
    with open(path, encoding="utf-8", newline="\n") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.startswith("# "):
                expected = json.loads(line[2:])
            elif line and not line.startswith("##"):
                if expected is None and kind != "miss":
                    sys.exit("%s:%d: no expectation" % (path, number))
                samples.append(Sample(kind, number, line, expected or {}))
                expected = None
    return samples


def write_log(path, samples):
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("".join(s.line + "\n" for s in samples))
    return path


def run(command):
    env = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8")
    try:
        done = subprocess.run(command, env=env, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as e:
        return 127, "", str(e)
    return (done.returncode, done.stdout.decode("utf-8", "surrogateescape"),
            done.stderr.decode("utf-8", "replace"))


def ask_fail2ban(config, name, log, samples):
    """(id, time) or None for each sample; users; errors."""
    layout = "<ip>\t<time>\t<F-USER>\t<msg>"
    status, text, err = run(["fail2ban-regex", "-c", config, "-o", layout,
                             log, with_options(name)])
    if status != 0:
        return None, None, err
    answers, users, at = [None] * len(samples), [None] * len(samples), 0
    for row in text.split("\n"):
        if not row:
            continue
        ip, time, user, line = row.split("\t", 3)
        while at < len(samples) and samples[at].line != line:
            at += 1
        if at == len(samples):
            return None, None, "answer for an unknown line: " + row
        if not samples[at].nofail:
            answers[at], users[at] = (ip, float(time)), user
        at += 1
    return answers, users, err


def fail2ban_hits(config, name, log):
    """How often each failregex matched."""
    _, text, _ = run(["fail2ban-regex", "-c", config, "-v", log,
                       with_options(name)])
    part = text[text.index("Failregex:"):text.index("Ignoreregex:")]
    return {int(k): int(n) for k, n in
            re.findall(r"^\|\s+(\d+)\) \[(\d+)\]", part, re.M)}


def ask_gaol(config, name, log, samples):
    status, text, err = run([GAOL, "regex", "--json", "--now", str(NOW),
                             "-c", config, "--share", ".", "--usedns", "raw",
                             log, with_options(name)])
    if status != 0:
        return None, None, err
    answers, users, hits = [None] * len(samples), [None] * len(samples), {}
    for row in text.split("\n"):
        if not row:
            continue
        got = json.loads(row)
        if got["status"] != "matched":
            continue
        at = got["line"] - 1
        answers[at] = (got["id"], float(got["time"]))
        users[at] = got.get("groups", {}).get("user", "")
        hits[got["regex"]] = hits.get(got["regex"], 0) + 1
    return answers, (hits, users), err


def judge(who, name, samples, answers):
    for kind in ("match", "miss", "attack"):
        part = [(s, a) for s, a in zip(samples, answers) if s.kind == kind]
        wrong = [s.show(a and a[0]) for s, a in part
                 if (a and a[0]) != s.id]
        check(part and not wrong, "%s: %s: %d lines of .%s" %
              (who, name, len(part), kind), *wrong)
    planted = [s.show(a[0]) for s, a in zip(samples, answers)
               if s.kind == "attack" and a and a[0] in PLANTED]
    check(not planted, "%s: %s: no planted address" % (who, name), *planted)


def judge_users(who, name, samples, users):
    wrong = ["%s:%d: wanted user %r, got %r" % (s.kind, s.number, s.user, u)
             for s, u in zip(samples, users)
             if s.user is not None and u != s.user]
    check(not wrong, "%s: %s: users" % (who, name), *wrong)


def judge_hits(who, name, hits, count):
    idle = [k for k in range(1, count + 1) if not hits.get(k)]
    check(count > 0 and not idle, "%s: %s: each of %d failregexes is hit" %
          (who, name, count), "never hit: %s" % idle)


def with_options(name):
    try:
        with open(os.path.join(SAMPLES, lines_of(name) + ".options")) as f:
            return name + f.read().strip()
    except FileNotFoundError:
        return name


def test_filter(name, config, work, rng):
    samples = []
    for kind in ("match", "miss", "attack"):
        samples += read_samples(name, kind)
    attacks = sum(s.kind == "attack" for s in samples)
    check(attacks >= MIN_ATTACKS, "%s: %d attacks" % (name, attacks))
    lines = [s.line for s in samples]
    check(len(lines) == len(set(lines)), "%s: no sample twice" % name)
    log = write_log(os.path.join(work, name + ".log"), samples)

    theirs, users, err = ask_fail2ban(config, name, log, samples)
    check(theirs is not None, "fail2ban-regex: %s: runs" % name, err)
    if theirs is None:
        return
    hits = fail2ban_hits(config, name, log)
    count = len(hits)
    judge("fail2ban-regex", name, samples, theirs)
    judge_users("fail2ban-regex", name, samples, users)
    judge_hits("fail2ban-regex", name, hits, count)

    ours, more, err = ask_gaol(config, name, log, samples)
    check(ours is not None, "gaol regex: %s: runs" % name, err)
    if ours is None:
        return
    hits, users = more
    judge("gaol regex", name, samples, ours)
    judge_users("gaol regex", name, samples, users)
    # It does not say by which expression a line is no failure.
    if not any(s.nofail for s in samples):
        judge_hits("gaol regex", name, hits, count)
    wrong = ["%s:%d: %s, %s" % (s.kind, s.number, a, b)
             for s, a, b in zip(samples, ours, theirs)
             if a != b and not (s.undated and a and b and a[0] == b[0])]
    check(not wrong, "gaol regex: %s: ids and times as fail2ban-regex" % name,
          *wrong)
    test_random(name, config, work, samples, rng)


def random_name(rng, lines):
    """Pieces of real lines, with the planted address for theirs."""
    name = ""
    while len(name) < NAME_MAX:
        line = rng.choice(lines)
        at = rng.randrange(len(line))
        piece = line[at:at + rng.randrange(1, 60)]
        piece = re.sub(r"198\.51\.100\.\d+|2001:db8::66", "203.0.113.7", piece)
        name += rng.choice([piece, "203.0.113.7", " ", ""])
    return name[:rng.randrange(1, NAME_MAX)]


def random_lines(name, rng, samples):
    whole = [s for s in samples if s.kind == "match"]
    # Where the name stands must be plain: once in the line, and not short.
    fit = [s for s in whole if len(s.user or "") > 2 and not s.joined and
           s.line.count(s.user) == 1]
    made = {}
    for _ in range(RANDOM_LINES if fit else 0):
        s = rng.choice(fit)
        user = random_name(rng, [w.line for w in whole])
        user = user.replace(" ", s.blank)
        user = user.translate({ord(c): None for c in NEVER.get(lines_of(name), "")})
        line = s.line.replace(s.user, user or "x")
        made[line] = Sample("random", 0, line, {"id": s.id})
    return list(made.values())


def test_random(name, config, work, samples, rng):
    samples = random_lines(name, rng, samples)
    if not samples:
        print("# %s: no random names: its lines name nobody" % name)
        return
    log = write_log(os.path.join(work, name + ".random"), samples)
    theirs, _, err = ask_fail2ban(config, name, log, samples)
    check(theirs is not None, "fail2ban-regex: %s: random names" % name, err)
    ours, _, err = ask_gaol(config, name, log, samples)
    check(ours is not None, "gaol regex: %s: random names" % name, err)
    if theirs is None or ours is None:
        return
    wrong = [s.show(a[0]) for s, a in zip(samples, ours)
             if a and a[0] != s.id]
    check(not wrong, "%s: nobody else is found in %d random names" %
          (name, len(samples)), *wrong)
    found = sum(a is not None for a in ours)
    check(found > len(samples) / 2, "%s: %d of them are found" % (name, found))
    wrong = ["%s, %s: %s" % (a, b, s.line)
             for s, a, b in zip(samples, ours, theirs) if a != b]
    check(not wrong, "%s: random names as fail2ban-regex" % name, *wrong)


def has_failregex(name):
    """False for a filter that tells of mail accesses only."""
    with open("filter.d/%s.conf" % name, encoding="utf-8") as f:
        return not re.search(r"(?m)^failregex =\s*\n(?! )", f.read())


def main():
    seed = int(os.environ.get("SEED", time.time()))
    print("# SEED=%d" % seed)
    # gaol finds our filters in --share; fail2ban needs a directory of its own.
    with tempfile.TemporaryDirectory(prefix="gaol-filters.") as work:
        config = os.path.join(work, "etc")
        os.makedirs(config)
        for part in ("filter.d", "jail.d"):
            shutil.copytree(part, os.path.join(config, part))
        open(os.path.join(config, "fail2ban.conf"), "w").close()
        names = [os.path.basename(p)[:-len(".conf")]
                 for p in sorted(glob.glob("filter.d/*.conf"))]
        names = [name for name in names if has_failregex(name) and
                 (len(sys.argv) < 2 or name in sys.argv[1:])]
        check(len(names) > 0, "%d filters" % len(names))
        # They wait for other programs; each has random names of its own.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda name: test_filter(
                name, config, work, random.Random("%d %s" % (seed, name))),
                names))
    sys.exit(1 if failed else 0)


main()
