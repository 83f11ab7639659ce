#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`xenplane upgrade` under traffic: the programs that lie there now take over,
without a service manager, and no guest notices; or those that run stay, if the
new ones would not start."""
import os
import pathlib
import shutil
import tempfile

import flows
from case import B4, OUT4, PlaneCase, labtool, main

UPGRADES = int(os.environ.get("UPGRADES", "10"))


class Upgrade(PlaneCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="xp-upgrade-")))
        for name in ("bin", "lib"):
            shutil.copytree(labtool.BUILD / name, cls.folder / name)
        before = labtool.XENPLANE
        cls.addClassCleanup(setattr, labtool, "XENPLANE", before)
        labtool.XENPLANE = str(cls.folder / "bin/xenplane")
        super().setUpClass()

    def install(self, name, text=None):
        """As a package's installation does: another file takes the name. It is
        the build's program, or a script of this text."""
        new = self.folder / "bin" / f"{name}.new"
        if text is None:
            shutil.copy(labtool.BUILD / "bin" / name, new)
        else:
            new.write_text(text, encoding="ascii")
            new.chmod(0o755)
        new.rename(self.folder / "bin" / name)

    def states(self):
        return [(vif["name"], vif["state"], vif["frontend_state"],
                 vif["ifindex"], vif["bridge"], vif["generation"])
                for vif in self.lab.json("vif", "list")["vifs"]]

    def programs(self):
        """What runs: each process's number and its file."""
        status = self.lab.json("status")
        pids = (status["pid"], status["netback"]["pid"])
        return [(pid, os.stat(f"/proc/{pid}/exe").st_ino) for pid in pids]

    def descriptors(self):
        return [labtool.descriptors(pid) for pid, _ in self.programs()]

    def upgrade(self):
        (control, control_file), (data, data_file) = self.programs()
        self.install("xenplaned")
        self.install("xenplane-netback")
        self.lab.xenplane("upgrade")
        (next_control, next_control_file), (next_data, next_data_file) = \
            self.programs()
        self.assertEqual(next_control, control)
        self.assertNotEqual(next_control_file, control_file)
        self.assertNotEqual(next_data, data)
        self.assertNotEqual(next_data_file, data_file)
        self.assertFalse(pathlib.Path(f"/proc/{data}").exists(),
                         "nobody waited for the one before")

    def test_guests_do_not_notice(self):
        self.upgrade()
        before, held = self.states(), self.descriptors()
        with flows.going(self.lab) as seen:
            for _ in range(UPGRADES):
                self.upgrade()
                self.wait_path("fast")
        print(f"figure: {UPGRADES} upgrades: an echo waited at most "
              f"{seen.longest_ms():.0f} ms; {seen.rounds} echoes; {seen.sent} "
              f"datagrams, {seen.lost} lost, {seen.twice} twice")
        self.assertEqual(self.states(), before)
        self.assertGreater(seen.rounds, UPGRADES)
        self.assertGreater(seen.sent, UPGRADES)
        self.assertLessEqual(seen.lost, flows.WINDOW * UPGRADES)
        self.assertLessEqual(seen.twice, flows.WINDOW * UPGRADES)
        self.assertEqual(seen.links_that_fell(), [])
        self.assert_none_left(held)
        self.assert_pings("a", OUT4)
        self.assert_counters_went_on()

    def assert_none_left(self, held):
        """Less than one for each upgrade: xenplaned has its answers' sockets
        and what it opens when it has time."""
        for now, before in zip(self.descriptors(), held):
            self.assertLess(now, before + UPGRADES)

    def assert_counters_went_on(self):
        before = self.vif(1)["fast_tx_bytes"]
        self.upgrade()
        self.assertGreaterEqual(self.vif(1)["fast_tx_bytes"], before)
        self.assertGreater(before, 0)

    def assert_refused(self, words):
        before = self.programs()
        status, _, err = self.lab.xenplane("upgrade", check=False)
        self.assertEqual(status, 1)
        self.assertIn(words, err)
        self.assertEqual(self.programs(), before)
        self.assert_pings("a", B4)

    def test_programs_that_would_not_start(self):
        for name, text, words in (
                ("xenplaned", "#!/bin/sh\necho out of luck >&2; exit 3\n",
                 "would not start: out of luck"),
                ("xenplaned", "#!/bin/sh\nkill -SEGV $$\n",
                 "would not start: it says nothing"),
                ("xenplaned", "#!/no/such/shell\n", "execute"),
                ("xenplaned", "#!/bin/sh\nexec sleep 60\n",
                 "does not answer"),
                ("xenplaned", "#!/bin/sh\nexec sleep 60 2>&-\n",
                 "does not answer")):
            with self.subTest(text=text):
                self.addCleanup(self.install, name)
                self.install(name, text)
                self.assert_refused(words)
        self.install("xenplaned")
        (self.folder / "bin/xenplane-netback").unlink()
        self.assert_refused("xenplane-netback: No such file")
        self.install("xenplane-netback", "#!/bin/sh\necho datalink 1\n")
        self.assert_refused("of another version")
        self.install("xenplane-netback")
        self.upgrade()

    def test_another_form_of_what_is_kept(self):
        status, _, err = labtool.run(
            [str(self.folder / "bin/xenplaned"), "--check-upgrade", "99"],
            check=False)
        self.assertEqual(status, 1)
        self.assertIn("form 99", err)
        self.assertEqual(labtool.run(
            [str(self.folder / "bin/xenplaned"), "--check-upgrade", "1"],
            check=False)[0], 0)


if __name__ == "__main__":
    main()
