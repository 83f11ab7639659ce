# SPDX-License-Identifier: GPL-2.0-or-later
"""How long one frame takes from ring to ring through the switch when nothing
else is under way, one way; and beside it what waking a thread and being woken
costs here, without a plane."""
import json

import labtool
import machine
import ring
from book import CROWD
from labtool import Failed

EVENTFD = "latency: eventfd round trip"
RESTED = "latency: eventfd round trip, rested"
REST_US = "5000"
# Name, how the frontend waits and rests, and what it is compared with.
CASES = (
    ("nobody sleeps", ("--spin",), EVENTFD),
    ("the guest sleeps", ("--spin-us", "0"), EVENTFD),
    ("both sleep", ("--spin-us", "0", "--interval-us", REST_US), RESTED),
)
RESTING_MAX = 200  # frames of the case that rests between them


def eventfd(rest_us):
    _, out, _ = labtool.run([str(labtool.BUILD / "bin" / "bench-eventfd"),
                             rest_us])
    seen = json.loads(out)
    return {"ns p50": seen["ns_p50"], "ns p99": seen["ns_p99"]}


def one_way(lab, options, count):
    if "--interval-us" in options:
        count = min(count, RESTING_MAX)
    result, done = ring.run(lab, "--mode", "ping", "--size", "64", "--count",
                            str(count), *options)
    if result["pings"] != count:
        raise Failed(f"{result['pings']} of {count} frames arrived in time")
    return {"ns p50": result["ns_p50"], "ns p99": result["ns_p99"],
            "ns least": result["ns_least"],
            "wake-ups/frame": done["wakeups"] / count,
            CROWD: done["crowd"]}


def measure(book, lab, plan):
    for vif in range(2):
        ring.plug(lab, vif)
    machine.pin(ring.netback(lab)["pid"], machine.BACKEND_CORE)
    for turn in range(plan.ring_turns):
        book.take(EVENTFD, turn, lambda: eventfd("0"))
        book.take(RESTED, turn, lambda: eventfd(REST_US))
        for name, options, _ in CASES:
            book.take(f"latency: {name}", turn,
                      lambda options=options: one_way(lab, options,
                                                      plan.echoes))
    for name, _, beside in CASES:
        for figure in ("ns p50", "ns p99"):
            book.ratio(f"latency: {name}", beside, figure)
