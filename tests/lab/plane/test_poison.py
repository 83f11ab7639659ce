#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A frame that the data process dies of, again and again: its sender's vif is
closed, and the others go on."""
import re
import time

from case import A, A4, B, B4, PlaneCase, labtool, main

C = "mac=00:16:3e:00:00:0c,bridge=xenbr0,ip=10.77.0.12 fd77::12"
PINGS = 300
LOST_MAX = 100  # two restarts; a machine that is slow may take its time


class Poison(PlaneCase):
    GUESTS = (("a", A), ("b", B), ("c", C))

    def fault(self, *words):
        socket = f"/run/xenplane/lab/{self.lab.name}/broker.sock"
        labtool.run([str(labtool.BUILD / "bin" / "xensim-fault"), socket,
                     *words])

    def wait_closed(self, domid):
        for _ in range(1000):
            if self.vif(domid)["state"] in ("Closing", "Closed"):
                return
            time.sleep(0.01)
        self.fail(f"not closed: {self.vif(domid)}")

    def restarts(self):
        return self.lab.json("status")["netback"]["restarts"]

    def test_the_sender_is_closed_and_the_others_go_on(self):
        self.wait_path("fast", (1, 2, 3))
        self.assert_pings("c", B4)
        self.assertEqual(self.restarts(), 0)
        with self.lab.going("a", "icmp_seq=1 ", "ping", "-n", "-c",
                            str(PINGS), "-i", "0.02", "-W", "2",
                            B4) as process:
            self.fault("crash,domid=3")
            self.addCleanup(self.fault, "off", "crash")
            # Nobody answers: the frame is what everybody waits for.
            self.lab.inside("c", "ping", "-c", "1", "-W", "1", B4,
                            check=False)
            self.wait_closed(3)
            self.assertIsNone(process.poll(), "pinged throughout")
            out = process.communicate(timeout=60)[0].decode()
        answered = int(re.search(r"(\d+) received", out).group(1))
        self.assertGreater(answered, PINGS - LOST_MAX, out)
        self.assertNotIn("DUP!", out)
        self.assertEqual(self.restarts(), 2)
        for domid in (1, 2):
            self.assertEqual(self.vif(domid)["state"], "Connected")
        self.assertIsNone(self.lab.json("vif", "show", "vif1.0")["error"])
        self.assertIn("died of it twice",
                      self.lab.json("vif", "show", "vif3.0")["error"])
        self.assertIn("died of it twice",
                      self.lab.xenplane("vif", "show", "vif3.0"))
        # The fault is still there: what goes to the neighbours is not c's.
        self.assert_pings("b", A4)
        self.assertEqual(self.restarts(), 2)


if __name__ == "__main__":
    main()
