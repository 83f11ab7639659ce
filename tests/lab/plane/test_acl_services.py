#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plane itself gives its guests works behind a list that allows
nothing: DHCP, DHCPv6, DNS, ARP and neighbour discovery; nothing else does."""
import contextlib
import pathlib
import tempfile

from acl_case import SERVE, AclCase, python
from case import B4, B6, HOST4, HOST6, labtool, main

LEASE = """#!/bin/sh
[ "$1" = bound ] && echo "lease $ip"
exit 0
"""


class Services(AclCase):
    @contextlib.contextmanager
    def dnsmasq(self, folder):
        """DHCP, DNS and RA on the bridge, as the plane gives them."""
        with self.lab.going(
                "dom0", "DHCPv6, IP range", "dnsmasq", "--no-daemon",
                "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                "--interface=xenbr0", "--bind-dynamic", "--log-facility=-",
                f"--dhcp-leasefile={folder}/leases", "--log-dhcp",
                "--dhcp-range=10.77.0.100,10.77.0.120,1h", "--enable-ra",
                "--dhcp-range=fd77::100,fd77::120,64,1h", "--pid-file=",
                "--address=/plane.test/192.0.2.7") as server:
            yield server

    def gets_lease(self, folder):
        script = pathlib.Path(folder, "lease")
        script.write_text(LEASE, encoding="utf-8")
        script.chmod(0o755)
        out = self.lab.inside("c", "udhcpc", "-i", "eth0", "-n", "-q", "-f",
                              "-t", "5", "-T", "2", "-s", str(script),
                              timeout=60)
        lease = next(line.split()[1] for line in out.splitlines()
                     if line.startswith("lease"))
        self.assertTrue(lease.startswith("10.77.0.1"))
        return lease

    def asks_name(self, server):
        # There is no IPv6 address, of which it complains.
        _, out, _ = self.lab.inside("c", "busybox", "nslookup", "plane.test",
                                    server, timeout=60, check=False)
        self.assertIn("192.0.2.7", out)

    def connects(self, to, port):
        return self.lab.inside("c", *python(
            "import socket, sys\n"
            "socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)\n"
            "print('yes')", to, port)).strip() == "yes"

    def gets_lease6(self, folder):
        out = self.lab.inside(
            "c", "sh", "-c", f"rm -f {folder}/leases6; "
            "dhclient -6 -1 -d -v -sf /bin/true -pf "
            f"{folder}/pid -lf {folder}/leases6 eth0 2>&1 & pid=$!; "
            f"for i in $(seq 500); do grep -q iaaddr {folder}/leases6 "
            "2>/dev/null && break; sleep 0.1; done; kill $pid; wait $pid",
            timeout=120, check=False)
        leases = pathlib.Path(folder, "leases6").read_text(encoding="utf-8")
        self.assertIn("iaaddr fd77::1", leases, out)

    def test_the_plane_serves_behind_a_default_deny(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.say("[acl closed]\ndefault = deny\n[vif vif3.0]\nacl = closed\n")
        self.addCleanup(self.lab.inside, "c", "ip", "addr", "flush", "dev",
                        "eth0", "scope", "global")
        for path in ("on", "off"):
            self.lab.xenplane("vif", "set", "vif3.0", f"fastpath={path}")
            with self.subTest(fastpath=path), self.dnsmasq(folder), \
                    self.lab.going("b", "ready", *python(SERVE, 53)):
                lease = self.gets_lease(folder)
                self.lab.inside("c", "ip", "addr", "replace", f"{lease}/24",
                                "dev", "eth0")
                self.gets_lease6(folder)
                self.asks_name(HOST4)
                self.assertTrue(self.connects(HOST4, 53))
                # ARP and ND are answered; nothing else is.
                self.assertGreater(labtool.arping(self.lab, "c", B4), 0)
                self.lab.inside("c", "ip", "addr", "replace", "fd77::cc/64",
                                "dev", "eth0", "nodad")
                self.asks_name(HOST6)
                before = self.drops("vif3.0", "acl")
                for to in (HOST4, B4, HOST6, B6):
                    with self.assertRaises(labtool.Failed):
                        labtool.ping(self.lab, "c", to, count=1)
                neighbours = self.lab.inside("c", "ip", "neigh")
                for to in (B4, HOST6, B6):
                    self.assertRegex(neighbours, rf"{to} dev eth0 lladdr")
                self.assertGreaterEqual(self.drops("vif3.0", "acl"),
                                        before + 4)
                # Port 53 is open for the plane's own addresses only, and
                # to nobody who comes from there.
                self.asks("udp", B4, 53, False, where="c")
                self.asks("udp", lease, 1000, False, source=53, where="b")
        self.say("")
        self.assert_pings("c", B4, count=3)
        with self.lab.going("b", "ready", *python(SERVE, 53)):
            self.asks("udp", B4, 53, True, where="c")


if __name__ == "__main__":
    main()
