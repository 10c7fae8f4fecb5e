"""sshd_log.py SEED LINES SHARE iso|syslog: a sshd log, SHARE of it attacks.

User names are hostile on purpose: what looks like the end of a message,
bytes that are not UTF-8, blanks, nothing at all. Same seed, same log.
"""
import random
import sys
import time

seed, lines, share, style = sys.argv[1:5]
rnd = random.Random(int(seed))
out = sys.stdout.buffer
now = int(time.time()) - 2 * int(lines)

USERS = [b'root', b'admin', b'joe', b'x from 1.2.3.4', b'a b', b'\xff\xfe\xe9',
         b'caf\xc3\xa9', b'x\x7fy', b'invalid user from 9.9.9.9 port 1',
         b'"q"', b"it's", b'', b'\xf0\x9f\x98\x80', b' ', b'u\\n', b'\xe2\x82']

ATTACKS = [
    b'Failed password for invalid user %(u)s from %(h)s port %(p)d ssh2',
    b'Failed password for %(u)s from %(h)s port %(p)d ssh2',
    b'Failed publickey for %(u)s from %(h)s port %(p)d ssh2: RSA SHA256:ab',
    b'Failed publickey for invalid user %(u)s from %(h)s port %(p)d ssh2',
    b'Invalid user %(u)s from %(h)s port %(p)d',
    b'Connection closed by authenticating user %(u)s %(h)s port %(p)d '
    b'[preauth]',
    b'Connection closed by %(h)s port %(p)d [preauth]',
    b'Disconnected from user %(u)s %(h)s port %(p)d',
    b'Received disconnect from %(h)s port %(p)d:11: Bye Bye [preauth]',
    b'error: maximum authentication attempts exceeded for %(u)s from %(h)s '
    b'port %(p)d ssh2 [preauth]',
    b'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 '
    b'tty=ssh ruser= rhost=%(h)s  user=%(u)s',
    b'Accepted publickey for %(u)s from %(h)s port %(p)d ssh2: ED25519 x',
    b'Accepted password for %(u)s from %(h)s port %(p)d ssh2',
    b'Connection from %(h)s port %(p)d on 10.0.0.1 port 22',
    b'User %(u)s from %(h)s not allowed because not listed in AllowUsers',
    b'User %(u)s not allowed because account is locked',
    b'Disconnecting: Too many authentication failures for %(u)s [preauth]',
    b'Failed password for %(u)s from host%(p)d.example.com port 2 ssh2',
    b'Unable to negotiate with %(h)s port %(p)d: no matching key exchange',
]

REST = [
    b'sshd[%(d)d]: pam_unix(sshd:session): session opened for user joe',
    b'sshd[%(d)d]: Server listening on 0.0.0.0 port 22.',
    b'sshd[%(d)d]: Accepted publickey for joe from 10.1.2.3 port 4 ssh2',
    b'CRON[%(d)d]: pam_unix(cron:session): session opened for user root',
    b'systemd[1]: Started Session %(p)d of user joe.',
    b'kernel: [12345.678901] usb 1-1: new high-speed USB device %(p)d',
    b'sshd[%(d)d]: Starting session: shell on pts/0 for joe from 10.1.2.3',
]


def host():
    kind = rnd.random()
    if kind < .8:
        return b'%d.%d.%d.%d' % (rnd.randint(1, 223), rnd.randint(0, 255),
                                 rnd.randint(0, 255), rnd.randint(1, 254))
    return rnd.choice([b'2001:db8::%x' % rnd.randint(1, 0xffff), b'fe80::1:2',
                       b'::ffff:192.0.2.%d' % rnd.randint(1, 254),
                       b'2001:db8:0:1:2:3:4:%x' % rnd.randint(0, 0xffff)])


def stamp():
    local = time.localtime(now)
    if style == 'syslog':
        return time.strftime('%b %e %H:%M:%S', local).encode()
    return time.strftime('%Y-%m-%dT%H:%M:%S', local).encode() + \
        b'.%06d+00:00' % rnd.randint(0, 999999)


pids = [rnd.randint(1000, 60000) for _ in range(50)]
for _ in range(int(lines)):
    now += rnd.choice([0, 0, 0, 1, 2])
    values = {b'u': rnd.choice(USERS), b'h': host(), b'd': rnd.choice(pids),
              b'p': rnd.randint(1024, 65535)}
    if rnd.random() < float(share):
        message = b'sshd[%(d)d]: ' + rnd.choice(ATTACKS)
    else:
        message = rnd.choice(REST)
    out.write(stamp() + b' srv ' + message % values + b'\n')
