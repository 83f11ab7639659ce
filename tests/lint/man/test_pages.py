#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The check of the manual pages refuses what it should.

usage: test_pages.py PAGES PROGRAMS      (two folders)

Each breach is made in a copy of the real pages, or in programs that stand in
for the real ones and print what these print; the copies without a breach pass.
"""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import pages  # noqa: E402


def stand_in(path, real, more=""):
    """Runs the real program, and prints more than that does."""
    extra = f"echo '{more}'" if more else ":"
    path.write_text(f"#!/bin/sh\n'{real}' \"$@\"\n{extra}\n", encoding="utf-8")
    path.chmod(0o755)


def add(text):
    return lambda path: path.write_text(
        path.read_text(encoding="utf-8") + text, encoding="utf-8")


def replace(old, new):
    def change(path):
        text = path.read_text(encoding="utf-8")
        assert old in text, (path, old)
        path.write_text(text.replace(old, new), encoding="utf-8")
    return change


# Which page is changed, how, and what is said of it.
PAGE_BREACHES = [
    ("xenplaned.8", add(".TP\n.B \\-\\-made\\-up\nNothing.\n"),
     "xenplaned.8: --made-up is in no --help"),
    ("xenplane-guest.1", replace(".B \\-\\-close\\-first\n", ".B close\n"),
     "xenplane-guest : --close-first is in --help and not in the page"),
    ("xenplane.1", replace(".B lab stop\n", ".B lab end\n"),
     "xenplane: 'stop' is in --help and not in the page"),
    ("xenplane.1", replace(".B vif list\nOne", ".B vif all\nOne"),
     "xenplane: 'vif list' is in --help and not in the page"),
    ("xensim-broker.1", replace(".B event\\-doubled\n", ".B event\\-twice\n"),
     "xensim-fault: 'event-doubled' is in --help and not in the page"),
    ("xenplane-brctl.8", replace(".BI setfd ", ".BI setdelay "),
     "../scripts/brctl: 'setfd' is in --help and not in the page"),
    ("xenplane.conf.5", replace("forward\\-delay = ", "forward\\-time = "),
     "xenplane: 'forward-delay' is in --help and not in the page"),
    ("xenplane.conf.5", pathlib.Path.unlink, "xenplane.conf.5: no such page"),
    ("xenplaned.8", add(".NOSUCH macro\n"), "macro 'NOSUCH' not defined"),
    ("vif-bridge.8", add(".TP\n.B \\-\\-made\\-up\nNothing.\n"),
     "vif-bridge.8: --made-up is in no --help"),
    ("xenplaned.8", pathlib.Path.unlink, "xenplaned.8: no such page"),
]

# Which program says more than the real one, and what is said of it.
PROGRAM_BREACHES = [
    ("xenplaned", "  --made-up N   nothing",
     "xenplaned : --made-up is in --help and not in the page"),
    ("xenplane", "  invent        nothing",
     "xenplane: 'invent' is in --help and not in the page"),
    ("xenplane-new", "  --help", "xenplane-new: a program without a page"),
]


def breaches(man_folder, bin_folder, change=None, more=("", "")):
    with tempfile.TemporaryDirectory() as root:
        man, bins = pathlib.Path(root, "man"), pathlib.Path(root, "bin")
        shutil.copytree(man_folder, man)
        bins.mkdir()
        shutil.copytree(pathlib.Path(bin_folder).parent / "scripts",
                        pathlib.Path(root, "scripts"))
        for real in sorted(pathlib.Path(bin_folder).iterdir()):
            if real.is_file() and pages.OURS.match(real.name):
                stand_in(bins / real.name, real.resolve(),
                         more[1] if more[0] == real.name else "")
        if more[0] and not (bins / more[0]).exists():
            stand_in(bins / more[0], "/bin/true", more[1])
        if change:
            change[1](man / change[0])
        return list(pages.check(man, bins))


def main():
    folders = sys.argv[1:3]
    assert breaches(*folders) == [], breaches(*folders)
    for page, change, expected in PAGE_BREACHES:
        got = breaches(*folders, change=(page, change))
        assert any(expected in line for line in got), (expected, got)
    for name, more, expected in PROGRAM_BREACHES:
        got = breaches(*folders, more=(name, more))
        assert any(expected in line for line in got), (expected, got)
    with tempfile.TemporaryDirectory() as empty:
        assert "xenplaned: not built" in pages.check(folders[0], empty)
    print(f"{len(PAGE_BREACHES) + len(PROGRAM_BREACHES) + 1} breaches found")


if __name__ == "__main__":
    main()
