# SPDX-License-Identifier: GPL-2.0-or-later
"""What the hostile guest's tests stand on: a lab in which two guests ping each
other all the time and a third streams to the outside, while a fourth does
something evil; and what all that did to them and to the backend."""
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import labtool  # noqa: E402

VICTIMS = ("v1", "v2", "by")  # domids 1, 2, 3
EVIL_MAC = "00:16:3e:66:66:66"
EVIL_IP = "10.77.0.66"
SECOND_MAC = "00:16:3e:66:66:67"  # of another vif of that guest
QUEUED_MAX = 1792 * 1024  # docs/datapath.md, "Frames that wait"
STREAM_MBIT = 20
STEADY = 10  # looks
PINGS_AFTER = 5  # at the end of each attack
# What a process may keep of an attack: the pages of the pool for frames that
# wait (docs/datapath.md), which are touched when they are needed first, 1.75
# MiB for each of three receivers; and some of its heap. A sanitizer keeps what
# was freed.
KEPT_KIB = 6144 if not os.environ.get("XENPLANE_SANITIZE") else 65536
# Frames of 1400 bytes for somebody whom nobody asks for his address.
LOAD = """import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    for _ in range(64):
        s.sendto(b"x" * 1400, (sys.argv[1], 9))
    time.sleep(0.005)
"""


def private_kib(pid):
    """Memory that only this process has: not the guests' pages."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as text:
        return int(re.search(r"Private_Dirty: +(\d+)", text.read()).group(1))


def printed(process):
    """What a process has printed until now."""
    out = b""
    while select.select([process.stdout], [], [], 0)[0]:
        piece = os.read(process.stdout.fileno(), 65536)
        if not piece:
            raise AssertionError(f"ended: {out.decode()}")
        out += piece
    return out.decode()


def answered(out):
    """The numbers of the pings that were."""
    return {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", out)}


def wait_until(what, condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"{seconds} s without: {what}")
        time.sleep(0.02)


class HostileCase(unittest.TestCase):
    """One lab for a class; each test has a new hostile guest."""

    @classmethod
    def setUpClass(cls):
        cls.lab = labtool.Lab("hostile")
        cls.enterClassContext(cls.lab)
        for index, name in enumerate(VICTIMS):
            cls.lab.create(name, f"mac=00:16:3e:00:00:{index:02x},"
                                 f"bridge=xenbr0,ip=10.77.0.{10 + index}")
        status = cls.lab.json("status")
        cls.pids = {"xenplaned": status["pid"],
                    "xenplane-netback": status["netback"]["pid"]}
        cls.store_pid = cls.lab.json("lab", "list")["processes"]["xenstored"]
        cls.enterClassContext(labtool.iperf_server(cls.lab, "outside"))
        cls.enterClassContext(cls.lab.going(
            "by", "connected to", "iperf3", "-c", "10.77.0.254", "-b",
            f"{STREAM_MBIT}M", "-t", "3000", "-i", "1", "--forceflush"))
        # What is allocated once is not an attack's.
        with cls.evil_guest():
            cls.run_attack("revoke", "--count", "1")

    @classmethod
    @contextlib.contextmanager
    def evil_guest(cls, *more_vifs):
        cls.lab.lab("create", "evil", "--frontend=none",
                    f"mac={EVIL_MAC},bridge=xenbr0", *more_vifs)
        try:
            yield
        finally:
            cls.lab.lab("destroy", "evil", check=False)

    @classmethod
    def run_attack(cls, *words):
        status, out, err = cls.lab.inside("evil", "xenplane-hostile", *words,
                                          timeout=120, check=False)
        if status != 0:
            raise AssertionError(f"{words}: {status}\n{out}{err}")
        return json.loads(out)

    def vifs(self):
        return {vif["device"]: vif
                for vif in self.lab.json("vif", "list")["vifs"]}

    def wait_alone(self):
        """Until nothing of the last hostile guest is left."""
        wait_until("the vifs of the victims only",
                   lambda: len(self.vifs()) == len(VICTIMS))

    def measure(self):
        """Once nothing changes: what asks xenplaned is a descriptor, too."""
        counts = []
        while len(counts) < STEADY or len(set(counts[-STEADY:])) > 1:
            self.assertLess(len(counts), 1000, counts)
            counts.append(tuple(map(labtool.descriptors, self.pids.values())))
            time.sleep(0.01)
        return {name: (private_kib(pid), count) for (name, pid), count in
                zip(self.pids.items(), counts[-1])}

    def others(self):
        """What no attack may change of the others' vifs."""
        vifs = self.vifs()
        return {name: {key: vifs[name][key] for key in
                       ("state", "frontend_state", "generation", "error",
                        "path", "mac", "queues")}
                for name in ("vif1.0", "vif2.0", "vif3.0")}

    def streamed(self):
        return self.vifs()["vif3.0"]["tx_bytes"]

    @contextlib.contextmanager
    def unharmed(self, name, *more_vifs):
        """A hostile guest while the body runs; afterwards it is gone, and the
        others, the processes, their memory and descriptors are as before."""
        self.wait_alone()
        before, others, streamed = self.measure(), self.others(), \
            self.streamed()
        told = {}
        with self.pinged(told), self.evil_guest(*more_vifs):
            yield
        self.assertEqual(told["lost"], 0, f"{name}: {told}")
        self.assertEqual(self.others(), others)
        wait_until("the stream goes on", lambda: self.streamed() > streamed)
        status = self.lab.json("status")
        self.assertEqual(status["netback"]["pid"],
                         self.pids["xenplane-netback"])
        self.assertEqual(status["netback"]["restarts"], 0)
        wait_until(f"descriptors as before: {before}", lambda: all(
            labtool.descriptors(pid) == before[which][1]
            for which, pid in self.pids.items()))
        after = self.measure()
        self.print_row(name, told, before, after)
        for which in self.pids:
            self.assertLess(after[which][0], before[which][0] + KEPT_KIB,
                            f"{name}: memory of {which}")

    @contextlib.contextmanager
    def pinged(self, told):
        """v1 pings v2 all the time; tells how many were lost: were not
        answered, though later ones were."""
        process = self.lab.start("v1", "ping", "-n", "-i", "0.02", "-W", "10",
                                 "10.77.0.11")
        out = labtool.read_until(process, "bytes from")
        try:
            yield
            out += printed(process)
            # Those that were under way have come then, too.
            last = max(answered(out)) + PINGS_AFTER
            while max(answered(out)) < last:
                out += labtool.read_until(process, "bytes from")
        finally:
            out += labtool.end(process, signal.SIGINT)
        told["sent"] = max(answered(out))
        told["lost"] = told["sent"] - len(answered(out))
        told["worst_ms"] = re.search(r"= [\d.]+/[\d.]+/([\d.]+)/",
                                     out).group(1)

    def print_row(self, name, told, before, after):
        memory = ", ".join(f"{which} {before[which][0]} -> {after[which][0]}"
                           f" KiB, {before[which][1]} -> {after[which][1]} fds"
                           for which in self.pids)
        print(f"\nfigure: {name}: victim lost {told['lost']} of "
              f"{told['sent']} pings (worst {told['worst_ms']} ms); {memory}; "
              f"offender {self.end_of_offender}", flush=True)

    def attack(self, *words, disabled=False, alive=True):
        """One attack in the guest; its words. It began as a good frontend,
        and is one again afterwards: only what it did ended it."""
        said = self.run_attack(*words)
        self.end_of_offender = ("disabled" if said["disabled"] else
                                "goes on" if said["alive"] else "mute")
        self.assertEqual(
            {"hello": True, "disabled": disabled, "alive": alive,
             "recovered": True, "closed": True},
            {key: said[key] for key in ("hello", "disabled", "alive",
                                        "recovered", "closed")}, said)
        return said

    def disabled_by(self, *words):
        said = self.attack(*words, disabled=True, alive=False)
        return said, self.vifs()[f"vif{said['domid']}.0"]["error"]

    def loaded(self, *attack):
        """The attack, while a guest sends more than it takes: the most bytes
        that waited for it, and what was dropped; and its words."""
        self.lab.inside("by", "ip", "neigh", "replace", EVIL_IP, "lladdr",
                        EVIL_MAC, "dev", "eth0")
        evil = self.lab.start("evil", "xenplane-hostile", "--seconds", "4",
                              *attack)
        vif = self.evil_vif()
        wait_until("the attacker's vif", lambda:
                   self.lab.json("vif", "show", vif)["state"] == "Connected")
        load = self.lab.start("by", "python3", "-c", LOAD, EVIL_IP, "2")
        most, full = 0, 0
        while load.poll() is None:
            row = self.lab.json("vif", "show", vif)
            most = max(most, row["queued_bytes"])
            full = max(full, row["drops"]["rx_full"])
            time.sleep(0.02)
        out, _ = evil.communicate(timeout=60)
        said = json.loads(out)
        self.end_of_offender = "goes on"
        self.assertEqual(evil.returncode, 0, said)
        self.assertTrue(said["hello"] and said["alive"] and
                        not said["disabled"], said)
        return most, full, said

    def evil_vif(self):
        return next(name for name, vif in self.vifs().items()
                    if vif["mac"] == EVIL_MAC)

    def dom0(self, *command):
        return self.lab.inside("dom0", *command)


class ProtocolCase(HostileCase):
    """A test for each row of the protocol, named after it, of steps that a
    hostile guest does (xenplane-hostile(1)): each says what the backend makes
    of it, and the first one that goes another way fails the test."""

    def row(self, *more_vifs):
        return self.unharmed(self._testMethodName.removeprefix("test_"),
                             *more_vifs)

    def served(self, *steps, vifs=()):
        """Whatever these steps do, the vif goes on."""
        with self.row(*vifs):
            return self.attack("steps", *steps)

    def ended(self, *steps, end, vifs=()):
        """These end the vif, until it connects anew."""
        with self.row(*vifs):
            said = self.attack("steps", *steps, disabled=True, alive=False)
            self.end_of_offender = end
            return said

    def disabled_by_each(self, *packets, first=()):
        """Each of these packets disables the vif, and nothing else does."""
        steps = [*first]
        for packet in packets:
            steps += ["hello", f"tx:{packet}>disabled", "connect"]
        with self.row():
            self.attack("steps", *steps, "hello")
            self.end_of_offender = f"disabled {len(packets)} times"


def main():
    if os.geteuid() != 0:
        print("skipped: namespaces and taps need root")
        sys.exit(77)
    unittest.main()
