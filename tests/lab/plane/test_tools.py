#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ping, arping and iperf3 through the plane, on the fast path and on the
kernel's."""
import contextlib

from case import A4, B4, B6, HOST4, HOST6, OUT4, OUT6, PlaneCase, labtool, main

PATHS = ("fast", "kernel")


class Tools(PlaneCase):
    @contextlib.contextmanager
    def path(self, path):
        setting = "on" if path == "fast" else "off"
        self.lab.xenplane("bridge", "set", "xenbr0", f"fastpath={setting}")
        self.wait_path(path)
        with self.subTest(path=path):
            yield

    def test_ping(self):
        for path in PATHS:
            with self.path(path):
                for address in (B4, B6, HOST4, HOST6, OUT4, OUT6):
                    self.assert_pings("a", address)
                for where in ("dom0", "outside"):
                    for address in (A4, B4, B6):
                        self.assert_pings(where, address)

    def test_ping_large_and_fragmented(self):
        for path in PATHS:
            with self.path(path):
                for size in ("1472", "8000"):
                    for address in (B4, HOST4, OUT4):
                        self.assert_pings("a", address, ("-s", size))

    def test_nobody_answers_for_an_address_that_is_not_there(self):
        self.assert_pings("a", B4)
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "a", "10.77.0.99", count=2)

    def test_arping(self):
        for path in PATHS:
            with self.path(path):
                for address in (B4, HOST4, OUT4):
                    self.assertEqual(labtool.arping(self.lab, "a", address), 3)
                self.assertEqual(labtool.arping(self.lab, "a", "10.77.0.99"), 0)

    def test_arping_announcement_reaches_every_neighbour(self):
        announcement = ("arping", "-U", "-c", "1", "-i", "eth0", "-S", A4, A4)
        hears = ("tcpdump", "-l", "-n", "-i", "eth0", "arp[6:2] = 1 and "
                 "arp[14:4] = arp[24:4]")
        for path in PATHS:
            with self.path(path), contextlib.ExitStack() as stack:
                listeners = {where: stack.enter_context(self.lab.going(
                    where, "listening on", *hears))
                    for where in ("b", "dom0", "outside")}
                self.lab.inside("a", *announcement, check=False)
                for where, listener in listeners.items():
                    with self.subTest(at=where):
                        labtool.read_until(listener, A4)

    def test_iperf_tcp(self):
        for path in PATHS:
            with self.path(path):
                for where, ipv4, ipv6 in (("b", B4, B6), ("dom0", HOST4, HOST6),
                                          ("outside", OUT4, OUT6)):
                    with labtool.iperf_server(self.lab, where):
                        for address in (ipv4, ipv6):
                            for way in ((), ("-R",)):
                                result = labtool.iperf(self.lab, "a", address,
                                                       *way)
                                self.assertGreater(labtool.tcp_mbit(result), 10)

    def test_iperf_udp(self):
        for path in PATHS:
            with self.path(path):
                for where, address in (("b", B4), ("dom0", HOST4),
                                       ("outside", OUT4)):
                    with labtool.iperf_server(self.lab, where):
                        result = labtool.iperf(self.lab, "a", address, "-u",
                                               "-b", "10M", "-l", "1400")
                        # How much a busy machine's receiver misses is not
                        # for this test to say.
                        row = result["end"]["sum"]
                        self.assertGreater(row["packets"], 500)
                        self.assertLess(row["lost_percent"], 90)

    def moved(self):
        before = self.vif(1)["fast_tx_bytes"]
        self.assert_pings("a", B4, ("-s", "1000"), count=20)
        return self.vif(1)["fast_tx_bytes"] - before

    def test_guest_to_guest_bytes_take_the_fast_path(self):
        with self.path("fast"):
            self.assertGreater(self.moved(), 20 * 1000)
        with self.path("kernel"):
            self.assertEqual(self.moved(), 0)


if __name__ == "__main__":
    main()
