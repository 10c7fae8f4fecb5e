"""Generated sshd logs: seeded, so that every run measures the same lines."""

import random
import time

GOOD = (
    "Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:{key}",
    "pam_unix(sshd:session): session opened for user {user}(uid=1000) by (uid=0)",
    "pam_unix(sshd:session): session closed for user {user}",
    "Received disconnect from {ip} port {port}:11: disconnected by user",
    "Disconnected from user {user} {ip} port {port}",
    "Server listening on 0.0.0.0 port 22.",
)
NOISE = (
    "systemd[1]: Started Session {port} of User {user}.",
    "CRON[{pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
    "kernel: [{port}.123456] eth0: link becomes ready",
)
BAD = (
    "Failed password for invalid user {user} from {ip} port {port} ssh2",
    "Failed password for {user} from {ip} port {port} ssh2",
    "Invalid user {user} from {ip} port {port}",
)
USERS = ("root", "admin", "test", "oracle", "postgres", "ubuntu", "git", "deploy")


def stamp(second):
    return time.strftime("%b %e %H:%M:%S", time.localtime(second))


def line(rng, attack, now):
    fields = {
        "user": rng.choice(USERS),
        "port": rng.randrange(1024, 65536),
        "pid": rng.randrange(300, 99999),
        "key": "%043x" % rng.getrandbits(170),
    }
    fields["ip"] = "%d.%d.%d.%d" % (
        (203, 0, 113, rng.randrange(1, 255)) if attack
        else (198, 51, 100, rng.randrange(1, 255)))
    if attack:
        text = "sshd[{pid}]: " + rng.choice(BAD)
    elif rng.random() < 0.5:
        text = rng.choice(NOISE)
    else:
        text = "sshd[{pid}]: " + rng.choice(GOOD)
    return "%s mail %s\n" % (stamp(now), text.format(**fields))


def write(path, lines, share, seed=1):
    """`share` of the lines (0..1) are attacks, spread evenly at random."""
    rng = random.Random(seed)
    now = int(time.time()) - 60
    with open(path, "w", encoding="ascii") as out:
        for _ in range(lines):
            out.write(line(rng, rng.random() < share, now))
