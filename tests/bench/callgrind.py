# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions a frame, source file by source file: a whole worker on one
thread under callgrind, twice, and the difference. It repeats to the
instruction, whatever else the machine does."""
import collections
import pathlib
import re
import shutil
import tempfile

import labtool
from labtool import Failed

BURST = 64
SHORTER, LONGER = 20, 40  # bursts
WORKER = labtool.BUILD / "bin" / "bench-worker"
# fl=, fi=, fe= and cfi= name files; (3) stands for a name given before.
NAME = re.compile(r"^(fl|fi|fe|cfi|cfl)=(\(\d+\))(?: (.*))?$")
COST = re.compile(r"^[+\-*\d]\S* (\d+)$")


def missing():
    """Why it cannot be counted here, or None."""
    if not shutil.which("valgrind"):
        return "valgrind is not installed"
    cache = labtool.BUILD / "CMakeCache.txt"
    if cache.exists() and re.search(r"^XP_SANITIZE:\w+=.+$",
                                    cache.read_text(), re.M):
        return "a sanitizer's build cannot be counted"
    return None


def self_costs(lines):
    """{source file: instructions} of a callgrind output; what a call costs
    belongs to the callee's file."""
    names, costs = {}, collections.Counter()
    file, after_call, total = None, False, None
    for line in lines:
        named = NAME.match(line)
        if named:
            kind, key, name = named.groups()
            if name:
                names[key] = name
            if not kind.startswith("c"):
                file = names[key]
        elif line.startswith("calls="):
            after_call = True
        else:
            cost = COST.match(line)
            if cost and not after_call:
                costs[file] += int(cost.group(1))
            if cost:
                after_call = False
        if line.startswith("totals: "):
            total = int(line.split()[1])
    if sum(costs.values()) != total:
        raise Failed(f"callgrind counted {total}, its lines "
                     f"{sum(costs.values())}")
    return costs


def run(bursts, size):
    with tempfile.TemporaryDirectory(prefix="xp-bench-") as folder:
        out = pathlib.Path(folder) / "out"
        labtool.run(["valgrind", "-q", "--tool=callgrind",
                     f"--callgrind-out-file={out}", str(WORKER), str(bursts),
                     str(size)], timeout=300)
        return self_costs(out.read_text().splitlines())


def stage(file):
    """"ring/tx_parse.c" for a file of the data path, None for others."""
    try:
        inside = pathlib.Path(file).resolve().relative_to(labtool.ROOT)
    except ValueError:
        return None
    room = inside.parts[0]
    if room == "bridge":
        return str(inside)
    return str(inside.relative_to(room)) if room == "netback" else None


def instructions(size):
    """{stage: instructions a frame} of the data path's own sources; copying
    itself (the hypervisor's work) and the guests' are not counted."""
    before, after = run(SHORTER, size), run(LONGER, size)
    frames = BURST * (LONGER - SHORTER)
    total, by_stage = 0, collections.Counter()
    for file in after:
        name = stage(file)
        if name:
            total += after[file] - before[file]
            by_stage[name] += after[file] - before[file]
    if total <= 0:
        raise Failed("callgrind saw no instruction of the data path")
    figures = {"instructions/frame": total / frames}
    for name, cost in by_stage.most_common():
        if cost / frames >= 0.5:
            figures[f"  {name}"] = cost / frames
    return figures
