#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The configuration is read again while guests talk: nobody is detached, and
no frame of theirs is lost, whether it says the same or something else."""
import os
import pathlib
import signal
import time

from case import B4, PlaneCase, labtool, main

# Numbered datagrams until SIGINT, which it answers with how many they were.
SEND = """
import signal, socket, struct, sys, time
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGINT, end)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("ready", flush=True)
number = 0
while going:
    s.sendto(struct.pack(">I", number), (sys.argv[1], 5005))
    number += 1
    time.sleep(0.001)
print(number, flush=True)
"""
# What came of them until SIGINT: how many, and how many twice.
COUNT = """
import signal, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
s.bind(("", 5005))
def end(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
seen = []
try:
    while True:
        seen.append(s.recv(64))
except KeyboardInterrupt:
    pass
print(len(set(seen)), len(seen) - len(set(seen)), flush=True)
"""
TIMES = 25


class Reload(PlaneCase):
    def daemon(self):
        """Its process, and the file that it reads."""
        pid = self.lab.json("status")["pid"]
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return pid, pathlib.Path(
            words[words.index(b"--config") + 1].decode())

    def reload(self, pid):
        before = self.lab.json("status")["reloads"]
        os.kill(pid, signal.SIGHUP)
        deadline = time.monotonic() + 20
        while self.lab.json("status")["reloads"] == before:
            self.assertLess(time.monotonic(), deadline)

    def setUp(self):
        labtool.ping(self.lab, "a", B4, count=1)  # both know each other

    def run_flow(self, meanwhile):
        """(sent, received, received twice)"""
        with self.lab.going("b", "ready", "python3", "-c", COUNT) as counter, \
                self.lab.going("a", "ready", "python3", "-c", SEND,
                               B4) as sender:
            meanwhile()
            sent = int(labtool.end(sender))
            got = -1
            while True:  # what is under way arrives
                now = self.vif(2)["rx_frames"]
                if now == got:
                    break
                got = now
                time.sleep(0.2)
            received, twice = map(int, labtool.end(counter).split())
        return sent, received, twice

    def test_the_same_file_loses_nothing(self):
        pid, _ = self.daemon()

        def reload():
            for _ in range(TIMES):
                self.reload(pid)
        sent, received, twice = self.run_flow(reload)
        print(f"reloads {TIMES}, frames {sent}, lost {sent - received}")
        self.assertGreater(sent, TIMES)
        self.assertEqual((received, twice), (sent, 0))

    def test_other_words_lose_nothing(self):
        pid, file = self.daemon()
        before = file.read_text(encoding="ascii")
        self.addCleanup(file.write_text, before)
        paths = set()

        def reload():
            for i in range(TIMES):
                file.write_text("[defaults]\nfastpath = "
                                f"{'on' if i % 2 else 'off'}\n"
                                f"storm = {1000 + i}\n")
                self.reload(pid)
                path = "fast" if i % 2 else "kernel"
                self.wait_path(path)
                paths.add(path)
        sent, received, twice = self.run_flow(reload)
        print(f"reloads {TIMES}, frames {sent}, lost {sent - received}")
        self.assertEqual(paths, {"fast", "kernel"})
        self.assertEqual((received, twice), (sent, 0))

    def test_a_flow_does_lose_when_something_is_lost(self):
        """The count's control: the receiver's link is down for a moment."""
        def cut():
            self.lab.xenplane("vif", "set", "vif1.0", "isolated=on")
            self.lab.xenplane("vif", "set", "vif2.0", "isolated=on")
            time.sleep(0.2)
            for vif in ("vif1.0", "vif2.0"):
                self.lab.xenplane("vif", "set", vif, "isolated=default")
            labtool.ping(self.lab, "a", B4, count=1)
        sent, received, _ = self.run_flow(cut)
        self.assertLess(received, sent)
        self.assertGreater(received, 0)


if __name__ == "__main__":
    main()
