"""Random values through pickle_rw and through Python's pickle."""

import datetime
import json
import os
import pickle
import random
import subprocess
import sys

sys.path.append("/usr/lib/python3/dist-packages")

from fail2ban.exceptions import DuplicateJailException, UnknownJailException
from fail2ban.server.failregex import RegexException
from fail2ban.server.ipdns import IPAddr

seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
rnd = random.Random(seed)
COUNT = 20000 if os.environ.get("SOAK") == "1" else 600
failed = 0


def tell(good, what, more=""):
    global failed
    print(("ok - " if good else "not ok - ") + what)
    if not good:
        failed += 1
        print("# SEED=%d" % seed)
        print("\n".join("# " + line[:400] for line in str(more).splitlines()[:20]))


class Tool:
    def __init__(self, mode):
        self.process = subprocess.Popen([sys.argv[1], mode], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")


# --- values: every object of its own, as a pickle tells shared ones apart ---

ALPHABET = "abc XYZ019./:<>'\"\\\n\t\x01\x7f\xe4\u20ac\U0001f600"
used = set()


def text(most=40):
    """Never twice, never so short that Python keeps one of it."""
    while True:
        n = rnd.choice((2, 3, rnd.randrange(2, most), 255, 256, 257))
        s = "".join(rnd.choice(ALPHABET) for _ in range(n))
        if s not in used:
            used.add(s)
            return s


def number():
    n = rnd.choice((rnd.randrange(300), rnd.randrange(1 << 17), 1 << rnd.randrange(63),
                    rnd.randrange(1 << 63)))
    return rnd.choice((n, -n, n - 1, -n - 1))


def scalar():
    return rnd.choice((text, number, lambda: None, lambda: rnd.random() < 0.5,
                       lambda: rnd.choice((rnd.random(), rnd.random() * 10 ** rnd.randrange(-30, 30),
                                           float(rnd.randrange(100))))))()


def value(depth=0):
    if depth > 4 or rnd.random() < 0.4:
        return scalar()
    n = rnd.choice((0, 1, 2, 3, 4, 5, rnd.randrange(30)))
    if rnd.random() < 0.3:
        return {text(): value(depth + 1) for _ in range(n)}
    return [value(depth + 1) for _ in range(n)]


def with_tuples(v, tuples, depth=0):
    """What the mask says: lists of some levels as tuples, everything fresh."""
    if isinstance(v, list):
        items = [with_tuples(x, tuples, depth + 1) for x in v]
        return tuple(items) if tuples >> depth & 1 else items
    if isinstance(v, dict):
        return {k: with_tuples(x, tuples, depth + 1) for k, x in v.items()}
    return v


# --- written -----------------------------------------------------------------

def written():
    tool = Tool("write")
    wrong = []
    big = [[0, [text() for _ in range(n)]] for n in (999, 1000, 1001, 2000, 2001, 3500)]
    big += [[0, {text(): n for n in range(count)}] for count in (1000, 1001, 2500)]
    big += [[1, ["x" * n, "yz" * n, {"k": "w" * n}]] for n in
            (65535, 65536, 65537, 65522, 65523, 65524, 200000, 21844, 21845)]
    big += [[3, [["a%d" % i, i, "".join(["v"] * 50)] for i in range(5000)]]]
    cases = big + [[rnd.randrange(64), value()] for _ in range(COUNT)]
    for tuples, v in cases:
        used.clear()
        got = tool.ask(json.dumps([tuples, v]))
        wanted = pickle.dumps(with_tuples(v, tuples), 5).hex()
        if got != wanted:
            wrong.append("%r %d\n got    %s\n wanted %s" % (v, tuples, got, wanted))
    tell(not wrong, "%d values are written as pickle.dumps() does" % len(cases),
         "\n".join(wrong[:3]))


def exceptions():
    tool = Tool("fail")
    cases = [UnknownJailException("sshd"), DuplicateJailException("j2"),
             RegexException("Unable to compile"), KeyError("x"), IndexError("list index"),
             ValueError("bad \xe4"), TypeError("t"), AttributeError("a"), NameError("n"),
             Exception("Invalid command"), PermissionError("no"), RuntimeError("r")]
    wrong = []
    for e in cases:
        got = tool.ask(json.dumps([type(e).__name__, e.args[0]]))
        if got != pickle.dumps((1, e), 5).hex():
            wrong.append("%r\n got    %s\n wanted %s" % (e, got, pickle.dumps((1, e), 5).hex()))
    for e in (FileNotFoundError(2, "No such file or directory", "/nowhere/x: y"),
              PermissionError(13, "Permission denied", "/root's")):
        got = pickle.loads(bytes.fromhex(tool.ask(json.dumps(
            [type(e).__name__, "[Errno %d] %s: '%s'" % (e.errno, e.strerror, e.filename)]))))
        if type(got[1]) is not type(e) or str(got[1]) != str(e):
            wrong.append(repr(got))
    got = pickle.loads(bytes.fromhex(tool.ask('["system", "x"]')))
    if got[0] != 1 or type(got[1]) is not Exception:
        wrong.append("unknown class: %r" % (got,))
    tell(not wrong, "exceptions are Python's and fail2ban's", "\n".join(wrong))


# --- read ------------------------------------------------------------------------

def plain(v):
    """As JSON has it: tuples and sets are arrays, bytes texts, keys texts."""
    if isinstance(v, (list, tuple, set, frozenset)):
        return [plain(x) for x in v]
    if isinstance(v, dict):
        return {k if isinstance(k, str) else str(k): plain(x) for k, x in v.items()}
    return v.decode() if isinstance(v, (bytes, bytearray)) else v


def word(v):
    return v if isinstance(v, str) else \
        v.decode() if isinstance(v, (bytes, bytearray)) else \
        plain(v) if isinstance(v, (list, tuple, set, dict, frozenset)) else str(v)


def unpacked(answer, words):
    """The tool's words, with JSON texts read back where a container was sent."""
    got = json.loads(answer)
    return [json.loads(g) if isinstance(w, (list, dict)) else g
            for g, w in zip(got, words)] if len(got) == len(words) else got


def readable(v, protocol):
    """What a client may send: bytes and sets have an opcode from 3 or 4 on."""
    if isinstance(v, list):
        v = [readable(x, protocol) for x in v]
        return rnd.choice((tuple, list))(v)
    if isinstance(v, dict):
        return {rnd.choice((k, rnd.randrange(1000), k)): readable(x, protocol)
                for k, x in v.items()}
    if isinstance(v, str) and rnd.random() < 0.2 and protocol >= 3:
        return v.encode()
    if isinstance(v, str) and rnd.random() < 0.05 and protocol >= 4:
        return {v, v + "x", 5}
    return v


def read():
    tool = Tool("read")
    for protocol in range(6):
        wrong = []
        for _ in range(COUNT // 6):
            used.clear()
            shared = text()
            request = [shared] + [readable(value(1), protocol) for _ in range(rnd.randrange(6))]
            request += rnd.choice(([], [shared, [shared, [shared]]], [request[-1]]))
            wanted = [word(x) for x in request]
            pickled = rnd.choice((pickle.dumps, pickle._dumps))(request, protocol)
            answer = tool.ask(pickled.hex())
            if answer.startswith("!") or unpacked(answer, wanted) != wanted:
                wrong.append("%r\n got %s" % (request, answer))
        tell(not wrong, "requests of protocol %d are read as Python reads them" % protocol,
             "\n".join(wrong[:2]))


# What og-rek writes for []string: no PROTO, EMPTY_LIST, MARK, one
# SHORT_BINSTRING or BINSTRING a word, APPENDS, STOP; and its protocol 0.
def og_rek(words, protocol):
    out = b"(" if protocol == 0 else b"]("
    for w in words:
        raw = w.encode()
        if protocol == 0:
            out += b"S" + json.dumps(w, ensure_ascii=False).encode() + b"\n"
        elif len(raw) < 256:
            out += b"U" + bytes([len(raw)]) + raw
        else:
            out += b"T" + len(raw).to_bytes(4, "little") + raw
    return out + (b"l." if protocol == 0 else b"e.")


def others():
    tool = Tool("read")
    wrong = []
    for words in (["ping", "100"], ["status"], ["status", "sshd"], ["get", "j", "bantime"],
                  ["echo", "x" * 300], ["echo", "it's \\ \"q\""]):
        for protocol in (0, 1):
            answer = tool.ask(og_rek(words, protocol).hex())
            if answer.startswith("!") or json.loads(answer) != words:
                wrong.append("%r %d: %s" % (words, protocol, answer))
    for protocol in range(6):
        answer = tool.ask(pickle.dumps(["banned", IPAddr("192.0.2.7")], protocol).hex())
        if answer != '["banned","192.0.2.7"]':
            wrong.append("IPAddr, protocol %d: %s" % (protocol, answer))
    tell(not wrong, "og-rek's and fail2ban's own objects are read", "\n".join(wrong))


class Call:
    def __init__(self, *what):
        self.what = what

    def __reduce__(self):
        return self.what


def hostile():
    tool = Tool("read")
    bad = [Call(os.system, ("touch canary",)), Call(eval, ("1",)), Call(str, (b"x", "ascii")),
           Call(str, ([1],)), Call(getattr, ("a", "b")), datetime.date(2026, 1, 1),
           ValueError("x"), open, str, {(1, 2): 3}, ["x", {str: 1}]]
    wrong = []
    for thing in bad:
        for protocol in range(6):
            answer = tool.ask(pickle.dumps(["echo", thing], protocol).hex())
            if not answer.startswith("! "):
                wrong.append("%r: %s" % (thing, answer))
    tell(not wrong, "what is no plain value is refused", "\n".join(wrong))
    loop = ["echo"]
    loop.append(loop)
    ring = {}
    ring["x"] = [ring]
    bomb = "lol" * 100
    for _ in range(30):
        bomb = [bomb] * 10
    for what, thing in (("a list in itself", loop), ("a dict in itself", ["echo", ring]),
                        ("a memo bomb", ["echo", bomb]),
                        ("a long text, often", ["x" * 100000] * 1000)):
        answer = tool.ask(pickle.dumps(thing, 4).hex())
        tell(answer.startswith("! "), "%s is refused" % what, answer[:200])
    cut, changed, lines = 0, 0, 0
    for protocol in range(6):
        good = pickle.dumps(["set", "sshd", "banip", "192.0.2.7", 5, 1.5, None, [1, {"a": 2}],
                             {"k": (1, 2, 3, 4)}, "x" * 300, 1 << 40], protocol)
        for n in range(len(good)):
            cut += not tool.ask(good[:n].hex()).startswith("! ")
        for _ in range(300):
            wild = bytearray(good)
            for _ in range(rnd.randrange(1, 4)):
                wild[rnd.randrange(len(wild))] = rnd.randrange(256)
            answer = tool.ask(wild.hex())
            lines += answer[:2] in ("! ", '["') or answer == "[]"
            changed += 1
    tell(cut == 0, "a pickle that is cut anywhere is refused", cut)
    tell(lines == changed, "%d damaged ones are words or refused" % changed, lines)
    tell(not os.path.exists("canary"), "nothing was ever called")


written()
exceptions()
read()
others()
hostile()
sys.exit(1 if failed else 0)
