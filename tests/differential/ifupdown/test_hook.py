#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands around a run of our hook: waiting for what comes, runs that are
killed, runs at once, and that it starts no process."""
import re
import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import packages  # noqa: E402
from comparison import SETTLE_SECONDS  # noqa: E402
from host import Host  # noqa: E402

HOOK = packages.OUR_HOOK
# p0, p1: with a link; p2: without one.
LINKS = [*(f"link add p{i} address 02:00:00:00:02:0{i} type veth"
           f" peer name q{i} address 02:00:00:00:03:0{i}" for i in range(3)),
         "link set q0 up", "link set q1 up"]
# In a sanitizer's build: it would trace, too.
BASE = "export ASAN_OPTIONS=detect_leaks=0 IF_BRIDGE_MAXWAIT=0\n"
START = BASE + """export IFACE=br0 MODE=start PHASE=pre-up
export IF_BRIDGE_PORTS='p0 p1' IF_BRIDGE_FD=7
"""
STOP = START + "export MODE=stop PHASE=post-down\n"
# What changes something outside of the process.
CALLS = "sendto,sendmsg,write,fsync,fdatasync,rename,renameat,renameat2," \
    "link,linkat,unlink,unlinkat,ftruncate"
KILLS_MAX = 1000


class Hook(unittest.TestCase):
    def setUp(self):
        self.host = Host()
        self.addCleanup(self.host.close)
        self.build()

    def build(self):
        self.host.ask(what="build", lines=LINKS)

    def start(self, more=""):
        return self.host.shell(f"{START}{more}\nexec {HOOK}")

    def test_a_port_that_is_late(self):
        status, out, err = self.host.shell(f"""{START}
            export IF_BRIDGE_PORTS='p0 late' IF_BRIDGE_WAITPORT='100 late'
            {HOOK} >/run/said 2>&1 & hook=$!
            until grep -q 'Waiting for a max of 100 seconds' /run/said
            do sleep 0.01; done
            ip link show br0 2>/dev/null && exit 9
            ip link add late type veth peer name later
            wait $hook; cat /run/said; ip link show late""")
        self.assertEqual(status, 0, err)
        self.assertIn("master br0", out)
        self.assertNotIn("left out", out)

    def test_a_port_that_does_not_come(self):
        status, out, err = self.start(
            "export IF_BRIDGE_PORTS='p0 never' IF_BRIDGE_WAITPORT=1")
        self.assertEqual(status, 0, err)
        self.assertIn("Waiting for a max of 1 seconds", out)
        self.assertIn("never: there is no such interface", err)
        self.assertIn("master br0", self.host.must("ip link show p0"))

    def test_no_wait_for_what_is_there(self):
        status, out, err = self.start("export IF_BRIDGE_WAITPORT='100 p0 p1'")
        self.assertEqual((status, out, err), (0, "", ""))

    def test_ports_that_get_their_link_later(self):
        # The kernel says some time after it made a link that it is down, and
        # lets a port forward until then.
        status, out, err = self.host.shell(f"""{START}
            until ip -br link show p2 | grep -q DOWN; do sleep 0.01; done
            export IF_BRIDGE_PORTS='p2' IF_BRIDGE_MAXWAIT=100
            {HOOK} >/run/said 2>&1 & hook=$!
            until grep -q 'MAXWAIT is 100 seconds' /run/said
            do sleep 0.01; done
            ip link set q2 up
            wait $hook; bridge link show dev p2""")
        self.assertEqual(status, 0, err)
        self.assertIn("state forwarding", out)

    def test_a_wait_for_the_bridge_ends(self):
        status, out, err = self.start(
            "export IF_BRIDGE_PORTS='p0' IF_BRIDGE_STP=on IF_BRIDGE_FD=30"
            " IF_BRIDGE_MAXWAIT=1")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("MAXWAIT is 1 seconds", out)
        self.assertIn("state listening",
                      self.host.must("bridge link show dev p0"))

    def steady_state(self):
        """Addresses and carriers come a moment later."""
        state, end = self.host.state(), time.monotonic() + 2
        while time.monotonic() < end:
            state = self.host.state()
        return state

    def expect_state(self, wanted, number):
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            if self.host.state() == wanted:
                return
        self.assertEqual(self.host.state(), wanted, number)

    def killed_everywhere(self, before, environment):
        """Kills a run at each of its calls, and lets the next one finish."""
        self.build()
        self.host.must(before)
        self.host.must(f"{environment} {HOOK}")
        wanted = self.steady_state()
        for number in range(1, KILLS_MAX):
            self.build()
            self.host.must(before)
            status, _, err = self.host.shell(
                f"{environment} exec strace -qq -o /dev/null -e trace={CALLS}"
                f" -e inject={CALLS}:signal=KILL:when={number} {HOOK}")
            if status == 0:
                return number - 1
            self.assertEqual(status, -9, err)
            status, _, err = self.host.shell(f"{environment} exec {HOOK}")
            self.assertEqual(status, 0, (number, err))
            self.expect_state(wanted, number)
            self.assertEqual(self.host.ask(what="left"), [], number)
        return self.fail("it does not end")

    @unittest.skipUnless(shutil.which("strace"), "strace")
    def test_a_killed_start(self):
        count = self.killed_everywhere("true", START + "export IF_BRIDGE_PATHCOST='p1 7'\n")
        self.assertGreater(count, 20)
        print(f"killed at {count} calls of a start")

    @unittest.skipUnless(shutil.which("strace"), "strace")
    def test_a_killed_stop(self):
        count = self.killed_everywhere(
            f"{START} {HOOK}; ip addr add 192.0.2.1/24 dev br0", STOP)
        self.assertGreater(count, 20)
        print(f"killed at {count} calls of a stop")

    def test_many_at_once(self):
        """Each wants the next number for its bridge."""
        self.host.must(f"""{START} export IF_BRIDGE_PORTS=none
            for i in 1 2 3 4 5 6 7 8; do
                IFACE=br1$i {HOOK} & all="$all $!"
            done
            for one in $all; do wait $one; done
            for i in 1 2 3 4 5 6 7 8; do ip link show br1$i; done""")

    @unittest.skipUnless(shutil.which("strace"), "strace")
    def test_one_process_and_no_other(self):
        def numbers(hook):
            """Of the processes of a start and a stop."""
            found = set()
            for environment in (START, STOP):
                self.host.must(f"{environment} strace -f -o /run/calls -e "
                               f"trace=process {hook}")
                found.add(tuple(sorted(set(re.findall(
                    r"(?m)^(\d+) ", self.host.must("cat /run/calls"))))))
            return [len(one) for one in found]

        ours = numbers(HOOK)
        self.assertEqual(ours, [1, 1])
        theirs = numbers(packages.STOCK_HOOK)
        self.assertGreater(min(theirs), 1)
        print(f"processes of a start and a stop: {sum(ours)}, "
              f"bridge-utils' {sum(theirs)}")

    def test_how_it_is_used(self):
        status, out, _ = self.host.shell(f"{HOOK} --help")
        self.assertEqual(status, 0)
        self.assertIn("usage: bridge", out)
        status, _, err = self.host.shell(f"{HOOK} start")
        self.assertEqual(status, 2)
        self.assertIn("usage: bridge", err)


if __name__ == "__main__":
    reason = packages.missing()
    if reason:
        print(reason)
        sys.exit(77)
    unittest.main()
