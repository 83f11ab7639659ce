#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The stanzas that Xen's users have copied for years, under both kinds of
ifupdown: a bridge over eth0 that gets its address by DHCP, and an internal one
that brctl makes."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import packages  # noqa: E402
from host import Host  # noqa: E402

DHCP = """iface xenbr0 inet dhcp
    bridge_ports eth0
"""
DHCP_OPTIONS = """    bridge_stp off          # disable Spanning Tree Protocol
    bridge_waitport 0       # no delay before a port becomes available
    bridge_fd 0             # no forwarding delay
"""
INTERNAL = """iface xenbr0 inet manual
    pre-up brctl addbr $IFACE
    up ip link set $IFACE up
    post-down brctl delbr $IFACE
    down ip link set $IFACE down
"""
NIC = ["link add eth0 address 02:00:00:00:02:00 type veth"
       " peer name out0 address 02:00:00:00:03:00"]
# A network beyond eth0 with a DHCP server, in a namespace of its own.
OUTSIDE = """
cat >{folder}/udhcpd.conf <<END
start 10.66.0.10
end 10.66.0.10
interface out0
lease_file {folder}/leases
opt subnet 255.255.255.0
opt router 10.66.0.254
END
: >{folder}/leases
unshare --net sh -c 'until ip link show out0; do sleep 0.02; done
    ip addr add 10.66.0.254/24 dev out0; ip link set out0 up
    exec {busybox} udhcpd -f {folder}/udhcpd.conf' >/dev/null 2>&1 </dev/null &
server=$!
until [ "$(readlink /proc/$server/ns/net)" != "$(readlink /proc/self/ns/net)" ]
do sleep 0.02; done
ip link set out0 netns $server
"""


class Stanzas(unittest.TestCase):
    def setUp(self):
        self.host = Host(packages.OUR_HOOK, packages.OUR_EXECUTOR,
                         local=[packages.BUILD / "scripts/brctl"],
                         hidden=["/usr/sbin/brctl"])
        self.addCleanup(self.host.close)
        self.host.ask(what="build", lines=NIC)

    def call(self, kind, *argv):
        status, out, err = self.host.ask(**getattr(self.host, kind)(*argv))
        self.assertEqual(status, 0, (argv, out, err))
        return out + err

    def links(self):
        return {link["ifname"]: link for link in json.loads(
            self.host.must("ip -d -j addr"))if link}

    def over_dhcp(self, kind, stanza):
        self.host.stanza(stanza)
        self.host.must(OUTSIDE.format(folder=self.host.folder,
                                      busybox=packages.BUSYBOX))
        said = self.call(kind, "ifup", "xenbr0")
        self.assertNotIn("left out", said)
        links = self.links()
        self.assertEqual(links["eth0"]["master"], "xenbr0")
        self.assertEqual(links["xenbr0"]["address"], "02:00:00:00:02:00")
        self.assertIn("10.66.0.10", [info["local"] for info in
                                     links["xenbr0"]["addr_info"]])
        self.assertEqual(links["eth0"]["addr_info"], [])
        self.host.must("ping -c 1 -W 5 10.66.0.254")
        delay = links["xenbr0"]["linkinfo"]["info_data"]["forward_delay"]
        self.call(kind, "ifdown", "xenbr0")
        self.assertEqual(set(self.links()), {"lo", "eth0"})
        self.assertEqual(self.host.ask(what="left"), [])
        return delay

    def test_dhcp_with_ifupdown(self):
        self.assertEqual(self.over_dhcp("classic", DHCP), 1500)

    def test_dhcp_with_ifupdown_and_options(self):
        self.assertEqual(self.over_dhcp("classic", DHCP + DHCP_OPTIONS), 0)

    def test_dhcp_with_ifupdown_ng(self):
        self.assertEqual(self.over_dhcp("ng", DHCP), 1500)

    def test_dhcp_with_ifupdown_ng_and_options(self):
        self.assertEqual(self.over_dhcp("ng", DHCP + DHCP_OPTIONS), 0)

    def internal(self, kind, stanza):
        self.host.stanza(stanza)
        self.call(kind, "ifup", "xenbr0")
        bridge = self.links()["xenbr0"]
        self.assertEqual(bridge["linkinfo"]["info_kind"], "bridge")
        self.assertIn("UP", bridge["flags"])
        self.call(kind, "ifdown", "xenbr0")
        self.assertNotIn("xenbr0", self.links())

    def test_brctl_with_ifupdown(self):
        self.internal("classic", INTERNAL)
        self.internal("classic", INTERNAL + DHCP_OPTIONS)

    def test_brctl_with_ifupdown_ng(self):
        self.internal("ng", INTERNAL)
        self.internal("ng", INTERNAL + DHCP_OPTIONS)


if __name__ == "__main__":
    reason = packages.missing()
    if reason:
        print(reason)
        sys.exit(77)
    unittest.main()
