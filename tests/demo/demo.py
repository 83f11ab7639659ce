#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""./run demo: two guests on a bridged xenbr0, an outside host behind eth0;
arping, ping and iperf3 through it, with the fast path and without; the same two
held to a rate; a guest on xennat, behind the host; a routed one; a table and
maps. Exit status 0 only if everything worked.

usage: demo.py [--json FILE] [--runs N] [--seconds S]
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import labtool  # noqa: E402
from labtool import eprint  # noqa: E402
from nat_guest import NatGuest  # noqa: E402

LAYOUT = """\
[bridge xenbr0]
uplink = eth0
address = 10.77.0.1/24 fd77::1/64
[bridge xennat]
address = 10.99.0.1/24
[outside]
address = 10.77.0.254/24 fd77::fe/64
"""

PEERS = [  # row, address in IPv4 and IPv6, where its iperf3 server runs
    ("guest to guest", "10.77.0.12", "fd77::12", "web"),
    ("guest to host", "10.77.0.1", "fd77::1", "dom0"),
    ("guest to outside", "10.77.0.254", "fd77::fe", "outside"),
]

MAP = """\
   outside 10.77.0.254
      | eth0
  ====|======================================= the machine's edge
      | eth0
  +---+--------------- xenbr0 10.77.0.1 ----------------------+
  |   the Linux bridge: guests <-> everything else            |
  +-------+-----------------------------------+---------------+
          | {vif_a:<8} (twin, {path_a:<6})           | {vif_b:<8} (twin, {path_b:<6})
  +-------+-----------------------------------+---------------+
  |   xenplane-netback: guests <-> guests, one copy           |
  +-------+-----------------------------------+---------------+
          | grants, event channels            |
      db 10.77.0.11                       web 10.77.0.12

   shop {shop:<13} --- {vif_c} --- xennat 10.99.0.1 --- NAT --- 10.77.0.1
"""


ROUTED_MAP = """\
      vps 10.77.0.40 --- {vif} --- the host routes: no bridge, and what
      is not from 10.77.0.40 or fd77::40 is dropped
"""

# Its gateways: the host's own addresses on its vif.
ROUTES = """
ip route replace default via 10.77.0.1 dev eth0 onlink
ip -6 route replace default via fe80::fcff:ffff:feff:ffff dev eth0"""
SPOOF = """
ip addr add 10.77.0.41/32 dev eth0
ping -n -c 1 -W 1 -I 10.77.0.41 10.77.0.1 >/dev/null && exit 1
ip addr del 10.77.0.41/32 dev eth0"""


class Demo:
    """Runs the rows; remembers figures and failures."""

    def __init__(self, lab, runs, seconds):
        self.lab, self.runs, self.seconds = lab, runs, seconds
        self.rows = []
        self.failures = []

    def measure(self, name, path, unit, function):
        """Medians of `runs` calls; a failure is recorded, not raised."""
        row = {"row": name, "fastpath": path, "unit": unit}
        try:
            values = [function() for _ in range(self.runs)]
            row.update(median=statistics.median(values), minimum=min(values),
                       maximum=max(values))
        except labtool.Failed as why:
            row["error"] = str(why)
            self.failures.append(f"{name}, fastpath {path}: {why}")
        self.rows.append(row)
        eprint(f"  {name:<34} {format_row(row)}")

    def counters(self):
        vifs = self.lab.json("vif", "list")["vifs"]
        return sum(vif["fast_tx_bytes"] for vif in vifs)

    def arping_all(self, address):
        answered = labtool.arping(self.lab, "db", address)
        if answered < 3:
            raise labtool.Failed(f"arping {address}: {answered}/3 answered")
        return answered

    def ping_all(self, address):
        answered, median = labtool.ping(self.lab, "db", address)
        if answered < 10:
            raise labtool.Failed(f"ping {address}: {answered}/10 answered")
        return median

    def peer(self, peer, path):
        name, ipv4, ipv6, where = peer
        self.measure(f"{name}: arping", path, "answered",
                     lambda: self.arping_all(ipv4))
        self.measure(f"{name}: ping", path, "ms", lambda: self.ping_all(ipv4))
        self.measure(f"{name}: ping IPv6", path, "ms",
                     lambda: self.ping_all(ipv6))
        with labtool.iperf_server(self.lab, where):
            self.measure(
                f"{name}: TCP", path, "Mbit/s",
                lambda: labtool.tcp_mbit(labtool.iperf(
                    self.lab, "db", ipv4, seconds=self.seconds)))
            self.measure(
                f"{name}: UDP 100 Mbit/s", path, "% lost",
                lambda: labtool.udp_row(labtool.iperf(
                    self.lab, "db", ipv4, "-u", "-b", "100M", "-l", "1400",
                    seconds=self.seconds))[1])

    def all_rows(self, path):
        eprint(f"fastpath {path}:")
        before = self.counters()
        for peer in PEERS:
            self.peer(peer, path)
        moved = self.counters() - before
        self.rows.append({"row": "bytes switched guest to guest",
                          "fastpath": path, "unit": "bytes",
                          "median": moved, "minimum": moved,
                          "maximum": moved})
        if (path == "on") != (moved > 0):
            self.failures.append(
                f"fastpath {path}: {moved} bytes went the fast path")

    def limited_mbit(self, most):
        mbit = labtool.tcp_mbit(labtool.iperf(self.lab, "db", "10.77.0.12",
                                              seconds=self.seconds))
        if not most / 2 < mbit < most * 1.2:
            raise labtool.Failed(f"{mbit:.1f} Mbit/s at a rate of {most}")
        return mbit

    def limited(self):
        """The same two guests, one of whom is held to a rate."""
        names = [vif["name"] for vif in
                 self.lab.json("vif", "list")["vifs"]][:2]
        for vif, key, most in ((names[0], "rate", 50),
                               (names[1], "rate-in", 20)):
            self.lab.xenplane("vif", "set", vif, f"{key}={most}Mb/s")
            with labtool.iperf_server(self.lab, "web"):
                self.measure(f"{vif} {key}={most}Mb/s: TCP", "on", "Mbit/s",
                             lambda m=most: self.limited_mbit(m))
            self.lab.xenplane("vif", "set", vif, f"{key}=default")

    def ask_once(self, where, address):
        """The first answer takes a proxy's time (proxy_delay)."""
        self.lab.inside(where, "ping", "-n", "-c", "1", "-W", "20", address)

    def refused(self):
        """Another's source gets no answer; its own does, right behind."""
        self.lab.inside("vps", "sh", "-c", SPOOF)
        self.ask_once("vps", "10.77.0.1")
        rules = self.lab.inside("dom0", "nft", "list", "chain", "inet",
                                "xenplane_route", "spoofed4")
        dropped = int(rules.split("packets ")[1].split()[0])
        if not dropped:
            raise labtool.Failed("another's source was not dropped")
        return dropped

    def routed(self):
        """A guest without a bridge, by vif-route."""
        eprint("routed:")
        script = labtool.BUILD / "scripts" / "vif-route"
        domid = self.lab.create("vps", "mac=00:16:3e:00:00:14,"
                                f"script={script},gatewaydev=xenbr0,"
                                "ip=10.77.0.40/32 fd77::40/128")
        self.lab.inside("vps", "sh", "-ec", ROUTES)
        for name, where, ipv4, ipv6 in (
                ("routed guest to outside", "vps", "10.77.0.254",
                 "fd77::fe"),
                ("outside to routed guest", "outside", "10.77.0.40",
                 "fd77::40"),
                ("routed to bridged guest", "vps", "10.77.0.11",
                 "fd77::11")):
            for kind, address in (("ping", ipv4), ("ping IPv6", ipv6)):
                self.measure(f"{name}: {kind}", "off", "ms",
                             lambda w=where, a=address: self.ping_from(w, a))
        with labtool.iperf_server(self.lab, "outside"):
            self.measure("routed guest to outside: TCP", "off", "Mbit/s",
                         lambda: labtool.tcp_mbit(labtool.iperf(
                             self.lab, "vps", "10.77.0.254",
                             seconds=self.seconds)))
        self.measure("another's source, routed", "off", "dropped",
                     self.refused)
        print("\n" + ROUTED_MAP.format(vif=f"vif{domid}.0"), end="")

    def ping_from(self, where, address):
        self.ask_once(where, address)
        answered, median = labtool.ping(self.lab, where, address)
        if answered < 10:
            raise labtool.Failed(f"ping {address}: {answered}/10 answered")
        return median


def format_row(row):
    if "error" in row:
        return "FAILED"
    if row["unit"] == "bytes":
        return f"{row['median']} bytes"
    if row["unit"] in ("answered", "dropped"):
        return f"{row['median']:.0f} {row['unit']}"
    return f"{row['median']:.3f} {row['unit']}" if row["median"] < 10 \
        else f"{row['median']:.0f} {row['unit']}"


def print_table(rows):
    names = list(dict.fromkeys(row["row"] for row in rows))
    cells = {(row["row"], row["fastpath"]): format_row(row) for row in rows}
    print(f"\n{'':<34} {'fast path':>20} {'kernel path':>20}")
    for name in names:
        print(f"{name:<34} {cells.get((name, 'on'), '-'):>20} "
              f"{cells.get((name, 'off'), '-'):>20}")


def print_map(lab, shop):
    by_domid = {vif["domid"]: vif for vif in lab.json("vif", "list")["vifs"]}
    ordered = [by_domid[domid] for domid in sorted(by_domid)]
    print("\n" + MAP.format(vif_a=ordered[0]["name"],
                            path_a=ordered[0]["path"],
                            vif_b=ordered[1]["name"],
                            path_b=ordered[1]["path"],
                            vif_c=ordered[2]["name"], shop=shop))


def measure_all(folder, arguments):
    folder.chmod(0o755)
    layout = folder / "layout.conf"
    layout.write_text(LAYOUT, "ascii")
    with labtool.Lab("demo", file=str(layout)) as lab:
        lab.create("db", "mac=00:16:3e:00:00:11,bridge=xenbr0,"
                   "ip=10.77.0.11 fd77::11")
        lab.create("web", "mac=00:16:3e:00:00:12,bridge=xenbr0,"
                   "ip=10.77.0.12 fd77::12")
        demo = Demo(lab, arguments.runs, arguments.seconds)
        lab.xenplane("bridge", "set", "xenbr0", "fastpath=on")
        demo.all_rows("on")
        demo.limited()
        with NatGuest(lab, folder) as guest:
            eprint("behind the host:")
            guest.rows(demo)
            print_map(lab, guest.address or "-")
        lab.xenplane("bridge", "set", "xenbr0", "fastpath=off")
        demo.all_rows("off")
        demo.routed()
    return demo


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xp-demo-") as folder:
        demo = measure_all(pathlib.Path(folder), arguments)
    print_table(demo.rows)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(
            {"rows": demo.rows, "failures": demo.failures}, indent=2) + "\n",
            encoding="utf-8")
    for failure in demo.failures:
        print(f"failed: {failure}", file=sys.stderr)
    print("\neverything worked" if not demo.failures
          else f"\n{len(demo.failures)} rows failed")
    return 1 if demo.failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except labtool.Failed as why:
        print(f"demo: {why}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
