#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplaned is killed while guests talk, under a service manager that keeps
its descriptors: connections live on, no link goes down, nothing comes twice."""
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile
import time

import flows
from case import B4, OUT4, PlaneCase, labtool, main

KILLS = int(os.environ.get("KILLS", "20"))
MANAGER = pathlib.Path(labtool.__file__).resolve().parent / "manager.py"


def managed_programs(folder):
    """A folder of programs as the build's, in which xenplaned has a
    manager."""
    for name in ("bin", "lib"):
        shutil.copytree(labtool.BUILD / name, folder / name)
    real = folder / "bin/xenplaned"
    real.rename(folder / "bin/xenplaned.real")
    real.write_text(f"#!/bin/sh\nexec {sys.executable} {MANAGER} "
                    f"{folder}/bin/xenplaned.real \"$@\"\n", "ascii")
    real.chmod(0o755)


class ControlDeath(PlaneCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="xp-managed-")))
        managed_programs(folder)
        before = labtool.XENPLANE
        cls.addClassCleanup(setattr, labtool, "XENPLANE", before)
        labtool.XENPLANE = str(folder / "bin/xenplane")
        super().setUpClass()

    def status(self):
        """None: it does not answer now."""
        code, out, _ = self.lab.xenplane("status", "--json", check=False)
        return labtool.json.loads(out) if code == 0 else None

    def kill(self, number=signal.SIGKILL):
        """Kills it; how many s until the next one has settled."""
        pid = self.status()["pid"]
        begin = time.monotonic()
        os.kill(pid, number)
        while True:
            status = self.status()
            if status and status["pid"] != pid and status["settled"] and \
                    status["connected"] == 2:
                return time.monotonic() - begin
            self.assertLess(time.monotonic(), begin + 20)

    def states(self):
        return [(vif["name"], vif["state"], vif["frontend_state"],
                 vif["ifindex"], vif["bridge"], vif["generation"])
                for vif in self.lab.json("vif", "list")["vifs"]]

    def test_guests_do_not_notice(self):
        before = self.states()
        gaps = []
        with flows.going(self.lab) as seen:
            for _ in range(KILLS):
                gaps.append(self.kill())
                self.wait_path("fast")
        print(f"kills {KILLS}, back after {statistics.median(gaps) * 1e3:.0f} "
              f"ms (at most {max(gaps) * 1e3:.0f}); TCP rounds {seen.rounds}, "
              f"longest {seen.longest_ms():.0f} ms; datagrams {seen.sent}, "
              f"lost {seen.lost}, twice {seen.twice}")
        self.assertEqual(self.states(), before)
        self.assertGreater(seen.rounds, KILLS)
        # What is under way at a kill, in taps and egress queues, may be lost,
        # and what was delivered and not noted yet may come twice.
        self.assertGreater(seen.sent, KILLS)
        self.assertLessEqual(seen.lost, flows.WINDOW * KILLS)
        self.assertLessEqual(seen.twice, flows.WINDOW * KILLS)
        self.assertEqual(seen.links_that_fell(), [])
        self.assert_pings("a", OUT4)

    def test_counters_go_on(self):
        self.assert_pings("a", B4)
        sent = self.vif(1)["tx_frames"]
        self.assertGreater(sent, 0)
        self.kill(signal.SIGKILL)
        self.assertGreaterEqual(self.vif(1)["tx_frames"], sent)

    def test_what_was_set_still_holds(self):
        self.lab.xenplane("vif", "set", "vif1.0", "isolated=on", "mtu=1400",
                          "rate=80Mb/s")
        before = self.lab.json("vif", "show", "vif1.0")
        self.kill()
        now = self.lab.json("vif", "show", "vif1.0")
        for key in ("settings", "mtu", "place", "bridge"):
            self.assertEqual(now[key], before[key])
        self.lab.xenplane("vif", "set", "vif1.0", "isolated=default",
                          "mtu=default", "rate=default")
        self.assertEqual(self.lab.json("vif", "show", "vif1.0")["mtu"], 1500)

    def test_zz_without_a_manager_there_is_a_new_twin_in_its_place(self):
        """The control: nobody keeps anything. The last test, as the manager
        goes on losing."""
        before = self.vif(1)
        manager = int(pathlib.Path(f"/proc/{self.status()['pid']}/status")
                      .read_text("ascii").split("PPid:")[1].split()[0])
        self.assertIn(b"manager.py",
                      pathlib.Path(f"/proc/{manager}/cmdline").read_bytes())
        os.kill(manager, signal.SIGUSR1)
        self.kill()
        self.wait_path("fast")
        now = self.vif(1)
        self.assertNotEqual(now["ifindex"], before["ifindex"])
        self.assertEqual((now["bridge"], now["state"], now["name"]),
                         ("xenbr0", "Connected", before["name"]))
        self.assert_pings("a", B4)
        self.assert_pings("a", OUT4)


if __name__ == "__main__":
    main()
