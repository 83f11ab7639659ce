// SPDX-License-Identifier: GPL-2.0-or-later
/* Where headers lie, and that nothing is read or believed beyond bounds. */
#include "cmocka_std.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "netback/offload/headers.h"

static struct frame frame;
static struct xnb_headers headers;

/* Parses from memory of exactly `head_bytes`, so that a sanitizer sees. */
static int parse_head(uint32_t head_bytes)
{
	uint8_t *head = malloc(head_bytes ? head_bytes : 1);
	int error;

	assert_non_null(head);
	memcpy(head, frame.data, head_bytes);
	memset(&headers, 0xee, sizeof(headers));
	error = xnb_headers_parse(head, head_bytes, frame.bytes, &headers);
	free(head);
	return error;
}

static int parse(void)
{
	return parse_head(frame.bytes);
}

static void assert_found(void)
{
	assert_int_equal(parse(), 0);
	assert_int_equal(headers.l3, frame.l3);
	assert_int_equal(headers.l4, frame.l4);
	assert_int_equal(headers.payload, frame.payload);
	assert_int_equal(headers.l4_bytes, frame.l4_bytes);
	assert_int_equal(headers.ip_version, frame.spec.ip);
	assert_int_equal(headers.protocol, frame.spec.protocol);
}

static void assert_refused(void)
{
	assert_int_equal(parse(), -EBADMSG);
	assert_int_equal(headers.l3, 0xeeee); /* untouched */
}

static void every_combination_is_found(void **state)
{
	static const uint8_t extension[][12] = {
		{0},
		{255},
		{IPPROTO_DSTOPTS},
		{255, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
		 IPPROTO_AH},
	};

	(void)state;
	for (uint32_t i = 0; i < 3u * 2 * 2 * 4 * 3; i++) {
		struct frame_spec spec = {
			.vlan_tags = (uint8_t)(i % 3),
			.ip = i / 3 % 2 ? 4 : 6,
			.protocol = i / 6 % 2 ? IPPROTO_TCP : IPPROTO_UDP,
			.payload_bytes = i / 48 * 50,
		};

		if (spec.ip == 4)
			spec.ip_options = (uint8_t)(i / 12 % 4 * 3);
		else
			memcpy(spec.extension, extension[i / 12 % 4], 12);
		spec.tcp_options = (uint8_t)(i % 11);
		frame_build(&frame, &spec);
		assert_found();
		assert_int_equal(headers.routed, 0);
	}
}

static void head_that_ends_within_a_header_is_refused(void **state)
{
	struct frame_spec spec = {.vlan_tags = 2,
				  .tcp_options = 4,
				  .protocol = IPPROTO_TCP,
				  .payload_bytes = 100};

	(void)state;
	for (uint32_t ip = 4; ip <= 6; ip += 2) {
		spec.ip = (uint8_t)ip;
		if (ip == 6)
			memcpy(spec.extension, "\xff\x3c\x33", 4);
		frame_build(&frame, &spec);
		for (uint32_t bytes = 0; bytes < frame.payload; bytes++)
			assert_int_equal(parse_head(bytes), -EBADMSG);
		assert_int_equal(parse_head(frame.payload), 0);
	}
}

static void padding_behind_the_packet_is_not_payload(void **state)
{
	struct frame_spec spec = {.ip = 4,
				  .protocol = IPPROTO_UDP,
				  .payload_bytes = 4,
				  .padding_bytes = 20};

	(void)state;
	frame_build(&frame, &spec);
	assert_found();
	assert_int_equal(headers.l4_bytes, 12);
}

static void build(uint8_t ip, uint8_t protocol)
{
	struct frame_spec spec = {
		.ip = ip, .protocol = protocol, .payload_bytes = 100};

	frame_build(&frame, &spec);
}

static void what_is_not_tcp_or_udp_is_refused(void **state)
{
	(void)state;
	build(FRAME_ARP, 0);
	assert_refused();
	build(4, IPPROTO_ICMP);
	assert_refused();
	build(6, IPPROTO_ICMPV6);
	assert_refused();
	build(4, IPPROTO_TCP);
	frame_put16(&frame, 12, 0x8847);
	assert_refused();
}

static void frames_beyond_64_kib_are_refused(void **state)
{
	(void)state;
	build(4, IPPROTO_UDP);
	assert_int_equal(
		xnb_headers_parse(frame.data, frame.payload, 65535, &headers),
		0);
	assert_int_equal(
		xnb_headers_parse(frame.data, frame.payload, 65536, &headers),
		-EBADMSG);
}

static void more_than_two_tags_are_refused(void **state)
{
	struct frame_spec spec = {
		.ip = 4, .protocol = IPPROTO_TCP, .vlan_tags = 3};

	(void)state;
	frame_build(&frame, &spec);
	assert_refused();
}

static void bad_ipv4_headers_are_refused(void **state)
{
	(void)state;
	build(4, IPPROTO_TCP);
	frame.data[frame.l3] = 0x65; /* version */
	assert_refused();
	build(4, IPPROTO_TCP);
	frame.data[frame.l3] = 0x44; /* header too short */
	assert_refused();
	build(4, IPPROTO_TCP);
	frame_put16(&frame, frame.l3 + 2, 19); /* total below header */
	assert_refused();
	build(4, IPPROTO_TCP);
	frame_put16(&frame, frame.l3 + 2, 39); /* TCP header cut */
	assert_refused();
	build(4, IPPROTO_TCP);
	frame_put16(&frame, frame.l3 + 2,
		    (uint16_t)(frame.bytes - frame.l3 + 1));
	assert_refused();
}

static void fragments_are_refused(void **state)
{
	static const uint16_t field[] = {0x2000, 0x0001, 0x1fff, 0x6000};
	struct frame_spec spec = {.ip = 6,
				  .protocol = IPPROTO_UDP,
				  .extension = {IPPROTO_FRAGMENT},
				  .payload_bytes = 100};

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		build(4, IPPROTO_UDP);
		frame_put16(&frame, frame.l3 + 6, field[i]);
		assert_refused();
	}
	frame_build(&frame, &spec);
	assert_found();			       /* an atomic fragment is whole */
	frame_put16(&frame, frame.l3 + 42, 1); /* more fragments */
	assert_refused();
	frame_put16(&frame, frame.l3 + 42, 8); /* offset */
	assert_refused();
}

static void bad_ipv6_headers_are_refused(void **state)
{
	struct frame_spec spec = {.ip = 6,
				  .protocol = IPPROTO_TCP,
				  .extension = {IPPROTO_DSTOPTS}};

	(void)state;
	build(6, IPPROTO_TCP);
	frame.data[frame.l3] = 0x40;
	assert_refused();
	build(6, IPPROTO_TCP);
	frame_put16(&frame, frame.l3 + 4, 121); /* one too many */
	assert_refused();
	frame_build(&frame, &spec);
	assert_found();
	frame.data[frame.l3 + 41] = 255; /* extension beyond the packet */
	assert_refused();
	frame_build(&frame, &spec);
	frame_put16(&frame, frame.l3 + 4, 15); /* packet within extension */
	assert_refused();
}

static void endless_extension_headers_are_refused(void **state)
{
	struct frame_spec spec = {.ip = 6, .protocol = IPPROTO_TCP};

	(void)state;
	memset(spec.extension, IPPROTO_DSTOPTS, XNB_IPV6_HEADERS_MAX);
	frame_build(&frame, &spec);
	assert_found();
	memset(spec.extension, IPPROTO_DSTOPTS, XNB_IPV6_HEADERS_MAX + 1);
	frame_build(&frame, &spec);
	assert_refused();
}

static void segments_left_make_it_routed(void **state)
{
	struct frame_spec spec = {.ip = 6,
				  .protocol = IPPROTO_TCP,
				  .extension = {IPPROTO_ROUTING},
				  .segments_left = 1};

	(void)state;
	frame_build(&frame, &spec);
	assert_found();
	assert_int_equal(headers.routed, 1);
}

static void bad_tcp_and_udp_headers_are_refused(void **state)
{
	(void)state;
	build(4, IPPROTO_TCP);
	frame.data[frame.l4 + 12] = 0x40; /* below 5 words */
	assert_refused();
	build(4, IPPROTO_UDP);
	frame_put16(&frame, frame.l4 + 4, 107);
	assert_refused();
	frame_put16(&frame, frame.l4 + 4, 0);
	assert_refused();
	frame_put16(&frame, frame.l4 + 4, 108);
	assert_found();
}

static void random_bytes_never_lead_outside(void **state)
{
	uint32_t found = 0;

	(void)state;
	srandom(7);
	for (uint32_t round = 0; round < 20000; round++) {
		struct frame_spec spec = {
			.ip = random() % 2 ? 4 : 6,
			.protocol = random() % 2 ? IPPROTO_TCP : IPPROTO_UDP,
			.vlan_tags = (uint8_t)(random() % 3),
			.extension = {IPPROTO_DSTOPTS},
			.payload_bytes = (uint32_t)random() % 30,
		};

		frame_build(&frame, &spec);
		for (uint32_t i = 0; i < 2; i++)
			frame.data[(uint32_t)random() % frame.bytes] =
				(uint8_t)random();
		if (parse_head((uint32_t)random() % (frame.bytes + 1)))
			continue;
		found++;
		assert_true(headers.l3 < headers.l4);
		assert_true(headers.l4 < headers.payload);
		assert_true(headers.payload <= frame.bytes);
		assert_true(headers.l4 + headers.l4_bytes <= frame.bytes);
	}
	assert_true(found > 100);
}

/* Asked of memory of exactly `head_bytes`. */
static bool is_usual(uint32_t head_bytes)
{
	uint8_t *head = malloc(head_bytes ? head_bytes : 1);
	bool usual;

	assert_non_null(head);
	memcpy(head, frame.data, head_bytes);
	usual = xnb_headers_usual(head, head_bytes, frame.bytes);
	free(head);
	return usual;
}

static void plain_tcp_and_udp_over_ipv4_is_usual(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2u * 3 * 2 * 2 * 3; i++) {
		struct frame_spec spec = {
			.protocol = i % 2 ? IPPROTO_TCP : IPPROTO_UDP,
			.tcp_options = (uint8_t)(i / 2 % 3 * 5),
			.ip = i / 6 % 2 ? 4 : 6,
			.vlan_tags = i / 12 % 2,
			.ip_options = i / 24 == 1 ? 2 : 0,
			.payload_bytes = i / 24 == 2 ? 700 : 3,
			.padding_bytes = i / 24 == 0 ? 9 : 0,
		};

		if (spec.ip == 6)
			spec.ip_options = 0;
		frame_build(&frame, &spec);
		assert_int_equal(parse(), 0);
		assert_int_equal(is_usual(frame.bytes),
				 spec.ip == 4 && !spec.vlan_tags &&
					 !spec.ip_options);
		assert_false(is_usual(frame.payload - 1));
	}
}

/* Whatever stands in one byte, and wherever the head ends. */
static void usual_frames_are_found_as_such(void **state)
{
	uint32_t usual = 0, unusual = 0;

	(void)state;
	srandom(11);
	for (uint32_t round = 0; round < 60000; round++) {
		struct frame_spec spec = {
			.ip = 4,
			.protocol = random() % 2 ? IPPROTO_TCP : IPPROTO_UDP,
			.tcp_options = (uint8_t)(random() % 11),
			.payload_bytes = (uint32_t)random() % 30,
		};
		uint32_t head_bytes;

		frame_build(&frame, &spec);
		frame.data[(uint32_t)random() % frame.bytes] =
			(uint8_t)random();
		head_bytes = (uint32_t)random() % (frame.bytes + 1);
		if (random() % 2)
			head_bytes = frame.bytes;
		if (!is_usual(head_bytes)) {
			unusual++;
			continue;
		}
		usual++;
		assert_int_equal(parse_head(head_bytes), 0);
		assert_int_equal(headers.l3, 14);
		assert_int_equal(headers.l4, 34);
		assert_int_equal(headers.ip_version, 4);
		assert_false(xnb_headers_tagged(frame.data));
	}
	assert_true(usual > 10000);
	assert_true(unusual > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(every_combination_is_found),
		T(head_that_ends_within_a_header_is_refused),
		T(padding_behind_the_packet_is_not_payload),
		T(what_is_not_tcp_or_udp_is_refused),
		T(frames_beyond_64_kib_are_refused),
		T(more_than_two_tags_are_refused),
		T(bad_ipv4_headers_are_refused),
		T(fragments_are_refused),
		T(bad_ipv6_headers_are_refused),
		T(endless_extension_headers_are_refused),
		T(segments_left_make_it_routed),
		T(bad_tcp_and_udp_headers_are_refused),
		T(random_bytes_never_lead_outside),
		T(plain_tcp_and_udp_over_ipv4_is_usual),
		T(usual_frames_are_found_as_such),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
