#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with one of Debian's kinds of ifupdown: namespaces of its own for
network, mounts and processes, which end with it.

As a program (the inside; started by Host below): answers requests, one JSON
object a line.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "brctl"))
import packages  # noqa: E402
from namespace import read_json, steady  # noqa: E402

COMMAND_SECONDS = 120  # against hangs
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Made of the MACs that tests give; another one is of a random MAC.
LINK_LOCAL = re.compile(r"fe80::ff:fe00:[0-9a-f]+")
HOOK_FOLDERS = ("if-pre-up.d", "if-down.d", "if-post-down.d")
LEASE = """#!/bin/sh
case $1 in
bound|renew) ip addr replace "$ip/$mask" dev "$interface"
    for r in $router; do ip route replace default via "$r"; done ;;
deconfig) ip link set "$interface" up; ip -4 addr flush dev "$interface" ;;
esac
"""


class Host:
    """The outside of it. `hook`: the hook for bridges of Debian's ifupdown;
    `executor`: the executor of ifupdown-ng; `local`: programs that stand in
    /usr/local/sbin, which both look into first; `hidden`: those that are not
    there."""

    def __init__(self, hook=None, executor=None, local=(), hidden=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="xp-ifup-"))
        self.fill(hook, executor, local)
        self.process = subprocess.Popen(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
             "--mount-proc", sys.executable, str(HERE), str(self.folder), *hidden],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def fill(self, hook, executor, local):
        """/etc/network, and the executors."""
        for name in HOOK_FOLDERS:
            (self.folder / "network" / name).mkdir(parents=True)
            if hook:
                (self.folder / "network" / name / "bridge").symlink_to(hook)
        (self.folder / "network/if-up.d").mkdir()
        (self.folder / "local").mkdir()
        for program in local:
            (self.folder / "local" / pathlib.Path(program).name).symlink_to(
                program)
        self.write("network/interfaces", "")
        shutil.copytree(packages.NG / "usr/libexec/ifupdown-ng",
                        self.folder / "executors")
        (self.folder / "executors/bridge").unlink()
        if executor:
            (self.folder / "executors/bridge").symlink_to(executor)
        client = f"{self.folder}/local/udhcpc"
        self.write("local/udhcpc", "#!/bin/sh\nexec "
                   f"{packages.BUSYBOX} udhcpc -t 5 -T 1 "
                   f"-s {self.folder}/tools/lease \"$@\"\n", 0o755)
        self.write("tools/lease", LEASE, 0o755)
        dhcp = self.folder / "executors/dhcp"
        dhcp.write_text(dhcp.read_text(encoding="utf-8").replace(
            "/sbin/udhcpc", client), encoding="utf-8")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def finish(self):
        line = self.process.stdout.readline()
        assert line, "the host's process is gone"
        return json.loads(line)

    def ask(self, **request):
        self.start(**request)
        return self.finish()

    def state(self):
        return self.ask(what="state")

    def shell(self, script):
        """(exit status, stdout, stderr)"""
        return self.ask(what="run", argv=["sh", "-ec", script],
                        env={"PATH": PATH})

    def must(self, script):
        status, out, err = self.shell(script)
        assert status == 0, (script, out, err)
        return out

    def stanza(self, text):
        self.write("network/interfaces", text)

    def classic(self, *argv):
        """The request for `ifup ...` or `ifdown ...` of Debian's ifupdown."""
        program = str(packages.CLASSIC / "sbin" / argv[0])
        return {"what": "run", "argv": [program, *argv[1:]],
                "env": {"PATH": PATH}}

    def ng(self, *argv):
        """The same of ifupdown-ng."""
        program = str(packages.NG / "sbin" / argv[0])
        return {"what": "run",
                "argv": [program, "-E", f"{self.folder}/executors",
                         *argv[1:]],
                "env": {"PATH": PATH,
                        "LD_LIBRARY_PATH": packages.LIBRARIES}}


def both(hosts, make):
    """The same in several at once."""
    for host in hosts:
        host.start(**make(host))
    return [host.finish() for host in hosts]


def run(argv, env):
    done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=COMMAND_SECONDS,
                          check=False)
    return [done.returncode, done.stdout.decode(errors="backslashreplace"),
            done.stderr.decode(errors="backslashreplace")]


def address(info):
    text = info["local"]
    if text.startswith("fe80::") and not LINK_LOCAL.fullmatch(text):
        text = "fe80::RANDOM"
    return [text, info["prefixlen"], info.get("broadcast", ""),
            info.get("label", "")]


def comes_by_chance(link, info):
    """A link that is without a carrier gets its link-local address if the
    kernel had not taken notice of that when it came up."""
    return "NO-CARRIER" in link["flags"] and \
        info["local"].startswith("fe80:")


def state():
    """Links, ports, addresses and routes, without what changes by itself."""
    links = {}
    for link in read_json("ip", "-d", "-j", "link"):
        if link:
            links[link["ifname"]] = steady(link)
    for link in read_json("ip", "-j", "addr"):
        if link and link["ifname"] in links:
            links[link["ifname"]]["addresses"] = sorted(
                address(info) for info in link["addr_info"]
                if not comes_by_chance(link, info))
    ports = {link["ifname"]: steady(link)
             for link in read_json("bridge", "-d", "-j", "link") if link}
    routes = sorted(json.dumps(steady(route)) for family in "46"
                    for route in read_json("ip", f"-{family}", "-j", "route")
                    if not str(route.get("dst", "")).startswith("fe80"))
    return {"links": links, "ports": ports, "routes": routes}


def build(lines):
    """Makes what the lines (of ip -batch) say, and nothing else is there."""
    for link in read_json("ip", "-j", "link"):
        if link["ifname"] != "lo" and os.path.exists(
                "/sys/class/net/" + link["ifname"]):
            subprocess.run(["ip", "link", "del", "dev", link["ifname"]],
                           check=True)
    subprocess.run(["ip", "-batch", "-"], text=True, check=True,
                   input="".join(f"{line}\n" for line in lines))
    for name in os.listdir("/run/network"):
        os.unlink(f"/run/network/{name}")
    for name in ("/run/ifstate",):
        if os.path.exists(name):
            os.unlink(name)


def begin(folder, hidden):
    for argv in (["mount", "-t", "sysfs", "sysfs", "/sys"],
                 ["mount", "-t", "tmpfs", "tmpfs", "/run"],
                 ["mount", "--bind", f"{folder}/network", "/etc/network"],
                 ["mount", "--bind", f"{folder}/local", "/usr/local/sbin"],
                 ["ip", "link", "set", "lo", "up"],
                 *(["mount", "--bind", "/dev/null", name]
                   for name in hidden)):
        subprocess.run(argv, check=True)
    os.mkdir("/run/network")
    # Addresses are there at once, and stay what they are.
    for key in ("default", "all"):
        path = f"/proc/sys/net/ipv6/conf/{key}/accept_dad"
        pathlib.Path(path).write_text("0", encoding="utf-8")


def answer(request):
    what = request["what"]
    if what == "run":
        return run(request["argv"], request["env"])
    if what == "state":
        return state()
    if what == "build":
        return build(request["lines"])
    assert what == "left"
    return sorted(name for name in os.listdir("/run") if "xenplane" in name)


def main():
    begin(sys.argv[1], sys.argv[2:])
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
