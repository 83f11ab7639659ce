#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Awake, the data path needs few notifications; idle, it sleeps. Counts are
judged, rates are not: this machine may be busy with other things."""
import os
import pathlib
import sys
import time
import unittest

from case import labtool, main

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import ring  # noqa: E402

FRAMES = 200000
# A burst that is shown at once has more frames than this.
FRAMES_PER_NOTIFICATION = 8
A, B = "10.77.0.11", "10.77.0.12"
IDLE_SECONDS = 3


def figure(words):
    """For who reads the suite's output, also when the test passes."""
    print(f"figure: {words}", flush=True)


def cpu_ticks(pid):
    """Time that it has used, in the kernel and outside."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(
        encoding="ascii").rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class Spin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = labtool.Lab("spin")
        cls.enterClassContext(cls.lab)

    def counts(self, name):
        return self.lab.json("vif", "show", name)

    def test_a_stream_needs_few_notifications(self):
        """On the rings themselves, both ways between guest and backend."""
        for number in (0, 1):
            ring.plug(self.lab, number)
        result, _ = ring.run(self.lab, "--mode", "loop", "--size", "64",
                             "--pairs", "1", "--count", str(FRAMES))
        self.assertEqual(result["frames"], FRAMES)
        self.assertGreater(result["arrived"], 0)
        for number in (0, 1):
            vif = self.counts(ring.vif_name(number))
            for name in ("events_taken", "notify_sent"):
                figure(f"{name} a frame: {vif[name] / FRAMES:.5f}")
                self.assertLess(vif[name] * FRAMES_PER_NOTIFICATION, FRAMES)

    def netback(self):
        return self.lab.json("status")["netback"]

    def is_at_rest(self):
        """Nobody woke it up in a while, and it used no time."""
        pid = self.netback()["pid"]
        wakeups = self.netback()["wakeups"]
        ticks = cpu_ticks(pid)
        time.sleep(IDLE_SECONDS)
        used = cpu_ticks(pid) - ticks
        woken = self.netback()["wakeups"] - wakeups
        figure(f"{IDLE_SECONDS} s after a stream: {woken} wake-ups, "
               f"{used / os.sysconf('SC_CLK_TCK'):.2f} s of processor time")
        return woken == 0 and used <= 1

    def test_it_sleeps_after_a_stream(self):
        """Guests' kernels still say something now and then: more than one
        look may be needed."""
        self.lab.create("a", f"ip={A}", "--spin-us=50")
        self.lab.create("b", f"ip={B}")
        for guest in ("a", "b"):
            self.lab.inside(guest, "sysctl", "-q",
                            "net.ipv6.conf.all.disable_ipv6=1")
        with labtool.iperf_server(self.lab, "b"):
            labtool.iperf(self.lab, "a", B)
        vifs = self.lab.json("vif", "list")["vifs"]
        self.assertGreater(sum(vif["tx_frames"] for vif in vifs), 0)
        self.assertTrue(any(self.is_at_rest() for _ in range(20)))


if __name__ == "__main__":
    main()
