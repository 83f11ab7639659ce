#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What vifs may do, end to end: from `xenplane vif set`, the lab's file and the
toolstack's words to what arrives at the other guest."""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from case import A4, B4, PlaneCase, labtool, main

MAC_A = "00:16:3e:00:00:0a"
SPOOFED = "10.77.0.99"

# Sends so many bytes as UDP datagrams, as fast as it may, and says when it is
# done; counts what comes in to a port until a datagram says "end".
SEND = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
for _ in range(int(sys.argv[2])):
    s.sendto(b"x" * 1400, (sys.argv[1], 5005))
"""
COUNT = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
s.bind(("", 5005))
print("ready", flush=True)
n, first, last = 0, None, None
while True:
    data = s.recv(2048)
    last = time.monotonic()
    first = first or last
    if data == b"end":
        break
    n += len(data) + 42
print(n, last - first, flush=True)
"""


def python(program, *words):
    return ("python3", "-c", program, *words)


class Settings(PlaneCase):
    def tearDown(self):
        for vif in ("vif1.0", "vif2.0"):
            self.set(vif, *[f"{key}=default" for key in (
                "rate", "storm", "antispoof", "isolated", "bpdu", "carrier",
                "ip", "offload", "fastpath")])

    def set(self, vif, *pairs):
        self.lab.xenplane("vif", "set", vif, *pairs)

    def dropped(self, vif, reason):
        return self.lab.json("vif", "show", vif)["drops"][reason]

    def carrier_of(self, guest):
        flags = json.loads(self.lab.inside(guest, "ip", "-j", "link", "show",
                                           "eth0"))[0]["flags"]
        return "NO-CARRIER" not in flags

    def wait_for(self, condition, what, limit=20):
        deadline = time.monotonic() + limit
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"{what}: not within {limit} s")
            time.sleep(0.02)

    def test_a_section_by_the_guests_name(self):
        file = pathlib.Path(f"/run/xenplane/lab/{self.lab.name}/xenplane.conf")
        before = file.read_text("ascii")
        self.addCleanup(self.reload, before)
        self.reload(before + "[vif b]\nisolated = on\n")
        shown = self.lab.json("vif", "show", "vif2.0")["settings"]["isolated"]
        self.assertEqual((shown["value"], shown["from"]),
                         ("on", "file: vif's name"))
        self.assertEqual(self.lab.json(
            "vif", "show", "vif1.0")["settings"]["isolated"]["value"], "off")
        # Its own name comes first.
        self.reload(before + "[vif b]\nisolated = on\n"
                    "[vif vif2.0]\nisolated = off\n")
        self.assertEqual(self.lab.json(
            "vif", "show", "vif2.0")["settings"]["isolated"]["value"], "off")

    def reload(self, text):
        status = self.lab.json("status")
        file = pathlib.Path(f"/run/xenplane/lab/{self.lab.name}/xenplane.conf")
        file.write_text(text, "ascii")
        os.kill(status["pid"], signal.SIGHUP)
        self.wait_for(lambda: self.lab.json("status")["reloads"] >
                      status["reloads"], "the reload")

    # The rate.

    def send_udp(self, datagrams):
        """Bytes of frames that b got of what a sent, and the time between
        the first and the last."""
        with self.lab.going("b", "ready", *python(COUNT)) as counter:
            self.lab.inside("a", *python(SEND, B4, str(datagrams)))
            for _ in range(100):  # what is last may be dropped
                self.lab.inside("a", "python3", "-c", (
                    "import socket; socket.socket(socket.AF_INET, "
                    f"socket.SOCK_DGRAM).sendto(b'end', ('{B4}', 5005))"))
                try:
                    out, _ = counter.communicate(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    continue
            else:
                self.fail("the end was not received")
        count, seconds = out.split()
        return int(count), float(seconds)

    def test_a_rate_bounds_what_arrives(self):
        self.set("vif1.0", "rate=4Mb/s")  # 500 kB a second
        got, seconds = self.send_udp(1000)
        # One interval's credit and one bigger frame may be at hand already.
        bound = 500000 * (seconds + 0.05) + 2 * 65536
        self.assertLess(got, bound)
        self.assertGreater(got, 20000)
        self.set("vif1.0", "rate=off")
        free, free_seconds = self.send_udp(1000)
        self.assertGreater(free / max(free_seconds, 1e-9), 500000)

    def test_a_rate_of_the_toolstack_is_shown_and_may_change(self):
        store = self.lab.json("lab", "list")["store"]
        path = "/local/domain/0/backend/vif/1/0/rate"
        env = {**self.lab.env, "XENSTORED_PATH": store}
        labtool.run(["xenstore-write", path, "62500,50000"], env=env)
        self.wait_for(lambda: self.lab.json("vif", "show", "vif1.0")
                      ["settings"]["rate"]["value"] == "10Mb/s", "the rate")
        self.assertIn("10Mb/s", self.lab.xenplane("vif", "list"))
        labtool.run(["xenstore-rm", path], env=env)
        self.wait_for(lambda: self.lab.json("vif", "show", "vif1.0")
                      ["settings"]["rate"]["value"] == "off", "its end")

    # Who may say what, and to whom.

    def arping(self, source):
        """Does b answer a's ARP request from this address?"""
        self.lab.inside("a", "ip", "addr", "add", f"{source}/24", "dev",
                        "eth0", check=False)
        try:
            status, _, _ = self.lab.inside(
                "a", "arping", "-c", "2", "-C", "1", "-i", "eth0", "-S",
                source, B4, check=False)
        finally:
            self.lab.inside("a", "ip", "addr", "del", f"{source}/24", "dev",
                            "eth0", check=False)
        return status == 0

    def test_antispoof(self):
        self.assertTrue(self.arping(SPOOFED))  # nobody minds
        before = self.dropped("vif1.0", "spoofed_arp")
        self.set("vif1.0", "antispoof=on")
        self.assertFalse(self.arping(SPOOFED))
        self.assertGreater(self.dropped("vif1.0", "spoofed_arp"), before)
        self.assert_pings("a", B4, count=3)  # its own: ip= of the guest
        self.set("vif1.0", f"ip={A4} {SPOOFED}")
        self.assertTrue(self.arping(SPOOFED))

    def test_isolated(self):
        self.assert_pings("a", B4, count=3)
        self.set("vif1.0", "isolated=on")
        self.assert_pings("a", B4, count=3)  # only one of them is
        self.set("vif2.0", "isolated=on")
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "a", B4, count=1)
        self.assert_pings("a", "10.77.0.1", count=3)  # the host
        self.set("vif2.0", "isolated=default")
        self.assert_pings("a", B4, count=3)

    def test_storm(self):
        broadcast = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for _ in range(400):
    s.sendto(b"x", ("10.77.0.255", 9))
"""
        before = self.dropped("vif1.0", "storm")
        self.lab.inside("a", *python(broadcast))
        self.assertEqual(self.dropped("vif1.0", "storm"), before)
        self.set("vif1.0", "storm=10")
        self.lab.inside("a", *python(broadcast))
        self.wait_for(lambda: self.dropped("vif1.0", "storm") > before,
                      "dropped floods")
        self.set("vif1.0", "storm=off")
        self.assert_pings("a", B4, count=3)

    def test_bpdu(self):
        frame = ("0180c2000000" + MAC_A.replace(":", "") +
                 "0026424203" + "00" * 43)
        program = ("import socket; s = socket.socket(socket.AF_PACKET, "
                   "socket.SOCK_RAW); s.bind(('eth0', 0)); "
                   f"s.send(bytes.fromhex('{frame}'))")
        before = self.dropped("vif1.0", "bpdu")
        sent = self.lab.json("vif", "show", "vif1.0")["tx_frames"]
        self.lab.inside("a", *python(program))
        self.wait_for(lambda: self.lab.json("vif", "show", "vif1.0")
                      ["tx_frames"] > sent, "the frame")
        self.assertEqual(self.dropped("vif1.0", "bpdu"), before)
        self.set("vif1.0", "bpdu=drop")
        self.lab.inside("a", *python(program))
        self.wait_for(lambda: self.dropped("vif1.0", "bpdu") == before + 1,
                      "the dropped frame")

    def bridge_is_root(self):
        data = json.loads(self.lab.inside(
            "dom0", "ip", "-j", "-d", "link", "show", "xenbr0"))[0]
        return data["linkinfo"]["info_data"]["root_port"] == 0

    def in_dom0(self, words):
        self.lab.inside("dom0", *words.split())

    def test_no_guest_is_the_spanning_trees_root(self):
        best = "0000" + MAC_A.replace(":", "")
        frame = ("0180c2000000" + MAC_A.replace(":", "") + "0026424203" +
                 "0000000000" + best + "00000000" + best +
                 "8001" + "0000140002000f00" + "00" * 8)
        program = ("import socket; s = socket.socket(socket.AF_PACKET, "
                   "socket.SOCK_RAW); s.bind(('eth0', 0)); "
                   f"s.send(bytes.fromhex('{frame}'))")
        for port in ("vif1.0", "vif2.0", "eth0"):
            # Without STP the kernel leaves a port in the state it has.
            self.addCleanup(self.in_dom0,
                            f"ip link set {port} type bridge_slave state 3")
        self.addCleanup(self.in_dom0,
                        "ip link set xenbr0 type bridge stp_state 0")
        self.in_dom0("ip link set xenbr0 type bridge stp_state 1 "
                     "forward_delay 200")
        before = self.lab.json("vif", "show", "vif1.0")["twin_tx_frames"]
        self.lab.inside("a", *python(program))
        self.wait_for(lambda: self.lab.json("vif", "show", "vif1.0")
                      ["twin_tx_frames"] > before, "the frame")
        self.assertTrue(self.bridge_is_root())
        self.addCleanup(self.in_dom0,
                        "ip link set vif1.0 type bridge_slave root_block on")
        self.in_dom0("ip link set vif1.0 type bridge_slave root_block off")
        self.lab.inside("a", *python(program))
        self.wait_for(lambda: not self.bridge_is_root(), "another root")

    # The link.

    def test_the_guest_sees_its_link(self):
        self.wait_for(lambda: self.carrier_of("a"), "a link")
        self.lab.inside("dom0", "ip", "link", "set", "vif1.0", "down")
        self.wait_for(lambda: not self.carrier_of("a"), "no link")
        self.assertTrue(self.carrier_of("b"))
        self.lab.inside("dom0", "ip", "link", "set", "vif1.0", "up")
        self.wait_for(lambda: self.carrier_of("a"), "the link again")
        self.set("vif1.0", "carrier=off")
        self.wait_for(lambda: not self.carrier_of("a"), "no link")
        self.set("vif1.0", "carrier=on")
        self.wait_for(lambda: self.carrier_of("a"), "the link again")
        self.wait_path("fast")
        self.assert_pings("a", B4, count=3)

    def test_a_stalled_guests_twin_has_no_link(self):
        guests = self.lab.json("lab", "list")["guests"]
        pid = next(guest["pid"] for guest in guests if guest["name"] == "b")
        self.assert_pings("a", B4, count=3)  # so that it is known there

        def stalled():
            return self.lab.json("vif", "show", "vif2.0")["stalled"]

        def twin():
            return self.lab.inside("dom0", "ip", "link", "show", "vif2.0")

        os.kill(pid, signal.SIGSTOP)
        try:
            sender = self.lab.start("a", "ping", "-q", "-i", "0.005", "-s",
                                    "1000", B4)
            # 10 s of the guest's, and what fills its ring before.
            self.wait_for(stalled, "the stall", 60)
            labtool.end(sender)
            self.assertIn("NO-CARRIER", twin())
            self.assertEqual(self.lab.json("vif", "show", "vif2.0")["state"],
                             "Connected")
        finally:
            os.kill(pid, signal.SIGCONT)
        self.wait_for(lambda: not stalled(), "the end of the stall")
        self.assertNotIn("NO-CARRIER", twin())

        def answers():
            try:
                return labtool.ping(self.lab, "a", B4, count=3)
            except labtool.Failed:  # its address is asked for anew
                return False

        self.wait_for(answers, "an answer")

    # The words.

    def test_what_waits_is_said(self):
        status, _, err = self.lab.xenplane("vif", "set", "vif1.0",
                                           "offload=off", check=False)
        self.assertEqual(status, 0, err)
        self.assertIn("offload waits for the guest to connect again", err)
        self.assertIn("waits", self.lab.xenplane("vif", "show", "vif1.0"))

    def test_a_wrong_word_is_usage(self):
        for words, text in ((("rate=fast",), "rate=fast"),
                            (("isolated=on", "speed=1"), "speed"),
                            (("isolated",), "KEY=VALUE")):
            with self.subTest(words=words):
                status, _, err = self.lab.xenplane("vif", "set", "vif1.0",
                                                   *words, check=False)
                self.assertEqual(status, 2)
                self.assertIn(text, err)
                self.assertEqual(err.count("\n"), 1)  # and nothing else
        shown = self.lab.json("vif", "show", "vif1.0")["settings"]
        self.assertEqual(shown["isolated"], {"value": "off",
                                             "from": "built in"})

    def test_the_answer_is_how_it_is_in_the_end(self):
        self.wait_path("fast", (1, 2))
        for value, path in (("off", "kernel"), ("on", "fast")):
            shown = self.lab.json("vif", "set", "vif1.0", f"fastpath={value}")
            self.assertEqual((shown["path"], shown["settled"]), (path, True))

    def test_bridge_set_speaks_for_its_vifs(self):
        self.lab.xenplane("bridge", "set", "xenbr0", "storm=77", "bpdu=drop")
        self.addCleanup(self.lab.xenplane, "bridge", "set", "xenbr0",
                        "storm=default", "bpdu=default")
        self.set("vif2.0", "bpdu=pass")
        one, two = (self.lab.json("vif", "show", vif)["settings"]
                    for vif in ("vif1.0", "vif2.0"))
        self.assertEqual(one["storm"], {"value": "77", "from": "bridge set"})
        self.assertEqual((one["bpdu"]["value"], two["bpdu"]["value"]),
                         ("drop", "pass"))
        self.assertIn("77 (bridge set)",
                      self.lab.xenplane("bridge", "show", "xenbr0"))


class File(unittest.TestCase):
    def test_the_labs_file_reaches_the_guests(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = pathlib.Path(folder, "lab.conf")
        path.write_text("[bridge xenbr0]\naddress = 10.77.0.1/24\n"
                        "offload = off\nstorm = 55\n"
                        "[bridge other]\naddress = 10.78.0.1/24\n",
                        encoding="utf-8")
        with labtool.Lab("settings", file=str(path)) as lab:
            lab.create("a", "bridge=xenbr0,ip=10.77.0.10")
            lab.create("b", "bridge=other,ip=10.78.0.10")
            shown = lab.json("vif", "show", "vif1.0")
            self.assertEqual(shown["settings"]["storm"],
                             {"value": "55", "from": "file: bridge"})
            self.assertEqual(shown["settings"]["offload"]["value"], "off")
            features = [lab.inside(guest, "ethtool", "-k", "eth0")
                        for guest in ("a", "b")]
            self.assertIn("tx-checksumming: off", features[0])
            self.assertIn("tx-checksumming: on", features[1])
            for guest, host in (("a", "10.77.0.1"), ("b", "10.78.0.1")):
                self.assertEqual(labtool.ping(lab, guest, host, count=3)[0],
                                 3)


if __name__ == "__main__":
    main()
