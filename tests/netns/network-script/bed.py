# SPDX-License-Identifier: GPL-2.0-or-later
"""A host of its own for network-bridge: eth0 and eth1, each with a neighbour
beyond it, in namespaces that end with the test program.

usage of the test programs: test_X.py SCRIPTS [unittest arguments]
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

SKIP = 77
MARK = "XENPLANE_TEST_INSIDE"
COMMAND_SECONDS = 120  # against hangs
# What changes by itself, or follows from the rest.
VOLATILE = {"num_tx_queues", "num_rx_queues", "promiscuity", "min_mtu",
            "max_mtu", "flags", "operstate", "allmulti", "gc_timer",
            "hello_timer", "tcn_timer", "topology_change_timer",
            "topology_change", "topology_change_detected", "root_port",
            "root_path_cost", "message_age_timer", "forward_delay_timer",
            "hold_timer", "fdb_n_learned", "state", "mcast_querier_ipv4_addr"}
SCRIPTS = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
TABLE = {  # netdev: (the host's addresses, the neighbour's)
    "eth0": (("192.0.2.1/24", "fd00:1::1/64"),
             ("192.0.2.254", "fd00:1::fe", "/24", "/64")),
    "eth1": (("198.51.100.1/24", "fd00:2::1/64"),
             ("198.51.100.254", "fd00:2::fe", "/24", "/64")),
}


def hide(path):
    """An empty folder, but for the programs if they lie below it."""
    below = SCRIPTS is not None and path in map(str, SCRIPTS.parents)
    if below:
        scripts = os.open(SCRIPTS, os.O_PATH)
    run("mount", "-t", "tmpfs", "none", path)
    if below:
        SCRIPTS.mkdir(parents=True)
        run("mount", "-c", "--bind", f"/proc/{os.getpid()}/fd/{scripts}",
            str(SCRIPTS))
        os.close(scripts)


def enter():
    """Starts the program again where it can do no harm: namespaces for the
    network, mounts, processes and the host's name, all of which end with it."""
    if os.environ.get(MARK):
        # Below what others write to, nothing is theirs.
        run("mount", "--make-rprivate", "/")
        for path in ("/run", "/var/lib/dhcp", "/tmp"):
            if os.path.isdir(path):
                hide(path)
        if os.path.exists("/etc/resolv.conf"):
            run("cp", "/etc/resolv.conf", "/tmp/resolv.conf")
            run("mount", "--bind", "/tmp/resolv.conf",
                os.path.realpath("/etc/resolv.conf"))
        return
    if os.geteuid() != 0:
        print("needs root: skipped")
        sys.exit(SKIP)
    os.environ[MARK] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--uts", "--pid",
                          "--fork", "--kill-child", "--mount-proc",
                          sys.executable, os.path.abspath(sys.argv[0]),
                          *sys.argv[1:]])


def main():
    sys.exit(not unittest.main(argv=[sys.argv[0], *sys.argv[2:]],
                               exit=False).result.wasSuccessful())


def call(*words, **more):
    """(exit status, stdout, stderr)"""
    done = subprocess.run([str(word) for word in words], text=True,
                          capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS,
                          **more)
    return done.returncode, done.stdout, done.stderr


def run(*words, **more):
    status, out, err = call(*words, **more)
    if status != 0:
        raise AssertionError(f"{words}: {status}: {out}{err}")
    return out


def tell(*words):
    """What a tool says as JSON."""
    return json.loads(run(*words) or "[]")


def network_bridge(*words, **more):
    return call(SCRIPTS / "network-bridge", *words, **more)


def steady(value):
    if isinstance(value, dict):
        return {key: steady(inner) for key, inner in value.items()
                if key not in VOLATILE}
    if isinstance(value, list):
        return [steady(inner) for inner in value]
    return value


def state():
    """All that a front door must give back, without what counts by itself. It
    is read in many parts, and a part may be cut by a change: until two
    readings are one."""
    before, after = None, look()
    while before != after:
        before, after = after, look()
    return after


def look():
    links = steady(tell("ip", "-j", "-d", "link"))
    addresses = tell("ip", "-j", "addr")
    confs = {}
    for link in links:
        name = link["ifname"]
        for family in ("ipv4", "ipv6"):
            folder = pathlib.Path(f"/proc/sys/net/{family}/conf/{name}")
            for path in sorted(folder.glob("*")):
                try:
                    confs[str(path)] = path.read_text(encoding="ascii")
                except OSError:  # stable_secret is nobody's to read
                    pass
    return {
        "links": links,
        "addresses": [(one["ifname"], [
            {key: value for key, value in info.items()
             if key not in ("valid_life_time", "preferred_life_time",
                            "nodad")}
            for info in one["addr_info"]]) for one in addresses],
        "routes": [sorted(run("ip", family, "route", "show", "table",
                              "all").splitlines()) for family in ("-4", "-6")],
        "rules": [run("ip", family, "rule") for family in ("-4", "-6")],
        "neighbours": sorted(run("ip", "neigh", "show", "nud",
                                 "permanent").splitlines()),
        "confs": confs,
    }


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        run("ip", "link", "set", "lo", "up")
        for name, (ours, (peer4, peer6, bits4, bits6)) in TABLE.items():
            far = f"far-{name}"
            run("ip", "netns", "add", far)
            self.addCleanup(run, "ip", "netns", "del", far)
            run("ip", "link", "add", name, "type", "veth", "peer", "name",
                "wire", "netns", far)
            self.addCleanup(self.forget, name)
            run("ip", "-n", far, "link", "set", "wire", "up")
            for address in (peer4 + bits4, peer6 + bits6):
                run("ip", "-n", far, "addr", "add", address, "dev", "wire",
                    *(["nodad"] if ":" in address else []))
            run("ip", "link", "set", name, "addrgenmode", "none", "up")
            for address in ours:
                run("ip", "addr", "add", address, "dev", name,
                    *(["nodad"] if ":" in address else ["brd", "+"]))
        run("ip", "route", "add", "default", "via", "192.0.2.254", "metric",
            "100")
        run("ip", "-6", "route", "add", "default", "via", "fd00:1::fe")

    def forget(self, name):
        """Whatever a test left, the next one begins with lo alone."""
        call("ip", "route", "flush", "table", "main")
        for family in ("-4", "-6"):
            call("ip", family, "rule", "del", "table", "77")
            call("ip", family, "rule", "del", "table", "77")
        for link in tell("ip", "-j", "link"):
            if link["ifname"] != "lo":
                call("ip", "link", "del", link["ifname"])

    def bridge(self, *words, status=0):
        got, out, err = network_bridge(*words)
        self.assertEqual(got, status, (words, out, err))
        return out + err

    def reach(self, name="eth0"):
        """The neighbour and the host reach each other, both ways."""
        ours, (peer4, peer6, _, _) = TABLE[name]
        for peer in (peer4, peer6):
            run("ping", "-c", "1", "-W", "5", peer)
        for address in ours:
            run("ip", "netns", "exec", f"far-{name}", "ping", "-c", "1",
                "-W", "5", address.split("/")[0])

    def links(self):
        return {link["ifname"]: link for link in
                tell("ip", "-j", "-d", "link")}

    def ports(self, bridge):
        return sorted(name for name, link in self.links().items()
                      if link.get("master") == bridge)
