#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplane diff and apply: what of xenplane.conf is in force afterwards, what
is refused, and what becomes of what the file no longer names."""
import json
import pathlib
import subprocess
import sys
import unittest

import bed
from bed import addresses, ip, links, look

PLAIN = "[bridge xenbr0]\nnetdev = eth0\n"
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
        self.refused("[bridge xenbr0]\nnetdev = eth0\nstyle = old\n",
                     "style=old cannot be applied from the file yet")
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
