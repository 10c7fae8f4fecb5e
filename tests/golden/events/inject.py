"""Hostile text in every field that a client fills, in lines as the servers
write them: address, account and outcome of the event stay the true ones."""

import collections
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from form import USER, pair, in_exim
from forms_mailboxes import (DOVECOT, DBMAIL_IMAP, DBMAIL_POP3, COURIER, CYRUS,
    VPOPMAIL, UW_IMAP, PERDITION, NGINX_MAIL, SASLAUTHD)
from forms_transports import EXIM, POSTFIX, OPENSMTPD, SENDMAIL
from forms_webmails import (ROUNDCUBE, FORWARDED, SQUIRRELMAIL, WEBMAIL_ACCESS,
    SOGO)
from forms_suites import (ZIMBRA, EXCHANGE, TRACKING, COLUMNS, EXCHANGE_IIS,
    XEAMS, STALWART, HMAILSERVER)
from forms_json import DOVECOT_JSON, STALWART_JSON, EXIM_JSON
from hostile import HOSTILE, JSON_HOSTILE

TRUE = "198.51.100.7"
# No field of it is a client's: HAProxy. Each line of it is something to see:
# Exim's panic log, whose text is anything.
SERVERS = {
    "dovecot-json": ("%b %d %H:%M:%S ", DOVECOT_JSON),
    "stalwart-json": ("", STALWART_JSON),
    "exim-json": ("%Y-%m-%d %H:%M:%S ", EXIM_JSON),
    "cyrus": ("%b %d %H:%M:%S ", CYRUS),
    "courier": ("%b %d %H:%M:%S ", COURIER),
    "dovecot": ("%b %d %H:%M:%S ", DOVECOT),
    "exim": ("%Y-%m-%d %H:%M:%S ", EXIM),
    "postfix": ("%b %d %H:%M:%S ", POSTFIX),
    "roundcube": ("[%d-%b-%Y %H:%M:%S +0000]: ", ROUNDCUBE),
    "squirrelmail": ("%m/%d/%Y %H:%M:%S ", SQUIRRELMAIL),
    "webmail-access": ("%d/%b/%Y:%H:%M:%S +0000", WEBMAIL_ACCESS),
    "sogo": ("%b %d %H:%M:%S ", SOGO),
    "dbmail-imap": ("%b %d %H:%M:%S ", DBMAIL_IMAP),
    "dbmail-pop3": ("%b %d %H:%M:%S ", DBMAIL_POP3),
    "zimbra": ("%Y-%m-%d %H:%M:%S,253 ", ZIMBRA),
    "exchange": ("%Y-%m-%dT%H:%M:%S.300Z", EXCHANGE),
    "exchange-iis": ("%Y-%m-%d %H:%M:%S ", EXCHANGE_IIS),
    "xeams": ("%Y-%m-%d %H:%M:%S,189 ", XEAMS),
    "opensmtpd": ("%b %d %H:%M:%S ", OPENSMTPD),
    "sendmail": ("%b %d %H:%M:%S ", SENDMAIL),
    "saslauthd": ("%b %d %H:%M:%S ", SASLAUTHD),
    "stalwart": ("%Y-%m-%dT%H:%M:%SZ ", STALWART),
    "hmailserver": ("%Y-%m-%d %H:%M:%S.253", HMAILSERVER),
    "vpopmail": ("%b %d %H:%M:%S ", VPOPMAIL),
    "perdition": ("%b %d %H:%M:%S ", PERDITION),
    "uw-imap": ("%b %d %H:%M:%S ", UW_IMAP),
    "roundcube[forwarded_by=\"10\\.0\\.0\\.2\", real_ip_by=\"10\\.0\\.0\\.3\"]":
        ("[%d-%b-%Y %H:%M:%S +0000]: ", FORWARDED),
    "exchange-iis[before=2, between=5, behind=1, forwarded_by=\"10\\.0\\.0\\.2"
    "\"]": ("%Y-%m-%d %H:%M:%S ", COLUMNS),
    "exchange-tracking": ("%Y-%m-%dT%H:%M:%S.300Z", TRACKING),
    "nginx-mail": ("%Y/%m/%d %H:%M:%S ", NGINX_MAIL),
}
BEGIN = 1795219200    # each line has a time of its own, by which it is known
APART = 10


def filter_of(server):
    name, bracket, options = server.partition("[")
    return "./filter.d/%s.conf%s%s" % (name, bracket, options)


def events_of(gaol, server, lines):
    """The events of each line."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="",
                                     errors="surrogateescape") as log:
        log.write("".join(line + "\n" for line in lines))
        log.flush()
        got = subprocess.run(
            [gaol, "events", "--now", str(BEGIN + 86400), "--share", ".", "-f",
             log.name, "--filter", filter_of(server), "--json"],
            stdout=subprocess.PIPE, check=True).stdout.splitlines()
    events = [[] for _ in lines]
    for event in map(json.loads, got):
        when = datetime.datetime.strptime(
            event["@timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
                tzinfo=datetime.timezone.utc).timestamp()
        events[int(when - BEGIN) // APART].append(event)
    return events


def no_harm(events):
    for e in events:
        if e["event"]["action"] in ("login", "failure"):
            return "tells of a %s" % e["event"]["action"]
        if e.get("source", {}).get("ip") not in (None, TRUE):
            return "comes from %s" % e["source"]
    return None


def fault(want, text, events):
    """What is wrong with them, or None."""
    if want is None:
        return no_harm(events)
    kinds = {e["event"]["action"]: e for e in events}
    if len(kinds) != len(events) or want["kind"] not in kinds:
        return "tells of %s" % list(kinds)
    if "login" in kinds and want["kind"] != "login":
        return "tells of a sign-in"
    event = kinds[want["kind"]]
    ip = want.get("ip", TRUE)
    if event.get("source", {}).get("ip") != ip:
        return "comes from %s" % event.get("source")
    user = text if want["user"] is USER else want["user"]
    if callable(user):
        user = user(text)
    got = event["gaol"].get("user_raw")
    if (got or None) != (user or None):
        return "is of user %r" % got
    if want["kind"] == "failure" and event["event"]["outcome"] != "failure":
        return "has another outcome"
    return None


# Where the values of a filter's groups are.
FIELDS = {
    "USER": "gaol.user_raw", "CLIENT": "user_agent.name",
    "CLIENT_VERSION": "user_agent.version", "MAILBOX": "gaol.mailbox",
    "DEVICE": "user_agent.device.name", "MESSAGE_ID": "email.message_id",
    "SENDER": "email.sender.address", "RECIPIENT": "gaol.recipient",
}
# Filters of servers that write nothing of a client's into their lines.
NO_TEXT = {"haproxy"}
# Filters whose eventregexes are all those of another.
LIKE = {"dovecot-json": "dovecot", "exim-json": "exim"}
# … or whose every line is told of, whatever it says.
ANY_TEXT = {"exim-panic"}
filled = collections.defaultdict(set)


def value_of(event, path):
    for key in path.split("."):
        event = event.get(key, {}) if isinstance(event, dict) else {}
        if isinstance(event, list):
            event = event[0] if event else {}
    return event if isinstance(event, str) else ""


def remember(server, text, events):
    """Which fields held what the client wrote."""
    for field, path in FIELDS.items():
        for event in events:
            value = value_of(event, path)
            if value and value in text:
                filled[server.partition("[")[0]].add(field)


def check(gaol, server, stamp, forms):
    lines, wanted = [], []
    hostile = HOSTILE + (JSON_HOSTILE if server.endswith("-json") else [])
    for form in forms:
        for u in hostile:
            n = len(lines)
            when = time.strftime(stamp, time.gmtime(BEGIN + n * APART))
            text = form.text(u)
            line = form.line if "{t}" in form.line else "{t}" + form.line
            iso = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z",
                                time.gmtime(BEGIN + n * APART))
            lines.append(line.format(
                u=text, ip=TRUE, s="S%d+/A" % n, n=n + 1000, t=when, iso=iso))
            if form.means is not None:
                text = form.means(text if form.text is in_exim else u)
            elif form.text is pair:
                text = u      # a name is read without its escapes
            wanted.append((form, text))
    bad = 0
    for (form, text), line, events in zip(wanted, lines,
                                          events_of(gaol, server, lines)):
        remember(server, text, events)
        if not events and form.silent(text):
            continue
        why = fault(form.want, text, events)
        if why is not None:
            bad += 1
            print("#   %s: %s" % (why, line))
    print("%sok - %s: %d lines with hostile text, %d misread"
          % ("not " if bad else "", server, len(lines), bad))
    return bad


def regexes(text):
    """The lines of its eventregex."""
    return re.findall(r"^    [a-z]+(?:\[.*?\])?: .*", text[
        text.index("\neventregex ="):], re.M)


def all_fields():
    """Each filter's each group that a client can fill was filled above."""
    bad = 0
    for path in sorted(glob.glob("filter.d/*.conf")):
        name = os.path.basename(path)[:-len(".conf")]
        with open(path, encoding="utf-8") as f:
            text = "".join(line for line in f if line[0] != "#")
        if "\neventregex" not in text or name in NO_TEXT | ANY_TEXT:
            continue
        groups = set(re.findall(r"<F-(?:ALT_)?(\w+)>", text))
        missing = sorted((groups & set(FIELDS)) - filled[name])
        if name in LIKE:
            with open("filter.d/%s.conf" % LIKE[name], encoding="utf-8") as f:
                missing = sorted(set(regexes(text)) - set(regexes(f.read())))
        if missing or name not in filled:
            print("#   %s: nothing hostile in %s" % (name, missing))
            bad += 1
    print("%sok - hostile text in each field of each filter"
          % ("not " if bad else ""))
    return bad


def main(gaol, *only):
    os.environ["TZ"] = "UTC"
    bad = [check(gaol, server, stamp, forms)
           for server, (stamp, forms) in SERVERS.items()
           if not only or server in only]
    if not only:
        bad.append(all_fields())
    return 1 if any(bad) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
