# SPDX-License-Identifier: GPL-2.0-or-later
"""The tools that the rows with real guests share: each gives the figures of
one sample from `guest` of `where` to an address."""
import contextlib
import dataclasses

import labtool

RR = str(labtool.BUILD / "bin" / "bench-rr")
RR_PORT = "5999"
BYTES = {"udp 1400 B": 1400, "udp 64 B": 64}


@dataclasses.dataclass(frozen=True)
class Way:
    """From a guest of a lab, or of what stands beside it, to an address."""
    name: str
    where: object  # labtool.Lab or spaces.Spaces
    guest: str
    address: str
    prepare: object = None  # called before a sample; raises Failed


def tcp(*options):
    def run(way, plan):
        result = labtool.iperf(way.where, way.guest, way.address, *options,
                               *plan.iperf, seconds=plan.seconds)
        return {"Gbit/s": labtool.tcp_mbit(result) / 1000}
    return run


def udp(size):
    """As fast as the sender can; what does not arrive is lost."""
    def run(way, plan):
        result = labtool.iperf(way.where, way.guest, way.address, "-u", "-b",
                               "0", "-l", str(size), *plan.iperf,
                               seconds=plan.seconds)
        mbit, lost = labtool.udp_row(result)
        return {"kframes/s": mbit * 1000 / size / 8, "% lost": lost}
    return run


def rr(way, plan):
    """A byte there, a byte back."""
    limit = ("-m", str(plan.seconds * 1000)) if plan.seconds else ("-n", "50")
    out = way.where.inside(way.guest, RR, *limit, way.address, RR_PORT,
                           timeout=plan.seconds + 30)
    each_second, p50, p99, _ = map(float, out.split())
    return {"us p50": p50, "us p99": p99, "transactions/s": each_second}


# What a ratio is made of, for each tool.
FIGURE = {"tcp": "Gbit/s", "udp": "kframes/s", "rr": "us p50"}


def figure_of(tool):
    return FIGURE[tool.split()[0]]


@contextlib.contextmanager
def servers(*places):
    """What the tools talk to, in each (where, name)."""
    with contextlib.ExitStack() as stack:
        for where, name in places:
            stack.enter_context(labtool.iperf_server(where, name))
            stack.enter_context(where.going(name, "serving", RR, "-s",
                                            RR_PORT))
        yield


def enter(stack, book, space, plan):
    """A peer, or None: it is not wanted, or what it needs is not there, which
    is no failure, or it does not start, which is one."""
    if not plan.peers and space.programs:
        return None
    missing = space.missing()
    if missing:
        labtool.eprint(f"  {space.__name__} left out: no {missing}")
        return None
    try:
        return stack.enter_context(space())
    except labtool.Failed as why:
        book.fail(space.__name__, why)
        return None


def take(book, tools, ways, what, turn, plan):
    """One sample of each, all ways of one tool together."""
    for tool, run in tools.items():
        for way in ways:
            row = f"{tool}: {what} {way.name}"
            try:
                if way.prepare:
                    way.prepare()
            except labtool.Failed as why:
                book.fail(row, why)
                continue
            book.take(row, turn, lambda run=run, way=way: run(way, plan))


def ratios(book, tools, ours, theirs, what):
    for tool in tools:
        for mine in ours:
            for other in theirs:
                book.ratio(f"{tool}: {what} {mine}", f"{tool}: {what} {other}",
                           figure_of(tool))
