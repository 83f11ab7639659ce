/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The twin, both ways: what goes to the kernel and what comes from it. */
#include "../ring/cmocka_std.h"

#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "bed.h"
#include "netconf/base/fd.h"

static struct bed_received received;
static struct virtio_net_hdr vnet;
static uint8_t frame[BED_FRAME_MAX + 1];

static void order_port(struct bed *bed, struct xnb_command command)
{
	struct xnb_event event;

	command.port.sequence = 2;
	bed_order(bed, &command);
	bed_run(bed);
	do
		event = bed_event(bed); /* stations were learned as well */
	while (event.header.type == XN_DL_STATION);
	assert_int_equal(event.header.type, XN_DL_PORT_DONE);
	assert_int_equal(event.done.sequence, 2);
}

static void a_slow_vif_sends_everything_to_its_twin(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 100);
	command = bed_port_command(bed, 0);
	command.port.fast = 0;
	order_port(bed, command);
	bed_burst(bed, 0, BED_ALL, 1514, 3);
	for (uint32_t i = 0; i < 3; i++) {
		bed_frame(frame, BED_ALL, 0, 1514);
		assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame),
				 1514);
		assert_memory_equal(received.frame, frame, 1514);
		assert_int_equal(vnet.flags, 0);
		assert_int_equal(vnet.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	}
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 0)->twin_tx_frames, 3);
	assert_int_equal(bed_counters(bed, 0)->twin_tx_bytes, 3 * 1514);
	assert_int_equal(bed_answers(bed, 0).okay, 3);
	/* And back: the same vif, fast again. */
	order_port(bed, bed_port_command(bed, 0));
	bed_burst(bed, 0, BED_ALL, 1514, 1);
	assert_int_equal(bed_count_received(bed, 1), 1);
}

static void a_vif_without_a_bridge_uses_its_twin(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 10);
	command = bed_port_command(bed, 0);
	command.port.bridge = XN_DL_NO_BRIDGE;
	order_port(bed, command);
	bed_burst(bed, 0, 1, 100, 1);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, frame), 100);
	assert_int_equal(bed_count_received(bed, 1), 0);
}

static void a_twin_that_is_down_costs_the_frame(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	bed_add(bed, 0, 0, 0);
	command = bed_port_command(bed, 0);
	command.port.twin_up = 0;
	order_port(bed, command);
	bed_burst(bed, 0, BED_ALL, 100, 2);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, frame), 0);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_TWIN_DOWN], 2);
	assert_int_equal(bed_answers(bed, 0).okay, 2);
	/* The kernel's end gone: the write fails. */
	order_port(bed, bed_port_command(bed, 0));
	xn_close(&bed->vif[0].kernel_fd);
	bed_burst(bed, 0, BED_ALL, 100, 1);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_TWIN_DOWN], 3);
	assert_int_equal(bed_answers(bed, 0).okay, 1);
}

static void what_the_kernel_finds_invalid_is_bad_offload(void **state)
{
	struct bed *bed = *state;
	/* As a tap answers offloads that do not fit: EINVAL to a write. */
	int refuser = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	assert_true(refuser >= 0);
	bed_add(bed, 0, 0, 0);
	bed_burst(bed, 0, BED_ALL, 100, 1);
	assert_int_equal(bed_counters(bed, 0)->twin_tx_frames, 1);
	assert_true(dup2(refuser, bed->worker->port[0].queue[0].tap_fd) >= 0);
	bed_burst(bed, 0, BED_ALL, 100, 2);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_BAD_OFFLOAD], 2);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_TWIN_DOWN], 0);
	assert_int_equal(bed_answers(bed, 0).okay, 3);
	xn_close(&refuser);
}

static void a_twin_that_is_full_costs_the_frame(void **state)
{
	struct bed *bed = *state;
	const struct xn_vif_counters *counters;
	uint32_t read = 0;

	bed_add(bed, 0, 0, 0);
	counters = bed_counters(bed, 0);
	for (uint32_t i = 0; i < 50; i++)
		bed_burst(bed, 0, BED_ALL, 1514, 50);
	assert_int_equal(counters->tx_frames, 2500);
	assert_true(counters->drop[XN_DROP_TWIN_FULL] > 0);
	assert_int_equal(counters->twin_tx_frames +
				 counters->drop[XN_DROP_TWIN_FULL],
			 2500);
	assert_int_equal(bed_answers(bed, 0).okay, 2500);
	while (bed_kernel_read(bed, 0, &vnet, frame) > 0)
		read++;
	assert_int_equal(read, counters->twin_tx_frames);
}

static void frames_from_the_kernel_reach_this_guest_only(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 0, 100);
	bed_post(bed, 1, 100);
	memset(&vnet, 0, sizeof(vnet));
	bed_frame(frame, BED_ALL, 77, 1514);
	for (uint32_t i = 0; i < 40; i++)
		assert_true(bed_kernel_write(bed, 0, &vnet, frame, 1514));
	bed_run(bed);
	for (uint32_t i = 0; i < 40; i++) {
		bed_receive(bed, 0, &received);
		assert_int_equal(received.bytes, 1514);
		assert_memory_equal(received.frame, frame, 1514);
	}
	assert_int_equal(bed_count_received(bed, 0), 0);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 0)->twin_rx_frames, 40);
	assert_int_equal(bed_counters(bed, 0)->rx_frames, 40);
	assert_int_equal(bed_counters(bed, 0)->fast_rx_frames, 0);
}

static void runts_and_giants_from_the_kernel_are_dropped(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 0, 0, 0);
	bed_post(bed, 0, 100);
	memset(&vnet, 0, sizeof(vnet));
	bed_frame(frame, 0, 9, 100);
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, 13));
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, 65536));
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, 14));
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, 65535));
	bed_run(bed);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_RUNT], 1);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_TOO_BIG], 1);
	bed_receive(bed, 0, &received);
	assert_int_equal(received.bytes, 14);
	bed_receive(bed, 0, &received);
	assert_int_equal(received.bytes, 65535);
	assert_memory_equal(received.frame, frame, 65535);
}

static void impossible_metadata_from_the_kernel_is_bad_offload(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 0, 0, 0);
	bed_post(bed, 0, 100);
	memset(&vnet, 0, sizeof(vnet));
	bed_frame(frame, 0, 9, 100);
	vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet.csum_start = 34;
	vnet.csum_offset = 600;
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, 100));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 0), 0);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_BAD_OFFLOAD], 1);
	/* Where no ring could say it: the sum is made here. */
	vnet.csum_offset = 16;
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, 100));
	bed_run(bed);
	bed_receive(bed, 0, &received);
	assert_int_equal(received.bytes, 100);
	assert_int_equal(received.flags & NETRXF_csum_blank, 0);
}

static void a_guest_that_takes_nothing_stops_the_reading(void **state)
{
	struct bed *bed = *state;
	struct xnb_queue *queue;
	uint32_t written = 0, got = 0;

	bed_add(bed, 0, 0, 0);
	queue = &bed->worker->port[0].queue[0];
	memset(&vnet, 0, sizeof(vnet));
	bed_frame(frame, 0, 9, 1514);
	/* The kernel has far more than the egress queue may hold. */
	for (uint32_t i = 0; i < 40; i++) {
		while (bed_kernel_write(bed, 0, &vnet, frame, 1514))
			written++;
		bed_run(bed);
	}
	assert_false(queue->tap_polled);
	assert_true(written > 128);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_RX_FULL], 0);
	assert_true(bed_counters(bed, 0)->queued_bytes > 0);
	/* It drains, and everything that was written comes. */
	while (got < written) {
		uint32_t count;

		bed_post(bed, 0, 100);
		ev_send(bed->vif[0].rx_channel);
		bed_run(bed);
		count = bed_count_received(bed, 0);
		assert_true(count > 0);
		got += count;
	}
	assert_int_equal(got, written);
	assert_true(queue->tap_polled);
	assert_int_equal(bed_counters(bed, 0)->queued_bytes, 0);
}

static void a_dead_tap_does_not_spin(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 0, 0, 0);
	xn_close(&bed->vif[0].kernel_fd);
	bed_run(bed); /* fails if there is no end to it */
	assert_false(bed->worker->port[0].queue[0].tap_polled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(a_slow_vif_sends_everything_to_its_twin),
		BED_TEST(a_vif_without_a_bridge_uses_its_twin),
		BED_TEST(a_twin_that_is_down_costs_the_frame),
		BED_TEST(what_the_kernel_finds_invalid_is_bad_offload),
		BED_TEST(a_twin_that_is_full_costs_the_frame),
		BED_TEST(frames_from_the_kernel_reach_this_guest_only),
		BED_TEST(runts_and_giants_from_the_kernel_are_dropped),
		BED_TEST(impossible_metadata_from_the_kernel_is_bad_offload),
		BED_TEST(a_guest_that_takes_nothing_stops_the_reading),
		BED_TEST(a_dead_tap_does_not_spin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
