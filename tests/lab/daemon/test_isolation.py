#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Isolated vifs on both paths: what the twins' `isolated` is, and the order in
which it and the data process's PORTs change."""
import os
import sys
import unittest

from bed import PORT, PORT_DONE, DaemonCase, ip, isolated, wait_until

NEIGHBOUR = "isolated vif on the kernel's path"
OFF = "off for the vif"


class Isolation(DaemonCase):
    def set(self, domid, *pairs):
        self.ask("vif-set", vif=f"vif{domid}.0", settings=list(pairs))

    def bits(self, *domids):
        return tuple(isolated(f"vif{domid}.0") for domid in domids)

    def reasons(self, *domids):
        return [self.vif(domid)["reasons"] for domid in domids]

    def settle(self, *domids):
        self.netback.confirm_while(lambda: not all(
            self.vif(domid)["settled"] for domid in domids))

    def set_and_settle(self, domid, *pairs, all_of=(1, 2)):
        self.set(domid, *pairs)
        self.settle(*all_of)

    def held(self, slots):
        """The PORTs until all of these are held, without confirming any; and
        nobody's path has changed before the last one was."""
        waiting, last = set(slots), {}
        while waiting:
            port = self.netback.expect(PORT)
            if waiting and port.slot not in last:
                self.assertEqual(port.hold, 1)
                self.assertEqual(port.fast, self.paths[port.slot])
            last[port.slot] = port
            waiting.discard(port.slot)
        return last

    def confirm(self, port):
        self.netback.send(PORT_DONE, "III", port.slot, port.generation,
                          port.sequence)

    def test_the_order_of_leaving_and_of_coming_back(self):
        self.attach()
        self.attach(2)
        self.set_and_settle(2, "isolated=on")
        self.assertEqual(self.bits(1, 2), (True, True))
        self.assertEqual(self.reasons(1, 2), [[], []])

        self.paths = {0: 1, 1: 1}
        self.set(2, "fastpath=off")
        last = self.held((0, 1))
        for slot in (1, 0):  # and only then they leave the switch
            last[slot] = self.netback.expect(PORT, slot=slot, fast=0, hold=1)
        self.confirm(last[0])
        wait_until(lambda: self.vif(2)["reasons"] == [OFF], "the reason")
        self.assertEqual(self.bits(1, 2), (True, True))
        self.confirm(last[1])
        self.netback.take_port(slot=1, fast=0, hold=0)
        self.assertEqual(self.bits(1, 2), (False, True))
        self.settle(1, 2)
        self.assertEqual(self.reasons(1, 2), [[NEIGHBOUR], [OFF]])

        self.paths = {0: 0, 1: 0}
        self.set(2, "fastpath=on")
        last = self.held((0, 1))
        # It is on the switch again while all wait: nobody hears of it.
        last[1] = self.netback.expect(PORT, slot=1, fast=1, hold=1)
        self.confirm(last[1])
        self.assertEqual(self.bits(1, 2), (False, True))
        self.confirm(last[0])
        ports = [self.netback.expect(PORT) for _ in range(3)]
        self.assertEqual([(p.slot, p.fast, p.hold) for p in ports],
                         [(0, 1, 1), (0, 1, 0), (1, 1, 0)])
        self.assertEqual(self.bits(1, 2), (True, True))
        for port in ports:
            self.confirm(port)
        self.settle(1, 2)
        self.assertEqual(self.reasons(1, 2), [[], []])

    def test_the_setting_of_a_slow_vif(self):
        self.attach()
        self.attach(2)
        self.set_and_settle(2, "fastpath=off")
        self.assertEqual(self.bits(1, 2), (True, False))
        for _ in range(2):
            self.set_and_settle(2, "isolated=on")
            self.assertEqual(self.bits(1, 2), (False, True))
            self.assertEqual(self.reasons(1, 2), [[NEIGHBOUR], [OFF]])
            self.set_and_settle(2, "isolated=off")
            self.assertEqual(self.bits(1, 2), (True, False))
            self.assertEqual(self.reasons(1, 2), [[], [OFF]])

    def test_two_causes(self):
        self.attach()
        self.attach(2)
        for domid in (1, 2):
            self.set_and_settle(domid, "isolated=on", "fastpath=off")
        self.assertEqual(self.bits(1, 2), (True, True))
        self.assertEqual(self.reasons(1, 2), [[OFF], [OFF]])
        self.set_and_settle(1, "fastpath=on")
        self.assertEqual(self.reasons(1, 2), [[NEIGHBOUR], [OFF]])
        self.set_and_settle(2, "fastpath=on")
        self.assertEqual(self.reasons(1, 2), [[], []])
        self.assertEqual(self.bits(1, 2), (True, True))

    def test_ours_is_not_taken_for_an_administrators(self):
        self.attach()
        self.set_and_settle(1, "isolated=on", "fastpath=off", all_of=(1,))
        self.assertEqual((self.bits(1), self.reasons(1)), ((True,), [[OFF]]))
        ip("link", "set", "vif1.0", "type", "bridge_slave", "isolated", "off")
        self.netback.confirm_while(lambda: self.bits(1) == (False,))
        self.settle(1)
        self.assertEqual(self.reasons(1), [[OFF]])
        self.set_and_settle(1, "isolated=off", all_of=(1,))
        self.assertEqual(self.bits(1), (False,))

    def test_an_administrators_counts_as_much(self):
        self.attach()
        self.attach(2)
        self.set_and_settle(2, "fastpath=off")
        ip("link", "set", "vif2.0", "type", "bridge_slave", "isolated", "on")
        self.netback.confirm_while(lambda: self.bits(1) != (False,))
        self.settle(1, 2)
        theirs = "isolated by an administrator"
        self.assertEqual(self.reasons(1, 2), [[NEIGHBOUR], [OFF, theirs]])
        self.set_and_settle(2, "isolated=on")
        self.set_and_settle(2, "isolated=off", "fastpath=on")
        self.assertEqual(self.bits(1, 2), (False, True))
        self.assertEqual(self.reasons(1, 2), [[NEIGHBOUR], [theirs]])
        ip("link", "set", "vif2.0", "type", "bridge_slave", "isolated", "off")
        self.netback.confirm_while(lambda: self.reasons(1, 2) != [[], []])
        self.settle(1, 2)
        self.assertEqual(self.bits(1, 2), (True, True))

    def test_the_cause_goes(self):
        self.attach()
        self.attach(2)
        self.set_and_settle(2, "isolated=on", "fastpath=off")
        self.assertEqual(self.reasons(1), [[NEIGHBOUR]])
        self.write_store(self.front(2, "state"), "6")
        gone = self.netback.take_del()
        self.assertEqual(gone.slot, 1)
        self.netback.confirm_while(lambda: self.reasons(1) != [[]])
        self.settle(1)
        self.wait_state(6, 2)
        # What waits in a twin is for the guest that comes.
        self.assertEqual(self.bits(1, 2), (True, True))

    def test_the_cause_moves_to_another_bridge(self):
        self.attach()
        self.attach(2)
        self.set_and_settle(2, "isolated=on", "fastpath=off")
        ip("link", "add", "xenbr9", "type", "bridge", "forward_delay", "0")
        self.addCleanup(ip, "link", "del", "xenbr9")
        ip("link", "set", "vif2.0", "master", "xenbr9")
        self.netback.confirm_while(lambda: self.reasons(1) != [[]] or
                                   self.bits(1, 2) != (True, True))
        ip("link", "set", "vif1.0", "master", "xenbr9")
        self.netback.confirm_while(lambda: self.reasons(1) != [[NEIGHBOUR]] or
                                   self.bits(1, 2) != (False, True))

    def test_one_comes_that_is_slow_and_isolated(self):
        self.config.write_text("[vif 00:16:3e:00:00:02]\n"
                               "isolated = on\nfastpath = off\n")
        self.daemon.send_signal(1)
        self.attach()
        self.create(2)
        self.wait_state(2, 2)
        self.hotplug(2)
        wait_until(lambda: self.bits(1, 2) == (True, True), "its bit")
        self.assertEqual(self.reasons(1), [[]])  # no guest is there yet
        self.connect_frontend(2)
        self.netback.take_add()
        self.wait_connected(2)
        self.settle(1, 2)
        self.assertEqual(self.bits(1, 2), (False, True))
        self.assertEqual(self.reasons(1, 2), [[NEIGHBOUR], [OFF]])

    def test_a_new_data_process_finds_it_so(self):
        self.attach()
        self.attach(2)
        self.set_and_settle(2, "isolated=on", "fastpath=off")
        self.kill_netback()
        for _ in range(2):
            self.netback.take_add()
        self.netback.confirm_while(lambda: not all(
            self.vif(domid)["phase"] == "up" for domid in (1, 2)))
        self.settle(1, 2)
        self.assertFalse(any(m.fast for m in self.netback.seen
                             if m.type == PORT))
        self.assertEqual(self.bits(1, 2), (False, True))
        self.assertEqual(self.reasons(1, 2), [[NEIGHBOUR], [OFF]])


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
