#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `network-bridge status` prints, beside what the tools print that the
originals ran."""
import re
import shutil
import sys

from bed import SKIP, Case, call, enter, main, network_bridge, run

RULE = "=" * 60 + "\n"
# Of a namespace ip prints the name that `ip netns` has for it.
NAMESPACE = re.compile(r"link-netns(id)? \S+")
NEEDED = ("ip", "brctl", "route")


def by_tools(netdev, bridge):
    """The same parts by the tools themselves: (stdout, what they refuse)."""
    parts = [("ip", "addr", "show", netdev), ("ip", "addr", "show", bridge),
             None, ("/usr/sbin/brctl", "show", bridge), None,
             ("ip", "route", "list"), None, ("/usr/sbin/route", "-n")]
    out, err = RULE, ""
    for words in parts:
        if words is None:
            out += " \n"
            continue
        _, said, refused = call(*words)
        out += said
        err += refused
    return out + RULE, err


class Status(Case):
    def same(self, netdev, bridge, *words):
        """What the tools say is not of one moment with what ours does: they
        speak before and after it, until they say the same."""
        before, after = None, by_tools(netdev, bridge)
        while before != after:
            before = after
            status, out, err = network_bridge("status", *words)
            after = by_tools(netdev, bridge)
        self.assertEqual((status, NAMESPACE.sub("there", out), err),
                         (0, NAMESPACE.sub("there", after[0]), after[1]))

    def test_before_start(self):
        run("ip", "link", "add", "xenbr0", "type", "bridge")
        self.same("eth0", "xenbr0")

    def test_what_is_not_there(self):
        status, out, err = network_bridge("status", "netdev=eth7",
                                          "bridge=br7")
        self.assertEqual(status, 0)
        tools_out, tools_err = by_tools("eth7", "br7")
        self.assertEqual(err, tools_err)
        self.assertEqual(out, tools_out)

    def test_each_style(self):
        for style, bridge in (("old", "xenbr0"), ("new", "eth0"),
                              ("direct", "xenbr0")):
            self.bridge("start", f"style={style}")
            self.same("eth0", bridge)
            self.bridge("stop")

    def test_many_words(self):
        for words in (
                ("addr", "add", "192.0.2.7/24", "label", "eth0:7", "dev",
                 "eth0"),
                ("addr", "add", "10.0.0.1", "peer", "10.0.0.2/32", "dev",
                 "eth0", "scope", "link"),
                ("addr", "add", "203.0.113.1/28", "dev", "eth0", "metric",
                 "70", "noprefixroute"),
                ("addr", "add", "fd00:1::7/64", "dev", "eth0", "nodad",
                 "home", "mngtmpaddr"),
                ("addr", "add", "fd00:1::8/64", "dev", "eth0", "nodad",
                 "preferred_lft", "0"),
                ("link", "set", "eth0", "alias", "the way out"),
                ("link", "set", "eth0", "group", "7", "txqueuelen", "77"),
                ("link", "set", "eth0", "allmulticast", "on", "promisc",
                 "on"),
                ("route", "add", "10.1.0.0/16", "via", "192.0.2.9", "proto",
                 "static", "metric", "5", "mtu", "lock", "1300", "advmss",
                 "1200"),
                ("route", "add", "10.2.0.0/16", "nexthop", "via",
                 "192.0.2.8", "weight", "3", "nexthop", "via", "192.0.2.9"),
                ("route", "add", "10.3.0.1", "via", "172.16.0.1", "dev",
                 "eth0", "onlink", "src", "192.0.2.7"),
                ("route", "add", "10.4.0.0/16", "dev", "eth0", "tos", "0x10",
                 "scope", "link", "proto", "dhcp"),
                ("route", "add", "blackhole", "10.5.0.0/16"),
                ("route", "add", "unreachable", "10.6.0.1", "metric", "9"),
                ("route", "add", "10.7.0.0/16", "via", "192.0.2.9", "table",
                 "77"),
                ("link", "add", "xenbr0", "type", "bridge"),
                ("link", "set", "eth1", "master", "xenbr0"),
                ("link", "set", "xenbr0", "up")):
            run("ip", *words)
        self.same("eth0", "xenbr0", "bridge=xenbr0", "netdev=eth0")
        # A link that lost its other side.
        run("ip", "-n", "far-eth0", "link", "set", "wire", "down")
        self.same("eth0", "xenbr0", "bridge=xenbr0", "netdev=eth0")
        run("ip", "link", "set", "eth0", "down")
        self.same("eth0", "xenbr0", "bridge=xenbr0", "netdev=eth0")


if __name__ == "__main__":
    if not all(shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")
               for tool in NEEDED):
        print("needs iproute2, bridge-utils and net-tools: skipped")
        sys.exit(SKIP)
    enter()
    main()
