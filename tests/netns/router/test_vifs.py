#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Routed guests with real packets: who is reached, who is answered for, who
may say what, and that nothing stays."""
import street
from street import GATEWAY6, HOST4, OUT4, OUT6, Case, main

OWN4, MORE4, OWN6, MORE6 = "192.0.2.40", "192.0.2.41", "2001:db8::40", \
    "2001:db8::41"
ALL = f"{OWN4} {MORE4} {OWN6} {MORE6}"
HOST_MAC = "00:16:3e:11:11:11"
# A router's words from a guest, from its own link-local address.
ADVERTISE = """
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF,
             socket.if_nametoindex('eth0'))
s.sendto(struct.pack('!BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0), ('ff02::1', 0))
"""


class Reached(Case):
    def start(self, **keys):
        self.plug("g1", "vif1.0")
        self.say("g1", **keys)
        self.call("vif-route", "online")

    def test_several_addresses_of_both_families(self):
        self.start(ip=ALL)
        self.address("g1", OWN4 + "/32", MORE4 + "/32", OWN6 + "/128",
                     MORE6 + "/128")
        for own in (OWN4, MORE4):
            self.assert_pings("g1", OUT4, own)
            self.assert_pings("outside", own)
        for own in (OWN6, MORE6):
            self.assert_pings("g1", OUT6, own)
            self.assert_pings("outside", own)

    def test_the_host_answers_outside_for_each_and_for_no_other(self):
        self.start(ip=ALL)
        for own in (OWN4, MORE4):
            status, out, _ = self.outside.run(
                "arping", "-c", "1", "-w", "10", "-i", "eth0", own,
                check=False)
            self.assertEqual(status, 0, out)
            self.assertIn(HOST_MAC, out)
        self.assertNotEqual(self.outside.run(
            "arping", "-c", "1", "-w", "1", "-i", "eth0", "192.0.2.99",
            check=False)[0], 0)
        self.address("g1", OWN6 + "/128")
        self.assert_pings("outside", OWN6)
        self.assertIn(HOST_MAC, self.outside.shell(
            f"ip -6 neigh show {OWN6}"))

    def test_a_page_each_way(self):
        self.start(ip=f"{OWN4} {OWN6}")
        self.address("g1", OWN4 + "/32", OWN6 + "/128")
        for name, from_name, where in (("g1", "outside", (OWN4, OWN6)),
                                       ("outside", "g1", (OUT4, OUT6))):
            server = self.spaces[name].start(
                "python3", "-u", "-m", "http.server", "--bind", "::", "80",
                "--directory", "/usr/share/base-files")
            self.assertIn("Serving", server.stdout.readline())
            for address in where:
                url = f"[{address}]" if ":" in address else address
                out = self.spaces[from_name].run(
                    "curl", "-sS", "--max-time", "20", f"http://{url}/")[1]
                self.assertIn("motd", out)

    def test_a_network_is_routed_to_the_guest(self):
        self.start(ip="192.0.2.40 198.51.100.8/29 2001:db8::40 "
                   "2001:db8:1::/64")
        self.address("g1", OWN4 + "/32", OWN6 + "/128", "198.51.100.9/32",
                     "2001:db8:1::77/128")
        self.outside.shell(f"""
ip route add 198.51.100.0/24 via {HOST4}
ip -6 route add 2001:db8:1::/64 via {street.HOST6}""")
        for inner in ("198.51.100.9", "2001:db8:1::77"):
            self.assert_pings("outside", inner)
            self.assert_pings("g1", OUT6 if ":" in inner else OUT4, inner)
        # Who scans the network asks nobody: the guest's address is its way.
        self.assertFalse(self.pings("outside", "2001:db8:1::99", seconds=1))
        known = self.host.shell("ip -6 neigh show dev vif1.0")
        self.assertIn("2001:db8::40 ", known)
        self.assertNotIn("2001:db8:1::99", known)

    def test_a_network_alone(self):
        self.start(ip="198.51.100.8/29 2001:db8:1::/64")
        self.address("g1", "198.51.100.9/32", "2001:db8:1::77/128")
        self.outside.shell(f"""
ip route add 198.51.100.0/24 via {HOST4}
ip -6 route add 2001:db8:1::/64 via {street.HOST6}""")
        for inner in ("198.51.100.9", "2001:db8:1::77"):
            self.assert_pings("outside", inner)
        self.assertFalse(self.pings("outside", "2001:db8:1::99", seconds=1))
        self.assertIn("2001:db8:1::99", self.host.shell(
            "ip -6 neigh show dev vif1.0"))

    def test_guests_reach_each_other(self):
        self.start(ip=f"{OWN4} {OWN6}")
        self.plug("g2", "vif2.0")
        self.say("g2", 2, ip=f"{MORE4} {MORE6}")
        self.call("vif-route", "online", 2)
        self.address("g1", OWN4 + "/32", OWN6 + "/128")
        self.address("g2", MORE4 + "/32", MORE6 + "/128")
        for there in (MORE4, MORE6):
            self.assert_pings("g1", there)

    def test_domain_300_and_octet_200(self):
        before = self.host.snapshot()
        self.plug("g1", "vif300.0")
        self.say("g1", 300, "vif-nat", ip="192.168.1.200")
        fresh = self.host.snapshot()
        self.call("vif-nat", "online", 300)
        self.address("g1", "192.168.1.200/32", gateway4="192.168.1.73")
        self.assert_pings("g1", "192.168.1.73")
        self.call("vif-nat", "offline", 300)
        self.nothing_left(fresh)
        self.unplug("vif300.0")
        self.nothing_left(before)


class Guard(Case):
    def setUp(self):
        super().setUp()
        self.plug("g1", "vif1.0")
        self.say("g1", ip=f"{OWN4} {OWN6}")
        self.call("vif-route", "online")
        self.address("g1", OWN4 + "/32", OWN6 + "/128", "192.0.2.66/32",
                     "2001:db8::66/128")
        # Outside would answer: only the sender's address is wrong.
        self.outside.shell(f"ip route add 192.0.2.66 via {HOST4}\n"
                           f"ip -6 route add 2001:db8::66 via {street.HOST6}")

    def heard_outside(self):
        """How many echo requests came: IPv4, IPv6."""
        counts = dict(zip(
            *[line.split() for line in self.outside.shell(
                "grep ^Icmp: /proc/net/snmp").splitlines()]))
        six = self.outside.shell("grep '^Icmp6InEchos ' /proc/net/snmp6")
        return int(counts["InEchos"]), int(six.split()[1])

    def test_others_addresses_are_dropped_and_counted(self):
        self.assert_pings("g1", OUT4, OWN4)
        self.assert_pings("g1", OUT6, OWN6)
        heard = self.heard_outside()
        self.assertEqual((self.drops("spoofed4"), self.drops("spoofed6")),
                         (0, 0))
        self.assert_silent("g1", OUT4, "192.0.2.66")
        self.assert_silent("g1", OUT6, "2001:db8::66")
        self.assertEqual(self.heard_outside(), heard)
        self.assertGreater(self.drops("spoofed4"), 0)
        self.assertGreater(self.drops("spoofed6"), 0)
        # The host itself is not spoken to, either.
        self.assert_silent("g1", HOST4, "192.0.2.66")

    def test_no_guest_is_a_router(self):
        self.spaces["g1"].run("python3", "-c", ADVERTISE)
        self.assert_pings("g1", GATEWAY6 + "%eth0")
        self.assertEqual(self.drops("rogue_router"), 1)

    def test_it_is_another_s_once_the_addresses_change(self):
        self.say("g1", ip="192.0.2.66 2001:db8::66")
        self.call("vif-route", "online")
        self.assert_pings("g1", OUT4, "192.0.2.66")
        self.assert_pings("g1", OUT6, "2001:db8::66")
        self.assert_silent("g1", OUT4, OWN4)
        # And outside asks no more for the old ones.
        self.assertEqual(sorted(self.host.proxies()),
                         ["proxy 192.0.2.66 eth0", "proxy 2001:db8::66 eth0"])

    def test_asking_for_an_address_is_not_spoofing(self):
        """A client that has none yet is heard by the host."""
        self.spaces["g1"].shell("ip addr flush dev eth0 scope global\n"
                                "ip route add default dev eth0")
        self.spaces["g1"].run("python3", "-c", """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')
s.bind(('0.0.0.0', 68)); s.sendto(b'x', ('255.255.255.255', 67))
s.sendto(b'x', ('255.255.255.255', 69))""")
        self.assertEqual(self.drops("spoofed4"), 1)

    def test_whose_addresses_nobody_knows_is_not_guarded(self):
        self.plug("g2", "vif2.0")
        self.say("g2", 2)
        self.call("vif-route", "online", 2)
        self.address("g2", "192.0.2.77/32")
        self.host.shell("ip route add 192.0.2.77 dev vif2.0")
        self.assert_pings("g2", HOST4, "192.0.2.77")


class Nothing(Case):
    def both(self, before_second=None):
        self.plug("g1", "vif1.0")
        self.say("g1", ip=f"{OWN4} {OWN6} 198.51.100.8/29")
        self.call("vif-route", "online")
        if before_second:
            before_second()
        self.plug("g2", "vif2.0")
        self.say("g2", 2, ip=f"{MORE4} {MORE6}")
        self.call("vif-route", "online", 2)

    def test_again_changes_nothing(self):
        self.both()
        before = self.host.snapshot()
        with self.nothing_happens():
            self.call("vif-route", "online")
            self.call("vif-route", "online", 2)
        self.assertEqual(self.host.snapshot(), before)

    def test_the_monitor_would_tell(self):
        with self.assertRaisesRegex(AssertionError, "10.9.9.9"), \
                self.nothing_happens():
            self.host.shell("ip addr add 10.9.9.9/32 dev eth0")

    def test_the_last_one_takes_the_settings_along(self):
        before = self.host.snapshot()
        self.both()
        self.call("vif-route", "offline")
        self.assertIn("sysctl ipv4/ip_forward 1", self.host.snapshot())
        self.address("g2", MORE4 + "/32", MORE6 + "/128")
        self.assert_pings("g2", OUT4)
        self.assert_pings("g2", OUT6)
        self.call("vif-route", "offline", 2)
        for vif in ("vif1.0", "vif2.0"):
            self.unplug(vif)
        self.nothing_left(before)

    def test_who_is_routed_is_known_without_the_table(self):
        before = self.host.snapshot()
        self.both()
        self.host.shell("nft flush ruleset")
        self.call("vif-route", "offline")
        self.assertIn("sysctl ipv4/ip_forward 1", self.host.snapshot())
        self.address("g2", MORE4 + "/32", MORE6 + "/128")
        self.assert_pings("g2", OUT4)
        self.assert_pings("g2", OUT6)
        self.call("vif-route", "offline", 2)
        for vif in ("vif1.0", "vif2.0"):
            self.unplug(vif)
        self.nothing_left(before)

    def test_a_device_that_went_without_a_word(self):
        """Its store folder goes too, before offline runs."""
        before = self.host.snapshot()
        self.both()
        self.unplug("vif1.0")
        self.store.clear()
        self.call("vif-route", "offline")
        self.assertNotIn(f"proxy {OWN4} eth0", self.host.snapshot())
        self.unplug("vif2.0")
        self.call("vif-route", "offline", 2)
        self.nothing_left(before)

    def test_another_s_end_tidies_up(self):
        before = self.host.snapshot()
        self.both()
        self.unplug("vif1.0")
        self.call("vif-route", "offline", 2)
        self.unplug("vif2.0")
        after = self.host.snapshot() - before
        self.assertEqual({line for line in after
                          if not line.startswith(("store ", "proxy "))}
                         - {"file /run/xenplane"}, set())

    def test_a_guest_that_came_back_as_another_domain(self):
        self.both()
        self.unplug("vif1.0")
        self.spaces["g1"].close()
        self.spaces["g1"] = street.Space()
        self.addCleanup(self.spaces["g1"].close)
        self.plug("g1", "vif3.0")
        self.say("g1", 3, ip=f"{OWN4} {OWN6}")
        self.call("vif-route", "online", 3)
        self.call("vif-route", "offline")
        self.address("g1", OWN4 + "/32")
        self.assert_pings("outside", OWN4)
        self.assertIn(f"proxy {OWN4} eth0", self.host.snapshot())

    def test_nat_that_stops_leaves_forwarding_to_routed_vifs(self):
        before = self.host.snapshot()
        program = str(street.side.BUILD / "bin" / "xenplane")
        self.host.shell(
            "ip link add xennat type bridge; ip link set xennat up\n"
            "ip addr add 10.0.0.1/24 dev xennat\n"
            "printf '[bridge xennat]\\nmode=nat\\naddress=10.0.0.1/24\\n' "
            f">/run/nat.conf; {program} nat apply -f /run/nat.conf")
        self.both()
        self.host.shell(f"{program} nat stop; ip link del xennat; "
                        "rm /run/nat.conf")
        self.address("g1", OWN4 + "/32")
        self.assert_pings("g1", OUT4)
        for domid in (1, 2):
            self.call("vif-route", "offline", domid)
            self.unplug(f"vif{domid}.0")
        self.nothing_left(before)

    def test_a_setting_that_somebody_changed_since_is_left(self):
        self.both()
        self.host.shell("echo 0 >/proc/sys/net/ipv4/ip_forward\n"
                        "echo 0 >/proc/sys/net/ipv6/conf/eth0/proxy_ndp")
        self.call("vif-route", "offline")
        self.call("vif-route", "offline", 2)
        self.assertIn("sysctl ipv4/ip_forward 0", self.host.snapshot())


if __name__ == "__main__":
    main()
