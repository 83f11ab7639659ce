#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checksums, segmentation and MTU: what a guest hands over unfinished is
finished where the receiver wants it so."""
import contextlib
import pathlib
import tempfile
import time

from case import (A, B, B4, B6, HOST4, OUT4, OUT6, PlaneCase, labtool, main,
                  pcap)

# A receiver that takes no offloads gets finished frames.
PLAIN = B.replace("0b", "0c").replace("0.11", "0.12").replace("::11", "::12")
PLAIN4, PLAIN6 = "10.77.0.12", "fd77::12"


class OffloadCase(PlaneCase):
    @contextlib.contextmanager
    def captured(self, where, device, seconds=0.3):
        """A capture of what arrives while the body runs; yields a list that
        gets its bytes. (What `where` sends is not finished yet there.)"""
        result = []
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "frames.pcap")
            with self.lab.going(where, "listening on", "tcpdump", "-n", "-U",
                                "-s", "0", "-B", "65536", "-Z", "root", "-Q", "in",
                                "-i", device, "-w", str(file), "ip or ip6") as dump:
                yield result
                time.sleep(seconds)  # let the tail reach the file
                labtool.end(dump)
            result.append(file.read_bytes())

    def send_all(self, server, ipv4, ipv6, client="a"):
        """Some of everything: ICMP, TCP and UDP over both IPs."""
        with labtool.iperf_server(self.lab, server):
            for address in (ipv4, ipv6):
                self.assert_pings(client, address, ("-s", "999"), count=10)
                labtool.iperf(self.lab, client, address, "-n", "2M", seconds=0)
                labtool.iperf(self.lab, client, address, "-u", "-b", "5M", "-l",
                              "1200", "-n", "100K", seconds=0)

    def assert_all_right(self, data):
        counts, longest = pcap.verdicts(data)
        for name in ("icmp", "icmpv6", "tcp", "udp"):
            right, wrong = counts.get(name, (0, 0))
            self.assertGreater(right, 5, f"{name}: {counts}")
            self.assertEqual(wrong, 0, f"{name}: {counts}")
        self.assertEqual(counts.get("ipv4", [0, 0])[1], 0)
        return longest


class Standard(OffloadCase):
    GUESTS = (("a", A), ("b", B), ("plain", "--no-csum", "--no-gso", PLAIN))

    def test_gso_frames_stay_whole_between_guests(self):
        with labtool.iperf_server(self.lab, "b"):
            with self.captured("b", "eth0") as capture:
                labtool.iperf(self.lab, "a", B4, "-n", "5M", seconds=0)
        _, longest = pcap.verdicts(capture[0])
        self.assertGreater(longest, 1514)

    def test_a_receiver_without_offloads_gets_finished_frames(self):
        with self.captured("plain", "eth0") as capture:
            self.send_all("plain", PLAIN4, PLAIN6)
        self.assertLessEqual(self.assert_all_right(capture[0]), 1514)

    def test_the_outside_wire_gets_finished_frames(self):
        # A veth hands unfinished frames on; a cable does not. Without these
        # offloads the kernel finishes them before the wire, as for any NIC.
        self.lab.inside("dom0", "ethtool", "-K", "eth0", "tx", "off", "tso",
                        "off", "gso", "off")
        with self.captured("outside", "eth0") as wire:
            # What arrives on the host's port has left the guest whole.
            with self.captured("dom0", "vif1.0") as inside:
                self.send_all("outside", OUT4, OUT6)
        self.assertLessEqual(self.assert_all_right(wire[0]), 1514)
        _, longest = pcap.verdicts(inside[0])
        self.assertGreater(longest, 1514)
        self.lab.inside("dom0", "ethtool", "-K", "eth0", "tx", "on", "tso",
                        "on", "gso", "on")

    def test_a_sender_without_offloads_reaches_everybody(self):
        for where, address in (("a", "10.77.0.10"), ("dom0", HOST4),
                               ("outside", OUT4)):
            with labtool.iperf_server(self.lab, where):
                result = labtool.iperf(self.lab, "plain", address)
                self.assertGreater(labtool.tcp_mbit(result), 5)


class Jumbo(OffloadCase):
    MTU = 9000
    GUESTS = (("a", A + ",mtu=9000"), ("b", B + ",mtu=9000"))

    def test_mtu_9000_everywhere(self):
        whole = ("-M", "do", "-s", "8972")
        for address in (B4, HOST4, OUT4):
            self.assert_pings("a", address, whole)
        _, out, _ = self.lab.inside("a", "ping", "-c", "1", "-M", "do", "-s",
                                    "8973", B4, check=False)
        self.assertIn("0 received", out)

    def test_tcp_uses_it(self):
        for address in (B4, B6):
            with labtool.iperf_server(self.lab, "b"):
                with self.captured("b", "eth0") as capture:
                    labtool.iperf(self.lab, "a", address, "-n", "5M",
                                  seconds=0)
            _, longest = pcap.verdicts(capture[0])
            self.assertGreater(longest, 8000)


if __name__ == "__main__":
    main()
