#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""NAT and traffic control of a running xenplaned follow its guests: who comes,
gets another address or limit, or goes; many at once; and what it does when it
cannot."""
import fcntl
import json
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest

from bed import BUILD, LIMIT, DaemonCase, cookie, ip, link, wait_until

XENPLANE = str(BUILD / "bin/xenplane")
RUN = pathlib.Path("/run/xenplane")
MANY = 500
NAT = """\
[bridge xenbr0]
mode = nat
address = 10.0.0.1/16 fd00:1::1/64
forward = tcp 2222 -> web:22
forward = tcp 3333 -> vif2.0
forward = udp 53 -> 00:16:3e:00:00:03
"""


def nft(*words):
    return subprocess.run(["nft", *words], capture_output=True, text=True,
                          check=True, timeout=LIMIT).stdout


class KeeperCase(DaemonCase):
    TEXT = NAT

    def setUp(self):
        super().setUp()
        ip("addr", "add", "10.0.0.1/16", "dev", "xenbr0")
        self.applied = self.folder / "applied.conf"
        self.addCleanup(self.stop_all)

    def stop_all(self):
        for part in ("nat", "qos"):
            self.xenplane(part, "stop")

    def xenplane(self, *words, check=True):
        done = subprocess.run(
            [XENPLANE, *words, "--socket", str(self.socket)],
            capture_output=True, text=True, timeout=60, check=False)
        if check and done.returncode:
            raise AssertionError(done.stdout + done.stderr)
        return done.stdout

    def apply(self, text=None):
        self.applied.write_text(self.TEXT if text is None else text)
        return self.xenplane("apply", "-f", str(self.applied), "--state",
                             str(self.folder / "state"))

    def diff(self):
        return self.xenplane("diff", "-f", str(self.applied), "--state",
                             str(self.folder / "state"))

    def forwards(self):
        """Outside port -> where it leads, as the kernel has it."""
        table = nft("list", "ruleset")
        found = {}
        for port, address in re.findall(
                r"(?:tcp|udp) \. (\d+)(?:-\d+)?\s*:\s*(10\.[0-9.]+)", table):
            found[int(port)] = address
        return found

    def wait_forwards(self, wanted):
        wait_until(lambda: self.forwards() == wanted,
                   f"forwards {wanted}, not {self.forwards()}")

    def in_force(self):
        return self.ask("status")["in_force"]

    def settle(self):
        """A refresh that began after this call."""
        before = self.in_force()["refreshes"]
        self.daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: self.in_force()["refreshes"] > before, "a refresh")

    def name(self, domid, name):
        self.write_store(f"/local/domain/{domid}/name", name)


class Keeper(KeeperCase):
    def test_a_forward_follows_its_guest(self):
        self.apply()
        self.assertEqual(self.forwards(), {})
        # By the toolstack's name of it, by the vif's, by its MAC.
        self.name(1, "web")
        for domid in (1, 2, 3):
            self.create(domid, bridge="xenbr0", ip=f"10.0.0.{domid}")
        wanted = {2222: "10.0.0.5", 3333: "10.0.0.2", 53: "10.0.0.3"}
        self.write_store(self.back(1, "ip"), "10.0.0.5")
        self.wait_forwards(wanted)
        self.assertIn("nothing to change", self.diff())
        # Another address: by `vif set`, and by the toolstack.
        self.ask("vif-set", vif="vif1.0", settings=["ip=10.0.0.55"])
        self.wait_forwards({**wanted, 2222: "10.0.0.55"})
        self.write_store(self.back(2, "ip"), "10.0.0.22")
        self.wait_forwards({2222: "10.0.0.55", 3333: "10.0.0.22",
                            53: "10.0.0.3"})
        self.assertIn("nothing to change", self.diff())
        # One that goes takes its forward along.
        self.remove("/local/domain/0/backend/vif/2")
        self.wait_forwards({2222: "10.0.0.55", 53: "10.0.0.3"})
        self.assertIn("nothing to change", self.diff())

    def talk_to(self, *addresses):
        """The host has a connection with each, in the kernel's table."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            for address in addresses:
                one.sendto(b"x", (address, 9))

    def remove_vif(self, domid):
        self.remove(f"/local/domain/0/backend/vif/{domid}")
        wait_until(lambda: link(f"vif{domid}.0") is None, "its end")
        self.settle()

    def test_connections_of_who_goes_end(self):
        self.apply()
        for domid in (1, 2, 3):
            self.create(domid, bridge="xenbr0", ip=f"10.0.0.{domid + 4}")
            self.wait_state(2, domid)
        self.talk_to("10.0.0.5", "10.0.0.6", "10.0.0.7")
        self.settle()
        self.assertEqual(self.in_force()["connections_ended"], 0)
        self.remove_vif(1)
        self.assertEqual(self.in_force()["connections_ended"], 1)
        # A successor with the address is there before the first one goes:
        # its connections are its own.
        self.create(4, bridge="xenbr0", ip="10.0.0.6")
        self.wait_state(2, 4)
        self.settle()
        self.remove_vif(2)
        self.assertEqual(self.in_force()["connections_ended"], 1)
        self.remove_vif(4)
        self.assertEqual(self.in_force()["connections_ended"], 2)

    def test_the_file_says_the_address(self):
        """[vif] counts as long as that guest is there."""
        self.apply(NAT + "[vif web]\nip = 10.0.0.7\n"
                   "[vif vif2.0]\nip = 10.0.0.8\n"
                   "[vif nobody]\nip = 10.0.0.9\n")
        self.name(1, "web")
        self.create(1, bridge="xenbr0")
        self.wait_forwards({2222: "10.0.0.7"})
        self.create(2, bridge="xenbr0")
        self.wait_forwards({2222: "10.0.0.7", 3333: "10.0.0.8"})
        self.remove("/local/domain/0/backend/vif/1")
        self.wait_forwards({3333: "10.0.0.8"})
        # And what xenplaned's own file says comes first.
        self.config.write_text("[vif vif2.0]\nip = 10.0.0.88\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_forwards({3333: "10.0.0.88"})

    def test_nothing_is_begun_that_nobody_applied(self):
        self.create(1, bridge="xenbr0", ip="10.0.0.5")
        self.wait_state(2)
        self.settle()
        self.assertEqual(nft("list", "tables"), "")
        self.assertEqual(self.in_force()["operations"], 0)
        # The control.
        self.name(1, "web")
        self.apply()
        self.assertIn("xenplane_nat", nft("list", "tables"))
        # What is taken away stays away.
        self.xenplane("nat", "stop")
        self.create(2, bridge="xenbr0", ip="10.0.0.6")
        self.wait_state(2, 2)
        self.settle()
        self.assertEqual(nft("list", "tables"), "")

    def test_a_reload_of_the_same_is_no_operation(self):
        self.name(1, "web")
        self.create(1, bridge="xenbr0", ip="10.0.0.5")
        self.apply()
        self.wait_state(2)
        self.settle()
        before = self.in_force()["operations"], nft("-a", "list", "ruleset")
        with subprocess.Popen(["nft", "monitor"], stdout=subprocess.PIPE,
                              text=True) as monitor:
            self.addCleanup(monitor.kill)
            for _ in range(5):
                self.settle()
            # What is announced after the reloads comes after what they did.
            nft("add", "table", "ip", "fence")
            line = monitor.stdout.readline()
            monitor.kill()
        nft("delete", "table", "ip", "fence")
        self.assertIn("fence", line)
        self.assertEqual(before, (self.in_force()["operations"],
                                  nft("-a", "list", "ruleset")))

    def test_ceilings_come_and_go(self):
        self.create(1, bridge="xenbr0")
        self.wait_state(2)
        self.ask("vif-set", vif="vif1.0",
                 settings=["ceiling=8Mb/s", "ceiling-in=16Mb/s"])
        wait_until(lambda: self.shapers() == {("vif1.0", "send", 1000000),
                                              ("vif1.0", "receive", 2000000)},
                   "shapers")
        self.ask("vif-set", vif="vif1.0", settings=["ceiling-in=24Mb/s"])
        wait_until(lambda: ("vif1.0", "receive", 3000000) in self.shapers(),
                   "another ceiling")
        self.ask("vif-set", vif="vif1.0", settings=["ceiling-in=off"])
        wait_until(lambda: self.shapers() == {("vif1.0", "send", 1000000)},
                   "no ceiling that way")
        # Dropped at once instead, and what waited has no place any more.
        self.ask("vif-set", vif="vif1.0", settings=["police=on"])
        wait_until(lambda: "xqos" not in ip("link"), "no ifb")
        self.assertIn("chain vif1.0", nft("list", "table", "netdev",
                                          "xenplane_qos"))
        self.assertEqual(self.shapers(), {("vif1.0", "send", 1000000)})
        self.create(2, bridge="xenbr0")
        self.ask("vif-set", vif="vif2.0",
                 settings=["ceiling=8Mb/s", "police=on"])
        wait_until(lambda: ("vif2.0", "send", 1000000) in self.shapers(),
                   "another one's")
        self.remove("/local/domain/0/backend/vif/2")
        wait_until(lambda: "vif2.0" not in nft("list", "ruleset"),
                   "its chain goes")
        self.assertEqual(self.shapers(), {("vif1.0", "send", 1000000)})
        self.ask("vif-set", vif="vif1.0", settings=["police=off"])
        wait_until(lambda: "xqos" in ip("link"), "an ifb again")
        wait_until(lambda: "xenplane_qos" not in nft("list", "ruleset"),
                   "the table goes with its last chain")
        # A vif that goes leaves no link of ours behind.
        self.remove("/local/domain/0/backend/vif/1")
        wait_until(lambda: "xqos" not in ip("link"), "its ifb goes")
        self.assertEqual(self.shapers(), set())

    def shapers(self):
        shown = json.loads(self.xenplane("qos", "show", "--json"))["shapers"]
        return {(s["link"], s["way"], s["ceiling_bytes"]) for s in shown}

    def test_what_cannot_be_made_is_made_later(self):
        self.name(1, "web")
        self.apply()
        path = next(RUN.glob(f"in-force-{cookie()}.json"))
        text = path.read_text()
        path.write_text("{")
        self.create(1, bridge="xenbr0", ip="10.0.0.5")
        wait_until(lambda: self.in_force()["error"], "the failure")
        self.assertIn("not what was written", self.in_force()["error"])
        self.assertEqual(self.forwards(), {})
        path.write_text(text)
        self.create(2, bridge="xenbr0", ip="10.0.0.6")
        self.wait_forwards({2222: "10.0.0.5", 3333: "10.0.0.6"})
        self.assertIsNone(self.in_force()["error"])

    def test_another_process_that_has_the_host_keeps_nobody(self):
        """A stopped `network-nat`, for one."""
        self.name(1, "web")
        self.apply()
        with (RUN / f"holds-{cookie()}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self.in_force()["refreshes"]
            self.create(1, bridge="xenbr0", ip="10.0.0.5")
            self.wait_forwards({2222: "10.0.0.5"})
            wait_until(lambda: self.in_force()["refreshes"] > before + 3,
                       "it tries again")
            self.assertIsNone(self.in_force()["error"])
        self.ask("vif-set", vif="vif1.0", settings=["ip=10.0.0.6"])
        self.wait_forwards({2222: "10.0.0.6"})

    def test_who_is_known_is_known_while_it_runs(self):
        self.name(1, "web")
        self.create(1, bridge="xenbr0", ip="10.0.0.5")
        self.apply()
        self.wait_forwards({2222: "10.0.0.5"})
        known = RUN / f"known-{cookie()}.json"
        self.assertTrue(known.exists())
        self.daemon.kill()
        self.daemon.wait()
        # Nobody says of the guest any more that it is there, or is not.
        self.assertIn("delete 1 element from", self.diff())
        self.start_daemon()
        wait_until(lambda: self.in_force()["refreshes"] > 0, "a refresh")
        self.wait_forwards({2222: "10.0.0.5"})
        self.assertIn("nothing to change", self.diff())
        self.daemon.terminate()
        self.daemon.wait()
        self.assertFalse(known.exists())


class Many(KeeperCase):
    TEXT = "[bridge xenbr0]\nmode = nat\naddress = 10.0.0.1/16\n" + "".join(
        f"forward = tcp {10000 + i} -> vif{i}.0:22\n"
        for i in range(1, MANY + 1))

    def create_many(self, store):
        for i in range(1, MANY + 1):
            for key, value in (
                    ("frontend", f"/local/domain/{i}/device/vif/0"),
                    ("frontend-id", str(i)), ("online", "1"),
                    ("mac", f"00:16:3e:01:{i >> 8:02x}:{i & 255:02x}"),
                    ("bridge", "xenbr0"),
                    ("ip", f"10.0.{i >> 8}.{i & 255}"), ("state", "1")):
                store.write(self.back(i, key), value)

    def test_many_at_once(self):
        self.apply()
        store = self.open_store()
        begin = time.monotonic()
        self.create_many(store)
        written = time.monotonic()
        deadline = begin + 120
        while len(self.forwards()) < MANY:
            self.assertLess(time.monotonic(), deadline, self.in_force())
            time.sleep(0.1)
        done = time.monotonic()
        state = self.in_force()
        self.settle()
        full = self.in_force()["last_us"]
        self.ask("vif-set", vif="vif7.0", settings=["ip=10.0.99.7"])
        wait_until(lambda: self.forwards()[10007] == "10.0.99.7", "it moves")
        one = self.in_force()["last_us"]
        print(f"\n{MANY} guests written in {written - begin:.1f} s, all their "
              f"forwards there {done - written:.1f} s later: "
              f"{state['refreshes']} refreshes, the longest "
              f"{state['max_us'] / 1000:.1f} ms; with all {MANY}: nothing new "
              f"{full / 1000:.1f} ms, one address {one / 1000:.1f} ms")
        # Far fewer than events: at most one in the shortest pause.
        self.assertLess(state["refreshes"], MANY / 4)
        self.assertLessEqual(state["refreshes"], (done - begin) / 0.05 + 2)


if __name__ == "__main__":
    unittest.main()
