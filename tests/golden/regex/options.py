#!/usr/bin/env python3
"""Options and mistakes: gaol as fail2ban-regex beside fail2ban-regex 1.0.2.

    options.py FAIL2BAN-REGEX [NAME...]

A case is a name, the arguments, and what differs, if anything does. The
reasons why are in WHY; each is a way to make the two outputs equal again, so
that everything else in them is still compared.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

os.environ.update(TZ="UTC", LC_ALL="C.UTF-8", LANG="C.UTF-8")
time.tzset()

from fail2ban.client import fail2banregex  # noqa: E402

REGEX = r"of \S+ from <HOST>$"
USER = r"of <F-USER>\S+</F-USER> from <HOST>$"
FID = r"of <F-ID>\S+</F-ID> from <HOST>$"
PAIR = r"first a=<HOST>\n.* second"
SSHD = ("Nov 20 10:00:00 h sshd[1]: Failed password for root from 192.0.2.1 "
        "port 1 ssh2")


def drop(pattern):
    return lambda text: re.sub(pattern, "", text, flags=re.M | re.S)


def swap(pattern, instead):
    return lambda text: re.sub(pattern, instead, text, flags=re.M)


# What is levelled in every case: see the reasons.
ALWAYS = [
    ("the time a run took", drop(r"^\[processed in .*?\]$")),
    ("1.1's word for what 1.0.2 calls 'failregex filter file'",
     swap(r"^Use +failregex (filter )?file :", "Use      filter file :")),
    ("a jail of that name goes first, as in 1.1: sshd is one",
     swap(r"^Use +(jail : sshd|filter file : sshd, basedir: /etc/fail2ban)$",
          "Use sshd")),
    ("… and its options have another title",
     swap(r"^Use +(filter|jail/flt) options :", "Use options :")),
    ("the default patterns are written in our own words",
     swap(r"^(\|      # weight: .*, pattern: ).*(YearExMonthExDay"
          r"|2ExMonthExDay|ExY%Exm%Exd|ExYear\(|%ExY\(|Exy%Exm%Exd).*$",
          r"\1\2")),
    ("1.1 takes a - and : in the stamp that 1.0.2 does not",
     swap(r"^(\|  \[\d+\] .*)\(\?:(-\|)?T\|  \?\)Ex24hour(:\?)?ExMinute(:\?)?Ex",
          r"\1(?:-|T|  ?)Ex24hour:?ExMinute:?Ex")),
    ("an IPv6 address in 1.0.2's expressions has no lone ::",
     swap(r"::\?\|::\)", "::?|:)")),
]

# name: why, and how the texts become equal (None: standard output is not
# compared, only that there is some).
WHY = {
    "words": ("an error names the expression and the place in it", None),
    "usage": ("help texts are our own",
              drop(r"\A(Usage|usage): .*")),
    "traceback": ("where fail2ban-regex ends with a traceback and status 1, "
                  "gaol says ERROR and leaves with 255 (2 for a log level)",
                  None),
    "control": ("control bytes are escaped: a log's text may be an attack on "
                "the terminal",
                lambda t: t.replace("\\x00", "\0")),
    "last": ("a last line without its newline is a line; 1.0.2 waits for the "
             "rest of it",
             None),
    "date regex": ("what a format is compiled to is our own",
                   drop(r"^\|      # regex: .*?$")),
    "row": ("as in 1.1, groups that took no part are left out; and a time is "
            "always a float",
            lambda t: re.sub(r", '\w+': None", "",
                             re.sub(r",\t(\d+),", r",\t\1.0,", t))),
    "host": ("what <HOST> stands for is our own expression; matched lines of "
             "several are listed one by one, with their dates",
             swap(r"\?re=[^&]*&", "?")),
    "lines": ("-L takes up to 100: a bound for what one line may cost",
              None),
    "log": ("what is logged goes to standard error",
            drop(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} .*?\n")),
    "version": ("it is another program", None),
    "matches": ("the lines are not divided into before, date and after",
                swap(r"\('', '([^']*)', '([^']*)'\)", r"'\1\2'")),
    "ticket": ("what nobody knows at a test is left as it stands, or left "
               "out: names are not looked up, there is no jail", None),
    "path": ("filter.d/x.conf is looked for in the configuration, as in 1.1",
             None),
    "bands": ("-i came with 1.1", None),
    "multi": ("lines of a match are not listed as missed with -D", None),
    "now": ("a line without a stamp is of now", drop(r"  \w{3} \w{3} \d\d .*?$")),
    "ignore": ("IGNOREREGEX takes the place of a filter's own, as in 1.1; "
               "1.0.2 adds it", None),
}


def make_files(work):
    def put(name, data):
        with open(os.path.join(work, name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())

    def bad(i):
        return b"2026-11-20 10:00:%02d h app[1]: bad login of <b%d> from " \
            b"192.0.2.%d\n" % (i % 60, i, i)

    put("few", bad(1) + bad(2) + b"# c\n\nother \xff\xfe text\n" + bad(3) +
        b"Nov 20 10:00:00 nothing\n")
    put("many", b"".join(map(bad, range(1, 26))) +
        b"".join(b"miss %d\n" % i for i in range(25)))
    put("crlf", (bad(1) + bad(2)).replace(b"\n", b"\r\n") + b"\r\n#x\r\n")
    put("nul", bad(1).replace(b"login", b"lo\0gin") + b"\0\0x\n" + bad(2))
    put("latin", bad(1).replace(b"<b", b"<\xe9") + bad(2))
    put("empty", "")
    put("nonl", bad(1) + bad(2)[:-1])
    put("epoch", "1795168801 a of x from 192.0.2.1\n"
        "[1795168802] of x from 192.0.2.2\n")
    put("two", "2026-11-20 10:00:00 first a=192.0.2.1\n"
        "2026-11-20 10:00:01 noise\n2026-11-20 10:00:02 first a=192.0.2.2\n"
        "2026-11-20 10:00:03 second\n2026-11-20 10:00:04 x\n")
    put("foreign.conf", "[INCLUDES]\nbefore = common.inc\n[Definition]\n"
        "failregex = %(pre)s from <HOST>$\nignoreregex =\n  "
        "192\\.0\\.2\\.2$\ndatepattern = {^LN-BEG}\nmaxlines = 2\n")
    put("common.inc", "[DEFAULT]\npre = of \\S+\n")
    put("broken.conf", "[Definition]\nfailregex = ( <HOST>\n")
    put("headless.conf", "Definition]\nfailregex = x <HOST>\n")
    put("interp.conf", "[Definition]\nfailregex = %(nix)s <HOST>\n")
    put("none.conf", "[Definition]\nignoreregex =\n")
    put("secret", bad(1))
    os.chmod(os.path.join(work, "secret"), 0)


def cases():
    yield from [
        ("plain", ["few", REGEX], ""),
        ("-v", ["-v", "few", REGEX], ""),
        ("-vv", ["-vv", "few", REGEX], ""),
        ("--verbosity", ["--verbosity=3", "few", REGEX], ""),
        ("--verbosity x", ["--verbosity=x", "few", REGEX], ""),
        ("two regexes hit", ["-v", "few", "foreign.conf"], "words"),
        ("ignoreregex", ["few", REGEX, r"192\.0\.2\.2$"], ""),
        ("ignoreregex -v", ["-v", "few", REGEX, r"192\.0\.2\.2$"], ""),
        ("ignoreregex of all", ["--print-all-ignored", "few", REGEX, "."], ""),
        ("--print-all-matched", ["--print-all-matched", "few", REGEX], ""),
        ("many lines", ["many", REGEX], ""),
        ("many lines, all", ["--print-all-missed", "--print-all-matched",
                             "many", REGEX], ""),
        ("many ignored", ["many", REGEX, "bad"], ""),
        ("many ignored, all", ["--print-all-ignored", "many", REGEX, "bad"],
         ""),
        ("--print-no-ignored", ["--print-no-ignored", "few", REGEX, "."], ""),
        ("--print-no-missed", ["--print-no-missed", "few", REGEX], ""),
        ("no and all missed", ["--print-no-missed", "--print-all-missed",
                               "few", REGEX], "usage"),
        ("no and all ignored", ["--print-no-ignored", "--print-all-ignored",
                                "few", REGEX], "usage"),
        ("--no-check-all", ["--no-check-all", "-v", "few", REGEX], ""),
        # What is read.
        ("CRLF", ["crlf", REGEX], ""), ("NUL", ["nul", REGEX], "control"),
        ("NUL, msg", ["-o", "msg", "nul", "from <HOST>$"], "control"),
        ("not UTF-8", ["-o", "msg", "latin", REGEX], ""),
        ("-e latin-1", ["-e", "latin-1", "-o", "msg", "latin", REGEX], ""),
        ("-e cp1252", ["-e", "cp1252", "--print-all-matched", "latin", REGEX],
         ""),
        ("-e ascii", ["-e", "ascii", "-o", "id", "latin", REGEX], ""),
        ("-e no such", ["-e", "nosuch", "latin", REGEX], "traceback"),
        ("empty log", ["empty", REGEX], ""),
        ("no newline", ["nonl", REGEX], "last"),
        ("a line", ["a bad of x from 192.0.2.1", REGEX], ""),
        ("two lines", ["a of x from 192.0.2.1\nb of x from 192.0.2.2", REGEX],
         ""),
        ("seven lines", ["\n".join("a of x from 192.0.2.%d" % i + "y" * 50
                                   for i in range(7)), REGEX], ""),
        ("a long line", ["x" * 60 + " of x from 192.0.2.1", REGEX], ""),
        ("53 characters", ["\u00e9" * 53, REGEX], ""),
        ("54 characters", ["\u00e9" * 54, REGEX], ""),
        ("a directory", [".", REGEX], ""),
        ("no such file", ["/nonexistent/file", REGEX], ""),
        ("a blank line", ["", REGEX], ""), ("a comment", ["# x", REGEX], ""),
        # Dates.
        ("-d", ["-d", "^%Y-%m-%d %H:%M:%S", "few", REGEX], ""),
        ("-d {NONE}", ["-d", "{NONE}", "few", REGEX], ""),
        ("-d {DEFAULT}", ["-d", "{DEFAULT}", "few", REGEX], ""),
        ("-d {^LN-BEG}", ["-d", "{^LN-BEG}", "few", REGEX], ""),
        ("-d EPOCH", ["-v", "-d", "EPOCH", "epoch", REGEX], ""),
        ("-d {DATE}", ["-d", r"{DATE} h\b", "few", REGEX], ""),
        ("-d two", ["-d", "^%Y-%m-%d %H:%M:%S\n%b %d %H:%M:%S", "few",
                    REGEX], ""),
        ("-d %%", ["-d", "%%", "few", REGEX], ""),
        ("-d empty", ["-d", "", "few", REGEX], ""),
        ("-d (", ["-d", "(", "few", REGEX], "traceback"),
        ("-d %Q", ["-d", "%Q", "few", REGEX], "words"),
        ("--timezone", ["--timezone", "UTC+0300", "-o", "row", "few", REGEX],
         "row"),
        ("--TZ", ["--TZ", "CET", "-o", "<ip>", "few", REGEX], ""),
        ("--timezone bad", ["--timezone", "Mars", "few", REGEX], "words"),
        ("--VD", ["--VD", "few", REGEX], "date regex"),
        ("--verbose-date -v", ["--verbose-date", "-v", "few", REGEX],
         "date regex"),
        ("--VD -d", ["--VD", "-v", "-d", "^%Y-%m-%d %H:%M:%S", "few", REGEX],
         "date regex"),
        # Several lines.
        ("-L 2", ["-L", "2", "two", PAIR], ""),
        ("-L 5", ["-L", "5", "--print-all-matched", "two", PAIR], ""),
        ("-L 5 -o msg", ["-L", "5", "-o", "msg", "two", PAIR], ""),
        ("-L 5 -o text", ["-L", "5", "-o", "<ip>:<msg>", "two", PAIR], ""),
        ("SKIPLINES", ["-L", "3", "-v", "two",
                       "first a=<HOST><SKIPLINES>.*second"], ""),
        ("-L 2, a line", ["-L", "2", "x from 192.0.2.1", REGEX], ""),
        ("-L 0", ["-L", "0", "few", REGEX], ""),
        ("-L x", ["-L", "x", "few", REGEX], ""),
        ("-L -1", ["-L", "-1", "few", REGEX], "lines"),
        ("-L 1000", ["-L", "1000", "few", REGEX], "lines"),
        # Links.
        ("-D", ["-D", "few", REGEX], "host"),
        ("-D, ignored", ["-D", "few", REGEX, r"192\.0\.2\.2$"], "host"),
        ("-D, matched", ["-D", "--print-all-matched", "few", REGEX], "host"),
        ("-D, many", ["-D", "many", REGEX], "host"),
        ("-D --usedns", ["-D", "--usedns", "no", "few", REGEX], "host"),
        ("-D, a plain one", ["-D", "few", r"(?P<fid>x\S)[&=~ /\w]?$"], ""),
        ("-D -L", ["-D", "-L", "5", "two", r"a=(?P<fid>\S+)\n.* second"],
         "multi"),
        # Names.
        ("-r", ["-r", "x from host.example", "from <HOST>$"], ""),
        ("--usedns no", ["--usedns", "no", "x from host.example",
                         "from <HOST>$"], ""),
        ("--usedns raw", ["--usedns", "raw", "-v", "x from host.example",
                          "from <HOST>$"], "now"),
        ("--usedns zzz", ["--usedns", "zzz", "x from 192.0.2.1",
                          "from <HOST>$"], ""),
        # Logging.
        ("-t", ["-t", "few", REGEX], ""),
        ("--full-traceback", ["-t", "--full-traceback", "few", REGEX], ""),
        ("-l warning", ["-l", "warning", "few", REGEX], "log"),
        ("-l heavydebug", ["-l", "heavydebug", "-o", "id", "few", REGEX],
         "log"),
        ("-l 50", ["-l", "50", "few", REGEX], ""),
        ("-l bad", ["-l", "zzz", "few", REGEX], "traceback"),
        # Misuse.
        ("-V", ["-V"], "version"), ("--version", ["--version"], "version"),
        ("-h", ["-h"], "version"),
        ("no argument", [], "usage"), ("one argument", ["few"], "usage"),
        ("four", ["few", REGEX, REGEX, REGEX], "usage"),
        ("--zzz", ["--zzz", "few", REGEX], ""), ("-Z", ["-Z", "few", REGEX], ""),
        ("-o alone", ["few", REGEX, "-o"], ""),
        ("-i", ["-o", "msg", "-i", "few", REGEX], "bands"),
        ("bad regex", ["few", "( <HOST>"], "words"),
        ("no id", ["few", "abc"], "words"),
        ("empty regex", ["few", ""], "words"),
        ("bad ignoreregex", ["few", REGEX, "("], "words"),
        ("empty ignoreregex", ["few", REGEX, ""], "words"),
        ("a name twice", ["few", "(?P<x>a)(?P<x>b) <HOST>"], "words"),
        # -o
        ("-o id", ["-o", "id", "few", REGEX], ""),
        ("-o fid", ["-o", "fid", "few", FID], ""),
        ("-o ip", ["-o", "ip", "few", FID], ""),
        ("-o ip, no fid", ["-o", "ip", "few", REGEX], ""),
        ("-o msg", ["-o", "msg", "few", REGEX], ""),
        ("-o row", ["-o", "row", "few", USER], "row"),
        ("-o row, fid", ["-o", "row", "few", FID], "row"),
        ("-o user", ["-o", "user", "few", USER], ""),
        ("-o nosuch", ["-o", "nosuch", "few", REGEX], ""),
        ("-o host", ["-o", "host", "few", REGEX], ""),
        ("-o time", ["-o", "time", "few", REGEX], ""),
        ("-o ip4", ["-o", "ip4", "few", REGEX], ""),
        ("-o matches", ["-o", "matches", "few", REGEX], "matches"),
        ("-o with ignored", ["-o", "id", "few", REGEX, r"192\.0\.2\.2$"], ""),
    ]
    for tag in ["<ip>", "<fid>", "<F-USER>", "<time>", "<msg>", "<matches>",
                "<F-ID>", "<ip-rev>", "<family>", "<failures>", "<bancount>",
                "<restored>", "<nosuch>", "<F-NONE>", "<ip", "a<b>c <ip>",
                "<jail.name>", "<fq-hostname>", "<sh-hostname>", "<F-ERR_x>",
                "<ip><br><msg>", "<user>", "<F-MLFID>", "<ip>\\n<msg>",
                "<<ip>>", "<", "<>"]:
        yield "-o " + tag, ["-o", tag, "few", USER], ""
    for tag in ["<ip-host>", "<bantime>", "<ipmatches>", "<F-*>",
                "<raw-ticket>"]:
        yield "-o " + tag, ["-o", tag, "few", USER], "ticket"
    etc = "/etc/fail2ban"
    yield from [
        ("filter", ["empty", "sshd"], ""),
        ("filter, options", ["-v", SSHD, "sshd[mode=aggressive]"], ""),
        ("filter, options -vv", ["-vv", SSHD,
                                 "sshd.conf[mode=aggressive, logtype=file]"],
         ""),
        ("x.conf", ["x", "sshd.conf"], ""),
        ("path", ["x", etc + "/filter.d/sshd.conf"], ""),
        ("path, options", ["x", etc + "/filter.d/sshd.conf[mode=ddos]"], ""),
        ("path without .conf", ["x", etc + "/filter.d/sshd"], ""),
        ("filter.d/", ["x", "filter.d/sshd.conf"], "path"),
        ("no such filter", ["x", "nosuchfilter"], "words"),
        ("no such path", ["x", etc + "/filter.d/nosuch.conf"], "words"),
        ("sshd[x", ["x", "sshd[x"], "words"),
        ("sshd[mode]", ["x", "sshd[mode]"], "words"),
        ("sshd[]x", ["x", "sshd[mode=aggressive]x"], "words"),
        ("-c", ["-c", etc, "x", "sshd"], ""),
        ("-c filter.d", ["-c", etc + "/filter.d", "x", "sshd.conf"], ""),
        ("-c no such", ["-c", "/nonexistent", "x", "sshd"], "words"),
        ("-c no such, a regex", ["-c", "/nonexistent", "x from 192.0.2.1",
                                 REGEX], ""),
        ("-L, filter", ["-L", "2", "x", "sshd"], ""),
        ("foreign", ["few", "./foreign.conf"], ""),
        ("foreign, options", ["-v", "few", "./foreign.conf[x=1]"], ""),
        ("foreign, ignoreregex", ["few", "./foreign.conf", "zzz"], "ignore"),
        ("foreign, -L", ["-L", "3", "few", "./foreign.conf"], ""),
        ("foreign, -d", ["-d", "%Y-%m-%d", "few", "./foreign.conf"], ""),
        ("foreign without ./", ["few", "foreign.conf"], "words"),
        ("broken filter", ["few", "./broken.conf"], "words"),
        ("no header", ["few", "./headless.conf"], "words"),
        ("nothing by that name", ["few", "./interp.conf"], "traceback"),
        ("no failregex", ["few", "./none.conf"], ""),
    ]


def upstream(arguments, work):
    """fail2ban-regex in a child: its start alone takes a quarter second."""
    out = os.path.join(work, "out")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.chdir(work)
        fd = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(fd, 1)
        os.dup2(null, 2)
        status = 0
        try:
            sys.argv = ["fail2ban-regex"] + arguments
            fail2banregex.exec_command_line()
        except SystemExit as e:
            status = e.code or 0
        except BaseException:
            status = 1
        sys.stdout.flush()
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open(out, "rb") as f:
        return status, f.read()


def gaol(program, arguments, work):
    done = subprocess.run([program] + arguments, cwd=work, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, done.stdout


def leveled(result):
    status, out = result
    text = out.decode("utf-8", "backslashreplace")
    for _, level in ALWAYS:
        text = level(text)
    return status, text


def judge(case, ours, work):
    name, arguments, why = case
    up_status, up = leveled(upstream(arguments, work))
    status, us = leveled(gaol(ours, arguments, work))
    same = up_status == status
    if why in ("traceback", "lines", "last", "path", "bands", "ticket",
               "ignore"):
        same = status in {"traceback": (255, 2), "lines": (2,), "path": (0,),
                          "bands": (0,), "ticket": (0,), "last": (0,),
                          "ignore": (0,)}[why]
        same = same and (up_status, up) != (status, us)
    elif why and WHY[why][1] is None:
        same = same and bool(up) == bool(us)
    else:
        if why:
            up, us = WHY[why][1](up), WHY[why][1](us)
        same = same and up == us
    return same, up_status, status, up, us


def tell(case, verdict):
    same, up_status, status, up, us = verdict
    name, _, why = case
    if same:
        print("ok - %s: status %d%s" % (
            name, status, " (%s)" % WHY[why][0] if why else ""))
        return
    print("not ok - %s: fail2ban-regex %d, gaol %d" % (name, up_status,
                                                       status))
    up, us = up.split("\n"), us.split("\n")
    for i in range(max(len(up), len(us))):
        a = up[i] if i < len(up) else "-"
        b = us[i] if i < len(us) else "-"
        if a != b:
            print("#   line %d: %r\n#   gaol:   %r" % (i, a[:150], b[:150]))
            break


def main():
    ours, only = os.path.abspath(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as work:
        make_files(work)
        todo = [c for c in cases() if not only or c[0] in only]
        bad = False
        for case in todo:
            verdict = judge(case, ours, work)
            tell(case, verdict)
            bad = bad or not verdict[0]
    sys.exit(bad)


main()
