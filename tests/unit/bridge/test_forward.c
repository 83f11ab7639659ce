/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the switch decides about one frame, rule by rule.
 *
 * The scene: bridge 0 has the open ports 1, 2, 3, the port 4 that is not fast
 * and the port 5 that is closed; bridge 1 has the open port 6; port 7 has no
 * bridge; port 8 was never set. Stations A (on 1), B (2), C (3), F (6, the
 * other bridge), O outside, H outside and fixed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/bridge/burst.h"

#define A 0x00163e000001u
#define B 0x00163e000002u
#define C 0x00163e000003u
#define F 0x00163e000006u
#define O 0x0200000000f0u
#define H 0x0200000000f1u
#define UNKNOWN 0x00163e0000ffu
#define MULTICAST 0x01005e000001u
#define BPDU 0x0180c2000000u
#define LLDP 0x0180c200000eu

static const uint8_t hash_key[16] = "sixteen bytes k";

static const struct xsw_port_config open_port = {
	.bridge = 0,
	.fast = true,
	.forwarding = true,
	.learning = true,
	.flood = true,
	.mcast_flood = true,
	.bcast_flood = true,
};

struct scene {
	struct xsw_switch *sw;
	struct burst burst;
};

/* `from` sends one broadcast, so that it is known on its port. */
static void show(struct scene *scene, uint16_t port, uint64_t from)
{
	burst_init(&scene->burst, port);
	burst_add(&scene->burst, BROADCAST, from);
	xsw_forward(scene->sw, &scene->burst.batch, 0);
}

static int set_up(void **state)
{
	static struct scene scene;
	struct xsw_port_config config = open_port;
	struct xn_mac outside = mac_of(O);
	struct xn_mac host = mac_of(H);

	scene.sw = xsw_switch_create(1000, hash_key);
	assert_non_null(scene.sw);
	for (uint16_t port = 1; port <= 3; port++)
		assert_int_equal(xsw_port_set(scene.sw, port, &config), 0);
	config.fast = false;
	assert_int_equal(xsw_port_set(scene.sw, 4, &config), 0);
	config.fast = true;
	config.forwarding = false;
	assert_int_equal(xsw_port_set(scene.sw, 5, &config), 0);
	config.forwarding = true;
	config.bridge = 1;
	assert_int_equal(xsw_port_set(scene.sw, 6, &config), 0);
	config.bridge = XSW_NO_BRIDGE;
	assert_int_equal(xsw_port_set(scene.sw, 7, &config), 0);
	assert_int_equal(xsw_outside_add(scene.sw, 0, &outside), 0);
	assert_int_equal(xsw_outside_add_fixed(scene.sw, 0, &host), 0);
	show(&scene, 1, A);
	show(&scene, 2, B);
	show(&scene, 3, C);
	show(&scene, 6, F);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	xsw_switch_destroy(scene->sw);
	return 0;
}

#define P(port) (1u << (port))
#define TWIN (1u << 31)

struct rule {
	const char *name;
	uint16_t in_port;
	uint64_t dst, src;
	uint16_t bytes;	  /* 0: whole */
	uint32_t reaches; /* P() and TWIN */
	enum xsw_drop drop;
};

static const struct rule rules[] = {
	{"known on a fast port", 1, B, A, 0, P(2), XSW_DROP_NONE},
	{"known outside", 1, O, A, 0, TWIN, XSW_DROP_NONE},
	{"known outside and fixed", 1, H, A, 0, TWIN, XSW_DROP_NONE},
	{"unknown unicast", 1, UNKNOWN, A, 0, P(2) | P(3) | TWIN,
	 XSW_DROP_NONE},
	{"known in another bridge only", 1, F, A, 0, P(2) | P(3) | TWIN,
	 XSW_DROP_NONE},
	{"multicast", 2, MULTICAST, B, 0, P(1) | P(3) | TWIN, XSW_DROP_NONE},
	{"IPv6 multicast", 2, 0x333300000001, B, 0, P(1) | P(3) | TWIN,
	 XSW_DROP_NONE},
	{"broadcast", 3, BROADCAST, C, 0, P(1) | P(2) | TWIN, XSW_DROP_NONE},
	{"broadcast alone in its bridge", 6, BROADCAST, F, 0, TWIN,
	 XSW_DROP_NONE},
	{"first reserved address", 1, BPDU, A, 0, TWIN, XSW_DROP_NONE},
	{"LLDP", 1, LLDP, A, 0, TWIN, XSW_DROP_NONE},
	{"last reserved address", 1, BPDU | 0xf, A, 0, TWIN, XSW_DROP_NONE},
	{"just beyond reserved", 1, BPDU | 0x10, A, 0, P(2) | P(3) | TWIN,
	 XSW_DROP_NONE},
	{"just before reserved", 1, 0x0180c1ffffff, A, 0, P(2) | P(3) | TWIN,
	 XSW_DROP_NONE},
	{"all-zero destination", 1, 0, A, 0, P(2) | P(3) | TWIN, XSW_DROP_NONE},
	{"all-zero source", 1, B, 0, 0, P(2), XSW_DROP_NONE},
	{"shortest frame", 1, B, A, 14, P(2), XSW_DROP_NONE},
	{"runt", 1, B, A, 13, 0, XSW_DROP_RUNT},
	{"empty", 1, B, A, 1, 0, XSW_DROP_RUNT},
	{"group source", 1, B, MULTICAST, 0, 0, XSW_DROP_SRC_GROUP},
	{"broadcast source", 1, BROADCAST, BROADCAST, 0, 0, XSW_DROP_SRC_GROUP},
	{"group source to a reserved address", 1, BPDU, MULTICAST, 0, 0,
	 XSW_DROP_SRC_GROUP},
	{"own port", 1, A, 0x00163e000011, 0, 0, XSW_DROP_SAME_PORT},
	{"to itself", 1, A, A, 0, 0, XSW_DROP_SAME_PORT},
	{"not fast, known station", 4, B, A, 0, TWIN, XSW_DROP_NONE},
	{"not fast, broadcast", 4, BROADCAST, A, 0, TWIN, XSW_DROP_NONE},
	{"not fast, group source", 4, B, MULTICAST, 0, TWIN, XSW_DROP_NONE},
	{"not fast, runt", 4, B, A, 13, 0, XSW_DROP_RUNT},
	{"closed", 5, B, A, 0, 0, XSW_DROP_PORT_CLOSED},
	{"closed, broadcast", 5, BROADCAST, A, 0, 0, XSW_DROP_PORT_CLOSED},
	{"closed, BPDU", 5, BPDU, A, 0, TWIN, XSW_DROP_NONE},
	{"closed, BPDU with a group source", 5, BPDU, MULTICAST, 0, 0,
	 XSW_DROP_PORT_CLOSED},
	{"closed, runt", 5, B, A, 13, 0, XSW_DROP_RUNT},
	{"no bridge", 7, B, A, 0, TWIN, XSW_DROP_NONE},
	{"never set", 8, B, A, 0, 0, XSW_DROP_PORT_CLOSED},
	{"never set, BPDU", 8, BPDU, A, 0, 0, XSW_DROP_PORT_CLOSED},
};

static void check_rule(struct scene *scene, const struct rule *rule)
{
	struct burst *burst = &scene->burst;
	uint64_t drops = xsw_switch_stats(scene->sw)->drop[rule->drop];
	uint32_t reached = 0;

	burst_init(burst, rule->in_port);
	burst_add(burst, rule->dst, rule->src);
	if (rule->bytes)
		burst_cut(burst, 0, rule->bytes);
	xsw_forward(scene->sw, &burst->batch, 0);
	burst_check(burst);
	for (uint16_t port = 0; port < 16; port++)
		reached |= burst_reaches(burst, 0, port) ? P(port) : 0;
	reached |= burst_reaches_twin(burst, 0) ? TWIN : 0;
	if (reached != rule->reaches || burst_drop(burst, 0) != rule->drop)
		fail_msg("%s: reached %#x instead of %#x, drop %s", rule->name,
			 reached, rule->reaches,
			 xsw_drop_name(burst_drop(burst, 0)));
	if (rule->drop != XSW_DROP_NONE)
		assert_int_equal(xsw_switch_stats(scene->sw)->drop[rule->drop],
				 drops + 1);
}

static void every_rule_holds(void **state)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		tear_down(state);
		set_up(state);
		check_rule(*state, &rules[i]);
	}
}

static void rules_hold_in_any_place_of_a_full_burst(void **state)
{
	struct scene *scene = *state;
	struct burst *burst = &scene->burst;

	burst_init(burst, 1);
	for (uint32_t i = 0; i < XSW_BATCH_MAX; i++) {
		static const uint64_t to[4] = {B, C, BROADCAST, BPDU};

		burst_add(burst, to[i % 4], A);
	}
	burst_cut(burst, 0, 3);
	burst_cut(burst, 63, 3);
	xsw_forward(scene->sw, &burst->batch, 0);
	burst_check(burst);
	assert_int_equal(burst->batch.dropped, 0x8000000000000001u);
	assert_int_equal(burst->batch.dest_count, 2);
	assert_int_equal(burst->batch.dest_frames[2], 0x5555555555555554u);
	assert_int_equal(burst->batch.dest_frames[3], 0x6666666666666666u);
	assert_int_equal(burst->batch.to_twin, 0x4cccccccccccccccu);
}

static void an_empty_burst_decides_nothing(void **state)
{
	struct scene *scene = *state;

	burst_init(&scene->burst, 1);
	xsw_forward(scene->sw, &scene->burst.batch, 0);
	burst_check(&scene->burst);
	assert_int_equal(scene->burst.batch.dest_count, 0);
}

static void a_burst_sees_the_sources_it_shows(void **state)
{
	struct scene *scene = *state;

	burst_init(&scene->burst, 1);
	burst_add(&scene->burst, UNKNOWN, A);
	burst_add(&scene->burst, B, UNKNOWN);
	xsw_forward(scene->sw, &scene->burst.batch, 0);
	assert_int_equal(burst_drop(&scene->burst, 0), XSW_DROP_SAME_PORT);
	assert_true(burst_reaches(&scene->burst, 1, 2));
}

/* Each flood flag of the receiver governs its own kind of frame. */
static void flood_flags_choose_what_a_port_receives(void **state)
{
	static const uint64_t to[3] = {UNKNOWN, MULTICAST, BROADCAST};
	struct scene *scene = *state;

	for (uint32_t kinds = 0; kinds < 8; kinds++) {
		struct xsw_port_config config = open_port;

		config.flood = kinds & 1;
		config.mcast_flood = kinds & 2;
		config.bcast_flood = kinds & 4;
		assert_int_equal(xsw_port_set(scene->sw, 2, &config), 0);
		burst_init(&scene->burst, 1);
		for (uint32_t i = 0; i < 3; i++)
			burst_add(&scene->burst, to[i], A);
		burst_add(&scene->burst, B, A);
		xsw_forward(scene->sw, &scene->burst.batch, 0);
		burst_check(&scene->burst);
		for (uint32_t i = 0; i < 3; i++) {
			assert_int_equal(burst_reaches(&scene->burst, i, 2),
					 kinds >> i & 1);
			assert_true(burst_reaches(&scene->burst, i, 3));
			assert_true(burst_reaches_twin(&scene->burst, i));
		}
		/* What is known there does not depend on floods. */
		assert_true(burst_reaches(&scene->burst, 3, 2));
	}
}

/* Sends one frame from port 3 to `dst`; true when only `port` got it. */
static bool only_reaches(struct scene *scene, uint64_t dst, uint16_t port)
{
	burst_init(&scene->burst, 3);
	burst_add(&scene->burst, dst, C);
	xsw_forward(scene->sw, &scene->burst.batch, 0);
	burst_check(&scene->burst);
	return burst_copies(&scene->burst, 0) == 1 &&
	       burst_reaches(&scene->burst, 0, port) &&
	       !burst_reaches_twin(&scene->burst, 0);
}

static void learning_follows_a_station_that_moves(void **state)
{
	struct scene *scene = *state;

	assert_true(only_reaches(scene, A, 1));
	show(scene, 2, A);
	assert_true(only_reaches(scene, A, 2));
}

static void an_outside_station_moves_in_and_a_fixed_one_does_not(void **state)
{
	struct scene *scene = *state;

	show(scene, 2, O);
	show(scene, 2, H);
	assert_true(only_reaches(scene, O, 2));
	assert_false(only_reaches(scene, H, 2));
	assert_true(burst_reaches_twin(&scene->burst, 0));
}

static void outside_replaces_learned_and_can_be_withdrawn(void **state)
{
	struct scene *scene = *state;
	struct xn_mac a = mac_of(A);
	struct xn_mac b = mac_of(B);

	assert_true(only_reaches(scene, A, 1));
	assert_int_equal(xsw_outside_add(scene->sw, 0, &a), 0);
	assert_false(only_reaches(scene, A, 1));
	assert_int_equal(burst_copies(&scene->burst, 0), 0);
	xsw_outside_del(scene->sw, 0, &a);
	only_reaches(scene, A, 1);
	assert_int_equal(burst_copies(&scene->burst, 0), 2);
	/* A learned station is not outside: stays. */
	xsw_outside_del(scene->sw, 0, &b);
	assert_true(only_reaches(scene, B, 2));
}

/* Senders that must not be learned; UNKNOWN sends from each. */
static void what_may_not_be_learned_is_not(void **state)
{
	struct scene *scene = *state;
	struct xsw_port_config config = open_port;

	show(scene, 4, UNKNOWN); /* not fast */
	show(scene, 5, UNKNOWN); /* closed */
	show(scene, 7, UNKNOWN); /* no bridge */
	show(scene, 8, UNKNOWN); /* never set */
	config.learning = false;
	assert_int_equal(xsw_port_set(scene->sw, 2, &config), 0);
	show(scene, 2, UNKNOWN);
	burst_init(&scene->burst, 1);
	burst_add(&scene->burst, B, UNKNOWN);
	burst_cut(&scene->burst, 0, 13);
	xsw_forward(scene->sw, &scene->burst.batch, 0);
	only_reaches(scene, UNKNOWN, 2);
	assert_int_equal(burst_copies(&scene->burst, 0), 2);

	show(scene, 1, 0);
	only_reaches(scene, 0, 1);
	assert_int_equal(burst_copies(&scene->burst, 0), 2);

	show(scene, 1, UNKNOWN);
	assert_true(only_reaches(scene, UNKNOWN, 1));
}

static void a_frame_for_a_reserved_address_shows_its_source(void **state)
{
	struct scene *scene = *state;

	burst_init(&scene->burst, 1);
	burst_add(&scene->burst, LLDP, UNKNOWN);
	xsw_forward(scene->sw, &scene->burst.batch, 0);
	assert_true(only_reaches(scene, UNKNOWN, 1));
}

static void tagged_frames_are_counted_and_forwarded(void **state)
{
	struct scene *scene = *state;

	burst_init(&scene->burst, 1);
	burst_type(&scene->burst, burst_add(&scene->burst, B, A), 0x8100);
	burst_type(&scene->burst, burst_add(&scene->burst, B, A), 0x88a8);
	burst_type(&scene->burst, burst_add(&scene->burst, B, A), 0x0081);
	xsw_forward(scene->sw, &scene->burst.batch, 0);
	assert_int_equal(scene->burst.batch.dest_frames[2], 7);
	assert_int_equal(scene->burst.batch.tagged, 3);
	assert_int_equal(xsw_switch_stats(scene->sw)->vlan_tagged, 2);
}

/* Also from a port that is closed, or not fast: the twin gets none. */
static void bpdus_of_a_port_that_may_not_send_them_are_dropped(void **state)
{
	static const uint16_t ports[] = {1, 4, 5};
	struct scene *scene = *state;
	struct burst *burst = &scene->burst;

	for (uint32_t i = 0; i < 6; i++) {
		struct xsw_policy policy = {.bpdu_drop = i >= 3};
		uint16_t port = ports[i % 3];

		assert_int_equal(xsw_port_set_policy(scene->sw, port, &policy),
				 0);
		burst_init(burst, port);
		burst_add(burst, BPDU, A);
		burst_add(burst, LLDP, A);
		burst_add(burst, BPDU | 1, A);
		xsw_forward(scene->sw, &burst->batch, 0);
		burst_check(burst);
		assert_int_equal(burst->batch.to_twin,
				 policy.bpdu_drop ? 6 : 7);
		assert_int_equal(burst_drop(burst, 0), policy.bpdu_drop
							       ? XSW_DROP_BPDU
							       : XSW_DROP_NONE);
	}
	/* Nor does a dropped one show its source. */
	burst_init(burst, 1);
	burst_add(burst, BPDU, UNKNOWN);
	xsw_forward(scene->sw, &burst->batch, 0);
	assert_false(only_reaches(scene, UNKNOWN, 1));
	assert_int_equal(burst_copies(burst, 0), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_rule_holds, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			rules_hold_in_any_place_of_a_full_burst, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(an_empty_burst_decides_nothing,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_burst_sees_the_sources_it_shows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			flood_flags_choose_what_a_port_receives, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			learning_follows_a_station_that_moves, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			an_outside_station_moves_in_and_a_fixed_one_does_not,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			outside_replaces_learned_and_can_be_withdrawn, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(what_may_not_be_learned_is_not,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_frame_for_a_reserved_address_shows_its_source, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			bpdus_of_a_port_that_may_not_send_them_are_dropped,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			tagged_frames_are_counted_and_forwarded, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
