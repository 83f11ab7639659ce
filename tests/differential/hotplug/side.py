# SPDX-License-Identifier: GPL-2.0-or-later
"""A host for hotplug scripts: a network namespace, mounts of its own (/sys,
/run, /var/log/xen), and Debian's xenstored on the simulated hypervisor. Made
twice, alike, for the stock scripts and for ours; everything goes with it."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lab"))
from labtool import BUILD, Failed, run  # noqa: E402

XENSTORED = "/usr/lib/xen-4.17/bin/xenstored"
STOCK = "/etc/xen/scripts"
OURS = str(BUILD / "scripts")
FOLDER = "/local/domain/0/backend/vif"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# The first words of a namespace: its own /sys, /run and logs, no waiting for
# duplicate addresses, and a word when it is ready.
BEGIN = """mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run &&
mount -t tmpfs tmpfs /var/log/xen && ip link set lo up &&
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad &&
echo ready && exec sleep infinity"""
GLOBAL = ("ipv4/ip_forward", "ipv6/conf/all/forwarding")
PER_LINK = ("ipv4/conf/{}/proxy_arp", "ipv6/conf/{}/proxy_ndp",
            "ipv6/conf/{}/disable_ipv6", "ipv6/conf/{}/accept_ra")


def missing():
    """Why these tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "namespaces need root"
    for program in (XENSTORED, f"{STOCK}/vif-bridge"):
        if not os.access(program, os.X_OK):
            return f"{program} is not installed"
    for program in ("ifconfig", "brctl", "nft", "xenstore-write"):
        if not shutil.which(program, path=PATH):
            return f"{program} is not installed"
    return None


class Store:
    """A xenstored with its hypervisor."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="xp-store-")
        self.socket = f"{self.folder}/socket"
        ready, writer = os.pipe()
        self.broker = subprocess.Popen(
            [str(BUILD / "bin/xensim-broker"), "--ready-fd", str(writer),
             "--die-with-parent", f"{self.folder}/broker"],
            pass_fds=[writer])
        os.close(writer)
        os.read(ready, 1)
        os.close(ready)
        self.daemon = subprocess.Popen(
            [XENSTORED, "-N", f"--pid-file={self.folder}/pid"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"LD_PRELOAD": str(BUILD / "lib/libxensim.so"),
                 "XENSIM_BROKER": f"{self.folder}/broker",
                 "XENSTORED_RUNDIR": self.folder,
                 "XENSTORED_PATH": self.socket})
        # It says nothing when it serves: ask until it answers.
        for _ in range(600):
            if self.client("xenstore-exists", "/tool")[0] == 0:
                return
            time.sleep(0.02)
        self.close()
        raise Failed("xenstored does not answer")

    def client(self, *argv):
        return run(argv, check=False,
                   env={"PATH": PATH, "XENSTORED_PATH": self.socket})

    def write(self, keys):
        self.client("xenstore-write",
                    *[word for pair in keys.items() for word in pair])

    def read(self, path):
        status, out, _ = self.client("xenstore-read", path)
        return out.rstrip("\n") if status == 0 else None

    def clear(self):
        for path in ("/local", "/libxl"):
            self.client("xenstore-rm", path)

    def dump(self):
        return self.client("xenstore-ls", "-f", "/local")[1].splitlines()

    def close(self):
        for process in (self.daemon, self.broker):
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder)


class Side:
    """`scripts` is the folder of vif-bridge and the others."""

    def __init__(self, store, scripts):
        self.store = store
        self.scripts = scripts
        store.clear()
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", BEGIN],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self.holder.stdout.readline() != b"ready\n":
            self.close()
            raise Failed("no namespace")

    def close(self):
        self.holder.send_signal(signal.SIGKILL)
        self.holder.wait()
        self.holder.stdout.close()

    def words(self, *argv):
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "--",
                *argv]

    def inside(self, *argv, check=True, env=None):
        return run(self.words(*argv), check=check,
                   env={"PATH": PATH, **(env or {})})

    def shell(self, text):
        return self.inside("sh", "-ec", text)[1]

    def environment(self, domid=1, devid=0, **more):
        """As libxl sets it."""
        return {"PATH": PATH, "LANG": "C",
                "XENSTORED_PATH": self.store.socket,
                "XENBUS_TYPE": "vif", "XENBUS_BASE_PATH": "backend",
                "XENBUS_PATH": f"backend/vif/{domid}/{devid}",
                "script": f"{self.scripts}/vif-bridge", "netdev": "",
                "vif": f"vif{domid}.{devid}", **more}

    def call(self, script, *arguments, env=None):
        """Runs a script; returns (exit status, stderr)."""
        env = env or self.environment()
        status, _, err = run(
            self.words(f"{self.scripts}/{script}", *arguments),
            check=False, env={k: v for k, v in env.items() if v is not None})
        return status, err

    def add_vif(self, name, mac="fe:ff:ff:ff:ff:ff", number=1):
        """A device as a backend makes it. Its other end, which is up, stands
        for the guest."""
        self.shell(f"ip link add {name} address {mac} type veth "
                   f"peer name far{number} address 00:16:3e:00:00:0{number};"
                   f"ip link set far{number} up")

    def add_keys(self, domid=1, devid=0, **keys):
        back = f"{FOLDER}/{domid}/{devid}"
        front = f"/local/domain/{domid}/device/vif/{devid}"
        keys.setdefault("script", "vif-bridge")
        self.store.write({
            f"{back}/frontend": front, f"{back}/frontend-id": str(domid),
            f"{back}/handle": str(devid), f"{back}/online": "1",
            f"{back}/state": "2", f"{back}/mac": "00:16:3e:00:00:01",
            f"{back}/type": "vif", f"{back}/hotplug-status": "",
            f"{front}/state": "1",
            **{f"{back}/{key.replace('_', '-')}": value
               for key, value in keys.items()}})

    def json(self, *argv):
        out = self.inside("ip", "-j", *argv)[1]
        return json.loads(out) if out.strip() else []

    def links(self):
        for link in self.json("-d", "link"):
            yield (f"link {link['ifname']} "
                   f"{'up' if 'UP' in link['flags'] else 'down'} "
                   f"mtu {link['mtu']} mac {link['address']} "
                   f"master {link.get('master', '-')} "
                   f"alias {link.get('ifalias', '-')} "
                   f"addrgenmode {link.get('inet6_addr_gen_mode')}")

    def addresses(self):
        for link in self.json("addr"):
            for one in link["addr_info"]:
                if one:
                    yield (f"address {link['ifname']} {one['local']}/"
                           f"{one['prefixlen']} {one['scope']}")

    def routes(self):
        for family in ("-4", "-6"):
            for one in self.json(family, "route", "show", "table", "all"):
                yield "route " + " ".join(
                    f"{key} {one[key]}" for key in
                    ("type", "dst", "gateway", "dev", "prefsrc", "metric",
                     "scope", "protocol", "table") if key in one)

    def proxies(self):
        for family in ("-4", "-6"):
            for one in self.json(family, "neigh", "show", "proxy"):
                yield f"proxy {one['dst']} {one['dev']}"

    def neighbours(self):
        for family in ("-4", "-6"):
            for one in self.json(family, "neigh", "show", "nud", "permanent"):
                yield f"neighbour {one['dst']} {one['lladdr']} {one['dev']}"

    def rules(self):
        for line in self.shell("nft -s list ruleset").splitlines():
            yield f"nft {line.strip()}"

    def settings(self):
        names = self.shell("ls /sys/class/net").split()
        paths = [*GLOBAL, *[path.format(name) for path in PER_LINK
                            for name in names if name != "lo"]]
        values = self.shell("".join(f"cat /proc/sys/net/{path};"
                                    for path in paths)).split()
        for path, value in zip(paths, values, strict=True):
            yield f"sysctl {path} {value}"

    def files(self):
        for line in self.shell("find /run -mindepth 1 "
                               "! -path '/run/mount*'").split():
            yield f"file {line}"

    def snapshot(self):
        """Everything that a script may change, line by line."""
        return {*self.links(), *self.addresses(), *self.routes(),
                *self.proxies(), *self.neighbours(), *self.rules(),
                *self.settings(), *self.files(),
                *(f"store {line}" for line in self.store.dump())}
