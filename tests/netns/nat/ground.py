# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with a NAT bridge, two guests and a network outside.

All in network namespaces of this process alone: a thread goes into one, opens
a socket or starts a program there, and comes back; nothing outlives it.

    g1, g2 -- xennat (10.0.0.1, fd00:1::1) host eth0 -- outside
"""
import contextlib
import ctypes
import json
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PATIENCE_S = 30  # against hangs; what is waited for comes at once
SILENCE_S = 0.3  # how long nothing has to come, with a control beside it
LIBC = ctypes.CDLL(None, use_errno=True)

HOST4, HOST6 = "192.0.2.1", "2001:db8::1"
OUT4, OUT6 = "192.0.2.9", "2001:db8::9"
OTHER4 = "192.0.2.10"
GUESTS = {
    "g1": ("00:16:3e:00:00:01", "10.0.0.5", "fd00:1::5"),
    "g2": ("00:16:3e:00:00:02", "10.0.0.6", "fd00:1::6"),
}


def call(function, *args):
    if function(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def here():
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter_private_mounts():
    call(LIBC.unshare, CLONE_NEWNS)
    call(LIBC.mount, b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    call(LIBC.mount, b"tmpfs", b"/run", b"tmpfs", 0, None)


def new_space():
    back = here()
    call(LIBC.unshare, CLONE_NEWNET)
    made = here()
    call(LIBC.setns, back, CLONE_NEWNET)
    os.close(back)
    return made


class Ground:
    def __init__(self, program):
        self.program = program
        self.spaces = {name: new_space()
                       for name in ("host", "g1", "g2", "outside")}
        self.folder = pathlib.Path("/run/nat-test")
        self.folder.mkdir(exist_ok=True)
        self.sockets = []
        for left in pathlib.Path("/run/xenplane").glob("holds-*"):
            left.unlink()  # of an earlier namespace
        self.wire()

    def close(self):
        for one in self.sockets:
            one.close()
        for fd in self.spaces.values():
            os.close(fd)

    @contextlib.contextmanager
    def at(self, name):
        back = here()
        call(LIBC.setns, self.spaces[name], CLONE_NEWNET)
        try:
            yield
        finally:
            call(LIBC.setns, back, CLONE_NEWNET)
            os.close(back)

    def run(self, name, *argv, stdin=None, good=True):
        with self.at(name):
            done = subprocess.run(argv, input=stdin, capture_output=True,
                                  text=True, timeout=120, check=False)
        if good and done.returncode:
            raise AssertionError(f"{argv}: {done.stderr}")
        return done

    def sysctl(self, name, key, value=None):
        path = pathlib.Path("/proc/sys") / key
        with self.at(name):
            if value is not None:
                path.write_text(f"{value}\n", encoding="ascii")
            return path.read_text(encoding="ascii").strip()

    def wire(self):
        me = f"/proc/{os.getpid()}/fd"
        lines = ["link set lo up", "link add xennat type bridge stp_state 0 "
                 "forward_delay 0 mcast_snooping 0",
                 "addr add 10.0.0.1/24 dev xennat",
                 "addr add fd00:1::1/64 dev xennat nodad",
                 "link set xennat up",
                 f"link add eth0 type veth peer name eth0 netns "
                 f"{me}/{self.spaces['outside']}",
                 f"addr add {HOST4}/24 dev eth0",
                 f"addr add {HOST6}/64 dev eth0 nodad", "link set eth0 up"]
        for number, name in enumerate(GUESTS, 1):
            lines += [f"link add vif{number}.0 type veth peer name eth0 "
                      f"netns {me}/{self.spaces[name]}",
                      f"link set vif{number}.0 master xennat up"]
        self.ip("host", lines)
        for name, (mac, ipv4, ipv6) in GUESTS.items():
            self.ip(name, [
                "link set lo up", f"link set eth0 address {mac} up",
                f"addr add {ipv4}/24 dev eth0",
                f"addr add {ipv6}/64 dev eth0 nodad",
                "route add default via 10.0.0.1",
                "route add default via fd00:1::1"])
        self.ip("outside", [
            "link set lo up", "link set eth0 up",
            f"addr add {OUT4}/24 dev eth0", f"addr add {OTHER4}/24 dev eth0",
            f"addr add {OUT6}/64 dev eth0 nodad",
            f"route add 10.0.0.0/24 via {HOST4}",
            f"route add fd00:1::/64 via {HOST6}"])

    def ip(self, name, lines):
        self.run(name, "ip", "-batch", "-",
                 stdin="".join(f"{line}\n" for line in lines))

    # What is tested.
    def write(self, text, mode="address = 10.0.0.1/24 fd00:1::1/64"):
        path = self.folder / "xenplane.conf"
        path.write_text(f"[bridge xennat]\nmode = nat\n{mode}\n{text}\n",
                        encoding="utf-8")
        return str(path)

    def xenplane(self, *argv, good=True):
        done = self.run("host", self.program, "nat", *argv, "--json",
                        good=good)
        return json.loads(done.stdout) if done.stdout else done

    def apply(self, text, *guests, mode="address = 10.0.0.1/24 fd00:1::1/64"):
        return self.xenplane("apply", "-f", self.write(text, mode), *guests)

    def stop(self):
        return self.xenplane("stop")

    # Traffic.
    def socket(self, name, kind, address, port=0, family=None):
        family = family or (socket.AF_INET6 if ":" in address
                            else socket.AF_INET)
        with self.at(name):
            made = socket.socket(family, kind)
        self.sockets.append(made)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.settimeout(PATIENCE_S)
        made.bind((address, port))
        return made

    def server(self, name, address, port):
        made = self.socket(name, socket.SOCK_STREAM, address, port)
        made.listen(64)
        return made

    def udp(self, name, address, port=0):
        return self.socket(name, socket.SOCK_DGRAM, address, port)

    def connect(self, name, source, to, port, source_port=0,
                seconds=PATIENCE_S):
        made = self.socket(name, socket.SOCK_STREAM, source, source_port)
        made.settimeout(seconds)
        try:
            made.connect((to, port))
        except OSError:
            made.close()
            return None
        return made

    def tcp(self, name, source, to, port, server, seconds=PATIENCE_S):
        """Connects; (both ends, whom the server sees), or None."""
        near = self.connect(name, source, to, port, seconds=seconds)
        if not near:
            return None
        far, peer = server.accept()
        self.sockets.append(far)
        far.settimeout(PATIENCE_S)
        return near, far, peer[0]

    def tracked(self):
        with self.at("host"):
            return pathlib.Path("/proc/net/nf_conntrack").read_text(
                encoding="ascii").splitlines()


# Of linux/mroute.h.
MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC = 200, 202, 204
VIFF_USE_IFINDEX = 8


def route_group(ground, group, source):
    """The host forwards the group from xennat to eth0, as long as the socket
    that is returned is open. None: this kernel cannot."""
    with ground.at("host"):
        try:
            made = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                 socket.IPPROTO_IGMP)
            made.setsockopt(socket.IPPROTO_IP, MRT_INIT, 1)
        except OSError:
            return None
        links = [socket.if_nametoindex(name) for name in ("xennat", "eth0")]
    ground.sockets.append(made)
    for number, index in enumerate(links):
        made.setsockopt(socket.IPPROTO_IP, MRT_ADD_VIF, struct.pack(
            "=HBBIiI", number, VIFF_USE_IFINDEX, 1, 0, index, 0))
    ttls = bytes([0, 1] + [0] * 30)
    made.setsockopt(socket.IPPROTO_IP, MRT_ADD_MFC, struct.pack(
        "=4s4sH32s2xIIIi", socket.inet_aton(source), socket.inet_aton(group),
        0, ttls, 0, 0, 0, 0))
    return made


def exchange(near, far):
    """Both ways; whether it came."""
    try:
        near.sendall(b"ping")
        if far.recv(4) != b"ping":
            return False
        far.sendall(b"pong")
        return near.recv(4) == b"pong"
    except OSError:
        return False


def comes(one, seconds=PATIENCE_S):
    """The next datagram and its sender's address and port, or None."""
    ready, _, _ = select.select([one], [], [], seconds)
    if not ready:
        return None
    data, peer = one.recvfrom(2048)
    return data, peer[0], peer[1]


def skip_unless_root():
    if os.geteuid() != 0:
        print("skipped: network namespaces need root")
        sys.exit(77)
