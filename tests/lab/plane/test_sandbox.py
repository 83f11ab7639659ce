#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The data process of a running plane has nothing but its descriptors, as
/proc shows it, and does its work; without its sandbox it does not start unless
it is told to."""
import errno
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import time
import unittest

from case import A, A4, B, B4, OUT4, PlaneCase, labtool, main

import inject  # case says where it lies

C = "mac=00:16:3e:00:00:0c,bridge=xenbr0,ip=10.77.0.12,mtu=9000"
C4 = "10.77.0.12"
WHOLE = ("-M", "do", "-s", "8972")  # a frame as big as the MTU
EMPTY_SETS = {f"Cap{name}": "0" * 16 for name in
              ("Inh", "Prm", "Eff", "Bnd", "Amb")}
# What an open descriptor may be. The simulated hypervisor's are pipes (event
# channels), domains' memory and the socket to its broker.
KINDS = re.compile(
    r"/dev/null|/dev/net/tun|socket:\[\d+\]|pipe:\[\d+\]"
    r"|anon_inode:\[(eventfd|eventpoll|timerfd|signalfd)\]"
    r"|/memfd:(xensim-domain|xensim-lab)( \(deleted\))?")
# Numbers of system calls on x86-64, as inject.py makes them.
MPROTECT, GETPID, SOCKET, GETPPID, OPENAT = 10, 39, 41, 110, 257
LIMIT_S = 60  # that anything awaited may take


def status_of(task):
    lines = (task / "status").read_text("utf-8").splitlines()
    return {key: value.split() for key, _, value in
            (line.partition(":") for line in lines)}


def descriptors(pid):
    return [os.readlink(entry) for entry in
            sorted(pathlib.Path(f"/proc/{pid}/fd").iterdir())]


class Confined(PlaneCase):
    MTU = 9000
    GUESTS = (("a", A + ",mtu=9000"), ("b", B + ",mtu=9000"))

    def status(self):
        """Also while the data process is away: the exit status is 1 then."""
        return json.loads(self.lab.xenplane("status", "--json",
                                            check=False)[1])

    def netback(self):
        return self.status()["netback"]

    def proc(self):
        return pathlib.Path(f"/proc/{self.netback()['pid']}")

    def log(self):
        return pathlib.Path(
            f"/run/xenplane/lab/{self.lab.name}/lab.log").read_text("utf-8")

    def assert_confined(self):
        tasks = list((self.proc() / "task").iterdir())
        self.assertGreaterEqual(len(tasks), 2)
        for task in tasks:
            status = status_of(task)
            for name, wanted in EMPTY_SETS.items():
                self.assertEqual(status[name], [wanted], name)
            self.assertEqual(len(set(status["Uid"])), 1)
            self.assertNotIn("0", status["Uid"] + status["Gid"])
            self.assertEqual(status["Groups"], [])
            self.assertEqual(status["NoNewPrivs"], ["1"])
            self.assertEqual(status["Seccomp"], ["2"])

    def wait_restart(self, restarts):
        deadline = time.monotonic() + LIMIT_S
        while True:
            status = self.status()
            if status["netback"]["restarts"] > restarts and \
                    status["netback"]["ready"] and status["connected"] == 2:
                return
            self.assertLess(time.monotonic(), deadline, "no restart")
            time.sleep(0.01)

    def assert_pings_again(self, where, address):
        """After a restart the first frames may be late."""
        deadline = time.monotonic() + LIMIT_S
        while self.lab.inside(where, "ping", "-n", "-c", "1", "-W", "1",
                              address, check=False)[0]:
            self.assertLess(time.monotonic(), deadline, "no answer")
        self.assert_pings(where, address, WHOLE)

    def test_no_thread_has_rights(self):
        self.assert_confined()
        control = status_of(pathlib.Path(f"/proc/{self.status()['pid']}"))
        self.assertEqual(control["Seccomp"], ["0"])
        self.assertNotEqual(control["CapEff"], [EMPTY_SETS["CapEff"]])

    def test_no_network(self):
        links = json.loads(labtool.run(
            ["nsenter", "-t", self.proc().name, "--net", "ip", "-j", "-d",
             "address", "show"])[1])
        self.assertIn("lo", [link["ifname"] for link in links])
        for link in links:  # modules may add tunnels to every namespace
            self.assertNotIn("UP", link["flags"])
            self.assertEqual(link["addr_info"], [])
            self.assertNotIn(link.get("linkinfo", {}).get("info_kind"),
                             ("tun", "veth", "bridge"))
        self.assertIn("vif1.0", self.lab.inside("dom0", "ip", "link"))

    def test_no_files(self):
        self.assertEqual(os.listdir(self.proc() / "root"), [])
        self.assertEqual(os.readlink(self.proc() / "cwd"), "/")
        mounts = (self.proc() / "mounts").read_text("utf-8").splitlines()
        self.assertEqual(len(mounts), 1)
        self.assertIn("tmpfs ro,nosuid,nodev,noexec", mounts[0])
        self.assertNotEqual(os.listdir("/"), [])

    def test_descriptors_are_the_known_ones(self):
        log = f"/run/xenplane/lab/{self.lab.name}/lab.log"
        found = descriptors(self.netback()["pid"])
        for target in found:
            self.assertTrue(target == log or KINDS.fullmatch(target), target)
        vifs = self.lab.json("vif", "list")["vifs"]
        queues = sum(vif["queues"] for vif in vifs)
        self.assertEqual(found.count("/dev/net/tun"), queues)
        # The datalink, and the broker in place of the hypervisor's device.
        sockets = [name for name in found if name.startswith("socket:")]
        self.assertEqual(len(sockets), 2)

    def test_traffic_and_a_guest_that_comes_later(self):
        restarts = self.netback()["restarts"]
        self.wait_path("fast")
        self.assert_pings("a", B4, WHOLE)
        self.assert_pings("a", OUT4, WHOLE)
        self.assertEqual(self.lab.create("c", C), 3)
        self.addCleanup(self.lab.lab, "destroy", "c")
        self.assert_pings("c", A4, WHOLE)
        with labtool.iperf_server(self.lab, "c"):
            labtool.iperf(self.lab, "a", C4, "-n", "20M", seconds=0)
        with labtool.iperf_server(self.lab, "outside"):
            labtool.iperf(self.lab, "a", OUT4, "-n", "20M", seconds=0)
            labtool.iperf(self.lab, "a", OUT4, "-n", "20M", "-R", seconds=0)
        self.assertEqual(self.netback()["restarts"], restarts)

    @unittest.skipUnless(inject.POSSIBLE, "x86-64 only")
    def test_a_forbidden_call_fails_in_the_very_process(self):
        before = self.netback()
        pid = before["pid"]
        self.assertEqual(inject.call(pid, GETPID), (pid, None))
        for number in (GETPPID, OPENAT):
            self.assertEqual(inject.call(pid, number), (-errno.EPERM, None))
        self.assert_pings("a", B4)
        self.assertEqual(self.netback()["restarts"], before["restarts"])
        for number, words in ((SOCKET, (socket.AF_UNIX,
                                        socket.SOCK_STREAM, 0)),
                              (MPROTECT, (0, 0, 4))):  # PROT_EXEC
            before = self.netback()
            self.assertEqual(inject.call(before["pid"], number, *words),
                             (None, signal.SIGSYS))
            self.wait_restart(before["restarts"])
            self.assertIn(f"the data process ({before['pid']}) died of "
                          f"signal {int(signal.SIGSYS)}", self.log())
            self.assert_pings_again("a", B4)

    def test_its_successor_is_confined_too(self):
        # SIGTERM ends it in order, with all that a process does at its end.
        for number, words in ((signal.SIGKILL, "died of signal 9"),
                              (signal.SIGTERM, "ended with status 0")):
            before = self.netback()
            os.kill(before["pid"], number)
            self.wait_restart(before["restarts"])
            self.assert_pings_again("a", B4)
            self.assert_confined()
            self.assertIn(f"the data process ({before['pid']}) {words}",
                          self.log())


class ByHand(unittest.TestCase):
    """xenplane-netback as a developer starts it: in a lab, with this test as
    its control process."""

    @classmethod
    def setUpClass(cls):
        cls.lab = labtool.Lab("hand")
        cls.enterClassContext(cls.lab)

    def start(self, *arguments, rights=True):
        """(process, our end of its datalink)"""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(ours.close)
        argv = [str(labtool.BUILD / "bin" / "xenplane-netback"), *arguments]
        if not rights:  # root by name only
            argv = ["setpriv", "--bounding-set=-all", "--inh-caps=-all",
                    *argv]
        run = f"/run/xenplane/lab/{self.lab.name}"
        process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{its.fileno()} '
             f'{its.fileno()}<&-', "sh", "env",
             f"LD_PRELOAD={labtool.BUILD}/lib/libxensim.so",
             f"XENSIM_BROKER={run}/broker.sock", *argv],
            pass_fds=[its.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        its.close()
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, ours

    def assert_ready(self, ours):
        ready, _, _ = select.select([ours], [], [], LIMIT_S)
        self.assertTrue(ready, "says READY")
        self.assertEqual(len(ours.recv(4096)), 12)

    def end(self, process, ours):
        ours.close()
        self.assertEqual(process.wait(timeout=LIMIT_S), 0)
        return process.stderr.read()

    def test_the_user_it_was_told(self):
        process, ours = self.start("--user", "nobody")
        self.assert_ready(ours)
        status = status_of(pathlib.Path(f"/proc/{process.pid}"))
        self.assertEqual(status["Uid"], ["65534"] * 4)
        self.assertEqual(status["Seccomp"], ["2"])
        self.assertEqual(self.end(process, ours), "")

    def test_root_is_not_a_user_to_become(self):
        process, ours = self.start("--user", "root")
        self.assertEqual(process.wait(timeout=LIMIT_S), 1)
        self.assertIn("must not be root's", process.stderr.read())
        self.assertEqual(ours.recv(4096), b"")

    def test_without_rights_it_says_what_is_missing_and_ends(self):
        process, ours = self.start(rights=False)
        self.assertEqual(process.wait(timeout=LIMIT_S), 1)
        said = process.stderr.read()
        for part in ("namespaces", "root directory", "bounding set",
                     "securebits", "user and groups"):
            self.assertRegex(said, f"sandbox: .*{part}: Operation not perm")
        self.assertIn("--no-sandbox", said)
        self.assertEqual(ours.recv(4096), b"", "no READY")

    def test_no_sandbox_keeps_all(self):
        for rights in (True, False):
            process, ours = self.start("--no-sandbox", rights=rights)
            self.assert_ready(ours)
            status = status_of(pathlib.Path(f"/proc/{process.pid}"))
            self.assertEqual(status["Seccomp"], ["0"])
            self.assertEqual(status["Uid"], ["0"] * 4)
            if inject.POSSIBLE:  # the control of forbidden calls
                self.assertEqual(inject.call(
                    process.pid, GETPPID), (os.getpid(), None))
                self.assertGreater(inject.call(
                    process.pid, SOCKET, socket.AF_UNIX, socket.SOCK_STREAM,
                    0)[0], 2)
                self.assertEqual(inject.call(process.pid, MPROTECT, 0, 0, 4),
                                 (0, None))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=LIMIT_S), 0)
            self.assertIn("runs with all its rights", process.stderr.read())


if __name__ == "__main__":
    main()
