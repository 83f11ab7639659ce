#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon, the kernel's bridge and the data process: which path, whose
stations, and what a death changes."""
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

from bed import ACTIVE, AGED, BRIDGE, HELLO, LEARNED, LIMIT, MOVED, OUTSIDE, PORT, \
    PORT_DONE, STATIONS_END, STATIONS_GET, VIF_DEL, VIF_GONE, WATCH, \
    DaemonCase, ip, isolated, link, mac_bytes, wait_until

GUEST = "00:16:3e:00:00:01"
OTHER = "02:00:00:00:00:42"


def fdb(bridge="xenbr0"):
    return subprocess.run(["bridge", "fdb", "show", "br", bridge], check=True,
                          capture_output=True, text=True,
                          timeout=LIMIT).stdout


def fdb_line(mac):
    return next((line for line in fdb().splitlines()
                 if line.startswith(mac) and "master" in line), "")


class Paths(DaemonCase):
    def bridge_slave(self, name, *words):
        ip("link", "set", name, "type", "bridge_slave", *words)

    def expect_slow(self, reason):
        """The order of a switch-over to the kernel's path: frames are held
        and the switch lets go before the kernel forwards."""
        port = self.netback.expect(PORT, fast=0, hold=1)
        self.assertTrue(isolated("vif1.0"))
        self.netback.send(PORT_DONE, "III", port.slot, port.generation,
                          port.sequence)
        self.netback.take_port(fast=0, hold=0)
        self.assertFalse(isolated("vif1.0"))
        self.assertEqual(self.vif()["reasons"], [reason])
        self.assertEqual(self.vif()["path"], "kernel")

    def expect_fast(self):
        port = self.netback.expect(PORT, fast=0, hold=1)
        self.assertFalse(isolated("vif1.0"))
        self.netback.send(PORT_DONE, "III", port.slot, port.generation,
                          port.sequence)
        self.netback.take_port(fast=1, hold=0)
        self.assertTrue(isolated("vif1.0"))
        self.assertEqual(self.vif()["path"], "fast")

    def test_the_setting_of_the_vif(self):
        self.attach()
        self.ask("fastpath-set", vif="vif1.0", on=False)
        self.expect_slow("off for the vif")
        self.ask("fastpath-set", vif="vif1.0", on=True)
        self.expect_fast()

    def test_the_setting_of_the_bridge(self):
        self.attach()
        self.ask("fastpath-set", bridge="xenbr0", on=False)
        self.expect_slow("off for the bridge")
        self.ask("fastpath-set", bridge="xenbr0", on=True)
        self.expect_fast()

    def test_attributes_that_the_switch_does_not_have(self):
        self.attach()
        for attribute, reason in (("hairpin", "hairpin"),
                                  ("proxy_arp", "proxy_arp"),
                                  ("mcast_to_unicast", "mcast_to_unicast"),
                                  ("locked", "locked")):
            with self.subTest(attribute):
                self.bridge_slave("vif1.0", attribute, "on")
                self.expect_slow(reason)
                self.bridge_slave("vif1.0", attribute, "off")
                self.expect_fast()

    def test_an_attribute_of_the_bridge(self):
        self.attach()
        ip("link", "set", "xenbr0", "type", "bridge", "nf_call_iptables", "1")
        self.expect_slow("nf_call")
        ip("link", "set", "xenbr0", "type", "bridge", "nf_call_iptables", "0")
        self.expect_fast()

    def test_attributes_that_the_switch_follows(self):
        self.attach()
        for attribute, field in (("learning", "learning"),
                                 ("flood", "flood"),
                                 ("mcast_flood", "mcast_flood"),
                                 ("bcast_flood", "bcast_flood")):
            with self.subTest(attribute):
                self.bridge_slave("vif1.0", attribute, "off")
                self.netback.take_port(**{field: 0, "fast": 1})
                self.bridge_slave("vif1.0", attribute, "on")
                self.netback.take_port(**{field: 1, "fast": 1})
        ip("link", "set", "vif1.0", "mtu", "1400")
        self.netback.take_port(mtu=1400, fast=1)
        ip("link", "set", "vif1.0", "down")
        self.netback.take_port(twin_up=0, forwarding=0)

    def test_isolation_that_somebody_else_wants_is_kept(self):
        self.attach()
        self.ask("fastpath-set", vif="vif1.0", on=False)
        self.expect_slow("off for the vif")
        self.bridge_slave("vif1.0", "isolated", "on")
        self.ask("fastpath-set", vif="vif1.0", on=True)
        wait_until(lambda: self.vif()["reasons"] ==
                   ["isolated by an administrator"], "the reason")
        self.assertTrue(isolated("vif1.0"))
        self.bridge_slave("vif1.0", "isolated", "off")
        self.expect_fast()

    def capture(self, name):
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sniffer.bind((name, 3))
        request = socket.if_nametoindex(name).to_bytes(4, "little") + \
            b"\1\0" + bytes(10)
        sniffer.setsockopt(263, 1, request)  # SOL_PACKET, ADD_MEMBERSHIP
        return sniffer

    def test_a_capture_sees_everything(self):
        self.attach()
        for name, reason in (("vif1.0", "capture on the vif"),
                             ("xenbr0", "capture on the bridge")):
            with self.subTest(name), self.capture(name):
                self.expect_slow(reason)
            self.expect_fast()

    def test_who_looks_unannounced_is_seen_once_a_guest_sends(self):
        self.attach()
        self.netback.expect(WATCH)  # no guest sent for a second
        everything = socket.htons(3)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, everything):
            self.netback.send(ACTIVE)
            self.netback.take_port(fast=0, hold=0)
            self.netback.expect(WATCH)
        self.netback.send(ACTIVE)
        self.netback.take_port(fast=1, hold=0)

    def test_who_looks_unannounced_is_seen_by_who_asks(self):
        self.attach()
        self.netback.expect(WATCH)
        everything = socket.htons(3)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, everything):
            self.vif()
            self.expect_slow("capture on all devices")
        self.vif()
        self.expect_fast()

    def test_a_flood_of_announcements_hides_none_for_long(self):
        self.attach()
        with Flood():
            time.sleep(0.5)  # more than the daemon's socket holds
            begin = time.monotonic()
            self.bridge_slave("vif1.0", "hairpin", "on")
            self.netback.take_port(fast=0, hold=0)
            self.assertLess(time.monotonic() - begin, LIMIT / 2)
            self.assertFalse(isolated("vif1.0"))

    def test_a_vif_that_closes_is_isolated_until_it_is_unmapped(self):
        self.attach()
        self.write_store(self.front(1, "state"), "6")
        gone = self.netback.expect(VIF_DEL)
        wait_until(lambda: self.vif()["phase"] == "disconnecting", "the order")
        self.assertTrue(isolated("vif1.0"))
        self.netback.send(VIF_GONE, "II", gone.slot, gone.generation)
        self.wait_state(6)
        self.assertFalse(isolated("vif1.0"))

    def test_a_vif_that_closes_during_a_switch_over_is_left_alone(self):
        closing, _ = self.attach()
        other, _ = self.attach(2)
        self.ask("fastpath-set", vif="vif2.0", on=False)
        self.netback.expect(PORT, slot=closing.slot, hold=1)
        self.write_store(self.front(1, "state"), "6")
        self.netback.take_del()
        self.wait_state(6)
        last = [m for m in self.netback.seen if m.type == PORT
                and m.slot == other.slot][-1]
        self.netback.send(PORT_DONE, "III", last.slot, last.generation,
                          last.sequence)
        self.netback.take_port(slot=other.slot, fast=0, hold=0)
        order = [m.type for m in self.netback.seen
                 if getattr(m, "slot", None) == closing.slot]
        self.assertEqual(order[-1], VIF_DEL)

    def test_a_vif_moves_to_another_bridge_and_to_none(self):
        _, first = self.attach()
        ip("link", "add", "xenbr9", "type", "bridge", "forward_delay", "0")
        self.addCleanup(ip, "link", "del", "xenbr9")
        ip("link", "set", "xenbr9", "up")
        ip("link", "set", "vif1.0", "master", "xenbr9")
        port = self.netback.take_port(fast=1, forwarding=1)
        while port.bridge == first.bridge:
            port = self.netback.take_port(fast=1, forwarding=1)
        self.assertEqual(self.vif()["bridge"], "xenbr9")
        ip("link", "set", "vif1.0", "nomaster")
        self.netback.take_port(fast=0, bridge=0xffffffff, hold=0)
        self.assertEqual(self.vif()["reasons"], ["no bridge"])

    def test_a_renamed_twin_is_still_the_vif(self):
        self.attach()
        ip("link", "set", "vif1.0", "down")
        ip("link", "set", "vif1.0", "name", "db0")
        ip("link", "set", "db0", "up")
        wait_until(lambda: self.ask("vif-show", vif="vif1.0")["name"] == "db0",
                   "the new name")
        self.netback.take_port(fast=1, twin_up=1, forwarding=1)
        self.assertEqual(self.ask("vif-show", vif="db0")["device"], "vif1.0")

    def test_the_ageing_time_is_followed(self):
        self.attach()
        ip("link", "set", "xenbr0", "type", "bridge", "ageing_time", "1000")
        self.netback.expect(BRIDGE, ageing_ms=10000)

    def test_a_removed_bridge(self):
        self.attach()
        ip("link", "add", "keep", "type", "bridge")  # for the clean-up
        ip("link", "del", "xenbr0")
        self.netback.take_port(fast=0, bridge=0xffffffff, hold=0)
        self.assertEqual([bridge["name"] for bridge in
                          self.ask("bridge-list")["bridges"]], ["keep"])
        ip("link", "set", "keep", "name", "xenbr0")


class Tables(DaemonCase):
    def test_a_learned_station_is_the_twins(self):
        add, port = self.attach()
        self.netback.station(LEARNED, port.bridge, add.slot, GUEST)
        wait_until(lambda: "extern_learn" in fdb_line(GUEST), "the entry")
        self.assertIn("dev vif1.0", fdb_line(GUEST))
        self.netback.station(AGED, port.bridge, add.slot, GUEST)
        wait_until(lambda: not fdb_line(GUEST), "its end")

    def test_a_station_that_moves_takes_its_entry_along(self):
        first, port = self.attach()
        second, _ = self.attach(2)
        self.netback.station(LEARNED, port.bridge, first.slot, OTHER)
        wait_until(lambda: "dev vif1.0" in fdb_line(OTHER), "the entry")
        self.netback.station(MOVED, port.bridge, second.slot, OTHER)
        wait_until(lambda: "dev vif2.0" in fdb_line(OTHER), "the move")
        self.assertIn("extern_learn", fdb_line(OTHER))

    def test_the_kernels_own_address_is_not_to_be_had(self):
        add, port = self.attach()
        own = link("xenbr0")["address"]
        self.netback.station(LEARNED, port.bridge, add.slot, own)
        self.netback.station(LEARNED, port.bridge, add.slot, GUEST)
        wait_until(lambda: fdb_line(GUEST), "the positive control")
        self.assertNotIn("vif1.0", fdb_line(own))
        self.assertIn("permanent", fdb_line(own))

    def test_an_administrators_entry_is_not_to_be_had(self):
        ip("link", "add", "up0", "type", "veth", "peer", "name", "up1")
        ip("link", "set", "up0", "master", "xenbr0")
        add, port = self.attach()
        subprocess.run(["bridge", "fdb", "add", OTHER, "dev", "up0", "master",
                        "static"], check=True, timeout=LIMIT)
        self.netback.expect(OUTSIDE, present=1, mac=mac_bytes(OTHER))
        self.netback.station(LEARNED, port.bridge, add.slot, OTHER)
        self.netback.station(LEARNED, port.bridge, add.slot, GUEST)
        wait_until(lambda: fdb_line(GUEST), "the positive control")
        self.assertIn("dev up0", fdb_line(OTHER))
        ip("link", "del", "up0")

    def test_what_a_guest_showed_and_lost_is_outside_again(self):
        ip("link", "add", "up0", "type", "veth", "peer", "name", "up1")
        ip("link", "set", "up0", "master", "xenbr0")
        add, port = self.attach()
        subprocess.run(["bridge", "fdb", "add", OTHER, "dev", "up0", "master",
                        "static"], check=True, timeout=LIMIT)
        self.netback.expect(OUTSIDE, present=1, mac=mac_bytes(OTHER))
        # The switch has it on the guest's port now, and then nowhere; the
        # kernel's entry never changes.
        self.netback.station(MOVED, port.bridge, add.slot, OTHER)
        self.netback.station(AGED, port.bridge, add.slot, OTHER)
        self.netback.expect(OUTSIDE, present=1, mac=mac_bytes(OTHER))
        ip("link", "del", "up0")

    def test_stations_elsewhere_are_outside(self):
        ip("link", "add", "up0", "type", "veth", "peer", "name", "up1")
        ip("link", "set", "up0", "master", "xenbr0")
        ip("link", "set", "up0", "up")
        ip("link", "set", "up1", "up")
        self.attach()
        subprocess.run(["bridge", "fdb", "add", OTHER, "dev", "up0", "master",
                        "dynamic"], check=True, timeout=LIMIT)
        self.netback.expect(OUTSIDE, present=1, mac=mac_bytes(OTHER), fixed=0)
        subprocess.run(["bridge", "fdb", "del", OTHER, "dev", "up0",
                        "master"], check=True, timeout=LIMIT)
        self.netback.expect(OUTSIDE, present=0, mac=mac_bytes(OTHER))
        ip("link", "del", "up0")

    def test_the_hosts_own_address_is_outside(self):
        self.attach()
        own = mac_bytes(link("xenbr0")["address"])
        if not any(m.type == OUTSIDE and m.mac == own and m.present
                   and m.fixed for m in self.netback.seen):
            self.netback.expect(OUTSIDE, present=1, mac=own, fixed=1)

    def test_a_slow_vifs_stations_are_outside_and_back(self):
        add, port = self.attach()
        self.netback.station(LEARNED, port.bridge, add.slot, GUEST)
        wait_until(lambda: fdb_line(GUEST), "the entry")
        self.ask("fastpath-set", vif="vif1.0", on=False)
        self.netback.take_port(fast=0, hold=0)
        wait_until(lambda: not fdb_line(GUEST), "its end")
        subprocess.run(["bridge", "fdb", "add", GUEST, "dev", "vif1.0",
                        "master", "dynamic"], check=True, timeout=LIMIT)
        self.netback.expect(OUTSIDE, present=1, mac=mac_bytes(GUEST))
        self.ask("fastpath-set", vif="vif1.0", on=True)
        self.netback.take_port(fast=0, hold=1)
        self.netback.take_port(fast=1, hold=1)
        self.netback.expect(OUTSIDE, present=0, mac=mac_bytes(GUEST))

    def test_lost_events_are_made_good_by_a_dump(self):
        add, port = self.attach()
        self.netback.station(LEARNED, port.bridge, add.slot, GUEST)
        wait_until(lambda: fdb_line(GUEST), "the entry")
        self.netback.send(STATIONS_END, "II", port.bridge, 1)
        self.netback.expect(STATIONS_GET, bridge=port.bridge)
        self.netback.station(LEARNED, port.bridge, add.slot, OTHER, dump=1)
        self.netback.send(STATIONS_END, "II", port.bridge, 0)
        wait_until(lambda: fdb_line(OTHER), "the one in the dump")
        wait_until(lambda: not fdb_line(GUEST), "the end of the other")

    def test_both_tables_are_shown(self):
        add, port = self.attach()
        self.netback.station(LEARNED, port.bridge, add.slot, GUEST)
        wait_until(lambda: fdb_line(GUEST), "the entry")
        wait_until(lambda: any(
            row["mac"] == GUEST and row["switch"] and row["kernel"]
            and row["port"] == "vif1.0"
            for row in self.ask("bridge-fdb", bridge="xenbr0")["fdb"]),
            "the row")


class Flood:
    """A thousand announcements of the kernel's for each system call, on a
    bridge without vifs."""

    def __init__(self):
        ip("link", "add", "flood0", "type", "bridge")
        ip("link", "add", "flood1", "type", "veth", "peer", "name", "flood2")
        ip("link", "set", "flood1", "master", "flood0")
        port = link("flood1")["ifindex"]
        self.batch = b"".join(
            struct.pack("=IHHIIBxxxiHBBHH6sxx", 40, kind, flags, 0, 0,
                        socket.AF_BRIDGE, port, 64, 4, 0, 10, 2,
                        b"\x02\xaa" + number.to_bytes(4, "big"))
            for number in range(500)
            for kind, flags in ((28, 0x401), (29, 1)))  # NEW-, DELNEIGH
        self.going = True
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
            while self.going:
                kernel.send(self.batch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()
        ip("link", "del", "flood1")
        ip("link", "del", "flood0")


class Deaths(DaemonCase):
    def test_a_new_data_process_gets_everything_back(self):
        first, _ = self.attach()
        second, port = self.attach(2)
        key = self.hello.hash_key
        hello = self.kill_netback()
        self.assertEqual(hello.hash_key, key)
        bridge = self.netback.expect(BRIDGE, bridge=port.bridge)
        self.assertEqual(bridge.ageing_ms, 300000)
        for before in (first, second):
            add = self.netback.take_add()
            self.assertEqual(add.resume, 1)
            self.assertEqual(add.queues, before.queues)
            self.assertEqual(
                (add.slot, add.generation),
                (before.slot, before.generation))
        ports = [self.netback.expect(PORT, fast=1, hold=1) for _ in range(2)]
        self.netback.send(PORT_DONE, "III", ports[0].slot,
                          ports[0].generation, ports[0].sequence)
        # Nobody sends before all have their places.
        self.assertTrue(all(m.hold for m in self.netback.seen
                            if m.type == PORT))
        self.netback.send(PORT_DONE, "III", ports[1].slot,
                          ports[1].generation, ports[1].sequence)
        self.netback.take_port(slot=first.slot, hold=0, fast=1)
        self.netback.take_port(slot=second.slot, hold=0, fast=1)
        self.assertEqual((self.state(1), self.state(2)), ("4", "4"))
        self.assertEqual(self.ask("status")["netback"]["restarts"], 1)

    def test_a_vif_that_waits_for_its_script_holds_nobody(self):
        first, _ = self.attach()
        self.create(2)
        self.wait_state(2, 2)
        self.connect_frontend(2)
        self.netback.take_add()
        wait_until(lambda: self.vif(2)["phase"] == "up", "the rings")
        self.kill_netback()
        for _ in range(2):
            self.netback.take_add()
        self.netback.take_port(slot=first.slot, fast=1, hold=0)
        self.hotplug(2)
        self.netback.take_port(slot=1, fast=1, hold=0, twin_up=1)
        self.wait_connected(2)

    def test_a_data_process_that_hangs_up_is_replaced(self):
        self.attach()
        self.netback.send_raw("hang up")
        self.netback = self.next_netback()
        self.netback.say_ready()
        self.netback.take_add()
        self.netback.take_port(fast=1, hold=0)

    def test_a_close_while_there_is_none(self):
        self.attach()
        os.kill(self.ask("status")["netback"]["pid"], signal.SIGKILL)
        self.netback = self.next_netback()
        self.netback.expect(HELLO)  # and it is not ready
        self.write_store(self.front(1, "state"), "6")
        self.wait_state(6)

    def test_a_message_that_cannot_be_costs_its_sender_its_life(self):
        self.attach()
        for bad in ("00", "4000000002000000", "0100000002000000",
                    "ff00000002000000", "41000000010000000000000000000000"
                    "00000000"):
            with self.subTest(bad):
                restarts = self.ask("status")["netback"]["restarts"]
                self.netback.send_raw(bad)
                self.netback = self.next_netback()
                self.netback.say_ready()
                self.netback.take_add()
                self.netback.take_port(fast=1, hold=0)
                self.assertEqual(self.ask("status")["netback"]["restarts"],
                                 restarts + 1)
        self.assertEqual(self.state(), "4")

    def test_a_storm_of_deaths_is_slowed_down(self):
        begin = time.monotonic()
        for _ in range(7):
            self.kill_netback(signal.SIGSEGV)
        # Three at once, then 100, 200, 400, 800 ms.
        self.assertGreater(time.monotonic() - begin, 1.5)

    def test_kills_of_one_that_served_are_not_slowed_down(self):
        pauses = []
        for _ in range(12):
            # It is to have served for this long; see SERVED_MS.
            time.sleep(0.15)
            begin = time.monotonic()
            os.kill(self.ask("status")["netback"]["pid"], signal.SIGKILL)
            self.netback = self.next_netback()
            pauses.append(time.monotonic() - begin)
            self.netback.say_ready()
        # Slowed down the last ones would wait 3.2 and 6.4 s, and 10 s.
        self.assertLess(min(pauses[6:]), 3)

    def test_the_store_goes_and_comes_back(self):
        self.attach()
        pid = self.ask("status")["netback"]["pid"]
        self.store.kill()
        self.store.wait()
        wait_until(lambda: not self.ask("status")["store"], "the loss")
        # Forwarding and its settings go on.
        self.ask("fastpath-set", vif="vif1.0", on=False)
        self.netback.take_port(fast=0, hold=0)
        # The next xenplaned could not begin.
        self.assertEqual(self.ask("upgrade"), "the store is away")
        self.start_store()
        wait_until(lambda: self.ask("status")["store"], "the return")
        self.assertIn("would not start", self.ask("upgrade"))  # a fake one
        self.assertEqual(self.ask("status")["netback"]["pid"], pid)

    def test_the_store_comes_back_with_a_vif_that_closes(self):
        self.attach()
        self.attach(2)
        self.store.kill()
        self.store.wait()
        wait_until(lambda: not self.ask("status")["store"], "the loss")
        self.start_store()  # empty: the toolstack writes it again
        self.assertEqual(self.netback.take_del().slot, 0)
        self.assertEqual(self.netback.take_del().slot, 1)
        wait_until(lambda: self.ask("vif-list")["vifs"] == [], "the end")

    def test_sigterm_leaves_states_and_nothing_else(self):
        self.attach()
        self.daemon.terminate()
        self.assertEqual(self.daemon.wait(timeout=LIMIT), 0)
        self.assertIsNone(link("vif1.0"))
        self.assertFalse(self.socket.exists())
        self.assertEqual(self.state(), "4")

    def test_a_killed_daemon_is_followed_by_another(self):
        self.attach()
        self.daemon.kill()
        self.daemon.wait()
        wait_until(lambda: link("vif1.0") is None, "the twin's end")
        self.assertTrue(self.socket.exists())
        self.create(2)
        self.start_daemon()
        self.netback.take_add()
        self.wait_state(2, 2)
        self.hotplug(2)

    def test_a_second_daemon_is_told_so(self):
        done = subprocess.run(
            [self.daemon.args[0], "--socket", str(self.socket), "--netback",
             "/bin/true"], env=self.preload, capture_output=True, text=True,
            timeout=LIMIT, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another xenplaned serves it", done.stderr)
        self.assertEqual(self.ask("status")["vifs"], 0)


class Socket(DaemonCase):
    def raw(self, data):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(LIMIT)
            try:  # BlockingIOError: too many wait to be taken
                client.connect(str(self.socket))
                client.sendall(data)
                return client.recv(65536)
            except (BlockingIOError, ConnectionError):
                return b""

    def test_only_its_owner_may_connect(self):
        self.assertEqual(self.socket.stat().st_mode & 0o777, 0o600)

    def test_nonsense_is_answered(self):
        for line, words in ((b"{", "not JSON"), (b"[]", "no command"),
                            (b"{}", "no command"), (b"\0\0", "not JSON"),
                            (b'{"cmd": 7}', "no command"),
                            (b'{"cmd": "nothing"}', "no command"),
                            (b'{"cmd": "vif-show"}', "names no vif"),
                            (b'{"cmd": "vif-show", "vif": "x"}', "no vif"),
                            (b'{"cmd": "bridge-fdb", "bridge": "x"}',
                             "no bridge"),
                            (b'{"cmd": "fastpath-set", "vif": "x"}', "on"),
                            (b'{"cmd": "status", "cmd": "status"}',
                             "not JSON")):
            with self.subTest(line):
                answer = self.raw(line + b"\n")
                self.assertIn(b'"ok":false', answer)
                self.assertIn(words.encode(), answer)
        self.assertIn(b'"ok":true', self.raw(b'{"cmd": "status"}\n'))

    def test_an_endless_line_is_not_kept(self):
        self.assertEqual(self.raw(b"x" * 8192), b"")
        self.assertEqual(self.ask("status")["vifs"], 0)

    def test_a_client_that_does_not_read_stops_nobody(self):
        with socket.socket(socket.AF_UNIX) as slow:
            slow.connect(str(self.socket))
            slow.setblocking(False)
            try:
                for _ in range(100000):
                    slow.send(b'{"cmd": "status"}\n')
            except BlockingIOError:
                pass
            self.assertEqual(self.ask("status")["vifs"], 0)

    def test_many_clients(self):
        clients = []
        for _ in range(40):
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(self.socket))
            clients.append(client)
        for client in clients:
            client.close()
        wait_until(lambda: self.raw(b'{"cmd": "status"}\n'), "an answer")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
