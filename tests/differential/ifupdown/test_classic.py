#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Our hook does what bridge-utils' hook does.

usage: test_classic.py DOCS      (DOCS lists the differences)

Debian's own ifup and ifdown run each stanza in two hosts that are alike, one
with the hook of bridge-utils and one with ours. How they end, links, ports,
addresses and routes must be equal, but for the differences that cases.py names.
"""
import concurrent.futures
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cases  # noqa: E402
import packages  # noqa: E402
from host import Host, both  # noqa: E402

SETTLE_SECONDS = 5  # a link's news takes a moment to come around
WORKERS = 4
STATE = {"what": "state"}


def equal_states(hosts):
    """Both states, when they are equal or have been other than that long."""
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        theirs, ours = both(hosts, lambda _: STATE)
        if theirs == ours or time.monotonic() > end:
            return theirs, ours
        time.sleep(0.05)


def difference(theirs, ours):
    lines = []
    for kind in theirs:
        if kind == "routes":
            if theirs[kind] != ours[kind]:
                lines += [f"original {theirs[kind]}", f"ours {ours[kind]}"]
            continue
        for name in sorted({*theirs[kind], *ours[kind]}):
            a, b = theirs[kind].get(name, {}), ours[kind].get(name, {})
            lines += [f"{kind} {name} {key}: original {a.get(key)!r}, "
                      f"ours {b.get(key)!r}"
                      for key in sorted({*a, *b}) if a.get(key) != b.get(key)]
    return "\n  ".join(lines)


class Comparison:
    def __init__(self, hosts):
        self.hosts = hosts
        self.failures, self.differences = [], set()

    def fail(self, case, when, text):
        self.failures.append(f"{case.name}, {when}: {text}")

    def compare(self, case, when, done, fix):
        (theirs_status, *theirs_said), (status, *said) = done
        if case.differs and fix:
            now = both(self.hosts, lambda _: STATE)
            if now[0] != now[1]:
                self.differences.add(case.differs)
            self.hosts[0].must(fix)
        expected = case.status if case.status else theirs_status
        if status != expected:
            self.fail(case, when, f"ours ends with {status}, not {expected}: "
                      f"{said} (original {theirs_said})")
        states = equal_states(self.hosts)
        if states[0] != states[1]:
            self.fail(case, when, difference(*states) + f"\n  {done}")

    def in_both(self, script):
        for host in self.hosts:
            host.must(script)

    def run(self, case):
        for host in self.hosts:
            host.ask(what="build", lines=cases.PLAIN)
            host.stanza(cases.stanza(case))
        if case.before:
            self.in_both(case.before)
        what = ["-a"] if case.every else [case.iface]
        up = [["ifup", *what]]
        if case.again:
            up.append(["ifup", "--force", *what])
        for argv in up:
            done = both(self.hosts, lambda h, a=argv: h.classic(*a))
            if case.after:
                self.in_both(case.after)
            self.compare(case, "up", done, case.fix)
        if case.status:
            return
        if case.between:
            self.in_both(case.between)
        done = both(self.hosts, lambda h: h.classic("ifdown", *what))
        self.compare(case, "down", done, case.fix_down)


def check_listed(docs, seen):
    """The document's differences are those that were seen, no fewer."""
    text = pathlib.Path(docs).read_text(encoding="utf-8")
    named = {one.differs for _, make in cases.GROUPS for one in make()}
    named.discard("")
    for name in sorted(named):
        if f"\n| {name}" not in text:
            yield f"{docs} does not list: {name}"
    for name in sorted(named - seen):
        yield f"the original is not different any more: {name}"


def check_control():
    """Yields what is wrong: a hook that does nothing is found out."""
    case = next(cases.plain_cases())
    with Host(packages.STOCK_HOOK) as theirs, Host("/bin/true") as nothing:
        comparison = Comparison([theirs, nothing])
        comparison.run(case)
    if not comparison.failures:
        yield "a hook that does nothing passes"


def work(some):
    """Runs some of the cases in hosts of its own: the original's hook waits
    more than it works."""
    with Host(packages.STOCK_HOOK) as theirs, \
            Host(packages.OUR_HOOK) as ours:
        comparison = Comparison([theirs, ours])
        for case in some:
            comparison.run(case)
        left = ours.ask(what="left")
        if left:
            comparison.failures.append(f"ours leaves in /run: {left}")
    return comparison


def main():
    docs, *only = sys.argv[1:]
    why = packages.missing()
    if why:
        print(why)
        return 77
    began = time.monotonic()
    some = [case for _, make in cases.GROUPS for case in make()
            if not only or case.name in only]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        done = list(pool.map(work, (some[i::WORKERS]
                                    for i in range(WORKERS))))
    failures = [text for one in done for text in one.failures]
    seen = set().union(*(one.differences for one in done))
    if not only:
        failures += check_listed(docs, seen)
        failures += check_control()
    print("\n".join(failures))
    print(f"{len(some)} stanzas compared, {len(failures)} failures, "
          f"{len(seen)} listed differences, "
          f"{time.monotonic() - began:.0f} s")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
