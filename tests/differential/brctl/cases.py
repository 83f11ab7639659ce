# SPDX-License-Identifier: GPL-2.0-or-later
"""The command lines, and where ours is another program on purpose.

A difference is named by the first words of its row in docs/brctl.md. There ours
must print what is said here, and change nothing or what `fix` does; whether the
original did so, too (as where the kernel refuses anyway), does not matter.
"""
import dataclasses

# ip -batch. br0: up, a port with a link and one that is down; br1: without
# ports; br2: down, with a port; p3: nobody's.
PLAIN = [
    "link add br0 address 02:00:00:00:01:00 type bridge",
    "link add br1 address 02:00:00:00:01:01 type bridge",
    "link add br2 address 02:00:00:00:01:02 type bridge",
    "link add abcdefghijklmno address 02:00:00:00:01:03 type bridge",
    "link add br\u00fc address 02:00:00:00:01:04 type bridge",
    *(f"link add p{i} address 02:00:00:00:02:0{i} type veth"
      f" peer name q{i} address 02:00:00:00:03:0{i}" for i in range(4)),
    "link set p0 master br0", "link set p1 master br0",
    "link set p2 master br2",
    "link set p0 up", "link set q0 up", "link set br0 up",
    "link set p3 up", "link set q3 up",
]
# STP is on where no port has a link, so that nothing moves by itself.
STP = [*PLAIN, "link set q0 down", "link set br0 type bridge stp_state 1"]
# Brings what the numbers' verbs changed to one value. A rebuilt namespace is
# the same, and slower.
LEVEL = [
    "link set br0 type bridge ageing_time 30000 forward_delay 1500"
    " hello_time 200 max_age 2000 priority 32768",
    "link set br1 type bridge ageing_time 30000 forward_delay 1500"
    " hello_time 200 max_age 2000 priority 32768 stp_state 0",
    "link set p0 type bridge_slave cost 2 priority 32 hairpin off",
]

LONG = "br0456789abcdefg"  # one more than a name may have
LONGER = "n" * 300


@dataclasses.dataclass
class Case:
    argv: list
    differs: str = ""       # the name of the difference
    says: str = ""          # ours, on stderr
    status: int = 1         # ours
    fix: tuple = ()         # ip -batch: what ours has done, or the kernel
    #                         refused to both
    nobody: bool = False    # run as somebody without privileges


def case(words, *more, **attributes):
    return Case([*words.split(), *more], **attributes)


VERBS = {  # how many words it needs, how many a plain call has
    "addbr": 1, "delbr": 1, "addif": 2, "delif": 2, "hairpin": 3,
    "setageing": 2, "setbridgeprio": 2, "setfd": 2, "sethello": 2,
    "setmaxage": 2, "setpathcost": 3, "setportprio": 3, "show": 0,
    "showmacs": 1, "showstp": 1, "stp": 2,
}


def usage_cases():
    for words in ("", "--help", "-h", "-V", "--version", "-x", "--foo",
                  "--hel", "--ver", "-hV", "-Vh", "-xh", "foo", "Show", "sho",
                  "--", "-- show", "-- -h", "show -h", "show --help",
                  "-h foo", "foo -h", "foo -V", "-h -V", "--help=1",
                  "--version=x", "-", "- show", "show -", "setgcint",
                  "setgcint br0", "setgcint br0 4", "setgcint br0 x",
                  "addbr --", "addbr -x", "-x addbr n0", "addbr -h n0",
                  "brctl show", "help", "version"):
        yield case(words)
    yield case("", "")
    yield case("", " show")
    yield case("", "x" * 5000)
    yield case("", "\u00fc")
    for verb, needs in VERBS.items():
        for count in range(needs):
            yield case(verb, *["br0"] * count)
            yield case(verb, *[""] * count)
            yield case(verb, *["-1"] * count)


def bridge_cases():
    yield from map(case, (
        "addbr br0", "addbr p0", "addbr lo", "addbr n1", "addbr n1",
        "addbr n2 n3", "addbr n3 br0", "addbr br0 n4", "addbr n.5",
        "addbr n-6", "addbr abcdefghijklmn2", "-- addbr -n7", "addbr N1",
        "addbr .", "addbr ..", "addbr ...", "addbr a/b", "addbr a:b",
        "addbr all", "addbr default", "addbr @", "addbr \\n", "addbr *",
        "addbr n%d", "addbr n%d", "addbr n%d", "addbr %d", "addbr x%dy",
        "addbr x%dy", "addbr %s", "addbr %", "addbr %%d", "addbr %d%d",
        "addbr a%d%s", "addbr n%", "addbr n%5d", "addbr abcdefghijkl%d",
        "delbr none", "delbr p0", "delbr p3", "delbr lo", "delbr br0",
        "delbr br1 br2", "delbr br1", "delbr br2", "delbr br2", "delbr a/b",
        "delbr .", "delbr ..", "delbr n%d", "delbr n1", "delbr N1",
        "delbr abcdefghijklmno", "-- delbr -n7", "delbr n.5 br0"))
    for name in ("", " ", "a b", "a\n", "\t", "a\x01", "\x7f"):
        if name != "a\x01" and name != "\x7f":
            yield case("addbr", name)
        yield case("delbr", name)
    yield case("addbr", LONG, differs="Names that are too long",
               says="add bridge failed: File name too long\n")
    yield case("addbr", LONGER, differs="Names that are too long",
               says="add bridge failed: File name too long\n")
    yield case("addbr abcdefghijklmn%d", differs="Names that are too long",
               says="add bridge failed: File name too long\n")
    yield case("addbr", "br\u00fc")
    yield case("delbr", "br\u00fc")
    yield case("addbr", "n\u00fc", differs="Names beyond ASCII",
               says="add bridge failed: Invalid argument\n")
    yield case("addbr", "a\x01", differs="Names beyond ASCII",
               says="add bridge failed: Invalid argument\n")
    for name in (LONG, LONGER, "abcdefghijklmnop"):
        yield case("delbr", name, differs="Names that are too long",
                   says=f"bridge {name} doesn't exist; can't delete it\n")


def member_cases():
    yield from map(case, (
        "addif br0 p0", "addif br1 p0", "addif br2 p0", "addif none p3",
        "addif br0 none", "addif none none", "addif p1 p3", "addif p1 p0",
        "addif lo p3", "addif br0 br1", "addif br0 br0", "addif br0 lo",
        "addif none lo", "addif lo lo", "addif br1 br0 p3",
        "addif br1 none p3", "addif br0 p3 none", "addif br0 p3",
        "delif br0 p3 none", "addif br1 q1 q2 q3 p3", "addif br1 q1",
        "delif br1 q1 q1", "delif br1 q2 p0 q3", "delif br1 q3 p3",
        "delif br0 none", "delif none p0", "delif none none", "delif br1 p0",
        "delif br0 q0", "delif p1 p0", "delif p1 none", "delif lo lo",
        "delif br0 br0", "delif br0 br1", "delif br0 p0 p1", "delif br0 p0",
        "addif br0 p0 p1", "addif br2 p0", "delif br2 p2 p2",
        "addif br1 p2", "addif br1 p2", "addif a/b p3", "addif br0 a/b",
        "addif . p3", "addif br0 .", "addif br0 p%d"))
    for verb in ("addif", "delif"):
        yield case(verb, "", "")
        yield case(verb, "", "p3")
        yield case(verb, "br0", "")
        yield case(verb, "br0", " p0")
        yield case(verb, "br\u00fc", "p3")
        yield case(verb, "br0", LONG)
        yield case(verb, "br0", LONGER)
        yield case(verb, LONG, "none")
        for name in (LONGER, "abcdefghijklmnop"):
            port = "p3" if verb == "addif" else "p1"
            yield case(verb, name, port, differs="Names that are too long",
                       says=f"bridge {name} does not exist!\n")


# Words that the original reads a part of, and what they are not.
TRAILING = ("15abc", "2,5", "3s", "5ms", "7 x", "0x", "10-", "5.5.5", "3e")
NOT_FINITE = ("inf", "nan", "infinity", "-inf")
TIME_VALUES = (
    "0", "1", "2", "5", "10", "11", "20", "30", "30.01", "31", "40", "41",
    "4", "6", "70", "300", "65535", "65536", "70000", "99999", "42949672",
    "0.0", "0.5", ".5", "5.", "1.5", "2.25", "1.99", "0.01", "0.009", "1e1",
    "1e-5", "2E0", "0x10", "0x1.8p1", "010", "+3", " 7", "7 ", "\t8\n", "08")
TIME_GARBAGE = ("abc", "", " ", "-", "+", ".", "e5", "--", "on", "_1", "x10")
HUNDREDTHS = {"2.3": 230, "0.29": 29, "4.35": 435, "9.95": 995, "17.1": 1710}
TIMES = {  # the words for failures, ip's word
    "setageing": ("bad ageing time value", "set ageing time", "ageing_time"),
    "setfd": ("bad forward delay value", "set forward delay",
              "forward_delay"),
    "sethello": ("bad hello timer value", "set hello timer", "hello_time"),
    "setmaxage": ("bad max age value", "set max age", "max_age"),
}
PRIORITY_VALUES = ("0", "1", "5", "4096", "32768", "65535", "0x8000", "0x10",
                   "010", "+3", " 7", "7 ", "\t8\n", "0X1f")
NUMBER_TRAILING = ("15abc", "1.5", "2,5", "0x", "08", "1e3", "5.", "0.99",
                   "0b1", "7 x")
NUMBER_GARBAGE = ("abc", "", " ", "-", "+", ".5", "x10", "inf", "on")
RANGE = "Numerical result out of range"
NOWHERE = ("none", "lo", "p0", "p3", "", " ", ".", "..", "a/b", "br%d")


def time_cases():
    for verb, (bad, what, word) in TIMES.items():
        for value in (*TIME_VALUES, *TIME_GARBAGE):
            yield case(f"{verb} br0", value)
        for value in TRAILING:
            yield case(f"{verb} br0", value, differs="Text behind a number",
                       says=f"{bad}\n")
        for value in NOT_FINITE:
            yield Case(["--", verb, "br0", value],
                       differs="Numbers that are none", says=f"{bad}\n")
        for value in ("42949673", "99999999999", "1e300", "-1", "-0.5"):
            yield Case(["--", verb, "br0", value],
                       differs="Numbers that do not fit",
                       says=f"{what} failed: {RANGE}\n")
        for value, cs in HUNDREDTHS.items():
            yield case(f"{verb} br0", value, differs="Hundredths", status=0,
                       fix=(f"link set br0 type bridge {word} {cs}",))
        yield from target_cases(verb, "5", what)


def target_cases(verb, value, what):
    """A verb for a bridge, and what is no bridge."""
    for name in NOWHERE:
        yield case(verb, name, value)
    yield case(f"{verb} none abc")
    yield case(f"{verb} none", "5" * 30)
    yield case(f"{verb} br1", value, "more", "words")
    yield case(f"{verb} br2", value)
    yield case(f"{verb} br0 -1")
    yield case(f"{verb} abcdefghijklmno", value)
    yield case(f"{verb} br\u00fc", value)
    yield case(f"{verb} abcdefghijklmnop", value,
               differs="Names that are too long",
               says=f"{what} failed: No such device\n")
    yield case(f"{verb} br0/../br1", value, differs="Paths as names",
               says=f"{what} failed: No such device\n")


def priority_cases():
    for value in (*PRIORITY_VALUES, *NUMBER_GARBAGE):
        yield case("setbridgeprio br0", value)
    for value in NUMBER_TRAILING:
        yield case("setbridgeprio br0", value, says="bad priority\n",
                   differs="Text behind a number")
    for value in ("65536", "70000", "99999", "4294967295", "4294967296",
                  "99999999999", "9" * 30, "-1", "-65535"):
        yield Case(["--", "setbridgeprio", "br0", value],
                   differs="Numbers that do not fit",
                   says=f"set bridge priority failed: {RANGE}\n")
    yield from target_cases("setbridgeprio", "7", "set bridge priority")


def switch_cases():
    for word in ("on", "off", "yes", "no", "1", "0", "ON", "Off", "maybe", "",
                 "true", "false", "2", "01", "on ", " on", "onn", "o", "y",
                 "enable"):
        yield case("stp br0", word)
        yield case("stp br1", word)
        yield case("hairpin br0 p0", word)
        yield case("hairpin br0 p1", word)
    yield from target_cases("stp", "on", "set stp status")
    yield from map(case, (
        "stp none maybe", "stp br0 on off", "stp br0 off on",
        "hairpin none p0 on", "hairpin br0 none on", "hairpin none none on",
        "hairpin none none x", "hairpin br0 p3 on", "hairpin br0 q0 on",
        "hairpin br0 br0 on", "hairpin br0 lo on", "hairpin br0 p0 on off",
        "hairpin br2 p2 1", "hairpin lo lo on", "hairpin . p0 on",
        "hairpin br0 . on", "hairpin br0 a/b on", "hairpin br0 p0 off"))
    yield case("hairpin", "", "p0", "on")
    yield case("hairpin", "br0", "", "on")
    for bridge, text in (("br1", "No such file or directory"),
                         ("br2", "No such file or directory"),
                         ("q0", "Operation not supported"),
                         ("lo", "Operation not supported")):
        yield case(f"hairpin {bridge} p0 on",
                   differs="A port of another bridge",
                   says="can't set p0 to hairpin on bridge "
                        f"{bridge}: {text}\n")
    yield case("hairpin abcdefghijklmnop p0 on",
               differs="A port of another bridge",
               says="bridge abcdefghijklmnop does not exist!\n")


def port_cases():
    for verb, bad, what, values in (
            ("setpathcost", "bad path cost value", "set path cost",
             ("0", "1", "63", "64", "100", "65535", "65536", "70000")),
            ("setportprio", "bad path priority value", "set port priority",
             ("0", "1", "32", "63", "64", "255", "256", "65535", "65536"))):
        for port in ("p0", "p1"):
            for value in (*values, *NUMBER_GARBAGE, "0x10", "010", "+3",
                          " 7", "7 "):
                yield case(f"{verb} br0 {port}", value)
        for value in NUMBER_TRAILING:
            yield case(f"{verb} br0 p0", value, says=f"{bad}\n",
                       differs="Text behind a number")
        for value in ("4294967297", "4294967296", "99999999999", "9" * 30,
                      "-1", "-4294967295"):
            yield Case(["--", verb, "br0", "p0", value],
                       differs="Numbers that do not fit",
                       says=f"{what} failed: {RANGE}\n")
        for words in ("br0 none 5", "none none 5", "br0 q0 5", "br0 p3 5",
                      "br0 br0 5", "br0 lo 5", "none p3 5", "lo lo 5",
                      "br0 none abc", "none p0 abc", "br2 p2 5",
                      "br0 p0 5 6", "br0 p0 -1", "br0 a/b 5", "br0 . 5"):
            yield case(f"{verb} {words}")
        yield case(verb, "br0", "", "5")
        for bridge, text in (("none", "No such device"),
                             ("br1", "No such file or directory"),
                             ("p0", "Operation not supported"),
                             ("", "No such device"),
                             ("abcdefghijklmnop", "No such device")):
            yield case(verb, bridge, "p0", "9",
                       differs="A port of another bridge",
                       says=f"{what} failed: {text}\n")


def nobody_cases():
    """Without privileges."""
    for words in ("addbr n1", "addbr br0", "delbr br1", "delbr lo", "addif br1 p3", "addif none p3",
                  "addif br1 none", "delif br0 p0", "delif none p0",
                  "setfd br0 5", "setfd none 5", "setfd lo 5", "setfd br0 x",
                  "setageing br0 5", "sethello br0 5", "setmaxage br0 30",
                  "setbridgeprio br0 5", "stp br0 on", "setpathcost br0 p0 5",
                  "setportprio br0 p0 5", "setpathcost br0 none 5",
                  "hairpin br0 none on", "hairpin none p0 on",
                  "hairpin br0 p3 on", "show", "show br0", "show none"):
        yield case(words, nobody=True)
    yield case("hairpin br0 p0 on", nobody=True, differs="Without privileges",
               says="can't set p0 to hairpin on bridge br0: "
                    "Operation not permitted\n")
    yield case("delbr none", nobody=True, differs="Without privileges",
               says="bridge none doesn't exist; can't delete it\n")
    for words, says in (
            ("delbr br0", "bridge br0 is still up; can't delete it\n"),
            ("addif br1 lo", "can't add lo to bridge br1: "
                             "Operation not permitted\n"),
            ("addif br1 p0", "device p0 is already a member of a bridge; "
                             "can't add it to bridge br1.\n"),
            ("delif br1 p0", "device p0 is not a port of br1\n")):
        yield case(words, nobody=True, differs="Without privileges",
                   says=says)


# Name, what there is, the command lines one after the other.
GROUPS = (
    ("usage", PLAIN, usage_cases),
    ("bridges", PLAIN, bridge_cases),
    ("members", PLAIN, member_cases),
    ("times", PLAIN, time_cases),
    ("times under STP", STP, time_cases),
    ("priorities", PLAIN, priority_cases),
    ("switches", PLAIN, switch_cases),
    ("ports", PLAIN, port_cases),
    ("ports under STP", STP, port_cases),
    ("nobody", PLAIN, nobody_cases),
)
