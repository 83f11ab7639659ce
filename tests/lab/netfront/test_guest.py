# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplane-guest against a backend that the test plays through the store."""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import ground
from ground import back_of, front_of, inside, wait_until

FRONT, BACK = front_of(1, 0), back_of(1, 0)
ALL = {"feature_sg": 1, "feature_gso_tcpv4": 1, "feature_gso_tcpv6": 1,
       "feature_ipv6_csum_offload": 1, "feature_split_event_channels": 1,
       "multi_queue_max_queues": 2}


def link(guest, name="eth0"):
    """The interface as `ip` shows it, or None."""
    text = inside(guest, "ip", "-j", "link", "show", name, check=False)
    return json.loads(text)[0] if text.strip() else None


def has_carrier(guest):
    return "NO-CARRIER" not in link(guest)["flags"]


def offloads(guest):
    text = inside(guest, "ethtool", "-k", "eth0")
    return {name: f"{name}: on" in text
            for name in ("tx-checksumming", "tx-tcp-segmentation",
                         "tx-tcp6-segmentation")}


def switches(process):
    """How often the process's threads went to sleep so far."""
    total = 0
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def cpu_ticks(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text()
    fields = fields.rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class Guest(unittest.TestCase):
    def setUp(self):
        self.ground = self.enterContext(ground.Ground())
        self.mac = self.ground.make_vif(1, 0, **ALL)

    def start(self, *options):
        return self.ground.ready(
            [ground.BIN / "xenplane-guest", "--log-level", "warning",
             *options], domid=1, netns=True)

    def backend(self, state):
        self.ground.put({f"{BACK}/state": state})

    def connect(self, guest):
        wait_until("eth0", lambda: link(guest))
        inside(guest, "ip", "link", "set", "eth0", "up")
        self.backend(2)
        self.ground.wait_state(FRONT, "4")
        self.backend(4)
        wait_until("carrier", lambda: has_carrier(guest))

    def test_tap_is_there_before_the_backend(self):
        guest = self.start()
        self.assertEqual(link(guest)["address"], self.mac)
        self.assertEqual(self.ground.state(FRONT), "1")
        inside(guest, "ip", "link", "set", "eth0", "up")
        self.assertFalse(has_carrier(guest))

    def test_carrier_follows_the_connection(self):
        guest = self.start()
        self.connect(guest)
        self.backend(5)
        wait_until("no carrier", lambda: not has_carrier(guest))
        self.ground.wait_state(FRONT, "6")
        self.backend(6)
        self.backend(2)
        self.ground.wait_state(FRONT, "4")
        self.assertFalse(has_carrier(guest))
        self.backend(4)
        wait_until("carrier", lambda: has_carrier(guest))

    def test_backend_vanishes_and_returns(self):
        guest = self.start()
        self.connect(guest)
        self.ground.remove(BACK)
        self.ground.wait_state(FRONT, "6")
        self.assertFalse(has_carrier(guest))
        self.backend(2)
        self.ground.wait_state(FRONT, "4")
        self.backend(4)
        wait_until("carrier", lambda: has_carrier(guest))

    def test_offloads_are_those_of_the_backend(self):
        guest = self.start()
        self.connect(guest)
        self.assertTrue(all(offloads(guest).values()), offloads(guest))
        self.backend(6)
        self.ground.put({f"{BACK}/feature-gso-tcpv6": 0})
        self.backend(2)
        self.ground.wait_state(FRONT, "4")
        self.backend(4)
        wait_until("fewer offloads", lambda: list(
            offloads(guest).values()) == [True, True, False])
        self.backend(6)
        self.ground.put({f"{BACK}/feature-no-csum-offload": 1})
        self.backend(2)
        self.ground.wait_state(FRONT, "4")
        self.backend(4)
        wait_until("no offloads",
                   lambda: not any(offloads(guest).values()))

    def test_offloads_that_are_switched_off(self):
        guest = self.start("--no-gso")
        self.connect(guest)
        wait_until("checksums only", lambda: list(
            offloads(guest).values()) == [True, False, False])
        self.assertIsNone(self.ground.read(f"{FRONT}/feature-gso-tcpv4"))

    def test_mtu_comes_from_the_store(self):
        self.ground.put({f"{FRONT}/mtu": 9000})
        guest = self.start()
        self.assertEqual(link(guest)["mtu"], 9000)
        self.connect(guest)
        self.assertEqual(link(guest)["mtu"], 9000)
        self.ground.put({f"{FRONT}/mtu": 1400})
        wait_until("mtu 1400", lambda: link(guest)["mtu"] == 1400)
        self.ground.put({f"{FRONT}/mtu": "junk"})
        wait_until("mtu 1500", lambda: link(guest)["mtu"] == 1500)

    def test_big_mtu_needs_scatter_gather(self):
        self.ground.put({f"{FRONT}/mtu": 9000, f"{BACK}/feature-sg": 0})
        guest = self.start()
        self.connect(guest)
        wait_until("mtu 1500", lambda: link(guest)["mtu"] == 1500)

    def test_attach_and_detach(self):
        guest = self.start()
        self.assertIsNone(link(guest, "eth3"))
        mac = self.ground.make_vif(1, 3)
        wait_until("eth3", lambda: link(guest, "eth3"))
        wait_until("its address",
                   lambda: link(guest, "eth3")["address"] == mac)
        self.ground.remove(front_of(1, 3))
        wait_until("no eth3", lambda: not link(guest, "eth3"))
        self.assertIsNotNone(link(guest))

    def test_queues(self):
        guest = self.start("--queues", "4")
        self.connect(guest)
        self.assertEqual(
            self.ground.read(f"{FRONT}/multi-queue-num-queues"), "2")
        self.assertIsNotNone(
            self.ground.read(f"{FRONT}/queue-1/event-channel-rx"))

    def test_sleeps_while_nothing_happens(self):
        guest = self.start("--queues", "2")
        # Without IPv6 the kernel says nothing by itself.
        inside(guest, "sh", "-c",
               "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6")
        self.connect(guest)
        before = None
        for _ in range(20):
            before, now = switches(guest), before
            if before == now:
                break
            time.sleep(0.2)
        self.assertEqual(before, now, "it never settled")
        time.sleep(0.5)
        self.assertEqual(switches(guest), before)

    def test_interface_that_the_user_deleted(self):
        guest = self.start()
        self.connect(guest)
        inside(guest, "ip", "link", "del", "eth0")
        before = cpu_ticks(guest)
        time.sleep(0.5)
        self.assertLess(cpu_ticks(guest) - before, 10)
        self.assertIsNone(guest.poll())

    def test_sigterm_closes_with_the_backend(self):
        guest = self.start()
        self.connect(guest)
        guest.send_signal(signal.SIGTERM)
        self.ground.wait_state(FRONT, "5")
        self.backend(5)
        self.ground.wait_state(FRONT, "6")
        self.assertIsNone(guest.poll())
        self.backend(6)
        self.assertEqual(guest.wait(timeout=20), 0)

    def test_sigterm_with_a_backend_that_is_silent(self):
        guest = self.start()
        self.connect(guest)
        guest.send_signal(signal.SIGTERM)
        self.assertEqual(guest.wait(timeout=20), 0)
        self.assertEqual(self.ground.state(FRONT), "5")

    def test_next_guest_cleans_up_after_a_dead_one(self):
        guest = self.start()
        self.connect(guest)
        guest.kill()
        guest.wait()
        self.start()
        self.ground.wait_state(FRONT, "5")
        self.backend(5)
        self.ground.wait_state(FRONT, "6")
        self.backend(6)
        self.ground.wait_state(FRONT, "1")

    def test_ends_with_its_domain(self):
        guest = self.start()
        self.connect(guest)
        self.ground.remove("/local/domain/1")
        self.assertEqual(guest.wait(timeout=20), 0)

    def test_dies_with_its_parent(self):
        mine, its = os.pipe()
        parent = self.ground.start(
            1, ["sh", "-c", f"unshare -n {ground.BIN}/xenplane-guest "
                f"--die-with-parent --ready-fd {its} & wait"],
            pass_fds=(its,))
        os.close(its)
        self.assertEqual(os.read(mine, 1), b"\0")
        children = pathlib.Path(
            f"/proc/{parent.pid}/task/{parent.pid}/children")
        child = pathlib.Path("/proc") / children.read_text().split()[0]
        os.close(mine)
        self.assertTrue(child.exists())
        parent.kill()
        parent.wait()
        # The backend is at 1 and answers nothing: 3 s of patience.
        wait_until("the guest's end", lambda: not child.exists())

    def test_command_line(self):
        program = str(ground.BIN / "xenplane-guest")
        for words in (["--queues", "0"], ["--queues", "9"], ["--domid", "x"],
                      ["--domid", "32752"], ["--nonsense"], ["word"],
                      ["--log-level", "loud"]):
            done = subprocess.run([program, *words], capture_output=True,
                                  check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr)
        done = subprocess.run([program, "--help"], capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"--die-with-parent", done.stdout)


if __name__ == "__main__":
    ground.main()
