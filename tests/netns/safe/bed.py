# SPDX-License-Identifier: GPL-2.0-or-later
"""A host's network in the namespace that the test was started in, and
`xenplane` run in it from different login sessions. Processes that xenplane
leaves become this one's children, so that their end can be waited for."""
import contextlib
import ctypes
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("XENPLANE_BUILD", ROOT / "build"))
XENPLANE = str(BUILD / "bin" / "xenplane")
LIMIT = 300  # seconds that anything awaited may take
PR_SET_CHILD_SUBREAPER = 36
libc = ctypes.CDLL(None, use_errno=True)

HOST = """
link set lo up
link add eth0 address 02:00:00:00:00:10 type veth peer name wire0 address 02:00:00:00:00:20
link set wire0 addrgenmode none
link set eth0 addrgenmode none
link set wire0 up
link set eth0 mtu 1400 up
addr add 192.0.2.1/24 brd + dev eth0
addr add 192.0.2.2/24 dev eth0
addr add fd00:2::1/64 dev eth0 nodad
route add 10.1.0.0/16 via 192.0.2.253
route add default via 192.0.2.254 metric 100
route add default via fd00:2::fe
link add eth1 address 02:00:00:00:00:11 type veth peer name wire1 address 02:00:00:00:00:21
link set wire1 addrgenmode none
link set eth1 addrgenmode none
link set wire1 up
link set eth1 up
addr add 198.51.100.1/24 dev eth1
"""
# What the kernel counts, or finds out by itself.
VOLATILE = {"valid_life_time", "preferred_life_time", "expires", "flags",
            "operstate", "link_index", "txqlen", "qdisc", "group", "used",
            "root_port", "hello_timer", "tcn_timer", "gc_timer",
            "topology_change_timer", "topology_change_detected",
            "topology_change", "message_age_timer", "forward_delay_timer",
            "hold_timer", "config_pending", "topology_change_ack", "state",
            "tentative", "dadfailed", "root_id", "designated_root", "nobuf",
            "designated_bridge"}


class Failed(Exception):
    pass


def ip(*words):
    """Runs `ip`; lines of a batch with ip(text)."""
    argv, text = (["ip", "-batch", "-"], words[0]) if "\n" in words[0] else \
        (["ip", *words], None)
    done = subprocess.run(argv, input=text, capture_output=True, text=True,
                          timeout=LIMIT, check=False)
    if done.returncode:
        raise Failed(f"ip {words}: {done.stdout}{done.stderr}")
    return done.stdout


def strip(value):
    if isinstance(value, list):
        return [strip(item) for item in value]
    if isinstance(value, dict):
        return {key: strip(item) for key, item in value.items()
                if key not in VOLATILE}
    return value


def look():
    """Everything of the host's network that lasts."""
    seen = {"rules": json.loads(ip("-j", "rule"))}
    for what in (("-d", "addr"), ("route", "show", "table", "all"),
                 ("-6", "route", "show", "table", "all")):
        seen[" ".join(what)] = strip(json.loads(ip("-j", *what)))
    for link in seen["-d addr"]:
        link.pop("ifindex", None)
        link["up"] = link["ifname"] in up_links()
    for family in ("", "-6 "):
        table = f"{family}route show table all"
        # What the kernel makes of addresses it makes at its own time.
        seen[table] = sorted((route for route in seen[table]
                              if route.get("table") != "local" and
                              route.get("type") != "multicast"),
                             key=json.dumps)
    return seen


def up_links():
    return {link["ifname"] for link in json.loads(ip("-j", "link"))
            if "UP" in link["flags"]}


def links():
    return {link["ifname"]: link
            for link in json.loads(ip("-j", "-d", "addr"))}


def addresses(name):
    return [f"{a['local']}/{a['prefixlen']}"
            for a in links()[name]["addr_info"] if a["scope"] != "link"]


def is_settled():
    """The carriers have come."""
    return all(links()[name]["operstate"] == "UP"
               for name in ("eth0", "wire0", "eth1", "wire1"))


class Session:
    """A login: an audit session, an SSH connection, or neither."""

    def __init__(self, audit=False, ssh=None):
        self.env = {**os.environ}
        self.env.pop("SSH_CONNECTION", None)
        if ssh:
            self.env["SSH_CONNECTION"] = ssh
        self.shell = None
        if audit:
            # A session has one number, which all that it starts share.
            self.shell = subprocess.Popen(
                ["sh", "-c", "echo 0 >/proc/self/loginuid && echo ready && "
                 "exec sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, env=self.env)
            line = self.shell.stdout.readline()
            if line.strip() != "ready":
                self.close()
                raise unittest.SkipTest(f"no audit sessions here: {line}")

    def run(self, *words):
        """(exit status, what it printed) of `xenplane WORDS`."""
        if self.shell:
            line = " ".join(f"'{w}'" for w in (XENPLANE, *words))
            self.shell.stdin.write(f"{line} 2>&1 </dev/null; echo;"
                                   "echo status $?\n".replace(
                                       "; echo;echo status $?",
                                       "; s=$?; echo; echo status $s"))
            self.shell.stdin.flush()
            out = []
            while not out or not out[-1].startswith("status "):
                got = self.shell.stdout.readline()
                if not got:
                    raise Failed("the session died")
                out.append(got)
            return int(out[-1].split()[1]), "".join(out[:-1])
        done = subprocess.run([XENPLANE, *words], env=self.env, text=True,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT,
                              check=False)
        return done.returncode, done.stdout

    def close(self):
        if self.shell:
            self.shell.stdin.close()
            self.shell.wait(LIMIT)
            self.shell.stdout.close()


class Case(unittest.TestCase):
    """One host for each test."""

    maxDiff = None

    def setUp(self):
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="xn-safe-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.state = self.folder / "state"
        self.conf = self.folder / "xenplane.conf"
        for name in set(links()) - {"lo"}:
            with contextlib.suppress(Failed):
                ip("link", "del", name)
        ip("addr", "flush", "dev", "lo")
        ip(HOST)
        self.wait_until(is_settled, "the links do not come up")
        self.session = Session()
        self.sessions = [self.session]
        self.addCleanup(self.end)

    def end(self):
        for session in self.sessions:
            session.close()
        for pid in self.children():
            os.kill(pid, signal.SIGKILL)
        self.reap()
        # The namespace is the next test's.
        for part in ("nat", "qos"):
            subprocess.run([XENPLANE, part, "stop"], check=True,
                           capture_output=True, timeout=LIMIT)

    def login(self, **words):
        session = Session(**words)
        self.sessions.append(session)
        return session

    def write(self, text):
        self.conf.write_text(text, encoding="utf-8")

    def xenplane(self, *words, session=None):
        extra = ["--state", str(self.state)]
        if words[0] in ("diff", "apply") or "--boot" in words:
            extra += ["-f", str(self.conf)]
        return (session or self.session).run(*words, *extra)

    def good(self, *words, session=None):
        status, text = self.xenplane(*words, session=session)
        self.assertEqual(status, 0, text)
        return text

    def bad(self, *words, session=None, says=""):
        status, text = self.xenplane(*words, session=session)
        self.assertEqual(status, 1, text)
        self.assertIn(says, text)
        return text

    def json(self, *words, session=None):
        return json.loads(self.good(*words, "--json", session=session))

    # Processes of xenplane's: all in this namespace.
    @staticmethod
    def processes():
        """(pid, state, parent) of each."""
        here = os.readlink("/proc/self/ns/net")
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                name, rest = (entry / "stat").read_text().rsplit(")", 1)
                state, parent = rest.split()[:2]
                if "(xenplane" not in name:
                    continue
                # What has ended has no namespace any more.
                if state == "Z" or os.readlink(entry / "ns/net") == here:
                    yield int(entry.name), state, int(parent)

    def children(self):
        return [pid for pid, state, _ in self.processes() if state != "Z"]

    def reap(self):
        for pid, _, parent in self.processes():
            if parent == os.getpid():
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)

    def watchdog(self):
        """The one that waits, when all others have ended."""
        self.wait_until(lambda: len(self.children()) == 1,
                        "one watchdog is expected")
        return self.children()[0]

    def wait_end(self, pid):
        """Until that process has ended."""
        fd = os.pidfd_open(pid)
        with contextlib.closing(os.fdopen(fd, "rb", 0)):
            ready, _, _ = select.select([fd], [], [], LIMIT)
        self.assertTrue(ready, "it is still there")
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)

    def wait_until(self, what, words):
        """For what nobody announces; as long as it takes."""
        end = time.monotonic() + LIMIT
        while not what():
            self.assertLess(time.monotonic(), end, words)
            time.sleep(0.01)

    def assert_looks(self, wanted):
        """Some of it the kernel does a moment later."""
        end = time.monotonic() + LIMIT
        while look() != wanted and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(look(), wanted)

    def assert_nothing_pending(self):
        left = {path.name for path in self.state.glob("*")}
        self.assertFalse(left & {"pending.json", "pending.journal"}, left)
