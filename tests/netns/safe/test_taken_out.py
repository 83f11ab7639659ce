#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys that xenplane.conf no longer says: what an apply had set is as it was
before, and what somebody else has set since stays."""
import json
import pathlib
import sys
import unittest

import bed
from bed import addresses, ip, links, look

PLAIN = "[bridge xenbr0]\nnetdev = eth0\n"
OLD = PLAIN + "style = old\n"
NEW = "[bridge eth0]\nnetdev = eth0\nstyle = new\n"
# All keys that give a link a value, but for the cost.
KEYS = """\
mtu = 1380
stp-priority = 4096
forward-delay = 4
hello-time = 1
max-age = 6
ageing = 120.5
netdev-priority = 5
multicast-snooping = off
"""
MAC = "mac = 02:00:00:00:00:77\n"


class TakenOut(bed.Case):
    def bridge(self, name="xenbr0"):
        return links()[name]["linkinfo"]["info_data"]

    def apply(self, text):
        """What was done; doing it again does nothing."""
        self.write(text)
        plan = self.json("diff")
        self.good("apply")
        again = self.json("diff")
        self.assertEqual(again["operations"], [], text)
        self.assertEqual(again["stays"], [], text)
        return plan

    def test_each_key_goes_back(self):
        self.apply(PLAIN)
        before = look()
        lines = [line + "\n" for line in (KEYS + MAC).splitlines()]
        # Not without snooping; and with a tree, whose time it takes.
        lines += ["multicast-querier = on\n", "stp = on\n"]
        for line in lines:
            if line.startswith(("forward-delay", "max-age")):
                continue  # with STP, below
            plan = self.apply(PLAIN + line)
            self.assertTrue(plan["operations"], line)
            self.assertNotEqual(look(), before, line)
            plan = self.apply(PLAIN)
            self.assertTrue(plan["operations"], line)
            self.assert_looks(before)

    def test_all_keys_go_back_in_each_style(self):
        for text, mac in ((PLAIN, MAC), (OLD, ""), (NEW, MAC)):
            host = look()
            keys = KEYS + mac
            self.apply(text)
            before = look()
            self.apply(text + keys)
            self.assertNotEqual(look(), before)
            self.apply(text)
            self.assert_looks(before)
            # With the bridge: no MTU outlives it.
            self.apply(text + keys)
            self.apply("")
            self.assert_looks(host)

    def test_what_a_new_bridge_was_born_with(self):
        """Its first apply says the keys: nobody saw it without them."""
        self.apply(PLAIN)
        before = look()
        self.apply("")
        self.apply(PLAIN + KEYS + MAC)
        self.apply(PLAIN)
        self.assert_looks(before)

    def test_another_value_goes_back_to_the_first(self):
        ip("link", "add", "xenlan", "type", "bridge", "ageing_time", "7700",
           "hello_time", "300")
        ip("link", "set", "xenlan", "up")
        before = look()
        for text in ("ageing = 100\n", "ageing = 50\nhello-time = 5\n",
                     "ageing = 60\n"):
            self.apply("[bridge xenlan]\n" + text)
        self.assertEqual(self.bridge("xenlan")["hello_time"], 300)
        self.apply("[bridge xenlan]\n")
        self.assert_looks(before)
        # And with its section: the bridge was there before.
        self.apply("[bridge xenlan]\nageing = 60\nmtu = 1300\n")
        self.apply("")
        self.assert_looks(before)

    def test_what_somebody_else_set_stays_and_is_said(self):
        self.apply(PLAIN + "ageing = 100\nhello-time = 5\nmtu = 1380\n")
        ip("link", "set", "xenbr0", "type", "bridge", "ageing_time", "4400")
        self.write(PLAIN)
        words = ("the file no longer says ageing of xenbr0, where it is 4400:"
                 " somebody else set that, so it stays")
        self.assertIn(words, self.good("diff"))
        self.assertEqual(self.json("diff")["stays"],
                         [{"link": "xenbr0", "key": "ageing", "value": 4400,
                           "foreign": True}])
        self.assertIn(words, self.good("apply"))
        bridge = self.bridge()
        # A positive control: the other key went back.
        self.assertEqual((bridge["ageing_time"], bridge["hello_time"]),
                         (4400, 200))
        self.assertEqual(links()["eth0"]["mtu"], 1400)
        # It is not ours any more, and is said once.
        self.assertEqual(self.json("diff")["stays"], [])
        self.assertEqual(self.json("diff")["operations"], [])

    def test_somebody_set_back_what_is_taken_out(self):
        self.apply(PLAIN + "ageing = 100\n")
        ip("link", "set", "xenbr0", "type", "bridge", "ageing_time", "30000")
        plan = self.apply(PLAIN)
        self.assertEqual((plan["operations"], plan["stays"]), ([], []))

    def test_a_said_key_is_put_right_and_still_goes_back(self):
        self.apply(PLAIN + "ageing = 100\n")
        ip("link", "set", "xenbr0", "type", "bridge", "ageing_time", "4400")
        self.apply(PLAIN + "ageing = 100\n")
        self.assertEqual(self.bridge()["ageing_time"], 10000)
        self.apply(PLAIN)
        self.assertEqual(self.bridge()["ageing_time"], 30000)

    def test_a_cost_that_nobody_knows_is_said(self):
        self.apply(PLAIN + "netdev-cost = 33\n")
        self.write(PLAIN)
        self.assertIn("what it was before is not known, so it stays",
                      self.good("apply"))
        port = links()["eth0"]["linkinfo"]["info_slave_data"]
        self.assertEqual(port["cost"], 33)
        self.apply("")
        # A port that was there before has one to go back to.
        self.apply(PLAIN)
        cost = links()["eth0"]["linkinfo"]["info_slave_data"]["cost"]
        self.apply(PLAIN + "netdev-cost = 33\n")
        self.apply(PLAIN)
        port = links()["eth0"]["linkinfo"]["info_slave_data"]
        self.assertEqual(port["cost"], cost)

    def test_another_style_or_netdev_takes_values_along(self):
        host = look()
        self.apply(PLAIN + "mtu = 1380\nageing = 100\n")
        self.apply(OLD + "mtu = 1380\nageing = 100\n")
        self.assertEqual({links()[name]["mtu"] for name in
                          ("eth0", "peth0", "vif0.0", "xenbr0")}, {1380})
        self.apply("[bridge xenbr0]\nnetdev = eth1\nmtu = 1380\n")
        self.assertEqual(links()["eth0"]["mtu"], 1400)
        self.assertEqual(links()["eth1"]["mtu"], 1380)
        self.assertEqual(self.bridge()["ageing_time"], 30000)
        self.apply("")
        self.assert_looks(host)

    def test_a_bridge_with_a_guest_goes_back_later(self):
        host = look()
        self.apply(PLAIN + "mtu = 1380\nageing = 100\n")
        ip("tuntap", "add", "vif1.0", "mode", "tap")
        ip("link", "set", "vif1.0", "master", "xenbr0")
        before = look()
        self.apply("")
        self.assert_looks(before)
        ip("link", "del", "vif1.0")
        self.apply("")
        self.assert_looks(host)

    def test_a_first_one_that_nobody_confirms_leaves_no_notes(self):
        self.write(PLAIN + "ageing = 100\nmtu = 1380\naddress = 10.0.0.1/8\n")
        self.good("apply", "--confirm", "1000")
        self.good("rollback")
        record = json.loads((self.state / "confirmed.json").read_text())
        for key in ("ours", "notes", "addresses", "routes"):
            self.assertEqual(record[key], [], key)
        # A positive control.
        self.good("apply")
        record = json.loads((self.state / "confirmed.json").read_text())
        for key in ("ours", "notes", "addresses", "routes"):
            self.assertNotEqual(record[key], [], key)

    def test_rolled_back_and_confirmed(self):
        self.apply(PLAIN + "ageing = 100\nmtu = 1380\n")
        before = look()
        self.write(PLAIN)
        self.good("apply", "--confirm", "1000")
        self.assertEqual(self.bridge()["ageing_time"], 30000)
        self.good("rollback")
        self.assert_looks(before)
        # What is noted is that of the state that is in force.
        self.good("apply", "--confirm", "1000")
        watchdog = self.watchdog()
        self.good("confirm", "--force")
        self.wait_end(watchdog)
        self.assertEqual(self.bridge()["ageing_time"], 30000)
        self.assertEqual(links()["eth0"]["mtu"], 1400)
        self.apply("")
        self.assertEqual(links()["eth0"]["mtu"], 1400)

    ADDRESSES = ("address = 203.0.113.7/28 192.0.2.1/24 fd00:3::1/64\n"
                 "gateway = 203.0.113.14 fd00:3::fe\n")

    def test_addresses_and_gateways_go_back_in_each_style(self):
        host = look()
        for text in (PLAIN, OLD, NEW):
            self.apply(text)
            before = look()
            self.apply(text + self.ADDRESSES)
            self.assertIn("default via 203.0.113.14", ip("route"))
            self.assertNotIn("192.0.2.254", ip("route"))
            # Others' addresses are not the file's; nor are their routes.
            self.apply(text)
            self.assert_looks(before)
            # Word by word.
            self.apply(text + self.ADDRESSES)
            self.apply(text + self.ADDRESSES.splitlines()[0])
            self.assertNotIn("203.0.113.14", ip("route"))
            self.assertIn("default via 192.0.2.254", ip("route"))
            self.apply(text)
            self.assert_looks(before)
            # With the section; and all said at once at the first time.
            self.apply("")
            self.assert_looks(host)
            self.apply(text + self.ADDRESSES)
            self.apply("")
            self.assert_looks(host)

    def test_addresses_change_and_go_back(self):
        host = look()
        self.apply(PLAIN + self.ADDRESSES)
        self.apply(PLAIN + "address = 203.0.113.8/28\n")
        self.assertEqual(addresses("xenbr0"), ["203.0.113.8/28"])
        self.apply(OLD + "address = 203.0.113.8/28\n")
        self.assertEqual(addresses("eth0"), ["203.0.113.8/28"])
        self.apply("[bridge xenbr0]\nnetdev = eth1\n"
                   "address = 203.0.113.8/28\n")
        self.assertEqual(addresses("xenbr0"), ["203.0.113.8/28"])
        self.assertEqual(addresses("eth0"), ["192.0.2.1/24", "192.0.2.2/24",
                                             "fd00:2::1/64"])
        self.apply("")
        self.assert_looks(host)

    def test_addresses_that_somebody_else_has_a_hand_in(self):
        self.apply(PLAIN + "address = 203.0.113.7/28 203.0.113.8/28\n")
        ip("addr", "del", "203.0.113.8/28", "dev", "xenbr0")
        ip("addr", "add", "192.0.2.2/24", "dev", "xenbr0")
        ip("addr", "add", "198.18.0.1/24", "dev", "xenbr0")
        ip("route", "add", "198.19.0.0/24", "via", "198.18.0.2")
        self.apply(PLAIN)
        self.assertEqual(set(addresses("xenbr0")),
                         {"192.0.2.1/24", "192.0.2.2/24", "198.18.0.1/24",
                          "fd00:2::1/64"})
        self.assertIn("198.19.0.0/24 via 198.18.0.2", ip("route"))
        self.assertIn("default via 192.0.2.254", ip("route"))

    def test_what_is_noted_is_checked(self):
        self.apply(PLAIN + "ageing = 100\n")
        confirmed = self.state / "confirmed.json"
        record = json.loads(confirmed.read_text())
        note = record["notes"][0]
        for key, value in (("kind", "x"), ("attr", 9999), ("set", 5),
                           ("set", "-1"), ("was", "4294967296"), ("link", 0),
                           ("bridge", "1"), ("was", 3), ("set", None)):
            wrong = {**record, "notes": [{**note, key: value}]}
            confirmed.write_text(json.dumps(wrong))
            self.bad("apply", says='"notes" 0 is not what was written')
        for value in (5, {}, [note] * 5121):
            confirmed.write_text(json.dumps({**record, "notes": value}))
            self.bad("apply", says='"notes" is not what was written')
        for key in ("addresses", "routes"):
            for value in (5, [5], [{"bridge": 0, "added": True}],
                          [{"bridge": 1, "added": True, "object": {}}],
                          [{"bridge": 1, "object": {"family": 2}}]):
                confirmed.write_text(json.dumps({**record, key: value}))
                self.bad("apply", says=str(confirmed))
        # One of a version that noted nothing.
        del record["notes"]
        confirmed.write_text(json.dumps(record))
        self.write(PLAIN)
        self.good("apply")
        self.assertEqual(self.bridge()["ageing_time"], 10000)
        confirmed.write_text(json.dumps({**record, "notes": [note]}))
        self.good("apply")
        self.assertEqual(self.bridge()["ageing_time"], 30000)


if __name__ == "__main__":
    if not pathlib.Path(bed.XENPLANE).exists():
        sys.exit(77)
    unittest.main()
