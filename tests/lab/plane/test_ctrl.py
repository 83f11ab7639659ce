#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that use the control ring: one that has its frames steered by a hash,
one whose buffers stay mapped; real traffic, and a data process that dies."""
import json
import os
import re
import signal

from case import A, A4, A6, B, B4, B6, HOST4, OUT4, OUT6, PlaneCase, \
    labtool, main

BUFFERS = 2 * 256  # of a queue: all of its pages
WAITS = 500


class Ctrl(PlaneCase):
    """Guest `a` is steered, `b` has static grants, `c` both."""
    C = "mac=00:16:3e:00:00:0c,bridge=xenbr0,ip=10.77.0.12 fd77::12"
    GUESTS = (("a", "--queues=2", "--hash", A),
              ("b", "--queues=2", "--static-grants", B),
              ("c", "--hash", "--static-grants", C))
    C4 = "10.77.0.12"

    def show(self, vif):
        return self.lab.json("vif", "show", vif)

    def wait_for(self, what, condition):
        for _ in range(WAITS):
            if condition():
                return
            labtool.time.sleep(0.02)
        self.fail(f"{what}: {self.log()[-2000:]}")

    def log(self):
        path = f"/run/xenplane/lab/{self.lab.name}/lab.log"
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def counters(self, vif):
        return self.show(vif)

    def wait_ready(self):
        """All have what they asked for."""
        queues = min(2, os.cpu_count())
        self.wait_path("fast", (1, 2, 3))
        self.wait_for("places", lambda: all(
            self.show(f"vif{domid}.0")["settled"] for domid in (1, 2, 3)))
        self.wait_for("static grants", lambda: (
            self.counters("vif2.0")["grants_mapped"] == queues * BUFFERS and
            self.counters("vif3.0")["grants_mapped"] == BUFFERS))
        self.wait_for("hashes",
                      lambda: self.log().count("steered by hash") == 2)

    def traffic(self):
        """Everybody with everybody, and with the world beyond the twins."""
        for where, address in (("a", B4), ("a", B6), ("b", self.C4),
                               ("c", A4), ("a", HOST4), ("b", HOST4),
                               ("b", OUT4), ("c", OUT6), ("outside", A6),
                               ("outside", B4)):
            self.assert_pings(where, address, count=5)
        for client, where, address in (("b", "a", A4), ("c", "a", A4),
                                       ("b", "outside", OUT4),
                                       ("a", "b", B4), ("outside", "b", B4)):
            with labtool.iperf_server(self.lab, where):
                row = labtool.iperf(self.lab, client, address, "-P", "4")
                self.assertGreater(labtool.tcp_mbit(row), 1)

    def netback(self):
        """Also while there is none that is ready: then status says so."""
        _, out, _ = self.lab.xenplane("status", "--json", check=False)
        return json.loads(out)["netback"]

    def test_the_guests_and_a_death(self):
        self.wait_ready()
        for vif in ("vif1.0", "vif2.0", "vif3.0"):
            self.assertIn("ctrl-ring", self.show(vif)["features"])
        self.traffic()
        requests = self.counters("vif1.0")["ctrl_requests"]
        before = self.netback()
        os.kill(before["pid"], signal.SIGKILL)
        self.wait_for("a new data process", lambda: (
            self.netback()["restarts"] == before["restarts"] + 1 and
            self.netback()["ready"]))
        self.wait_ready()
        self.traffic()
        # Nobody had to say anything again.
        self.assertEqual(self.counters("vif1.0")["ctrl_requests"], requests)
        self.check_hashes()
        for vif in ("vif2.0",):
            drops = self.show(vif)["drops"]
            self.assertEqual(drops["source_grant"], 0)
            self.assertEqual(drops["dest_grant"], 0)

    def check_hashes(self):
        """The guests say what they saw when their interfaces go."""
        for name in ("a", "c"):
            self.lab.lab("detach", name, "0")
        found = re.findall(r"hashes: (\d+) right, (\d+) missing, (\d+) wrong",
                           self.log())
        self.assertEqual(len(found), 2, self.log()[-2000:])
        for right, missing, wrong in found:
            self.assertGreater(int(right), 1000)
            # What was on its way when the settings came.
            self.assertLess(int(missing), 300)
            self.assertEqual(int(wrong), 0)
        self.assertEqual(self.log().count("refused"), 0)


if __name__ == "__main__":
    main()
