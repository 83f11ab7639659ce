# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods: UDP at rates from few to all that the sender can, and what arrives
is counted. A plane that spends its time on frames which it drops later delivers
less the more is offered; a good one keeps what it could do. A guest with a
kernel cannot offer much more than another one takes; the traffic program on a
ring of its own can."""
import contextlib

import labtool
import peer
import ring

BRIDGE = "xenbr0"
GUESTS = {"a": "10.77.0.41", "b": "10.77.0.42"}
MAC = "00:16:3e:00:02:42"
UDP_BYTES = 1400
RATES = ("50M", "100M", "200M", "400M", "800M", "1600M", "0")  # 0: no limit
# Short frames from the ring, to offer as many as possible; Mbit/s that its
# vif may send, 0: all.
RING_BYTES = 64
RING_RATES = (20, 50, 100, 150, 200, 0)
RATES_QUICK = ("50M", "0")


def flood(where, address, rate, plan):
    """(offered, received) in kframes/s."""
    result = labtool.iperf(where, "a", address, "-u", "-b", rate, "-l",
                           str(UDP_BYTES), *plan.iperf, seconds=plan.seconds)
    row = result["end"]["sum"]
    received = row["packets"] - row["lost_packets"]
    return [count / row["seconds"] / 1000
            for count in (row["packets"], received)]


def figures_of(names, points):
    best = max(received for _, received in points)
    offered, received = points[-1]
    return {"kept of the best": received / best,
            "times the best offered": offered / best,
            "kframes/s best": best,
            **{f"kframes/s at {name}": goodput
               for name, (_, goodput) in zip(names, points)}}


def curve(where, address, plan):
    """Goodput at each rate, and how much of the best is left when the sender
    does what it can; how often that is what the receiver takes."""
    rates = RATES if plan.seconds else RATES_QUICK
    return figures_of([rate if rate != "0" else "all" for rate in rates],
                      [flood(where, address, rate, plan) for rate in rates])


def taken(lab):
    """Frames that the receiver's kernel was given so far."""
    return int(lab.inside("b", "cat",
                          "/sys/class/net/eth0/statistics/rx_packets"))


def ring_flood(lab, rate, plan):
    """(offered, received) in kframes/s."""
    lab.xenplane("vif", "set", ring.vif_name(0), f"rate={rate}Mb/s"
                 if rate else "rate=off")
    before = taken(lab)
    with contextlib.ExitStack() as stack:
        sender = ring.Front(lab, "--mode", "send", "--dst", MAC,
                            "--size", str(RING_BYTES), *plan.until)
        stack.callback(sender.close)
        sender.wait_ready()
        sent = sender.result()
    return [count / sent["ns"] * 1e6
            for count in (sent["frames"], taken(lab) - before)]


def ring_curve(lab, plan):
    rates = RING_RATES if plan.seconds else RING_RATES[-2:]
    return figures_of([f"{rate}M" if rate else "all" for rate in rates],
                      [ring_flood(lab, rate, plan) for rate in rates])


def measure(book, lab, plan):
    lab.create("a", f"bridge={BRIDGE},ip={GUESTS['a']}")
    lab.create("b", f"bridge={BRIDGE},ip={GUESTS['b']},mac={MAC}")
    ring.plug(lab, 0)
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(peer.Peer())
        stack.enter_context(labtool.iperf_server(other, "b"))
        stack.enter_context(labtool.iperf_server(lab, "b"))
        for turn in range(plan.turns):
            for way, where, address in (
                    ("guest-guest fast", lab, GUESTS["b"]),
                    ("guest-guest veth+bridge", other, peer.ADDRESS["b"])):
                book.take(f"flood: {way}", turn,
                          lambda w=where, to=address: curve(w, to, plan))
            book.take("flood: ring-guest", turn,
                      lambda: ring_curve(lab, plan))
    for figure in ("kept of the best", "kframes/s best"):
        book.ratio("flood: guest-guest fast", "flood: guest-guest veth+bridge",
                   figure)
