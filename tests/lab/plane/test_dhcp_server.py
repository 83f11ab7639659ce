#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dnsmasq of a bridge as a process: its rights, when it is started anew, and
what it leaves."""
import os
import pathlib
import signal

from case import main
from dhcp_bed import BRIDGE, DHCP, DhcpCase


class Server(DhcpCase):
    def setUp(self):
        super().setUp()
        self.forget_leases()

    def status_of(self, pid, key):
        text = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
        return text.split(f"{key}:")[1].split("\n")[0].split()

    def test_it_never_is_root(self):
        pid = self.server()["pid"]
        self.assertNotIn("0", self.status_of(pid, "Uid"))
        # CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW
        self.assertEqual(int(self.status_of(pid, "CapPrm")[0], 16), 0x3400)
        self.assertEqual(self.status_of(pid, "NoNewPrivs"), ["1"])
        # Nothing of the host's own configuration.
        self.assertEqual(
            pathlib.Path(f"/proc/{pid}/cmdline").read_text("ascii")
            .count("--"), 1)

    def test_changed_guests_make_no_new_server(self):
        pid = self.server()["pid"]
        self.configure(DHCP + "[vif 00:16:3e:00:00:09]\nip = 10.99.0.77\n"
                              "[vif nine]\nip = 10.99.0.78\n")
        self.wait("the name", lambda: self.dig("dom0", "nine") ==
                  ["10.99.0.78"])
        self.assertEqual(self.server()["pid"], pid)
        # The control: another range does.
        self.configure(DHCP.replace("0.100-", "0.101-"))
        self.wait("another", lambda: self.server()["pid"] not in (0, pid))

    def test_one_that_dies_is_started_again(self):
        before = self.ask("web")["ip"]
        pid = self.server()["pid"]
        os.kill(pid, signal.SIGKILL)
        self.wait("another", lambda: self.server()["pid"] not in (0, pid))
        self.assertEqual(self.server()["restarts"], 1)
        self.wait("an answer", lambda: self.dig("dom0", "web") == [before])
        self.assertEqual(self.ask("web")["ip"], before)

    def test_what_is_in_the_way_is_said_until_it_goes(self):
        self.configure(BRIDGE)
        self.wait("the end", lambda: not self.lab.json("leases")["servers"])
        pid, file = self.daemon()
        with self.lab.going("dom0", "started", "dnsmasq", "--no-daemon",
                            "--conf-file=/dev/null", "--no-resolv"):
            file.write_text(DHCP, "ascii")
            os.kill(pid, signal.SIGHUP)
            self.wait("why it does not run", lambda:
                      "xennat: dnsmasq is not running: ended with status 2"
                      in self.lab.xenplane("leases"))
            self.wait("further tries", lambda: self.server()["restarts"] > 1)
            self.assertIsNone(self.ask("web", check=False))
        self.assertTrue(self.wait("an address",
                                  lambda: self.ask("web", check=False)))
        self.assertEqual(self.server()["problem"], "")

    def test_what_cannot_be_written_is_tried_again(self):
        pid = self.server()["pid"]
        blocked = self.state_folder() / "guests.new"
        blocked.mkdir()
        self.configure(DHCP.replace("0.100-", "0.101-"), answers=False)
        self.wait("its end", lambda: not self.server()["pid"])
        blocked.rmdir()
        # What the old one was told is no reason not to start another.
        self.configure(DHCP)
        self.assertNotEqual(self.server()["pid"], pid)

    def test_it_goes_with_its_bridge_and_comes_back(self):
        pid = self.server()["pid"]
        folder = self.state_folder()
        self.shell("dom0", "ip link set xennat name xenaway")
        self.wait("its end", lambda: not self.lab.json("leases")["servers"])
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        self.assertFalse(folder.exists())
        self.shell("dom0", "ip link set xenaway name xennat")
        self.wait("another", lambda: self.server()["pid"])
        self.wait("an answer", lambda: self.dig("dom0", "web") is not None)
        self.assertTrue(self.ask("web"))

    def test_nothing_is_left_without_it(self):
        self.ask("web")
        pid, folder = self.server()["pid"], self.state_folder()
        self.assertTrue(pathlib.Path(folder, "leases").exists())
        self.configure(BRIDGE)
        self.wait("its end", lambda: not self.lab.json("leases")["servers"])
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        self.assertFalse(folder.parent.exists())
        self.assertIsNone(self.dig("dom0", "web"))


if __name__ == "__main__":
    main()
