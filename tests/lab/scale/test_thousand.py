#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""As many vifs as a bridge takes, for a plane that was started with the
descriptors that a service gets. They have no guests: the store says that they
are there."""
import pathlib
import resource
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "lab"), str(TESTS / "bench")]
import labtool  # noqa: E402
import scale  # noqa: E402

VIFS = 1000
A_SERVICES = 1024  # systemd's DefaultLimitNOFILE, the soft one
EACH = 10  # descriptors of a vif without a guest: two timers, its queues


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


class Thousand(unittest.TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = VIFS * EACH + A_SERVICES
        if hard != resource.RLIM_INFINITY and hard < needed:
            self.skipTest(f"nobody may have {needed} descriptors here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (A_SERVICES, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE,
                        (soft, hard))
        self.lab = labtool.Lab("thousand")
        self.enterContext(self.lab)

    def test_a_thousand_come_and_go(self):
        pid = self.lab.json("status")["pid"]
        before = descriptors(pid)
        domids = range(scale.FIRST_DOMID, scale.FIRST_DOMID + VIFS)
        scale.write_folders(self.lab, domids)
        scale.wait_until("the twins", lambda: scale.twins(self.lab) == VIFS,
                         240)
        scale.wait_until("the last InitWait", lambda: scale.state(
            self.lab, domids[-1]) == "2", 240)
        self.assertGreater(descriptors(pid), A_SERVICES)
        scale.enslave(self.lab, domids)
        scale.wait_until("all on the bridge",
                         lambda: scale.on_bridge(self.lab) == VIFS, 240)
        scale.remove_folders(self.lab, domids)
        scale.wait_until("no twin", lambda: scale.twins(self.lab) == 0, 240)
        scale.wait_until("no vif", lambda: not self.lab.json("vif", "list")
                         ["vifs"], 240)
        # But for what is opened once, when there is time.
        scale.wait_until("their descriptors closed",
                         lambda: descriptors(pid) < before + VIFS // 10, 60)
        self.assertEqual(self.lab.json("status")["pid"], pid)


if __name__ == "__main__":
    unittest.main()
