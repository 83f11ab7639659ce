#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab leaves nothing behind, however it ends; several run side by side;
wrong words are refused with their place."""
import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from case import A, A4, B, B4, HOST4, labtool, main

RUN = pathlib.Path("/run/xenplane/lab")


def processes(name):
    """Processes whose environment names the lab."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"XENPLANE_LAB={name}".encode() in environment and \
                int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def lab_vifs(lab):
    """What the lab's control process knows, also while a request waits."""
    return lab.json("vif", "list")["vifs"]


def interfaces():
    return sorted(os.listdir("/sys/class/net"))


def notes():
    """What is noted of network namespaces."""
    return sorted(path.name for path in RUN.parent.glob("*")
                  if path != RUN and path.is_file())


def gone(name, supervisor, seconds=10):
    """Waits until a killed lab's processes have ended."""
    for _ in range(seconds * 50):
        left = [pid for pid in processes(name)
                if pathlib.Path(f"/proc/{pid}").exists()]
        if not left and not pathlib.Path(f"/proc/{supervisor}").exists():
            return True
        time.sleep(0.02)
    return False


class Lifecycle(unittest.TestCase):
    def setUp(self):
        self.before = interfaces()
        self.notes = notes()

    def assert_nothing_left(self, lab):
        self.assertEqual(processes(lab.name), [])
        self.assertFalse((RUN / lab.name).exists())
        self.assertFalse((RUN / f"{lab.name}.lock").exists())
        self.assertEqual(interfaces(), self.before)
        self.assertEqual(notes(), self.notes)
        mounts = pathlib.Path("/proc/self/mounts").read_text("utf-8")
        self.assertNotIn("xenplane", mounts)

    def test_stop_leaves_nothing(self):
        with labtool.Lab("stop") as lab:
            lab.create("a", A)
            self.assertTrue(processes(lab.name))
            self.assertTrue((RUN / lab.name).exists())
        self.assert_nothing_left(lab)

    def test_stop_ends_what_exec_left_in_the_background(self):
        with labtool.Lab("daemons") as lab:
            lab.create("a", A)
            lab.create("b", B)
            for where in ("a", "b", "dom0", "outside"):
                lab.inside(where, "iperf3", "-s", "-D")
            before = processes(lab.name)
            lab.lab("destroy", "b")  # takes its guest and its server along
            self.assertEqual(len(before) - len(processes(lab.name)), 2)
            labtool.iperf(lab, "a", HOST4, "-n", "1K", seconds=0)
        self.assert_nothing_left(lab)

    def test_side_by_side(self):
        with labtool.Lab("left") as left, labtool.Lab("right") as right:
            for lab in (left, right):
                self.assertEqual(lab.create("a", A), 1)
                self.assertEqual(lab.create("b", B), 2)
            for lab in (left, right):
                self.assertEqual(labtool.ping(lab, "a", B4)[0], 10)
            left.lab("destroy", "b")
            self.assertEqual(labtool.ping(right, "a", B4)[0], 10)
            with self.assertRaises(labtool.Failed):
                labtool.ping(left, "a", B4, count=1)
        self.assert_nothing_left(left)
        self.assert_nothing_left(right)

    def test_a_second_start_is_refused(self):
        with labtool.Lab("twice") as lab:
            status, _, err = lab.lab("start", check=False)
            self.assertEqual(status, 1)
            self.assertIn("is running", err)
            lab.create("a", A)
        self.assert_nothing_left(lab)

    def test_a_failing_command_leaves_nothing(self):
        with labtool.Lab("fail") as lab:
            for words, status, text in (
                    (("create", "a", "mac=nonsense"), 2, "column 5"),
                    (("create", "a", "bridge=xenbr0,rate=fast"), 2,
                     "column 20"),
                    (("create", "a b"), 1, "letters"),
                    (("create", "dom0"), 1, "own"),
                    (("create", "--help"), 1, "begin"),
                    (("create", "a", "script=/does/not/exist"), 1,
                     "/does/not/exist"),
                    (("create", "a", "script=/bin/false"), 1, "status 1"),
                    (("create", "a", "--queues=99"), 2, "--queues=99"),
                    (("create", "a", "--turbo"), 2, "--turbo"),
                    (("create", "a", "devid=64"), 1, "0 to 63"),
                    (("create", "a", "vifname=eth0"), 1, "is taken"),
                    (("exec", "nobody", "--", "true"), 1, "nobody"),
                    (("destroy", "nobody"), 1, "nobody"),
                    (("attach", "nobody", "bridge=xenbr0"), 1, "nobody"),
                    (("dance",), 2, "unknown verb")):
                with self.subTest(words=words):
                    got, _, err = lab.lab(*words, check=False)
                    self.assertEqual(got, status, err)
                    self.assertIn(text, err)
                    self.assertEqual(lab.json("lab", "list")["guests"], [])
            self.assertEqual(lab.json("vif", "list")["vifs"], [])
            for words, text in (
                    (("vif", "lst"), '"lst"'), (("bridge", "fdb"), '"fdb"'),
                    (("vif", "set", "vif1.0", "fastpath=1"), "on or off"),
                    (("--json", "lab", "list"), "comes first")):
                status, _, err = lab.xenplane(*words, check=False)
                self.assertEqual(status, 2, err)
                self.assertIn(text, err.partition("\n")[0])
            lab.create("a", A)
            status, _, _ = lab.inside("a", "sh", "-c", "exit 7", check=False)
            self.assertEqual(status, 7)
            status, _, err = lab.inside("a", "/no/such/program", check=False)
            self.assertEqual(status, 127)
        self.assert_nothing_left(lab)

    def test_interrupted_start_leaves_nothing(self):
        for delay in (0.01, 0.05, 0.2):
            lab = labtool.Lab(f"interrupt{int(delay * 100)}")
            start = subprocess.Popen(
                [labtool.XENPLANE, "lab", "start"], env=lab.env,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            time.sleep(delay)  # the moment does not matter, only the end
            start.send_signal(signal.SIGINT)
            start.wait(timeout=30)
            if start.returncode == 0:  # it was faster than the signal
                lab.lab("stop")
            self.assert_nothing_left(lab)

    def test_a_killed_supervisor_takes_all_along(self):
        lab = labtool.Lab("killed")
        lab.lab("start")
        lab.create("a", A)
        lab.create("b", B)
        self.assertEqual(labtool.ping(lab, "a", B4)[0], 10)
        self.assertEqual(labtool.ping(lab, "b", A4)[0], 10)
        supervisor = lab.json("lab", "list")["supervisor"]
        os.kill(supervisor, signal.SIGKILL)
        self.assertTrue(gone(lab.name, supervisor),
                        f"left: {processes(lab.name)}")
        self.assertEqual(interfaces(), self.before)
        status, _, err = lab.lab("list", check=False)
        self.assertEqual(status, 1)
        self.assertIn("not running", err)
        lab.lab("stop")  # removes the folder that the killed one left
        self.assert_nothing_left(lab)

    def stop_while(self, lab, *request):
        """Stops the lab under a request that waits: the seconds it took."""
        waiting = subprocess.Popen(
            [labtool.XENPLANE, "lab", *request], env=lab.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        while not lab_vifs(lab):
            time.sleep(0.02)
        begin = time.monotonic()
        lab.lab("stop")
        took = time.monotonic() - begin
        self.assertEqual(waiting.wait(timeout=10), 1)
        return took

    def test_stop_waits_for_no_script(self):
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder) / "slow"
            script.write_text("#!/bin/sh\nsleep 30.5\n", "utf-8")
            script.chmod(0o755)
            for name in (str(script), "/bin/true"):  # which does not connect
                with self.subTest(name):
                    lab = labtool.Lab("slow")
                    lab.lab("start")
                    self.assertLess(
                        self.stop_while(lab, "create", "a",
                                        f"script={name}"), 8)
                    self.assert_nothing_left(lab)
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                self.assertNotEqual(path.read_bytes(), b"sleep\00030.5\0")

    def test_a_dead_guest_is_cleaned_up(self):
        with labtool.Lab("dead") as lab:
            lab.create("a", A)
            lab.create("b", B)
            self.assertEqual(labtool.ping(lab, "a", B4)[0], 10)
            guest = lab.json("lab", "list")["guests"][1]
            os.kill(guest["pid"], signal.SIGKILL)
            for _ in range(500):
                if len(lab.json("lab", "list")["guests"]) == 1 and \
                        len(lab.json("vif", "list")["vifs"]) == 1:
                    break
                time.sleep(0.02)
            self.assertEqual(len(lab.json("lab", "list")["guests"]), 1)
            lab.create("b", B)
            self.assertEqual(labtool.ping(lab, "a", B4)[0], 10)
        self.assert_nothing_left(lab)


if __name__ == "__main__":
    main()
