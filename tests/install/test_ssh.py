#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An administrator who is logged in by OpenSSH puts a bridge under the only NIC
that he comes over: his session goes on, he cannot confirm it himself, and who
locks himself out, or is cut off, gets back in."""
import shutil
import subprocess
import sys
import unittest

import host
from host import LIMIT, UNITS, lines, wait_until

STREET = "[Service]\n" + lines(PrivateNetwork="yes",
                               ExecStart="/bin/sleep infinity")
CONF = "/etc/xenplane/xenplane.conf"
# Style, bridge, and what the NIC is called then.
STYLES = (("plain", "xenbr0", "eth0"), ("old", "xenbr0", "peth0"),
          ("new", "eth0", "peth0"))
SSH = ("ssh", "-i", "/tmp/key", "-o", "StrictHostKeyChecking=no", "-o",
       "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o",
       "BatchMode=yes")
TWICE = "xenplane apply --force --force"


class Session:
    """A shell over SSH, from the other side of eth0."""

    def __init__(self, words):
        self.process = subprocess.Popen(
            [*words, "sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)

    def send(self, command):
        self.process.stdin.write(f"{command} 2>&1; echo status $?\n")
        self.process.stdin.flush()

    def answer(self):
        """Its status, and what it said."""
        said = []
        for line in self.process.stdout:
            if line.startswith("status "):
                return int(line.split()[1]), "".join(said)
            said.append(line)
        raise AssertionError("the session ended: " + "".join(said))

    def run(self, command):
        self.send(command)
        return self.answer()

    def close(self):
        self.process.kill()
        self.process.communicate(timeout=LIMIT)


class Ssh(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = cls.enterClassContext(host.Host(
            {UNITS / "street.service": STREET}, ["street.service",
                                                 "ssh.service"]))
        cls.street = ["nsenter", "-t", cls.host.shows("street", "MainPID"),
                      "-n"]
        for words in (
                f"ip link add eth0 type veth peer name out0 netns "
                f"{cls.street[2]}", "ip addr add 192.0.2.2/24 dev eth0",
                "ip link set eth0 up",
                "ip route add default via 192.0.2.1"):
            cls.host.run(*words.split())
        for words in ("addr add 192.0.2.1/24 dev out0", "link set out0 up"):
            cls.host.run(*cls.street, "ip", *words.split())
        cls.host.run("ssh-keygen", "-q", "-N", "", "-f", "/tmp/key")
        cls.host.run("install", "-Dm600", "/tmp/key.pub",
                     "/root/.ssh/authorized_keys")

    def setUp(self):
        self.before = self.network()
        self.first = self.session()

    def session(self, *options):
        session = Session(self.host.words(*self.street, *SSH, *options,
                                          "root@192.0.2.2"))
        self.addCleanup(session.close)
        return session

    def network(self):
        return "".join(self.host.run("ip", *words.split()).stdout
                       for words in ("-br -4 addr", "route"))

    def write(self, text):
        self.host.run("sh", "-c", f"cat >{CONF} <<'END'\n{text}END")

    def good(self, session, command):
        status, said = session.run(command)
        self.assertEqual(status, 0, said)
        return said

    def master(self, name):
        return self.host.run("sh", "-c", f"basename $(readlink "
                             f"/sys/class/net/{name}/master)",
                             check=False).stdout.strip()

    def can_log_in(self):
        return self.host.run(*self.street, *SSH, "-o", "ConnectTimeout=2",
                             "root@192.0.2.2", "true",
                             check=False).returncode == 0

    def assert_back(self):
        wait_until("all to be as it was",
                   lambda: self.network() == self.before, self.network)
        self.assertTrue(self.can_log_in())

    def put(self, style, bridge, port):
        """A bridge under both sessions, and away again."""
        self.write(f"[bridge {bridge}]\nnetdev = eth0\nstyle = {style}\n")
        status, said = self.first.run("xenplane apply --confirm 600")
        self.assertEqual(status, 1, said)
        self.assertIn("SSH", said)
        self.assertEqual(self.network(), self.before)
        self.good(self.first, f"{TWICE} --confirm 600")
        self.good(self.first, "echo the same connection")
        status, said = self.first.run("xenplane confirm")
        self.assertEqual(status, 1)
        self.assertIn("session", said)
        second = self.session()
        self.good(second, "xenplane confirm")
        self.assertEqual(self.master(port), bridge)
        self.write("")
        self.good(self.first, TWICE)
        self.good(second, "echo the same connection")
        self.assert_back()

    def test_a_session_goes_on_over_the_bridge(self):
        for style in STYLES:
            with self.subTest(style):
                self.put(*style)

    def test_who_locks_himself_out_gets_in_again(self):
        self.assertTrue(self.can_log_in())
        self.write("[bridge xenbr0]\nnetdev = eth0\n"
                   "address = 203.0.113.1/24\n")
        self.first.send(f"{TWICE} --confirm 12")
        wait_until("the wrong address",
                   lambda: "203.0.113.1" in self.network())
        self.assertFalse(self.can_log_in())
        status, said = self.first.answer()
        self.assertEqual(status, 0, said)
        self.assert_back()
        self.assertIn("rolled back", self.first.run("xenplane confirm")[1])

    def test_it_comes_back_though_all_who_wanted_it_have_ended(self):
        self.write("[bridge xenbr0]\nnetdev = eth0\n")
        pid = self.good(self.first, "echo $PPID").strip()
        self.good(self.first, f"{TWICE} --confirm 15")
        self.assertEqual(self.master("eth0"), "xenbr0")
        self.host.run("kill", "-KILL", pid)
        self.host.run("systemctl", "stop", "xenplaned", "ssh")
        self.host.run("systemctl", "start", "ssh")
        self.assertEqual(self.master("eth0"), "xenbr0")
        self.assert_back()
        self.host.run("systemctl", "start", "xenplaned")


if __name__ == "__main__":
    host.leave_if_missing()
    if not shutil.which("sshd", path="/usr/sbin"):
        print("skipped: no sshd")
        sys.exit(77)
    unittest.main()
