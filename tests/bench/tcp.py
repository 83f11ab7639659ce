# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests with kernels, and real tools: on the fast path, on the kernel's path,
and beside them two namespaces with veth on a Linux bridge, and with taps on
switches in user space. One sample of each in turn, so that they share the
machine's moods."""
import contextlib

import peer
import softswitch
import tools

BRIDGE = "xenbr0"
GUESTS = {"a": "10.77.0.21", "b": "10.77.0.22"}
WHAT = "guest-guest"
OURS = ("fast", "kernel")
PEERS = {"veth+bridge": peer.Peer, "OVS": softswitch.Ovs,
         "VDE": softswitch.Vde}
TOOLS = {
    "tcp": tools.tcp(),
    "tcp down": tools.tcp("-R"),
    "tcp x4": tools.tcp("-P", "4"),
    "tcp x4 down": tools.tcp("-P", "4", "-R"),
    **{name: tools.udp(size) for name, size in tools.BYTES.items()},
    "rr": tools.rr,
}


def measure(book, lab, plan):
    for name, address in GUESTS.items():
        lab.create(name, f"bridge={BRIDGE},ip={address}")

    def path(value):
        return lambda: lab.xenplane("bridge", "set", BRIDGE,
                                    f"fastpath={value}")

    with contextlib.ExitStack() as stack:
        ways = [tools.Way("fast", lab, "a", GUESTS["b"], path("on")),
                tools.Way("kernel", lab, "a", GUESTS["b"], path("off"))]
        for name, space in PEERS.items():
            other = tools.enter(stack, book, space, plan)
            if other:
                ways.append(tools.Way(name, other, "a", peer.ADDRESS["b"]))
        stack.enter_context(tools.servers(
            (lab, "b"), *((way.where, "b") for way in ways[2:])))
        for turn in range(plan.turns):
            tools.take(book, TOOLS, ways, WHAT, turn, plan)
    tools.ratios(book, TOOLS, OURS, PEERS, WHAT)
