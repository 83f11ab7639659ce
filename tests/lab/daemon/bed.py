# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplaned with the real xenstored, the simulated hypervisor's event
channels, the real kernel, and a data process that the test plays."""
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("XENPLANE_BUILD", ROOT / "build"))
XENSTORED = "/usr/lib/xen-4.17/bin/xenstored"
LIMIT = 10  # seconds that anything awaited may take
SO_NETNS_COOKIE = 71

HELLO, VIF_ADD, VIF_DEL, PORT, BRIDGE, OUTSIDE, STATIONS_GET, POLICY, \
    WATCH, ACL = range(1, 11)
READY, VIF_UP, VIF_GONE, VIF_FAULT, PORT_DONE, STATION, STATIONS_END, \
    VIF_STALL, ACTIVE = range(64, 73)
LEARNED, MOVED, AGED = range(3)
NO_BRIDGE = 0xffffffff
VERSION = 4

# Bodies of netconf/ipc/datalink.h behind the header, native layout.
BODY = {
    HELLO: ("=I16s", "fdb_entries_max hash_key"),
    VIF_ADD: ("=IIHHIII32IIII", "slot generation domid handle frontend "
              "offload_off queue_count queues ctrl_ring_ref ctrl_port resume"),
    VIF_DEL: ("=II", "slot generation"),
    PORT: ("=IIIII8B", "slot generation sequence bridge mtu fast forwarding "
           "learning flood mcast_flood bcast_flood twin_up hold"),
    BRIDGE: ("=IIQ", "bridge padding ageing_ms"),
    OUTSIDE: ("=IB6sB", "bridge present mac fixed"),
    STATIONS_GET: ("=I", "bridge"),
    WATCH: ("=", ""),
    ACL: ("=IIII1024s", "acl total offset bytes data"),
    POLICY: ("=IIQIIQI4BH6sI640sI", "slot generation rate_bytes "
             "rate_interval_us storm_frames receive_bytes receive_interval_us "
             "guard isolated bpdu_drop mcast_control xdp_headroom mac "
             "address_count addresses acl"),
}


class Message:
    """A datagram from xenplaned, its fields as attributes."""

    def __init__(self, data, fd_count):
        self.type, self.version = struct.unpack_from("=II", data)
        layout, names = BODY[self.type]
        values = list(struct.unpack(layout, data[8:]))
        if self.type == VIF_ADD:
            values[7:39] = [[tuple(values[7 + 4 * i:11 + 4 * i])
                             for i in range(8)]]
        self.fd_count = fd_count
        for name, value in zip(names.split(), values, strict=True):
            setattr(self, name, value)

    def __repr__(self):
        return str(vars(self))


def encode(kind, layout, *values):
    return struct.pack("=II" + layout, kind, VERSION, *values).hex()


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def wait_until(condition, what):
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {LIMIT} s")
        time.sleep(0.005)


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True,
                          text=True, timeout=LIMIT).stdout


def cookie():
    """Of the network namespace that the test is in."""
    with socket.socket() as one:
        return int.from_bytes(one.getsockopt(
            socket.SOL_SOCKET, SO_NETNS_COOKIE, 8), sys.byteorder)


def link(name):
    """`ip -d -j link show`, or None."""
    done = subprocess.run(["ip", "-d", "-j", "link", "show", "dev", name],
                          capture_output=True, text=True, check=False,
                          timeout=LIMIT)
    return json.loads(done.stdout)[0] if done.returncode == 0 else None


def isolated(name):
    return link(name)["linkinfo"]["info_slave_data"]["isolated"]


class Netback:
    """The data process as the test plays it."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(LIMIT)
        self.buffer = b""
        self.seen = []

    def close(self):
        self.connection.close()

    def get(self):
        while b"\n" not in self.buffer:
            data = self.connection.recv(65536)
            if not data:
                raise AssertionError("the data process ended")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        text, fds = line.split()
        self.seen.append(Message(bytes.fromhex(text.decode()), int(fds)))
        return self.seen[-1]

    def expect(self, kind, **fields):
        """The next message of the kind with these fields; others pass."""
        while True:
            message = self.get()
            if message.type == kind and all(
                    getattr(message, name) == value
                    for name, value in fields.items()):
                return message

    def send(self, kind, layout="", *values):
        self.connection.sendall(
            (encode(kind, layout, *values) + "\n").encode())

    def send_raw(self, text):
        self.connection.sendall((text + "\n").encode())

    def say_ready(self):
        hello = self.expect(HELLO)
        self.send(READY, "I", 1)
        return hello

    def take_add(self, error=0):
        add = self.expect(VIF_ADD)
        self.send(VIF_UP, "IIi", add.slot, add.generation, error)
        return add

    def take_port(self, **fields):
        """Confirms every PORT up to the one with these fields."""
        while True:
            port = self.expect(PORT)
            self.send(PORT_DONE, "III", port.slot, port.generation,
                      port.sequence)
            if all(getattr(port, name) == value
                   for name, value in fields.items()):
                return port

    def confirm_while(self, condition):
        """Confirms the PORTs that come as long as the condition holds."""
        deadline = time.monotonic() + LIMIT
        while condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {LIMIT} s")
            if b"\n" in self.buffer or select.select(
                    [self.connection], [], [], 0.005)[0]:
                port = self.get()
                if port.type == PORT:
                    self.send(PORT_DONE, "III", port.slot, port.generation,
                              port.sequence)

    def take_del(self):
        gone = self.expect(VIF_DEL)
        self.send(VIF_GONE, "II", gone.slot, gone.generation)
        return gone

    def station(self, event, bridge, slot, mac, dump=0):
        self.send(STATION, "IIIBB6s", bridge, slot, 0, event, dump,
                  mac_bytes(mac))


class Store:
    """A connection to xenstored of its own (xen/io/xs_wire.h), for tests that
    write much: a program for each write would be the slower one."""
    WRITE = 11

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT)
        self.socket.connect(path)

    def close(self):
        self.socket.close()

    def write(self, path, value, times=1):
        """All are sent before the first answer is waited for."""
        body = path.encode() + b"\0" + value.encode()
        request = struct.pack("=IIII", self.WRITE, 0, 0, len(body)) + body
        self.socket.sendall(request * times)
        for _ in range(times):
            kind, _, _, length = struct.unpack("=IIII", self.take(16))
            answer = self.take(length)
            if kind != self.WRITE:
                raise AssertionError(f"{path}: {answer}")

    def take(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise AssertionError("xenstored ended")
            data += piece
        return data


class DaemonCase(unittest.TestCase):
    BRIDGE_NAME = "xenbr0"
    CONFIG = ""  # the administrator's file
    OPTIONS = ()  # further ones for xenplaned
    ENV = {}  # the same

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="xp-daemon-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.processes = []
        self.addCleanup(self.end_processes)
        self.env = {
            "PATH": os.environ["PATH"],
            "XENSIM_BROKER": str(self.folder / "broker.sock"),
            "XENSIM_DOMID": "0",
            "XENSTORED_PATH": str(self.folder / "socket"),
            "XENSTORED_RUNDIR": str(self.folder),
            "XENSTORED_ROOTDIR": str(self.folder),
            "FAKE_NETBACK_SOCKET": str(self.folder / "netback.sock"),
        }
        self.preload = {**self.env, **self.ENV,
                        "LD_PRELOAD": str(BUILD / "lib/libxensim.so")}
        self.netback_server = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.netback_server.close)
        self.netback_server.bind(self.env["FAKE_NETBACK_SOCKET"])
        self.netback_server.listen(8)
        self.netback_server.settimeout(LIMIT)
        self.start_ready([BUILD / "bin/xensim-broker", "--die-with-parent",
                          "--ready-fd", "{}", self.env["XENSIM_BROKER"]],
                         self.env)
        self.start_store()
        ip("link", "add", self.BRIDGE_NAME, "address",
           "02:00:00:00:00:01", "type", "bridge", "forward_delay", "0")
        self.addCleanup(ip, "link", "del", self.BRIDGE_NAME)
        ip("link", "set", self.BRIDGE_NAME, "up")
        self.start_daemon()

    def start(self, argv, env, **options):
        process = subprocess.Popen([str(word) for word in argv], env=env,
                                   **options)
        self.processes.append(process)
        return process

    def start_ready(self, argv, env, meanwhile=lambda: None):
        """Starts a program that says on a descriptor when it serves, which it
        may do only after something else was done."""
        reader, writer = os.pipe()
        process = self.start([str(word).format(writer) for word in argv], env,
                             pass_fds=[writer], stdin=subprocess.DEVNULL)
        os.close(writer)
        try:
            meanwhile()
            self.assertTrue(select.select([reader], [], [], LIMIT)[0],
                            f"{argv[0]}: not ready within {LIMIT} s")
            self.assertEqual(len(os.read(reader, 1)), 1, f"{argv[0]} failed")
        finally:
            os.close(reader)
        return process

    def start_store(self):
        self.store = self.start(
            [XENSTORED, "-N", "--no-recovery", "--pid-file",
             self.folder / "pid"], self.preload, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.write_store("/local/domain/0/domid", "0",
                                            check=False), "xenstored")

    def start_daemon(self):
        self.socket = self.folder / "control.sock"
        self.config = self.folder / "xenplane.conf"
        if not self.config.exists():
            self.config.write_text(self.CONFIG)
        self.daemon = self.start_ready(
            [BUILD / "bin/xenplaned", "--socket", self.socket, "--netback",
             HERE / "fake_netback.py", "--ready-fd", "{}",
             "--config", self.config, "--log-level", "error", *self.OPTIONS],
            self.preload, self.serve_daemon)

    def serve_daemon(self):
        self.netback = self.next_netback()
        self.hello = self.netback.say_ready()

    def next_netback(self):
        connection, _ = self.netback_server.accept()
        netback = Netback(connection)
        self.addCleanup(netback.close)
        return netback

    def end_processes(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
        # A daemon that was killed takes away nothing.
        pathlib.Path(f"/run/xenplane/known-{cookie()}.json").unlink(
            missing_ok=True)

    # The toolstack and the guest.

    def write_store(self, *pairs, check=True):
        done = subprocess.run(["xenstore-write", *pairs], env=self.env,
                              capture_output=True, check=False, timeout=LIMIT)
        if check and done.returncode:
            raise AssertionError(done.stderr.decode())
        return done.returncode == 0

    def read_store(self, path):
        done = subprocess.run(["xenstore-read", path], env=self.env,
                              capture_output=True, text=True, check=False,
                              timeout=LIMIT)
        return done.stdout.strip() if done.returncode == 0 else None

    def remove(self, *paths):
        subprocess.run(["xenstore-rm", *paths], env=self.env, check=True,
                       timeout=LIMIT)

    def open_store(self):
        store = Store(str(self.folder / "socket"))
        self.addCleanup(store.close)
        return store

    def back(self, domid, key):
        return f"/local/domain/0/backend/vif/{domid}/0/{key}"

    def front(self, domid, key):
        return f"/local/domain/{domid}/device/vif/0/{key}"

    def create(self, domid=1, frontend=None, frontend_id=None, **keys):
        """Both folders, as the toolstack writes them; further backend keys
        by name."""
        self.write_store(
            self.front(domid, "state"), "1",
            self.back(domid, "frontend"),
            frontend or f"/local/domain/{domid}/device/vif/0",
            self.back(domid, "frontend-id"), str(frontend_id or domid),
            self.back(domid, "online"), "1",
            self.back(domid, "hotplug-status"), "",
            self.back(domid, "mac"), f"00:16:3e:00:00:{domid:02x}",
            *[word for key, value in keys.items()
              for word in (self.back(domid, key), value)],
            self.back(domid, "state"), "1")

    def state(self, domid=1):
        return self.read_store(self.back(domid, "state"))

    def wait_state(self, state, domid=1):
        wait_until(lambda: self.state(domid) == str(state),
                   f"backend state {state}")

    def wait_connected(self, domid=1):
        """The script's word may come after the place in the switch, which is
        then asked for once more."""
        self.netback.confirm_while(lambda: self.state(domid) != "4")

    def guest_ports(self, domid, count):
        guest = self.start([HERE / "guest_ports.py", count],
                           {**self.preload, "XENSIM_DOMID": str(domid)},
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           text=True)
        return guest.stdout.readline().split()

    def connect_frontend(self, domid=1, **own):
        """A frontend with one queue and two channels goes to Connected."""
        ports = self.guest_ports(domid, 2)
        keys = {"tx-ring-ref": "8", "rx-ring-ref": "9",
                "event-channel-tx": ports[0], "event-channel-rx": ports[1],
                "request-rx-copy": "1", "feature-rx-notify": "1",
                "feature-sg": "1", "feature-gso-tcpv4": "1", "state": "4"}
        keys.update({key.replace("_", "-"): value
                     for key, value in own.items()})
        self.write_store(*[word for key, value in keys.items()
                           if value is not None
                           for word in (self.front(domid, key), value)])

    def hotplug(self, domid=1, bridge=BRIDGE_NAME):
        """What the script does."""
        name = f"vif{domid}.0"
        if bridge:
            ip("link", "set", name, "master", bridge)
        ip("link", "set", name, "up")
        self.write_store(self.back(domid, "hotplug-status"), "connected")

    def attach(self, domid=1, **keys):
        """A vif all the way to Connected, on the fast path; its VIF_ADD and
        last PORT."""
        self.create(domid, **keys)
        self.wait_state(2, domid)
        self.connect_frontend(domid)
        add = self.netback.take_add()
        self.hotplug(domid)
        port = self.netback.take_port(fast=1, twin_up=1, forwarding=1)
        self.wait_connected(domid)
        return add, port

    # The daemon's socket.

    def ask(self, command, **keys):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(LIMIT)
            client.connect(str(self.socket))
            client.sendall(
                (json.dumps({"cmd": command, **keys}) + "\n").encode())
            answer = json.loads(client.makefile().readline())
        return answer["result"] if answer["ok"] else answer["error"]

    def vif(self, domid=1):
        return self.ask("vif-show", vif=f"vif{domid}.0")

    def kill_netback(self, number=signal.SIGKILL):
        """Returns the next one's HELLO."""
        os.kill(self.ask("status")["netback"]["pid"], number)
        self.netback = self.next_netback()
        return self.netback.say_ready()
