#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Vifs come and go while the others work."""
import re

from case import A4, B4, PlaneCase, labtool, main


class Hotplug(PlaneCase):
    def pinging(self):
        process = self.lab.start("a", "ping", "-n", "-i", "0.02", B4)
        labtool.read_until(process, "bytes from")
        return process

    def lost(self, process):
        """What a long ping lost, without sending more."""
        out = labtool.end(process)
        sent, answered = map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received", out).groups())
        self.assertGreater(answered, 5, out)
        return sent - answered

    def test_attach_and_detach_under_traffic(self):
        pinging = self.pinging()
        for index in range(5):
            devid = self.lab.lab(
                "attach", "b", f"bridge=xenbr0,ip=10.77.0.2{index}").strip()
            self.assertEqual(devid, "1")
            self.assert_pings("a", f"10.77.0.2{index}", count=3)
            self.lab.lab("detach", "b", "1")
        self.assertLessEqual(self.lost(pinging), 1)

    def test_detach_in_the_middle_of_a_stream(self):
        for _ in range(3):
            self.lab.lab("attach", "b", "mac=00:16:3e:00:00:77,"
                         "bridge=xenbr0,ip=10.88.0.2/24")
            self.lab.lab("attach", "a", "bridge=xenbr0,ip=10.88.0.1/24")
            with labtool.iperf_server(self.lab, "b", port=5300):
                stream = self.lab.start("a", "iperf3", "-c", "10.88.0.2",
                                        "-p", "5300", "-t", "30", "--forceflush",
                                        "-i", "0.1")
                labtool.read_until(stream, "bits/sec")
                self.lab.lab("detach", "b", "00:16:3e:00:00:77")
                labtool.end(stream)
            self.lab.lab("detach", "a", "1")
        self.assert_pings("a", B4)

    def test_a_guest_destroyed_under_load_hurts_nobody(self):
        self.lab.create("c", "bridge=xenbr0,ip=10.77.0.30")
        pinging = self.pinging()
        flood = self.lab.start("c", "ping", "-n", "-f", "-s", "1400", A4)
        self.assert_pings("a", "10.77.0.30", count=3)
        self.lab.lab("destroy", "c")
        labtool.end(flood)
        self.assert_pings("a", B4)
        self.assertLessEqual(self.lost(pinging), 1)
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "a", "10.77.0.30", count=1)

    def test_a_vif_moves_to_another_bridge_and_back(self):
        self.assert_pings("a", B4)
        self.lab.inside("dom0", "ip", "link", "add", "xenbr9", "type",
                        "bridge", "forward_delay", "0")
        self.lab.inside("dom0", "ip", "link", "set", "xenbr9", "up")
        self.lab.inside("dom0", "ip", "link", "set", "vif2.0", "master",
                        "xenbr9")
        self.wait_path("fast")
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "a", B4, count=2)
        self.lab.inside("dom0", "ip", "link", "set", "vif2.0", "master",
                        "xenbr0")
        self.wait_path("fast")
        self.assert_pings("a", B4)
        self.lab.inside("dom0", "ip", "link", "del", "xenbr9")

    def test_brctl_and_bridge_see_the_twins(self):
        shown = self.lab.inside("dom0", "brctl", "show", "xenbr0")
        for name in ("eth0", "vif1.0", "vif2.0"):
            self.assertIn(name, shown)
        self.assert_pings("a", B4)
        entries = self.lab.inside("dom0", "bridge", "fdb", "show", "br",
                                  "xenbr0")
        self.assertRegex(
            entries, r"00:16:3e:00:00:0a dev vif1.0 .*extern_learn")


if __name__ == "__main__":
    main()
