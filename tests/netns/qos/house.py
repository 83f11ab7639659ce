# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with two guests' vifs and a NIC on a bridge, and who is behind them:
four namespaces that end with this process. Traffic is UDP of Python's, so that
what is counted is frames and not what a protocol makes of them."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import unittest

BUILD = pathlib.Path(os.environ.get(
    "XENPLANE_BUILD", pathlib.Path(__file__).resolve().parents[3] / "build"))
XENPLANE = str(BUILD / "bin" / "xenplane")
LIMIT = 60  # seconds that anything awaited may take
# What is noted of a namespace below /run goes with it.
HOLD = "mount -t tmpfs none /run && echo ready && exec cat"
HEADERS = 14 + 20 + 8  # of a frame with UDP over IPv4

# Sends frames with SIZE bytes of UDP payload to ADDRESS, a PAUSE between,
# until its input ends; prints how many.
SENDER = """
import select, socket, sys, time
address, size, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
# What is allowed to wait is the shaper's affair.
s.setsockopt(socket.SOL_SOCKET, 32, 8 << 20)  # SO_SNDBUFFORCE
s.connect((address, 5001))
count = 0
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(1 if pause else 50):
        try:
            s.send(bytes(size))
            count += 1
        except OSError:
            pass
    time.sleep(pause)
print(count, flush=True)
"""
# Takes what comes to port 5001 until a line says how many more to wait for;
# prints how many came.
RECEIVER = """
import select, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
s.bind(("0.0.0.0", 5001))
s.settimeout(0.2)
count, wanted, end = 0, None, None
print("ready", flush=True)
while wanted is None or (count < wanted and time.monotonic() < end):
    if wanted is None and select.select([sys.stdin], [], [], 0)[0]:
        wanted = int(sys.stdin.readline())
        end = time.monotonic() + 20
    try:
        s.recv(65536)
        count += 1
    except TimeoutError:
        pass
print(count, flush=True)
"""


def missing():
    """Why these tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "namespaces need root"
    for program in ("ip", "tc", "nft", "ping", "iperf3", "unshare",
                    "nsenter"):
        if not shutil.which(program):
            return f"{program} is not installed"
    return None


class Program:
    """A program in a namespace, spoken to over its input and output."""

    def __init__(self, argv):
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.line("ready")

    def line(self, wanted=None):
        timer = threading.Timer(LIMIT, self.process.kill)
        timer.start()
        line = self.process.stdout.readline().strip()
        timer.cancel()
        assert line and (wanted is None or line == wanted), \
            f"said {line!r}, not {wanted!r}"
        return line

    def finish(self, text="\n"):
        self.process.stdin.write(text)
        self.process.stdin.flush()
        count = int(self.line())
        self.close()
        return count

    def close(self):
        if self.process.poll() is None and self.process.stdin:
            self.process.stdin.close()
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class House:
    """Use as a context manager: host, a (behind vif1.0), b (behind vif2.0),
    world (behind eth0)."""
    GUESTS = {"a": ("vif1.0", "00:16:3e:00:00:01", "10.9.0.1"),
              "b": ("vif2.0", "00:16:3e:00:00:02", "10.9.0.2"),
              "world": ("eth0", "00:16:3e:00:00:99", "10.9.0.99")}

    def __init__(self, more=0):
        self.holders = {}
        self.programs = []
        self.guests = {**self.GUESTS, **{
            f"g{n}": (f"vif{n}.0", f"00:16:3e:00:00:{n:02x}", f"10.9.0.{n}")
            for n in range(3, 3 + more)}}

    def __enter__(self):
        try:
            for name in ("host", *self.guests):
                self.holders[name] = Program(
                    ["unshare", "--net", "--mount", "sh", "-c", HOLD])
                self.ip(name, "link set lo up")
            self.host("ip", "link", "add", "xenbr0", "type", "bridge",
                      "forward_delay", "0", "mcast_snooping", "0")
            self.host("ip", "link", "set", "xenbr0", "up")
            for name, guest in self.guests.items():
                self.plug(name, *guest)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in [*self.programs, *self.holders.values()]:
            program.close()

    def plug(self, name, port, mac, address):
        pid = self.holders[name].process.pid
        self.ip("host", f"link add {port} type veth peer name eth0 "
                        f"address {mac} netns {pid}")
        self.ip("host", f"link set {port} master xenbr0 up")
        self.ip(name, "link set eth0 up")
        self.ip(name, f"addr add {address}/24 dev eth0")
        self.ip(name, f"addr add fd00::{address.split('.')[3]}/64 dev eth0 "
                      "nodad")

    def enter(self, name):
        pid = self.holders[name].process.pid
        return ["nsenter", f"--net=/proc/{pid}/ns/net",
                f"--mount=/proc/{pid}/ns/mnt", "--"]

    def inside(self, name, *argv, status=0):
        done = subprocess.run(self.enter(name) + list(argv), check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=LIMIT)
        assert done.returncode == status, \
            f"{argv}: {done.returncode}, {done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def ip(self, name, words):
        return self.inside(name, "ip", *words.split())

    def host(self, *argv, status=0):
        return self.inside("host", *argv, status=status)

    def qos(self, *words, status=0):
        return self.host(XENPLANE, "qos", *words, "--socket", "/nowhere",
                         status=status)

    def apply(self, *words):
        """How many operations it took."""
        return json.loads(self.qos("apply", *words, "--json"))["operations"]

    def show(self):
        """{(link, way, of): shaper}"""
        shapers = json.loads(self.qos("show", "--json"))["shapers"]
        return {(s["link"], s["way"], s["of"]): s for s in shapers}

    def state(self):
        """Links and disciplines, but for what is another number each time."""
        links = json.loads(self.host("ip", "-j", "link"))
        qdiscs = json.loads(self.host("tc", "-j", "qdisc"))
        return ([(link["ifname"], "UP" in link["flags"]) for link in links],
                sorted((q["dev"], q["kind"], q.get("root", False))
                       for q in qdiscs))

    def start(self, name, text, *arguments):
        program = Program([*self.enter(name), sys.executable, "-c", text,
                           *map(str, arguments)])
        self.programs.append(program)
        return program

    def sender(self, name, to, size=1000, pause=0):
        return self.start(name, SENDER, self.guests[to][2], size, pause)

    def receiver(self, name):
        return self.start(name, RECEIVER)

    def window(self, seconds, *keys):
        """What each shaper passed meanwhile: ([bytes], how long at most)."""
        before_s = time.monotonic()
        before = self.show()
        inner_s = time.monotonic()
        time.sleep(seconds)
        at_least = time.monotonic() - inner_s
        after = self.show()
        at_most = time.monotonic() - before_s
        return ([after[key]["bytes"] - before[key]["bytes"] for key in keys],
                at_least, at_most)


def main():
    reason = missing()
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main()
