"""Country and network of sign-ins, by databases in each of the places where the
engine may read, from the start, after a reload, and replaced while it runs."""

import json
import os
import subprocess
import sys
import time

from gaold import Gaold, HERE, Tap, wait_for

sys.path.insert(0, HERE + "/tests/golden/events")
import mmdb                                                   # noqa: E402

TOR = "/usr/share/tor/geoip"
NET = "198.51.100.0/25"
tap = Tap()
g = Gaold(firewall="null")
log = g.dir + "/mail.log"
open(log, "w").close()
g.write("jail.local", "[sshd]\nenabled = false\n[mail]\nenabled = true\n"
        "filter = dovecot\nmaxretry = 9999\naction =\nlogpath = %s\n" % log)
with open(g.etc + "/gaol.conf") as f:
    conf = f.read()
count = 0


def country(path, code, kind="GeoLite2-City"):
    """As those who replace such files do it: whole, by one rename."""
    mmdb.write(path + ".new", kind, {NET: {"country": {"iso_code": code}}})
    os.chmod(path + ".new", 0o644)
    os.rename(path + ".new", path)


def asn(path, number):
    mmdb.write(path, "GeoLite2-ASN", {NET: {
        "autonomous_system_number": ("uint32", number),
        "autonomous_system_organization": "Example-Net"}})
    os.chmod(path, 0o644)


def sign_in(ip):
    """The account's name; what is known of its address is asked for by it."""
    global count
    count += 1
    with open(log, "a") as out:
        out.write("%s imap-login: Info: Login: user=<user%d>, method=PLAIN, rip=%s, "
                  "lip=192.0.2.1, mpid=%d, TLS, session=<S%d>\n" % (
                      time.strftime("%b %d %H:%M:%S"), count, ip, count, count))
    return "user%d" % count


def place(user):
    got = subprocess.run([g.gaol, "events", "-c", g.etc, "--json", "--user", user],
                         capture_output=True, text=True).stdout.splitlines()
    if not got:
        return None
    source = json.loads(got[0])["source"]
    return (source.get("geo", {}).get("country_iso_code"),
            source.get("as", {}).get("number"))


def found(ip, want, what):
    user = sign_in(ip)
    wait_for("its event", 15, lambda: place(user))
    tap.ok(place(user) == want, what, "%s, not %s\n%s" % (place(user), want, g.logs()))
    return user


def check():
    return subprocess.run([g.gaol, "check", "-c", g.etc], capture_output=True, text=True)


def configure(text):
    g.write("gaol.conf", conf + text)


def bad(text, words):
    configure(text)
    run = check()
    tap.ok(run.returncode == 1 and words in run.stderr, "check: " + words,
           run.stdout + run.stderr)


try:
    inside = g.dir + "/state"
    os.makedirs(inside)
    os.chown(inside, 64801, 64801)
    if os.path.exists(TOR):
        os.environ["TZ"] = "UTC"
        g.start()
        want = subprocess.run([g.gaol, "events", "--share", HERE, "-f", "-", "--filter",
                               HERE + "/filter.d/dovecot.conf", "--json"], input=(
            "Nov 21 22:05:51 imap-login: Info: Login: user=<a>, method=PLAIN, rip=8.8.8.8, "
            "lip=192.0.2.1, session=<S>\n"), capture_output=True, text=True).stdout
        want = json.loads(want)["source"]["geo"]["country_iso_code"]
        user = found("8.8.8.8", (want, None), "tor-geoipdb: IPv4, without any setting")
        tap.ok(len(want) == 2, "it is a country", want)
        found("2001:4860:4860::8888", ("US", None), "tor-geoipdb: IPv6")
        text = subprocess.run([g.gaol, "logins", "-c", g.etc, user], capture_output=True,
                              text=True).stdout
        tap.ok("8.8.8.8 (" in text, "logins shows the country", text)
        box = g.ask("status")["sandbox"][0]
        tap.ok(box["landlock"] and box["seccomp"] or print("# no sandbox here: %s" % box)
               is None, "the engine is in its sandbox", box)
    else:
        print("ok - tor-geoipdb # SKIP it is not installed")
        g.start()
    # Each place where the engine may read.
    for n, where in enumerate(("/usr/share/GeoIP", "/usr/local/share/GeoIP",
                               "/var/lib/GeoIP", inside)):
        if not os.path.isdir(where):
            print("ok - %s # SKIP nothing can be put there" % where)
            continue
        country(where + "/gaol-test.mmdb", "BR")
        asn(where + "/gaol-test-asn.mmdb", 64500 + n)
        configure("geoip = { country = \"%s/gaol-test.mmdb\"; "
                  "asn = \"%s/gaol-test-asn.mmdb\"; };\n" % (where, where))
        run = check()
        tap.ok(run.returncode == 0, "check finds %s well" % where, run.stderr)
        g.run("reload")
        before = found("198.51.100.7", ("BR", 64500 + n), "%s, after a reload" % where)
        # Looked at every ten seconds; the places differ in the sandbox only.
        if n > 0 and not os.environ.get("SOAK"):
            continue
        country(where + "/gaol-test.mmdb", "FR")

        def replaced():
            user = sign_in("198.51.100.7")
            wait_for("its event", 15, lambda: place(user))
            return place(user) == ("FR", 64500 + n)

        tap.ok(wait_for("the new file", 30, replaced), "… replaced while it runs", g.logs())
        tap.ok(place(before) == ("BR", 64500 + n), "… what was stored stays", place(before))
    # By its usual name, nothing need be said.
    if os.path.isdir("/var/lib/GeoIP"):
        country("/var/lib/GeoIP/GeoLite2-City.mmdb", "NG")
        configure("")
        g.stop()
        g.start()
        found("198.51.100.7", ("NG", None), "a file of MaxMind's name, from the start")
    # Where it may not read: said by check, and by the log.
    outside = g.dir + "/outside.mmdb"
    country(outside, "RU")
    bad("geoip = { country = \"%s\"; };" % outside,
        "geoip.country: '%s': gaold reads no such file there; accepted: below "
        "/usr/share/GeoIP" % outside)
    g.run("reload")
    if g.ask("status")["sandbox"][0]["landlock"]:
        found("198.51.100.7", (None, None), "outside of them nothing is read")
        tap.ok(g.log_has("geoip: %s" % outside), "the log says so", g.logs())
    name = inside + "/gaol-test"
    bad("geoip = { country = \"/nonexistent/x.mmdb\"; };",
        "geoip.country: '/nonexistent/x.mmdb': No such file or directory")
    bad("geoip = { asn = \"%s\"; };" % inside, "geoip.asn: '%s': not a regular file" % inside)
    bad("geoip = { country = \"%s-asn.mmdb\"; };" % name,
        "its type is 'GeoLite2-ASN'; accepted: a database of countries or cities")
    bad("geoip = { asn = \"%s.mmdb\"; };" % name,
        "its type is 'GeoLite2-City'; accepted: a database of networks (ASN)")
    with open(name + ".txt", "w") as f:
        f.write("# ranges\n2001:db8::,2001:db8::ffff,DE\n")
    bad("geoip = { ranges4 = \"%s.txt\"; };" % name,
        "it does not begin with a range of IPv4; accepted: lines FROM,TO,CODE")
    bad("geoip = { country = \"%s.txt\"; };" % name, "geoip.country: %s.txt: " % name)
    configure("geoip = { ranges6 = \"%s.txt\"; };" % name)
    tap.ok(check().returncode == 0, "check: ranges of IPv6", check().stderr)
    os.chmod(name + ".mmdb", 0o600)
    bad("geoip = { country = \"%s.mmdb\"; };" % name, "users.engine (uid 64801) may not read it")
    os.chmod(name + ".mmdb", 0o644)
    os.chown(inside, 0, 0)
    os.chmod(inside, 0o700)
    bad("geoip = { country = \"%s.mmdb\"; };" % name,
        "users.engine (uid 64801) may not enter %s" % inside)
    os.chmod(inside, 0o755)
    bad("signins_file = \"/nonexistent/signins.log\";",
        "signins_file: '/nonexistent/signins.log': its directory is not there")
    os.mkdir(g.dir + "/open")
    os.chmod(g.dir + "/open", 0o1777)
    bad("signins_file = \"%s/open/x\";" % g.dir, "others may write in its directory")
    os.symlink("/etc/passwd", g.dir + "/link")
    bad("signins_file = \"%s/link\";" % g.dir, "not a regular file")
    configure("signins_file = \"%s/signins.log\";" % g.dir)
    tap.ok(check().returncode == 0, "check: a file of sign-ins anywhere", check().stderr)
finally:
    g.close()
tap.exit()
