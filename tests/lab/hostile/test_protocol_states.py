#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each rule on a vif's states, broken by a hostile guest (or tried by it,
where it is the toolstack's) beside guests whose traffic goes on: no ping of theirs
is lost, memory and descriptors are as before, and only the offender is closed,
or nobody where the protocol has another answer.

A test has the name of its row (tests/lint/protocol/rows.txt). The guest says
hello before and after; what keeps to the rule is the positive control."""
import json
import pathlib
import tempfile

from bed import SECOND_MAC, ProtocolCase, labtool, main, wait_until


class States(ProtocolCase):
    CONNECTED = ("state:1>2", "keys", "state:4>4")
    CLOSED = ("state:5>5", "state:6>6")

    def test_up_init_wait(self):
        self.ended("close", "state:1>2", *(
            step for state in "123" for step in
            (f"state:{state}", "stays:2")), *self.CLOSED, *self.CONNECTED,
            "hello", end="closed itself")

    def test_up_maps(self):
        # Rings first: those that cannot be mapped close it, script or not.
        self.ended("close", "toolstack:hotplug-status=", "state:1>2", "keys",
                   "own:tx-ring-ref=32000", "state:4>5", "state:6>6",
                   "state:1>2", "keys", "state:4", "stays:2",
                   "toolstack:hotplug-status=connected", "wait:4", "hello",
                   end="refused once")

    def test_up_connected(self):
        self.ended("close", "toolstack:hotplug-status", "state:1>2", "keys",
                   "state:4", "stays:2", "backend:hotplug-status=connected",
                   "backend:state=4", "stays:2",
                   "toolstack:hotplug-status=connected", "wait:4", "hello",
                   end="waited")

    def test_up_announce(self):
        # The first frame at Connected is answered, however often it comes.
        self.ended("close", *(*self.CONNECTED, "hello", *self.CLOSED) * 10,
                   *self.CONNECTED, "hello", end="connected 11 times")

    def test_down_closing(self):
        self.ended("close", *self.CONNECTED, *self.CLOSED, *self.CONNECTED,
                   "state:6>6", *self.CONNECTED, "state:5>5", "state:1>2",
                   *self.CLOSED, *self.CONNECTED, "own:state", "wait:6",
                   *self.CONNECTED, "hello", end="closed 5 ways")

    def test_down_online(self):
        self.ended("backend:online=0", "close",
                   *(*self.CONNECTED, *self.CLOSED, "is:online=1") * 5,
                   *self.CONNECTED, "hello", end="closed 6 times")

    def attached(self):
        return self.lab.lab("attach", "evil",
                            f"mac={SECOND_MAC},bridge=xenbr0").strip()

    def test_down_toolstack(self):
        """The toolstack takes away a vif whose guest does not care."""
        with self.row():
            handle = self.attached()
            program = self.lab.start("evil", "xenplane-hostile", "--vif",
                                     handle, "--seconds", "300", "rx-stop")
            vif = self.evil_vif().replace(".0", f".{handle}")
            wait_until("the vif", lambda: self.vifs()[vif]["state"] ==
                       "Connected")
            self.lab.lab("detach", "evil", handle)
            wait_until("its end", lambda: vif not in self.vifs())
            labtool.end(program)
            self.attack("zero-slots", "--count", "1")

    def test_down_reconfiguring(self):
        steps = []
        for wrong in ("2049", "many", "", "-1"):
            steps += [*self.CONNECTED, f"own:xdp-headroom={wrong}",
                      "state:7>5", "state:6>6"]
        self.ended("close", *self.CONNECTED, "own:xdp-headroom=2048",
                   "state:7>8", "state:4>4", "hello", "own:xdp-headroom=0",
                   "state:7>8", "state:7", "stays:8", "state:4>4", "hello",
                   *self.CLOSED, *steps, *self.CONNECTED, "hello",
                   end="closed 4 times")

    def test_limit_init_wait(self):
        """A storm of events and of states, while a vif is attached."""
        with self.row():
            storm = self.lab.start("evil", "xenplane-hostile", "--seconds",
                                   "3", "watch-storm")
            wait_until("the storm", lambda: self.vifs()[self.evil_vif()][
                "state"] == "Connected")
            handle = self.attached()
            self.lab.lab("detach", "evil", handle)
            out, _ = storm.communicate(timeout=60)
            self.assertTrue(json.loads(out)["recovered"], out)
            self.attack("zero-slots", "--count", "1")

    def test_limit_script(self):
        """A script that fails in a storm: the toolstack takes the vif back,
        and one whose script does not is served."""
        with self.row(), tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder, "vif-refusing")
            script.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
            script.chmod(0o755)
            pathlib.Path(folder).chmod(0o755)
            storm = self.lab.start("evil", "xenplane-hostile", "--seconds",
                                   "3", "event-storm")
            status, _, err = self.lab.xenplane(
                "lab", "attach", "evil", f"mac={SECOND_MAC},bridge=xenbr0,"
                f"script={script}", check=False)
            self.assertEqual(status, 1, err)
            handle = self.attached()
            self.lab.lab("detach", "evil", handle)
            out, _ = storm.communicate(timeout=60)
            self.assertTrue(json.loads(out)["alive"], out)
            self.attack("zero-slots", "--count", "1")

    def test_windows_close_cycle(self):
        self.ended("close", *("state:1>2", *self.CLOSED) * 5, "state:1>2",
                   "state:6>6", "state:1>2", "state:5>5", "state:1>2",
                   *self.CLOSED, *self.CONNECTED, "hello",
                   end="closed 8 times")

    def test_windows_closing(self):
        self.ended("close", *self.CONNECTED, "state:5>5", "state:5",
                   "stays:5", "state:6>6", "state:6", "stays:6",
                   "state:5", "stays:56", "state:6>6", *self.CONNECTED,
                   "hello", end="closed twice")

    def test_windows_folder(self):
        """Its folder goes under served rings: by itself, and the toolstack's
        way."""
        with self.row():
            said = self.run_attack("--no-recover", "steps", "own:", "wait:6")
            self.assertTrue(said["hello"] and said["disabled"], said)
            handle = self.attached()
            self.attack("--vif", handle, "zero-slots", "--count", "1")
            self.end_of_offender = "unplugged"


if __name__ == "__main__":
    main()
