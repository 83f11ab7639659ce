#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplaned is killed and started again by its manager, or upgraded: guests
keep their addresses and their names, and one dnsmasq takes over from the
other."""
import os
import pathlib
import shutil
import signal
import tempfile

from case import labtool, main
from dhcp_bed import BRIDGE, GATEWAY4, MACS, DhcpCase
from test_control_death import managed_programs

# Says something to ADDRESS each millisecond.
TALK = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("ready", flush=True)
while True:
    s.sendto(b"x", (sys.argv[1], 9))
    time.sleep(0.001)
"""


class Restart(DhcpCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="xp-managed-")))
        managed_programs(folder)
        before = labtool.XENPLANE
        cls.addClassCleanup(setattr, labtool, "XENPLANE", before)
        labtool.XENPLANE = str(folder / "bin/xenplane")
        super().setUpClass()

    def next_daemon(self, pid):
        def look():
            code, out, _ = self.lab.xenplane("status", "--json", check=False)
            now = labtool.json.loads(out)["pid"] if code == 0 else pid
            return now != pid
        self.wait("the next xenplaned", look)

    @staticmethod
    def runs(pid):
        """Its parent is gone, so nobody may have asked yet how it ended."""
        try:
            words = pathlib.Path(f"/proc/{pid}/stat").read_text("ascii")
        except FileNotFoundError:
            return False
        return words.rsplit(")", 1)[1].split()[0] != "Z"

    def test_leases_live_on(self):
        # What a manager's service leaves when it ends is for the next one.
        self.addCleanup(shutil.rmtree, self.state_folder().parent)
        daemon = self.daemon()[0]

        def kill():
            os.kill(daemon, signal.SIGKILL)
            self.next_daemon(daemon)
        self.check_leases_live_on(kill)
        self.check_leases_live_on(lambda: self.lab.xenplane("upgrade"))

    def check_leases_live_on(self, replace):
        given = {name: self.ask(name)["ip"] for name in MACS}
        self.wait("leases", lambda: len(self.leases()) == len(MACS))
        before = self.leases()
        server = self.server()["pid"]
        replace()
        self.wait("the end of the old one",
                  lambda: not self.runs(server))
        self.wait("an answer", lambda: self.dig("dom0", "web") ==
                  [given["web"]])
        self.assertNotEqual(self.server()["pid"], server)
        self.assertEqual(self.leases(), before)
        for name, address in given.items():
            self.assertEqual(self.ask(name)["ip"], address)
            self.assertEqual(self.dig("web", name), [address])

    def test_who_is_guarded_sends_on(self):
        self.addCleanup(shutil.rmtree, self.state_folder().parent)
        name = self.vif(MACS["web"])["name"]
        self.lab.xenplane("vif", "set", name, "antispoof=on")
        self.addCleanup(self.lab.xenplane, "vif", "set", name,
                        "antispoof=default")
        self.ask("web")
        self.wait("the guard to know", lambda: labtool.arping(
            self.lab, "web", GATEWAY4, count=1) == 1)

        def drops():
            counts = self.vif(MACS["web"])["drops"]
            return counts["spoofed_ipv4"] + counts["spoofed_arp"]
        before = drops()
        with self.lab.going("web", "ready", "python3", "-c", TALK, GATEWAY4):
            for _ in range(3):
                daemon, server = self.daemon()[0], self.server()["pid"]
                os.kill(daemon, signal.SIGKILL)
                self.next_daemon(daemon)
                self.wait("dnsmasq",
                          lambda: self.server()["pid"] not in (0, server))
        self.assertEqual(drops(), before)
        # The control: it sent, and is guarded.
        self.lab.inside("web", "ip", "addr", "add", "10.99.0.55/24", "dev",
                        "eth0")
        with self.assertRaises(labtool.Failed):
            labtool.ping(self.lab, "web", GATEWAY4, count=2,
                         options=("-I", "10.99.0.55"))
        self.assertGreater(drops(), before)

    def test_what_is_not_wanted_any_more_goes(self):
        self.ask("web")
        folder = self.state_folder()
        daemon, file = self.daemon()
        file.write_text(BRIDGE, "ascii")
        os.kill(daemon, signal.SIGKILL)
        self.next_daemon(daemon)
        self.wait("its files' end", lambda: not folder.parent.exists())
        self.assertEqual(self.lab.json("leases")["servers"], [])


if __name__ == "__main__":
    main()
