# SPDX-License-Identifier: GPL-2.0-or-later
"""What needs one thread and no lab, and does not depend on the machine's
mood: the switch's decisions in ns, and the worker's stages in instructions."""
import re

import callgrind
import labtool
from labtool import Failed, eprint

BIN = labtool.BUILD / "bin"
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


def count(book, _plan):
    why = callgrind.missing()
    if why:
        eprint(f"  left out: {why}")
        return
    for size in (64, 1500):
        book.take(f"count {size} B", 0,
                  lambda size=size: callgrind.instructions(size),
                  two_cores=False)
