# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab for the demo, the benches and the tests: starts one through the
`xenplane lab` command as a user would, runs real tools inside, and takes it
down again whatever happens."""
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import stat
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("XENPLANE_BUILD", ROOT / "build"))
XENPLANE = str(BUILD / "bin" / "xenplane")


class Failed(Exception):
    """A command failed; the text says which and what it printed."""


def run(argv, timeout=60, check=True, env=None):
    """Runs a command; returns (exit status, stdout, stderr)."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True,
                              timeout=timeout, env=env, check=False)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{' '.join(argv)}: not done after {timeout} s") from late
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(argv)}: exit status {done.returncode}\n"
                     f"{done.stdout}{done.stderr}")
    return done.returncode, done.stdout, done.stderr


class Lab:
    """One lab; use as a context manager."""

    def __init__(self, name, mtu=None, file=None, script=None):
        self.name = f"{name}-{os.getpid()}"
        self.mtu = mtu
        self.file = file
        self.script = script  # of vifs that name none
        self.env = {**os.environ, "XENPLANE_LAB": self.name}
        self.background = []

    def __enter__(self):
        arguments = ["start"]
        if self.mtu:
            arguments += ["--mtu", str(self.mtu)]
        if self.file:
            arguments += ["-f", self.file]
        if self.script:
            arguments += ["--script", str(self.script)]
        try:
            self.lab(*arguments)
        except BaseException:  # also Ctrl-C, when half of it runs
            self.lab("stop", check=False)
            raise
        return self

    def __exit__(self, *_):
        for process in self.background:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe:
                    pipe.close()
        self.lab("stop")

    def xenplane(self, *arguments, timeout=60, check=True):
        """Runs `xenplane ARGUMENTS`; returns its standard output."""
        status, out, err = run([XENPLANE, *arguments], timeout, check,
                               self.env)
        return out if check else (status, out, err)

    def lab(self, *arguments, timeout=120, check=True):
        return self.xenplane("lab", *arguments, timeout=timeout, check=check)

    def json(self, *arguments):
        return json.loads(self.xenplane(*arguments, "--json"))

    def create(self, name, *vifs):
        return int(self.lab("create", name, *vifs))

    def inside(self, name, *command, timeout=60, check=True):
        """Runs a command in a guest, in dom0 or outside."""
        return self.lab("exec", name, "--", *command, timeout=timeout,
                        check=check)

    def start(self, name, *command):
        """Starts a command inside that goes on; ends with the lab."""
        process = subprocess.Popen(
            [XENPLANE, "lab", "exec", name, "--", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0, env=self.env)
        self.background.append(process)
        return process

    @contextlib.contextmanager
    def going(self, name, ready, *command):
        """A command that goes on while the body runs; begins when it has
        said `ready`. It is ended if the body does not."""
        process = self.start(name, *command)
        try:
            read_until(process, ready)
            yield process
        finally:
            if process.poll() is None:
                end(process)


def read_until(process, text, timeout=20):
    """Reads a process's output until a line holds the text; returns what
    came so far. What follows stays unread."""
    seen = b""
    deadline = time.monotonic() + timeout
    while True:
        left = deadline - time.monotonic()
        ready, _, _ = select.select([process.stdout], [], [], max(left, 0))
        piece = os.read(process.stdout.fileno(), 1) if ready else b""
        if not piece:
            why = "ended before" if ready else f"{timeout} s without"
            raise Failed(f"{why} '{text}'; came: {seen.decode()}")
        seen += piece
        if piece == b"\n" and text in seen.rsplit(b"\n", 2)[-2].decode():
            return seen.decode()


def end(process, signal_number=signal.SIGINT):
    """Ends a started process; returns what it printed since."""
    process.send_signal(signal_number)
    try:
        out, _ = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
    return out.decode(errors="replace")


def iperf_server(lab, where, port=5201):
    return lab.going(where, "Server listening", "iperf3", "-s", "-p",
                     str(port), "--forceflush")


def iperf(lab, where, address, *options, seconds=1, port=5201):
    """One iperf3 run from `where` to a server; returns its JSON. `seconds`
    0: the options say how much to send."""
    if seconds:
        options += ("-t", str(seconds))
    for _ in range(100):
        status, out, err = lab.inside(
            where, "iperf3", "-c", address, "-p", str(port), "-J",
            "--connect-timeout", "5000", *options, timeout=seconds + 30,
            check=False)
        try:
            result = json.loads(out)
        except json.JSONDecodeError as wrong:
            raise Failed(f"iperf3: {out}{err}") from wrong
        why = result.get("error", "")
        if "busy" not in why:  # the server still ends the run before
            break
        time.sleep(0.05)
    if status != 0 or why:
        raise Failed(f"iperf3 {where} -> {address}: {why or err}")
    return result


def tcp_mbit(result):
    return result["end"]["sum_received"]["bits_per_second"] / 1e6


def udp_row(result):
    """(Mbit/s received, loss in percent)"""
    row = result["end"]["sum"]
    received = row["bits_per_second"] * (1 - row["lost_percent"] / 100)
    return received / 1e6, row["lost_percent"]


def descriptors(pid):
    """Without those of the simulated hypervisor's library, which remembers a
    domain's memory, and the pipe behind a channel's other end, until it meets
    the next one."""
    count = 0
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            what = os.readlink(entry)
            writes_only = not entry.lstat().st_mode & stat.S_IRUSR
            count += not ("xensim-domain" in what or
                          (what.startswith("pipe:") and writes_only))
    return count


def ping(lab, where, address, count=10, interval=0.02, options=()):
    """(answered, median round trip in ms); one echo each `interval` s."""
    _, out, err = lab.inside(where, "ping", "-n", "-c", str(count), "-i",
                             str(interval), "-W", "2", *options, address,
                             timeout=count * 3 + 10, check=False)
    times = [float(t) for t in re.findall(r"time=([\d.]+) ms", out)]
    duplicates = out.count("DUP!")
    if duplicates:
        raise Failed(f"ping {where} -> {address}: {duplicates} duplicates")
    if not times:
        raise Failed(f"ping {where} -> {address}: no answer\n{out}{err}")
    return len(times), statistics.median(times)


def arping(lab, where, address, device="eth0", count=3):
    """How many ARP requests were answered."""
    _, out, _ = lab.inside(where, "arping", "-c", str(count), "-W", "0.05",
                           "-i", device, address, timeout=60, check=False)
    found = re.search(r"(\d+) packets received", out)
    return int(found.group(1)) if found else 0


def eprint(*words):
    print(*words, file=sys.stderr, flush=True)
