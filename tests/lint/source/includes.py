#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may include whom: the table of docs/architecture.md, enforced.

usage: includes.py ROOT     prints every breach as file:line, exit 1 if any
"""
import pathlib
import re
import sys

# room: rooms whose headers it may include (besides its own).
TABLE = {
    "netconf/base": [],
    "netconf/nl": ["netconf/base"],
    "netconf/hold": ["netconf/base", "netconf/nl"],
    "netconf/model": ["netconf/base", "netconf/nl"],
    "netconf/observe": ["netconf/base", "netconf/nl", "netconf/model"],
    "netconf/plan": ["netconf/base", "netconf/nl", "netconf/model"],
    "netconf/apply": ["netconf/base", "netconf/nl", "netconf/model",
                      "netconf/observe", "netconf/plan"],
    "netconf/parse": ["netconf/base", "netconf/model"],
    "netconf/holder": ["netconf/base"],
    "netconf/safe": ["netconf/base", "netconf/nl", "netconf/model",
                     "netconf/observe", "netconf/plan", "netconf/apply",
                     "netconf/parse", "netconf/holder", "netconf/force"],
    "netconf/doctor": ["netconf/base", "netconf/nl", "netconf/model",
                       "netconf/observe"],
    "netconf/ipc": ["netconf/base"],
    "netconf/acl": ["netconf/base", "netconf/model", "bridge/acl.h",
                    "bridge/acl_program.h"],
    "natd": ["netconf/base", "netconf/nl", "netconf/hold", "netconf/model",
             "netconf/plan"],
    "router": ["netconf/base", "netconf/nl", "netconf/hold", "netconf/model",
               "netconf/plan", "natd"],
    "qos": ["netconf/base", "netconf/nl", "netconf/plan"],
    "netconf/force": ["netconf/base", "netconf/nl", "netconf/model",
                      "netconf/plan", "netconf/parse", "natd", "qos"],
    "bridge": ["netconf/base"],
    "netback/offload": ["netconf/base"],
    "netback/ring": ["netconf/base", "netconf/ipc", "netback/offload",
                     "netback/xen_abi.h"],
    "netback/vif": ["netconf/base", "netconf/ipc"],
    "netback/netfront": ["netconf/base", "netconf/nl", "netback/offload",
                         "netback/xen_abi.h", "netback/xensim/guest.h"],
    "netback/xensim": [],
    "netback": ["netconf/base", "netconf/ipc", "bridge", "netback/ring",
                "netback/offload", "netback/xen_abi.h"],
    "netconf/daemon": ["netconf/base", "netconf/nl", "netconf/model",
                       "netconf/parse", "netconf/ipc", "netconf/acl",
                       "netconf/force", "netconf/safe", "netback/vif",
                       "bridge/switch.h",
                       "netback/ring/redo.h", "natd", "router"],
    "netconf/lab": ["netconf/base", "netconf/nl", "netconf/parse"],
    "netconf/cli": ["netconf/base", "netconf/nl", "netconf/ipc",
                    "netconf/model", "netconf/plan", "netconf/parse",
                    "netconf/safe", "netconf/doctor", "netconf/lab",
                    "netconf/force", "natd", "qos"],
    "netconf/brctl": ["netconf/base", "netconf/nl", "netconf/model"],
    "netconf/ifupdown": ["netconf/base", "netconf/nl", "netconf/model",
                         "netconf/observe", "netconf/plan", "netconf/apply",
                         "netconf/brctl/number.h"],
    "vif-hotplug": ["netconf/base", "netconf/nl", "netconf/model",
                    "netconf/parse", "router"],
    "network-script": ["netconf/base", "netconf/nl", "netconf/model",
                       "netconf/observe", "netconf/plan", "netconf/apply",
                       "netconf/parse", "netconf/brctl", "netconf/holder",
                       "netconf/hold", "router"],
}
# Headers of Xen that only one file may include.
XEN_RING_ABI = re.compile(r"xen/io/(netif|ring)\.h")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
PROGRAMS = ("bridge", "netback", "natd", "router", "vif-hotplug",
            "network-script", "qos", "netconf")


def room_of(path):
    """The deepest room of the table that the path lies in, or None."""
    best = None
    for room in TABLE:
        if path.startswith(room + "/") and (best is None
                                            or len(room) > len(best)):
            best = room
    return best


def allowed(room, target):
    if room_of(target) == room:
        return True
    return any(target == entry or
               (not entry.endswith(".h") and room_of(target) == entry)
               for entry in TABLE[room])


def breaches(root):
    """Yields (file, line number, what is wrong)."""
    root = pathlib.Path(root)
    for path in sorted(root.glob("**/*.[ch]")):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] not in PROGRAMS:
            continue
        room = room_of(name)
        if room is None:
            yield name, 1, "lies in no room of the table"
            continue
        for number, line in enumerate(
                path.read_text(encoding="utf-8").splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            quote, target = found.groups()
            if quote == '"' and not (root / target).exists():
                yield name, number, f"{target}: name it from the root"
            elif quote == '"' and not allowed(room, target):
                yield name, number, f"{room} may not include {target}"
            elif (quote == "<" and XEN_RING_ABI.match(target)
                  and name != "netback/xen_abi.h"):
                yield name, number, (f"<{target}>: only netback/xen_abi.h "
                                     "includes the ring ABI")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = 0
    for name, number, why in breaches(sys.argv[1]):
        print(f"{name}:{number}: {why}")
        found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
