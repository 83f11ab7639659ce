#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whoever else looks at the frames between two guests gets them: each such
thing, made with the tool that an administrator uses, takes the vifs that it
concerns to the kernel's path under its own name; there it has its effect; and
without it they are fast again."""
import contextlib
import time

from case import B4, HOST4, PlaneCase, labtool, main

PATIENCE_S = 60  # what nothing announces is seen within a second
ATTACH = str(labtool.BUILD / "tests" / "attach_program")
BOTH = (1, 2)

BRIDGE = "nftables on bridges"
TWIN = "nftables on the vif"
TC = "tc on the vif"
BR_NETFILTER = "br_netfilter"
ANY = "capture on all devices"
CAPTURE = "capture on the vif"


class Reasons(PlaneCase):
    def dom0(self, *command):
        return self.lab.inside("dom0", *command)

    def probe(self, what, *command):
        """Skips the test when the kernel (or the machine) has no such
        thing."""
        status, _, err = self.lab.inside("dom0", *command, check=False)
        if status != 0:
            self.skipTest(f"{what}: {err.strip().splitlines()[0]}")

    def wait_reasons(self, wanted):
        """Until {domid: reasons} is the case, and the paths are as they
        say, in the data process too."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            vifs = {vif["domid"]: vif
                    for vif in self.lab.json("vif", "list")["vifs"]}
            if all(vifs[domid]["settled"] and
                   vifs[domid]["reasons"] == reasons and
                   vifs[domid]["path"] == ("kernel" if reasons else "fast")
                   for domid, reasons in wanted.items()):
                return
            if time.monotonic() > deadline:
                got = {domid: (vif["path"], vif["reasons"])
                       for domid, vif in vifs.items()}
                self.fail(f"wanted {wanted}, not {got}")
            time.sleep(0.02)

    def wait_fast(self):
        self.wait_reasons({domid: [] for domid in BOTH})

    def wait_slow(self, reason, domids):
        self.wait_reasons({domid: [reason] if domid in domids else []
                           for domid in BOTH})

    def frames(self):
        """(by the switch, through its twin) that guest a sent."""
        vif = self.vif(1)
        return vif["fast_tx_frames"], vif["kernel"]["rx_frames"]

    def assert_moves(self, path):
        """Guest a's frames to b take this path, all of them."""
        fast, kernel = self.frames()
        self.assert_pings("a", B4, count=10)
        fast, kernel = (after - before for after, before
                        in zip(self.frames(), (fast, kernel)))
        if path == "fast":
            self.assertGreaterEqual(fast, 10)
        else:
            self.assertEqual(fast, 0)
            self.assertGreaterEqual(kernel, 10)

    def assert_no_ping(self):
        """Not to the other guest; elsewhere as ever."""
        _, out, _ = self.lab.inside("a", "ping", "-n", "-c", "3", "-i", "0.05",
                                    "-W", "1", B4, check=False)
        self.assertIn(" 0 received", out)

    @contextlib.contextmanager
    def slow(self, reason, domids=BOTH):
        """The body makes the cause, and is done when it is gone again."""
        self.wait_fast()
        self.assert_moves("fast")
        yield lambda: self.wait_slow(reason, domids)
        self.wait_fast()
        self.assert_moves("fast")

    @contextlib.contextmanager
    def nft(self, *commands):
        """Rules for as long as the body runs."""
        self.dom0("nft", "; ".join(commands))
        try:
            yield
        finally:
            self.dom0("nft", "flush", "ruleset")

    def bridge_chain(self, policy="accept"):
        return self.nft("add table bridge t", "add chain bridge t c { type "
                        f"filter hook forward priority 0; policy {policy}; }}")

    def device_chain(self, hook, device, rule=None):
        rules = [f"add rule netdev t c {rule}"] if rule else []
        return self.nft(
            "add table netdev t", "add chain netdev t c { type filter hook "
            f"{hook} device \"{device}\" priority 0; }}", *rules)

    def test_nft_bridge_chain(self):
        with self.slow(BRIDGE) as wait_slow:
            with self.bridge_chain():
                wait_slow()
                self.assert_moves("kernel")

    def test_nft_bridge_chain_filters(self):
        with self.slow(BRIDGE) as wait_slow:
            with self.bridge_chain("drop"):
                wait_slow()
                self.assert_no_ping()
                self.assert_pings("a", HOST4)

    def test_nft_table_without_a_base_chain_is_nothing(self):
        with self.slow(TWIN, (1,)) as wait_slow:
            with self.nft("add table bridge t", "add chain bridge t c"), \
                    self.device_chain("ingress", "vif1.0"):
                wait_slow()

    def test_nft_device_chain_filters(self):
        with self.slow(TWIN, (1,)) as wait_slow:
            with self.device_chain("ingress", "vif1.0", "ip daddr "
                                   f"{B4} ip protocol icmp drop"):
                wait_slow()
                self.assert_no_ping()
                self.assert_pings("a", HOST4)

    def test_nft_device_chain_on_the_way_out(self):
        with self.slow(TWIN, (2,)) as wait_slow:
            with self.device_chain("egress", "vif2.0"):
                wait_slow()
                self.assert_moves("kernel")

    def test_nft_on_the_uplink_or_the_bridge_itself_sees_no_guests(self):
        with self.slow(BRIDGE) as wait_slow:
            with self.device_chain("ingress", "eth0"), \
                    self.device_chain("ingress", "xenbr0"):
                # They were read at the same time, or before.
                with self.nft("add table bridge t", "add chain bridge t c { "
                              "type filter hook forward priority 0; }"):
                    wait_slow()

    def test_nft_flow_table(self):
        self.probe("flow tables", "nft", "add table inet probe; add flowtable "
                   "inet probe f { hook ingress priority 0; devices = { "
                   "\"eth0\" }; }; delete table inet probe")
        with self.slow(TWIN, (1,)) as wait_slow:
            with self.nft("add table inet t", "add flowtable inet t f { hook "
                          "ingress priority 0; devices = { \"vif1.0\" }; }"):
                wait_slow()
                self.assert_moves("kernel")

    def test_ebtables_over_nft(self):
        self.probe("ebtables-nft", "ebtables-nft", "-L")
        self.dom0("nft", "flush", "ruleset")
        with self.slow(BRIDGE) as wait_slow:
            self.dom0("ebtables-nft", "-A", "FORWARD", "-j", "DROP")
            try:
                wait_slow()
                self.assert_no_ping()
            finally:
                self.dom0("nft", "flush", "ruleset")

    def test_old_ebtables(self):
        self.probe("old ebtables", "ebtables-legacy", "-L")
        with self.slow("ebtables") as wait_slow:
            self.dom0("ebtables-legacy", "-A", "FORWARD", "-p", "IPv4", "-j",
                      "DROP")
            wait_slow()
            self.assert_no_ping()
            self.dom0("ebtables-legacy", "-F")

    @contextlib.contextmanager
    def bridge_nf(self, protocol="iptables"):
        name = f"net.bridge.bridge-nf-call-{protocol}"
        self.probe("br_netfilter", "sysctl", name)
        self.dom0("sysctl", "-w", f"{name}=1")
        try:
            yield
        finally:
            self.dom0("sysctl", "-w", f"{name}=0")

    def test_br_netfilter(self):
        with self.slow(BR_NETFILTER) as wait_slow:
            with self.nft("add table ip t", "add chain ip t c { type filter "
                          "hook forward priority 0; policy drop; }"):
                self.assert_moves("fast")  # the bridges' frames do not go there
                with self.bridge_nf():
                    wait_slow()
                    self.assert_no_ping()
                self.wait_fast()

    def test_br_netfilter_shows_each_protocol_its_own(self):
        with self.bridge_nf("ip6tables"), \
                self.nft("add table ip t", "add chain ip t c { type filter "
                         "hook forward priority 0; }"), \
                self.device_chain("ingress", "vif1.0"):
            self.wait_slow(TWIN, (1,))
            with self.nft("add table inet i", "add chain inet i c { type "
                          "filter hook prerouting priority 0; }"):
                self.wait_reasons({1: [BR_NETFILTER, TWIN],
                                   2: [BR_NETFILTER]})
        self.wait_fast()

    def test_br_netfilter_with_old_iptables(self):
        self.probe("old iptables", "iptables-legacy", "-L", "-n")
        with self.slow(BR_NETFILTER) as wait_slow:
            with self.bridge_nf():
                self.dom0("iptables-legacy", "-P", "FORWARD", "DROP")
                wait_slow()
                self.assert_no_ping()
                self.dom0("iptables-legacy", "-P", "FORWARD", "ACCEPT")

    def test_tc_discipline(self):
        with self.slow(TC, (2,)) as wait_slow:
            self.dom0("tc", "qdisc", "replace", "dev", "vif2.0", "root",
                      "tbf", "rate", "100mbit", "burst", "100k", "latency", "100ms")
            wait_slow()
            self.assert_moves("kernel")
            self.dom0("tc", "qdisc", "del", "dev", "vif2.0", "root")

    def test_tc_filter(self):
        with self.slow(TC, (1,)) as wait_slow:
            self.dom0("tc", "qdisc", "add", "dev", "vif1.0", "clsact")
            wait_slow()
            self.dom0("tc", "filter", "add", "dev", "vif1.0", "ingress",
                      "protocol", "ip", "u32", "match", "ip", "dst", B4,
                      "action", "mirred", "egress", "redirect", "dev", "lo")
            self.assert_no_ping()
            self.assert_pings("a", HOST4)
            self.dom0("tc", "qdisc", "del", "dev", "vif1.0", "clsact")

    def test_tc_on_the_bridge_itself_sees_no_guests(self):
        with self.slow(TC, (1,)) as wait_slow:
            self.dom0("tc", "qdisc", "add", "dev", "xenbr0", "clsact")
            self.dom0("tc", "qdisc", "add", "dev", "vif1.0", "clsact")
            wait_slow()
            self.dom0("tc", "qdisc", "del", "dev", "vif1.0", "clsact")
            self.wait_fast()
            self.dom0("tc", "qdisc", "del", "dev", "xenbr0", "clsact")

    def capture(self, *options):
        return self.lab.going("dom0", "listening on", "tcpdump", "-l", "-n",
                              "--immediate-mode", *options, "icmp")

    def assert_capture_shows(self, reason, domids, *options):
        with self.slow(reason, domids) as wait_slow:
            with self.capture(*options) as dump:
                wait_slow()
                self.assert_moves("kernel")
                seen = labtool.end(dump)
            self.assertGreaterEqual(seen.count("echo request"), 10, seen)
            self.assertGreaterEqual(seen.count("echo reply"), 10, seen)

    def test_capture_on_all_devices(self):
        self.assert_capture_shows(ANY, BOTH, "-i", "any")

    def test_capture_without_promiscuity(self):
        self.assert_capture_shows(CAPTURE, (1,), "-p", "-i", "vif1.0")

    def test_who_listens_to_the_host_only_is_no_capture(self):
        """A DHCP client on the bridge does so all the time."""
        with self.slow(ANY) as wait_slow:
            with self.capture("-p", "-i", "xenbr0"), \
                    self.capture("-p", "-i", "eth0"):
                with self.capture("-i", "any"):
                    wait_slow()

    def program(self, place, reason):
        with self.slow(reason, (1,)) as wait_slow:
            try:
                with self.lab.going("dom0", "attached", ATTACH, place,
                                    "vif1.0"):
                    wait_slow()
                    self.assert_moves("kernel")
            except labtool.Failed as why:
                if "no " + place not in str(why):
                    raise
                self.skipTest(str(why))

    def test_xdp(self):
        self.program("xdp", "XDP on the vif")

    def test_tcx_on_the_way_in(self):
        self.program("tcx-in", TC)

    def test_tcx_on_the_way_out(self):
        self.program("tcx-out", TC)

    def test_device_on_top(self):
        """A VLAN's device takes its frames off the twin before the bridge
        sees them. (macvlan and ipvlan do not go with a port.)"""
        self.probe("VLAN devices", "ip", "link", "add", "link", "eth0", "name",
                   "probe", "type", "vlan", "id", "5")
        self.dom0("ip", "link", "del", "probe")
        with self.slow("device on top of the vif", (1,)) as wait_slow:
            self.dom0("ip", "link", "add", "link", "vif1.0", "name", "over",
                      "type", "vlan", "id", "5")
            wait_slow()
            self.assert_moves("kernel")
            self.dom0("ip", "link", "del", "over")

    def test_the_reason_is_shown(self):
        with self.bridge_chain():
            self.wait_slow(BRIDGE, BOTH)
            shown = self.lab.xenplane("vif", "show", "vif1.0")
            self.assertIn(BRIDGE, shown)
            self.assertIn(f"kernel: {BRIDGE}", self.lab.xenplane("vif", "list"))
        self.wait_fast()
        self.assertNotIn(BRIDGE, self.lab.xenplane("vif", "show", "vif1.0"))

    def test_a_vif_that_comes_later_is_judged_too(self):
        with self.bridge_chain():
            self.wait_slow(BRIDGE, BOTH)
            domid = self.lab.create("late", "bridge=xenbr0")
            self.wait_reasons({domid: [BRIDGE]})
        self.wait_reasons({domid: []})
        self.lab.lab("destroy", "late")


if __name__ == "__main__":
    main()
