#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guarded guest that says it is somebody else, a router or a DHCP server: no
frame of it reaches its neighbour, on the fast path and on the kernel's, and each
is counted under its reason. The control: unguarded, every one of them arrives."""

from case import A4, A6, B4, B6, PlaneCase, labtool, main

COUNT = 5
REASONS = {"mac": "spoofed_mac", "arp": "spoofed_arp", "ipv4": "spoofed_ipv4",
           "ipv6": "spoofed_ipv6", "nd": "spoofed_nd", "ra": "rogue_router",
           "dhcp": "rogue_dhcp"}

# Kinds of frames; `end` is one that may always pass.
FRAMES = f"""
import socket, struct
A, B, X = (bytes.fromhex("00163e0000" + end) for end in ("0a", "0b", "66"))
v4, v6 = (lambda text, f=f: socket.inet_pton(f, text)
          for f in (socket.AF_INET, socket.AF_INET6))
ALL = b"\\xff" * 6

def sum16(data):
    total = sum(struct.unpack(f">{{len(data) // 2}}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff

def arp(sender, target):
    return ALL + A + struct.pack(">HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + \\
        A + v4(sender) + bytes(6) + v4(target)

def udp4(source, ports, data):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 0, 0, 64, 17,
                       0, v4(source), v4("{B4}"))
    head = head[:10] + struct.pack(">H", sum16(head)) + head[12:]
    return B + A + b"\\x08\\x00" + head + \\
        struct.pack(">HHHH", *ports, 8 + len(data), 0) + data

def ip6(to, source, target, kind, data):
    pseudo = v6(source) + v6(target) + struct.pack(">II", len(data), kind)
    at = 6 if kind == 17 else 2
    data = data[:at] + struct.pack(">H", sum16(pseudo + data)) + data[at + 2:]
    return to + A + b"\\x86\\xdd" + \\
        struct.pack(">IHBB", 6 << 28, len(data), kind, 255) + \\
        v6(source) + v6(target) + data

FRAMES = {{
    "mac": B + X + b"\\x88\\xb5" + bytes(46),
    "arp": arp("10.77.0.99", "{B4}"),
    "ipv4": udp4("10.77.0.99", (9, 9), b"spoofed!"),
    "ipv6": ip6(B, "fd77::99", "{B6}", 17,
                struct.pack(">HHHH", 9, 9, 16, 0) + b"spoofed!"),
    "nd": ip6(B, "{A6}", "{B6}", 58, struct.pack(">BBHI", 136, 0, 0, 3 << 29)
              + v6("fd77::99") + b"\\x02\\x01" + A),
    "ra": ip6(bytes.fromhex("333300000001"), "fe80::216:3eff:fe00:a",
              "ff02::1", 58, struct.pack(">BBHBBHII", 134, 0, 0, 64, 0, 1800,
                                         0, 0)),
    "dhcp": udp4("{A4}", (67, 68), b"\\x02\\x01\\x06" + bytes(240)),
    "end": arp("{A4}", "10.77.0.200"),
}}
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("eth0", 3))
"""
SEND = FRAMES + f"""
for name, frame in FRAMES.items():
    for i in range(1 if name == "end" else {COUNT}):
        s.send(frame)
"""
WATCH = FRAMES + """
print("ready", flush=True)
seen = dict.fromkeys(FRAMES, 0)
while not seen["end"]:
    got, where = s.recvfrom(2048)
    for name, frame in FRAMES.items():
        seen[name] += where[2] != socket.PACKET_OUTGOING and \\
            got[:len(frame)] == frame
print(*(seen[name] for name in FRAMES if name != "end"), "end", flush=True)
"""


class Spoof(PlaneCase):
    def set(self, *words):
        self.lab.xenplane("vif", "set", "vif1.0", *words)

    def drops(self):
        drops = self.lab.json("vif", "show", "vif1.0")["drops"]
        return {kind: drops.get(reason, 0)
                for kind, reason in REASONS.items()}

    def send(self):
        """({kind: how many came}, {kind: how many were dropped})"""
        before = self.drops()
        with self.lab.going("b", "ready", "python3", "-c", WATCH) as watch:
            self.lab.inside("a", "python3", "-c", SEND)
            words = labtool.read_until(watch, "end").split()
        came = dict(zip(REASONS, map(int, words[-8:-1])))
        return came, {kind: count - before[kind]
                      for kind, count in self.drops().items()}

    def check(self, path, fastpath):
        self.set(f"fastpath={fastpath}", "antispoof=off")
        self.addCleanup(self.set, "fastpath=default", "antispoof=default")
        self.wait_path(path, (1,))
        all_of_them = dict.fromkeys(REASONS, COUNT)
        none = dict.fromkeys(REASONS, 0)
        self.assertEqual(self.send(), (all_of_them, none))  # the control
        self.set("antispoof=on")
        self.wait_path(path, (1,))
        came, dropped = self.send()
        print(f"{path} path: leaked {sum(came.values())} of "
              f"{COUNT * len(REASONS)}; dropped {dropped}", flush=True)
        self.assertEqual((came, dropped), (none, all_of_them))

    def test_on_the_fast_path(self):
        self.check("fast", "on")

    def test_on_the_kernels_path(self):
        self.check("kernel", "off")


if __name__ == "__main__":
    main()
