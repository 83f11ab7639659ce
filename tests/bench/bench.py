#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""./run bench: what the plane moves, and what it costs, measured.

usage: bench.py [NAME...] [--long | --quick] [--no-peers] [--json FILE]

All rows without a NAME (--help lists them). Exit status 0 only
if every sample could be taken. docs/bench.md says what the figures mean.
"""
import argparse
import dataclasses
import json
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import book as samples  # noqa: E402
import hotplug  # noqa: E402
import machine  # noqa: E402
import memory  # noqa: E402
import outside  # noqa: E402
import overload  # noqa: E402
import ring  # noqa: E402
import ringlatency  # noqa: E402
import scale  # noqa: E402
import scripts  # noqa: E402
import shaped  # noqa: E402
import single  # noqa: E402
import tcp  # noqa: E402
from labtool import Failed, Lab, eprint  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is measured."""
    turns: int = 3  # samples of each
    ring_turns: int = 5  # of what changes with the cores' mood
    seconds: int = 1  # a sample of iperf3
    iperf: tuple = ()  # or how much it sends
    until: tuple = ("--seconds", "1")  # a sample of the rings
    peer_seconds: float = 1  # and of other rings
    pairs: int = 15  # of vifs on the rings, at most: the domain's memory
    peers: bool = True  # others' programs, where they are installed
    pings: int = 20
    bursts: int = 20000  # of the switch alone
    frames: int = 400000  # of the worker alone
    echoes: int = 20000  # of which each has its latency


SHORT = Plan()
LONG = Plan(turns=15, ring_turns=15, seconds=5, until=("--seconds", "5"),
            peer_seconds=5, pings=200, bursts=200000, frames=4000000,
            echoes=200000)
QUICK = Plan(turns=1, ring_turns=1, seconds=0, iperf=("-n", "8M"),
             until=("--count", "5000"), peer_seconds=0.3, pairs=5, pings=3,
             bursts=200, frames=5000, echoes=200)


def in_lab(measure):
    def run(book, plan):
        with Lab("bench") as lab:
            measure(book, lab, plan)
    return run


ROWS = {
    "switch": single.switch,
    "worker": single.worker,
    "parts": single.parts,
    "ring": in_lab(ring.measure),
    "latency": in_lab(ringlatency.measure),
    "tcp": in_lab(tcp.measure),
    "flood": in_lab(overload.measure),
    "shaped": in_lab(shaped.measure),
    "outside": outside.measure,
    "hotplug": in_lab(hotplug.measure),
    "scripts": in_lab(scripts.measure),
    "scale": in_lab(scale.measure),
    "planner": single.planner,
    "memory": in_lab(memory.measure),
    "count": single.count,
}


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="run bench", description="Measurements side by side.")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="of the rows: " + ", ".join(ROWS))
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--long", action="store_const", const=LONG,
                      default=SHORT, dest="plan",
                      help="15 samples of 5 s each instead of 3 of 1 s")
    size.add_argument("--quick", action="store_const", const=QUICK,
                      dest="plan", help="one tiny sample: does it work?")
    parser.add_argument("--no-peers", action="store_true",
                        help="leave out the dataplanes of others")
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.no_peers:
        arguments.plan = dataclasses.replace(arguments.plan, peers=False)
    for name in arguments.names:
        if name not in ROWS:
            parser.error(f"there is no row '{name}'")
    return arguments


def main():
    arguments = parse_arguments()
    # Ended from outside: take the lab down, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    book = samples.Book()
    about = machine.describe()
    eprint(f"{about['cpu']}, {about['cores']} cores, Linux "
           f"{about['kernel']}, load {about['load']:.1f}")
    if about["load"] > about["cores"]:
        eprint("the machine is busy with other things: expect low rates")
    for name in arguments.names or ROWS:
        eprint(f"{name}:")
        try:
            ROWS[name](book, arguments.plan)
        except Failed as why:
            book.fail(name, why)
    about["load_after"] = machine.describe()["load"]
    book.print()
    if arguments.json:
        pathlib.Path(arguments.json).write_text(
            json.dumps({"machine": about, **book.as_json()}, indent=2) + "\n",
            encoding="utf-8")
    for failure in book.failures:
        print(f"failed: {failure}", file=sys.stderr)
    return 1 if book.failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
