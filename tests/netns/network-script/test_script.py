#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""network-bridge as xend, its users and their wrappers run it."""
import os
import pathlib
import shutil
import subprocess

from bed import SCRIPTS, Case, call, enter, main, run, state, tell

FE = "fe:ff:ff:ff:ff:ff"
# As people wrote them for two NICs, each in a file beside network-bridge.
MULTI = """#!/bin/bash
dir=$(dirname "$0")
"$dir/network-bridge" "$@" vifnum=0 bridge=xenbr0 netdev=eth0
"$dir/network-bridge" "$@" vifnum=1 bridge=xenbr1 netdev=eth1
if [[ $1 == 'start' ]]; then
    echo '[ !! ] Enable STP'
    brctl stp xenbr0 on
    brctl stp xenbr1 on
fi
"""
OWN = """#!/bin/sh
dir=$(dirname "$0")
"$dir/network-bridge" "$@" vifnum=0 netdev=eth0 bridge=xenbr0
"$dir/network-bridge" "$@" vifnum=1 netdev=eth1 bridge=xenbr1
"""


class Words(Case):
    def test_unknown_commands_are_refused_in_these_words(self):
        before = state()
        for words, name in ((["begin"], "begin"), ([], ""),
                            (["bridge=xenbr0"], ""),
                            (["restart", "bridge=null"], "restart")):
            self.assertEqual(self.bridge(*words, status=1),
                             f"Unknown command: {name}\nValid commands are: "
                             "start, stop, status\n")
        self.assertEqual(state(), before)

    def test_bridge_null_is_nothing_to_do(self):
        before = state()
        for command in ("start", "stop"):
            self.assertEqual(self.bridge(command, "bridge=null"), "")
        self.assertEqual(state(), before)

    def test_bad_values_are_errors_and_change_nothing(self):
        before = state()
        for word in ("vifnum=x", "bridge=a/b", "netdev=..", "style=odd",
                     "antispoof=perhaps"):
            self.assertIn(word, self.bridge("start", word, status=1))
        self.assertIn("eth7", self.bridge("start", "netdev=eth7", status=1))
        self.assertEqual(state(), before)

    def test_stopping_an_unknown_nic_is_said(self):
        before = state()
        for words in ((), ("style=direct",), ("style=new",)):
            self.assertIn("stop: there is no link eth7: nothing was done",
                          self.bridge("stop", "netdev=eth7", *words))
            # A NIC that is there, and no port, is stopped already.
            self.assertEqual(self.bridge("stop", "netdev=eth0", *words), "")
        self.assertEqual(state(), before)

    def test_unknown_settings_are_passed_over_aloud(self):
        self.assertIn("pdev=x", self.bridge("start", "pdev=x"))
        self.assertIn("peth0", self.links())


class Styles(Case):
    def twice(self, *words):
        before = state()
        self.assertEqual(self.bridge("stop", *words), "")
        self.bridge("start", *words)
        started = state()
        self.reach()
        self.bridge("start", *words)
        self.assertEqual(state(), started)
        self.bridge("stop", *words)
        self.assertEqual(state(), before)
        self.reach()
        self.bridge("stop", *words)
        self.assertEqual(state(), before)
        self.assertEqual(os.listdir("/run/xenplane"), [])

    def test_old(self):
        self.bridge("start")
        links = self.links()
        self.assertEqual(self.ports("xenbr0"), ["peth0", "vif0.0"])
        for name in ("peth0", "vif0.0"):
            self.assertEqual(links[name]["address"], FE)
            self.assertIn("NOARP", links[name]["flags"])
            self.assertNotIn("MULTICAST", links[name]["flags"])
        self.assertEqual(links["eth0"]["link"], "vif0.0")
        self.reach()

    def test_new(self):
        self.bridge("start", "style=new")
        self.assertEqual(self.ports("eth0"), ["peth0"])
        self.assertEqual(self.links()["eth0"]["address"],
                         self.links()["peth0"]["address"])
        self.reach()

    def test_direct(self):
        self.bridge("start", "style=direct")
        self.assertEqual(self.ports("xenbr0"), ["eth0"])
        self.reach()

    def test_old_comes_back(self):
        self.twice()

    def test_new_comes_back(self):
        self.twice("style=new")

    def test_direct_comes_back(self):
        self.twice("style=direct")

    def test_new_with_a_bridge_of_another_name(self):
        self.twice("style=new", "bridge=lan0")

    def test_the_style_in_force_is_found(self):
        before = state()
        for style in ("direct", "new", "old"):
            self.bridge("start", f"style={style}")
            started = state()
            self.bridge("start")
            other = "old" if style == "new" else "new"
            self.assertIn(f"in the {style} style", self.bridge(
                "start", f"style={other}", status=1))
            self.assertEqual(state(), started)
            self.bridge("stop")
            self.assertEqual(state(), before)

    def test_the_file_says_the_style(self):
        folder = pathlib.Path("/tmp/etc")
        folder.mkdir()
        (folder / "xenplane.conf").write_text(
            "[bridge eth0]\nmode = bridged\nnetdev = eth0\nstyle = new\n",
            encoding="ascii")
        created = not os.path.isdir("/etc/xenplane")
        if created:
            os.mkdir("/etc/xenplane")
            self.addCleanup(os.rmdir, "/etc/xenplane")
        run("mount", "--bind", folder, "/etc/xenplane")
        self.addCleanup(run, "umount", "/etc/xenplane")
        self.bridge("start")
        self.assertEqual(self.ports("eth0"), ["peth0"])
        self.bridge("stop")
        (folder / "xenplane.conf").write_text("[bridge lan0]\nstile = new\n",
                                              encoding="ascii")
        before = state()
        self.assertIn("xenplane.conf:2", self.bridge("start", status=1))
        self.assertEqual(state(), before)
        self.assertIn("xenplane.conf:2", self.bridge("start", "style=old"))
        self.assertEqual(self.ports("xenbr0"), ["peth0", "vif0.0"])

    def test_two_at_once_wait_for_each_other(self):
        before = state()
        for command in ("start", "stop"):
            runs = [subprocess.Popen([str(SCRIPTS / "network-bridge"),
                                      command, f"vifnum={number}"],
                                     stdin=subprocess.DEVNULL)
                    for number in (0, 1, 0, 1)]
            self.assertEqual([run.wait() for run in runs], [0] * 4)
            if command == "start":
                for number in (0, 1):
                    self.assertEqual(self.ports(f"xenbr{number}"),
                                     [f"peth{number}", f"vif0.{number}"])
                    self.reach(f"eth{number}")
        self.assertEqual(state(), before)

    def test_stopping_what_is_otherwise_is_refused(self):
        self.bridge("start")
        started = state()
        for word in ("style=new", "bridge=xenbr9"):
            said = self.bridge("stop", "netdev=eth0", word, status=1)
            self.assertIn("in the old style by xenbr0\n", said)
        self.assertEqual(state(), started)


class Travel(Case):
    """More than addresses: it goes along, and comes back."""

    CONFS = {"ipv4": {"rp_filter": "2", "arp_ignore": "1",
                      "arp_announce": "2", "proxy_arp": "1",
                      "forwarding": "1", "log_martians": "1"},
             "ipv6": {"use_tempaddr": "1", "proxy_ndp": "1",
                      "dad_transmits": "3", "accept_ra_defrtr": "0"}}

    def conf(self, family, name, key):
        path = pathlib.Path(f"/proc/sys/net/{family}/conf/{name}/{key}")
        return path.read_text(encoding="ascii").strip()

    def furnish(self):
        for family, keys in self.CONFS.items():
            for key, value in keys.items():
                path = f"/proc/sys/net/{family}/conf/eth0/{key}"
                pathlib.Path(path).write_text(value, encoding="ascii")
        run("ip", "link", "set", "eth0", "mtu", "1400")
        for words in (("addr", "add", "192.0.2.7/24", "label", "eth0:7",
                       "dev", "eth0"),
                      ("addr", "add", "203.0.113.1/28", "dev", "eth0",
                       "valid_lft", "3600", "preferred_lft", "1800"),
                      ("route", "add", "10.9.0.0/16", "via", "192.0.2.9",
                       "table", "77", "metric", "5"),
                      ("rule", "add", "from", "192.0.2.7", "table", "77"),
                      ("rule", "add", "iif", "eth0", "table", "77"),
                      ("neigh", "add", "192.0.2.50", "lladdr",
                       "00:16:3e:00:00:50", "dev", "eth0"),
                      ("-6", "route", "add", "fd00:9::/48", "via",
                       "fd00:1::9", "metric", "7")):
            run("ip", *words)

    def travel(self, heir, *words):
        self.furnish()
        before = state()
        self.bridge("start", *words)
        for family, keys in self.CONFS.items():
            for key, value in keys.items():
                self.assertEqual(self.conf(family, heir, key), value, key)
        self.assertEqual(self.links()[heir]["mtu"], 1400)
        self.assertIn(f"{heir}:7", run("ip", "addr", "show", heir))
        self.assertIn(f"iif {heir} lookup 77", run("ip", "rule"))
        self.reach()
        self.bridge("stop", *words)
        self.assertEqual(state(), before)

    def test_old(self):
        self.travel("eth0")

    def test_new(self):
        self.travel("eth0", "style=new")

    def test_direct(self):
        self.travel("xenbr0", "style=direct")


class Wrappers(Case):
    def install(self, text):
        folder = pathlib.Path("/tmp/scripts")
        folder.mkdir()
        self.addCleanup(shutil.rmtree, folder)
        (folder / "network-bridge").symlink_to(SCRIPTS / "network-bridge")
        wrapper = folder / "network-wrapper"
        wrapper.write_text(text, encoding="ascii")
        wrapper.chmod(0o755)
        return wrapper

    def go(self, wrapper, command):
        path = f"{SCRIPTS}:/usr/sbin:/usr/bin:/sbin:/bin"
        return run(wrapper, command, env={"PATH": path})

    def both(self, text):
        before = state()
        wrapper = self.install(text)
        out = self.go(wrapper, "start")
        for number in "01":
            self.assertEqual(self.ports(f"xenbr{number}"),
                             [f"peth{number}", f"vif0.{number}"])
            self.reach(f"eth{number}")
        started = state()
        links = self.links()
        self.assertEqual(self.go(wrapper, "start"), out)
        self.assertEqual(state(), started)
        self.assertIn("xenbr1\t\t8000.", self.go(wrapper, "status"))
        self.go(wrapper, "stop")
        self.assertEqual(state(), before)
        return links

    def test_two_bridges_with_stp(self):
        links = self.both(MULTI)
        for number in "01":
            info = links[f"xenbr{number}"]["linkinfo"]["info_data"]
            self.assertEqual(info["stp_state"], 1)

    def test_two_bridges(self):
        links = self.both(OWN)
        for number in "01":
            info = links[f"xenbr{number}"]["linkinfo"]["info_data"]
            self.assertEqual((info["stp_state"], info["forward_delay"]),
                             (0, 0))


class CutShort(Case):
    """Killed at one of its messages to the kernel; the next run goes on from
    whatever that left."""

    SAID = "an earlier run was cut short"

    def setUp(self):
        super().setUp()
        if not shutil.which("strace"):
            self.skipTest("no strace")

    def kill_at(self, number, *words):
        """False: it was through before."""
        status, _, _ = call(
            "strace", "-qq", "-o", "/dev/null", "-e",
            f"inject=sendto:signal=KILL:when={number}",
            SCRIPTS / "network-bridge", *words,
            env={"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "detect_leaks=0"})
        return status != 0

    def test_start(self):
        before = state()
        said = 0
        number = 1
        while self.kill_at(number, "start"):
            cut = state()
            out = self.bridge("start")
            said += self.SAID in out
            if cut not in (before, state()):
                self.assertIn(self.SAID, out)
            self.reach()
            self.bridge("stop")
            self.assertEqual(state(), before)
            number += 3
        self.assertGreater(said, 5)
        self.bridge("stop")
        self.assertEqual(state(), before)

    def test_stop(self):
        before = state()
        said = 0
        number = 1
        self.bridge("start")
        while self.kill_at(number, "stop"):
            said += self.SAID in self.bridge("stop")
            self.assertEqual(state(), before)
            self.bridge("start")
            self.reach()
            number += 3
        self.assertGreater(said, 2)
        self.assertEqual(state(), before)


class Antispoof(Case):
    """Frames that a guest sends are not forwarded; those to it are."""

    def setUp(self):
        super().setUp()
        run("ip", "netns", "add", "guest")
        self.addCleanup(run, "ip", "netns", "del", "guest")

    def attach(self, bridge):
        run("ip", "link", "add", "vif1.0", "type", "veth", "peer", "name",
            "eth", "netns", "guest")
        run("ip", "link", "set", "vif1.0", "master", bridge, "up")
        run("ip", "-n", "guest", "link", "set", "eth", "up")
        run("ip", "-n", "guest", "addr", "add", "192.0.2.77/24", "dev", "eth")
        # Known, so that all that is asked for is a frame and its answer.
        for space, device, address, other in (
                ("guest", "eth", "192.0.2.254", "far-eth0"),
                ("far-eth0", "wire", "192.0.2.77", "guest")):
            link, = tell("ip", "-n", other, "-j", "link", "show", "dev",
                         "wire" if other == "far-eth0" else "eth")
            run("ip", "-n", space, "neigh", "replace", address, "lladdr",
                link["address"], "dev", device)

    def received(self, space, device):
        link, = tell("ip", "-n", space, "-j", "-s", "link", "show", "dev",
                     device)
        return link["stats64"]["rx"]["packets"]

    def ping(self, space, address):
        return call("ip", "netns", "exec", space, "ping", "-c", "3", "-i",
                    "0.2", "-W", "1", address)[0] == 0

    def table(self, bridge):
        return call("nft", "list", "table", "bridge",
                    f"xenplane-antispoof-{bridge}")

    def look(self, bridge, *words):
        self.bridge("start", "antispoof=yes", *words)
        self.bridge("start", "antispoof=yes", *words)
        self.attach(bridge)
        self.assertFalse(self.ping("guest", "192.0.2.254"))
        before = self.received("guest", "eth")
        self.assertFalse(self.ping("far-eth0", "192.0.2.77"))
        self.assertGreaterEqual(self.received("guest", "eth"), before + 3)
        self.reach()
        self.assertEqual(self.table(bridge)[0], 0)
        # Without it everybody reaches everybody.
        run("nft", "delete", "table", "bridge",
            f"xenplane-antispoof-{bridge}")
        self.assertTrue(self.ping("guest", "192.0.2.254"))
        self.assertTrue(self.ping("far-eth0", "192.0.2.77"))
        self.bridge("start", "antispoof=yes", *words)
        run("ip", "link", "del", "vif1.0")
        self.bridge("stop", *words)
        self.assertNotEqual(self.table(bridge)[0], 0)

    def test_old(self):
        self.look("xenbr0")

    def test_new(self):
        self.look("eth0", "style=new")

    def test_direct(self):
        self.look("xenbr0", "style=direct")

    def test_others_tables_stay(self):
        for words in ("add table bridge mine",
                      "add table inet xenplane-antispoof-xenbr0"):
            run("nft", words)
            self.addCleanup(run, "nft", words.replace("add", "delete"))
        before = run("nft", "list", "ruleset")
        self.bridge("start", "antispoof=yes")
        self.bridge("stop")
        self.assertEqual(run("nft", "list", "ruleset"), before)

    def test_a_refused_start_leaves_none(self):
        self.bridge("start", "antispoof=yes", "netdev=eth7", status=1)
        run("ip", "link", "add", "vif0.0", "type", "bridge")
        self.bridge("start", "antispoof=yes", status=1)
        self.assertEqual(run("nft", "list", "ruleset"), "")


class Holders(Case):
    """Others who look after the NIC, played by processes of their names."""

    def play(self, name, *words):
        program = pathlib.Path("/tmp") / name
        shutil.copy("/bin/cat", program)
        process = subprocess.Popen([str(program), *words],
                                   stdin=subprocess.PIPE)

        def end():
            process.stdin.close()
            process.wait()
            program.unlink()
        self.addCleanup(end)

    def write(self, path, text):
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
        self.addCleanup(path.unlink)

    def index(self, name="eth0"):
        return self.links()[name]["ifindex"]

    def refused(self, who, *words):
        before = state()
        said = self.bridge("start", *words, status=1)
        self.assertIn(who, said)
        self.assertIn("force=yes", said)
        self.assertEqual(state(), before)

    def forced(self, *words):
        self.bridge("start", "force=yes", *words)
        self.bridge("stop", "force=yes")

    def test_networkd(self):
        path = f"/run/systemd/netif/links/{self.index()}"
        self.play("systemd-networkd")
        self.bridge("start")
        self.bridge("stop")
        self.write(path, "ADMIN_STATE=configured\nOPER_STATE=routable\n")
        self.refused("systemd-networkd")
        self.forced()
        # Another NIC's, and one that is left alone.
        self.bridge("start", "vifnum=1")
        self.bridge("stop", "vifnum=1")
        self.write(path + "x", "")
        pathlib.Path(path).write_text("ADMIN_STATE=unmanaged\n",
                                      encoding="ascii")
        self.bridge("start")
        self.bridge("stop")

    def test_a_file_without_its_process_is_an_old_one(self):
        self.write(f"/run/systemd/netif/links/{self.index()}",
                   "ADMIN_STATE=configured\n")
        self.write(f"/run/NetworkManager/devices/{self.index()}",
                   "[device]\nmanaged=true\n")
        self.bridge("start")
        self.bridge("stop")

    def test_network_manager(self):
        self.play("NetworkManager")
        self.write(f"/run/NetworkManager/devices/{self.index()}",
                   "[device]\nmanaged=true\n")
        for style in ("old", "new", "direct"):
            self.refused("NetworkManager", f"style={style}")
        self.forced()
        pathlib.Path(f"/run/NetworkManager/devices/{self.index()}").write_text(
            "[device]\nmanaged=false\n", encoding="ascii")
        self.bridge("start")
        self.bridge("stop")

    def test_dhcpcd(self):
        self.play("dhcpcd")
        self.refused("dhcpcd")
        self.forced()

    def test_connman(self):
        self.play("connmand")
        self.refused("connman")

    def test_udhcpc_goes_by_the_name(self):
        self.play("udhcpc")
        self.refused("udhcpc", "style=direct")
        self.bridge("start", "style=new")
        self.bridge("stop")
        self.refused("udhcpc", "style=new", "bridge=lan0")
        self.bridge("start", "style=direct", "vifnum=1")

    def test_others_processes_are_not_asked(self):
        # One in another network namespace, and one that is nobody's.
        run("ip", "netns", "exec", "far-eth0", "true")
        program = pathlib.Path("/tmp/dhcpcd")
        shutil.copy("/bin/cat", program)
        program.chmod(0o755)
        self.addCleanup(program.unlink)
        for words in (["ip", "netns", "exec", "far-eth0", str(program)],
                      ["setpriv", "--reuid=65534", "--clear-groups",
                       str(program)]):
            with subprocess.Popen(words, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as process:
                process.stdin.write(b"ready\n")
                process.stdin.flush()
                self.assertEqual(process.stdout.readline(), b"ready\n")
                self.bridge("start")
                self.bridge("stop")
                process.stdin.close()


if __name__ == "__main__":
    enter()
    main()
