#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Access lists that change while guests talk: addresses, rules, lists that go,
and a data process that is another one."""
import json
import os
import signal
import time

from acl_case import COUNT, SERVE, STREAM, STREAM_TO, AclCase, python
from case import B4, labtool, main

PORTS = (80, 81)


class Changes(AclCase):
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
                    self.lab.going("a", "ready", *python(STREAM, B4, 80)):
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
