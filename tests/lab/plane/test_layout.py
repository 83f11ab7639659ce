#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab that begins as a file says."""
import pathlib
import tempfile
import unittest

from case import labtool, main

FILE = """\
# two bridges, one without an uplink
[bridge xenbr0]
uplink = eth0
address = 10.1.0.1/16
mtu = 9000

[bridge private]
address = 10.2.0.1/24

[outside]
address = 10.1.0.254/16
"""


class Layout(unittest.TestCase):
    def write(self, text):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = pathlib.Path(folder, "lab.conf")
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_bridges_of_the_file(self):
        with labtool.Lab("layout", file=self.write(FILE)) as lab:
            lab.create("a", "bridge=xenbr0,ip=10.1.0.2/16",
                       "bridge=private,ip=10.2.0.2")
            lab.create("b", "bridge=private,ip=10.2.0.3")
            for where, address in (("a", "10.1.0.1"), ("a", "10.1.0.254"),
                                   ("a", "10.2.0.1"), ("a", "10.2.0.3")):
                self.assertEqual(labtool.ping(lab, where, address)[0], 10)
            self.assertIn("mtu 9000", lab.inside("dom0", "ip", "link", "show",
                                                 "xenbr0"))
            with self.assertRaises(labtool.Failed):
                labtool.ping(lab, "b", "10.1.0.254", count=1)

    def test_a_wrong_word_starts_nothing(self):
        lab = labtool.Lab("wrong")
        file = self.write("[bridge xenbr0]\nmtu = many\n")
        status, _, err = lab.lab("start", "-f", file, check=False)
        self.assertEqual(status, 1)
        self.assertIn(f"{file}:2:7: mtu=many", err)
        status, _, err = lab.lab("list", check=False)
        self.assertEqual(status, 1)
        self.assertIn("not running", err)


if __name__ == "__main__":
    main()
