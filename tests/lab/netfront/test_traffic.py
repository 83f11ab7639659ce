# SPDX-License-Identifier: GPL-2.0-or-later
"""xenplane-traffic and xenplane-guest ring to ring through the real control
and data processes."""
import concurrent.futures
import ctypes
import json
import signal
import socket
import subprocess
import unittest

import ground
from ground import BIN, back_of, front_of, inside, wait_until

ETH_P_ALL = 0x0003
ETH_P_ARP = 0x0806
TRAFFIC = BIN / "xenplane-traffic"


def socket_inside(process):
    """A socket that hears all of a guest's eth0. It belongs to the namespace
    of the thread that made it."""
    def make():
        with open(f"/proc/{process.pid}/ns/net", "rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(
                    namespace.fileno(), ground.CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                              socket.htons(ETH_P_ALL))
        heard.bind(("eth0", ETH_P_ALL))
        heard.settimeout(20)
        return heard

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        return thread.submit(make).result()


class Plane(unittest.TestCase):
    OPTIONS = ()  # for xenplaned

    @classmethod
    def setUpClass(cls):
        cls.ground = cls.enterClassContext(ground.Ground())
        subprocess.run(["ip", "link", "add", "xenbr0", "type", "bridge"],
                       check=True)
        cls.addClassCleanup(subprocess.run,
                            ["ip", "link", "del", "xenbr0"], check=True)
        subprocess.run(["ip", "link", "set", "xenbr0", "mtu", "9000", "up"],
                       check=True)
        cls.log = cls.ground.folder / "xenplaned.log"
        with cls.log.open("w") as log:
            cls.plane = cls.ground.ready(
                [BIN / "xenplaned", "--socket",
                 cls.ground.folder / "control.sock", "--netback",
                 BIN / "xenplane-netback", *cls.OPTIONS], domid=0,
                stderr=log)

    @classmethod
    def plug(cls, domid, vif=0):
        """Does what the hotplug script does."""
        cls.ground.wait_state(back_of(domid, vif), "2")
        for words in (["master", "xenbr0"], ["mtu", "9000"], ["up"]):
            subprocess.run(["ip", "link", "set", f"vif{domid}.{vif}", *words],
                           check=True)
        cls.ground.put({f"{back_of(domid, vif)}/hotplug-status": "connected"})

    def ask(self, command, **more):
        """What the control process says of itself."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(self.ground.folder / "control.sock"))
            client.sendall(json.dumps({"cmd": command, **more}).encode() +
                           b"\n")
            return json.loads(client.makefile().readline())["result"]

    def ready(self, argv, domid):
        """A program that is; else what the plane says of it."""
        try:
            return self.ground.ready(argv, domid=domid, stdout=subprocess.PIPE)
        except AssertionError as error:
            said = [str(error), self.log.read_text()]
            said += [f"{command}: {self.ask(command)}" for command in
                     ("status", "vif-list", "bridge-list")]
            said += [str(self.ask('vif-show', vif=vif['name']))
                     for vif in self.ask("vif-list")["vifs"]]
            said += [subprocess.run(["bridge", *words], capture_output=True,
                                    text=True, check=True).stdout
                     for words in (["-d", "link"], ["fdb"])]
            raise AssertionError("\n".join(said)) from error

    def result(self, process, status=0):
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, status)
        return json.loads(out)


class Frames(Plane):
    """Between two domains with a vif each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mac = {domid: cls.ground.make_vif(domid, 0) for domid in (1, 2)}
        for domid in (1, 2):
            cls.plug(domid)

    def begin(self, domid, mode, *options):
        return self.ground.ready(
            [TRAFFIC, "--vif", "0", "--mode", mode, "--seconds", "20",
             *options], domid=domid, stdout=subprocess.PIPE)

    def send(self, *options, to=2, sender=1):
        return self.result(self.begin(sender, "send", "--dst", self.mac[to],
                                      *options))

    def expect_sound(self, sent, seen, in_order=True):
        self.assertEqual(sent["fault"], "none")
        self.assertEqual(sent["unanswered"], 0)
        self.assertEqual(sent["tx_done"], sent["frames"])
        for count in ("corrupted", "duplicates", "too_old", "rx_errors",
                      "rx_malformed", "rx_wrong_id"):
            self.assertEqual(seen[count], 0, f"{count}: {seen}")
        if in_order:
            self.assertEqual(seen["reordered"], 0)
        self.assertEqual(seen["fault"], "none")

    def through(self, *options, queues=1):
        """Fewer frames than a ring holds arrive one and all."""
        sink = self.begin(2, "sink", "--verify", "--idle-ms", "1000",
                          "--queues", queues)
        sent = self.send("--verify", "--queues", queues, *options)
        seen = self.result(sink)
        # A flow keeps its order; flows on different queues may pass another.
        self.expect_sound(sent, seen, in_order=queues == 1)
        self.assertEqual(seen["missing"], 0)
        self.assertEqual(seen["unique"], sent["frames"])
        return sent, seen

    def test_small_frames(self):
        self.through("--size", "58,59,60,64,65,127", "--count", "200")

    def test_sizes_at_page_borders(self):
        self.through("--size", "4095,4096,4097,8191,8192,8193,9014",
                     "--count", "70")

    def test_gso_frames(self):
        sent, _ = self.through("--size", "65535,1514,30000", "--gso", "1448",
                               "--count", "12")
        self.assertEqual(sent["frames"], 12)

    def test_queues(self):
        sent, seen = self.through("--size", "1000", "--flows", "64", "--count",
                                  "200", queues=2)
        self.assertEqual((sent["queues"], seen["queues"]), (2, 2))

    def test_single_channels(self):
        self.through("--size", "1514", "--count", "100", "--single-channel")

    def test_flood_loses_but_never_spoils(self):
        sink = self.begin(2, "sink", "--verify", "--idle-ms", "1000")
        sent = self.send("--verify", "--size", "64,1514,9014", "--count",
                         "50000")
        seen = self.result(sink)
        self.expect_sound(sent, seen)
        self.assertGreater(seen["unique"], 0)
        # The last ones may be among the lost.
        self.assertLessEqual(seen["unique"] + seen["missing"], 50000)

    def test_frames_beyond_the_mtu_do_not_arrive(self):
        sink = self.begin(2, "sink", "--verify", "--idle-ms", "1000")
        sent = self.send("--verify", "--size", "9014,9100", "--count", "20")
        seen = self.result(sink)
        self.expect_sound(sent, seen)
        self.assertEqual(seen["unique"], 10)

    def test_echo(self):
        echo = self.begin(2, "echo", "--verify", "--idle-ms", "3000")
        sink_mac = self.mac[1]
        sent = self.send("--verify", "--size", "64,9014", "--count", "20")
        back = self.result(echo)
        self.expect_sound(sent, back)
        self.assertEqual(back["unique"], 20)
        self.assertEqual(back["tx_done"], back["frames"])
        self.assertNotEqual(sink_mac, self.mac[2])

    def test_leaves_the_vif_closed(self):
        self.send("--size", "64", "--count", "1")
        self.assertEqual(self.ground.state(front_of(1, 0)), "6")
        self.ground.wait_state(back_of(1, 0), "6")

    def test_guests_ping(self):
        guests = {domid: self.ground.ready(
            [BIN / "xenplane-guest", "--log-level", "warning"], domid=domid,
            netns=True) for domid in (1, 2)}
        for domid, guest in guests.items():
            self.ground.wait_state(back_of(domid, 0), "4")
            wait_until("eth0", lambda guest=guest: inside(
                guest, "ip", "link", "show", "eth0", check=False))
            inside(guest, "ip", "addr", "add", f"10.9.0.{domid}/24", "dev",
                   "eth0")
            inside(guest, "ip", "link", "set", "eth0", "up")
        for size in ("56", "4000", "60000"):
            out = inside(guests[1], "ping", "-c", "5", "-i", "0.02", "-W",
                         "5", "-s", size, "10.9.0.2")
            self.assertIn(" 5 received", out)
        for guest in guests.values():
            guest.terminate()
            self.assertEqual(guest.wait(timeout=20), 0)


    def test_guest_announces_its_addresses_when_it_connects(self):
        mac = self.ground.make_vif(3, 0)
        guest = self.ground.ready(
            [BIN / "xenplane-guest", "--log-level", "warning"], domid=3,
            netns=True)
        inside(guest, "ip", "addr", "add", "10.9.0.3/24", "dev", "eth0")
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                           socket.htons(ETH_P_ARP)) as heard:
            heard.bind(("xenbr0", ETH_P_ARP))
            heard.settimeout(20)
            self.plug(3)
            frame = heard.recv(2048)
        sender = bytes.fromhex(mac.replace(":", ""))
        self.assertEqual(frame[:12], b"\xff" * 6 + sender)
        address = bytes([10, 9, 0, 3])
        self.assertEqual(frame[20:42],
                         b"\0\1" + sender + address + bytes(6) + address)
        guest.terminate()
        self.assertEqual(guest.wait(timeout=20), 0)

    def guest(self, domid, *options):
        """A guest with an address, before its backend is there."""
        guest = self.ground.ready(
            [BIN / "xenplane-guest", "--log-level", "warning", *options],
            domid=domid, netns=True)
        inside(guest, "ip", "addr", "add", f"10.9.0.{domid}/24", "dev", "eth0")
        inside(guest, "ip", "link", "set", "eth0", "up")
        return guest

    def expect_announced(self, heard, mac, domid):
        """Of the frames that a neighbour hears, the first one that is from
        this guest is its announcement."""
        sender = bytes.fromhex(mac.replace(":", ""))
        while True:
            frame = heard.recv(2048)
            if frame[6:12] == sender:
                break
        address = bytes([10, 9, 0, domid])
        self.assertEqual(frame[:6] + frame[12:14], b"\xff" * 6 + b"\x08\x06")
        self.assertEqual(frame[28:42], address + bytes(6) + address)

    def test_first_frame_at_connected_reaches_another_guest(self):
        """Which is what keeps a guest reachable that was migrated: it says
        where it is at that moment, once."""
        self.ground.make_vif(4, 0)
        neighbour = self.guest(4)
        self.plug(4)
        self.ground.wait_state(front_of(4, 0), "4")
        self.ground.wait_state(back_of(4, 0), "4")
        with socket_inside(neighbour) as heard:
            # The frontend is ready, and the script comes last.
            mac = self.ground.make_vif(5, 0)
            last = [self.guest(5)]
            self.ground.wait_state(front_of(5, 0), "4")
            self.assertEqual(self.ground.state(back_of(5, 0)), "2")
            self.plug(5)
            self.expect_announced(heard, mac, 5)
            # All is ready, and the frontend comes last.
            self.plane.send_signal(signal.SIGSTOP)
            mac = self.ground.make_vif(6, 0)
            last.append(self.guest(6))
            last[1].send_signal(signal.SIGSTOP)
            self.plane.send_signal(signal.SIGCONT)
            self.plug(6)
            self.assertEqual(self.ground.state(back_of(6, 0)), "2")
            last[1].send_signal(signal.SIGCONT)
            self.expect_announced(heard, mac, 6)
        for guest in (neighbour, *last):
            guest.terminate()
            self.assertEqual(guest.wait(timeout=20), 0)

    def test_a_guest_that_closes_before_it_connects(self):
        """As Windows' frontend does."""
        mac = self.ground.make_vif(7, 0)
        states = self.ground.start(
            None, ["xenstore-watch", f"{front_of(7, 0)}/state"],
            stdout=subprocess.PIPE)
        states.stdout.readline()  # it watches
        guest = self.guest(7, "--close-first")
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                           socket.htons(ETH_P_ALL)) as heard:
            heard.bind(("xenbr0", ETH_P_ALL))
            heard.settimeout(20)
            self.plug(7)
            self.expect_announced(heard, mac, 7)
        self.ground.wait_state(back_of(7, 0), "4")
        states.kill()
        # Closing, Closed, Initialising and Connected.
        self.assertGreaterEqual(len(states.stdout.read().split()), 4)
        states.stdout.close()
        guest.terminate()
        self.assertEqual(guest.wait(timeout=20), 0)

    def fault(self, *words):
        subprocess.run([BIN / "xensim-fault", self.ground.folder /
                        "broker.sock", *words], check=True)

    def test_a_copy_that_takes_long(self):
        """As where the page of a grant has to come from a disk: frames wait
        for it, and nothing else does."""
        macs = {domid: self.ground.make_vif(domid, 0) for domid in (8, 9)}
        guests = {domid: self.guest(domid) for domid in macs}
        for domid in guests:
            self.plug(domid)
            self.ground.wait_state(back_of(domid, 0), "4")
        ping = ["ping", "-n", "-c", "1", "-W", "20", "10.9.0.9"]
        inside(guests[8], *ping)  # from now on each knows the other
        sender = bytes.fromhex(macs[8].replace(":", ""))
        answers = 0
        with socket_inside(guests[9]) as heard:
            self.addCleanup(self.fault, "off")
            self.fault("delay-us=200000")
            late = self.ground.start(None, ["nsenter", "-t",
                                            str(guests[8].pid), "-n", *ping],
                                     stdout=subprocess.DEVNULL)
            heard.settimeout(0.02)
            while True:
                try:
                    frame = heard.recv(2048)
                    if frame[6:14] == sender + b"\x08\x00":
                        break
                except TimeoutError:
                    self.assertGreater(self.ask("status")["netback"]["pid"], 0)
                    answers += 1
        self.assertGreaterEqual(answers, 3)
        self.fault("off")
        self.assertEqual(late.wait(timeout=40), 0)
        inside(guests[8], *ping)
        for guest in guests.values():
            guest.terminate()
            self.assertEqual(guest.wait(timeout=20), 0)


class FramesOfSeveralWorkers(Frames):
    """The same where each of the domains has a worker of its own."""
    OPTIONS = ("--netback-workers", "3", "--netback-settle-ms", "0")

    def test_there_are_several(self):
        self.assertEqual(self.ask("status")["netback"]["workers"], 3)


class Loop(Plane):
    """Vifs of one domain in pairs, driven by one thread."""
    PAIRS = 2
    DOMID = 20

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.macs = [cls.ground.make_vif(cls.DOMID, vif)
                    for vif in range(2 * cls.PAIRS)]
        for vif in range(2 * cls.PAIRS):
            cls.plug(cls.DOMID, vif)

    def loop(self, *options):
        return self.result(self.ready(
            [TRAFFIC, "--vif", "0", "--mode", "loop", "--seconds", "60",
             *options], domid=self.DOMID))

    def expect_all(self, seen, count, receivers=1):
        """Nothing was lost, changed, doubled or forgotten."""
        self.assertEqual(seen["frames"], count, seen)
        self.assertEqual(seen["arrived"], count * receivers, seen)
        # Announcements were answered, too.
        self.assertGreater(seen["tx_done"], count, seen)
        for name in ("lost", "unanswered", "corrupted", "tx_errors",
                     "tx_dropped", "rx_errors", "rx_malformed",
                     "rx_wrong_id"):
            self.assertEqual(seen[name], 0, f"{name}: {seen}")
        self.assertEqual((seen["fault"], seen["connected"]), ("none", True))

    def expect_numbers(self, seen, count):
        self.assertEqual(seen["unique"], count, seen)
        for name in ("missing", "duplicates", "too_old"):
            self.assertEqual(seen[name], 0, f"{name}: {seen}")

    def test_everything_arrives_as_it_was_sent(self):
        for options in (["--size", "64"], ["--size", "1514"],
                        ["--size", "64,1514,4096,9014"],
                        ["--size", "65535", "--gso", "1448"]):
            with self.subTest(options=options):
                seen = self.loop("--verify", "--count", "3000", *options)
                self.expect_all(seen, 3000)
                self.expect_numbers(seen, 3000)
                self.assertEqual(seen["reordered"], 0)

    def test_many_more_frames_than_a_ring_holds(self):
        for touch in ("header", "payload"):
            for size in ("64", "1514"):
                with self.subTest(touch=touch, size=size):
                    seen = self.loop("--count", "50000", "--size", size,
                                     "--touch", touch)
                    self.expect_all(seen, 50000)
                    self.expect_numbers(seen, 50000)
                    self.assertEqual(seen["touch"], touch)

    def test_frames_that_nobody_touches(self):
        seen = self.loop("--count", "5000", "--size", "64", "--touch", "none")
        self.expect_all(seen, 5000)
        self.assertNotIn("unique", seen)  # there is nothing to tell

    def test_pairs(self):
        seen = self.loop("--count", "20000", "--size", "64", "--pairs", "2")
        self.expect_all(seen, 20000)
        self.expect_numbers(seen, 20000)
        self.assertEqual(seen["pairs"], 2)

    def test_queues_and_flows(self):
        seen = self.loop("--count", "10000", "--size", "256", "--queues", "2",
                         "--flows", "64")
        self.expect_all(seen, 10000)
        self.expect_numbers(seen, 10000)
        self.assertEqual(seen["queues"], 2)

    def test_stations_behind_the_sinks(self):
        seen = self.loop("--count", "10000", "--size", "64", "--pairs", "2",
                         "--macs", "1000")
        self.expect_all(seen, 10000)
        self.expect_numbers(seen, 10000)

    def test_everybody_hears_a_flood(self):
        seen = self.loop("--count", "2000", "--size", "64", "--pairs", "2",
                         "--flood", "--burst", "16", "--window", "32")
        self.expect_all(seen, 2000, receivers=3)
        self.assertEqual(seen["unique"], 2000)
        self.assertEqual(seen["duplicates"] + seen["reordered"], 4000)
        self.assertEqual(seen["window"], 32)

    def test_spinning(self):
        seen = self.loop("--count", "20000", "--size", "64", "--spin")
        self.expect_all(seen, 20000)

    def test_frames_that_do_not_arrive_are_lost_and_no_end(self):
        seen = self.loop("--count", "300", "--size", "64", "--dst",
                         "00:16:3e:7f:ff:ff", "--touch", "none")
        self.expect_all(seen, 300)  # an unknown station: flooded
        seen = self.loop("--count", "300", "--size", "64", "--dst",
                         "01:80:c2:00:00:0e")
        self.assertEqual((seen["frames"], seen["arrived"], seen["lost"]),
                         (300, 0, 300), seen)
        self.assertEqual(seen["unanswered"], 0)

    def ping(self, *options):
        return self.result(self.ready(
            [TRAFFIC, "--vif", "0", "--mode", "ping", "--seconds", "60",
             "--size", "64", *options], domid=self.DOMID))

    def test_each_ping_has_its_time(self):
        for options in (["--spin"], ["--spin-us", "0"],
                        ["--spin-us", "50", "--interval-us", "100"],
                        ["--spin", "--interval-us", "100"]):
            with self.subTest(options=options):
                seen = self.ping("--count", "200", *options)
                self.assertEqual((seen["pings"], seen["late"]), (200, 0))
                self.assertGreater(seen["ns_least"], 0)
                self.assertLessEqual(seen["ns_least"], seen["ns_p50"])
                self.assertLessEqual(seen["ns_p50"], seen["ns_p99"])
                self.assertLessEqual(seen["ns_p99"], seen["ns_most"])
                self.assertLess(seen["ns_most"], 1_000_000_000)
                self.assertEqual((seen["tx_errors"], seen["rx_errors"],
                                  seen["fault"]), (0, 0, "none"))

    def test_a_ping_that_does_not_arrive_is_late(self):
        seen = self.ping("--count", "5", "--dst", "01:80:c2:00:00:0e")
        self.assertEqual((seen["pings"], seen["late"]), (0, 1), seen)

    def test_time_bounds_pings(self):
        seen = self.result(self.ready(
            [TRAFFIC, "--vif", "0", "--mode", "ping", "--seconds", "1",
             "--size", "64", "--interval-us", "1000"], domid=self.DOMID))
        self.assertGreater(seen["pings"], 0)
        self.assertLessEqual(seen["pings"], 1000)

    def test_time_bounds_a_run(self):
        seen = self.result(self.ready(
            [TRAFFIC, "--vif", "0", "--mode", "loop", "--seconds", "1",
             "--size", "64"], domid=self.DOMID))
        self.assertGreater(seen["frames"], 0)
        self.expect_all(seen, seen["frames"])


class CommandLine(unittest.TestCase):
    GOOD = ["--vif", "0", "--mode", "sink", "--count", "1", "--domid", "1"]
    LOOP = ["--vif", "0", "--mode", "loop", "--count", "1", "--domid", "1"]
    PING = ["--vif", "0", "--mode", "ping", "--count", "1", "--domid", "1"]

    def run_it(self, *words):
        return subprocess.run([str(TRAFFIC), *words], capture_output=True,
                              check=False).returncode

    def test_refusals(self):
        for words in ([], ["--mode", "sink", "--count", "1", "--domid", "1"],
                      ["--vif", "0", "--count", "1", "--domid", "1"],
                      ["--vif", "0", "--mode", "sink", "--domid", "1"],
                      ["--vif", "0", "--mode", "sink", "--count", "1"],
                      [*self.GOOD, "--mode", "send"],
                      [*self.GOOD, "--mode", "fly"],
                      [*self.GOOD, "--size", "13"],
                      [*self.GOOD, "--size", "65536"],
                      [*self.GOOD, "--size", ","],
                      [*self.GOOD, "--dst", "00:16:3e"],
                      [*self.GOOD, "--gso", "7"],
                      [*self.GOOD, "--flows", "0"],
                      [*self.GOOD, "--queues", "9"],
                      [*self.GOOD, "--seconds", "0"],
                      [*self.GOOD, "--touch", "nothing"],
                      [*self.GOOD, "--spin"],
                      [*self.GOOD, "--pairs", "1"],
                      [*self.LOOP],
                      [*self.LOOP, "--size", "63"],
                      [*self.LOOP, "--size", "64", "--pairs", "32"],
                      [*self.LOOP, "--size", "64", "--burst", "65"],
                      [*self.LOOP, "--size", "64", "--window", "0"],
                      [*self.LOOP, "--size", "64", "--macs", "100001"],
                      [*self.LOOP, "--size", "64", "--macs", "1", "--flood"],
                      [*self.LOOP, "--size", "64", "--touch", "none",
                       "--macs", "9"],
                      [*self.LOOP, "--size", "64", "--touch", "none",
                       "--flows", "2"],
                      [*self.LOOP, "--size", "64", "--dst", "2:0:0:0:0:1",
                       "--flood"],
                      [*self.LOOP, "--size", "64", "--src",
                       "02:00:00:00:00:01", "--pairs", "2"],
                      [*self.LOOP, "--size", "64", "--interval-us", "1"],
                      [*self.GOOD, "--interval-us", "1"],
                      [*self.PING],
                      [*self.PING, "--size", "64", "--pairs", "2"],
                      [*self.PING, "--size", "64", "--window", "2"],
                      [*self.PING, "--size", "64", "--flood"],
                      [*self.PING, "--size", "64", "--queues", "2"],
                      [*self.PING, "--size", "64", "--count", "1000001"],
                      [*self.PING, "--size", "64", "--interval-us",
                       "1000001"],
                      [*self.GOOD, "word"]):
            self.assertEqual(self.run_it(*words), 2, words)
        self.assertEqual(self.run_it("--help"), 0)

    def test_backend_that_does_not_come(self):
        with ground.Ground() as one:
            one.make_vif(1, 0)
            process = one.start(1, [TRAFFIC, "--vif", "0", "--mode", "sink",
                                    "--count", "1", "--connect-ms", "200"],
                                stderr=subprocess.DEVNULL)
            self.assertEqual(process.wait(timeout=20), 1)


if __name__ == "__main__":
    ground.main()
