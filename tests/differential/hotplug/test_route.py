#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vif-route beside the stock one."""
from case import TwoSides, main

UPLINK = """
ip link add eth0 address 00:16:3e:11:11:11 type veth peer name cable \
 address 00:16:3e:22:22:22
ip link set cable up
ip addr add 192.0.2.1/24 dev eth0
ip addr add 192.0.2.9/24 dev eth0
ip link set eth0 up
"""
BACK = "/local/domain/0/backend/vif/1/0"
# The stock one leaves forwarding to network-route; and ifconfig gives the vif
# a broadcast address of the class that dom0's address once had.
FORWARDING = {"stock": [r"sysctl ipv4/ip_forward 0",
                        r"route type broadcast dst 192.0.2.255 dev vif.*"],
              "ours": [r"sysctl ipv4/ip_forward 1"]}
# Ours answers for the guest on the way out, too.
ANSWERS = {"stock": FORWARDING["stock"],
           "ours": [*FORWARDING["ours"], r"proxy 10.0.0.[23] eth0",
                    r"neighbour 10.0.0.[23] 00:16:3e:00:00:01 vif1.0\S*"]}
# A network beside an address is routed by that.
BEHIND = {"stock": [r"route dst 10.1.0.0/16 dev vif1.0 .*"],
          "ours": [r"route dst 10.1.0.0/16 gateway 10.0.0.2 dev vif1.0 .*"]}
LEFT = [r"(address|route) .*far[12].*",
        # Of the device, which goes with the guest.
        r"link vif1.0 .* addrgenmode \S+"]


class Route(TwoSides):
    def setUp(self):
        super().setUp()
        self.shell(UPLINK)
        self.do(lambda one: one.add_vif("vif1.0"))

    def keys(self, **keys):
        self.do(lambda one: one.add_keys(script="vif-route", **keys))

    def online(self, **options):
        return self.call("vif-route", "online", "type_if=vif", **options)

    def offline(self, **options):
        return self.call("vif-route", "offline", "type_if=vif", **options)

    def test_online(self):
        self.keys(ip="10.0.0.2 10.1.0.0/16")
        self.online()
        self.compare(**{key: ANSWERS[key] + BEHIND[key] for key in ANSWERS})
        self.assertEqual(self.key(f"{BACK}/hotplug-status"),
                         ["connected"] * 2)
        self.assertIn("src 192.0.2.1 metric 2",
                      self.ours.shell("ip route show 10.0.0.2"))

    def test_no_address_at_all(self):
        self.keys()
        self.online()
        self.compare(**FORWARDING)

    def test_addresses_of_argv(self):
        self.keys()
        self.call("vif-route", "online", "type_if=vif", "ip=10.0.0.3",
                  ip="10.0.0.2")
        self.compare(**ANSWERS)
        self.assertTrue(self.ours.shell("ip route show 10.0.0.3"))

    def test_another_way_out(self):
        self.shell("ip link add eth1 type veth peer name cable1;"
                   "ip link set cable1 up; ip addr add 198.51.100.1/24 dev "
                   "eth1; ip link set eth1 address 00:16:3e:11:11:14;"
                   "ip link set cable1 address 00:16:3e:11:11:15;"
                   "ip link set eth1 up")
        self.keys(ip="10.0.0.2")
        self.online(netdev="eth1")
        routes = [one.shell("ip route show 10.0.0.2") for one in self.both]
        self.assertIn("src 198.51.100.1", routes[0])
        self.assertEqual(*routes)

    def test_the_default_route_says_where_when_eth0_does_not(self):
        self.shell("ip link set eth0 down; ip link set eth0 name wan0;"
                   "ip link set wan0 up;"
                   "ip route add default via 192.0.2.254 dev wan0")
        self.keys(ip="10.0.0.2")
        self.online(stock_status=1)
        self.assertIn("src 192.0.2.1",
                      self.ours.shell("ip route show 10.0.0.2"))

    def test_a_way_out_without_an_address(self):
        self.shell("ip addr flush dev eth0")
        self.keys(ip="10.0.0.2")
        before = self.ours.snapshot()
        self.online(status=1, netdev="eth0")
        self.assertEqual(self.key(f"{BACK}/hotplug-status"), ["error"] * 2)
        self.assertIn("eth0 has no IPv4 address",
                      self.key(f"{BACK}/hotplug-error")[1])
        self.check_nothing_left(before)

    def test_again_and_with_other_addresses(self):
        """The stock one fails; and leaves the earlier routes."""
        self.keys(ip="10.0.0.2 10.0.0.4")
        self.online()
        self.online(stock_status=1)
        self.keys(ip="10.0.0.3 10.0.0.4")
        self.online(stock_status=1)
        routes = self.ours.shell("ip route show dev vif1.0")
        self.assertNotIn("10.0.0.2", routes)
        self.assertIn("10.0.0.3", routes)
        self.assertIn("10.0.0.4", routes)

    def test_offline(self):
        self.keys(ip="10.0.0.2 10.1.0.0/16")
        before = self.ours.snapshot()
        self.online()
        # Without ifdown the stock one leaves the device up, with its address.
        self.offline()
        self.compare(
            stock=[r"link vif1.0 up .*",
                   r"address vif1.0 192.0.2.1/32 global",
                   r"(address|route) .*", r"sysctl .*/vif1.0/proxy_arp 1"],
            ours=[r"link vif1.0 down .*",
                  r"sysctl .*/vif1.0/proxy_arp 0"])
        self.check_nothing_left(before, LEFT)
        self.offline()

    def test_an_emulated_nic_goes_first(self):
        self.do(lambda one: one.add_vif("vif1.0-emu", "02:00:00:00:00:01", 2))
        self.keys(ip="10.0.0.2")
        before = self.ours.snapshot()
        self.online()
        # The stock one calls it connected, too; it is.
        self.call("vif-route", "add", "type_if=tap", INTERFACE="vif1.0-emu")
        self.compare(**ANSWERS)
        self.assertIn("dev vif1.0-emu", self.ours.shell(
            "ip route get 10.0.0.2"))
        self.call("vif-route", "remove", "type_if=tap",
                  INTERFACE="vif1.0-emu")
        self.assertIn("dev vif1.0 ", self.ours.shell("ip route get 10.0.0.2"))
        self.assertIn("proxy 10.0.0.2 eth0", list(self.ours.proxies()))
        self.offline()
        self.check_nothing_left(before, LEFT)

    def test_an_address_that_another_vif_has(self):
        self.do(lambda one: one.add_vif("vif2.0", number=2))
        self.keys(ip="10.0.0.2")
        self.keys(domid=2, ip="10.0.0.2")
        self.online()
        self.online(status=1, domid=2)
        back = "/local/domain/0/backend/vif/2/0"
        self.assertEqual(self.key(f"{back}/hotplug-status"), ["error"] * 2)
        self.assertIn("there is a route to 10.0.0.2 by vif1.0",
                      self.key(f"{back}/hotplug-error")[1])
        # The stock one leaves it up.
        self.assertIn("DOWN", self.ours.shell("ip link show vif2.0"))

    def test_words_that_are_no_address(self):
        self.keys(ip="10.0.0.2/24")
        self.online(status=1)
        self.assertIn("neither an address nor a network",
                      self.key(f"{BACK}/hotplug-error")[1])
        self.keys(ip="10.0.0.2;reboot")
        self.online(status=1)
        self.assertIn("is no IP address",
                      self.key(f"{BACK}/hotplug-error")[1])

    def test_ipv6(self):
        """The stock one gives an IPv6 route an IPv4 source, and fails."""
        self.shell("ip addr add 2001:db8::1/64 dev eth0 nodad")
        self.keys(ip="10.0.0.2 2001:db8::2 2001:db8:1::/64")
        before = self.ours.snapshot()
        self.online(stock_status=1)
        now = self.ours.snapshot()
        for line in ("sysctl ipv6/conf/all/forwarding 1",
                     "sysctl ipv6/conf/eth0/proxy_ndp 1",
                     "sysctl ipv6/conf/eth0/accept_ra 2",
                     "proxy 2001:db8::2 eth0",
                     "address vif1.0 fe80::fcff:ffff:feff:ffff/64 link"):
            self.assertIn(line, now)
        routes = self.ours.shell("ip -6 route show dev vif1.0")
        self.assertIn("2001:db8::2 metric 2", routes)
        self.assertIn("2001:db8:1::/64 via 2001:db8::2 metric 2 onlink", routes)
        self.online(stock_status=1)
        self.assertEqual(self.ours.snapshot() ^ now, set())
        # The store may have forgotten the list: the routes tell.
        self.do(lambda one: one.store.clear())
        self.call("vif-route", "offline", "type_if=vif")
        self.check_nothing_left(before, LEFT)

    def test_a_guest_behind(self):
        """The guest reaches what is outside, and is reached."""
        self.shell("ip addr add 2001:db8::1/64 dev eth0 nodad")
        self.ours.add_keys(script="vif-route", ip="2001:db8::2 10.0.0.2")
        self.ours.shell("ip -6 addr flush dev far1; ip -6 addr flush dev cable")
        status, err = self.ours.call("vif-route", "online")
        self.assertEqual(status, 0, err)
        # Two more hosts: the guest, and one on eth0's network.
        self.ours.shell("""
trap 'kill $guest $host' EXIT
for one in guest host; do
 unshare --net sh -ec 'echo ready; exec sleep 60' >/run/$one 2>&1 &
 eval $one=$!
 while ! [ -s /run/$one ]; do sleep 0.02; done
done
at() { nsenter -t $1 -n -- sh -ec "$2"; }
ip link set far1 netns $guest; ip link set cable netns $host
at $guest 'echo 0 >/proc/sys/net/ipv6/conf/far1/accept_dad
 ip link set far1 up
 ip addr add 10.0.0.2/32 dev far1; ip route add default dev far1
 ip -6 addr add 2001:db8::2/128 dev far1 nodad
 ip -6 route add default via fe80::fcff:ffff:feff:ffff dev far1'
at $host 'echo 0 >/proc/sys/net/ipv6/conf/cable/accept_dad
 ip link set cable up
 ip addr add 192.0.2.7/24 dev cable; ip route add 10.0.0.2 dev cable
 ip -6 addr add 2001:db8::7/64 dev cable nodad'
for n in 192.0.2.7 2001:db8::7; do
 at $guest "ping -n -c 3 -i 0.1 -W 10 $n" >&2
done
for n in 10.0.0.2 2001:db8::2; do
 at $host "ping -n -c 3 -i 0.1 -W 10 $n" >&2
done
""")


if __name__ == "__main__":
    main()
