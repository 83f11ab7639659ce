# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces for what the plane is compared with. Nothing has a name
outside; all ends with the processes that hold the namespaces, and those with
this one, however it ends."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import labtool

HOLD = "echo held; exec sleep infinity"
LIMIT = 20  # seconds that anything awaited may take


def wait_until(condition, what):
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise labtool.Failed(f"{what}: not within {LIMIT} s")
        time.sleep(0.01)


class Spaces:
    """Use as a context manager. Runs commands like labtool.Lab does; what is
    in `names` exists once build() is called."""
    going = labtool.Lab.going
    names = ()
    programs = ()  # which build() needs

    def __init__(self):
        self.background = []
        self.holders = {}
        self.temporary = self.folder = None

    @classmethod
    def missing(cls):
        """The first program that is not there, or None."""
        return next((program for program in cls.programs
                     if not shutil.which(program)), None)

    def __enter__(self):
        # For the sockets of programs in between.
        self.temporary = tempfile.TemporaryDirectory(prefix="xp-bench-")
        self.folder = pathlib.Path(self.temporary.name)
        try:
            for name in self.names:
                self.holders[name] = self.spawn("unshare", "-n", "sh", "-c",
                                                HOLD)
                labtool.read_until(self.holders[name], "held")
                self.ip(name, "link set lo up")
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in [*reversed(self.background), *self.holders.values()]:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
            if process.stdin:
                process.stdin.close()
        self.temporary.cleanup()

    def build(self):
        """What is between the namespaces."""

    def ip(self, name, words):
        self.inside(name, "ip", *words.split())

    def wait_for_link(self, name, device):
        """Until the device is there; a program makes it."""
        wait_until(lambda: not self.inside(name, "ip", "link", "show", device,
                                           check=False)[0],
                   f"{device} in {name}")

    def wait_for_address(self, name, device):
        def has_address():
            _, out, _ = self.inside(name, "ip", "-j", "address", "show",
                                    device, check=False)
            links = json.loads(out or "[]")
            return any(address.get("family") == "inet" for link in links
                       for address in link.get("addr_info", ()))
        wait_until(has_address, f"an address on {device} in {name}")

    def veth(self, one, device, other, other_device):
        """A pair from one namespace to another, up."""
        self.ip(one, f"link add name {device} type veth peer name "
                     f"{other_device} netns {self.holders[other].pid}")
        self.ip(one, f"link set dev {device} up")
        self.ip(other, f"link set dev {other_device} up")

    @staticmethod
    def spawn(*command, stdin=subprocess.DEVNULL):
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command], bufsize=0,
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def enter(self, name, command):
        return ["nsenter", "-t", str(self.holders[name].pid), "-n", *command]

    def inside(self, name, *command, timeout=60, check=True):
        status, out, err = labtool.run(self.enter(name, command), timeout,
                                       check)
        return out if check else (status, out, err)

    def start(self, name, *command, stdin=subprocess.DEVNULL):
        process = self.spawn(*self.enter(name, command), stdin=stdin)
        self.background.append(process)
        return process
