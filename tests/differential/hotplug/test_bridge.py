#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vif-bridge beside the stock one."""
from case import TwoSides, main

BRIDGES = r"""
ip link add eth0 address 00:16:3e:11:11:11 type veth peer name cable \
 address 00:16:3e:22:22:22
ip link set eth0 up; ip link set cable up
for b in xenbr0 xenbr1; do
 ip link add $b address 00:16:3e:11:11:1${b#xenbr} type bridge \
  forward_delay 0
 ip link set $b up; done
ip link set eth0 master xenbr0
ip link set xenbr1 mtu 1400
"""
BACK = "/local/domain/0/backend/vif/1/0"
FRONT = "/local/domain/1/device/vif/0"
# Ours gives a port no IPv6 at all; the stock one lets the kernel make it a
# link-local address on the guests' network.
NO_IPV6 = {
    "stock": [r"link {0} up .* addrgenmode eui64",
              r"address {0} fe80::\S+/64 link",
              r"route (.* )?dst fe80::/64 dev {0} .*",
              r"route .*dst fe80::fcff:ffff:feff:ffff dev {0} .*",
              r"route .*dst ff00::/8 dev {0} .*",
              r"sysctl ipv6/conf/{0}/disable_ipv6 0"],
    "ours": [r"link {0} up .* addrgenmode none",
             r"sysctl ipv6/conf/{0}/disable_ipv6 1"],
}


def no_ipv6(name="vif1.0", stock=(), ours=()):
    return {"stock": [*(p.format(name) for p in NO_IPV6["stock"]), *stock],
            "ours": [*(p.format(name) for p in NO_IPV6["ours"]), *ours]}


class Bridge(TwoSides):
    def setUp(self):
        super().setUp()
        self.shell(BRIDGES)
        self.do(lambda one: one.add_vif("vif1.0"))

    def keys(self, **keys):
        self.do(lambda one: one.add_keys(**keys))

    def online(self, **options):
        return self.call("vif-bridge", "online", "type_if=vif", **options)

    def offline(self, **options):
        return self.call("vif-bridge", "offline", "type_if=vif", **options)

    def test_online(self):
        self.keys(bridge="xenbr0")
        self.online()
        self.compare(**no_ipv6())
        self.assertEqual(self.key(f"{BACK}/hotplug-status"),
                         ["connected"] * 2)
        self.assertEqual(self.key(f"{FRONT}/mtu"), ["1500"] * 2)

    def test_a_device_that_has_addresses_and_another_mac(self):
        self.shell("ip link set vif1.0 address 00:16:3e:33:33:33;"
                   "ip addr add 10.0.0.1/24 dev vif1.0;"
                   "ip link set vif1.0 up")
        self.keys(bridge="xenbr0")
        self.online()
        self.compare(**no_ipv6())

    def test_mtu_of_the_store_and_of_the_bridge(self):
        self.keys(bridge="xenbr0", mtu="1450")
        self.online()
        self.compare(**no_ipv6())
        self.assertEqual(self.key(f"{FRONT}/mtu"), ["1450"] * 2)
        self.do(lambda one: one.add_vif("vif2.0", number=2))
        self.do(lambda one: one.add_keys(domid=2, bridge="xenbr1"))
        self.online(domid=2)
        self.assertEqual(self.key("/local/domain/2/device/vif/0/mtu"),
                         ["1400"] * 2)

    def test_an_mtu_that_no_device_takes(self):
        """The stock one tells the guest of it all the same."""
        self.shell("ip link del vif1.0; ip tuntap add vif1.0 mode tap")
        self.keys(bridge="xenbr0", mtu="65535")
        err = self.online()
        self.assertIn("mtu 65535", err)
        self.assertEqual(self.key(f"{FRONT}/mtu"), ["65535", None])

    def test_the_first_bridge_is_taken_when_none_is_said(self):
        self.keys()
        self.online()
        self.compare(**no_ipv6())
        self.assertIn("master xenbr0", self.ours.shell("ip link show vif1.0"))

    def test_a_bridge_of_argv_and_of_the_environment(self):
        self.keys()
        self.call("vif-bridge", "bridge=xenbr1", "online", "type_if=vif",
                  bridge="xenbr0")
        self.compare(**no_ipv6())
        self.assertIn("master xenbr1", self.ours.shell("ip link show vif1.0"))

    def test_xenbr0_is_eth0_on_an_old_host(self):
        self.shell("ip link del xenbr0; ip link del eth0;"
                   "ip link add eth0 address 00:16:3e:11:11:11 type bridge;"
                   "ip link set eth0 up")
        self.keys(bridge="xenbr0")
        self.online()
        self.compare(**no_ipv6())
        self.assertIn("master eth0", self.ours.shell("ip link show vif1.0"))

    def test_again_and_again(self):
        self.keys(bridge="xenbr0")
        for _ in range(3):
            self.online()
        self.compare(**no_ipv6())

    def test_again_without_a_moment_down(self):
        """The stock one takes a port that works down; ours leaves it."""
        self.keys(bridge="xenbr0")
        self.online()
        changes = [one.shell("cat /sys/class/net/vif1.0/carrier_changes")
                   for one in self.both]
        self.online()
        after = [one.shell("cat /sys/class/net/vif1.0/carrier_changes")
                 for one in self.both]
        self.assertNotEqual(changes[0], after[0])
        self.assertEqual(changes[1], after[1])

    def test_from_one_bridge_to_another(self):
        self.keys(bridge="xenbr0")
        self.online()
        self.keys(bridge="xenbr1")
        # The stock one asks brctl, which does not move a port.
        self.online(stock_status=1)
        master = self.ours.shell("ip link show vif1.0")
        self.assertIn("master xenbr1", master)

    def test_offline(self):
        self.keys(bridge="xenbr0")
        before = self.ours.snapshot()
        self.online()
        self.offline()
        self.compare(stock=[r"link vif1.0 down .* addrgenmode eui64",
                            r"sysctl ipv6/conf/vif1.0/disable_ipv6 0"],
                     ours=[r"link vif1.0 down .* addrgenmode none",
                           r"sysctl ipv6/conf/vif1.0/disable_ipv6 1"])
        # Of the device that goes with the guest; and the far end's carrier.
        self.check_nothing_left(before, [r"(link|sysctl).* ?vif1\.0.*",
                                         r"sysctl ipv6/conf/vif1.0/.*",
                                         r"(address|route) .*far1.*"])
        # Its status is the backend's.
        self.assertEqual(self.key(f"{BACK}/hotplug-status"),
                         ["connected"] * 2)
        self.offline()

    def test_offline_without_its_device_or_bridge_or_folder(self):
        self.keys(bridge="xenbr0")
        self.online()
        self.shell("ip link del vif1.0")
        self.offline()
        self.shell("ip link del xenbr0; ip link del xenbr1")
        self.offline(stock_status=1)
        self.do(lambda one: one.store.clear())
        self.offline(stock_status=1)
        # Nothing is made anew in a store that forgot the vif.
        self.assertEqual(self.key(f"{BACK}/hotplug-error")[1], None)
        self.assertNotEqual(self.key(f"{BACK}/hotplug-error")[0], None)

    def test_vifname(self):
        self.keys(bridge="xenbr0", vifname="web0")
        before = self.ours.snapshot()
        self.online()
        # The stock one writes the guest's mtu to a folder that it makes of
        # the device's new name.
        self.compare(**no_ipv6(
            "web0", stock=[r"store /local/domain/web0/.*",
                           r"store /local/domain/web0 = .*"],
            ours=[rf"store {FRONT}/mtu = \"1500\""]))
        # Again: the stock one finds the name taken, by itself.
        self.online(stock_status=1)
        self.assertEqual(self.key(f"{BACK}/hotplug-status"),
                         ["error", "connected"])
        self.offline()
        self.check_nothing_left(before, [r"(link|sysctl).* ?vif1\.0.*",
                                         r"sysctl ipv6/conf/vif1.0/.*",
                                         r"(address|route) .*far1.*"])
        self.online(stock_status=1)

    def test_vifname_that_another_has(self):
        self.do(lambda one: one.add_vif("web0", number=2))
        self.shell("ip link set web0 master xenbr1; ip link set web0 up")
        self.keys(bridge="xenbr0", vifname="web0")
        err = self.online(status=1)
        self.assertIn("An interface with name web0 already exists".lower(),
                      err.lower())
        self.assertEqual(self.key(f"{BACK}/hotplug-status"), ["error"] * 2)
        for said in self.key(f"{BACK}/hotplug-error"):
            self.assertIn("annot rename interface vif1.0", said)
        # libxl runs offline then: the stock one cuts the other guest off.
        self.offline()
        self.assertNotIn("UP", self.stock.shell("ip link show web0"))
        self.assertIn("UP", self.ours.shell("ip link show web0"))

    def test_a_bridge_that_is_not_there(self):
        self.keys(bridge="nobridge")
        err = self.online(status=1)
        self.assertIn("nobridge", err)
        self.assertEqual(self.key(f"{BACK}/hotplug-status"), ["error"] * 2)
        for said in self.key(f"{BACK}/hotplug-error"):
            self.assertIn("ould not find bridge device nobridge", said)

    def test_an_interface_that_is_no_bridge(self):
        """The stock one goes on, and says connected."""
        self.keys(bridge="cable")
        err = self.online(status=1, stock_status=1)
        self.assertIn("cable is no bridge", err)
        self.assertEqual(self.key(f"{BACK}/hotplug-status")[1], "error")

    def test_an_old_error_goes(self):
        self.keys(bridge="xenbr0", hotplug_error="of an earlier run")
        self.online()
        self.compare(**no_ipv6(stock=[
            rf"store {BACK}/hotplug-error = \"of an earlier run\""]))

    def test_a_vif_that_is_not_named(self):
        self.keys(bridge="xenbr0")
        err = self.online(status=1, vif=None)
        self.assertIn("vif is not set", err)
        self.assertEqual(self.key(f"{BACK}/hotplug-status"), ["", "error"])
        self.assertEqual(self.key(f"{BACK}/hotplug-error"),
                         [None, "vif is not set"])

    def test_commands(self):
        self.keys(bridge="xenbr0")
        before = self.ours.snapshot()
        for command, kind in (("online", "tap"), ("offline", "tap"),
                              ("add", "vif"), ("remove", "vif")):
            self.call("vif-bridge", command, f"type_if={kind}",
                      INTERFACE="vif1.0-emu")
        err = self.call("vif-bridge", "start", status=1)
        self.assertIn("Invalid command: start", err)
        self.call("vif-bridge", "online", "type_if=nic", status=1)
        self.compare()
        self.check_nothing_left(before)

    def test_an_emulated_nic(self):
        self.do(lambda one: one.add_vif("vif1.0-emu", "02:00:00:00:00:01", 2))
        self.keys(bridge="xenbr0", type="vif_ioemu")
        before = self.ours.snapshot()
        self.online()
        self.call("vif-bridge", "add", "type_if=tap", INTERFACE="vif1.0-emu")
        both = no_ipv6()
        emulated = no_ipv6("vif1.0-emu")
        self.compare(stock=both["stock"] + emulated["stock"],
                     ours=both["ours"] + emulated["ours"])
        self.call("vif-bridge", "remove", "type_if=tap",
                  INTERFACE="vif1.0-emu")
        self.assertNotIn("master", self.ours.shell("ip link show vif1.0-emu"))
        self.offline()
        self.check_nothing_left(
            before, [r"(link|sysctl).* ?vif1\.0.*", r"sysctl ipv6/conf/vif.*",
                     r"(address|route) .*far[12].*"])

    def test_an_emulated_nic_with_a_name(self):
        self.do(lambda one: one.add_vif("vif1.0-emu", "02:00:00:00:00:01", 2))
        self.keys(bridge="xenbr0", vifname="web0")
        self.call("vif-bridge", "add", "type_if=tap", INTERFACE="vif1.0-emu")
        self.compare(**no_ipv6("web0-emu"))

    def test_a_hundred_at_once(self):
        """Sixteen runs at a time for eight vifs: each is as one alone."""
        text = []
        for number in range(2, 8):
            self.ours.shell(f"ip link add vif{number}.0 type veth peer name "
                            f"far{number}; ip link set far{number} up")
        self.ours.add_keys(bridge="xenbr0")
        for number in range(2, 8):
            self.ours.add_keys(domid=number, bridge="xenbr0",
                               vifname=f"web{number}")
        for turn in range(16):
            for number in range(1, 8):
                text.append(
                    f"XENBUS_PATH=backend/vif/{number}/0 vif=vif{number}.0 "
                    f"{self.ours.scripts}/vif-bridge online type_if=vif & "
                    f"p{turn}_{number}=$!")
        for turn in range(16):
            for number in range(1, 8):
                text.append(f"wait $p{turn}_{number}")
        self.ours.inside("sh", "-ec", "\n".join(text), env={
            "XENSTORED_PATH": self.ours.store.socket})
        shown = self.ours.shell("ip -o link show master xenbr0")
        for name in ["vif1.0", *(f"web{n}" for n in range(2, 8))]:
            self.assertIn(f" {name}@", shown)
        for number in range(1, 8):
            self.assertEqual(self.ours.store.read(
                f"/local/domain/0/backend/vif/{number}/0/hotplug-status"),
                "connected")
        self.assertEqual(list(self.ours.files()), [])


if __name__ == "__main__":
    main()
