/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random lists, guests and packets: the compiled program says of the bytes what
 * the reference says of the meaning. Few values of each kind, so that most
 * rules have something to say; both answers are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/acl.h"
#include "tests/unit/netconf/acl/reference.h"

#define LISTS 3000u
#define PACKETS 200u
#define RULES_MAX 10u
#define GUESTS 6u

static uint64_t seed = 0x5eed;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % below;
}

static bool one_in(uint32_t n)
{
	return any(n) == 0;
}

static const char *const names[] = {"a", "b", "c", "vif1.0", "vif2.0", ""};
static const char *const groups[] = {"red", "blue", ""};

static struct xn_mac any_mac(void)
{
	return (struct xn_mac){{0, 0x16, 0x3e, 0, 0, (uint8_t)any(5)}};
}

/* Of 16 hosts in each of four networks of each family. */
static struct xn_address any_address(uint8_t family)
{
	struct xn_address address = {.family = family};

	if (family == 0)
		address.family = one_in(2) ? 4 : 6;
	if (address.family == 4) {
		address.prefix = 32;
		address.octet[0] = 10;
		address.octet[2] = (uint8_t)any(4);
		address.octet[3] = (uint8_t)any(16);
		if (one_in(20))
			memset(address.octet, 255, 4);
	} else {
		address.prefix = 128;
		address.octet[0] = 0xfd;
		address.octet[7] = (uint8_t)any(4);
		address.octet[15] = (uint8_t)any(16);
		if (one_in(20))
			address = (struct xn_address){
				6, 128, {0xff, 2, [13] = 1, [15] = 2}};
	}
	return address;
}

static struct xn_address any_network(void)
{
	static const uint8_t prefix4[] = {0, 8, 23, 24, 28, 31, 32};
	static const uint8_t prefix6[] = {0, 7, 63, 64, 65, 124, 127, 128};
	struct xn_address network = any_address(0);

	network.prefix =
		network.family == 4 ? prefix4[any(7)] : prefix6[any(8)];
	for (uint32_t bit = network.prefix; bit < 128; bit++)
		network.octet[bit / 8] =
			(uint8_t)(network.octet[bit / 8] & ~(0x80u >> bit % 8));
	return network;
}

static uint16_t any_port(void)
{
	static const uint16_t ports[] = {1,  2,	 3,  22,  53,  67,
					 68, 80, 81, 546, 547, 65535};

	return ports[any(12)];
}

static uint8_t any_protocol(void)
{
	static const uint8_t protocols[] = {6, 6, 17, 17, 1, 58, 132, 47};

	return protocols[any(8)];
}

static uint32_t any_ports(struct xn_acl_ports *ret, bool types)
{
	uint32_t count = any(4);

	for (uint32_t i = 0; i < count; i++) {
		uint16_t a = types ? (uint16_t)any(16) : any_port();
		uint16_t b = types ? (uint16_t)any(140) : any_port();

		ret[i].first = a < b ? a : b;
		ret[i].last = a < b ? b : a;
	}
	return count;
}

static struct xn_acl_peer any_peer(void)
{
	struct xn_acl_peer peer = {.by = (enum xn_acl_by)any(4)};

	if (peer.by == XN_ACL_BY_NETWORK)
		peer.network = any_network();
	else if (peer.by == XN_ACL_BY_MAC)
		peer.mac = any_mac();
	else
		(void)snprintf(peer.name, sizeof(peer.name), "%s",
			       peer.by == XN_ACL_BY_NAME ? names[any(5)]
							 : groups[any(2)]);
	return peer;
}

/* As the grammar lets them be. */
static struct xn_acl_rule make_rule(void)
{
	struct xn_acl_rule rule = {.allow = !one_in(3), .in = one_in(2)};
	uint8_t protocol = any_protocol();
	bool ports = protocol == 6 || protocol == 17 || protocol == 132;
	bool icmp = protocol == 1 || protocol == 58;

	rule.protocol = protocol;
	if (one_in(6)) {
		rule.any_protocol = true;
		rule.protocol = 0;
		ports = icmp = false;
	} else if (icmp && one_in(4)) {
		icmp = false; /* by its number: both families */
	} else if (icmp) {
		rule.family = protocol == 1 ? 4 : 6;
	}
	if (ports || icmp)
		rule.to_count = any_ports(rule.to, icmp);
	if (ports && one_in(2))
		rule.from_count = any_ports(rule.from, false);
	rule.established = protocol == 6 && ports && one_in(4);
	rule.replies = rule.allow && (ports || icmp) && one_in(3) &&
		       (icmp || protocol == 6 || rule.to_count);
	rule.peer_count = any(4);
	for (uint32_t i = 0; i < rule.peer_count; i++)
		rule.peer[i] = any_peer();
	return rule;
}

static struct spec any_spec(void)
{
	static const uint16_t foreign[] = {0x0806, 0x88cc, 0x8847};
	struct spec spec = {
		.tags = one_in(4) ? any(3) : 0,
		.foreign = one_in(20) ? foreign[any(3)] : 0,
		.protocol = any_protocol(),
		.options = one_in(4) ? any(5) : 0,
		.part = one_in(5) ? (enum spec_part)any(3) : SPEC_WHOLE,
		.from = any_port(),
		.to = any_port(),
		.tcp_flags = (uint8_t)any(256),
		.source_mac = any_mac(),
		.destination_mac = any_mac(),
		.source = any_address(0),
	};

	spec.family = spec.source.family;
	spec.destination = any_address(spec.family);
	if (spec_is_icmp(&spec))
		spec.to = (uint16_t)any(150);
	return spec;
}

static void check_packets(const struct xn_acl *acl,
			  const struct xacl_known *known,
			  const struct xsw_acl *program, uint64_t answered[2])
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct spec spec = any_spec();
		uint8_t memory[SPEC_BYTES_MAX];
		struct xsw_frame frame = spec_frame(&spec, memory);
		bool in = one_in(2);
		bool wanted = reference_allows(acl, known, in, &spec);
		bool said = xsw_acl_allows(
			program, in ? XSW_ACL_IN : XSW_ACL_OUT, &frame);

		if (said != wanted)
			fail_msg("packet %u: family %u protocol %u ports %u %u "
				 "part %d %s: %s, not %s",
				 i, spec.family, spec.protocol, spec.from,
				 spec.to, (int)spec.part, in ? "in" : "out",
				 said ? "passes" : "dropped",
				 wanted ? "passes" : "dropped");
		answered[said]++;
	}
}

static void program_and_reference_agree(void **state)
{
	static struct xn_acl_rule rules[RULES_MAX];
	uint64_t answered[2] = {0, 0};

	(void)state;
	for (uint32_t n = 0; n < LISTS; n++) {
		struct xn_address address[GUESTS][2], host[3];
		struct xacl_guest guest[GUESTS];
		struct xacl_known known = {GUESTS, guest, any(4), host};
		struct xn_acl acl = {.name = "x", .default_allow = one_in(3)};
		struct xsw_acl *program = NULL;
		struct xn_err err = {0};

		for (uint32_t i = 0; i < GUESTS; i++) {
			guest[i] = (struct xacl_guest){
				.name = {names[any(6)], names[any(6)],
					 names[any(6)]},
				.acl = groups[any(3)],
				.has_mac = !one_in(4),
				.mac = any_mac(),
				.by_mac = one_in(3),
				.guarded = one_in(2),
				.address_count = any(3),
				.address = address[i],
			};
			address[i][0] = any_address(0);
			address[i][1] =
				one_in(4) ? any_network() : any_address(0);
		}
		for (uint32_t i = 0; i < 3; i++)
			host[i] = any_address(0);
		acl.rule = rules;
		acl.rule_count = any(RULES_MAX + 1);
		for (uint32_t i = 0; i < acl.rule_count; i++)
			rules[i] = make_rule();
		assert_int_equal(xacl_compile(&acl, &known, &program, &err), 0);
		assert_int_equal(xsw_acl_check(program, program->bytes), 0);
		check_packets(&acl, &known, program, answered);
		free(program);
	}
	print_message("%llu passed, %llu dropped\n",
		      (unsigned long long)answered[1],
		      (unsigned long long)answered[0]);
	assert_true(answered[0] > LISTS * PACKETS / 10);
	assert_true(answered[1] > LISTS * PACKETS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_and_reference_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
