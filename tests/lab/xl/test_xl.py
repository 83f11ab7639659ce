#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's own xl attaches, lists and detaches vifs of a lab's guest, with our
hotplug scripts: it forks them with its genuine argv and environment."""
import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import labtool  # noqa: E402

XL = "/usr/lib/xen-4.17/bin/xl"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
UUID = "11111111-1111-1111-1111-111111111111"  # as answers.c says
DATA = f"/var/lib/xen/userdata-d.1.{UUID}.libxl-json"
DOMAIN = f'{{"c_info":{{"type":"pv","name":"g","uuid":"{UUID}"}},' \
    '"b_info":{"type.pv":{}}}'
SCRIPTS = labtool.BUILD / "scripts"
MAC = "00:16:3e:00:00:55"
# A line of xl's words in $1; its own /var/lib/xen, and what it knows of the
# domain from run to run.
RUN = f"""
mount -t tmpfs tmpfs /var/lib/xen; cp "$0"/domain {DATA}
status=0; LD_PRELOAD=$PRELOAD {XL} "$@" || status=$?
cp {DATA} "$0"/domain; cat /var/log/xen/xen-hotplug.log >>"$0"/log
exit $status"""


class Xl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="xp-xl-"))
        cls.lab = labtool.Lab("xl")
        cls.enterClassContext(cls.lab)
        cls.lab.create("g", "--frontend=none")
        lab = f"/run/xenplane/lab/{cls.lab.name}"
        cls.env = {"PATH": PATH, "XENSTORED_PATH": f"{lab}/xenstored/socket",
                   "XENSIM_BROKER": f"{lab}/broker.sock",
                   "PRELOAD": f"{labtool.BUILD}/tests/libtest_xl_answers.so "
                              f"{labtool.BUILD}/lib/libxensim.so"}
        pathlib.Path(cls.folder, "domain").write_text(DOMAIN, "ascii")
        pathlib.Path(cls.folder, "log").write_text("", "ascii")
        cls.store("xenstore-write", "domid", "0", "/libxl/1/type", "pv",
                  "/local/domain/1/vm", f"/vm/{UUID}", f"/vm/{UUID}/name",
                  "g", f"/vm/{UUID}/uuid", UUID)

    @classmethod
    def store(cls, *words):
        return labtool.run(words, env={
            key: cls.env[key] for key in ("PATH", "XENSTORED_PATH")})[1]

    def xl(self, *words):
        """(exit status, stdout, stderr)"""
        env = [f"{key}={value}" for key, value in self.env.items()]
        return self.lab.inside("dom0", "env", *env, "unshare", "-m", "sh",
                               "-c", RUN, self.folder, *words, check=False)

    def good(self, *words):
        status, out, err = self.xl(*words)
        self.assertEqual(status, 0, out + err)
        return out

    def rows(self):
        return self.good("network-list", "1").splitlines()[1:]

    def links(self):
        return self.lab.inside("dom0", "ip", "-o", "link") + \
            self.lab.inside("dom0", "ip", "neigh", "show", "proxy")

    def wait_links(self, before):
        """xl is done when the store is; the backend's device follows."""
        for _ in range(200):
            now = self.links()
            if now == before:
                return
            labtool.time.sleep(0.02)
        self.assertEqual(now, before)

    def log(self):
        return pathlib.Path(self.folder, "log").read_text("ascii")

    def test_attach_list_detach(self):
        before = self.links()
        self.assertEqual(self.rows(), [])
        for number in range(2):
            self.good("network-attach", "1", "bridge=xenbr0", f"mac={MAC}",
                      f"script={SCRIPTS}/vif-bridge")
            self.assertIn("master xenbr0", self.lab.inside(
                "dom0", "ip", "link", "show", "vif1.0"))
            self.assertRegex("\n".join(self.rows()),
                             rf"^0 +0 +{MAC} +0 .* /local/domain/0/backend/"
                             r"vif/1/0 *$")
            self.good("network-detach", "1", "0")
            self.assertEqual(self.rows(), [])
            self.wait_links(before)
            self.assertEqual(
                len(re.findall("info: vif1.0: vif1.0 on xenbr0", self.log())),
                number + 1)
        self.assertIn("info: vif1.0: offline", self.log())

    def test_a_name_of_its_own_and_routes(self):
        before = self.links()
        self.good("network-attach", "1", "vifname=web0", f"mac={MAC}",
                  "ip=10.77.0.40", "gatewaydev=xenbr0",
                  f"script={SCRIPTS}/vif-route")
        self.assertIn("src 10.77.0.1 metric 2", self.lab.inside(
            "dom0", "ip", "route", "show", "10.77.0.40"))
        self.assertIn("alias vif1.0", self.lab.inside(
            "dom0", "ip", "link", "show", "web0"))
        self.good("network-detach", "1", MAC)
        self.wait_links(before)

    def test_what_is_set_live_is_where_xl_looks(self):
        before = self.links()
        self.good("network-attach", "1", "bridge=xenbr0", f"mac={MAC}",
                  "rate=20Mb/s", f"script={SCRIPTS}/vif-bridge")
        self.lab.xenplane("vif", "set", "vif1.0", "rate=10Mb/s", "mtu=1400")
        for folder in ("/local/domain/0/backend/vif/1/0",
                       "/libxl/1/device/vif/0"):
            self.assertEqual(self.store("xenstore-read", f"{folder}/rate",
                                        f"{folder}/mtu").split(),
                             ["62500,50000", "1400"])
        self.lab.xenplane("vif", "set", "vif1.0", "rate=default",
                          "mtu=default")
        for folder in ("/local/domain/0/backend/vif/1/0",
                       "/libxl/1/device/vif/0"):
            self.assertEqual(self.store("xenstore-read",
                                        f"{folder}/rate").strip(),
                             "125000,50000")
        self.assertEqual(len(self.rows()), 1)
        self.good("network-detach", "1", MAC)
        self.wait_links(before)

    def test_a_failure_is_shown_and_leaves_nothing(self):
        before = self.links()
        status, _, err = self.xl(
            "network-attach", "1", "bridge=nobridge", f"mac={MAC}",
            f"script={SCRIPTS}/vif-bridge")
        self.assertNotEqual(status, 0)
        self.assertIn("could not find bridge device nobridge", err)
        if self.rows():  # libxl leaves the folders of what failed
            self.good("network-detach", "1", MAC)
        self.wait_links(before)


if __name__ == "__main__":
    if os.geteuid() != 0 or not os.access(XL, os.X_OK):
        print("skipped: needs root, and Debian's xl 4.17")
        sys.exit(77)
    unittest.main()
