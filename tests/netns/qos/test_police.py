#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""police = on: what a guest sends beyond its rate is dropped at once, by
nftables. Bytes are those that the kernel counted; what is asserted of time is
an upper bound that a slow machine cannot break, and half of it from below."""
import json
import time
import unittest

import house

RATE = 10_000_000 // 8  # bytes a second
BURST = 50_000
LARGEST = 65536
ETHERNET = 14  # of a frame, which nftables does not count
SEND = ("vif1.0", "send", "limit")
WORD = "vif1.0,rate=10Mb/s,burst=50KB,police=on"


class Police(unittest.TestCase):
    def setUp(self):
        self.house = self.enterContext(house.House())

    def table(self):
        """The rule set's tables by nft's own listing."""
        return json.loads(self.house.host("nft", "-j", "list", "ruleset"))[
            "nftables"][1:]

    def chains(self):
        return {c["chain"]["name"] for c in self.table() if "chain" in c}

    def await_drops(self):
        """Until the bucket is empty."""
        end = time.monotonic() + house.LIMIT
        before = self.house.show()[SEND]["drops"]
        while self.house.show()[SEND]["drops"] == before:
            self.assertLess(time.monotonic(), end, "nothing was dropped")

    def test_what_is_beyond_is_dropped(self):
        self.house.apply(WORD)
        shaper = self.house.show()[SEND]
        self.assertEqual((shaper["by"], shaper["rate_bytes"]), ("nft", RATE))
        self.assertEqual(shaper["burst_bytes"], RATE + BURST)
        counts = self.house.receiver("world")
        flood = self.house.sender("a", "world")
        self.await_drops()
        (passed,), at_least, at_most = self.house.window(3, SEND)
        after = self.house.show()[SEND]
        sent = flood.finish()
        came = counts.finish("0\n")
        print(f"policed: {passed * 8 / at_most / 1e6:.3f} Mbit/s of 10, "
              f"{sent} frames offered, {came} came, {after['drops']} dropped",
              flush=True)
        # The bucket was empty: no more than the rate, and a packet.
        self.assertLess(passed, RATE * at_most + LARGEST)
        self.assertGreater(passed, 0.5 * RATE * at_least)
        self.assertGreater(after["drops"], 0)
        self.assertEqual(after["backlog_bytes"], 0)
        self.assertGreaterEqual(came * (1000 + house.HEADERS - ETHERNET),
                                passed * 9 // 10)

    def test_without_it_more_comes(self):
        """The control: the same flood through another vif's limit."""
        self.house.apply("vif2.0,rate=10Mb/s,police=on")
        counts = self.house.receiver("world")
        flood = self.house.sender("a", "world")
        self.house.window(2)
        flood.finish()
        came = counts.finish("0\n")
        print(f"without: {came * 1042 * 8 / 2 / 1e6:.0f} Mbit/s")
        self.assertGreater(came * 1042, 2 * 4 * RATE)

    def test_below_the_rate_nothing_is_lost(self):
        self.house.apply(WORD)
        counts = self.house.receiver("world")
        slow = self.house.sender("a", "world", size=333, pause=0.01)
        self.house.window(0.5)
        sent = slow.finish()
        self.assertGreater(sent, 0)
        self.assertEqual(counts.finish(f"{sent}\n"), sent)
        after = self.house.show()[SEND]
        self.assertEqual(after["drops"], 0)
        self.assertGreaterEqual(
            after["bytes"], sent * (333 + house.HEADERS - ETHERNET))

    def test_a_change_loses_nothing(self):
        self.house.apply(WORD)
        counts = self.house.receiver("world")
        slow = self.house.sender("a", "world", size=400, pause=0.001)
        for rate in (20, 15, 40, 10, 30):
            self.assertEqual(self.house.apply(
                f"vif1.0,rate={rate}Mb/s,police=on"), 1)
        sent = slow.finish()
        self.assertGreater(sent, 100)
        self.assertEqual(counts.finish(f"{sent}\n"), sent)

    def test_the_same_again_changes_nothing(self):
        words = [WORD, "vif2.0,ceiling=77Mb/s,rate-in=40Mb/s,police=on"]
        self.assertGreater(self.house.apply(*words), 0)
        before = self.table()
        self.assertEqual(self.house.apply(*reversed(words)), 0)
        plan = json.loads(self.house.qos("diff", *words, "--json"))
        self.assertEqual(plan["operations"], [])
        self.assertEqual(self.chains(), {"vif1.0", "vif2.0"})
        # Handles, too: nothing was made anew.
        self.assertEqual([c for c in self.table() if "chain" in c],
                         [c for c in before if "chain" in c])
        self.house.apply(WORD)
        self.assertEqual(self.chains(), {"vif1.0"})

    def test_nothing_is_left_and_others_stay(self):
        self.house.host("nft", "add table netdev admins; "
                        "add chain netdev admins c { type filter hook "
                        "ingress device vif1.0 priority 0; }")
        before, links = self.table(), self.house.state()
        self.house.apply(WORD, "vif2.0,rate=1Mb/s,police=on")
        self.assertNotEqual(self.table(), before)
        self.assertEqual(self.house.state(), links)  # no ifb, no qdisc
        self.house.qos("stop")
        self.assertEqual(self.table(), before)
        # From an ifb and back.
        self.house.apply("vif1.0,rate=10Mb/s")
        self.assertNotEqual(self.house.state(), links)
        self.house.apply(WORD)
        self.assertEqual(self.house.state(), links)
        self.house.apply("vif1.0,rate=10Mb/s")
        self.assertEqual(self.table(), before)
        self.house.qos("stop")
        self.house.inside("a", "ping", "-c", "1", "10.9.0.99")

    def test_what_somebody_changed_is_put_right(self):
        self.house.apply(WORD)
        for change in ("flush chain netdev xenplane_qos vif1.0",
                       "insert rule netdev xenplane_qos vif1.0 drop",
                       "add chain netdev xenplane_qos vif1.0 "
                       "{ policy drop; }",
                       "add chain netdev xenplane_qos mine"):
            self.house.host("nft", change)
            self.assertEqual(self.house.apply(WORD), 1, change)
            self.assertEqual(self.house.apply(WORD), 0, change)
            self.house.inside("a", "ping", "-c", "1", "10.9.0.99")

    def test_a_vif_that_went_takes_its_limit_along(self):
        self.house.apply(WORD, "vif2.0,rate=1Mb/s,police=on")
        self.house.ip("host", "link del vif1.0")
        self.house.apply("vif2.0,rate=1Mb/s,police=on")
        self.assertEqual(self.chains(), {"vif2.0"})
        self.house.ip("host", "link del vif2.0")
        self.house.qos("stop")
        self.assertEqual(self.table(), [])

    def test_a_refusal_leaves_all_as_it_was(self):
        self.house.apply(WORD)
        before = self.table()
        said = self.house.qos("apply", WORD, "vif2.0,rate=200Gb/s,police=on",
                              status=1)
        self.assertIn("vif2.0, sending: more than 112Gb/s", said)
        self.assertEqual(self.table(), before)


if __name__ == "__main__":
    house.main()
