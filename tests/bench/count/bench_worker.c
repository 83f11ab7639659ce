/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole worker on one thread: guest 0 sends bursts of 64 frames to guest 1.
 * Nothing is timed: callgrind counts the instructions of two runs of different
 * length, and what differs is the price of the frames (tests/bench/callgrind.py
 * does so). The guests and the hypervisor are the unit tests' doubles.
 *
 * usage: bench-worker BURSTS FRAME_BYTES. Exit status: 0 all frames arrived.
 */
#include "tests/unit/netback/ring/cmocka_std.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/netback/worker/bed.h"

#define BURST 64u
#define POSTED 192u /* buffers that the receiver keeps posted */

static uint32_t bursts, frame_bytes;

static void introduce(struct bed *bed, uint32_t n)
{
	bed_burst(bed, n, (uint8_t)n, 60, 1);
	(void)bed_answers(bed, n);
}

/* What arrived since the last call; its buffers are posted again. */
static uint32_t take_all(struct bed *bed)
{
	uint32_t count = bed_count_received(bed, 1);

	bed_post(bed, 1, count);
	return count;
}

static void bursts_arrive(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 0, POSTED);
	bed_post(bed, 1, POSTED);
	introduce(bed, 0);
	introduce(bed, 1);
	(void)take_all(bed);
	for (uint32_t i = 0; i < bursts; i++) {
		bed_burst(bed, 0, 1, frame_bytes, BURST);
		assert_int_equal(take_all(bed), BURST);
		assert_int_equal(bed_answers(bed, 0).okay, BURST);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {BED_TEST(bursts_arrive)};

	if (argc != 3) {
		fprintf(stderr, "usage: bench-worker BURSTS FRAME_BYTES\n");
		return 2;
	}
	bursts = (uint32_t)strtoul(argv[1], NULL, 10);
	frame_bytes = (uint32_t)strtoul(argv[2], NULL, 10);
	if (frame_bytes < 60 || frame_bytes > 4096)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
