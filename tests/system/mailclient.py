"""Clients of a mail server that write down themselves what they did: what the
server's log is held against. Each connection is a Visit: addresses, how it
was encrypted, each attempt to sign in and its answer, bytes after it."""

import base64
import contextlib
import dataclasses
import datetime
import errno
import imaplib
import itertools
import json
import poplib
import re
import smtplib
import socket
import ssl
import subprocess
import threading
import time

from gaold import promised

TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE
WAIT = 60
GOOD = "good-password"
NETS = {"198.51.100.1": "198.51.100.", "2001:db8:66::1": "2001:db8:66::"}
PROBE = "198.51.100.66"           # asks whether the server listens yet
REFUSED = "relay", "closed"       # what a server does with messages
# A visit is known by its address and port: none twice.
ports = itertools.count(20000)


@dataclasses.dataclass
class Try:
    user: str
    mech: str
    good: bool
    begun: float
    ended: float


@dataclasses.dataclass
class Visit:
    service: str
    server: str
    source: str
    tls: str                  # none, starttls or implicit
    what: str = ""
    port: int = 0             # the client's
    tries: list = dataclasses.field(default_factory=list)
    bytes_in: int = 0         # from the client, after it signed in
    bytes_out: int = 0        # to it
    all_in: int = 0           # since the connection began
    all_out: int = 0
    fetched: int = 0
    ended: float = 0
    client: str = ""
    tls_version: str = ""     # as Python names them; "" without
    tls_cipher: str = ""
    messages: list = dataclasses.field(default_factory=list)   # their ids

    @property
    def signed_in(self):
        return bool(self.tries) and self.tries[-1].good


class Failed(Exception):
    """The server did not answer as the script has it."""


def plain(user, password):
    return b"\0" + user.encode(errors="surrogateescape") + b"\0" + \
        password.encode()


class Client:
    """One connection. Protocols fill in start(), attempt() and finish()."""

    ports = {}

    def __init__(self, server, source, tls="none", client="", port=None):
        self.visit = Visit(self.service, server, source, tls, client=client)
        self.number = port or self.ports[tls]
        self.start()
        sock = self.socket()
        self.visit.port = sock.getsockname()[1]
        if isinstance(sock, ssl.SSLSocket):
            self.visit.tls_version = sock.version()
            self.visit.tls_cipher = sock.cipher()[0]

    def connect(self, timeout=WAIT):
        while True:
            try:
                return socket.create_connection(
                    (self.visit.server, self.number), timeout,
                    (self.visit.source, next(ports)))
            except OSError as fault:
                if fault.errno != errno.EADDRINUSE:
                    raise

    def sign_in(self, user, password, good, mech="PLAIN"):
        begun = time.time()
        self.visit.bytes_out = 0
        got = self.attempt(user, password, mech)
        self.visit.tries.append(Try(user, mech, got, begun, time.time()))
        if got != good:
            raise Failed("%s: %r was %s" % (
                self.visit, user, "let in" if got else "refused"))
        if got:
            self.visit.bytes_in = 0
            self.signed_in()

    def signed_in(self):
        """What a session of this protocol does."""

    def leave(self):
        self.finish()
        self.visit.ended = time.time()
        return self.visit

    def drop(self):
        """Hangs up in the middle."""
        self.socket().close()
        self.visit.ended = time.time()
        return self.visit


class Imap_(imaplib.IMAP4):
    """From an address of our own, counting."""

    def __init__(self, client):
        self.client = client
        super().__init__(client.visit.server, client.number)

    def _create_socket(self, timeout):
        sock = self.client.connect()
        if self.client.visit.tls == "implicit":
            sock = TLS.wrap_socket(sock)
        return sock

    def readline(self):
        line = super().readline()
        # Whoever asks for more is not yet the session's process.
        if line.startswith(b"+") and not self.client.visit.signed_in:
            self.client.visit.bytes_out = 0
        else:
            self.client.visit.bytes_out += len(line)
        self.client.visit.all_out += len(line)
        return line

    def read(self, size):
        data = super().read(size)
        self.client.visit.bytes_out += len(data)
        self.client.visit.all_out += len(data)
        return data

    def send(self, data):
        self.client.visit.bytes_in += len(data)
        self.client.visit.all_in += len(data)
        super().send(data)

    def shutdown(self):
        # imaplib leaves after the BYE; the server has one more line.
        while self.readline():
            pass
        super().shutdown()


class Imap(Client):
    service = "imap"
    ports = {"none": 143, "starttls": 143, "implicit": 993}

    def start(self):
        self.imap = Imap_(self)
        if self.visit.tls == "starttls":
            self.imap.starttls(TLS)
        if self.visit.client:
            self.imap.xatom("ID", '("name" "%s" "version" "1.2")'
                            % self.visit.client)

    def socket(self):
        return self.imap.socket()

    def attempt(self, user, password, mech):
        try:
            if mech == "CRAM-MD5":
                self.imap.login_cram_md5(user, password)
            elif mech == "LOGIN":
                words = iter((user.encode(), password.encode()))
                self.imap.authenticate("LOGIN", lambda _: next(words))
            elif mech == "command":
                self.imap.login(user, password)
            else:
                self.imap.authenticate(
                    "PLAIN", lambda _: plain(user, password))
            return True
        except self.imap.error:
            return False

    def signed_in(self):
        self.imap.select()
        self.imap.noop()

    def finish(self):
        self.imap.logout()


class Pop_(poplib.POP3):
    """From an address of our own, counting."""

    def __init__(self, client):
        self.client = client
        super().__init__(client.visit.server, client.number, WAIT)

    def _putline(self, line):
        self.client.visit.bytes_in += len(line) + 2
        self.client.visit.all_in += len(line) + 2
        super()._putline(line)

    def close(self):
        # Whoever only hangs up broke off, for a server that looks (Courier).
        if isinstance(self.sock, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                self.sock.unwrap()
        super().close()

    def _getline(self):
        line, n = super()._getline()
        self.client.visit.bytes_out += n
        self.client.visit.all_out += n
        return line, n

    def _create_socket(self, timeout):
        sock = self.client.connect()
        if self.client.visit.tls == "implicit":
            sock = TLS.wrap_socket(sock)
        return sock


class Pop3(Client):
    service = "pop3"
    ports = {"none": 110, "starttls": 110, "implicit": 995}

    def start(self):
        self.pop = Pop_(self)
        if self.visit.tls == "starttls":
            self.pop.stls(TLS)

    def socket(self):
        return self.pop.sock

    def attempt(self, user, password, mech):
        try:
            if mech == "command":
                self.pop.user(user)
                self.visit.bytes_out = 0
                self.pop.pass_(password)
            else:
                self.pop._shortcmd("AUTH PLAIN " + base64.b64encode(
                    plain(user, password)).decode())
            return True
        except poplib.error_proto:
            return False

    def signed_in(self):
        self.pop.stat()

    def finish(self):
        self.pop.quit()


class Smtp_(smtplib.SMTP):
    def __init__(self, client):
        self.client = client
        super().__init__(client.visit.server, client.number, "pc.example.net")

    def close(self):
        # As in POP3.
        if isinstance(self.sock, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.sock.unwrap()
        super().close()

    def _get_socket(self, host, port, timeout):
        sock = self.client.connect()
        if self.client.visit.tls == "implicit":
            sock = TLS.wrap_socket(sock)
        return sock


class Smtp(Client):
    service = "smtp"
    ports = {"none": 587, "starttls": 587, "implicit": 465}

    def start(self):
        self.smtp = Smtp_(self)
        if self.visit.tls == "starttls":
            self.smtp.starttls(context=TLS)
        self.smtp.ehlo()

    def socket(self):
        return self.smtp.sock

    def attempt(self, user, password, mech):
        if mech == "LOGIN":
            code, _ = self.smtp.docmd("AUTH", "LOGIN")
            for word in (user, password):
                if code == 334:
                    code, _ = self.smtp.docmd(
                        base64.b64encode(word.encode()).decode())
        else:
            code, _ = self.smtp.docmd("AUTH", "PLAIN " + base64.b64encode(
                plain(user, password)).decode())
        return code == 235

    def send(self, sender, recipients):
        name = "%d.%d@pc.example.net" % (
            self.visit.port, len(self.visit.messages))
        # Taken or not: what was refused has no id in any log.
        self.visit.messages.append(name)
        self.smtp.sendmail(
            sender, recipients, "Message-ID: <%s>\r\n"
            "Subject: A=plain:evil@x\r\n\r\nhi\r\n" % name)

    def finish(self):
        self.smtp.quit()


class Sieve(Client):
    """ManageSieve, by hand."""
    service = "sieve"
    ports = {"none": 4190, "starttls": 4190}

    def start(self):
        self.sock = self.connect()
        self.file = self.sock.makefile("rb")
        self.answer()
        if self.visit.tls == "starttls":
            self.say(b"STARTTLS")
            self.answer()
            self.sock = TLS.wrap_socket(self.sock)
            self.file = self.sock.makefile("rb")
            self.answer()

    def socket(self):
        return self.sock

    def say(self, line):
        self.visit.bytes_in += len(line) + 2
        self.sock.sendall(line + b"\r\n")

    def answer(self):
        for line in self.file:
            self.visit.bytes_out += len(line)
            if re.match(rb"(OK|NO|BYE)\b", line):
                return line.startswith(b"OK")
        raise Failed("%s: hung up" % self.visit)

    def attempt(self, user, password, mech):
        self.say(b'AUTHENTICATE "PLAIN" "%s"'
                 % base64.b64encode(plain(user, password)))
        return self.answer()

    def signed_in(self):
        self.say(b"LISTSCRIPTS")
        self.answer()

    def finish(self):
        self.say(b"LOGOUT")
        self.answer()
        self.sock.close()


def all_at_once(jobs, threads=32):
    """Runs them, so many at a time; the first fault is raised."""
    jobs, faults, lock = list(jobs), [], threading.Lock()

    def work():
        while True:
            with lock:
                if not jobs or faults:
                    return
                job = jobs.pop(0)
            try:
                job()
            except Exception as fault:      # to be raised by the caller
                faults.append(fault)

    pool = [threading.Thread(target=work) for _ in range(threads)]
    for t in pool:
        t.start()
    for t in pool:
        t.join()
    if faults:
        raise faults[0]


# --- all of it ---------------------------------------------------------------

class Story:
    """What clients did to one server, and what gaol says of its logs."""

    def __init__(self, gaol, filter_, *logs):
        self.command = [gaol, "VERB", "--share", ".", "--filter",
                        "./filter.d/%s.conf" % filter_, "--json"]
        for log in logs:
            self.command += ["-f", log]
        self.visits = []
        self.hosts = itertools.cycle((10, 11, 12))
        self.closed = set()       # accounts refused though they know theirs

    def visit(self, kind, server, tls, tries, mail=(), what="", after=None):
        """A job: one connection, TRIES to sign in on it, messages."""
        source = NETS[server] + str(next(self.hosts))

        def job():
            c = kind(server, source, tls)
            c.visit.what, c.visit.mail = what, list(mail)
            for user, password, mech in tries:
                c.sign_in(user, password, password == GOOD and
                          user not in self.closed, mech)
            for sender, to in mail:
                try:
                    c.send(sender, [to])
                except smtplib.SMTPException:
                    if what not in REFUSED:
                        raise
            if after:
                after(c)
            self.visits.append(c.leave())
        return job

    def ask(self, verb):
        command = [verb if w == "VERB" else w for w in self.command]
        got = subprocess.run(command, stdout=subprocess.PIPE,
                             check=True).stdout.splitlines()
        return [dict(flat(e), json=e) for e in map(json.loads, got)]

    def tell(self, tap, jobs, compare, sessions=None, threads=32, then=None):
        """Runs the clients, then what the server does without them, then asks
        until all is as it should be."""
        begun = time.time()
        all_at_once(jobs, threads)
        took = time.time() - begun
        if then:
            then()
        # A server may write after the client has gone.
        end = time.monotonic() + 60
        while True:
            n, faults = compare()
            if not faults or time.monotonic() > end:
                break
            time.sleep(0.2)
        tap.ok(not faults, "%d events are those of %d connections (%.1f s)"
               % (n, len(self.visits), took), "\n".join(map(str, faults)))
        if sessions:
            faults = sessions()
            tap.ok(not faults, "so are the sessions", "\n".join(map(str, faults)))


def by(events, key):
    out = {}
    for e in events:
        out.setdefault(key(e), []).append(e)
    return out


def differences(want, got, order=None):
    """Both by what they have in common: as many of each, and field by field,
    in their order or sorted by another."""
    faults = []
    for k in sorted(set(want) | set(got), key=str):
        w, g = want.get(k, []), got.get(k, [])
        if order:
            w, g = sorted(w, key=order), sorted(g, key=order)
        if [e["kind"] for e in w] != [e["kind"] for e in g]:
            faults.append("%s: %s, not %s: %s" % (
                k, [e["kind"] for e in g], [e["kind"] for e in w],
                [e["line"] for e in g][:9]))
            continue
        for one, other in zip(w, g):
            why = difference(one, other)
            if why:
                faults.append("%s: %s" % (why, other["line"]))
    return faults


# --- the log --------------------------------------------------------------

FIELDS = {
    "service": "network.protocol", "ip": "source.ip", "port": "source.port",
    "user": "gaol.user_raw", "name": "user.name",
    "duration": "event.duration",
    "mech": "gaol.mechanism", "tls": "gaol.tls",
    "reason": "event.reason", "outcome": "event.outcome",
    "attempts": "gaol.attempts", "session": "gaol.session",
    "client": "user_agent.name", "version": "user_agent.version",
    "bytes_in": "source.bytes", "bytes_out": "destination.bytes",
    "local": "destination.ip", "failures": "gaol.failures",
    "local_port": "destination.port", "pid": "process.pid",
    "fetched": "gaol.fetched", "deleted": "gaol.deleted",
    "tls_version": "tls.version", "cipher": "tls.cipher",
    "sender": "email.sender.address", "recipient": "gaol.recipient",
    "recipients": "gaol.recipients", "size": "gaol.size",
    "message_id": "email.message_id", "queue_id": "email.local_id",
    "mailbox": "gaol.mailbox", "operation": "gaol.operation",
    "detail": "gaol.detail", "host": "host.name", "ms": "gaol.duration_ms",
}


def dig(event, path):
    for key in path.split("."):
        event = event.get(key, {}) if isinstance(event, dict) else {}
    return None if event == {} else event


def flat(event):
    """An event of gaol's as one dictionary of the names used here."""
    out = {name: dig(event, path) for name, path in FIELDS.items()}
    out["kind"] = event["event"]["action"]
    out["line"] = dig(event, "event.original")
    return out


def seconds(stamp):
    return datetime.datetime.fromisoformat(
        stamp.replace("Z", "+00:00")).timestamp()


def counted(raw):
    """An account's name as it is counted: without blanks around it, 256 bytes,
    ASCII in lower case."""
    return raw.encode().strip()[:256].lower().decode(errors="replace")


def difference(want, got):
    """In which fields an event is not as it should be; '' if in none. Its
    account's name follows from the raw one."""
    name = counted(got["user"]) if got.get("user") else None
    want = dict(want, name=name) if "user" in got else want
    return ", ".join(
        "%s is %r, not %r" % (k, got.get(k), v)
        for k, v in sorted(want.items()) if got.get(k) != v)


def lasted(s, v):
    """Is the session's duration one that the client can have seen? Stamps may
    be whole seconds, and a server ends it when it has heard of it."""
    longest = v.ended - v.tries[-1].begun + promised(2)
    if s["duration"] is not None and 0 <= s["duration"] / 1e9 <= longest:
        return ""
    return "lasted %r ns, not up to %.1f s" % (s["duration"], longest)


def cut(text, most):
    """A name as Dovecot logs it: controls replaced, and not all of it."""
    text = re.sub(r"[\x00-\x1f]", "?", text)
    return text if len(text) <= most else text[:most - 3] + "..."


# What the protocols let through of it, besides what tests/golden's list has.
HOSTILE = [
    "x\nimap-login: Login: user=<bob>, method=PLAIN, rip=1.2.3.4, "
    "lip=1.1.1.1, mpid=1, session=<z>", "a\r\nb", "\x1b[31mred\x1b[0m",
    "tab\there", "\x7f", "\x01\x02", "\u0085next", "\u2028line", "x" * 60,
    "y" * 300, "%s%n%x", "a" * 70 + ">, rip=1.2.3.4, lip=1.1.1.1",
    "x,1.2.3.4,<s>): Password mismatch (given password: a)",
    "a>, method=PLAIN, rip=1.2.3.4, lip=1.2.3.5, TLS, session=<Zm9v",
]
