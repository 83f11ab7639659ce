#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading the file again: what it does when nothing is new, counted, beside
what it does when something is."""
import os
import signal
import socket
import struct
import subprocess
import sys
import unittest

from bed import POLICY, PORT, DaemonCase, wait_until

RTMGRP = 0xffffffff  # all groups that a mask can name
NETLINK_ROUTE = 0


class Announcements:
    """Everything that rtnetlink tells of this namespace."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                    NETLINK_ROUTE)
        self.socket.bind((0, RTMGRP))
        self.socket.setblocking(False)

    def close(self):
        self.socket.close()

    def take(self):
        """The types of the messages since the last call."""
        types = []
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return types
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                types.append(kind)
                data = data[(length + 3) & ~3:]


class Reload(DaemonCase):
    CONFIG = """\
[defaults]
storm = 1000

[bridge xenbr0]
isolated = on
rate = 80Mb/s

[vif 00:16:3e:00:00:02]
isolated = off
repair = on
"""

    def setUp(self):
        super().setUp()
        self.attach(1, bridge="xenbr0")
        self.attach(2, bridge="xenbr0", rate="62500,50000")
        self.netback.confirm_while(
            lambda: not self.ask("status")["settled"])
        self.announced = Announcements()
        self.addCleanup(self.announced.close)
        self.watch = self.start(["xenstore-watch", "/"], self.env,
                                stdout=subprocess.PIPE)
        self.watch.stdout.readline()  # it is there
        os.set_blocking(self.watch.stdout.fileno(), False)
        self.begun = b""  # a line that is not whole yet
        self.fence("begin")

    def store_events(self):
        *lines, self.begun = (
            self.begun + (self.watch.stdout.read() or b"")).split(b"\n")
        return [line.decode() for line in lines]

    def fence(self, word):
        """All that was written to the store until now, but the word."""
        events = []
        path = f"/fence/{word}"
        self.write_store(path, "1")

        def seen():
            events.extend(self.store_events())
            return path in events
        wait_until(seen, "the fence's event")
        return [event for event in events
                if event not in ("/", path, "/fence")]

    def reload(self, text=None):
        before = self.ask("status")["reloads"]
        if text is not None:
            self.config.write_text(text)
        self.daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: self.ask("status")["reloads"] == before + 1,
                   "the file")

    def sent(self):
        """What the data process is told, up to a message of ours."""
        seen = len(self.netback.seen)
        self.ask("vif-set", vif="vif1.0", settings=["bpdu=drop"])
        self.netback.expect(POLICY, bpdu_drop=1)
        told = self.netback.seen[seen:-1]
        self.netback.take_port(hold=0)
        self.ask("vif-set", vif="vif1.0", settings=["bpdu=default"])
        self.netback.expect(POLICY, bpdu_drop=0)
        self.netback.take_port(hold=0)
        return told

    def test_the_same_file_is_no_operation(self):
        self.announced.take()
        for _ in range(20):
            self.reload()
        self.assertEqual(self.fence("same"), [])
        self.assertEqual(self.announced.take(), [])
        self.assertEqual(self.sent(), [])
        self.assertEqual((self.state(1), self.state(2)), ("4", "4"))

    def test_a_wrong_file_is_said_until_a_right_one(self):
        self.assertIsNone(self.ask("status")["reload_error"])
        reloads = self.ask("status")["reloads"]
        self.config.write_text(self.CONFIG + "\nbogus = 1\n")
        self.daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: self.ask("status")["reload_error"], "the refusal")
        self.assertIn("unknown key 'bogus'",
                      self.ask("status")["reload_error"])
        self.assertEqual(self.ask("status")["reloads"], reloads)
        self.reload(self.CONFIG)
        self.assertIsNone(self.ask("status")["reload_error"])

    def test_another_file_is_what_it_says_and_no_more(self):
        self.announced.take()
        self.reload(self.CONFIG.replace("storm = 1000", "storm = 7"))
        told = self.sent()
        self.assertEqual([m.type for m in told], [POLICY, POLICY])
        self.assertEqual({m.storm_frames for m in told}, {7})
        self.assertEqual(self.announced.take(), [])
        self.reload(self.CONFIG.replace("rate = 80Mb/s\n",
                                        "rate = 80Mb/s\ncarrier = off\n"))
        self.assertIn("carrier", " ".join(self.fence("other")))

    def test_the_fast_path_is_left_where_the_file_says_so(self):
        self.announced.take()
        self.config.write_text(self.CONFIG + "\n[vif vif1.0]\nfastpath=off\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.netback.confirm_while(lambda: self.vif(1)["path"] == "fast"
                                   or not self.ask("status")["settled"])
        # An isolated vif on the kernel's path slows its whole bridge.
        self.assertEqual(self.vif(2)["path"], "kernel")
        self.assertTrue(self.announced.take())
        self.assertTrue([m for m in self.netback.seen if m.type == PORT])
        self.assertEqual((self.state(1), self.state(2)), ("4", "4"))


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
