#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""1000 forwards in one transaction, beside nft -f of the same and iptables
one by one; what a connection costs with 10 and with 1000; a 500-guest host.

The times are printed, and judged by nobody: what is judged is that the rules
are as many for one guest as for a thousand.

usage: test_many.py XENPLANE
"""
import re
import sys
import time
import unittest

import ground
from ground import HOST4, OUT4, comes

PROGRAM = None


def forwards(count, first=10000):
    return "\n".join(f"forward = tcp {first + i} -> 10.0.{i // 250}."
                     f"{i % 250 + 2}:22" for i in range(count))


class Many(unittest.TestCase):
    MODE = "address = 10.0.0.1/16 fd00:1::1/64"

    def setUp(self):
        self.ground = ground.Ground(PROGRAM)
        self.addCleanup(self.ground.close)
        self.ground.sysctl("host", "net/bridge/bridge-nf-call-iptables", 0)

    def timed(self, function):
        begin = time.monotonic()
        result = function()
        return result, time.monotonic() - begin

    def nft(self, text, check=True):
        return self.ground.run("host", "nft", "-f", "-", stdin=text,
                               good=check)

    def test_rules_do_not_grow(self):
        g = self.ground
        few = g.apply(forwards(1), mode=self.MODE)
        many, ours = self.timed(
            lambda: g.apply(forwards(1000), mode=self.MODE))
        self.assertEqual(few["rules"], many["rules"])
        self.assertEqual(many["elements"] - few["elements"], 999)
        self.assertEqual(many["table_changes"], 999)
        again, nothing = self.timed(
            lambda: g.apply(forwards(1000), mode=self.MODE))
        self.assertEqual(again["table_changes"], 0)
        listing = g.run("host", "nft", "list", "table", "inet",
                        "xenplane_nat").stdout
        g.stop()
        _, fresh = self.timed(
            lambda: g.apply(forwards(1000), mode=self.MODE))
        g.stop()
        _, theirs = self.timed(lambda: self.nft(listing))
        g.run("host", "nft", "delete", "table", "inet", "xenplane_nat")
        one_by_one = self.iptables(100) * 10
        print(f"\n1000 forwards: xenplane nat apply {fresh:.3f} s (all), "
              f"{ours:.3f} s (999 more), {nothing:.3f} s (nothing to do); "
              f"nft -f of the same {theirs:.3f} s; iptables one by one "
              f"{one_by_one:.1f} s (10 times 100)")

    def iptables(self, count):
        def add():
            for i in range(count):
                g.run("host", "iptables-nft", "-t", "nat", "-A", "PREROUTING",
                      "-p", "tcp", "--dport", str(10000 + i), "-j", "DNAT",
                      "--to", "10.0.0.2:22")
        g = self.ground
        seconds = self.timed(add)[1]
        g.run("host", "iptables-nft", "-t", "nat", "-F")
        return seconds

    def test_500_guests(self):
        g = self.ground
        text = "\n".join(
            f"forward = tcp {10000 + i} -> guest{i}:22\n"
            f"forward = udp {10000 + i} -> guest{i}:53 from 192.0.2.0/24"
            for i in range(500))
        vifs = "\n".join(
            f"[vif guest{i}]\nip = 10.0.{i // 250}.{i % 250 + 2} "
            f"fd00:1::{i + 2:x}" for i in range(500))
        report, seconds = self.timed(
            lambda: g.apply(f"{text}\n{vifs}", mode=self.MODE))
        one = g.apply("forward = tcp 10000 -> 10.0.0.2:22", mode=self.MODE)
        print(f"\n500 guests, 1000 forwards, {report['elements']} elements: "
              f"{seconds:.3f} s")
        self.assertEqual(report["rules"], one["rules"])

    def cost(self, count):
        """Seconds for each new connection through that many forwards."""
        g = self.ground
        # The one that is used is the last.
        g.apply(forwards(count - 1) + "\nforward = udp 53 -> 10.0.0.5",
                mode=self.MODE)
        far = g.udp("g1", "10.0.0.5", 53)
        best = None
        for _ in range(5):
            begin = time.process_time()
            for _ in range(200):
                near = g.udp("outside", OUT4)
                near.sendto(b"x", (HOST4, 53))
                self.assertIsNotNone(comes(far))
                near.close()
            spent = (time.process_time() - begin) / 200
            best = spent if best is None else min(best, spent)
        return best

    def test_cost_of_a_connection(self):
        few, many = self.cost(10), self.cost(1000)
        print(f"\na new connection: {few * 1e6:.1f} us with 10 forwards, "
              f"{many * 1e6:.1f} us with 1000")
        steps = [self.lookups(count) for count in (10, 1000)]
        self.assertEqual(steps[0], steps[1])

    def lookups(self, count):
        """How many rules and lookups a packet meets: counted, not timed."""
        g = self.ground
        g.apply(forwards(count), mode=self.MODE)
        rules = g.run("host", "nft", "-s", "list", "table", "inet",
                      "xenplane_nat").stdout
        chains = rules[rules.index("chain "):]
        return len(chains.splitlines()), len(re.findall("@", chains))


if __name__ == "__main__":
    ground.skip_unless_root()
    PROGRAM = sys.argv.pop(1)
    ground.enter_private_mounts()
    unittest.main()
