# SPDX-License-Identifier: GPL-2.0-or-later
"""Stanzas for ifupdown-ng, and where ours is another one on purpose; see
cases.py. Ports of the original have link-local addresses: comparison.py takes
them away on both hosts, but for the raw case."""
from cases import Case

QUIET = "ip link set {0} addrgenmode none; ip -6 addr flush dev {0};"
NORMAL = "".join(QUIET.format(port) for port in (
    "p0", "p1", "p2", "eth0", "em0", "en0", "vif1.0", "vif2.0"))
SHORT = "bridge-maxwait 0;"


def case(name, options, **more):
    return Case(name, options, method="", **more)


def plain_cases():
    yield case("two ports", "bridge-ports p0 p1")
    yield case("twice", "bridge-ports p0; bridge-fd 0", again=True)
    yield case("no ports", "bridge-ports none")
    yield case("underscores", "bridge_ports p0; bridge_stp off; bridge_fd 0")
    yield case("addresses", "bridge-ports p0; bridge-fd 0;"
               "address 192.0.2.1/24; address 2001:db8::1/64")
    yield Case("families", "address 192.0.2.1/24; bridge-ports p0;"
               "bridge-fd 0", "inet static")
    yield case("no bridge", "address 192.0.2.1/24; bridge-vids 7", iface="p0")
    yield case("a port's own stanza", "bridge-ports p0",
               more="iface p0\n    mtu 1400\n")
    yield case("all of them", "bridge-ports p0", every=True,
               more="auto br1\niface br1\n    bridge-ports p1\n")
    yield case("a bridge that is there", "bridge-ports p0",
               before="ip link add br0 address 02:00:00:00:01:00 type bridge;"
               "ip link set p1 master br0")
    yield case("a guest beside", "bridge-ports p0",
               between="ip link set q7 up; ip link set vif1.0 up master br0")
    yield case("a port without a link", "bridge-ports p2 p0")
    yield case("a port that is not there", SHORT + "bridge-ports nosuch p0")
    yield case("another's port", SHORT + "bridge-ports br9 p0")


def option_cases():
    for option in ("stp 0", "stp off", "stp no", "stp yes", "stp 1",
                   "fd 0", "fd x", "bridgeprio 0", "bridgeprio 65535",
                   "bridgeprio x", "vlan-aware no", "vlan-aware yes",
                   "waitport 0", "unknown 1", "pvid 7"):
        yield case(option, SHORT + f"bridge-ports p2; bridge-{option}")
    yield case("waits for a port", SHORT + "bridge-ports p0 nosuch;"
               "bridge-waitport 1")


def different_cases():
    for option, attribute in (("fd 15", "forward_delay 1500"),
                              ("fd 4", "forward_delay 400"),
                              ("hello 2", "hello_time 200"),
                              ("maxage 12", "max_age 1200"),
                              ("ageing 100", "ageing_time 10000")):
        yield case(option, SHORT + f"bridge-ports p2; bridge-{option}",
                   differs="Times",
                   fix=f"ip link set br0 type bridge {attribute}")
    yield case("stp on", SHORT + "bridge-ports p2; bridge-stp on",
               differs="`bridge-stp on`",
               fix="ip link set br0 type bridge stp_state 1")
    yield case("an expression", SHORT + "bridge-ports regex em.*",
               differs="Expressions",
               fix=QUIET.format("em0") + "ip -6 addr flush dev br0;"
               "ip link set em0 master br0; ip link set em0 up",
               fix_down=QUIET.format("em0") + "ip link set em0 down")
    yield case("link-local addresses", SHORT + "bridge-ports p0", raw=True,
               differs="Link-local addresses of ports",
               fix=QUIET.format("p0"), fix_down=QUIET.format("p0"))
    yield case("a MAC", SHORT + "bridge-ports p2;"
               "bridge-hw 02:00:00:00:07:07", differs="`bridge-hw`",
               fix="ip link set p2 address 02:00:00:00:02:02;"
               "ip link set br0 down; ip -6 addr flush dev br0;"
               "ip link set br0 address 02:00:00:00:07:07 up",
               fix_down="ip link set p2 address 02:00:00:00:02:02")
    yield case("a cost", SHORT + "bridge-ports p2; bridge-pathcost p2 7",
               differs="`bridge-pathcost` and `bridge-portprio`",
               fix="ip link set p2 type bridge_slave cost 7")
    yield case("a priority", SHORT + "bridge-ports p2; bridge-portprio p2 7",
               differs="`bridge-pathcost` and `bridge-portprio`",
               fix="ip link set p2 type bridge_slave priority 7")
    yield case("a lower MAC joins", SHORT + "bridge-ports p1",
               before="ip link set eth0 address 02:00:00:00:00:01",
               after="ip link set eth0 master br0",
               differs="A port that comes later",
               fix="ip link set br0 address 02:00:00:00:02:01")


GROUPS = (plain_cases, option_cases, different_cases)
