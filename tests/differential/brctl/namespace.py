#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A network namespace that ends with the process that lives in it.

As a program (the inside; started by Namespace below): answers requests, one
JSON object a line, in a namespace of its own with a /sys of its own.
"""
import json
import os
import re
import subprocess
import sys

COMMAND_SECONDS = 120  # against hangs
# Addresses that the tests gave, as ip writes them alone and in an 802.1D id.
OURS = re.compile(r"02:00:00(:[0-9a-f]{2}){3}|2:0:0(:[0-9a-f]{1,2}){3}")
# What changes by itself, or counts what happened before.
VOLATILE = {
    "ifindex", "operstate", "hello_timer", "tcn_timer",
    "topology_change_timer", "gc_timer", "message_age_timer",
    "forward_delay_timer", "hold_timer", "topology_change",
    "topology_change_detected", "fdb_n_learned", "mcast_querier_ipv4_addr",
}
VOLATILE_FLAGS = {"LOWER_UP", "NO-CARRIER", "M-DOWN"}


class Namespace:
    """The outside of it."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["unshare", "--net", "--mount", sys.executable,
             os.path.abspath(__file__)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def finish(self):
        line = self.process.stdout.readline()
        assert line, "the namespace's process is gone"
        return json.loads(line)

    def ask(self, **request):
        self.start(**request)
        return self.finish()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def both(spaces, **request):
    """The same in several at once."""
    for space in spaces:
        space.start(**request)
    return [space.finish() for space in spaces]


def steady(value):
    """Without what is another one each time."""
    if isinstance(value, dict):
        return {key: sorted(set(inner) - VOLATILE_FLAGS)
                if key == "flags" and isinstance(inner, list)
                else steady(inner)
                for key, inner in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [steady(inner) for inner in value]
    if isinstance(value, str) and re.fullmatch(
            r"([0-9a-f]{4}\.)?([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}", value) and \
            not OURS.search(value):
        return "RANDOM"
    return value


def call(argv, **more):
    done = subprocess.run(argv, capture_output=True, check=False, text=True,
                          errors="backslashreplace", timeout=COMMAND_SECONDS,
                          **more)
    assert done.returncode == 0, (argv, done.stderr)
    return done.stdout


def read_json(*argv):
    # ip writes names as they are, control bytes too.
    return json.loads(call(argv) or "[]", strict=False)


def state():
    links = read_json("ip", "-d", "-j", "link")
    ports = read_json("bridge", "-d", "-j", "link")
    return [sorted((steady(link) for link in table if link),
                   key=lambda link: link["ifname"])
            for table in (links, ports)]


def build(lines):
    """Makes what the lines (of ip -batch) say, and nothing else is there."""
    for link in read_json("ip", "-j", "link"):
        if link["ifname"] != "lo" and os.path.exists(
                "/sys/class/net/" + link["ifname"]):
            call(["ip", "link", "del", "dev", link["ifname"]])
    change(lines)


def change(lines):
    call(["ip", "-batch", "-"], input="".join(f"{x}\n" for x in lines))


def attempt(lines):
    """Some of them may fail."""
    subprocess.run(["ip", "-force", "-batch", "-"], capture_output=True,
                   input="".join(f"{x}\n" for x in lines), text=True,
                   timeout=COMMAND_SECONDS, check=False)


def run(program, argv, nobody):
    done = subprocess.run(
        ["brctl", *argv], executable=program, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS, check=False,
        **({"user": 65534, "group": 65534, "extra_groups": []}
           if nobody else {}))
    return [done.returncode, done.stdout.decode(errors="backslashreplace"),
            done.stderr.decode(errors="backslashreplace")]


def answer(request):
    what = request["what"]
    if what == "run":
        return run(request["program"], request["argv"],
                   request.get("nobody", False))
    if what == "state":
        return state()
    if what == "links":
        return read_json("ip", "-d", "-j", "link")
    if what == "shell":
        return call(["sh", "-ec", request["script"]])
    {"build": build, "change": change,
     "try": attempt}[what](request["lines"])
    return None


def main():
    call(["mount", "-t", "sysfs", "sysfs", "/sys"])
    call(["ip", "link", "set", "lo", "up"])
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
