# SPDX-License-Identifier: GPL-2.0-or-later
"""What the frontend's tests stand on: a simulated hypervisor, Debian's
xenstored, and a network namespace, without a toolstack or a lab. Tests write
the store's folders and play the backend themselves, or start a real one."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("XENPLANE_BUILD", ROOT / "build"))
BIN = BUILD / "bin"
XENSTORED = "/usr/lib/xen-4.17/bin/xenstored"
CLONE_NEWNET = 0x40000000


def wait_until(what, condition, seconds=20):
    """Asks until the condition holds; its value."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{seconds} s without: {what}")
        time.sleep(0.01)


class Ground:
    """Use as a context manager. Everything ends with it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="xp-front-"))
        self.processes = []
        self.env = {
            **os.environ,
            "XENSIM_BROKER": str(self.folder / "broker.sock"),
            "XENSTORED_PATH": str(self.folder / "socket"),
            "XENSTORED_RUNDIR": str(self.folder),
            "XENSTORED_ROOTDIR": str(self.folder),
        }
        try:
            self.ready([BIN / "xensim-broker", "--die-with-parent"],
                       after=[self.folder / "broker.sock"])
            self.start(0, [XENSTORED, "-N", "--no-recovery"])
            wait_until("xenstored", lambda: self.write(domid="0"))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def end(process):
        """xenplaned takes away what it notes of a network namespace."""
        if BIN / "xenplaned" in map(pathlib.Path, process.args) and \
                process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
        if process.poll() is None:
            process.kill()
        process.wait()

    def domain_env(self, domid):
        return {**self.env, "XENSIM_DOMID": str(domid),
                "LD_PRELOAD": str(BUILD / "lib" / "libxensim.so")}

    def start(self, domid, argv, netns=False, **more):
        """A program of a domain (None: without a hypervisor)."""
        words = ["setpriv", "--pdeathsig", "KILL"]
        words += ["unshare", "-n"] if netns else []
        env = self.env if domid is None else self.domain_env(domid)
        process = subprocess.Popen([*words, *map(str, argv)], env=env,
                                   stdin=subprocess.DEVNULL, **more)
        self.processes.append(process)
        return process

    def ready(self, argv, domid=None, after=(), **more):
        """Starts a program and waits for the byte of its --ready-fd."""
        mine, its = os.pipe()
        process = self.start(domid, [*argv, "--ready-fd", its, *after],
                             pass_fds=(its,), **more)
        os.close(its)
        try:
            if os.read(mine, 1) == b"":
                raise AssertionError(f"{argv[0]} is not ready")
        finally:
            os.close(mine)
        return process

    def write(self, **pairs):
        """Writes keys; `__` stands for `/`, `_` for `-` in their names."""
        return self.put({key.replace("__", "/").replace("_", "-"): value
                         for key, value in pairs.items()})

    def put(self, pairs):
        words = [str(word) for pair in pairs.items() for word in pair]
        return subprocess.run(["xenstore-write", *words], env=self.env,
                              stderr=subprocess.DEVNULL,
                              check=False).returncode == 0

    def read(self, path):
        done = subprocess.run(["xenstore-read", path], env=self.env,
                              capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    def remove(self, path):
        subprocess.run(["xenstore-rm", path], env=self.env, check=True)

    def make_vif(self, domid, vif, **backend):
        """The two folders as the toolstack makes them; its MAC."""
        keys = vif_keys(domid, vif, **backend)
        assert self.put(keys)
        return keys[f"{back_of(domid, vif)}/mac"]

    def state(self, path):
        return self.read(f"{path}/state")

    def wait_state(self, path, state):
        wait_until(f"{path}: state {state}",
                   lambda: self.state(path) == state)


def front_of(domid, vif):
    return f"/local/domain/{domid}/device/vif/{vif}"


def back_of(domid, vif):
    return f"/local/domain/0/backend/vif/{domid}/{vif}"


def vif_keys(domid, vif, **backend):
    front, back = front_of(domid, vif), back_of(domid, vif)
    mac = f"00:16:3e:00:{domid:02x}:{vif:02x}"
    keys = {
        f"{back}/frontend": front, f"{back}/frontend-id": domid,
        f"{back}/online": 1, f"{back}/handle": vif,
        f"{back}/mac": mac, f"{back}/bridge": "xenbr0",
        f"{back}/script": "/bin/true", f"{back}/type": "vif",
        f"{back}/hotplug-status": "", f"{back}/state": 1,
        f"{front}/backend": back, f"{front}/backend-id": 0,
        f"{front}/handle": vif, f"{front}/mac": mac,
        f"{front}/state": 1,
    }
    keys.update({f"{back}/{key.replace('_', '-')}": value
                 for key, value in backend.items()})
    return keys


def inside(process, *command, check=True):
    """Runs a command in a process's network namespace."""
    done = subprocess.run(["nsenter", "-t", str(process.pid), "-n", *command],
                          capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def main():
    if os.geteuid() != 0:
        print("skipped: namespaces and taps need root")
        sys.exit(77)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    unittest.main()
