#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""NAT with real packets: guests, host and outside in namespaces of their own.

usage: test_nat.py XENPLANE [-v] [TEST...]
"""
import socket
import sys
import threading
import unittest

import ground
from ground import (GUESTS, HOST4, HOST6, OTHER4, OUT4, OUT6, PATIENCE_S,
                    SILENCE_S, comes, exchange)

PROGRAM = None
FORWARDS = """forward = tcp 2222 -> web:22
forward = udp 5353 -> web:53
forward = tcp 8000-8010 -> web
forward = udp 9000-9003 -> web:7000
forward = tcp 3333 -> web:22 from 192.0.2.10 2001:db8:1::/48

[vif web]
ip = 10.0.0.5 fd00:1::5"""


class Case(unittest.TestCase):
    def setUp(self):
        self.ground = ground.Ground(PROGRAM)
        self.addCleanup(self.ground.close)
        # Without it no neighbour would be asked on a bridge's own behalf.
        for key in ("iptables", "ip6tables", "arptables"):
            self.ground.sysctl("host", f"net/bridge/bridge-nf-call-{key}", 0)


class Outwards(Case):
    def test_guests_are_hidden(self):
        g = self.ground
        for inside, outside, host in (("10.0.0.5", OUT4, HOST4),
                                      ("fd00:1::5", OUT6, HOST6)):
            server = g.server("outside", outside, 80)
            far = g.udp("outside", outside, 53)
            near = g.udp("g1", inside)
            near.sendto(b"before", (outside, 53))
            self.assertIsNone(comes(far, SILENCE_S))
            g.apply("")
            near.sendto(b"after", (outside, 53))
            self.assertEqual(comes(far)[:2], (b"after", host))
            near, far, peer = g.tcp("g1", inside, outside, 80, server)
            self.assertEqual(peer, host)
            self.assertTrue(exchange(near, far))
            self.assertEqual(g.run("g1", "ping", "-c1", "-W9", outside)
                             .returncode, 0)
            g.stop()

    def test_groups_keep_their_senders_address(self):
        g = self.ground
        group = "239.1.2.3"
        g.apply("")
        if not ground.route_group(g, group, "10.0.0.5"):
            self.skipTest("the kernel cannot route groups (IP_MROUTE)")
        far = g.udp("outside", "0.0.0.0", 5000)
        with g.at("outside"):
            far.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                           socket.inet_aton(group) + socket.inet_aton(OUT4))
        near = g.udp("g1", "10.0.0.5")
        near.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
        near.sendto(b"group", (group, 5000))
        self.assertEqual(comes(far)[:2], (b"group", "10.0.0.5"))
        near.sendto(b"control", (OUT4, 5000))
        self.assertEqual(comes(far)[:2], (b"control", HOST4))

    def test_the_same_port_is_kept_towards_all(self):
        g = self.ground
        g.apply("")
        here, there = (g.udp("outside", a, 53) for a in (OUT4, OTHER4))
        near = g.udp("g1", "10.0.0.5", 40000)
        near.sendto(b"a", (OUT4, 53))
        near.sendto(b"b", (OTHER4, 53))
        self.assertEqual(comes(here)[1:], (HOST4, 40000))
        self.assertEqual(comes(there)[1:], (HOST4, 40000))

    def test_behind_a_chosen_address(self):
        g = self.ground
        g.ip("host", ["addr add 192.0.2.3/24 dev eth0"])
        far = g.udp("outside", OUT4, 53)
        near = g.udp("g1", "10.0.0.5")
        for text, seen in (("masquerade = 192.0.2.3", "192.0.2.3"),
                           ("masquerade = on", HOST4),
                           ("masquerade = off", "10.0.0.5")):
            g.apply(text)
            near.sendto(b"x", (OUT4, 53))
            self.assertEqual(comes(far)[1], seen)

    def test_ipv6_is_routed_or_becomes_another_network(self):
        g = self.ground
        g.ip("outside", [f"route add 2001:db8:77::/64 via {HOST6}"])
        far = g.udp("outside", OUT6, 53)
        near = g.udp("g1", "fd00:1::5", 4000)
        for text, seen in (("nat6 = routed", "fd00:1::5"),
                           ("nat6 = prefix 2001:db8:77::/64",
                            "2001:db8:77::5")):
            g.apply(text)
            near.sendto(b"x", (OUT6, 53))
            self.assertEqual(comes(far)[1], seen)
            fresh = g.udp("outside", OUT6)
            fresh.sendto(b"in", (seen, 4000))
            self.assertEqual(comes(near)[0], b"in")


class Inwards(Case):
    def test_forwards_lead_to_guests(self):
        g = self.ground
        g.apply(FORWARDS)
        for family, (inside, host, out) in {
                4: ("10.0.0.5", HOST4, OUT4),
                6: ("fd00:1::5", HOST6, OUT6)}.items():
            with self.subTest(family=family):
                for outer, inner in ((2222, 22), (8000, 8000), (8010, 8010)):
                    server = g.server("g1", inside, inner)
                    near, far, peer = g.tcp("outside", out, host, outer,
                                            server)
                    self.assertEqual(peer, out)
                    self.assertTrue(exchange(near, far))
                    server.close()
                for outer, inner in ((5353, 53), (9000, 7000), (9003, 7003)):
                    far = g.udp("g1", inside, inner)
                    near = g.udp("outside", out)
                    near.sendto(b"in", (host, outer))
                    data, *peer = comes(far)
                    far.sendto(data, tuple(peer))
                    self.assertEqual(comes(near), (b"in", host, outer))

    def test_from_chosen_sources_only(self):
        g = self.ground
        g.apply(FORWARDS)
        server = g.server("g1", "10.0.0.5", 22)
        self.assertIsNotNone(g.tcp("outside", OTHER4, HOST4, 3333, server))
        self.assertIsNone(g.connect("outside", OUT4, HOST4, 3333))

    def test_nobody_else_gets_in(self):
        g = self.ground
        far = g.udp("g1", "10.0.0.5", 7)
        near = g.udp("outside", OUT4)
        g.sysctl("host", "net/ipv4/ip_forward", 1)
        near.sendto(b"control", ("10.0.0.5", 7))
        self.assertEqual(comes(far)[0], b"control")
        g.apply("")
        fresh = g.udp("outside", OUT4)
        fresh.sendto(b"x", ("10.0.0.5", 7))
        self.assertIsNone(comes(far, SILENCE_S))
        path = g.write("")
        self.assertEqual(g.xenplane("list", "-f", path)["dropped"],
                         {"to_guest": 1})

    def test_the_host_itself_reaches_forwards(self):
        g = self.ground
        g.apply(FORWARDS)
        server = g.server("g1", "10.0.0.5", 22)
        near, far, _ = g.tcp("host", HOST4, HOST4, 2222, server)
        self.assertTrue(exchange(near, far))

    def test_one_to_one(self):
        g = self.ground
        g.ip("host", ["addr add 192.0.2.77/32 dev eth0"])
        g.apply("one-to-one = 192.0.2.77 -> 10.0.0.6")
        server = g.server("g2", "10.0.0.6", 1234)
        near, far, _ = g.tcp("outside", OUT4, "192.0.2.77", 1234, server)
        self.assertTrue(exchange(near, far))
        far = g.udp("outside", OUT4, 53)
        for guest, address, seen in (("g2", "10.0.0.6", "192.0.2.77"),
                                     ("g1", "10.0.0.5", HOST4)):
            g.udp(guest, address).sendto(b"x", (OUT4, 53))
            self.assertEqual(comes(far)[1], seen)

    def test_a_guest_by_mac_keeps_its_forward_when_its_address_changes(self):
        g = self.ground
        text = f"forward = tcp 2222 -> {GUESTS['g1'][0]}:22"
        path = g.write(text)
        g.apply(text)
        self.assertIsNone(
            g.xenplane("list", "-f", path)["forwards"][0]["to"])
        for address in ("10.0.0.5", "10.0.0.50"):
            g.ip("g1", ["addr flush dev eth0 scope global",
                        f"addr add {address}/24 dev eth0",
                        "route add default via 10.0.0.1"])
            g.ip("host", ["neigh flush dev xennat"])
            g.run("g1", "ping", "-c1", "-W9", "10.0.0.1")
            g.apply(text)
            server = g.server("g1", address, 22)
            near, far, _ = g.tcp("outside", OUT4, HOST4, 2222, server)
            self.assertTrue(exchange(near, far))


class Hairpin(Case):
    def reach(self, host, out, server):
        return self.ground.tcp("g2", out, host, 2222, server, seconds=2)

    def test_guests_reach_each_other_by_the_hosts_address(self):
        g = self.ground
        for number in (1, 2):
            g.run("host", "bridge", "link", "set", "dev", f"vif{number}.0",
                  "isolated", "on")
        g.apply(FORWARDS)
        for inside, host, out in (("10.0.0.5", HOST4, "10.0.0.6"),
                                  ("fd00:1::5", HOST6, "fd00:1::6")):
            server = g.server("g1", inside, 22)
            near, far, peer = g.tcp("g2", out, host, 2222, server)
            self.assertEqual(peer, host)
            self.assertTrue(exchange(near, far))
            server.close()
            self.assertIsNone(g.connect("g2", out, inside, 22, seconds=2))

    def test_with_br_netfilter_and_without(self):
        g = self.ground
        for number in (1, 2):
            g.run("host", "bridge", "link", "set", "dev", f"vif{number}.0",
                  "isolated", "on")
        server = g.server("g1", "10.0.0.5", 22)
        for everywhere in (0, 1):
            for bridge in (0, 1):
                with self.subTest(everywhere=everywhere, bridge=bridge):
                    g.sysctl("host", "net/bridge/bridge-nf-call-iptables",
                             everywhere)
                    g.run("host", "ip", "link", "set", "xennat", "type",
                          "bridge", "nf_call_iptables", str(bridge))
                    report = g.apply(FORWARDS)
                    said = [w for w in report["warnings"]
                            if "bridge-nf-call-iptables" in w]
                    self.assertEqual(len(said), everywhere)
                    got = self.reach(HOST4, "10.0.0.6", server)
                    self.assertEqual(got is not None, not everywhere)
                    g.stop()
                    shown = g.run("host", "ip", "-d", "link", "show",
                                  "xennat").stdout
                    self.assertIn(f"nf_call_iptables {bridge} ", shown)


class Limits(Case):
    def test_one_guest_does_not_fill_the_table(self):
        g = self.ground
        g.apply("connections = 16")
        far = g.udp("outside", OUT4, 53)
        came = 0
        for _ in range(24):
            g.udp("g1", "10.0.0.5").sendto(b"x", (OUT4, 53))
        g.udp("g2", "10.0.0.6").sendto(b"last", (OUT4, 53))
        while comes(far)[0] != b"last":
            came += 1
        self.assertEqual(came, 16)
        g.apply("connections = off")
        g.udp("g1", "10.0.0.5").sendto(b"more", (OUT4, 53))
        self.assertEqual(comes(far)[0], b"more")

    def test_times_are_those_of_the_rfcs(self):
        g = self.ground
        g.apply("")
        server = g.server("outside", OUT4, 80)
        far = g.udp("outside", OUT4, 53)
        near = g.udp("g1", "10.0.0.5", 4000)
        near.sendto(b"x", (OUT4, 53))
        data, *peer = comes(far)
        self.assertTrue(110 < self.left("udp", 4000) <= 120)
        # For two seconds the kernel does not take it for a conversation.
        while self.left("udp", 4000) <= 120:
            far.sendto(data, tuple(peer))
            comes(near)
            near.sendto(b"x", (OUT4, 53))
            comes(far)
        self.assertTrue(290 < self.left("udp", 4000) <= 300)
        near, far, _ = g.tcp("g1", "10.0.0.5", OUT4, 80, server)
        self.assertTrue(exchange(near, far))
        self.assertTrue(7430 < self.left("tcp") <= 7440)
        near.close()
        self.assertEqual(far.recv(1), b"")
        self.assertTrue(230 < self.left("tcp") <= 240)
        far.close()
        g.run("g1", "ping", "-c1", "-W9", OUT4)
        self.assertTrue(50 < self.left("icmp") <= 60)

    def left(self, protocol, port=None):
        lines = [line.split() for line in self.ground.tracked()]
        found = [line for line in lines if line[2] == protocol and
                 (port is None or f"sport={port}" in line)]
        self.assertEqual(len(found), 1, found)
        return int(found[0][4])


class Changes(Case):
    def test_the_same_again_changes_nothing(self):
        g = self.ground
        first = g.apply(FORWARDS)
        self.assertGreater(first["table_changes"], 0)
        server = g.server("g1", "10.0.0.5", 22)
        near, far, _ = g.tcp("outside", OUT4, HOST4, 2222, server)
        again = g.apply(FORWARDS)
        self.assertEqual(
            (again["table_changes"], again["host_changes"],
             again["connections_ended"]), (0, 0, 0))
        self.assertTrue(exchange(near, far))

    def test_running_flows_lose_nothing_while_the_rules_change(self):
        """Question and answer, one at a time: each lost one would hang."""
        g = self.ground
        more = "forward = tcp 7000-7099 -> 10.0.0.6:8000\nconnections = 99\n"
        g.apply(FORWARDS)
        out = g.udp("outside", OUT4, 53), g.udp("g1", "10.0.0.5", 4000), OUT4
        into = g.udp("g1", "10.0.0.5", 53), g.udp("outside", OUT4), HOST4
        done, counts, faults = threading.Event(), [0, 0], []
        progress = threading.Condition()

        def talk(number, far, near, to, port):
            while not done.is_set():
                near.sendto(b"%d" % counts[number], (to, port))
                heard = comes(far)
                if not heard or heard[0] != b"%d" % counts[number]:
                    faults.append((number, counts[number], heard))
                    return
                far.sendto(heard[0], heard[1:])
                if not comes(near):
                    faults.append((number, counts[number], "answer"))
                    return
                with progress:
                    counts[number] += 1
                    progress.notify()

        talks = [threading.Thread(target=talk, args=(0, *out, 53)),
                 threading.Thread(target=talk, args=(1, *into, 5353))]
        for one in talks:
            one.start()
        for _ in range(10):
            for text in (more + FORWARDS, FORWARDS):
                before = list(counts)
                self.assertGreater(g.apply(text)["table_changes"], 100)
                with progress:
                    progress.wait_for(lambda seen=before: faults or all(
                        a != b for a, b in zip(seen, counts)), PATIENCE_S)
        done.set()
        for one in talks:
            one.join()
        self.assertEqual(faults, [])

    def test_what_no_rule_leads_to_any_more_is_ended(self):
        g = self.ground
        keep, drop = ("forward = tcp 2222 -> 10.0.0.5:22",
                      "forward = tcp 3333 -> 10.0.0.6:22")
        g.apply(f"{keep}\n{drop}")
        kept = g.tcp("outside", OUT4, HOST4, 2222,
                     g.server("g1", "10.0.0.5", 22))
        ended = g.tcp("outside", OUT4, HOST4, 3333,
                      g.server("g2", "10.0.0.6", 22))
        self.assertTrue(exchange(*kept[:2]) and exchange(*ended[:2]))
        report = g.apply(keep)
        self.assertEqual(report["connections_ended"], 1)
        self.assertTrue(exchange(*kept[:2]))
        ended[0].settimeout(SILENCE_S)
        ended[1].settimeout(SILENCE_S)
        self.assertFalse(exchange(*ended[:2]))

    def test_another_guest_gets_the_port(self):
        g = self.ground
        g.apply("forward = tcp 2222 -> 10.0.0.5:22")
        g.server("g1", "10.0.0.5", 22)
        report = g.apply("forward = tcp 2222 -> 10.0.0.6:22")
        self.assertEqual(report["table_changes"], 2)
        server = g.server("g2", "10.0.0.6", 22)
        self.assertIsNotNone(g.tcp("outside", OUT4, HOST4, 2222, server))

    def test_the_connections_of_a_guest_that_went_are_ended(self):
        g = self.ground
        g.apply("")
        far = g.udp("outside", OUT4, 53)
        for guest, address in (("g1", "10.0.0.5"), ("g2", "10.0.0.6")):
            g.udp(guest, address).sendto(b"x", (OUT4, 53))
            comes(far)
        ended = g.xenplane("forget", "10.0.0.5")
        self.assertEqual(ended["connections_ended"], 1)
        left = "\n".join(g.tracked())
        self.assertIn("src=10.0.0.6", left)
        self.assertNotIn("src=10.0.0.5", left)

    def test_nothing_stays(self):
        g = self.ground
        before = [g.sysctl("host", key) for key in
                  ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding",
                   "net/ipv6/conf/eth0/accept_ra")]
        self.assertEqual(before, ["0", "0", "1"])
        g.apply(FORWARDS)
        self.assertEqual(g.sysctl("host", "net/ipv4/ip_forward"), "1")
        self.assertEqual(g.sysctl("host", "net/ipv6/conf/eth0/accept_ra"), "2")
        self.assertIn("xenplane_nat", g.run("host", "nft", "list",
                                            "ruleset").stdout)
        g.stop()
        self.assertEqual(g.run("host", "nft", "list", "ruleset").stdout, "")
        after = [g.sysctl("host", key) for key in
                 ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding",
                  "net/ipv6/conf/eth0/accept_ra")]
        self.assertEqual(before, after)
        left = list(ground.pathlib.Path("/run/xenplane").glob("holds-*"))
        self.assertEqual(left, [])
        self.assertEqual(g.stop()["table_changes"], 0)

    def test_what_is_not_needed_any_more_comes_back_at_once(self):
        g = self.ground
        g.run("host", "ip", "link", "set", "xennat", "type", "bridge",
              "nf_call_iptables", "1")
        g.apply(FORWARDS)
        self.assertEqual(
            g.sysctl("host", "net/ipv6/conf/all/forwarding"), "1")
        ipv4 = "address = 10.0.0.1/24"
        self.assertEqual(g.apply("", mode=ipv4)["host_changes"], 3)
        self.assertEqual(
            [g.sysctl("host", key) for key in
             ("net/ipv6/conf/all/forwarding", "net/ipv6/conf/eth0/accept_ra",
              "net/ipv4/ip_forward")], ["0", "1", "1"])
        self.assertIn("nf_call_iptables 1 ", g.run(
            "host", "ip", "-d", "link", "show", "xennat").stdout)
        self.assertEqual(g.apply("", mode=ipv4)["host_changes"], 0)
        g.stop()
        self.assertEqual(g.sysctl("host", "net/ipv4/ip_forward"), "0")

    def test_what_somebody_else_set_since_is_left_to_him(self):
        g = self.ground
        g.apply("")
        g.sysctl("host", "net/ipv6/conf/eth0/accept_ra", 0)
        g.stop()
        self.assertEqual(g.sysctl("host", "net/ipv6/conf/eth0/accept_ra"), "0")
        self.assertEqual(g.sysctl("host", "net/ipv4/ip_forward"), "0")

    def test_what_somebody_changed_is_seen_and_put_right(self):
        g = self.ground
        g.apply(FORWARDS)
        path = str(g.folder / "xenplane.conf")
        self.assertTrue(g.xenplane("list", "-f", path)["as_wanted"])
        for words in ("flush chain inet xenplane_nat forwards",
                      "delete element inet xenplane_nat bridges { xennat }",
                      "insert rule inet xenplane_nat forward drop",
                      "add chain inet xenplane_nat forward "
                      "{ policy drop ; }"):
            g.run("host", "nft", words)
            self.assertFalse(g.xenplane("list", "-f", path)["as_wanted"])
            self.assertGreater(g.apply(FORWARDS)["table_changes"], 0)
            self.assertTrue(g.xenplane("list", "-f", path)["as_wanted"])

    def test_a_plan_touches_nothing(self):
        g = self.ground
        report = g.xenplane("plan", "-f", g.write(FORWARDS))
        self.assertGreater(report["table_changes"], 50)
        self.assertEqual(g.run("host", "nft", "list", "ruleset").stdout, "")
        self.assertEqual(g.sysctl("host", "net/ipv4/ip_forward"), "0")


class Others(Case):
    def test_admins_chains_are_never_emptied(self):
        g = self.ground
        far = g.udp("outside", OUT4, 53)
        near = g.udp("g1", "10.0.0.5")
        g.apply("")
        near.sendto(b"control", (OUT4, 53))
        self.assertEqual(comes(far)[0], b"control")
        g.run("host", "nft", "add rule inet xenplane_nat admin_forward udp "
              "dport 53 drop")
        g.apply(FORWARDS)
        near.sendto(b"x", (OUT4, 53))
        self.assertIsNone(comes(far, SILENCE_S))
        self.assertTrue(g.stop()["table_stays"])
        left = g.run("host", "nft", "list", "ruleset").stdout
        self.assertIn("udp dport 53 drop", left)
        self.assertNotIn("hook", left)
        g.apply("")
        near.sendto(b"x", (OUT4, 53))
        self.assertIsNone(comes(far, SILENCE_S))
        g.run("host", "nft", "flush chain inet xenplane_nat admin_forward")
        near.sendto(b"again", (OUT4, 53))
        self.assertEqual(comes(far)[0], b"again")
        self.assertFalse(g.stop()["table_stays"])

    def test_beside_docker(self):
        g = self.ground
        for words in ("-P FORWARD DROP", "-N DOCKER-USER",
                      "-A FORWARD -j DOCKER-USER",
                      "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
                      "-t nat -N DOCKER",
                      "-t nat -A PREROUTING -m addrtype --dst-type LOCAL "
                      "-j DOCKER",
                      "-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 "
                      "-j MASQUERADE"):
            g.run("host", "iptables-nft", *words.split())
        self.beside_others(
            ["iptables-nft", "-I", "DOCKER-USER", "-i", "xennat", "-j",
             "ACCEPT"],
            ["iptables-nft", "-I", "DOCKER-USER", "-o", "xennat", "-j",
             "ACCEPT"], warned="Docker: in DOCKER-USER")

    def test_beside_firewalld(self):
        g = self.ground
        g.run("host", "nft", "-f", "-", stdin="""
table inet firewalld {
  chain nat_POSTROUTING { type nat hook postrouting priority srcnat + 10; }
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "trusted0" accept
    reject with icmpx admin-prohibited
  }
}
""")
        self.beside_others(
            ["nft", "insert", "rule", "inet", "firewalld", "filter_FORWARD",
             "iifname", "xennat", "accept"])

    def beside_others(self, *accept, warned=None):
        g = self.ground
        far = g.udp("outside", OUT4, 53)
        near = g.udp("g1", "10.0.0.5")
        theirs = g.run("host", "nft", "list", "ruleset").stdout
        said = g.apply(FORWARDS)["warnings"]
        self.assertEqual(bool(warned), any(warned in w for w in said)
                         if warned else False)
        near.sendto(b"x", (OUT4, 53))
        self.assertIsNone(comes(far, SILENCE_S))
        for words in accept:
            g.run("host", *words)
        near.sendto(b"accepted", (OUT4, 53))
        self.assertEqual(comes(far)[:2], (b"accepted", HOST4))
        server = g.server("g1", "10.0.0.5", 22)
        near, back, _ = g.tcp("outside", OUT4, HOST4, 2222, server)
        self.assertTrue(exchange(near, back))
        g.stop()
        left = g.run("host", "nft", "list", "ruleset").stdout
        self.assertNotIn("xenplane", left)
        self.assertEqual(self.without_accepts(left),
                         self.without_accepts(theirs))

    @staticmethod
    def without_accepts(rules):
        """What is left but for the rules that the test itself put in."""
        return [line.split("counter")[0] for line in rules.splitlines()
                if "xennat" not in line]


    def test_a_saved_rule_set_comes_back(self):
        g = self.ground
        text = ("nat6 = prefix 2001:db8:77::/64\nmasquerade = 192.0.2.3\n"
                "one-to-one = 192.0.2.77 -> 10.0.0.6\n" + FORWARDS)
        g.apply(text)
        listing = g.run("host", "nft", "list", "ruleset").stdout
        g.run("host", "nft", "flush", "ruleset")
        path = g.write(text)
        self.assertFalse(g.xenplane("list", "-f", path)["as_wanted"])
        server = g.server("g1", "10.0.0.5", 22)
        self.assertIsNone(g.connect("outside", OUT4, HOST4, 2222))
        g.run("host", "nft", "-f", "-", stdin=listing)
        self.assertIsNotNone(g.tcp("outside", OUT4, HOST4, 2222, server))
        # nft says some rules in other words: they become ours once.
        g.apply(text)
        self.assertEqual(g.apply(text)["table_changes"], 0)


class Refusals(Case):
    def test_what_the_file_says_wrong_is_named_and_nothing_is_done(self):
        g = self.ground
        done = g.xenplane("apply", "-f", g.write("forward = tcp 0 -> web"),
                          good=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("xenplane.conf:4:11: forward=tcp 0 -> web", done.stderr)
        self.assertEqual(g.run("host", "nft", "list", "ruleset").stdout, "")

    def test_a_state_file_of_others_is_not_believed(self):
        g = self.ground
        g.apply("")
        path = next(ground.pathlib.Path("/run/xenplane").glob("holds-*"))
        path.chmod(0o666)
        done = g.xenplane("stop", good=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("others could have written it", done.stderr)
        path.chmod(0o600)
        path.write_text("sysctl kernel/modprobe 0 1 1\n", encoding="ascii")
        done = g.xenplane("stop", good=False)
        self.assertIn("not what was written", done.stderr)
        path.unlink()
        g.stop()


if __name__ == "__main__":
    ground.skip_unless_root()
    PROGRAM = sys.argv.pop(1)
    ground.enter_private_mounts()
    unittest.main()
