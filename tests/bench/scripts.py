# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hotplug event costs: our vif-bridge and Debian's beside it, online
and offline in turn for a device of the same plane, as libxl would run them."""
import json
import math
import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import labtool  # noqa: E402

DOMID = 32002  # no guest of a lab gets it
DEVICE = f"vif{DOMID}.0"
BACK = f"/local/domain/0/backend/vif/{DOMID}/0"
FRONT = f"/local/domain/{DOMID}/device/vif/0"
OURS, STOCK = "scripts: vif-bridge", "scripts: stock vif-bridge"
SCRIPTS = {OURS: str(labtool.BUILD / "scripts" / "vif-bridge"),
           STOCK: "/etc/xen/scripts/vif-bridge"}
EVENTS = 200  # of each script, over all samples
EVENTS_QUICK = 6
CPU, WALL, STARTS = "ms CPU/event", "ms/event", "processes/event"


def environment(lab):
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C",
            "XENSTORED_PATH": f"/run/xenplane/lab/{lab}/xenstored/socket",
            "XENBUS_TYPE": "vif", "XENBUS_BASE_PATH": "backend",
            "XENBUS_PATH": f"backend/vif/{DOMID}/0", "vif": DEVICE,
            "script": SCRIPTS[STOCK], "netdev": "",
            # In a sanitizer's build: it cannot, under strace.
            "ASAN_OPTIONS": "detect_leaks=0"}


def event(script, number):
    """argv of one."""
    return [script, ("online", "offline")[number % 2], "type_if=vif"]


def run_events(lab, script, count):
    """Runs them where this process is; per event [ms of CPU, ms]."""
    env, null = environment(lab), os.open(os.devnull, os.O_RDONLY)
    costs = []
    for number in range(count):
        begin = labtool.time.monotonic()
        pid = os.posix_spawn(script, event(script, number), env, file_actions=[
            (os.POSIX_SPAWN_DUP2, null, 0)])
        # With what it waited for: its descendants.
        _, status, usage = os.wait4(pid, 0)
        if status:
            raise SystemExit(f"{script}: status {status}")
        costs.append([(usage.ru_utime + usage.ru_stime) * 1000,
                      (labtool.time.monotonic() - begin) * 1000])
    return costs


def sample(lab, script, count):
    out = lab.inside("dom0", sys.executable, __file__, lab.name, script,
                     str(count), timeout=600)
    costs = json.loads(out)
    cpu = sorted(cost for cost, _ in costs)
    return {CPU: sum(cpu) / count,
            "ms CPU/event at most": cpu[-1],
            WALL: sum(wall for _, wall in costs) / count}


def count_starts(lab, script):
    """Processes of an online and an offline, each with the script's own."""
    counted = 0
    env = [f"{key}={value}" for key, value in environment(lab.name).items()]
    for number in range(2):
        _, _, trace = lab.inside(
            "dom0", "env", "-i", *env, "strace", "-f", "-qq", "-e",
            "trace=clone,clone3,fork,vfork", "-e", "signal=none",
            *event(script, number), check=False)
        # Threads are no processes; a call that is resumed is one call.
        counted += 1 + len(re.findall(
            r"(?m)(?:clone3?|v?fork)\((?!.*CLONE_THREAD).*= \d+$|"
            r"<\.\.\. (?:clone3?|v?fork) resumed>.*= \d+$", trace))
    return {STARTS: counted / 2}


def prepare(lab):
    """A vif's folders, as the toolstack makes them; and the plane's device."""
    keys = {f"{FRONT}/state": "1", f"{FRONT}/backend": BACK,
            f"{FRONT}/backend-id": "0",
            f"{BACK}/frontend": FRONT, f"{BACK}/frontend-id": str(DOMID),
            f"{BACK}/handle": "0", f"{BACK}/online": "1",
            f"{BACK}/mac": "00:16:3e:00:00:99", f"{BACK}/type": "vif",
            f"{BACK}/bridge": "xenbr0", f"{BACK}/hotplug-status": "",
            f"{BACK}/state": "1"}
    labtool.run(["xenstore-write",
                 *[word for pair in keys.items() for word in pair]],
                env=environment(lab.name))
    for _ in range(500):
        if lab.inside("dom0", "ip", "link", "show", DEVICE,
                      check=False)[0] == 0:
            return
        labtool.time.sleep(0.02)
    raise labtool.Failed(f"no {DEVICE}")


def measure(book, lab, plan):
    prepare(lab)
    # An online and an offline are a pair; none is left over.
    count = EVENTS_QUICK
    if plan.seconds:
        count = 2 * math.ceil(EVENTS / 2 / plan.turns)
    for turn in range(plan.turns):
        for row, script in SCRIPTS.items():
            book.take(row, turn, lambda s=script: sample(lab, s, count),
                      two_cores=False)
    if shutil.which("strace"):
        for row, script in SCRIPTS.items():
            book.take(row, 0, lambda s=script: count_starts(lab, s),
                      two_cores=False)
    for figure in (CPU, WALL, STARTS):
        book.ratio(OURS, STOCK, figure)
    for path in (BACK, FRONT):
        labtool.run(["xenstore-rm", path], env=environment(lab.name))


if __name__ == "__main__":
    print(json.dumps(run_events(sys.argv[1], sys.argv[2],
                                int(sys.argv[3]))))
