# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions a frame, source file by source file, and what is called of the
system: a whole worker on one thread under callgrind, twice, and the
difference. It repeats to the instruction, whatever else the machine does."""
import collections
import json
import pathlib
import re
import shutil
import tempfile

import labtool
from labtool import Failed

SHORTER, LONGER = 20, 40  # turns
STAGE_LEAST = 0.5  # instructions a frame: what has less is in the sum only
# Done every so often in time, not for each frame: on a slow machine it is more.
TIMED = {"balance.c"}
WORKER = labtool.BUILD / "bin" / "bench-worker"
# fl=, fi=, fe= and cfi= name files; (3) stands for a name given before.
FILE = re.compile(r"^(fl|fi|fe|cfi|cfl)=(\(\d+\))(?: (.*))?$")
FUNCTION = re.compile(r"^(fn|cfn)=(\(\d+\))(?: (.*))?$")
COST = re.compile(r"^[+\-*\d]\S* (\d+)$")
# Calls of the data path that are system calls in the end.
SYSTEM_CALLS = {
    "__wrap_xengnttab_grant_copy", "xenevtchn_notify", "xenevtchn_pending",
    "xenevtchn_unmask", "epoll_wait", "epoll_ctl", "epoll_pwait2", "read",
    "readv", "write", "writev", "timerfd_settime", "poll", "ppoll", "recvmsg",
    "sendmsg", "eventfd_read", "eventfd_write", "nanosleep",
    "clock_nanosleep", "sched_yield", "syscall"}


def missing():
    """Why it cannot be counted here, or None."""
    if not shutil.which("valgrind"):
        return "valgrind is not installed"
    cache = labtool.BUILD / "CMakeCache.txt"
    if cache.exists() and re.search(r"^XP_SANITIZE:\w+=.+$",
                                    cache.read_text(), re.M):
        return "a sanitizer's build cannot be counted"
    return None


class Profile:
    """What a callgrind output says. `costs`: {source file: instructions};
    what a call costs belongs to the callee's file. `calls`: {(calling source
    file, called function): how often}."""

    def __init__(self, lines):
        self.costs = collections.Counter()
        self.calls = collections.Counter()
        self.names = {"f": {}, "c": {}}
        self.file = self.called = None
        total, after_call = None, False
        for line in lines:
            if self.take_name(line):
                continue
            if line.startswith("calls="):
                times = int(line[6:].split()[0])
                self.calls[self.file, self.called] += times
                after_call = True
                continue
            cost = COST.match(line)
            if cost:
                if not after_call:
                    self.costs[self.file] += int(cost.group(1))
                after_call = False
            elif line.startswith("totals: "):
                total = int(line.split()[1])
        if sum(self.costs.values()) != total:
            raise Failed(f"callgrind counted {total}, its lines "
                         f"{sum(self.costs.values())}")

    def take_name(self, line):
        named = FILE.match(line)
        if named:
            name = self.resolve("f", named)
            if not named.group(1).startswith("c"):
                self.file = name
            return True
        named = FUNCTION.match(line)
        if not named:
            return False
        name = self.resolve("c", named)
        if named.group(1) == "cfn":
            self.called = re.sub(r"'\d+$|@.*$", "", name)
        return True

    def resolve(self, kind, named):
        _, key, name = named.groups()
        if name:
            self.names[kind][key] = name
        return self.names[kind][key]


def run(turns, options):
    """(profile, what bench-worker says) of so many turns."""
    with tempfile.TemporaryDirectory(prefix="xp-bench-") as folder:
        out = pathlib.Path(folder) / "out"
        _, text, _ = labtool.run(
            ["valgrind", "-q", "--tool=callgrind",
             f"--callgrind-out-file={out}", str(WORKER), "--turns", str(turns),
             *options], timeout=600)
        return (Profile(out.read_text().splitlines()),
                json.loads(text.splitlines()[-1]))


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


def instructions(options):
    """What a frame costs more in the longer run: {stage: instructions} of the
    data path's own sources (copying itself, which is the hypervisor's work,
    and the guests' are not counted), and beside them the calls of the
    hypervisor and the kernel, and bytes copied for a byte of a frame."""
    before, start = run(SHORTER, options)
    after, end = run(LONGER, options)
    frames = end["frames"] - start["frames"]
    by_stage, system = collections.Counter(), 0
    for file, cost in after.costs.items():
        if stage(file) and stage(file) not in TIMED:
            by_stage[stage(file)] += cost - before.costs[file]
    for (file, name), times in after.calls.items():
        if stage(file) and name in SYSTEM_CALLS:
            system += times - before.calls[file, name]
    if sum(by_stage.values()) <= 0:
        raise Failed("callgrind saw no instruction of the data path")
    figures = {
        "instructions/frame": sum(by_stage.values()) / frames,
        "copy calls/frame": end["copy_calls"],
        "copy segments/frame": end["copy_segments"],
        "copies/byte": end["copied_bytes"] / end["frame_bytes"],
        "notifications/frame": end["notifications"],
        "system calls/frame": system / frames,
    }
    for name, cost in by_stage.most_common():
        if cost / frames >= STAGE_LEAST:
            figures[f"  {name}"] = cost / frames
    return figures
