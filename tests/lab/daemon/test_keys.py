#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The store's keys one by one: what xenplaned does with what the toolstack,
the script and the guest write, and what it writes itself."""
import os
import sys
import unittest

from bed import BRIDGE, POLICY, PORT, DaemonCase, link, wait_until

MAC = "00:16:3e:00:00:55"
GARBAGE = ("", "0", "-1", "99999999999", "nonsense", "/../..", "x" * 3000)


class KeysCase(DaemonCase):
    """Every vif of a test is connected as any other; what differs is a key.
    The data process, which knows a vif by what it is told, is told the same
    of both if the key is not for the backend."""

    def setUp(self):
        super().setUp()
        self.domid = 0

    def connect(self, backend=(), frontend=()):
        """A vif with these keys beside the usual ones, all the way to
        Connected; everything that was said of it to the data process and is
        no number of its own, and its twin."""
        self.domid += 1
        domid = self.domid
        self.write_store(*[word for key, value in dict(frontend).items()
                           for word in (self.front(domid, key), value)],
                         self.front(domid, "state"), "1")
        seen = len(self.netback.seen)
        add, port = self.attach(domid, mac=MAC, **dict(backend))
        for key, value in dict(frontend).items():  # nobody removed them
            self.assertEqual(self.read_store(self.front(domid, key)), value)
        policy = next(m for m in self.netback.seen[seen:]
                      if m.type == POLICY and m.slot == add.slot)
        twin = link(f"vif{domid}.0")
        said = {
            "add": [add.handle, add.frontend, add.offload_off,
                    add.queue_count, add.queues[0][:2], add.ctrl_port,
                    add.resume],
            "policy": {name: value for name, value in vars(policy).items()
                       if name not in ("slot", "generation", "fd_count")},
            "port": [port.mtu, port.fast, port.forwarding, port.learning,
                     port.flood, port.twin_up, port.bridge],
            "twin": [twin["mtu"], twin["address"], twin["master"]],
            "problems": self.vif(domid)["problems"],
        }
        self.assertEqual(self.state(domid), "4")
        return said

    def assert_ignored(self, key, value, side="backend"):
        """At the connection, and whatever it becomes after it."""
        plain = self.connect()
        self.assertEqual(self.connect(**{side: {key: value}}), plain)
        where = self.back if side == "backend" else self.front
        count = len(self.netback.seen)
        store = self.open_store()
        for value in GARBAGE:
            store.write(where(self.domid, key), value)
        self.remove(where(self.domid, key))
        # One that is for the backend, in the end: it was told nothing else.
        self.write_store(self.back(self.domid, "rate"), "1000,50000")
        self.netback.expect(POLICY, rate_bytes=1000)
        self.assertEqual([m.type for m in self.netback.seen[count:]
                          if m.type not in (PORT, BRIDGE)], [POLICY])
        self.assertEqual(self.state(self.domid), "4")


class OfTheToolstack(KeysCase):
    def test_backend_handle(self):
        # The folder's name is the number.
        self.assert_ignored("handle", "7")

    def test_backend_script(self):
        # The toolstack runs it.
        self.assert_ignored("script", "/bin/false")

    def test_backend_type(self):
        self.assert_ignored("type", "vif_ioemu")

    def test_backend_vifname(self):
        # The script's, which renames the twin (see test_plane.py).
        self.assert_ignored("vifname", "web0")

    def test_backend_gatewaydev(self):
        self.assert_ignored("gatewaydev", "eth1")

    def test_backend_vlan(self):
        self.assert_ignored("vlan", "20")

    def test_backend_unknown(self):
        self.assert_ignored("feature-of-the-future", "1")

    def test_backend_used_keys_are_seen(self):
        """The control of those that are ignored."""
        plain = self.connect()
        for key, value, where in (("rate", "62500,50000", "policy"),
                                  ("ip", "10.0.0.5", "policy"),
                                  ("mtu", "9000", "twin")):
            with self.subTest(key):
                said = self.connect(backend={key: value})
                self.assertNotEqual(said[where], plain[where])

    def test_backend_mac(self):
        plain = self.connect()
        self.assertEqual(plain["policy"]["mac"],
                         bytes.fromhex(MAC.replace(":", "")))
        # The twin's is another one, for it is the bridge's port.
        self.assertEqual(plain["twin"][1], "fe:ff:ff:ff:ff:ff")

    def test_backend_bridge(self):
        # The script's: a vif is where its twin is.
        plain = self.connect()
        for name in ("another", "../x", "", "xenbr0"):
            with self.subTest(name):
                self.assertEqual(self.connect(backend={"bridge": name}), plain)

    def test_frontend_backend(self):
        # A guest may rewrite it: which folder is whose the backend's says.
        self.assert_ignored("backend", "/local/domain/0/backend/vif/9/0",
                            "frontend")

    def test_frontend_backend_id(self):
        self.assert_ignored("backend-id", "5", "frontend")

    def test_frontend_handle(self):
        self.assert_ignored("handle", "7", "frontend")

    def test_frontend_mac(self):
        # The guest's own folder: what it may send the backend's key says.
        self.assert_ignored("mac", "00:16:3e:99:99:99", "frontend")

    def test_frontend_mtu(self):
        self.assert_ignored("mtu", "9000", "frontend")

    def test_frontend_trusted(self):
        # Says whether the frontend trusts us.
        self.assert_ignored("trusted", "0", "frontend")

    def test_frontend_disconnect(self):
        # Windows' frontend looks at it, and closes by its state.
        self.assert_ignored("disconnect", "1", "frontend")


class OfTheBackend(KeysCase):
    OFFER = {
        "feature-sg": "1", "feature-gso-tcpv4": "1", "feature-gso-tcpv6": "1",
        "feature-ipv6-csum-offload": "1", "feature-no-csum-offload": "0",
        "feature-rx-copy": "1", "feature-rx-flip": "0",
        "feature-multicast-control": "1",
        "feature-dynamic-multicast-control": "1",
        "feature-split-event-channels": "1", "feature-ctrl-ring": "1",
        "feature-xdp-headroom": "1", "carrier": "0",
        "multi-queue-max-queues": str(min(os.cpu_count(), 8)),
    }

    def test_every_key_is_there_at_init_wait(self):
        self.create()
        self.wait_state(2)
        for key, value in self.OFFER.items():
            with self.subTest(key):
                self.assertEqual(self.read_store(self.back(1, key)), value)

    def test_nothing_is_offered_by_a_gso_prefix(self):
        self.create()
        self.wait_state(2)
        for key in ("feature-gso-tcpv4-prefix", "feature-gso-tcpv6-prefix"):
            self.assertIsNone(self.read_store(self.back(1, key)))

    def test_what_stood_there_before_is_overwritten(self):
        self.create(**{"feature-rx-flip": "1", "feature-rx-copy": "0",
                       "multi-queue-max-queues": "99"})
        self.wait_state(2)
        for key in ("feature-rx-flip", "feature-rx-copy",
                    "multi-queue-max-queues"):
            self.assertEqual(self.read_store(self.back(1, key)),
                             self.OFFER[key])


class OfTheScript(KeysCase):
    def test_hotplug_status(self):
        self.create()
        self.wait_state(2)
        self.connect_frontend()
        self.netback.take_add()
        for value in ("error", "", "Connected", "connected "):
            self.write_store(self.back(1, "hotplug-status"), value)
        self.create(2)  # its events come behind
        self.wait_state(2, 2)
        self.assertEqual(self.state(), "2")
        self.hotplug()
        self.wait_connected()

    def test_hotplug_error(self):
        # For the toolstack, which tells its user.
        self.assert_ignored("hotplug-error", "no bridge")


class OfTheGuest(KeysCase):
    def refused(self, words, **own):
        self.domid += 1
        self.create(self.domid)
        self.wait_state(2, self.domid)
        self.connect_frontend(self.domid, **own)
        self.wait_state(5, self.domid)
        self.assertIn(words, self.vif(self.domid)["error"])

    def test_request_rx_copy(self):
        for value in (None, "0", "yes"):
            with self.subTest(value):
                self.refused("request-rx-copy", request_rx_copy=value)
        self.connect()

    def test_ring_refs(self):
        for key in ("tx_ring_ref", "rx_ring_ref"):
            with self.subTest(key):
                self.refused(f"{key.replace('_', '-')} is missing",
                             **{key: None})
        self.connect()

    def test_event_channels(self):
        self.refused("event-channel-rx is missing", event_channel_rx=None)
        self.refused("event-channel is missing", event_channel_tx=None,
                     event_channel_rx=None)
        self.domid += 1
        self.create(self.domid)
        self.wait_state(2, self.domid)
        port = self.guest_ports(self.domid, 1)[0]
        self.connect_frontend(self.domid, event_channel_tx=None,
                              event_channel_rx=None, event_channel=port)
        add = self.netback.take_add()
        self.assertEqual(add.queues[0][2], add.queues[0][3])

    def test_queues_of_one_lie_at_the_top(self):
        self.refused("tx-ring-ref is missing", multi_queue_num_queues="1",
                     tx_ring_ref=None, **{"queue-0/tx-ring-ref": "8"})
        self.connect()

    def test_feature_gso_tcpv4_prefix(self):
        self.assert_ignored("feature-gso-tcpv4-prefix", "1", "frontend")

    def test_unknown(self):
        self.assert_ignored("feature-of-the-future", "1", "frontend")

    def test_features_are_told(self):
        """The control of those that are ignored."""
        plain = self.connect()
        self.domid += 1
        self.create(self.domid)
        self.wait_state(2, self.domid)
        self.connect_frontend(self.domid, feature_sg="0",
                              feature_rx_notify=None)
        add = self.netback.take_add()
        self.assertNotEqual(add.frontend, plain["add"][1])
        wait_until(lambda: self.vif(self.domid)["phase"] == "up", "the rings")


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
