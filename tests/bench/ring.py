# SPDX-License-Identifier: GPL-2.0-or-later
"""Ring to switch to ring: a frontend without a kernel makes and takes frames
on the rings of its vifs, pairs of them, on the one core; the data process
moves them on the other. Beside it other dataplanes on rings of their own
(peers.py), in turn.

The lab's own guests have kernels; so the toolstack's part is played here."""
import contextlib
import dataclasses
import json
import os
import select
import subprocess
import time

import labtool
import machine
import peers
import single
from book import CROWD
from labtool import Failed

DOMID = 32001  # no guest of a lab gets it
SCRIPT = "/etc/xen/scripts/vif-bridge"
READY_SECONDS = 25
PAGE_BYTES = 4096
OURS = "xenplane, loop"
BACKEND = "backend ns/frame"


@dataclasses.dataclass(frozen=True)
class Load:
    name: str
    frame_bytes: int
    options: tuple = ()
    ring_holds: int = 200  # frames, so that none can be lost
    pairs: int = 1
    peers: bool = False

    def words(self):
        return ("--size", str(self.frame_bytes), "--pairs", str(self.pairs),
                *self.options)


HEADER, PAYLOAD = ("--touch", "header"), ("--touch", "payload")
CHAIN = ("--gso", "1448")
LOADS = (
    Load("64 B", 64, HEADER, peers=True),
    Load("256 B", 256, HEADER, peers=True),
    Load("1500 B", 1500, HEADER, peers=True),
    Load("1500 B, payload touched", 1500, PAYLOAD),
    Load("64 KiB chains", 65000, HEADER + CHAIN, ring_holds=12),
    Load("64 KiB chains, payload touched", 65000, PAYLOAD + CHAIN,
         ring_holds=12),
)
# The same frames between more ports, and on more queues.
MANY = (
    Load("64 B, 10 ports", 64, HEADER, pairs=5),
    Load("64 B, 30 ports", 64, HEADER, pairs=15),
    Load("64 B, 4 queues", 64,
         (*HEADER, "--queues", "4", "--flows", "64")),
)
# What a sound loop says.
ZERO = ("duplicates", "too_old", "corrupted", "tx_errors", "rx_errors",
        "rx_malformed", "rx_wrong_id")


def wait_until(what, condition, seconds=20):
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise Failed(f"{seconds} s without: {what}")
        time.sleep(0.01)


def vif_name(vif):
    return f"vif{DOMID}.{vif}"


def plug(lab, vif):
    """What the toolstack does for a vif: folders, then the script."""
    front = f"/local/domain/{DOMID}/device/vif/{vif}"
    back = f"/local/domain/0/backend/vif/{DOMID}/{vif}"
    mac = f"00:16:3e:00:7d:{vif:02x}"
    keys = {
        f"{back}/frontend": front, f"{back}/frontend-id": DOMID,
        f"{back}/online": 1, f"{back}/handle": vif,
        f"{back}/mac": mac, f"{back}/bridge": "xenbr0",
        f"{back}/script": SCRIPT, f"{back}/type": "vif",
        f"{back}/hotplug-status": "", f"{back}/state": 1,
        f"{front}/backend": back, f"{front}/backend-id": 0,
        f"{front}/handle": vif, f"{front}/mac": mac,
        f"{front}/state": 1,
    }
    lab.inside("dom0", "xenstore-write",
               *(str(word) for pair in keys.items() for word in pair))
    wait_until(f"{back}: state 2", lambda: lab.inside(
        "dom0", "xenstore-read", f"{back}/state").strip() == "2")
    lab.inside("dom0", "env", f"XENBUS_PATH=backend/vif/{DOMID}/{vif}",
               f"vif={vif_name(vif)}", f"netdev={vif_name(vif)}",
               f"script={SCRIPT}", SCRIPT, "online", "type_if=vif")


class Front:
    """One run of the traffic program as a domain of the lab."""

    def __init__(self, lab, *options):
        folder = lab.json("lab", "list")["store"].rsplit("/", 2)[0]
        env = {**os.environ, "XENSIM_DOMID": str(DOMID),
               "XENSIM_BROKER": f"{folder}/broker.sock",
               "XENSTORED_PATH": f"{folder}/xenstored/socket",
               "XENPLANE_LAB": lab.name,
               "LD_PRELOAD": str(labtool.BUILD / "lib" / "libxensim.so")}
        mine, its = os.pipe()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL",
             "taskset", "-c", str(machine.FRONT_CORE),
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


def netback(lab):
    """What the data process says of itself."""
    return lab.json("status")["netback"]


def run(lab, *options):
    """(the program's result, what the data process did for it, from the
    connecting on)"""
    before = netback(lab)
    watch = machine.Watch(before["pid"])
    with contextlib.ExitStack() as stack:
        front = Front(lab, *options)
        stack.callback(front.close)
        front.wait_ready()
        result = front.result()
    ran, crowd = watch.end()
    after = netback(lab)
    for name in ZERO:
        if result.get(name, 0) != 0:
            raise Failed(f"{result[name]} {name}")
    # Who does not get a core cannot answer in time.
    if result.get("unanswered", 0) and crowd <= machine.CROWDED_PERCENT:
        raise Failed(f"{result['unanswered']} slots not answered")
    return result, {"cpu_ns": ran, "crowd": crowd,
                    **{name: after[name] - before[name] for name in
                       ("copy_calls", "copy_segments", "wakeups")}}


def loop(lab, *options):
    """Two cores are both kept busy; of one the other side must get its
    share."""
    spin = ("--spin",) if len(machine.CORES) > 1 else ()
    return run(lab, "--mode", "loop", *spin, *options)


def counters(lab, load):
    return [lab.json("vif", "show", vif_name(vif))
            for vif in range(2 * load.pairs)]


def intact(lab, load):
    """As many frames as the rings hold: not one may be lost or changed."""
    count = load.ring_holds * load.pairs
    result, _ = loop(lab, "--verify", "--count", str(count), *load.words())
    if result["arrived"] != count or result["unique"] != count:
        raise Failed(f"{result['arrived']} of {count} frames arrived, "
                     f"{result['unique']} of them once")
    return {"lost": count - result["unique"]}


def simulated(load, done, frames, copy_ns):
    """The share of the simulated hypervisor in the backend's time, if its
    copy call costs here what it costs by itself: a segment for each page of a
    frame, and small ones for what there is beside (heads)."""
    pages = -(-load.frame_bytes // PAGE_BYTES)
    small = max(done["copy_segments"] / frames - pages, 0)
    spent = pages * copy_ns[min(load.frame_bytes, PAGE_BYTES)] + \
        small * copy_ns[64]
    return 100 * spent * frames / done["cpu_ns"]


def sample(lab, load, until, copy_ns):
    """One run at full speed. The loop has no more frames under way than its
    rings hold, so nothing has to be dropped; what was is counted, and nothing
    else may be missing."""
    result, done = loop(lab, *until, *load.words())
    seen = counters(lab, load)
    frames, arrived = result["frames"], result["arrived"]
    dropped = sum(sum(one["drops"].values()) for one in seen)
    # Frames that were given up may have come late.
    if frames - arrived > dropped:
        raise Failed(f"{frames} sent, {arrived} arrived, but only {dropped} "
                     "dropped under a name")
    seconds = result["ns"] / 1e9
    return {
        "Mframes/s": arrived / seconds / 1e6,
        "Gbit/s": arrived * load.frame_bytes * 8 / seconds / 1e9,
        BACKEND: done["cpu_ns"] / frames,
        "% of that the simulation": simulated(load, done, frames, copy_ns),
        CROWD: done["crowd"],
        "% lost": 100 * (frames - arrived) / frames,
        "% to the twin":
            100 * sum(one["twin_tx_frames"] for one in seen) / frames,
        "copy calls/frame": done["copy_calls"] / frames,
        "copy segments/frame": done["copy_segments"] / frames,
        "notifications/frame":
            sum(one["notify_sent"] for one in seen) / frames,
        "wake-ups/frame": done["wakeups"] / frames,
    }


def one_turn(book, lab, others, turn, plan):
    copy_ns = single.copy_ns()
    for load in LOADS:
        book.take(f"ring {load.name}: {OURS}", turn,
                  lambda load=load: sample(lab, load, plan.until, copy_ns))
        if not load.peers:
            continue
        for name, peer in others.ways(load.frame_bytes):
            book.take(f"ring {load.name}: {name}", turn,
                      lambda peer=peer: peer(plan.peer_seconds))
    for load in MANY:
        if load.pairs <= plan.pairs:
            book.take(f"ring {load.name}: {OURS}", turn,
                      lambda load=load: sample(lab, load, plan.until,
                                               copy_ns))


def compare(book, others):
    for load in LOADS:
        if not load.peers:
            continue
        for name, _ in others.ways(load.frame_bytes):
            for figure in ("Mframes/s", BACKEND):
                book.ratio(f"ring {load.name}: {OURS}",
                           f"ring {load.name}: {name}", figure)
    for load in MANY:
        book.ratio(f"ring {load.name}: {OURS}", f"ring 64 B: {OURS}",
                   "Mframes/s")


def measure(book, lab, plan):
    for vif in range(2 * plan.pairs):
        plug(lab, vif)
    machine.pin(netback(lab)["pid"], machine.BACKEND_CORE)
    for load in LOADS:
        book.take(f"ring {load.name}, as the rings hold", 0,
                  lambda load=load: intact(lab, load), two_cores=False)
    with peers.Peers(book, plan.peers) as others:
        for turn in range(plan.ring_turns):
            one_turn(book, lab, others, turn, plan)
        compare(book, others)
