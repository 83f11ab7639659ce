# SPDX-License-Identifier: GPL-2.0-or-later
"""What the machine is like while something is measured. Its two cores are
sometimes near each other and sometimes far, and flip within seconds; rates
that need both change with it up to fourfold, so a sample is tagged with the
mood it was taken in."""
import os
import pathlib

import labtool

# Round trips of a cache line in ns. In between is neither.
NEAR_MAX = 180
FAR_MIN = 240


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


def comparable(mood):
    return mood not in ("mixed", "unknown")


def model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return os.uname().machine


def describe():
    return {"cpu": model(), "cores": len(os.sched_getaffinity(0)),
            "kernel": os.uname().release, "load": os.getloadavg()[0]}
