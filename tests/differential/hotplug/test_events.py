#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands around a script: vif-setup and udev's environment, devices that
are late, hooks, logs, a store that does not answer, and what a run costs."""
import re
import subprocess
import unittest

import case
import side

BACK = "/local/domain/0/backend/vif/1/0"
BRIDGE = """ip link add xenbr0 address 00:16:3e:11:11:10 type bridge \
 forward_delay 0; ip link set xenbr0 up"""
HOOK = """#!/bin/sh
echo "$0 $* dev=$dev command=$command bridge=$bridge $domid/$devid" \
 "$XENBUS_PATH" >>/run/said
exit {}
"""


class Events(case.TwoSides):
    def setUp(self):
        super().setUp()
        self.shell(BRIDGE)
        self.do(lambda one: one.add_keys(bridge="xenbr0"))

    def add_vif(self):
        self.do(lambda one: one.add_vif("vif1.0"))

    def status(self):
        return self.key(f"{BACK}/hotplug-status")[1]

    def master(self, name="vif1.0"):
        found = re.search(r"master (\S+)",
                          self.ours.shell(f"ip link show {name}"))
        return found and found.group(1)

    def ours_call(self, name, *arguments, **env):
        return self.ours.call(name, *arguments,
                              env=self.ours.environment(**env))

    def test_vif_setup_is_the_script_that_is_named(self):
        self.add_vif()
        self.do(lambda one: one.call(
            "vif-setup", "online", "type_if=vif",
            env=one.environment(UDEV_CALL="1")))
        self.assertEqual(self.key(f"{BACK}/hotplug-status"),
                         ["connected"] * 2)
        self.assertEqual(self.master(), "xenbr0")
        self.ours_call("vif-setup", "offline", "type_if=vif", script=None)
        self.assertIsNone(self.master())

    def test_vif_setup_takes_settings_with_the_name(self):
        self.add_vif()
        self.shell("ip link add xenbr1 type bridge; ip link set xenbr1 up")
        self.do(lambda one: one.store.client("xenstore-rm",
                                             f"{BACK}/bridge"))
        self.do(lambda one: one.call(
            "vif-setup", "online", env=one.environment(
                script=f"{one.scripts}/vif-bridge bridge=xenbr1")))
        self.assertEqual(self.master(), "xenbr1")
        self.assertIn("master xenbr1",
                      self.stock.shell("ip link show vif1.0"))

    def test_vif_setup_goes_on_as_a_script_that_is_not_ours(self):
        self.ours.shell("printf '#!/bin/sh\\necho $0 $* $vif >/run/said\\n' "
                        ">/run/mine; chmod 755 /run/mine")
        status, err = self.ours_call("vif-setup", "online", "type_if=vif",
                                     script="/run/mine a=b")
        self.assertEqual(status, 0, err)
        self.assertEqual(self.ours.shell("cat /run/said"),
                         "/run/mine a=b online type_if=vif vif1.0\n")
        status, err = self.ours_call("vif-setup", "online",
                                     script="/run/nothing")
        self.assertEqual(status, 1)
        self.assertIn("No such file", err)

    def test_udev_is_told_to_keep_away(self):
        self.add_vif()
        self.ours.store.write({"/local/domain/0/libxl/disable_udev": "1"})
        self.ours_call("vif-bridge", "online", UDEV_CALL="1")
        self.assertEqual(self.status(), "")
        self.assertIsNone(self.master())
        self.ours_call("vif-bridge", "online")  # the toolstack itself
        self.assertEqual(self.status(), "connected")

    def test_udev_tells_of_a_renamed_device(self):
        self.add_vif()
        self.ours.store.write({f"{BACK}/vifname": "web0"})
        self.ours_call("vif-bridge", "online")
        self.assertEqual(self.master("web0"), "xenbr0")
        status, err = self.ours_call("vif-bridge", "offline", vif="web0",
                                     UDEV_CALL="1")
        self.assertEqual(status, 0, err)
        self.assertIsNone(self.master("vif1.0"))

    def test_a_device_that_is_late(self):
        words = self.ours.words(f"{side.OURS}/vif-bridge", "online")
        with subprocess.Popen(words, env=self.ours.environment(),
                              stderr=subprocess.PIPE, text=True) as script:
            # Its lock says that it has begun.
            while not list(self.ours.files()):
                pass
            self.assertIsNone(script.poll())
            self.ours.add_vif("vif1.0")
            _, err = script.communicate()
        self.assertEqual(script.returncode, 0, err)
        self.assertEqual(self.master(), "xenbr0")
        self.assertEqual(self.status(), "connected")

    def test_a_device_that_does_not_come(self):
        status, err = self.ours_call("vif-bridge", "online")
        self.assertEqual(status, 1)
        self.assertIn("there is no interface vif1.0 after 10000 ms", err)
        self.assertEqual(self.status(), "error")

    def test_two_at_once_for_one_vif(self):
        """The one that has not the lock waits for the other's device."""
        words = self.ours.words(f"{side.OURS}/vif-bridge", "online")
        scripts = [subprocess.Popen(words, env=self.ours.environment())
                   for _ in range(4)]
        while not list(self.ours.files()):
            pass
        self.ours.add_vif("vif1.0")
        self.assertEqual([one.wait() for one in scripts], [0] * 4)
        self.assertEqual(self.master(), "xenbr0")
        self.assertEqual(list(self.ours.files()), [])

    def hooks(self, text):
        self.ours.shell("mount -t tmpfs tmpfs /etc/xen/scripts;"
                        "mkdir /etc/xen/scripts/vif-post.d;"
                        "cd /etc/xen/scripts/vif-post.d;" + text)

    def put(self, name, status=0, mode="755"):
        return (f"cat >{name} <<'END'\n{HOOK.format(status)}END\n"
                f"chmod {mode} {name}\n")

    def test_hooks(self):
        self.add_vif()
        self.hooks(self.put("20-b.hook") + self.put("10-a.hook") +
                   self.put("30-c.txt") + self.put("40-d.hook", 1, "644") +
                   self.put("50-e.hook", 1, "757"))
        status, err = self.ours_call("vif-bridge", "online", "type_if=vif")
        self.assertEqual(status, 0, err)
        self.assertIn("50-e.hook: others than root may write it", err)
        folder = side.STOCK + "/vif-post.d"
        said = "online type_if=vif dev=vif1.0 command=online " \
            "bridge=xenbr0 1/0 backend/vif/1/0"
        self.assertEqual(self.ours.shell("cat /run/said").splitlines(),
                         [f"{folder}/10-a.hook {said}",
                          f"{folder}/20-b.hook {said}"])

    def test_a_hook_that_fails(self):
        self.add_vif()
        self.hooks(self.put("10-a.hook", 3) + self.put("20-b.hook"))
        status, _ = self.ours_call("vif-bridge", "online")
        self.assertEqual(status, 1)
        self.assertEqual(self.status(), "error")
        self.assertIn("10-a.hook failed: exit status 3",
                      self.key(f"{BACK}/hotplug-error")[1])
        self.assertNotIn("20-b", self.ours.shell("cat /run/said"))

    def test_a_hook_that_does_not_end(self):
        """libxl would say nothing of why; here the store has it."""
        self.add_vif()
        self.hooks("printf '#!/bin/sh\\nexec sleep 1000\\n' >a.hook;"
                   "chmod 755 a.hook")
        status, _ = self.ours_call("vif-bridge", "online")
        self.assertEqual(status, 1)
        self.assertIn("a.hook failed: signal 9",
                      self.key(f"{BACK}/hotplug-error")[1])
        self.assertEqual(list(self.ours.files()), [])

    def test_the_log(self):
        self.add_vif()
        self.ours_call("vif-bridge", "online")
        self.ours_call("vif-bridge", "online", vif="a/b\033[31m")
        log = self.ours.shell("cat /var/log/xen/xen-hotplug.log")
        self.assertRegex(log, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "
                         r"vif-bridge\[\d+\]: info: vif1\.0: vif1\.0 on "
                         r"xenbr0$")
        self.assertRegex(log, r'error: vif: "a/b\?\[31m" is no name')

    def test_a_store_that_does_not_answer(self):
        self.add_vif()
        self.ours_call("vif-bridge", "online")
        status, err = self.ours_call("vif-bridge", "online",
                                     XENSTORED_PATH="/run/nothing")
        self.assertEqual(status, 1)
        self.assertIn("xenstore does not answer", err)
        self.assertEqual(self.master(), "xenbr0")
        # What goes, goes.
        status, err = self.ours_call("vif-bridge", "offline",
                                     XENSTORED_PATH="/run/nothing")
        self.assertEqual(status, 0, err)
        self.assertIsNone(self.master())

    def test_values_of_the_store_that_are_none(self):
        self.add_vif()
        for key, value in (("bridge", "x" * 2000), ("mtu", "9" * 30),
                           ("vifname", "../../x"), ("bridge", "a\nb")):
            self.ours.add_keys(bridge="xenbr0")
            self.ours.store.write({f"{BACK}/{key}": value})
            status, err = self.ours_call("vif-bridge", "online")
            self.assertEqual(status, 1, err)
            self.assertEqual(self.status(), "error")
            status, err = self.ours_call("vif-bridge", "offline")
            self.assertEqual(status, 0, err)
            self.ours.store.client("xenstore-rm", BACK)
        self.ours.add_keys(bridge="xenbr0")
        self.assertEqual(self.ours_call("vif-bridge", "online"), (0, ""))

    @unittest.skipUnless(side.shutil.which("strace"), "strace")
    def test_one_process_and_no_other(self):
        self.add_vif()
        for command in ("online", "offline"):
            self.ours.inside(
                "strace", "-f", "-o", "/run/calls", "-e",
                "trace=execve,execveat,clone,clone3,fork,vfork",
                f"{side.OURS}/vif-bridge", command,
                env=self.ours.environment(
                    # In a sanitizer's build: it would trace, too.
                    ASAN_OPTIONS="detect_leaks=0"))
            calls = re.findall(r"(?m)^\d+ +(\w+)\(",
                               self.ours.shell("cat /run/calls"))
            self.assertEqual(calls, ["execve"])

    def test_how_it_is_used(self):
        status, out, _ = self.ours.inside(f"{side.OURS}/vif-bridge", "--help")
        self.assertEqual(status, 0)
        self.assertIn("usage: vif-bridge", out)
        status, _, err = self.ours.inside(f"{side.OURS}/vif-hotplug",
                                          "online", check=False)
        self.assertEqual(status, 2)
        self.assertIn("usage: vif-bridge", err)


if __name__ == "__main__":
    case.main()
