# SPDX-License-Identifier: GPL-2.0-or-later
"""Switches in user space between two namespaces: Open vSwitch's own data path
(without TSO, as it comes) and VDE, each with a tap for either."""
import subprocess

import labtool
from peer import ADDRESS
from spaces import Spaces, wait_until

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


class SoftSwitch(Spaces):
    names = ("switch", "a", "b")

    def use(self, name, device):
        self.ip(name, f"address add {ADDRESS[name]}/24 dev {device}")
        self.ip(name, f"link set dev {device} up")


class Ovs(SoftSwitch):
    """Its own database and daemon; sockets and all in our folder."""
    programs = ("ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl")

    def build(self):
        database = self.folder / "conf.db"
        labtool.run(["ovsdb-tool", "create", str(database), SCHEMA])
        self.inside_env("ovsdb-server", str(database),
                        f"--remote=punix:{self.folder}/db.sock",
                        f"--unixctl={self.folder}/db.ctl")
        wait_until((self.folder / "db.sock").exists, "ovsdb-server")
        self.vsctl("--no-wait", "init")
        self.inside_env("ovs-vswitchd", f"unix:{self.folder}/db.sock",
                        f"--unixctl={self.folder}/switch.ctl")
        self.vsctl("add-br", "br0", "--", "set", "bridge", "br0",
                   "datapath_type=netdev")
        for name in ADDRESS:
            self.vsctl("add-port", "br0", f"tap-{name}", "--", "set",
                       "interface", f"tap-{name}", "type=tap")
            self.wait_for_link("switch", f"tap-{name}")
            self.ip("switch", f"link set tap-{name} netns "
                              f"{self.holders[name].pid}")
            self.use(name, f"tap-{name}")

    def inside_env(self, *command):
        """Goes on; says nothing that would fill a pipe."""
        return self.start("switch", "env", f"OVS_RUNDIR={self.folder}",
                          f"OVS_LOGDIR={self.folder}",
                          f"OVS_DBDIR={self.folder}", *command,
                          "-vconsole:off")

    def vsctl(self, *words):
        labtool.run(["ovs-vsctl", f"--db=unix:{self.folder}/db.sock",
                     "--timeout=20", *words])


class Vde(SoftSwitch):
    programs = ("vde_switch", "vde_plug2tap")

    def build(self):
        sock = str(self.folder / "vde")
        # It ends with its console.
        self.start("switch", "vde_switch", "-s", sock, stdin=subprocess.PIPE)
        wait_until((self.folder / "vde" / "ctl").exists, "vde_switch")
        for name in ADDRESS:
            self.start(name, "vde_plug2tap", "-s", sock, "tap0")
            self.wait_for_link(name, "tap0")
            self.use(name, "tap0")
