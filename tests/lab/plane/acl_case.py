# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of access lists share: three guests, a file that may say
something else any time, servers and what asks them."""
import contextlib
import os
import pathlib
import signal
import time

from case import A4, A6, B4, B6, PlaneCase, labtool

MAC_A = "00:16:3e:00:00:0a"

# Listens on the ports, TCP and UDP, and says "NAME\n" or sends back what came.
SERVE = """
import selectors, socket, sys
poll = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    for family, any in ((socket.AF_INET, ""), (socket.AF_INET6, "::")):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            s = socket.socket(family, kind)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.bind((any, port))
            if kind == socket.SOCK_STREAM:
                s.listen(16)
            poll.register(s, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in poll.select():
        s = key.fileobj
        if s.type == socket.SOCK_DGRAM:
            s.sendto(*s.recvfrom(2048))
        else:
            with s.accept()[0] as peer:
                peer.sendall(b"hello")
"""
# One TCP connection, or one datagram and its answer: "yes" or "no".
ASK = """
import socket, sys
kind, to, port, wait = sys.argv[1:5]
own = int(sys.argv[5]) if len(sys.argv) > 5 else 0
family = socket.AF_INET6 if ":" in to else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp"
                  else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if own:
    s.bind(("", own))
s.settimeout(float(wait))
try:
    s.connect(socket.getaddrinfo(to, int(port), family)[0][4])
    if kind == "udp":
        s.send(b"hello")
    print("yes" if s.recv(16) == b"hello" else "no")
except OSError:
    print("no")
"""
# Frames that this guest's link got for each UDP or TCP port, until SIGINT.
COUNT = """
import json, signal, socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("eth0", 3))
def end(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
seen = {}
try:
    while True:
        frame, where = s.recvfrom(2048)
        if where[2] == socket.PACKET_OUTGOING:
            continue
        kind, = struct.unpack_from(">H", frame, 12)
        at = 34 if kind == 0x0800 else 54
        if kind in (0x0800, 0x86dd) and len(frame) >= at + 4:
            port, = struct.unpack_from(">H", frame, at + 2)
            seen[port] = seen.get(port, 0) + 1
except KeyboardInterrupt:
    pass
print(json.dumps(seen), flush=True)
"""

# A stream that goes on until SIGINT: the source counts what was taken.
STREAM_TO = """
import socket
l = socket.socket(socket.AF_INET6)
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(("", 80))
l.listen(1)
print("ready", flush=True)
s = l.accept()[0]
while s.recv(65536):
    pass
"""
STREAM = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
s.settimeout(None)
print("ready", flush=True)
while True:
    s.send(bytes(1000))
"""

def python(program, *words):
    return ("python3", "-c", program, *map(str, words))


class AclCase(PlaneCase):
    GUESTS = (
        ("a", f"mac={MAC_A},bridge=xenbr0,ip={A4} {A6}"),
        ("b", f"mac=00:16:3e:00:00:0b,bridge=xenbr0,ip={B4} {B6}"),
        ("c", "mac=00:16:3e:00:00:0c,bridge=xenbr0"),
    )

    def setUp(self):
        pid = self.lab.json("status")["pid"]
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        self.file = pathlib.Path(words[words.index(b"--config") + 1].decode())
        self.before = self.file.read_text(encoding="utf-8")
        self.addCleanup(self.say, "")

    def say(self, text):
        """The configuration says this as well now, and is in force."""
        status = self.lab.json("status")
        self.file.write_text(self.before + text, encoding="utf-8")
        os.kill(status["pid"], signal.SIGHUP)
        deadline = time.monotonic() + 20
        while self.lab.json("status")["reloads"] == status["reloads"]:
            self.assertLess(time.monotonic(), deadline)
        # Its answer waits for what the data process was told before.
        for domid, _ in enumerate(self.GUESTS, 1):
            vif = f"vif{domid}.0"
            self.lab.xenplane("vif", "set", vif, "storm=default")

    @contextlib.contextmanager
    def path(self, path):
        for vif in ("vif1.0", "vif2.0"):
            self.lab.xenplane("vif", "set", vif, "fastpath=" + (
                "on" if path == "fast" else "off"))
        self.wait_path(path)
        with self.subTest(path=path):
            yield
        for vif in ("vif1.0", "vif2.0"):
            self.lab.xenplane("vif", "set", vif, "fastpath=default")

    def on_both_paths(self):
        for path in ("fast", "kernel"):
            with self.path(path):
                yield path

    def drops(self, vif, reason):
        return self.lab.json("vif", "show", vif)["drops"][reason]

    def asks(self, kind, to, port, expected, source=0, where="a"):
        out = self.lab.inside(where, *python(
            ASK, kind, to, port, 20 if expected else 0.5, source))
        self.assertEqual(out.strip(), "yes" if expected else "no",
                         f"{where}: {kind} {to} {port}")
