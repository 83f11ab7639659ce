// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums in software against a slow sum. The cases add_mbuf_cksum_* carry
 * the names of FreeBSD's (tests/unit/netback/ring/cases.txt). */
#include "cmocka_std.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "netback/offload/checksum.h"

static struct frame frame;
static struct frame before;
static struct iovec iov[8];

static void build(const struct frame_spec *spec)
{
	frame_build(&frame, spec);
}

/* The frame in one piece. */
static uint32_t whole(void)
{
	iov[0] = (struct iovec){frame.data, frame.bytes};
	return 1;
}

/* The headers in one piece, the rest in pieces of odd lengths. */
static uint32_t pieces(void)
{
	uint32_t at = frame.payload;
	uint32_t n = 0;

	iov[n++] = (struct iovec){frame.data, at};
	for (; n < 7 && at < frame.bytes; n++) {
		uint32_t bytes = n * 2 - 1;

		if (bytes > frame.bytes - at)
			bytes = frame.bytes - at;
		iov[n] = (struct iovec){frame.data + at, bytes};
		at += bytes;
	}
	iov[n++] = (struct iovec){frame.data + at, frame.bytes - at};
	return n;
}

static void assert_untouched_by_fill(void)
{
	memcpy(&before, &frame, sizeof(before));
	assert_int_equal(xnb_checksum_fill(iov, whole()), -EBADMSG);
	assert_memory_equal(before.data, frame.data, frame.bytes);
}

static void assert_filled(uint16_t blank)
{
	uint16_t right = frame_checksum(&frame);

	frame_put16(&frame, frame.csum, blank);
	assert_int_equal(xnb_checksum_fill(iov, whole()), 0);
	assert_int_equal(frame_get16(&frame, frame.csum), right);
	frame_put16(&frame, frame.csum, blank);
	assert_int_equal(xnb_checksum_fill(iov, pieces()), 0);
	assert_int_equal(frame_get16(&frame, frame.csum), right);
}

static void add_mbuf_cksum_arp_is_untouched(void **state)
{
	struct frame_spec spec = {.ip = FRAME_ARP};

	(void)state;
	build(&spec);
	assert_untouched_by_fill();
}

static void add_mbuf_cksum_icmp_is_untouched(void **state)
{
	struct frame_spec spec = {
		.ip = 4, .protocol = IPPROTO_ICMP, .payload_bytes = 56};

	(void)state;
	build(&spec);
	assert_untouched_by_fill();
	spec.ip = 6;
	spec.protocol = IPPROTO_ICMPV6;
	build(&spec);
	assert_untouched_by_fill();
}

static void add_mbuf_cksum_tcp_is_filled(void **state)
{
	struct frame_spec spec = {.ip = 4, .protocol = IPPROTO_TCP};

	(void)state;
	for (uint32_t bytes = 0; bytes < 70; bytes++) {
		spec.payload_bytes = bytes;
		spec.tcp_options = (uint8_t)(bytes % 11);
		spec.ip_options = (uint8_t)(bytes % 4);
		spec.ip = bytes % 2 ? 4 : 6;
		build(&spec);
		assert_filled(frame_seed(&frame));
	}
	spec.payload_bytes = 65000;
	build(&spec);
	assert_filled(frame_seed(&frame));
}

/* A frontend that leaves anything in the field, or a full checksum. */
static void add_mbuf_cksum_tcp_swcksum_field_does_not_matter(void **state)
{
	struct frame_spec spec = {
		.ip = 4, .protocol = IPPROTO_TCP, .payload_bytes = 44};

	(void)state;
	build(&spec);
	assert_filled(0);
	assert_filled(0xffff);
	assert_filled(0x1234);
	assert_filled(frame_checksum(&frame));
}

static void add_mbuf_cksum_udp_is_filled(void **state)
{
	struct frame_spec spec = {.protocol = IPPROTO_UDP};

	(void)state;
	for (uint32_t bytes = 0; bytes < 70; bytes++) {
		spec.payload_bytes = bytes;
		spec.vlan_tags = (uint8_t)(bytes % 3);
		spec.ip = bytes % 2 ? 4 : 6;
		build(&spec);
		assert_filled(frame_seed(&frame));
	}
}

static void udp_sum_of_zero_is_sent_as_ffff(void **state)
{
	struct frame_spec spec = {
		.ip = 4, .protocol = IPPROTO_UDP, .payload_bytes = 2};
	uint16_t sum;

	(void)state;
	build(&spec);
	frame_put16(&frame, frame.payload, 0);
	sum = frame_checksum(&frame);
	frame_put16(&frame, frame.payload, sum);
	assert_int_equal(frame_checksum(&frame), 0xffff);
	assert_filled(0);
	assert_int_equal(frame_get16(&frame, frame.csum), 0xffff);
}

static void padding_does_not_count(void **state)
{
	struct frame_spec spec = {.ip = 4,
				  .protocol = IPPROTO_TCP,
				  .payload_bytes = 1,
				  .padding_bytes = 5};

	(void)state;
	build(&spec);
	assert_filled(0);
}

static void routed_packet_keeps_its_sender_s_seed(void **state)
{
	struct frame_spec spec = {.ip = 6,
				  .protocol = IPPROTO_TCP,
				  .extension = {IPPROTO_ROUTING},
				  .segments_left = 1,
				  .payload_bytes = 33};
	uint16_t right;

	(void)state;
	build(&spec);
	right = frame_checksum(&frame);
	frame_put16(&frame, frame.csum, frame_seed(&frame));
	/* The sender's seed is for another address than the header's. */
	frame.data[frame.l3 + 24] ^= 0x55;
	assert_int_equal(xnb_checksum_fill(iov, whole()), 0);
	assert_int_equal(frame_get16(&frame, frame.csum), right);
}

static void headers_beyond_the_first_piece_are_refused(void **state)
{
	struct frame_spec spec = {
		.ip = 4, .protocol = IPPROTO_TCP, .payload_bytes = 100};

	(void)state;
	build(&spec);
	iov[0] = (struct iovec){frame.data, frame.payload - 1};
	iov[1] = (struct iovec){frame.data + frame.payload - 1, 101};
	assert_int_equal(xnb_checksum_fill(iov, 2), -EBADMSG);
	assert_int_equal(xnb_checksum_fill(iov, 0), -EBADMSG);
	iov[0].iov_len++;
	iov[1] = (struct iovec){frame.data + frame.payload, 100};
	assert_int_equal(xnb_checksum_fill(iov, 2), 0);
}

static void fill_at_sums_with_the_seed_to_the_end(void **state)
{
	struct frame_spec spec = {
		.ip = 4, .protocol = IPPROTO_TCP, .payload_bytes = 201};
	uint16_t right;

	(void)state;
	build(&spec);
	right = frame_checksum(&frame);
	frame_put16(&frame, frame.csum, frame_seed(&frame));
	assert_int_equal(
		xnb_checksum_fill_at(iov, pieces(), (uint16_t)frame.l4, 16), 0);
	assert_int_equal(frame_get16(&frame, frame.csum), right);
}

static void fill_at_stays_in_the_first_piece(void **state)
{
	uint8_t data[64] = {1, 2, 3};
	uint16_t start = 30;

	(void)state;
	iov[0] = (struct iovec){data, 40};
	iov[1] = (struct iovec){data + 40, 24};
	assert_int_equal(xnb_checksum_fill_at(iov, 2, start, 8), 0);
	assert_int_equal(xnb_checksum_fill_at(iov, 2, start, 9), -EBADMSG);
	assert_int_equal(xnb_checksum_fill_at(iov, 2, 38, 0), 0);
	assert_int_equal(xnb_checksum_fill_at(iov, 2, 39, 0), -EBADMSG);
	assert_int_equal(xnb_checksum_fill_at(iov, 2, 65535, 0), -EBADMSG);
	assert_int_equal(xnb_checksum_fill_at(iov, 2, 0, 65535), -EBADMSG);
	assert_int_equal(xnb_checksum_fill_at(iov, 0, 0, 0), -EBADMSG);
	iov[0].iov_len = 1;
	assert_int_equal(xnb_checksum_fill_at(iov, 1, 0, 0), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(add_mbuf_cksum_arp_is_untouched),
		T(add_mbuf_cksum_icmp_is_untouched),
		T(add_mbuf_cksum_tcp_is_filled),
		T(add_mbuf_cksum_tcp_swcksum_field_does_not_matter),
		T(add_mbuf_cksum_udp_is_filled),
		T(udp_sum_of_zero_is_sent_as_ffff),
		T(padding_does_not_count),
		T(routed_packet_keeps_its_sender_s_seed),
		T(headers_beyond_the_first_piece_are_refused),
		T(fill_at_sums_with_the_seed_to_the_end),
		T(fill_at_stays_in_the_first_piece),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
