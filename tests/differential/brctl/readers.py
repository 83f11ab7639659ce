# SPDX-License-Identifier: GPL-2.0-or-later
"""The verbs that only read, on bridges whose timers run.

Ours runs between two runs of the original. Where those two agree but for
their timers, ours must say the same; each timer's value must lie between the
two of the original, unless it was wound up in between. Where they do not agree
something moved meanwhile: again.
"""
import re
import time

ATTEMPTS = 50
SETTLE_SECONDS = 60  # against hangs
TIMER = re.compile(
    r"((?:hello|tcn|topology change|gc|message age|forward delay|hold) timer"
    r"\t+)( *\d+\.\d\d)")
AGE = re.compile(r"(^ *\d+\t(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\t\w+\t\t)"
                 r"( *\d+\.\d\d)$", re.M)

NOTHING = []
NAMES = [
    *(f"link add {name} address 02:00:00:00:01:0{i} type bridge"
      for i, name in enumerate(("zbr", "Abr", "br_1", "br10", "br2",
                                "abcdefghijklmno", "b.r", "b-r"))),
    *(f"link add p{i} address 02:00:00:00:02:{i:02x} type veth"
      f" peer name q{i} address 02:00:00:00:03:{i:02x}"
      for i in (9, 10, 1, 3, 2, 12)),
    "link add Pa address 02:00:00:00:04:00 type veth peer name pa"
    " address 02:00:00:00:04:01",
    *(f"link set {port} master br2"
      for port in ("p9", "p10", "Pa", "p1", "pa", "p3", "p12")),
    "link set q2 master Abr",
    "link set br2 type bridge priority 0", "link set zbr type bridge"
    " priority 65535 max_age 600 ageing_time 0 hello_time 150",
]
# A root with a port in every state, and a bridge below it by two ways. The
# forward delay is longer than any test, so listening and learning stay.
TREE = [
    "link add br0 address 02:00:00:00:01:00 type bridge priority 4096"
    " forward_delay 360000 ageing_time 360000",
    "link add br1 address 02:00:00:00:01:01 type bridge forward_delay 360000",
    "link set br0 up", "link set br1 up",
    *(f"link add p{i} address 02:00:00:00:02:0{i} type veth"
      f" peer name q{i} address 02:00:00:00:03:0{i}" for i in range(8)),
    *(f"link set p{i} master br0" for i in range(6)),
    *(f"link set {port} master br1" for port in ("q5", "q6", "p7")),
    *(f"link set {side}{i} up" for i in (0, 1, 2, 4, 5, 6, 7)
      for side in "pq"),
    "link set p0 type bridge_slave hairpin on cost 77 priority 5",
]
LISTEN = ["link set p1 type bridge_slave state 1",
          "link set p2 type bridge_slave state 2"]
STP_ON = ["link set br0 type bridge stp_state 1",
          "link set br1 type bridge stp_state 1"]
# Without STP a loop would never end. The second way blocks a port of br1 that
# has forwarded: a change of the topology, which br1 tells the root.
LOOPS = ["link set q4 master br0", "link set p6 master br0"]
# While the topology changes, stations are out of date after a forward delay,
# and stay in the table until the next sweep.
CHANGING = [
    "link add br0 address 02:00:00:00:01:00 type bridge stp_state 1"
    " forward_delay 200",
    "link add p0 address 02:00:00:00:02:00 type veth"
    " peer name q0 address 02:00:00:00:03:00",
    "link set p0 master br0",
    *(f"link set {link} up" for link in ("br0", "p0", "q0")),
]
OLD = "bridge fdb add 00:16:3e:00:00:01 dev p0 master dynamic"
SEE_STALE = "bridge -s fdb show br br0 | grep 00:16:3e || true"
STATIONS = """
bridge fdb add 00:16:3e:00:00:09 dev p0 master static
bridge fdb add 00:16:3e:00:00:01 dev p5 master dynamic
bridge fdb add 00:16:3e:00:00:05 dev p2 master dynamic
bridge fdb add f2:16:3e:00:00:05 dev p2 master local
bridge fdb add 00:16:3d:ff:ff:ff dev p1 master extern_learn
bridge fdb add 00:16:3e:00:00:0a dev br0 self local
i=0
while [ $i -lt 99 ]; do
    echo fdb add "0a:00:00:00:$i:1$((i % 10))" dev p$((i % 2 * 2)) master dynamic
    i=$((i + 1))
done | bridge -batch -
"""

ASKED = {
    "nothing": (["show"], ["show", "none"], ["show", "lo"],
                ["showstp", "none"], ["showstp", "lo"], ["showmacs", "none"],
                ["showmacs", "lo"], ["showstp", ""], ["showmacs", ""],
                ["show", ""]),
    "names": (["show"], ["show", "br2"], ["show", "zbr"],
              ["show", "none", "br2", "none"], ["show", "br2", "br2"],
              ["show", "lo", "Abr"], ["show", "p9"], ["show", "br2", ""],
              ["show", "abcdefghijklmno"],
              ["showstp", "br2"], ["showstp", "zbr"], ["showstp", "Abr"],
              ["showstp", "br2", "zbr"], ["showstp", "zbr", "none"],
              ["showmacs", "br2"], ["showmacs", "zbr"], ["showmacs", "Abr"],
              ["showmacs", "br2", "none"], ["showmacs", "none", "br2"],
              ["showmacs", "p9"], ["showstp", "p9"], ["showmacs", "."]),
    "STP off": (["show"], ["showstp", "br0"], ["showstp", "br1"],
                ["showmacs", "br0"], ["showmacs", "br1"]),
    "STP on": (["show"], ["show", "br1"], ["showstp", "br0"],
               ["showstp", "br1"], ["showmacs", "br0"],
               ["showmacs", "br1"]),
    "changing": (["showmacs", "br0"],),
}
# Names that are too long: the original takes them for a bridge's that begins
# so. What ours prints on stderr.
TOO_LONG = {
    "show": "bridge abcdefghijklmnop does not exist!\n",
    "showstp": "bridge abcdefghijklmnop does not exist!\n",
    "showmacs": "read of forward table failed: No such device\n",
}


def count():
    return sum(map(len, ASKED.values())) + len(TOO_LONG)


def masked(result):
    status, out, err = result
    return [status, AGE.sub(r"\1AGE", TIMER.sub(r"\1TIMER", out)), err]


def times(result):
    return [[float(found[1]) for found in pattern.findall(result[1])]
            for pattern in (TIMER, AGE)]


def outside(before, ours, after):
    """Timers of ours that are not between the original's. They count down,
    ages count up; one that went the other way was wound up or heard anew."""
    timers = zip(*(times(result)[0] for result in (before, ours, after)))
    ages = zip(*(times(result)[1] for result in (before, ours, after)))
    return ([t for t in timers if t[0] >= t[2] and not t[0] >= t[1] >= t[2]] +
            [t for t in ages if t[0] <= t[2] and not t[0] <= t[1] <= t[2]])


def compare_one(space, original, ours, argv):
    """None, or what is wrong."""
    wrong = "the original never agreed with itself"
    for _ in range(ATTEMPTS):
        before, ours_said, after = [
            space.ask(what="run", program=program, argv=argv)
            for program in (original, ours, original)]
        if masked(before) != masked(after):
            continue
        if masked(ours_said) != masked(before):
            return f"the original {before}, ours {ours_said}"
        wrong = outside(before, ours_said, after)
        # Wound up between two of the three: the next time it is not.
        if not wrong:
            return None
        wrong = f"timers (original, ours, original): {wrong}"
    return wrong


def wait_until(space, true):
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        links = {link["ifname"]: link.get("linkinfo", {})
                 for link in space.ask(what="links")}
        if true(links):
            return
        assert time.monotonic() < end, links
        time.sleep(0.02)


def state_of(links, port):
    return links[port].get("info_slave_data", {}).get("state")


def is_forwarding(links):
    return all(state_of(links, port) == "forwarding"
               for port in ("p0", "p1", "p2", "p4", "p5", "q5", "q6", "p7"))


def is_root_known(links):
    return links["br1"]["info_data"]["root_port"] != 0


def is_tree(links):
    """The loop is cut, the second way blocked, and the root has been told."""
    return ("blocking" in (state_of(links, "q4"), state_of(links, "p4")) and
            state_of(links, "q6") == "blocking" and
            links["br0"]["info_data"]["topology_change_detected"] == 1)


def wait_for_stale(space):
    end = time.monotonic() + SETTLE_SECONDS
    while "stale" not in space.ask(what="shell", script=SEE_STALE):
        assert time.monotonic() < end, "no station is out of date"
        time.sleep(0.02)


def check_states(space):
    """What the comparison is worth: every state is there."""
    links = {link["ifname"]: link.get("linkinfo", {})
             for link in space.ask(what="links")}
    states = {state_of(links, port) for port in links}
    for state in ("disabled", "listening", "learning", "forwarding",
                  "blocking"):
        if state not in states:
            yield f"STP on: no port is {state}"


def compare_group(space, programs, name):
    for argv in ASKED[name]:
        wrong = compare_one(space, *programs, argv)
        if wrong:
            yield f"{name}: {argv}: {wrong}"


def compare_too_long(space, _, ours):
    for verb, says in TOO_LONG.items():
        argv = [verb, "abcdefghijklmnop"]
        said = space.ask(what="run", program=ours, argv=argv)
        if said != [1, "", says]:
            yield f"names: {argv}: ours {said}"


def compare(space, *programs):
    """Yields what is wrong."""
    space.ask(what="build", lines=NOTHING)
    yield from compare_group(space, programs, "nothing")
    space.ask(what="build", lines=NAMES)
    yield from compare_group(space, programs, "names")
    yield from compare_too_long(space, *programs)
    space.ask(what="build", lines=TREE)
    wait_until(space, is_forwarding)
    space.ask(what="change", lines=LISTEN)
    space.ask(what="shell", script=STATIONS)
    yield from compare_group(space, programs, "STP off")
    space.ask(what="change", lines=STP_ON)
    wait_until(space, is_root_known)
    space.ask(what="change", lines=LOOPS)
    wait_until(space, is_tree)
    yield from compare_group(space, programs, "STP on")
    yield from check_states(space)
    space.ask(what="build", lines=CHANGING)
    wait_until(space, lambda links: state_of(links, "p0") == "forwarding")
    space.ask(what="shell", script=OLD)
    wait_for_stale(space)
    yield from compare_group(space, programs, "changing")
