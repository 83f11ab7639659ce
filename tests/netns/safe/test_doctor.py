#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplane doctor: each thing that breaks guests is made for real, with the
tools that make it on a host, and is gone when that is gone. Needs a network
and a mount namespace of its own."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import bed
from bed import ip, links

PLAIN = "[bridge xenbr0]\nnetdev = eth0\n"
NF_CALL = pathlib.Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
NF_CALL6 = pathlib.Path("/proc/sys/net/bridge/bridge-nf-call-ip6tables")


def tool(*argv, text=None):
    done = subprocess.run(argv, input=text, capture_output=True, text=True,
                          timeout=bed.LIMIT, check=False)
    if done.returncode:
        raise bed.Failed(f"{argv}: {done.stdout}{done.stderr}")


def nft(text):
    tool("nft", "-f", "-", text=text)


class Doctor(bed.Case):
    def setUp(self):
        super().setUp()
        self.write(PLAIN)
        nft("flush ruleset")
        for family in ("iptables-legacy", "ip6tables-legacy"):
            with contextlib.suppress(bed.Failed, FileNotFoundError):
                tool(family, "-P", "FORWARD", "ACCEPT")
        for file in (NF_CALL, NF_CALL6):
            if file.exists():
                file.write_text("0")

    def examine(self):
        """What it finds, by (id, subject); the exit status fits."""
        status, text = self.session.run("doctor", "-f", str(self.conf),
                                        "--json")
        answer = json.loads(text)
        errors = [f for f in answer["findings"] if f["severity"] == "error"]
        self.assertEqual(status, 1 if errors else 0)
        self.assertEqual(answer["breaks"], bool(errors))
        for finding in answer["findings"]:
            self.assertTrue(finding["what"] and finding["todo"], finding)
        # The same in words, and the worst first.
        plain, words = self.session.run("doctor", "-f", str(self.conf))
        self.assertEqual(plain, status)
        at = [words.index(finding["what"]) for finding in answer["findings"]]
        self.assertEqual(at, sorted(at))
        order = ["error", "warning", "note"]
        worst = [order.index(f["severity"]) for f in answer["findings"]]
        self.assertEqual(worst, sorted(worst))
        return {(f["id"], f["subject"]): f for f in answer["findings"]}

    def assert_only_now(self, key, severity, undo, says=""):
        """It is found, and when it is undone it is not."""
        found = self.examine()
        self.assertIn(key, found)
        self.assertEqual(found[key]["severity"], severity)
        self.assertIn(says, found[key]["what"])
        undo()
        self.assertNotIn(key, self.examine())

    def need(self, path):
        if not path.exists():
            self.skipTest(f"no {path} here")

    def test_a_quiet_host(self):
        errors = [f for f in self.examine().values()
                  if f["severity"] == "error"]
        self.assertEqual(errors, [])

    def test_dockers_forward_drop(self):
        self.need(NF_CALL)
        NF_CALL.write_text("1")
        key = ("forward-drop", "iptables")
        # Not without somebody who drops.
        self.assertNotIn(key, self.examine())
        nft("table ip filter { chain FORWARD { type filter hook forward "
            "priority 0; policy accept; }; }")
        found = self.examine()
        self.assertNotIn(key, found)
        self.assertEqual(found["bridge-filter", "iptables"]["severity"],
                         "warning")
        nft("chain ip filter FORWARD { policy drop; }")
        self.assert_only_now(key, "error", lambda: NF_CALL.write_text("0"),
                             "nftables: ip filter FORWARD")
        # A chain elsewhere is no matter.
        NF_CALL.write_text("1")
        nft("delete table ip filter")
        nft("table ip filter { chain INPUT { type filter hook input "
            "priority 0; policy drop; }; }")
        self.assertNotIn(key, self.examine())

    def test_input_that_drops_guests_questions(self):
        conf = ("[bridge xb]\nmode = nat\naddress = 10.9.0.1/24\n"
                "masquerade = off\n%s")
        nft("table inet filter { chain input { type filter hook input "
            "priority 0; policy drop; }; }")
        key = ("input-drop", "xb")
        self.conf.write_text(conf % "")
        self.assertNotIn(key, self.examine())
        self.conf.write_text(conf % "dhcp = on\n")
        found = self.examine()
        self.assertEqual(found[key]["severity"], "warning")
        self.assertIn("inet filter input", found[key]["what"])
        self.assertIn("iifname xb udp dport { 53, 67, 547 }",
                      found[key]["todo"])
        nft("chain inet filter input { policy accept; }")
        self.assertNotIn(key, self.examine())

    def test_bridges_whose_frames_are_shown_to_the_rules_by_force(self):
        self.need(NF_CALL)
        self.write("[bridge xb]\nmode = nat\naddress = 10.9.0.1/24\n"
                   "forward = tcp 22 -> 10.9.0.2\n")
        self.good("apply")
        key = ("nat-limits", "NAT")
        self.assertNotIn("bridge-nf-call", str(self.examine().get(key)))
        NF_CALL.write_text("1")
        found = self.examine()[key]
        self.assertIn("bridge-nf-call-iptables is on", found["what"])
        self.assertEqual(found["severity"], "warning")

    def test_nat_and_rates_that_are_not_in_force(self):
        self.write(PLAIN + "uplink-rate = 100Mb/s\n"
                   "[bridge xb]\nmode = nat\naddress = 10.9.0.1/24\n")
        keys = {("nat-differs", "NAT"), ("rates-differ", "rates")}

        def found():
            return keys & set(self.examine())
        self.assertEqual(found(), keys)
        self.good("apply")
        self.assertEqual(found(), set())
        nft("delete table inet xenplane_nat")
        self.assertEqual(found(), {("nat-differs", "NAT")})
        tool("tc", "qdisc", "del", "dev", "eth0", "root")
        self.assertEqual(found(), keys)
        self.good("apply")
        self.assertEqual(found(), set())

    def test_the_same_by_iptables_programs(self):
        self.need(NF_CALL)
        NF_CALL.write_text("1")
        NF_CALL6.write_text("1")
        for program, subject, where in (
                ("iptables-nft", "iptables", "nftables: ip filter FORWARD"),
                ("ip6tables-nft", "ip6tables",
                 "nftables: ip6 filter FORWARD"),
                ("iptables-legacy", "iptables",
                 "old iptables: filter FORWARD"),
                ("ip6tables-legacy", "ip6tables",
                 "old ip6tables: filter FORWARD")):
            with self.subTest(program):
                if not shutil.which(program):
                    self.skipTest(f"no {program} here")
                try:
                    tool(program, "-P", "FORWARD", "DROP")
                except bed.Failed as error:
                    self.skipTest(str(error))
                tool(program, "-A", "FORWARD", "-m", "comment", "--comment",
                     "a rule before the policy", "-j", "ACCEPT")
                self.assert_only_now(
                    ("forward-drop", subject), "error",
                    lambda p=program: tool(p, "-P", "FORWARD", "ACCEPT"),
                    where)
                tool(program, "-F", "FORWARD")

    def test_a_chain_for_both_families(self):
        self.need(NF_CALL6)
        NF_CALL6.write_text("1")
        nft("table inet fw { chain f { type filter hook forward priority 0; "
            "policy drop; }; }")
        self.assertNotIn(("forward-drop", "iptables"), self.examine())
        self.assert_only_now(("forward-drop", "ip6tables"), "error",
                             lambda: nft("flush ruleset"),
                             "nftables: inet fw f")

    def test_one_bridge_is_told_to(self):
        self.need(NF_CALL)
        nft("table ip filter { chain FORWARD { type filter hook forward "
            "priority 0; policy drop; }; }")
        ip("link", "add", "xenbr9", "type", "bridge", "nf_call_iptables", "1")
        self.assert_only_now(("forward-drop", "iptables"), "error",
                             lambda: ip("link", "del", "xenbr9"))

    def test_nftables_on_bridges(self):
        nft("table bridge fw { chain f { type filter hook forward priority "
            "0; policy accept; }; }")
        key = ("bridge-drop", "nftables")
        self.assertNotIn(key, self.examine())
        nft("chain bridge fw f { policy drop; }")
        self.assert_only_now(key, "error", lambda: nft("flush ruleset"),
                             "nftables: bridge fw f")

    def mount_over(self, path):
        """A folder of the test's own in the place of this one."""
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs",
                        path], check=True)
        self.addCleanup(subprocess.run, ["umount", path], check=True)
        return pathlib.Path(path)

    def put(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_networkmanager_has_the_nic(self):
        file = self.mount_over("/run") / "NetworkManager/devices" / \
            str(links()["eth0"]["ifindex"])
        self.put(file, "[device]\nmanaged=false\n")
        self.assertNotIn(("nic-manager", "eth0"), self.examine())
        self.put(file, "[device]\nmanaged=true\nconnection-uuid=1\n")
        self.assert_only_now(("nic-manager", "eth0"), "error", file.unlink,
                             "NetworkManager sets eth0 up")

    def test_without_a_file_it_says_so(self):
        folder = pathlib.Path("/etc/xenplane")
        if folder.exists():
            tool("mount", "-t", "tmpfs", "tmpfs", str(folder))
            self.addCleanup(tool, "umount", str(folder))
        _, text = self.session.run("doctor", "--state", str(self.state))
        self.assertIn("note: host: there is no /etc/xenplane/xenplane.conf",
                      text)
        # A positive control: with one it is no matter.
        _, text = self.session.run("doctor", "-f", str(self.conf))
        self.assertNotIn("there is no /etc/xenplane", text)

    def test_networkd_has_the_nic(self):
        file = self.mount_over("/run") / "systemd/netif/links" / \
            str(links()["eth0"]["ifindex"])
        self.put(file, "ADMIN_STATE=unmanaged\nOPER_STATE=routable\n")
        self.assertNotIn(("nic-manager", "eth0"), self.examine())
        self.put(file, "# private\nADMIN_STATE=configured\n")
        self.assert_only_now(("nic-manager", "eth0"), "error", file.unlink,
                             "systemd-networkd sets eth0 up")

    def test_ifupdown_has_the_nic(self):
        etc = self.folder / "etc"
        shutil.copytree("/etc", etc, symlinks=True,
                        ignore=shutil.ignore_patterns("network"))
        subprocess.run(["mount", "--bind", str(etc), "/etc"], check=True)
        self.addCleanup(subprocess.run, ["umount", "/etc"], check=True)
        file = pathlib.Path("/etc/network/interfaces")
        key = ("nic-manager", "eth0")
        for text in ("iface eth0 inet manual\n", "iface eth00 inet dhcp\n",
                     "# iface eth0 inet dhcp\n", "auto eth0\n",
                     "iface xenbr0 inet dhcp\n\tbridge_ports eth1\n"):
            self.put(file, text)
            self.assertNotIn(key, self.examine(), text)
        for text in ("iface eth0 inet dhcp\n", "  iface eth0 inet6 static\n",
                     "iface xenbr0 inet dhcp\n\tbridge_ports eth1 eth0\n"):
            self.put(file, text)
            self.assert_only_now(key, "error", lambda: file.write_text(""),
                                 "ifupdown sets eth0 up")
        # By a stanza of another name, as ifup notes it.
        self.put(file, "iface home inet dhcp\n")
        self.assertNotIn(key, self.examine())
        state = self.mount_over("/run") / "network/ifstate"
        self.put(state, "lo=lo\neth0=home\n")
        self.assert_only_now(key, "error", state.unlink)
        file.write_text("")
        part = file.with_name("interfaces.d") / "eth0"
        self.put(part, "iface eth0 inet static\n")
        self.assert_only_now(key, "error", part.unlink)

    def test_a_nic_that_only_a_bridge_has(self):
        """Of which the file says nothing: there it is the owner's affair."""
        ip("link", "add", "br9", "type", "bridge")
        ip("link", "set", "eth1", "master", "br9")
        ip("tuntap", "add", "vif1.0", "mode", "tap")
        ip("link", "set", "vif1.0", "master", "br9")
        run = self.mount_over("/run") / "NetworkManager/devices"
        for name in ("eth1", "vif1.0", "eth0"):
            self.put(run / str(links()[name]["ifindex"]), "managed=true\n")
        self.write("")
        self.assert_only_now(("nic-manager", "eth1"), "warning",
                             lambda: ip("link", "set", "eth1", "nomaster"))
        found = self.examine()
        self.assertNotIn(("nic-manager", "vif1.0"), found)
        self.assertNotIn(("nic-manager", "eth0"), found)

    def test_a_wireless_nic(self):
        nics = self.mount_over("/sys/class/net")
        (nics / "eth1" / "wireless").mkdir(parents=True)
        self.assertNotIn(("wireless", "eth0"), self.examine())
        (nics / "eth0" / "phy80211").mkdir(parents=True)
        self.assert_only_now(("wireless", "eth0"), "error",
                             lambda: shutil.rmtree(nics / "eth0"))

    def test_a_nic_that_has_another_name(self):
        """As a port of style = old and new; it is the same NIC."""
        run = self.mount_over("/run") / "NetworkManager/devices"
        nics = self.mount_over("/sys/class/net")
        for text in (PLAIN + "style = old\n",
                     "[bridge eth0]\nnetdev = eth0\nstyle = new\n"):
            self.write(text)
            self.good("apply")
            file = run / str(links()["peth0"]["ifindex"])
            self.put(file, "[device]\nmanaged=true\n")
            (nics / "peth0" / "phy80211").mkdir(parents=True)
            found = self.examine()
            self.assertEqual({key for key in found if key[0] in
                              ("nic-manager", "nic-missing", "wireless")},
                             {("nic-manager", "eth0"), ("wireless", "eth0")})
            shutil.rmtree(nics / "peth0")
            self.assert_only_now(("nic-manager", "eth0"), "error",
                                 file.unlink)
            self.write("")
            self.good("apply")

    def test_a_nic_that_is_not_there(self):
        self.write("[bridge xenbr0]\nnetdev = eth7\n")
        self.assert_only_now(("nic-missing", "eth7"), "error",
                             lambda: ip("link", "add", "eth7", "type",
                                        "ifb"))

    def test_no_taps(self):
        self.assertNotIn(("kernel-feature", "taps"), self.examine())
        self.mount_over("/dev/net")
        found = self.examine()["kernel-feature", "taps"]
        self.assertEqual(found["severity"], "error")
        self.assertIn("no vif can be made", found["what"])

    def test_vlan_filtering(self):
        ip("link", "add", "probe0", "type", "bridge")
        data = links()["probe0"]["linkinfo"]["info_data"]
        key = ("kernel-feature", "VLAN filtering of bridges")
        found = self.examine()
        self.assertEqual(key in found, not data.get("vlan_default_pvid"))
        if key not in found:
            return
        self.assertEqual(found[key]["severity"], "note")
        self.write("[bridge xenbr0]\nvlan-filtering = on\n")
        self.assertEqual(self.examine()[key]["severity"], "error")

    def test_other_features_are_as_the_tools_find_them(self):
        found = self.examine()
        for subject, argv in (
                ("ifb", ["ip", "link", "add", "i0", "type", "ifb"]),
                ("veth pairs", ["ip", "link", "show", "eth0"]),
                ("nftables' family bridge",
                 ["nft", "add table bridge x; add chain bridge x c "
                  "{ type filter hook forward priority 0; }"]),
                ("nftables' family netdev",
                 ["nft", "add table netdev x; add chain netdev x c { type "
                  "filter hook ingress device lo priority 0; }"]),
                ("nftables' family inet",
                 ["nft", "add table inet x; add chain inet x c "
                  "{ type filter hook forward priority 0; }"])):
            there = subprocess.run(argv, capture_output=True,
                                   check=False).returncode == 0
            self.assertEqual(("kernel-feature", subject) not in found, there,
                             subject)

    def test_probing_leaves_nothing(self):
        before = ip("-d", "link")
        self.examine()
        self.assertEqual(ip("-d", "link"), before)

    def test_the_kernels_netback(self):
        key = ("xen-netback", "xen-netback")
        self.assertNotIn(key, self.examine())
        bus = self.mount_over("/sys/bus")
        (bus / "xen-backend/drivers/vif").mkdir(parents=True)
        # It may serve a host that has no xenplaned.
        self.assertEqual(self.examine()[key]["severity"], "note")
        self.put(self.mount_over("/run") / "xenplane/control.sock", "")
        self.assert_only_now(key, "error",
                             lambda: shutil.rmtree(bus / "xen-backend"))

    def test_which_backend_serves_which_vif(self):
        """The driver behind the interface tells, and else its kind."""
        def said():
            return self.examine()["xen-netback", "xen-netback"]["what"]
        bus = self.mount_over("/sys/bus")
        drivers = bus / "xen-backend/drivers"
        (drivers / "vif").mkdir(parents=True)
        self.put(self.mount_over("/run") / "xenplane/control.sock", "")
        for name in ("vif1.0", "guest", "vif3.0"):
            ip("tuntap", "add", "dev", name, "mode", "tap")
            self.addCleanup(ip, "link", "del", name)
        self.assertIn("the kernel's now has no vif, xenplane-netback "
                      "vif1.0, vif3.0", said())
        nics = self.mount_over("/sys/class/net")
        for name, driver in (("vif1.0", drivers / "vif"),
                             ("guest", drivers / "vif"),
                             ("vif3.0", drivers / "vif2")):
            (nics / name / "device").mkdir(parents=True)
            (nics / name / "device/driver").symlink_to(driver)
        self.assertIn("the kernel's now has vif1.0, guest, "
                      "xenplane-netback vif3.0", said())

    def test_many_vifs_are_counted(self):
        self.put(self.mount_over("/run") / "xenplane/control.sock", "")
        (self.mount_over("/sys/bus") /
         "xen-backend/drivers/vif").mkdir(parents=True)
        for i in range(20):
            ip("tuntap", "add", "dev", f"vif{i}.0", "mode", "tap")
            self.addCleanup(ip, "link", "del", f"vif{i}.0")
        what = self.examine()["xen-netback", "xen-netback"]["what"]
        listed = what.split("xenplane-netback ")[1].split(", ")
        listed[-1:] = listed[-1].split(" and ")
        more = int(listed.pop().split()[0])
        self.assertEqual(listed,
                         [f"vif{i}.0" for i in range(len(listed))])
        self.assertEqual(len(listed) + more, 20)

    def test_the_host_does_not_route(self):
        files = [pathlib.Path("/proc/sys/net/ipv4/ip_forward"),
                 pathlib.Path("/proc/sys/net/ipv6/conf/all/forwarding")]
        for file in files:
            file.write_text("0")
        self.assertEqual([key for key in self.examine()
                          if key[0] == "forwarding"], [])
        self.write("[bridge n]\nmode = nat\naddress = 10.0.0.1/24 fd00::1/64\n"
                   "[bridge g]\nmode = routed\naddress = 10.1.0.1/32\n")
        self.assertIn(("forwarding", "net.ipv6.conf.all.forwarding"),
                      self.examine())
        self.assert_only_now(("forwarding", "net.ipv4.ip_forward"), "error",
                             lambda: files[0].write_text("1"))
        files[1].write_text("1")
        self.assertEqual([key for key in self.examine()
                          if key[0] == "forwarding"], [])

    def test_mtus_and_delays(self):
        ip("link", "add", "br9", "type", "bridge", "stp_state", "1")
        ip("link", "set", "eth1", "master", "br9")
        ip("link", "set", "br9", "mtu", "1400")
        found = self.examine()
        self.assertNotIn(("mtu", "eth1"), found)
        self.assertIn("waits 30 s", found["stp-delay", "br9"]["what"])
        ip("link", "set", "eth1", "mtu", "1300")
        self.assert_only_now(("mtu", "eth1"), "warning",
                             lambda: ip("link", "set", "br9", "mtu", "1300"))
        ip("link", "set", "br9", "type", "bridge", "stp_state", "0")
        self.assertNotIn(("stp-delay", "br9"), self.examine())

    def test_a_wrong_file_is_told(self):
        self.write("[bridge xenbr0]\nnetdv = eth0\n")
        status, text = self.session.run("doctor", "-f", str(self.conf))
        self.assertEqual(status, 1)
        self.assertIn("did you mean 'netdev'?", text)
        status, text = self.session.run("doctor", "x")
        self.assertEqual(status, 2)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
