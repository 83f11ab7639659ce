#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Our brctl does what the one of bridge-utils does.

usage: test_brctl.py OUR-BRCTL DOCS      (DOCS lists the differences)

Each command line runs with the original in one network namespace and with
ours in another one that began like it. What they print, how they end and what
the kernel then has must be equal, but for the differences that cases.py names.
The verbs that only read run in one namespace, ours between two runs of the
original, because timers go on meanwhile (readers.py).
"""
import os
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cases  # noqa: E402
import readers  # noqa: E402
from namespace import Namespace, both  # noqa: E402

SETTLE_SECONDS = 60  # for links; against hangs


def is_settled(link):
    """The kernel, and the bridge it is in, have taken notice of its carrier."""
    if "LOOPBACK" in link["flags"] or "UP" not in link["flags"]:
        return True
    return ("LOWER_UP" in link["flags"]) == (link["operstate"] == "UP")


def wait_for_links(spaces):
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        links = [link for table in both(spaces, what="links")
                 for link in table]
        if all(is_settled(link) for link in links):
            return
        assert time.monotonic() < end, links
        time.sleep(0.02)


def equal_states(spaces):
    """Both states, when they are equal or have been other than that long."""
    end = time.monotonic() + 5
    while True:
        theirs, ours = both(spaces, what="state")
        if theirs == ours or time.monotonic() > end:
            return theirs, ours
        time.sleep(0.05)


class Group:
    def __init__(self, spaces, programs, name, lines):
        self.spaces, self.programs = spaces, programs
        self.name, self.lines = name, lines
        self.failures, self.differences = [], set()
        self.rebuild()

    def rebuild(self):
        both(self.spaces, what="build", lines=self.lines)
        wait_for_links(self.spaces)
        theirs, self.state = equal_states(self.spaces)
        assert theirs == self.state, "the namespaces do not begin alike"

    def level(self):
        """Both alike again, after the original changed something."""
        links = {link["ifname"] for link in self.state[0]}
        if {"br0", "br1", "p0"} <= links:
            both(self.spaces, what="try", lines=cases.LEVEL)
            theirs, self.state = both(self.spaces, what="state")
            if theirs == self.state:
                return
        self.rebuild()

    def fail(self, one, text):
        self.failures.append(f"{self.name}: {one.argv}: {text}")
        self.rebuild()

    def judge_difference(self, one, theirs, ours):
        expected = [one.status, "", one.says]
        if ours != expected and not (one.fix and ours == theirs):
            self.fail(one, f"ours {ours}, expected {expected}")
        elif one.fix:
            self.spaces[0].ask(what="try", lines=one.fix)
            state, self.state = equal_states(self.spaces)
            if self.state != state:
                self.fail(one, f"not as after {one.fix}")
        else:
            state, now = both(self.spaces, what="state")
            if now != self.state:
                self.fail(one, "ours changed something")
            elif state != now:
                self.level()

    def run(self, one):
        for space, program in zip(self.spaces, self.programs):
            space.start(what="run", argv=one.argv, program=program,
                        nobody=one.nobody)
        theirs, ours = [space.finish() for space in self.spaces]
        if one.differs:
            states = both(self.spaces, what="state")
        else:
            states = equal_states(self.spaces)
        equal = theirs == ours and states[0] == states[1]
        if one.differs and not equal:
            self.differences.add(one.differs)
        if one.differs:
            self.judge_difference(one, theirs, ours)
        elif equal:
            self.state = states[1]
        elif theirs != ours:
            self.fail(one, f"the original {theirs}, ours {ours}")
        else:
            self.fail(one, "the kernel has\n" + "\n".join(
                f"  {a}\n  {b}" for tables in zip(*states)
                for a, b in zip(*tables) if a != b))


MANY = ("unshare --net --mount sh -ec '"
        "mount -t sysfs sysfs /sys; ip link add br0 type bridge; i=0; "
        "while [ $i -lt 300 ]; do i=$((i + 1));"
        " echo link add p$i type veth peer name q$i;"
        " echo link set p$i master br0; done | ip -batch -;"
        " bridge fdb add 00:16:3e:00:00:01 dev p300 master static;"
        " {program} showmacs br0' | grep 00:16:3e")
WORLDS = {  # what only ours sees, and where the original fails in silence
    "Output that cannot be written": (
        "{program} show 2>&1 >/dev/full || echo $?",
        "brctl: standard output: No space left on device\n1\n"),
    "Ports beyond 255": (MANY,
                         "300\t00:16:3e:00:00:01\tno\t\t   0.00\n"),
    "The /sys of another network namespace": (
        "unshare --net sh -ec 'ip link add br0 type bridge;"
        " {program} setfd br0 7; ip -d link show br0' |"
        " grep -o 'forward_delay 700'; ip -d link show br0 |"
        " grep -o 'forward_delay 1500'",
        "forward_delay 700\nforward_delay 1500\n"),
}


def check_worlds(space, original, ours):
    """Yields what is wrong: ours prints this and the original does not."""
    for name, (script, expected) in WORLDS.items():
        space.ask(what="build", lines=cases.PLAIN)
        said = space.ask(what="shell",
                         script="set +e; " + script.format(program=ours))
        if said != expected:
            yield f"{name}: ours {said!r}"
        said = space.ask(what="shell",
                         script="set +e; " +
                         script.format(program=original) + "; true")
        if said == expected:
            yield f"the original is not different any more: {name}"


def check_control(spaces, original):
    """Yields what is wrong: a program that does nothing is found out."""
    for words in ("addbr n1", "show", "delbr br0", "setfd br0 7", "stp br0 on"):
        group = Group(spaces, (original, "/bin/true"), "control", cases.PLAIN)
        group.run(cases.case(words))
        if len(group.failures) != 1:
            yield f"a program that does nothing passes {words}"


def check_listed(docs, seen):
    """The document's differences are those that were seen, no fewer."""
    text = pathlib.Path(docs).read_text(encoding="utf-8")
    named = {one.differs for _, _, make in cases.GROUPS for one in make()}
    named.discard("")
    seen |= set(WORLDS)  # check_worlds() has judged these
    named |= set(WORLDS)
    for name in sorted(named):
        if f"\n| {name}" not in text:
            yield f"{docs} does not list: {name}"
    for name in sorted(named - seen):
        yield f"the original is not different any more: {name}"


def main():
    ours, docs = sys.argv[1:3]
    original = shutil.which("brctl", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if os.geteuid() != 0 or not original:
        print("needs root and bridge-utils")
        return 77
    began = time.monotonic()
    spaces = [Namespace(), Namespace()]
    failures, seen, count = [], set(), 0
    for name, lines, make in cases.GROUPS:
        group = Group(spaces, (original, ours), name, lines)
        for one in make():
            group.run(one)
            count += 1
        failures += group.failures
        seen |= group.differences
    failures += check_listed(docs, seen)
    failures += check_worlds(spaces[0], original, ours)
    failures += readers.compare(spaces[0], original, ours)
    failures += check_control(spaces, original)
    count += readers.count() + len(WORLDS)
    for space in spaces:
        space.close()
    print("\n".join(failures))
    print(f"{count} command lines compared, {len(failures)} failures, "
          f"{len(seen)} listed differences, "
          f"{time.monotonic() - began:.0f} s")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
