"""Writes small databases in MaxMind's format (its specification, version 2.0),
with the fields as MaxMind and DB-IP, and as IPinfo, have them."""

import ipaddress
import struct
import sys

PLACES = {
    "198.51.100.0/25": ("BR", 64500, "Example-Net"),
    "203.0.113.0/25": ("NG", 64502, "Beispiel-Netz \u00e4\u00f6\u00fc"),
    "203.0.113.128/25": ("RU", 64503, "x" * 100),
    "2001:db8:1::/48": ("FR", 64504, "R\u00e9seau"),
}


def size(kind, n):
    """Control byte(s) of a value of a type and size."""
    first = kind if kind <= 7 else 0
    out = b"" if kind <= 7 else bytes([kind - 7])
    if n < 29:
        return bytes([first << 5 | n]) + out
    if n < 285:
        return bytes([first << 5 | 29]) + out + bytes([n - 29])
    return bytes([first << 5 | 30]) + out + struct.pack(">H", n - 285)


def pack(value):
    if isinstance(value, dict):
        return size(7, len(value)) + b"".join(
            pack(k) + pack(v) for k, v in value.items())
    if isinstance(value, list):
        return size(11, len(value)) + b"".join(map(pack, value))
    if isinstance(value, str):
        raw = value.encode()
        return size(2, len(raw)) + raw
    kind, number = value          # ("uint16"|"uint32"|"uint64", n)
    code = {"uint16": 5, "uint32": 6, "uint64": 9}[kind]
    raw = number.to_bytes(8, "big").lstrip(b"\0")
    return size(code, len(raw)) + raw


def write(path, database_type, records):
    nodes = [[None, None]]
    for net, value in records.items():
        net = ipaddress.ip_network(net)
        bits = int(net.network_address)
        length = net.prefixlen + (96 if net.version == 4 else 0)
        at = 0
        for i in range(length):
            bit = bits >> (127 - i) & 1
            if i == length - 1:
                nodes[at][bit] = ("data", value)
                break
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
    data, places, tree = b"", {}, b""
    for node in nodes:
        for record in node:
            if record is None:
                number = len(nodes)
            elif isinstance(record, int):
                number = record
            else:
                raw = pack(record[1])
                if raw not in places:
                    places[raw] = len(data)
                    data += raw
                number = len(nodes) + 16 + places[raw]
            tree += struct.pack(">I", number)
    meta = pack({
        "node_count": ("uint32", len(nodes)), "record_size": ("uint16", 32),
        "ip_version": ("uint16", 6), "database_type": database_type,
        "languages": ["en"], "binary_format_major_version": ("uint16", 2),
        "binary_format_minor_version": ("uint16", 0),
        "build_epoch": ("uint64", 1795000000), "description": {"en": "test"},
    })
    with open(path, "wb") as out:
        out.write(tree + b"\0" * 16 + data + b"\xab\xcd\xefMaxMind.com" + meta)


def main(where):
    write(where + "/maxmind-country.mmdb", "GeoLite2-Country", {
        net: {"country": {"iso_code": code}} if code != "FR" else
        {"registered_country": {"iso_code": code}}
        for net, (code, _, _) in PLACES.items()})
    write(where + "/maxmind-asn.mmdb", "GeoLite2-ASN", {
        net: {"autonomous_system_number": ("uint32", asn),
              "autonomous_system_organization": name}
        for net, (_, asn, name) in PLACES.items()})
    for kind in ("country", "asn"):
        write(where + "/ipinfo-%s.mmdb" % kind, "ipinfo country_asn.mmdb", {
            net: {"country": code, "asn": "AS%d" % asn, "as_name": name}
            for net, (code, asn, name) in PLACES.items()})


if __name__ == "__main__":
    main(sys.argv[1])
