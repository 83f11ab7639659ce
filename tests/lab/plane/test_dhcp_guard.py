#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that wants all addresses of the server for itself, one that plays
the server, and one that uses what it was not given: with antispoof none gets
anywhere, without it each does."""
import json
import time

from case import labtool, main
from dhcp_bed import GATEWAY4, GATEWAY6, MACS, RANGE, DhcpCase

# Asks for an address for each MAC of its arguments, from its own or, with
# "as", from that MAC; or with other identifiers for its own. Prints those that
# were acknowledged, as JSON.
ATTACK = """
import json, socket, struct, sys, time
own, how, count = bytes.fromhex(sys.argv[1].replace(":", "")), sys.argv[2], \\
    int(sys.argv[3])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
s.bind(("eth0", 0))

def total(data):
    value = sum(struct.unpack(f">{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xffff) + (value >> 16)
    return ~value & 0xffff

def send(mac, number, options):
    if how == "identifiers":
        options += bytes([61, 4, 0]) + struct.pack(">H", number) + b"x"
    message = struct.pack(">BBBBIHH16s16s192sI", 1, 1, 6, 0, number, 0, 0x8000,
                          bytes(16), mac, b"", 0x63825363) + options + b"\\xff"
    udp = struct.pack(">HHHH", 68, 67, 8 + len(message), 0) + message
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17,
                       0, bytes(4), b"\\xff" * 4)
    head = head[:10] + struct.pack(">H", total(head)) + head[12:]
    source = mac if how == "as" else own
    s.send(b"\\xff" * 6 + source + b"\\x08\\x00" + head + udp)

def answer(number, kind):
    end = time.monotonic() + 0.5
    while (left := end - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            frame = s.recv(2048)
        except TimeoutError:
            return None
        if frame[23:24] == b"\\x11" and frame[34:36] == b"\\0\\x43" and \\
                frame[46:50] == struct.pack(">I", number) and \\
                bytes([53, 1, kind]) in frame[282:]:
            return frame[58:62]
    return None

got = []
for number in range(1, count + 1):
    mac = own if how == "identifiers" else \\
        b"\\x02\\x00\\x00\\x00\\x00" + bytes([number])
    send(mac, number, bytes([53, 1, 1]))
    offer = answer(number, 2)
    if not offer:
        continue
    send(mac, number, bytes([53, 1, 3, 50, 4]) + offer +
         bytes([54, 4, 10, 99, 0, 1]))
    if answer(number, 5):
        got.append(".".join(map(str, offer)))
print(json.dumps(got))
"""
# A server's offer and a router's advertisement, to everybody.
ROGUE = """
import socket, sys
own = bytes.fromhex(sys.argv[1].replace(":", ""))
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
offer = bytes.fromhex("45000024000000004011000000000000ffffffff"
                      "00430044001000000201060000000000")
advertisement = bytes.fromhex("6000000000103aff" + "fe80" + "0" * 12 +
    "02163efffe000001" + "ff02" + "0" * 26 + "01" +
    "86000000400000000000000000000000")
for _ in range(5):
    s.send(b"\\xff" * 6 + own + b"\\x08\\x00" + offer)
    s.send(bytes.fromhex("333300000001") + own + b"\\x86\\xdd" + advertisement)
"""
# Gives back the lease of another one: MAC, address, server.
RELEASE = """
import socket, struct, sys
mac = bytes.fromhex(sys.argv[1].replace(":", ""))
message = struct.pack(">BBBBIHH4s12s16s192sI", 1, 1, 6, 0, 7, 0, 0,
                      socket.inet_aton(sys.argv[2]), bytes(12), mac, b"",
                      0x63825363) + bytes([53, 1, 7, 54, 4]) + \\
    socket.inet_aton(sys.argv[3]) + b"\\xff"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", 68))
s.sendto(message, (sys.argv[3], 67))
"""
# How many of each came from that MAC until SIGINT.
WATCH = """
import signal, socket, sys
signal.signal(signal.SIGINT, lambda *_: exec("raise KeyboardInterrupt"))
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("eth0", 0))
print("ready", flush=True)
offers = advertisements = 0
try:
    while True:
        frame = s.recv(2048)
        if frame[6:12] != bytes.fromhex(sys.argv[1].replace(":", "")):
            continue
        offers += frame[34:38] == b"\\0\\x43\\0\\x44"
        advertisements += frame[12:14] == b"\\x86\\xdd" and frame[54] == 134
        if frame[12:14] == b"\\x08\\x06":
            print("arp", flush=True)
except KeyboardInterrupt:
    pass
print(offers, advertisements, flush=True)
"""
POOL = len(RANGE)


class Guard(DhcpCase):
    def setUp(self):
        super().setUp()
        self.name = self.vif(MACS["web"])["name"]
        self.addCleanup(self.guard, "default")
        self.forget_leases()

    def guard(self, word):
        self.lab.xenplane("vif", "set", self.name, f"antispoof={word}")

    def drops(self, reason):
        return self.vif(MACS["web"])["drops"][reason]

    def attack(self, how, count=POOL + 2):
        return json.loads(self.python("web", ATTACK, MACS["web"], how,
                                      str(count)))

    def test_the_pool_is_drained_by_requests_for_others(self):
        """The control: what the guard is against."""
        self.assertEqual(len(set(self.attack("for"))), POOL)
        self.wait("leases", lambda: len(self.leases()) == POOL)
        self.assertIsNone(self.ask("db", check=False))

    def test_the_pool_is_drained_by_many_macs(self):
        self.assertEqual(len(set(self.attack("as"))), POOL)
        self.assertIsNone(self.ask("db", check=False))

    def test_who_is_guarded_gets_one(self):
        self.guard("on")
        for how, reason, count in (("for", "spoofed_dhcp", 4),
                                   ("as", "spoofed_mac", 4)):
            before = self.drops(reason)
            self.assertEqual(self.attack(how, count), [])
            self.assertEqual(self.drops(reason), before + count)
        # With its own MAC it may, whatever else it calls itself: once.
        got = self.attack("identifiers")
        self.assertEqual(len(got), POOL + 2)
        self.assertEqual(len(set(got)), 1)
        self.wait("its lease", lambda: self.leases() == {MACS["web"]: got[0]})
        self.assertTrue(self.ask("db"))
        self.assertTrue(self.ask("mail"))

    def test_what_it_was_given_is_its_own(self):
        self.guard("on")
        self.lab.inside("web", "ip", "addr", "add", "10.99.0.55/24", "dev",
                        "eth0")
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "web", GATEWAY4, count=2)
        got = self.ask("web")["ip"]
        self.wait("the guard to know", lambda: labtool.arping(
            self.lab, "web", GATEWAY4, count=1) == 1)
        self.assertEqual(labtool.ping(self.lab, "web", GATEWAY4)[0], 10)
        # Not another one, though it has just been allowed one.
        self.lab.inside("web", "ip", "addr", "add", "10.99.0.55/24", "dev",
                        "eth0")
        before = self.drops("spoofed_ipv4") + self.drops("spoofed_arp")
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "web", GATEWAY4, count=2,
                         options=("-I", "10.99.0.55"))
        self.assertGreater(
            self.drops("spoofed_ipv4") + self.drops("spoofed_arp"), before)
        self.assertEqual(labtool.ping(self.lab, "web", got)[0], 10)

    def lease_it_may_use(self):
        self.guard("on")
        got = self.ask("web")["ip"]
        self.wait("the guard to know", lambda: labtool.arping(
            self.lab, "web", GATEWAY4, count=1) == 1)
        return got

    def test_a_file_that_is_being_written_takes_no_address_away(self):
        got = self.lease_it_may_use()
        file = self.state_folder() / "leases"
        before = self.drops("spoofed_ipv4") + self.drops("spoofed_arp")
        text = file.read_text("ascii")
        with file.open("r+", encoding="ascii") as half:
            half.truncate(0)
            time.sleep(0.3)
            self.assertEqual(labtool.ping(self.lab, "web", GATEWAY4)[0], 10)
            self.assertIn({"address": got, "from": "lease"},
                          self.vif(MACS["web"])["addresses"])
            half.write(text)
        self.assertEqual(
            self.drops("spoofed_ipv4") + self.drops("spoofed_arp"), before)
        self.assertEqual(self.leases(), {MACS["web"]: got})

    def test_what_a_neighbour_gives_back_stays_the_guests(self):
        got = self.lease_it_may_use()
        self.ask("db")
        self.python("db", RELEASE, MACS["web"], got, GATEWAY4)
        self.wait("its end as a lease",
                  lambda: MACS["web"] not in self.leases())
        self.assertEqual(labtool.ping(self.lab, "web", GATEWAY4)[0], 10)
        self.assertEqual(self.ask("web")["ip"], got)
        # Till somebody else has it.
        self.python("db", RELEASE, MACS["web"], got, GATEWAY4)
        self.wait("its end as a lease",
                  lambda: MACS["web"] not in self.leases())
        self.configure(self.CONF + f"[vif {MACS['mail']}]\nip = {got}\n")
        self.wait("the guard to know", lambda: labtool.arping(
            self.lab, "web", GATEWAY4, count=1) == 0)

    def test_lists_know_what_it_was_given(self):
        self.guard("on")
        self.lab.xenplane("vif", "set", self.name, "ip=10.98.0.55")
        self.addCleanup(self.lab.xenplane, "vif", "set", self.name,
                        "ip=default")
        self.assertNotEqual(self.ask("web")["ip"], "10.98.0.55")
        db = self.ask("db")["ip"]
        db_name = self.vif(MACS["db"])["name"]
        for text, may in (("default = allow", True),
                          (f"default = allow\ndeny = in any from {self.name}",
                           False),
                          (f"allow = in icmp 8 from {self.name} replies",
                           True),
                          (f"allow = in icmp 8 from {db_name} replies",
                           False)):
            self.configure(f"{self.CONF}\n[acl db]\n{text}\n")
            self.lab.xenplane("vif", "set", db_name, "acl=db")
            self.addCleanup(self.lab.xenplane, "vif", "set", db_name,
                            "acl=default")
            if may:
                self.assertEqual(labtool.ping(self.lab, "web", db)[0], 10)
                continue
            with self.assertRaises(labtool.Failed):
                labtool.ping(self.lab, "web", db, count=2)

    def test_what_it_makes_of_its_mac_is_its_own(self):
        self.guard("on")
        own = "fd99::216:3eff:fe00:1"
        self.wait("an address of its own", lambda: own in self.lab.inside(
            "web", "ip", "-6", "addr", "show", "dev", "eth0", "scope",
            "global", "-tentative"))
        self.assertEqual(labtool.ping(self.lab, "web", GATEWAY6, options=(
            "-I", own))[0], 10)
        # The control: another one of the same network is not.
        self.lab.inside("web", "ip", "addr", "add", "fd99::55/64", "dev",
                        "eth0", "nodad")
        self.addCleanup(self.lab.inside, "web", "ip", "addr", "del",
                        "fd99::55/64", "dev", "eth0")
        before = self.drops("spoofed_ipv6") + self.drops("spoofed_nd")
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "web", GATEWAY6, count=2,
                         options=("-I", "fd99::55"))
        self.assertGreater(
            self.drops("spoofed_ipv6") + self.drops("spoofed_nd"), before)

    def rogue(self):
        """What reaches `db`: offers, advertisements."""
        with self.lab.going("db", "ready", "python3", "-c", WATCH,
                            MACS["web"]) as watch:
            self.python("web", ROGUE, MACS["web"])
            # Behind them, so they are there when this is.
            self.lab.inside("web", "arping", "-c", "1", "-W", "0.05", "-0",
                            "-i", "eth0", "10.99.0.99", check=False)
            labtool.read_until(watch, "arp")
            said = labtool.end(watch).split()
        return int(said[-2]), int(said[-1])

    def test_a_guest_is_no_server_and_no_router(self):
        for path in ("on", "off"):
            self.lab.xenplane("vif", "set", self.name, f"fastpath={path}")
            self.addCleanup(self.lab.xenplane, "vif", "set", self.name,
                            "fastpath=default")
            self.guard("off")
            self.assertEqual(self.rogue(), (5, 5))  # the control
            before = self.drops("rogue_dhcp"), self.drops("rogue_router")
            self.guard("on")
            self.assertEqual(self.rogue(), (0, 0))
            self.assertEqual(
                (self.drops("rogue_dhcp"), self.drops("rogue_router")),
                (before[0] + 5, before[1] + 5))


if __name__ == "__main__":
    main()
