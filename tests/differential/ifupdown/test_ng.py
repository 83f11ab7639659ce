#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Our executor does what ifupdown-ng's executor for bridges does.

usage: test_ng.py DOCS [CASE...]      (DOCS lists the differences)

As test_classic.py, with ifupdown-ng's own ifup and ifdown. brctl is hidden: its
executor would call it behind ip, and hide what it gave to that.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cases_ng  # noqa: E402
import packages  # noqa: E402
from comparison import compare_all  # noqa: E402
from host import Host  # noqa: E402

STOCK = packages.NG / "usr/libexec/ifupdown-ng/bridge"
HIDDEN = ["/usr/sbin/brctl"]


def make_hosts(executor=packages.OUR_EXECUTOR):
    return (Host(executor=STOCK, hidden=HIDDEN),
            Host(executor=executor, hidden=HIDDEN))


def main():
    docs, *only = sys.argv[1:]
    why = packages.missing()
    if why:
        print(why)
        return 77
    began = time.monotonic()
    some = [case for make in cases_ng.GROUPS for case in make()
            if not only or case.name in only]
    failures, seen = compare_all(some, None if only else docs, make_hosts,
                                 "ng", cases_ng.NORMAL)
    # The control: an executor that does nothing is found out.
    idle, _ = compare_all(some[:1], None, lambda: make_hosts("/bin/true"),
                          "ng", cases_ng.NORMAL)
    if not idle:
        failures.append("an executor that does nothing passes")
    print("\n".join(failures))
    print(f"{len(some)} stanzas compared, {len(failures)} failures, "
          f"{len(seen)} listed differences, "
          f"{time.monotonic() - began:.0f} s")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
