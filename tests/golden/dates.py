"""fail2ban's own date detector beside ours.

Each default template, the patterns of stock filters and some of our own are
given random stamps, valid and broken, at different places of a line; both
detectors must cut out the same part and read the same time. So must the two
default detectors on lines of changing formats. SEED=n repeats a run.

Not compared:
  - stamps that only 1.1 reads (YYYYMMDD-HHMMSS, with colons);
  - digits of other scripts, which are none to us;
  - letters beyond ASCII before a stamp: where the last stamp stood is counted
    in bytes by us, in letters by fail2ban.
"""
import logging
import os
import random
import re
import sys
import time
import warnings

from matcher import Matcher

STAMPS = int(os.environ.get("STAMPS", "150"))
NOW = 1795298892                                # 2026-11-21 22:08:12 UTC
ZONES = ["UTC", "CET-01CEST-02,M3.5.0,M10.5.0", "EST5EDT,M3.2.0,M11.1.0",
         "IST-05:30"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
        "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July",
          "August", "September", "October", "November", "December"]
PATTERNS = [
    "%Y-%m-%d %H:%M:%S", "^%y%m%d %H:%M:%S", "{^LN-BEG}%Exy%Exm%Exd %H%M%S",
    "%d/%b/%Y:%H:%M:%S %z", "^[^\\[]*\\[({DATE})", "{^LN-BEG}", "{DEFAULT}",
    "%j %Y %H:%M:%S", "%Y %W %w %H:%M", "%Y %U %a %H:%M", "%A, %d %B %Y %I:%M %p",
    "%H:%M:%S", "%d %H:%M", "%b %d", "%m/%d %H:%M:%S %Z", "%Y%m%d%H%M%S%Exz",
    "%Y-%m-%d %ExH:%ExM:%ExS %ExZ", "EPOCH", "LEPOCH", "^EPOCH", "^LEPOCH",
    "{^LN-BEG}LEPOCH", "TAI64N", "{NONE}", "\\[{LEPOCH}\\]", "t={EPOCH};",
    "{UNB}%H%M%S", "**%H:%M:%S**", "%H:%M:%S**", "**%Y-%m-%d", "()",
    "^%m%d %H:%M$", "%d-%m-%y %H.%M.%S", "time (%H:%M) of %d %b",
    "%Y-%m-%dT%H:%M:%S.%f%z", "(?:%a )?%b %d %H:%M:%S(?: %Y)?",
]
BEFORE = ["", "", "", "[", "<", "(", " ", "  ", "a ", "host app: ", "x", "1",
          "type=X msg=audit(", "- - [", "\t", "t=", "a[", "**"]
BEHIND = ["", " msg", "] msg", "> m", ") m", ":123): x", ";", "x", "1", ".5",
          ",123 m", "Z", " +0200 m", " - 10:11:12", " 2026-11-20 01:02:03",
          "\u00e9", ":", " UTC", "/"]


class Stamps:
    def __init__(self, rng):
        self.rng = rng

    def number(self, low, high, width=0):
        n = self.rng.randrange(low, high + 1)
        if self.rng.random() < 0.04:
            n = high + self.rng.randrange(1, 20)
        if width and self.rng.random() < 0.8:
            return "%0*d" % (width, n)
        return self.rng.choice(["%d", "%2d"]) % n

    def zone(self):
        r = self.rng
        return r.choice(["Z", "UTC", "GMT", "+0200", "-05", "+05:30", "-0000",
                         "CET", "CEST", "EST", "MSK", "XYZ", "UTC+0100", "A",
                         "+2460", "Q"])

    def code(self, name):
        r, name = self.rng, name[2:] if name.startswith("Ex") else name
        word = {"a": [d[:3] for d in DAYS], "A": DAYS,
                "b": [m[:3] for m in MONTHS], "B": MONTHS,
                "p": ["AM", "PM", "am"]}.get(name)
        if word:
            text = r.choice(word)
            return r.choice([text, text, text.lower(), text.upper()])
        if name in "zZ":
            return self.zone()
        return {
            "Y": lambda: str(r.choice([2026, 2025, 2005, 2024, 1999, 2030,
                                       2099, 2026])),
            "y": lambda: "%02d" % r.choice([26, 5, 99, 24, 70]),
            "m": lambda: self.number(1, 12, 2),
            "d": lambda: self.number(1, 31, 2),
            "H": lambda: self.number(0, 23, 2),
            "k": lambda: self.number(0, 23, 2),
            "I": lambda: self.number(1, 12, 2),
            "l": lambda: self.number(1, 12, 2),
            "M": lambda: self.number(0, 59, 2),
            "S": lambda: self.number(0, 61, 2),
            "f": lambda: str(r.randrange(10 ** r.randrange(1, 7))),
            "j": lambda: self.number(1, 366, 3),
            "U": lambda: self.number(0, 53, 2),
            "W": lambda: self.number(0, 53, 2),
            "w": lambda: str(r.randrange(8)),
            "%": lambda: "%",
        }[name]()

    def epoch(self):
        r = self.rng
        return str(r.choice([NOW, NOW - 86400, 10 ** 9, 10 ** 10 + 7])) + \
            r.choice(["", "", ".123", ".123456", "123", "123456", ".1", "1",
                      "123.5"])

    def make(self):
        """A stamp of any kind."""
        r = self.rng
        form = r.choice([
            "%Y-%m-%d %H:%M:%S", "%Y/%m/%dT%H:%M:%S,%f%z", "%Y.%m.%d  %H:%M:%S",
            "%a %b %d %H:%M:%S %Y", "%b %d %H:%M:%S", "%b %d %H:%M:%S.%f",
            "%b %d %Y %H:%M:%S", "%a %b %d %Y %H:%M:%S.%f",
            "%d/%m/%Y %H:%M:%S", "%d-%m-%y %H:%M:%S", "%d/%b/%Y:%H:%M:%S %z",
            "%d-%b-%Y %H:%M:%S.%f", "%m/%d/%Y:%H:%M:%S", "%m-%d-%Y %H:%M:%S.%f",
            "%H:%M:%S", "<%m/%d/%y@%H:%M:%S>", "%y%m%d %H:%M:%S",
            "%y%m%d  %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%b-%d-%y %H:%M:%S",
            "%Y%m%dT%H%M%S", "%Y%m%d  %H%M%S", "%Z %b %d %H:%M:%S",
            "%z %a %b %d %H:%M:%S %Y", "%Y-%m-%d %H:%M:%S %z",
            "%Y-%m-%dT%H:%M:%S.%f%z", "EPOCH", "TAI", "%H:%M", "%d %H:%M",
            "%j %Y %H:%M:%S", "%Y %W %w %H:%M", "%Y %U %a %H:%M",
            "%A, %d %B %Y %I:%M %p", "%m/%d %H:%M:%S %Z", "%b %d",
            "%Y%m%d%H%M%S%z", "%H%M%S", "%m%d %H:%M", "%d-%m-%y %H.%M.%S",
            "time %H:%M of %d %b", "%y%m%d %H%M%S", "%Y-%m-%d"])
        if form == "EPOCH":
            return self.epoch()
        if form == "TAI":
            return "@40000000%08x%08x" % (NOW + r.randrange(-99, 99) * 86400,
                                          r.randrange(10 ** 9))
        out, i = "", 0
        while i < len(form):
            if form[i] == "%":
                out += self.code(form[i + 1])
                i += 2
            else:
                out += form[i]
                i += 1
        return out

    def line(self, probe):
        """Mostly with a stamp that the detector `probe` knows."""
        r, stamp = self.rng, self.make()
        for _ in range(r.choice([0, 40, 40])):
            if probe.matchTime(stamp)[0]:
                break
            stamp = self.make()
        if r.random() < 0.12 and stamp:          # broken
            i = r.randrange(len(stamp))
            stamp = stamp[:i] + r.choice(["", "0", ":", " ", "x", "-"]) + \
                stamp[i + 1:]
            if re.search(r"\d{8}(-|.{1,2}\d\d:?\d\d:?\d\d)", stamp):
                stamp = ""                       # 1.1 would read it
        return r.choice(BEFORE) + stamp + r.choice(BEHIND)


def expect(detector, line):
    """[start, end, time], offsets in bytes; None: no stamp."""
    match = detector.matchTime(line)
    if not match[0]:
        return None
    start, end = match[0].span(1)
    if start < 0:
        return "no group"
    found = [len(line[:start].encode()), len(line[:end].encode())]
    if start == end:
        return found
    try:
        got = detector.getTime(line[start:end], match)
    except (KeyError, TypeError):                # a zone or month unknown
        got = None
    return found + [round(got[0], 3)] if got else found


def judge(matcher, title, pattern, lines, zone, make):
    detector = make(pattern, zone)
    request = {"lines": lines, "pattern": pattern}
    if zone:
        request["zone"] = zone
    answer = matcher.ask("date", **request)
    if "error" in answer:
        return 0, ["%s: refused: %s" % (title, answer["error"])]
    wrong, found, before = [], 0, []
    for line, mine in zip(lines, answer["dates"]):
        before = [b for b in before[-2:]] + [line]
        want = expect(detector, line)
        if want == "no group":
            break
        found += want is not None
        if mine is not None:
            mine = mine[:2] if mine[2] is None else \
                mine[:2] + [round(mine[2], 3)]
        if mine != want:
            wrong.append("%s: %a: fail2ban %s, we %s" %
                         (title, before, want, mine))
    return found, wrong


def main():
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    seed = int(os.environ.get("SEED", time.time()))
    print("# SEED=%d" % seed)
    rng = random.Random(seed)
    from fail2ban.server.datedetector import DateDetector, DateDetectorCache
    from fail2ban.server.mytime import MyTime

    def make(pattern, zone):
        detector = DateDetector()
        detector.default_tz = zone
        for line in (pattern or "{DEFAULT}").split("\n"):
            detector.appendTemplate(line)
        return detector

    defaults = [t.pattern for t in DateDetectorCache().templates
                if getattr(t, "pattern", None)]
    failed = 0
    for tz in ZONES:
        os.environ["TZ"] = tz
        time.tzset()
        MyTime.setTime(NOW)
        matcher, stamps = Matcher(TZ=tz), Stamps(rng)
        matcher.ask("now", at=NOW)
        wrong, found, total = [], 0, 0
        for pattern in defaults + PATTERNS + [None] * 20:
            zone = rng.choice([None, None, "UTC", "CET", "+0230"])
            probe = make(pattern, None)
            lines = [stamps.line(probe) for _ in range(STAMPS)]
            n, bad = judge(matcher, "%s, zone %s" % (pattern, zone), pattern,
                           lines, zone, make)
            found, total = found + n, total + len(lines)
            wrong += bad
        good = not wrong and found > total / 4
        print("%s - %s: %d stamps in %d lines as fail2ban's detector" %
              ("ok" if good else "not ok", tz, found, total))
        for line in wrong[:12]:
            print("#   " + line)
        failed += not good or matcher.close() != 0
    sys.exit(1 if failed else 0)


main()
