/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fast-path rule, attribute by attribute: each alone keeps a vif off the
 * fast path under its own name, and what the switch implements does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/model/fastpath.h"

struct bed {
	struct xn_link twin, bridge;
	struct xn_fastpath_facts facts;
};

/* As the kernel reports a fresh tap on a fresh bridge. */
static void begin(struct bed *bed)
{
	static const struct xn_mac group = {
		{0x01, 0x80, 0xc2, 0x00, 0x00, 0x00}};

	memset(bed, 0, sizeof(*bed));
	bed->twin.is_bridge_port = true;
	bed->twin.promiscuity = 1; /* a port's */
	bed->twin.port.state = XN_BRPORT_FORWARDING;
	bed->twin.port.learning = true;
	bed->twin.port.unicast_flood = true;
	bed->twin.port.mcast_flood = true;
	bed->twin.port.bcast_flood = true;
	bed->twin.port.mcast_router = 1;
	bed->bridge.is_bridge = true;
	bed->bridge.bridge.group_addr = group;
	bed->bridge.bridge.ageing_time_cs = 30000;
	bed->bridge.bridge.forward_delay_cs = 1500;
	bed->bridge.bridge.mcast_snooping = true;
	bed->bridge.bridge.mcast_router = 1;
	bed->facts.twin = &bed->twin;
	bed->facts.bridge = &bed->bridge;
	bed->facts.bridge_has_room = true;
	bed->facts.vif_on = true;
	bed->facts.bridge_on = true;
}

static void expect(struct bed *bed, enum xn_slow_reason reason,
		   const char *words)
{
	char text[256];

	assert_int_equal(xn_fastpath_reasons(&bed->facts), UINT64_C(1)
								   << reason);
	assert_string_equal(
		xn_slow_reasons_format(xn_fastpath_reasons(&bed->facts), text,
				       sizeof(text)),
		words);
	begin(bed);
	assert_int_equal(xn_fastpath_reasons(&bed->facts), 0);
}

static void a_fresh_twin_on_a_fresh_bridge_is_fast(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	assert_int_equal(xn_fastpath_reasons(&bed.facts), 0);
}

static void what_the_switch_implements_stays_fast(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	bed.twin.port.state = XN_BRPORT_BLOCKING;
	bed.twin.port.learning = false;
	bed.twin.port.unicast_flood = false;
	bed.twin.port.mcast_flood = false;
	bed.twin.port.bcast_flood = false;
	bed.twin.port.isolated = true;
	bed.twin.port.root_block = true;
	bed.twin.port.bpdu_guard = true;
	bed.twin.port.fast_leave = true;
	bed.twin.port.mcast_router = 2;
	bed.twin.port.priority = 7;
	bed.twin.port.cost = 19;
	bed.twin.mtu = 9000;
	bed.bridge.bridge.stp_state = 1;
	bed.bridge.bridge.topology_change = true;
	bed.bridge.bridge.mcast_snooping = false;
	bed.bridge.bridge.mcast_querier = true;
	bed.bridge.bridge.ageing_time_cs = 0;
	bed.bridge.bridge.boolopt = XN_BRIDGE_MDB_OFFLOAD_FAIL_NOTIFICATION;
	bed.bridge.bridge.vlan_default_pvid = 1;
	assert_int_equal(xn_fastpath_reasons(&bed.facts), 0);
}

static void settings_and_surroundings_count(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	bed.facts.vif_on = false;
	expect(&bed, XN_SLOW_OFF_VIF, "off for the vif");
	bed.facts.bridge_on = false;
	expect(&bed, XN_SLOW_OFF_BRIDGE, "off for the bridge");
	bed.facts.bridge_has_room = false;
	expect(&bed, XN_SLOW_NO_ROOM, "too many bridges");
	bed.facts.isolated_by_other = true;
	expect(&bed, XN_SLOW_ISOLATED, "isolated by an administrator");
	bed.facts.isolation_refused = true;
	expect(&bed, XN_SLOW_ISOLATION, "the kernel has no port isolation");
}

static void without_a_bridge_there_is_no_switch(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	bed.facts.bridge = NULL;
	expect(&bed, XN_SLOW_NO_BRIDGE, "no bridge");
	bed.bridge.is_bridge = false; /* a bond, a vrf */
	expect(&bed, XN_SLOW_NO_BRIDGE, "no bridge");
	bed.twin.is_bridge_port = false;
	expect(&bed, XN_SLOW_NO_BRIDGE, "no bridge");
}

static void a_capture_shows_everything(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	bed.twin.promiscuity = 2;
	expect(&bed, XN_SLOW_CAPTURE_TWIN, "capture on the vif");
	bed.bridge.promiscuity = 1;
	expect(&bed, XN_SLOW_CAPTURE_BRIDGE, "capture on the bridge");
	bed.twin.promiscuity = 0;
	assert_int_equal(xn_fastpath_reasons(&bed.facts), 0);
}

static void each_bridge_attribute_counts(void **state)
{
	struct bed bed;
	struct xn_bridge *b = &bed.bridge.bridge;

	(void)state;
	begin(&bed);
	b->vlan_filtering = true;
	expect(&bed, XN_SLOW_VLAN_FILTERING, "vlan_filtering");
	b->nf_call_iptables = true;
	expect(&bed, XN_SLOW_NF_CALL, "nf_call");
	b->nf_call_ip6tables = true;
	expect(&bed, XN_SLOW_NF_CALL, "nf_call");
	b->nf_call_arptables = true;
	expect(&bed, XN_SLOW_NF_CALL, "nf_call");
	b->group_fwd_mask = 8;
	expect(&bed, XN_SLOW_GROUP_FWD_MASK, "group_fwd_mask of the bridge");
	b->group_addr.octet[5] = 5;
	expect(&bed, XN_SLOW_GROUP_ADDR, "group_address");
	b->fdb_max_learned = 100;
	expect(&bed, XN_SLOW_FDB_MAX_LEARNED, "fdb_max_learned");
	b->boolopt = XN_BRIDGE_NO_LL_LEARN;
	expect(&bed, XN_SLOW_BRIDGE_OPTION, "bridge option");
	b->boolopt = XN_BRIDGE_MST;
	expect(&bed, XN_SLOW_BRIDGE_OPTION, "bridge option");
	b->unknown_attr = 99;
	expect(&bed, XN_SLOW_BRIDGE_UNKNOWN, "unknown bridge attribute");
}

static void each_port_attribute_counts(void **state)
{
	struct bed bed;
	struct xn_brport *p = &bed.twin.port;

	(void)state;
	begin(&bed);
	p->hairpin = true;
	expect(&bed, XN_SLOW_HAIRPIN, "hairpin");
	p->mcast_to_unicast = true;
	expect(&bed, XN_SLOW_MCAST_TO_UNICAST, "mcast_to_unicast");
	p->proxyarp = true;
	expect(&bed, XN_SLOW_PROXYARP, "proxy_arp");
	p->proxyarp_wifi = true;
	expect(&bed, XN_SLOW_PROXYARP_WIFI, "proxy_arp_wifi");
	p->neigh_suppress = true;
	expect(&bed, XN_SLOW_NEIGH_SUPPRESS, "neigh_suppress");
	p->neigh_vlan_suppress = true;
	expect(&bed, XN_SLOW_NEIGH_SUPPRESS, "neigh_suppress");
	p->vlan_tunnel = true;
	expect(&bed, XN_SLOW_VLAN_TUNNEL, "vlan_tunnel");
	p->locked = true;
	expect(&bed, XN_SLOW_LOCKED, "locked");
	p->mab = true;
	expect(&bed, XN_SLOW_MAB, "mab");
	p->group_fwd_mask = 1;
	expect(&bed, XN_SLOW_PORT_GROUP_FWD_MASK, "group_fwd_mask of the port");
	p->backup_port = 3;
	expect(&bed, XN_SLOW_BACKUP_PORT, "backup_port");
	p->backup_nhid = 3;
	expect(&bed, XN_SLOW_BACKUP_PORT, "backup_port");
	p->mcast_max_groups = 3;
	expect(&bed, XN_SLOW_MCAST_MAX_GROUPS, "mcast_max_groups");
	p->unknown_attr = 77;
	expect(&bed, XN_SLOW_PORT_UNKNOWN, "unknown port attribute");
}

static void whoever_else_sees_frames_counts(void **state)
{
	struct bed bed;
	struct xn_frame_hooks *h = &bed.facts.hooks;

	(void)state;
	begin(&bed);
	h->nft_bridge = true;
	expect(&bed, XN_SLOW_NFT_BRIDGE, "nftables on bridges");
	h->ebtables = true;
	expect(&bed, XN_SLOW_EBTABLES, "ebtables");
	h->br_netfilter = true;
	expect(&bed, XN_SLOW_BR_NETFILTER, "br_netfilter");
	h->nft_twin = true;
	expect(&bed, XN_SLOW_NFT_TWIN, "nftables on the vif");
	h->tc = true;
	expect(&bed, XN_SLOW_TC, "tc on the vif");
	h->xdp = true;
	expect(&bed, XN_SLOW_XDP, "XDP on the vif");
	h->upper = true;
	expect(&bed, XN_SLOW_UPPER, "device on top of the vif");
	h->packet_twin = true;
	expect(&bed, XN_SLOW_CAPTURE_TWIN, "capture on the vif");
	h->packet_all = true;
	expect(&bed, XN_SLOW_CAPTURE_ALL, "capture on all devices");
	h->unreadable = true;
	expect(&bed, XN_SLOW_UNREADABLE, "unknown who else sees the frames");
}

/* A vif as the rule of isolation sees it. */
struct guest {
	bool isolated, theirs; /* the setting; an administrator's bit */
	bool off;	       /* some other reason of its own */
	bool bit;	       /* `isolated` of its twin */
	uint64_t reasons;
};

#define GUEST_KINDS 8u

static uint64_t own_reasons(const struct guest *guest)
{
	return (guest->theirs ? UINT64_C(1) << XN_SLOW_ISOLATED : 0) |
	       (guest->off ? UINT64_C(1) << XN_SLOW_OFF_VIF : 0);
}

/* Guests of these kinds on a bridge, each with its path and its bit. */
static void settle(struct guest guest[], unsigned int count, unsigned int kinds)
{
	bool slowed = false;

	for (unsigned int i = 0; i < count; i++, kinds /= GUEST_KINDS) {
		guest[i] = (struct guest){.isolated = kinds & 1,
					  .theirs = kinds & 2,
					  .off = kinds & 4};
		if (xn_isolation_slows_bridge(own_reasons(&guest[i]),
					      guest[i].isolated))
			slowed = true;
	}
	for (unsigned int i = 0; i < count; i++) {
		struct guest *g = &guest[i];

		g->reasons = xn_fastpath_with_bridge(own_reasons(g),
						     g->isolated, slowed);
		g->bit = g->theirs ||
			 xn_isolation_in_kernel(g->reasons, g->isolated);
	}
}

/* As the switch does between fast ones, and else the kernel. */
static bool exchange(const struct guest *a, const struct guest *b)
{
	if (!a->reasons && !b->reasons)
		return !(a->isolated && b->isolated);
	return !(a->bit && b->bit);
}

static bool is_apart(const struct guest *guest)
{
	return guest->isolated || guest->theirs;
}

static void isolation_holds_on_every_mix_of_paths(void **state)
{
	struct guest guest[4];
	unsigned int fast = 0;

	(void)state;
	for (unsigned int kinds = 0;
	     kinds < GUEST_KINDS * GUEST_KINDS * GUEST_KINDS * GUEST_KINDS;
	     kinds++) {
		settle(guest, 4, kinds);
		for (unsigned int i = 0; i < 4; i++) {
			fast += guest[i].reasons == 0;
			for (unsigned int j = 0; j < i; j++)
				assert_true(exchange(&guest[i], &guest[j]) ==
					    !(is_apart(&guest[i]) &&
					      is_apart(&guest[j])));
		}
	}
	/* Three of the eight kinds slow no bridge, and two of them are fast
	 * where none of the others is. */
	assert_int_equal(fast, 4 * 2 * 3 * 3 * 3);
}

static void only_others_are_told_of_an_isolated_neighbour(void **state)
{
	const uint64_t neighbour = UINT64_C(1) << XN_SLOW_ISOLATED_NEIGHBOUR;
	const uint64_t off = UINT64_C(1) << XN_SLOW_OFF_VIF;

	(void)state;
	assert_true(xn_fastpath_with_bridge(off, true, true) == off);
	assert_true(xn_fastpath_with_bridge(0, true, true) == neighbour);
	assert_true(xn_fastpath_with_bridge(0, false, true) == neighbour);
	assert_true(xn_fastpath_with_bridge(off, false, true) ==
		    (neighbour | off));
	assert_true(xn_fastpath_with_bridge(0, true, false) == 0);
	assert_string_equal(xn_slow_reason_name(XN_SLOW_ISOLATED_NEIGHBOUR),
			    "isolated vif on the kernel's path");
}

static void all_reasons_are_told(void **state)
{
	struct bed bed;
	char text[256], small[20];
	uint64_t reasons;

	(void)state;
	begin(&bed);
	bed.facts.vif_on = false;
	bed.bridge.bridge.vlan_filtering = true;
	bed.twin.port.hairpin = true;
	reasons = xn_fastpath_reasons(&bed.facts);
	assert_string_equal(xn_slow_reasons_format(reasons, text, sizeof(text)),
			    "off for the vif, vlan_filtering, hairpin");
	/* Cut at a word. */
	assert_string_equal(
		xn_slow_reasons_format(reasons, small, sizeof(small)),
		"off for the vif");
	assert_string_equal(xn_slow_reasons_format(0, text, sizeof(text)), "");
}

static void every_reason_has_its_own_name(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < XN_SLOW_COUNT; i++) {
		assert_non_null(xn_slow_reason_name((enum xn_slow_reason)i));
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(
				xn_slow_reason_name((enum xn_slow_reason)i),
				xn_slow_reason_name((enum xn_slow_reason)j));
	}
	assert_string_equal(xn_slow_reason_name(XN_SLOW_COUNT), "unknown");
}

static void ageing_follows_the_topology(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	assert_int_equal(xn_bridge_ageing_ms(&bed.bridge.bridge), 300000);
	bed.bridge.bridge.topology_change = true;
	assert_int_equal(xn_bridge_ageing_ms(&bed.bridge.bridge), 15000);
	bed.bridge.bridge.topology_change = false;
	bed.bridge.bridge.ageing_time_cs = 0;
	assert_int_equal(xn_bridge_ageing_ms(&bed.bridge.bridge), 0);
	bed.bridge.bridge.ageing_time_cs = UINT32_MAX;
	assert_true(xn_bridge_ageing_ms(&bed.bridge.bridge) ==
		    UINT64_C(42949672950));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_twin_on_a_fresh_bridge_is_fast),
		cmocka_unit_test(what_the_switch_implements_stays_fast),
		cmocka_unit_test(settings_and_surroundings_count),
		cmocka_unit_test(without_a_bridge_there_is_no_switch),
		cmocka_unit_test(a_capture_shows_everything),
		cmocka_unit_test(each_bridge_attribute_counts),
		cmocka_unit_test(each_port_attribute_counts),
		cmocka_unit_test(whoever_else_sees_frames_counts),
		cmocka_unit_test(isolation_holds_on_every_mix_of_paths),
		cmocka_unit_test(only_others_are_told_of_an_isolated_neighbour),
		cmocka_unit_test(all_reasons_are_told),
		cmocka_unit_test(every_reason_has_its_own_name),
		cmocka_unit_test(ageing_follows_the_topology),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
