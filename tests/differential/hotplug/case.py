# SPDX-License-Identifier: GPL-2.0-or-later
"""The same steps on two hosts that are alike, one with the stock scripts and
one with ours. Whatever differs afterwards must be named by the test; a name
that nothing matches fails as well. docs/hotplug.md lists the differences with
their reasons."""
import re
import sys
import unittest

import side

# Ours keeps routed guests to their addresses, and notes what it set.
NOTES = (r"nft .*", r"file /run/xenplane(/holds-\d+)?")


class TwoSides(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stores = [side.Store(), side.Store()]
        for store in cls.stores:
            cls.addClassCleanup(store.close)

    def setUp(self):
        self.stock, self.ours = (
            side.Side(store, scripts) for store, scripts in
            zip(self.stores, (side.STOCK, side.OURS)))
        self.both = (self.stock, self.ours)
        for one in self.both:
            self.addCleanup(one.close)

    def do(self, step):
        """The same step on both; returns what it gave."""
        return [step(one) for one in self.both]

    def shell(self, text):
        self.do(lambda one: one.shell(text))

    def call(self, script, *arguments, status=0, stock_status=None, **env):
        """Runs the script on both; `status` is what each must exit with."""
        got = self.do(lambda one: one.call(
            script, *arguments, env=one.environment(**env)))
        wanted = [status if stock_status is None else stock_status, status]
        self.assertEqual([one[0] for one in got], wanted, self.why(got))
        return got[1][1]

    def why(self, got):
        log = self.stock.shell("cat /var/log/xen/xen-hotplug.log || true")
        return f"stock: {log[-800:]}\nours: {got[1][1]}"

    def unexplained(self, lines, patterns, each=True):
        for pattern in patterns if each else ():
            self.assertTrue(
                any(re.fullmatch(pattern, line) for line in lines),
                f"no line is like {pattern}: {sorted(lines)}")
        return sorted(line for line in lines
                      if not any(re.fullmatch(p, line) for p in patterns))

    def compare(self, stock=(), ours=()):
        """The two hosts are the same but for lines like these."""
        before, after = self.do(lambda one: one.snapshot())
        self.assertEqual(
            (self.unexplained(before - after, stock),
             self.unexplained(self.unexplained(
                 after - before, NOTES, False), ours)), ([], []))

    def check_nothing_left(self, before, allowed=()):
        """Ours has gone back to what was before its first run."""
        after = self.ours.snapshot()
        changed = {line for line in before ^ after
                   if not line.startswith("store ")
                   and line != "file /run/xenplane"}
        self.assertEqual(self.unexplained(changed, allowed, False), [])

    def key(self, path):
        return [store.read(path) for store in self.stores]


def main():
    why = side.missing()
    if why:
        print(f"skipped: {why}")
        sys.exit(77)
    unittest.main()
