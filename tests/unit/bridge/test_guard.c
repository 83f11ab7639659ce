/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-spoofing, rule by rule. Each case changes a packet that passes as it is
 * (the positive control, checked each time), and is tried without a tag, with
 * one and with two, on a fast port and on one that is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/bridge/burst.h"
#include "tests/unit/bridge/guard_cases.h"

#define FAST 1u
#define NEIGHBOUR 2u
#define SLOW 3u
#define HEAD_MAX 256u /* as long as the data path's peek */

static const uint8_t hash_key[16] = "sixteen guarding";

static const struct xsw_port_config open_port = {
	.bridge = 0,
	.fast = true,
	.forwarding = true,
	.learning = true,
	.flood = true,
	.mcast_flood = true,
	.bcast_flood = true,
};

/* 10.0.0.5, 192.0.2.0/24, 2001:db8::5, 2001:db8:1::/64; what is behind a
 * prefix does not count. */
static const struct xsw_policy full = {
	.guard = true,
	.mac = {{0x00, 0x16, 0x3e, 0, 0, 1}},
	.address_count = 4,
	.address = {{4, 32, {10, 0, 0, 5}},
		    {4, 24, {192, 0, 2, 9}},
		    {6, 128, {0x20, 0x01, 0x0d, 0xb8, [15] = 5}},
		    {6, 64, {0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 9}}},
};

/* No address at all. */
static const struct xsw_policy bare = {
	.guard = true,
	.mac = {{0x00, 0x16, 0x3e, 0, 0, 1}},
};

/* fe80::1, and nothing else. */
static const struct xsw_policy listed = {
	.guard = true,
	.mac = {{0x00, 0x16, 0x3e, 0, 0, 1}},
	.address_count = 1,
	.address = {{6, 128, {0xfe, 0x80, [15] = 1}}},
};

struct scene {
	struct xsw_switch *sw;
	struct burst burst;
	uint8_t head[HEAD_MAX]; /* a copy ends where this ends */
};

static int set_up(void **state)
{
	static struct scene scene;
	struct xsw_port_config slow = open_port;

	slow.fast = false;
	scene.sw = xsw_switch_create(1000, hash_key);
	assert_non_null(scene.sw);
	assert_int_equal(xsw_port_set(scene.sw, FAST, &open_port), 0);
	assert_int_equal(xsw_port_set(scene.sw, NEIGHBOUR, &open_port), 0);
	assert_int_equal(xsw_port_set(scene.sw, SLOW, &slow), 0);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	xsw_switch_destroy(scene->sw);
	return 0;
}

static void guard(struct scene *scene, const struct xsw_policy *policy)
{
	assert_int_equal(xsw_port_set_policy(scene->sw, FAST, policy), 0);
	assert_int_equal(xsw_port_set_policy(scene->sw, SLOW, policy), 0);
}

struct frame {
	uint64_t dst, src;
	uint32_t tags;
	struct packet packet;
	uint32_t head_max; /* of the packet; 0: as much as fits */
};

static struct frame frame_of(enum packet_kind kind)
{
	return (struct frame){
		.dst = BROADCAST, .src = PACKET_MAC, .packet = packet_of(kind)};
}

static void set_frame(struct scene *scene, const struct frame *frame)
{
	static const uint8_t tag[2][4] = {{0x88, 0xa8, 0, 5},
					  {0x81, 0x00, 0, 7}};
	uint32_t bytes = 14 + 4 * frame->tags + frame->packet.bytes;
	uint32_t head = bytes < HEAD_MAX ? bytes : HEAD_MAX;
	uint32_t at = 12;
	uint8_t *copy;

	if (frame->head_max && 14 + 4 * frame->tags + frame->head_max < head)
		head = 14 + 4 * frame->tags + frame->head_max;
	burst_add(&scene->burst, frame->dst, frame->src);
	copy = scene->head + HEAD_MAX - head;
	memcpy(copy, scene->burst.head[0], 12);
	for (uint32_t i = 0; i < frame->tags; i++, at += 4)
		memcpy(copy + at, tag[i % 2], 4);
	copy[at] = (uint8_t)(frame->packet.ethertype >> 8);
	copy[at + 1] = (uint8_t)(frame->packet.ethertype & 0xff);
	if (head > at + 2)
		memcpy(copy + at + 2, frame->packet.byte, head - at - 2);
	scene->burst.batch.frame[0] = (struct xsw_frame){
		.head = copy,
		.frame_bytes = bytes,
		.head_bytes = (uint16_t)head,
	};
}

/* The guard's word on the frame; checks that it is kept. */
static enum xsw_drop send(struct scene *scene, uint16_t port,
			  const struct frame *frame)
{
	struct burst *burst = &scene->burst;
	enum xsw_drop drop;

	burst_init(burst, port);
	set_frame(scene, frame);
	xsw_forward(scene->sw, &burst->batch, 0);
	burst_check(burst); /* dropped means nowhere, not even to the twin */
	drop = burst_drop(burst, 0);
	if (drop == XSW_DROP_NONE)
		assert_true(burst_reaches_twin(burst, 0) ||
			    burst_reaches(burst, 0, NEIGHBOUR));
	return drop;
}

static void expect(struct scene *scene, const char *name,
		   const struct frame *frame, enum xsw_drop wanted)
{
	static const uint16_t ports[2] = {FAST, SLOW};

	for (uint32_t p = 0; p < 2; p++) {
		enum xsw_drop drop = send(scene, ports[p], frame);

		if (drop != wanted)
			fail_msg("%s, %u tags, port %u: %s instead of %s", name,
				 frame->tags, ports[p], xsw_drop_name(drop),
				 xsw_drop_name(wanted));
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_case(struct scene *scene, const struct guard_case *of)
{
	struct frame frame = frame_of(of->kind);

	for (frame.tags = 0; frame.tags <= 2; frame.tags++) {
		expect(scene, "control", &frame, XSW_DROP_NONE);
		frame.packet = packet_of(of->kind);
		for (uint32_t i = 0; i < COUNT(of->change); i++)
			memcpy(frame.packet.byte + of->change[i].at,
			       of->change[i].byte, of->change[i].count);
		expect(scene, of->name, &frame, of->drop);
		frame.packet = packet_of(of->kind);
	}
}

static void check_cases(struct scene *scene, struct guard_cases of)
{
	for (size_t i = 0; i < of.count; i++)
		check_case(scene, &of.cases[i]);
}

static void arp_tells_the_truth(void **state)
{
	guard(*state, &full);
	check_cases(*state, guard_cases_arp());
}

static void ipv4_comes_from_own_addresses(void **state)
{
	guard(*state, &full);
	check_cases(*state, guard_cases_ipv4());
}

static void ipv6_comes_from_own_addresses(void **state)
{
	guard(*state, &full);
	check_cases(*state, guard_cases_ipv6());
}

static void neighbour_discovery_tells_the_truth(void **state)
{
	guard(*state, &full);
	check_cases(*state, guard_cases_nd());
}

static void without_addresses_one_can_be_got_and_no_more(void **state)
{
	static const enum packet_kind refused[] = {
		PACKET_IPV4_UDP, PACKET_IPV4_TCP, PACKET_IPV4_ECHO,
		PACKET_IPV6_UDP, PACKET_IPV6_TCP, PACKET_IPV6_ECHO,
		PACKET_ARP};
	static const enum packet_kind allowed[] = {
		PACKET_DHCP, PACKET_NS,	 PACKET_NA,    PACKET_DAD,
		PACKET_RS,   PACKET_MLD, PACKET_DHCPV6};
	struct frame frame;

	for (size_t i = 0; i < COUNT(refused); i++) {
		frame = frame_of(refused[i]);
		guard(*state, &full);
		expect(*state, "control", &frame, XSW_DROP_NONE);
		guard(*state, &bare);
		assert_int_not_equal(send(*state, FAST, &frame), XSW_DROP_NONE);
		assert_int_not_equal(send(*state, SLOW, &frame), XSW_DROP_NONE);
	}
	for (size_t i = 0; i < COUNT(allowed); i++) {
		frame = frame_of(allowed[i]);
		expect(*state, "allowed", &frame, XSW_DROP_NONE);
	}
	frame = frame_of(PACKET_ARP);
	memset(frame.packet.byte + ARP_SENDER, 0, 4);
	expect(*state, "probe", &frame, XSW_DROP_NONE);
	check_cases(*state, guard_cases_bare());
}

static void a_link_local_address_can_be_listed(void **state)
{
	static const uint8_t other[16] = {0xfe, 0x80, [15] = 1};
	struct frame frame = frame_of(PACKET_NA);

	guard(*state, &listed);
	expect(*state, "own", &frame, XSW_DROP_NONE);
	memcpy(frame.packet.byte + IP6_SOURCE, other, 16);
	memcpy(frame.packet.byte + ND_TARGET, other, 16);
	expect(*state, "listed", &frame, XSW_DROP_NONE);
	frame.packet.byte[ND_TARGET + 15] = 2;
	expect(*state, "another", &frame, XSW_DROP_SPOOFED_ND);
	frame = frame_of(PACKET_IPV6_UDP);
	expect(*state, "global", &frame, XSW_DROP_SPOOFED_IPV6);
	memcpy(frame.packet.byte + IP6_SOURCE, other, 16);
	expect(*state, "listed, UDP", &frame, XSW_DROP_NONE);
}

static void a_source_is_the_ports_mac(void **state)
{
	static const uint64_t foreign[] = {0x00163e000002, 0x00163e000101,
					   0x01163e000001, BROADCAST, 0};
	struct scene *scene = *state;
	struct frame frame = frame_of(PACKET_IPV4_UDP);

	guard(scene, &full);
	for (size_t i = 0; i < COUNT(foreign); i++) {
		frame.src = PACKET_MAC;
		expect(scene, "own", &frame, XSW_DROP_NONE);
		frame.src = foreign[i];
		expect(scene, "foreign", &frame, XSW_DROP_SPOOFED_MAC);
	}
}

/* A neighbour's address: its frames must not be drawn to the sender's port. */
static void a_spoofed_source_is_not_learned(void **state)
{
	struct scene *scene = *state;
	struct frame frame = frame_of(PACKET_IPV4_UDP);
	struct burst burst;

	guard(scene, &full);
	burst_init(&burst, NEIGHBOUR);
	burst_add(&burst, BROADCAST, 0x00163e000002);
	xsw_forward(scene->sw, &burst.batch, 0);
	frame.src = 0x00163e000002;
	assert_int_equal(send(scene, FAST, &frame), XSW_DROP_SPOOFED_MAC);
	assert_int_equal(xsw_station_dump(scene->sw, 0, NULL, NULL, 0, 0), 1);

	burst_init(&burst, FAST);
	frame.src = PACKET_MAC;
	frame.dst = 0x00163e000002;
	assert_int_equal(send(scene, FAST, &frame), XSW_DROP_NONE);
	assert_true(burst_reaches(&scene->burst, 0, NEIGHBOUR));
	assert_int_equal(xsw_station_dump(scene->sw, 0, NULL, NULL, 0, 0), 2);
}

static void other_protocols_are_for_the_link_only(void **state)
{
	static const uint16_t types[] = {0x8035, 0x88b5, 0x8864, 0x9100,
					 0x88cc, 0x0026, 0};
	struct frame frame = frame_of(PACKET_IPV4_UDP);

	guard(*state, &full);
	for (size_t i = 0; i < COUNT(types); i++) {
		frame.packet.ethertype = types[i];
		for (frame.tags = 0; frame.tags <= 2; frame.tags++) {
			frame.dst = BROADCAST;
			expect(*state, "other", &frame,
			       XSW_DROP_OTHER_PROTOCOL);
			frame.dst = 0x0180c200000e;
			expect(*state, "reserved", &frame, XSW_DROP_NONE);
		}
	}
	/* What is for the link alone is guarded all the same. */
	frame = frame_of(PACKET_IPV4_UDP);
	frame.dst = 0x0180c200000e;
	expect(*state, "control", &frame, XSW_DROP_NONE);
	frame.packet.byte[IP4_SOURCE + 3] = 6;
	expect(*state, "IPv4", &frame, XSW_DROP_SPOOFED_IPV4);
}

static void a_third_tag_is_refused(void **state)
{
	struct frame frame = frame_of(PACKET_IPV4_UDP);

	guard(*state, &full);
	frame.tags = 2;
	expect(*state, "two", &frame, XSW_DROP_NONE);
	frame.tags = 3;
	expect(*state, "three", &frame, XSW_DROP_OTHER_PROTOCOL);
}

/* Every packet, cut at every byte of what decides: refused, never read beyond
 * (behind the copies lies nothing, says the sanitizer). */
static void what_the_head_lacks_is_refused(void **state)
{
	static const struct {
		enum packet_kind kind;
		uint32_t needed; /* bytes of the packet */
	} cuts[] = {{PACKET_ARP, 28},	   {PACKET_IPV4_UDP, 24},
		    {PACKET_IPV4_TCP, 20}, {PACKET_IPV4_ECHO, 21},
		    {PACKET_DHCP, 62},	   {PACKET_IPV6_UDP, 44},
		    {PACKET_IPV6_TCP, 40}, {PACKET_IPV6_ECHO, 41},
		    {PACKET_NS, 72},	   {PACKET_NS_BARE, 64},
		    {PACKET_NA, 72},	   {PACKET_DAD, 64},
		    {PACKET_RS, 56},	   {PACKET_MLD, 49},
		    {PACKET_DHCPV6, 44},   {PACKET_EXTENSIONS, 100},
		    {PACKET_FRAGMENT, 52}};

	guard(*state, &full);
	for (size_t i = 0; i < COUNT(cuts); i++) {
		struct frame frame = frame_of(cuts[i].kind);

		frame.head_max = cuts[i].needed;
		expect(*state, "enough", &frame, XSW_DROP_NONE);
		for (uint32_t head = 1; head < cuts[i].needed; head++) {
			frame.head_max = head;
			assert_int_not_equal(send(*state, FAST, &frame),
					     XSW_DROP_NONE);
			assert_int_not_equal(send(*state, SLOW, &frame),
					     XSW_DROP_NONE);
		}
	}
}

/* A solicitation that ends somewhere, frame and all. */
static void options_are_whole_or_refused(void **state)
{
	struct frame frame = frame_of(PACKET_NS);

	guard(*state, &full);
	for (uint32_t bytes = IP6_PAYLOAD; bytes <= ND_OPTION + 8; bytes++) {
		bool whole = bytes == ND_OPTION || bytes == ND_OPTION + 8;
		bool has_type = bytes > IP6_PAYLOAD;

		frame.packet.bytes = bytes;
		frame.packet.byte[IP6_LENGTH + 1] =
			(uint8_t)(bytes - IP6_PAYLOAD);
		expect(*state, "cut", &frame,
		       whole	  ? XSW_DROP_NONE
		       : has_type ? XSW_DROP_SPOOFED_ND
				  : XSW_DROP_SPOOFED_IPV6);
	}
	/* Padding is no option, however much of it there is. */
	frame.packet.bytes = PACKET_BYTES;
	expect(*state, "padded", &frame, XSW_DROP_NONE);
}

/* Destination options of eight bytes each before UDP. */
static struct frame with_extensions(uint32_t count)
{
	struct frame frame = frame_of(PACKET_IPV6_UDP);
	struct packet *packet = &frame.packet;

	for (uint32_t i = 0; i < count; i++) {
		uint8_t *at = packet->byte + IP6_PAYLOAD;

		memmove(at + 8, at, packet->bytes - IP6_PAYLOAD);
		memset(at, 0, 8);
		at[0] = i == 0 ? 17 : 60;
		packet->bytes += 8;
		packet->byte[IP6_LENGTH + 1] += 8;
		packet->byte[IP6_NEXT] = 60;
	}
	return frame;
}

static void the_way_through_extension_headers_is_bounded(void **state)
{
	struct frame frame;

	guard(*state, &full);
	frame = with_extensions(8);
	expect(*state, "eight", &frame, XSW_DROP_NONE);
	frame = with_extensions(9);
	expect(*state, "nine", &frame, XSW_DROP_SPOOFED_IPV6);
	/* Within the bound, but beyond the head. */
	frame = with_extensions(1);
	frame.packet.byte[IP6_PAYLOAD + 1] = 30; /* 248 bytes */
	frame.packet.byte[IP6_LENGTH] = 1;
	frame.packet.bytes = PACKET_BYTES;
	expect(*state, "beyond the head", &frame, XSW_DROP_SPOOFED_IPV6);
}

static void a_port_without_guard_sends_what_it_likes(void **state)
{
	struct frame frame = frame_of(PACKET_RS);

	frame.packet.byte[IP6_PAYLOAD] = 134;
	expect(*state, "router advertisement", &frame, XSW_DROP_NONE);
	frame = frame_of(PACKET_ARP);
	frame.packet.byte[ARP_SENDER] = 11;
	expect(*state, "ARP", &frame, XSW_DROP_NONE);
	frame.src = 0x00163e000002;
	expect(*state, "MAC", &frame, XSW_DROP_NONE);
}

static void a_guard_ends_with_its_port(void **state)
{
	struct scene *scene = *state;
	struct frame frame = frame_of(PACKET_IPV4_UDP);

	guard(scene, &full);
	frame.src = 0x00163e000002;
	assert_int_equal(send(scene, FAST, &frame), XSW_DROP_SPOOFED_MAC);
	xsw_port_clear(scene->sw, FAST);
	assert_int_equal(send(scene, FAST, &frame), XSW_DROP_PORT_CLOSED);
	assert_int_equal(xsw_port_set(scene->sw, FAST, &open_port), 0);
	assert_int_equal(send(scene, FAST, &frame), XSW_DROP_NONE);
}

static void every_frame_of_a_burst_is_judged_alone(void **state)
{
	struct scene *scene = *state;
	struct burst *burst = &scene->burst;
	struct packet good = packet_of(PACKET_ARP);

	guard(scene, &full);
	burst_init(burst, FAST);
	for (uint32_t i = 0; i < XSW_BATCH_MAX; i++) {
		burst_add(burst, BROADCAST, PACKET_MAC);
		burst_type(burst, i, 0x0806);
		memcpy(burst->head[i] + 14, good.byte, good.bytes);
		if (i % 3 == 0)
			burst->head[i][14 + ARP_SENDER] ^= 1;
	}
	xsw_forward(scene->sw, &burst->batch, 0);
	burst_check(burst);
	assert_int_equal(burst->batch.dropped, 0x9249249249249249u);
	assert_int_equal(
		xsw_switch_stats(scene->sw)->drop[XSW_DROP_SPOOFED_ARP], 22);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(arp_tells_the_truth),
		TEST(ipv4_comes_from_own_addresses),
		TEST(ipv6_comes_from_own_addresses),
		TEST(neighbour_discovery_tells_the_truth),
		TEST(without_addresses_one_can_be_got_and_no_more),
		TEST(a_link_local_address_can_be_listed),
		TEST(a_source_is_the_ports_mac),
		TEST(a_spoofed_source_is_not_learned),
		TEST(other_protocols_are_for_the_link_only),
		TEST(a_third_tag_is_refused),
		TEST(what_the_head_lacks_is_refused),
		TEST(options_are_whole_or_refused),
		TEST(the_way_through_extension_headers_is_bounded),
		TEST(a_port_without_guard_sends_what_it_likes),
		TEST(a_guard_ends_with_its_port),
		TEST(every_frame_of_a_burst_is_judged_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
