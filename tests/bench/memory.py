# SPDX-License-Identifier: GPL-2.0-or-later
"""What a vif and a forwarding entry take of memory, and how long a plane takes
to start."""
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import cost
import labtool
from ring import wait_until

BRIDGE = "xenbr0"
GUESTS, GUESTS_QUICK = 20, 2
STATIONS, STATIONS_QUICK = 1000, 50
READY = "the data process is ready"
LIMIT = 30

# Says one frame from each of many stations, as a bridge inside a guest would.
SAY = """
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
for i in range(int(sys.argv[1])):
    s.send(b"\\xff" * 6 + b"\\x02\\x16\\x3e\\x02" + struct.pack(">H", i)
           + b"\\x88\\xb5" + bytes(46))
"""


def look(lab):
    pids = cost.pids(lab)
    return {name: cost.private_kib(pids[name])
            for name in ("xenplaned", "netback")}


def per(before, after, count, unit):
    return {f"{name} KiB/{unit}": (after[name] - before[name]) / count
            for name in before}


def vifs(lab, count):
    """Guests with kernels, connected and on the fast path."""
    # The first vif also brings what all of them share.
    lab.create("g", f"bridge={BRIDGE}")
    before = look(lab)
    for index in range(count):
        lab.create(f"g{index}", f"bridge={BRIDGE}")
    return per(before, look(lab), count, "vif")


def learned(lab):
    """Stations that the switch has told of. The kernel is asked: an answer of
    xenplaned's own would take memory."""
    return lab.inside("dom0", "bridge", "fdb", "show",
                      "br", BRIDGE).count("extern_learn")


def stations(lab, count):
    before, known = look(lab), learned(lab)

    def all_known():
        # Again: a guest may lose frames that it sends in one breath.
        lab.inside("g", "python3", "-c", SAY, str(count))
        return learned(lab) >= known + count

    wait_until(f"{count} stations", all_known)
    return per(before, look(lab), count / 1000, "1000 stations")


def environment(pid):
    pairs = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)


def wait_line(process, text):
    """Until its log has a line with the text, which comes with an event."""
    labtool.read_until(process, text, LIMIT)
    return time.monotonic()


def children(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text("ascii").split()]


def start(lab):
    """A second xenplaned, in the same host with its own socket, from exec to
    serving, and its data process anew after a death."""
    beside = cost.pids(lab)["xenplaned"]
    with tempfile.TemporaryDirectory(prefix="xp-bench-") as folder:
        begin = time.monotonic()
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "nsenter", "-t", str(beside),
             "-n", str(labtool.BUILD / "bin" / "xenplaned"), "--socket",
             f"{folder}/socket"], env=environment(beside), bufsize=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        try:
            ready = wait_line(process, READY)
            (data,) = children(process.pid)
            os.kill(data, signal.SIGKILL)
            killed = time.monotonic()
            again = wait_line(process, READY)
        finally:
            process.terminate()
            process.communicate()
    return {"ms to ready": (ready - begin) * 1e3,
            "ms data process anew": (again - killed) * 1e3}


def measure(book, lab, plan):
    small = not plan.seconds
    for turn in range(plan.turns):
        book.take("start", turn, lambda: start(lab))
    book.take("memory: vif", 0,
              lambda: vifs(lab, GUESTS_QUICK if small else GUESTS),
              two_cores=False)
    book.take("memory: stations", 0,
              lambda: stations(lab, STATIONS_QUICK if small else STATIONS),
              two_cores=False)
