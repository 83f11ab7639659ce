# SPDX-License-Identifier: GPL-2.0-or-later
"""A Xen host on which xenplane is installed and systemd is the first process:
namespaces of its own, over this machine's file system. The hypervisor is
simulated, the store is Debian's, and of its units those alone are there that
hosts have and this one's part needs."""
import contextlib
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("XENPLANE_BUILD", ROOT / "build"))
XENSTORED = "/usr/lib/xen-4.17/bin/xenstored"
LIMIT = 60  # seconds that anything awaited may take
UNITS = pathlib.Path("/etc/systemd/system")
# Of what this machine's own start wants.
KEPT = {"systemd-journald.service", "systemd-journald.socket",
        "systemd-journald-dev-log.socket"}
ENV = {
    "XENSIM_BROKER": "/run/xensim.sock",
    "XENSTORED_RUNDIR": "/run/xenstored",
    "XENSTORED_ROOTDIR": "/run/xenstored",
    **{name: os.environ[name] for name in os.environ
       if name.endswith("SAN_OPTIONS")},
}


def cgroup2():
    """Where this machine's one is mounted, or None."""
    for line in pathlib.Path("/proc/mounts").read_text("ascii").splitlines():
        _, where, kind, *_ = line.split()
        if kind == "cgroup2" and os.access(where, os.W_OK):
            return pathlib.Path(where)
    return None


def missing():
    """Why there can be no such host here, or None."""
    if os.geteuid() != 0:
        return "namespaces need root"
    if not pathlib.Path("/lib/systemd/systemd").exists():
        return "systemd is not installed"
    if not cgroup2():
        return "no cgroup2 that can be written"
    probe = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--cgroup", "sh", "-ec",
         "mount -t tmpfs none /mnt; mkdir /mnt/o /mnt/w /mnt/r; mount -t "
         "overlay -o lowerdir=/,upperdir=/mnt/o,workdir=/mnt/w none /mnt/r; "
         "mount -t cgroup2 none /mnt/o"], capture_output=True, text=True,
        check=False)
    return probe.stderr.strip() or None


def lines(**keys):
    """A unit's section. A key may have several values."""
    return "".join(
        f"{key}={value}\n" for key, values in keys.items()
        for value in (values if isinstance(values, list) else [values]))


def environment(domid=None):
    env = dict(ENV)
    if domid is not None:
        env |= {"XENSIM_DOMID": domid,
                "LD_PRELOAD": "/usr/libexec/xenplane/lib/libxensim.so"}
    return [f"\"{name}={value}\"" for name, value in env.items()]


class Host:
    """Use as a context manager. files: path -> text, beside the installed
    ones; wants: more units to start."""

    def __init__(self, files, wants=()):
        self.stack = contextlib.ExitStack()
        self.files = files
        self.wants = wants
        self.said = []
        self.process = None
        self.pid = None

    def __enter__(self):
        with self.stack:
            added = pathlib.Path(self.stack.enter_context(
                tempfile.TemporaryDirectory(prefix="xp-host-")))
            self.install(added)
            self.boot(added)
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def install(self, added):
        subprocess.run(
            [os.environ.get("CMAKE", "cmake"), "--install", BUILD], check=True,
            env={**os.environ, "DESTDIR": str(added)}, capture_output=True)
        units = added / UNITS.relative_to("/")
        units.mkdir(parents=True)
        for name in self.not_wanted():
            (units / name).symlink_to("/dev/null")
        for path, text in {**self.base(), **self.files}.items():
            file = added / str(path).lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "ascii")
        # As an administrator does it.
        subprocess.run(
            ["systemctl", f"--root={added}", "enable", "xenplaned.service",
             "xenplane-network.service"], check=True, capture_output=True)

    def not_wanted(self):
        names = {unit.name
                 for folder in ("/lib/systemd/system", UNITS)
                 for unit in pathlib.Path(folder).glob("*.wants/*")}
        return sorted(names - KEPT - set(self.wants))

    def base(self):
        service = {"Environment": environment(0)}
        return {
            UNITS / "default.target": "[Unit]\n" + lines(
                Requires="multi-user.target", Wants=["xendomains.service",
                                                    *self.wants]),
            UNITS / "xensim.service": "[Service]\n" + lines(
                ExecStart="/usr/bin/xensim-broker /run/xensim.sock",
                ExecStartPost="/bin/sh -c 'until [ -S /run/xensim.sock ]; do "
                              "sleep 0.02; done'"),
            UNITS / "xenstored.service":
                "[Unit]\n" + lines(Requires="xensim.service",
                                   After="xensim.service") +
                "[Service]\n" + lines(
                    **service, RuntimeDirectory="xenstored",
                    ExecStart=f"{XENSTORED} -N --no-recovery",
                    ExecStartPost="/bin/sh -c 'until xenstore-write domid 0; "
                                  "do sleep 0.02; done'"),
            UNITS / "xenplaned.service.d/host.conf":
                "[Unit]\n" + lines(Requires="xenstored.service") +
                "[Service]\n" + lines(**service),
        }

    def boot(self, added):
        group = cgroup2() / f"xp-host-{os.getpid()}"
        group.mkdir()
        self.stack.callback(remove_group, group)
        ours, console = pty.openpty()
        self.stack.callback(os.close, console)
        self.listen(ours)

        def join():
            (group / "cgroup.procs").write_text("0", "ascii")
        self.process = subprocess.Popen(  # pylint: disable=W1509
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
             "--uts", "--ipc", "--cgroup", HERE / "host.sh", added,
             os.ttyname(console)], stdin=subprocess.DEVNULL, preexec_fn=join)
        self.stack.callback(self.end)
        self.pid = wait_until("its first process", self.first)
        wait_until("its start", lambda: self.run(
            "systemctl", "is-system-running", "--wait",
            check=False).stdout.strip() in ("running", "degraded"))

    def listen(self, console):
        def read():
            with contextlib.suppress(OSError), \
                    os.fdopen(console, "rb", closefd=True) as file:
                for line in file:
                    self.said.append(line.decode(errors="replace"))
        threading.Thread(target=read, daemon=True).start()

    def first(self):
        """Once it is systemd."""
        if self.process.poll() is not None:
            raise AssertionError("".join(self.said) or "no host")
        task = pathlib.Path(f"/proc/{self.process.pid}/task",
                            str(self.process.pid), "children")
        children = task.read_text("ascii").split()
        if not children or pathlib.Path(
                f"/proc/{children[0]}/comm").read_text() != "systemd\n":
            return None
        return int(children[0])

    def end(self):
        self.process.kill()  # and with it, the kernel ends all the others
        self.process.wait()

    def words(self, *argv):
        return ["nsenter", "-t", str(self.pid), "-m", "-n", "-p", "-u", "-i",
                "--", "env", *(f"{k}={v}" for k, v in ENV.items()),
                *map(str, argv)]

    def run(self, *argv, check=True):
        done = subprocess.run(self.words(*argv), capture_output=True,
                              text=True, check=False, timeout=LIMIT,
                              stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError(f"{argv}: {done.stdout}{done.stderr}"
                                 f"{self.journal()}")
        return done

    def journal(self):
        """Of all units, and what systemd says."""
        told = subprocess.run(
            self.words("journalctl", "--no-pager", "-n", "60"),
            capture_output=True, text=True, check=False).stdout
        return told + "".join(self.said[-60:])

    def shows(self, unit, key):
        return self.run("systemctl", "show", "-P", key, unit).stdout.strip()

    def wait_shows(self, unit, key, value):
        wait_until(f"{unit}: {key}={value}",
                   lambda: self.shows(unit, key) == value, self.journal)


def remove_group(group):
    """Those in it have ended, which the kernel may still be told."""
    for folder, _, _ in os.walk(group, topdown=False):
        wait_until(f"{folder} to be empty", lambda: removed(folder))


def removed(folder):
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True


def wait_until(what, condition, explain=lambda: ""):
    until = time.monotonic() + LIMIT
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{LIMIT} s without: {what}\n{explain()}")
        time.sleep(0.02)


def leave_if_missing():
    reason = missing()
    if reason or not shutil.which("ping"):
        print(f"skipped: {reason or 'no ping'}")
        sys.exit(77)
