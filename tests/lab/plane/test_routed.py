#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A group with mode = routed on a plane: a guest comes by the toolstack's
script, is moved out and in by `vif set`, and speaks from its addresses only."""
import contextlib
import os
import pathlib
import signal
import sys
import time
import unittest

from case import B4, B, HOST4, OUT4, OUT6, labtool, main

SCRIPT = labtool.BUILD / "scripts/vif-bridge"
MAC = "00:16:3e:00:00:0a"
OWN4, OWN6 = "10.77.0.40", "fd77::40"
GATEWAY6 = "fe80::fcff:ffff:feff:ffff"
GROUP = f"""
[bridge hosting]
mode = routed
netdev = xenbr0
address = {HOST4}/32
prefix = 10.77.0.32/27 fd77::/64
"""
# The lock of netconf/hold/hold.h; 71 is SO_NETNS_COOKIE.
HOLD = """
import fcntl, socket, struct, time
with socket.socket() as any:
    cookie, = struct.unpack("Q", any.getsockopt(socket.SOL_SOCKET, 71, 8))
lock = open(f"/run/xenplane/holds-{cookie}.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""
# Nobody else may change a table with an owner, and it goes with him.
OWN = """
import subprocess, time
nft = subprocess.Popen(["nft", "-i"], stdin=subprocess.PIPE,
                       stdout=subprocess.DEVNULL, text=True)
nft.stdin.write("delete table inet xenplane_route; "
                "add table inet xenplane_route { flags owner; }\\n")
nft.stdin.flush()
while "owner" not in subprocess.run(["nft", "list", "ruleset"], text=True,
                                    stdout=subprocess.PIPE).stdout:
    time.sleep(0.1)
print("owned", flush=True)
time.sleep(600)
"""


class Routed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = labtool.Lab("routed", script=SCRIPT)
        cls.enterClassContext(cls.lab)
        file = pathlib.Path(f"/run/xenplane/lab/{cls.lab.name}/xenplane.conf")
        with file.open("a", encoding="ascii") as conf:
            conf.write(GROUP)
        before = cls.lab.json("status")["reloads"]
        os.kill(cls.lab.json("status")["pid"], signal.SIGHUP)
        deadline = time.monotonic() + 60
        while cls.lab.json("status")["reloads"] == before:
            if time.monotonic() > deadline:
                raise labtool.Failed("the file is not read again")
        cls.lab.create("b", B)

    def setUp(self):
        self.clean = self.host()
        self.domid = self.lab.create(
            "a", f"mac={MAC},bridge=hosting,ip={OWN4}/32 {OWN6}/128")
        self.vif = f"vif{self.domid}.0"
        self.addCleanup(self.lab.lab, "destroy", "a", check=False)
        self.run_in("a", f"""
ip route replace default via {HOST4} dev eth0 onlink
ip -6 route replace default via {GATEWAY6} dev eth0""")

    def run_in(self, where, text, check=True):
        return self.lab.inside(where, "sh", "-ec", text, check=check)

    def host(self):
        """What a routed vif may leave behind."""
        return self.run_in("dom0", """
ip -o link; ip -o addr; ip route show table all
ip -6 route show table all; ip neigh show nud permanent
ip neigh show proxy; ip -6 neigh show proxy
nft -s list ruleset
cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
cat /proc/sys/net/ipv6/conf/xenbr0/proxy_ndp""").splitlines()

    def is_answered(self, where, address, *options, seconds=20):
        """A proxy answers for an address after a while (proxy_delay)."""
        return self.lab.inside(where, "ping", "-n", "-c", "1", "-W",
                               str(seconds), *options, address,
                               check=False)[0] == 0

    def assert_reached(self):
        for there in (HOST4, OUT4, OUT6, B4):
            self.assertTrue(self.is_answered("a", there), there)
        for own in (OWN4, OWN6):
            self.assertTrue(self.is_answered("outside", own), own)

    def shown(self):
        return self.lab.json("vif", "show", self.vif)

    def set(self, *pairs):
        self.lab.xenplane("vif", "set", self.vif, *pairs)

    def wait_clean(self):
        deadline = time.monotonic() + 60
        while self.host() != self.clean:
            if time.monotonic() > deadline:
                self.assertEqual(self.host(), self.clean)

    def test_a_guest_of_the_group(self):
        self.assert_reached()
        self.assertNotIn("master", self.run_in(
            "dom0", f"ip link show {self.vif}"))
        self.assertIn(OWN4, self.run_in("dom0", "ip neigh show proxy"))
        table = self.lab.xenplane("vif", "list")
        self.assertRegex(table, rf"(?m)^{self.vif} .* hosting \(routed\) ")
        self.assertRegex(table, "(?m)^vif.* xenbr0 ")  # the neighbour
        self.lab.lab("destroy", "a")
        self.wait_clean()

    def test_arping_from_outside_is_answered_by_the_host(self):
        for address, status in ((OWN4, 0), ("10.77.0.41", 1)):
            self.assertEqual(self.lab.inside(
                "outside", "arping", "-c", "1", "-w", "20" if not status
                else "2", "-i", "eth0", address, check=False)[0], status)

    def test_others_addresses_are_dropped(self):
        self.assert_reached()
        self.run_in("a", "ip addr add 10.77.0.41/32 dev eth0\n"
                         "ip addr add fd77::41/128 dev eth0 nodad")
        self.run_in("outside", f"ip route add 10.77.0.41 via {HOST4}")
        for there, source in ((OUT4, "10.77.0.41"), (OUT6, "fd77::41")):
            self.assertFalse(self.is_answered("a", there, "-I", source,
                                              seconds=1))
        rules = self.run_in("dom0", "nft list table inet xenplane_route")
        for reason in ("spoofed4", "spoofed6"):
            packets = rules.split(f"chain {reason} {{")[1].split()[2]
            self.assertGreater(int(packets), 0, reason)
        self.run_in("outside", "ip route del 10.77.0.41")
        # When they become its own they are.
        self.set("ip=10.77.0.41 fd77::41")
        self.assertTrue(self.is_answered("a", OUT4, "-I", "10.77.0.41"))

    def test_to_a_bridge_and_back(self):
        self.assert_reached()
        self.set("bridge=xenbr0")
        self.assertIn("master xenbr0", self.run_in(
            "dom0", f"ip link show {self.vif}"))
        self.assertNotIn("xenplane_route", "".join(self.host()))
        self.run_in("a", f"ip route add {B4}/32 dev eth0")
        self.assertTrue(self.is_answered("a", B4))
        self.run_in("a", f"ip route del {B4}/32 dev eth0")
        self.set("bridge=hosting")
        # What it answered itself, on the bridge, is still known there.
        for other in ("outside", "b"):
            self.run_in(other, "ip neigh flush dev eth0")
        self.assert_reached()
        with self.assertRaisesRegex(labtool.Failed, "is not for guests of"):
            self.set("ip=192.0.2.1")
        self.assert_reached()
        self.set("bridge=xenbr0")
        self.set("bridge=default")
        for other in ("outside", "b"):
            self.run_in(other, "ip neigh flush dev eth0")
        self.assert_reached()

    @contextlib.contextmanager
    def taken(self, address):
        """Somebody else has a route to it, where ours would be."""
        route = f"{address}/32 dev lo metric 2"
        self.run_in("dom0", f"ip route add {route}")
        yield
        self.run_in("dom0", f"ip route del {route}")

    @contextlib.contextmanager
    def held(self):
        """What the host forwards is being changed, without end."""
        with self.lab.going("dom0", "held", sys.executable, "-c", HOLD):
            yield

    def wait_for(self, holds, what):
        deadline = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.1)

    def test_refused_addresses_leave_the_old_ones(self):
        self.assert_reached()
        before = self.host()
        with self.taken("10.77.0.41"):
            during = self.host()
            with self.assertRaisesRegex(labtool.Failed, "by lo"):
                self.set("ip=10.77.0.41")
            self.assertEqual(self.host(), during)
            self.assert_reached()
        self.assertEqual(self.host(), before)
        self.set("ip=10.77.0.41")
        self.assertIn("10.77.0.41", self.run_in(
            "dom0", f"ip route show dev {self.vif}"))

    def store_ip(self, address):
        store = self.lab.json("lab", "list")["store"]
        labtool.run(["xenstore-write",
                     f"/local/domain/0/backend/vif/{self.domid}/0/ip",
                     address], env={**self.lab.env, "XENSTORED_PATH": store})

    def routes_to(self, address):
        return address in self.run_in("dom0", f"ip route show dev {self.vif}")

    def test_addresses_of_the_store_are_taken_when_they_are_free(self):
        self.assert_reached()
        with self.taken("10.77.0.41"):
            self.store_ip("10.77.0.41")
            self.wait_for(lambda: "10.77.0.41" in str(self.shown()), "read")
            self.assert_reached()
        self.wait_for(lambda: self.routes_to("10.77.0.41"), "tried again")
        self.assertFalse(self.routes_to(OWN4))

    def test_nobody_waits_for_who_changes_the_host(self):
        self.assert_reached()
        with self.held():
            with self.assertRaisesRegex(labtool.Failed, "another process"):
                self.set("ip=10.77.0.42")
            with self.assertRaisesRegex(labtool.Failed, "another process"):
                self.set("bridge=xenbr0")
            self.store_ip("10.77.0.41")
            self.wait_for(lambda: "10.77.0.41" in str(self.shown()), "read")
            self.assert_reached()
        self.wait_for(lambda: self.routes_to("10.77.0.41"), "tried again")

    def test_the_guard_comes_back_when_the_ruleset_is_flushed(self):
        self.assert_reached()
        guarded = self.host()
        self.run_in("dom0", "nft flush ruleset")
        self.wait_for(lambda: self.host() == guarded, "the guard")
        self.assert_reached()

    def test_a_vif_that_cannot_be_guarded_is_down(self):
        self.assert_reached()
        guarded = self.host()
        with self.lab.going("dom0", "owned", sys.executable, "-c", OWN):
            self.wait_for(lambda: "state DOWN" in self.run_in(
                "dom0", f"ip link show {self.vif}"), "down")
            self.assertFalse(self.routes_to(OWN4))
            self.assertFalse(self.is_answered("a", OUT4, seconds=1))
        self.wait_for(lambda: self.host() == guarded, "the guard")
        self.assert_reached()

    def test_the_data_process_dies(self):
        """The twin stays, and with it the routes."""
        self.assert_reached()
        before = self.host()
        os.kill(self.lab.json("status")["netback"]["pid"], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while not self.is_answered("a", OUT4, seconds=1):
            self.assertLess(time.monotonic(), deadline)
        self.assert_reached()
        self.assertEqual(self.host(), before)


if __name__ == "__main__":
    main()
