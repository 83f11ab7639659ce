#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each key of the protocol, written by a hostile guest (or, where a guest may
not, by it in vain and then by a toolstack that is wrong) beside guests whose
traffic goes on: no ping of theirs is lost, memory and descriptors are as
before, and only the offender is disabled, or nobody.

A test has the name of its row (tests/lint/protocol/rows.txt). The guest says
hello before and after; the sound value is the positive control."""
import os

from bed import EVIL_MAC, ProtocolCase, main

NUMBERS = ("", "-1", "0x8", "1 2", "4294967296", "99999999999999999999",
           "\x1b[31m", "many")
WORDS = ("", "-1", "0", "99999999999", "../../1", "\x1b[31m", "x" * 100)


class OfTheToolstack(ProtocolCase):
    """A guest cannot write them; a toolstack's garbage harms nobody."""

    def written(self, key, *values, after=()):
        steps = [f"backend:{key}"]
        for value in values or WORDS:
            steps += [f"backend:{key}={value}", f"toolstack:{key}={value}"]
        self.served(*steps, "hello", f"toolstack:{key}", *after, "hello")

    def test_backend_frontend(self):
        self.written("frontend", "/local/domain/1/device/vif/0", "/", *WORDS)

    def test_backend_frontend_id(self):
        self.written("frontend-id", "1", "32752", *WORDS)

    def test_backend_online(self):
        self.written("online")

    def test_backend_state(self):
        # No state of a toolstack's but Closing is one.
        self.served(*(f"backend:state={state}" for state in range(9)),
                    *(f"toolstack:state={state}" for state in (*WORDS, 9)),
                    "toolstack:state=4", "hello")

    def test_backend_handle(self):
        self.written("handle")

    def test_backend_mac(self):
        self.written("mac", "00:16:3e:00:00:00", "ff:ff:ff:ff:ff:ff", *WORDS)

    def test_backend_script(self):
        self.written("script", "/bin/false", *WORDS)

    def test_backend_bridge(self):
        self.written("bridge", "nowhere", "../x", *WORDS)

    def test_backend_type(self):
        self.written("type")

    def test_backend_ip(self):
        self.written("ip", "10.77.0.10", "0.0.0.0/0", "10.77.0.10 " * 20,
                     *WORDS)

    def test_backend_vifname(self):
        self.written("vifname", "vif1.0", "xenbr0", *WORDS)

    def test_backend_gatewaydev(self):
        self.written("gatewaydev", "xenbr0", *WORDS)

    def test_backend_mtu(self):
        self.written("mtu", "67", "65518", *WORDS)

    def test_backend_vlan(self):
        self.written("vlan", "4095", *WORDS)

    def test_backend_rate(self):
        self.written("rate", "0,0", "1,", "18446744073709551616,1", *WORDS)

    def test_backend_hotplug_status(self):
        self.written("hotplug-status", "error", "Connected", *WORDS)

    def test_backend_unknown(self):
        self.written("feature-of-the-future")


class OfTheBackend(ProtocolCase):
    """Ours: a guest cannot write them; and with a toolstack's garbage in them
    a vif goes on, and connects anew."""

    def offered(self, key, value, *garbage):
        garbage = garbage or WORDS
        self.served(f"backend:{key}",
                    *(f"backend:{key}={wrong}" for wrong in garbage),
                    f"is:{key}={value}", "connect", f"is:{key}={value}",
                    *(step for wrong in garbage for step in
                      (f"toolstack:{key}={wrong}", "hello")),
                    "connect", "hello", f"toolstack:{key}", "connect", "hello")

    def test_offer_before_init_wait(self):
        # A guest that does not wait for it: the offer is there all the same.
        offer = ("is:feature-rx-copy=1", "is:feature-sg=1",
                 f"is:multi-queue-max-queues={min(os.cpu_count(), 8)}")
        self.served("close", "keys", "state:4>4", *offer, "hello", "connect",
                    *offer, "hello")

    def test_offer_feature_sg(self):
        self.offered("feature-sg", 1)

    def test_offer_feature_gso_tcpv4(self):
        self.offered("feature-gso-tcpv4", 1)

    def test_offer_feature_gso_tcpv6(self):
        self.offered("feature-gso-tcpv6", 1)

    def test_offer_feature_ipv6_csum_offload(self):
        self.offered("feature-ipv6-csum-offload", 1)

    def test_offer_feature_no_csum_offload(self):
        self.offered("feature-no-csum-offload", 0, "1", *WORDS)

    def test_offer_feature_rx_copy(self):
        self.offered("feature-rx-copy", 1)

    def test_offer_feature_rx_flip(self):
        self.offered("feature-rx-flip", 0, "1", *WORDS)

    def test_offer_feature_multicast_control(self):
        self.offered("feature-multicast-control", 1)

    def test_offer_feature_dynamic_multicast_control(self):
        self.offered("feature-dynamic-multicast-control", 1)

    def test_offer_feature_split_event_channels(self):
        self.offered("feature-split-event-channels", 1)

    def test_offer_feature_ctrl_ring(self):
        self.offered("feature-ctrl-ring", 1)

    def test_offer_feature_xdp_headroom(self):
        self.offered("feature-xdp-headroom", 1)

    def test_offer_multi_queue_max_queues(self):
        self.offered("multi-queue-max-queues", min(os.cpu_count(), 8))

    def test_offer_carrier(self):
        self.served("is:carrier=1", "backend:carrier=0", "backend:carrier",
                    "toolstack:carrier=many", "hello", "connect", "hello")

    def test_offer_no_prefix(self):
        # Who wants the prefix all the same gets segments.
        self.served("is:feature-gso-tcpv4-prefix",
                    "backend:feature-gso-tcpv4-prefix=1",
                    "close", "state:1>2", "keys", "own:feature-gso-tcpv4",
                    "own:feature-gso-tcpv4-prefix=1", "state:4>4", "hello",
                    "is:feature-gso-tcpv4-prefix", "connect", "hello")


class OfTheScript(ProtocolCase):
    def test_script_hotplug_status(self):
        # Once connected its word counts no more; before, only that one does,
        # and only from the script.
        self.served(*(f"toolstack:hotplug-status={word}" for word in WORDS),
                    "hello", "close", "toolstack:hotplug-status=error",
                    "state:1>2", "keys", "state:4",
                    "backend:hotplug-status=connected", "stays:2",
                    "toolstack:hotplug-status=connected", "wait:4", "hello",
                    "connect", "hello")

    def test_script_hotplug_error(self):
        self.served("backend:hotplug-error=none",
                    *(f"toolstack:hotplug-error={word}" for word in WORDS),
                    "hello", "connect", "hello")


class OfTheGuestsFolder(ProtocolCase):
    """The toolstack's keys in the folder that is the guest's: it may rewrite
    them, and nobody believes them."""

    def rewritten(self, key, *values):
        values = values or WORDS
        self.served(*(f"own:{key}={value}" for value in values), "hello",
                    f"own:{key}", "hello")

    def test_frontend_backend(self):
        self.rewritten("backend", "/local/domain/0/backend/vif/1/0", "/",
                       *WORDS)

    def test_frontend_backend_id(self):
        self.rewritten("backend-id", "1", "32752", *WORDS)

    def test_frontend_state(self):
        garbage = ("", "9", "-4", "+4", "04", "4 ", "4294967300", "x" * 300)
        self.ended("close", *(
            step for value in garbage for step in
            ("state:1>2", "keys", "state:4>4", f"state:{value}>6",
             "state:6>6")), "state:1>2", "keys", "state:4>4", "hello",
            end=f"closed {len(garbage)} times")

    def test_frontend_handle(self):
        self.rewritten("handle", "99", *WORDS)

    def test_frontend_mac(self):
        self.rewritten("mac", "00:16:3e:00:00:00", "ff:ff:ff:ff:ff:ff",
                       *WORDS, EVIL_MAC)

    def test_frontend_mtu(self):
        self.rewritten("mtu", "0", "65535", *WORDS)

    def test_frontend_trusted(self):
        self.rewritten("trusted", "0", *WORDS)

    def test_frontend_disconnect(self):
        self.rewritten("disconnect", "1", *WORDS)


class OfTheGuest(ProtocolCase):
    """What a guest publishes before it connects: what is wrong is refused and
    closes this vif only, what is odd and possible is served."""

    def tried(self, bad=(), good=()):
        """Each of them one connection, with these keys instead of the sound
        ones."""
        steps = ["close"]
        for keys in bad:
            steps += ["state:1>2", "keys", *self.own(keys), "state:4>56",
                      "state:5", "state:6>6"]
        for keys in (*good, ()):
            steps += ["state:1>2", "keys", *self.own(keys), "state:4>4",
                      "hello", "state:5>5", "state:6>6"]
        self.ended(*steps, end=f"refused {len(bad)} times, served "
                   f"{len(good) + 1} times")

    @staticmethod
    def own(keys):
        return [f"own:{key}" for key in
                ((keys,) if isinstance(keys, str) else keys)]

    def numbers(self, key, *bad, good=()):
        self.tried([f"{key}={value}" for value in (*NUMBERS, *bad)], good)

    def test_guest_tx_ring_ref(self):
        self.numbers("tx-ring-ref", "0", "32000", "4294967295",
                     "@rx-ring-ref", "@ctrl-ring-ref")

    def test_guest_rx_ring_ref(self):
        self.numbers("rx-ring-ref", "0", "32000", "4294967295",
                     "@tx-ring-ref", "@ctrl-ring-ref")

    SINGLE = ("event-channel-tx", "event-channel-rx")

    def test_guest_event_channel(self):
        bad = (*NUMBERS, "0", "131072", "4094")
        self.tried([("event-channel=@event-channel-tx", *self.SINGLE,
                     f"event-channel={value}") for value in bad] +
                   [self.SINGLE],
                   [("event-channel=@event-channel-tx", *self.SINGLE)])

    def test_guest_event_channel_tx(self):
        # Without it there is but a channel for both ways, or none.
        self.numbers("event-channel-tx", "0", "131072", "4094")

    def test_guest_event_channel_rx(self):
        self.numbers("event-channel-rx", "0", "131072", "4094",
                     "@event-channel-ctrl")

    def test_guest_multi_queue_num_queues(self):
        self.numbers("multi-queue-num-queues", "0", "2", "9", "65536",
                     "4294967295", good=["multi-queue-num-queues=1"])

    def test_guest_queue_N(self):
        two = ("multi-queue-num-queues=2", "queue-0/tx-ring-ref=@tx-ring-ref",
               "queue-0/rx-ring-ref=@rx-ring-ref",
               "queue-0/event-channel=@event-channel-tx")
        self.tried([two, (*two, "queue-1/tx-ring-ref=@tx-ring-ref",
                          "queue-1/rx-ring-ref=@rx-ring-ref",
                          "queue-1/event-channel=@event-channel-rx"),
                    (*two, "queue-1=5"),
                    ("queue-0/tx-ring-ref=@tx-ring-ref", "tx-ring-ref")],
                   [("queue-0/tx-ring-ref=many", "queue-7/rx-ring-ref=9",
                     "queue-99999/event-channel=1")])

    def test_guest_request_rx_copy(self):
        self.numbers("request-rx-copy", "0", good=["request-rx-copy=1"])

    def flag(self, key):
        self.numbers(key, good=[key, f"{key}=0", f"{key}=4294967295"])

    def test_guest_feature_rx_notify(self):
        self.flag("feature-rx-notify")

    def test_guest_feature_sg(self):
        self.flag("feature-sg")

    def test_guest_feature_gso_tcpv4(self):
        self.flag("feature-gso-tcpv4")

    def test_guest_feature_gso_tcpv6(self):
        self.flag("feature-gso-tcpv6")

    def ignored(self, key):
        self.tried(good=[f"{key}={value}" for value in (*WORDS, "1")])

    def test_guest_feature_gso_tcpv4_prefix(self):
        self.ignored("feature-gso-tcpv4-prefix")

    def test_guest_feature_no_csum_offload(self):
        self.flag("feature-no-csum-offload")

    def test_guest_feature_ipv6_csum_offload(self):
        self.flag("feature-ipv6-csum-offload")

    def test_guest_request_multicast_control(self):
        self.flag("request-multicast-control")

    def test_guest_ctrl_ring_ref(self):
        self.tried(["ctrl-ring-ref", *(f"ctrl-ring-ref={value}" for value in
                                       (*NUMBERS, "0", "32000",
                                        "@tx-ring-ref", "@rx-ring-ref"))],
                   [("ctrl-ring-ref", "event-channel-ctrl")])

    def test_guest_event_channel_ctrl(self):
        self.tried(["event-channel-ctrl",
                    *(f"event-channel-ctrl={value}" for value in
                      (*NUMBERS, "0", "131072", "4094", "@event-channel-tx",
                       "@event-channel-rx"))],
                   [("ctrl-ring-ref", "event-channel-ctrl")])

    def test_guest_xdp_headroom(self):
        self.numbers("xdp-headroom", "2049", "65536", "4294967295",
                     good=["xdp-headroom=0", "xdp-headroom=1",
                           "xdp-headroom=2048"])

    def test_guest_unknown(self):
        self.ignored("feature-of-the-future")


if __name__ == "__main__":
    main()
