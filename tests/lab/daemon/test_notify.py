#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What xenplaned tells the service manager, and when. The test is the
manager."""
import os
import pathlib
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import unittest

from bed import LIMIT, DaemonCase, wait_until

WATCHDOG_US = 300_000


class Notify(DaemonCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="xp-notify-"))
        self.addCleanup(shutil.rmtree, folder)
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(str(folder / "notify"))
        self.manager.settimeout(LIMIT)
        self.ENV = {"NOTIFY_SOCKET": str(folder / "notify"),
                    "WATCHDOG_USEC": str(WATCHDOG_US)}
        self.told_early = None
        super().setUp()

    def serve_daemon(self):
        self.netback = self.next_netback()
        self.told_early = self.waiting()  # it cannot be ready yet
        self.hello = self.netback.say_ready()

    def waiting(self):
        """The words that are there, without those of the watchdog and of
        descriptors (test_handover.py)."""
        words = []
        while select.select([self.manager], [], [], 0)[0]:
            words.append(self.manager.recv(65536).decode())
        return [word for word in words
                if word != "WATCHDOG=1" and not word.startswith("FD")]

    def next_word(self, but="WATCHDOG=1"):
        while True:
            word = self.manager.recv(65536).decode()
            if word != but and not word.startswith("FD"):
                return word

    def test_ready_is_said_when_guests_can_be_served(self):
        self.assertNotIn("READY=1", self.told_early)
        self.assertEqual(self.next_word(), "READY=1")
        self.kill_netback()  # whose successor is no news to anybody
        wait_until(lambda: self.ask("status")["netback"]["ready"], "it")
        self.assertEqual(self.waiting(), [])

    def test_a_reload_begins_and_ends(self):
        self.assertEqual(self.next_word(), "READY=1")
        for text in ("[defaults]\nstorm = 7\n", "[defaults]\nstorm = x\n"):
            self.config.write_text(text)
            self.daemon.send_signal(signal.SIGHUP)
            self.assertEqual(self.next_word(), "RELOADING=1")
            self.assertEqual(self.next_word(), "READY=1")
        self.assertEqual(self.ask("status")["reloads"], 1)

    def test_its_end_is_said(self):
        self.assertEqual(self.next_word(), "READY=1")
        self.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.next_word(), "STOPPING=1")
        self.assertEqual(self.daemon.wait(timeout=LIMIT), 0)

    def test_the_watchdog_is_fed_while_the_loop_turns(self):
        self.assertEqual(self.next_word(), "READY=1")
        times = []
        for _ in range(4):
            self.assertEqual(self.next_word(but=None), "WATCHDOG=1")
            times.append(time.monotonic())
        # Fed more often than need be; the machine may be slow, so the rate is
        # not held against it but over all.
        self.assertGreater(times[-1] - times[0], WATCHDOG_US / 1e6 / 2)
        os.kill(self.daemon.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.daemon.pid, signal.SIGCONT)
        os.waitid(os.P_PID, self.daemon.pid, os.WSTOPPED)
        while select.select([self.manager], [], [], 0)[0]:
            self.manager.recv(65536)
        ready, _, _ = select.select([self.manager], [], [],
                                    2 * WATCHDOG_US / 1e6)
        self.assertEqual(ready, [])
        os.kill(self.daemon.pid, signal.SIGCONT)
        self.assertEqual(self.next_word(but=None), "WATCHDOG=1")


class Alone(DaemonCase):
    ENV = {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}

    def test_without_a_manager_it_works_as_well(self):
        self.attach()
        self.daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: self.ask("status")["reloads"] == 1, "the file")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
