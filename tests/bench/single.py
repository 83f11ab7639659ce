# SPDX-License-Identifier: GPL-2.0-or-later
"""What needs one thread and no lab, and does not depend on the machine's
mood: the switch's decisions and the worker's bursts in ns, and the worker's
stages in instructions."""
import json
import pathlib
import re

import callgrind
import gates
import labtool
from labtool import Failed, eprint

BIN = labtool.BUILD / "bin"
HERE = pathlib.Path(__file__).resolve().parent
COPY = re.compile(r"^(\w+) (\d+) B: ([\d.]+) ns$", re.M)
FRONT = re.compile(r"^loop ([\d.]+) ns/frame", re.M)
CASE = re.compile(r"^(\w+) .*? +([\d.]+) ns/frame, \d+ frames$", re.M)


def decide(bursts):
    _, out, _ = labtool.run([str(BIN / "bench-switch"), "-n", str(bursts)],
                            timeout=600)
    cases = CASE.findall(out)
    if not cases:
        raise Failed(f"bench-switch says nothing: {out}")
    return {f"ns/frame {name}": float(ns) for name, ns in cases}


def switch(book, plan):
    for turn in range(plan.turns):
        book.take("switch", turn, lambda: decide(plan.bursts),
                  two_cores=False)


def simcopy(calls=2000):
    """[(case, bytes, ns a segment)] of the simulated hypervisor."""
    _, out, _ = labtool.run(
        ["sh", str(HERE / "simcopy" / "simcopy.sh"),
         str(BIN / "xensim-broker"), str(labtool.BUILD / "lib/libxensim.so"),
         str(BIN / "bench-simcopy"), "-n", str(calls)], timeout=600)
    found = COPY.findall(out)
    if not found:
        raise Failed(f"bench-simcopy says nothing: {out}")
    return [(case, int(size), float(ns)) for case, size, ns in found]


def copy_ns():
    """{bytes: ns a segment} from guest to guest."""
    return {size: ns for case, size, ns in simcopy() if case == "across"}


def frontloop(size, touch, turns):
    _, out, _ = labtool.run([str(BIN / "bench-frontloop"), "-n", str(turns),
                             "-t", touch, str(size)], timeout=600)
    return float(FRONT.search(out).group(1))


def parts(book, plan):
    """What the measuring itself costs: the hypervisor that is simulated, and
    the frontends' two ends of a frame."""
    for turn in range(plan.turns):
        book.take("parts: simulated copy", turn, lambda: {
            f"ns/segment {case} {size} B": ns
            for case, size, ns in simcopy(plan.bursts // 10)},
                  two_cores=False)
        for size, touch in ((64, "header"), (1500, "header"),
                            (1500, "payload")):
            book.take(f"parts: frontend {size} B, {touch}", turn,
                      lambda size=size, touch=touch: {
                          "ns/frame": frontloop(size, touch, plan.bursts)},
                      two_cores=False)


PLANNED = re.compile(r"^(\w+) (\d+) ([\d.]+) ms$", re.M)
VIFS = 1000


def plan_of(vifs):
    _, out, _ = labtool.run([str(BIN / "bench-planner"), str(vifs)],
                            timeout=600)
    found = PLANNED.findall(out)
    if not found:
        raise Failed(f"bench-planner says nothing: {out}")
    return {f"{figure} {name}": float(value) for name, operations, ms in found
            for figure, value in (("ms", ms), ("operations", operations))}


def planner(book, plan):
    """From what is there to the operations, for a host with many vifs."""
    for turn in range(plan.turns):
        book.take(f"planner: {VIFS} vifs", turn, lambda: plan_of(VIFS),
                  two_cores=False)


# Bursts through a whole worker: what runs, with how many frames a turn.
WORKER = {
    "64 B": ((), 256),
    "256 B": (("--size", "256"), 256),
    "1500 B": (("--size", "1500"), 256),
    "64 KiB chain": (("--chain",), 15),
    "2 ports": (("--all",), 128),
    "10 ports": (("--all", "--ports", "10"), 640),
    "100 ports": (("--all", "--ports", "100"), 6400),
    "100 MACs": (("--macs", "100"), 256),
    "10k MACs": (("--macs", "10000"), 256),
    "100k MACs": (("--macs", "100000"), 256),
    "1 queue": (("--all",), 128),
    "4 queues": (("--all", "--queues", "4"), 512),
    "flood to 8": (("--flood", "--ports", "9"), 64),
    "flood to 32": (("--flood", "--ports", "33"), 64),
    "flood to 100": (("--flood", "--ports", "101"), 64),
}
WORKER_RATIOS = (("100 ports", "2 ports"), ("10 ports", "2 ports"),
                 ("100k MACs", "100 MACs"), ("10k MACs", "100 MACs"),
                 ("4 queues", "1 queue"))


def burst(case, frames):
    options, turn = WORKER[case]
    _, out, _ = labtool.run(
        [str(BIN / "bench-worker"), "--copying", "--turns",
         str(max(frames // turn, 2)), *options], timeout=600)
    seen = json.loads(out.splitlines()[-1])
    figures = {"ns/frame": seen["ns"], "ns/frame, least": seen["ns_least"],
               "Mframes/s": 1000 / seen["ns"],
               "ns/frame, copying": seen["ns_copying"]}
    copies = seen["arrived"] / seen["frames"]
    if copies > 1:
        figures["ns/copy"] = seen["ns"] / copies
    return figures


def worker(book, plan):
    for turn in range(plan.turns):
        for case in WORKER:
            book.take(f"worker: {case}", turn,
                      lambda case=case: burst(case, plan.frames),
                      two_cores=False)
    for ours, other in WORKER_RATIOS:
        book.ratio(f"worker: {ours}", f"worker: {other}", "Mframes/s")


def count(book, _plan):
    why = callgrind.missing()
    if why:
        eprint(f"  left out: {why}")
        return
    for case, options in gates.CASES.items():
        book.take(f"count {case}", 0,
                  lambda options=options: callgrind.instructions(options),
                  two_cores=False)
