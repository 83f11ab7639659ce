#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What xenplaned passes on to the data process."""
import os
import pathlib
import sys
import unittest

from bed import DaemonCase


class OptionsCase(DaemonCase):
    def passed_on(self):
        """The words behind the program's name, of the data process."""
        pid = self.ask("status")["netback"]["pid"]
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_text("utf-8")
        return words.partition("fake_netback.py\0")[2].split("\0")[:-1]


class Told(OptionsCase):
    OPTIONS = ("--netback-user", "nobody", "--netback-spin-us", "20",
               "--netback-workers", "3", "--netback-settle-ms", "0",
               "--no-sandbox")

    def test_user_spinning_and_no_sandbox(self):
        self.assertEqual(self.passed_on(),
                         ["--user", "nobody", "--spin-us", "20",
                          "--workers", "3", "--settle-ms", "0",
                          "--no-sandbox"])


class Untold(OptionsCase):
    def test_the_sandbox_is_its_own_choice(self):
        self.assertEqual(self.passed_on(), [])


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
