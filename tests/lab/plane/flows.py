# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes on between two guests while something is killed: a TCP connection
and numbered datagrams, both to and fro, and who watches the links."""
import contextlib
import json

from case import B4, labtool

# Sends numbered lines over one TCP connection, and waits for each to come
# back, until SIGINT: how many, and the waits of more than WAIT ms, each with
# its begin and end (monotonic clock, s).
WAIT_MS = 3
ECHO = f"""
import json, signal, socket, sys, time
WAIT_MS = {WAIT_MS}
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGINT, end)
s = socket.create_connection((sys.argv[1], 5006), timeout=20)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
f = s.makefile("rw")
print("ready", flush=True)
number, waits = 0, []
while going:
    begin = time.monotonic()
    f.write(str(number) + "\\n")
    f.flush()
    if f.readline() != str(number) + "\\n":
        sys.exit("wrong after " + str(number))
    ended = time.monotonic()
    if ended - begin > WAIT_MS / 1000:
        waits.append((begin, ended))
    number += 1
    time.sleep(0.001)
print(json.dumps(dict(rounds=number, waits=waits)), flush=True)
"""
SERVE = """
import socket
s = socket.create_server(("", 5006))
print("ready", flush=True)
c, _ = s.accept()
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := c.recv(65536):
    c.sendall(data)
"""
# Numbered datagrams, each of which is sent back, until SIGINT: how many there
# were, how many did not come back, and how many came twice. No more than WINDOW
# are under way, so that no queue overflows however long it takes; what has not
# come for 2 s is lost.
WINDOW = 8
FLOW = """
import select, signal, socket, struct, sys, time
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGINT, end)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 5005))
print("ready", flush=True)
number = lost = twice = 0
under_way = {}
while going or under_way:
    while going and len(under_way) < int(sys.argv[2]):
        s.send(struct.pack(">I", number))
        under_way[number] = time.monotonic()
        number += 1
    if select.select([s], [], [], 0.01)[0]:
        back = struct.unpack(">I", s.recv(64))[0]
        twice += under_way.pop(back, None) is None
    late = [n for n, at in under_way.items() if time.monotonic() - at > 2]
    lost += len(late)
    for n in late:
        del under_way[n]
print(number, lost, twice, flush=True)
"""
REFLECT = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5005))
print("ready", flush=True)
while True:
    data, who = s.recvfrom(64)
    s.sendto(data, who)
"""
# What the kernel says of links, until SIGINT.
MONITOR = """
ip -o monitor link &
echo ready
trap 'kill $!; exit' INT
wait
"""


class Flows:
    """What the flows had to say at their end."""

    def __init__(self):
        self.rounds = 0
        self.waits = []  # s
        self.sent = self.lost = self.twice = 0
        self.links = ""

    def longest_ms(self, since=0.0, until=float("inf")):
        """The longest wait that overlaps this time; at least WAIT_MS."""
        return max([(end - begin) * 1000 for begin, end in self.waits
                    if end >= since and begin <= until], default=WAIT_MS)

    def links_that_fell(self):
        """Announcements of vifs that were deleted or went down."""
        return [line for line in self.links.splitlines() if "vif" in line and
                ("Deleted" in line or
                 ("state" in line and "LOWER_UP" not in line))]


@contextlib.contextmanager
def going(lab):
    """They go on from guest `a` to guest `b` while the body runs; afterwards
    they are in what was yielded."""
    flows = Flows()
    with lab.going("b", "ready", "python3", "-c", SERVE), \
            lab.going("b", "ready", "python3", "-c", REFLECT), \
            lab.going("dom0", "ready", "sh", "-c", MONITOR) as monitor, \
            lab.going("a", "ready", "python3", "-c", ECHO, B4) as echo, \
            lab.going("a", "ready", "python3", "-c", FLOW, B4,
                      str(WINDOW)) as flow:
        yield flows
        said = json.loads(labtool.end(echo))
        flows.rounds, flows.waits = said["rounds"], said["waits"]
        flows.sent, flows.lost, flows.twice = map(
            int, labtool.end(flow).split())
        flows.links = labtool.end(monitor)
