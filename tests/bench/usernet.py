# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways from a guest to the outside that need no rights on the host: pasta and
slirp4netns. They end the guest's connections on the host's sockets, and give
it a device with an MTU of 65520."""
from peer import OUTSIDE
from spaces import Spaces

GUEST_MTU = "65520"
GATEWAY = "10.78.0.252"


class UserNet(Spaces):
    """A host with a cable to the outside, and a guest that has nothing."""
    names = ("host", "guest", "outside")
    device = "eth0"

    def build(self):
        self.veth("host", "eth0", "outside", "eth0")
        self.ip("outside", f"address add {OUTSIDE}/24 dev eth0")
        self.ip("host", "address add 10.78.0.3/24 dev eth0")
        # Not the outside itself: pasta takes its gateway's address for the
        # host's own.
        self.ip("outside", f"address add {GATEWAY}/24 dev eth0")
        self.ip("host", f"route add default via {GATEWAY}")
        pid = str(self.holders["guest"].pid)
        self.start("host", *self.command(pid))
        self.wait_for_address("guest", self.device)


class Pasta(UserNet):
    programs = ("pasta",)

    @staticmethod
    def command(pid):
        """It has given up the right to open the namespace by its path."""
        return ["sh", "-c", f"exec 9</proc/{pid}/ns/net && exec pasta "
                "--foreground --quiet --runas 0 --config-net --mtu "
                f"{GUEST_MTU} -t none -u none -T none -U none "
                "--netns-only --netns /proc/self/fd/9"]


class Slirp(UserNet):
    programs = ("slirp4netns",)
    device = "tap0"

    @staticmethod
    def command(pid):
        return ["slirp4netns", "--configure", "--mtu", GUEST_MTU,
                "--disable-dns", pid, "tap0"]
