#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The include check refuses what it should, and accepts what is allowed."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import includes  # noqa: E402

FILES = {
    "netconf/base/err.h": "",
    "netconf/nl/link.h": '#include "netconf/base/err.h"\n',
    "netback/xen_abi.h": "#include <xen/io/netif.h>\n",
    "bridge/fdb.h": "",
    "netconf/parse/conf.h": "",
    "bridge/fdb.c": '#include "bridge/fdb.h"\n',
}
WRONG = {
    "bridge/knows_netlink.c": '#include "netconf/nl/link.h"\n',
    "bridge/relative.c": '#include "fdb.h"\n',
    "netconf/base/looks_up.c": '#include "netconf/nl/link.h"\n',
    "netback/ring/own_abi.c": "#include <xen/io/ring.h>\n",
    "netback/ring/switching.c": '#include "bridge/fdb.h"\n',
    "natd/switching.c": '#include "bridge/fdb.h"\n',
    "router/parsing.c": '#include "netconf/parse/conf.h"\n',
}


def check(files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return {name for name, _, _ in includes.breaches(root)}


assert check(FILES) == set(), check(FILES)
for wrong, text in WRONG.items():
    got = check({**FILES, wrong: text})
    assert got == {wrong}, (wrong, got)
print(f"{len(WRONG)} breaches found, {len(FILES)} allowed files accepted")
