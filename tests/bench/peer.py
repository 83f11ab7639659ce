# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plane is compared with: two namespaces on a Linux bridge in a
third one, by veth. Nothing has a name outside; all ends with the processes
that hold the namespaces."""
import subprocess

import labtool

ADDRESS = {"a": "10.78.0.1", "b": "10.78.0.2"}
HOLD = "echo held; exec sleep infinity"


class Peer:
    """Use as a context manager. Runs commands like labtool.Lab does."""
    going = labtool.Lab.going

    def __init__(self):
        self.background = []
        self.holders = {}

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in [*self.background, *self.holders.values()]:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()

    def build(self):
        for name in ("bridge", "a", "b"):
            self.holders[name] = self.spawn("unshare", "-n", "sh", "-c", HOLD)
            labtool.read_until(self.holders[name], "held")
        self.ip("bridge", "link add br0 type bridge forward_delay 0")
        self.ip("bridge", "link set br0 up")
        for name, address in ADDRESS.items():
            self.ip("bridge", f"link add name {name} type veth peer name eth0 "
                              f"netns {self.holders[name].pid}")
            self.ip("bridge", f"link set dev {name} master br0 up")
            self.ip(name, f"address add {address}/24 dev eth0")
            self.ip(name, "link set eth0 up")

    def ip(self, name, words):
        self.inside(name, "ip", *words.split())

    @staticmethod
    def spawn(*command):
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command], bufsize=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def enter(self, name, command):
        return ["nsenter", "-t", str(self.holders[name].pid), "-n", *command]

    def inside(self, name, *command, timeout=60, check=True):
        status, out, err = labtool.run(self.enter(name, command), timeout,
                                       check)
        return out if check else (status, out, err)

    def start(self, name, *command):
        process = self.spawn(*self.enter(name, command))
        self.background.append(process)
        return process
