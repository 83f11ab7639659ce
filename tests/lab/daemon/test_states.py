#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon and the store: attaching, detaching, refusing."""
import os
import signal
import sys
import unittest

from bed import NO_BRIDGE, POLICY, PORT, VIF_ADD, VIF_DEL, VIF_FAULT, \
    VIF_GONE, DaemonCase, ip, link, wait_until

CTRL_RING = 1 << 6  # XN_DL_FE_CTRL_RING


class States(DaemonCase):
    def test_the_twin_is_complete_before_init_wait(self):
        self.create()
        self.wait_state(2)
        twin = link("vif1.0")
        self.assertEqual(twin["address"], "fe:ff:ff:ff:ff:ff")
        self.assertNotIn("UP", twin["flags"])
        self.assertEqual(twin["inet6_addr_gen_mode"], "none")
        ip("link", "set", "vif1.0", "up")
        self.assertNotIn("inet6", ip("addr", "show", "dev", "vif1.0"))
        for key, value in (("feature-sg", "1"), ("feature-rx-copy", "1"),
                           ("feature-gso-tcpv4", "1"),
                           ("feature-split-event-channels", "1"),
                           ("feature-ctrl-ring", "1")):
            self.assertEqual(self.read_store(self.back(1, key)), value, key)
        self.assertEqual(
            self.read_store(self.back(1, "multi-queue-max-queues")),
            str(min(os.cpu_count(), 8)))

    def test_rings_are_mapped_before_the_script_and_connected_after(self):
        self.create()
        self.wait_state(2)
        self.connect_frontend()
        add = self.netback.take_add()
        self.assertEqual((add.domid, add.handle, add.queue_count), (1, 0, 1))
        self.assertEqual(add.queues[0][:2], (8, 9))
        self.assertNotEqual(add.queues[0][2], add.queues[0][3])
        self.assertEqual(add.fd_count, 3)
        self.assertEqual(add.resume, 0)
        wait_until(lambda: self.vif()["phase"] == "up", "the vif's rings")
        self.assertEqual(self.state(), "2")
        self.hotplug()
        port = self.netback.expect(PORT, fast=1)
        self.assertEqual(self.state(), "2")  # not confirmed yet
        self.netback.send(70 - 2, "III", port.slot, port.generation,
                          port.sequence)
        self.wait_connected()
        port = [m for m in self.netback.seen if m.type == PORT][-1]
        self.assertEqual((port.twin_up, port.forwarding), (1, 1))

    def test_detach(self):
        self.attach()
        self.write_store(self.back(1, "online"), "0",
                         self.back(1, "state"), "5")
        gone = self.netback.expect(VIF_DEL)
        self.write_store(self.front(1, "state"), "6")
        self.assertEqual(self.state(), "5")  # still mapped
        self.netback.send(VIF_GONE, "II", gone.slot, gone.generation)
        self.wait_state(6)
        self.assertIsNotNone(link("vif1.0"))  # for the script's offline
        self.remove(self.back(1, "")[:-1], self.front(1, "")[:-1])
        wait_until(lambda: link("vif1.0") is None, "the twin's end")
        self.assertEqual(self.ask("vif-list")["vifs"], [])

    def test_a_reconnect_has_a_new_generation(self):
        first, _ = self.attach()
        self.write_store(self.front(1, "state"), "5")
        self.netback.take_del()
        self.wait_state(5)
        self.write_store(self.front(1, "state"), "6")
        self.wait_state(6)
        self.write_store(self.front(1, "state"), "1")
        self.wait_state(2)
        self.connect_frontend()
        add = self.netback.take_add()
        self.assertGreater(add.generation, first.generation)
        self.netback.take_port(fast=1)
        self.wait_connected()

    def test_two_queues(self):
        if os.cpu_count() < 2:
            self.skipTest("one queue is offered to one CPU")
        self.create()
        self.wait_state(2)
        ports = self.guest_ports(1, 2)
        keys = {"request-rx-copy": "1", "multi-queue-num-queues": "2",
                "queue-0/tx-ring-ref": "8", "queue-0/rx-ring-ref": "9",
                "queue-0/event-channel": ports[0],
                "queue-1/tx-ring-ref": "10", "queue-1/rx-ring-ref": "11",
                "queue-1/event-channel": ports[1], "state": "4"}
        self.write_store(*[word for key, value in keys.items()
                           for word in (self.front(1, key), value)])
        add = self.netback.take_add()
        self.assertEqual(add.queue_count, 2)
        self.assertEqual(add.fd_count, 4)
        self.assertEqual([queue[:2] for queue in add.queues[:2]],
                         [(8, 9), (10, 11)])
        self.assertEqual(add.queues[0][2], add.queues[0][3])

    def test_a_control_ring_is_bound_with_the_others(self):
        self.create()
        self.wait_state(2)
        ports = self.guest_ports(1, 3)
        self.connect_frontend(event_channel_tx=ports[0],
                              event_channel_rx=ports[1],
                              ctrl_ring_ref="44",
                              event_channel_ctrl=ports[2])
        add = self.netback.take_add()
        self.assertEqual(add.ctrl_ring_ref, 44)
        self.assertEqual(add.frontend & CTRL_RING, CTRL_RING)
        self.assertNotIn(add.ctrl_port, (0, *add.queues[0][2:]))
        self.assertEqual(add.fd_count, 3)

    def test_half_a_control_ring_is_refused(self):
        self.refused("event-channel-ctrl is missing", ctrl_ring_ref="44")

    def test_a_control_ring_of_nobody_is_refused(self):
        self.refused("binding event channel 77", ctrl_ring_ref="44",
                     event_channel_ctrl="77")

    def refused(self, words, **keys):
        self.create()
        self.wait_state(2)
        self.connect_frontend(**keys)
        self.wait_state(5)
        self.assertIn(words, self.vif()["error"])
        self.assertFalse([m for m in self.netback.seen if m.type == VIF_ADD])
        self.write_store(self.front(1, "state"), "6")
        self.wait_state(6)

    def test_a_refused_key_is_named(self):
        self.refused('tx-ring-ref = "x1"', tx_ring_ref="x1")
        self.write_store(self.front(1, "state"), "1")
        self.wait_state(2)  # and the guest may try again
        self.connect_frontend()
        self.netback.take_add()

    def test_a_guests_words_do_not_reach_the_terminal(self):
        # An escape sequence, and a byte that is no UTF-8.
        self.refused('tx-ring-ref = "?[31m?"', tx_ring_ref="\x1b[31m\udcff")

    def test_a_port_that_is_not_offered_is_refused(self):
        self.refused("event channel 9999", event_channel_tx="9999")

    def test_a_long_value_is_refused(self):
        self.refused("rx-ring-ref", rx_ring_ref="9" * 2000)

    def test_a_frontend_of_another_domain_is_not_looked_at(self):
        self.create(2)
        self.create(1, frontend="/local/domain/2/device/vif/0")
        self.wait_state(2, 2)
        self.assertEqual(self.state(1), "1")
        self.assertIsNone(link("vif1.0"))

    def test_a_frontend_id_of_another_domain_is_not_looked_at(self):
        self.create(2)
        self.create(1, frontend_id=2)
        self.wait_state(2, 2)
        self.assertEqual(self.state(1), "1")
        self.assertIsNone(link("vif1.0"))

    def test_rings_that_cannot_be_mapped_close_the_vif(self):
        self.create()
        self.wait_state(2)
        self.connect_frontend()
        self.netback.take_add(error=-14)
        self.wait_state(5)
        self.assertIn("refused the rings", self.vif()["error"])

    def test_a_fault_closes_the_vif_and_says_why(self):
        add, _ = self.attach()
        self.netback.send(VIF_FAULT, "IIII", add.slot, add.generation, 0, 1)
        self.netback.take_del()
        self.wait_state(5)
        self.assertIn("tx_index", self.vif()["error"])
        self.write_store(self.front(1, "state"), "6")
        self.wait_state(6)

    def test_a_destroyed_guest_is_forgotten(self):
        self.attach()
        self.remove("/local/domain/1")
        self.netback.take_del()
        self.wait_state(6)
        self.remove("/local/domain/0/backend/vif/1")
        wait_until(lambda: link("vif1.0") is None, "the twin's end")

    def test_a_folder_that_was_made_anew_is_a_new_vif(self):
        first, _ = self.attach()
        self.write_store(self.front(1, "state"), "6")
        self.netback.take_del()
        self.wait_state(6)
        # Busy for a moment, it sees only what there is afterwards.
        self.daemon.send_signal(signal.SIGSTOP)
        self.remove(self.back(1, "")[:-1], self.front(1, "")[:-1])
        self.create()
        self.daemon.send_signal(signal.SIGCONT)
        self.wait_state(2)
        self.assertEqual(self.read_store(self.back(1, "feature-rx-copy")),
                         "1")
        self.connect_frontend()
        add = self.netback.take_add()
        self.assertGreater(add.generation, first.generation)
        self.hotplug()
        self.netback.take_port(fast=1, twin_up=1, forwarding=1)
        self.wait_connected()

    def test_a_folder_that_was_made_anew_under_served_rings(self):
        self.attach()
        self.daemon.send_signal(signal.SIGSTOP)
        self.remove(self.back(1, "")[:-1], self.front(1, "")[:-1])
        self.create()
        self.daemon.send_signal(signal.SIGCONT)
        self.netback.take_del()
        self.wait_state(2)
        self.assertEqual(self.read_store(self.back(1, "feature-rx-copy")),
                         "1")

    def test_a_vif_without_a_bridge_is_served(self):
        self.create()
        self.wait_state(2)
        self.connect_frontend()
        self.netback.take_add()
        self.hotplug(bridge=None)
        port = self.netback.take_port(twin_up=1)
        self.assertEqual((port.bridge, port.fast, port.forwarding),
                         (NO_BRIDGE, 0, 1))
        self.wait_connected()
        self.assertEqual(self.vif()["reasons"], ["no bridge"])

    def test_a_taken_name_is_waited_for(self):
        ip("tuntap", "add", "vif1.0", "mode", "tap")
        self.create()
        self.assertIsNotNone(link("vif1.0"))
        wait_until(lambda: "exists" in (self.vif()["error"] or ""),
                   "the reason")
        self.assertEqual(self.state(), "1")
        ip("link", "del", "vif1.0")
        self.wait_state(2)


class Reconfiguring(DaemonCase):
    def headroom(self, value):
        """The frontend reconfigures with this headroom."""
        self.write_store(self.front(1, "xdp-headroom"), value)
        self.write_store(self.front(1, "state"), "7")

    def test_headroom_is_offered_and_read_at_the_connection(self):
        self.create()
        self.wait_state(2)
        self.assertEqual(
            self.read_store(self.back(1, "feature-xdp-headroom")), "1")
        self.connect_frontend(xdp_headroom="256")
        self.netback.take_add()
        self.assertEqual(self.netback.expect(POLICY).xdp_headroom, 256)
        self.hotplug()
        self.wait_connected()

    def test_headroom_may_change_under_served_rings(self):
        self.attach()
        for value in ("256", "2048", "0"):
            with self.subTest(value):
                self.headroom(value)
                policy = self.netback.expect(POLICY)
                self.assertEqual(policy.xdp_headroom, int(value))
                self.wait_state(8)
                self.write_store(self.front(1, "state"), "4")
                self.wait_state(4)
        self.assertFalse([m for m in self.netback.seen if m.type == VIF_DEL])

    def test_a_second_wish_without_a_state_between(self):
        self.attach()
        self.headroom("256")
        self.wait_state(8)
        self.headroom("128")
        self.netback.expect(POLICY, xdp_headroom=128)
        self.assertEqual(self.state(), "8")

    def test_headroom_out_of_bounds_closes(self):
        for domid, value in ((1, "2049"), (2, "x"), (3, "")):
            with self.subTest(value):
                self.attach(domid)
                self.write_store(self.front(domid, "xdp-headroom"), value)
                self.write_store(self.front(domid, "state"), "7")
                self.netback.take_del()
                self.wait_state(5, domid)
                self.assertIn(f'xdp-headroom = "{value}"',
                              self.vif(domid)["error"])
                self.write_store(self.front(domid, "state"), "6")
                self.wait_state(6, domid)

    def test_without_rings_nothing_is_answered(self):
        self.create()
        self.wait_state(2)
        self.headroom("256")
        self.write_store(self.front(1, "state"), "3")
        self.connect_frontend(xdp_headroom="64")
        self.netback.take_add()
        self.assertEqual(self.netback.expect(POLICY).xdp_headroom, 64)

    def test_a_new_data_process_gets_what_was_read_last(self):
        self.attach()
        self.headroom("512")
        self.netback.expect(POLICY, xdp_headroom=512)
        self.wait_state(8)
        self.kill_netback()
        self.netback.take_add()
        self.assertEqual(self.netback.expect(POLICY).xdp_headroom, 512)
        self.assertEqual(self.state(), "8")


class Cycles(DaemonCase):
    """What Windows does before it connects, and what toolstacks do late."""

    def reach(self, state, domid):
        """A vif whose frontend is in this state, and the backend has
        answered."""
        self.create(domid)
        self.wait_state(2, domid)
        if state == "4":
            self.connect_frontend(domid)
            self.netback.take_add()
            self.hotplug(domid)
            self.wait_connected(domid)
            return
        self.write_store(self.front(domid, "state"), state)
        if state in "56":
            self.wait_state(state, domid)

    def connects(self, domid):
        """Whatever was before, the guest starts over."""
        self.write_store(self.front(domid, "state"), "1")
        self.wait_state(2, domid)
        self.connect_frontend(domid)
        self.netback.take_add()
        self.hotplug(domid)
        self.wait_connected(domid)

    def test_close_cycles_before_the_first_connection(self):
        self.create()
        self.wait_state(2)
        for _ in range(3):
            self.write_store(self.front(1, "state"), "5")
            self.wait_state(5)
            self.write_store(self.front(1, "state"), "6")
            self.wait_state(6)
            self.write_store(self.front(1, "state"), "1")
            self.wait_state(2)
        self.connects(1)
        self.assertIsNotNone(link("vif1.0"))

    def test_a_frontend_that_vanishes_in_any_state(self):
        for domid, state in enumerate("12345678", 1):
            with self.subTest(state):
                self.reach(state, domid)
                self.remove(self.front(domid, "")[:-1])
                if state == "4":
                    self.netback.take_del()
                self.wait_state(6, domid)
                self.connects(domid)

    def test_a_device_that_vanishes_in_any_state(self):
        for domid, state in enumerate("12345678", 1):
            with self.subTest(state):
                self.reach(state, domid)
                self.remove(self.back(domid, "")[:-1],
                            self.front(domid, "")[:-1])
                if state == "4":
                    self.netback.take_del()
                wait_until(lambda name=f"vif{domid}.0": link(name) is None,
                           "the twin's end")
                self.create(domid)
                self.wait_state(2, domid)

    def test_the_toolstack_closes_in_any_state(self):
        for domid, state in enumerate("12345678", 1):
            with self.subTest(state):
                self.reach(state, domid)
                self.write_store(self.back(domid, "online"), "0",
                                 self.back(domid, "state"), "5")
                if state == "4":
                    self.netback.take_del()
                    self.write_store(self.front(domid, "state"), "6")
                self.wait_state(6, domid)
                # It stays so, whatever the frontend says.
                self.write_store(self.front(domid, "state"), "1")
                self.write_store(self.front(domid, "state"), "3")
                self.ask("status")
                self.assertEqual(self.state(domid), "6")

    def test_offline_alone_closes_nothing(self):
        self.attach()
        self.write_store(self.back(1, "online"), "0")
        self.create(2)  # its events come behind
        self.wait_state(2, 2)
        self.assertEqual(self.state(), "4")
        self.assertFalse([m for m in self.netback.seen if m.type == VIF_DEL])

    def test_a_late_script(self):
        self.create()
        self.wait_state(2)
        self.connect_frontend()
        self.netback.take_add()
        self.write_store(self.back(1, "hotplug-status"), "error")
        self.write_store(self.back(1, "hotplug-status"), "almost")
        self.create(2)
        self.wait_state(2, 2)
        self.assertEqual(self.state(), "2")
        self.hotplug()
        self.wait_connected()
        # Once connected its word counts no more.
        self.write_store(self.back(1, "hotplug-status"), "error")
        self.create(3)
        self.wait_state(2, 3)
        self.assertEqual(self.state(), "4")

    def test_states_that_are_none(self):
        self.attach()
        for domid, value in enumerate(("9", "+4", "04", "4 ", "x" * 300, ""),
                                      2):
            with self.subTest(value=value[:10]):
                self.create(domid)
                self.wait_state(2, domid)
                self.write_store(self.front(domid, "state"), value)
                self.wait_state(6, domid)
                self.connects(domid)
        self.assertEqual(self.state(), "4")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
