#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Access lists, through the plane and on both paths: what is allowed passes, of
what is denied no frame arrives and each is counted, and what the plane itself
gives keeps working. Each "does not" has a "does" beside it: the same without the
list, or with the rule in it."""
import contextlib
import json
import os
import pathlib
import signal
import tempfile
import time

from case import A4, A6, B4, B6, HOST4, HOST6, PlaneCase, labtool, main

PORTS = (80, 81)
MAC_A = "00:16:3e:00:00:0a"

# Listens on the ports, TCP and UDP, and says "NAME\n" or sends back what came.
SERVE = """
import selectors, socket, sys
poll = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    for family, any in ((socket.AF_INET, ""), (socket.AF_INET6, "::")):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            s = socket.socket(family, kind)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.bind((any, port))
            if kind == socket.SOCK_STREAM:
                s.listen(16)
            poll.register(s, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in poll.select():
        s = key.fileobj
        if s.type == socket.SOCK_DGRAM:
            s.sendto(*s.recvfrom(2048))
        else:
            with s.accept()[0] as peer:
                peer.sendall(b"hello")
"""
# One TCP connection, or one datagram and its answer: "yes" or "no".
ASK = """
import socket, sys
kind, to, port, wait = sys.argv[1:5]
own = int(sys.argv[5]) if len(sys.argv) > 5 else 0
family = socket.AF_INET6 if ":" in to else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp"
                  else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if own:
    s.bind(("", own))
s.settimeout(float(wait))
try:
    s.connect((to, int(port)))
    if kind == "udp":
        s.send(b"hello")
    print("yes" if s.recv(16) == b"hello" else "no")
except OSError:
    print("no")
"""
# Frames that this guest's link got for each UDP or TCP port, until SIGINT.
COUNT = """
import json, signal, socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("eth0", 3))
def end(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
seen = {}
try:
    while True:
        frame, where = s.recvfrom(2048)
        if where[2] == socket.PACKET_OUTGOING:
            continue
        kind, = struct.unpack_from(">H", frame, 12)
        at = 34 if kind == 0x0800 else 54
        if kind in (0x0800, 0x86dd) and len(frame) >= at + 4:
            port, = struct.unpack_from(">H", frame, at + 2)
            seen[port] = seen.get(port, 0) + 1
except KeyboardInterrupt:
    pass
print(json.dumps(seen), flush=True)
"""
# A stream that goes on until SIGINT: the source counts what was taken.
STREAM_TO = """
import socket
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("", 80))
l.listen(1)
print("ready", flush=True)
s = l.accept()[0]
while s.recv(65536):
    pass
"""
STREAM = """
import socket, sys
s = socket.create_connection((sys.argv[1], 80), timeout=20)
s.settimeout(None)
print("ready", flush=True)
while True:
    s.send(bytes(1000))
"""
LEASE = """#!/bin/sh
[ "$1" = bound ] && echo "lease $ip"
exit 0
"""


def python(program, *words):
    return ("python3", "-c", program, *map(str, words))


class Acl(PlaneCase):
    GUESTS = (
        ("a", f"mac={MAC_A},bridge=xenbr0,ip={A4} {A6}"),
        ("b", f"mac=00:16:3e:00:00:0b,bridge=xenbr0,ip={B4} {B6}"),
        ("c", "mac=00:16:3e:00:00:0c,bridge=xenbr0"),
    )

    def setUp(self):
        pid = self.lab.json("status")["pid"]
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        self.file = pathlib.Path(words[words.index(b"--config") + 1].decode())
        self.before = self.file.read_text(encoding="utf-8")
        self.addCleanup(self.say, "")

    def say(self, text):
        """The configuration says this as well now, and is in force."""
        status = self.lab.json("status")
        self.file.write_text(self.before + text, encoding="utf-8")
        os.kill(status["pid"], signal.SIGHUP)
        deadline = time.monotonic() + 20
        while self.lab.json("status")["reloads"] == status["reloads"]:
            self.assertLess(time.monotonic(), deadline)
        # An answer to `vif set` is given when all before it is in force.
        for vif in ("vif1.0", "vif2.0", "vif3.0"):
            self.lab.xenplane("vif", "set", vif, "storm=default")

    @contextlib.contextmanager
    def path(self, path):
        for vif in ("vif1.0", "vif2.0"):
            self.lab.xenplane("vif", "set", vif, "fastpath=" + (
                "on" if path == "fast" else "off"))
        self.wait_path(path)
        with self.subTest(path=path):
            yield
        for vif in ("vif1.0", "vif2.0"):
            self.lab.xenplane("vif", "set", vif, "fastpath=default")

    def on_both_paths(self):
        for path in ("fast", "kernel"):
            with self.path(path):
                yield path

    def drops(self, vif, reason):
        return self.lab.json("vif", "show", vif)["drops"][reason]

    def asks(self, kind, to, port, expected, source=0, where="a"):
        out = self.lab.inside(where, *python(
            ASK, kind, to, port, 20 if expected else 0.5, source))
        self.assertEqual(out.strip(), "yes" if expected else "no",
                         f"{where}: {kind} {to} {port}")

    def test_ports_that_may_be_reached(self):
        with self.lab.going("b", "ready", *python(SERVE, *PORTS)):
            for _ in self.on_both_paths():
                self.say("")
                for to in (B4, B6):
                    for port in PORTS:  # as it is without a list
                        self.asks("tcp", to, port, True)
                        self.asks("udp", to, port, True)
                self.say("[acl web]\nallow = in tcp 80 replies\n"
                         "allow = in udp 80 replies\n[vif vif2.0]\nacl = web\n")
                before = self.drops("vif2.0", "acl_in")
                with self.lab.going("b", "ready", *python(COUNT)) as counter:
                    for to in (B4, B6):
                        self.asks("tcp", to, 80, True)
                        self.asks("udp", to, 80, True)
                        self.asks("tcp", to, 81, False)
                        self.asks("udp", to, 81, False)
                    seen = json.loads(labtool.end(counter))
                self.assertNotIn("81", seen)
                self.assertGreaterEqual(seen["80"], 8)
                self.assertGreaterEqual(self.drops("vif2.0", "acl_in"),
                                        before + 4)
                self.assertEqual(self.drops("vif1.0", "acl"), 0)

    def test_what_a_guest_may_send(self):
        with self.lab.going("b", "ready", *python(SERVE, *PORTS)):
            for _ in self.on_both_paths():
                self.say("[acl out]\ndefault = allow\ndeny = out tcp 81\n"
                         "deny = out udp 81\ndeny = out icmp 8\n"
                         f"[vif {MAC_A}]\nacl = out\n")
                before = self.drops("vif1.0", "acl")
                with self.lab.going("b", "ready", *python(COUNT)) as counter:
                    for to in (B4, B6):
                        self.asks("tcp", to, 80, True)
                        self.asks("tcp", to, 81, False)
                        self.asks("udp", to, 81, False)
                    self.assert_pings("a", B6, count=3)  # that is icmp6
                    with self.assertRaises(labtool.Failed):
                        labtool.ping(self.lab, "a", B4, count=1)
                    seen = json.loads(labtool.end(counter))
                self.assertNotIn("81", seen)
                self.assertGreaterEqual(self.drops("vif1.0", "acl"),
                                        before + 5)
                self.say("")
                self.assert_pings("a", B4, count=3)
                self.asks("tcp", B4, 81, True)

    def test_guests_by_name_and_group(self):
        with self.lab.going("b", "ready", *python(SERVE, 80)):
            for _ in self.on_both_paths():
                for who, may in (("vif1.0", True), ("vif3.0", False),
                                 (MAC_A, True), ("group friends", True),
                                 ("group db", False), ("10.77.0.8/30", True),
                                 ("10.77.0.12/30", False)):
                    self.say("[acl friends]\ndefault = allow\n[acl db]\n"
                             f"allow = in tcp 80 from {who} replies\n"
                             "[vif vif2.0]\nacl = db\n"
                             "[vif vif1.0]\nacl = friends\n")
                    self.asks("tcp", B4, 80, may)

    def test_a_guests_addresses_may_change(self):
        self.say("[acl db]\nallow = in tcp 80 from vif1.0 replies\n"
                 "[vif vif2.0]\nacl = db\n")
        self.addCleanup(self.lab.xenplane, "vif", "set", "vif1.0",
                        "ip=default")
        with self.lab.going("b", "ready", *python(SERVE, 80)):
            self.asks("tcp", B4, 80, True)
            self.lab.xenplane("vif", "set", "vif1.0", "ip=10.77.0.99")
            self.asks("tcp", B4, 80, False)
            self.lab.xenplane("vif", "set", "vif1.0", "ip=none")  # its MAC
            self.asks("tcp", B4, 80, True)
            self.lab.xenplane("vif", "set", "vif1.0", "ip=10.77.0.8/29")
            self.asks("tcp", B4, 80, True)

    def received(self, vif):
        return self.lab.json("vif", "show", vif)["rx_bytes"]

    def wait_growth(self, vif, since):
        deadline = time.monotonic() + 30
        while self.received(vif) < since + 100000:
            self.assertLess(time.monotonic(), deadline, "the stream")
            time.sleep(0.02)

    def test_a_cut_rule_ends_a_running_flow(self):
        allowed = ("[acl db]\nallow = in tcp 80 replies\n"
                   "[vif vif2.0]\nacl = db\n")
        cut = "[acl db]\n[vif vif2.0]\nacl = db\n"
        for _ in self.on_both_paths():
            self.say(allowed)
            with self.lab.going("b", "ready", *python(STREAM_TO)), \
                    self.lab.going("a", "ready", *python(STREAM, B4)):
                self.wait_growth("vif2.0", self.received("vif2.0"))
                with self.lab.going("b", "ready", *python(COUNT)) as counter:
                    self.say(cut)
                    labtool.end(counter)  # what was under way is in
                before = self.drops("vif2.0", "acl_in")
                with self.lab.going("b", "ready", *python(COUNT)) as counter:
                    deadline = time.monotonic() + 30
                    while self.drops("vif2.0", "acl_in") < before + 3:
                        self.assertLess(time.monotonic(), deadline)
                        time.sleep(0.02)
                    seen = json.loads(labtool.end(counter))
                self.assertNotIn("80", seen)
                since = self.received("vif2.0")
                self.say(allowed)  # TCP tries again, and goes on
                self.wait_growth("vif2.0", since)

    @contextlib.contextmanager
    def dnsmasq(self, folder):
        """DHCP, DNS and RA on the bridge, as the plane gives them."""
        with self.lab.going(
                "dom0", "DHCPv6, IP range", "dnsmasq", "--no-daemon",
                "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                "--interface=xenbr0", "--bind-dynamic", "--log-facility=-",
                f"--dhcp-leasefile={folder}/leases", "--log-dhcp",
                "--dhcp-range=10.77.0.100,10.77.0.120,1h", "--enable-ra",
                "--dhcp-range=fd77::100,fd77::120,64,1h", "--pid-file=",
                "--address=/plane.test/192.0.2.7") as server:
            yield server

    def gets_lease(self, folder):
        script = pathlib.Path(folder, "lease")
        script.write_text(LEASE, encoding="utf-8")
        script.chmod(0o755)
        out = self.lab.inside("c", "udhcpc", "-i", "eth0", "-n", "-q", "-f",
                              "-t", "5", "-T", "2", "-s", str(script),
                              timeout=60)
        lease = next(line.split()[1] for line in out.splitlines()
                     if line.startswith("lease"))
        self.assertTrue(lease.startswith("10.77.0.1"))
        return lease

    def asks_name(self, server):
        # There is no IPv6 address, of which it complains.
        _, out, _ = self.lab.inside("c", "busybox", "nslookup", "plane.test",
                                    server, timeout=60, check=False)
        self.assertIn("192.0.2.7", out)

    def connects(self, to, port):
        return self.lab.inside("c", *python(
            "import socket, sys\n"
            "socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)\n"
            "print('yes')", to, port)).strip() == "yes"

    def gets_lease6(self, folder):
        out = self.lab.inside(
            "c", "sh", "-c",
            "dhclient -6 -1 -d -v -sf /bin/true -pf "
            f"{folder}/pid -lf {folder}/leases6 eth0 2>&1 & pid=$!; "
            f"for i in $(seq 200); do grep -q iaaddr {folder}/leases6 "
            "2>/dev/null && break; sleep 0.1; done; kill $pid; wait $pid",
            timeout=60, check=False)
        leases = pathlib.Path(folder, "leases6").read_text(encoding="utf-8")
        self.assertIn("iaaddr fd77::1", leases, out)

    def test_the_plane_serves_behind_a_default_deny(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.say("[acl closed]\ndefault = deny\n[vif vif3.0]\nacl = closed\n")
        self.addCleanup(self.lab.inside, "c", "ip", "addr", "flush", "dev",
                        "eth0", "scope", "global")
        for path in ("on", "off"):
            self.lab.xenplane("vif", "set", "vif3.0", f"fastpath={path}")
            with self.subTest(fastpath=path), self.dnsmasq(folder), \
                    self.lab.going("b", "ready", *python(SERVE, 53)):
                lease = self.gets_lease(folder)
                self.lab.inside("c", "ip", "addr", "replace", f"{lease}/24",
                                "dev", "eth0")
                self.gets_lease6(folder)
                self.asks_name(HOST4)
                self.assertTrue(self.connects(HOST4, 53))
                # ARP and ND are answered; nothing else is.
                self.assertGreater(labtool.arping(self.lab, "c", B4), 0)
                self.lab.inside("c", "ip", "addr", "replace", "fd77::cc/64",
                                "dev", "eth0", "nodad")
                self.asks_name(HOST6)
                before = self.drops("vif3.0", "acl")
                for to in (HOST4, B4, HOST6, B6):
                    with self.assertRaises(labtool.Failed):
                        labtool.ping(self.lab, "c", to, count=1)
                neighbours = self.lab.inside("c", "ip", "neigh")
                for to in (B4, HOST6, B6):
                    self.assertRegex(neighbours, rf"{to} dev eth0 lladdr")
                self.assertGreaterEqual(self.drops("vif3.0", "acl"),
                                        before + 4)
                # Port 53 is open for the plane's own addresses only, and
                # to nobody who comes from there.
                self.asks("udp", B4, 53, False, where="c")
                self.asks("udp", lease, 1000, False, source=53, where="b")
        self.say("")
        self.assert_pings("c", B4, count=3)
        with self.lab.going("b", "ready", *python(SERVE, 53)):
            self.asks("udp", B4, 53, True, where="c")

    def test_replies_carry_both_ways_with_a_default_deny(self):
        self.say("[acl client]\nallow = out tcp 80 replies\n"
                 "allow = out icmp 8 replies\nallow = out icmp6 128 replies\n"
                 f"[vif {MAC_A}]\nacl = client\n")
        with self.lab.going("b", "ready", *python(SERVE, *PORTS)), \
                self.lab.going("a", "ready", *python(SERVE, *PORTS)):
            for _ in self.on_both_paths():
                self.asks("tcp", B4, 80, True)
                self.asks("tcp", B6, 80, True)
                self.asks("tcp", B4, 81, False)
                self.asks("tcp", A4, 80, False, where="b")
                self.assert_pings("a", B4, count=3)
                self.assert_pings("a", B6, count=3)
                with self.assertRaises(labtool.Failed):
                    labtool.ping(self.lab, "b", A4, count=1)

    def test_a_vif_with_a_list_stays_fast(self):
        self.say("[acl web]\nallow = in tcp 80 replies\n"
                 "[vif vif2.0]\nacl = web\n")
        self.wait_path("fast")
        shown = self.lab.json("vif", "show", "vif2.0")
        self.assertEqual(shown["reasons"], [])
        self.assertEqual(shown["settings"]["acl"],
                         {"value": "web", "from": "file: vif's name"})

    def test_a_list_that_is_not_there(self):
        status, _, err = self.lab.xenplane("vif", "set", "vif2.0",
                                           "acl=nobody", check=False)
        self.assertNotEqual(status, 0)
        self.assertIn("the configuration has no [acl nobody]", err)
        self.say("[acl web]\ndefault = allow\n")
        self.lab.xenplane("vif", "set", "vif2.0", "acl=web")
        self.addCleanup(self.lab.xenplane, "vif", "set", "vif2.0",
                        "acl=default")
        self.assert_pings("a", B4, count=3)
        self.say("")  # it goes, and what named it is closed
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "a", B4, count=1)
        self.assertIn("acl=web: there is no [acl web]",
                      self.lab.json("vif", "show", "vif2.0")["problems"])
        self.lab.xenplane("vif", "set", "vif2.0", "acl=none")
        self.assert_pings("a", B4, count=3)
        self.assertEqual(
            self.lab.json("vif", "show", "vif2.0")["problems"], [])

    def test_a_new_data_process_has_the_lists_at_once(self):
        self.say("[acl web]\nallow = in tcp 80 replies\n"
                 "[vif vif2.0]\nacl = web\n")
        with self.lab.going("b", "ready", *python(SERVE, *PORTS)):
            self.asks("tcp", B4, 80, True)
            status = self.lab.json("status")
            os.kill(status["netback"]["pid"], signal.SIGKILL)
            deadline = time.monotonic() + 30
            while True:
                _, out, _ = self.lab.xenplane("status", "--json",
                                              check=False)
                now = json.loads(out)
                if now["netback"]["ready"] and now["netback"]["restarts"] > \
                        status["netback"]["restarts"] and now["settled"]:
                    break
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            self.wait_path("fast")
            self.asks("tcp", B4, 80, True)
            self.asks("tcp", B4, 81, False)


if __name__ == "__main__":
    main()
