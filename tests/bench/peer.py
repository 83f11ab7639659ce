# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own way, which the plane is compared with first: two namespaces
on a Linux bridge in a third one, by veth. On the bridge are its host's address
and the way to the outside; a third guest reaches that through the host's
nftables masquerade."""
import shutil

import labtool
from spaces import Spaces

ADDRESS = {"a": "10.78.0.1", "b": "10.78.0.2"}
HOST, OUTSIDE = "10.78.0.253", "10.78.0.254"
NAT, NAT_HOST = "10.79.0.2", "10.79.0.1"
MASQUERADE = ("add table ip bench; add chain ip bench post "
              "{{ type nat hook postrouting priority srcnat; }}; "
              "add rule ip bench post ip saddr {net} oifname {out} masquerade")


def nft_missing():
    """Says so when it is not there."""
    if shutil.which("nft"):
        return False
    labtool.eprint("  masquerade left out: no nft")
    return True


def masquerade(space, name, net, out):
    """The rule that natd will make one day, in a namespace's host."""
    space.inside(name, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    space.inside(name, "nft", MASQUERADE.format(net=net, out=out))


class Peer(Spaces):
    names = ("bridge", "a", "b", "nat", "outside")

    def build(self):
        self.ip("bridge", "link add br0 type bridge forward_delay 0")
        self.ip("bridge", "link set br0 up")
        for name, address in (*ADDRESS.items(), ("outside", OUTSIDE)):
            self.veth("bridge", name, name, "eth0")
            self.ip("bridge", f"link set dev {name} master br0")
            self.ip(name, f"address add {address}/24 dev eth0")
        self.ip("bridge", f"address add {HOST}/24 dev br0")

    def build_nat(self):
        """Needs nft, which only the outside's row does."""
        self.ip("bridge", "link add br1 type bridge forward_delay 0")
        self.ip("bridge", "link set br1 up")
        self.ip("bridge", f"address add {NAT_HOST}/24 dev br1")
        self.veth("bridge", "nat", "nat", "eth0")
        self.ip("bridge", "link set dev nat master br1")
        self.ip("nat", f"address add {NAT}/24 dev eth0")
        self.ip("nat", f"route add default via {NAT_HOST}")
        masquerade(self, "bridge", "10.79.0.0/24", "br0")
