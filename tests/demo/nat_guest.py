# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's guest behind the host: `shop` on xennat gets its address and its
name from the plane, goes out by NAT, and is reached through a port."""
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import labtool  # noqa: E402

GATEWAY, HOST, OUTSIDE = "10.99.0.1", "10.77.0.1", "10.77.0.254"
PORT = 5202  # of the host; the guest's is iperf3's own
CONF = f"""\
[bridge xennat]
mode = nat
address = {GATEWAY}/24
dhcp = 10.99.0.100-10.99.0.199
domain = guests.test
forward = tcp {PORT} -> shop:5201
"""
# What udhcpc has been given goes on the link.
CLIENT = """#!/bin/sh
[ "$1" = bound ] || exit 0
echo "ip=$ip"
ip -4 addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
ip route replace default via "$router"
"""
PATIENCE_S = 30


class NatGuest:
    """Use as a context manager: made and given an address, and NAT is in force
    as long as the body runs."""

    def __init__(self, lab, folder):
        self.lab, self.folder = lab, folder
        self.address = None

    def __enter__(self):
        client, self.conf = self.folder / "client", self.folder / "nat.conf"
        client.write_text(CLIENT, "ascii")
        client.chmod(0o755)
        self.client = str(client)
        self.conf.write_text(CONF, "ascii")
        self.lab.create("shop", "mac=00:16:3e:00:00:13,bridge=xennat")
        self.serve()
        return self

    def __exit__(self, *_):
        self.lab.inside("dom0", labtool.XENPLANE, "nat", "stop", check=False)

    def serve(self):
        """xenplaned reads the same words, and starts a dnsmasq."""
        pid = self.lab.json("status")["pid"]
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        pathlib.Path(words[words.index(b"--config") + 1].decode()) \
            .write_text(CONF, "ascii")
        os.kill(pid, signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE_S
        while self.lab.inside("dom0", "dig", "+time=1", "+tries=1",
                              f"@{GATEWAY}", "shop", check=False)[0]:
            if time.monotonic() > deadline:
                raise labtool.Failed("nobody answers for names on xennat")
            time.sleep(0.05)

    def get_address(self):
        """How long it took, in ms."""
        began = time.monotonic()
        out = self.lab.inside("shop", "udhcpc", "-i", "eth0", "-n", "-q", "-f",
                              "-s", self.client)
        took = time.monotonic() - began
        self.address = next(line for line in out.splitlines()
                            if line.startswith("ip="))[3:]
        return took * 1000

    def ask_name(self):
        """1: the host knows it by its name."""
        said = self.lab.inside("dom0", "dig", "+short", f"@{GATEWAY}",
                               "shop.guests.test").split()
        if said != [self.address]:
            raise labtool.Failed(f"shop is {said}, not {self.address}")
        return 1

    def apply(self):
        """The forward follows the lease."""
        began = time.monotonic()
        self.lab.inside("dom0", labtool.XENPLANE, "nat", "apply", "-f",
                        str(self.conf))
        return (time.monotonic() - began) * 1000

    def ping_outside(self):
        answered, median = labtool.ping(self.lab, "shop", OUTSIDE)
        if answered < 10:
            raise labtool.Failed(f"ping {OUTSIDE}: {answered}/10 answered")
        return median

    def rows(self, demo):
        """Through the kernel's path, as all that the host routes."""
        def row(name, unit, function):
            demo.measure(f"NAT guest: {name}", "off", unit, function)

        row("an address by DHCP", "ms", self.get_address)
        row("its name", "answered", self.ask_name)
        row("NAT in force", "ms", self.apply)
        row("ping outside", "ms", self.ping_outside)
        with labtool.iperf_server(self.lab, "outside"):
            row("TCP to outside", "Mbit/s",
                lambda: labtool.tcp_mbit(labtool.iperf(
                    self.lab, "shop", OUTSIDE, seconds=demo.seconds)))
        with labtool.iperf_server(self.lab, "shop"):
            row(f"TCP by port {PORT}", "Mbit/s",
                lambda: labtool.tcp_mbit(labtool.iperf(
                    self.lab, "outside", HOST, seconds=demo.seconds,
                    port=PORT)))
