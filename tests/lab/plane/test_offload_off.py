#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""offload=off: the guest's own tools say that nothing is left to the backend,
everything on the wire is finished, and it works all the same."""
import re

from case import A, A4, A6, B, OUT4, OUT6, main
from test_offload import OffloadCase

C = B.replace("0b", "0c").replace("0.11", "0.12").replace("::11", "::12")
FEATURES = ("tx-checksumming", "tcp-segmentation-offload",
            "tx-tcp-segmentation", "tx-tcp6-segmentation")


class OffloadOff(OffloadCase):
    GUESTS = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lab.xenplane("bridge", "set", "xenbr0", "offload=off")
        cls.lab.create("a", A)
        cls.lab.create("b", B)
        cls.lab.xenplane("bridge", "set", "xenbr0", "offload=default")
        cls.lab.create("c", C)

    def shown(self, where, device):
        """What `ethtool -k` says: feature -> on or off."""
        out = self.lab.inside(where, "ethtool", "-k", device)
        said = dict(re.findall(r"^\s*([\w-]+): (on|off)", out, re.M))
        return {name: said[name] for name in FEATURES}

    def test_ethtool_says_so(self):
        off, on = (dict.fromkeys(FEATURES, word) for word in ("off", "on"))
        for guest, twin, wanted in (("a", "vif1.0", off), ("b", "vif2.0", off),
                                    ("c", "vif3.0", on)):
            self.assertEqual(self.shown(guest, "eth0"), wanted, guest)
            self.assertEqual(self.shown("dom0", twin), wanted, twin)

    def test_it_cannot_be_switched_on_by_the_guest(self):
        self.lab.inside("a", "ethtool", "-K", "eth0", "tx", "on", "tso", "on",
                        check=False)
        self.assertEqual(self.shown("a", "eth0"),
                         dict.fromkeys(FEATURES, "off"))

    def test_everything_sent_is_finished(self):
        # Seen where it arrives: nobody there has finished it.
        for target, ipv4, ipv6 in (("b", "10.77.0.11", "fd77::11"),
                                   ("c", "10.77.0.12", "fd77::12"),
                                   ("outside", OUT4, OUT6)):
            with self.captured(target, "eth0") as capture:
                self.send_all(target, ipv4, ipv6)
            self.assertLessEqual(self.assert_all_right(capture[0]), 1514,
                                 target)

    def test_everything_received_is_finished(self):
        # The sender has offloads, and leaves them to us or to the kernel.
        for sender in ("c", "outside"):
            with self.captured("a", "eth0") as capture:
                self.send_all("a", A4, A6, sender)
            self.assertLessEqual(self.assert_all_right(capture[0]), 1514,
                                 sender)

    def test_no_frame_is_lost_to_it(self):
        for vif in ("vif1.0", "vif2.0", "vif3.0"):
            drops = self.lab.json("vif", "show", vif)["drops"]
            for name in ("bad_offload", "too_big", "malformed"):
                self.assertEqual(drops.get(name, 0), 0, f"{vif} {name}")


if __name__ == "__main__":
    main()
