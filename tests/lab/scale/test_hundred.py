#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A hundred guests on one small machine: what they cost, that all of them
reach each other, that one flow goes on while the others come and go, and that
a hundred idle vifs wake nobody. Figures are printed, counts are judged."""
import contextlib
import pathlib
import re
import statistics
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import labtool  # noqa: E402

GUESTS = 100
# The kernel that all guests share holds 512 neighbours of all namespaces
# without trouble: every guest that pings has one for each other, and they
# have one for it.
PINGERS_BETWEEN_FLUSHES = 2
IDLE_SECONDS = 10


# One server for all; a client asks it for each of its lines until SIGINT, and
# says how many came back. A connection that ends says so instead.
SERVE = """
import socket, socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 200
with Server(("", 5007), Echo) as server:
    print("ready", flush=True)
    server.serve_forever()
"""
TALK = """
import signal, socket, sys, time
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGINT, end)
s = socket.create_connection((sys.argv[1], 5007), timeout=30)
f = s.makefile("rw")
print("ready", flush=True)
number = 0
while going:
    f.write(str(number) + "\\n")
    f.flush()
    if f.readline() != str(number) + "\\n":
        sys.exit("wrong after " + str(number))
    number += 1
    time.sleep(0.1)
print("talked", number, flush=True)
"""


def address(index):
    return f"10.77.0.{10 + index}"


def mac(index):
    return f"00:16:3e:00:01:{index:02x}"


def private_kib(pid):
    """Memory that only this process has: not the guests' pages, which the
    simulated hypervisor's copies touch in it."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as text:
        return int(re.search(r"Private_Dirty: +(\d+)", text.read()).group(1))


def switches(pid):
    """How often its threads have gone to sleep."""
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                             status.read_text(), re.M).group(1))
               for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"))


def figure(words):
    """For who reads the suite's output, also when the test passes."""
    print(f"figure: {words}", flush=True)


class Hundred(unittest.TestCase):
    """The tests go in order over one lab."""

    @classmethod
    def setUpClass(cls):
        cls.lab = labtool.Lab("hundred")
        cls.enterClassContext(cls.lab)

    def pids(self):
        status = self.lab.json("status")
        return {"xenplaned": status["pid"],
                "netback": status["netback"]["pid"]}

    def memory(self):
        return {name: (private_kib(pid), labtool.descriptors(pid))
                for name, pid in self.pids().items()}

    def vifs(self):
        return self.lab.json("vif", "list")["vifs"]

    def attach(self, index):
        begin = time.monotonic()
        self.lab.lab("create", f"g{index}", f"mac={mac(index)},bridge=xenbr0,"
                     f"ip={address(index)}/24")
        return time.monotonic() - begin

    def test_1_a_hundred_guests_attach(self):
        before = self.memory()
        times = sorted(self.attach(index) for index in range(GUESTS))
        after = self.memory()
        figure(f"create and attach: median {statistics.median(times) * 1e3:.0f}"
               f" ms, 95 of 100 within {times[94] * 1e3:.0f} ms, "
               f"slowest {times[-1] * 1e3:.0f} ms")
        for name, (kib, fds) in after.items():
            figure(f"{name}: {(kib - before[name][0]) / GUESTS:.0f} KiB and "
                   f"{(fds - before[name][1]) / GUESTS:.1f} descriptors a vif")
        vifs = self.vifs()
        self.assertEqual(len(vifs), GUESTS)
        self.assertEqual({vif["path"] for vif in vifs}, {"fast"})

    def flush_neighbours(self):
        for index in range(GUESTS):
            self.lab.inside(f"g{index}", "ip", "neigh", "flush", "dev", "eth0")

    def test_2_all_ping_each_other(self):
        answered = 0
        for index in range(GUESTS):
            others = [address(i) for i in range(GUESTS) if i != index]
            _, out, err = self.lab.inside(
                f"g{index}", "fping", "-a", "-r", "5", "-i", "1", *others,
                timeout=120, check=False)
            missing = set(others) - set(out.split())
            self.assertEqual(missing, set(), err)
            answered += len(others)
            if index % PINGERS_BETWEEN_FLUSHES == PINGERS_BETWEEN_FLUSHES - 1:
                self.flush_neighbours()
        self.assertEqual(answered, GUESTS * (GUESTS - 1))
        figure(f"{answered} of {answered} pairs answered")

    def sent_bytes(self):
        return next(vif["fast_tx_bytes"] for vif in self.vifs()
                    if vif["mac"] == mac(0))

    def flap(self, index):
        self.lab.lab("detach", f"g{index}", mac(index))
        self.lab.lab("attach", f"g{index}", f"mac={mac(index)},bridge=xenbr0,"
                     f"ip={address(index)}/24")

    def test_3_one_flow_goes_on_while_98_others_flap(self):
        before = self.memory()
        with labtool.iperf_server(self.lab, "g1"):
            stream = self.lab.start("g0", "iperf3", "-c", address(1), "-t",
                                    "600", "-b", "50M", "--forceflush")
            labtool.read_until(stream, "connected to")
            pinging = self.lab.start("g0", "ping", "-n", "-i", "0.02",
                                     address(1))
            labtool.read_until(pinging, "bytes from")
            sent = self.sent_bytes()
            for index in range(2, GUESTS):
                self.flap(index)
                if index % 14 == 1:
                    now = self.sent_bytes()
                    self.assertGreater(now, sent)
                    sent = now
            out = labtool.end(pinging)
            labtool.end(stream)
        echoes, answers = map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received", out).groups())
        self.assertNotIn("DUP!", out)
        self.assertLessEqual(echoes - answers, 1, "the one under way may miss")
        for _ in range(100):  # the last attach is just over
            after = self.memory()
            if all(fds == before[name][1] for name, (_, fds) in after.items()):
                break
            time.sleep(0.1)
        figure(f"98 vifs flapped beside a stream: {answers} of {echoes} echoes"
               f" answered; memory and descriptors {before} -> {after}")
        for name, (_, fds) in after.items():
            self.assertEqual(fds, before[name][1])
        self.assertEqual(len(self.vifs()), GUESTS)

    def frames(self):
        return [(vif["tx_frames"], vif["rx_frames"])
                for vif in self.vifs()]

    def woken(self):
        """What wakes up in a while: the data path by its own count, both
        processes' threads by the kernel's."""
        pids = self.pids()
        before = self.lab.json("status")["netback"]["wakeups"]
        slept = {name: switches(pid) for name, pid in pids.items()}
        while True:  # the question itself has been served
            time.sleep(0.1)
            again = {name: switches(pid) for name, pid in pids.items()}
            if again == slept:
                break
            slept = again
        time.sleep(IDLE_SECONDS)
        woken = {name: switches(pid) - slept[name]
                 for name, pid in pids.items()}
        woken["data path"] = \
            self.lab.json("status")["netback"]["wakeups"] - before
        return woken

    def test_4_a_hundred_idle_vifs_wake_nobody(self):
        """IPv6 asks for routers without end, so it is turned off; guests'
        kernels say something now and then still, and once in 300 s the switch
        looks for stations that went silent: more than one time may be needed
        until nobody stirs."""
        for index in range(GUESTS):
            self.lab.inside(f"g{index}", "sysctl", "-q",
                            "net.ipv6.conf.all.disable_ipv6=1")
        for _ in range(20):
            frames = self.frames()
            woken = self.woken()
            said = self.frames() != frames
            figure(f"{GUESTS} vifs, {IDLE_SECONDS} s: "
                   f"{'frames moved' if said else 'no frame moved'}, woke up: "
                   f"{woken}")
            if not any(woken.values()):
                return
        self.fail("somebody was woken each time")

    def test_5_an_upgrade_while_all_talk(self):
        clients = range(1, GUESTS)
        with contextlib.ExitStack() as going:
            going.enter_context(self.lab.going("g0", "ready", "python3", "-c",
                                               SERVE))
            talks = [going.enter_context(self.lab.going(
                f"g{index}", "ready", "python3", "-c", TALK, address(0)))
                for index in clients]
            before = self.pids()
            words = self.lab.xenplane("upgrade").strip()
            self.assertIn(f"serves {GUESTS} vifs", words)
            moved = self.vifs()
            for _ in range(200):  # each has talked to the next one
                if all(now["tx_frames"] > then["tx_frames"] for now, then
                       in zip(self.vifs(), moved)):
                    break
                time.sleep(0.05)
            ends = [labtool.end(talk) for talk in talks]
        self.assertEqual([end for end in ends if not re.fullmatch(
            r"talked [1-9]\d*\n", end)], [])
        self.assertNotEqual(self.pids()["netback"], before["netback"])
        figure(f"{len(ends)} connections of {GUESTS} guests live on; {words}")


if __name__ == "__main__":
    unittest.main()
