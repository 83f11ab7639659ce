#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each rule of the protocol's rings, broken by a hostile guest (or tried by it,
where a guest cannot break it) beside guests whose traffic goes on: no ping of
theirs is lost, memory and descriptors are as before, and only the offender is
disabled, or nobody where the protocol has another answer.

A test has the name of its row (tests/lint/protocol/rows.txt). The guest says
hello before and after; what keeps to the rule is the positive control."""
import contextlib
import json
import os
import time

from bed import EVIL_MAC, QUEUED_MAX, SECOND_MAC, ProtocolCase, labtool, \
    main, wait_until

THIRD_MAC = "00:16:3e:66:66:68"
BIG = "65535:m/4096:m*14/4095"  # the biggest frame: 16 slots
GARBAGE = 4294967295


class RulesCase(ProtocolCase):
    def send(self, vif, *words):
        """As fast as it can from that vif of the hostile guest's."""
        return json.loads(self.lab.inside(
            "evil", "xenplane-traffic", "--vif", vif, "--mode", "send",
            *words))


class Steps(ProtocolCase):
    """The tests' own control: what goes another way is named."""

    def test_steps_that_go_another_way(self):
        with self.row():
            for step, why in (
                    ("tx:13>okay", "0 okay, 1 error"),
                    ("tx:60:x/e4>error", "1 okay, 0 error, 1 null"),
                    ("ask:7,2,0,0>0", "status 2"),
                    ("ask:4,0,0,0>0=127", "status 0, data 128"),
                    ("is:feature-rx-copy=0", "it is '1'"),
                    ("own:feature-sg=@nothing", "/local/"),
                    ("stays:6", "the backend's state is 4"),
                    ("tx:60", "no answer said"), ("tx:6y>okay", "no slot"),
                    ("tx:60:x/e1=00>okay", "no slot"),
                    ("tx:60*256>okay", "no slot"),
                    ("ask:7,1,0>0", "no request"), ("state:6>9", "no states"),
                    ("sing:", "no such step")):
                with self.subTest(step):
                    status, _, err = self.lab.inside(
                        "evil", "xenplane-hostile", "steps", "hello", step,
                        "sing", check=False)
                    self.assertEqual(status, 1, err)
                    self.assertIn(f"step 2, {step}: {why}", err)
            self.attack("steps", "hello")


class Requests(ProtocolCase):
    """What it sends (netif_tx_request)."""

    def test_tx_total(self):
        self.served("tx:1000:m/400:m/600>okay", "tx:1000:m/400:m/601>error",
                    "tx:1000:m/1001>error", "tx:60:m/4096>error")

    def test_tx_order(self):
        self.disabled_by_each("60:x", "60:xm/e4", "60:x/e4:m", "60:mx/e4:m*8",
                              first=["tx:60:xm/e4/20>okay"])

    def test_tx_most(self):
        # What is longer has wrapped its size around.
        self.served(f"tx:{BIG}>okay", "tx:4:m/4096:m*15/4095>error",
                    "tx:65535:m/4096:m*15/4096>error")

    def test_tx_least(self):
        self.served("tx:14>okay", "tx:13>error", "tx:1>error", "tx:0>error")

    def test_tx_page(self):
        self.disabled_by_each("60@4037", "60@65535", "4097", "65535",
                              "1000:m/500@3597", "1000:m/1@4096",
                              "1000:m/0@65535:m/1",
                              first=["tx:60@4036>okay", "tx:4096>okay"])

    def test_tx_slots_18(self):
        self.served("tx:18:m/1:m*16/1>okay", "tx:5000:m/200:m*16/200>okay",
                    "tx:18:m/0:m*16/0>okay", "tx:16:m/1:m*16/1>error")

    def test_tx_slots_19_20(self):
        self.served("tx:19:m/1:m*17/1>error", "tx:20:m/1:m*18/1>error",
                    "tx:5000:m/200:m*18/200>error", "tx:18:m/1:m*16/1>okay")

    def test_tx_slots_21(self):
        self.disabled_by_each("21:m/1:m*19/1", "21:m/1:m*200/1",
                              "60:m/0:m*200", first=["tx:18:m/1:m*16/1>okay"])

    def test_tx_flags(self):
        # Flags that the protocol has not; a checksum of what has none.
        self.served("tx:60:u>okay", "tx:60:v>okay", "tx:60:b>okay",
                    "tx:60:um/20:u>okay", "tx:60:m/20:bv>okay")
        self.disabled_by_each("60:m", "60:ux", first=["tx:60:v>okay"])

    def test_tx_null(self):
        self.served("tx:60:xm/e4:m*5/e4/20>okay", "tx:13:x/e4:m*9/e4>error",
                    "tx:13:xm/e4/60>error")


class Responses(RulesCase):
    """What it gets (netif_rx_response): it posts its buffers under any ids,
    and looks at what is in them."""

    def look(self, size, *send, mtu=1500, options=()):
        """Frames of this size from its other vif: what it saw of them, and
        how many were too big for it."""
        second = f"mac={SECOND_MAC},bridge=xenbr0,mtu={mtu}"
        with self.row(second):
            looker = self.lab.start("evil", "xenplane-hostile", "--vif", "1",
                                    *options, "rx-look")
            vif = self.evil_vif().replace(".0", ".1")
            wait_until("the second vif", lambda: self.lab.json(
                "vif", "show", vif)["path"] == "fast")
            too_big = 0  # of a connection: it begins anew with the next
            while looker.poll() is None:
                # It goes at 100: the first look at the counter is in time.
                sent = self.send("0", "--dst", SECOND_MAC, "--size",
                                 str(size), "--count", "90", *send)
                self.assertEqual(sent["unanswered"], 0)
                too_big = max(too_big, self.lab.json(
                    "vif", "show", vif)["drops"]["too_big"])
            said = json.loads(looker.communicate(timeout=60)[0])
            self.assertEqual(
                (True, True, False, True),
                tuple(said[key] for key in ("hello", "alive", "disabled",
                                            "recovered")), said)
            self.end_of_offender = "goes on"
            return said, too_big

    GSO = (20000, "--gso", "1400")
    LONG = ("--seconds", "20")

    def test_rx_first_status(self):
        said, _ = self.look(*self.GSO, options=self.LONG)
        self.assertGreaterEqual(said["big"], 100)
        self.assertEqual(said["big_bytes"], said["big"] * 20000)
        self.assertEqual(said["beyond_page"], 0)

    def test_rx_same_slot(self):
        said, _ = self.look(*self.GSO, options=self.LONG)
        self.assertGreaterEqual(said["frames"], 100)
        self.assertEqual(said["wrong_ids"], 0)

    def test_rx_id(self):
        said, _ = self.look(9000, mtu=9000, options=self.LONG)
        self.assertGreaterEqual(said["big"], 100)
        self.assertEqual(said["big_bytes"], said["big"] * 9000)
        self.assertEqual(said["wrong_ids"], 0)

    def test_rx_flags(self):
        said, _ = self.look(*self.GSO, options=self.LONG)
        self.assertGreaterEqual(said["gso"], 100)
        self.assertEqual(said["gso"], said["big"])

    def test_rx_gso_prefix(self):
        said, _ = self.look(*self.GSO, options=self.LONG)
        self.assertGreaterEqual(said["gso"], 100)
        self.assertEqual(said["prefixes"], 0)

    def test_windows_gso(self):
        said, _ = self.look(*self.GSO, options=self.LONG)
        self.assertGreaterEqual(said["gso"], 100)
        self.assertEqual(said["gso_unvalidated"], 0)

    def test_mtu_sg(self):
        # Up to its own MTU, and nothing longer.
        said, too_big = self.look("9014,12000", mtu=9000, options=self.LONG)
        self.assertGreaterEqual(said["big"], 100)
        self.assertEqual(said["big_bytes"], said["big"] * 9014)
        self.assertGreater(too_big, 0)

    def test_mtu_no_sg(self):
        # Without it: a page, whatever it sends itself.
        said, too_big = self.look("9014,1400", mtu=9000,
                                options=("--no-sg", "--seconds", "1"))
        self.assertEqual(said["big"], 0)
        self.assertGreater(said["frames"], 0)
        self.assertGreater(too_big, 0)


class ExtraInfos(ProtocolCase):
    def test_extra_gso(self):
        # Sizes and types that there are not; one that the frame is not.
        self.disabled_by_each(
            *(f"60:xb/e1={gso}" for gso in
              ("000001000000", "000002000000", "b00500000000",
               "b00503000000", "b005ff000000")),
            first=["tx:60:xb/e1=b00501000000>okay",
                   "tx:60:x/e1=ffff02000000>okay"])

    def test_extra_mcast(self):
        groups = [f"0100000000{group:02x}" for group in range(64)]
        self.served("tx:60:x/e2=001122334455>error",
                    *(f"tx:0:x/e2={group}>okay" for group in groups),
                    "tx:60:x/e2=010000000040>error",
                    f"tx:60:x/e3={groups[0]}>okay",
                    "tx:60:x/e2=010000000040>okay",
                    "tx:60:x/e3:m*100/e3=010000000099>okay")

    def test_extra_hash(self):
        self.served("tx:60:x/e4=ffffffffffff>okay", "tx:60:x/e4:m*99/e4>okay")

    def test_extra_xdp(self):
        self.served("tx:60:x/e5=ffffffffffff>okay", "tx:60:x/e5:m/e4>okay")

    def test_extra_unknown(self):
        self.disabled_by_each("60:x/e0", "60:x/e6", "60:x/e200", "60:x/e255",
                              "60:x/e4:m/e6", first=["tx:60:x/e4>okay"])


class ControlRing(ProtocolCase):
    """Requests with anything, answered as the protocol has it (0 success, 1
    not supported, 2 invalid, 3 overflow)."""

    TOEPLITZ = "ask:7,1,0,0>0"

    def asked(self, *requests):
        self.served(*requests, "hello")

    def test_ctrl_get_hash_flags(self):
        self.asked("ask:1,0,0,0>1", self.TOEPLITZ, "ask:1,0,0,0>0=15",
                   f"ask:1,{GARBAGE},{GARBAGE},{GARBAGE}>0=15")

    def test_ctrl_set_hash_flags(self):
        self.asked("ask:2,15,0,0>2", self.TOEPLITZ, "ask:2,16,0,0>2",
                   f"ask:2,{GARBAGE},0,0>2", "ask:2,15,0,0>0")

    def test_ctrl_set_hash_key(self):
        self.asked(self.TOEPLITZ, "ask:3,page,41,0>3",
                   f"ask:3,page,{GARBAGE},0>3", f"ask:3,{GARBAGE},40,0>2",
                   "ask:3,0,1,0>2", "ask:3,page,40,0>0", "ask:3,page,0,0>0")

    def test_ctrl_get_mapping_size(self):
        self.asked("ask:4,0,0,0>0=128",
                   f"ask:4,{GARBAGE},{GARBAGE},{GARBAGE}>0=128")

    def test_ctrl_set_mapping_size(self):
        self.asked("ask:5,129,0,0>2", f"ask:5,{GARBAGE},0,0>2",
                   "ask:5,128,0,0>0", "ask:5,0,0,0>0")

    def test_ctrl_set_mapping(self):
        self.asked(self.TOEPLITZ, "ask:6,page,1,0>2", "ask:5,64,0,0>0",
                   "ask:6,page,64,0>0", "ask:6,page,64,1>2",
                   "ask:6,page,65,0>2", f"ask:6,page,2,{GARBAGE}>2",
                   f"ask:6,page,{GARBAGE},2>2", "ask:6,page,129,0>3",
                   "ask:6,page,2147483648,2147483648>2",
                   f"ask:6,{GARBAGE},64,0>2", "ask:6,page=8,64,0>2",
                   f"ask:6,page={GARBAGE},1,63>2")

    def test_ctrl_set_algorithm(self):
        self.asked("ask:7,2,0,0>2", f"ask:7,{GARBAGE},0,0>2", self.TOEPLITZ,
                   "ask:7,0,0,0>0")

    def test_ctrl_get_gref_size(self):
        self.asked("ask:8,0,0,0>0=512", "ask:8,1,0,0>2",
                   f"ask:8,{GARBAGE},0,0>2")

    def test_ctrl_add_gref(self):
        self.asked("ask:9,0,rings,8>2", "ask:9,0,page=30000,8>2",
                   "ask:9,0,grefs,513>2", f"ask:9,0,grefs,{GARBAGE}>2",
                   "ask:9,1,grefs,8>2", f"ask:9,{GARBAGE},grefs,8>2",
                   f"ask:9,0,{GARBAGE},8>2", "ask:9,0,page,0>0",
                   "ask:9,0,grefs,8>0", "ask:9,0,grefs,8>2")

    def test_ctrl_del_gref(self):
        self.asked("ask:9,0,grefs,8>0", "ask:10,0,page=30000,8>0=0",
                   "ask:10,0,grefs,513>2", "ask:10,1,grefs,8>2",
                   f"ask:10,0,{GARBAGE},8>2", "ask:10,0,grefs,8>0=8",
                   "ask:10,0,grefs,8>0=0")

    def test_ctrl_status(self):
        self.asked("ask:11,0,0,0>1", "ask:99,0,0,0>1",
                   f"ask:65535,{GARBAGE},{GARBAGE},{GARBAGE}>1",
                   "ask:4,0,0,0>0=128")


class Notifications(RulesCase):
    def test_notify_crossed(self):
        with self.row():
            said = self.attack("event-index")
            self.assertEqual(said["answered"], 3 * said["rounds"])
            self.assertEqual(said["events_unasked"], 0)
            self.assertEqual(said["events"], said["rounds"])

    def test_notify_final_check(self):
        with self.row():
            said = self.attack("final-check")
            self.assertEqual(said["stuck"], 0)
            self.assertGreater(said["told"], 0)
            self.assertEqual(said["okay"], said["frames"] + 3)

    def test_notify_rx_event(self):
        # It is asked to tell of buffers, and does not.
        with self.row():
            most, full, said = self.loaded("rx-silent")
            self.assertGreater(said["untold"], 0)
            self.assertLessEqual(most, QUEUED_MAX)
            self.assertGreater(full, 0)

    def test_no_notify_drain(self):
        # It tells of nothing, and has said so: its ring is looked at.
        with self.row():
            _, _, said = self.loaded("--no-rx-notify", "rx-silent")
            self.assertGreater(said["taken"], 1000)

    def test_no_notify_stall(self):
        """Two vifs that take nothing: the one that would tell stalls."""
        vifs = [f"mac={mac},bridge=xenbr0" for mac in (SECOND_MAC, THIRD_MAC)]
        with self.row(*vifs), contextlib.ExitStack() as stack:
            for vif, words in (("0", ()), ("1", ("--no-rx-notify",))):
                stack.enter_context(self.evil_program(
                    "--vif", vif, "--seconds", "300", *words, "rx-stop"))
            tells = self.evil_vif()
            silent = tells.replace(".0", ".1")
            for vif, mac in ((tells, EVIL_MAC), (silent, SECOND_MAC)):
                wait_until("the vif", lambda vif=vif: self.shown(vif)[
                    "path"] == "fast")
                self.send("2", "--dst", mac, "--size", "1400", "--count",
                          "2000")
            wait_until("the stall", lambda: self.shown(tells)["stalled"], 60)
            row = self.shown(silent)
            self.assertFalse(row["stalled"])
            self.assertGreater(row["queued_bytes"], 0)
            self.assertLessEqual(row["queued_bytes"], QUEUED_MAX)
            self.end_of_offender = "stalled; goes on where it cannot tell"

    def shown(self, vif):
        return self.lab.json("vif", "show", vif)

    @contextlib.contextmanager
    def evil_program(self, *words):
        program = self.lab.start("evil", "xenplane-hostile", *words)
        try:
            yield program
        finally:
            labtool.end(program)

    def test_headers_linear(self):
        with self.row():
            said = self.attack("tiny-slots")
            self.assertEqual(said["slots_error"], 0)
            self.assertGreater(said["probes_answered"], 1)


class Rate(RulesCase):
    """It sends as much as it can from a vif that is limited."""

    BYTES = 1000000  # 8 Mb/s
    BURST = 200000

    def limited(self, *words):
        third = f"mac={SECOND_MAC},bridge=xenbr0,rate=8Mb/s"
        with self.row(third):
            vif = self.evil_vif().replace(".0", ".1")
            began = time.monotonic()
            sent = self.send("1", "--size", "1000", "--seconds", "1", *words)
            took = time.monotonic() - began
            row = self.lab.json("vif", "show", vif)
            self.assertGreater(row["rate_waits"], 0)
            self.assertGreater(sent["tx_done"], 50)
            self.assertLess(row["tx_bytes"], self.BYTES * took + self.BURST)
            self.attack("zero-slots", "--count", "1")
            return sent

    def test_rate_sends(self):
        self.limited("--queues", "1")

    def test_rate_per_vif(self):
        sent = self.limited("--queues", "8", "--flows", "64")
        self.assertEqual(sent["queues"], min(os.cpu_count(), 8))


if __name__ == "__main__":
    main()
