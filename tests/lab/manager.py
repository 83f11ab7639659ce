#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A service manager for one service, as far as xenplaned needs one: it hears
what the service says of itself, keeps the descriptors that it is given, and
hands them to the next process (sd_notify(3), sd_listen_fds(3)).

As a program it stands for xenplaned in a lab: manager.py PROGRAM [WORD...]
starts PROGRAM again whenever it dies of SIGKILL, until it is itself asked to
end. After a SIGUSR1 it loses what it should keep."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

LIMIT = 20  # seconds that anything awaited may take


class Manager:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="xp-manager-")
        self.path = str(pathlib.Path(self.folder.name, "notify"))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.changed = threading.Condition()
        self.kept = []  # (name, descriptor), the latest first
        self.words = []
        self.stored = 0  # how often something was kept
        self.pause = 0  # s that it takes to close what is dropped
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def close(self):
        self.say("END=1")
        self.thread.join()
        self.socket.close()
        self.folder.cleanup()
        self.drop_all()

    def drop_all(self):
        """As when a service is stopped for good."""
        for _, fd in self.kept:
            os.close(fd)
        self.kept = []

    def say(self, words):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(words.encode(), self.path)

    def listen(self):
        while True:
            data, fds, _, _ = socket.recv_fds(self.socket, 4096, 16)
            lines = dict(line.split("=", 1)
                         for line in data.decode().splitlines())
            with self.changed:
                self.hear(lines, fds)
                self.changed.notify_all()
            if "END" in lines:
                return

    def hear(self, lines, fds):
        name = lines.get("FDNAME")
        if lines.get("FDSTORE") == "1":
            self.kept[:0] = [(name, fd) for fd in fds]
            self.stored += len(fds)
            return
        for fd in fds:
            os.close(fd)
        if lines.get("FDSTOREREMOVE") == "1":
            time.sleep(self.pause)
            for kept, fd in self.kept:
                if kept == name:
                    os.close(fd)
            self.kept = [(kept, fd) for kept, fd in self.kept if kept != name]
        self.words += [f"{key}={value}" for key, value in lines.items()
                       if not key.startswith("FD")]

    def flush(self):
        """All that was said before this is heard afterwards."""
        mark = f"MARK={threading.get_ident()}.{id(object())}"
        self.say(mark)
        self.wait(lambda: mark in self.words, "its own mark")
        self.words.remove(mark)

    def wait(self, condition, what):
        with self.changed:
            if not self.changed.wait_for(condition, LIMIT):
                raise AssertionError(f"{what}: not within {LIMIT} s")

    def names(self):
        self.flush()
        with self.changed:
            return sorted(name for name, _ in self.kept)

    def start(self, argv, env, **options):
        """The service's process, with all that is kept."""
        self.flush()
        self.words = []
        kept = list(self.kept)
        env = {**env, "NOTIFY_SOCKET": self.path,
               "LISTEN_FDNAMES": ":".join(name for name, _ in kept)}
        fds = [fd for _, fd in kept]
        return subprocess.Popen(
            [sys.executable, __file__, "--launch",
             ",".join(str(fd) for fd in fds), *map(str, argv)],
            env=env, pass_fds=[*fds, *options.pop("pass_fds", [])], **options)


def launch(numbers, argv):
    """Puts the descriptors where they belong, and becomes the program."""
    fds = [int(number) for number in numbers.split(",") if number]
    top = 3 + len(fds)
    high = [os.dup(fd) if fd >= top else fd for fd in fds]
    # Out of the way of each other first.
    while any(fd < top for fd in high):
        high = [os.dup(fd) if fd < top else fd for fd in high]
    for at, fd in enumerate(high):
        os.dup2(fd, 3 + at, inheritable=True)
    if fds:
        os.environ["LISTEN_FDS"] = str(len(fds))
        os.environ["LISTEN_PID"] = str(os.getpid())
    for fd in {*fds, *high} - set(range(3, top)):
        os.close(fd)
    os.execv(argv[0], argv)


def main(argv):
    """In a lab: what xenplaned's parent waits for is a byte on --ready-fd,
    which only the first process is given."""
    manager = Manager()
    ready = int(argv[argv.index("--ready-fd") + 1])
    at = argv.index("--ready-fd")
    argv = argv[:at] + argv[at + 2:]
    ended = losing = False
    process = None

    def end(number, _):
        nonlocal ended
        ended = True
        if process:
            process.send_signal(number)

    def lose(*_):
        nonlocal losing
        losing = True

    signal.signal(signal.SIGUSR1, lose)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    while not ended:
        process = manager.start(argv, os.environ)
        if ready >= 0:
            manager.wait(lambda: "READY=1" in manager.words, "READY=1")
            os.write(ready, b"\n")
            os.close(ready)
            ready = -1
        if process.wait() != -signal.SIGKILL:
            break
        if losing:
            manager.drop_all()
    status = process.returncode
    with contextlib.suppress(OSError):
        manager.close()
    return status if status >= 0 else 1


if __name__ == "__main__":
    if sys.argv[1] == "--launch":
        launch(sys.argv[2], sys.argv[3:])
    sys.exit(main(sys.argv[1:]))
