# SPDX-License-Identifier: GPL-2.0-or-later
"""Many vifs at once: made, enslaved, and removed. Beside each other the least
that taps can cost (`floor`), xenplaned's own functions for twins (`twins`), and
a whole plane, which learns of its vifs from the store (`plane`)."""
import os
import re
import signal
import time

import cost
import labtool
from ring import wait_until

TAPS = str(labtool.BUILD / "bin" / "bench-taps")
BRIDGE = "xenbr0"
COUNTS, COUNTS_QUICK = (100, 1000), (20,)
# Closing a thousand taps one by one takes 20 s: not in every round.
TURNS_MAX = {1000: 1}
FIRST_DOMID = 20000
WRITES = 100  # vifs in one transaction


def taps(*words):
    _, out, _ = labtool.run([TAPS, *map(str, words)], timeout=300)
    made, enslaved, removed = map(float, out.split())
    return {"ms made and enslaved": made + enslaved, "ms removed": removed,
            "ms made": made, "ms enslaved": enslaved}


def queues():
    """As many as xenplaned offers here."""
    return min(os.cpu_count(), 8)


def keys(domid):
    front = f"/local/domain/{domid}/device/vif/0"
    back = f"/local/domain/0/backend/vif/{domid}/0"
    return {f"{back}/frontend": front, f"{back}/frontend-id": domid,
            f"{back}/online": 1, f"{back}/handle": 0,
            f"{back}/mac": f"00:16:3e:01:{domid >> 8:02x}:{domid & 255:02x}",
            f"{back}/bridge": BRIDGE, f"{back}/type": "vif",
            f"{back}/hotplug-status": "", f"{back}/state": 1,
            f"{front}/backend": back, f"{front}/state": 1}


def write_folders(lab, domids):
    for at in range(0, len(domids), WRITES):
        words = [str(word) for domid in domids[at:at + WRITES]
                 for pair in keys(domid).items() for word in pair]
        lab.inside("dom0", "xenstore-write", *words)


def remove_folders(lab, domids):
    for at in range(0, len(domids), WRITES):
        lab.inside("dom0", "xenstore-rm",
                   *(path for domid in domids[at:at + WRITES] for path in
                     (f"/local/domain/0/backend/vif/{domid}",
                      f"/local/domain/{domid}")))


def state(lab, domid):
    _, out, _ = lab.inside("dom0", "xenstore-read",
                           f"backend/vif/{domid}/0/state", check=False)
    return out.strip()


def twins(lab):
    """How many the kernel has. Asks xenplaned nothing."""
    return len(re.findall(r"^vif", lab.inside("dom0", "ls", "-1",
                                              "/sys/class/net"), re.M))


def on_bridge(lab):
    return sum(vif["bridge"] == BRIDGE for vif in lab.json("vif", "list")
               ["vifs"])


class Stopped:
    """xenplaned does not run while the toolstack's part is done, so that what
    follows is its own."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def timed(function):
    begin = time.monotonic()
    function()
    return (time.monotonic() - begin) * 1e3


def enslave(lab, domids):
    batch = "".join(f"link set dev vif{domid}.0 master {BRIDGE} up\n"
                    for domid in domids)
    lab.inside("dom0", "sh", "-c", 'printf %s "$0" | ip -batch -', batch)


def plane(lab, count):
    domids = range(FIRST_DOMID, FIRST_DOMID + count)
    kernel = cost.slab_kib()
    meter = cost.Meter(lab)
    control = meter.pids["xenplaned"]
    with Stopped(control):
        write_folders(lab, domids)
    # The last one's turn comes last: asked for first, it costs least.
    made_ms = timed(lambda: wait_until(
        "the last vif", lambda: state(lab, domids[-1]) == "2", 60))
    if twins(lab) != count or any(
            state(lab, domid) != "2" for domid in domids[::count // 10 or 1]):
        raise labtool.Failed(f"{twins(lab)} twins for {count} vifs")
    made = meter.figures(count, "vif")
    enslaved_ms = timed(lambda: enslave(lab, domids))
    seen_ms = timed(lambda: wait_until(
        "all on the bridge", lambda: on_bridge(lab) == count, 60))
    kernel = (cost.slab_kib() - kernel) / count
    with Stopped(control):
        remove_folders(lab, domids)
    removed_ms = timed(lambda: wait_until(
        "no twin", lambda: twins(lab) == 0, 60))
    both = meter.figures(count, "vif")
    return {"ms made": made_ms, "ms enslaved": enslaved_ms,
            "ms until seen": seen_ms, "ms removed": removed_ms,
            "xenplaned CPU ms/vif": both["xenplaned CPU ms/vif"],
            "xenplaned CPU ms/vif made": made["xenplaned CPU ms/vif"],
            "xenstored CPU ms/vif": both["xenstored CPU ms/vif"],
            "netback CPU ms/vif": both["netback CPU ms/vif"],
            "kernel KiB/vif": kernel}


def measure(book, lab, plan):
    counts = COUNTS if plan.seconds else COUNTS_QUICK
    for count in counts:
        for turn in range(min(plan.turns, TURNS_MAX.get(count, plan.turns))):
            book.take(f"scale {count}: floor", turn,
                      lambda count=count: taps("floor", count))
            book.take(f"scale {count}: twins", turn,
                      lambda count=count: taps("twins", count, queues()))
            book.take(f"scale {count}: plane", turn,
                      lambda count=count: plane(lab, count))
        for figure in ("ms made and enslaved", "ms removed"):
            book.ratio(f"scale {count}: twins", f"scale {count}: floor",
                       figure)
