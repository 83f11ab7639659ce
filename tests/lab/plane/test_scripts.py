#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A plane whose toolstack runs our hotplug scripts."""
import unittest

from case import A, A4, B, B4, B6, HOST4, OUT4, labtool, main

SCRIPTS = labtool.BUILD / "scripts"


class Scripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = labtool.Lab("scripts", script=SCRIPTS / "vif-bridge")
        cls.enterClassContext(cls.lab)
        cls.lab.create("a", A)
        cls.lab.create("b", B)

    def store(self):
        path = f"/run/xenplane/lab/{self.lab.name}/xenstored/socket"
        return labtool.run(["xenstore-ls", "-f"], env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "XENSTORED_PATH": path})[1]

    def host(self):
        """What a script may leave behind."""
        words = (("ip", "-o", "link"), ("ip", "-o", "addr"),
                 ("ip", "route", "show", "table", "all"),
                 ("ip", "-6", "route", "show", "table", "all"),
                 ("ip", "neigh", "show", "proxy"),
                 ("ip", "-6", "neigh", "show", "proxy"))
        return [self.lab.inside("dom0", *one) for one in words]

    def wait_host(self, before):
        """The backend takes its device away a moment after the toolstack
        has forgotten the vif."""
        for _ in range(200):
            now = self.host()
            if now == before:
                return
            labtool.time.sleep(0.02)
        self.assertEqual(now, before)

    def ping(self, where, address):
        self.assertEqual(labtool.ping(self.lab, where, address)[0], 10)

    def test_the_scripts_are_ours(self):
        self.assertIn(f'"{SCRIPTS}/vif-bridge"', self.store())
        for address in (B4, B6, HOST4, OUT4):
            self.ping("a", address)
        vifs = self.lab.json("vif", "list")["vifs"]
        self.assertEqual([vif["path"] for vif in vifs], ["fast"] * len(vifs))

    def test_vifs_come_and_go_and_leave_nothing(self):
        before = self.host()
        for _ in range(3):
            devid = self.lab.lab("attach", "b", "mac=00:16:3e:00:00:77,"
                                 "bridge=xenbr0,ip=10.77.0.20,"
                                 "vifname=web0,mtu=1400").strip()
            self.ping("a", "10.77.0.20")
            shown = self.lab.inside("dom0", "ip", "link", "show", "web0")
            self.assertIn("mtu 1400", shown)
            self.assertIn(f"alias vif2.{devid}", shown)
            store = self.store()
            self.assertIn(f'/local/domain/2/device/vif/{devid}/mtu = "1400"',
                          store)
            self.assertNotIn("domain/web0", store)
            self.lab.lab("detach", "b", devid)
        self.wait_host(before)
        self.ping("a", B4)

    def test_a_reason_reaches_the_user(self):
        before = self.host()
        status, _, err = self.lab.lab(
            "attach", "b", "bridge=eth0", check=False)
        self.assertEqual(status, 1)
        self.assertIn("eth0 is no bridge", err)
        self.wait_host(before)
        self.ping("a", B4)

    def test_routed(self):
        before = self.host()
        self.lab.lab("attach", "b", f"script={SCRIPTS}/vif-route,"
                     "mac=00:16:3e:00:00:78,gatewaydev=xenbr0,ip=10.77.0.40/32")
        self.lab.inside("b", "ip", "route", "add", OUT4, "dev", "eth1", "src",
                        "10.77.0.40")
        self.ping("b", OUT4)
        self.lab.inside("b", "ip", "route", "del", OUT4, "dev", "eth1")
        self.ping("a", A4)
        self.lab.lab("detach", "b", "1")
        self.wait_host(before)

    def test_private_addresses(self):
        before = self.host()
        self.lab.lab("attach", "b", f"script={SCRIPTS}/vif-nat,"
                     "mac=00:16:3e:00:00:79,ip=10.99.0.2/32")
        self.lab.inside("b", "ip", "route", "add", "10.99.0.129", "dev",
                        "eth1", "src", "10.99.0.2")
        self.ping("b", "10.99.0.129")
        self.lab.lab("detach", "b", "1")
        self.wait_host(before)

    def test_a_script_has_a_whole_path(self):
        lab = labtool.Lab("nopath")
        for words in (["--script", "vif-bridge"], ["--script"],
                      ["--script", "/x" * 200], ["--mtu", "1500", "-f", "x"]):
            status, _, err = lab.lab("start", *words, check=False)
            self.assertNotEqual(status, 0, words)
            self.assertIn("script" if "--script" in words else "start takes",
                          err)
        self.assertEqual(lab.lab("list", check=False)[0], 1)


if __name__ == "__main__":
    main()
