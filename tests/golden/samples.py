"""The annotated logs that the fail2ban package brings, with its own filters.

Each annotation says of the line behind it whether it is a failure, of whom,
and when; every one of them must be right for our matcher, and every failregex
must be needed by one of them.

samples.py LOGS CONFIG TESTCONFIG
    LOGS        fail2ban/tests/files/logs
    CONFIG      what is /etc/fail2ban
    TESTCONFIG  fail2ban/tests/config, where it finds CONFIG by its includes
"""
import datetime
import glob
import ipaddress
import json
import os
import re
import sys
import time

from matcher import Matcher

NOW = 1124013600                                # 2005-08-14 12:00 CEST
ZONE = "CET-01CEST-02,M3.5.0,M10.5.0"
MARK = re.compile(r"^#+ ?(failJSON|(?:file|filter)Options|addFILE):(.+)$")
NOT_GROUPS = ("time", "match", "desc", "constraint")

logs, config, testconfig = sys.argv[1:4]
os.environ["TZ"] = ZONE
time.tzset()
failed = 0
totals = {"match": 0, "miss": 0, "bare": 0, "skipped": 0}


class Wrong(Exception):
    pass


def holds(expression, name, opts):
    """name == 'sshd', opts.get('mode') == 'aggressive', or with !=."""
    found = re.match(r"^\s*(name|opts\.get\('(\w+)'\))\s*(==|!=)\s*'([^']*)'"
                     r"\s*$", expression)
    if not found:
        raise Wrong("a condition of another form: " + expression)
    what, key, operator, text = found.groups()
    value = name if what == "name" else opts.get(key)
    return (value == text) == (operator == "==")


class Filters:
    """The filters of one name, one for each set of options."""

    def __init__(self, name, base):
        self.name, self.base = name, base
        self.matcher = Matcher(TZ=ZONE)
        self.matcher.ask("now", at=NOW)
        self.regexes = {}                       # of each: its texts
        self.used = set()

    def get(self, opts):
        options = {k: v for k, v in opts.items() if not k.startswith("test.")}
        key = opts.get("test.filter-name") or str(options)
        if key in self.regexes:
            return key
        entry = self.name
        if options:
            entry += "[%s]" % ", ".join('%s="%s"' % o
                                        for o in options.items())
        answer = self.matcher.ask("filter", name=key, entry=entry,
                                  dir=self.base, usedns="raw",
                                  check_all=True)
        if "error" in answer:
            raise Wrong("%s: %s" % (entry, answer["error"]))
        self.regexes[key] = answer["failregex"]
        return key

    def feed(self, key, opts, line):
        if opts.get("logtype") == "journal":
            line = opts.get("test.prefix-line", "") + line
            answer = self.matcher.ask("message", name=key, line=line,
                                      time=NOW)
        else:
            answer = self.matcher.ask("line", name=key, line=line)
        for regex in answer["hits"]:
            self.used.add(self.regexes[key][regex - 1])
        return answer["found"]

    def unused(self):
        return sorted({r for texts in self.regexes.values() for r in texts} -
                      self.used)


def local_epoch(text):
    form = "%Y-%m-%dT%H:%M:%S" + (".%f" if "." in text else "")
    t = datetime.datetime.strptime(text, form)
    return time.mktime(t.timetuple()) + t.microsecond / 1e6


def value_of(failure, key):
    if key == "users":
        return sorted(failure["users"])
    if key in failure["groups"]:
        return failure["groups"][key]
    if key == "host":
        return failure["id"]
    if key == "attempts":
        return len(failure["lines"])
    return None


def canonical(text):
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def judge(expected, found):
    if not expected.get("match"):
        if found:
            raise Wrong("found %s, though it is no failure" % found)
        return
    if len(found) != 1:
        raise Wrong("%d failures in place of one: %s" % (len(found), found))
    failure = found[0]
    for key, want in expected.items():
        if key in NOT_GROUPS:
            continue
        got = value_of(failure, key)
        if key == "host":
            want = canonical(want)
        if got != (sorted(want) if isinstance(want, list) else want):
            raise Wrong("%s is %r, not %r" % (key, got, want))
    if expected.get("time") is not None and \
            failure["time"] != local_epoch(expected["time"]):
        raise Wrong("time is %s, not %s" % (failure["time"],
                                            expected["time"]))


def count(annotated, expected):
    totals["bare" if not annotated else
           "match" if expected.get("match") else "miss"] += 1


def run_file(filters, path, active, more):
    """One log; `active` are the option sets that the file before left."""
    common, skipping, expected = {}, False, None
    with open(path, encoding="utf-8", errors="surrogateescape",
              newline="\n") as f:
        lines = f.read().split("\n")
    for number, line in enumerate(lines, 1):
        mark = MARK.match(line)
        if mark and expected is None:
            kind, payload = mark.group(1), json.loads(mark.group(2))
            if kind == "failJSON":
                expected = payload
            elif kind == "fileOptions":
                common = payload
            elif kind == "addFILE":
                more.append(payload)
            else:
                sets = payload if isinstance(payload, list) else [payload]
                active[:], skipping = [], False
                for opts in (dict(common, **s) for s in sets):
                    if opts.get("test.condition"):
                        skipping = not holds(opts["test.condition"],
                                             filters.name, opts)
                    if not skipping:
                        active.append((filters.get(opts), opts))
            continue
        annotated, sample, expected = expected is not None, expected, None
        if skipping or (not annotated and
                        (line.startswith("#") or not line.strip())):
            totals["skipped"] += annotated
            continue
        if not active:
            active.append((filters.get({}), {}))
        sample = sample or {}
        for key, opts in active:
            if sample.get("constraint") and \
                    not holds(sample["constraint"], filters.name, opts):
                continue
            try:
                judge(sample, filters.feed(key, opts, line.rstrip("\r")))
            except Wrong as e:
                raise Wrong("%s:%d: with %s: %s" %
                            (os.path.basename(path), number, opts, e))
            count(annotated, sample)


def run_filter(name, base):
    before = dict(totals)
    filters, active, files = Filters(name, base), [], [name]
    for path in files:                           # grows by addFILE
        run_file(filters, os.path.join(logs, path), active, files)
    for regex in filters.unused():
        raise Wrong("a failregex that no sample needs: " + regex)
    if filters.matcher.close() != 0:
        raise Wrong("the matcher ended badly")
    n = totals["match"] - before["match"], totals["miss"] - before["miss"]
    if sum(n) == 0:
        raise Wrong("no sample")
    return "%d failures, %d others" % n


def names(base, fits):
    found = (os.path.basename(p)[:-len(".conf")]
             for p in glob.glob(os.path.join(base, "filter.d", "*.conf")))
    return [(n, base) for n in sorted(found) if fits(n)]


def main():
    global failed
    tests = names(config, lambda n: not n.endswith("common")) + \
        names(testconfig, lambda n: n.startswith("zzz-"))
    for name, base in tests:
        try:
            print("ok - %s: %s" % (name, run_filter(name, base)))
        except (Wrong, OSError) as e:
            failed += 1
            print("not ok - %s" % name)
            print("#   %s" % e)
    known = {name for name, _ in tests}
    lonely = [n for n in os.listdir(logs)
              if os.path.isfile(os.path.join(logs, n)) and n not in known and
              n not in ("sshd-journal",)]
    print("%s - each log has its filter" % ("not ok" if lonely else "ok"))
    if lonely:
        failed += 1
        print("#   " + " ".join(lonely))
    print("# %d filters, %s" % (len(tests), totals))
    sys.exit(1 if failed or len(tests) < 80 else 0)


main()
