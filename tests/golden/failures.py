"""Hostile text in every field that a client fills, in the lines of the servers
that have a jail, as they write it: who failed, and when, stay the true ones, or
nobody did. Those of mail servers are events/inject.py's, which asks for their
events. The texts are addresses and signs, the lines of every filter's samples,
and for each field what closes the rest of its line and opens it anew."""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "events"))
import inject    # noqa: E402
from failure_forms import FILTERS, Form, PLANTED, PLANTED6    # noqa: E402

TRUE, TRUE6 = "198.51.100.66", "2001:db8::66"
AT = 1795225500            # 2026-11-21 01:45:00 UTC, of each line
NOW = AT + 3600
MIN_TEXTS = 20

SIGNS = [
    PLANTED, PLANTED6, "::ffff:" + PLANTED, "[%s]" % PLANTED, "(%s)" % PLANTED,
    "<%s>" % PLANTED, "'%s'" % PLANTED, '"%s"' % PLANTED, PLANTED + ":1",
    "x from " + PLANTED, "x@" + PLANTED, ", client: %s, " % PLANTED,
    "rhost=" + PLANTED, "[client %s:1]" % PLANTED, "client @0x1 %s#1" % PLANTED,
    '"', "'", "\\", "\\\\", '\\"', "]", "[", ")", "(", ">", "<", ":", "; ", ", ",
    "%n%s", "${jndi}", "$(id)", "../../etc", " lead", "tail ", "a b c", "-", "--",
    "\u00e4\u202e\u20ac", "x\ny", "x\r\ny", "x\ty", "x\x7fy", "x" * 60, "z" * 3000,
    "[21/Nov/2020:01:45:00 +0000]", "2020-11-21 01:45:00", "2020/11/21 01:45:00",
    "Nov 20 01:45:00", "Sat Nov 21 01:45:00 2020", "1605923100",
    "2020-11-21T01:45:00Z", "21-Nov-2020 01:45:00.000",
]


class MailForm(Form):
    """One of inject.py's. Not each failure of its events is a jail's, but what
    went well is none."""
    WELL = ("login", "logout", "received", "sent", "mailbox", "client")

    def __init__(self, form, stamp):
        super().__init__(form.line if "{t}" in form.line else "{t}" + form.line,
                         form.text, (form.want or {}).get("kind") not in self.WELL,
                         lambda text: True)
        self.stamp, self.ip = stamp, (form.want or {}).get("ip")

    def make(self, text, ip, number):
        when = time.gmtime(AT)
        return self.line.format(
            u=text, ip=ip, s="S%d+/A" % number, n=number, t=time.strftime(self.stamp, when),
            iso=time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", when))

    def ends(self):
        parts = self.make("\0", PLANTED, 7).split("\0")
        return parts[0], parts[-1]


# --- texts -----------------------------------------------------------------------

def plant(text):
    return re.sub(r"198\.51\.100\.\d+", PLANTED, text).replace(TRUE6, PLANTED6)


def samples(name):
    """Whole lines that match, told of the planted address."""
    path = "tests/data/filters/%s.match" % name.partition("[")[0]
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return sorted({plant(line.rstrip("\n")) for line in f
                       if line.strip() and line[0] != "#"})


def imitations(forms):
    """What closes a field, ends its line, and begins another one, of the forms
    that count: behind a line feed, and in the same line."""
    texts = []
    for form in forms:
        head, tail = form.ends()
        unstamped = re.sub(r"^.*?\d\d:\d\d:\d\d(?:[.,]\d+)?\S*(?: \d{4})?\]? ", "", head)
        texts += ["x" + tail, head + "x" + tail, unstamped + "x" + tail,
                  "x" + tail + "\n" + head + "y" + tail, "x\n" + head + "y",
                  "x" + tail + " " + unstamped + "y", "x" + tail + unstamped + "y" + tail]
    return texts


def texts_of(name, forms, lines):
    texts = SIGNS + lines + imitations([f for f in forms if f.fails])
    # Without its stamp a line is what stands behind the true one.
    texts += [re.sub(r"^.*?\d\d:\d\d:\d\d\S* (?:\d{4} )?", "", line) for line in samples(name)]
    return list(dict.fromkeys(texts))


# --- asking ----------------------------------------------------------------------

def ask(gaol, name, log):
    """The id and the time of each line that matched, by its number."""
    done = subprocess.run(
        [gaol, "regex", "--json", "--now", str(NOW), "--share", ".", "--usedns", "raw",
         log, inject.filter_of(name)], stdout=subprocess.PIPE, check=True)
    rows = map(json.loads, done.stdout.decode("utf-8", "surrogateescape").splitlines())
    return {row["line"]: (row["id"], float(row["time"])) for row in rows
            if row["status"] == "matched"}


def fault(form, text, ip, got):
    """What is wrong with the answer for the lines of one form, or None."""
    for who, when in got:
        if who != ip:
            return "is %s's" % who
        if int(when) != AT:
            return "is of %d, %d s off" % (when, when - AT)
    if form.fails and not got and not form.silent(text):
        return "is nobody's"
    if not form.fails and got:
        return "is a failure"
    return None


def check(gaol, name, forms, lines):
    log, wanted, at = [], [], 1
    texts = texts_of(name, forms, lines)
    mail = isinstance(forms[0], MailForm)
    if mail:
        # What is a line to them has no line feed.
        texts = [text for text in texts if "\n" not in text and "\r" not in text]
    for n, form in enumerate(forms):
        for k, hostile in enumerate(texts):
            ip = TRUE6 if (n + k) % 5 == 0 and not mail else TRUE
            text = form.text(hostile)
            made = form.make(text, ip, n * len(texts) + k + 1000)
            ip = mail and form.ip or ip
            log.append(made)
            # An address that the text has is not the true one's by chance.
            assert ip not in text
            height = made.count("\n") + 1
            wanted.append((form, text, ip, range(at, at + height), made))
            at += height
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as f:
        f.write("".join(line + "\n" for line in log))
        f.flush()
        answers = ask(gaol, name, f.name)
    bad, counted = 0, dict.fromkeys(forms, 0)
    for form, text, ip, numbers, made in wanted:
        got = [answers[n] for n in numbers if n in answers]
        why = fault(form, text, ip, got)
        counted[form] += bool(got)
        if why is not None:
            bad += 1
            if bad <= 40:
                print("#   %s: %s" % (why, ascii(made)[:600]))
    idle = [form.line for form in forms
            if form.fails and counted[form] < len(texts) / 2 and not mail]
    for line in idle:
        print("#   most of these are nobody's: " + line)
    good = not bad and not idle and len(texts) >= MIN_TEXTS
    print("%sok - %s: %d lines, %d texts in each of %d fields, %d misread"
          % ("" if good else "not ", name, len(log), len(texts), len(forms), bad))
    return not good


def all_filters(told):
    """Each filter with a failregex is here, or tells of mail accesses, whose
    lines events/inject.py fills."""
    missing = []
    for path in sorted(glob.glob("filter.d/*.conf")):
        name = os.path.basename(path)[:-len(".conf")]
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if not re.search(r"(?m)^eventregex|^eventjson|^before = ", text) and name not in told:
            missing.append(name)
    print("%sok - each filter without mail accesses" % ("not " if missing else ""))
    for name in missing:
        print("#   %s has no forms" % name)
    return bool(missing)


def main(gaol, *only):
    os.environ["TZ"] = "UTC"
    every = [line for name in FILTERS for line in samples(name)]
    mail = {name: [MailForm(form, stamp) for form in forms]
            for name, (stamp, forms) in inject.SERVERS.items()}
    bad = [check(gaol, name, forms, every) for name, forms in FILTERS.items()
           if not only or name in only]
    bad += [check(gaol, name, forms, []) for name, forms in mail.items()
            if not only or name in only]
    if not only:
        bad.append(all_filters(FILTERS))
    return 1 if any(bad) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
