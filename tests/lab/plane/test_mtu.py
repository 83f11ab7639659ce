#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""MTUs from 68 to 65517, the most that a ring's frame and a VLAN tag leave:
the biggest packet goes everywhere on both paths, one byte more nowhere, and
no GSO packet becomes longer than a ring takes."""
from case import (A, A4, B, B4, B6, HOST4, HOST6, OUT4, OUT6, PlaneCase,
                  labtool, main)

IPV4, IPV6, ICMP = 20, 40, 8
PATHS = ("fast", "kernel")
# The receiver that takes a page at most.
FLAT = B.replace("0b", "0c").replace("0.11", "0.12").replace("::11", "::12")
FLAT4 = "10.77.0.12"


class MtuCase(PlaneCase):
    def biggest(self, header):
        return self.MTU - header - ICMP

    def take_path(self, path):
        self.lab.xenplane("bridge", "set", "xenbr0",
                          f"fastpath={'on' if path == 'fast' else 'off'}")
        self.wait_path(path)

    def drops(self, *domids):
        """Of all reasons, by name."""
        found = {}
        for domid in domids:
            vif = self.lab.json("vif", "show", f"vif{domid}.0")
            for name, count in vif["drops"].items():
                found[name] = found.get(name, 0) + count
        return found

    def assert_whole(self, address, size, count=5):
        """As one packet, however big."""
        self.assert_pings("a", address, ("-M", "do", "-s", str(size)), count)

    def assert_too_long(self, address, size):
        _, out, err = self.lab.inside("a", "ping", "-c", "1", "-M", "do", "-s",
                                      str(size), address, check=False)
        self.assertIn("message too long", out + err)


class Everywhere:
    """For the classes below, whose MTU is big enough for IPv6."""

    def test_the_mtu_is_everybodys(self):
        for where, device in (("a", "eth0"), ("b", "eth0"), ("dom0", "vif1.0"),
                              ("dom0", "xenbr0"), ("outside", "eth0")):
            mtu = self.lab.inside(where, "cat",
                                  f"/sys/class/net/{device}/mtu")
            self.assertEqual(int(mtu), self.MTU, f"{where} {device}")

    def test_the_biggest_packets_go_everywhere(self):
        for path in PATHS:
            self.take_path(path)
            for address in (B4, HOST4, OUT4):
                self.assert_whole(address, self.biggest(IPV4))
            for address in (B6, HOST6, OUT6):
                self.assert_whole(address, self.biggest(IPV6))
            self.assert_too_long(B4, self.biggest(IPV4) + 1)
            self.assert_too_long(B6, self.biggest(IPV6) + 1)
        self.take_path("fast")

    def test_streams_lose_nothing_to_their_size(self):
        before = self.drops(1, 2)
        for path in PATHS:
            self.take_path(path)
            for client, server, address in (
                    ("a", "b", B4), ("a", "b", B6), ("a", "outside", OUT4),
                    ("outside", "a", A4), ("dom0", "a", A4)):
                with labtool.iperf_server(self.lab, server):
                    labtool.iperf(self.lab, client, address, "-n", "40M",
                                  seconds=0)
        self.take_path("fast")
        after = self.drops(1, 2)
        for name in ("too_big", "bad_offload", "malformed"):
            self.assertEqual(after.get(name, 0), before.get(name, 0), name)


class Jumbo(Everywhere, MtuCase):
    MTU = 9000
    GUESTS = (("a", A + ",mtu=9000"), ("b", B + ",mtu=9000"))


class Most(Everywhere, MtuCase):
    MTU = 65517
    GUESTS = (("a", A + ",mtu=65517"), ("b", B + ",mtu=65517"),
              ("flat", "--no-sg", FLAT + ",mtu=65517"))

    def test_a_receiver_without_sg_takes_a_page(self):
        page = 4096 - 14 - IPV4 - ICMP
        # It answers in fragments: its own MTU is 1500.
        self.assert_whole(FLAT4, page, count=3)
        before = self.drops(3).get("too_big", 0)
        _, out, _ = self.lab.inside("a", "ping", "-c", "3", "-i", "0.1", "-W",
                                    "1", "-M", "do", "-s", str(page + 1), FLAT4,
                                    check=False)
        self.assertIn("3 packets transmitted, 0 received", out)
        self.assertEqual(self.drops(3)["too_big"], before + 3)

    def test_a_limit_keeps_gso_packets_within_a_frame(self):
        for where, device in (("dom0", "vif1.0"), ("a", "eth0")):
            out = self.lab.inside(where, "ip", "-d", "link", "show", device)
            self.assertIn("gso_max_size 65532", out)


class Least(MtuCase):
    MTU = 68
    GUESTS = (("a", "mac=00:16:3e:00:00:0a,bridge=xenbr0,ip=10.77.0.10,mtu=68"),
              ("b", "mac=00:16:3e:00:00:0b,bridge=xenbr0,ip=10.77.0.11,mtu=68"))

    def test_the_smallest_mtu(self):
        for path in PATHS:
            self.take_path(path)
            for address in (B4, HOST4, OUT4):
                self.assert_whole(address, self.biggest(IPV4))
            self.assert_too_long(B4, self.biggest(IPV4) + 1)
            # In fragments of 48 bytes.
            self.assert_pings("a", B4, ("-s", "400"), 5)


if __name__ == "__main__":
    main()
