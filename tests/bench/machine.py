# SPDX-License-Identifier: GPL-2.0-or-later
"""What the machine is like while something is measured. Its two cores are
sometimes near each other and sometimes far, and flip within seconds; rates
that need both change with it up to fourfold, so a sample is tagged with the
mood it was taken in."""
import os
import pathlib
import time

import labtool

# Round trips of a cache line in ns. In between is neither.
NEAR_MAX = 180
FAR_MIN = 240

# Where things run, ours and the peers' alike: what moves the frames on one
# core, what makes and takes them on the other.
CORES = sorted(os.sched_getaffinity(0))
BACKEND_CORE, FRONT_CORE = CORES[0], CORES[min(1, len(CORES) - 1)]


def tasks(pid):
    return [int(tid) for tid in os.listdir(f"/proc/{pid}/task")]


def pin(pid, core):
    """A process's threads that there are now, and what they start."""
    for tid in tasks(pid):
        os.sched_setaffinity(tid, {core})


class Watch:
    """A backend's processor time, from its making until end()."""

    def __init__(self, pid):
        self.pid = pid
        self.before = self.read()

    def read(self):
        """(now, {thread: [ns that it ran, ns that it waited for a core]})"""
        return time.monotonic_ns(), {
            tid: [int(word) for word in
                  pathlib.Path(f"/proc/{self.pid}/task/{tid}/schedstat")
                  .read_text().split()[:2]] for tid in tasks(self.pid)}

    def end(self):
        """(ns that all its threads ran, share of the time that the busiest
        of them had to wait for its core in percent)"""
        (began, before), (ended, after) = self.before, self.read()
        used = [[now - then for now, then in
                 zip(after[tid], before.get(tid, (0, 0)))] for tid in after]
        _, waited = max(used)
        return sum(ran for ran, _ in used), 100 * waited / (ended - began)


def round_trip():
    """ns between the two cores; 0 when there is only one, None when they were
    too busy to tell."""
    status, out, _ = labtool.run([str(labtool.BUILD / "bin" / "bench-probe")],
                                 check=False)
    return float(out) if status == 0 else None


def mood_of(trips):
    """The mood of a sample with these round trips before and after it."""
    if None in trips:
        return "unknown"
    if max(trips) == 0:
        return "one core"
    if max(trips) <= NEAR_MAX:
        return "near"
    if min(trips) >= FAR_MIN:
        return "far"
    return "mixed"


# Others had the backend's core for so much of a sample's time.
CROWDED_PERCENT = 5


def comparable(mood):
    return mood not in ("mixed", "unknown", "crowded")


def model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return os.uname().machine


def describe():
    return {"cpu": model(), "cores": len(os.sched_getaffinity(0)),
            "kernel": os.uname().release, "load": os.getloadavg()[0]}
