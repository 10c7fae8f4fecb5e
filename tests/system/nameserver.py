"""Name servers of a test's own on 127.0.0.1 and 127.0.0.2, port 53.

dnsmasq answers for names that the test gives it; what ends in .evil.test is
asked of Hostile, which answers as an attacker's own name server might. The
test is in its own network and mount namespaces.
"""

import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

A, NS, TXT, AAAA = 1, 2, 16, 28


def question(packet):
    """Name and type of the first question, and where it ends."""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += packet[at] + 1
    return ".".join(labels).lower(), struct.unpack("!H", packet[at + 1:at + 3])[0], at + 5


class Hostile:
    """What a reply to `name` is: the first label says it."""

    def __init__(self, address="127.0.0.2"):
        self.asked = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def times(self, name):
        return sum(1 for n, _ in self.asked if n == name)

    def serve(self):
        while True:
            packet, peer = self.udp.recvfrom(4096)
            name, kind, end = question(packet)
            self.asked.append((name, kind))
            verb = name.split(".")[0].split("-")[0]
            if verb == "drop":
                continue
            if verb == "slow":
                threading.Timer(5, self.reply, (packet, end, peer, kind, verb)).start()
            else:
                self.reply(packet, end, peer, kind, verb)

    def reply(self, packet, end, peer, kind, verb):
        records = []
        if kind == A and verb in ("slow", "good"):
            records = [socket.inet_aton("203.0.113.9")]
        elif kind == A and verb == "many":
            records = [bytes((203, 0, 113, n)) for n in range(1, 25)]
        elif kind == A and verb == "short":
            records = [b"\x01"]
        rcode = {"refuse": 5, "fail": 2, "nx": 3}.get(verb, 0)
        head = packet[:2] + struct.pack("!HHHHH", 0x8180 | rcode, 1, len(records), 0, 0)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(r)) + r
                        for r in records)
        if verb == "loop":       # a name that points at itself
            head = head[:6] + struct.pack("!HHH", 1, 0, 0)
            body = b"\xc0" + bytes([end]) + struct.pack("!HHIH", A, 1, 0, 4) + b"\1\2\3\4"
        if verb == "garbage":
            head, body = head[:6] + b"\xff\xff\0\0\0\0", b"\xff" * 40
        self.udp.sendto(head + packet[12:end] + body, peer)


class Names:
    """dnsmasq with a list of names that may be changed."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="gaol-names.")
        self.hosts = self.dir + "/names"
        open(self.hosts, "w").close()
        with open(self.dir + "/resolv.conf", "w") as f:
            f.write("nameserver 127.0.0.1\n")
        subprocess.run(["mount", "--bind", self.dir + "/resolv.conf", "/etc/resolv.conf"],
                       check=True)
        self.process = None
        self.text = {}

    def set(self, **names):
        """name=addresses; '_' stands for a dot."""
        with open(self.hosts, "w") as f:
            for name, addresses in names.items():
                for a in addresses.split():
                    f.write("%s %s\n" % (a, name.replace("_", ".")))
        self.stop()
        texts = ["--txt-record=%s,%s" % (name, text) for name, records in self.text.items()
                 for text in records]
        self.process = subprocess.Popen(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
             "--no-hosts", "--addn-hosts=" + self.hosts, "--listen-address=127.0.0.1",
             "--bind-interfaces", "--server=/evil.test/127.0.0.2", "--local=/#/",
             "--cache-size=0", "--user=root", "--pid-file"] + texts,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.2)
                try:
                    s.connect(("127.0.0.1", 53))
                    s.send(b"\0\1\1\0\0\1\0\0\0\0\0\0\4none\4test\0\0\1\0\1")
                    s.recv(512)
                    return
                except OSError:
                    time.sleep(0.05)
        raise RuntimeError("dnsmasq does not answer")

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def close(self):
        self.stop()
        subprocess.run(["umount", "/etc/resolv.conf"])
        shutil.rmtree(self.dir, ignore_errors=True)
