#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a vif may do: from the store, the file and the socket to the data
process, in time and in order."""
import ipaddress
import os
import signal
import subprocess
import sys
import unittest

from bed import LIMIT, POLICY, PORT, VIF_UP, VIF_STALL, DaemonCase, ip, \
    link, mac_bytes, wait_until


def addresses(policy):
    """As "10.0.0.0/8" texts."""
    found = []
    for i in range(policy.address_count):
        raw = policy.addresses[20 * i:20 * i + 20]
        family, prefix, octets = raw[0], raw[1], raw[4:]
        host = ipaddress.ip_address(octets[:4] if family == 4 else octets)
        found.append(f"{host}/{prefix}")
    return found


class Case(DaemonCase):
    def policy_of(self, domid=1, **keys):
        """Connects a vif; its first POLICY, which comes before any PORT."""
        self.create(domid, **keys)
        self.wait_state(2, domid)
        self.connect_frontend(domid)
        seen = len(self.netback.seen)
        add = self.netback.take_add()
        policy = self.netback.expect(POLICY, slot=add.slot)
        self.assertEqual(policy.generation, add.generation)
        self.assertFalse([m for m in self.netback.seen[seen:]
                          if m.type == PORT and m.slot == add.slot])
        return policy

    def set(self, *pairs, vif="vif1.0"):
        answer = self.ask("vif-set", vif=vif, settings=list(pairs))
        self.assertIsInstance(answer, dict, answer)
        return answer

    def next_policy(self, **fields):
        return self.netback.expect(POLICY, **fields)

    def holds(self, key, vif="vif1.0"):
        """The value in force and who said it."""
        setting = self.ask("vif-show", vif=vif)["settings"][key]
        return setting["value"], setting["from"]


class Store(Case):
    def test_the_toolstacks_words(self):
        policy = self.policy_of(rate="62500,50000",
                                ip="10.0.0.5 10.1.2.3/8 fd00::5 fd01::5/64")
        self.assertEqual((policy.rate_bytes, policy.rate_interval_us),
                         (62500, 50000))
        self.assertEqual(policy.mac, mac_bytes("00:16:3e:00:00:01"))
        self.assertEqual(addresses(policy), ["10.0.0.5/32", "10.0.0.0/8",
                                             "fd00::5/128", "fd01::/64"])
        self.assertEqual((policy.guard, policy.isolated, policy.bpdu_drop,
                          policy.storm_frames, policy.xdp_headroom),
                         (0, 0, 0, 0, 0))
        self.assertEqual(self.holds("rate"), ("10Mb/s", "store"))
        self.assertEqual(self.vif()["problems"], [])

    def test_without_a_word_nothing_is_limited(self):
        policy = self.policy_of()
        self.assertEqual((policy.rate_bytes, policy.address_count), (0, 0))
        self.assertEqual(self.holds("rate"), ("off", "built in"))

    def test_changes_hold_at_once(self):
        self.attach(rate="62500,50000", ip="10.0.0.5")
        self.write_store(self.back(1, "rate"), "125000,50000")
        self.next_policy(rate_bytes=125000)
        self.write_store(self.back(1, "ip"), "10.0.0.6")
        self.assertEqual(addresses(self.next_policy()), ["10.0.0.6/32"])
        self.write_store(self.back(1, "mac"), "00:16:3e:00:00:99")
        self.next_policy(mac=mac_bytes("00:16:3e:00:00:99"))
        self.remove(self.back(1, "rate"))
        self.next_policy(rate_bytes=0, rate_interval_us=0)
        self.assertEqual(self.state(), "4")

    def test_what_did_not_change_is_not_said_again(self):
        self.attach(rate="62500,50000")
        count = len(self.netback.seen)
        self.write_store(self.back(1, "rate"), "62500,50000")
        self.write_store(self.back(1, "rate"), "1,50000")
        self.next_policy(rate_bytes=1)
        self.assertEqual(
            [m.type for m in self.netback.seen[count:]].count(POLICY), 1)

    def test_what_was_set_is_settled_when_it_is_confirmed(self):
        """A POLICY has no answer: the place's, behind it, tells."""
        self.attach()
        wait_until(lambda: self.vif()["settled"], "rest")
        for command, whom, setting, policy in (
                ("vif-set", {"vif": "vif1.0"}, "storm=5",
                 {"storm_frames": 5}),
                ("bridge-set", {"bridge": self.BRIDGE_NAME}, "bpdu=drop",
                 {"bpdu_drop": 1})):
            with self.subTest(command):
                self.ask(command, settings=[setting], **whom)
                self.assertFalse(self.vif()["settled"])
                self.assertFalse(self.ask("status")["settled"])
                self.next_policy(**policy)
                self.netback.take_port(fast=1, hold=0)
                wait_until(lambda: self.vif()["settled"], "the answer")
                self.assertTrue(self.ask("status")["settled"])

    def test_garbage_is_named_and_does_no_harm(self):
        self.attach(rate="62500,50000", ip="10.0.0.5")
        self.ask("bridge-set", bridge=self.BRIDGE_NAME,
                 settings=["ip=10.9.9.9"])  # not for one with its own
        for key, value, policy in (
                ("rate", "quickly", {"rate_bytes": 0}),
                ("ip", "10.0.0.6 nowhere", {"address_count": 0}),
                ("ip", " ".join(f"10.0.0.{i}" for i in range(33)), None),
                ("ip", "9" * 3000, None),
                ("ip", "default", None),
                ("rate", "18446744073709551616,50000", None),
                ("mac", "00:16:3e", {"mac": bytes(6)}),
                ("mac", "\x1b[31m\udcff", None),
                ("mtu", "67", None)):
            with self.subTest(key=key, value=value[:40]):
                self.write_store(self.back(1, key), value)
                if policy:
                    self.next_policy(**policy)
                wait_until(lambda k=key: any(
                    k in problem for problem in self.vif()["problems"]),
                    "the reason")
                if key == "ip":
                    self.assertEqual(self.holds("ip"), ("none", "store"))
                self.assertTrue(all(problem.isprintable() for problem
                                    in self.vif()["problems"]))
        self.write_store(self.back(1, "mac"), "00:16:3e:00:00:01",
                         self.back(1, "ip"), "10.0.0.5",
                         self.back(1, "rate"), "7,50000",
                         self.back(1, "mtu"), "1500")
        self.next_policy(rate_bytes=7, address_count=1)
        wait_until(lambda: not self.vif()["problems"], "an end of reasons")
        self.assertEqual(self.state(), "4")

    def test_the_twin_has_the_toolstacks_mtu(self):
        for domid, mtu, becomes in ((1, "9000", 9000), (2, "67", 1500),
                                    (3, "65518", 1500), (4, "x", 1500),
                                    (5, "65517", 65517), (6, "68", 68)):
            with self.subTest(mtu):
                self.create(domid, mtu=mtu)
                self.wait_state(2, domid)
                self.assertEqual(link(f"vif{domid}.0")["mtu"], becomes)

    def test_a_new_data_process_is_told_before_the_place(self):
        self.attach(rate="62500,50000")
        self.set("antispoof=on")
        self.kill_netback()
        seen = len(self.netback.seen)
        add = self.netback.take_add()
        self.assertEqual(add.resume, 1)
        policy = self.next_policy()
        self.assertFalse([m for m in self.netback.seen[seen:]
                          if m.type == PORT])
        self.assertEqual((policy.rate_bytes, policy.guard), (62500, 1))
        self.assertEqual(policy.generation, add.generation)

    def test_nothing_is_said_to_rings_that_are_not_mapped(self):
        self.create()
        self.wait_state(2)
        self.connect_frontend()
        add = self.netback.expect(2)  # VIF_ADD
        self.set("storm=5")
        self.set("storm=6")
        self.netback.send(VIF_UP, "IIi", add.slot, add.generation, 0)
        self.assertEqual(self.next_policy().storm_frames, 6)
        self.assertEqual(
            [m.type for m in self.netback.seen].count(POLICY), 1)


class Layers(Case):
    CONFIG = """\
[defaults]
storm = 1000

[bridge xenbr0]
rate = 80Mb/s
isolated = on
bpdu = drop

[vif 00:16:3e:00:00:02]
isolated = off
rate = 8Mb/s
"""

    def reload(self, text):
        self.config.write_text(text)
        self.daemon.send_signal(signal.SIGHUP)

    def test_the_file_is_in_force(self):
        policy = self.policy_of(bridge="xenbr0")
        self.assertEqual(
            (policy.storm_frames, policy.rate_bytes, policy.isolated,
             policy.bpdu_drop), (1000, 500000, 1, 1))
        self.assertEqual(self.holds("storm"), ("1000", "file: defaults"))
        self.assertEqual(self.holds("rate"), ("80Mb/s", "file: bridge"))
        policy = self.policy_of(2, bridge="xenbr0", rate="7,50000")
        self.assertEqual((policy.rate_bytes, policy.isolated), (50000, 0))
        self.assertEqual(self.holds("rate", "vif2.0"), ("8Mb/s", "file: vif"))
        policy = self.policy_of(3, bridge="xenbr0", rate="7,50000")
        self.assertEqual(policy.rate_bytes, 7)  # of this guest: not the bridge

    def test_the_bridge_is_the_one_that_the_twin_is_on(self):
        self.attach(bridge="xenbr0")
        ip("link", "add", "other", "type", "bridge")
        self.addCleanup(ip, "link", "del", "other")
        ip("link", "set", "vif1.0", "master", "other")
        self.next_policy(isolated=0, bpdu_drop=0, storm_frames=1000)
        ip("link", "set", "vif1.0", "master", "xenbr0")
        self.next_policy(isolated=1, bpdu_drop=1)

    def test_set_says_more_than_the_file(self):
        self.attach(bridge="xenbr0")
        self.set("rate=off", "isolated=off")
        self.next_policy(rate_bytes=0, isolated=0)
        self.assertEqual(self.holds("rate"), ("off", "vif set"))
        self.set("rate=default")
        self.next_policy(rate_bytes=500000)
        answer = self.ask("bridge-set", bridge="xenbr0",
                          settings=["rate=16Mb/s"])
        self.assertEqual(answer["settings"]["rate"],
                         {"value": "16Mb/s", "from": "bridge set"})
        self.next_policy(rate_bytes=100000, isolated=0)

    def test_a_wrong_setting_changes_nothing(self):
        self.attach(bridge="xenbr0")
        for settings, words in (
                (["isolated=off", "rate=fast"], "rate=fast"),
                (["speed=1"], "unknown key 'speed'"), (["rate"], "KEY=VALUE"),
                ([], "no settings"), ([7], "is a text"), ("rate=off", "no")):
            with self.subTest(settings=settings):
                answer = self.ask("vif-set", vif="vif1.0", settings=settings)
                self.assertIn(words, answer)
        self.assertEqual(self.holds("isolated"), ("on", "file: bridge"))
        self.assertIn("no vif", self.ask("vif-set", vif="vif9.0",
                                         settings=["rate=off"]))
        self.assertIn("no bridge", self.ask("bridge-set", bridge="x",
                                            settings=["rate=off"]))

    def test_the_file_is_read_again(self):
        self.attach(bridge="xenbr0")
        self.set("storm=7")
        self.next_policy(storm_frames=7)
        self.reload("[bridge xenbr0]\nantispoof = on\n")
        policy = self.next_policy(guard=1)
        self.assertEqual((policy.rate_bytes, policy.isolated,
                          policy.storm_frames), (0, 0, 7))
        self.assertEqual(self.state(), "4")

    def test_a_wrong_file_leaves_what_was_set(self):
        self.attach(bridge="xenbr0")
        self.reload("[bridge xenbr0]\nantispoof = on\nrate = fast\n")
        self.set("storm=7")  # whose answer comes after the signal's work
        self.assertEqual(self.next_policy(storm_frames=7).guard, 0)
        self.assertEqual(self.holds("rate"), ("80Mb/s", "file: bridge"))
        self.reload("[bridge xenbr0]\nantispoof = on\n")
        self.next_policy(guard=1, rate_bytes=0)

    def test_fastpath_of_the_later_layer(self):
        self.attach(bridge="xenbr0")
        self.reload("[defaults]\nfastpath = off\n")
        self.netback.take_port(fast=0, hold=0)
        wait_until(lambda: self.vif()["reasons"] == ["off for the bridge"],
                   "the reason")
        self.set("fastpath=on")
        self.netback.take_port(fast=1, hold=0)
        self.set("fastpath=off")
        self.netback.take_port(fast=0, hold=0)
        self.assertEqual(self.vif()["reasons"], ["off for the vif"])


class Crowd(Case):
    CONFIG = "[bridge late]\nantispoof = on\n"
    BRIDGES = 256  # XN_BRIDGE_NODES_MAX

    def test_a_bridge_beyond_those_that_fit_has_its_words(self):
        self.addCleanup(ip, "link", "del", "group", "77")
        lines = [f"link add many{i} group 77 type bridge\n"
                 for i in range(self.BRIDGES)] + [
                     "link add late group 77 type bridge\n"]
        subprocess.run(["ip", "-batch", "-"], input="".join(lines), text=True,
                       check=True, timeout=60)
        wait_until(lambda: self.ask("status")["bridges"] == self.BRIDGES,
                   "all that fit")
        self.assertIsInstance(self.ask("bridge-show", bridge="late"), str)
        self.assertEqual(self.policy_of(bridge=self.BRIDGE_NAME).guard, 0)
        self.hotplug(bridge="late")
        self.next_policy(guard=1)
        self.assertEqual(self.holds("antispoof"), ("on", "file: bridge"))
        self.assertEqual(self.vif()["reasons"], ["no bridge"])


class Leaving(Case):
    CONFIG = "[bridge xenbr0]\nantispoof = on\n"

    def check_order(self, bridge):
        """What its guard was for is left before the guard is."""
        seen = len(self.netback.seen)
        self.next_policy(guard=0)
        ports = [m for m in self.netback.seen[seen:] if m.type == PORT]
        self.assertTrue(ports)
        self.assertNotEqual(ports[-1].bridge, bridge)
        self.assertEqual(ports[-1].fast, 0)

    def test_a_bridge_is_left_before_its_guard_is(self):
        ip("link", "add", "other", "type", "bridge", "forward_delay", "0")
        self.addCleanup(ip, "link", "del", "other")
        ip("link", "set", "other", "up")
        _, port = self.attach(bridge="other")
        ip("link", "set", "vif1.0", "master", "other")
        self.check_order(port.bridge)
        self.netback.take_port(fast=1, hold=0)

    def test_a_bridge_that_goes_is_left_before_its_guard_is(self):
        _, port = self.attach()
        ip("link", "del", self.BRIDGE_NAME)
        self.addCleanup(ip, "link", "add", self.BRIDGE_NAME, "type", "bridge")
        self.check_order(port.bridge)


class Start(DaemonCase):
    def test_a_wrong_file_is_refused_at_the_start(self):
        file = self.folder / "wrong.conf"
        for text, words in (("[defaults]\nrate = fast\n", ":2:8: rate=fast"),
                            ("[guest a]\n", ":1:1: "), (None, "No such")):
            with self.subTest(text):
                if text:
                    file.write_text(text)
                else:
                    file.unlink()
                done = subprocess.run(
                    [self.daemon.args[0], "--socket",
                     str(self.folder / "second.sock"), "--config", str(file),
                     "--netback", "/bin/true"], env=self.preload,
                    capture_output=True, text=True, timeout=LIMIT,
                    check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(str(file), done.stderr)
                self.assertIn(words, done.stderr)


class Offload(Case):
    CONFIG = "[bridge xenbr0]\noffload = off\n"

    def offered(self):
        return [self.read_store(self.back(1, key))
                for key in ("feature-gso-tcpv4", "feature-gso-tcpv6",
                            "feature-ipv6-csum-offload",
                            "feature-no-csum-offload")]

    def test_the_bridge_that_the_toolstack_named_counts_at_first(self):
        self.create(bridge="xenbr0")
        self.wait_state(2)
        self.assertEqual(self.offered(), ["0", "0", "0", "1"])
        self.create(2, bridge="another")
        self.wait_state(2, 2)
        self.assertEqual(
            self.read_store(self.back(2, "feature-no-csum-offload")), "0")

    def test_a_change_waits_for_the_next_connection(self):
        add, _ = self.attach(bridge="xenbr0")
        self.assertEqual(add.offload_off, 1)
        answer = self.set("offload=on")
        self.assertIn("connect again", answer["settings"]["offload"]["waits"])
        self.assertEqual(self.offered(), ["0", "0", "0", "1"])
        self.kill_netback()
        self.assertEqual(self.netback.take_add().offload_off, 1)
        self.write_store(self.front(1, "state"), "5")
        self.netback.take_del()
        self.wait_state(5)
        self.write_store(self.front(1, "state"), "6")
        self.wait_state(6)
        self.write_store(self.front(1, "state"), "1")
        self.wait_state(2)
        self.assertEqual(self.offered(), ["1", "1", "1", "0"])
        self.connect_frontend()
        self.assertEqual(self.netback.take_add().offload_off, 0)
        self.assertNotIn("waits", self.vif()["settings"]["offload"])


class Carrier(Case):
    def carrier(self):
        return self.read_store(self.back(1, "carrier"))

    def wait_carrier(self, value):
        wait_until(lambda: self.carrier() == value, f"carrier = {value}")

    def test_it_follows_the_twin(self):
        self.create()
        self.wait_state(2)
        self.assertEqual(self.carrier(), "0")
        ip("link", "set", "vif1.0", "up")  # without a bridge: routed
        self.wait_carrier("1")
        ip("link", "set", "vif1.0", "down")
        self.wait_carrier("0")

    def test_the_setting_takes_it_away(self):
        self.attach()
        self.wait_carrier("1")
        self.set("carrier=off")
        self.wait_carrier("0")
        self.assertIn("LOWER_UP", link("vif1.0")["flags"])
        self.set("carrier=default")
        self.wait_carrier("1")
        self.assertEqual(self.state(), "4")

    def test_a_stalled_guests_twin_has_none(self):
        add, _ = self.attach()
        for stalled, lower in ((1, False), (0, True), (1, False)):
            self.netback.send(VIF_STALL, "III", add.slot, add.generation,
                              stalled)
            wait_until(lambda want=lower: ("LOWER_UP" in
                                           link("vif1.0")["flags"]) == want,
                       "the twin's carrier")
            self.assertEqual(self.vif()["stalled"], not lower)
        self.assertEqual(self.carrier(), "1")  # the guest's is another
        # A new data process sees for itself.
        self.kill_netback()
        self.netback.take_add()
        wait_until(lambda: "LOWER_UP" in link("vif1.0")["flags"], "the carrier")
        self.assertFalse(self.vif()["stalled"])

    def test_a_stall_of_another_connection_is_not_this_ones(self):
        add, _ = self.attach()
        self.netback.send(VIF_STALL, "III", add.slot, add.generation + 1, 1)
        self.netback.send(VIF_STALL, "III", 1023, 1, 1)
        self.set("storm=3")
        self.next_policy(storm_frames=3)
        self.assertFalse(self.vif()["stalled"])
        self.assertIn("LOWER_UP", link("vif1.0")["flags"])


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
