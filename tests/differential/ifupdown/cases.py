# SPDX-License-Identifier: GPL-2.0-or-later
"""The stanzas, and where ours is another one on purpose.

A difference is named by the first words of its row in docs/ifupdown.md. There
`fix` (for sh; behind ifdown `fix_down`) brings the original's host to what ours
must be; `status` is how ours ends.
"""
import dataclasses

# ip -batch. p0, p1: with a link; p2: without one; p3: a port of br9; e0 to e2:
# NICs by the names that "all" means; vif1.0, vif2.0: guests'.
NAMES = ("p0", "p1", "p2", "p3", "eth0", "em0", "en0", "vif1.0", "vif2.0")
PLAIN = [
    *(f"link add {name} address 02:00:00:00:02:0{i} type veth"
      f" peer name q{i} address 02:00:00:00:03:0{i}"
      for i, name in enumerate(NAMES)),
    *(f"link set q{i} up" for i in (0, 1, 3)),
    "link add br9 address 02:00:00:00:01:09 type bridge",
    "link set p3 master br9", "link set p3 up", "link set br9 up",
]


@dataclasses.dataclass
class Case:
    name: str
    options: str            # of the stanza, one per ";"
    method: str = "inet manual"
    more: str = ""          # more stanzas, whole
    before: str = ""        # for sh, before ifup
    after: str = ""         # for sh, behind ifup
    between: str = ""       # for sh, before ifdown
    iface: str = "br0"
    every: bool = False     # ifup -a
    again: bool = False     # ifup --force once more
    raw: bool = False       # what all cases differ in is looked at, too
    differs: str = ""
    fix: str = ""
    fix_down: str = ""
    status: int = 0


def stanza(case):
    return "".join([
        f"auto {case.iface}\n" if case.every else "",
        f"iface {case.iface} {case.method}\n",
        *(f"    {line.strip()}\n" for line in case.options.split(";")),
        case.more])


SHORT = "bridge_maxwait 0;"
STATIC6 = "iface br0 inet6 static\n    address 2001:db8::1/64\n"
ADDRESS = "address 192.0.2.1/24;"


def plain_cases():
    yield Case("two ports", "bridge_ports p0 p1")
    yield Case("twice", "bridge_ports p0 p1; bridge_fd 0", again=True)
    yield Case("no ports", "bridge_ports none")
    yield Case("an address", ADDRESS + "bridge_ports p0; bridge_fd 0",
               "inet static")
    yield Case("both families", ADDRESS + "bridge_ports p0", "inet static",
               more=STATIC6)
    yield Case("both families with ports", ADDRESS + "bridge_ports p0",
               "inet static", more=STATIC6 + "    bridge_ports p0\n")
    yield Case("all of them", "bridge_ports p0", every=True,
               more="auto br1\niface br1 inet manual\n    bridge_ports p1\n")
    yield Case("no bridge", "bridge_fd 3", iface="p0")
    yield Case("upper case words", "bridge_ports P0 p0")
    yield Case("a port without a link", SHORT + "bridge_ports p2 p0")
    yield Case("a port that works and has an address", "bridge_ports p0",
               before="ip addr add 192.0.2.9/24 dev p0; ip link set p0 up")
    yield Case("a bridge that is there", "bridge_ports p0; bridge_fd 2",
               before="ip link add br0 address 02:00:00:00:01:00 type bridge;"
               "ip link set p1 master br0")
    yield Case("a guest beside", "bridge_ports p0",
               between="ip link set q7 up; ip link set vif1.0 up master br0")
    yield Case("gone before ifdown", ADDRESS + "bridge_ports p0",
               "inet static", between="ip link del br0")


def port_cases():
    yield Case("an expression", "bridge_ports regex p[01]")
    yield Case("an expression and a name",
               "bridge_ports regex p[01] noregex eth0;" + SHORT)
    yield Case("an alternative", "bridge_ports regex (p0|p1)")
    yield Case("half an alternative", SHORT + "bridge_ports regex em|n0")
    yield Case("nothing matches", "bridge_ports regex zz.*")
    yield Case("a guest by an expression", SHORT + "bridge_ports regex eth.*")
    yield Case("all", SHORT + "bridge_ports all",
               before="ip link del br9")
    yield Case("a port that is not there", SHORT + "bridge_ports p0 nosuch")
    yield Case("a VLAN's port", SHORT + "bridge_ports p0.10")


def option_cases():
    yield Case("every option", SHORT + "bridge_ports p0 p1; bridge_ageing 100;"
               "bridge_bridgeprio 4096; bridge_fd 7; bridge_hello 1;"
               "bridge_maxage 10; bridge_pathcost p0 77;"
               "bridge_portprio p1 5; bridge_stp on; bridge_waitport 0")
    for option in ("ageing 0", "ageing 1.5", "ageing 1000000", "ageing abc",
                   "ageing -1", "bridgeprio 0", "bridgeprio 65535",
                   "bridgeprio 0x10", "bridgeprio abc",
                   "hello 1", "hello 10", "hello 0.5", "hello 11", "hello x",
                   "maxage 6", "maxage 40", "maxage 5", "maxage 41",
                   "fd 0", "fd 1", "fd 30", "fd 31", "fd 2.5", "fd x",
                   "gcint 4", "stp on", "stp off", "stp yes", "stp no",
                   "stp maybe", "pathcost p0 1", "pathcost p0 65535",
                   "pathcost p0 0", "pathcost p0 65536",
                   "pathcost nosuch 7", "pathcost p0", "portprio p0 0",
                   "portprio p0 63", "portprio p0 64", "portprio p0 129",
                   "vlan_aware no", "vlan_aware yes",
                   "hw 02:00:00:00:07:07", "hw p1", "hw nosuch",
                   "unknown 1"):
        yield Case(option, SHORT + f"bridge_ports p0; bridge_{option}")
    for delay in ("0", "1.99", "2", "30", "30.01"):
        yield Case(f"STP and fd {delay}",
                   SHORT + f"bridge_ports p0; bridge_stp on; bridge_fd {delay}")
    yield Case("STP goes off on a bridge that is there",
               SHORT + "bridge_ports p0; bridge_stp off; bridge_fd 0",
               before="ip link add br0 address 02:00:00:00:01:00 type bridge"
               " stp_state 1 forward_delay 2000")
    yield Case("STP goes on on a bridge that is there",
               SHORT + "bridge_ports p0; bridge_stp on",
               before="ip link add br0 address 02:00:00:00:01:00 type bridge"
               " forward_delay 0")
    yield Case("waits for the ports to forward",
               "bridge_ports p0; bridge_stp on; bridge_fd 2")
    yield Case("an MTU", ADDRESS + "mtu 1400; bridge_ports p0 p1",
               "inet static")
    yield Case("an MTU that is refused", ADDRESS + "mtu 65535;"
               "bridge_ports p0", "inet static")
    yield Case("an MTU in another MTU's company",
               SHORT + "bridge_ports p0 p1", before="ip link set p1 mtu 1300")
    yield Case("no port yet", SHORT + "bridge_ports nosuch;"
               "bridge_waitport 1 nosuch")


GUESTS = {i: f"ip link add vif{i}.0 address 02:00:00:00:02:0{i + 6} type veth"
          f" peer name q{i + 6} address 02:00:00:00:03:0{i + 6};"
          f"ip link set vif{i}.0 addrgenmode none up;"
          f"ip link set vif{i}.0 down;" for i in (1, 2)}


def different_cases():
    for port in ("p3", "br9", "lo"):
        yield Case(f"{port} as a port", SHORT + f"bridge_ports p0 {port}",
                   differs="A port that cannot be had",
                   fix=f"ip link set {port} addrgenmode eui64")
    yield Case("a cost of another bridge's port",
               SHORT + "bridge_ports p0; bridge_pathcost p3 7",
               differs="Another bridge's port",
               fix="ip link set p3 type bridge_slave cost 2")
    yield Case("a priority of another bridge's port",
               SHORT + "bridge_ports p0; bridge_portprio p3 7",
               differs="Another bridge's port",
               fix="ip link set p3 type bridge_slave priority 32")
    yield Case("all and more", SHORT + "bridge_ports all regex vif2.*",
               before="ip link del br9; ip link del vif1.0",
               differs="`regex` right behind",
               fix="ip link set vif2.0 addrgenmode none;"
               "ip link set vif2.0 master br0; ip link set vif2.0 up",
               between="ip link del vif2.0")
    yield Case("a guest's vif by name", SHORT + "bridge_ports p0 vif1.0",
               differs="A port with a dot in its name",
               fix_down=GUESTS[1])
    yield Case("guests by an expression", SHORT + "bridge_ports regex vif.*",
               differs="A port with a dot in its name",
               fix_down=GUESTS[1] + GUESTS[2])
    yield Case("text behind a number",
               SHORT + "bridge_ports p0; bridge_fd 7abc",
               differs="Text behind a number",
               fix="ip link set br0 type bridge forward_delay 1500")
    yield Case("several costs",
               SHORT + "bridge_ports p0 p1; bridge_pathcost p0 7 p1 8",
               differs="Several costs or priorities",
               fix="ip link set p1 type bridge_slave cost 8")
    yield Case("true", SHORT + "bridge_ports p2; bridge_stp true",
               differs="More words for on and off",
               fix="ip link set br0 type bridge stp_state 1")
    yield Case("an interface that is no bridge",
               SHORT + "bridge_ports em0", iface="eth0",
               before="for i in eth0 em0; do ip link set $i up;"
               " ip link set $i down; done",
               differs="An interface that is no bridge", status=1,
               fix="ip link set em0 down; ip link set em0 addrgenmode eui64;"
               "ip link set eth0 down")
    for words in ("(e)m0\\1*", "em{1}0"):
        yield Case(words, SHORT + f"bridge_ports p0 regex {words}",
                   before="ip link set em0 up; ip link set em0 down",
                   differs="Costly expressions",
                   fix="ip link set em0 nomaster; ip link set em0 down;"
                   "ip link set em0 addrgenmode eui64")
    yield Case("a port that is down", SHORT + "bridge_ports p0",
               before="ip link add br0 address 02:00:00:00:01:00 type bridge;"
               "ip link set p0 master br0",
               differs="A port that is down",
               fix="ip link set p0 addrgenmode none; ip link set p0 up",
               fix_down="ip link set p0 addrgenmode none")
    yield Case("MAC of a bridge that is there",
               SHORT + "bridge_ports p0; bridge_hw 02:00:00:00:07:07",
               before="ip link add br0 address 02:00:00:00:01:00 type bridge",
               differs="The MAC of a bridge that is there",
               fix="ip link set br0 down;"
               "ip link set br0 address 02:00:00:00:07:07 up")
    yield Case("a lower MAC joins", SHORT + "bridge_ports p1",
               before="ip link set eth0 address 02:00:00:00:00:01",
               after="ip link set eth0 master br0",
               differs="A port that comes later",
               fix="ip link set br0 address 02:00:00:00:02:01")


GROUPS = (plain_cases, port_cases, option_cases, different_cases)
