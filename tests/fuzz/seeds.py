#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""First inputs for the fuzz targets: the cases of the unit tests, in the form
that each target takes (it stands at the top of its source).

usage: seeds.py TARGET FOLDER     writes FOLDER/seed-NN
"""
import json
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


def ctrl():
    def ask(kind, *data):
        return struct.pack("<HHIII", 7, kind, *(list(data) + [0] * 3)[:3])

    def page(body):
        return struct.pack("<H", len(body)) + body

    def grants(*refs, flags=0):
        return page(b"".join(struct.pack("<IHH", ref, flags, 0)
                             for ref in refs))
    die, buffer, toeplitz = ask(0xffff), 8, ask(7, 1)
    table = page(b"".join(struct.pack("<I", n % 2) for n in range(128)))
    bad = page(struct.pack("<III", 1, 2, 0))
    for head in (b"\x02", b"\xff"):
        yield head + page(bytes(range(40))) + ask(1) + toeplitz + ask(1) + \
            ask(2, 15) + ask(3, buffer, 40) + die + ask(3, buffer, 41)
        yield head + table + toeplitz + ask(4) + ask(5, 128) + \
            ask(6, buffer, 128, 0) + die + ask(6, buffer, 1, 128) + \
            ask(6, buffer, 4, 125) + ask(6, buffer, 129, 0) + ask(5, 129)
        yield head + bad + toeplitz + ask(5, 8) + ask(6, buffer, 3, 0)
        yield head + grants(16, 17, 18, 19) + ask(8, 0) + ask(8, 2) + \
            ask(9, 0, buffer, 4) + die + ask(9, 1, buffer, 2) + \
            ask(10, 0, buffer, 2) + die + ask(10, 0, buffer, 4) + die
        yield head + grants(20, 20) + ask(9, 0, buffer, 2)
        yield head + grants(20, 99) + ask(9, 0, buffer, 2)
        yield head + grants(1, 2) + ask(9, 0, buffer, 1)
        yield head + grants(8, 16) + ask(9, 0, buffer, 2) + \
            ask(10, 0, buffer, 2) + die
        yield head + grants(60, 61, flags=1) + ask(9, 1, buffer, 2) + \
            ask(10, 1, buffer, 1) + die + ask(2, 16) + ask(7, 2)
        yield head + grants(60, 61) + ask(9, 1, buffer, 2)
        yield head + grants(*range(16, 80)) + ask(9, 1, buffer, 48) + \
            ask(10, 1, buffer, 30) + die + ask(9, 0, buffer, 20)
        yield head + page(b"") + ask(3, 1, 4) + ask(3, 9999, 4) + ask(11) + \
            ask(9, 0, buffer, 513) + ask(9, 2, buffer, 1) + ask(0)


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


def guard():
    own = "00163e000001"

    def sent(frame, more=0):
        head = frame[:255]
        return struct.pack("<BB", len(head), more) + head

    def four(source, body, protocol=17):
        return ethernet(0x0800, src=own) + \
            ipv4(protocol, body).replace(b"\x0a\0\0\1", source, 1)

    def six(source, body, protocol):
        return ethernet(0x86dd, src=own) + ipv6(protocol, body).replace(
            b"\xfd" + b"\0" * 14 + b"\1", source, 1)

    def ports(source, to, body=b""):
        return struct.pack(">HHHH", source, to, 8 + len(body), 0) + body
    mine4, mine6 = b"\x0a\x4d\0\2", b"\xfd\x77" + b"\0" * 13 + b"\2"
    local = bytes.fromhex("fe80000000000000021 63efffe000001".replace(" ", ""))
    nothing = b"\0" * 16
    mac = bytes.fromhex(own)
    arp = ethernet(0x0806, src=own) + struct.pack(">HHBBH", 1, 0x800, 6, 4, 1)
    solicit = struct.pack(">BBHI", 135, 0, 0, 0) + mine6
    frames = [
        arp + mac + mine4 + bytes(10), arp + mac + bytes(4) + bytes(10),
        arp + bytes(6) + mine4 + bytes(10), arp + mac + b"\1\1\1\1" + bytes(10),
        four(mine4, ports(68, 67)), four(bytes(4), ports(68, 67)),
        four(bytes(4), ports(68, 67, b"\1\1\6\0" + bytes(24) + mac +
                             bytes(30))),
        four(mine4, ports(68, 67, b"\1\1\6\0" + bytes(24) + b"\2" +
                          bytes(35))),
        four(mine4, ports(67, 68)), four(b"\1\2\3\4", ports(1, 2)),
        four(mine4, tcp(), 6), four(mine4, bytes(8), 1),
        six(mine6, ports(546, 547), 17), six(local, ports(547, 546), 17),
        six(mine6, tcp(), 6), six(local, solicit + b"\1\1" + mac, 58),
        six(nothing, solicit, 58), six(local, b"\x86" + bytes(15), 58),
        six(mine6, struct.pack(">BBHI", 136, 0, 0, 0) + mine6 + b"\2\1" + mac,
            58),
        six(mine6, b"\x89" + bytes(39), 58),
        six(mine6, b"\x3a\0\1\4\0\0\0\0" + solicit, 0),
        six(mine6, b"\x11\0\0\1\0\0\0\1" + ports(1, 2), 44),
        ethernet(0x1234, src=own), ethernet(0x88cc, "0180c200000e", own),
        ethernet(0x0800, src=own, tags=(1,)) + four(mine4, ports(1, 2))[14:],
        ethernet(0x0806, src=own, tags=(1, 2)) + arp[14:] + mac + mine4 +
        bytes(10), ethernet(0x0800) + four(mine4, ports(1, 2))[14:]]
    for frame in frames:
        yield sent(frame)
        yield sent(frame[:-1], 1)
    yield b"".join(sent(frame) for frame in frames[:8])


def acl():
    def program(*, macs=(), nets6=(), nets4=(), out=(), into=(), allow=0,
                wrong=0):
        return struct.pack(
            "7B", len(macs), len(nets6), len(nets4), len(out), len(into),
            allow, wrong) + b"".join((*macs, *nets6, *nets4, *out, *into))

    def rule(flags, protocol=0, family=0, to=(0, 0), source=(0, 0),
             macs=(0, 0), nets6=(0, 0), nets4=(0, 0)):
        return struct.pack("<HBB10H", flags, family, protocol, *to, *source,
                           *macs, *nets6, *nets4)

    def seen(frame, way=0, more=0):
        head = frame[:255]
        return struct.pack("<BBB", way, len(head), more) + head

    ports = struct.pack(">HHHH", 68, 67, 8, 0)
    frames = [ethernet(0x0800) + ipv4(17, ports), ethernet(0x0806) + bytes(28),
              ethernet(0x0800) + ipv4(6, tcp()), ethernet(0x1234),
              ethernet(0x0800) + ipv4(1, b"\x08" + bytes(7)),
              ethernet(0x86dd) + ipv6(6, tcp()),
              ethernet(0x86dd) + ipv6(58, b"\x87" + bytes(23)),
              ethernet(0x86dd) + ipv6(58, b"\x89" + bytes(39)),
              ethernet(0x86dd) + ipv6(0, b"\x3a\0" + bytes(6) + b"\x8f" +
                                      bytes(7)),
              ethernet(0x86dd) + ipv6(44, b"\x3a\0\0\1" + bytes(4) +
                                      b"\x87" + bytes(23)),
              ethernet(0x86dd, tags=(1, 2)) + ipv6(17, ports)]
    everybody4 = struct.pack("<II", 0, 0xffffffff)
    everybody6 = struct.pack("<4Q", 0, 0, *[2 ** 64 - 1] * 2)
    whole = program(
        macs=[struct.pack("<Q", 1 << 20)], nets6=[everybody6],
        nets4=[everybody4], allow=1,
        out=[rule(0x25, 17, to=(67, 67), nets4=(0, 1)), rule(0x10, 6)],
        into=[rule(0x23, macs=(0, 1), nets6=(0, 1)),
              rule(0x08, 17, 4, source=(1, 99))])
    for frame in frames:
        yield program() + seen(frame)
        yield whole + seen(frame) + seen(frame, 1, 9)
        yield program(out=[rule(3)]) + seen(frame[:-1], 0, 1)
    yield program(nets4=[everybody4], out=[rule(0x20, nets4=(1, 1))])
    yield program(wrong=1) + seen(frames[0])


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


def netscript():
    for words in (
            ("start",), ("stop", "vifnum=0", "bridge=xenbr0", "netdev=eth0"),
            ("vifnum=7", "style=new", "antispoof=yes", "force=yes", "status"),
            ("start", "bridge=null"), ("start", "vifnum=99999"),
            ("start", "bridge=a/b"), ("x=y", "=", "")):
        yield b"\0" + b"".join(word.encode() + b"\0" for word in words)
    for words in (("dhclient", "-pf", "/run/x", "eth0"), ("dhclient", "-nw"),
                  ("udhcpc", "-i", "eth0"), ("udhcpc", "-ieth1"),
                  ("udhcpc", "--interface=eth0"), ("dhcpcd", "-b", "eth1")):
        yield b"\1" + b"".join(word.encode() + b"\0" for word in words)
    yield (b"\2sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n"
           b"00000000 3      3    0003   2     1 0      0      4711\n")
    yield (b"\3Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\t"
           b"Mask\t\tMTU\tWindow\tIRTT\n"
           b"eth0\t00000000\tFE0200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
           b"*\t0100060A\t00000000\t0205\t0\t0\t9\tFFFFFFFF\t0\t0\t0\n")
    for text in (b"socket:[4711]", b"socket:[", b"0003", b"FE0200C0",
                 b"socket:[18446744073709551615]", b"anon_inode:[x]"):
        yield b"\4" + text


def planeconf():
    for text in (
            "", "[defaults]\nstorm = 5\nip = none\n",
            "[bridge xenbr0]\nnetdev = eth0\nstyle = old\nvifnum = 0\n"
            "address = 10.0.0.1/24 fd00::1/64\ngateway = 10.0.0.2\n"
            "mtu = 1500\nstp = on\nforward-delay = 4.5\n",
            "[bridge eth0]\nnetdev = eth0\nstyle = new\n",
            "[bridge a]\nnetdev = eth0\nstyle = old\n"
            "[bridge b]\nnetdev = ens3\nstyle = old\nmac = 02:0:0:0:0:1\n",
            "[bridge b]\nstp = on\nforward-delay = 1\n",
            "[bridge b]\nstp = on\nforward-delay = 1.5\n",
            "[bridge a]\nmode = nat\naddress = 10.0.0.1/24\nstp = on\n",
            "[bridge a]\nmode = routed\naddress = dhcp auto6\n",
            "[bridge a]\nvlan-filtering = on\nvlan-default-pvid = 4\n"
            "multicast-snooping = off\nmulticast-querier = on\n",
            "[bridge a]\nmax-age = 6\nhello-time = 1\nageing = 300\n"
            "stp-priority = 8\nmac = 00:16:3e:00:00:01\n",
            "[vif 00:16:3e:00:00:01]\nrate = 8Mb/s\n[vif web0]\nx = 1\n",
            "[bridge a]\nmode = nat\naddress = 10.0.0.1/24 fd00:1::1/64\n"
            "forward = tcp+udp 192.0.2.1:80-82 -> web:70 from 1.0.0.0/8\n"
            "forward = udp [2001:db8::1]:53 -> [fd00:1::5]\n"
            "one-to-one = 192.0.2.7 -> 00:16:3e:00:00:01\n"
            "nat6 = prefix 2001:db8:7::/64\nconnections = 99\n"
            "masquerade = 192.0.2.2\n[vif web]\nip = 10.0.0.5\n",
            "[bridge a]\nmode = nat\naddress = 10.0.0.1/24\n"
            "forward = tcp 80 -> 10.0.0.5\nforward = tcp 80 -> 10.0.0.6\n"
            "masquerade = off\nconnections = off\n",
            "[bridge a]\nmode = nat\naddress = 10.0.0.1/24 fd00:1::1/64\n"
            "dhcp = 10.0.0.9-10.0.0.19 10.0.0.30-10.0.0.40\n"
            "lease-time = 2h\nra = off\ndns = on\ndomain = a.b\n"
            "[vif web]\nip = 10.0.0.5\n[vif db]\nip = 10.0.0.5\n",
            "[bridge a]\naddress = 10.0.0.1/24\ndhcp = on\nra = on\n",
            "[acl web]\nallow = in tcp 80,443-444 replies\n"
            "allow = out icmp 8 to 10.0.0.0/8 group db a.b replies\n"
            "deny = in any from 00:16:3e:00:00:01 ::/0\n"
            "[acl db]\ndefault = allow\ndeny = out 47\n"
            "deny = in tcp 1 source 2-3 established from fd00::1\n"
            "[vif web0]\nacl = web\n",
            "[acl a]\nallow = in icmp6 1-4,128 from vif1.0\n"
            "allow = out sctp source 5 to 0.0.0.0/0\n",
            "[include x]\n", "[brigde b]\nnetdv = 1\nword\n"):
        yield text.encode()


def leases():
    web = "1796077132 00:16:3e:00:00:05 10.0.0.77 web *\n"
    taken = "1796077132 00:16:3e:00:00:06 10.0.0.5 db.lan 01:00:16:3e\n"
    own = "0 00:16:3e:00:00:05 10.0.0.5 * *\n"
    six = ("duid 00:01:00:01:32:a0\n0 1040187397 fd00:1::77 web 00:01\n"
           "1 T7 fd00:1::78 * 00:03\n")
    for text in (
            "", web, taken + web, web + own + taken, six, taken + six + own,
            "9 00:16:3e:00:00:05 10.0.0.9 w.- *\n" + web,
            "-1 00:16:3e:00:00:05 10.0.0.9 w *\n" + taken,
            "9 06-00:16:3e:00:00:05 10.0.0.9 w *\n",
            "9 00:16:3e:00:00:05 fd00::1 w *\n", "duid\n" + web[:-1],
            "9 00:16:3e:00:00:05 10.0.0.9 \x1b[31m *\n", "1" * 1100 + "\n"):
        yield text.encode()


def record():
    whole = {
        "version": 1, "boot": "b", "namespace": "7", "id": "9",
        "conf": "[bridge xenbr0]\nnetdev = eth0\n",
        "ours": [{"bridge": "xenbr0", "ifindex": 4, "made": True,
                  "mac": "02:00:00:00:00:01", "netdev": "eth0",
                  "style": "plain"}],
        "confirm_s": 60, "deadline_ms": "1234567", "audit_session": 3,
        "ssh": "192.0.2.9 40000 192.0.2.1 22"}
    yield json.dumps(whole).encode()
    yield json.dumps({**whole, "ours": [], "ssh": "", "confirm_s": 0,
                      "audit_session": -1}).encode()
    yield json.dumps({**whole, "ssh": "fe80::9%eth0 1 fe80::1%eth0 22",
                      "ours": [{**whole["ours"][0], "netdev": "",
                                "style": "old"}] * 3}).encode()
    # A name that only this style's bridge has.
    for style in ("new", "old"):
        yield json.dumps({**whole, "ours": [{
            **whole["ours"][0], "bridge": "eth0",
            "style": style}]}).encode()
    yield b"{}"


def imports():
    for text in (
            "(network-script network-bridge)\n(vif-script vif-bridge)\n",
            "(network-script 'network-bridge bridge=a] netdev=eth1')\n",
            "(network-script 'network-bridge bridge=a vifnum=2 antispoof=on')",
            "(network-script network-nat)(vif-script vif-nat)(a (b) 'c')",
            "(network-script network-route)(dom0-min-mem 5)",
            "%dir=$(dirname \"$0\")\n\"$dir/network-bridge\" "
            "\"$@\" vifnum=0 bridge=a netdev=b\nbrctl stp a on\n",
            "%case $1 in\nstart|x)\nnetwork-bridge start bridge=a;;\n"
            "stop) y;;\nesac\nif [ $1 = stop ]; then z; else q; fi\n",
            "iface b inet dhcp\nbridge_ports eth0 eth1\nbridge_stp on\n"
            "bridge_fd 0\nbridge_pathcost eth0 5\nbridge_hw x\n",
            "iface b inet manual\nbridge_ports a\nbridge_fd 1\x1b\n",
            "auto b\niface b inet static\naddress 10.0.0.1\n"
            "netmask 255.255.255.0\ngateway 10.0.0.2\nbridge-ports none\n",
            "iface b inet manual\npre-up brctl addbr $IFACE\nup x \\\ny\n",
            "<network><name>n</name><forward mode='nat'/><bridge name='b' "
            "stp='on' delay='0'/><ip address='10.0.0.1' netmask="
            "'255.255.255.0'><dhcp><range start='a'/></dhcp></ip></network>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><network>&b;</network>"):
        yield text.encode()


STORE_KEYS = (
    "b frontend", "b frontend-id", "b mac", "b state", "b online",
    "b hotplug-status", "f state", "f tx-ring-ref", "f rx-ring-ref",
    "f event-channel", "f event-channel-tx", "f event-channel-rx",
    "f request-rx-copy", "f feature-sg", "f feature-rx-notify",
    "f feature-gso-tcpv4", "f feature-gso-tcpv6",
    "f feature-ipv6-csum-offload", "f feature-no-csum-offload",
    "f multi-queue-num-queues", "f queue-0/tx-ring-ref",
    "f queue-0/rx-ring-ref", "f queue-0/event-channel-tx",
    "f queue-0/event-channel-rx", "f queue-1/tx-ring-ref",
    "f queue-1/rx-ring-ref", "f queue-1/event-channel",
    "f queue-2/tx-ring-ref", "f queue-2/rx-ring-ref",
    "f queue-2/event-channel", "f queue-3/tx-ring-ref",
    "f queue-3/rx-ring-ref", "f queue-3/event-channel",
    "f request-multicast-control", "f ctrl-ring-ref",
    "f event-channel-ctrl", "f xdp-headroom", "w path", "t token", "d name",
    "b bridge", "b rate", "b ip", "b mtu")


def store():
    def entries(**values):
        out = b""
        for key, value in values.items():
            place, _, name = key.partition("_")
            name = name.replace("__", "/").replace("_", "-")
            raw = value.encode("latin-1")
            out += struct.pack("<BB", STORE_KEYS.index(f"{place} {name}"),
                               len(raw)) + raw
        return out
    back = {"b_frontend": "/local/domain/5/device/vif/0", "b_frontend_id": "5",
            "b_mac": "00:16:3e:00:00:01", "b_state": "2", "b_online": "1",
            "b_hotplug_status": "connected", "f_state": "4", "b_mtu": "9000",
            "b_bridge": "xenbr0", "b_rate": "1000000,50000",
            "b_ip": "10.77.0.2 fd00::1/64"}
    one = {"f_tx_ring_ref": "8", "f_rx_ring_ref": "9", "f_event_channel": "3",
           "f_request_rx_copy": "1", "f_feature_sg": "1",
           "f_feature_gso_tcpv4": "1", "f_feature_rx_notify": "1"}
    two = {"f_multi_queue_num_queues": "2", "f_request_rx_copy": "1",
           "f_queue_0__tx_ring_ref": "8", "f_queue_0__rx_ring_ref": "9",
           "f_queue_0__event_channel_tx": "1",
           "f_queue_0__event_channel_rx": "2", "f_queue_1__tx_ring_ref": "10",
           "f_queue_1__rx_ring_ref": "11", "f_queue_1__event_channel": "3",
           "f_feature_ipv6_csum_offload": "1"}
    fix = {"f_queue_0__event_channel_tx": "22"}
    yield entries(**back, **one)
    yield entries(**{**back, "b_rate": "1,0", "b_mtu": "67", "b_ip": "x",
                     "b_bridge": "a/b"}, f_xdp_headroom="256",
                  f_ctrl_ring_ref="12", f_event_channel_ctrl="9", **one)
    yield entries(**back, **two, d_name="5", w_path="backend/vif/5/0/state",
                  t_token="backend")
    yield entries(**back, **{**two, **fix, "f_multi_queue_num_queues": "9"})
    yield entries(**{**back, "b_frontend": "/local/domain/5//x"})
    yield entries(**{**back, "b_frontend": "/local/domain/6/x"})
    yield entries(**{**back, "b_frontend_id": "6", "b_mac": "\x1b[31m"})
    yield entries(**{**one, "f_rx_ring_ref": "8"})
    yield entries(**{**one, "f_event_channel": "4294967296"})
    yield entries(**{**one, "f_feature_sg": "-1"})
    yield entries(**{**one, "f_request_rx_copy": "0"})
    yield entries(t_token="f3/17", w_path="/local/domain/5/device/vif/0/state")
    yield entries(t_token="backend", w_path="backend/vif/32752/0")
    yield entries(t_token="backend", w_path="backend/vif")


# netconf/ipc/datalink.h: bodies behind the header.
HELLO, ADD, DEL, PORT, BRIDGE, OUTSIDE, STATIONS, POLICY = range(1, 9)
ACL = 10
READY, UP, GONE, FAULT, DONE, STATION, END, STALL = range(64, 72)


def link():
    def order(kind, body, fds=0, length=0):
        return struct.pack("<BBH", kind, fds, length) + body

    def add(slot=0, generation=1, domid=1, queues=1, resume=0, frontend=0x3f,
            ref=1):
        rings = b"".join(struct.pack("<IIII", ref + 2 * q, ref + 2 * q + 1,
                                     10 + q, 20 + q) for q in range(queues))
        rings += bytes(16 * (8 - queues))
        return order(ADD, struct.pack("<IIHHIII", slot, generation, domid, 0,
                                      frontend, 0, queues) + rings +
                     struct.pack("<III", 0, 0, resume))

    def port(slot=0, generation=1, bridge=0, mtu=1500, flags=b"\1" * 7 + b"\0"):
        return order(PORT, struct.pack("<IIIII", slot, generation, 1, bridge,
                                       mtu) + flags)

    def policy(slot=0, generation=1, count=0, rate=0, interval=0, family=4,
               access=0):
        address = struct.pack("<BBH16s", family, 24, 0, b"\x0a" * 3)
        return order(POLICY, struct.pack(
            "<IIQIIQIBBBBH6sI", slot, generation, rate, interval, 0, rate,
            interval, 1, 1, 1, 1, 0, b"\0\x16\x3e\0\0\1", count) +
            address * 32 + struct.pack("<I", access))

    def access(macs=0, rules=0, number=1, total=None, start=0):
        body = struct.pack("<8I", 32 + 8 * macs + 24 * rules, macs, 0, 0,
                           rules, 0, 1, 0) + bytes(8 * macs + 24 * rules)
        total = len(body) if total is None else total
        part = body[start:start + 1024]
        return order(ACL, struct.pack("<IIII", number, total, start,
                                      len(part)) + part.ljust(1024, b"\0"))
    gone = order(DEL, struct.pack("<II", 0, 1))
    outside = order(OUTSIDE, struct.pack("<IB6sB", 0, 1, b"\2\0\0\0\0\1", 0))
    yield add() + port() + policy() + gone
    yield add() + add(slot=1, domid=2) + port() + port(1) + gone
    yield add(queues=3) + port(mtu=9000) + gone + add(generation=2, resume=1)
    yield add(queues=8) + port(bridge=0xffffffff)
    yield add() + add() + gone + gone
    yield add(ref=99) + port()
    yield add(slot=1024) + port(slot=1024) + port(mtu=67)
    yield outside + order(BRIDGE, struct.pack("<IIQ", 0, 0, 1000)) + \
        order(STATIONS, struct.pack("<I", 0)) + order(HELLO, bytes(20))
    yield add() + policy(count=2, rate=1000, interval=50000) + \
        policy(count=33) + policy(family=6, count=1)
    yield add(frontend=0x7f) + port() + add(domid=0x7fef, slot=2)
    yield add() + access(1, 2) + policy(access=1) + port() + access(0, 1)
    yield access(99, 99) + access(99, 99, start=1024) + \
        access(99, 99, start=2048) + access(99, 99, start=3072)
    yield access(99, 99) + access(1, 1) + access(9, 9, number=65) + \
        access(99, 99, start=1024) + order(ACL, struct.pack("<I", 1) +
                                           bytes(1036))


def control():
    def word(kind, *numbers, length=0):
        return struct.pack("<BB", length, kind) + \
            b"".join(struct.pack("<I", number) for number in numbers)

    def station(bridge, slot, event=0, dump=0):
        return struct.pack("<BBIIIBB6s", 0, STATION, bridge, slot, 0, event,
                           dump, b"\2\0\0\0\0\1")
    ready = word(READY, 1)
    yield ready + word(UP, 0, 1, 0) + word(GONE, 0, 1)
    yield ready + word(FAULT, 1, 1, 0, 1) + word(DONE, 1, 1, 1)
    yield ready + word(STALL, 2, 1, 1) + word(STALL, 2, 1, 0)
    yield ready + station(0, 0) + station(0, 1, 1) + station(0, 1, 2) + \
        word(END, 0, 1)
    yield ready + station(0, 0, 0, 1) + station(0, 0xffffffff, 0, 1) + \
        word(END, 0, 0)
    yield ready + ready
    yield word(UP, 1024, 0, 0) + word(GONE, 0xffffffff, 0)
    yield word(HELLO) + word(PORT)
    yield word(UP, 0, 0, 0, length=19)
    yield station(64, 3, 7)


def hotplug():
    def call(script, *words):
        return bytes([script]) + b"\0".join(w.encode() for w in words) + b"\0"
    libxl = ("eXENBUS_TYPE=vif", "eXENBUS_PATH=backend/vif/7/1", "evif=vif7.1",
             "enetdev=", "escript=/etc/xen/scripts/vif-bridge")
    vif, tap = ("aonline", "atype_if=vif"), ("aadd", "atype_if=tap")
    yield call(0, *vif, *libxl)
    yield call(0, *vif, *libxl, "sbridge=xenbr0", "smtu=1500", "svifname=web0",
               "shandle=1", "sfrontend-id=7")
    yield call(1, *vif, *libxl, "sip=10.0.0.2 10.1.0.0/16 fd00::2/128",
               "sgatewaydev=eth1")
    yield call(2, "aoffline", *libxl, "adhcp=yes", "aip=10.0.0.200")
    yield call(0, *tap, "eINTERFACE=vif7.1-emu", "svifname=web0")
    yield call(0, *tap, *libxl, "eINTERFACE=web0-emu", "eUDEV_CALL=1")
    yield call(0, *vif, "evif=vif32751.65535",
               "eXENBUS_PATH=/local/domain/5/backend/vif/32751/65535")
    yield call(0, *vif, *libxl, "eXENBUS_PATH=backend/vif/99999999999/1")
    yield call(3, *vif, "escript=vif-route netdev=eth1 ip=10.0.0.1")
    yield call(3, *vif, "escript=/bin/true a b c d e f")
    yield call(3, *vif, "ascript=" + "x " * 62)


def client():
    for line in ('{"cmd": "status"}', '{"cmd": "vif-list"}',
                 '{"cmd": "vif-show", "vif": "vif1.0"}',
                 '{"cmd": "bridge-list"}',
                 '{"cmd": "bridge-show", "bridge": "xenbr0"}',
                 '{"cmd": "bridge-fdb", "bridge": "xenbr0"}',
                 '{"cmd": "fastpath-set", "vif": "vif1.0", "on": false}',
                 '{"cmd": "fastpath-set", "bridge": "xenbr0", "on": true}',
                 '{"cmd": "vif-show", "vif": "nobody"}', '{"cmd": 7}', "{}",
                 "[]", "7", '"x"', "{", '{"a": 1, "a": 2}', "",
                 '{"cmd": "vif-show", "vif": "' + "\u00e4" * 30 + '"}',
                 '{"cmd": "' + "\u20ac" * 20 + '"}',
                 '{"cmd": "\\u0000"}', "[" * 1000):
        text = line.encode() + b"\n"
        yield struct.pack("<H", len(text)) + text
        yield struct.pack("<H", len(text) // 2) + text + text
    yield struct.pack("<H", 9) + b"x" * 4096


def environment(kind, *variables):
    return bytes([kind]) + b"\0".join(v.encode() for v in variables) + b"\0"


def ifupdown():
    start = ("IFACE=br0", "MODE=start", "PHASE=pre-up")
    stop = ("IFACE=br0", "MODE=stop", "PHASE=post-down")
    yield environment(0, "IFACE=--all", "MODE=start", "PHASE=pre-up")
    yield environment(0, *start, "IF_BRIDGE_PORTS=eth0 eth1")
    yield environment(0, *stop, "IF_BRIDGE_PORTS=eth0 vif1.0")
    yield environment(0, "IFACE=br7", "MODE=stop", "PHASE=pre-down",
                      "IF_BRIDGE_PORTS=none", "IF_ADDRESS=192.0.2.1",
                      "IF_NETMASK=255.255.255.0")
    for ports in ("all", "regex (eth|vif).* noregex p4", "regex .*",
                  "virbr0 vnet0 lo br0 nosuch", "regex (e)\\1 e{2}", "a/b"):
        yield environment(0, *start, f"IF_BRIDGE_PORTS={ports}")
        yield environment(1, *start, f"IF_BRIDGE_PORTS={ports}")
    for option in ("FD=0", "FD=1e1", "FD=15s", "STP=on", "STP=maybe",
                   "HELLO=0.5", "MAXAGE=41", "AGEING=300", "BRIDGEPRIO=0x10",
                   "GCINT=4", "PATHCOST=eth0 1 eth1 65535",
                   "PATHCOST=eth0 0 # none", "PORTPRIO=eth0 64",
                   "HW=02:00:00:00:00:01", "HW=eth0", "VLAN_AWARE=yes",
                   "WAITPORT=5 eth0", "MAXWAIT=3601", "VIDS=1 2", "NO=1"):
        yield environment(0, "IFACE=br7", *start[1:], "IF_MTU=1400",
                          "IF_BRIDGE_PORTS=eth0", f"IF_BRIDGE_{option}")
    for phase in ("depend", "create", "pre-up", "post-down", "destroy", "x"):
        yield environment(1, "IFACE=br0", f"PHASE={phase}", "VERBOSE=1",
                          "IF_BRIDGE_PORTS=eth0", "IF_BRIDGE_STP=YES",
                          "IF_BRIDGE_FD=0")


# rtnetlink (linux/rtnetlink.h): types of messages and of attributes.
NEWLINK, NEWADDR, NEWROUTE, NEWNEIGH, NEWRULE = 16, 20, 24, 28, 32
NEWQDISC, NEWSTATS, DONE, ERROR = 36, 92, 3, 2
NESTED = 0x8000


def padded(data):
    return data + bytes(-len(data) % 4)


def attr(kind, *parts):
    """`parts`: bytes, text, and numbers as u32."""
    data = b"".join(part.encode() + b"\0" if isinstance(part, str) else
                    struct.pack("<I", part) if isinstance(part, int) else part
                    for part in parts)
    return padded(struct.pack("<HH", 4 + len(data), kind) + data)


def u8(value):
    return bytes([value])


def u16(value):
    return struct.pack("<H", value)


def message(kind, head, *attrs, flags=0):
    body = padded(head) + b"".join(attrs)
    return struct.pack("<IHHII", 16 + len(body), kind, flags, 7, 0) + body


def link_message(*attrs, family=0, index=5, kind=NEWLINK):
    return message(kind, struct.pack("<BxHiII", family, 1, index, 0x1043, 0),
                   *attrs)


def links():
    port = (attr(1, u8(3)), attr(2, u16(32)), attr(3, 100), attr(33, u8(1)),
            attr(100, u8(1)))
    bridge = (attr(1, 1500), attr(5, 1), attr(6, u16(32768)),
              attr(7, u8(1)), attr(46, struct.pack("<II", 4, 31)),
              attr(10, bytes(8)))
    whole = link_message(
        attr(3, "xenbr0"), attr(20, "for guests"), attr(1, bytes(6)),
        attr(4, 1500), attr(10, 3), attr(5, 4), attr(16, u8(6)),
        attr(18 | NESTED, attr(1, "bridge"), attr(2 | NESTED, *bridge),
             attr(4, "bridge"), attr(5 | NESTED, *port)),
        attr(26 | NESTED, attr(10 | NESTED, attr(8, u8(1)),
                               attr(2, bytes(4 * 60)))),
        attr(43 | NESTED, attr(2, u8(1))))
    yield whole
    yield whole + message(DONE, struct.pack("<i", 0))
    yield whole[:-7]
    yield link_message(attr(3, "a-name-that-is-15"), index=-1)
    yield link_message(attr(3, "eth0"), attr(37, 1), attr(5, 99))
    yield link_message(attr(10, 3), attr(12 | NESTED, *port), family=7)
    yield link_message(attr(10, 3), attr(12 | NESTED, *port), family=7,
                       kind=17)
    yield message(NEWNEIGH, struct.pack("<BxxxiHBB", 7, 5, 2, 0, 0),
                  attr(2, bytes(6)), attr(9, 3), attr(5, u16(7)))
    yield message(NEWQDISC, struct.pack("<BxxxiIII", 0, 5, 0, 0xffff, 0),
                  attr(1, "noqueue"))
    yield message(NEWSTATS, struct.pack("<BxHII", 0, 0, 5, 1),
                  attr(1, bytes(192)))
    yield message(NEWADDR, struct.pack("<BBBBI", 2, 24, 0, 0, 5),
                  attr(1, bytes(4)), attr(2, bytes(4)))
    yield message(ERROR, struct.pack("<i", -16) + bytes(16),
                  attr(1, "busy"), flags=0x300)


def routes():
    address = bytes([192, 0, 2, 1])
    six = bytes([0x20, 1] + [0] * 13 + [1])
    yield message(NEWADDR, struct.pack("<BBBBI", 2, 24, 0x80, 0, 5),
                  attr(1, address), attr(2, address), attr(3, "eth0:1"),
                  attr(4, address), attr(6, struct.pack("<4I", 9, 8, 1, 1)),
                  attr(8, 0x80), attr(9, 100), attr(11, u8(3)))
    yield message(NEWADDR, struct.pack("<BBBBI", 10, 64, 0, 0, 5),
                  attr(1, six), attr(6, struct.pack("<4I", 0xffffffff,
                                                    0xffffffff, 1, 1)))
    head = struct.pack("<8BI", 2, 0, 0, 0, 254, 3, 0, 1, 0)
    yield message(NEWROUTE, head, attr(5, address), attr(4, 5), attr(6, 100),
                  attr(15, 254), attr(7, address),
                  attr(8 | NESTED, attr(2, 1400), attr(16, "cubic")))
    hop = struct.pack("<HBBi", 16, 0, 0, 5) + attr(5, address)
    yield message(NEWROUTE, head, attr(9, hop * 2))
    yield message(NEWROUTE, head, attr(9, hop * 9))
    yield message(NEWROUTE, struct.pack("<8BI", 10, 64, 0, 0, 254, 2, 0, 1, 0),
                  attr(1, six), attr(4, 5), attr(20, u8(1)),
                  attr(12, struct.pack("<iiIIIIII", 0, 900, 0, 0, 0, 0, 0, 0)))
    yield message(NEWROUTE, head, attr(22, bytes(4)), attr(30, 7))
    yield message(NEWRULE, struct.pack("<8BI", 2, 24, 24, 0, 254, 0, 0, 1, 2),
                  attr(1, address), attr(2, address), attr(3, "eth0"),
                  attr(17, "eth1"), attr(6, 100), attr(10, 7), attr(16, 255),
                  attr(15, 1000), attr(14, 0xffffffff), attr(11, 3),
                  attr(22, u8(6)), attr(23, u16(1), u16(9)),
                  attr(20, struct.pack("<II", 0, 1000)), attr(21, u8(4)))
    yield message(NEWRULE, struct.pack("<8BI", 10, 0, 0, 0, 0, 0, 0, 2, 0),
                  attr(4, 200), attr(99, 1))
    yield message(NEWNEIGH, struct.pack("<BxxxiHBB", 2, 5, 0x80, 0, 1),
                  attr(1, address), attr(2, bytes([2, 0, 0, 0, 0, 1])),
                  attr(12, u8(4)))
    yield message(NEWNEIGH, struct.pack("<BxxxiHBB", 10, 0, 0, 8, 1),
                  attr(1, six))


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
