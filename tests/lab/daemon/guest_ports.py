#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that offers event channels to domain 0 and does nothing else:
prints N port numbers, then waits for its end of input."""
import ctypes
import sys


def main():
    library = ctypes.CDLL(None)  # the preloaded one comes first
    library.xenevtchn_open.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library.xenevtchn_open(None, 0))
    if not handle:
        return 1
    ports = [library.xenevtchn_bind_unbound_port(handle, 0)
             for _ in range(int(sys.argv[1]))]
    print(*ports, flush=True)
    sys.stdin.read()
    return 0 if min(ports) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
