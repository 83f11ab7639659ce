# SPDX-License-Identifier: GPL-2.0-or-later
"""Open vSwitch with DPDK as a peer: a learning switch (its NORMAL action)
between two vhost-user ports, on the backend's core. Its files are in a folder
of ours, its database and its switch are not the machine's service, and they
run in a network namespace that ends with them."""
import os
import pathlib
import re
import signal
import subprocess
import time

import dpdk
import labtool
import machine
from labtool import Failed

SWITCH = pathlib.Path("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk")
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")
PORT = "net_virtio_user{n},path={folder}/v{n},queue_size=1024," \
       "mrg_rxbuf=0,in_order=1,mac={mac}"
CYCLES = re.compile(r"avg processing cycles per packet: ([\d.]+)")
READY_SECONDS = 60


def missing():
    """Why there is no such peer here, or None."""
    if not SWITCH.exists():
        return "openvswitch-switch-dpdk is not installed"
    return dpdk.missing()


def tsc_mhz():
    """Of the counter that both Open vSwitch and testpmd count in."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("cpu MHz"):
            return float(line.split(":")[1])
    raise Failed("/proc/cpuinfo names no MHz")


class Switch:
    """Use as a context manager. At rest but in run()."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "ovs"
        self.database = f"unix:{self.folder}/db.sock"
        self.env = {**os.environ, "RUNTIME_DIRECTORY": str(self.folder),
                    **{f"OVS_{name}": str(self.folder) for name in
                       ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")}}
        self.processes = []
        self.maker = None

    def __enter__(self):
        self.folder.mkdir()
        try:
            self.start()
            self.maker = dpdk.generator(
                self.folder, "ovs-generator",
                [PORT.format(n=n, folder=self.folder, mac=mac)
                 for n, mac in enumerate(MACS)],
                "--forward-mode=mac", f"--eth-peer=0,{MACS[1]}",
                f"--eth-peer=1,{MACS[0]}")
            self.maker.wait("testpmd> ")
            self.wait_up()
            self.rest()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.maker:
            self.maker.close()
        for process in reversed(self.processes):
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def spawn(self, *words):
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=self.env, start_new_session=True)
        self.processes.append(process)
        return process

    def run_tool(self, *words):
        return labtool.run(list(words), timeout=READY_SECONDS, env=self.env)[1]

    def vsctl(self, *words):
        return self.run_tool("ovs-vsctl", f"--db={self.database}",
                             f"--timeout={READY_SECONDS}", *words)

    def appctl(self, *words):
        control = f"{self.folder}/ovs-vswitchd.ctl"
        return self.run_tool("ovs-appctl", "-t", control, *words)

    def start(self):
        self.run_tool("ovsdb-tool", "create", f"{self.folder}/conf.db", SCHEMA)
        self.spawn("ovsdb-server", f"{self.folder}/conf.db",
                   f"--remote=punix:{self.folder}/db.sock", "--no-chdir",
                   "-vconsole:off")
        self.wait_for("its database",
                      (self.folder / "db.sock").exists)
        core = 1 << machine.BACKEND_CORE
        self.vsctl("--no-wait", "--", "init", "--", "set", "Open_vSwitch", ".",
                   *(f"other_config:{word}" for word in (
                       "dpdk-init=true", f"dpdk-lcore-mask={core:#x}",
                       f"pmd-cpu-mask={core:#x}", "dpdk-socket-mem=256",
                       'dpdk-extra="--no-pci --in-memory --no-telemetry '
                       '--file-prefix ovs"')))
        self.switch = self.spawn(
            "unshare", "-n", str(SWITCH), self.database, "--no-chdir",
            f"--unixctl={self.folder}/ovs-vswitchd.ctl",
            "-vconsole:off", f"--log-file={self.folder}/switch.log")
        self.vsctl("add-br", "br0", "--", "set", "bridge", "br0",
                   "datapath_type=netdev")
        for n in range(2):
            self.vsctl("add-port", "br0", f"v{n}", "--", "set", "Interface",
                       f"v{n}", "type=dpdkvhostuser")
            self.wait_for(f"its port v{n}", (self.folder / f"v{n}").exists)

    def wait_for(self, what, condition):
        until = time.monotonic() + READY_SECONDS
        while not condition():
            if time.monotonic() > until or \
                    any(one.poll() is not None for one in self.processes):
                raise Failed(f"Open vSwitch: {what} does not come up")
            time.sleep(0.02)

    def wait_up(self):
        for n in range(2):
            self.wait_for(f"the link of v{n}", lambda n=n: self.vsctl(
                "get", "Interface", f"v{n}", "link_state").strip() == "up")

    def rest(self):
        """Its thread would poll on, on the core that others measure on."""
        self.switch.send_signal(signal.SIGSTOP)

    def run(self, _how, size, seconds):
        """The frames of a loop, with the addresses of the two ports on them
        as they go round: both are known to the switch."""
        self.switch.send_signal(signal.SIGCONT)
        try:
            return dpdk.again_if_empty(lambda: self.sample(size, seconds))
        finally:
            self.rest()

    def sample(self, size, seconds):
        self.maker.say(f"set txpkts {size}")
        try:
            self.maker.start(f" tx_first {dpdk.IN_FLIGHT}")
            # Its caches get to know the flows.
            dpdk.sample(self.maker, self.switch.pid, size, 0.2)
            self.appctl("dpif-netdev/pmd-stats-clear")
            figures = dpdk.sample(self.maker, self.switch.pid, size, seconds)
            busy = CYCLES.search(self.appctl("dpif-netdev/pmd-stats-show"))
        finally:
            self.maker.stop()
        figures["backend ns/frame, busy"] = \
            float(busy.group(1)) * 1000 / tsc_mhz()
        return figures
