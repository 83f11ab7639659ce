#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplaned is killed while guests talk, under a service manager that keeps
its descriptors: connections live on, no link goes down, nothing comes twice."""
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile
import time

from case import B4, OUT4, PlaneCase, labtool, main

KILLS = int(os.environ.get("KILLS", "20"))
MANAGER = pathlib.Path(labtool.__file__).resolve().parent / "manager.py"

# Sends numbered lines over one TCP connection, and waits for each to come
# back, until SIGINT: how many, and the longest wait in ms.
ECHO = """
import signal, socket, sys, time
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGINT, end)
s = socket.create_connection((sys.argv[1], 5006), timeout=20)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
f = s.makefile("rw")
print("ready", flush=True)
number, longest = 0, 0
while going:
    begin = time.monotonic()
    f.write(f"{number}\\n")
    f.flush()
    if f.readline() != f"{number}\\n":
        sys.exit(f"wrong after {number}")
    longest = max(longest, time.monotonic() - begin)
    number += 1
    time.sleep(0.001)
print(number, longest * 1000, flush=True)
"""
SERVE = """
import socket
s = socket.create_server(("", 5006))
print("ready", flush=True)
c, _ = s.accept()
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := c.recv(65536):
    c.sendall(data)
"""
# Numbered datagrams, each of which is sent back, until SIGINT: how many there
# were, how many did not come back, and how many came twice. No more than WINDOW
# are under way, so that no queue overflows however long it takes; what has not
# come for 2 s is lost.
WINDOW = 8
FLOW = """
import select, signal, socket, struct, sys, time
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGINT, end)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 5005))
print("ready", flush=True)
number = lost = twice = 0
under_way = {}
while going or under_way:
    while going and len(under_way) < int(sys.argv[2]):
        s.send(struct.pack(">I", number))
        under_way[number] = time.monotonic()
        number += 1
    if select.select([s], [], [], 0.01)[0]:
        back = struct.unpack(">I", s.recv(64))[0]
        twice += under_way.pop(back, None) is None
    late = [n for n, at in under_way.items() if time.monotonic() - at > 2]
    lost += len(late)
    for n in late:
        del under_way[n]
print(number, lost, twice, flush=True)
"""
REFLECT = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5005))
print("ready", flush=True)
while True:
    data, who = s.recvfrom(64)
    s.sendto(data, who)
"""
# What the kernel says of links, until SIGINT.
MONITOR = """
ip -o monitor link &
echo ready
trap 'kill $!; exit' INT
wait
"""


def managed_programs(folder):
    """A folder of programs as the build's, in which xenplaned has a
    manager."""
    for name in ("bin", "lib"):
        shutil.copytree(labtool.BUILD / name, folder / name)
    real = folder / "bin/xenplaned"
    real.rename(folder / "bin/xenplaned.real")
    real.write_text(f"#!/bin/sh\nexec {sys.executable} {MANAGER} "
                    f"{folder}/bin/xenplaned.real \"$@\"\n", "ascii")
    real.chmod(0o755)


class ControlDeath(PlaneCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="xp-managed-")))
        managed_programs(folder)
        before = labtool.XENPLANE
        cls.addClassCleanup(setattr, labtool, "XENPLANE", before)
        labtool.XENPLANE = str(folder / "bin/xenplane")
        super().setUpClass()

    def status(self):
        """None: it does not answer now."""
        code, out, _ = self.lab.xenplane("status", "--json", check=False)
        return labtool.json.loads(out) if code == 0 else None

    def kill(self, number=signal.SIGKILL):
        """Kills it; how many s until the next one has settled."""
        pid = self.status()["pid"]
        begin = time.monotonic()
        os.kill(pid, number)
        while True:
            status = self.status()
            if status and status["pid"] != pid and status["settled"] and \
                    status["connected"] == 2:
                return time.monotonic() - begin
            self.assertLess(time.monotonic(), begin + 20)

    def states(self):
        return [(vif["name"], vif["state"], vif["frontend_state"],
                 vif["ifindex"], vif["bridge"], vif["generation"])
                for vif in self.lab.json("vif", "list")["vifs"]]

    def test_guests_do_not_notice(self):
        before = self.states()
        gaps = []
        with self.lab.going("b", "ready", "python3", "-c", SERVE), \
                self.lab.going("b", "ready", "python3", "-c", REFLECT), \
                self.lab.going("dom0", "ready", "sh", "-c",
                               MONITOR) as monitor, \
                self.lab.going("a", "ready", "python3", "-c", ECHO,
                               B4) as echo, \
                self.lab.going("a", "ready", "python3", "-c", FLOW, B4,
                               str(WINDOW)) as flow:
            for _ in range(KILLS):
                gaps.append(self.kill())
                self.wait_path("fast")
            rounds, longest = labtool.end(echo).split()
            sent, lost, twice = map(int, labtool.end(flow).split())
            said = labtool.end(monitor)
        print(f"kills {KILLS}, back after {statistics.median(gaps) * 1e3:.0f} "
              f"ms (at most {max(gaps) * 1e3:.0f}); TCP rounds {rounds}, "
              f"longest {float(longest):.0f} ms; datagrams {sent}, lost "
              f"{lost}, twice {twice}")
        self.assertEqual(self.states(), before)
        self.assertGreater(int(rounds), KILLS)
        # What is under way at a kill, in taps and egress queues, may be lost,
        # and what was delivered and not noted yet may come twice.
        self.assertGreater(sent, KILLS)
        self.assertLessEqual(lost, WINDOW * KILLS)
        self.assertLessEqual(twice, WINDOW * KILLS)
        for line in said.splitlines():
            self.assertNotIn("Deleted", line)
            if "vif" in line and "state" in line:
                self.assertIn("LOWER_UP", line)
        self.assert_pings("a", OUT4)

    def test_counters_go_on(self):
        self.assert_pings("a", B4)
        sent = self.vif(1)["tx_frames"]
        self.assertGreater(sent, 0)
        self.kill(signal.SIGKILL)
        self.assertGreaterEqual(self.vif(1)["tx_frames"], sent)

    def test_what_was_set_still_holds(self):
        self.lab.xenplane("vif", "set", "vif1.0", "isolated=on", "mtu=1400",
                          "rate=80Mb/s")
        before = self.lab.json("vif", "show", "vif1.0")
        self.kill()
        now = self.lab.json("vif", "show", "vif1.0")
        for key in ("settings", "mtu", "place", "bridge"):
            self.assertEqual(now[key], before[key])
        self.lab.xenplane("vif", "set", "vif1.0", "isolated=default",
                          "mtu=default", "rate=default")
        self.assertEqual(self.lab.json("vif", "show", "vif1.0")["mtu"], 1500)

    def test_zz_without_a_manager_there_is_a_new_twin_in_its_place(self):
        """The control: nobody keeps anything. The last test, as the manager
        goes on losing."""
        before = self.vif(1)
        manager = int(pathlib.Path(f"/proc/{self.status()['pid']}/status")
                      .read_text("ascii").split("PPid:")[1].split()[0])
        self.assertIn(b"manager.py",
                      pathlib.Path(f"/proc/{manager}/cmdline").read_bytes())
        os.kill(manager, signal.SIGUSR1)
        self.kill()
        self.wait_path("fast")
        now = self.vif(1)
        self.assertNotEqual(now["ifindex"], before["ifindex"])
        self.assertEqual((now["bridge"], now["state"], now["name"]),
                         ("xenbr0", "Connected", before["name"]))
        self.assert_pings("a", B4)
        self.assert_pings("a", OUT4)


if __name__ == "__main__":
    main()
