"""A Gaold with very many bans, and clients that are with it meanwhile."""

import json
import socket
import sqlite3
import threading
import time


def address(i):
    return "10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255)


def fill(daemon, n, tables=("bips",), ago=0):
    """Bans 1 to n of ten hours, begun so many seconds ago, into its database."""
    begun = int(time.time()) - ago
    with sqlite3.connect(daemon.database) as db:
        for table in tables:
            db.executemany("INSERT INTO %s(ip, jail, timeofban, bantime, bancount, data)"
                           " VALUES(?, 'sshd', ?, 36000, 1, '{\"matches\": [],"
                           " \"failures\": 1}')" % table,
                           ((address(i), begun) for i in range(1, n + 1)))
    db.close()


def settled(daemon):
    status = daemon.ask("status")
    return (status and not status["restoring"] and status["pending"] == 0
            and status["firewall"]["waiting"] == 0)


class Pings(threading.Thread):
    """Asks on and on; counts the answers."""

    def __init__(self, daemon, pause=0):
        super().__init__(daemon=True)
        self.daemon_, self.pause, self.answers, self.slowest = daemon, pause, 0, 0
        self.end = threading.Event()

    def run(self):
        while not self.end.wait(self.pause):
            begun = time.monotonic()
            if self.daemon_.ask("ping") == "pong":
                self.answers += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)


class Link:
    """One client that keeps its connection."""

    def __init__(self, daemon, patience):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.settimeout(patience)
        self.link.connect(daemon.socket)
        self.lines = self.link.makefile()

    def send(self, *words):
        self.link.sendall(json.dumps(words).encode() + b"\n")

    def reply(self):
        """{}: the daemon has gone without one."""
        try:
            return json.loads(self.lines.readline())
        except (OSError, ValueError):
            return {}

    def ask(self, *words):
        self.send(*words)
        return self.reply().get("ok")
