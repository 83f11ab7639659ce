#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The check of the protocol's rows refuses what it should.

usage: test_rows.py ROWS BUILD

Each breach is made in a copy of the real rows; that passes without one.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import rows  # noqa: E402

ROW = "tx.most | 65535 bytes | unit.ring_tx_parse | " \
      "frame_of_65535_bytes_passes | fragments_beyond_the_total_are_refused"

# What becomes of that row, and what is said.
BREACHES = [
    ("", "tx.most: no such row"),
    (ROW.replace("tx.most", "tx.more"), "tx.more: no row of the protocol"),
    (ROW.replace("ring_tx_parse", "ring_tx_renamed"),
     "there is no test unit.ring_tx_renamed"),
    (ROW.replace("65535_bytes", "65536_bytes"),
     "unit.ring_tx_parse runs no frame_of_65536_bytes_passes"),
    (ROW.replace("fragments_", "no_fragments_"),
     "runs no no_fragments_beyond_the_total_are_refused"),
    # A function that is no case, though it is there.
    (ROW.replace("frame_of_65535_bytes_passes", "parse"),
     "unit.ring_tx_parse runs no parse"),
    (ROW.replace("fragments_", "unit.ring_copy/fragments_"),
     "unit.ring_copy runs no fragments_"),
    (ROW.replace("fragments_", "unit.none/"), "there is no test unit.none"),
    (ROW.rsplit(" | ", 1)[0], "five fields are wanted"),
    (ROW.replace("unit.ring_tx_parse", ""), "five fields are wanted"),
    ("tx.most | 65535 bytes | - | - | -", "there is no test -"),
]


# The same for what is done to a whole plane.
PLANE_BREACHES = [
    ("def test_tx_most(", "def test_tx_more(", "tx.most: "),
    ("def test_guest_queue_N(", "def guest_queue_N(", "guest.queue-N: "),
    ("    def test_no_notify_drain(", "    # def test_no_notify_drain(",
     "no-notify.drain: "),
    ("def test_windows_folder(self)", "def test_windows_folder(self, too)",
     "windows.folder: "),
]


def plane_failures(text, tests):
    """What is not noticed when it is missing."""
    real = dict(tests.texts)
    for old, new, words in PLANE_BREACHES:
        tests.texts = {path: source.replace(old, new)
                       for path, source in real.items()}
        if tests.texts == real:
            yield f"there is no '{old}'"
        problems = rows.check(text, tests)
        words += "no lab.hostile_protocol_* runs test_"
        if not any(words in problem for problem in problems):
            yield f"'{new}' passes: {problems}"
    tests.texts = real


def main():
    text = pathlib.Path(sys.argv[1]).read_text("utf-8")
    tests = rows.Tests(sys.argv[2])
    failed = rows.check(text, tests)
    if text.count(ROW) != 1:
        failed.append(f"not one row '{ROW}'")
    for breach, words in BREACHES:
        problems = rows.check(text.replace(ROW, breach), tests)
        if not any(words in problem for problem in problems):
            failed.append(f"'{breach}' passes: {problems}")
    failed += plane_failures(text, tests)
    for problem in failed:
        print(problem)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
