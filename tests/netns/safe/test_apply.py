#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplane diff and apply: what of xenplane.conf is in force afterwards, what
is refused, and what becomes of what the file no longer names."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

import bed
from bed import addresses, ip, links, look

PLAIN = "[bridge xenbr0]\nnetdev = eth0\n"
OLD = PLAIN + "style = old\n"
NEW = "[bridge eth0]\nnetdev = eth0\nstyle = new\n"
FULL = """
[bridge xenbr0]
netdev = eth0
address = 192.0.2.1/24 203.0.113.7/28 fd00:2::1/64
gateway = 203.0.113.14 fd00:2::fd
mac = 02:00:00:00:00:77
mtu = 1380
stp = on
stp-priority = 4096
forward-delay = 4
hello-time = 1
max-age = 6
ageing = 120.5
netdev-cost = 33
netdev-priority = 5
multicast-snooping = on
multicast-querier = on

[bridge xenlan]

[bridge xennat]
mode = nat
address = 10.0.0.1/24 fd00:10::1/64

[bridge guests]
mode = routed
address = 10.9.0.1/32
"""


class Apply(bed.Case):
    def bridge(self, name="xenbr0"):
        return links()[name]["linkinfo"]["info_data"]

    def test_every_key_is_in_force(self):
        self.write(FULL)
        text = self.good("apply")
        self.assertIn("add bridge xenbr0", text)
        link, bridge = links()["xenbr0"], self.bridge()
        self.assertEqual(link["address"], "02:00:00:00:00:77")
        self.assertEqual(link["mtu"], 1380)
        self.assertEqual(links()["eth0"]["mtu"], 1380)
        self.assertEqual(links()["eth0"]["master"], "xenbr0")
        wanted = {"stp_state": 1, "priority": 4096, "forward_delay": 400,
                  "hello_time": 100, "max_age": 600, "mcast_snooping": 1,
                  "mcast_querier": 1}
        self.assertEqual({key: bridge[key] for key in wanted}, wanted)
        # While its topology changes a bridge says something else.
        self.wait_until(lambda: self.bridge()["ageing_time"] == 12050,
                        "the ageing is not as the file says")
        port = links()["eth0"]["linkinfo"]["info_slave_data"]
        self.assertEqual((port["cost"], port["priority"]), (33, 5))
        self.assertEqual(set(addresses("xenbr0")),
                         {"192.0.2.1/24", "203.0.113.7/28", "fd00:2::1/64"})
        self.assertEqual(addresses("eth0"), [])
        routes = ip("route")
        self.assertIn("default via 203.0.113.14 dev xenbr0", routes)
        self.assertNotIn("192.0.2.254", routes)
        self.assertIn("10.1.0.0/16 via 192.0.2.253 dev xenbr0", routes)
        self.assertIn("default via fd00:2::fd dev xenbr0", ip("-6", "route"))
        self.assertIn("brd 203.0.113.15", ip("addr", "show", "dev", "xenbr0"))
        # Bridges without a NIC, and none for routed.
        self.assertEqual(addresses("xenlan"), [])
        self.assertEqual(set(addresses("xennat")),
                         {"10.0.0.1/24", "fd00:10::1/64"})
        self.assertNotIn("guests", links())
        self.assertEqual(addresses("eth1"), ["198.51.100.1/24"])
        self.assert_nothing_pending()

    def test_twice_changes_nothing(self):
        self.write(FULL.replace("stp = on", "stp = off"))
        self.good("apply")
        before = look()
        self.assertIn("nothing to change", self.good("diff"))
        self.assertEqual(self.json("apply")["plan"]["operations"], [])
        self.assert_looks(before)

    def test_diff_and_dry_run_touch_nothing(self):
        self.write(FULL.replace("stp = on", "stp = off"))
        before = look()
        diff = self.json("diff")
        self.assertEqual(self.json("apply", "--dry-run"), diff)
        self.assertEqual(self.good("apply", "--dry-run"), self.good("diff"))
        self.assert_looks(before)
        self.assertFalse(self.state.exists())
        operations = diff["operations"]
        self.assertEqual(diff["cost"], "live")
        self.assertEqual({op["cost"] for op in operations}, {"none", "live"})
        self.assertEqual(operations[0]["words"], "add bridge xenbr0")
        # A positive control: the same words, done, are no dry run.
        self.good("apply")
        self.assertNotEqual(look(), before)

    def test_a_restart_is_named_so(self):
        self.write(PLAIN + "mac = 02:00:00:00:00:01\n")
        self.good("apply")
        ip("link", "set", "eth0", "down")
        self.assertEqual(self.json("diff")["operations"][0]["words"],
                         "change veth eth0: up")
        ip("link", "set", "eth0", "up")
        self.write(PLAIN + "mac = 02:00:00:00:00:02\nmtu = 1300\n")
        text = self.good("diff")
        self.assertIn("change bridge xenbr0: mac "
                      "(02:00:00:00:00:01 -> 02:00:00:00:00:02)", text)
        self.assertIn("mtu (1400 -> 1300)", text)

    def test_sysctls_of_a_link_are_counted_in_words(self):
        sysctl = pathlib.Path("/proc/sys/net/ipv4/conf/eth0/proxy_arp")
        sysctl.write_text("1")
        self.write(PLAIN)
        text = self.good("diff")
        self.assertRegex(text, r"change bridge xenbr0: ipv4 \(\d+ sysctls?\)")
        self.assertNotIn("(no -> no)", text)

    def test_what_the_file_no_longer_names_goes(self):
        before = look()
        self.write(PLAIN + "[bridge xenlan]\n")
        self.good("apply")
        self.write("[bridge xenlan]\n")
        self.good("apply")
        self.assertNotIn("xenbr0", links())
        self.assertIn("xenlan", links())
        self.write("")
        self.good("apply")
        self.assert_looks(before)

    def test_a_bridge_with_a_guest_stays(self):
        self.write(PLAIN + "[bridge xenlan]\n")
        self.good("apply")
        for name, bridge in (("vif1.0", "xenbr0"), ("vif2.0", "xenlan")):
            ip("tuntap", "add", name, "mode", "tap")
            ip("link", "set", name, "master", bridge)
        before = look()
        self.write("")
        self.assertIn("bridge xenbr0 is no longer wanted, but vif1.0 is on "
                      "it: it stays as it is", self.good("apply"))
        self.assert_looks(before)
        # It is still known to be ours when the guest has gone.
        ip("link", "del", "vif1.0")
        left = self.json("apply")["plan"]["left"]
        self.assertEqual(left, [{"bridge": "xenlan", "port": "vif2.0"}])
        self.assertNotIn("xenbr0", links())
        self.assertEqual(links()["vif2.0"]["master"], "xenlan")

    def test_others_bridges_are_left_alone(self):
        ip("link", "add", "xenbr0", "type", "bridge")
        ip("link", "add", "other0", "type", "bridge")
        self.write(PLAIN)
        self.good("apply")
        self.assertEqual(links()["eth0"]["master"], "xenbr0")
        self.write("")
        self.good("apply")
        # It was there before, so it stays; the NIC was not its port.
        self.assertIn("xenbr0", links())
        self.assertIn("other0", links())
        self.assertNotIn("master", links()["eth0"])
        self.assertIn("192.0.2.1/24", addresses("eth0"))

    def test_a_bridge_made_anew_by_somebody_else_is_not_ours(self):
        self.write("[bridge xenlan]\n")
        self.good("apply")
        ip("link", "del", "xenlan")
        ip("link", "add", "xenlan", "type", "bridge")
        self.write("")
        self.good("apply")
        self.assertIn("xenlan", links())

    def test_the_bridge_gets_another_nic(self):
        self.write(PLAIN)
        self.good("apply")
        ip("tuntap", "add", "vif1.0", "mode", "tap")
        ip("link", "set", "vif1.0", "master", "xenbr0")
        index = links()["xenbr0"]["ifindex"]
        self.write("[bridge xenbr0]\nnetdev = eth1\n")
        self.good("apply")
        self.assertEqual(links()["xenbr0"]["ifindex"], index)
        self.assertEqual(links()["vif1.0"]["master"], "xenbr0")
        self.assertEqual(links()["eth1"]["master"], "xenbr0")
        self.assertEqual(addresses("xenbr0"), ["198.51.100.1/24"])
        self.assertIn("192.0.2.1/24", addresses("eth0"))
        self.assertIn("default via 192.0.2.254 dev eth0", ip("route"))

    def assert_style(self, text):
        """The links are those of that file's style, and the host is on the
        right one, with all that was on the NIC."""
        port, host, bridge = {"": ("eth0", "eth0", None),
                              PLAIN: ("eth0", "xenbr0", "xenbr0"),
                              OLD: ("peth0", "eth0", "xenbr0"),
                              NEW: ("peth0", "eth0", "eth0")}[text]
        now = links()
        self.assertEqual(now[port].get("master"), bridge)
        self.assertEqual(now["wire0"]["link"], port)
        ports = {name for name, link in now.items() if link.get("master")}
        self.assertEqual(ports, {port, *(["vif0.0"] if text == OLD else [])}
                         if text else set())
        made = set(now) - {"lo", "eth1", "wire0", "wire1", port}
        self.assertEqual(made, {"": set(), PLAIN: {"xenbr0"},
                                OLD: {"xenbr0", "eth0", "vif0.0"},
                                NEW: {"eth0"}}[text])
        self.assertEqual(now[host]["address"], "02:00:00:00:00:10")
        self.assertNotIn("NOARP", now[host]["flags"])
        self.assertEqual(addresses(host), ["192.0.2.1/24", "192.0.2.2/24",
                                           "fd00:2::1/64"])
        for name in now:
            if name not in (host, "eth1", "lo"):
                self.assertEqual(addresses(name), [], name)
        self.assertIn(f"default via 192.0.2.254 dev {host} metric 100",
                      ip("route"))
        self.assertIn(f"10.1.0.0/16 via 192.0.2.253 dev {host}", ip("route"))
        self.assertIn(f"default via fd00:2::fe dev {host}",
                      ip("-6", "route"))

    def test_each_style_there_and_back(self):
        before = look()
        for text in (PLAIN, OLD, NEW):
            self.write(text)
            self.good("apply")
            self.assert_style(text)
            self.assertIn("nothing to change", self.good("diff"))
            self.write("")
            self.assertEqual(self.json("apply")["plan"]["left"], [])
            self.assert_looks(before)
            self.assert_style("")
        self.assert_nothing_pending()

    def test_each_style_becomes_each(self):
        before = look()
        for text in (PLAIN, OLD, NEW, PLAIN, NEW, OLD, PLAIN):
            self.write(text)
            self.good("apply")
            self.assert_style(text)
            # And it is known afterwards whose it is.
            self.assertIn("nothing to change", self.good("apply"))
        self.write("")
        self.good("apply")
        self.assert_looks(before)

    def test_a_style_is_confirmed_rolled_back_and_recovered(self):
        before = look()
        for text in (OLD, NEW):
            self.write(text)
            self.good("apply", "--confirm", "1000")
            self.assert_style(text)
            self.good("rollback")
            self.assert_looks(before)
            self.good("apply", "--confirm", "1000")
            self.good("confirm", "--force")
            self.assert_style(text)
            confirmed = look()
            # Another style, which is not confirmed.
            other = NEW if text == OLD else OLD
            self.write(other)
            self.good("apply", "--confirm", "1000")
            self.assert_style(other)
            self.good("rollback")
            self.assert_looks(confirmed)
            # Its watchdog dies: the next command takes it back.
            self.good("apply", "--confirm", "1000")
            os.kill(self.watchdog(), signal.SIGKILL)
            self.reap()
            self.good("recover")
            self.assert_looks(confirmed)
            self.write("")
            self.good("apply")
            self.assert_looks(before)
        self.assert_nothing_pending()

    def test_the_old_styles_keys_go_to_their_links(self):
        self.write(OLD + "vifnum = 3\naddress = 192.0.2.1/24 203.0.113.7/28\n"
                   "gateway = 203.0.113.14\nmtu = 1380\nstp = off\n"
                   "netdev-cost = 33\nageing = 77\n")
        self.good("apply")
        now = links()
        self.assertEqual(addresses("eth0"),
                         ["192.0.2.1/24", "203.0.113.7/28"])
        self.assertEqual(addresses("xenbr0"), [])
        self.assertIn("default via 203.0.113.14 dev eth0", ip("route"))
        self.assertEqual({now[name]["mtu"] for name in
                          ("xenbr0", "peth0", "eth0", "vif0.3")}, {1380})
        self.assertEqual(self.bridge()["ageing_time"], 7700)
        self.assertEqual(
            now["peth0"]["linkinfo"]["info_slave_data"]["cost"], 33)
        self.assertEqual(now["vif0.3"]["address"], "fe:ff:ff:ff:ff:ff")
        # Another number is another pair, and no number is any.
        self.write(OLD + "vifnum = 4\n")
        self.good("apply")
        self.assertNotIn("vif0.3", links())
        self.assertEqual(links()["vif0.4"]["master"], "xenbr0")
        self.write(OLD)
        self.assertIn("nothing to change", self.good("apply"))

    def test_a_guest_in_each_style(self):
        for text, bridge in ((OLD, "xenbr0"), (NEW, "eth0")):
            self.write(text)
            self.good("apply")
            ip("tuntap", "add", "vif1.0", "mode", "tap")
            ip("link", "set", "vif1.0", "master", bridge)
            before = look()
            self.write("")
            self.assertIn(f"bridge {bridge} is no longer wanted, but vif1.0 "
                          "is on it", self.good("apply"))
            self.assert_looks(before)
            # Nor can another bridge have its NIC.
            self.write(NEW if text == OLD else OLD)
            self.bad("apply", says=f"netdev=eth0: bridge {bridge} has it, and "
                     "vif1.0 is on that bridge")
            self.assert_looks(before)
            ip("link", "del", "vif1.0")
            self.write("")
            self.good("apply")
            self.assert_style("")

    def test_a_guest_stays_while_the_style_changes(self):
        self.write(PLAIN)
        self.good("apply")
        ip("tuntap", "add", "vif1.0", "mode", "tap")
        ip("link", "set", "vif1.0", "master", "xenbr0")
        index = links()["xenbr0"]["ifindex"]
        for text in (OLD, PLAIN):
            self.write(text)
            self.good("apply")
            self.assertEqual(links()["xenbr0"]["ifindex"], index)
            self.assertEqual(links()["vif1.0"]["master"], "xenbr0")
            self.assertNotIn("NOARP",
                             links()["eth0" if text == OLD
                                     else "xenbr0"]["flags"])
            ip("link", "del", "vif1.0")
            self.assert_style(text)
            ip("tuntap", "add", "vif1.0", "mode", "tap")
            ip("link", "set", "vif1.0", "master", "xenbr0")

    def test_a_nic_that_vanishes(self):
        for text in (PLAIN, OLD, NEW):
            self.write(text)
            self.good("apply")
            ip("link", "del", "wire0")
            before = look()
            self.bad("apply", says=f"{self.conf}:1:1: [bridge ")
            self.assert_looks(before)
            self.write("")
            self.good("apply")
            self.assertEqual(set(links()), {"lo", "eth1", "wire1"})
            ip("link", "add", "eth0", "type", "veth", "peer", "name", "wire0")

    def test_network_bridge_and_the_file(self):
        """What the script did is taken as it is, and given back."""
        script = str(bed.BUILD / "scripts" / "network-bridge")
        before = look()
        for style, text in (("old", OLD), ("new", NEW), ("direct", PLAIN)):
            subprocess.run([script, "start", f"style={style}", "netdev=eth0",
                            "vifnum=0"], check=True)
            started = look()
            self.write(text)
            self.assertIn("nothing to change", self.good("apply"))
            self.assert_looks(started)
            self.assert_style(text)
            subprocess.run([script, "stop", "netdev=eth0"], check=True)
            self.assert_looks(before)
            self.good("apply")
            self.assert_style(text)
            self.write("")
            self.good("apply")
            self.assert_looks(before)

    def test_stp_and_its_delay_change_together(self):
        # Without a port there is nothing to wait for.
        self.write("[bridge xenbr0]\nstp = on\n")
        self.good("apply")
        self.assertEqual((self.bridge()["stp_state"],
                          self.bridge()["forward_delay"]), (1, 1500))
        self.write("[bridge xenbr0]\nstp = off\nforward-delay = 0\n")
        self.good("apply")
        self.assertEqual((self.bridge()["stp_state"],
                          self.bridge()["forward_delay"]), (0, 0))

    def test_a_mac_is_the_same_each_time(self):
        self.write("[bridge xenlan]\n[bridge xenlan2]\n")
        self.good("apply")
        first = links()["xenlan"]["address"]
        self.assertNotEqual(first, links()["xenlan2"]["address"])
        self.assertEqual(int(first[:2], 16) & 3, 2)
        self.write("")
        self.good("apply")
        self.write("[bridge xenlan]\n")
        self.good("apply")
        self.assertEqual(links()["xenlan"]["address"], first)

    def refused(self, text, says):
        before = look()
        self.write(text)
        self.bad("diff", says=says)
        self.bad("apply", says=says)
        self.assert_looks(before)
        if self.state.exists():
            self.assert_nothing_pending()

    def test_what_cannot_be_is_refused(self):
        place = f"{self.conf}:1:1: [bridge xenbr0]: "
        self.refused("[bridge xenbr0]\nnetdev = eth9\n",
                     place + "link eth9: not there")
        self.refused("[bridge xenbr0]\nnetdev = eth0\nstyle = new\n",
                     f"{self.conf}:3:9: style=new: the bridge takes the NIC's "
                     "name, so it is [bridge eth0]")
        self.refused(OLD + "mac = 02:00:00:00:00:01\n",
                     f"{self.conf}:4:7: mac: not with style=old")
        self.refused("[bridge xenbr0]\nnetdev = eth0\naddress = dhcp\n",
                     "address=dhcp: no DHCP client")
        self.refused("[bridge eth1]\n", "link eth1 is there, and no bridge")
        self.refused("[bridge xenbr0]\nnetdev = lo\n",
                     "link lo cannot be a port")
        self.refused("[bridge xenbr0]\nnetdv = eth0\n",
                     "did you mean 'netdev'?")
        ip("link", "add", "other0", "type", "bridge")
        ip("link", "set", "eth1", "master", "other0")
        self.refused("[bridge xenbr0]\nnetdev = eth1\n",
                     "link eth1 is another's port")

    def test_vlan_filtering_is_probed_for(self):
        ip("link", "add", "probe0", "type", "bridge")
        data = links()["probe0"]["linkinfo"]["info_data"]
        has = data.get("vlan_default_pvid", 0) != 0
        self.write("[bridge xenlan]\nvlan-filtering = off\n")
        self.good("apply")
        self.write("[bridge xenlan]\nvlan-filtering = on\n"
                   "vlan-default-pvid = 7\n")
        if not has:
            self.bad("apply", says="this kernel's bridges cannot filter VLANs")
            return
        # Also while it filters, which the kernel does not take as it is.
        for pvid in (7, 8):
            self.write("[bridge xenlan]\nvlan-filtering = on\n"
                       f"vlan-default-pvid = {pvid}\n")
            self.good("apply")
            data = links()["xenlan"]["linkinfo"]["info_data"]
            self.assertEqual(
                (data["vlan_filtering"], data["vlan_default_pvid"]),
                (1, pvid))

    def test_a_failed_apply_leaves_all_as_before(self):
        # The NIC's frames are another's already: the kernel says so when the
        # bridge is there.
        ip("link", "add", "link", "eth0", "name", "mv0", "type", "macvlan",
           "mode", "bridge")
        before = look()
        self.write(PLAIN)
        text = self.bad("apply", says="eth0: master")
        self.assertIn("all is as before", text)
        self.assert_looks(before)
        self.assert_nothing_pending()
        # Nor does it stay in the way.
        ip("link", "del", "mv0")
        self.good("apply")
        self.assertIn("xenbr0", links())

    def test_a_full_disk_leaves_all_as_before(self):
        self.state.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700",
                        "tmpfs", str(self.state)], check=True)
        self.addCleanup(subprocess.run, ["umount", str(self.state)],
                        check=True)
        self.write(PLAIN)
        before = look()
        # Nothing fits; then the record does, and not the journal.
        for room in (0, 4096):
            filler = self.state / "filler"
            filler.unlink(missing_ok=True)
            with open(filler, "wb", buffering=0) as file:
                try:
                    while file.write(b"x" * 4096):
                        pass
                except OSError:
                    pass
                file.truncate(max(0, file.tell() - room))
            self.bad("apply", says="No space left on device")
            self.assert_looks(before)
            self.assert_nothing_pending()
        (self.state / "filler").unlink()
        self.good("apply")
        self.assertIn("xenbr0", links())

    def test_the_link_of_this_login_is_asked_for_twice(self):
        over0 = self.login(ssh="203.0.113.5 40000 192.0.2.1 22")
        self.write(PLAIN)
        before = look()
        says = "this touches a link that this SSH session comes over"
        self.assertIn(says, self.good("diff", session=over0))
        self.bad("apply", session=over0, says=says)
        self.bad("apply", "--force", session=over0, says=says)
        self.assert_looks(before)
        self.good("apply", "--force", "--force", session=over0)
        self.assertIn("xenbr0", links())

    def test_a_renamed_link_of_this_login_is_asked_for_twice(self):
        over0 = self.login(ssh="203.0.113.5 40000 192.0.2.1 22")
        says = "this touches a link that this SSH session comes over"
        # Each from the one before: to take, to change, and to give back.
        for text in (OLD, NEW, OLD, PLAIN, NEW, ""):
            before = look()
            self.write(text)
            self.assertIn(says, self.good("diff", session=over0))
            self.bad("apply", session=over0, says=says)
            self.bad("apply", "--force", session=over0, says=says)
            self.assert_looks(before)
            self.good("apply", "--force", "--force", session=over0)
            self.assert_style(text)

    def play(self, name):
        """A process of that name; returns what ends it."""
        program = self.folder / name
        shutil.copy("/bin/cat", program)
        process = subprocess.Popen([str(program)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        process.stdin.write(b"ready\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"ready\n")

        def end():
            if process.poll() is None:
                process.communicate()
        self.addCleanup(end)
        return end

    def held(self, text, says):
        before = look()
        self.write(text)
        self.assertIn(says, self.good("diff"))
        self.assertIn(says, self.json("diff")["held"][0])
        said = self.bad("apply", says=says)
        self.assertIn("; --force does it all the same", said)
        self.assert_looks(before)
        self.assert_nothing_pending()

    def test_who_keeps_a_lease_by_the_name(self):
        end = self.play("udhcpc")
        self.held(PLAIN, "keeps the lease of eth0, and would not on xenbr0")
        # The name stays, to and fro.
        for text in (OLD, NEW, ""):
            self.write(text)
            self.assertEqual(self.json("diff")["held"], [])
            self.good("apply")
            self.assert_style(text)
        self.write(OLD)
        self.good("apply")
        self.held(PLAIN, "keeps the lease of eth0, and would not on xenbr0")
        self.good("apply", "--force")
        self.assert_style(PLAIN)
        # Without him nobody is in the way, and he is not in that of what
        # stays.
        self.assertIn("nothing to change", self.good("apply"))
        end()
        for text in (OLD, PLAIN):
            self.write(text)
            self.good("apply")
            self.assert_style(text)

    def test_who_manages_a_nic(self):
        self.write("[bridge xenlan]\n")
        self.play("dhcpcd")
        # No NIC is touched.
        self.good("apply")
        for text in (PLAIN, OLD, NEW):
            self.held(text, "manages eth0 and would undo this")
            self.good("apply", "--force")
            self.assert_style(text)
            # The way back is always open.
            self.write("")
            self.bad("apply", says="dhcpcd")
            self.good("apply", "--force", "--confirm", "1000")
            self.assert_style("")
            self.good("rollback")
            self.assert_style(text)
            self.write("")
            self.good("apply", "--force")
        self.write(OLD)
        self.good("apply", "--force")
        subprocess.run([str(bed.BUILD / "scripts" / "network-bridge"), "stop",
                        "netdev=eth0", "force=yes"], check=True)
        self.assert_style("")
        self.good("recover", "--boot")
        self.assert_style(OLD)

    def test_a_bridge_that_the_manager_made_is_taken_as_it_is(self):
        self.play("dhcpcd")
        # A positive control: to move his NIC is refused.
        self.held(PLAIN, "manages eth0 and would undo this")
        # Now he has made the bridge, and has his lease there.
        ip("""
link add xenbr0 type bridge
link set xenbr0 addrgenmode none up
link set eth0 master xenbr0
addr flush dev eth0
route flush dev eth0
route del default via fd00:2::fe
addr add 192.0.2.1/24 dev xenbr0 valid_lft 3600 preferred_lft 3600
route add default via 192.0.2.254 dev xenbr0 proto dhcp
""")
        self.wait_until(lambda: links()["xenbr0"]["operstate"] == "UP",
                        "the bridge does not come up")
        before = look()
        for text in (PLAIN, "[bridge xenbr0]\n"):
            self.write(text)
            # From the one to the other the NIC would be given back.
            if text != PLAIN:
                (self.state / "confirmed.json").unlink()
            self.assertEqual(self.json("diff")["held"], [])
            self.good("apply")
            self.assert_looks(before)
            self.write(text + "ageing = 77\n")
            self.good("apply")
            self.assertEqual(self.bridge()["ageing_time"], 7700)
            self.write(text)
            self.good("apply")
            self.assert_looks(before)
        # Without its section it is as he made it.
        self.write("")
        self.good("apply")
        self.assert_looks(before)

    def test_another_way_in_needs_no_asking(self):
        over1 = self.login(ssh="198.51.100.9 40000 198.51.100.1 22")
        self.write(PLAIN)
        # Over another NIC that has no part in it.
        self.assertNotIn("comes over", self.good("diff", session=over1))
        # Over this one, but there is another default route.
        ip("route", "add", "default", "via", "198.51.100.254", "metric",
           "200")
        over0 = self.login(ssh="203.0.113.5 40000 192.0.2.1 22")
        self.good("apply", session=over0)
        # What does not touch the NIC is no matter either.
        ip("route", "del", "default", "via", "198.51.100.254")
        self.write(PLAIN + "ageing = 77\n")
        self.good("apply", session=over0)

    def test_the_folder_is_roots(self):
        self.write(PLAIN)
        self.state.mkdir(mode=0o777)
        self.state.chmod(0o777)
        self.bad("apply", says="others could write there")
        self.state.chmod(0o700)
        self.good("apply")
        confirmed = self.state / "confirmed.json"
        confirmed.chmod(0o666)
        self.bad("apply", says="others could have written it")
        confirmed.chmod(0o600)
        record = json.loads(confirmed.read_text())
        for key, value in (("version", 2), ("boot", 5), ("namespace", "-1"),
                           ("ours", [{"bridge": "a/b"}]), ("id", None),
                           ("confirm_s", 1 << 40), ("ssh", "me"),
                           ("audit_session", -2), ("conf", 3)):
            confirmed.write_text(json.dumps({**record, key: value}))
            self.bad("apply", says=str(confirmed))
        for text in ("", "{", "[]", "\0" * 100, "x" * (2 << 20)):
            confirmed.write_text(text)
            self.bad("apply", says=str(confirmed))
        confirmed.write_text(json.dumps(record))
        self.good("apply")

    def test_usage(self):
        for words in (("apply", "x"), ("diff", "x"), ("confirm", "x"),
                      ("apply", "--confirm", "0"), ("rollback", "--force"),
                      ("apply", "--confirm", "never"),
                      ("apply", "--confirm", "86401"), ("apply", "--boot"),
                      ("diff", "--dry-run"), ("status", "--state", "/x")):
            status, text = self.session.run(*words)
            self.assertEqual(status, 2, text)


if __name__ == "__main__":
    if not pathlib.Path(bed.XENPLANE).exists():
        sys.exit(77)
    unittest.main()
