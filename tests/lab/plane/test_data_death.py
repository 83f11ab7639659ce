#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The data process is killed at random points while guests talk, loaded both
ways: no connection ends, no link goes down, no state is written, nothing is
left behind. How long each kill was felt is printed."""
import os
import random
import signal
import statistics
import time

import flows
from case import B4, OUT4, PlaneCase, labtool, main

KILLS = int(os.environ.get("KILLS", "30"))
# So long a data process serves at least; see SERVED_MS in datapath.c.
SERVED = 0.12
# The load's two ways, as the client that was ended in its midst knows them.
SENT, RECEIVED = "sum_sent", "sum_received_bidir_reverse"
RESETS = ("TcpOutRsts", "TcpEstabResets")


class DataDeath(PlaneCase):
    def status(self):
        """Also while no data process serves: then it exits with 1."""
        _, out, _ = self.lab.xenplane("status", "--json", check=False)
        return labtool.json.loads(out)

    def kill(self):
        """At a random point; the time of the kill and how many s until all
        vifs are on the fast path of the next one."""
        time.sleep(SERVED + random.random() * 0.05)
        pid = self.status()["netback"]["pid"]
        begin = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        while self.status()["netback"]["pid"] in (0, pid):
            self.assertLess(time.monotonic(), begin + 20)
        self.wait_path("fast")
        return begin, time.monotonic() - begin

    def states(self):
        return [(vif["name"], vif["state"], vif["frontend_state"],
                 vif["ifindex"], vif["bridge"], vif["generation"])
                for vif in self.lab.json("vif", "list")["vifs"]]

    def resets(self, guest):
        said = self.lab.inside(guest, "nstat", "-asz", *RESETS)
        return [line for line in said.splitlines()
                if line.startswith(RESETS)]

    def held(self):
        """What may leak: descriptors of both processes, and what the guests
        have given out."""
        status = self.status()
        return {"xenplaned": labtool.descriptors(status["pid"]),
                "netback": labtool.descriptors(status["netback"]["pid"]),
                "grants": [vif["grants_mapped"] for vif in
                           (self.lab.json("vif", "show", f"vif{d}.0")
                            for d in (1, 2))]}

    def assert_none_left(self, held):
        """xenplaned may not have closed the last client's socket yet."""
        for _ in range(100):
            now = self.held()
            if all(now[key] <= held[key] for key in held):
                return
            time.sleep(0.02)
        self.fail(f"{now} is more than {held}")

    def report(self, kills, seen, load):
        felt = sorted(seen.longest_ms(at, at + back) for at, back in kills)
        back = sorted(back * 1000 for _, back in kills)
        p99 = felt[int(len(felt) * 0.99)]
        mbit = [load[way]["bits_per_second"] / 1e6 for way in (SENT, RECEIVED)]
        print(f"figure: {KILLS} kills under {mbit[0]:.0f} and {mbit[1]:.0f} "
              f"Mbit/s: an echo waited {statistics.median(felt):.0f} ms in the "
              f"median, p99 {p99:.0f}, at most {felt[-1]:.0f}; all told fast "
              f"again after {statistics.median(back):.0f} ms, at most "
              f"{back[-1]:.0f}; {seen.rounds} echoes; {seen.sent} datagrams, "
              f"{seen.lost} lost, {seen.twice} twice")

    def test_guests_do_not_notice(self):
        self.kill()  # so that what is kept once is there
        before, held = self.states(), self.held()
        resets = [self.resets(guest) for guest in "ab"]
        restarts = self.status()["netback"]["restarts"]
        with labtool.iperf_server(self.lab, "b"):
            load = self.lab.start("a", "iperf3", "-c", B4, "--bidir", "-t",
                                  "0", "-b", "200M", "-i", "0", "-J")
            with flows.going(self.lab) as seen:
                kills = [self.kill() for _ in range(KILLS)]
            after = [self.resets(guest) for guest in "ab"]
            load = labtool.json.loads(labtool.end(load))["end"]
        self.report(kills, seen, load)
        status = self.status()
        self.assertEqual(self.states(), before)
        self.assertEqual(status["netback"]["restarts"], restarts + KILLS)
        self.assertGreater(seen.rounds, KILLS)
        self.assertEqual(after, resets)
        self.assertEqual(seen.links_that_fell(), [])
        # Only what was under way in taps and egress queues.
        self.assertGreater(seen.sent, KILLS)
        self.assertLessEqual(seen.lost, flows.WINDOW * KILLS)
        self.assertLessEqual(seen.twice, flows.WINDOW * KILLS)
        for way in (SENT, RECEIVED):
            self.assertGreater(load[way]["bytes"], 0)
        self.assert_none_left(held)
        self.assert_pings("a", B4)
        self.assert_pings("a", OUT4)


if __name__ == "__main__":
    main()
