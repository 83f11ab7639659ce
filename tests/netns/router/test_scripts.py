#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""network-route and network-nat: guests by hand, by vif-route and by vif-nat
reach the outside while they are started, and after stop all is as it was."""
import street
from street import HOST4, OUT4, OUT6, Case, main

BY_HAND = "192.0.2.50"
LINE = "=" * 60


class Scripts(Case):
    def script(self, name, *words, status=0):
        got, out, err = self.host.inside(f"{street.side.OURS}/{name}", *words,
                                         check=False)
        self.assertEqual(got, status, err)
        return err if status else out

    def second_link(self):
        self.host.shell("ip link add eth1 type veth peer name far1\n"
                        "ip addr add 203.0.113.1/24 dev eth1\n"
                        "ip link set eth1 up; ip link set far1 up")

    def sysctls(self, *links):
        now = self.host.snapshot()
        return [f"sysctl {path} 1" in now for path in (
            "ipv4/ip_forward", "ipv6/conf/all/forwarding",
            *(f"{family}/conf/{link}/{key}" for link in links
              for family, key in (("ipv4", "proxy_arp"),
                                  ("ipv6", "proxy_ndp"))))]


class Route(Scripts):
    def guest_by_hand(self):
        self.plug("g1", "vif1.0")
        self.host.shell(f"""
ip addr add {HOST4}/32 dev vif1.0; ip link set vif1.0 up
ip route add {BY_HAND} dev vif1.0 src {HOST4}""")
        self.address("g1", BY_HAND + "/32")

    def test_a_route_by_hand_is_answered_for_until_stop(self):
        self.guest_by_hand()
        before = self.host.snapshot()
        self.assertFalse(self.pings("outside", BY_HAND, seconds=1))
        self.script("network-route", "start", "netdev=eth0")
        self.assertEqual(self.sysctls("eth0"), [True] * 4)
        self.outside.shell("ip neigh flush dev eth0")
        self.assert_pings("outside", BY_HAND)
        self.assert_pings("g1", OUT4)
        self.script("network-route", "stop", "netdev=eth0")
        self.nothing_left(before)
        self.outside.shell("ip neigh flush dev eth0")
        self.assertFalse(self.pings("outside", BY_HAND, seconds=1))

    def test_again_changes_nothing(self):
        before = self.host.snapshot()
        self.script("network-route", "start")
        now = self.host.snapshot()
        with self.nothing_happens():
            self.script("network-route", "start")
        self.assertEqual(self.host.snapshot(), now)
        for _ in range(2):
            self.script("network-route", "stop")
            self.nothing_left(before)

    def test_each_link_has_its_own_end(self):
        self.second_link()
        before = self.host.snapshot()
        self.script("network-route", "start", "netdev=eth0")
        self.script("network-route", "vifnum=1", "start")
        self.assertEqual(self.sysctls("eth0", "eth1"), [True] * 6)
        self.script("network-route", "stop", "netdev=eth0")
        self.assertEqual(self.sysctls("eth0", "eth1"),
                         [True, True, False, False, True, True])
        self.script("network-route", "stop", "netdev=eth1")
        self.nothing_left(before)

    def test_stop_without_a_word_ends_all(self):
        """Also when the way out is another one by now."""
        self.second_link()
        before = self.host.snapshot()
        self.script("network-route", "start", "netdev=eth0")
        self.script("network-route", "start", "netdev=eth1")
        self.script("network-route", "stop")
        self.nothing_left(before)

    def test_what_was_on_before_stays_on(self):
        self.host.shell("echo 1 >/proc/sys/net/ipv4/ip_forward\n"
                        "echo 1 >/proc/sys/net/ipv4/conf/eth0/proxy_arp")
        before = self.host.snapshot()
        self.script("network-route", "start", "netdev=eth0")
        self.script("network-route", "stop", "netdev=eth0")
        self.nothing_left(before)
        self.assertIn("sysctl ipv4/ip_forward 1", before)

    def test_a_routed_vif_keeps_forwarding(self):
        before = self.host.snapshot()
        self.script("network-route", "start", "netdev=eth0")
        self.plug("g1", "vif1.0")
        self.say("g1", ip=BY_HAND)
        self.call("vif-route", "online")
        self.address("g1", BY_HAND + "/32")
        self.script("network-route", "stop", "netdev=eth0")
        self.assert_pings("g1", OUT4)
        self.assert_pings("outside", BY_HAND)
        self.call("vif-route", "offline")
        self.unplug("vif1.0")
        self.nothing_left(before)

    def test_a_host_that_hears_routers_goes_on_hearing_them(self):
        accept = "/proc/sys/net/ipv6/conf/eth0/accept_ra"
        self.assertEqual(self.host.shell(f"cat {accept}"), "1\n")
        self.script("network-route", "start")
        self.assertEqual(self.host.shell(f"cat {accept}"), "2\n")
        self.script("network-route", "stop")
        self.assertEqual(self.host.shell(f"cat {accept}"), "1\n")


class Nat(Scripts):
    def guest(self):
        """The first domain's, as vif-nat makes it up; and a private IPv6."""
        self.plug("g1", "vif1.0")
        self.say("g1", script="vif-nat", ip="10.0.1.1 fd00::1:1")
        self.call("vif-nat", "online")
        self.address("g1", "10.0.1.1/32", "fd00::1:1/128",
                     gateway4="10.0.1.128")

    def test_a_private_guest_is_seen_as_the_host(self):
        before = self.host.snapshot()
        self.guest()
        self.assert_pings("g1", "10.0.1.128")
        for there in (OUT4, OUT6):
            self.assert_silent("g1", there, None)
        self.script("network-nat", "start", "netdev=eth0", "dhcp=no")
        for there in (OUT4, OUT6):
            self.assert_pings("g1", there)
        self.script("network-nat", "stop", "netdev=eth0")
        self.call("vif-nat", "offline")
        self.unplug("vif1.0")
        self.nothing_left(before)

    def seen_as(self, address):
        """Whose connection the server outside sees."""
        server = self.outside.start(
            "python3", "-u", "-c", """
import socket
s = socket.create_server(('::', 80), family=socket.AF_INET6,
                         dualstack_ipv6=True)
print('listens')
while True:
    c, peer = s.accept()
    c.sendall(peer[0].removeprefix('::ffff:').encode())
    c.close()""")
        self.assertEqual(server.stdout.readline(), "listens\n")
        source = self.spaces["g1"].run("python3", "-c", f"""
import socket
with socket.create_connection(({address!r}, 80), 20) as s:
    print(s.recv(100).decode())""")[1].strip()
        server.kill()
        return source

    def test_whose_address_it_is(self):
        """A public IPv6 address is the guest's own."""
        self.guest()
        self.plug("g2", "vif2.0")
        self.say("g2", 2, ip="2001:db8::40")
        self.call("vif-route", "online", 2)
        self.address("g2", "2001:db8::40/128")
        self.script("network-nat", "start")
        self.assertEqual(self.seen_as(OUT4), HOST4)
        self.assertEqual(self.seen_as(OUT6), street.HOST6)
        self.spaces["g1"], self.spaces["g2"] = \
            self.spaces["g2"], self.spaces["g1"]
        self.assertEqual(self.seen_as(OUT6), "2001:db8::40")

    def test_again_changes_nothing(self):
        before = self.host.snapshot()
        self.script("network-nat", "start")
        now = self.host.snapshot()
        self.assertTrue(any("masquerade" in line for line in now))
        generation = self.host.shell("nft -j list ruleset | md5sum")
        with self.nothing_happens():
            self.script("network-nat", "start")
        self.assertEqual(self.host.shell("nft -j list ruleset | md5sum"),
                         generation)
        self.assertEqual(self.host.snapshot(), now)
        for _ in range(2):
            self.script("network-nat", "stop")
            self.nothing_left(before)

    def test_each_link_has_its_own_end(self):
        self.second_link()
        before = self.host.snapshot()
        self.script("network-nat", "start", "netdev=eth0")
        self.script("network-nat", "start", "netdev=eth1")
        self.assertIn("masquerade: eth0 eth1\n",
                      self.script("network-nat", "status"))
        self.script("network-nat", "stop", "netdev=eth0")
        self.assertIn("masquerade: eth1\n",
                      self.script("network-nat", "status"))
        self.assertEqual(self.sysctls(), [True, True])
        self.script("network-nat", "stop", "netdev=eth1")
        self.nothing_left(before)

    def test_the_two_scripts_do_not_end_each_other(self):
        before = self.host.snapshot()
        for first, last in (("route", "nat"), ("nat", "route")):
            for one in (first, last):
                self.script(f"network-{one}", "start")
            self.script(f"network-{first}", "stop")
            self.assertEqual(self.sysctls(), [True, True])
            self.script(f"network-{last}", "stop")
            self.nothing_left(before)

    def test_an_admins_tables_stay(self):
        self.host.shell("nft add table inet own\n"
                        "nft add chain inet own c '{ type nat hook "
                        "postrouting priority 90; }'")
        before = self.host.snapshot()
        self.script("network-nat", "start")
        self.script("network-nat", "stop")
        self.nothing_left(before)


class Words(Scripts):
    def test_status(self):
        for name in ("network-route", "network-nat"):
            out = self.script(name, "status").splitlines()
            self.assertEqual((out[0], out[-1]), (LINE, LINE))
            self.assertIn("net.ipv4.ip_forward = 0", out)
            self.assertIn("masquerade: no", out)
            self.script(name, "start")
            out = self.script(name, "netdev=eth0", "status").splitlines()
            self.assertIn("net.ipv4.ip_forward = 1", out)
            self.assertIn("net.ipv4.conf.eth0.proxy_arp = "
                          + str(int(name == "network-route")), out)
            self.assertTrue(any(f"inet {HOST4}/24" in line for line in out))
            self.script(name, "stop")

    def test_what_is_refused(self):
        before = self.host.snapshot()
        for name in ("network-route", "network-nat"):
            for words, why in (
                    (["begin"], "Unknown command: begin\nValid commands are: "
                                "start, stop, status\n"),
                    ([], "Unknown command: \n"),
                    (["start", "netdev=eth9"], "eth9"),
                    (["start", "netdev=a/b"], "netdev=a/b: not a valid"),
                    (["start", "vifnum=x"], "vifnum=x: a number")):
                self.assertIn(why, self.script(name, *words, status=1))
        self.assertIn("dhcp=yes: no DHCP server",
                      self.script("network-nat", "start", "dhcp=yes",
                                  status=1))
        self.assertIn("dhcp=maybe: yes or no",
                      self.script("network-nat", "start", "dhcp=maybe",
                                  status=1))
        self.nothing_left(before)
        # Of these the same words are right.
        self.script("network-nat", "start", "dhcp=yes", "dhcp=no",
                    "netdev=eth0", "vifnum=0")
        self.script("network-nat", "stop", "dhcp=yes")
        self.nothing_left(before)

    def test_no_way_out(self):
        self.host.shell("ip addr flush dev eth0; ip -6 addr flush dev eth0")
        before = self.host.snapshot()
        for name in ("network-route", "network-nat"):
            self.script(name, "start", status=1)
            self.script(name, "stop")
        self.nothing_left(before)


if __name__ == "__main__":
    main()
