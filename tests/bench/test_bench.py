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
import callgrind  # noqa: E402
import labtool  # noqa: E402
import machine  # noqa: E402
from book import Book  # noqa: E402

BENCH = pathlib.Path(__file__).resolve().parent / "bench.py"
RING = ("Mframes/s", "Gbit/s", "% no room at the sink", "% to the twin",
        "copy calls/frame", "copy segments/frame", "notifications/frame")
GUESTS = [f"guest-guest {way}" for way in ("fast", "kernel", "veth+bridge")]
HOSTS = [f"{what} {way}" for what in ("guest-host", "guest-outside")
         for way in ("xenplane", "veth+bridge")]
UDP, RR = ("kframes/s", "% lost"), ("us p50", "us p99", "transactions/s")
# What each row says whatever else is installed to compare with.
EXPECTED = {
    "switch": [f"ns/frame {case}" for case in
               ("one", "eight", "many", "flood8", "flood32")],
    **{f"ring {load}": RING for load in ("64 B", "1500 B", "GSO 65000 B")},
    **{f"{tool}: {way}": ["Gbit/s"] for way in GUESTS
       for tool in ("tcp", "tcp down", "tcp x4", "tcp x4 down")},
    **{f"{tool}: {way}": ["Gbit/s"] for way in HOSTS
       for tool in ("tcp up", "tcp down")},
    **{f"udp 1400 B: {way}": UDP for way in (*GUESTS, *HOSTS)},
    **{f"udp 64 B: {way}": UDP for way in GUESTS},
    **{f"rr: {way}": RR for way in (*GUESTS, *HOSTS)},
    "hotplug: stock vif-bridge":
        ("ms attach", "ms detach", "script CPU ms/event",
         "script processes/event", "xenplaned CPU ms/event"),
    **{f"scale 20: {way}": ("ms made", "ms enslaved", "ms removed")
       for way in ("floor", "twins", "plane")},
    "start": ("ms to ready", "ms data process anew"),
    **{f"memory: {what}": [f"{process} KiB/{unit}"
                           for process in ("xenplaned", "netback")]
       for what, unit in (("vif", "vif"), ("stations", "1000 stations"))},
}
# Losses; and memory comes by steps: what is little may have had room.
MAY_BE_NONE = ("%", "KiB", "lost")
COUNTED = {f"count {size} B": ["instructions/frame"] for size in (64, 1500)}


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
                    [sys.executable, str(BENCH), "--quick", "--json",
                     str(out)], stdout=subprocess.PIPE,
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
                    [sys.executable, str(BENCH), "--quick", row],
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
            self.assertLess(
                seen[f"ring {load}", "copy calls/frame"]["median"], 1)

    def test_an_unknown_row_is_refused(self):
        done = subprocess.run([sys.executable, str(BENCH), "nothing"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nothing", done.stderr)


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
        for mood in ("mixed", "unknown"):
            self.assertEqual(self.book(("ours", 0, mood, 3),
                                       ("theirs", 0, mood, 6)).ratios, [])

    def test_moods_have_medians_of_their_own(self):
        book = self.book(("ours", 0, "near", 1), ("ours", 1, "near", 9),
                         ("ours", 2, "near", 2), ("ours", 3, "far", 7))
        self.assertEqual(
            [(row["mood"], row["samples"], row["minimum"], row["median"],
              row["maximum"]) for row in book.rows()],
            [("far", 1, 7, 7, 7), ("near", 3, 1, 2, 9)])

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
             "fe=(1)", "5 1", "", "fl=(2)", "fn=(2)", "20 30"]

    def test_costs_belong_to_their_files(self):
        self.assertEqual(
            callgrind.self_costs([*self.LINES, "totals: 45"]),
            {"/a.c": 13, "/b.c": 30, "/c.h": 2})

    def test_lines_that_do_not_add_up_are_refused(self):
        with self.assertRaises(labtool.Failed):
            callgrind.self_costs([*self.LINES, "totals: 46"])

    def test_stages(self):
        root = labtool.ROOT
        self.assertEqual(callgrind.stage(f"{root}/netback/ring/copy.c"),
                         "ring/copy.c")
        self.assertEqual(callgrind.stage(f"{root}/bridge/fdb.c"),
                         "bridge/fdb.c")
        for other in (f"{root}/tests/unit/netback/ring/guest.c", "???",
                      "/usr/include/stdio.h"):
            self.assertIsNone(callgrind.stage(other), other)


if __name__ == "__main__":
    unittest.main()
