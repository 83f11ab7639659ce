#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A lease goes on: a real client on eth0, a real server beyond it, which is
asked again every few seconds."""
import os
import shutil
import subprocess
import sys

from bed import SKIP, Case, call, enter, main, run, tell

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
RENEWAL_SECONDS = 4
RENEWALS = 2  # from before start to after it, and from then on
UDHCPC_SCRIPT = """#!/bin/sh
case "$1" in
bound|renew) ip addr replace "$ip/24" valid_lft "$lease" \\
    preferred_lft "$lease" dev "$interface" ;;
esac
"""


class Lease(Case):
    def setUp(self):
        super().setUp()
        run("ip", "addr", "flush", "dev", "eth0", "scope", "global")
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["ip", "netns", "exec", "far-eth0", "dnsmasq", "--no-daemon",
             "--conf-file=/dev/null", "--port=0", "--interface=wire",
             "--bind-interfaces", "--dhcp-authoritative", "--no-ping",
             "--dhcp-leasefile=/tmp/leases", "--user=root",
             f"--dhcp-option-force=option:T1,{RENEWAL_SECONDS}",
             "--dhcp-range=192.0.2.10,192.0.2.20,2m"],
            stdin=subprocess.DEVNULL, stdout=write, stderr=write)
        os.close(write)
        self.log = os.fdopen(read, encoding="utf-8", errors="replace")
        self.addCleanup(self.log.close)
        self.addCleanup(self.end, self.server)
        self.wait_for("DHCP, IP range")

    def end(self, process):
        process.terminate()
        process.wait()

    def wait_for(self, word, count=1):
        """Lines of the server's that have the word."""
        for line in self.log:
            count -= word in line
            if count == 0:
                return
        raise AssertionError(f"the server ended before it said {word}")

    def start(self, *words):
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        self.wait_for("DHCPACK")
        while not self.valid("eth0"):
            pass
        return process

    def start_dhclient(self):
        return self.start("dhclient", "-4", "-d", "-pf", "/run/dhclient.pid",
                          "-lf", "/tmp/dhclient.leases", "eth0")

    def valid(self, name):
        """The leased addresses of the link, and how long they are valid."""
        shown = tell("ip", "-j", "-4", "addr", "show", "dev", name)
        return [(info["local"], info["valid_life_time"])
                for one in shown for info in one["addr_info"]]

    def renew(self, name):
        """By the server's word, the client asked again twice; and what it
        then did is on that link."""
        (address, before), = self.valid(name)
        self.wait_for("DHCPACK", RENEWALS)
        while True:
            (now, after), = self.valid(name)
            self.assertEqual(now, address)
            if after > before - RENEWAL_SECONDS:
                return address
            self.assertGreater(after, 0)

    def goes_on(self, style):
        self.bridge("start", f"style={style}")
        address = self.renew("eth0")
        run("ip", "netns", "exec", "far-eth0", "ping", "-c", "1", "-W", "5",
            address)
        self.bridge("stop")
        self.assertEqual(self.renew("eth0"), address)

    def test_dhclient_in_the_old_style(self):
        self.start_dhclient()
        self.goes_on("old")

    def test_dhclient_in_the_new_style(self):
        self.start_dhclient()
        self.goes_on("new")

    def test_dhclient_would_lose_its_link(self):
        process = self.start_dhclient()
        said = self.bridge("start", "style=direct", status=1)
        self.assertIn(f"dhclient (process {process.pid}) keeps the lease of "
                      "eth0", said)
        self.assertNotIn("xenbr0", self.links())
        self.bridge("start", "vifnum=1", "style=direct")
        self.bridge("stop", "vifnum=1")

    def test_a_dhclient_of_the_pair_goes_with_it(self):
        self.bridge("start")
        self.start_dhclient()
        self.assertIn("dhclient", self.bridge("stop", status=1))
        self.assertIn("peth0", self.links())
        self.bridge("stop", "force=yes")
        self.assertNotIn("peth0", self.links())

    def test_udhcpc_in_the_old_style(self):
        if not shutil.which("udhcpc", path=PATH):
            self.skipTest("no udhcpc")
        with open("/tmp/udhcpc.sh", "w", encoding="ascii") as script:
            script.write(UDHCPC_SCRIPT)
        os.chmod("/tmp/udhcpc.sh", 0o755)
        self.start("udhcpc", "-f", "-i", "eth0", "-s", "/tmp/udhcpc.sh")
        self.bridge("start")
        (address, _), = self.valid("eth0")
        run("ip", "netns", "exec", "far-eth0", "ping", "-c", "1", "-W", "5",
            address)
        call("true")
        self.bridge("stop")


if __name__ == "__main__":
    for tool in ("dhclient", "dnsmasq"):
        if not shutil.which(tool, path=PATH):
            print(f"needs {tool}: skipped")
            sys.exit(SKIP)
    os.environ["PATH"] = PATH
    enter()
    main()
