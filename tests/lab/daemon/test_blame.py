#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Of whom the data process died: the note in a vif's redo log, and what two
deaths in the work of one vif cost it."""
import os
import struct
import sys
import unittest

from bed import VIF_ADD, DaemonCase

MAGIC, COUNT, WORK = 0, 8, 12  # offsets in netback/ring/redo.h


class Blame(DaemonCase):
    def setUp(self):
        super().setUp()
        self.slots = {domid: self.attach(domid)[0].slot for domid in (1, 2)}

    def log(self, domid, offset, *words):
        data = struct.pack(f"={len(words)}I", *words).hex()
        self.netback.send_raw(f"log {self.slots[domid]} {offset} {data}")

    def note(self, domid, index=7):
        """The worker begins to serve the vif's queue 0."""
        self.log(domid, WORK, 1, index)

    def resume(self, *domids):
        """The next data process gets these vifs back."""
        self.netback = self.next_netback()
        self.netback.say_ready()
        for _ in domids:
            self.assertEqual(self.netback.take_add().resume, 1)
        for domid in domids:
            self.netback.take_port(slot=self.slots[domid], hold=0, fast=1)

    def crash(self, *domids):
        self.netback.send_raw("crash")
        self.resume(*domids)

    def kill(self, *domids):
        os.kill(self.ask("status")["netback"]["pid"], 9)
        self.resume(*domids)

    def wait_logged(self):
        """What was written to the logs is there once the next line that the
        data process was sent has come back."""
        self.ask("fastpath-set", vif="vif1.0", on=False)
        self.netback.take_port(slot=self.slots[1], fast=0, hold=0)
        self.ask("fastpath-set", vif="vif1.0", on=True)
        self.netback.take_port(slot=self.slots[1], fast=1, hold=0)

    def assert_nobody_is_blamed(self):
        self.assertEqual((self.state(1), self.state(2)), ("4", "4"))
        self.assertEqual((self.vif(1)["error"], self.vif(2)["error"]),
                         (None, None))

    def test_two_deaths_of_one_vif_close_it_and_nobody_else(self):
        self.note(2)
        self.crash(1, 2)
        self.assert_nobody_is_blamed()
        self.note(2, 9)
        self.crash(1)
        self.wait_state(5, 2)
        self.assertIn("died of it twice within 10 s, at 9 of its ring",
                      self.vif(2)["error"])
        self.assertEqual([m.slot for m in self.netback.seen
                          if m.type == VIF_ADD], [self.slots[1]])
        self.assertEqual(self.state(1), "4")
        self.assertIsNone(self.vif(1)["error"])
        self.write_store(self.front(2, "state"), "6")
        self.wait_state(6, 2)

    def test_a_closed_one_may_try_again_and_is_not_forgotten(self):
        for left in ((1, 2), (1,)):
            self.note(2)
            self.crash(*left)
        self.write_store(self.front(2, "state"), "6")
        self.wait_state(6, 2)
        self.write_store(self.front(2, "state"), "1")
        self.wait_state(2, 2)
        self.connect_frontend(2)
        self.netback.take_add()
        self.netback.take_port(slot=self.slots[2], fast=1, hold=0)
        self.wait_connected(2)
        self.note(2)
        self.crash(1)
        self.wait_state(5, 2)

    def test_deaths_of_different_vifs_close_nobody(self):
        self.note(1)
        self.crash(1, 2)
        self.note(2)
        self.crash(1, 2)
        self.assert_nobody_is_blamed()

    def test_deaths_outside_any_work_close_nobody(self):
        for _ in range(3):
            self.crash(1, 2)
        self.assert_nobody_is_blamed()

    def test_a_note_speaks_of_one_death_only(self):
        self.note(2)
        self.crash(1, 2)
        self.crash(1, 2)
        self.assert_nobody_is_blamed()

    def test_who_is_killed_did_not_crash(self):
        for _ in range(3):
            self.note(2)
            self.wait_logged()
            self.kill(1, 2)
        self.crash(1, 2)  # and none of the notes is left
        self.note(2)
        self.crash(1, 2)
        self.assert_nobody_is_blamed()

    def test_a_log_that_is_none_accuses_nobody(self):
        for offset, *words in ((WORK, 2, 0), (WORK, 0xffffffff, 0),
                               (COUNT, 9, 9), (MAGIC, 1)):
            with self.subTest(offset=offset, words=words):
                for _ in range(2):
                    self.note(2)
                    self.log(2, offset, *words)
                    self.crash(1, 2)
                self.assert_nobody_is_blamed()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
