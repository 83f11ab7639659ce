#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a twin is: what `vif set` says of bridge and MTU, in the kernel and in
the store; vifs that the file knows by name; and what others change."""
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from bed import BUILD, LIMIT, POLICY, DaemonCase, ip, link, wait_until


class Case(DaemonCase):
    def setUp(self):
        super().setUp()
        ip("link", "add", "xenbr1", "type", "bridge", "forward_delay", "0")
        self.addCleanup(ip, "link", "del", "xenbr1")
        ip("link", "set", "xenbr1", "up")

    def set(self, *pairs, vif="vif1.0"):
        answer = self.ask("vif-set", vif=vif, settings=list(pairs))
        self.assertIsInstance(answer, dict, answer)
        return answer

    def refused(self, words, *pairs):
        answer = self.ask("vif-set", vif="vif1.0", settings=list(pairs))
        self.assertIsInstance(answer, str)
        self.assertIn(words, answer)

    def holds(self, key, vif="vif1.0"):
        setting = self.ask("vif-show", vif=vif)["settings"][key]
        return setting["value"], setting["from"]

    def backend(self, key, domid=1):
        return self.read_store(self.back(domid, key))

    def libxl(self, key, domid=1):
        return self.read_store(f"/libxl/{domid}/device/vif/0/{key}")

    def restart_daemon(self):
        """As after a crash, with nobody who keeps descriptors."""
        self.daemon.kill()
        self.daemon.wait()
        self.processes.remove(self.daemon)
        self.start_daemon()


class Set(Case):
    def test_a_bridge_is_changed_live_and_in_the_store(self):
        self.write_store("/libxl/1/device/vif/0/frontend", "x",
                         "/libxl/1/device/vif/0/bridge", "xenbr0")
        self.attach(bridge="xenbr0")
        self.set("bridge=xenbr1")
        self.assertEqual(link("vif1.0")["master"], "xenbr1")
        self.assertEqual(self.backend("bridge"), "xenbr1")
        self.assertEqual(self.libxl("bridge"), "xenbr1")
        self.netback.take_port(fast=1, hold=0)
        vif = self.vif()
        self.assertEqual((vif["bridge"], vif["place"]["bridge"],
                          vif["place"]["saved"]), ("xenbr1", "xenbr1", True))
        self.assertEqual(vif["drift"]["now"], [])
        self.set("bridge=default")
        self.assertEqual(link("vif1.0")["master"], "xenbr0")
        self.assertEqual((self.backend("bridge"), self.libxl("bridge")),
                         ("xenbr0", "xenbr0"))
        self.assertIsNone(self.backend("xenplane/was-bridge"))
        self.assertIsNone(self.backend("xenplane/set"))
        self.assertEqual(self.state(), "4")

    def test_what_libxl_does_not_have_is_not_made(self):
        self.attach(bridge="xenbr0")
        self.set("bridge=xenbr1", "mtu=1400")
        self.assertEqual(self.backend("mtu"), "1400")
        self.assertIsNone(self.read_store("/libxl/1"))

    def test_a_key_that_somebody_took_away_meanwhile_stays_away(self):
        self.attach(rate="62500,50000", bridge="xenbr0")
        self.set("rate=20Mb/s")
        self.remove(self.back(1, "rate"))
        self.set("rate=default")
        self.assertIsNone(self.backend("rate"))
        self.assertIsNone(self.backend("xenplane/was-rate"))
        self.assertEqual(self.holds("rate"), ("off", "built in"))

    def test_each_key_of_the_toolstack_is_written_and_given_back(self):
        self.attach(rate="62500,50000", ip="10.0.0.5")
        self.set("rate=20Mb/s", "ip=10.0.0.6 fd00::/64", "mtu=1400",
                 "isolated=on")
        self.assertEqual(
            [self.backend(key) for key in ("rate", "ip", "mtu")],
            ["125000,50000", "10.0.0.6 fd00::/64", "1400"])
        self.assertEqual(link("vif1.0")["mtu"], 1400)
        self.netback.take_port(mtu=1400, hold=0)
        self.assertEqual(
            set(self.backend("xenplane/set").split("\\n")),
            {"rate=20Mb/s", "ip=10.0.0.6 fd00::/64", "mtu=1400",
             "isolated=on"})
        self.set("rate=off", "ip=none")
        self.assertEqual((self.backend("rate"), self.backend("ip")),
                         (None, None))
        self.set("rate=default", "ip=default", "mtu=default",
                 "isolated=default")
        self.assertEqual(
            [self.backend(key) for key in ("rate", "ip", "mtu",
                                           "xenplane/set")],
            ["62500,50000", "10.0.0.5", None, None])
        self.assertEqual(link("vif1.0")["mtu"], 1500)
        self.assertEqual(self.holds("rate"), ("10Mb/s", "store"))

    def test_what_is_wrong_changes_nothing(self):
        self.attach(bridge="xenbr0")
        ip("link", "add", "nobridge", "type", "veth", "peer", "nopeer")
        self.addCleanup(ip, "link", "del", "nobridge")
        for pairs, words in (
                (("bridge=nowhere",), "no such bridge"),
                (("bridge=nobridge",), "no bridge"),
                (("bridge=",), "name of a bridge"),
                (("bridge=../xenbr1",), "name of a bridge"),
                (("bridge=" + "x" * 16,), "name of a bridge"),
                (("bridge=xen br",), "name of a bridge"),
                (("bridge=vif%d",), "name of a bridge"),
                (("mtu=67",), "68 to 65517"), (("mtu=65518",), "68 to 65517"),
                (("mtu=-1",), "68 to 65517"), (("mtu=",), "68 to 65517"),
                (("mtu=1400", "bridge=nowhere"), "no such bridge"),
                (("bridge=xenbr1", "rate=fast"), "rate=fast"),
                (("bridge=xenbr1\nmtu=68",), "name of a bridge")):
            with self.subTest(pairs):
                self.refused(words, *pairs)
                there = link("vif1.0")
                self.assertEqual((there["master"], there["mtu"]),
                                 ("xenbr0", 1500))
                self.assertIsNone(self.backend("xenplane/set"))
                self.assertEqual(self.backend("bridge"), "xenbr0")
        self.set("bridge=xenbr1", "mtu=1400")  # what is right does
        there = link("vif1.0")
        self.assertEqual((there["master"], there["mtu"]), ("xenbr1", 1400))

    def test_the_command_line_takes_them_for_vifs_alone(self):
        self.attach()

        def xenplane(*words):
            return subprocess.run(
                [BUILD / "bin/xenplane", *words, "--socket", self.socket],
                capture_output=True, text=True, check=False, timeout=LIMIT)
        for words in (("vif", "set", "vif1.0", "mtu=x"),
                      ("vif", "set", "vif1.0", "bridge=a/b"),
                      ("bridge", "set", "xenbr0", "mtu=1400"),
                      ("bridge", "set", "xenbr0", "bridge=xenbr1")):
            with self.subTest(words):
                done = xenplane(*words)
                self.assertEqual(done.returncode, 2, done)
        process = subprocess.Popen(
            [BUILD / "bin/xenplane", "vif", "set", "vif1.0", "mtu=1300",
             "--socket", self.socket], stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        self.netback.take_port(mtu=1300, hold=0)
        self.netback.confirm_while(lambda: process.poll() is None)
        self.assertEqual((process.returncode, process.stderr.read()), (0, ""))
        process.stderr.close()
        self.assertEqual(link("vif1.0")["mtu"], 1300)
        shown = xenplane("vif", "show", "vif1.0").stdout
        self.assertIn("bridge xenbr0, mtu 1300 (vif set)", shown)

    def test_a_store_that_is_away_gets_it_later(self):
        self.attach()
        os.kill(self.store.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.store.pid, signal.SIGCONT)
        wait_until(lambda: not self.ask("status")["store"]
                   or self.set("storm=1") is None, "its time limit")
        vif = self.set("rate=20Mb/s", "bridge=xenbr1")
        self.assertFalse(vif["place"]["saved"])
        self.assertEqual(link("vif1.0")["master"], "xenbr1")
        os.kill(self.store.pid, signal.SIGCONT)
        wait_until(lambda: self.backend("rate") == "125000,50000",
                   "what was set")
        self.assertEqual(self.backend("bridge"), "xenbr1")
        self.assertTrue(self.vif()["place"]["saved"])

    def test_it_holds_after_a_restart(self):
        self.attach(vifname="web0")
        self.set("isolated=on", "rate=20Mb/s", "bridge=xenbr1", "mtu=1400")
        ip("link", "set", "vif1.0", "down")
        ip("link", "set", "vif1.0", "name", "web0")
        ip("link", "set", "web0", "up")
        self.restart_daemon()
        self.netback.take_add()
        policy = self.netback.expect(POLICY)
        self.assertEqual((policy.isolated, policy.rate_bytes), (1, 125000))
        self.netback.take_port(fast=1, hold=0, mtu=1400, twin_up=1)
        self.wait_connected()
        there = link("web0")  # as it was, though it is a new one
        self.assertEqual((there["master"], there["mtu"]), ("xenbr1", 1400))
        self.assertEqual(self.vif()["place"]["from"], "vif set")
        self.set("bridge=default", "mtu=default")
        there = link("web0")
        self.assertEqual((there["master"], there["mtu"]), ("xenbr0", 1500))

    def test_what_somebody_else_wrote_there_is_not_taken(self):
        self.create(bridge="xenbr0", **{
            "xenplane/set": "isolated=on\nrate=much",
            "xenplane/placed": "a/b 1500"})
        self.wait_state(2)
        self.assertEqual(self.holds("isolated"), ("off", "built in"))
        self.assertEqual(self.vif()["place"]["from"], "nobody yet")
        self.create(2, bridge="xenbr0", **{"xenplane/set": "isolated=on"})
        self.wait_state(2, 2)
        self.assertEqual(self.holds("isolated", "vif2.0"), ("on", "vif set"))


class Routed(Case):
    """A group with mode = routed, and somebody who looks like the script."""
    CONFIG = """\
[bridge hosting]
mode = routed
netdev = xenbr0
address = 192.0.2.1/32
prefix = 198.51.100.0/24
"""
    OWN = "198.51.100.10"

    def setUp(self):
        super().setUp()
        self.addCleanup(self.remove_twin)

    def remove_twin(self):
        """The daemon's end takes the twin along, and not what was held."""
        self.set("bridge=xenbr0")

    def routes(self):
        return subprocess.run(
            ["ip", "-o", "route", "show", "dev", "vif1.0"], check=True,
            capture_output=True, text=True, timeout=LIMIT).stdout

    def attach_routed(self):
        self.create(bridge="hosting", ip=self.OWN)
        self.wait_state(2)
        self.connect_frontend()
        self.netback.take_add()
        self.hotplug(bridge=None)
        self.netback.take_port(twin_up=1)
        self.wait_connected()

    def test_what_the_script_left_in_no_bridge_is_in_the_group(self):
        self.attach_routed()
        self.assertEqual(self.vif()["place"]["bridge"], "hosting")
        self.assertEqual(self.vif()["drift"]["now"], [])
        self.assertEqual(self.routes(), "")
        self.set("ip=198.51.100.11")
        self.assertIn("198.51.100.11 ", self.routes())
        self.assertIn("src 192.0.2.1", self.routes())
        self.refused("is not for guests of [bridge hosting]", "ip=10.0.0.1")
        self.assertIn("198.51.100.11 ", self.routes())
        self.set("ip=default")
        self.wait_routed(self.OWN)
        self.assertNotIn("198.51.100.11 ", self.routes())

    def wait_routed(self, address):
        wait_until(lambda: f"{address} " in self.routes(), address)

    def test_new_words_of_store_and_file_are_followed(self):
        self.attach_routed()
        self.write_store(self.back(1, "ip"), "198.51.100.12")
        self.wait_routed("198.51.100.12")
        self.config.write_text(self.CONFIG + "[vif 00:16:3e:00:00:01]\n"
                               "ip = 198.51.100.13\n")
        self.daemon.send_signal(signal.SIGHUP)
        self.wait_routed("198.51.100.13")
        self.assertNotIn("198.51.100.12 ", self.routes())
        # One that is not for the group is not taken.
        self.config.write_text(self.CONFIG + "[vif 00:16:3e:00:00:01]\n"
                               "ip = 10.0.0.1\n")
        self.daemon.send_signal(signal.SIGHUP)
        wait_until(lambda: self.holds("ip")[0] == "10.0.0.1", "the file")
        self.assertNotIn("10.0.0.1 ", self.routes())

    def test_a_twin_that_is_new_gets_its_routes(self):
        self.attach_routed()
        self.set("bridge=hosting")
        before = self.routes()
        self.assertIn(f"{self.OWN} ", before)
        self.restart_daemon()
        self.netback.take_add()
        self.netback.take_port(twin_up=1)
        self.wait_connected()
        self.assertEqual(self.routes(), before)
        self.assertNotIn("master", link("vif1.0"))


class Names(Case):
    CONFIG = """\
[vif web0]
storm = 7
rate = 8Mb/s

[vif vif2.0]
storm = 9

[vif 00:16:3e:00:00:03]
storm = 3

[vif web3]
storm = 4
bpdu = drop
"""

    def test_the_name_that_the_toolstack_gives(self):
        self.create(vifname="web0", rate="7,50000")
        self.wait_state(2)
        self.assertEqual(self.holds("storm"), ("7", "file: vif's name"))
        self.assertEqual(self.holds("rate"), ("8Mb/s", "file: vif's name"))
        ip("link", "set", "vif1.0", "name", "web0")
        wait_until(lambda: self.ask("vif-show", vif="web0")["name"] == "web0",
                   "the new name")
        self.assertEqual(self.holds("storm"), ("7", "file: vif's name"))
        ip("link", "set", "web0", "name", "other")
        wait_until(lambda: self.holds("storm") == ("off", "built in"),
                   "another name")

    def test_the_first_name_counts_when_there_is_no_other(self):
        self.create(2)
        self.wait_state(2, 2)
        self.assertEqual(self.holds("storm", "vif2.0"),
                         ("9", "file: vif's name"))
        self.write_store(self.back(2, "vifname"), "web0")
        wait_until(lambda: self.holds("storm", "vif2.0")[0] == "7",
                   "the toolstack's name")
        self.write_store(self.back(2, "vifname"), "a/b")
        wait_until(lambda: self.holds("storm", "vif2.0")[0] == "9",
                   "none that a link can have")

    def test_the_address_counts_more_than_the_name(self):
        self.create(3, vifname="web3")
        self.wait_state(2, 3)
        self.assertEqual(self.holds("storm", "vif3.0"), ("3", "file: vif"))
        self.assertEqual(self.holds("bpdu", "vif3.0"),
                         ("drop", "file: vif's name"))


class Drift(Case):
    CONFIG = "[vif 00:16:3e:00:00:02]\nrepair = on\n"

    def drift(self, domid=1):
        return self.vif(domid)["drift"]

    def wait_drift(self, words, domid=1):
        wait_until(lambda: self.drift(domid)["now"] == words, str(words))

    def test_it_is_said_and_left(self):
        self.attach()
        self.assertEqual(self.drift(), {"now": [], "noticed": 0,
                                        "repaired": 0})
        ip("link", "set", "vif1.0", "nomaster")
        self.wait_drift(["in bridge none, not xenbr0"])
        self.assertEqual(self.ask("status")["drifted"], 1)
        ip("link", "set", "vif1.0", "master", "xenbr1")
        self.wait_drift(["in bridge xenbr1, not xenbr0"])
        ip("link", "set", "vif1.0", "mtu", "1400")
        ip("link", "set", "vif1.0", "down")
        self.wait_drift(["in bridge xenbr1, not xenbr0",
                         "mtu 1400, not 1500", "down"])
        there = link("vif1.0")
        self.assertEqual((there["master"], there["mtu"]), ("xenbr1", 1400))
        ip("link", "set", "vif1.0", "up")
        self.set("bridge=xenbr1", "mtu=1400")  # now it is asked for
        self.wait_drift([])
        self.assertEqual(self.ask("status")["drifted"], 0)
        self.assertEqual(self.drift()["repaired"], 0)

    def test_it_is_repaired_where_that_is_asked_for(self):
        self.attach(2)
        for words, undone in (
                (("nomaster",), lambda there: there.get("master") == "xenbr0"),
                (("master", "xenbr1"),
                 lambda there: there.get("master") == "xenbr0"),
                (("mtu", "1400"), lambda there: there["mtu"] == 1500),
                (("down",), lambda there: "UP" in there["flags"])):
            with self.subTest(words):
                before = self.drift(2)["repaired"]
                ip("link", "set", "vif2.0", *words)
                wait_until(lambda done=undone: done(link("vif2.0")),
                           "the repair")
                self.wait_drift([], 2)
                self.assertGreater(self.drift(2)["repaired"], before)
        self.netback.confirm_while(lambda: self.vif(2)["path"] != "fast")
        self.assertEqual(self.state(2), "4")

    def test_default_is_the_scripts_place_whoever_moved_it(self):
        self.attach()
        ip("link", "set", "vif1.0", "master", "xenbr1")
        ip("link", "set", "vif1.0", "mtu", "1400")
        self.wait_drift(["in bridge xenbr1, not xenbr0",
                         "mtu 1400, not 1500"])
        self.set("storm=5")  # which speaks of something else
        self.assertEqual(link("vif1.0")["master"], "xenbr1")
        self.set("bridge=default", "mtu=default")
        self.assertEqual((link("vif1.0")["master"], link("vif1.0")["mtu"]),
                         ("xenbr0", 1500))
        self.assertEqual(self.drift()["now"], [])

    def test_repair_may_be_told_later(self):
        self.attach()
        ip("link", "set", "vif1.0", "nomaster")
        self.wait_drift(["in bridge none, not xenbr0"])
        self.set("repair=on")
        self.assertEqual(link("vif1.0")["master"], "xenbr0")
        self.assertEqual(self.drift()["now"], [])

    def test_a_bridge_that_comes_back(self):
        self.attach(2)
        ip("link", "set", "vif2.0", "master", "xenbr1")
        wait_until(lambda: link("vif2.0")["master"] == "xenbr0", "the repair")
        ip("link", "del", "xenbr0")
        self.wait_drift(["in bridge none, not xenbr0"], 2)
        ip("link", "add", "xenbr0", "type", "bridge", "forward_delay", "0")
        wait_until(lambda: link("vif2.0").get("master") == "xenbr0",
                   "the repair")
        self.wait_drift([], 2)

    def test_isolation_is_set_again_and_said(self):
        self.attach()
        self.assertTrue(link("vif1.0")["linkinfo"]["info_slave_data"]
                        ["isolated"])
        ip("link", "set", "vif1.0", "type", "bridge_slave", "isolated", "off")
        self.netback.confirm_while(
            lambda: self.drift()["repaired"] == 0
            or not link("vif1.0")["linkinfo"]["info_slave_data"]["isolated"])
        self.assertEqual(self.drift()["noticed"], 1)
        self.set("fastpath=off")  # our own change is none
        self.netback.take_port(fast=0, hold=0)
        self.assertFalse(link("vif1.0")["linkinfo"]["info_slave_data"]
                         ["isolated"])
        self.assertEqual(self.drift()["noticed"], 1)

    def test_the_toolstacks_way_out_is_none(self):
        self.attach(2)
        self.write_store(self.back(2, "online"), "0",
                         self.back(2, "state"), "5")
        self.write_store(self.front(2, "state"), "6")
        self.netback.take_del()
        self.wait_state(6, 2)
        ip("link", "set", "vif2.0", "nomaster")
        ip("link", "set", "vif2.0", "down")
        wait_until(lambda: self.vif(2)["bridge"] is None, "its place")
        self.assertEqual(self.drift(2), {"now": [], "noticed": 0,
                                         "repaired": 0})
        self.assertIsNone(link("vif2.0").get("master"))

    def test_a_fight_is_bounded(self):
        """Somebody takes it out each time that it is put back."""
        self.attach(2)
        for _ in range(30):
            ip("link", "set", "vif2.0", "nomaster")
            if self.vif(2)["drift"]["repaired"] >= 10:
                break
            wait_until(lambda: link("vif2.0").get("master")
                       or self.vif(2)["drift"]["repaired"] >= 10, "a repair")
        ip("link", "set", "vif2.0", "nomaster")
        self.wait_drift(["in bridge none, not xenbr0"], 2)
        self.assertLessEqual(self.drift(2)["repaired"], 12)


class Overflow(Case):
    def test_announcements_that_were_lost_are_looked_up(self):
        """The daemon stands still while more is announced than fits."""
        self.attach()
        os.kill(self.daemon.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.daemon.pid, signal.SIGCONT)
        lines = "link set lo mtu 65535\nlink set lo mtu 65536\n" * 20000
        subprocess.run(["ip", "-batch", "-"], input=lines, text=True,
                       check=True, timeout=120)
        sockets = pathlib.Path("/proc/net/netlink").read_text(
            encoding="ascii").splitlines()[1:]
        drops = sum(int(line.split()[8]) for line in sockets)
        self.assertGreater(drops, 0)  # else nothing is shown here
        ip("link", "set", "vif1.0", "master", "xenbr1")
        os.kill(self.daemon.pid, signal.SIGCONT)
        self.netback.confirm_while(lambda: self.vif()["bridge"] != "xenbr1")
        self.assertEqual(self.vif()["drift"]["now"],
                         ["in bridge xenbr1, not xenbr0"])
        ip("link", "set", "vif1.0", "master", "xenbr0")  # and it goes on
        self.netback.confirm_while(lambda: self.vif()["drift"]["now"] != [])


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
