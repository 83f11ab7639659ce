#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each row of the table of security advisories that taught backends something,
done by a hostile guest (xenplane-hostile) beside guests whose traffic goes on:
no ping of theirs is lost, memory and descriptors are as before, and only the
offender is disabled, or nobody where the protocol has another answer.

Every attack begins with a frame that is answered and ends with one after a new
connection (HostileCase.attack): the positive control."""
import json
import os
import pathlib
import re
import signal
import subprocess
import unittest

from bed import EVIL_MAC, QUEUED_MAX, SECOND_MAC, HostileCase, labtool, \
    main, wait_until

HOSTILE = str(labtool.BUILD / "bin" / "xenplane-hostile")


class Advisories(HostileCase):
    def test_xsa_39_garbage_indices(self):
        for attack, why in (("tx-index", "tx_index"),
                            ("tx-overrun", "tx_index"),
                            ("rx-index", "rx_index"),
                            ("ctrl-index", "ctrl")):
            with self.subTest(attack), self.unharmed(f"XSA-39 {attack}"):
                _, error = self.disabled_by(attack)
                self.assertIn(why, error)

    def test_xsa_90_malformed_packets(self):
        with self.unharmed("XSA-90"):
            said, error = self.disabled_by("malformed")
            self.assertEqual(said["kinds_disabled"], said["kinds"])
            self.assertIn("tx_extra", error)

    def test_xsa_155_slots_rewritten_after_the_check(self):
        with self.unharmed("XSA-155 flip"):
            said = self.attack("flip", "--seconds", "2")
            self.assertGreater(said["writes"], 1000)
            self.assertGreater(said["okay"], 100)

    def test_xsa_155_random_mutations_of_a_live_ring(self):
        with self.unharmed("XSA-155 mutate"):
            said = self.run_attack("mutate", "--seconds", "3")
            self.end_of_offender = \
                f"disabled {said['rounds_disabled']} times, " \
                f"{said['writes']} writes, seed {said['seed']}"
            self.assertTrue(said["hello"] and said["recovered"], said)
            self.assertGreater(said["writes"], 1000)
            self.assertGreater(said["okay"], 100)

    def keys(self, *folders):
        """Those that guests must not be able to change."""
        lines = "".join(self.dom0("xenstore-ls", "-f", folder)
                        for folder in folders).splitlines()
        return [line for line in lines if re.search(
            r"/(frontend|frontend-id|script|mac|bridge|handle|online|type"
            r"|backend|backend-id)\s+=", line)]

    def test_xsa_175_178_nodes_rewritten(self):
        folders = ["/local/domain/0/backend/vif",
                   *(f"/local/domain/{domid}/device/vif"
                     for domid in (1, 2, 3))]
        with self.unharmed("XSA-175/178"):
            before = self.keys(*folders)
            self.assertTrue([line for line in before if EVIL_MAC in line])
            said = self.attack("store-nodes")
            self.assertEqual(said["lies_written"], said["lies"])
            self.assertEqual(said["others_refused"], 12)
            self.assertEqual(said["others_written"], 0)
            self.assertEqual(self.keys(*folders), before)

    def test_xsa_270_hash_mapping(self):
        with self.unharmed("XSA-270"):
            said = self.attack("hash-mapping")
            self.assertEqual(said["sound_ok"], said["sound"])
            self.assertEqual(said["bad_invalid"], said["bad"])
            self.assertEqual(said["odd_queue_invalid"], 1)

    def test_xsa_331_332_event_storms(self):
        with self.unharmed("XSA-332 event-storm"):
            said = self.attack("event-storm", "--seconds", "2")
            self.assertGreater(said["events"], 10000)

    def test_xsa_331_channels_closed_in_a_storm(self):
        with self.unharmed("XSA-331 close-port"):
            self.close_ports()

    def close_ports(self):
        """What is closed cannot say hello: it is one again later."""
        said = self.run_attack("close-port", "--no-hello", "--count", "10")
        self.end_of_offender = "mute"
        self.assertEqual(said["ports_closed"], 20)
        self.assertFalse(said["disabled"])
        self.assertTrue(said["recovered"] and said["closed"], said)
        self.attack("zero-slots", "--count", "1")

    def test_xsa_349_watched_key_rewritten(self):
        # The store takes some ten thousand a second of a guest's: a million
        # by hand (xenplane-hostile --seconds 600 watch-storm).
        with self.unharmed("XSA-349"):
            said = self.attack("watch-storm", "--seconds", "3")
            self.assertGreater(said["writes"], 1000)
            print(f"\n{said['writes']} writes")

    def test_xsa_361_362_367_grants_revoked(self):
        with self.unharmed("XSA-361 revoke"):
            said = self.attack("revoke")
            self.assertEqual(said["slots_error"], said["frames"])
            self.assertEqual(said["slots_okay"], said["frames"])

    def test_xsa_361_362_367_grants_of_nothing(self):
        with self.unharmed("XSA-362 odd-refs"):
            said = self.attack("odd-refs")
            self.assertEqual(said["slots_error"], said["frames"])

    def test_xsa_361_362_367_receive_buffers_revoked(self):
        with self.unharmed("XSA-367 rx-revoke"):
            said = self.attack("rx-revoke", "--seconds", "1")
            self.assertEqual(said["answered_without_memory"], 0)
            self.assertGreater(said["rx_errors"], 0)

    def test_xsa_361_362_367_rings_that_cannot_be_mapped(self):
        with self.unharmed("XSA-361 ring-refs"):
            said = self.attack("ring-refs", disabled=True, alive=False)
            self.assertEqual(said["refused"], said["tried"])
            self.assertEqual(said["sound_one_connects"], 1)

    def test_xsa_361_362_367_static_grants_that_cannot_be_mapped(self):
        with self.unharmed("XSA-361 gref-mapping"):
            said = self.attack("gref-mapping")
            self.assertEqual(said["bad_refused"], said["bad"])

    def test_xsa_374_disabled_then_closed(self):
        with self.unharmed("XSA-374"):
            said, _ = self.disabled_by("rogue-close")
            self.assertEqual(said["rounds_disabled"], 3)

    def test_xsa_392_receiving_stopped(self):
        with self.unharmed("XSA-392 rx-stop"):
            most, full, _ = self.loaded("rx-stop")
            self.assertGreater(most, 100000)
            self.assertLessEqual(most, QUEUED_MAX)
            self.assertGreater(full, 0)

    def test_xsa_392_one_slot_left(self):
        with self.unharmed("XSA-392 rx-one-slot"):
            most, full, _ = self.loaded("rx-one-slot")
            self.assertGreater(most, 100000)
            self.assertLessEqual(most, QUEUED_MAX)
            self.assertGreater(full, 0)

    def test_xsa_423_432_tiny_slots(self):
        with self.unharmed("XSA-423 tiny-slots"):
            said = self.attack("tiny-slots", "--count", "50")
            self.assertEqual(said["slots_error"], 0)
            self.assertGreaterEqual(said["slots_okay"], 50 * 2 * 18)
            self.assertGreater(said["probes_answered"], 1)

    def test_xsa_423_432_more_slots_than_bytes(self):
        with self.unharmed("XSA-432 many-slots"):
            said = self.attack("many-slots", "--count", "50")
            self.assertEqual(said["slots_error"], 50 * 39)
        with self.unharmed("XSA-432 short-total"):
            said = self.attack("short-total", "--count", "50")
            self.assertEqual(said["slots_error"], 50 * 3)

    def test_xsa_424_overflow(self):
        """A sender whose receiver, also a guest, takes nothing."""
        with self.unharmed("XSA-424", f"mac={SECOND_MAC},bridge=xenbr0"):
            stopped = self.lab.start("evil", "xenplane-hostile", "--vif", "1",
                                     "--seconds", "4", "rx-stop")
            vif = self.evil_vif().replace(".0", ".1")
            wait_until("the receiver", lambda: self.lab.json(
                "vif", "show", vif)["path"] == "fast")
            sent = json.loads(self.lab.inside(
                "evil", "xenplane-traffic", "--vif", "0", "--mode", "send",
                "--dst", SECOND_MAC, "--size", "1514", "--count", "20000",
                "--seconds", "60"))
            drops = self.lab.json("vif", "show", vif)["drops"]
            out, _ = stopped.communicate(timeout=60)
            said = json.loads(out)
            self.assertEqual(sent["unanswered"], 0)
            self.assertEqual(sent["tx_done"], 20000)
            self.assertGreater(drops["rx_full"], 0)
            self.assertTrue(said["hello"] and said["alive"], said)
            self.end_of_offender = "goes on"

    def test_xsa_441_channel_closed_while_handled(self):
        with self.unharmed("XSA-441"):
            self.close_ports()

    def test_xsa_448_zero_length_slots(self):
        with self.unharmed("XSA-448"):
            said = self.attack("zero-slots", "--count", "50")
            self.assertEqual(said["slots_error"], 50)
            self.assertEqual(said["slots_okay"], 150)

    def test_cve_2026_45890_queue_counts(self):
        with self.unharmed("CVE-2026-45890"):
            said = self.attack("queue-counts", disabled=True, alive=False)
            self.assertEqual(said["refused"], said["tried"])
            self.assertEqual(said["sound_one_connects"], 1)

    def test_xsa_226_transitive_grants(self):
        with self.unharmed("XSA-226"):
            said = self.attack("transitive")
            self.assertEqual(said["slots_error"], said["frames"])
            self.assertEqual(said["slots_okay"], said["frames"])

    def test_xsa_115_326_store_filled(self):
        with self.unharmed("XSA-115/326 store-quota"):
            said = self.attack("store-quota")
            self.assertGreater(said["nodes"], 10)
            self.assertLess(said["nodes"], 5000)
            self.assertLess(said["watches"], 5000)

    def test_xsa_115_326_store_does_not_answer(self):
        with self.unharmed("XSA-115/326 stopped"):
            os.kill(self.store_pid, signal.SIGSTOP)
            try:
                answered, _ = labtool.ping(self.lab, "v2", "10.77.0.10",
                                           count=50)
                self.assertEqual(answered, 50)
            finally:
                os.kill(self.store_pid, signal.SIGCONT)
            wait_until("the store is back",
                       lambda: self.lab.json("status")["store"])
            self.attack("zero-slots", "--count", "1")

    def test_xsa_391_events_for_the_guest(self):
        with self.unharmed("XSA-391 want-events"):
            said = self.attack("want-events", "--seconds", "1")
            self.assertGreater(said["frames"], 100)
            self.assertGreaterEqual(said["okay"], said["frames"])


class CommandLine(unittest.TestCase):
    def run_it(self, *words):
        return subprocess.run([HOSTILE, *words], capture_output=True,
                              text=True, check=False,
                              env={**os.environ, "XENSIM_DOMID": ""})

    def test_every_attack_is_done_here(self):
        done = self.run_it("--list")
        self.assertEqual(done.returncode, 0)
        names = [line.split()[0] for line in done.stdout.splitlines()]
        self.assertGreater(len(names), 20)
        self.assertEqual(len(set(names)), len(names))
        here = "".join(
            path.read_text(encoding="utf-8") for path in
            sorted(pathlib.Path(__file__).parent.glob("*.py")))
        self.assertEqual([n for n in names if f'"{n}"' not in here], [])

    def test_refusals(self):
        good = ["--domid", "1", "flip"]
        for words in ([], ["flip"], ["--domid", "1"],
                      ["--domid", "1", "sing"], [*good, "flip"],
                      ["--domid", "1", "steps"],
                      ["--domid", "0", "flip"], ["--seconds", "0", *good],
                      ["--count", "0", *good], ["--seed", "x", *good],
                      ["--ask", "10.77", *good], ["--vif", "-1", *good],
                      ["--connect-ms", "0", *good], ["--nonsense", *good]):
            done = self.run_it(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr, words)
        self.assertEqual(self.run_it("--help").returncode, 0)

    def test_without_a_store(self):
        done = subprocess.run(
            [HOSTILE, "--domid", "1", "flip"], capture_output=True, text=True,
            check=False, env={**os.environ, "XENSTORED_PATH": "/nowhere"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("xenstore", done.stderr)


if __name__ == "__main__":
    main()
