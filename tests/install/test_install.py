#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An installed tree: what is in it, that no package's file is, that systemd
takes the units, and that its programs work where they lie."""
import configparser
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("XENPLANE_BUILD", ROOT / "build"))
sys.path.insert(0, str(ROOT / "tests/lab"))
import labtool  # noqa: E402

FILES = """\
/usr/bin/xenplane
/usr/bin/xenplane-guest
/usr/bin/xenplane-hostile
/usr/bin/xenplane-traffic
/usr/bin/xensim-broker
/usr/bin/xensim-fault
/usr/lib/NetworkManager/conf.d/xenplane.conf
/usr/lib/systemd/network/05-xenplane.network
/usr/lib/systemd/system/xenplane-network.service
/usr/lib/systemd/system/xenplaned.service
/usr/libexec/xenplane/bin/xenplane
/usr/libexec/xenplane/bin/xenplane-guest
/usr/libexec/xenplane/bin/xenplane-hostile
/usr/libexec/xenplane/bin/xenplane-netback
/usr/libexec/xenplane/bin/xenplane-traffic
/usr/libexec/xenplane/bin/xenplaned
/usr/libexec/xenplane/bin/xensim-broker
/usr/libexec/xenplane/bin/xensim-fault
/usr/libexec/xenplane/brctl
/usr/libexec/xenplane/ifupdown-ng/bridge
/usr/libexec/xenplane/ifupdown/bridge
/usr/libexec/xenplane/lib/libxensim.so
/usr/libexec/xenplane/network-bridge
/usr/libexec/xenplane/network-nat
/usr/libexec/xenplane/network-route
/usr/libexec/xenplane/vif-bridge
/usr/libexec/xenplane/vif-hotplug
/usr/libexec/xenplane/vif-nat
/usr/libexec/xenplane/vif-route
/usr/libexec/xenplane/vif-setup
/usr/sbin/xenplane-netback
/usr/sbin/xenplaned
/usr/share/doc/xenplane/examples/xenplane.conf
""".split() + [f"/usr/share/man/man{page.name[-1]}/{page.name}"
               for page in (ROOT / "docs/man").iterdir()]


def run(*words, env=None, check=True):
    return subprocess.run([str(word) for word in words], env=env,
                          capture_output=True, text=True, check=check,
                          timeout=120)


def owners(paths):
    """The packages' files among them, by dpkg's word."""
    done = run("dpkg-query", "-S", *paths, check=False)
    return done.stdout.splitlines()


class StartedBy(labtool.Lab):
    """A lab whose processes are started by another program."""

    def __init__(self, program, script):
        super().__init__("installed", script=script)
        self.program = program

    def __enter__(self):
        before, labtool.XENPLANE = labtool.XENPLANE, self.program
        try:
            return super().__enter__()
        finally:
            labtool.XENPLANE = before


class Tree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="xp-install-")))
        run(os.environ.get("CMAKE", "cmake"), "--install", BUILD,
            env={**os.environ, "DESTDIR": str(cls.root)})

    def path(self, name):
        return self.root / name.lstrip("/")

    def test_what_is_installed_is_what_is_said(self):
        there = sorted("/" + path.relative_to(self.root).as_posix()
                       for path in self.root.rglob("*")
                       if path.is_symlink() or not path.is_dir())
        self.assertEqual(there, sorted(FILES))

    def test_every_name_leads_to_a_file_of_ours(self):
        for name in FILES:
            with self.subTest(name):
                path = self.path(name)
                self.assertTrue(path.resolve().is_file())
                self.assertTrue(path.resolve().is_relative_to(
                    self.root.resolve()))
                is_program = "bin/" in name or (
                    "/libexec/" in name and "/lib/" not in name)
                self.assertEqual(os.access(path, os.X_OK), is_program)
                self.assertEqual(path.resolve().stat().st_mode & 0o022, 0)

    def test_no_file_of_a_package_is_written_over(self):
        self.assertEqual(owners(FILES), [])
        self.assertNotEqual(owners(["/usr/bin/python3", "/bin/sh"]), [])
        for name in FILES:
            self.assertFalse(name.startswith("/etc/xen/scripts"))

    def units(self):
        """The units with the tree's own paths in them, in a folder."""
        folder = self.root / "units"
        folder.mkdir(exist_ok=True)
        self.addCleanup(shutil.rmtree, folder)
        for unit in self.path("/usr/lib/systemd/system").iterdir():
            text = unit.read_text(encoding="ascii")
            self.assertIn("=/usr/", text)
            (folder / unit.name).write_text(
                text.replace("=/usr/", f"={self.root}/usr/"), "ascii")
        return folder

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd")
    def test_systemd_takes_the_units(self):
        folder = self.units()
        names = sorted(folder.iterdir())
        done = run("systemd-analyze", "verify", "--man=no", *names,
                   check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with names[-1].open("a", encoding="ascii") as unit:
            unit.write("\n[Service]\nWatchdogSec=soon\nExecStart=/no/such\n")
        done = run("systemd-analyze", "verify", "--man=no", names[-1],
                   check=False)
        self.assertIn("Failed to parse sec value", done.stderr)

    def test_bridges_are_there_before_guests(self):
        before, after = {}, {}
        for unit in self.path("/usr/lib/systemd/system").iterdir():
            parser = configparser.ConfigParser(strict=False)
            parser.optionxform = str
            parser.read(unit)
            before[unit.name] = parser["Unit"].get("Before", "").split()
            after[unit.name] = parser["Unit"].get("After", "").split()
        self.assertEqual(set(before), {"xenplaned.service",
                                       "xenplane-network.service"})
        for name in before:
            self.assertIn("xendomains.service", before[name])
        self.assertIn("xenplane-network.service", after["xenplaned.service"])
        self.assertIn("xenstored.service", after["xenplaned.service"])
        self.assertNotIn("xenplaned.service",
                         after["xenplane-network.service"])

    def test_the_example_is_right(self):
        example = self.path("/usr/share/doc/xenplane/examples/xenplane.conf")
        done = run(self.path("/usr/bin/xenplane"), "check", "-f", example)
        self.assertIn("right: bridges: 1, vifs: 2", done.stdout)

    def test_programs_answer_where_they_lie(self):
        for name in ("/usr/sbin/xenplaned", "/usr/bin/xenplane-guest",
                     "/usr/libexec/xenplane/vif-bridge"):
            with self.subTest(name):
                done = run(self.path(name), "--help", check=False)
                self.assertIn("sage", done.stdout + done.stderr)

    def rights(self):
        """The unit's capabilities, as setpriv has them."""
        parser = configparser.ConfigParser(strict=False)
        parser.read(self.path("/usr/lib/systemd/system/xenplaned.service"))
        names = parser["Service"]["CapabilityBoundingSet"].split()
        return ",".join(["-all"] + ["+" + name.lower().removeprefix("cap_")
                                    for name in names])

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_lab_runs_from_it_with_the_units_rights(self):
        before, labtool.XENPLANE = labtool.XENPLANE, str(
            self.path("/usr/bin/xenplane"))
        self.addCleanup(setattr, labtool, "XENPLANE", before)
        starter = pathlib.Path(self.enterContext(
            tempfile.TemporaryDirectory(prefix="xp-install-")), "start")
        # As ProtectSystem=strict has it, but for the scripts' log and lock:
        # in a lab they run in there as well.
        starter.write_text(f"""#!/bin/sh
if [ "$STARTED" != yes ]; then
    STARTED=yes exec unshare --mount "$0" "$@"
fi
mount --bind /run /run
mount --bind /var/log /var/log
mount -o remount,bind,ro /
exec setpriv --bounding-set={self.rights()} --no-new-privs \
    {labtool.XENPLANE} "$@"
""", "ascii")
        starter.chmod(0o755)
        script = self.path("/usr/libexec/xenplane/vif-bridge")
        with StartedBy(str(starter), script) as lab:
            for number in (1, 2):
                lab.create(f"g{number}", f"mac=00:16:3e:00:00:0{number},"
                           f"bridge=xenbr0,ip=10.77.0.{number + 10}")
            pid = lab.json("status")["pid"]
            self.assertEqual(
                os.readlink(f"/proc/{pid}/exe"),
                str(self.root / "usr/libexec/xenplane/bin/xenplaned"))
            status = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
            self.assertIn("NoNewPrivs:\t1", status)
            mounts = pathlib.Path(f"/proc/{pid}/mountinfo").read_text("ascii")
            self.assertRegex(mounts, r"(?m)^\d+ \d+ \S+ \S+ / ro,")
            bound = int(status.split("CapBnd:\t")[1].split()[0], 16)
            self.assertNotEqual(bound & 1 << 12, 0)  # net_admin
            self.assertEqual(bound & 1 << 16, 0)  # sys_module
            answered, _ = labtool.ping(lab, "g1", "10.77.0.12")
            self.assertEqual(answered, 10)
            path = {vif["path"] for vif in lab.json("vif", "list")["vifs"]}
            self.assertEqual(path, {"fast"})
            self.serves_names(lab, pid)

    def serves_names(self, lab, pid):
        """A child with rights of its own starts with those, too."""
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        conf = pathlib.Path(words[words.index(b"--config") + 1].decode())
        conf.write_text("[bridge xenbr0]\naddress = 10.77.0.1/24\n"
                        "dhcp = on\n", "ascii")
        os.kill(pid, signal.SIGHUP)
        deadline = time.monotonic() + 20
        while lab.inside("g1", "dig", "+time=1", "+tries=1", "@10.77.0.1",
                         "g1", check=False)[0]:
            self.assertLess(time.monotonic(), deadline,
                            lab.json("leases")["servers"])


if __name__ == "__main__":
    unittest.main()
