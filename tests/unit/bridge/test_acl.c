/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access lists in the switch: what no rule can let pass, what none can stop,
 * which ports a list is for, and which bytes are none. What rules say is in
 * tests/unit/netconf/acl. The list here allows everything (so that a drop has
 * no rule to blame), or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/acl.h"
#include "tests/unit/bridge/burst.h"
#include "tests/unit/bridge/packet.h"

#define HEAD_MAX 256u
#define ETHERNET 14u
#define FOREIGN 0x88cc /* follows the default */

static const uint8_t hash_key[16] = "sixteen to allow";

static const struct xsw_acl everything = {.bytes = sizeof(everything),
					  .allow = 1};
static const struct xsw_acl nothing = {.bytes = sizeof(nothing)};

static const struct xsw_port_config open_port = {
	.bridge = 0,
	.fast = true,
	.forwarding = true,
	.learning = true,
	.flood = true,
	.mcast_flood = true,
	.bcast_flood = true,
};

struct change {
	uint32_t at, count;
	uint8_t byte[16];
};

static uint8_t head[ETHERNET + 12 + PACKET_BYTES];

/* In memory that ends where it ends. */
static bool passes(const struct xsw_acl *acl, const struct packet *packet,
		   uint32_t tags, uint32_t head_bytes)
{
	uint32_t at = 12, bytes;
	uint8_t *memory;
	struct xsw_frame frame;
	bool allowed;

	memset(head, 2, at);
	for (uint32_t i = 0; i < tags; i++, at += 4)
		memcpy(head + at, "\x81\0\0\5", 4);
	head[at++] = (uint8_t)(packet->ethertype >> 8);
	head[at++] = (uint8_t)(packet->ethertype & 0xff);
	memcpy(head + at, packet->byte, packet->bytes);
	bytes = at + packet->bytes;
	if (head_bytes > bytes)
		head_bytes = bytes;
	memory = malloc(head_bytes);
	assert_non_null(memory);
	memcpy(memory, head, head_bytes);
	frame = (struct xsw_frame){.head = memory,
				   .frame_bytes = bytes,
				   .head_bytes = (uint16_t)head_bytes};
	allowed = xsw_acl_allows(acl, XSW_ACL_OUT, &frame);
	free(memory);
	return allowed;
}

static bool allows(const struct xsw_acl *acl, enum packet_kind kind,
		   struct change change)
{
	struct packet packet = packet_of(kind);

	memcpy(packet.byte + change.at, change.byte, change.count);
	return passes(acl, &packet, 0, HEAD_MAX);
}

static const struct change unchanged;

static void what_keeps_a_guest_on_the_network_passes(void **state)
{
	static const enum packet_kind kinds[] = {
		PACKET_ARP, PACKET_NS, PACKET_NS_BARE, PACKET_NA,
		PACKET_DAD, PACKET_RS, PACKET_MLD,
	};
	static const enum packet_kind others[] = {
		PACKET_IPV4_UDP, PACKET_IPV4_TCP,   PACKET_IPV4_ECHO,
		PACKET_DHCP,	 PACKET_IPV6_UDP,   PACKET_IPV6_TCP,
		PACKET_DHCPV6,	 PACKET_EXTENSIONS, PACKET_IPV6_ECHO,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (uint32_t tags = 0; tags <= 2; tags++) {
			struct packet packet = packet_of(kinds[i]);

			assert_true(passes(&nothing, &packet, tags, HEAD_MAX));
		}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		for (uint32_t tags = 0; tags <= 2; tags++) {
			struct packet packet = packet_of(others[i]);

			assert_false(passes(&nothing, &packet, tags, HEAD_MAX));
			assert_true(
				passes(&everything, &packet, tags, HEAD_MAX));
		}
	/* A redirect is none of them, and no part of a message is. */
	assert_false(allows(&nothing, PACKET_NS,
			    (struct change){IP6_PAYLOAD, 1, {137}}));
	assert_false(allows(&nothing, PACKET_FRAGMENT,
			    (struct change){IP6_NEXT, 1, {44}}));
}

static void what_is_no_ip_follows_the_default(void **state)
{
	struct packet packet = packet_of(PACKET_IPV4_UDP);

	(void)state;
	packet.ethertype = 0x88cc;
	assert_true(passes(&everything, &packet, 0, HEAD_MAX));
	assert_false(passes(&nothing, &packet, 0, HEAD_MAX));
	/* Behind a third tag nobody looks. */
	packet = packet_of(PACKET_ARP);
	assert_true(passes(&nothing, &packet, 2, HEAD_MAX));
	assert_false(passes(&nothing, &packet, 3, HEAD_MAX));
}

static void a_packet_that_is_not_what_it_says_is_refused(void **state)
{
	static const struct {
		enum packet_kind kind;
		struct change change;
	} broken[] = {
		{PACKET_IPV4_UDP, {0, 1, {0x65}}},	     /* version */
		{PACKET_IPV4_UDP, {0, 1, {0x44}}},	     /* short header */
		{PACKET_IPV4_UDP, {IP4_TOTAL, 2, {0, 19}}},  /* less than it */
		{PACKET_IPV4_UDP, {IP4_TOTAL, 2, {0, 27}}},  /* cut UDP */
		{PACKET_IPV4_TCP, {IP4_TOTAL, 2, {0, 39}}},  /* cut TCP */
		{PACKET_IPV4_ECHO, {IP4_TOTAL, 2, {0, 23}}}, /* cut ICMP */
		{PACKET_IPV6_UDP, {0, 1, {0x40}}},
		{PACKET_IPV6_UDP, {IP6_LENGTH, 2, {0, 7}}},
		{PACKET_IPV6_TCP, {IP6_LENGTH, 2, {0, 19}}},
		{PACKET_IPV6_ECHO, {IP6_LENGTH, 2, {0, 3}}},
		{PACKET_EXTENSIONS, {IP6_NEXT, 1, {253}}}, /* no way behind */
		{PACKET_EXTENSIONS, {IP6_PAYLOAD + 1, 1, {255}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		assert_true(allows(&everything, broken[i].kind, unchanged));
		if (allows(&everything, broken[i].kind, broken[i].change))
			fail_msg("case %zu passes", i);
	}
}

/* Of each prefix of each packet what decides is there, or it is refused. */
static void what_is_not_in_the_head_is_not_guessed(void **state)
{
	static const struct {
		enum packet_kind kind;
		uint32_t needed; /* of the packet */
	} cases[] = {
		{PACKET_IPV4_UDP, IP4_PAYLOAD + 8},
		{PACKET_IPV4_TCP, IP4_PAYLOAD + 20},
		{PACKET_IPV4_ECHO, IP4_PAYLOAD + 4},
		{PACKET_IPV6_UDP, IP6_PAYLOAD + 8},
		{PACKET_IPV6_TCP, IP6_PAYLOAD + 20},
		{PACKET_IPV6_ECHO, IP6_PAYLOAD + 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet packet = packet_of(cases[i].kind);

		for (uint32_t bytes = ETHERNET;
		     bytes <= ETHERNET + packet.bytes; bytes++)
			assert_int_equal(passes(&everything, &packet, 0, bytes),
					 bytes >= ETHERNET + cases[i].needed);
	}
}

static struct xsw_acl *copy_of(const struct xsw_acl *acl)
{
	struct xsw_acl *copy = malloc(acl->bytes);

	assert_non_null(copy);
	memcpy(copy, acl, acl->bytes);
	return copy;
}

static void set_list(struct xsw_switch *sw, uint16_t port, uint16_t number)
{
	const struct xsw_policy policy = {.acl = number};

	assert_int_equal(xsw_port_set_policy(sw, port, &policy), 0);
}

/* 0: nowhere; else bit 0 the twin, bit 1 port 2. */
static uint32_t goes(struct xsw_switch *sw, uint16_t from)
{
	struct burst burst;

	burst_init(&burst, from);
	burst_add(&burst, BROADCAST, 0x00163e000000u + from);
	burst_type(&burst, 0, FOREIGN);
	xsw_forward(sw, &burst.batch, 0);
	burst_check(&burst);
	if (burst_drop(&burst, 0) != XSW_DROP_NONE)
		assert_int_equal(burst_drop(&burst, 0), XSW_DROP_ACL);
	return (uint32_t)burst_reaches_twin(&burst, 0) |
	       (uint32_t)burst_reaches(&burst, 0, 2) << 1;
}

static bool may_receive(struct xsw_switch *sw, uint16_t port)
{
	struct burst burst;
	uint64_t refused;

	burst_init(&burst, 1);
	burst_add(&burst, BROADCAST, 0x00163e000001u);
	burst_add(&burst, BROADCAST, 0x00163e000001u);
	burst_type(&burst, 0, FOREIGN);
	burst_type(&burst, 1, FOREIGN);
	refused = xsw_acl_refused_to(sw, port, &burst.batch, 2);
	assert_int_equal(refused & ~UINT64_C(2), 0);
	assert_int_equal(!refused,
			 xsw_acl_allows_to(sw, port, &burst.batch.frame[1]));
	return !refused;
}

static void a_list_is_for_the_ports_that_name_it(void **state)
{
	struct xsw_switch *sw = xsw_switch_create(100, hash_key);
	struct xsw_port_config slow = open_port;

	(void)state;
	slow.fast = false;
	assert_non_null(sw);
	assert_int_equal(xsw_port_set(sw, 1, &open_port), 0);
	assert_int_equal(xsw_port_set(sw, 2, &open_port), 0);
	assert_int_equal(xsw_port_set(sw, 3, &slow), 0);
	assert_int_equal(goes(sw, 1), 3);
	assert_int_equal(goes(sw, 3), 1);
	assert_true(may_receive(sw, 1));

	/* A number that has no list yet. */
	set_list(sw, 1, 7);
	set_list(sw, 3, 7);
	assert_int_equal(goes(sw, 1), 0);
	assert_int_equal(goes(sw, 3), 0);
	assert_false(may_receive(sw, 1));
	assert_true(may_receive(sw, 2));
	assert_int_equal(xsw_switch_stats(sw)->drop[XSW_DROP_ACL], 2);

	assert_int_equal(xsw_acl_set(sw, 7, copy_of(&everything)), 0);
	assert_int_equal(goes(sw, 1), 3);
	assert_int_equal(goes(sw, 3), 1);
	assert_true(may_receive(sw, 1));
	assert_int_equal(xsw_acl_set(sw, 7, copy_of(&nothing)), 0);
	assert_int_equal(goes(sw, 1), 0);
	assert_int_equal(xsw_acl_set(sw, 8, copy_of(&everything)), 0);
	set_list(sw, 1, 8);
	assert_int_equal(goes(sw, 1), 3);
	assert_int_equal(goes(sw, 3), 0);
	assert_int_equal(xsw_acl_set(sw, 8, NULL), 0);
	assert_int_equal(goes(sw, 1), 0);
	set_list(sw, 1, XSW_NO_ACL);
	assert_int_equal(goes(sw, 1), 3);

	assert_int_equal(xsw_acl_set(sw, 0, copy_of(&nothing)), -EINVAL);
	assert_int_equal(xsw_acl_set(sw, XSW_ACLS_MAX + 1, copy_of(&nothing)),
			 -EINVAL);
	assert_int_equal(xsw_acl_set(sw, XSW_ACLS_MAX, copy_of(&nothing)), 0);
	assert_int_equal(
		xsw_port_set_policy(
			sw, 1, &(struct xsw_policy){.acl = XSW_ACLS_MAX + 1}),
		-EINVAL);
	xsw_switch_destroy(sw);
}

/* What a dropped frame shows is not learned. */
static void a_refused_source_is_not_learned(void **state)
{
	struct xsw_switch *sw = xsw_switch_create(100, hash_key);

	(void)state;
	assert_int_equal(xsw_port_set(sw, 1, &open_port), 0);
	set_list(sw, 1, 1);
	assert_int_equal(goes(sw, 1), 0);
	assert_int_equal(xsw_station_count(sw), 0);
	set_list(sw, 1, XSW_NO_ACL);
	assert_int_equal(goes(sw, 1), 1);
	assert_int_equal(xsw_station_count(sw), 1);
	xsw_switch_destroy(sw);
}

struct program {
	struct xsw_acl head;
	uint64_t mac[2];
	struct xsw_acl_net6 net6[1];
	struct xsw_acl_net4 net4[3];
	struct xsw_acl_rule rule[2];
};

static struct program good_program(void)
{
	struct program program = {
		.head = {.bytes = sizeof(program),
			 .mac_count = 2,
			 .nets6_count = 1,
			 .nets4_count = 3,
			 .rule_count = {1, 1}},
		.rule = {{.macs = {0, 2}, .nets6 = {0, 1}, .nets4 = {0, 3}},
			 {.macs = {2, 0}, .nets6 = {1, 0}, .nets4 = {1, 2}}},
	};

	return program;
}

#define CHECK(field, value, result)                                       \
	do {                                                              \
		struct program p_ = good_program();                       \
                                                                          \
		p_.field = value;                                         \
		assert_int_equal(xsw_acl_check(&p_, sizeof(p_)), result); \
	} while (0)

static void what_is_no_program_is_refused(void **state)
{
	struct program program = good_program();

	(void)state;
	assert_int_equal(xsw_acl_check(&program, sizeof(program)), 0);
	assert_int_equal(xsw_acl_check(&program, sizeof(program) - 1), -EINVAL);
	assert_int_equal(xsw_acl_check(&program, sizeof(program.head) - 1),
			 -EINVAL);
	CHECK(head.bytes, 7, -EINVAL);
	CHECK(head.mac_count, 1, -EINVAL);
	CHECK(head.mac_count, XSW_ACL_MACS_MAX + 1, -E2BIG);
	CHECK(head.nets6_count, XSW_ACL_NETS6_MAX + 1, -E2BIG);
	CHECK(head.nets4_count, UINT32_MAX, -E2BIG);
	CHECK(head.rule_count[0], XSW_ACL_RULES_MAX + 1, -E2BIG);
	CHECK(head.rule_count[1], XSW_ACL_RULES_MAX, -E2BIG);
	CHECK(head.rule_count[1], UINT32_MAX, -E2BIG);
	CHECK(head.allow, 2, -EINVAL);
	CHECK(head.reserved, 1, -EINVAL);
	CHECK(rule[0].flags, XSW_ACL_RULE_FLAGS + 1, -EINVAL);
	CHECK(rule[1].family, 5, -EINVAL);
	CHECK(rule[0].macs.count, 3, -EINVAL);
	CHECK(rule[1].macs.first, 3, -EINVAL);
	CHECK(rule[1].macs.count, 1, -EINVAL);
	CHECK(rule[0].nets6.count, 2, -EINVAL);
	CHECK(rule[1].nets4.count, 3, -EINVAL);
	CHECK(rule[1].nets4.first, UINT16_MAX, -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_keeps_a_guest_on_the_network_passes),
		cmocka_unit_test(what_is_no_ip_follows_the_default),
		cmocka_unit_test(a_packet_that_is_not_what_it_says_is_refused),
		cmocka_unit_test(what_is_not_in_the_head_is_not_guessed),
		cmocka_unit_test(a_list_is_for_the_ports_that_name_it),
		cmocka_unit_test(a_refused_source_is_not_learned),
		cmocka_unit_test(what_is_no_program_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
