#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What others change of bridges that `xenplane apply` made: xenplaned notices
it, says it once, and puts it right where `repair` is on."""
import contextlib
import json
import pathlib
import subprocess
import sys
import unittest

from bed import BUILD, DaemonCase, ip, link, wait_until

XENPLANE = BUILD / "bin" / "xenplane"
FILE = """
[bridge xenbr1]
netdev = up0
address = 192.0.2.1/24
gateway = 192.0.2.254
ageing = 120
mtu = 1400
stp = off
multicast-snooping = on

[bridge xenlan]
"""


def addresses(name):
    return [f"{a['local']}/{a['prefixlen']}"
            for entry in json.loads(ip("-j", "-4", "addr", "show", name))
            for a in entry.get("addr_info", ())]


def data(name):
    return link(name)["linkinfo"]["info_data"]


class Case(DaemonCase):
    REPAIR = ""

    @property
    def OPTIONS(self):  # pylint: disable=invalid-name
        return ("--state", str(self.folder / "state"), "--log-level", "info")

    def start(self, argv, env, **options):
        if str(argv[0]).endswith("xenplaned"):
            self.log = self.folder / "log"
            with open(self.log, "ab") as log:
                return super().start(argv, env, stderr=log, **options)
        return super().start(argv, env, **options)

    def setUp(self):
        super().setUp()
        ip("link", "add", "up0", "type", "veth", "peer", "name", "wire0")
        self.addCleanup(self.clean)
        for name in ("up0", "wire0"):
            ip("link", "set", name, "up")
        self.apply(FILE.replace("[bridge xenlan]\n",
                                "[bridge xenlan]\n" + self.REPAIR))

    @staticmethod
    def clean():
        for name in ("up0", "other0", "xenbr1", "xenbr2", "xenlan"):
            with contextlib.suppress(subprocess.CalledProcessError):
                ip("link", "del", name)

    def apply(self, text, *words):
        self.config.write_text(text)
        done = subprocess.run(
            [XENPLANE, "apply", "-f", self.config, "--state",
             self.folder / "state", *words], capture_output=True, text=True,
            check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # What the file says of `repair` is the daemon's.
        reloads = self.ask("status")["reloads"]
        self.daemon.send_signal(1)
        wait_until(lambda: self.ask("status")["reloads"] > reloads, "reload")

    def drift(self):
        return {item["bridge"]: item["words"]
                for item in self.ask("status")["bridge_drift"]}

    def wait_drift(self, bridge, words):
        wait_until(lambda: words in self.drift().get(bridge, ""),
                   f"{bridge}: {words}; it is {self.drift()}")

    def wait_none(self):
        wait_until(lambda: not self.drift(), "no drift")

    def said(self, words):
        return self.log.read_text().count(words)


class Noticed(Case):
    # What somebody does, what is said of it, and how he takes it back.
    ROWS = (
        ("link set xenbr1 type bridge ageing_time 4400",
         "change xenbr1: ageing 4400 -> 12000",
         "link set xenbr1 type bridge ageing_time 12000"),
        ("link set xenbr1 type bridge stp_state 1",
         "change xenbr1: stp 1 -> 0",
         "link set xenbr1 type bridge stp_state 0"),
        ("link set xenbr1 type bridge mcast_snooping 0",
         "multicast-snooping 0 -> 1",
         "link set xenbr1 type bridge mcast_snooping 1"),
        ("link set up0 mtu 1300", "change up0: mtu 1300 -> 1400",
         "link set up0 mtu 1400"),
        ("link set xenbr1 mtu 1300", "change xenbr1: mtu 1300 -> 1400",
         "link set xenbr1 mtu 1400"),
        ("link set up0 nomaster", "up0: master",
         "link set up0 master xenbr1"),
        ("link set up0 name up1", "link up0: not there",
         "link set up1 name up0"),
    )

    def test_each_is_said_once_and_when_it_is_over(self):
        self.wait_none()
        for number, (change, words, back) in enumerate(self.ROWS):
            ip(*change.split())
            self.wait_drift("xenbr1", words)
            self.assertEqual(list(self.drift()), ["xenbr1"])
            self.assertEqual(self.said("bridge xenbr1: changed by"),
                             number + 1)
            ip(*back.split())
            self.wait_none()
            self.assertEqual(
                self.said("bridge xenbr1: as it is asked to be again"),
                number + 1)
        self.assertEqual(self.said("; it stays so"), len(self.ROWS))

    def test_a_bridge_that_goes_or_gets_another_name(self):
        ip("link", "del", "xenlan")
        self.wait_drift("xenlan", "add bridge xenlan")
        ip("link", "set", "xenbr1", "down")
        ip("link", "set", "xenbr1", "name", "xenbr2")
        self.wait_drift("xenbr1", "link up0 is another's port")
        ip("link", "set", "xenbr2", "name", "xenbr1")
        wait_until(lambda: "xenbr1: up" in self.drift().get("xenbr1", ""),
                   "the name is back")
        # As the admin is told to.
        done = subprocess.run([XENPLANE, "rollback", "--state",
                               self.folder / "state"], capture_output=True,
                              text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_none()
        self.assertEqual(addresses("xenbr1"), ["192.0.2.1/24"])

    def test_what_is_not_said_is_nobodys_drift(self):
        ip("link", "set", "xenbr1", "type", "bridge", "priority", "4096")
        ip("addr", "add", "198.51.100.1/24", "dev", "xenlan")
        ip("addr", "add", "192.0.2.9/24", "dev", "xenbr1")
        ip("link", "add", "other0", "type", "bridge")
        # A positive control, behind the others.
        ip("link", "set", "xenbr1", "type", "bridge", "ageing_time", "4400")
        self.wait_drift("xenbr1", "ageing 4400 -> 12000")
        self.assertEqual(list(self.drift()), ["xenbr1"])

    def test_doctor_and_status_tell(self):
        def words(*argv):
            return subprocess.run([XENPLANE, *argv], capture_output=True,
                                  text=True, check=False, timeout=60).stdout

        doctor = ("doctor", "-f", self.config, "--state",
                  self.folder / "state")
        self.assertNotIn("changed by somebody else", words(*doctor))
        ip("link", "set", "xenbr1", "type", "bridge", "ageing_time", "4400")
        self.wait_drift("xenbr1", "ageing")
        self.assertIn("drift     bridge xenbr1: change xenbr1: ageing",
                      words("status", "--socket", self.socket))
        text = words(*doctor)
        self.assertIn("warning: xenbr1: changed by somebody else: it takes "
                      "\"change xenbr1: ageing 4400 -> 12000\"", text)
        self.assertIn("xenplane rollback", text)

    def test_repair_is_told_while_it_runs(self):
        for name in ("xenbr1", "xenlan"):
            ip("link", "set", name, "type", "bridge", "stp_state", "1")
            ip("link", "set", name, "down")
        self.wait_drift("xenbr1", "stp 1 -> 0")
        self.wait_drift("xenlan", "xenlan: up")
        answer = self.ask("bridge-set", bridge="xenlan",
                          settings=["repair=on"])
        self.assertIsInstance(answer, dict, answer)
        wait_until(lambda: list(self.drift()) == ["xenbr1"], "repaired")
        self.assertIn("UP", link("xenlan")["flags"])
        # Nobody has said anything of its tree.
        self.assertEqual(data("xenlan")["stp_state"], 1)

    def test_what_is_applied_meanwhile_counts(self):
        ip("link", "set", "xenbr1", "type", "bridge", "ageing_time", "4400")
        self.wait_drift("xenbr1", "ageing")
        self.apply(FILE.replace("ageing = 120", "ageing = 44"))
        self.wait_none()
        self.apply("[bridge xenlan]\n")
        self.assertIsNone(link("xenbr1"))
        ip("link", "set", "xenlan", "down")
        self.wait_drift("xenlan", "xenlan: up")
        self.assertEqual(list(self.drift()), ["xenlan"])


class Repaired(Case):
    REPAIR = "repair = on\n"

    def test_only_where_it_is_told_to(self):
        mac = link("xenlan")["address"]
        ip("link", "set", "xenbr1", "type", "bridge", "ageing_time", "4400")
        self.wait_drift("xenbr1", "ageing")
        # The one that is told to comes after the one that is not.
        ip("link", "set", "xenlan", "down")
        wait_until(lambda: "UP" in link("xenlan")["flags"], "repaired")
        ip("link", "del", "xenlan")
        wait_until(lambda: link("xenlan"), "made anew")
        wait_until(lambda: list(self.drift()) == ["xenbr1"], "settled")
        self.assertEqual(link("xenlan")["address"], mac)
        self.assertEqual(data("xenbr1")["ageing_time"], 4400)
        # It is ours still.
        self.apply("")
        self.assertIsNone(link("xenlan"))

    def test_all_of_a_bridge(self):
        self.apply("[defaults]\nrepair = on\n" + FILE)
        self.wait_none()
        for change in ("link set xenbr1 type bridge ageing_time 4400",
                       "link set up0 nomaster", "link set up0 mtu 1300",
                       "addr del 192.0.2.1/24 dev xenbr1",
                       "link set xenbr1 down", "link del xenbr1"):
            repairs = self.said("bridge xenbr1: as it is asked to be again")
            ip(*change.split())
            wait_until(lambda n=repairs: self.said(
                "bridge xenbr1: as it is asked to be again") > n, change)
            self.assertEqual(self.drift(), {}, change)
            self.assertEqual(data("xenbr1")["ageing_time"], 12000)
            self.assertEqual(addresses("xenbr1"), ["192.0.2.1/24"])
            self.assertIn("default via 192.0.2.254 dev xenbr1", ip("route"))
            for name in ("xenbr1", "up0"):
                self.assertEqual(link(name)["mtu"], 1400)
                self.assertIn("UP", link(name)["flags"])
            self.assertEqual(link("up0")["master"], "xenbr1")
        # The MTU goes back all the same.
        self.apply("")
        self.assertEqual(link("up0")["mtu"], 1500)
        self.assertEqual(self.said("not repaired"), 0)

    def test_what_somebody_added_stays_and_the_bridge_stays_ours(self):
        self.apply("[defaults]\nrepair = on\n" + FILE)
        ip("addr", "add", "192.0.2.9/24", "dev", "xenbr1")
        ip("link", "set", "xenbr1", "address", "02:00:00:00:00:77")
        ip("link", "set", "xenbr1", "type", "bridge", "ageing_time", "4400")
        wait_until(lambda: data("xenbr1")["ageing_time"] == 12000, "repaired")
        self.wait_none()
        self.assertEqual(sorted(addresses("xenbr1")),
                         ["192.0.2.1/24", "192.0.2.9/24"])
        self.apply("")
        self.assertEqual(link("up0")["mtu"], 1500)

    def test_what_cannot_be_repaired_is_not_tried(self):
        self.apply("[defaults]\nrepair = on\n" + FILE)
        ip("link", "del", "up0")
        self.wait_drift("xenbr1", "link up0: not there")
        # A positive control: the other bridge is still put right.
        ip("link", "set", "xenlan", "down")
        wait_until(lambda: "UP" in link("xenlan")["flags"], "repaired")
        self.assertEqual(self.said("not repaired"), 0)

    def test_while_one_waits_to_be_confirmed_nothing_is_done(self):
        self.apply("[defaults]\nrepair = on\n" + FILE)
        self.apply("[defaults]\nrepair = on\n" +
                   FILE.replace("ageing = 120", "ageing = 60"),
                   "--confirm", "1000")
        ip("link", "set", "xenlan", "down")
        # It is taken back: what was in force counts again, and is looked at.
        done = subprocess.run([XENPLANE, "rollback", "--state",
                               self.folder / "state"], capture_output=True,
                              text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: "UP" in link("xenlan")["flags"], "repaired")
        self.assertEqual(data("xenbr1")["ageing_time"], 12000)


if __name__ == "__main__":
    if not pathlib.Path(XENPLANE).exists():
        sys.exit(77)
    unittest.main()
