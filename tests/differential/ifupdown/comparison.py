# SPDX-License-Identifier: GPL-2.0-or-later
"""A stanza brought up and down in two hosts, by the original and by ours."""
import concurrent.futures
import pathlib
import time

from cases import PLAIN, stanza
from host import both

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
    """`request`: classic or ng; `normal`: for sh, in both before each look."""

    def __init__(self, hosts, request, normal=""):
        self.hosts = hosts
        self.request, self.normal = request, normal
        self.failures, self.differences = [], set()

    def fail(self, case, when, text):
        self.failures.append(f"{case.name}, {when}: {text}")

    def compare(self, case, when, done, fix):
        (theirs_status, *theirs_said), (status, *said) = done
        if self.normal and not case.raw:
            self.in_both(self.normal)
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

    def call(self, host, *argv):
        return getattr(host, self.request)(*argv)

    def in_both(self, script):
        for host in self.hosts:
            host.must(script)

    def run(self, case):
        for host in self.hosts:
            host.ask(what="build", lines=PLAIN)
            host.stanza(stanza(case))
        if case.before:
            self.in_both(case.before)
        what = ["-a"] if case.every else [case.iface]
        up = [["ifup", *what]]
        if case.again:
            up.append(["ifup", "--force", *what])
        for argv in up:
            done = both(self.hosts, lambda h, a=argv: self.call(h, *a))
            if case.after:
                self.in_both(case.after)
            self.compare(case, "up", done, case.fix)
        if case.status:
            return
        if case.between:
            self.in_both(case.between)
        done = both(self.hosts, lambda h: self.call(h, "ifdown", *what))
        self.compare(case, "down", done, case.fix_down)


def check_listed(docs, some, seen):
    """The document's differences are those that were seen, no fewer."""
    text = pathlib.Path(docs).read_text(encoding="utf-8")
    named = {case.differs for case in some} - {""}
    for name in sorted(named):
        if f"\n| {name}" not in text:
            yield f"{docs} does not list: {name}"
    for name in sorted(named - seen):
        yield f"the original is not different any more: {name}"


def compare_all(some, docs, make_hosts, request, normal=""):
    """`make_hosts()`: the original's host, and ours; `request`: the name of
    Host's function for one call. Returns failures and differences."""
    def work(part):
        theirs, ours = make_hosts()
        with theirs, ours:
            comparison = Comparison([theirs, ours], request, normal)
            for case in part:
                comparison.run(case)
            left = ours.ask(what="left")
            if left:
                comparison.failures.append(f"ours leaves in /run: {left}")
        return comparison

    # The original waits more than it works.
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        done = list(pool.map(work, (some[i::WORKERS]
                                    for i in range(WORKERS))))
    failures = [text for one in done for text in one.failures]
    seen = set().union(*(one.differences for one in done))
    if docs:
        failures += check_listed(docs, some, seen)
    return failures, seen
