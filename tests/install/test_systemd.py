#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplane as it is installed, by its own units, under a real systemd with all
that they take away: a host starts, guests come, and xenplaned is killed,
restarted, hung, and upgraded while they talk."""
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import unittest

import host
from host import LIMIT, UNITS, lines, wait_until

sys.path.insert(0, str(host.ROOT / "tests/lab/netfront"))
import ground  # noqa: E402

CONF = """\
[bridge xenbr0]
mode = nat
address = 10.77.0.1/24
ageing = 100
dhcp = on
"""
# What Debian's one is for is known of this one: when it ran, and what was there.
XENDOMAINS = "[Service]\n" + lines(
    Type="oneshot", RemainAfterExit="yes",
    ExecStart=["/bin/sh -c 'ip -j addr show xenbr0 >/run/bridge.json'",
               "/bin/sh -c 'xenplane status --json >/run/status.json'"])
GUEST = "[Service]\n" + lines(
    Environment=host.environment("%i"), PrivateNetwork="yes",
    ExecStart="/usr/bin/xenplane-guest --log-level warning")
SCRIPT = "/usr/libexec/xenplane/vif-bridge"
DROPIN = "/run/systemd/system/xenplaned.service.d/test.conf"
FILES = {"/etc/xenplane/xenplane.conf": CONF,
         UNITS / "xendomains.service": XENDOMAINS,
         UNITS / "guest@.service": GUEST}
GUESTS = {1: "10.77.0.11", 2: "10.77.0.12"}


class Systemd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = cls.enterClassContext(host.Host(FILES))
        for domid, address in GUESTS.items():
            cls.attach(domid)
            cls.inside(domid, "ip", "addr", "add", f"{address}/24", "dev",
                       "eth0")
            cls.inside(domid, "ip", "link", "set", "eth0", "up")

    @classmethod
    def attach(cls, domid):
        """What the toolstack does."""
        front, back = ground.front_of(domid, 0), ground.back_of(domid, 0)
        keys = ground.vif_keys(domid, 0, script=SCRIPT)
        cls.host.run("xenstore-write", *(
            word for pair in keys.items() for word in pair))
        cls.host.run("systemctl", "start", f"guest@{domid}")
        cls.wait_state(back, "2")
        cls.host.run("env", f"XENBUS_PATH=backend/vif/{domid}/0",
                     f"vif=vif{domid}.0", f"script={SCRIPT}", SCRIPT,
                     "online", "type_if=vif")
        cls.wait_state(back, "4")
        cls.wait_state(front, "4")

    @classmethod
    def wait_state(cls, path, state):
        wait_until(f"{path}: state {state}", lambda: cls.host.run(
            "xenstore-read", f"{path}/state", check=False)
            .stdout.strip() == state, cls.host.journal)

    @classmethod
    def guest_words(cls, domid, *argv):
        pid = cls.host.shows(f"guest@{domid}", "MainPID")
        return ["nsenter", "-t", pid, "-n", *argv]

    @classmethod
    def inside(cls, domid, *argv, check=True):
        return cls.host.run(*cls.guest_words(domid, *argv), check=check)

    def status(self):
        return json.loads(self.host.run("xenplane", "status", "--json").stdout)

    def settle(self):
        def settled():
            done = self.host.run("xenplane", "status", "--json", check=False)
            return done.returncode == 0 and (
                now := json.loads(done.stdout))["settled"] and \
                now["connected"] == len(GUESTS)
        wait_until("both guests", settled, self.host.journal)

    def indices(self):
        links = json.loads(self.host.run("ip", "-j", "link").stdout)
        return {link["ifname"]: link["ifindex"] for link in links
                if link["ifname"].startswith("vif")}

    def carriers(self):
        """How often the guests' links came and went."""
        return [self.inside(domid, "unshare", "--mount", "sh", "-c",
                            "mount -t sysfs none /sys && "
                            "cat /sys/class/net/eth0/carrier_changes",
                            ).stdout for domid in GUESTS]

    @contextlib.contextmanager
    def under_traffic(self):
        """Nothing of what guest 1 says to guest 2 is lost meanwhile, and both
        are served afterwards."""
        with self.answered():
            yield
            self.settle()

    @contextlib.contextmanager
    def answered(self):
        before = self.indices(), self.carriers()
        self.assertEqual(set(before[0]), {"vif1.0", "vif2.0"})
        ping = subprocess.Popen(
            self.host.words(*self.guest_words(
                1, "sh", "-c", f"ping -i 0.02 {GUESTS[2]} & read _; "
                "kill -INT $!; wait $!")), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.read_answers(ping)
            yield
            self.read_answers(ping)
            out, _ = ping.communicate("\n", timeout=LIMIT)
        finally:
            ping.kill()
            ping.communicate()
        sent, got = map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received", out).groups())
        # The last one's answer may have been on its way.
        self.assertGreaterEqual(got, sent - 1, out[-300:])
        self.assertNotIn("duplicates", out)
        self.assertEqual((self.indices(), self.carriers()), before)

    @staticmethod
    def read_answers(ping):
        for _ in range(10):
            ping.stdout.readline()

    def started(self):
        return (self.host.shows("xenplaned", "MainPID"),
                int(self.host.shows("xenplaned", "NRestarts")))

    def restarted(self, before):
        wait_until("the next xenplaned",
                   lambda: self.started()[1] > before[1] and
                   self.host.shows("xenplaned", "ActiveState") == "active",
                   self.host.journal)

    @contextlib.contextmanager
    def drop_in(self, **service):
        self.host.run("mkdir", "-p", str(pathlib.Path(DROPIN).parent))
        self.host.run("sh", "-c", f"cat >{DROPIN} <<'END'\n[Service]\n"
                      f"{lines(**service)}END")
        self.host.run("systemctl", "daemon-reload")
        self.host.run("systemctl", "restart", "xenplaned")
        try:
            self.settle()
            yield
        finally:
            self.host.run("rm", DROPIN)
            self.host.run("systemctl", "daemon-reload")
            self.host.run("systemctl", "restart", "xenplaned")
            self.settle()

    def test_bridges_and_backend_are_there_before_guests(self):
        bridge = json.loads(self.host.run("cat", "/run/bridge.json").stdout)[0]
        self.assertIn("UP", bridge["flags"])
        self.assertIn("10.77.0.1", [info["local"]
                                    for info in bridge["addr_info"]])
        then = json.loads(self.host.run("cat", "/run/status.json").stdout)
        self.assertTrue(then["netback"]["ready"])
        for unit in ("xenplane-network", "xenplaned", "xendomains"):
            self.assertEqual(self.host.shows(unit, "ActiveState"), "active",
                             unit)

    def test_what_the_unit_takes_away_is_not_needed(self):
        said = self.host.run("journalctl", "--no-pager", "-u", "xenplaned",
                             "-p", "warning").stdout
        for refusal in ("Operation not permitted", "Permission denied",
                        "Read-only file system"):
            self.assertNotIn(refusal, said)
        paths = {vif["path"] for vif in json.loads(self.host.run(
            "xenplane", "vif", "list", "--json").stdout)["vifs"]}
        self.assertEqual(paths, {"fast"})

    def test_a_guest_gets_an_address_and_names(self):
        said = self.inside(1, "udhcpc", "-n", "-q", "-i", "eth0",
                           "-s", "/bin/true", check=False)
        self.assertRegex(said.stderr, r"lease of 10\.77\.0\.\d+ obtained",
                         self.host.journal())
        said = self.inside(1, "dig", "+short", "@10.77.0.1", "nobody.invalid",
                           check=False)
        self.assertEqual(said.returncode, 0, said.stdout)

    def ageing(self):
        link = json.loads(self.host.run("ip", "-d", "-j", "link", "show",
                                        "xenbr0").stdout)[0]
        return link["linkinfo"]["info_data"]["ageing_time"] // 100

    def test_a_bridge_is_put_right(self):
        self.assertEqual(self.ageing(), 100)
        self.host.run("ip", "link", "set", "xenbr0", "type", "bridge",
                      "ageing_time", "20000")
        wait_until("the drift", lambda: self.status()["bridge_drift"])
        self.assertEqual(self.ageing(), 200)  # nobody said repair
        self.host.run("xenplane", "bridge", "set", "xenbr0", "repair=on")
        try:
            wait_until("a repair", lambda: self.ageing() == 100,
                       self.host.journal)
            wait_until("the end of the drift",
                       lambda: not self.status()["bridge_drift"])
        finally:
            self.host.run("xenplane", "bridge", "set", "xenbr0",
                          "repair=default")

    def test_a_kill(self):
        before = self.started()
        with self.under_traffic():
            self.host.run("systemctl", "kill", "-s", "KILL",
                          "--kill-whom=main", "xenplaned")
            self.restarted(before)

    def test_a_restart(self):
        before = self.started()
        with self.under_traffic():
            self.host.run("systemctl", "restart", "xenplaned")
        self.assertNotEqual(self.started()[0], before[0])

    def test_a_reload(self):
        before, reloads = self.started(), self.status()["reloads"]
        with self.under_traffic():
            self.host.run("systemctl", "reload", "xenplaned")
            wait_until("the reload",
                       lambda: self.status()["reloads"] > reloads)
        self.assertEqual(self.started(), before)

    def test_an_upgrade(self):
        before = self.started()
        with self.under_traffic():
            self.host.run("xenplane", "upgrade")
            wait_until("the next one", lambda: self.host.run(
                "xenplane", "status", check=False).returncode == 0)
        self.assertEqual(self.started(), before)
        self.assertEqual(self.host.shows("xenplaned", "SubState"), "running")

    def test_one_that_hangs_is_replaced(self):
        with self.drop_in(WatchdogSec="5s"):
            before = self.started()
            with self.under_traffic():
                self.host.run("kill", "-STOP", before[0])
                self.restarted(before)
            self.assertIn("Watchdog timeout", "".join(self.host.said))

    def test_without_the_store_of_descriptors_twins_are_new(self):
        """The control of those above."""
        with self.drop_in(FileDescriptorStoreMax="0"):
            there, before = self.indices(), self.started()
            self.host.run("systemctl", "kill", "-s", "KILL",
                          "--kill-whom=main", "xenplaned")
            self.restarted(before)
            self.settle()
            for name, index in self.indices().items():
                self.assertNotEqual(index, there[name])

    def test_a_stop_leaves_nothing(self):
        self.assertGreater(
            int(self.host.shows("xenplaned", "NFileDescriptorStore")), 0)
        self.host.run("systemctl", "stop", "xenplaned")
        self.assertEqual(
            self.host.shows("xenplaned", "NFileDescriptorStore"), "0")
        self.assertEqual(self.indices(), {})
        left = self.host.run("ps", "-eo", "comm=").stdout.split()
        self.assertEqual([name for name in left
                          if re.match("xenplane($|d|-netback)|dnsmasq", name)],
                         [])
        self.host.run("systemctl", "start", "xenplaned")
        self.settle()
        with self.under_traffic():
            pass

    def test_zz_a_store_that_dies(self):
        """The last one, as all that was in it is gone. The library would turn
        to the kernel's store then, which waits for ever for the one that
        died."""
        pid = self.started()[0]
        with self.answered():
            self.host.run("systemctl", "kill", "-s", "KILL", "xenstored")
            self.host.wait_shows("xenstored", "ActiveState", "failed")
            wait_until("it to be noticed", lambda: not json.loads(
                self.host.run("xenplane", "status", "--json",
                              check=False).stdout)["store"])
            for _ in range(50):
                opened = self.host.run("ls", "-l", f"/proc/{pid}/fd").stdout
                self.assertNotIn("xenbus", opened)
        self.assertEqual(self.started()[0], pid)


if __name__ == "__main__":
    host.leave_if_missing()
    unittest.main()
