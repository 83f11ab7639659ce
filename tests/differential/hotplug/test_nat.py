#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vif-nat beside the stock one."""
from case import TwoSides, main

BACK = "/local/domain/0/backend/vif/{}/{}"
# Ours need not ask whose MAC it is.
KNOWN = r"neighbour \S+ 00:16:3e:00:00:01 vif\d+.\d"


class Nat(TwoSides):
    def start(self, domid=1, devid=0, **keys):
        self.do(lambda one: one.add_vif(f"vif{domid}.{devid}"))
        self.do(lambda one: one.add_keys(domid=domid, devid=devid,
                                         script="vif-nat", **keys))

    def online(self, **options):
        return self.call("vif-nat", "online", "type_if=vif", **options)

    def offline(self, **options):
        return self.call("vif-nat", "offline", "type_if=vif", **options)

    def addresses(self, name):
        return [(one.shell(f"ip -4 -o addr show dev {name}").split()[3],
                 one.shell(f"ip route show dev {name}").split()[0])
                for one in self.both]

    def test_an_address_that_is_made_up(self):
        self.start()
        self.online()
        self.compare(ours=[KNOWN])
        self.assertEqual(self.addresses("vif1.0")[1],
                         ("10.0.1.128/32", "10.0.1.1"))
        self.assertEqual(self.key(BACK.format(1, 0) + "/hotplug-status"),
                         ["connected"] * 2)

    def test_the_handle_counts(self):
        self.start(devid=3, handle="5")
        self.online(devid=3)
        self.compare(ours=[KNOWN])
        self.assertEqual(self.addresses("vif1.3")[1],
                         ("10.0.1.133/32", "10.0.1.6"))

    def test_domains_beyond_255(self):
        self.start(domid=300)
        self.online(domid=300)
        self.compare(ours=[KNOWN])
        self.assertEqual(self.addresses("vif300.0")[1],
                         ("10.1.44.128/32", "10.1.44.1"))

    def test_an_address_that_is_said(self):
        self.start(ip="192.168.1.7/24")
        self.online()
        self.compare(ours=[KNOWN])
        self.assertEqual(self.addresses("vif1.0")[1],
                         ("192.168.1.134/32", "192.168.1.7"))

    def test_octets_that_127_does_not_fit_onto(self):
        """The stock one asks for 192.168.1.327, which is none."""
        self.start(ip="192.168.1.200")
        self.online(stock_status=1)
        self.assertEqual(
            self.ours.shell("ip -4 -o addr show dev vif1.0").split()[3],
            "192.168.1.73/32")
        self.assertTrue(self.ours.shell("ip route show 192.168.1.200"))

    def test_handles_beyond_the_octet(self):
        self.start(devid=300)
        self.online(status=1, devid=300)
        self.assertIn("say ip=", self.key(
            BACK.format(1, 300) + "/hotplug-error")[1])

    def test_again(self):
        """The stock one sees a route and leaves: without its word."""
        self.start(hotplug_error="old")
        self.online()
        self.do(lambda one: one.store.write(
            {BACK.format(1, 0) + "/hotplug-status": ""}))
        self.online()
        self.compare(
            stock=[r"store .*/hotplug-error = \"old\"",
                   r"store .*/hotplug-status = \"\""],
            ours=[r"store .*/hotplug-status = \"connected\"", KNOWN])

    def test_offline(self):
        """The stock one leaves the router's address on the device."""
        self.start()
        before = self.ours.snapshot()
        self.online()
        self.offline()
        self.compare(stock=[r"address vif1.0 10.0.1.128/32 global",
                            r"route type local dst 10.0.1.128 .*",
                            r"sysctl ipv4/conf/vif1.0/proxy_arp 1"],
                     ours=[r"sysctl ipv4/conf/vif1.0/proxy_arp 0"])
        self.check_nothing_left(
            before, [r"(address|route) .*far1.*"])

    def test_dhcp_is_refused(self):
        self.start()
        self.online(dhcp="no")
        self.do(lambda one: one.call("vif-nat", "offline"))
        self.online(status=1, dhcp="yes")
        self.assertIn("dhcp=yes",
                      self.key(BACK.format(1, 0) + "/hotplug-error")[1])

    def test_an_emulated_nic_is_left_alone(self):
        self.start()
        self.do(lambda one: one.add_vif("vif1.0-emu", "02:00:00:00:00:01", 2))
        before = self.ours.snapshot()
        self.call("vif-nat", "add", "type_if=tap", INTERFACE="vif1.0-emu")
        self.call("vif-nat", "remove", "type_if=tap", INTERFACE="vif1.0-emu")
        self.compare()
        self.check_nothing_left(before)


if __name__ == "__main__":
    main()
