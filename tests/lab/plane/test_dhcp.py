#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses and names for guests, asked for with udhcpc, dhclient and dig."""
import json
import re

from case import labtool, main
from dhcp_bed import DHCP, GATEWAY4, GATEWAY6, MACS, RANGE, DhcpCase

DOMAIN = "guests.test"
OUTSIDE, HOST = "10.77.0.254", "10.77.0.1"
# Says who it is to whoever connects.
SERVE = """
import socket, sys
s = socket.create_server(("", 22))
print("ready", flush=True)
while True:
    s.accept()[0].sendall(sys.argv[1].encode())
"""
CONNECT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as s:
    print(s.recv(64).decode(), end="")
"""


class Dhcp(DhcpCase):
    def setUp(self):
        super().setUp()
        self.forget_leases()

    def test_a_guest_gets_all_it_needs(self):
        got = self.ask("web")
        self.assertIn(int(got["ip"].rsplit(".", 1)[1]), RANGE)
        self.assertEqual(
            (got["router"], got["dns"], got["domain"], got["lease"]),
            (GATEWAY4, GATEWAY4, DOMAIN, "300"))
        self.assertEqual(got["hostname"], "web")
        self.assertEqual(labtool.ping(self.lab, "web", GATEWAY4)[0], 10)
        self.wait("the lease",
                  lambda: self.leases().get(MACS["web"]) == got["ip"])
        self.assertIn({"address": got["ip"], "from": "lease"},
                      self.vif(MACS["web"])["addresses"])
        text = self.lab.xenplane("leases", "xennat")
        self.assertRegex(text, rf"(?m)^xennat +{got['ip']} +{MACS['web']} "
                               r"+web +\d+")
        self.assertIn(got["ip"], self.lab.xenplane("vif", "list"))
        code, _, err = self.lab.xenplane("leases", "xenbr0", check=False)
        self.assertEqual(code, 1)
        self.assertIn("nobody gives addresses or names on \"xenbr0\"; on: "
                      "xennat", err)

    def test_names_are_known_to_guests_and_to_the_host(self):
        web, db = self.ask("web")["ip"], self.ask("db")["ip"]
        for where in ("web", "db", "dom0"):
            for name, address in (("web", web), ("db", db)):
                self.assertEqual(self.dig(where, name), [address])
                self.assertEqual(self.dig(where, f"{name}.{DOMAIN}"),
                                 [address])
        self.assertEqual(self.dig("db", "mail"), [])  # no lease yet
        self.assertEqual(self.shell("db", f"dig +short @{GATEWAY4} -x {web}"),
                         f"web.{DOMAIN}.\n")
        # From outside of the bridge nobody is answered, though the host
        # would take the packet.
        self.shell("outside", f"ip route replace {GATEWAY4} via 10.77.0.1")
        self.assertEqual(labtool.ping(self.lab, "outside", GATEWAY4)[0], 10)
        self.assertIsNone(self.dig("outside", "web"))

    def test_a_guest_cannot_take_anothers_name(self):
        web = self.ask("web")["ip"]
        self.ask("db", "-x", "hostname:web", "-x", "hostname:mail")
        self.assertEqual(self.dig("dom0", "web"), [web])
        self.assertEqual(self.dig("dom0", "mail"), [])

    def test_a_fixed_address_beats_a_stale_lease(self):
        stale = self.ask("db")["ip"]
        self.configure(DHCP + f"[vif {MACS['web']}]\nip = {stale} fd99::50\n")
        self.assertEqual(self.ask("web")["ip"], stale)
        self.assertNotEqual(self.ask("db")["ip"], stale)
        self.assertEqual(self.dig("dom0", "web"), [stale])
        self.assertEqual(self.dig("dom0", "web", "AAAA"), ["fd99::50"])
        # The same by the toolstack's word on a guest, while it runs.
        self.lab.xenplane("vif", "set", self.vif(MACS["mail"])["name"],
                          "ip=10.99.0.200")
        self.wait("the name", lambda: self.dig("dom0", "mail") ==
                  ["10.99.0.200"])
        self.assertEqual(self.ask("mail")["ip"], "10.99.0.200")
        self.lab.xenplane("vif", "set", self.vif(MACS["mail"])["name"],
                          "ip=default")

    def test_the_mtu_is_the_bridges(self):
        self.assertEqual(self.ask("web")["mtu"], "")
        self.shell("dom0", "ip link set xennat mtu 1400")
        try:
            self.wait("1400", lambda: self.ask("web")["mtu"] == "1400")
        finally:
            self.shell("dom0", "ip link set xennat mtu 1500")
        self.wait("1500", lambda: self.ask("web")["mtu"] == "")

    def test_ipv6(self):
        self.configure(DHCP + f"[vif {MACS['web']}]\nip = fd99::50\n")
        # By router advertisements, and what the prefix makes of a MAC.
        own = "fd99::216:3eff:fe00:1"
        self.wait("an address of its own", lambda: own in self.shell(
            "web", "ip -6 addr show dev eth0 scope global -tentative"))
        self.assertEqual(labtool.ping(self.lab, "web", GATEWAY6)[0], 10)
        # The last one that ended took its route along.
        self.wait("a default route", lambda: "default via fe80::" in
                  self.shell("web", "ip -6 route"))
        # A fixed one by DHCPv6, for who has one.
        self.assertIn("IAADDR fd99::50", self.ask6("web"))
        self.assertEqual(self.dig("db", "web", "AAAA", GATEWAY6),
                         ["fd99::50"])
        self.assertNotIn("IAADDR", self.ask6("db"))
        self.wait("its lease", lambda: "fd99::50" in [
            lease["address"] for lease in self.lab.json("leases")["leases"]])

    def ask6(self, name):
        """All that dhclient says, which tries once."""
        _, _, said = self.lab.inside(
            name, "timeout", "10", "dhclient", "-6", "-1", "-v", "-d", "-sf",
            "/bin/true", "-lf", str(self.folder / f"{name}.leases"), "-pf",
            str(self.folder / f"{name}.pid"), "eth0", check=False)
        return said

    def nat(self, verb):
        file = self.folder / "nat.conf"
        file.write_text(DHCP + "forward = tcp 2222 -> web:22\n"
                        f"forward = tcp 2223 -> {MACS['db']}:22\n", "ascii")
        return json.loads(self.lab.inside(
            "dom0", labtool.XENPLANE, "nat", verb, "-f", str(file), "--json"))

    def forwarded_to(self):
        """IPv4 alone: the kernel knows the other address of a neighbour."""
        return [row["to"] for row in self.nat("list")["forwards"]
                if row["to"] and not row["to"].startswith("[")]

    def test_doing_the_same_again_loses_no_frame_of_a_flow(self):
        self.addCleanup(self.lab.inside, "dom0", labtool.XENPLANE, "nat",
                        "stop")
        self.ask("web")
        self.nat("apply")
        self.assertEqual(labtool.ping(self.lab, "web", OUTSIDE)[0], 10)
        before = self.lab.json("status")["in_force"]["operations"]
        with self.lab.going("web", "bytes from", "ping", "-n", "-i", "0.002",
                            OUTSIDE) as pinging:
            for _ in range(5):
                self.configure(DHCP)
                self.nat("apply")
            said = labtool.end(pinging)
        sent, answered = map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received", said).groups())
        self.assertGreater(sent, 100)
        self.assertLessEqual(sent - answered, 1, "the one under way may miss")
        self.assertEqual(self.lab.json("status")["in_force"]["operations"],
                         before)

    def wait_forwarded(self, *to):
        """xenplaned follows by itself."""
        self.wait(f"forwards to {to}",
                  lambda: self.forwarded_to() == list(to))

    def test_forwards_follow_leases(self):
        self.addCleanup(self.lab.inside, "dom0", labtool.XENPLANE, "nat",
                        "stop")
        self.nat("apply")
        self.assertEqual(self.forwarded_to(), [])
        web, db = self.ask("web")["ip"], self.ask("db")["ip"]
        self.wait_forwarded(f"{web}:22", f"{db}:22")
        # Out, and in.
        self.assertEqual(labtool.ping(self.lab, "web", OUTSIDE)[0], 10)
        for name, port in (("web", "2222"), ("db", "2223")):
            with self.lab.going(name, "ready", "python3", "-c", SERVE, name):
                self.assertEqual(self.python("outside", CONNECT, HOST, port),
                                 name)
        # Another address by another lease: the forward goes along.
        self.configure(DHCP + f"[vif {MACS['web']}]\nip = 10.99.0.60\n")
        self.assertEqual(self.ask("web")["ip"], "10.99.0.60")
        self.wait_forwarded("10.99.0.60:22", f"{db}:22")


if __name__ == "__main__":
    main()
