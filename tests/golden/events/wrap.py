"""wrap.py KIND: a log as KIND's runtime writes it, long lines in parts; each
line's own stamp says when, in UTC."""

import datetime
import json
import re
import sys

PART = 60


def when(line):
    """RFC 3339, and the line behind its stamp."""
    stamp = re.match(r"\S+T\S+(?= )|\w{3} [ \d]\d \d\d:\d\d:\d\d", line)
    if "T" in stamp[0]:
        return stamp[0], line[stamp.end() + 1:]
    time = datetime.datetime.strptime("2026 " + stamp[0], "%Y %b %d %H:%M:%S")
    return time.isoformat() + ".000000000Z", line[stamp.end() + 1:]


def docker(line):
    line += "\n"
    for i in range(0, len(line), PART):
        text = json.dumps(line[i:i + PART], ensure_ascii=False)
        for c in "<>&":
            text = text.replace(c, "\\u%04x" % ord(c))
        yield '{"log":%s,"stream":"stdout","time":"%s"}' % (text,
                                                           when(line)[0])


def cri(line):
    for i in range(0, len(line), PART):
        yield "%s stdout %s %s" % (when(line)[0], "P" if i + PART < len(line)
                                   else "F", line[i:i + PART])


def journal(line):
    """An entry of a syslog line: HOST IDENT[PID]: MESSAGE."""
    stamp, rest = when(line)
    host, ident, pid, message = re.match(
        r"(\S+) ([^ \[]+)(?:\[(\d+)\])?: (.*)", rest).groups()
    time = datetime.datetime.fromisoformat(stamp)
    us = round(time.timestamp() * 1000000)
    entry = {"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": str(us),
             "_HOSTNAME": host, "SYSLOG_IDENTIFIER": ident,
             "MESSAGE": message if us % 2 else list(message.encode())}
    if pid:
        entry["SYSLOG_PID"] = pid
    yield json.dumps(entry)


def syslog(line):
    stamp, rest = when(line)
    host, ident, pid, message = re.match(
        r"(\S+) ([^ \[]+)(?:\[(\d+)\])?: (.*)", rest).groups()
    yield '<22>1 %s %s %s %s - [origin ip="1.2.3.4" x="\\"\\]"] \ufeff%s' % (
        stamp, host, ident, pid or "-", message)


for each in open(sys.stdin.fileno(), errors="surrogateescape"):
    for out in globals()[sys.argv[1]](each.rstrip("\n")):
        sys.stdout.buffer.write((out + "\n").encode(
            errors="surrogateescape"))
