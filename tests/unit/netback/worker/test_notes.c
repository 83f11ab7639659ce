/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The note of the work in progress: whoever the worker would die of is named
 * in that vif's redo log, and nobody else is. */
#include "../ring/cmocka_std.h"

#include <linux/virtio_net.h>
#include <string.h>

#include "bed.h"
#include "netback/ring/redo.h"

static struct bed_received received;

/* Which vifs are noted while copies are done: a bit each. */
static uint32_t noted;
static uint32_t looks;

static uint32_t noted_now(struct bed *bed)
{
	uint32_t set = 0, queue, index;

	for (uint32_t n = 0; n < 2; n++)
		if (xnb_redo_in_work(bed->worker->port[n].redo, &queue, &index))
			set |= 1u << n;
	return set;
}

static void look(void *arg)
{
	noted |= noted_now(arg);
	looks++;
}

static void pair_up(struct bed *bed)
{
	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	noted = 0;
	looks = 0;
	hv.before = look;
	hv.arg = bed;
}

static void a_burst_is_its_senders(void **state)
{
	struct bed *bed = *state;

	pair_up(bed);
	bed_post(bed, 1, 10);
	bed_burst(bed, 0, BED_ALL, 1000, 5);
	assert_int_equal(bed_count_received(bed, 1), 5);
	assert_true(looks > 0);
	assert_int_equal(noted, 1u << 0);
	assert_int_equal(noted_now(bed), 0);
}

static void a_frame_of_the_twin_is_its_receivers(void **state)
{
	struct virtio_net_hdr vnet = {0};
	struct bed *bed = *state;
	uint8_t frame[1000];

	pair_up(bed);
	bed_post(bed, 1, 10);
	bed_frame(frame, BED_ALL, 7, sizeof(frame));
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, sizeof(frame));
	assert_true(looks > 0);
	assert_int_equal(noted, 1u << 1);
	assert_int_equal(noted_now(bed), 0);
}

static void a_frame_that_waited_is_its_receivers(void **state)
{
	struct bed *bed = *state;

	pair_up(bed);
	bed_burst(bed, 0, BED_ALL, 1000, 5);
	assert_int_equal(bed_count_received(bed, 1), 0);
	noted = 0;
	looks = 0;
	bed_post(bed, 1, 10);
	ev_send(bed->vif[1].rx_channel);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 5);
	assert_true(looks > 0);
	assert_int_equal(noted, 1u << 1);
	assert_int_equal(noted_now(bed), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(a_burst_is_its_senders),
		BED_TEST(a_frame_of_the_twin_is_its_receivers),
		BED_TEST(a_frame_that_waited_is_its_receivers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
