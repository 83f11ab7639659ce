#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""isolated=on on every mix of paths, and while they change: two such vifs
exchange nothing, and all others everything."""
import contextlib
import json
import time

from case import HOST4, OUT4, PlaneCase, labtool, main

NEIGHBOUR = "isolated vif on the kernel's path"
NAMES = "abcd"  # a, b: normal; c, d: isolated
MAC = {name: f"00:16:3e:00:00:{at:02x}" for at, name in enumerate(NAMES, 1)}
IP = {name: f"10.77.0.{at}" for at, name in enumerate(NAMES, 101)}
VIF = {name: f"vif{at}.0" for at, name in enumerate(NAMES, 1)}
ISOLATED = {"c", "d"}
PATIENCE_S = 60  # what nothing announces is seen within a second

# Sends a numbered frame to every other guest and one to all, whoever may have
# them, until SIGINT. The EtherType is one for experiments.
SEND = """
import signal, socket, struct, sys, time
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGINT, end)
own, *others = [bytes.fromhex(word.replace(":", "")) for word in sys.argv[1:]]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
print("ready", flush=True)
number = 0
while going:
    for to in others + [b"\\xff" * 6]:
        s.send(to + own + struct.pack(">HI", 0x88b5, number) + bytes(46))
    number += 1
    time.sleep(0.005)
print(number, flush=True)
"""

# Counts what comes of that until SIGINT: {sender: [unicasts to this guest, to
# others (unknown ones are flooded), broadcasts, those that came twice]}.
COUNT = """
import json, signal, socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
s.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
s.bind(("eth0", 0x88b5))
def end(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
seen = {}
try:
    while True:
        frame, where = s.recvfrom(128)
        if where[2] != socket.PACKET_OUTGOING:
            key = (frame[6:12], frame[:6],
                   struct.unpack_from(">I", frame, 14)[0])
            seen[key] = seen.get(key, 0) + 1
except KeyboardInterrupt:
    pass
own = bytes.fromhex(sys.argv[1].replace(":", ""))
total = {}
for (who, to, _), times in seen.items():
    row = total.setdefault(who.hex(":"), [0, 0, 0, 0])
    row[0 if to == own else 2 if to[0] & 1 else 1] += 1
    row[3] += times > 1
print(json.dumps(total), flush=True)
"""

# Pings each address, all at once, and prints those that answer. Who may not
# answer is waited for less long.
PING = """
for to in $1; do
    ping -n -q -c 1 -W 20 $to >/dev/null && echo $to &
done
for to in $2; do
    ping -n -q -c 2 -i 0.1 -w 1 $to >/dev/null && echo $to &
done
wait
"""


class Isolation(PlaneCase):
    GUESTS = tuple((name, f"mac={MAC[name]},bridge=xenbr0,ip={IP[name]}")
                   for name in NAMES)

    def setUp(self):
        for name in NAMES:
            # So that nobody waits for an ARP answer in vain.
            for other in NAMES.replace(name, ""):
                self.lab.inside(name, "ip", "neigh", "replace", IP[other],
                                "lladdr", MAC[other], "dev", "eth0")
            self.set(name, "fastpath=default", "isolated=" +
                     ("on" if name in ISOLATED else "off"))
        self.wait_slow("")

    def set(self, name, *pairs):
        self.lab.xenplane("vif", "set", VIF[name], *pairs)

    def wait_slow(self, names):
        """Until just these vifs are slow, in the data process too."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            vifs = self.lab.json("vif", "list")["vifs"]
            if all(vif["settled"] for vif in vifs) and \
                    {vif["name"] for vif in vifs if vif["path"] == "kernel"} \
                    == {VIF[name] for name in names}:
                return
            if time.monotonic() > deadline:
                self.fail(f"wanted {names} slow: {vifs}")
            time.sleep(0.02)

    def reasons(self, name):
        return self.lab.json("vif", "show", VIF[name])["reasons"]

    def bits(self):
        """Of which guests is the twin isolated?"""
        links = json.loads(self.lab.inside("dom0", "bridge", "-j", "-d",
                                           "link", "show"))
        return {name for name in NAMES for link in links
                if link["ifname"] == VIF[name] and link["isolated"]}

    def assert_reach(self, isolated=ISOLATED):
        """Everybody reaches whom he may, by ping, and nobody else."""
        for name in NAMES:
            others = set(NAMES) - {name}
            apart = others & isolated if name in isolated else set()
            may = {IP[other] for other in others - apart} | {HOST4, OUT4}
            out = self.lab.inside(
                name, "sh", "-c", PING, "sh", " ".join(may),
                " ".join(IP[other] for other in apart), timeout=90)
            self.assertEqual(set(out.split()), may, name)

    def test_mixes_of_paths(self):
        for off, slow, bits in (("", "", "abcd"),
                                ("a", "a", "bcd"),
                                ("ab", "ab", "cd"),
                                ("c", NAMES, "cd"),
                                ("cd", NAMES, "cd"),
                                ("ac", NAMES, "cd"),
                                ("abcd", NAMES, "cd")):
            with self.subTest(off=off):
                for name in NAMES:
                    self.set(name, "fastpath=" +
                             ("off" if name in off else "on"))
                self.wait_slow(slow)
                self.assertEqual(self.bits(), set(bits))
                self.assert_reach()

    def test_the_bridge_off(self):
        self.lab.xenplane("bridge", "set", "xenbr0", "fastpath=off")
        try:
            for name in NAMES:
                self.set(name, "fastpath=default")
            self.wait_slow(NAMES)
            self.assertEqual(self.bits(), ISOLATED)
            self.assert_reach()
        finally:
            self.lab.xenplane("bridge", "set", "xenbr0", "fastpath=default")
        self.wait_slow("")

    def test_the_setting_changes_on_the_kernels_path(self):
        self.set("c", "fastpath=off")
        self.assertEqual(self.reasons("a"), [NEIGHBOUR])
        for _ in range(2):
            self.set("c", "isolated=off")
            self.wait_slow("c")
            self.assert_reach(isolated={"d"})
            self.set("a", "isolated=on")
            self.wait_slow("c")
            self.assert_reach(isolated={"a", "d"})
            self.set("c", "isolated=on")
            self.wait_slow(NAMES)
            self.assert_reach(isolated={"a", "c", "d"})
            self.set("a", "isolated=off")
            self.wait_slow(NAMES)
            self.assert_reach()

    @contextlib.contextmanager
    def capture(self, name):
        with self.lab.going("dom0", "listening on", "tcpdump", "-n", "-i",
                            VIF[name], "-w", "/dev/null"):
            yield

    def change_paths(self):
        """Each vif's and each kind's, with frames on their way."""
        for name, slow in (("c", NAMES), ("d", NAMES), ("a", "a")):
            with self.capture(name):
                self.wait_slow(slow)
            self.wait_slow("")
            self.set(name, "fastpath=off")
            self.wait_slow(slow)
            with self.capture("b"):
                self.set(name, "fastpath=on")
                self.wait_slow("b")
            self.wait_slow("")
        with self.capture("c"):
            self.wait_slow(NAMES)
            self.set("d", "fastpath=off")
        self.wait_slow(NAMES)
        self.set("d", "fastpath=on")
        self.wait_slow("")

    def test_while_paths_change(self):
        with contextlib.ExitStack() as stack:
            def start(name, program, *words):
                return stack.enter_context(self.lab.going(
                    name, "ready", "python3", "-c", program, *words))

            counters = {name: start(name, COUNT, MAC[name]) for name in NAMES}
            senders = {name: start(name, SEND, MAC[name], *[
                MAC[other] for other in NAMES if other != name])
                for name in NAMES}
            self.change_paths()
            sent = {name: int(labtool.end(senders[name])) for name in NAMES}
            self.assert_reach()  # what was sent before has arrived
            got = {name: json.loads(labtool.end(counters[name]))
                   for name in NAMES}
        for one in NAMES:
            for other in NAMES.replace(one, ""):
                with self.subTest(f"{one} -> {other}"):
                    self.judge(sent[one], got[other].get(MAC[one], [0] * 4),
                               {one, other} <= ISOLATED)

    def judge(self, sent, got, apart):
        unicasts, floods, broadcasts, twice = got
        self.assertGreater(sent, 20)
        if apart:
            self.assertEqual(got, [0] * 4)
        else:
            self.assertEqual((unicasts, broadcasts, twice), (sent, sent, 0))
            self.assertLess(floods, sent / 2)


if __name__ == "__main__":
    main()
