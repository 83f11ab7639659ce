# SPDX-License-Identifier: GPL-2.0-or-later
"""DPDK's testpmd as a peer: one forwards between two ports on the backend's
core, one makes and takes frames on the other core. No network card is looked
at, nothing is written outside a folder of ours, all ends with the context."""
import fcntl
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import time

import machine
from book import CROWD
from labtool import Failed

HUGEPAGES = pathlib.Path(
    "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
PAGES = 1024  # 2 GiB for all peers together
PAGES_LEAST = 512
BURST, RING = 64, 1024
IN_FLIGHT = 8  # bursts, in each direction of a loop
READY_SECONDS = 60  # each waits up to nine for its links
PPS = re.compile(r"Rx-pps:\s+(\d+)\s+Rx-bps:\s+(\d+)")
CYCLES = re.compile(r"CPU cycles/packet=([\d.]+) .* at (\d+) MHz")
# The kinds of ports: what the forwarder's are, what the generator's are.
KINDS = {
    "memif": (
        "net_memif{n},role=server,id={n},socket={folder}/memif.sock,"
        "socket-abstract=no,rsize=10",
        "net_memif{n},role=client,id={n},socket={folder}/memif.sock,"
        "socket-abstract=no,rsize=10"),
    "vhost-split": (
        "net_vhost{n},iface={folder}/split{n}.sock",
        "net_virtio_user{n},path={folder}/split{n}.sock,queue_size=1024,"
        "mrg_rxbuf=0,in_order=1"),
    "vhost-packed": (
        "net_vhost{n},iface={folder}/packed{n}.sock",
        "net_virtio_user{n},path={folder}/packed{n}.sock,queue_size=1024,"
        "mrg_rxbuf=0,in_order=1,packed_vq=1"),
}


class Hugepages:
    """2 MiB pages for the peers, which are several times slower without; as
    many as before when the context ends. One bench at a time has them."""

    def __init__(self):
        self.before = self.file = None

    def __enter__(self):
        if not HUGEPAGES.exists():
            raise Failed("the kernel has no huge pages of 2 MiB")
        self.file = HUGEPAGES.open(encoding="ascii")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as why:
            self.file.close()
            raise Failed("another bench has the huge pages") from why
        self.before = HUGEPAGES.read_text()
        try:
            HUGEPAGES.write_text(str(max(PAGES, int(self.before))))
            got = int(HUGEPAGES.read_text())
            if got < PAGES_LEAST:
                raise Failed(f"{got} huge pages: {PAGES_LEAST} are needed")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        HUGEPAGES.write_text(self.before)
        self.file.close()


def missing():
    """Why there is no such peer here, or None."""
    if len(machine.CORES) < 2:
        return "the peers need two cores"
    if not shutil.which("dpdk-testpmd"):
        return "dpdk-testpmd is not installed"
    return None


class Testpmd:
    """One testpmd, spoken to as at its prompt. `core`: where it works."""

    def __init__(self, folder, name, core, devices, *options):
        words = ["setpriv", "--pdeathsig", "KILL", "stdbuf", "-oL",
                 "dpdk-testpmd", "--lcores", f"0@{core},1@{core}",
                 "--no-pci", "--in-memory", "--no-telemetry",
                 "--single-file-segments", "--file-prefix", name]
        for device in devices:
            words += ["--vdev", device]
        words += ["--", "--interactive", "--no-lsc-interrupt",
                  "--total-num-mbufs=20000", f"--burst={BURST}",
                  f"--txd={RING}", f"--rxd={RING}", *options]
        self.seen = ""
        # Of a session of its own: Ctrl-C is for the bench, which ends it.
        self.process = subprocess.Popen(
            words, bufsize=0, start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "RUNTIME_DIRECTORY": str(folder)})

    def say(self, line):
        try:
            self.process.stdin.write(f"{line}\n".encode())
        except BrokenPipeError as gone:
            raise Failed(f"testpmd ended: {self.seen[-400:]}") from gone

    def wait(self, pattern, count=1):
        """Until its output holds the pattern so often; the output up to there
        is returned and forgotten."""
        until = time.monotonic() + READY_SECONDS
        while True:
            found = list(re.finditer(pattern, self.seen))
            if len(found) >= count:
                end = found[count - 1].end()
                seen, self.seen = self.seen[:end], self.seen[end:]
                return seen
            left = max(until - time.monotonic(), 0)
            ready, _, _ = select.select([self.process.stdout], [], [], left)
            piece = os.read(self.process.stdout.fileno(), 65536) \
                if ready else b""
            if not piece:
                raise Failed(f"testpmd: no {pattern}: {self.seen[-400:]}")
            self.seen += piece.decode(errors="replace")

    def ask(self, line, pattern, count=1):
        self.seen = ""
        self.say(line)
        return self.wait(pattern, count)

    def wait_up(self):
        """Both of its ports have a link."""
        until = time.monotonic() + READY_SECONDS
        while True:
            text = self.ask("show port summary all", r"(?m)^1\s.*\n")
            if len(re.findall(r"(?m)^[01]\s.*\bup\b", text)) == 2:
                return
            if time.monotonic() > until:
                raise Failed(f"testpmd: ports without a link: {text}")
            time.sleep(0.02)

    def rates(self):
        """(frames/s, bits/s) received by both ports since the last call."""
        text = self.ask("show port stats all", PPS.pattern + r"\n.*\n.*#\n", 2)
        found = PPS.findall(text)
        return (sum(int(pps) for pps, _ in found),
                sum(int(bps) for _, bps in found))

    def start(self, first=""):
        """Begins to forward. What is in its rings is thrown away first, so
        who sends must not begin before this one has."""
        self.ask(f"start{first}", r" packet forwarding - ports=")

    def stop(self):
        """Ends the forwarding; its own count of its work, as text."""
        return self.ask("stop", r"(?m)^Done\.\n|forwarding not started")

    def close(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(number)
            try:
                self.process.communicate(timeout=5)
                break
            except subprocess.TimeoutExpired:
                continue


def generator(folder, name, devices, *options):
    return Testpmd(folder, name, machine.FRONT_CORE, devices, *options)


class Empty(Failed):
    """No frame came back."""


def again_if_empty(run):
    """A loop that lost its last frame, as loops do whose other side does not
    get a core, is started anew once."""
    try:
        return run()
    except Empty:
        return run()


def sample(maker, backend, size, seconds):
    """What comes back to a generator that runs, and what that costs the
    process that forwards it."""
    maker.rates()
    watch, began = machine.Watch(backend), time.monotonic()
    time.sleep(seconds)
    frames, bits = maker.rates()
    (ran, crowd), took = watch.end(), time.monotonic() - began
    if not frames:
        raise Empty("no frame came back")
    # The two are not read at one moment.
    if abs(bits / 8 / frames - size) > size / 50:
        raise Failed(f"frames of {bits / 8 / frames:.1f} bytes, not {size}")
    return {"Mframes/s": frames / 1e6, "Gbit/s": bits / 1e9,
            "backend ns/frame": ran / took / frames, CROWD: crowd}


class Pair:
    """Forwarder and generator on ports of one kind; both at rest but in
    run(). Use as a context manager."""

    def __init__(self, kind, folder):
        self.kind = kind
        self.folder = folder
        self.programs = []

    def __enter__(self):
        theirs, ours = ([device.format(n=n, folder=self.folder)
                         for n in (0, 1)] for device in KINDS[self.kind])
        try:
            self.forwarder = Testpmd(
                self.folder, f"{self.kind}-forwarder", machine.BACKEND_CORE,
                theirs, "--forward-mode=io", "--record-core-cycles")
            self.programs.append(self.forwarder)
            self.forwarder.wait(r"(?m)^Configuring Port 1 ")
            self.maker = generator(self.folder, f"{self.kind}-generator",
                                   ours)
            self.programs.append(self.maker)
            # Each waits some seconds for its links, before it prompts.
            for program in self.programs:
                program.wait("testpmd> ")
            self.forwarder.wait_up()
            self.maker.wait_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            program.close()

    def run(self, how, size, seconds):
        """`how`: "loop", as many frames as IN_FLIGHT says go round, or
        "flowgen", which makes and drops them and knows only 64 bytes (60 and
        the checksum that these ports do not carry)."""
        return again_if_empty(lambda: self.sample(how, size, seconds))

    def sample(self, how, size, seconds):
        forwarder, maker = self.forwarder, self.maker
        loop = how == "loop"
        maker.say(f"set fwd {'io' if loop else how}")
        maker.say(f"set txpkts {size}")
        try:
            forwarder.start()
            maker.start(f" tx_first {IN_FLIGHT}" if loop else "")
            figures = sample(maker, forwarder.process.pid,
                             size if loop else 60, seconds)
        finally:
            maker.stop()
            busy = CYCLES.search(forwarder.stop())
        figures["backend ns/frame, busy"] = \
            float(busy.group(1)) * 1000 / int(busy.group(2))
        return figures
