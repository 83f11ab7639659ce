# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests with kernels, and real tools: on the fast path, on the kernel's
path, and beside them two namespaces on a Linux bridge by veth. One sample of
each in turn, so that they share the machine's moods."""
import contextlib

import labtool
import peer

BRIDGE = "xenbr0"
GUESTS = {"a": "10.77.0.21", "b": "10.77.0.22"}
HOST, OUTSIDE = "10.77.0.1", "10.77.0.254"
UDP_BYTES = 1400
FAST = "guest-guest fast"
KERNEL = "guest-guest kernel"
PEER = "guest-guest veth+bridge"


def tcp(where, guest, address, plan):
    result = labtool.iperf(where, guest, address, *plan.iperf,
                           seconds=plan.seconds)
    return {"Gbit/s": labtool.tcp_mbit(result) / 1000}


def udp(where, guest, address, plan):
    """As fast as the sender can; what does not arrive is lost."""
    result = labtool.iperf(where, guest, address, "-u", "-b", "0", "-l",
                           str(UDP_BYTES), *plan.iperf, seconds=plan.seconds)
    mbit, lost = labtool.udp_row(result)
    return {"kframes/s": mbit * 1000 / UDP_BYTES / 8, "% lost": lost}


def ping(where, guest, address, plan):
    answered, median = labtool.ping(where, guest, address,
                                    count=plan.pings, interval=0.01)
    if answered != plan.pings:
        raise labtool.Failed(f"{answered} of {plan.pings} pings answered")
    return {"us median round trip": median * 1000}


TOOLS = (("tcp", tcp), ("udp 1400 B", udp), ("ping", ping))


def set_path(book, lab, fastpath):
    """False: it could not be done, and that is written down."""
    try:
        lab.xenplane("bridge", "set", BRIDGE, f"fastpath={fastpath}")
        return True
    except labtool.Failed as why:
        book.fail(f"fastpath={fastpath}", why)
        return False


def one_turn(book, lab, other, turn, plan):
    ways = [("on", lab, FAST, GUESTS["b"]),
            ("off", lab, KERNEL, GUESTS["b"]),
            (None, other, PEER, peer.ADDRESS["b"])]
    for name, tool in TOOLS:
        for fastpath, where, way, address in ways:
            if fastpath is None or set_path(book, lab, fastpath):
                book.take(f"{name}: {way}", turn,
                          lambda w=where, to=address, run=tool:
                          run(w, "a", to, plan))
    if not set_path(book, lab, "on"):
        return
    for way, address in (("guest-host", HOST), ("guest-outside", OUTSIDE)):
        book.take(f"tcp: {way}", turn,
                  lambda to=address: tcp(lab, "a", to, plan))


def measure(book, lab, plan):
    for name, address in GUESTS.items():
        lab.create(name, f"bridge={BRIDGE},ip={address}")
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(peer.Peer())
        stack.enter_context(labtool.iperf_server(other, "b"))
        for where in ("b", "dom0", "outside"):
            stack.enter_context(labtool.iperf_server(lab, where))
        for turn in range(plan.turns):
            one_turn(book, lab, other, turn, plan)
    for name, figure in (("tcp", "Gbit/s"), ("udp 1400 B", "kframes/s"),
                         ("ping", "us median round trip")):
        for way in (FAST, KERNEL):
            book.ratio(f"{name}: {way}", f"{name}: {PEER}", figure)
