#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares the manual pages with what the programs say of themselves.

usage: pages.py PAGES PROGRAMS      (two folders)

Every page is formatted without a warning; every program has a page; every
option and command word that a program's --help prints stands in its page, and
every option in the page is one that the program's --help prints. A file's page
has every key that a program's --help prints.
"""
import pathlib
import re
import subprocess
import sys

# What a --help prints besides options, and how the page's paragraph begins.
COMMANDS = (r"^  ([a-z]+)\b", r"^ +(?:\w+ )?{}\b")
VERBS = (r"^(?:Usage:)? +xenplane (\w+ \w+)", r"^ +{}\b")
LAB_VERBS = (r"^  ([a-z]+)\b", r"^ +lab {}\b")
ATTACKS = (r"^([a-z]+(?:-[a-z]+)*) +\S", r"^ +{}\b")
FAULTS = (r"\b([a-z]+-[a-z]+)(?:=[A-Z]+| |$)", r"^ +{}\b")
BRCTL_VERBS = (r"^\t([a-z]+)\b", r"^ +{}\b")
SCRIPT_SETTINGS = (r"^  ([a-z]+)=", r"^ +{}\b")
FAULT_VERBS = (r"SOCKET ([a-z]+)", r"\b{}\b")

# Page: (program, from their folder on; words; what of the --help stands in it),
# several for some.
PAGES = {
    "xenplaned.8": [("xenplaned", "", [])],
    "xenplane-netback.8": [("xenplane-netback", "", [])],
    "xenplane-guest.1": [("xenplane-guest", "", [])],
    "xenplane-traffic.1": [("xenplane-traffic", "", [])],
    "xenplane-hostile.1": [
        ("xenplane-hostile", "", []),
        ("xenplane-hostile", "--list", [ATTACKS]),
    ],
    "xensim-broker.1": [
        ("xensim-broker", "", []),
        ("xensim-fault", "", [FAULTS, FAULT_VERBS]),
    ],
    "xenplane-brctl.8": [("../scripts/brctl", "", [BRCTL_VERBS])],
    "network-bridge.8": [("../scripts/network-bridge", "",
                          [SCRIPT_SETTINGS])],
    "network-route.8": [
        ("../scripts/network-route", "", [SCRIPT_SETTINGS]),
        ("../scripts/network-nat", "", [SCRIPT_SETTINGS]),
    ],
    "vif-bridge.8": [("../scripts/vif-bridge", "", [])],
    "xenplane-ifupdown.8": [
        ("../scripts/ifupdown/bridge", "", []),
        ("../scripts/ifupdown-ng/bridge", "", []),
    ],
    "xenplane.1": [
        ("xenplane", "", [COMMANDS]),
        ("xenplane", "status", []),
        ("xenplane", "vif", [VERBS]),
        ("xenplane", "bridge", [VERBS]),
        ("xenplane", "leases", []),
        ("xenplane", "top", []),
        ("xenplane", "qos", [VERBS]),
        ("xenplane", "check", []),
        ("xenplane", "import", []),
        ("xenplane", "diff", []),
        ("xenplane", "apply", []),
        ("xenplane", "confirm", []),
        ("xenplane", "rollback", []),
        ("xenplane", "recover", []),
        ("xenplane", "doctor", []),
        ("xenplane", "lab", [LAB_VERBS]),
        ("xenplane", "nat", [VERBS]),
    ],
}
KEYS = (r"^    ([a-z][a-z0-9-]*)$", r"^ +{} = ")
# A file's page: (program, words, its keys in what that prints for --help).
FORMATS = {
    "xenplane.conf.5": ("xenplane", "check", [KEYS]),
}
OURS = re.compile(r"xenplane|xensim")  # tests' programs need no page
ALWAYS = {"--help"}  # not every program names it in its own text
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, timeout=60,
                          check=False, stdin=subprocess.DEVNULL)


def render(page):
    """The page as plain text in lines that are not broken, and the warnings."""
    done = run("groff", "-man", "-Tascii", "-P-cbou", "-ww", "-rLL=2000n",
               str(page))
    return done.stdout, done.stderr.strip()


def described(text):
    """The text without its synopsis and its examples."""
    kept, keep = [], True
    for line in text.splitlines():
        if re.match(r"\S", line):
            keep = line.strip() not in ("SYNOPSIS", "EXAMPLES")
        if keep:
            kept.append(line)
    return "\n".join(kept)


def help_of(program, word):
    """What it prints for --help: on stdout, or as a refusal on stderr."""
    done = run(str(program), *([word] if word else []), "--help")
    return done.stdout or done.stderr


def check_words(name, said, body, patterns):
    for in_help, in_page in patterns:
        found = set(re.findall(in_help, said, re.M)) - {name}
        if not found:
            yield f"{name}: --help has none of {in_help}"
        for word in sorted(found):
            if not re.search(in_page.format(re.escape(word)), body, re.M):
                yield f"{name}: '{word}' is in --help and not in the page"


def check_page(page, bin_folder):
    text, warnings = render(page)
    if warnings or not text.strip():
        yield f"{page.name}: {warnings or 'empty'}"
    body, known = described(text), set(ALWAYS)
    for name, word, patterns in PAGES[page.name]:
        said = help_of(bin_folder / name, word)
        if not said.strip():
            yield f"{name} {word}: --help prints nothing"
        known |= set(OPTION.findall(said))
        for option in sorted(set(OPTION.findall(said))
                             - set(OPTION.findall(body))):
            yield f"{name} {word}: {option} is in --help and not in the page"
        yield from check_words(name, said, body, patterns)
    for option in sorted(set(OPTION.findall(text)) - known):
        yield f"{page.name}: {option} is in no --help"


def check_format(page, bin_folder):
    text, warnings = render(page)
    if warnings or not text.strip():
        yield f"{page.name}: {warnings or 'empty'}"
    name, word, patterns = FORMATS[page.name]
    said = help_of(bin_folder / name, word)
    yield from check_words(name, said, described(text), patterns)


def check(man_folder, bin_folder):
    man_folder, bin_folder = pathlib.Path(man_folder), pathlib.Path(bin_folder)
    there = {p.name for p in man_folder.iterdir()}
    for name in sorted(there ^ (set(PAGES) | set(FORMATS))):
        yield f"{name}: " + ("of no known program" if name in there
                             else "no such page")
    paged = {name for entries in PAGES.values() for name, _, _ in entries}
    built = {p.name for p in bin_folder.iterdir() if p.is_file()}
    missing = {name for name in paged if not (bin_folder / name).is_file()}
    for name in sorted(missing):
        yield f"{name}: not built"
    for name in sorted(built - paged):
        if OURS.match(name):
            yield f"{name}: a program without a page"
    if not missing:
        for name in sorted(there & set(PAGES)):
            yield from check_page(man_folder / name, bin_folder)
        for name in sorted(there & set(FORMATS)):
            yield from check_format(man_folder / name, bin_folder)


def main():
    breaches = list(check(sys.argv[1], sys.argv[2]))
    print("\n".join(breaches) or
          f"{len(PAGES) + len(FORMATS)} pages say what is there")
    return bool(breaches)


if __name__ == "__main__":
    sys.exit(main())
