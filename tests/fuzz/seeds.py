#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""First inputs for the fuzz targets: the cases of the unit tests, in the form
that each target takes (it stands at the top of its source).

usage: seeds.py TARGET FOLDER     writes FOLDER/seed-NN
"""
import pathlib
import struct
import sys

# Slots of a tx ring (xen/io/netif.h).
CSUM_BLANK, VALIDATED, MORE, EXTRA = 1, 2, 4, 8
GSO, MCAST_ADD, MCAST_DEL, HASH = 1, 2, 3, 4


def request(size, flags=0, page=0, offset=0, slot_id=7):
    return struct.pack("<IHHHH", page + 8, offset, flags, slot_id, size)


def extra(kind, flags=0, body=b""):
    return struct.pack("<BB6s4x", kind, flags, body)


def gso(size, kind=1, flags=0):
    return extra(GSO, flags, struct.pack("<HBBH", size, kind, 0, 0))


def tx_ring(*slots, back=100, published=None):
    count = len(slots) if published is None else published
    return struct.pack("<BH", back, count) + b"".join(slots)


def tx_parse():
    group = bytes.fromhex("01005e000001")
    chain = [request(4000, MORE)] + [request(200, MORE)] * 16 + [request(200)]
    yield tx_ring(request(60))
    yield tx_ring(request(1500), request(60, CSUM_BLANK), request(14))
    yield tx_ring(request(1514, MORE), request(500))
    yield tx_ring(request(3000, MORE), request(1000, MORE), request(1000))
    yield tx_ring(request(9000, EXTRA | MORE | CSUM_BLANK), gso(1448),
                  request(4096, MORE), request(4096))
    yield tx_ring(request(60, EXTRA), extra(HASH, 1), gso(1448, 2))
    yield tx_ring(request(60, EXTRA), extra(MCAST_ADD, 0, group))
    yield tx_ring(request(60, EXTRA), extra(MCAST_DEL, 0, group), request(60))
    yield tx_ring(request(60, EXTRA), extra(MCAST_ADD, 1, group),
                  extra(MCAST_DEL, 0, bytes(6)))
    yield tx_ring(*chain)
    yield tx_ring(*([request(4000, MORE)] + [request(1, MORE)] * 18 +
                    [request(1)]))
    yield tx_ring(*([request(4000, MORE)] + [request(1, MORE)] * 22))
    yield tx_ring(request(60), request(60, MORE))           # partial
    yield tx_ring(request(60, EXTRA))
    yield tx_ring(request(60, EXTRA), extra(0))
    yield tx_ring(request(60, EXTRA), extra(6))
    yield tx_ring(request(13))
    yield tx_ring(request(100, MORE), request(200))         # longer than all
    yield tx_ring(request(100, 0, 0, 4090))                 # leaves its page
    yield tx_ring(request(100, MORE), request(90, 0, 0, 4010))
    yield tx_ring(request(60, 0, -7))                       # a ring's grant
    yield tx_ring(request(1000, MORE), request(0, MORE), request(1000))
    yield tx_ring(*[request(60)] * 100, back=50)            # wraps
    yield tx_ring(*[request(60)] * 256)
    yield tx_ring(request(60), published=257)
    yield tx_ring(request(60), published=65535)


ALL_FE = 0x3f


def rx_ring(*frames, back=100, features=ALL_FE, headroom=0, published=256,
            others=()):
    return (struct.pack("<BBHHB", back, features, headroom, published,
                        len(others)) +
            b"".join(struct.pack("<BH", *other) for other in others) +
            b"".join(frames))


def private(size, *pieces, head=60, kind=0, gso_size=0, skip=0):
    return (struct.pack("<HBBHBB", size, head, kind, gso_size, skip,
                        len(pieces)) +
            b"".join(struct.pack("<HH", 17 * n, length)
                     for n, length in enumerate(pieces)))


def grants(size, *pieces, head=60, kind=0, gso_size=0, skip=60):
    return (struct.pack("<HBBHBB", size, head, kind | 1, gso_size, skip,
                        len(pieces)) +
            b"".join(struct.pack("<HHH", 8 + ref, offset, length - 1)
                     for ref, offset, length in pieces))


def rx_fill():
    yield rx_ring(private(60))
    yield rx_ring(private(1514, 1454), private(60), private(14, head=14))
    yield rx_ring(grants(1514, (0, 0, 1514)), grants(60, (1, 100, 60)))
    yield rx_ring(grants(9014, (0, 0, 4096), (1, 0, 4096), (2, 0, 822)))
    yield rx_ring(grants(65226, *[(n, 0, 4096) for n in range(16)],
                         kind=0x0a, gso_size=1448))
    yield rx_ring(private(9014, 9000, kind=0x1a, gso_size=8000))
    yield rx_ring(private(9014, 9000), features=0)
    yield rx_ring(private(9014, 9000, kind=0x2a, gso_size=1448), headroom=256)
    yield rx_ring(private(60, kind=0x20), private(4000, 4000), headroom=192)
    yield rx_ring(private(4000, 4000), features=0, headroom=192)
    yield rx_ring(private(4096, 4036), features=0)
    yield rx_ring(private(9014, 9000), published=2)
    yield rx_ring(private(9014, 100))                       # pieces too short
    yield rx_ring(private(60), published=257)
    yield rx_ring(private(60), private(60), private(60), others=[(156, 1)])
    yield rx_ring(private(60), private(60), others=[(156, 9999)])
    yield rx_ring(private(9014, 9000), private(60), others=[(157, 9999)])
    yield rx_ring(grants(1514, (400, 0, 1514)), grants(60, (1, 100, 60)))
    yield rx_ring(grants(60, (1, 100, 60)), grants(1514, (301, 0, 1514)))
    yield rx_ring(grants(9014, (0, 0, 4096), (301, 0, 4096), (2, 0, 822)),
                  others=[(157, 9999)])
    yield rx_ring(*[grants(1514, (n, 8, 1514)) for n in range(32)])
    yield rx_ring(private(137, 77), grants(137, (0, 4019, 77), (1, 0, 77)))


def ethernet(kind, dst="020000000001", src="020000000002", tags=()):
    return (bytes.fromhex(dst + src) +
            b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags) +
            struct.pack(">H", kind))


def classify():
    macs = ["020000000001", "ffffffffffff", "0180c2000000", "0180c200000f",
            "0180c2000010", "01005e000001", "333300000001", "0180c2010000"]
    heads = [ethernet(kind, mac) for mac in macs
             for kind in (0x0800, 0x8100, 0x88a8)]
    heads += [ethernet(0x0800, src="010000000001"), b"", b"\1" * 13, b"\0" * 14]
    yield b"".join(struct.pack("<B", len(head)) + head for head in heads)
    for head in heads:
        yield struct.pack("<B", len(head)) + head


def recipe(blank=1, gso_type=0, gso_size=0, vnet=(0, 0, 0, 0, 0), more=0,
           cut=(10, 20, 0, 30, 40)):
    return struct.pack("<BBHBBHHHH5B", blank, gso_type, gso_size, vnet[0],
                       vnet[1], vnet[2], vnet[3], vnet[4], more, *cut)


def ipv4(protocol, body, more=0, options=b"", fragment=0x4000):
    header = 20 + len(options)
    return struct.pack(">BBHHHBBH4s4s", 0x40 | header // 4, 0,
                       header + len(body) + more, 1, fragment, 64, protocol, 0,
                       b"\x0a\0\0\1", b"\x0a\0\0\2") + options + body


def ipv6(protocol, body, more=0):
    return struct.pack(">IHBB16s16s", 0x60000000, len(body) + more, protocol,
                       64, b"\xfd" + b"\0" * 14 + b"\1",
                       b"\xfd" + b"\0" * 14 + b"\2") + body


def tcp(flags=0x19, options=b"", payload=b""):
    return struct.pack(">HHIIBBHHH", 1000, 80, 12345, 0,
                       (20 + len(options)) << 2, flags, 1000, 0, 0) \
        + options + payload


def udp(payload=b"", more=0):
    return struct.pack(">HHHH", 53, 53, 8 + len(payload) + more, 0) + payload


def offload():
    four, six = ethernet(0x0800), ethernet(0x86dd)
    tagged = ethernet(0x0800, tags=(100,))
    double = ethernet(0x86dd, tags=(100, 200))
    hop = b"\6\0\1\4\0\0\0\0"
    routing = b"\6\2\0\1" + bytes(20)
    fragment = b"\6\0\0\0\0\0\0\1"
    for frame in (four + ipv4(6, tcp(payload=b"x" * 33)),
                  four + ipv4(17, udp(b"hello")),
                  tagged + ipv4(6, tcp(), options=b"\1" * 8),
                  six + ipv6(6, tcp(options=b"\1" * 12)),
                  six + ipv6(17, udp(b"odd")),
                  double + ipv6(0, hop + tcp()),
                  six + ipv6(43, routing + tcp()),
                  six + ipv6(44, fragment + tcp()),
                  four + ipv4(6, tcp(), fragment=0x2000),
                  four + ipv4(1, bytes(8)),
                  ethernet(0x0806) + bytes(28)):
        yield recipe() + frame
        yield recipe(more=900) + frame
        yield recipe(vnet=(1, 0, 0, 34, 16)) + frame
        yield recipe(vnet=(1, 0, 0, 14, 2)) + frame
    for more, size in ((1000, 100), (20000, 1448), (300, 8), (60000, 1448),
                       (100, 1448)):
        yield recipe(1, 1, size, (1, 1, size, 34, 16), more) + \
            four + ipv4(6, tcp(0xff), more)
        yield recipe(0, 1, size, (1, 0x81, size, 38, 16), more) + \
            tagged + ipv4(6, tcp(0xff, b"\1" * 12), more)
        yield recipe(1, 2, size, (1, 4, size, 54, 16), more) + \
            six + ipv6(6, tcp(0xff), more)
        yield recipe(0, 2, size, (1, 4, size, 70, 16), more) + \
            double + ipv6(0, hop + tcp(0x10), more)


def vifspec():
    for text in (
            "", "mac=00:16:3e:01:02:03,bridge=xenbr0",
            "mac=00:16:3e:01:02:03, bridge=xenbr0 ,rate=10Mb/s@50ms,mtu=9000",
            "ip=10.77.0.2 fd00::1/64,script=/etc/xen/scripts/vif-nat,devid=3",
            "type=ioemu,model=e1000,vifname=web0,gatewaydev=eth1,trusted",
            "type=vif,vlan=1p/2-3,backend=driver,untrusted,netdev=eth0",
            "rate=1GB/s@1s", "rate=8b/s@1000000us", "rate=100KB/s@20ms",
            "mac=01:16:3e:01:02:03", "mac=00:16:3e:01:02", "mtu=67",
            "bridge=xen/br", "bridge=abcdefghijklmnop", "devid=65536",
            "trusted=1", "foo=bar", "bridge", "=", ",", "ip=300.1.1.1",
            "ip=10.0.0.1/33", "rate=0b/s", "rate=999999999999Gb/s"):
        yield text.encode()


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("_"):
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(globals()[sys.argv[1]]()):
        (folder / f"seed-{number:03}").write_bytes(seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
