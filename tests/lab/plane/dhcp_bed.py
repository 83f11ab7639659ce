# SPDX-License-Identifier: GPL-2.0-or-later
"""A plane whose bridge xennat gives addresses and names; what the tests of it
share: guests that ask for an address with a real client, and know nothing else
of it."""
import os
import pathlib
import re
import signal
import tempfile
import time
import unittest

from case import labtool

LAYOUT = """\
[bridge xenbr0]
uplink = eth0
address = 10.77.0.1/24
[bridge xennat]
address = 10.99.0.1/24 fd99::1/64
[outside]
address = 10.77.0.254/24
"""
BRIDGE = """\
[bridge xennat]
mode = nat
address = 10.99.0.1/24 fd99::1/64
"""
RANGE = range(100, 110)
DHCP = BRIDGE + """\
dhcp = 10.99.0.100-10.99.0.109
lease-time = 5m
domain = guests.test
"""
GATEWAY4, GATEWAY6 = "10.99.0.1", "fd99::1"
MACS = {name: f"00:16:3e:00:00:0{number}"
        for number, name in enumerate(("web", "db", "mail"), 1)}
PATIENCE_S = 30  # against hangs; what is waited for comes at once

# Says what udhcpc was given, and gives the link the address.
CLIENT = """#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
for key in ip router dns domain hostname mtu lease; do
    eval "echo $key=\\$$key"
done
ip -4 addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route replace default via "$router"
"""


class DhcpCase(unittest.TestCase):
    """Guests `web`, `db` and `mail` on xennat, without addresses."""
    CONF = DHCP

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="xp-dhcp-")))
        cls.folder.chmod(0o755)
        layout = cls.folder / "layout.conf"
        layout.write_text(LAYOUT, "ascii")
        cls.client = cls.folder / "client"
        cls.client.write_text(CLIENT, "ascii")
        cls.client.chmod(0o755)
        cls.lab = labtool.Lab("dhcp", file=str(layout))
        cls.enterClassContext(cls.lab)
        for name, mac in MACS.items():
            cls.lab.create(name, f"mac={mac},bridge=xennat")

    def setUp(self):
        self.configure(self.CONF)

    def daemon(self):
        """Its process, and the file that it reads."""
        pid = self.lab.json("status")["pid"]
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return pid, pathlib.Path(words[words.index(b"--config") + 1].decode())

    def wait(self, what, condition):
        """Until it is so; returns what the condition did."""
        deadline = time.monotonic() + PATIENCE_S
        while not (got := condition()):
            if time.monotonic() > deadline:
                self.fail(f"not in {PATIENCE_S} s: {what}")
            time.sleep(0.02)
        return got

    def configure(self, text, answers=True):
        """The file says this, and it is in force: dnsmasq is there, and
        answers."""
        pid, file = self.daemon()
        before = self.lab.json("status")["reloads"]
        file.write_text(text, "ascii")
        os.kill(pid, signal.SIGHUP)
        self.wait("reload",
                  lambda: self.lab.json("status")["reloads"] > before)
        if answers and "dhcp =" in text:
            self.wait("dnsmasq", lambda: self.server()["pid"])
            self.wait("an answer", lambda: self.dig("dom0", "web") is not None)

    def server(self):
        servers = self.lab.json("leases")["servers"]
        return servers[0] if servers else {"pid": 0, "restarts": 0}

    def leases(self):
        """MAC -> IPv4 address."""
        return {lease["mac"]: lease["address"]
                for lease in self.lab.json("leases")["leases"]
                if lease["mac"]}

    def forget_leases(self):
        """As if nobody had asked for one yet."""
        self.configure(BRIDGE)
        self.wait("the end of dnsmasq",
                  lambda: not self.lab.json("leases")["servers"])
        for name in MACS:
            self.lab.inside(name, "ip", "-4", "addr", "flush", "dev", "eth0")
        # The kernel knows neighbours for a while longer.
        self.lab.inside("dom0", "ip", "-4", "neigh", "flush", "dev", "xennat")
        self.configure(self.CONF)

    def ask(self, name, *options, check=True):
        """What udhcpc in the guest is given; None: nothing."""
        code, out, err = self.lab.inside(
            name, "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "4", "-T",
            "1", "-O", "mtu", "-s", str(self.client), *options, check=False)
        if code and check:
            self.fail(f"{name}: no lease\n{out}{err}")
        return None if code else dict(re.findall(r"^(\w+)=(.*)$", out, re.M))

    def dig(self, where, name, kind="A", server=GATEWAY4):
        """The addresses of the name; None: nobody answers."""
        code, out, _ = self.lab.inside(
            where, "dig", "+short", "+time=1", "+tries=2", "+nosearch",
            f"@{server}", name, kind, check=False)
        return None if code else out.split()

    def shell(self, where, words):
        return self.lab.inside(where, "sh", "-c", words)

    def python(self, where, program, *arguments):
        return self.lab.inside(where, "python3", "-c", program, *arguments)

    def vif(self, mac):
        return next(vif for vif in self.lab.json("vif", "list")["vifs"]
                    if vif["mac"] == mac)

    def state_folder(self):
        """Where the running dnsmasq's files are."""
        words = pathlib.Path(f"/proc/{self.server()['pid']}/cmdline") \
            .read_text("ascii").split("\0")
        return pathlib.Path(words[1].removeprefix("--conf-file=")).parent
