#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Our hook does what bridge-utils' hook does.

usage: test_classic.py DOCS [CASE...]      (DOCS lists the differences)

Debian's own ifup and ifdown run each stanza in two hosts that are alike, one
with the hook of bridge-utils and one with ours. How they end, links, ports,
addresses and routes must be equal, but for the differences that cases.py names.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cases  # noqa: E402
import packages  # noqa: E402
from comparison import compare_all  # noqa: E402
from host import Host  # noqa: E402


def make_hosts(hook=packages.OUR_HOOK):
    return Host(packages.STOCK_HOOK), Host(hook)


def main():
    docs, *only = sys.argv[1:]
    why = packages.missing()
    if why:
        print(why)
        return 77
    began = time.monotonic()
    some = [case for make in cases.GROUPS for case in make()
            if not only or case.name in only]
    failures, seen = compare_all(some, None if only else docs, make_hosts,
                                 "classic")
    # The control: a hook that does nothing is found out.
    idle, _ = compare_all(some[:1], None, lambda: make_hosts("/bin/true"),
                          "classic")
    if not idle:
        failures.append("a hook that does nothing passes")
    print("\n".join(failures))
    print(f"{len(some)} stanzas compared, {len(failures)} failures, "
          f"{len(seen)} listed differences, "
          f"{time.monotonic() - began:.0f} s")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
