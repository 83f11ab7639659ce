# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab's tests share: a lab for a class of tests, with two guests."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import labtool  # noqa: E402
import pcap  # noqa: E402,F401 (for the tests)

A = "mac=00:16:3e:00:00:0a,bridge=xenbr0,ip=10.77.0.10 fd77::10"
B = "mac=00:16:3e:00:00:0b,bridge=xenbr0,ip=10.77.0.11 fd77::11"
A4, A6, B4, B6 = "10.77.0.10", "fd77::10", "10.77.0.11", "fd77::11"
HOST4, HOST6 = "10.77.0.1", "fd77::1"
OUT4, OUT6 = "10.77.0.254", "fd77::fe"


class PlaneCase(unittest.TestCase):
    """A running lab with guests `a` and `b`."""
    MTU = None
    GUESTS = (("a", A), ("b", B))

    @classmethod
    def setUpClass(cls):
        cls.lab = labtool.Lab("test", mtu=cls.MTU)
        cls.enterClassContext(cls.lab)
        for name, *words in cls.GUESTS:
            cls.lab.create(name, *words)

    def vif(self, domid):
        """The row of `xenplane vif list` for the first vif of a guest."""
        vifs = self.lab.json("vif", "list")["vifs"]
        return next(vif for vif in vifs if vif["domid"] == domid)

    def wait_path(self, path, domids=(1, 2)):
        """Waits until the vifs' path is `fast` or `kernel`: `vif set` and
        `bridge set` return when it is, a netlink event takes a moment."""
        for _ in range(200):
            if all(self.vif(domid)["path"] == path for domid in domids):
                return
            labtool.time.sleep(0.02)
        self.fail(f"not on the {path} path: {self.lab.json('vif', 'list')}")

    def assert_pings(self, where, address, options=(), count=10):
        answered, _ = labtool.ping(self.lab, where, address, count=count,
                                   options=options)
        self.assertEqual(answered, count,
                         f"{where} -> {address} {' '.join(options)}")


def main():
    if os.geteuid() != 0:
        print("skipped: namespaces and taps need root")
        sys.exit(77)
    unittest.main()
