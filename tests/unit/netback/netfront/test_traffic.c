// SPDX-License-Identifier: GPL-2.0-or-later
/* The traffic generator's frames and its books about numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "netback/netfront/traffic_frame.h"
#include "netback/netfront/traffic_track.h"
#include "netback/offload/checksum.h"
#include "../offload/right.h"

static const struct xnf_traffic_template udp = {
	.source = {{2, 0, 0, 0, 0, 1}},
	.dest = {{2, 0, 0, 0, 0, 2}},
	.stream = 0x000512a7,
	.flows = 4,
};
static uint8_t frame[XNF_FRAME_MAX];

static uint32_t make(const struct xnf_traffic_template *template,
		     uint64_t number, uint32_t bytes)
{
	uint8_t head[XNF_TRAFFIC_HEAD_MAX];
	uint32_t length = xnf_traffic_head(template, number, bytes, head);

	assert_true(length <= bytes);
	memcpy(frame, head, length);
	xnf_traffic_fill(frame + length, bytes - length, number);
	xnf_traffic_seal(frame, bytes, length);
	return length;
}

static void expect_intact(uint32_t bytes, uint64_t number)
{
	struct xnf_stamp stamp;
	uint32_t at;

	assert_true(xnf_traffic_stamp(frame, bytes, &stamp, &at));
	assert_int_equal(stamp.number, number);
	assert_int_equal(stamp.stream, udp.stream);
	assert_true(xnf_traffic_intact(frame, bytes, &stamp, at));
}

static void test_stream_names_the_queue(void **state)
{
	(void)state;
	assert_int_equal(xnf_traffic_stream(5, 1, 2), 0x000512a7);
	assert_int_not_equal(xnf_traffic_stream(5, 1, 2),
			     xnf_traffic_stream(5, 2, 1));
}

static void test_every_damage_is_seen(void **state)
{
	uint32_t head = make(&udp, 77, 300);
	struct xnf_stamp stamp;
	uint32_t at;

	(void)state;
	expect_intact(300, 77);
	for (uint32_t i = head - 12; i < 300; i++) {
		for (uint32_t bit = 0; bit < 8; bit++) {
			frame[i] ^= (uint8_t)(1u << bit);
			assert_true(xnf_traffic_stamp(frame, 300, &stamp, &at));
			assert_false(
				xnf_traffic_intact(frame, 300, &stamp, at));
			frame[i] ^= (uint8_t)(1u << bit);
		}
	}
	expect_intact(300, 77);
	/* Shorter, longer. */
	assert_true(xnf_traffic_stamp(frame, 299, &stamp, &at));
	assert_false(xnf_traffic_intact(frame, 299, &stamp, at));
}

static void test_sizes(void **state)
{
	static const uint32_t sizes[] = {58, 59, 64, 65, 1514, 65535};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(make(&udp, i, sizes[i]), 58);
		expect_intact(sizes[i], i);
	}
}

static void test_too_short_for_a_stamp(void **state)
{
	struct xnf_stamp stamp;
	uint32_t at;

	(void)state;
	for (uint32_t bytes = 14; bytes < 58; bytes++) {
		assert_int_equal(make(&udp, 1, bytes), 14);
		assert_false(xnf_traffic_stamp(frame, bytes, &stamp, &at));
	}
}

static void test_headers_are_right(void **state)
{
	struct xnf_traffic_template tcp = udp;
	struct xnb_headers headers;
	struct iovec iov = {frame, 4000};

	(void)state;
	(void)make(&udp, 6, 4000);
	assert_int_equal(xnb_headers_parse(frame, 256, 4000, &headers), 0);
	assert_int_equal(headers.protocol, 17);
	assert_int_equal(xnb_sum_fold(xnb_sum(0, frame + 14, 20)), 0);
	assert_int_equal(frame[34] << 8 | frame[35], 10000 + 6 % 4);
	/* IPv4 may go without. */
	assert_int_equal(frame[40] | frame[41], 0);

	tcp.gso_size = 1000;
	(void)make(&tcp, 6, 4000);
	expect_intact(4000, 6);
	assert_int_equal(xnb_headers_parse(frame, 256, 4000, &headers), 0);
	assert_int_equal(headers.protocol, 6);
	/* The field holds the pseudo-header's sum: summing it all up where it
	 * lies gives the right checksum. */
	assert_false(frame_l4_right(frame, 4000));
	assert_int_equal(xnb_checksum_fill_at(&iov, 1, 34, 16), 0);
	assert_true(frame_l4_right(frame, 4000));
}

static void test_metadata(void **state)
{
	struct xnf_traffic_template tcp = udp;
	struct xnf_meta meta = xnf_traffic_meta(&udp, 1514);

	(void)state;
	assert_false(meta.csum_blank || meta.gso_type);
	tcp.gso_size = 1448;
	meta = xnf_traffic_meta(&tcp, 65535);
	assert_true(meta.csum_blank);
	assert_int_equal(meta.gso_type, XNF_GSO_TCPV4);
	assert_int_equal(meta.gso_size, 1448);
	meta = xnf_traffic_meta(&tcp, 54 + 1448); /* one segment */
	assert_true(meta.csum_blank);
	assert_int_equal(meta.gso_type, XNF_GSO_NONE);
	meta = xnf_traffic_meta(&tcp, 60);
	assert_false(meta.csum_blank);
}

static void test_others_frames(void **state)
{
	struct xnf_stamp stamp;
	uint32_t at;

	(void)state;
	(void)make(&udp, 1, 100);
	frame[12] = 0x86; /* not IPv4 */
	assert_false(xnf_traffic_stamp(frame, 100, &stamp, &at));
	(void)make(&udp, 1, 100);
	frame[23] = 1; /* ICMP */
	assert_false(xnf_traffic_stamp(frame, 100, &stamp, &at));
	(void)make(&udp, 1, 100);
	frame[37]++; /* another port */
	assert_false(xnf_traffic_stamp(frame, 100, &stamp, &at));
	(void)make(&udp, 1, 100);
	frame[42]++; /* no stream of ours */
	assert_false(xnf_traffic_stamp(frame, 100, &stamp, &at));
	(void)make(&udp, 1, 100);
	assert_false(xnf_traffic_stamp(frame, 57, &stamp, &at));
	assert_true(xnf_traffic_stamp(frame, 58, &stamp, &at));
}

static int new_track(void **state)
{
	*state = calloc(1, sizeof(struct xnf_track));
	return *state ? 0 : -1;
}

static int free_track(void **state)
{
	free(*state);
	return 0;
}

static void expect_sum(void **state, uint64_t unique, uint64_t missing,
		       uint64_t duplicates, uint64_t reordered,
		       uint64_t too_old)
{
	struct xnf_track_sum sum = xnf_track_sum(*state);

	assert_int_equal(sum.unique, unique);
	assert_int_equal(sum.missing, missing);
	assert_int_equal(sum.duplicates, duplicates);
	assert_int_equal(sum.reordered, reordered);
	assert_int_equal(sum.too_old, too_old);
}

static void test_track_in_order(void **state)
{
	for (uint64_t i = 0; i < 3 * XNF_WINDOW; i++)
		xnf_track_frame(*state, 1, i);
	expect_sum(state, 3 * XNF_WINDOW, 0, 0, 0, 0);
}

static void test_track_gap_then_late(void **state)
{
	xnf_track_frame(*state, 1, 0);
	xnf_track_frame(*state, 1, 3);
	expect_sum(state, 2, 2, 0, 0, 0);
	xnf_track_frame(*state, 1, 1);
	expect_sum(state, 3, 1, 0, 1, 0);
	xnf_track_frame(*state, 1, 1);
	xnf_track_frame(*state, 1, 3);
	expect_sum(state, 3, 1, 2, 1, 0);
}

static void test_track_window_forgets(void **state)
{
	xnf_track_frame(*state, 1, 0);
	xnf_track_frame(*state, 1, 5);
	xnf_track_frame(*state, 1, XNF_WINDOW + 1);
	/* 2 is the oldest that is known; 65537 shares its bit with 1. */
	xnf_track_frame(*state, 1, 2);
	expect_sum(state, 4, XNF_WINDOW + 2 - 4, 0, 1, 0);
	xnf_track_frame(*state, 1, 1);
	expect_sum(state, 4, XNF_WINDOW + 2 - 4, 0, 1, 1);
	xnf_track_frame(*state, 1, 5);
	expect_sum(state, 4, XNF_WINDOW + 2 - 4, 1, 1, 1);
}

static void test_track_long_jump(void **state)
{
	for (uint64_t i = 0; i < 100; i++)
		xnf_track_frame(*state, 1, i);
	xnf_track_frame(*state, 1, 10 * XNF_WINDOW + 50);
	xnf_track_frame(*state, 1, 10 * XNF_WINDOW + 49);
	expect_sum(state, 102, 10 * XNF_WINDOW + 51 - 102, 0, 1, 0);
}

/* Runs of all lengths at all places do what their frames do one by one. */
static void test_track_runs(void **state)
{
	static const uint32_t lengths[] = {1, 63, 64, 65, 1, 200, 0, 7, 128};
	struct xnf_track *track = *state;
	struct xnf_track *single = calloc(1, sizeof(*single));
	uint64_t number = 0;

	assert_non_null(single);
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t count = lengths[i % 9];
		uint64_t first = number;

		if (i % 50 == 20)
			first += 5; /* a gap */
		if (i % 50 == 30 && first >= 100)
			first -= 100; /* again, and late ones */
		xnf_track_run(track, 1, first, count);
		for (uint32_t k = 0; k < count; k++)
			xnf_track_frame(single, 1, first + k);
		number = single->stream[0].next;
		assert_int_equal(track->stream[0].next, number);
	}
	assert_true(number > 2 * XNF_WINDOW);
	assert_memory_equal(&track->stream[0], &single->stream[0],
			    sizeof(track->stream[0]));
	free(single);
}

static void test_track_streams(void **state)
{
	struct xnf_track *track = *state;

	for (uint32_t i = 0; i < XNF_STREAMS_MAX + 2; i++)
		xnf_track_frame(track, i, 0);
	assert_int_equal(track->stream_count, XNF_STREAMS_MAX);
	assert_int_equal(track->streams_refused, 2);
	expect_sum(state, XNF_STREAMS_MAX, 0, 0, 0, 0);
}

int main(void)
{
#define TRACK(name) cmocka_unit_test_setup_teardown(name, new_track, free_track)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream_names_the_queue),
		cmocka_unit_test(test_every_damage_is_seen),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_too_short_for_a_stamp),
		cmocka_unit_test(test_headers_are_right),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_others_frames),
		TRACK(test_track_in_order),
		TRACK(test_track_gap_then_late),
		TRACK(test_track_window_forgets),
		TRACK(test_track_long_jump),
		TRACK(test_track_runs),
		TRACK(test_track_streams),
	};
#undef TRACK

	return cmocka_run_group_tests_name("netfront traffic", tests, NULL,
					   NULL);
}
