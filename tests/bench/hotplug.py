# SPDX-License-Identifier: GPL-2.0-or-later
"""A vif of a running guest comes and goes: how long the toolstack waits, what
the plane's processes spend on it, and what the hotplug script does."""
import pathlib
import tempfile
import time

import cost
import labtool

BRIDGE = "xenbr0"
MAC = "00:16:3e:00:77:01"
EVENT = labtool.BUILD / "bin" / "bench-event"
SCRIPTS = {"stock vif-bridge": pathlib.Path("/etc/xen/scripts/vif-bridge"),
           "our vif-bridge": labtool.BUILD / "scripts" / "vif-bridge"}
ROUNDS, ROUNDS_QUICK = 10, 1


def wrap(folder, script):
    """A script that counts what the one it stands for costs: (it, the file
    with a line for each event)."""
    wrapper, lines = folder / "counted", folder / "lines"
    wrapper.write_text(f'#!/bin/sh\nexec {EVENT} {lines} {script} "$@"\n',
                       encoding="utf-8")
    wrapper.chmod(0o755)
    return wrapper, lines


def sample(lab, script, lines, rounds):
    attach_s = detach_s = 0
    lines.write_text("", encoding="ascii")
    meter = cost.Meter(lab)
    for _ in range(rounds):
        begin = time.monotonic()
        lab.lab("attach", "a", f"mac={MAC},bridge={BRIDGE},script={script}")
        attached = time.monotonic()
        lab.lab("detach", "a", MAC)
        attach_s += attached - begin
        detach_s += time.monotonic() - attached
    # One event is an attach or a detach: the script runs at each.
    figures = meter.figures(2 * rounds, "event")
    events = [tuple(map(float, line.split()))
              for line in lines.read_text("ascii").splitlines()]
    if len(events) != 2 * rounds:
        raise labtool.Failed(f"{len(events)} scripts ran for {rounds} attach "
                             "and detach")
    return {"ms attach": attach_s * 1e3 / rounds,
            "ms detach": detach_s * 1e3 / rounds,
            "script ms/event": sum(ms for ms, _, _ in events) / len(events),
            "script CPU ms/event":
                sum(cpu for _, cpu, _ in events) / len(events),
            "script processes/event":
                sum(count for _, _, count in events) / len(events),
            **figures}


def measure(book, lab, plan):
    rounds = ROUNDS if plan.seconds else ROUNDS_QUICK
    lab.create("a", f"bridge={BRIDGE}")
    with tempfile.TemporaryDirectory(prefix="xp-bench-") as name:
        for turn in range(plan.turns):
            for words, script in SCRIPTS.items():
                wrapper, lines = wrap(pathlib.Path(name), script)
                book.take(f"hotplug: {words}", turn,
                          lambda wrapper=wrapper, lines=lines:
                          sample(lab, wrapper, lines, rounds))
