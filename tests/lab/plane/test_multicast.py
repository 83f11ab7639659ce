#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests with multicast control: they are sent the groups that their kernels
want, by other guests and from outside, and no others; IPv6 goes on."""
import json
import os
import signal
import sys

from case import A, A6, B, B6, PlaneCase, labtool, main

GROUP, PORT, COUNT = "239.77.1.2", 5007, 5
WAITS = 500
JOIN = f"""
import socket, struct, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
member = socket.inet_aton("{GROUP}") + socket.inet_aton("ADDRESS")
sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
print("joined", flush=True)
time.sleep(600)
"""
SEND = f"""
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                socket.inet_aton("ADDRESS"))
sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
for _ in range({COUNT}):
    sock.sendto(b"to the group", ("{GROUP}", {PORT}))
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sock.sendto(b"to all", ("10.77.0.255", {PORT}))
"""


class Multicast(PlaneCase):
    """`a` sends, `b` joins, `c` does not; `d` is without control."""
    GUESTS = (("a", A), ("b", "--multicast-control", B),
              ("c", "--multicast-control", "--queues=2",
               "mac=00:16:3e:00:00:0c,bridge=xenbr0,ip=10.77.0.12 fd77::12"),
              ("d", "mac=00:16:3e:00:00:0d,bridge=xenbr0,ip=10.77.0.13"))

    def show(self, vif):
        return self.lab.json("vif", "show", vif)

    def wait_for(self, what, condition):
        for _ in range(WAITS):
            if condition():
                return
            labtool.time.sleep(0.02)
        self.fail(what)

    def heard(self, where, address):
        """How many of the datagrams that `where` sends each guest gets. The
        broadcast behind them says that there is no more to come."""
        captures = {}
        for name in "bcd":
            process = self.lab.start(
                name, "tcpdump", "-l", "-n", "-p", "-i", "eth0", "udp", "port",
                str(PORT))
            labtool.read_until(process, "listening on")
            captures[name] = process
        self.lab.inside(where, sys.executable, "-c",
                        SEND.replace("ADDRESS", address))
        heard = {}
        for name, process in captures.items():
            seen = labtool.read_until(process, "10.77.0.255")
            heard[name] = seen.count(GROUP)
            labtool.end(process)
        return heard

    def wait_heard(self, where, address, expected):
        """A group that is registered, or not any more, is so soon."""
        for _ in range(20):
            heard = self.heard(where, address)
            if heard == expected:
                return
            labtool.time.sleep(0.2)
        self.assertEqual(heard, expected)

    def test_1_groups_reach_who_joined(self):
        self.wait_path("fast", (1, 2, 3, 4))
        self.assertTrue(self.show("vif2.0")["mcast_control"])
        self.assertFalse(self.show("vif4.0")["mcast_control"])
        none = {"b": 0, "c": 0, "d": COUNT}
        joined = {"b": COUNT, "c": 0, "d": COUNT}
        self.wait_heard("a", "10.77.0.10", none)
        with self.lab.going("b", "joined", sys.executable, "-c",
                            JOIN.replace("ADDRESS", "10.77.0.11")):
            self.wait_heard("a", "10.77.0.10", joined)
            drops = self.show("vif3.0")["drops"]["mcast"]
            self.wait_heard("outside", "10.77.0.254", joined)
            self.assertGreaterEqual(self.show("vif3.0")["drops"]["mcast"],
                                    drops + COUNT)
            self.kill_netback()
            self.wait_heard("a", "10.77.0.10", joined)
            self.wait_heard("outside", "10.77.0.254", joined)
        self.wait_heard("a", "10.77.0.10", none)

    def netback(self):
        """Also while there is none that is ready: then status says so."""
        _, out, _ = self.lab.xenplane("status", "--json", check=False)
        return json.loads(out)["netback"]

    def kill_netback(self):
        before = self.netback()
        os.kill(before["pid"], signal.SIGKILL)
        self.wait_for("a new data process", lambda: (
            self.netback()["restarts"] == before["restarts"] + 1 and
            self.netback()["ready"]))
        self.wait_path("fast", (1, 2, 3, 4))

    def test_2_neighbours_are_found(self):
        for where, address in (("a", B6), ("a", "fd77::12"), ("b", "fd77::12"),
                               ("c", A6), ("outside", B6)):
            self.assert_pings(where, address, count=3)

    def test_3_too_many_groups_are_all_groups(self):
        macs = [f"01:00:5e:22:00:{n:02x}" for n in range(70)]
        script = "; ".join(f"ip maddr {{0}} {mac} dev eth0" for mac in macs)
        self.lab.inside("c", "sh", "-c", script.format("add"))
        self.wait_for("all groups",
                      lambda: not self.show("vif3.0")["mcast_control"])
        self.wait_heard("a", "10.77.0.10", {"b": 0, "c": COUNT, "d": COUNT})
        self.lab.inside("c", "sh", "-c", script.format("del"))
        self.wait_for("groups again",
                      lambda: self.show("vif3.0")["mcast_control"])
        self.wait_heard("a", "10.77.0.10", {"b": 0, "c": 0, "d": COUNT})
        self.assert_pings("a", "fd77::12", count=3)


if __name__ == "__main__":
    main()
