#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is an administrator's is not touched, and what is in the way is named;
a refusal half way leaves all as it was; the file's words."""
import json
import tempfile
import unittest

import house


class Owners(unittest.TestCase):
    def setUp(self):
        self.house = self.enterContext(house.House())

    def tc(self, words):
        return self.house.host("tc", *words.split())

    def test_a_discipline_in_the_way_is_named(self):
        self.tc("qdisc add dev vif1.0 root handle 77: tbf rate 1mbit burst "
                "10k latency 10ms")
        before = self.house.state()
        said = self.house.qos("apply", "vif1.0,rate-in=10Mb/s", status=1)
        self.assertIn("vif1.0: somebody else's tbf 77: is in the way of what "
                      "it sends", said)
        self.assertEqual(self.house.state(), before)
        # What does not need its place goes on.
        self.house.apply("vif1.0,rate=10Mb/s")
        self.house.qos("stop")
        self.assertEqual(self.house.state(), before)
        plan = json.loads(self.house.qos("diff", "vif1.0,rate-in=10Mb/s",
                                         "--take", "--json"))
        self.assertTrue(plan["operations"][0]["taken"])
        self.assertEqual(plan["cost"], "restart")
        self.house.apply("vif1.0,rate-in=10Mb/s", "--take")
        self.assertIn(("vif1.0", "receive", "limit"), self.house.show())

    def test_filters_in_the_way_are_named(self):
        for place in ("ingress", "egress"):
            self.tc("qdisc add dev vif1.0 clsact")
            self.tc(f"filter add dev vif1.0 {place} prio 9 protocol all u32 "
                    "match u32 0 0 flowid 1:1")
            before = self.tc(f"filter show dev vif1.0 {place}")
            said = self.house.qos("apply", "vif1.0,rate=10Mb/s", status=1)
            self.assertIn("somebody else's clsact ffff: is in the way of "
                          "what it takes in", said)
            self.assertEqual(self.tc(f"filter show dev vif1.0 {place}"),
                             before)
            self.tc("qdisc del dev vif1.0 clsact")
        self.tc("qdisc add dev vif1.0 ingress")
        said = self.house.qos("apply", "vif1.0,rate=10Mb/s", status=1)
        self.assertIn("somebody else's ingress ffff:", said)

    def test_an_empty_clsact_is_free(self):
        self.tc("qdisc add dev vif1.0 clsact")
        self.assertGreater(self.house.apply("vif1.0,rate=10Mb/s"), 0)
        self.assertEqual(self.house.apply("vif1.0,rate=10Mb/s"), 0)

    def test_filters_that_came_later_stay(self):
        self.house.apply("vif1.0,rate=10Mb/s")
        self.tc("filter add dev vif1.0 egress prio 9 protocol all u32 match "
                "u32 0 0 flowid 1:1")
        mine = self.tc("filter show dev vif1.0 egress")
        self.assertEqual(self.house.apply("vif1.0,rate=10Mb/s"), 0)
        self.house.apply("vif1.0,rate=20Mb/s")
        self.house.qos("stop")
        self.assertEqual(self.tc("filter show dev vif1.0 egress"), mine)
        self.assertEqual(self.tc("filter show dev vif1.0 ingress"), "")
        self.assertNotIn("xqos", self.house.ip("host", "link"))

    def test_a_link_told_not_to_queue_is_told_again(self):
        self.house.ip("host", "tuntap add dev vif9.0 mode tap")
        self.tc("qdisc replace dev vif9.0 root noqueue")
        before = self.house.state()
        self.house.apply("vif9.0,rate-in=10Mb/s")
        self.assertNotEqual(self.house.state(), before)
        self.house.qos("stop")
        self.assertEqual(self.house.state(), before)
        self.house.apply("vif9.0,rate-in=10Mb/s")
        self.house.qos("stop")
        self.assertEqual(self.house.state(), before)
        self.tc("qdisc del dev vif9.0 root")
        before = self.house.state()
        self.house.apply("vif9.0,rate-in=10Mb/s")
        self.house.qos("stop")
        self.assertEqual(self.house.state(), before)

    def test_a_refusal_half_way_is_undone(self):
        self.house.apply("vif1.0,rate=10Mb/s,rate-in=10Mb/s")
        shapers = self.house.show()
        index = json.loads(self.house.host("ip", "-j", "link", "show", "dev",
                                           "vif2.0"))[0]["ifindex"]
        # Somebody else's link has the name that an ifb would get.
        self.house.ip("host", f"link add xqos{index} type veth peer name x")
        before = self.house.state()
        said = self.house.qos(
            "apply", "vif1.0,rate=20Mb/s,rate-in=30Mb/s",
            "vif2.0,rate=10Mb/s,rate-in=10Mb/s", status=1)
        self.assertIn(f"xqos{index}", said)
        self.assertEqual(self.house.state(), before)
        self.assertEqual(
            {key: s["rate_bytes"] for key, s in self.house.show().items()},
            {key: s["rate_bytes"] for key, s in shapers.items()})

    def test_an_ifb_that_was_taken_down_is_set_up(self):
        self.house.apply("vif1.0,rate=10Mb/s")
        index = json.loads(self.house.host("ip", "-j", "link", "show", "dev",
                                           "vif1.0"))[0]["ifindex"]
        self.house.inside("a", "ping", "-c", "1", "10.9.0.99")
        self.house.ip("host", f"link set xqos{index} down")
        self.assertEqual(self.house.apply("vif1.0,rate=10Mb/s"), 1)
        self.house.inside("a", "ping", "-c", "1", "10.9.0.99")

    def test_a_vif_that_went_leaves_nothing(self):
        before = self.house.state()
        self.house.ip("host", "link add vif8.0 type veth peer name v8")
        self.house.apply("vif8.0,rate=10Mb/s,rate-in=10Mb/s")
        self.house.ip("host", "link del vif8.0")
        self.assertEqual(self.house.apply("vif1.0"), 1)
        self.assertEqual(self.house.state(), before)

    def test_the_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("[defaults]\nrate-in = 50Mb/s\n"
                       "[bridge xenbr0]\nnetdev = eth0\n"
                       "uplink-rate = 100Mb/s\nrate = 20Mb/s\n"
                       "[vif vif2.0]\nrate = off\nceiling = 30Mb/s\n"
                       "burst-in = 10KB\n"
                       "[vif 00:16:3e:00:00:01]\nrate = 1Mb/s\n")
            file.flush()
            self.addCleanup(self.house.qos, "stop")  # what is noted goes
            self.assertGreater(self.house.apply("-f", file.name), 0)
            self.assertEqual(self.house.apply("-f", file.name), 0)
        shapers = self.house.show()
        self.assertEqual(
            {key: s["rate_bytes"] * 8 // 1_000_000
             for key, s in shapers.items() if s["of"] != "others"},
            {("vif1.0", "send", "limit"): 20,
             ("vif1.0", "receive", "limit"): 50,
             ("vif2.0", "send", "limit"): 30,
             ("vif2.0", "receive", "limit"): 50,
             ("eth0", "send", "all"): 100})
        self.assertEqual(
            shapers["vif2.0", "receive", "limit"]["burst_bytes"], 10_000)

    def test_what_makes_no_sense_is_refused(self):
        for words, status, reason in (
                (["vif1.0,rate=10"], 2, "a rate such as"),
                (["vif1.0,colour=red"], 2, "is wanted"),
                (["vif1.0,mac=red"], 2, "a MAC address is wanted"),
                (["vif1.0,burst=10KB"], 2, "a burst without a rate"),
                (["vif1.0,weight=101"], 2, "1 to 100"),
                (["a/b,rate=1Mb/s"], 2, "no name of a link"),
                (["uplink=eth0,rate=x"], 2, "a rate such as"),
                (["nowhere,rate=1Mb/s"], 1, "no such link"),
                (["vif1.0", "vif1.0"], 1, "said twice"),
                (["vif1.0,uplink=eth0"], 1, "nothing is said of its uplink"),
                (["eth0", "uplink=eth0,rate=1Gb/s"], 1, "only one can be"),
                (["vif1.0,rate=2Mb/s,ceiling=1Mb/s"], 1, "above the ceiling"),
                (["-f", "/nowhere"], 1, "/nowhere")):
            self.assertIn(reason, self.house.qos("apply", *words,
                                                 status=status), words)
        self.assertEqual(self.house.show(), {})


if __name__ == "__main__":
    house.main()
