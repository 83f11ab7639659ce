#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a frame may cost: counts that no noise can touch, beside a file of what
they were (gates/expected.json).

usage: gates.py [--update]

Exit status 0: nothing has grown. 1: something has, by more than 3 %, and by
more than the little that is let pass (slack_of). 77: it cannot be counted here.
--update writes what is counted now to the file: do so with a change that is
worth its price, and with one that made something cheaper.
"""
import argparse
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import callgrind  # noqa: E402
import labtool  # noqa: E402

EXPECTED = pathlib.Path(__file__).resolve().parent / "gates" / "expected.json"
# What bench-worker is run with.
CASES = {
    "64 B": (),
    "64 B to 100k MACs": ("--macs", "100000"),
    "1500 B": ("--size", "1500"),
    "64 KiB chain": ("--chain",),
    "flood to 8": ("--flood", "--ports", "9"),
    "64 B to another worker's": ("--workers", "2"),
    "flood to 8 of two workers": ("--flood", "--ports", "9", "--workers",
                                  "2"),
}
GROWTH_MAX = 0.03
# What a stage may have more even if that is much of it: so many instructions
# a frame, or that share of the whole frame's.
INSTRUCTIONS_SLACK, WHOLE_SLACK = 0.5, 0.002
CALLS_SLACK = 0.0005  # a frame, of everything else
SKIPPED = 77


def compiler():
    """"GNU 12.2.0": other compilers make other instructions."""
    for file in (labtool.BUILD / "CMakeFiles").glob("*/CMakeCCompiler.cmake"):
        text = file.read_text()
        return " ".join(
            re.search(rf'set\(CMAKE_C_COMPILER_{name} "(.+)"\)', text)[1]
            for name in ("ID", "VERSION"))
    raise labtool.Failed(f"{labtool.BUILD} names no compiler")


def slack_of(figure, before):
    if figure.startswith(("  ", "instructions")):
        return max(INSTRUCTIONS_SLACK,
                   WHOLE_SLACK * before.get("instructions/frame", 0))
    return CALLS_SLACK


def compare(counted, expected):
    """(what has grown, what has shrunk) as lines, of {case: {figure: n}}."""
    grown, shrunk = [], []
    for case, figures in counted.items():
        before = expected.get(case, {})
        for figure in {**before, **figures}:
            now, was = figures.get(figure, 0), before.get(figure, 0)
            allowed = max(GROWTH_MAX * was, slack_of(figure, before))
            line = f"{case}: {figure.strip()}: {was:.4g} -> {now:.4g}"
            if now > was + allowed:
                grown.append(line)
            elif now < was - allowed:
                shrunk.append(line)
    return grown, shrunk


def count():
    return {case: {figure: round(value, 4) for figure, value in
                   callgrind.instructions(options).items()}
            for case, options in CASES.items()}


def report(counted, expected):
    grown, shrunk = compare(counted, expected)
    for case, figures in counted.items():
        print(f"figure: {case}: " + ", ".join(
            f"{value:.4g} {figure}" for figure, value in figures.items()
            if not figure.startswith("  ")))
    for line in shrunk:
        print(f"less: {line}")
    if shrunk:
        print("gates.py --update holds what was gained")
    for line in grown:
        print(f"GROWN: {line}")
    return 1 if grown else 0


def main():
    parser = argparse.ArgumentParser(description="What a frame may cost.")
    parser.add_argument("--update", action="store_true",
                        help="write what is counted now to the file")
    arguments = parser.parse_args()
    why = callgrind.missing()
    if why:
        print(why)
        return SKIPPED
    now = {"compiler": compiler(), "counts": count()}
    if arguments.update:
        EXPECTED.write_text(json.dumps(now, indent=1) + "\n",
                            encoding="utf-8")
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    if expected["compiler"] != now["compiler"]:
        print(f"expected is what {expected['compiler']} makes, this is "
              f"{now['compiler']}")
        return SKIPPED
    return report(now["counts"], expected["counts"])


if __name__ == "__main__":
    sys.exit(main())
