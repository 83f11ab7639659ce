#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tcpdump on a twin or on the bridge shows guest-to-guest frames: while
somebody captures, those vifs take the kernel's path."""
from case import B4, PlaneCase, labtool, main


class Capture(PlaneCase):
    def assert_capture_shows(self, device):
        self.wait_path("fast")
        dump = self.lab.start("dom0", "tcpdump", "-l", "-n", "-i", device,
                              "icmp")
        labtool.read_until(dump, "listening on")
        self.wait_path("kernel")
        self.assert_pings("a", B4, count=10)
        seen = labtool.end(dump)
        self.assertGreaterEqual(seen.count("echo request"), 10, seen)
        self.assertGreaterEqual(seen.count("echo reply"), 10, seen)
        self.wait_path("fast")

    def test_on_a_twin(self):
        self.assert_capture_shows("vif1.0")

    def test_on_the_bridge(self):
        self.assert_capture_shows("xenbr0")

    def test_the_reason_is_shown(self):
        dump = self.lab.start("dom0", "tcpdump", "-l", "-n", "-i", "vif2.0",
                              "icmp")
        labtool.read_until(dump, "listening on")
        self.wait_path("kernel")
        text = self.lab.xenplane("vif", "show", "vif2.0")
        self.assertIn("captur", text)
        labtool.end(dump)
        self.wait_path("fast")


if __name__ == "__main__":
    main()
