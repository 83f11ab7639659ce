#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Beside the real systemd-networkd and NetworkManager: what is a guest's they
leave alone, by the files that are installed for it, and a NIC that one of them
has, with its lease, is left to it, with the reason."""
import json
import shutil
import unittest

import host
from host import UNITS, lines, wait_until

NETWORK_BRIDGE = "/usr/libexec/xenplane/network-bridge"
STREET = "[Service]\n" + lines(PrivateNetwork="yes",
                               ExecStart="/bin/sleep infinity")
# A NIC of the file that somebody else sets up.
CONF = "[bridge xenbr0]\nnetdev = eth0\n"
STYLES = ("old", "new", "direct")
OURS = ("vif9.0", "peth9", "veth9", "vif9.0-emu")


class Beside:
    """One of them has eth0, behind which a DHCP server is."""
    FILES = {UNITS / "street.service": STREET, "/etc/host.conf.xen": CONF}
    WANTS = ["street.service"]
    NAME = None

    @classmethod
    def setUpClass(cls):
        cls.host = cls.enterClassContext(host.Host(cls.FILES, cls.WANTS))
        pid = cls.host.shows("street", "MainPID")
        street = ["nsenter", "-t", pid, "-n"]
        cls.host.run("ip", "link", "add", "eth0", "type", "veth", "peer",
                     "name", "out0", "netns", pid)
        cls.host.run(*street, "ip", "addr", "add", "192.0.2.1/24", "dev",
                     "out0")
        cls.host.run(*street, "ip", "link", "set", "out0", "up")
        cls.host.run(*street, "dnsmasq", "--conf-file=/dev/null", "--port=0",
                     "--interface=out0", "--bind-interfaces", "--user=root",
                     "--dhcp-range=192.0.2.10,192.0.2.20,2m",
                     "--dhcp-leasefile=/run/street.leases", "--pid-file=")
        cls.take_nic()
        wait_until("a lease", cls.lease, lambda: cls.states() +
                   cls.host.journal())

    @classmethod
    def addresses(cls):
        return [(link["ifname"], info["local"], info["prefixlen"])
                for link in json.loads(cls.host.run("ip", "-j", "-4", "addr")
                                       .stdout)
                for info in link["addr_info"]]

    @classmethod
    def lease(cls):
        return [address for address in cls.addresses()
                if address[0] == "eth0" and address[1].startswith("192.0.2.")]

    def everything(self):
        links = [(link["ifname"], link["address"], link.get("master"))
                 for link in json.loads(self.host.run("ip", "-j", "link")
                                        .stdout)]
        return (links, self.addresses(),
                self.host.run("ip", "route").stdout)

    def test_what_is_ours_is_left_alone(self):
        for name in (*OURS, "other9"):
            self.host.run("ip", "link", "add", name, "type", "veth", "peer",
                          "name", f"x{name}")
            self.addCleanup(self.host.run, "ip", "link", "del", name)
            self.host.run("ip", "link", "set", name, "up")
        wait_until("the control", lambda: self.has("other9"), self.states)
        for name in OURS:
            wait_until(f"{name} to be known", lambda n=name:
                       f"{n}:unmanaged" in self.states(), self.states)

    def test_network_bridge_leaves_it_the_nic(self):
        before = self.everything()
        for style in STYLES:
            with self.subTest(style):
                done = self.host.run(NETWORK_BRIDGE, "start", "netdev=eth0",
                                     f"style={style}", check=False)
                self.assertEqual(done.returncode, 1, done)
                self.assertIn(self.NAME, done.stderr + done.stdout)
                self.assertIn("eth0", done.stderr + done.stdout)
                self.assertEqual(self.everything(), before)
        self.host.run("ping", "-c", "1", "-w", "5", "192.0.2.1")

    def test_the_doctor_names_it(self):
        done = self.host.run("xenplane", "doctor", "-f", "/etc/host.conf.xen",
                             check=False)
        said = [line for line in done.stdout.splitlines()
                if self.NAME in line]
        self.assertTrue(said, done)
        self.assertIn("eth0", said[0])


class Networkd(Beside, unittest.TestCase):
    NAME = "systemd-networkd"
    WANTS = [*Beside.WANTS, "systemd-networkd.service"]
    FILES = {**Beside.FILES,
             "/etc/systemd/network/80-all.network":
                 "[Match]\nName=*\n[Network]\nDHCP=ipv4\n"}

    @classmethod
    def take_nic(cls):
        """It has."""

    @classmethod
    def states(cls):
        """As networkctl(1) has them, which asks over a bus."""
        return cls.host.run(
            "sh", "-c", "cd /sys/class/net; for name in *; do "
            "echo $name:$(sed -n s/ADMIN_STATE=//p "
            "/run/systemd/netif/links/$(cat $name/ifindex)); done",
            check=False).stdout

    @classmethod
    def has(cls, name):
        return any(line.startswith(f"{name}:") and
                   line.split(":")[1] not in ("", "pending", "unmanaged")
                   for line in cls.states().splitlines())


@unittest.skipUnless(shutil.which("NetworkManager"), "not installed")
class NetworkManager(Beside, unittest.TestCase):
    NAME = "NetworkManager"
    WANTS = [*Beside.WANTS, "dbus.socket", "dbus.service",
             "NetworkManager.service"]

    @classmethod
    def take_nic(cls):
        cls.host.run("nmcli", "connection", "add", "type", "ethernet",
                     "ifname", "eth0", "con-name", "lan")

    @classmethod
    def states(cls):
        return cls.host.run("nmcli", "-t", "-f", "DEVICE,STATE", "device",
                            check=False).stdout

    @classmethod
    def has(cls, name):
        return any(line.startswith(f"{name}:") and
                   not line.endswith(":unmanaged")
                   for line in cls.states().splitlines())


if __name__ == "__main__":
    host.leave_if_missing()
    unittest.main()
