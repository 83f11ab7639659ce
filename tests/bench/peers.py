# SPDX-License-Identifier: GPL-2.0-or-later
"""The ring dataplanes that ours is compared with, all connected and at rest
until one has its turn. What is not installed, or cannot be had here, is left
out with a word."""
import contextlib
import tempfile

import dpdk
import ovs
from labtool import Failed, eprint

SWITCH = "OVS-DPDK vhost"


class Peers:
    """Use as a context manager. `ways`: [(name, function(size, seconds))],
    a function returns figures; empty when there are none."""

    def __init__(self, book, wanted=True):
        self.book = book
        self.wanted = wanted
        self.stack = contextlib.ExitStack()
        self.pairs = {}
        self.folder = None  # all their files are there

    def __enter__(self):
        why = dpdk.missing() if self.wanted else "not asked for"
        if why:
            eprint(f"  peers left out: {why}")
            return self
        with contextlib.ExitStack() as stack:
            self.start(stack)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def start(self, stack):
        folder = self.folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="xp-bench-"))
        try:
            stack.enter_context(dpdk.Hugepages())
        except (Failed, OSError) as why:
            eprint(f"  peers left out: {why}")
            return
        for kind in dpdk.KINDS:
            self.add(stack, kind, dpdk.Pair(kind, folder))
        why = ovs.missing()
        if why:
            eprint(f"  Open vSwitch left out: {why}")
        else:
            self.add(stack, SWITCH, ovs.Switch(folder))

    def add(self, stack, name, peer):
        try:
            self.pairs[name] = stack.enter_context(peer)
        except (Failed, OSError) as why:
            self.book.fail(name, why)

    def ways(self, size):
        """[(name with its generator, function(seconds))] for such frames."""
        ways = [(f"{name}, loop",
                 lambda seconds, peer=peer: peer.run("loop", size, seconds))
                for name, peer in self.pairs.items()]
        if size == 64 and "memif" in self.pairs:
            ways.append(("memif, flowgen",
                         lambda seconds: self.pairs["memif"].run(
                             "flowgen", size, seconds)))
        return ways
