#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest sends and receives is limited, counted in frames' bytes, and
can be changed under traffic. Figures are printed; what is asserted of time is
an upper bound that a slow machine cannot break, and half of it from below."""
import json
import unittest

import house

RATE = 10_000_000 // 8  # bytes a second
BURST = 50_000
LARGEST = 65536 + 66
SEND = ("vif1.0", "send", "limit")
RECEIVE = ("vif1.0", "receive", "limit")


class Rates(unittest.TestCase):
    def setUp(self):
        self.house = self.enterContext(house.House())

    def check(self, key, sender, receiver):
        """A flood through the shaper."""
        counts = self.house.receiver(receiver)
        flood = self.house.sender(sender, receiver)
        (passed,), at_least, at_most = self.house.window(3, key)
        shaper = self.house.show()[key]
        sent = flood.finish()
        counts.finish("0\n")
        limit = shaper["rate_bytes"] * at_most + shaper["burst_bytes"] + \
            LARGEST
        print(f"{key}: {passed * 8 / at_most / 1e6:.3f} Mbit/s of "
              f"{shaper['rate_bytes'] * 8 / 1e6}, "
              f"{sent} frames offered", flush=True)
        self.assertLess(passed, limit)
        self.assertGreater(passed, 0.5 * shaper["rate_bytes"] * at_least)
        # More was offered: a sender whose frames wait is slowed down.
        self.assertGreater(shaper["drops"] + shaper["backlog_bytes"], 0)

    def test_what_a_guest_sends(self):
        self.house.apply("vif1.0,rate=10Mb/s,burst=50KB")
        self.assertEqual(self.house.show()[SEND]["rate_bytes"], RATE)
        self.assertEqual(self.house.show()[SEND]["burst_bytes"], BURST)
        self.assertNotIn(RECEIVE, self.house.show())
        self.check(SEND, "a", "world")

    def test_what_a_guest_receives(self):
        self.house.apply("vif1.0,rate-in=20Mb/s")
        self.assertEqual(self.house.show()[RECEIVE]["rate_bytes"], 2 * RATE)
        self.check(RECEIVE, "b", "a")

    def test_both_ways_have_their_own(self):
        self.house.apply("vif1.0,rate=10Mb/s,rate-in=20Mb/s,"
                         "ceiling-in=100Mb/s")
        self.check(SEND, "a", "b")
        self.check(RECEIVE, "b", "a")

    def test_a_guest_without_a_limit_sends_more(self):
        """The control: the senders above could."""
        self.house.apply("vif2.0,rate=10Mb/s")
        counts = self.house.receiver("world")
        flood = self.house.sender("a", "world")
        self.house.window(3)
        flood.finish()
        came = counts.finish("0\n")
        print(f"without: {came * 1042 * 8 / 3 / 1e6:.0f} Mbit/s")
        self.assertGreater(came * (1000 + house.HEADERS), 3 * 3 * 2 * RATE)

    def test_frames_are_counted_with_their_headers(self):
        self.house.apply("vif1.0,rate=10Mb/s,rate-in=10Mb/s,burst=1MB,"
                         "burst-in=1MB")
        self.house.inside("a", "ping", "-c", "1", "10.9.0.99")
        before = self.house.show()
        counts = self.house.receiver("world")
        slow = self.house.sender("a", "world", size=333, pause=0.01)
        self.house.window(0.5)
        sent = slow.finish()
        self.assertGreater(sent, 0)
        self.assertEqual(counts.finish(f"{sent}\n"), sent)
        after = self.house.show()
        frames = after[SEND]["frames"] - before[SEND]["frames"]
        passed = after[SEND]["bytes"] - before[SEND]["bytes"]
        # Neighbour discovery may come between: 42 bytes of ARP at least.
        self.assertGreaterEqual(frames, sent)
        self.assertLess(frames, sent + 10)
        self.assertGreaterEqual(passed, sent * (333 + house.HEADERS))
        self.assertLess(passed, sent * (333 + house.HEADERS) + 10 * 100)

    def test_ipv6_and_tcp_pass_and_are_limited(self):
        self.house.apply("vif1.0,rate=10Mb/s,rate-in=10Mb/s")
        self.house.inside("a", "ping", "-6", "-c", "2", "fd00::99")
        server = self.house.start(
            "world", "import subprocess, sys\n"
            "p = subprocess.Popen(['iperf3', '-s', '-1', '--forceflush'],\n"
            "                     stdout=subprocess.PIPE)\n"
            "p.stdout.readline(), p.stdout.readline()\n"
            "print('ready', flush=True)\n"
            "sys.stdin.readline()\nprint(p.wait())")
        before = self.house.show()[SEND]["bytes"]
        report = json.loads(self.house.inside(
            "a", "iperf3", "-6", "-c", "fd00::99", "-t", "3", "-J"))
        end = report["end"]["sum_received"]
        passed = self.house.show()[SEND]["bytes"] - before
        print(f"TCP over IPv6: {end['bits_per_second'] / 1e6:.2f} Mbit/s of "
              "10")
        self.assertGreater(passed, end["bytes"])
        self.assertLess(end["bytes"], RATE * (end["seconds"] + 1) +
                        RATE // 20 + LARGEST)
        server.finish()

    def test_a_change_loses_nothing(self):
        self.house.apply("vif1.0,rate=10Mb/s,rate-in=10Mb/s")
        counts = self.house.receiver("world")
        slow = self.house.sender("a", "world", size=400, pause=0.001)
        for rate in (20, 15, 40, 10, 30):
            operations = self.house.apply(
                f"vif1.0,rate={rate}Mb/s,rate-in={rate}Mb/s")
            self.assertGreaterEqual(operations, 2)
            self.assertEqual(self.house.show()[SEND]["rate_bytes"],
                             rate * 1_000_000 // 8)
        sent = slow.finish()
        self.assertGreater(sent, 100)
        self.assertEqual(counts.finish(f"{sent}\n"), sent)
        self.assertEqual(self.house.show()[SEND]["drops"], 0)

    def test_the_same_again_changes_nothing(self):
        words = ["vif1.0,rate=10Mb/s,rate-in=3Mb/s@1ms,burst=10KB",
                 "vif2.0,ceiling=77Mb/s,rate-in=40Gb/s"]
        self.assertGreater(self.house.apply(*words), 0)
        self.assertEqual(self.house.apply(*words), 0)
        self.assertEqual(self.house.apply(*reversed(words)), 0)
        plan = json.loads(self.house.qos("diff", *words, "--json"))
        self.assertEqual(plan["operations"], [])
        plan = json.loads(self.house.qos("diff", words[0], "--json"))
        self.assertEqual({op["do"] for op in plan["operations"]}, {"delete"})

    def test_nothing_is_left(self):
        before = self.house.state()
        words = ("vif1.0,rate=10Mb/s,rate-in=20Mb/s", "vif2.0,rate=1Mb/s",
                 "uplink=eth0,rate=100Mb/s,rate-in=100Mb/s")
        self.house.apply(*words)
        self.assertNotEqual(self.house.state(), before)
        self.house.qos("stop")
        self.assertEqual(self.house.state(), before)
        self.house.qos("stop")
        self.house.apply(*words)
        self.house.apply("vif2.0,rate=1Mb/s")
        self.house.apply("vif2.0,rate-in=1Mb/s")
        self.house.qos("stop")
        self.assertEqual(self.house.state(), before)
        self.house.inside("a", "ping", "-c", "1", "10.9.0.99")


if __name__ == "__main__":
    house.main()
