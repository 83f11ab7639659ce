#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tcpdump on a twin or on the bridge shows guest-to-guest frames: while
somebody captures, those vifs take the kernel's path."""
from case import B4, PlaneCase, labtool, main


class Capture(PlaneCase):
    def capture(self, device):
        return self.lab.going("dom0", "listening on", "tcpdump", "-l", "-n",
                              "--immediate-mode", "-i", device, "icmp")

    def assert_capture_shows(self, device, domids):
        """`domids`: whose vifs take the kernel's path meanwhile."""
        self.wait_path("fast")
        with self.capture(device) as dump:
            self.wait_path("kernel", domids)
            self.assert_pings("a", B4, count=10)
            seen = labtool.end(dump)
        self.assertGreaterEqual(seen.count("echo request"), 10, seen)
        self.assertGreaterEqual(seen.count("echo reply"), 10, seen)
        self.wait_path("fast")

    def test_on_a_twin(self):
        self.assert_capture_shows("vif1.0", (1,))

    def test_on_the_bridge(self):
        self.assert_capture_shows("xenbr0", (1, 2))

    def test_the_reason_is_shown(self):
        with self.capture("vif2.0"):
            self.wait_path("kernel", domids=(2,))
            self.assertIn("capture",
                          self.lab.xenplane("vif", "show", "vif2.0"))
        self.wait_path("fast")
        self.assertNotIn("capture",
                         self.lab.xenplane("vif", "show", "vif2.0"))


if __name__ == "__main__":
    main()
