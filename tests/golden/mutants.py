#!/usr/bin/env python3
"""Mangled copies of the stock tree: does gaol judge them as fail2ban does?

    mutants.py GAOL COUNT [SEED]

One file of a copy of /etc/fail2ban is changed in one to three places, the
jails that read it are enabled, and both programs dump the tree. Their streams
must be equal line by line; or both refuse, or break the same jails; or the
difference is one of KINDS.
"""
import os
import random
import re
import shutil
import sys
import tempfile

from language import SECONDS, UPSTREAM, Endless, dump, verdict

# Where ours is stricter, or says more. Each has: a name, why, and what the
# verdicts and our words look like.
KINDS = [
    ("main value", "a bad value of fail2ban.conf gives way to its default; "
     "check fails",
     lambda m: m.up is None and m.us is not None and
     m.path.startswith("fail2ban.")),
    ("confined", "an error in one jail's text or values stops that jail, not "
     "the whole start; check fails",
     lambda m: m.up is None and m.us is not None and m.errors),
    ("disabled", "nobody needs what a disabled jail says: a warning",
     lambda m: m.up is None and "the jail is disabled, but" in m.words),
    ("not text", "a file that is no UTF-8 is an error, as in 1.1; 1.0.2 goes "
     "on without it",
     lambda m: "is not text" in m.words),
    ("number", "a number that is none breaks the jail; upstream's server "
     "refuses it, and the whole start with it",
     lambda m: "is not a number" in m.words),
    ("duration", "… a duration",
     lambda m: "is not a duration" in m.words),
    ("backend", "… a backend",
     lambda m: "backend: '" in m.words and ("is not known" in m.words or
                                            "option syntax" in m.words)),
    ("log mode", "… a log's head or tail",
     lambda m: "is no mode" in m.words),
    ("twice", "… an action that stands twice",
     lambda m: "stands twice in this jail" in m.words),
]

ODD = ["[", "]", "%", "(", ")", "=", ":", " ;", "#", "<", ">", '"', "'", " ",
       "\t", "\n", "\\", ",", "%(", ")s", "%(x)s", "[x]\n", "\r", "?", "x",
       "known/", "\u00e9", "\n\n", "\n ", "=\n", "\ufeff"]
JAILS = ["sshd", "apache-auth", "nginx-http-auth", "postfix", "dovecot",
         "recidive", "exim", "pure-ftpd"]


# What stays different in a stream of equal meaning.
LEVEL = [
    # Our own paths are the defaults.
    (r"/var/log/gaol\.log", "/var/log/fail2ban.log"),
    (r"/var/lib/gaol/gaol\.sqlite3", "/var/lib/fail2ban/fail2ban.sqlite3"),
    # Upstream tells None for what a file without [Definition] does not say.
    (r"\['set', 'dbmaxmatches', None\]", ""),
    (r"\['\w+', None\], ", ""),
    # Since 1.1.1 what the jail says counts for IPv6 too.
    (r"(pass2allow-ftp.*blocktype\?family=inet6', )'[^']*'", r"\1'RETURN'"),
]


def leveled(lines):
    if lines is None:
        return None
    text = "\n".join(lines)
    for pattern, instead in LEVEL:
        text = re.sub(pattern, instead, text)
    return [line for line in text.split("\n") if line]


class Mutant:
    pass


def mangle_text(r, text):
    at = r.randrange(len(text) + 1)
    kind = r.randrange(4)
    if kind == 0:
        return text[:at] + r.choice(ODD) + text[at:]
    if kind == 1:
        return text[:at] + text[at + r.choice((1, 1, 2, 5)):]
    if kind == 2:
        return text[:at] + text[at:at + 1].swapcase() + text[at + 1:]
    return text[:at] + r.choice(ODD) + text[at + 1:]


def mangle_lines(r, text):
    # Comments are most of these files: take a line that says something.
    lines = text.split("\n")
    full = [i for i, line in enumerate(lines)
            if line.strip() and not line.lstrip().startswith("#")]
    if not full:
        return mangle_text(r, text)
    i, j = r.choice(full), r.choice(full)
    kind = r.randrange(8)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(j, lines[i])
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == 3:
        lines[i] = "  " + lines[i]
    elif kind == 4:
        lines[i] = lines[i].lstrip()
    elif kind == 5:
        lines[i] = mangle_text(r, lines[i])
    elif kind == 6:
        lines = lines[:i] + [lines[i][:r.randrange(len(lines[i]) + 1)]]
    else:
        lines[i] += r.choice(ODD) + lines[j].strip()
    return "\n".join(lines)


def mangle(r, raw):
    text = raw.decode()
    for _ in range(r.choice((1, 1, 1, 2, 3))):
        text = r.choice((mangle_text, mangle_lines, mangle_lines))(r, text)
    raw = text.encode()
    if r.random() < 0.03:
        at = r.randrange(len(raw) + 1)
        raw = raw[:at] + bytes([r.randrange(128, 256)]) + raw[at:]
    return raw


def stock(tree):
    """The stock files that a jail can read, and which jail reads a filter."""
    shutil.copytree("/etc/fail2ban", tree, symlinks=True)
    for name in os.listdir(tree + "/jail.d"):
        os.remove(tree + "/jail.d/" + name)
    text = open(tree + "/jail.conf").read()
    jails, filters = {}, {}
    for name, body in re.findall(r"(?m)^\[([^]]+)\]\n([^\[]*)", text):
        found = re.search(r"(?m)^filter\s*=\s*([\w-]+)", body)
        filters.setdefault(found[1] if found else name, []).append(name)
    for folder in "filter.d", "action.d":
        jails[folder] = sorted(
            folder + "/" + n for n in os.listdir(tree + "/" + folder)
            if n.endswith(".conf"))
    return jails["filter.d"], jails["action.d"], filters


def choose(r, filters, actions):
    return r.choice((r.choice(filters), r.choice(filters), r.choice(actions),
                     "jail.conf", "jail.conf", "fail2ban.conf",
                     "paths-debian.conf", "paths-common.conf"))


def enable(path, by_filter, logs):
    """A jail.local with the jails that read the file."""
    name = os.path.basename(path)[:-5]
    text = "[DEFAULT]\nsshd_log = %s/a.log\n" % logs
    if path.startswith("action.d/"):
        text += "action = %s[name=%%(__name__)s, port=22]\n" % name
    jails = by_filter.get(name, JAILS) if path.startswith("filter.d/") \
        else JAILS
    return text + "".join("[%s]\nenabled = true\n" % j for j in jails)


def judge(m):
    if m.endless:
        return "endless"
    if m.up == m.us:
        return "same"
    for name, _, is_it in KINDS:
        if is_it(m):
            return name
    return None


def run(gaol, tree, path):
    m = Mutant()
    m.path = path
    m.endless = False
    try:
        m.up, m.up_broken, _ = dump([UPSTREAM, "-c", tree, "-d"])
    except Endless:
        m.up, m.up_broken, m.endless = None, [], True
    m.us, m.us_broken, words = dump([gaol, "dump", "-c", tree, "--share",
                                     tree + "/none"])
    m.up, m.us = leveled(m.up), leveled(m.us)
    m.words = words.decode(errors="replace")
    m.errors = "error: " in m.words
    return m


def tell(m, seed):
    print("not ok - mutant %d of %s: upstream %s, ours %s" % (
        seed, m.path, verdict(m.up, m.up_broken),
        verdict(m.us, m.us_broken)))
    for line in sorted(set(m.up or []) ^ set(m.us or []))[:6]:
        print("# %s %.300s" % ("<" if line in (m.up or []) else ">", line))
    for line in m.words.split("\n"):
        if "error: " in line:
            print("# " + line)


def main(gaol, count, first):
    seen = {}
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        tree, logs = work + "/tree", work + "/logs"
        os.mkdir(logs)
        open(logs + "/a.log", "w").close()
        filters, actions, by_filter = stock(tree)
        for seed in range(first, first + count):
            r = random.Random(seed)
            path = choose(r, filters, actions)
            with open(os.path.join(tree, path), "rb") as f:
                good = f.read()
            with open(tree + "/jail.local", "w") as f:
                f.write(enable(path, by_filter, logs))
            with open(os.path.join(tree, path), "wb") as f:
                f.write(mangle(r, good))
            m = run(gaol, tree, path)
            kind = judge(m)
            seen[kind] = seen.get(kind, 0) + 1
            if kind is None:
                tell(m, seed)
            elif kind == "endless":
                print("# mutant %d of %s: fail2ban-client does not come to "
                      "an end, ours %s" % (seed, m.path,
                                           verdict(m.us, m.us_broken)),
                      flush=True)
            with open(os.path.join(tree, path), "wb") as f:
                f.write(good)
    bad = seen.pop(None, 0)
    # Not a verdict, so it may be a few; gaol's own is an exception.
    endless, most = seen.get("endless", 0), max(1, count // 500)
    bad += endless > most
    print("%s - %d mangled trees: %d judged as fail2ban does" % (
        "not ok" if bad or seen.get("same", 0) < count / 2 else "ok", count,
        seen.pop("same", 0)))
    for name, why, _ in KINDS:
        if name in seen:
            print("ok - %d trees, %s: %s" % (seen[name], name, why))
    print("%s - %d trees, endless: fail2ban itself did not come to an end in "
          "%d s of CPU time (at most %d)" % (
              "not ok" if endless > most else "ok", endless, SECONDS, most))
    print("%s - no more than ten kinds of stricter verdict" % (
        "ok" if len(KINDS) <= 10 else "not ok"))
    return 1 if bad else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1], int(sys.argv[2]),
                  int((sys.argv + ["1"])[3])))
