#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A data process without a will of its own: the test at the other end of
FAKE_NETBACK_SOCKET sees each datagram that xenplaned sends, as a line
"HEX FDCOUNT", and has each line it writes sent to xenplaned as a datagram.
"hang up" closes its end, and it lives on. "log SLOT OFFSET HEX" writes into
the redo log of a vif; "crash" is its end."""
import os
import resource
import select
import signal
import socket
import struct
import sys

VIF_ADD = 2


def main():
    link = socket.socket(fileno=3)
    test = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    test.connect(os.environ["FAKE_NETBACK_SOCKET"])
    lines = b""
    held = []  # descriptors of vifs stay open, as in the real one
    logs = {}  # by slot
    while True:
        ready, _, _ = select.select([link, test], [], [])
        if test in ready:
            data = test.recv(65536)
            if not data:
                return 0
            *whole, lines = (lines + data).split(b"\n")
            for line in whole:
                if line == b"hang up":
                    link.close()
                    signal.pause()
                if line == b"crash":
                    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                    os.abort()
                if line.startswith(b"log "):
                    slot, offset, text = line[4:].split()
                    os.pwrite(logs[int(slot)], bytes.fromhex(text.decode()),
                              int(offset))
                    continue
                link.send(bytes.fromhex(line.decode()))
        if link in ready:
            try:
                data, fds, _, _ = socket.recv_fds(link, 4096, 16)
            except BlockingIOError:
                continue
            if not data:
                return 0
            held += fds
            if struct.unpack_from("=I", data)[0] == VIF_ADD:
                logs[struct.unpack_from("=8xI", data)[0]] = fds[1]
            test.sendall(f"{data.hex()} {len(fds)}\n".encode())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ConnectionError:  # the test or xenplaned ended first
        sys.exit(0)
