# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with routed guests, and a network outside, each in a namespace.

    g1, g2 -- vifD.N host eth0 (192.0.2.1, 2001:db8::1) -- outside (.7, ::7)

The vifs are veth ends with their real names, as the kernel's netback and our
twins have them; the toolstack is the test, with a real xenstored."""
import contextlib
import pathlib
import select
import signal
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "differential" / "hotplug"))
import side  # noqa: E402

HOST4, HOST6 = "192.0.2.1", "2001:db8::1"
OUT4, OUT6 = "192.0.2.7", "2001:db8::7"
GATEWAY6 = "fe80::fcff:ffff:feff:ffff"
MACS = {"g1": "00:16:3e:00:00:01", "g2": "00:16:3e:00:00:02"}
HOLD = "echo ready; exec sleep infinity"


class Space:
    """A network namespace that lives as long as its process."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", HOLD],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"ready\n":
            raise side.Failed("no namespace")
        self.background = []

    @property
    def pid(self):
        return str(self.holder.pid)

    def words(self, *argv):
        return ["nsenter", "-t", self.pid, "-n", "--", *argv]

    def run(self, *argv, check=True):
        return side.run(self.words(*argv), check=check,
                        env={"PATH": side.PATH})

    def shell(self, text):
        return self.run("sh", "-ec", text)[1]

    def start(self, *argv):
        process = subprocess.Popen(
            self.words(*argv), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={"PATH": side.PATH})
        self.background.append(process)
        return process

    def close(self):
        for one in [*self.background, self.holder]:
            one.send_signal(signal.SIGKILL)
            one.wait()
            one.stdout.close()


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.store = side.Store()
        cls.addClassCleanup(cls.store.close)

    def setUp(self):
        self.host = side.Side(self.store, side.OURS)
        self.addCleanup(self.host.close)
        self.spaces = {}
        for name in ("outside", "g1", "g2"):
            self.spaces[name] = Space()
            self.addCleanup(self.spaces[name].close)
        self.outside = self.spaces["outside"]
        self.wire()

    def wire(self):
        self.host.shell(f"""
ip link add eth0 address 00:16:3e:11:11:11 type veth \
 peer name eth0 netns {self.outside.pid}
ip addr add {HOST4}/24 dev eth0; ip addr add {HOST6}/64 dev eth0 nodad
ip link set eth0 up""")
        for space in self.spaces.values():
            space.shell("ip link set lo up\n"
                        "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
        self.outside.shell(f"""
echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad; ip link set eth0 up
ip addr add {OUT4}/24 dev eth0; ip addr add {OUT6}/64 dev eth0 nodad""")

    def plug(self, name, vif):
        """The device, as a backend makes it."""
        self.host.shell(
            f"ip link add {vif} address fe:ff:ff:ff:ff:ff type veth peer "
            f"name eth0 address {MACS[name]} netns {self.spaces[name].pid}")
        self.spaces[name].shell(
            "echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad\n"
            "ip link set eth0 up")

    def unplug(self, vif):
        self.host.shell(f"ip link del {vif}")

    def say(self, name, domid=1, script="vif-route", **keys):
        self.host.add_keys(domid=domid, script=script, mac=MACS[name], **keys)

    def call(self, script, command, domid=1, status=0, **env):
        got, err = self.host.call(
            script, command, "type_if=vif",
            env=self.host.environment(domid=domid, **env))
        self.assertEqual(got, status, err)
        return err

    def address(self, name, *addresses, gateway4=HOST4):
        """The guest's own side of it."""
        lines = []
        for one in addresses:
            lines.append(f"ip addr add {one} dev eth0"
                         + (" nodad" if ":" in one else ""))
        if any("." in one for one in addresses):
            lines.append(f"ip route replace default via {gateway4} dev eth0 "
                         "onlink")
        if any(":" in one for one in addresses):
            lines.append(f"ip -6 route replace default via {GATEWAY6} "
                         "dev eth0")
        self.spaces[name].shell("\n".join(lines))

    def pings(self, name, address, source=None, seconds=10):
        """Whether one of a few is answered."""
        words = ["ping", "-n", "-c", "1", "-W", str(seconds)]
        if source:
            words += ["-I", source]
        return self.spaces[name].run(*words, address, check=False)[0] == 0

    def assert_pings(self, name, address, source=None):
        self.assertTrue(self.pings(name, address, source),
                        f"{name} ({source}) -> {address}\n"
                        + "\n".join(sorted(self.host.snapshot())))

    def assert_silent(self, name, address, source):
        """What is not to come is given a moment; a control stands beside."""
        self.assertFalse(self.pings(name, address, source, 1),
                         f"{name} ({source}) -> {address} was answered")

    def drops(self, reason):
        for line in self.host.shell(
                f"nft list chain inet xenplane_route {reason}").splitlines():
            words = line.split()
            if words[:2] == ["counter", "packets"]:
                return int(words[2])
        raise AssertionError(f"no counter in {reason}")

    def nothing_left(self, before):
        changed = {line for line in before ^ self.host.snapshot()
                   if not line.startswith("store ")
                   and line != "file /run/xenplane"}
        self.assertEqual(changed, set())

    @contextlib.contextmanager
    def nothing_happens(self):
        """The kernel announces no change of links, addresses, routes or
        rules, as it does of the marks before and behind."""
        with subprocess.Popen(
                self.host.words("ip", "-o", "monitor", "link", "address",
                                "route", "rule"),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                bufsize=0) as monitor:
            try:
                self.until_mark(monitor.stdout, 1)
                yield
                self.assertEqual(self.until_mark(monitor.stdout, 2), [])
            finally:
                monitor.kill()

    def until_mark(self, stream, number):
        """What was announced until the mark, an address that comes and
        goes."""
        text = ""
        for again in range(200):
            mark = f"127.9.{number}.{again}"
            self.host.shell(f"ip addr add {mark}/32 dev lo\n"
                            f"ip addr del {mark}/32 dev lo")
            # The monitor may not have begun to listen.
            while select.select([stream], [], [], 0.1)[0]:
                text += stream.read(65536).decode()
                if f"Deleted local {mark}" in text:
                    return [line for line in text.splitlines()
                            if "127.9." not in line]
        raise AssertionError(f"the monitor says nothing: {text}")


def main():
    why = side.missing()
    if why:
        print(f"skipped: {why}")
        sys.exit(77)
    unittest.main()
