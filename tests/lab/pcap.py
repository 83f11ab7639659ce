# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what `tcpdump -w` wrote, and judges every checksum in it."""
import struct


def frames(data):
    """Yields (captured bytes, length on the wire) of a pcap file's bytes."""
    magic, = struct.unpack_from("<I", data)
    if magic not in (0xa1b2c3d4, 0xa1b23c4d):
        raise ValueError("not a little-endian pcap file")
    at = 24
    while at + 16 <= len(data):
        _, _, captured, length = struct.unpack_from("<IIII", data, at)
        at += 16
        if captured > len(data) - at:
            break  # the capture was ended in the middle of a frame
        yield data[at:at + captured], length
        at += captured


def ones_sum(data):
    """The ones' complement sum of RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def judge_ip_payload(protocol, pseudo, payload):
    """None when there is nothing to judge, else (name, right?)."""
    name = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}.get(protocol)
    if name is None:
        return None
    if name == "udp" and payload[6:8] == b"\0\0":
        return None  # RFC 768: none was made
    summed = payload if name == "icmp" else pseudo + payload
    return name, ones_sum(summed) == 0xffff


def judge(frame):
    """(protocol's name, right?) for a whole frame, or None. IPv4 headers
    that are wrong are named "ipv4"."""
    ethertype, = struct.unpack_from(">H", frame, 12)
    packet = frame[14:]
    if ethertype == 0x0800:
        header = (packet[0] & 15) * 4
        total, = struct.unpack_from(">H", packet, 2)
        fragment, = struct.unpack_from(">H", packet, 6)
        if ones_sum(packet[:header]) != 0xffff:
            return "ipv4", False
        if fragment & 0x3fff or total > len(packet):
            return None
        payload = packet[header:total]
        pseudo = packet[12:20] + struct.pack(">BBH", 0, packet[9],
                                             len(payload))
        return judge_ip_payload(packet[9], pseudo, payload)
    if ethertype == 0x86dd:
        length, = struct.unpack_from(">H", packet, 4)
        if 40 + length > len(packet):
            return None
        payload = packet[40:40 + length]
        pseudo = packet[8:40] + struct.pack(">II", length, packet[6])
        return judge_ip_payload(packet[6], pseudo, payload)
    return None


def verdicts(data):
    """{name: [right, wrong]} over a whole capture, and its longest frame."""
    counts, longest = {}, 0
    for frame, length in frames(data):
        longest = max(longest, length)
        verdict = judge(frame) if len(frame) == length else None
        if verdict:
            name, right = verdict
            counts.setdefault(name, [0, 0])[0 if right else 1] += 1
    return counts, longest
