# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plane's own processes use: processor time and memory."""
import pathlib
import re


def cpu_ms(pid):
    """Of all its threads, to the ns; what those had that ended is missing."""
    total = 0
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
        total += int(path.read_text(encoding="ascii").split()[0])
    return total / 1e6


def private_kib(pid):
    """Memory that only this process has."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    return int(re.search(r"Private_Dirty: +(\d+)", text).group(1))


def slab_kib():
    """The kernel's own, of the whole machine."""
    text = pathlib.Path("/proc/meminfo").read_text("ascii")
    return int(re.search(r"SUnreclaim: +(\d+)", text).group(1))


def pids(lab):
    status = lab.json("status")
    store = lab.json("lab", "list")["processes"]["xenstored"]
    return {"xenplaned": status["pid"], "netback": status["netback"]["pid"],
            "xenstored": store}


class Meter:
    """Processor time of the plane's processes between two looks."""

    def __init__(self, lab):
        self.pids = pids(lab)
        self.before = self.look()

    def look(self):
        return {name: cpu_ms(pid) for name, pid in self.pids.items()}

    def figures(self, events, unit):
        """Since the beginning, for each of the events."""
        now = self.look()
        return {f"{name} CPU ms/{unit}":
                (now[name] - self.before[name]) / events for name in now}
