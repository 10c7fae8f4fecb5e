"""What each filter tells of, from its eventregex and eventjson, against the
table in gaol-events(5); and which filters nobody ran against their server,
against the same table and gaol check.

A cell is "-" or "o" (see there) where a filter has no such kind: that is a
person's word. All others are computed here, so the table cannot rot."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

MAN = "man/gaol-events.5"
KINDS = ("login", "failure", "logout", "client", "mailbox", "received", "sent",
         "limited")
failed = 0


def check(good, what, *why):
    global failed
    print(("ok - " if good else "not ok - ") + what)
    if not good:
        failed += 1
        for line in why:
            print("#   " + line)


class Filter:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-len(".conf")]
        with open(path, encoding="utf-8") as f:
            self.text = f.read()
        # Options, and lines of theirs that begin with a blank.
        self.options = dict(re.findall(
            r"(?m)^(\w+) = ?((?:.*\n)(?:(?:[ #].*)?\n(?=[ #])|[ ].*\n)*)",
            self.text))
        self.unverified = re.search(
            r"(?m)^# status: from documentation, unverified$", self.text)

    def expand(self, text):
        return re.sub(r"%\((\w+)\)s",
                      lambda m: self.expand(self.options.get(m[1], "")), text)

    def lines(self, option):
        for line in self.options.get(option, "").split("\n"):
            m = re.match(r"\s*([a-z]+)(?:\[([^\]]*)\])?: (.*)", line)
            if m:
                yield m[1], m[2] or "", self.expand(m[3])

    def rules(self):
        yield from self.lines("eventregex")
        for kind, fixed, text in self.lines("eventjson"):
            # What a rule takes stands behind the arrow, as NAME=PATH.
            taken = re.findall(r"(\w+)=", text.partition(" -> ")[2])
            yield kind, fixed, "".join("<F-%s>" % t.upper() for t in taken)

    def cell(self, kind):
        mine = [(fixed, text) for k, fixed, text in self.rules() if k == kind]
        if not mine:
            return None
        text = "".join(text for _, text in mine)
        more = ""
        if kind == "failure":
            more += "r" * all("reason=" in fixed for fixed, _ in mine)
            more += "n" * ("<F-ATTEMPTS>" in text)
        if kind == "logout":
            more += "b" * ("<F-BYTES_OUT>" in text)
            more += "d" * ("<F-DURATION" in text)
        if kind == "received":
            more += "n" * ("<F-RECIPIENTS>" in text)
        return more or "+"


def table():
    """The manual's rows: name -> cells, and how the filter was made."""
    with open(MAN, encoding="utf-8") as f:
        text = f.read()
    rows = text.split(".Bd -literal -compact\nfilter ", 1)[1].split(".Ed")[0]
    out = {}
    for row in rows.split("\n")[1:-1]:
        words = row.split()
        out[words[0]] = words[1:]
    return out


def check_row(f, cells):
    wrong = []
    for kind, cell in zip(KINDS, cells):
        told = f.cell(kind)
        if told is None:
            if cell not in ("-", "o"):
                wrong.append("%s: not told, the manual has %s" % (kind, cell))
        elif cell != told:
            wrong.append("%s: %s, the manual has %s" % (kind, told, cell))
    made = "documentation" if f.unverified else "run"
    if cells[len(KINDS):] != [made]:
        wrong.append("%s, the manual has %s" % (made, cells[len(KINDS):]))
    check(len(cells) == len(KINDS) + 1 and not wrong, "%s: its row" % f.name,
          *wrong)


def check_unverified(gaol, filters):
    """gaol check names those that nobody ran, and no others."""
    with tempfile.TemporaryDirectory(prefix="gaol-kinds.") as work:
        log = os.path.join(work, "log")
        open(log, "w").close()
        with open(os.path.join(work, "jail.local"), "w") as f:
            for one in filters:
                f.write("[%s]\nenabled = true\nfilter = %s\naction =\n"
                        "logpath = %s\n" % (one.name, one.name, log))
        command = [gaol, "check", "-c", work, "--share", "."]
        said = json.loads(subprocess.run(
            command + ["--json"], stdout=subprocess.PIPE).stdout)
        text = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT).stdout.decode()
    want = {f.name for f in filters if f.unverified}
    got = {one["filter"] for one in said["unverified"]}
    check(said["ok"] and got == want, "gaol check --json: %d are unverified"
          % len(want), "%s" % sorted(got ^ want), *map(str, said["problems"]))
    got = set(re.findall(r"note: filter '([\w-]+)' is from documentation, "
                         r"unverified", text))
    check(got == want, "gaol check says so", str(sorted(got ^ want)))


def main(gaol):
    filters = [Filter(p) for p in sorted(glob.glob("filter.d/*.conf"))]
    mail = [f for f in filters
            if "eventregex" in f.options or "eventjson" in f.options]
    if os.environ.get("SHOW"):
        for f in mail:
            print("%-18s %s %s" % (f.name, " ".join(
                "%-8s" % (f.cell(k) or "?") for k in KINDS),
                "documentation" if f.unverified else "run"))
        return 0
    rows = table()
    check(len(mail) > 20 and set(rows) == {f.name for f in mail},
          "a row for each of %d filters of mail accesses" % len(mail),
          str(sorted(set(rows) ^ {f.name for f in mail})))
    for f in mail:
        check_row(f, rows.get(f.name, []))
    check_unverified(gaol, filters)
    return 1 if failed else 0


sys.exit(main(*sys.argv[1:]))
