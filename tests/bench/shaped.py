# SPDX-License-Identifier: GPL-2.0-or-later
"""Rates in real time: how much of its rate a guest gets, each way, on the fast
path and behind the kernel's shaper; and how long a quiet guest waits beside one
that floods the uplink which both share."""
import contextlib
import re
import threading
import time

import labtool

GUESTS = {"a": ("10.77.0.51", "00:16:3e:00:03:01"),
          "b": ("10.77.0.52", "00:16:3e:00:03:02")}
OUTSIDE = "10.77.0.254"
RATE_MBIT = 100
# A bucket that is little of what a second moves.
RATE = f"{RATE_MBIT}Mb/s@5ms"
UDP = ("-u", "-b", f"{2 * RATE_MBIT}M", "-l", "1400")


def counted(lab, vif, key):
    """Frames' bytes so far, and when."""
    return lab.json("vif", "show", vif)[key], time.monotonic()


def share(lab, vif, key, options, plan):
    """What the vif of the limited guest counted while a sent to b."""
    stop = threading.Event()
    samples = []

    def look():
        while not stop.is_set():
            samples.append(counted(lab, vif, key))
            stop.wait(0.05)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        labtool.iperf(lab, "a", GUESTS["b"][0], *options,
                      seconds=max(plan.seconds, 1))
    finally:
        stop.set()
        watcher.join()
    # Without the beginning, when a bucket is full, and the end.
    end = samples[-1][0]
    begin = samples[0][0]
    steady = [s for s in samples
              if begin + (end - begin) // 10 < s[0] < end - (end - begin) // 10]
    if len(steady) < 2:
        raise labtool.Failed("too few samples: the machine is too busy")
    (first, first_s), (last, last_s) = steady[0], steady[-1]
    mbit = (last - first) * 8 / (last_s - first_s) / 1e6
    return {"% of the rate": 100 * mbit / RATE_MBIT, "Mbit/s": mbit}


def pings_us(lab, count):
    _, out, _ = lab.inside("a", "ping", "-n", "-c", str(count), "-i", "0.01",
                           OUTSIDE, check=False)
    times = sorted(float(t) * 1000
                   for t in re.findall(r"time=([\d.]+) ms", out))
    if not times:
        raise labtool.Failed(f"ping: no answer: {out}")
    return times[min(len(times) - 1, len(times) * 99 // 100)]


def quiet(lab, plan):
    words = [f"vif{domid}.0,mac={GUESTS[name][1]},uplink=eth0"
             for domid, name in ((1, "a"), (2, "b"))]
    qos = [labtool.XENPLANE, "qos"]
    lab.inside("dom0", *qos, "apply", *words,
               f"uplink=eth0,rate={RATE_MBIT}Mb/s")
    count = max(plan.pings, 20)
    idle = pings_us(lab, count)
    flood = lab.start("b", "iperf3", *UDP, "-t", "60", "-c", OUTSIDE)
    try:
        lab_wait(lab)
        beside = pings_us(lab, count)
    finally:
        labtool.end(flood)
        lab.inside("dom0", *qos, "stop")
    return {"us p99 idle": idle, "us p99 beside a flood": beside,
            "times": beside / idle}


def lab_wait(lab):
    """Until the flood fills the shaper."""
    for _ in range(200):
        shapers = lab.inside("dom0", labtool.XENPLANE, "qos", "show")
        if any(line.split()[-1] != "0" for line in shapers.splitlines()
               if GUESTS["b"][1] in line):
            return
        time.sleep(0.02)
    raise labtool.Failed("the flood does not fill the uplink")


def limited(lab, vif, pair, path, what):
    """Puts one limit in force, and takes it back."""
    stack = contextlib.ExitStack()
    lab.xenplane("vif", "set", vif, pair)
    stack.callback(lab.xenplane, "vif", "set", vif,
                   f"{pair.split('=')[0]}=default")
    if path == "kernel":
        lab.inside("dom0", labtool.XENPLANE, "qos", "apply", what)
        stack.callback(lab.inside, "dom0", labtool.XENPLANE, "qos", "stop")
    return stack


def measure(book, lab, plan):
    for name, (address, mac) in GUESTS.items():
        lab.create(name, f"bridge=xenbr0,ip={address},mac={mac}")
    cases = (("sent", "vif1.0", f"rate={RATE}", "tx_bytes", "fast"),
             ("received", "vif2.0", f"rate-in={RATE}", "rx_bytes", "fast"),
             ("received, kernel", "vif2.0", "rate-in=off", "rx_bytes",
              "kernel"))
    with contextlib.ExitStack() as stack:
        stack.enter_context(labtool.iperf_server(lab, "b"))
        stack.enter_context(labtool.iperf_server(lab, "outside"))
        for turn in range(plan.turns):
            for name, vif, pair, key, path in cases:
                with limited(lab, vif, pair, path, f"{vif},rate-in={RATE}"):
                    for tool, options in (("tcp", ()), ("udp", UDP)):
                        book.take(
                            f"shaped: {tool} {name}", turn,
                            lambda v=vif, k=key, o=options: share(
                                lab, v, k, o, plan))
            book.take("shaped: a quiet guest", turn, lambda: quiet(lab, plan))
