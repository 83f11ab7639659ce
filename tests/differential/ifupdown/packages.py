# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's two kinds of ifupdown, and a DHCP client and server. They exclude
each other and would take hold of the machine: they are unpacked into the build
folder, and run from there."""
import fcntl
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lab"))
from labtool import BUILD  # noqa: E402

NAMES = ("ifupdown", "ifupdown-ng", "busybox", "libbsd0", "libmd0")
FOLDER = BUILD / "ifupdown-packages"
CLASSIC = FOLDER / "ifupdown"
NG = FOLDER / "ifupdown-ng"
BUSYBOX = FOLDER / "busybox/bin/busybox"
LIBRARIES = ":".join(str(FOLDER / name / "usr/lib/x86_64-linux-gnu")
                     for name in ("libbsd0", "libmd0"))
STOCK_HOOK = "/lib/bridge-utils/ifupdown.sh"
OUR_HOOK = str(BUILD / "scripts/ifupdown/bridge")
OUR_EXECUTOR = str(BUILD / "scripts/ifupdown-ng/bridge")
APT = ("apt-get", "-q", "-o", "APT::Sandbox::User=root")


def quiet(argv, folder):
    return subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, check=False).returncode == 0


def unpack(name):
    work = FOLDER / f"{name}.new"
    subprocess.run(["rm", "-rf", work], check=True)
    work.mkdir()
    if not (quiet([*APT, "download", name], work) or
            quiet([*APT, "update"], work) and
            quiet([*APT, "download", name], work)):
        return False
    deb = next(work.glob("*.deb"))
    if not quiet(["dpkg-deb", "-x", deb, "."], work):
        return False
    deb.unlink()
    work.rename(FOLDER / name)
    return True


def missing():
    """Why these tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "namespaces need root"
    if not os.access(STOCK_HOOK, os.X_OK):
        return "bridge-utils is not installed"
    FOLDER.mkdir(exist_ok=True)
    with open(FOLDER / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in NAMES:
            if not (FOLDER / name).is_dir() and not unpack(name):
                return f"package {name} cannot be had"
    return None
