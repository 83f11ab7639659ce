#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""NAT, rates and shares by `xenplane apply`: what is made with the links, what
is no operation the second time, and what is taken back with them."""
import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest

import bed
from bed import ip, links, look

RUN = pathlib.Path("/run/xenplane")
SO_NETNS_COOKIE = 71
MS_REC, MS_PRIVATE = 0x4000, 0x40000

BRIDGE = "[bridge xenbr0]\nnetdev = eth0\n"
NAT = """
[bridge xennat]
mode = nat
address = 10.0.0.1/24 fd00:10::1/64
forward = tcp 2222 -> web:22
forward = udp 53 -> 00:16:3e:00:00:07
[vif web]
ip = 10.0.0.5 fd00:10::5
[vif 00:16:3e:00:00:07]
ip = 10.0.0.7
"""
RATES = "uplink-rate = 100Mb/s\nuplink-rate-in = 200Mb/s\n"
ALL = BRIDGE + RATES + NAT
OTHER = BRIDGE + "uplink-rate = 50Mb/s\n" + \
    NAT.replace("2222", "3333").replace("[vif web]\nip = 10.0.0.5",
                                        "[vif web]\nip = 10.0.0.55")


def tool(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True,
                          timeout=bed.LIMIT).stdout


def rules():
    """NAT's table, without what the kernel counts."""
    out = tool("nft", "-s", "list", "tables")
    return tool("nft", "-s", "list", "ruleset") if out else ""


def shapers():
    """Disciplines and classes of the links that last."""
    return {re.sub("^xqos[0-9]+$", "xqos", name):
            (tool("tc", "class", "show", "dev", name),
             "htb" in tool("tc", "qdisc", "show", "dev", name))
            for name in sorted(links())}


def sysctls():
    return {name: pathlib.Path("/proc/sys/net", name).read_text().strip()
            for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding",
                         "netfilter/nf_conntrack_icmp_timeout")}


def everything():
    """The link that a shaper needs is made anew, with another MAC."""
    lasting = look()
    lasting["-d addr"] = [link for link in lasting["-d addr"]
                          if not link["ifname"].startswith("xqos")]
    return {"links": lasting, "rules": rules(), "shapers": shapers(),
            "sysctls": sysctls()}


def parts(answer):
    """The steps of operations that are not links'."""
    return sorted({op["step"] for op in answer["operations"]} &
                  {"nat", "qos"})


def notes():
    return [path.name for path in RUN.glob("in-force-*")]


class Force(bed.Case):
    def assert_everything(self, wanted):
        """Some of it the kernel does a moment later."""
        self.wait_until(lambda: everything() == wanted or
                        self.late(wanted), "not all is as it was")

    def late(self, wanted):
        self.tries = getattr(self, "tries", 0) + 1
        if self.tries % 200 == 0:
            self.assertEqual(everything(), wanted)
        return False

    def test_one_word_makes_all(self):
        before = everything()
        self.write(ALL)
        diff = self.json("diff")
        self.assertEqual(parts(diff), ["nat", "qos"])
        self.assertEqual(self.json("apply", "--dry-run"), diff)
        self.assertEqual(everything(), before)
        text = self.good("apply")
        self.assertIn("nat      live      add table inet xenplane_nat", text)
        self.assertIn("change sysctl of net/ipv4/ip_forward: 0 -> 1", text)
        self.assertIn("10.0.0.5", rules())
        self.assertIn("10.0.0.7", rules())
        self.assertIn("rate 100Mbit", shapers()["eth0"][0])
        self.assertEqual(sysctls()["ipv4/ip_forward"], "1")
        # And the other two commands find nothing to do.
        plan = json.loads(self.quiet("nat", "plan", "-f", str(self.conf),
                                     "--json"))
        self.assertEqual((plan["table_changes"], plan["host_changes"]), (0, 0))
        self.assertIn("operations: 0",
                      self.quiet("qos", "diff", "-f", str(self.conf)))

    def quiet(self, *words):
        """Its standard output alone."""
        done = subprocess.run([bed.XENPLANE, *words], capture_output=True,
                              text=True, timeout=bed.LIMIT, check=True)
        return done.stdout

    def test_twice_is_no_operation(self):
        self.write(ALL)
        self.good("apply")
        before = everything()
        self.assertIn("nothing to change", self.good("diff"))
        self.assertEqual(self.json("apply")["plan"]["operations"], [])
        self.assertEqual(everything(), before)
        # Nor is there anything to confirm.
        report = self.json("apply", "--confirm", "1000")
        self.assertFalse(report["waits"])
        # What somebody changed in it is seen, and put right.
        tool("nft", "add", "element", "inet", "xenplane_nat", "bridges",
             "{ nobody }")
        self.assertIn("nat      live      delete 1 element from bridges",
                      self.good("diff"))
        self.good("apply")
        self.assertEqual(everything(), before)

    def test_a_bridge_that_goes_takes_its_nat_along(self):
        self.write("")
        self.good("apply")
        before = everything()
        self.write(ALL)
        self.good("apply")
        self.assertEqual(len(notes()), 1)
        self.write(BRIDGE + RATES)
        self.good("apply")
        self.assertNotIn("xennat", links())
        self.assertEqual(rules(), "")
        self.assertEqual(sysctls(), before["sysctls"])
        self.assertIn("rate 100Mbit", shapers()["eth0"][0])
        self.write("")
        self.good("apply")
        self.assert_everything(before)
        self.assertEqual(notes(), [])

    def spoil(self):
        """NAT can be made, but not what it needs of the host be noted."""
        with socket.socket() as one:
            cookie = int.from_bytes(one.getsockopt(
                socket.SOL_SOCKET, SO_NETNS_COOKIE, 8), sys.byteorder)
        RUN.mkdir(exist_ok=True)
        path = RUN / f"holds-{cookie}.new"
        path.mkdir()
        self.addCleanup(lambda: path.exists() and path.rmdir())
        return path

    def test_what_fails_takes_all_back(self):
        before = everything()
        spoiled = self.spoil()
        self.write(ALL)
        text = self.bad("apply", says="all is as before")
        self.assertIn("holds-", text)
        self.assert_everything(before)
        self.assert_nothing_pending()
        self.assertEqual(notes(), [])
        # The control: without that it works.
        spoiled.rmdir()
        self.good("apply")

    def test_what_fails_brings_back_what_was(self):
        self.write(BRIDGE + RATES)
        self.good("apply")
        before = everything()
        self.spoil()
        self.write(OTHER.replace("netdev = eth0\n",
                                 "netdev = eth0\nmtu = 1300\n"))
        self.bad("apply", says="all is as before")
        self.assert_everything(before)
        self.assertIn("rate 100Mbit", shapers()["eth0"][0])

    def test_somebody_elses_discipline_is_left_alone(self):
        tool("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "7:",
             "bfifo")
        before = everything()
        self.write(ALL)
        self.bad("apply", says="eth0")
        self.assertEqual(everything(), before)
        tool("tc", "qdisc", "del", "dev", "eth0", "root")
        self.good("apply")

    def test_nobody_confirms(self):
        before = everything()
        self.write(ALL)
        self.good("apply", "--confirm", "2")
        pid = self.watchdog()
        self.assertIn("10.0.0.5", rules())
        self.wait_end(pid)
        self.assert_everything(before)
        self.assert_nothing_pending()

    def test_nobody_confirms_the_second_one(self):
        self.write(ALL)
        self.good("apply")
        before = everything()
        self.write(OTHER)
        report = self.json("apply", "--confirm", "2")
        self.assertTrue(report["waits"])
        pid = self.watchdog()
        self.assertIn("10.0.0.55", rules())
        self.assertIn("rate 50Mbit", shapers()["eth0"][0])
        self.wait_end(pid)
        self.assert_everything(before)
        # It is what is noted, too.
        self.write(ALL)
        self.assertIn("nothing to change", self.good("diff"))

    def test_rules_alone_wait_to_be_confirmed(self):
        self.write(ALL)
        self.good("apply")
        before = everything()
        self.write(ALL.replace("2222", "3333"))
        report = self.json("apply", "--confirm", "1000")
        self.assertEqual(parts(report["plan"]), ["nat"])
        self.assertTrue(report["waits"])
        pid = self.watchdog()
        self.good("rollback")
        self.wait_end(pid)
        self.assertEqual(everything(), before)
        self.good("apply", "--confirm", "1000")
        pid = self.watchdog()
        self.good("confirm", "--force")
        self.wait_end(pid)
        self.assertNotEqual(everything(), before)
        self.assertIn("nothing to change", self.good("diff"))

    def test_a_watchdog_that_was_killed(self):
        self.write(ALL)
        self.good("apply")
        before = everything()
        self.write(OTHER)
        self.good("apply", "--confirm", "1000")
        pid = self.watchdog()
        os.kill(pid, signal.SIGKILL)
        self.wait_end(pid)
        self.assertIn("10.0.0.55", rules())
        self.assertIn("rolled back", self.good("recover"))
        self.assert_everything(before)

    def test_nat_by_its_own_command_comes_back(self):
        """What `xenplane nat apply` made before the first apply."""
        ip("link", "add", "xennat", "type", "bridge")
        ip("addr", "add", "10.0.0.1/24", "dev", "xennat")
        ip("link", "set", "xennat", "up")
        alone = self.folder / "alone.conf"
        alone.write_text(NAT.replace(" fd00:10::1/64", "").replace(
            "2222", "4444"), encoding="utf-8")
        self.quiet("nat", "apply", "-f", str(alone))
        before = rules()
        self.assertIn("4444", before)
        self.write(ALL)
        self.good("apply", "--confirm", "1000")
        self.assertNotIn("4444", rules())
        self.good("rollback")
        self.assertEqual(rules(), before)

    def test_a_boot_brings_all_of_it(self):
        self.write(ALL)
        self.good("apply")
        before = everything()
        self.conf.unlink()
        self.lose_the_kernels_state()
        self.assertEqual(rules(), "")
        self.write("[bridge other]\n")
        self.good("recover", "--boot")
        # What was confirmed, and not the file; and it is all that is kept.
        self.assertNotIn("other", links())
        self.assertEqual(rules(), before["rules"])
        self.assertEqual(shapers(), before["shapers"])
        self.assertEqual(sysctls(), before["sysctls"])
        self.write(ALL)
        self.assertIn("nothing to change", self.good("diff"))

    def lose_the_kernels_state(self):
        for part in ("nat", "qos"):
            self.quiet(part, "stop")
        path = self.state / "confirmed.json"
        record = json.loads(path.read_text())
        record["boot"] = "another"
        path.write_text(json.dumps(record))
        for name in set(links()) - {"lo"}:
            try:
                ip("link", "del", name)
            except bed.Failed:
                pass
        ip(bed.HOST)
        self.wait_until(bed.is_settled, "the links do not come up")

    def test_a_note_of_somebody_else_is_refused(self):
        self.write(ALL)
        self.good("apply")
        path = next(RUN.glob("in-force-*"))
        text = path.read_text()
        path.chmod(0o666)
        self.bad("diff", says="others could have written it")
        path.chmod(0o600)
        for broken in ("{", "[]", '{"nat": 7}', text + "x"):
            path.write_text(broken)
            status, said = self.xenplane("diff")
            self.assertEqual(status, 0 if broken == "[]" else 1, said)
        path.write_text(text)
        self.good("diff")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    # The files of this namespace are nobody else's.
    bed.libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    if bed.libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, None):
        sys.exit(f"a /run of its own: {os.strerror(ctypes.get_errno())}")
    unittest.main()
