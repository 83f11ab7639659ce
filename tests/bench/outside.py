# SPDX-License-Identifier: GPL-2.0-or-later
"""From a guest to its host, to the outside through the bridge's uplink, and to
the outside through the host's masquerade; each beside the kernel's own way,
and the last beside what needs no rights on the host. There is no natd yet: the
masquerade is a rule that the bench sets, the same for both."""
import contextlib

import peer
import tools
import usernet
from labtool import Lab

BRIDGE, NAT_BRIDGE = "xenbr0", "xenbr1"
GUEST, HOST, OUTSIDE = "10.77.0.21", "10.77.0.1", "10.77.0.254"
NAT_HOST, NAT = "10.80.0.1", "10.80.0.2"
OURS, KERNEL = "xenplane", "veth+bridge"
USER = {"pasta": usernet.Pasta, "slirp4netns": usernet.Slirp}
TOOLS = {
    "tcp up": tools.tcp(),
    "tcp down": tools.tcp("-R"),
    "udp 1400 B": tools.udp(1400),
    "rr": tools.rr,
}


def build_nat(lab):
    lab.create("n", f"bridge={NAT_BRIDGE},ip={NAT}/24")
    lab.inside("dom0", "ip", "address", "add", f"{NAT_HOST}/24", "dev",
               NAT_BRIDGE)
    lab.inside("n", "ip", "route", "add", "default", "via", NAT_HOST)
    peer.masquerade(lab, "dom0", "10.80.0.0/24", BRIDGE)


def find_ways(stack, book, lab, other, plan):
    """{what: its ways}"""
    ways = {
        "guest-host": [
            tools.Way(OURS, lab, "a", HOST),
            tools.Way(KERNEL, other, "a", peer.HOST)],
        "guest-outside": [
            tools.Way(OURS, lab, "a", OUTSIDE),
            tools.Way(KERNEL, other, "a", peer.OUTSIDE)],
    }
    if peer.nft_missing():
        return ways
    build_nat(lab)
    other.build_nat()
    ways["nat-outside"] = [
        tools.Way(OURS, lab, "n", OUTSIDE),
        tools.Way(KERNEL, other, "nat", peer.OUTSIDE)]
    for name, space in USER.items():
        user = tools.enter(stack, book, space, plan)
        if user:
            ways["nat-outside"].append(
                tools.Way(name, user, "guest", peer.OUTSIDE))
    return ways


def measure(book, plan):
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(Lab("bench"))
        lab.create("a", f"bridge={BRIDGE},ip={GUEST}")
        other = stack.enter_context(peer.Peer())
        all_ways = find_ways(stack, book, lab, other, plan)
        places = [(lab, "dom0"), (lab, "outside"), (other, "bridge"),
                  (other, "outside"),
                  *((way.where, "outside")
                    for way in all_ways.get("nat-outside", [])[2:])]
        stack.enter_context(tools.servers(*places))
        for turn in range(plan.turns):
            for what, ways in all_ways.items():
                tools.take(book, TOOLS, ways, what, turn, plan)
    for what, ways in all_ways.items():
        tools.ratios(book, TOOLS, (OURS,), [way.name for way in ways[1:]],
                     what)
