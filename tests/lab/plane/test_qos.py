#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rates and shares of a plane's vifs: `xenplane qos` takes what xenplaned knows,
the limit holds between guests, too, and both ways come and go live."""
import concurrent.futures
import json
import tempfile

from case import A4, B4, OUT4, PlaneCase, labtool, main

MAC_A = "00:16:3e:00:00:0a"
RECEIVE = ("vif1.0", "receive", "limit")


class Qos(PlaneCase):
    def setUp(self):
        self.file = self.enterContext(
            tempfile.NamedTemporaryFile("w", suffix=".conf"))

    def tearDown(self):
        self.qos("stop")
        self.lab.xenplane("vif", "set", "vif1.0", "rate-in=default",
                          "guarantee=default", "rate=default",
                          "ceiling-in=default")

    def qos(self, *words):
        return json.loads(self.lab.inside("dom0", labtool.XENPLANE, "qos",
                                          *words, "--json"))

    def apply(self, text="[bridge xenbr0]\nnetdev = eth0\n"):
        self.file.seek(0)
        self.file.truncate()
        self.file.write(text)
        self.file.flush()
        return self.qos("apply", "-f", self.file.name)["operations"]

    def show(self):
        return {(s["link"], s["way"], s["of"]): s
                for s in self.qos("show")["shapers"]}

    def receive(self, key=None):
        """What b can make a take: TCP's bytes and seconds, and the shaper's
        bytes."""
        with labtool.iperf_server(self.lab, "a"):
            before = self.show()[key]["bytes"] if key else 0
            got = labtool.iperf(self.lab, "b", A4, seconds=3)
            passed = self.show()[key]["bytes"] - before if key else 0
        end = got["end"]["sum_received"]
        print(f"received: {labtool.tcp_mbit(got):.2f} Mbit/s of 10")
        # The bucket, and what waits in the shaper when the clock starts.
        self.assertLess(end["bytes"], 1_250_000 * (end["seconds"] + 1) +
                        62_500 + 2 * 65536)
        self.assertGreater(end["bytes"], 1_250_000)
        return end["bytes"], passed

    def test_what_a_guest_receives_is_limited_on_the_fast_path(self):
        self.wait_path("fast")
        self.lab.xenplane("vif", "set", "vif1.0", "rate-in=10Mb/s")
        self.receive()
        self.assertEqual(self.vif(1)["path"], "fast")
        # From the host, too: through the twin.
        with labtool.iperf_server(self.lab, "a"):
            got = labtool.iperf(self.lab, "dom0", A4, seconds=3)
        end = got["end"]["sum_received"]
        print(f"from dom0: {labtool.tcp_mbit(got):.2f} Mbit/s of 10")
        self.assertLess(end["bytes"], 1_250_000 * (end["seconds"] + 1) +
                        62_500 + 8 * 65536)
        # qos has nothing to do here.
        self.assertEqual(self.apply(), 0)
        self.lab.xenplane("vif", "set", "vif1.0", "rate-in=off")
        with labtool.iperf_server(self.lab, "a"):
            free = labtool.iperf(self.lab, "b", A4, seconds=1)
        self.assertGreater(labtool.tcp_mbit(free), 30)  # the control

    def top(self):
        vifs = json.loads(self.lab.xenplane("top", "--json"))["vifs"]
        return {vif["name"]: vif for vif in vifs}

    def test_what_is_measured_beside_what_is_configured(self):
        self.lab.xenplane("vif", "set", "vif1.0", "rate-in=10Mb/s",
                          "rate=400Mb/s")
        samples = [self.top()]
        idle = samples[0]["vif1.0"]
        with labtool.iperf_server(self.lab, "a"), \
                concurrent.futures.ThreadPoolExecutor() as pool:
            flow = pool.submit(labtool.iperf, self.lab, "b", A4, seconds=3)
            while not flow.done():
                samples.append(self.top())
            flow.result()
        busy = max(samples,
                   key=lambda s: s["vif1.0"]["receives"]["bits_per_second"])
        a, b = busy["vif1.0"], busy["vif2.0"]
        got = a["receives"]["bits_per_second"] / 1e6
        print(f"top: {got:.2f} Mbit/s of {a['receives']['rate']}")
        self.assertEqual((a["receives"]["rate"], a["sends"]["rate"]),
                         ("10Mb/s", "400Mb/s"))
        # With what the bucket holds, in one interval.
        self.assertLess(got, 12)
        self.assertGreater(got, 2)
        self.assertGreater(b["sends"]["bits_per_second"] / 1e6, 2)
        self.assertGreater(a["receives"]["fast_bits_per_second"] / 1e6, 2)
        self.assertLess(idle["receives"]["bits_per_second"] / 1e6, 1)
        words = self.lab.xenplane("top", "--once")
        row = next(line for line in words.splitlines() if "vif1.0" in line)
        self.assertIn("10Mb/s", row)
        self.assertIn("400Mb/s", row)

    def wait_shaper(self, rate_bytes):
        """xenplaned does it a moment after the setting."""
        for _ in range(500):
            if self.show().get(RECEIVE, {}).get("rate_bytes") == rate_bytes:
                return
            labtool.time.sleep(0.02)
        self.fail(f"no shaper of {rate_bytes}: {self.show()}")

    def test_a_ceiling_takes_the_kernels_path(self):
        self.wait_path("fast")
        self.lab.xenplane("vif", "set", "vif1.0", "ceiling-in=10Mb/s")
        # xenplaned makes it by itself.
        self.wait_shaper(1_250_000)
        self.assertEqual(self.apply(), 0)
        # The switch does not have this limit, so the kernel does all.
        self.wait_path("kernel", (1,))
        payload, passed = self.receive(RECEIVE)
        self.assertGreaterEqual(passed, payload)
        self.lab.xenplane("vif", "set", "vif1.0", "ceiling-in=500Mb/s")
        self.wait_shaper(62_500_000)
        self.assert_pings("b", A4)
        self.lab.xenplane("vif", "set", "vif1.0", "ceiling-in=off")
        self.wait_path("fast")
        self.assertEqual(self.show(), {})
        self.assert_pings("b", A4)

    def test_shares_of_the_uplink_leave_the_fast_path_alone(self):
        self.wait_path("fast")
        self.lab.xenplane("vif", "set", "vif1.0", "guarantee=5Mb/s",
                          "rate=400Mb/s")
        conf = ("[bridge xenbr0]\nnetdev = eth0\nuplink-rate = 50Mb/s\n"
                "uplink-rate-in = 50Mb/s\n")
        self.assertGreater(self.apply(conf), 0)
        self.assertEqual(self.apply(conf), 0)
        own = ("eth0", "send", MAC_A)
        before = self.show()
        self.assertEqual(before[own]["rate_bytes"], 625_000)
        # The data process has the rate, and no twin is touched.
        self.assertNotIn(("vif1.0", "send", "limit"), before)
        self.assert_pings("a", OUT4)
        self.assert_pings("a", B4)
        after = self.show()
        for way in ("send", "receive"):
            key = ("eth0", way, MAC_A)
            self.assertGreaterEqual(
                after[key]["frames"] - before[key]["frames"], 10)
            self.assertLess(after[key]["frames"] - before[key]["frames"], 20)
        self.wait_path("fast")


if __name__ == "__main__":
    main()
