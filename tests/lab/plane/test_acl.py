#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Access lists, through the plane and on both paths: what is allowed passes,
and of what is denied no frame arrives and each is counted. Each "does not" has
a "does" beside it: the same without the list, or with the rule in it."""
import json

from acl_case import COUNT, MAC_A, SERVE, AclCase, python
from case import A4, B4, B6, labtool, main

PORTS = (80, 81)
LINK_LOCAL_B = "fe80::216:3eff:fe00:b%eth0"


class Acl(AclCase):
    def test_ports_that_may_be_reached(self):
        with self.lab.going("b", "ready", *python(SERVE, *PORTS)):
            for _ in self.on_both_paths():
                self.say("")
                for to in (B4, B6):
                    for port in PORTS:  # as it is without a list
                        self.asks("tcp", to, port, True)
                        self.asks("udp", to, port, True)
                self.say("[acl web]\nallow = in tcp 80 replies\n"
                         "allow = in udp 80 replies\n[vif vif2.0]\nacl = web\n")
                before = self.drops("vif2.0", "acl_in")
                with self.lab.going("b", "ready", *python(COUNT)) as counter:
                    for to in (B4, B6):
                        self.asks("tcp", to, 80, True)
                        self.asks("udp", to, 80, True)
                        self.asks("tcp", to, 81, False)
                        self.asks("udp", to, 81, False)
                    seen = json.loads(labtool.end(counter))
                self.assertNotIn("81", seen)
                self.assertGreaterEqual(seen["80"], 8)
                self.assertGreaterEqual(self.drops("vif2.0", "acl_in"),
                                        before + 4)
                self.assertEqual(self.drops("vif1.0", "acl"), 0)

    def test_what_a_guest_may_send(self):
        with self.lab.going("b", "ready", *python(SERVE, *PORTS)):
            for _ in self.on_both_paths():
                self.say("[acl out]\ndefault = allow\ndeny = out tcp 81\n"
                         "deny = out udp 81\ndeny = out icmp 8\n"
                         f"[vif {MAC_A}]\nacl = out\n")
                before = self.drops("vif1.0", "acl")
                with self.lab.going("b", "ready", *python(COUNT)) as counter:
                    for to in (B4, B6):
                        self.asks("tcp", to, 80, True)
                        self.asks("tcp", to, 81, False)
                        self.asks("udp", to, 81, False)
                    self.assert_pings("a", B6, count=3)  # that is icmp6
                    with self.assertRaises(labtool.Failed):
                        labtool.ping(self.lab, "a", B4, count=1)
                    seen = json.loads(labtool.end(counter))
                self.assertNotIn("81", seen)
                self.assertGreaterEqual(self.drops("vif1.0", "acl"),
                                        before + 5)
                self.say("")
                self.assert_pings("a", B4, count=3)
                self.asks("tcp", B4, 81, True)

    def test_guests_by_name_and_group(self):
        with self.lab.going("b", "ready", *python(SERVE, 80)):
            for _ in self.on_both_paths():
                for who, may in (("vif1.0", True), ("vif3.0", False),
                                 (MAC_A, True), ("group friends", True),
                                 ("group db", False), ("10.77.0.8/30", True),
                                 ("10.77.0.12/30", False)):
                    self.say("[acl friends]\ndefault = allow\n[acl db]\n"
                             f"allow = in tcp 80 from {who} replies\n"
                             "[vif vif2.0]\nacl = db\n"
                             "[vif vif1.0]\nacl = friends\n")
                    self.asks("tcp", B4, 80, may)

    def test_a_guarded_guest_is_all_that_it_may_send_from(self):
        """Its link-local address is nowhere in its `ip`."""
        guarded = "[vif vif2.0]\nacl = db\n[vif vif1.0]\nantispoof = on\n"
        with self.lab.going("b", "ready", *python(SERVE, 80)):
            for _ in self.on_both_paths():
                for text, may in (
                        ("default = allow\n", True),
                        ("default = allow\ndeny = in any from vif1.0\n",
                         False),
                        ("allow = in udp 80 from vif1.0 replies\n", True),
                        ("allow = in udp 80 from vif3.0 replies\n", False)):
                    self.say("[acl db]\n" + text + guarded)
                    for to in (B4, B6, LINK_LOCAL_B):
                        self.asks("udp", to, 80, may)

    def test_replies_carry_both_ways_with_a_default_deny(self):
        self.say("[acl client]\nallow = out tcp 80 replies\n"
                 "allow = out icmp 8 replies\nallow = out icmp6 128 replies\n"
                 f"[vif {MAC_A}]\nacl = client\n")
        with self.lab.going("b", "ready", *python(SERVE, *PORTS)), \
                self.lab.going("a", "ready", *python(SERVE, *PORTS)):
            for _ in self.on_both_paths():
                self.asks("tcp", B4, 80, True)
                self.asks("tcp", B6, 80, True)
                self.asks("tcp", B4, 81, False)
                self.asks("tcp", A4, 80, False, where="b")
                self.assert_pings("a", B4, count=3)
                self.assert_pings("a", B6, count=3)
                with self.assertRaises(labtool.Failed):
                    labtool.ping(self.lab, "b", A4, count=1)


if __name__ == "__main__":
    main()
