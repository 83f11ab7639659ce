#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Access lists, through the plane and on both paths: what is allowed passes,
and of what is denied no frame arrives and each is counted. Each "does not" has
a "does" beside it: the same without the list, or with the rule in it."""
import json
import os
import signal
import time

from acl_case import COUNT, MAC_A, SERVE, AclCase, python
from case import A4, B4, B6, labtool, main

PORTS = (80, 81)

# A stream that goes on until SIGINT: the source counts what was taken.
STREAM_TO = """
import socket
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("", 80))
l.listen(1)
print("ready", flush=True)
s = l.accept()[0]
while s.recv(65536):
    pass
"""
STREAM = """
import socket, sys
s = socket.create_connection((sys.argv[1], 80), timeout=20)
s.settimeout(None)
print("ready", flush=True)
while True:
    s.send(bytes(1000))
"""


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

    def test_a_guests_addresses_may_change(self):
        self.say("[acl db]\nallow = in tcp 80 from vif1.0 replies\n"
                 "[vif vif2.0]\nacl = db\n")
        self.addCleanup(self.lab.xenplane, "vif", "set", "vif1.0",
                        "ip=default")
        with self.lab.going("b", "ready", *python(SERVE, 80)):
            self.asks("tcp", B4, 80, True)
            self.lab.xenplane("vif", "set", "vif1.0", "ip=10.77.0.99")
            self.asks("tcp", B4, 80, False)
            self.lab.xenplane("vif", "set", "vif1.0", "ip=none")  # its MAC
            self.asks("tcp", B4, 80, True)
            self.lab.xenplane("vif", "set", "vif1.0", "ip=10.77.0.8/29")
            self.asks("tcp", B4, 80, True)

    def received(self, vif):
        return self.lab.json("vif", "show", vif)["rx_bytes"]

    def wait_growth(self, vif, since):
        deadline = time.monotonic() + 30
        while self.received(vif) < since + 100000:
            self.assertLess(time.monotonic(), deadline, "the stream")
            time.sleep(0.02)

    def test_a_cut_rule_ends_a_running_flow(self):
        allowed = ("[acl db]\nallow = in tcp 80 replies\n"
                   "[vif vif2.0]\nacl = db\n")
        cut = "[acl db]\n[vif vif2.0]\nacl = db\n"
        for _ in self.on_both_paths():
            self.say(allowed)
            with self.lab.going("b", "ready", *python(STREAM_TO)), \
                    self.lab.going("a", "ready", *python(STREAM, B4)):
                self.wait_growth("vif2.0", self.received("vif2.0"))
                with self.lab.going("b", "ready", *python(COUNT)) as counter:
                    self.say(cut)
                    labtool.end(counter)  # what was under way is in
                before = self.drops("vif2.0", "acl_in")
                with self.lab.going("b", "ready", *python(COUNT)) as counter:
                    deadline = time.monotonic() + 30
                    while self.drops("vif2.0", "acl_in") < before + 3:
                        self.assertLess(time.monotonic(), deadline)
                        time.sleep(0.02)
                    seen = json.loads(labtool.end(counter))
                self.assertNotIn("80", seen)
                since = self.received("vif2.0")
                self.say(allowed)  # TCP tries again, and goes on
                self.wait_growth("vif2.0", since)

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

    def test_a_vif_with_a_list_stays_fast(self):
        self.say("[acl web]\nallow = in tcp 80 replies\n"
                 "[vif vif2.0]\nacl = web\n")
        self.wait_path("fast")
        shown = self.lab.json("vif", "show", "vif2.0")
        self.assertEqual(shown["reasons"], [])
        self.assertEqual(shown["settings"]["acl"],
                         {"value": "web", "from": "file: vif's name"})

    def test_a_list_that_is_not_there(self):
        status, _, err = self.lab.xenplane("vif", "set", "vif2.0",
                                           "acl=nobody", check=False)
        self.assertNotEqual(status, 0)
        self.assertIn("the configuration has no [acl nobody]", err)
        self.say("[acl web]\ndefault = allow\n")
        self.lab.xenplane("vif", "set", "vif2.0", "acl=web")
        self.addCleanup(self.lab.xenplane, "vif", "set", "vif2.0",
                        "acl=default")
        self.assert_pings("a", B4, count=3)
        self.say("")  # it goes, and what named it is closed
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "a", B4, count=1)
        self.assertIn("acl=web: there is no [acl web]",
                      self.lab.json("vif", "show", "vif2.0")["problems"])
        self.lab.xenplane("vif", "set", "vif2.0", "acl=none")
        self.assert_pings("a", B4, count=3)
        self.assertEqual(
            self.lab.json("vif", "show", "vif2.0")["problems"], [])

    def test_a_new_data_process_has_the_lists_at_once(self):
        self.say("[acl web]\nallow = in tcp 80 replies\n"
                 "[vif vif2.0]\nacl = web\n")
        with self.lab.going("b", "ready", *python(SERVE, *PORTS)):
            self.asks("tcp", B4, 80, True)
            status = self.lab.json("status")
            os.kill(status["netback"]["pid"], signal.SIGKILL)
            deadline = time.monotonic() + 30
            while True:
                _, out, _ = self.lab.xenplane("status", "--json",
                                              check=False)
                now = json.loads(out)
                if now["netback"]["ready"] and now["netback"]["restarts"] > \
                        status["netback"]["restarts"] and now["settled"]:
                    break
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            self.wait_path("fast")
            self.asks("tcp", B4, 80, True)
            self.asks("tcp", B4, 81, False)


if __name__ == "__main__":
    main()
