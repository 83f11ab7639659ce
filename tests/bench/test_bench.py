# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench itself: every row gives its figures, like is compared with like,
and nothing is left behind."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import book  # noqa: E402
import callgrind  # noqa: E402
import dpdk  # noqa: E402
import gates  # noqa: E402
import labtool  # noqa: E402
import machine  # noqa: E402
import ovs  # noqa: E402
import peers  # noqa: E402
from book import Book  # noqa: E402

BENCH = pathlib.Path(__file__).resolve().parent / "bench.py"
RING = ("Mframes/s", "Gbit/s", "backend ns/frame",
        "% of that the simulation", "% lost", "% to the twin",
        "copy calls/frame", "copy segments/frame", "notifications/frame")
LOADS = ("64 B", "256 B", "1500 B", "1500 B, payload touched",
         "64 KiB chains", "64 KiB chains, payload touched",
         "64 B, 10 ports", "64 B, 4 queues")
GUESTS = [f"guest-guest {way}" for way in ("fast", "kernel", "veth+bridge")]
HOSTS = [f"{what} {way}" for what in ("guest-host", "guest-outside")
         for way in ("xenplane", "veth+bridge")]
UDP, RR = ("kframes/s", "% lost"), ("us p50", "us p99", "transactions/s")
# What each row says whatever else is installed to compare with.
EXPECTED = {
    "switch": [f"ns/frame {case}" for case in
               ("one", "eight", "many", "flood8", "flood32")],
    **{f"worker: {case}": ["ns/frame", "Mframes/s"] for case in
       ("64 B", "1500 B", "64 KiB chain", "100 ports", "100k MACs",
        "4 queues", "flood to 100")},
    **{f"ring {load}: xenplane, loop": RING for load in LOADS},
    **{f"latency: {case}": ["ns p50", "ns p99"] for case in
       ("eventfd round trip", "eventfd round trip, rested", "nobody sleeps",
        "the guest sleeps", "both sleep")},
    "parts: simulated copy": ["ns/segment across 64 B"],
    "parts: frontend 64 B, header": ["ns/frame"],
    **{f"{tool}: {way}": ["Gbit/s"] for way in GUESTS
       for tool in ("tcp", "tcp down", "tcp x4", "tcp x4 down")},
    **{f"{tool}: {way}": ["Gbit/s"] for way in HOSTS
       for tool in ("tcp up", "tcp down")},
    **{f"udp 1400 B: {way}": UDP for way in (*GUESTS, *HOSTS)},
    **{f"udp 64 B: {way}": UDP for way in GUESTS},
    **{f"rr: {way}": RR for way in (*GUESTS, *HOSTS)},
    **{f"flood: {way}": ("kept of the best", "times the best offered")
       for way in ("guest-guest fast", "guest-guest veth+bridge",
                   "ring-guest")},
    **{f"shaped: {what}": ["% of the rate"] for what in (
        "tcp sent", "udp sent", "tcp received", "udp received",
        "tcp received, kernel", "udp received, kernel")},
    "shaped: a quiet guest": ("us p99 idle", "us p99 beside a flood"),
    "hotplug: stock vif-bridge":
        ("ms attach", "ms detach", "script CPU ms/event",
         "script processes/event", "xenplaned CPU ms/event"),
    **{f"scale 20: {way}": ("ms made", "ms enslaved", "ms removed")
       for way in ("floor", "twins", "plane")},
    **{f"scripts: {whose}vif-bridge": (
        "ms CPU/event", "ms CPU/event p99", "ms/event", "ms/event p99")
       for whose in ("", "stock ")},
    "planner: 1000 vifs": ["ms unchanged", "ms bridge", "ms mtu",
                           "ms netdev"],
    **{f"scripts: vifs at once{whose}": (
        "ms until all are connected", "ms CPU of all")
       for whose in ("", ", stock")},
    "start": ("ms to ready", "ms data process anew"),
    **{f"memory: {what}": [f"{process} KiB/{unit}"
                           for process in ("xenplaned", "netback")]
       for what, unit in (("vif", "vif"), ("stations", "1000 stations"))},
}
# Losses; and memory comes by steps: what is little may have had room.
MAY_BE_NONE = ("%", "KiB", "lost", "wake-ups", "operations unchanged")
COUNTED = {f"count {case}": ["instructions/frame"] for case in gates.CASES}
# What others' programs do is looked at when asked for.
OTHERS = () if os.environ.get("XENPLANE_BENCH_PEERS") else ("--no-peers",)


def environment_has(pid, text):
    try:
        return text in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False  # it ended meanwhile


def processes_with(text):
    """Those that were started with it in their environment."""
    text = text.encode()
    return [pid for pid in os.listdir("/proc")
            if pid.isdigit() and environment_has(pid, text)]


@unittest.skipIf(os.geteuid() != 0, "namespaces and taps need root")
class WholeBench(unittest.TestCase):
    def links(self):
        return sorted(os.listdir("/sys/class/net"))

    def test_every_row_has_its_figures_and_nothing_is_left(self):
        before = self.links()
        with tempfile.TemporaryDirectory(prefix="xp-bench-") as folder:
            out = pathlib.Path(folder) / "bench.json"
            with subprocess.Popen(
                    [sys.executable, str(BENCH), "--quick",
                     "--no-peers", "--json", str(out)], stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True) as process:
                text, _ = process.communicate()
            self.assertEqual(process.returncode, 0, text)
            result = json.loads(out.read_text())
        self.check_figures(result, text)
        lab = f"bench-{process.pid}"
        self.assertFalse(pathlib.Path("/run/xenplane/lab", lab).exists())
        self.assertEqual(processes_with(f"XENPLANE_LAB={lab}"), [])
        self.assertEqual(self.links(), before)

    def test_ended_early_it_leaves_nothing(self):
        for number, row, line in (
                (signal.SIGTERM, "tcp", "rr: guest-guest veth+bridge"),
                (signal.SIGINT, "outside", "tcp up: guest-outside"),
                (signal.SIGTERM, "memory", "start"),
                (signal.SIGINT, "scale", "scale 20: twins")):
            with self.subTest(row=row, signal=number.name):
                self.end_at(number, row, line)

    def end_at(self, number, row, line):
        before = self.links()
        with tempfile.TemporaryDirectory(prefix="xp-test-") as folder:
            with subprocess.Popen(
                    [sys.executable, str(BENCH), "--quick", *OTHERS, row],
                    env={**os.environ, "TMPDIR": folder}, bufsize=1,
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                    text=True) as process:
                seen = []
                for seen_line in process.stderr:
                    seen.append(seen_line)
                    if seen_line.startswith(f"  {line}"):
                        # What holds namespaces got it from the bench.
                        held = processes_with(f"TMPDIR={folder}")
                        process.send_signal(number)
                        break
                process.stderr.read()
            self.assertEqual(process.returncode, 128 + number,
                             "".join(seen))
            self.assertGreater(len(held), 1)
            self.assertEqual(processes_with(f"TMPDIR={folder}"), [])
            self.assertEqual(os.listdir(folder), [])
        self.assertFalse(pathlib.Path("/run/xenplane/lab",
                                      f"bench-{process.pid}").exists())
        self.assertEqual(self.links(), before)

    def check_figures(self, result, text):
        expected = {**EXPECTED,
                    **({} if callgrind.missing() else COUNTED)}
        seen = {(row["row"], row["figure"]): row for row in result["rows"]}
        for row, figures in expected.items():
            for figure in figures:
                self.assertIn((row, figure), seen, text)
        for key, row in seen.items():
            self.assertLessEqual(row["minimum"], row["median"], key)
            self.assertLessEqual(row["median"], row["maximum"], key)
            if not any(word in key[1] for word in MAY_BE_NONE):
                self.assertGreater(row["median"], 0, key)
        for load in ("64 B", "1500 B"):
            self.assertLess(seen[f"ring {load}: xenplane, loop",
                                 "copy calls/frame"]["median"], 1)

    def test_an_unknown_row_is_refused(self):
        done = subprocess.run([sys.executable, str(BENCH), "nothing"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nothing", done.stderr)


@unittest.skipIf(os.geteuid() != 0, "huge pages need root")
@unittest.skipUnless(os.environ.get("XENPLANE_BENCH_PEERS"),
                     "XENPLANE_BENCH_PEERS is not set")
@unittest.skipIf(dpdk.missing() or ovs.missing(), "no other dataplanes")
class OtherDataplanes(unittest.TestCase):
    """They run, and leave nothing. Only when asked for: what the suite says is
    not to depend on what somebody has installed."""

    @staticmethod
    def what_is():
        return (dpdk.HUGEPAGES.read_text(), sorted(os.listdir("/dev/shm")),
                sorted(os.listdir("/sys/class/net")),
                pathlib.Path("/run/dpdk").exists(),
                pathlib.Path("/run/openvswitch").exists())

    def test_one_bench_at_a_time_has_the_huge_pages(self):
        before = self.what_is()
        with dpdk.Hugepages():
            with self.assertRaisesRegex(labtool.Failed, "another bench"):
                with dpdk.Hugepages():
                    pass
            self.assertGreaterEqual(int(dpdk.HUGEPAGES.read_text()),
                                    dpdk.PAGES_LEAST)
        self.assertEqual(self.what_is(), before)

    def test_they_move_frames_and_leave_nothing(self):
        before = self.what_is()
        notes = Book()
        with peers.Peers(notes) as others:
            if not others.pairs and not notes.failures:
                self.skipTest("no huge pages")
            processes = [one.process for pair in others.pairs.values()
                         for one in getattr(pair, "programs", [pair.maker])]
            for size in (64, 1500):
                for name, way in others.ways(size):
                    notes.take(name, size, lambda way=way: way(0.1))
        self.assertEqual(notes.failures, [])
        names = [f"{name}, loop" for name in (*dpdk.KINDS, peers.SWITCH)]
        self.assertEqual([one["row"] for one in notes.samples],
                         [*names, "memif, flowgen", *names])
        for one in notes.samples:
            self.assertGreater(one["figures"]["Mframes/s"], 0)
            self.assertGreater(one["figures"]["backend ns/frame, busy"], 0)
        self.assertTrue(all(one.poll() is not None for one in processes))
        self.assertEqual(self.what_is(), before)
        self.assertFalse(pathlib.Path(others.folder).exists())


class Moods(unittest.TestCase):
    def test_names(self):
        for trips, mood in (([90, 120], "near"), ([290, 430], "far"),
                            ([90, 400], "mixed"), ([400, 90], "mixed"),
                            ([210, 210], "mixed"), ([None, 90], "unknown"),
                            ([0, 0], "one core")):
            self.assertEqual(machine.mood_of(trips), mood, trips)


class Books(unittest.TestCase):
    @staticmethod
    def book(*samples):
        book = Book()
        book.samples = [{"row": row, "turn": turn, "mood": mood,
                         "figures": {"Gbit/s": value}}
                        for row, turn, mood, value in samples]
        book.ratio("ours", "theirs", "Gbit/s")
        return book

    def test_a_ratio_pairs_one_turn_and_mood(self):
        book = self.book(("ours", 0, "near", 3), ("theirs", 0, "near", 6),
                         ("ours", 1, "near", 4), ("theirs", 1, "near", 4),
                         ("ours", 2, "far", 1), ("theirs", 2, "far", 4))
        self.assertEqual(
            [(one["mood"], one["samples"], one["median"])
             for one in book.ratios], [("near", 2, 0.75), ("far", 1, 0.25)])

    def test_no_ratio_of_what_is_unlike(self):
        for others in (("theirs", 0, "far", 6), ("theirs", 1, "near", 6),
                       ("theirs", 0, "near", 0)):
            self.assertEqual(
                self.book(("ours", 0, "near", 3), others).ratios, [])
        for mood in ("mixed", "unknown", "crowded"):
            self.assertEqual(self.book(("ours", 0, mood, 3),
                                       ("theirs", 0, mood, 6)).ratios, [])

    def test_moods_have_medians_of_their_own(self):
        book = self.book(("ours", 0, "near", 1), ("ours", 1, "near", 9),
                         ("ours", 2, "near", 2), ("ours", 3, "far", 7))
        self.assertEqual(
            [(row["mood"], row["samples"], row["minimum"], row["median"],
              row["maximum"]) for row in book.rows()],
            [("far", 1, 7, 7, 7), ("near", 3, 1, 2, 9)])

    def test_who_had_to_wait_for_the_core_is_not_compared(self):
        notes = Book()
        for share, mood in ((4.9, "-"), (5.1, "crowded")):
            notes.take("ours", 0, lambda share=share: {book.CROWD: share},
                       two_cores=False)
            self.assertEqual(notes.samples[-1]["mood"], mood)

    def test_a_ratio_is_named_by_what_differs(self):
        for ours, theirs, name in (
                ("tcp: fast", "tcp: veth", "tcp: fast / veth"),
                ("ring 64 B, 10 ports: x", "ring 64 B: x",
                 "ring 64 B, 10 ports: x / ring 64 B: x")):
            self.assertEqual(
                book.ratio_name({"ours": ours, "theirs": theirs}), name)

    def test_a_failed_sample_is_a_failure(self):
        book = Book()

        def fails():
            raise labtool.Failed("the reason")

        book.take("ours", 0, fails, two_cores=False)
        self.assertEqual(book.samples, [])
        self.assertIn("the reason", book.failures[0])


class Counts(unittest.TestCase):
    LINES = ["fl=(1) /a.c", "fn=(1) one", "10 5", "+2 7", "cfi=(2) /b.c",
             "cfn=(2) two", "calls=3 20", "* 900", "fi=(3) /c.h", "4 2",
             "cfn=(2)", "calls=4 20", "* 100", "fe=(1)", "5 1", "",
             "fl=(2)", "fn=(2)", "20 30"]

    def test_costs_belong_to_their_files(self):
        self.assertEqual(callgrind.Profile([*self.LINES, "totals: 45"]).costs,
                         {"/a.c": 13, "/b.c": 30, "/c.h": 2})

    def test_calls_belong_to_who_makes_them(self):
        self.assertEqual(callgrind.Profile([*self.LINES, "totals: 45"]).calls,
                         {("/a.c", "two"): 3, ("/c.h", "two"): 4})

    def test_lines_that_do_not_add_up_are_refused(self):
        with self.assertRaises(labtool.Failed):
            callgrind.Profile([*self.LINES, "totals: 46"])

    def test_stages(self):
        root = labtool.ROOT
        self.assertEqual(callgrind.stage(f"{root}/netback/ring/copy.c"),
                         "ring/copy.c")
        self.assertEqual(callgrind.stage(f"{root}/bridge/fdb.c"),
                         "bridge/fdb.c")
        for other in (f"{root}/tests/unit/netback/ring/guest.c", "???",
                      "/usr/include/stdio.h"):
            self.assertIsNone(callgrind.stage(other), other)


class Gates(unittest.TestCase):
    WAS = {"64 B": {"instructions/frame": 200.0, "  tx.c": 10.0,
                    "  rx.c": 1.0, "copy calls/frame": 0.0312}}

    def compare(self, **now):
        figures = {**self.WAS["64 B"], **now}
        return gates.compare({"64 B": figures}, self.WAS)

    def test_the_same_passes(self):
        self.assertEqual(self.compare(), ([], []))

    def test_three_percent_may_come(self):
        self.assertEqual(self.compare(**{"instructions/frame": 205.9}),
                         ([], []))

    def test_more_has_grown(self):
        for figure, value in (("instructions/frame", 206.1),
                              ("  tx.c", 10.6), ("  rx.c", 1.6),
                              ("  new.c", 0.6), ("copy calls/frame", 0.0468)):
            grown, shrunk = self.compare(**{figure: value})
            self.assertEqual(len(grown), 1, figure)
            self.assertIn(figure.strip(), grown[0])
            self.assertEqual(shrunk, [])

    def test_a_small_stage_of_a_long_chain_may_grow(self):
        was = {"chain": {"instructions/frame": 6000.0, "  tx.c": 15.0}}
        for now, expected in ((26.0, 0), (28.0, 1)):
            grown, _ = gates.compare(
                {"chain": {**was["chain"], "  tx.c": now}}, was)
            self.assertEqual(len(grown), expected, now)

    def test_less_is_said_and_passes(self):
        grown, shrunk = self.compare(**{"instructions/frame": 190.0})
        self.assertEqual(grown, [])
        self.assertIn("instructions/frame: 200 -> 190", shrunk[0])

    def test_a_new_case_must_be_in_the_file(self):
        grown, _ = gates.compare({"new": {"instructions/frame": 5}}, self.WAS)
        self.assertEqual(len(grown), 1)

    def test_the_file_has_every_case(self):
        expected = json.loads(gates.EXPECTED.read_text(encoding="utf-8"))
        self.assertEqual(list(expected["counts"]), list(gates.CASES))


if __name__ == "__main__":
    unittest.main()
