#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An uplink's rate is shared: by weight, with guarantees, below ceilings, both
ways; and a quiet guest does not wait behind a greedy one. The classes' own
counters are compared with each other, so that the machine's speed does not
matter as long as both guests offer more than their share."""
import re
import statistics
import unittest

import house

A = "00:16:3e:00:00:01"
B = "00:16:3e:00:00:02"
VIF_A = f"vif1.0,mac={A},uplink=eth0"
VIF_B = f"vif2.0,mac={B},uplink=eth0"
RATE = 20_000_000 // 8


class Shares(unittest.TestCase):
    def setUp(self):
        self.house = self.enterContext(house.House())

    def both_send(self, seconds=3):
        """Both flood the world: bytes of a and b, and the time at most."""
        self.house.receiver("world")
        floods = [self.house.sender("a", "world"),
                  self.house.sender("b", "world")]
        self.house.window(0.5, ("eth0", "send", A))
        (a, b, every), _, at_most = self.house.window(
            seconds, ("eth0", "send", A), ("eth0", "send", B),
            ("eth0", "send", "all"))
        for flood in floods:
            flood.finish()
        print(f"sent: a {a * 8 / at_most / 1e6:.2f}, "
              f"b {b * 8 / at_most / 1e6:.2f}, all "
              f"{every * 8 / at_most / 1e6:.2f} Mbit/s of "
              f"{RATE * 8 / 1e6}", flush=True)
        # The root's counters run apart from the leaves': a batch between.
        self.assertLess(every, RATE * at_most + RATE // 100 + 65536)
        return a, b, at_most

    def test_alike_without_a_word(self):
        self.house.apply(VIF_A, VIF_B, "uplink=eth0,rate=20Mb/s")
        a, b, _ = self.both_send()
        self.assertLess(abs(a / b - 1), 0.1)

    def test_by_weight(self):
        self.house.apply(VIF_A + ",weight=30", VIF_B,
                         "uplink=eth0,rate=20Mb/s")
        a, b, _ = self.both_send(5)
        self.assertLess(abs(a / b / 3 - 1), 0.1)

    def test_ten_greedy_ones_by_weight(self):
        with house.House(more=8) as self.house:
            guests = [name for name in self.house.guests if name != "world"]
            self.assertEqual(len(guests), 10)
            weights = {name: 10 if place < 5 else 30
                       for place, name in enumerate(guests)}
            words = ["{0},mac={1},uplink=eth0".format(
                *self.house.guests[name]) + f",weight={weight}"
                for name, weight in weights.items()]
            self.house.apply(*words, "uplink=eth0,rate=50Mb/s")
            self.house.receiver("world")
            floods = [self.house.sender(name, "world") for name in guests]
            keys = [("eth0", "send", self.house.guests[name][1])
                    for name in guests]
            self.house.window(1, *keys)
            got, _, at_most = self.house.window(8, *keys)
            for flood in floods:
                flood.finish()
        unit = sum(got) / sum(weights.values())
        off = [passed / unit / weight - 1
               for passed, weight in zip(got, weights.values())]
        print(f"ten guests, {sum(got) * 8 / at_most / 1e6:.1f} Mbit/s: from "
              f"their shares {min(off) * 100:+.1f} to "
              f"{max(off) * 100:+.1f} %", flush=True)
        self.assertLess(max(map(abs, off)), 0.1)

    def test_what_is_guaranteed_comes_first(self):
        self.house.apply(VIF_A + ",guarantee=15Mb/s", VIF_B + ",weight=100",
                         "uplink=eth0,rate=20Mb/s")
        a, b, at_most = self.both_send()
        # And an eleventh of what is left.
        self.assertGreater(a / (a + b), 0.72)
        self.assertLess(a / (a + b), 0.80)
        self.assertGreater(a, 15_000_000 / 8 * at_most * 0.5)

    def test_nobody_above_the_ceiling(self):
        self.house.apply(VIF_A + ",ceiling=4Mb/s", VIF_B,
                         "uplink=eth0,rate=20Mb/s")
        a, b, at_most = self.both_send()
        self.assertLess(a, 500_000 * at_most + 500_000 // 100 + 65536)
        # Nor far below: its turns are seldom, and must be worth it.
        self.assertGreater(a, 500_000 * 3 // 2)
        self.assertGreater(b, 2 * a)

    def test_received_by_weight(self):
        self.house.apply(VIF_A, VIF_B + ",weight-in=40",
                         "uplink=eth0,rate-in=20Mb/s")
        for guest in "ab":
            self.house.receiver(guest)
        floods = [self.house.sender("world", guest) for guest in "ab"]
        keys = ("eth0", "receive", A), ("eth0", "receive", B)
        self.house.window(0.5, *keys)
        (a, b), _, at_most = self.house.window(4, *keys)
        for flood in floods:
            flood.finish()
        print(f"received: a {a * 8 / at_most / 1e6:.2f}, "
              f"b {b * 8 / at_most / 1e6:.2f} Mbit/s of 20")
        self.assertLess(abs(b / a / 4 - 1), 0.1)

    def test_each_address_has_its_class(self):
        self.house.apply(VIF_A, "uplink=eth0,rate=20Mb/s,rate-in=20Mb/s")
        before = self.house.show()
        self.house.inside("a", "ping", "-c", "5", "-i", "0.01", "10.9.0.99")
        middle = self.house.show()
        self.house.inside("b", "ping", "-c", "5", "-i", "0.01", "10.9.0.99")
        after = self.house.show()
        for way in ("send", "receive"):
            own, others = ("eth0", way, A), ("eth0", way, "others")
            self.assertGreaterEqual(
                middle[own]["frames"] - before[own]["frames"], 5)
            self.assertGreaterEqual(
                after[others]["frames"] - middle[others]["frames"], 5)
            # Broadcasts are nobody's; an answer to an ARP question may come.
            self.assertLess(
                after[own]["frames"] - middle[own]["frames"], 5)

    def ping_ms(self, guest):
        """The median way to the world and back."""
        text = self.house.inside(guest, "ping", "-c", "40", "-i", "0.02",
                                 "10.9.0.99")
        times = [float(t) for t in re.findall(r"time=([0-9.]+)", text)]
        self.assertEqual(len(times), 40)
        return statistics.median(times)

    def test_the_quiet_do_not_wait(self):
        idle = self.ping_ms("a")
        self.house.receiver("world")
        waits = {}
        for name, words in (("with", (VIF_A, VIF_B)),
                            ("without", ("vif1.0", "vif2.0"))):
            self.house.apply(*words, "uplink=eth0,rate=20Mb/s")
            # Two senders, as each is slowed down by its own waiting frames.
            floods = [self.house.sender("b", "world") for _ in range(2)]
            self.house.window(0.3)
            waits[name] = self.ping_ms("a")
            for flood in floods:
                flood.finish()
        print(f"ping's median: {idle} ms idle, {waits['with']} ms beside a "
              f"flood with a class of its own, {waits['without']} without")
        self.assertLess(waits["with"], waits["without"] / 2)

    def test_more_than_there_is_is_refused(self):
        said = self.house.qos(
            "apply", VIF_A + ",guarantee=15Mb/s", VIF_B + ",guarantee=6Mb/s",
            "uplink=eth0,rate=20Mb/s", status=1)
        self.assertIn("more is guaranteed for sending", said)
        said = self.house.qos("apply", "vif1.0,uplink=eth0,guarantee=1Mb/s",
                              "uplink=eth0,rate=20Mb/s", status=1)
        self.assertIn("needs the guest's MAC", said)
        self.assertEqual(self.house.show(), {})


if __name__ == "__main__":
    house.main()
