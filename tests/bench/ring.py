# SPDX-License-Identifier: GPL-2.0-or-later
"""Ring to switch to ring: two frontends without a kernel, which make and
swallow frames on the rings themselves, as domains of a lab. The lab's own
guests have kernels; so the toolstack's part is played here."""
import contextlib
import json
import os
import select
import subprocess
import time

import labtool
from labtool import Failed

SENDER, SINK = 32001, 32002  # no guest of a lab gets these domids
SCRIPT = "/etc/xen/scripts/vif-bridge"
READY_SECONDS = 25
# Name, the generator's options, bytes a frame, how many the rings hold.
LOADS = [
    ("64 B", ("--size", "64"), 64, 200),
    ("1500 B", ("--size", "1500"), 1500, 200),
    ("GSO 65000 B", ("--size", "65000", "--gso", "1448"), 65000, 12),
]
# What a sound sink and a sound sender say.
ZERO = ("duplicates", "reordered", "too_old", "corrupted", "unanswered",
        "tx_errors", "rx_errors", "rx_malformed", "rx_wrong_id")


def wait_until(what, condition, seconds=20):
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise Failed(f"{seconds} s without: {what}")
        time.sleep(0.01)


def vif_name(domid):
    return f"vif{domid}.0"


def mac_of(domid):
    return f"00:16:3e:00:{domid >> 8:02x}:{domid & 255:02x}"


def plug(lab, domid):
    """What the toolstack does for a vif: folders, then the script."""
    front = f"/local/domain/{domid}/device/vif/0"
    back = f"/local/domain/0/backend/vif/{domid}/0"
    keys = {
        f"{back}/frontend": front, f"{back}/frontend-id": domid,
        f"{back}/online": 1, f"{back}/handle": 0,
        f"{back}/mac": mac_of(domid), f"{back}/bridge": "xenbr0",
        f"{back}/script": SCRIPT, f"{back}/type": "vif",
        f"{back}/hotplug-status": "", f"{back}/state": 1,
        f"{front}/backend": back, f"{front}/backend-id": 0,
        f"{front}/handle": 0, f"{front}/mac": mac_of(domid),
        f"{front}/state": 1,
    }
    lab.inside("dom0", "xenstore-write",
               *(str(word) for pair in keys.items() for word in pair))
    wait_until(f"{back}: state 2", lambda: lab.inside(
        "dom0", "xenstore-read", f"{back}/state").strip() == "2")
    lab.inside("dom0", "env", f"XENBUS_PATH=backend/vif/{domid}/0",
               f"vif={vif_name(domid)}", f"netdev={vif_name(domid)}",
               f"script={SCRIPT}", SCRIPT, "online", "type_if=vif")


class Front:
    """One run of the traffic program as a domain of the lab."""

    def __init__(self, lab, domid, *options):
        folder = lab.json("lab", "list")["store"].rsplit("/", 2)[0]
        env = {**os.environ, "XENSIM_DOMID": str(domid),
               "XENSIM_BROKER": f"{folder}/broker.sock",
               "XENSTORED_PATH": f"{folder}/xenstored/socket",
               "XENPLANE_LAB": lab.name,
               "LD_PRELOAD": str(labtool.BUILD / "lib" / "libxensim.so")}
        mine, its = os.pipe()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL",
             str(labtool.BUILD / "bin" / "xenplane-traffic"), "--vif", "0",
             "--ready-fd", str(its), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=env,
            pass_fds=(its,))
        os.close(its)
        self.ready_fd = mine

    def wait_ready(self):
        ready, _, _ = select.select([self.ready_fd], [], [], READY_SECONDS)
        if not ready or os.read(self.ready_fd, 1) == b"":
            raise Failed("xenplane-traffic did not connect")

    def result(self):
        try:
            out, _ = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired as late:
            raise Failed("xenplane-traffic does not end") from late
        if self.process.returncode != 0:
            raise Failed("xenplane-traffic: exit status "
                         f"{self.process.returncode}")
        return json.loads(out)

    def close(self):
        os.close(self.ready_fd)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def switch_knows(lab, mac):
    stations = lab.json("bridge", "fdb", "xenbr0")["fdb"]
    return any(one["mac"] == mac and one["switch"] for one in stations)


def transfer(lab, *options):
    """One run; (sender's result, sink's result). The sink says where it is
    first: frames to an unknown station are flooded, which is another way."""
    with contextlib.ExitStack() as stack:
        sink = Front(lab, SINK, "--mode", "sink", "--announce", "--seconds",
                     "120", "--idle-ms", "150",
                     *(word for word in options if word == "--verify"))
        stack.callback(sink.close)
        sink.wait_ready()
        wait_until("the switch knows the sink",
                   lambda: switch_knows(lab, mac_of(SINK)))
        sender = Front(lab, SENDER, "--mode", "send", "--dst", mac_of(SINK),
                       *options)
        stack.callback(sender.close)
        sender.wait_ready()
        return sender.result(), sink.result()


def copies(lab):
    netback = lab.json("status")["netback"]
    return netback["copy_calls"], netback["copy_segments"]


def check(sent, seen):
    for name in ZERO:
        for result in (sent, seen):
            if result[name] != 0:
                raise Failed(f"{result['mode']}: {result[name]} {name}")


def counters(lab, domid):
    return lab.json("vif", "show", vif_name(domid))


def intact(lab, load):
    """As many frames as the rings hold: not one may be lost or changed."""
    _, options, _, count = load
    sent, seen = transfer(lab, "--verify", "--count", str(count), *options)
    check(sent, seen)
    if seen["unique"] != count:
        raise Failed(f"{seen['unique']} of {count} frames arrived")
    return {"lost": count - seen["unique"]}


def sample(lab, load, until):
    """One run at full speed, faster than a sink on two cores with three
    busy programs may be: what found no room is counted, and nothing else
    may be missing."""
    _, options, size, _ = load
    before = copies(lab)
    sent, seen = transfer(lab, *until, *options)
    after = copies(lab)
    check(sent, seen)
    sender, sink = counters(lab, SENDER), counters(lab, SINK)
    frames, arrived = sent["frames"], seen["unique"]
    dropped = sum(sender["drops"].values()) + sum(sink["drops"].values())
    if frames - arrived > dropped:
        raise Failed(f"{frames} sent, {arrived} arrived, but only {dropped} "
                     "dropped under a name")
    seconds = sent["ns"] / 1e9
    return {
        "Mframes/s": arrived / seconds / 1e6,
        "Gbit/s": arrived * size * 8 / seconds / 1e9,
        "% no room at the sink": 100 * (frames - arrived) / frames,
        "% to the twin": 100 * sender["twin_tx_frames"] / frames,
        "copy calls/frame": (after[0] - before[0]) / frames,
        "copy segments/frame": (after[1] - before[1]) / frames,
        "notifications/frame":
            (sender["notify_sent"] + sink["notify_sent"]) / frames,
    }


def measure(book, lab, plan):
    for domid in (SENDER, SINK):
        plug(lab, domid)
    for load in LOADS:
        book.take(f"ring {load[0]}, as the rings hold", 0,
                  lambda load=load: intact(lab, load), two_cores=False)
    for turn in range(plan.turns):
        for load in LOADS:
            book.take(f"ring {load[0]}", turn,
                      lambda load=load: sample(lab, load, plan.until))
