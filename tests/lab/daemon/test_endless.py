#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests and toolstacks that write without end, a table that is full, a store
that does not answer."""
import os
import pathlib
import select
import signal
import socket
import sys
import time
import unittest

from bed import POLICY, PORT, PORT_DONE, VIF_ADD, VIF_DEL, VIF_GONE, VIF_UP, \
    DaemonCase, link, wait_until


def memory_kb(pid):
    """What the process has in memory of its own."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0])


class Endless(DaemonCase):
    # A sanitizer keeps what was freed, by default more than is measured here.
    ENV = {"ASAN_OPTIONS": "quarantine_size_mb=1"}

    def serve(self, seconds):
        """Plays the data process for so long, at once; the VIF_ADDs."""
        added = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if b"\n" not in self.netback.buffer and not select.select(
                    [self.netback.connection], [], [], min(left, 0.005))[0]:
                continue
            message = self.netback.get()
            if message.type == VIF_ADD:
                added.append(message)
                self.netback.send(VIF_UP, "IIi", message.slot,
                                  message.generation, 0)
            elif message.type == VIF_DEL:
                self.netback.send(VIF_GONE, "II", message.slot,
                                  message.generation)
            elif message.type == PORT:
                self.netback.send(PORT_DONE, "III", message.slot,
                                  message.generation, message.sequence)
        return added

    def test_a_flapping_frontend_is_made_to_wait_alone(self):
        self.attach()
        store = self.open_store()
        # The played data process keeps each connection's ports open.
        ports = iter(self.guest_ports(1, 400))
        begin = time.monotonic()
        added, neighbour = [], None
        while (now := time.monotonic()) - begin < 4:
            store.write(self.front(1, "state"), "1")
            added += self.serve(0.02)
            for key in ("event-channel-tx", "event-channel-rx"):
                store.write(self.front(1, key), next(ports))
            store.write(self.front(1, "state"), "4")
            added += self.serve(0.02)
            if not neighbour and now - begin > 2:
                neighbour = now
                self.create(2)
                self.wait_state(2, 2)
                neighbour = time.monotonic() - neighbour
        seconds = time.monotonic() - begin
        self.assertGreaterEqual(len(added), 10)  # it does flap
        self.assertLessEqual(len(added), 10 * (seconds + 1))
        self.assertLess(neighbour, 2)
        # And once it is at rest it is served like anybody.
        deadline = time.monotonic() + 10
        while self.vif()["phase"] != "up" and time.monotonic() < deadline:
            self.serve(0.05)
        self.assertEqual(self.vif()["phase"], "up")
        self.serve(0.5)
        self.wait_connected()

    def rewritten(self, path, value):
        store = self.open_store()
        # What the first ones cost once: buffers and lists grow to their size.
        store.write(path, value, 2000)
        self.ask("status")
        before = memory_kb(self.daemon.pid)
        for _ in range(50):
            store.write(path, value, 2000)
        self.assertEqual(self.ask("status")["vifs"], 2)
        return memory_kb(self.daemon.pid) - before

    def test_a_key_that_is_rewritten_without_end_costs_no_memory(self):
        self.attach()
        self.create(2)
        self.wait_state(2, 2)
        for path, value in ((self.front(1, "state"), "4"),
                            (self.back(1, "rate"), "62500,50000"),
                            (self.front(2, "state"), "1")):
            with self.subTest(path):
                self.assertLess(self.rewritten(path, value), 4096)
        # It still listens to them.
        self.write_store(self.back(1, "rate"), "7,50000")
        wait_until(lambda: self.vif()["settings"]["rate"]["value"] != "10Mb/s",
                   "the new rate")
        self.assertEqual(self.state(), "4")


class Full(DaemonCase):
    OPTIONS = ("--vifs-max", "2")

    def test_a_vif_without_a_slot_waits_for_one(self):
        for domid in (1, 2):
            self.create(domid)
            self.wait_state(2, domid)
        self.create(3)
        self.create(4)
        self.write_store(self.back(1, "online"), "0",
                         self.back(1, "state"), "5")
        self.wait_state(6)  # an event behind those of the other two
        self.assertEqual([self.state(3), self.state(4)], ["1", "1"])
        self.remove(self.back(1, "")[:-1], self.front(1, "")[:-1])
        wait_until(lambda: "2" in (self.state(3), self.state(4)), "one more")
        self.assertEqual(self.ask("status")["vifs"], 2)
        self.remove(self.back(2, "")[:-1], self.front(2, "")[:-1])
        self.wait_state(2, 3)
        self.wait_state(2, 4)
        self.assertIsNone(link("vif1.0"))


class Silent(DaemonCase):
    def test_a_store_that_does_not_answer_holds_nobody_for_long(self):
        self.attach()
        self.ask("fastpath-set", vif="vif1.0", on=False)
        self.netback.take_port(fast=0, hold=0)
        self.store.send_signal(signal.SIGSTOP)
        begin = time.monotonic()
        try:
            # The answer waits for the store, which gets this word of it.
            answer = self.ask("vif-set", vif="vif1.0",
                              settings=["carrier=off"])
            self.assertEqual(answer["settings"]["carrier"]["value"], "off")
            self.assertFalse(self.ask("status")["store"])
            # Forwarding goes on, with settings and without a data process.
            self.ask("vif-set", vif="vif1.0", settings=["storm=5"])
            self.netback.expect(POLICY, storm_frames=5)
            self.kill_netback()
            self.assertEqual(self.netback.take_add().resume, 1)
            self.assertLess(time.monotonic() - begin, 60)
        finally:
            self.store.send_signal(signal.SIGCONT)
        self.netback.take_port(fast=0, hold=0)
        wait_until(lambda: self.ask("status")["store"], "the return")
        wait_until(lambda: self.read_store(self.back(1, "carrier")) == "0",
                   "what was to be written")
        self.assertEqual(self.state(), "4")

    def fill_queue(self):
        """Connects until one would have to wait for xenstored."""
        while True:
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM |
                                   socket.SOCK_NONBLOCK)
            self.addCleanup(client.close)
            try:
                client.connect(str(self.folder / "socket"))
            except BlockingIOError:
                return

    def test_a_store_that_takes_no_connection_holds_nobody_for_long(self):
        self.attach()
        self.store.send_signal(signal.SIGSTOP)
        try:
            self.ask("vif-set", vif="vif1.0", settings=["carrier=off"])
            self.fill_queue()
            for _ in range(30):  # while it is tried again, more than once
                self.assertFalse(self.ask("status")["store"])
                time.sleep(0.1)
        finally:
            self.store.send_signal(signal.SIGCONT)
        wait_until(lambda: self.ask("status")["store"], "the return")
        wait_until(lambda: self.read_store(self.back(1, "carrier")) == "0",
                   "what was to be written")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
