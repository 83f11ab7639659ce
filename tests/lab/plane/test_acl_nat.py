#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Access lists of a guest behind NAT: a rule that is cut ends a connection that
runs, one that the guest began and one that a forward let in, and with it the
entry that the kernel's connection tracking has of it, but no other one; a rule
that comes back lets who tries on go on."""
import json
import tempfile
import time

from acl_case import COUNT, STREAM, STREAM_TO, AclCase, python
from case import HOST4, HOST6, OUT4, OUT6, labtool, main

GATE4, GATE6 = "10.0.0.1", "fd00:1::1"
GUEST4, GUEST6 = "10.0.0.5", "fd00:1::5"
NAT = f"""[bridge xennat]
mode = nat
address = {GATE4}/24 {GATE6}/64
forward = tcp 8080 -> {GUEST4}:80
forward = tcp 8080 -> [{GUEST6}]:80
"""
LIST = "[vif vif1.0]\nacl = shop\n[acl shop]\n"
OUTWARDS = LIST + "allow = out tcp 80 replies\n"
INWARDS = LIST + "allow = in tcp 80 replies\n"


class Nat(AclCase):
    GUESTS = (("d", "mac=00:16:3e:00:00:0d,bridge=xennat,"
               f"ip={GUEST4} {GUEST6}"),)

    @classmethod
    def setUpClass(cls):
        guests, cls.GUESTS = cls.GUESTS, ()
        super().setUpClass()
        cls.GUESTS = guests
        cls.lab.inside("dom0", "sh", "-ec", "ip link add xennat type bridge;"
                       f"ip address add {GATE4}/24 dev xennat;"
                       f"ip address add {GATE6}/64 dev xennat nodad;"
                       "ip link set xennat up")
        cls.lab.create(*guests[0])
        cls.lab.inside("d", "sh", "-ec", f"ip route add default via {GATE4};"
                       f"ip route add default via {GATE6}")
        file = cls.enterClassContext(tempfile.NamedTemporaryFile("w"))
        file.write(NAT)
        file.flush()
        nat = labtool.XENPLANE, "nat"
        cls.lab.inside("dom0", *nat, "apply", "-f", file.name)
        cls.addClassCleanup(cls.lab.inside, "dom0", *nat, "stop")

    def wait(self, what, figure, least):
        deadline = time.monotonic() + 60
        while figure() < least:
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.02)

    def figure(self, name):
        shown = self.lab.json("vif", "show", "vif1.0")
        return shown["drops"].get(name, shown.get(name))

    def ended(self):
        return self.lab.json("status")["in_force"]["connections_ended"]

    def check_cut(self, allowed, client, server, to, flows, drop):
        """`flows` counts what gets through to or from the guest."""
        def flowing():
            return self.figure(flows)

        def dropped():
            return self.figure(drop)
        address, port = to
        self.say(allowed)
        with self.lab.going(server, "ready", *python(STREAM_TO)), \
                self.lab.going(client, "ready",
                               *python(STREAM, address, port)):
            with self.lab.going(server, "ready", *python(COUNT)) as counter:
                self.wait("the stream", flowing, flowing() + 100000)
                self.assertIn("80", json.loads(labtool.end(counter)))
            ends = self.ended()
            self.say(LIST)
            before = dropped()
            self.wait("the kernel's entry", self.ended, ends + 1)
            self.wait("what is cut", dropped, before + 1)
            with self.lab.going(server, "ready", *python(COUNT)) as counter:
                self.wait("what is cut", dropped, dropped() + 2)
                self.assertNotIn("80", json.loads(labtool.end(counter)))
            self.say(allowed)  # TCP tries again, and goes on
            self.wait("the stream again", flowing, flowing() + 100000)

    def test_what_the_guest_began(self):
        for to in (OUT4, OUT6):
            with self.subTest(to=to):
                self.check_cut(OUTWARDS, "d", "outside", (to, 80),
                               "tx_bytes", "acl")

    def test_what_is_still_allowed_stays(self):
        """The control: another rule goes, and nothing is ended."""
        self.say(OUTWARDS + "allow = out tcp 81 replies\n")
        with self.lab.going("outside", "ready", *python(STREAM_TO)), \
                self.lab.going("d", "ready", *python(STREAM, OUT4, 80)):
            ends, drops = self.ended(), self.figure("acl")
            refreshes = self.refreshes()
            self.say(OUTWARDS)
            self.wait("a look at connections", self.refreshes, refreshes + 1)
            sent = self.figure("tx_bytes")
            self.wait("the stream", lambda: self.figure("tx_bytes"),
                      sent + 100000)
            self.assertEqual((self.ended(), self.figure("acl")),
                             (ends, drops))

    def refreshes(self):
        return self.lab.json("status")["in_force"]["refreshes"]

    def test_what_a_forward_let_in(self):
        for to in (HOST4, HOST6):
            with self.subTest(to=to):
                self.check_cut(INWARDS, "outside", "d", (to, 8080),
                               "rx_bytes", "acl_in")


if __name__ == "__main__":
    main()
