#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups with mode = routed: vif-bridge, told of such a bridge, routes."""
import street
from street import OUT4, OUT6, Case, main

GROUP = """
[bridge hosting]
mode = routed
netdev = eth0
address = 192.0.2.254/32 2001:db8::fe/128
prefix = 192.0.2.32/27 2001:db8::/64 198.51.100.0/24
{}
[vif 00:16:3e:00:00:02]
ip = 192.0.2.41
"""
OWN4, OWN6 = "192.0.2.40", "2001:db8::40"


class Groups(Case):
    def configure(self, more=""):
        self.host.shell("mkdir -p /run/conf && cat >/run/conf/xenplane.conf "
                        f"<<'END'\n{GROUP.format(more)}\nEND")

    def online(self, domid=1, script="vif-bridge", status=0):
        return self.call(script, "online", domid, status,
                         XENPLANE_CONFIG="/run/conf/xenplane.conf")

    def test_the_bridge_is_a_group(self):
        for script in ("vif-bridge", "vif-route"):
            with self.subTest(script=script):
                self.configure()
                self.plug("g1", "vif1.0")
                self.say("g1", script=script, bridge="hosting",
                         ip=f"{OWN4} {OWN6}")
                before = self.host.snapshot()
                self.online(script=script)
                self.assertEqual(self.store.read(
                    f"{street.side.FOLDER}/1/0/hotplug-status"), "connected")
                self.address("g1", OWN4 + "/32", OWN6 + "/128",
                             gateway4="192.0.2.254")
                for there in ("192.0.2.254", OUT4, "2001:db8::fe", OUT6):
                    self.assert_pings("g1", there)
                self.assert_pings("outside", OWN4)
                now = self.host.snapshot()
                with self.nothing_happens():
                    self.online(script=script)
                self.assertEqual(now, self.host.snapshot())
                # The file may have gone: what was made tells.
                self.host.shell("rm -r /run/conf")
                self.call(script, "offline")
                changed = {line for line in
                           before ^ self.host.snapshot()
                           if "addrgenmode" not in line}
                self.assertEqual({line for line in changed
                                  if not line.startswith(("store", "file"))
                                  and " far" not in line},
                                 set())
                self.unplug("vif1.0")

    def test_only_the_group_s_addresses(self):
        self.configure()
        self.plug("g1", "vif1.0")
        for ip in ("192.0.2.7", "10.0.0.1", "192.0.2.0/24", "192.0.2.254",
                   "2001:db9::1"):
            self.say("g1", script="vif-bridge", bridge="hosting", ip=ip)
            self.assertIn("is not for guests of [bridge hosting]",
                          self.online(status=1))
            self.assertNotIn("vif1.0", self.host.shell("ip route"))
        self.say("g1", script="vif-bridge", bridge="hosting", ip=OWN4)
        self.online()
        self.assertIn("192.0.2.40", self.host.shell("ip route"))

    def test_the_file_knows_the_vif_s_addresses(self):
        self.configure()
        self.plug("g2", "vif2.0")
        self.say("g2", 2, script="vif-bridge", bridge="hosting")
        self.online(2)
        self.address("g2", "192.0.2.41/32", gateway4="192.0.2.254")
        self.assert_pings("g2", OUT4)
        # It counts more than the toolstack, and an address more than a name.
        for more, has in (("", "192.0.2.41"),
                          ("[vif vif2.0]\nip = 192.0.2.42\n", "192.0.2.41"),
                          ("[vif vif3.0]\nip = 192.0.2.43\n", "192.0.2.41")):
            self.configure(more)
            self.say("g2", 2, script="vif-bridge", bridge="hosting",
                     ip="192.0.2.44")
            self.online(2)
            self.assertEqual(self.host.shell(
                "ip route show dev vif2.0").split()[0], has)
        self.plug("g1", "vif3.0")
        self.say("g1", 3, script="vif-bridge", bridge="hosting",
                 ip="192.0.2.44")
        self.online(3)
        self.assertEqual(self.host.shell(
            "ip route show dev vif3.0").split()[0], "192.0.2.43")

    def test_antispoof_off(self):
        for more, silent in (("", True), ("antispoof = off", False)):
            self.configure(more)
            if silent:
                self.plug("g1", "vif1.0")
                self.say("g1", script="vif-bridge", bridge="hosting", ip=OWN4)
            self.online()
            if silent:
                self.address("g1", OWN4 + "/32", "192.0.2.66/32",
                             gateway4="192.0.2.254")
                self.outside.shell("ip route add 192.0.2.66 via 192.0.2.1")
                self.host.shell("ip route add 192.0.2.66 dev vif1.0 "
                                "proto static")
                self.assert_pings("g1", OUT4, OWN4)
                self.assert_silent("g1", OUT4, "192.0.2.66")
            else:
                self.assert_pings("g1", OUT4, "192.0.2.66")

    def test_a_host_without_ipv4(self):
        """Nothing of IPv4 is asked for, and nothing is switched on."""
        self.configure()
        self.host.shell("ip -4 addr flush dev eth0; cat >/run/conf/"
                        "xenplane.conf <<'END'\n[bridge six]\nmode = routed\n"
                        "netdev = eth0\nprefix = 2001:db8::/64 "
                        "2001:db8:1::/48\nEND")
        before = self.host.snapshot()
        self.plug("g1", "vif1.0")
        self.say("g1", script="vif-bridge", bridge="six",
                 ip=f"{OWN6} 2001:db8:1:2::/64")
        self.online()
        self.address("g1", OWN6 + "/128", "2001:db8:1:2::5/128")
        self.outside.shell("ip -6 route add 2001:db8:1::/48 via "
                           + street.HOST6)
        for source in (OWN6, "2001:db8:1:2::5"):
            self.assert_pings("g1", OUT6, source)
            self.assert_pings("outside", source)
        self.assertIn("sysctl ipv4/ip_forward 0", self.host.snapshot())
        # An IPv4 guest of it has nobody to speak to, and is told.
        self.plug("g2", "vif2.0")
        self.host.shell("sed -i /prefix/d /run/conf/xenplane.conf")
        self.say("g2", 2, script="vif-bridge", bridge="six", ip=OWN4)
        self.assertIn("eth0 has no IPv4 address", self.online(2, status=1))
        self.call("vif-bridge", "offline")
        for vif in ("vif1.0", "vif2.0"):
            self.unplug(vif)
        self.nothing_left(before)

    def test_apply_leaves_groups_alone(self):
        """There is nothing to build, and a routed vif stays as it is."""
        self.configure()
        self.plug("g1", "vif1.0")
        self.say("g1", script="vif-bridge", bridge="hosting", ip=OWN4)
        self.online()
        before = self.host.snapshot()
        program = str(street.side.BUILD / "bin" / "xenplane")
        for command in ("diff", "apply"):
            self.host.inside(program, command, "-f",
                             "/run/conf/xenplane.conf", "--state",
                             "/run/state")
            self.assertEqual({line for line in self.host.snapshot() ^ before
                              if not line.startswith("file /run/")}, set())

    def test_a_bridge_of_that_name_is_a_bridge(self):
        self.configure()
        self.plug("g1", "vif1.0")
        self.host.shell("ip link add hosting type bridge")
        self.say("g1", script="vif-bridge", bridge="hosting", ip=OWN4)
        self.online()
        self.assertIn("master hosting", self.host.shell("ip link show vif1.0"))

    def test_a_file_that_is_wrong_is_no_group(self):
        self.host.shell("mkdir -p /run/conf && echo 'nonsense' "
                        ">/run/conf/xenplane.conf")
        self.plug("g1", "vif1.0")
        self.say("g1", script="vif-bridge", bridge="hosting", ip=OWN4)
        self.assertIn("could not find bridge device hosting",
                      self.online(status=1))


if __name__ == "__main__":
    main()
