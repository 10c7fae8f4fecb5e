"""Python's own re beside our translation of it into PCRE2.

Random expressions and texts that nearly fit them: both must compile the same
ones, and find the same groups at the same places. SEED=n repeats a run.

What is known to differ, and is not made here (or, where we take more than
Python does, allowed):
  - the flags a, L and t, and \\N{name}, are refused by us;
  - a look-behind whose branches have different widths is taken by us;
  - \\B on a text without a byte (lines have their newline) matches only
    for us, an expression of blanks is refused by us, as fail2ban does;
  - U+180E is white space to PCRE2 only;
  - (?i)i is the dotless i and the dotted capital to Python, not to PCRE2;
  - a back-reference under (?i) takes \u017f for s in PCRE2 only;
  - (…)*+ of Python 3.11 itself does not give back what a failed round took;
  - what a repeated group remembers of a round that took nothing may differ
    where the whole match does not: one pair in 50,000 may be such a one;
  - a condition on the group that it stands in, which asks for its last round;
  - names of more than 32 bytes, more than 128 groups and repeats above 65535
    are refused by PCRE2.
"""
import os
import random
import re
import signal
import sys
import time
import warnings

from matcher import Matcher

PAIRS = int(os.environ.get("PAIRS", "10000"))
TEXTS = 4
REMEMBERED = "repeated groups remember other rounds"
LETTERS = list("abcxyzABCZ019_ .-:/@[]()\t\n\\\"'") + \
    ["\u00e9", "\u00c9", "\u0434", "\u0414", "\u017f", "\u00df", "\u0663",
     "\u2028", "\u00a0", "\u0085", "\x1c", "\x1f", "\x0b", "\u4e2d",
     "\U0001f600", "\u0301", "\u00b2", "\u00aa"]
ESCAPES = ["\\d", "\\D", "\\w", "\\W", "\\s", "\\S"]
ODD = ["\\", "\\x4", "\\x41", "\\u0434", "\\U00000041", "\\e", "\\Q", "\\h",
       "\\v", "\\K", "\\R", "\\1", "\\2", "\\12", "\\012", "\\0", "\\101",
       "\\8", "\\_", "\\/", "\\z", "\\G", "\\X", "\\p", "\\a", "\\t", "\\n",
       "[", "]", "(", ")", "{", "}", "{,2}", "{2}", "{,}", "{}", "{1,", "*",
       "+", "?", "**", "(?", "(?)", "(?P<", "(?P>n)", "(?<n>a)", "(?'n'a)",
       "(?|a)", "(?R)", "(*FAIL)", "(?#x)", "(?#", "(?i)", "(?-i)", "(?i:",
       "(?(1)a)", "(?(9)a)", "(?(x)a)", "(?P=n0)", "(?P=q)", "(?&n)", "(?+1)",
       "(?-1)", "(?>a)", "(?-:a)", "(?is-m:a)", "(?i-i:a)", "(?u:a)", "(?",
       "[a-\\d]", "[\\d-a]", "[\\s-a]", "[b-a]", "[]a]", "[^]a]", "[[:alpha:]]",
       "[\\b]", "[\\B]", "[\\Z]", "[a-]", "[-a]", "[\\]]", "[^\\s]", "[^\\S]",
       "[\\S]", "[\\Sa ]", "[^\\S\\n]", "[\\1]", "[\\8]", "[\\012]", "[\\x41-Z]",
       "[\\w-]", "[a\\-z]", "[\\s\\S]", "[^\\s\\S]", "[\\d\\S]", "[+--]",
       "[\\e]", "[\\/]", "[a", "^*", "$*", "\\b*", "(?=a)*", "a{2}{3}", "a{2}?",
       "a{2}+", "a*+", "a++", "a?+", "(?<=ab)", "(?<=a*)", "(?<!a|b)", "\\Z",
       "\\A", "\\B", "\\b", "#", " ", "|", "||", "^", "$", ".", "(?x: a b)",
       "\\ ", "\\-", "\\:", "{a}", "a{1,2}{3}", "()", "(|a)", "(?:)", "(?=)",
       "(?!)", "\u00e9", "\\\u00e9"]


class Slow(Exception):
    pass


def too_slow(number, frame):
    raise Slow


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.groups = 0
        self.open = set()
        self.names = 0
        self.depth = 0

    def literal(self):
        c = self.rng.choice(LETTERS)
        return re.escape(c) if self.rng.random() < 0.9 else c

    def set(self):
        r, parts = self.rng, []
        for _ in range(r.randrange(1, 4)):
            k = r.random()
            if k < 0.3:
                parts.append(r.choice(["a-c", "0-9", "A-Z", "x-z",
                                       "\\u0430-\\u0444"]))
            elif k < 0.55:
                parts.append(r.choice(ESCAPES))
            else:
                c = r.choice(LETTERS)
                parts.append("\\" + c if c in "[]\\^-" else c)
        return "[" + ("^" if r.random() < 0.3 else "") + "".join(parts) + "]"

    def group(self):
        r = self.rng
        kind = r.random()
        self.depth += 1
        mine = self.groups + 1
        closed = [i for i in range(1, mine) if i not in self.open]
        if kind < 0.45:
            self.groups += 1
            self.open.add(mine)
        if kind < 0.3:
            inside = "(" + self.choice()
        elif kind < 0.45:
            self.names += 1
            inside = "(?P<n%d>" % (self.names - 1) + self.choice()
        elif kind < 0.7:
            inside = "(?:" + self.choice()
        elif kind < 0.78:
            inside = r.choice(["(?=", "(?!"]) + self.choice()
        elif kind < 0.84:
            inside = r.choice(["(?<=", "(?<!"]) + "".join(
                r.choice([self.literal(), self.set()])
                for _ in range(r.randrange(1, 3)))
        elif kind < 0.92:
            inside = r.choice(["(?i:", "(?s:", "(?-i:", "(?im:"]) + \
                self.choice()
        elif closed:
            inside = "(?(%d)" % r.choice(closed) + \
                self.sequence() + ("|" + self.sequence()
                                   if r.random() < 0.5 else "")
        else:
            inside = "(?:" + self.choice()
        self.depth -= 1
        self.open.discard(mine)
        return inside + ")"

    def atom(self):
        k = self.rng.random()
        if k < 0.45:
            return self.literal()
        if k < 0.57:
            return self.rng.choice(ESCAPES)
        if k < 0.63:
            return "."
        if k < 0.76:
            return self.set()
        if k < 0.80:
            return self.rng.choice(["^", "$", "\\b", "\\B", "\\A", "\\Z"])
        if k < 0.82 and self.groups:
            return "\\%d" % self.rng.randrange(1, self.groups + 1)
        if k < 0.835 and self.names:
            return "(?P=n%d)" % self.rng.randrange(self.names)
        if k < 0.85:
            return self.rng.choice(ODD)
        return self.group() if self.depth < 3 else self.literal()

    def piece(self):
        atom = self.atom()
        if self.rng.random() < 0.3:
            atom += self.rng.choice(["*", "+", "?", "*?", "+?", "??", "{2}",
                                     "{1,2}", "{,2}", "{0,2}?", "{1,}"] +
                                    ["*+", "++"] * (not atom.endswith(")")))
        return atom

    def sequence(self):
        return "".join(self.piece() for _ in range(self.rng.randrange(0, 5)))

    def choice(self):
        branches = [self.sequence()
                    for _ in range(self.rng.choice([1, 1, 1, 2, 3]))]
        return "|".join(branches)

    def pattern(self):
        if self.rng.random() < 0.1:
            return "".join(self.rng.choice(ODD + LETTERS + ["(a)", "a", "b"])
                           for _ in range(self.rng.randrange(1, 5)))
        flags = self.rng.choice(["", "", "", "(?i)", "(?s)", "(?m)", "(?im)"])
        return flags + "".join(self.choice() if i == 0 else self.piece()
                               for i in range(2))


def make_text(rng, pattern):
    """Pieces of the expression make texts that often fit it."""
    out = []
    for _ in range(rng.randrange(0, 14)):
        if rng.random() < 0.5 and pattern:
            at = rng.randrange(len(pattern))
            out.append(pattern[at:at + rng.randrange(1, 4)])
        else:
            out.append(rng.choice(LETTERS))
        if rng.random() < 0.2:
            out[-1] = out[-1].swapcase()
    if rng.random() < 0.3 or not out:
        out.append("\n")
    return "".join(out)


def python(pattern, texts, multiline):
    """None when it does not compile; else the groups' byte offsets."""
    try:
        compiled = re.compile(pattern, re.MULTILINE if multiline else 0)
    except (re.error, OverflowError, RecursionError):
        return None
    result = []
    for text in texts:
        m = compiled.search(text)
        if m is None:
            result.append(None)
            continue
        result.append([None if m.start(i) < 0 else
                       [len(text[:m.start(i)].encode()),
                        len(text[:m.end(i)].encode())]
                       for i in range(compiled.groups + 1)])
    return result


def ours(matcher, pattern, texts, multiline):
    answer = matcher.ask("regex", pattern=pattern, texts=texts,
                         multiline=multiline)
    return answer.get("matches"), answer.get("error")


def same(theirs, mine):
    if theirs is None or mine is None or mine == "limit":
        return theirs == mine or mine == "limit"
    return mine[:len(theirs)] == theirs and not any(mine[len(theirs):])


def only_remembered(pattern, theirs, mine):
    """The same match; groups differ, and one of them is repeated."""
    return theirs is not None and isinstance(mine, list) and \
        theirs[0] == mine[0] and re.search(r"\)[*+?{]", pattern) is not None


def folds(pattern, text):
    """A back-reference that ignores case, and the long s."""
    return "\u017f" in text and "i" in "".join(
        re.findall(r"\(\?([a-z]*)", pattern)) and \
        re.search(r"\\[1-9]|\(\?P=", pattern) is not None


def we_take_more(pattern):
    """Branches of different widths in a look-behind."""
    try:
        re.compile(pattern)
    except re.error as e:
        return "look-behind requires fixed-width" in str(e)
    return False


def check(matcher, pattern, texts, multiline, theirs):
    """What is wrong, or None; how many texts matched."""
    if not pattern.strip():
        return None, 0
    mine, error = ours(matcher, pattern, texts, multiline)
    if theirs is None:
        if mine is None or we_take_more(pattern):
            return None, 0
        return "Python refuses it", 0
    if mine is None:
        return "we refuse it: " + error, 0
    for text, a, b in zip(texts, theirs, mine):
        if folds(pattern, text):
            continue
        if not same(a, b) and only_remembered(pattern, a, b):
            return REMEMBERED, 0
        if not same(a, b):
            return "on %a: Python %s, we %s" % (
                text, a, b if not isinstance(b, list) else
                b[:len(a) if a else 9]), 0
    return None, sum(m is not None for m in theirs)


def main():
    warnings.simplefilter("ignore")
    seed = int(os.environ.get("SEED", time.time()))
    print("# SEED=%d" % seed)
    rng, matcher = random.Random(seed), Matcher()
    signal.signal(signal.SIGALRM, too_slow)
    wrong, pairs, matched, compiled, remembered = [], 0, 0, 0, 0
    fixed = [(p, LETTERS + ["aa\n", "a\nb\n", "ab ab", "\n"])
             for p in ODD + ["(?m)^", "(?m)$", "^$", "(?i)k", "(a)\\1"]]
    while pairs < PAIRS and len(wrong) < 10:
        if fixed:
            pattern, texts = fixed.pop()
        else:
            pattern = Maker(rng).pattern()
            texts = [make_text(rng, pattern) for _ in range(TEXTS)]
        multiline = rng.random() < 0.15
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            theirs = python(pattern, texts, multiline)
        except Slow:                             # Python's re has no limit
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        what, n = check(matcher, pattern, texts, multiline, theirs)
        pairs += len(texts)
        matched += n
        compiled += what is None and n > 0
        if what == REMEMBERED:
            remembered += 1
            print("# %s: %a" % (what, pattern))
        elif what is not None:
            wrong.append("%a%s: %s" % (pattern, " (multiline)" if multiline
                                       else "", what))
    if remembered > 1 + pairs // 50000:
        wrong.append("%d times: %s" % (remembered, REMEMBERED))
    print("%s - %d pairs of expression and text as Python's re (%d match)" %
          ("not ok" if wrong else "ok", pairs, matched))
    for line in wrong:
        print("#   " + line)
    enough = matched > pairs / 10 and compiled > 100
    print("%s - enough of them match" % ("ok" if enough else "not ok"))
    if matcher.close() != 0:
        wrong.append("the matcher ended badly")
        print("not ok - " + wrong[-1])
    sys.exit(1 if wrong or not enough else 0)


main()
