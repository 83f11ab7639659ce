#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each row of the protocol has a test that is run, and a positive control.

usage: rows.py ROWS BUILD      (rows.txt, and a configured build)

ROWS says which (its head has the form); those that are done to a whole plane
have the rows' names. What is missing, renamed, or written and never run is
printed, with status 1.
"""
import json
import pathlib
import re
import subprocess
import sys

# The rows there are. A row that goes from the file is missed here.
GROUPS = {
    "backend": "frontend frontend-id online state handle mac script bridge "
               "type ip vifname gatewaydev mtu vlan rate hotplug-status "
               "unknown",
    "offer": "before-init-wait feature-sg feature-gso-tcpv4 "
             "feature-gso-tcpv6 feature-ipv6-csum-offload "
             "feature-no-csum-offload feature-rx-copy feature-rx-flip "
             "feature-multicast-control feature-dynamic-multicast-control "
             "feature-split-event-channels feature-ctrl-ring "
             "feature-xdp-headroom multi-queue-max-queues carrier no-prefix",
    "script": "hotplug-status hotplug-error",
    "frontend": "backend backend-id state handle mac mtu trusted disconnect",
    "guest": "tx-ring-ref rx-ring-ref event-channel event-channel-tx "
             "event-channel-rx multi-queue-num-queues queue-N "
             "request-rx-copy feature-rx-notify feature-sg "
             "feature-gso-tcpv4 feature-gso-tcpv6 feature-gso-tcpv4-prefix "
             "feature-no-csum-offload feature-ipv6-csum-offload "
             "request-multicast-control ctrl-ring-ref event-channel-ctrl "
             "xdp-headroom unknown",
    "tx": "total order most least page slots-18 slots-19-20 slots-21 flags "
          "null",
    "rx": "first-status same-slot id flags gso-prefix",
    "extra": "gso mcast hash xdp unknown",
    "ctrl": "get-hash-flags set-hash-flags set-hash-key get-mapping-size "
            "set-mapping-size set-mapping set-algorithm get-gref-size "
            "add-gref del-gref status",
    "notify": "crossed final-check rx-event",
    "no-notify": "drain stall",
    "headers": "linear",
    "rate": "sends per-vif",
    "mtu": "sg no-sg",
    "up": "init-wait maps connected announce",
    "down": "closing online toolstack reconfiguring",
    "limit": "init-wait script",
    "windows": "close-cycle closing folder gso",
    "grants": "both page local failure-first batch order directions paged "
              "empty statuses scarce copy peek xsa-500",
    "restart": "channel slots log resume indices no-state",
    "advisory": "xsa-39 xsa-90 xsa-155 xsa-175-178 xsa-270 xsa-331-332 "
                "xsa-349 xsa-361-362-367 xsa-374 xsa-392 xsa-423-432 xsa-424 "
                "xsa-441 xsa-448 cve-2026-45890 xsa-226 xsa-115-326",
}
# What does each row of the protocol's two tables to a whole plane, in a case
# that is named after it; and the groups that are not in those tables.
PLANE = ("lab.hostile_protocol_keys", "lab.hostile_protocol_rules",
         "lab.hostile_protocol_states")
ELSEWHERE = ("grants", "restart", "advisory")
WANTED = {f"{group}.{row}" for group, rows in GROUPS.items()
          for row in rows.split()}


class Tests:
    """The tests of a build, and where their cases are written."""

    def __init__(self, build):
        self.build = pathlib.Path(build)
        shown = subprocess.run(
            ["ctest", "--test-dir", str(build), "-N",
             "--show-only=json-v1"], check=True, capture_output=True,
            text=True).stdout
        self.commands = {test["name"]: test.get("command", [])
                         for test in json.loads(shown)["tests"]}
        self.sources = {}  # of a program
        compiled = json.loads(
            (self.build / "compile_commands.json").read_text("utf-8"))
        for entry in compiled:
            found = re.search(r"CMakeFiles/([^/]+)\.dir/", entry["command"])
            if found:
                self.sources.setdefault(found.group(1), []).append(
                    pathlib.Path(entry["directory"], entry["file"]))
        self.texts = {}

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = path.read_text("utf-8")
        return self.texts[path]

    def has(self, test, case):
        """Is there such a case, and is it run?"""
        for word in self.commands[test]:
            path = pathlib.Path(word)
            if path.suffix == ".py":
                if re.search(rf"^    def {case}\(self\):", self.text(path),
                             re.MULTILINE):
                    return case.startswith("test_")
            for source in self.sources.get(path.name, ()):
                text = self.text(source)
                # cmocka's cases have a state, the conformance program's none.
                state = r" \*\*state" if "cmocka" in text else ""
                if re.search(rf"^static void {case}\(void{state}\)", text,
                             re.MULTILINE):
                    return len(re.findall(rf"\b{case}\b", text)) > 1
        return False


def lines(text):
    """(line number, fields) of each row; a line without bars is for people."""
    for number, line in enumerate(text.splitlines(), 1):
        fields = [field.strip() for field in line.split(" | ")]
        if len(fields) > 1 and fields[0] != "row":
            yield number, fields


def case_problem(tests, test, case):
    if test not in tests.commands:
        return f"there is no test {test}"
    if not re.fullmatch(r"\w+", case) or not tests.has(test, case):
        return f"{test} runs no {case}"
    return None


def row_problems(tests, fields):
    if len(fields) != 5 or not all(fields):
        return ["five fields are wanted"]
    row, _, test, case, control = fields
    if row not in WANTED:
        return ["no row of the protocol"]
    places = [(test, case)]
    if control != "=":
        places.append(tuple(control.split("/", 1)) if "/" in control
                      else (test, control))
    return [problem for place in places
            if (problem := case_problem(tests, *place))]


def plane_case(row):
    return f"test_{re.sub('[.-]', '_', row)}"


def plane_problems(tests):
    """What is not done to a whole plane."""
    for row in sorted(WANTED):
        case = plane_case(row)
        if row.split(".")[0] not in ELSEWHERE and all(
                case_problem(tests, test, case) for test in PLANE):
            yield f"{row}: no lab.hostile_protocol_* runs {case}"


def check(text, tests):
    """What is wrong, in lines."""
    problems, seen = [], set()
    for number, fields in lines(text):
        seen.add(fields[0])
        problems += [f"{number}: {fields[0]}: {problem}"
                     for problem in row_problems(tests, fields)]
    problems += [f"{row}: no such row" for row in sorted(WANTED - seen)]
    return problems + list(plane_problems(tests))


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    problems = check(pathlib.Path(sys.argv[1]).read_text("utf-8"),
                     Tests(sys.argv[2]))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
