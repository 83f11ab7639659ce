#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplaned is killed, and the next one goes on with its vifs: the test is the
service manager that keeps their descriptors, and the data process."""
import fcntl
import os
import pathlib
import random
import select
import signal
import struct
import subprocess
import sys
import time
import unittest

from bed import BUILD, HERE, LIMIT, POLICY, PORT, PORT_DONE, VIF_ADD, \
    VIF_DEL, VIF_GONE, VIF_UP, DaemonCase, isolated, ip, link, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from manager import Manager  # noqa: E402

PLANE = ["netback", "stats"]
QUEUES = min(os.cpu_count(), 8)


class Case(DaemonCase):
    def setUp(self):
        self.manager = Manager()
        self.addCleanup(self.manager.close)
        super().setUp()

    def start_daemon(self):
        self.socket = self.folder / "control.sock"
        self.config = self.folder / "xenplane.conf"
        self.config.touch()
        self.daemon = self.manager.start(
            [BUILD / "bin/xenplaned", "--socket", self.socket, "--netback",
             HERE / "fake_netback.py", "--config", self.config,
             "--log-level", "error", *self.OPTIONS],
            self.preload, stdin=subprocess.DEVNULL, stderr=self.log())
        self.processes.append(self.daemon)
        self.serve_daemon()
        self.manager.wait(lambda: "READY=1" in self.manager.words, "READY=1")

    def log(self):
        return None

    def end_daemon(self, number=signal.SIGKILL):
        self.daemon.send_signal(number)
        self.daemon.wait(timeout=LIMIT)
        self.processes.remove(self.daemon)

    def restart(self, number=signal.SIGKILL, meanwhile=lambda: None):
        self.end_daemon(number)
        meanwhile()
        self.start_daemon()

    def names_of(self, domid, connected=True):
        return sorted([f"{domid}.0.record"] +
                      [f"{domid}.0.tap.{i}" for i in range(QUEUES)] +
                      ([f"{domid}.0.event", f"{domid}.0.redo"]
                       if connected else []))

    def resumed(self, before):
        """The vif is handed to the new data process as it was."""
        add = self.netback.take_add()
        self.assertEqual(
            (add.resume, add.slot, add.generation, add.domid, add.queues,
             add.queue_count, add.frontend, add.ctrl_ring_ref, add.ctrl_port,
             add.fd_count),
            (1, before.slot, before.generation, before.domid, before.queues,
             before.queue_count, before.frontend, before.ctrl_ring_ref,
             before.ctrl_port, before.fd_count))
        return add

    def serve_while(self, condition):
        """Answers whatever is asked as long as the condition holds."""
        deadline = time.monotonic() + LIMIT
        netback = self.netback
        while condition():
            self.assertLess(time.monotonic(), deadline)
            if not (b"\n" in netback.buffer or select.select(
                    [netback.connection], [], [], 0.005)[0]):
                continue
            m = netback.get()
            if m.type == VIF_ADD:
                netback.send(VIF_UP, "IIi", m.slot, m.generation, 0)
            elif m.type == VIF_DEL:
                netback.send(VIF_GONE, "II", m.slot, m.generation)
            elif m.type == PORT:
                netback.send(PORT_DONE, "III", m.slot, m.generation,
                             m.sequence)

    def watch_store(self, *paths):
        """What is written there from now on."""
        watch = self.start(["xenstore-watch", *paths], self.env,
                           stdout=subprocess.PIPE)
        for _ in paths:  # each tells at once that it is there
            watch.stdout.readline()
        os.set_blocking(watch.stdout.fileno(), False)
        return watch

    def written(self, watch):
        return (watch.stdout.read() or b"").decode().split()


class Killed(Case):
    def check(self, number):
        before, _ = self.attach(ip="10.0.0.5")
        self.ask("vif-set", vif="vif1.0", settings=["storm=7"])
        self.netback.take_port(hold=0)
        there = link("vif1.0")
        watch = self.watch_store(self.back(1, "state"), self.front(1, "state"))
        self.restart(number)
        self.resumed(before)
        policy = self.netback.expect(POLICY)
        self.assertEqual((policy.storm_frames, policy.address_count), (7, 1))
        self.netback.take_port(fast=1, hold=0)
        self.netback.confirm_while(lambda: not self.ask("status")["settled"])
        now = link("vif1.0")
        for key in ("ifindex", "master", "flags", "operstate", "mtu"):
            self.assertEqual(now[key], there[key], key)
        self.assertTrue(isolated("vif1.0"))
        self.assertEqual(self.written(watch), [])
        vif = self.vif()
        self.assertEqual((vif["phase"], vif["path"], vif["reasons"]),
                         ("up", "fast", []))
        self.assertEqual(vif["drift"]["now"], [])
        # It is no less a vif than it was: the guest leaves, and comes.
        self.write_store(self.front(1, "state"), "5")
        self.netback.take_del()
        self.write_store(self.front(1, "state"), "6")
        self.wait_state(6)
        self.write_store(self.front(1, "state"), "1")
        self.wait_state(2)
        self.connect_frontend()
        self.assertEqual(self.netback.take_add().resume, 0)

    def test_a_guest_does_not_notice_a_kill(self):
        self.check(signal.SIGKILL)

    def test_nor_a_restart_by_the_manager(self):
        self.check(signal.SIGTERM)

    def test_what_is_kept_is_what_is_there(self):
        self.assertEqual(self.manager.names(), PLANE)
        self.create()
        self.wait_state(2)
        self.assertEqual(self.manager.names(),
                         sorted(PLANE + self.names_of(1, False)))
        self.connect_frontend()
        self.netback.take_add()
        self.assertEqual(self.manager.names(),
                         sorted(PLANE + self.names_of(1)))
        self.write_store(self.front(1, "state"), "5")
        self.netback.take_del()
        self.wait_state(5)
        wait_until(lambda: self.vif()["phase"] == "idle", "the release")
        self.assertEqual(self.manager.names(),
                         sorted(PLANE + self.names_of(1, False)))
        self.kill_netback()
        self.assertEqual(self.manager.names(),
                         sorted(PLANE + self.names_of(1, False)))
        self.remove("/local/domain/0/backend/vif/1")
        wait_until(lambda: link("vif1.0") is None, "the twin's end")
        self.assertEqual(self.manager.names(), PLANE)

    def test_a_stop_for_good_leaves_nothing(self):
        self.attach()
        self.end_daemon(signal.SIGTERM)
        self.assertIsNotNone(link("vif1.0"))
        self.manager.drop_all()
        wait_until(lambda: link("vif1.0") is None, "the twin's end")

    def test_again_and_again(self):
        before, _ = self.attach()
        second, _ = self.attach(2)
        index = link("vif1.0")["ifindex"]
        for _ in range(5):
            self.restart()
            self.resumed(before)
            self.resumed(second)
            self.netback.take_port(slot=second.slot, fast=1, hold=0)
        self.assertEqual(link("vif1.0")["ifindex"], index)
        self.assertEqual(self.manager.names(), sorted(
            PLANE + self.names_of(1) + self.names_of(2)))
        fds = len(os.listdir(f"/proc/{self.daemon.pid}/fd"))
        self.restart()
        self.resumed(before)
        self.resumed(second)
        self.netback.take_port(slot=second.slot, fast=1, hold=0)
        self.assertEqual(len(os.listdir(f"/proc/{self.daemon.pid}/fd")), fds)

    def test_a_twin_without_a_guest_stays_as_well(self):
        self.create()
        self.wait_state(2)
        self.hotplug()
        index = link("vif1.0")["ifindex"]
        self.restart()
        wait_until(lambda: self.vif()["phase"] == "idle", "the vif")
        there = link("vif1.0")
        self.assertEqual((there["ifindex"], there["master"]),
                         (index, "xenbr0"))
        self.connect_frontend()
        self.assertEqual(self.netback.take_add().resume, 0)
        self.netback.take_port(fast=1)

    def test_a_guest_that_went_meanwhile(self):
        self.attach()
        kept, _ = self.attach(2)
        self.restart(meanwhile=lambda: self.remove(
            "/local/domain/0/backend/vif/1", "/local/domain/1"))
        self.serve_while(lambda: link("vif1.0") is not None
                         or self.vif(2)["path"] != "fast")
        self.assertEqual(self.vif(2)["generation"], kept.generation)
        self.assertEqual(self.manager.names(),
                         sorted(PLANE + self.names_of(2)))

    def test_a_guest_that_came_anew_meanwhile(self):
        """The same number: what is kept is another one's."""
        self.attach()
        index = link("vif1.0")["ifindex"]

        def replace():
            self.remove("/local/domain/0/backend/vif/1", "/local/domain/1")
            self.create()
        self.restart(meanwhile=replace)
        self.serve_while(lambda: self.state() != "2")
        self.assertNotEqual(link("vif1.0")["ifindex"], index)
        self.connect_frontend()
        self.serve_while(lambda: self.vif()["phase"] != "up")
        # The old one may have been handed over for a moment.
        adds = [m for m in self.netback.seen if m.type == VIF_ADD]
        self.assertEqual(adds[-1].resume, 0)

    def test_a_twin_with_another_name(self):
        before, _ = self.attach(vifname="web0")
        for words in (("down",), ("name", "web0")):
            ip("link", "set", "vif1.0", *words)
        ip("link", "set", "web0", "up")
        index = link("web0")["ifindex"]
        self.restart()
        self.resumed(before)
        self.netback.take_port(fast=1, hold=0, twin_up=1)
        self.assertEqual(link("web0")["ifindex"], index)
        self.assertEqual(self.ask("vif-show", vif="web0")["device"], "vif1.0")
        self.assertEqual(self.manager.names(),
                         sorted(PLANE + self.names_of(1)))

    def test_a_twin_that_was_deleted_meanwhile(self):
        self.attach()
        index = link("vif1.0")["ifindex"]
        self.restart(meanwhile=lambda: ip("link", "del", "vif1.0"))
        self.serve_while(lambda: self.state() != "4"
                         or self.vif()["phase"] != "up")
        there = link("vif1.0")
        self.assertNotEqual(there["ifindex"], index)
        self.assertEqual(there["master"], "xenbr0")
        self.assertEqual(self.manager.names(),
                         sorted(PLANE + self.names_of(1)))

    def test_whose_isolation_it_is_is_known(self):
        self.attach()
        self.ask("vif-set", vif="vif1.0", settings=["fastpath=off"])
        self.netback.take_port(fast=0, hold=0)
        ip("link", "set", "vif1.0", "type", "bridge_slave", "isolated", "on")
        self.netback.confirm_while(
            lambda: len(self.vif()["reasons"]) < 2)
        reasons = self.vif()["reasons"]
        self.restart()
        self.netback.take_add()
        self.netback.take_port(fast=0, hold=0)
        self.assertEqual(self.vif()["reasons"], reasons)
        self.assertTrue(isolated("vif1.0"))

    def test_stations_are_remembered(self):
        add, port = self.attach()
        mac = "00:16:3e:00:00:77"
        self.netback.station(0, port.bridge, add.slot, mac)

        def entry():
            return mac in subprocess.run(
                ["bridge", "fdb", "show", "dev", "vif1.0"], timeout=LIMIT,
                capture_output=True, text=True, check=True).stdout
        wait_until(entry, "the kernel's entry")
        self.restart()
        self.netback.take_add()
        port = self.netback.take_port(fast=1, hold=0)
        fdb = self.ask("bridge-fdb", bridge="xenbr0")["fdb"]
        self.assertTrue([row for row in fdb if row["mac"] == mac], fdb)
        self.assertTrue(entry())
        # It is ours: it goes when the switch says so.
        self.netback.station(0, port.bridge, add.slot, mac)
        self.netback.station(2, port.bridge, add.slot, mac)
        wait_until(lambda: not entry(), "its end")


class Tampered(Case):
    """What is handed over is not what was kept."""

    def log(self):
        return self.enterContext(open(self.folder / "log", "ab"))

    def logged(self):
        return (self.folder / "log").read_text(encoding="ascii")

    OPTIONS = ("--log-level", "warning")

    def change(self, name, fd):
        """Hands over this instead (None: nothing)."""
        with self.manager.changed:
            for kept in self.manager.kept:
                if kept[0] == name:
                    os.close(kept[1])
            self.manager.kept = [kept for kept in self.manager.kept
                                 if kept[0] != name]
            if fd is not None:
                self.manager.kept.append((name, fd))

    def poke(self, offset, value):
        fd = dict(self.manager.kept)["1.0.record"]
        os.pwrite(fd, struct.pack("=I", value), offset)

    def begun_anew(self, words):
        """The guest's rings are asked for again, with a log of their own."""
        try:
            add = self.netback.take_add()
        except TimeoutError:
            print(self.logged()[-3000:], self.vif(), self.state())
            print([m.type for m in self.netback.seen])
            print(subprocess.run(["xenstore-ls", "-f", "/local"], env=self.env, capture_output=True, text=True).stdout)
            raise
        self.assertEqual(add.resume, 0)
        self.netback.take_port()
        self.netback.confirm_while(lambda: self.state() != "4")
        self.assertIn(words, self.logged())
        self.assertEqual(self.manager.names(),
                         sorted(PLANE + self.names_of(1)))

    def with_change(self, change, words):
        self.attach()
        self.restart(meanwhile=change)
        self.begun_anew(words)

    def test_nothing_changed(self):
        before, _ = self.attach()
        self.restart()
        self.resumed(before)
        self.assertEqual(self.logged(), "")

    def test_no_event_channels(self):
        self.with_change(lambda: self.change("1.0.event", None), "missing")

    def test_a_manager_that_takes_its_time(self):
        """The event channels cannot be bound before its copies are closed."""
        self.manager.pause = 0.3
        self.with_change(
            lambda: self.change("1.0.redo", os.open("/dev/null", os.O_RDWR)),
            "redo log")

    def test_event_channels_that_are_none(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        self.with_change(lambda: self.change("1.0.event", reader),
                         "event channels")

    def test_a_log_that_is_none(self):
        self.with_change(
            lambda: self.change("1.0.redo", os.open("/dev/null", os.O_RDWR)),
            "redo log")

    def test_a_record_of_another_version(self):
        self.with_change(lambda: self.poke(4, 99), "another version")

    def test_records_out_of_bounds(self):
        before, _ = self.attach()
        for offset, value, words in (
                (0, 1, "another version"), (12, 0x8000, "no vif"),
                (12, 2, "another vif"), (20, 2, "isolated by neither"),
                (24, 9, "too many queues"), (28, 1024, "no slot"),
                (32, 0, "no generation"), (36, 2, "a setting"),
                (44, 2049, "a setting"), (68, 0, "without a channel")):
            with self.subTest(offset=offset, value=value):
                self.restart(meanwhile=lambda at=offset, to=value:
                             self.poke(at, to))
                self.begun_anew("its record")
                self.assertTrue([line for line in self.logged().splitlines()
                                 if words.split()[-1] in line], words)
        self.restart()  # and the last one is good again
        self.assertEqual(self.netback.take_add().resume, 1)
        self.assertEqual(before.resume, 0)

    def test_a_record_that_can_be_cut(self):
        fd = os.memfd_create("x")
        os.ftruncate(fd, os.stat(fd).st_size + 4096)
        self.with_change(lambda: self.change("1.0.record", fd),
                         "its record is not one")

    def test_another_taps_queue(self):
        self.attach(2)

        def swap():
            kept = dict(self.manager.kept)
            self.change("1.0.tap.0", os.dup(kept["2.0.tap.0"]))
        if QUEUES > 1:
            self.attach()
            self.restart(meanwhile=swap)
            wait_until(lambda: "queues of two taps" in self.logged(),
                       "the reason")

    def test_a_queue_that_is_none(self):
        self.with_change(
            lambda: self.change("1.0.tap.0", os.open("/dev/null", os.O_RDWR)),
            "queue 0 of its twin")

    def test_a_queue_is_missing(self):
        self.with_change(
            lambda: self.change(f"1.0.tap.{QUEUES - 1}", None),
            "queues" if QUEUES > 1 else "its twin is gone")

    def test_names_that_are_nobodys(self):
        before, _ = self.attach()

        def add():
            for name in ("x", "1.0", "9.9.tap.0", "1.0.record.0", "..record",
                         "a.b.record", "-1.0.record", "70000.0.record",
                         "9.0.record", "1.0.tap.99", "y" * 200, "stats"):
                self.manager.kept.append(
                    (name, os.open("/dev/null", os.O_RDONLY)))
        self.restart(meanwhile=add)
        self.resumed(before)
        self.netback.take_port(fast=1, hold=0)
        left = set(self.manager.names()) - set(PLANE + self.names_of(1))
        self.assertLessEqual(left, {"y" * 200})  # not one that we gave

    def test_a_record_without_seals_or_with_its_owner_still_writing(self):
        self.attach()
        fd = dict(self.manager.kept)["1.0.record"]
        F_GET_SEALS = 1034
        self.assertEqual(fcntl.fcntl(fd, F_GET_SEALS) & 7, 7)


class Anywhere(Case):
    """Killed at any time of a vif's life: what the next one finds is a whole
    connection, or none, and it goes on either way."""
    TURNS = 30

    def test_kills_at_random(self):
        seed = int.from_bytes(os.urandom(4), "big")
        print(f"seed {seed}")
        chance = random.Random(seed)
        for domid in range(1, self.TURNS + 1):
            ports = self.guest_ports(domid, 2)
            self.create(domid)
            keys = {"tx-ring-ref": "8", "rx-ring-ref": "9",
                    "event-channel-tx": ports[0],
                    "event-channel-rx": ports[1], "request-rx-copy": "1",
                    "feature-rx-notify": "1", "state": "4"}
            if chance.random() < 0.7:
                self.wait_state(2, domid)
            self.write_store(*[word for key, value in keys.items()
                               for word in (self.front(domid, key), value)])
            # The next thing that it does, or some more of them.
            stored = self.manager.stored + chance.randrange(QUEUES + 4)
            with self.manager.changed:
                self.manager.changed.wait_for(
                    lambda at=stored: self.manager.stored >= at, 0.05)
            self.restart()
            self.serve_while(lambda d=domid: self.phase(d) != "up")
            self.remove(f"/local/domain/0/backend/vif/{domid}",
                        f"/local/domain/{domid}")
            self.serve_while(lambda d=domid: link(f"vif{d}.0") is not None)
        self.assertEqual(self.manager.names(), PLANE)

    def phase(self, domid):
        vif = self.vif(domid)  # a text: there is none yet
        return vif["phase"] if isinstance(vif, dict) else None


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
