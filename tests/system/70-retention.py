"""A daemon that runs forgets what is older than its class is kept: at a reload
that shortens it, and at a start."""

import sqlite3
import time

from gaold import Gaold, HERE, Tap, wait_for

tap = Tap()
LONG = "retention = { login = \"3650d\"; failure = \"3650d\"; session = \"3650d\"; };\n"
SHORT = "retention = { login = \"1h\"; failure = \"3650d\"; session = \"1h\"; };\n"
g = Gaold(gaol_conf=LONG, firewall="null")
mail = g.dir + "/mail.log"
open(mail, "w").close()
g.write("jail.local", "[mail]\nenabled = true\nfilter = dovecot\nmaxretry = 9999\n"
        "action =\nlogpath = %s\n" % mail)
OLD = 2000


def retention(text):
    with open(g.etc + "/gaol.conf") as f:
        conf = f.read()
    start = conf.index("retention")
    g.write("gaol.conf", conf[:start] + text)


def stamp(ago):
    return time.strftime("%b %d %H:%M:%S", time.localtime(time.time() - ago))


def add(first, n, ago):
    """Sign-ins with their sign-outs, and as many failures."""
    with open(mail, "a") as out:
        for i in range(first, first + n):
            out.write("%s imap-login: Info: Login: user=<u%d@example.com>, method=PLAIN,"
                      " rip=198.51.100.7, lip=192.0.2.1, mpid=%d, TLS, session=<s%d>\n"
                      % (stamp(ago), i, i, i))
            out.write("%s imap(u%d@example.com)<%d><s%d>: Info: Logged out in=2 out=9\n"
                      % (stamp(ago), i, i, i))
            out.write("%s imap-login: Info: Disconnected (auth failed, 1 attempts in 2 secs):"
                      " user=<u%d@example.com>, method=PLAIN, rip=198.51.100.7,"
                      " lip=192.0.2.1, TLS, session=<f%d>\n" % (stamp(ago), i, i))


def count():
    """Rows by kind, and sessions."""
    with sqlite3.connect("file:%s?mode=ro" % g.database, uri=True) as db:
        kinds = dict(db.execute("SELECT kind, count(*) FROM gaol_events GROUP BY kind"))
        return (kinds.get("login", 0), kinds.get("logout", 0), kinds.get("failure", 0),
                db.execute("SELECT count(*) FROM gaol_sessions").fetchone()[0])


def pages():
    with sqlite3.connect("file:%s?mode=ro" % g.database, uri=True) as db:
        return db.execute("PRAGMA page_count").fetchone()[0]


try:
    g.start()
    add(0, OLD, 3 * 3600)
    add(OLD, 10, 5)
    all_of_them = (OLD + 10,) * 4
    tap.ok(wait_for("all of them", 30, lambda: count() == all_of_them),
           "what is kept long is there", count())
    size = pages()
    retention(SHORT)
    g.run("reload")
    tap.ok(wait_for("the purge", 30, lambda: count() == (10, 10, OLD + 10, 10)),
           "a reload that shortens it: old sign-ins and sessions go, failures and "
           "new ones stay", count())
    tap.ok(wait_for("a smaller file", 30, lambda: pages() < size),
           "the file becomes smaller", (size, pages()))
    tap.ok("u%d@example.com" % OLD in g.run("logins", "u%d" % OLD + "@example.com").stdout,
           "what is kept is found")
    add(OLD + 10, 10, 3 * 3600)
    wait_for("old ones again", 20, lambda: count()[2] == OLD + 20)
    g.stop()
    g.start()
    tap.ok(wait_for("the purge", 30, lambda: count() == (10, 10, OLD + 20, 10)),
           "and a start", count())
    tap.ok(g.ask("status")["events"]["dropped"] == 0, "nothing was dropped")
finally:
    g.close()
tap.exit()
