# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hotplug event costs: our vif-bridge and Debian's beside it, online
and offline in turn for a device of the same plane, as libxl would run them."""
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import labtool  # noqa: E402

DOMID = 32002  # no guest of a lab gets it
OURS, STOCK = "scripts: vif-bridge", "scripts: stock vif-bridge"
SCRIPTS = {OURS: str(labtool.BUILD / "scripts" / "vif-bridge"),
           STOCK: "/etc/xen/scripts/vif-bridge"}
OURS_AT_ONCE = "scripts: vifs at once"
STOCK_AT_ONCE = "scripts: vifs at once, stock"
EVENTS = 1000  # of each script, in a row
EVENTS_QUICK = 6
VIFS = 100  # that come up together
CPU, WALL, STARTS = "ms CPU/event", "ms/event", "processes/event"
ALL, ALL_CPU = "ms until all are connected", "ms CPU of all"


def device(devid):
    return f"vif{DOMID}.{devid}"


def back(devid):
    return f"/local/domain/0/backend/vif/{DOMID}/{devid}"


def front(devid):
    return f"/local/domain/{DOMID}/device/vif/{devid}"


def environment(lab, devid=0):
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C",
            "XENSTORED_PATH": f"/run/xenplane/lab/{lab}/xenstored/socket",
            "XENBUS_TYPE": "vif", "XENBUS_BASE_PATH": "backend",
            "XENBUS_PATH": f"backend/vif/{DOMID}/{devid}",
            "vif": device(devid),
            "script": SCRIPTS[STOCK], "netdev": "",
            # In a sanitizer's build: it cannot, under strace.
            "ASAN_OPTIONS": "detect_leaks=0"}


def event(script, number):
    """argv of one."""
    return [script, ("online", "offline")[number % 2], "type_if=vif"]


def begin(lab, script, number, devid=0):
    """As libxl starts one; its process's number."""
    with open(os.devnull, "rb") as null:
        return os.posix_spawn(
            script, event(script, number), environment(lab, devid),
            file_actions=[(os.POSIX_SPAWN_DUP2, null.fileno(), 0)])


def finish(script, pid):
    """ms of CPU, with what it waited for: its descendants."""
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{script}: status {status}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def run_events(lab, script, count):
    """Runs them where this process is; per event [ms of CPU, ms]."""
    costs = []
    for number in range(count):
        began = labtool.time.monotonic()
        cpu = finish(script, begin(lab, script, number))
        costs.append([cpu, (labtool.time.monotonic() - began) * 1000])
    return costs


def run_at_once(lab, script, count):
    """All vifs come up together, as behind a reboot, and go one by one; [ms of
    CPU, ms] of all that came."""
    began = labtool.time.monotonic()
    pids = [begin(lab, script, 0, devid) for devid in range(count)]
    cpu = sum(finish(script, pid) for pid in pids)
    took = (labtool.time.monotonic() - began) * 1000
    for devid in range(count):
        finish(script, begin(lab, script, 1, devid))
    return [[cpu, took]]


def run_inside(lab, what, script, count):
    return json.loads(lab.inside("dom0", sys.executable, __file__, lab.name,
                                 what, script, str(count), timeout=1800))


def percentile(values, percent):
    """The value that so many do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def sample(lab, script, count):
    costs = run_inside(lab, "row", script, count)
    cpu, wall = [cost for cost, _ in costs], [wall for _, wall in costs]
    return {CPU: statistics.mean(cpu), f"{CPU} p99": percentile(cpu, 99),
            "ms CPU/event at most": max(cpu), WALL: statistics.mean(wall),
            f"{WALL} p99": percentile(wall, 99), "events": count}


def sample_at_once(lab, script, count):
    (cpu, took), = run_inside(lab, "once", script, count)
    for devid in range(count):
        status = labtool.run(["xenstore-read",
                              f"{back(devid)}/hotplug-status"],
                             env=environment(lab.name))[1].strip()
        if status != "connected":
            raise labtool.Failed(f"{device(devid)}: {status}")
        labtool.run(["xenstore-rm", f"{back(devid)}/hotplug-status"],
                    env=environment(lab.name))
    return {ALL: took, ALL_CPU: cpu, "vifs": count}


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


def prepare(lab, count):
    """Vifs' folders, as the toolstack makes them; and the plane's devices."""
    keys = {}
    for devid in range(count):
        keys |= {
            f"{front(devid)}/state": "1", f"{front(devid)}/backend-id": "0",
            f"{front(devid)}/backend": back(devid),
            f"{back(devid)}/frontend": front(devid),
            f"{back(devid)}/frontend-id": str(DOMID),
            f"{back(devid)}/handle": str(devid), f"{back(devid)}/online": "1",
            f"{back(devid)}/mac": f"00:16:3e:00:99:{devid:02x}",
            f"{back(devid)}/type": "vif", f"{back(devid)}/bridge": "xenbr0",
            f"{back(devid)}/hotplug-status": "", f"{back(devid)}/state": "1"}
    labtool.run(["xenstore-write",
                 *[word for pair in keys.items() for word in pair]],
                env=environment(lab.name))
    wanted = {device(devid) for devid in range(count)}
    for _ in range(1500):
        links = json.loads(lab.inside("dom0", "ip", "-j", "link"))
        if wanted <= {link.get("ifname") for link in links}:
            return
        labtool.time.sleep(0.02)
    raise labtool.Failed(f"not all of {device(0)} to {device(count - 1)}")


def measure(book, lab, plan):
    # An online and an offline are a pair; none is left over.
    events, vifs = (EVENTS, VIFS) if plan.seconds else (EVENTS_QUICK, 6)
    prepare(lab, vifs)
    for row, script in SCRIPTS.items():
        book.take(row, 0, lambda s=script: sample(lab, s, events),
                  two_cores=False)
    if shutil.which("strace"):
        for row, script in SCRIPTS.items():
            book.take(row, 0, lambda s=script: count_starts(lab, s),
                      two_cores=False)
    for turn in range(plan.turns):
        for row, script in ((OURS_AT_ONCE, SCRIPTS[OURS]),
                            (STOCK_AT_ONCE, SCRIPTS[STOCK])):
            book.take(row, turn, lambda s=script: sample_at_once(
                lab, s, vifs), two_cores=False)
    for figure in (CPU, f"{CPU} p99", WALL, f"{WALL} p99", STARTS):
        book.ratio(OURS, STOCK, figure)
    for figure in (ALL, ALL_CPU):
        book.ratio(OURS_AT_ONCE, STOCK_AT_ONCE, figure)
    labtool.run(["xenstore-rm", *[path for devid in range(vifs)
                                  for path in (back(devid), front(devid))]],
                env=environment(lab.name))


if __name__ == "__main__":
    RUN = {"row": run_events, "once": run_at_once}[sys.argv[2]]
    print(json.dumps(RUN(sys.argv[1], sys.argv[3], int(sys.argv[4]))))
