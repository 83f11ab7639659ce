/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif with two queues: guest 0's rings are its first, guest 1's its second
 * (of the same domain, so they share the pages that guest 1 has granted). */
#include "../ring/cmocka_std.h"

#include <string.h>

#include "bed.h"

static struct bed_received received;

/* A UDP packet from guest 2 to station 0: flow and number. */
static void send_udp(struct bed *bed, uint32_t page, uint8_t flow,
		     uint8_t number)
{
	struct guest *guest = &bed->vif[2].guest;
	uint8_t *frame = guest->page[page];

	memset(frame, 0, 100);
	frame[0] = frame[6] = 2;
	frame[11] = 2;
	frame[12] = 8;
	frame[14] = 0x45;
	frame[17] = 86;
	frame[23] = 17;
	frame[35] = flow;
	frame[39] = 66;
	frame[50] = flow;
	frame[51] = number;
	guest_send(guest, page, 0, 100, 0);
}

/* The flow of every frame in a ring; each flow's numbers must go up. */
static uint32_t take_flows(struct bed *bed, uint32_t n, uint64_t *ret_flows)
{
	uint8_t next[32] = {0};
	uint32_t count = 0;

	for (;; count++) {
		bed_receive(bed, n, &received);
		if (received.bytes == 0)
			return count;
		assert_int_equal(received.bytes, 100);
		*ret_flows |= UINT64_C(1) << received.frame[50];
		assert_int_equal(received.frame[51],
				 next[received.frame[50]]++);
	}
}

static void flows_keep_to_their_queue(void **state)
{
	struct bed *bed = *state;
	uint64_t flows[2] = {0, 0};

	bed_add_queues(bed, 0, 2);
	bed_add(bed, 2, 0, 0);
	for (uint8_t number = 0; number < 4; number++) {
		for (uint8_t flow = 0; flow < 32; flow++)
			send_udp(bed, BED_TX_PAGE + flow, flow, number);
		bed_push(bed, 2);
	}
	assert_int_equal(bed_answers(bed, 2).okay, 128);
	/* All of it waits; the queues are given room one after the other. */
	guest_post(&bed->vif[1].guest, 200);
	ev_send(bed->vif[1].rx_channel);
	bed_run(bed);
	take_flows(bed, 1, &flows[1]);
	for (uint32_t n = 0; n < XNB_RX_RING_SIZE; n++)
		hv_grant(0, GUEST_REF(n), bed->vif[0].guest.page[n], false);
	guest_post(&bed->vif[0].guest, 200);
	ev_send(bed->vif[0].rx_channel);
	bed_run(bed);
	take_flows(bed, 0, &flows[0]);
	assert_int_equal(flows[0] & flows[1], 0);
	assert_true((flows[0] | flows[1]) == UINT32_MAX);
	assert_true(flows[0] != 0 && flows[1] != 0);
	assert_int_equal(bed_counters(bed, 0)->rx_frames, 128);
}

static void each_queue_sends_and_has_its_tap(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet = {.flags = 0};
	static uint8_t frame[100];

	bed_add_queues(bed, 0, 2);
	bed_add(bed, 2, 0, 0);
	bed_post(bed, 2, 100);
	/* The granted pages are guest 1's. */
	bed_frame(bed->vif[1].guest.page[BED_TX_PAGE], BED_ALL, 0, 100);
	guest_send(&bed->vif[0].guest, BED_TX_PAGE, 0, 100, 0);
	bed_push(bed, 0);
	assert_int_equal(bed_answers(bed, 0).okay, 1);
	assert_int_equal(bed_count_received(bed, 2), 1);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame), 100);
	guest_send(&bed->vif[1].guest, BED_TX_PAGE, 0, 100, 0);
	bed_push(bed, 1);
	assert_int_equal(bed_answers(bed, 1).okay, 1);
	assert_int_equal(bed_count_received(bed, 2), 1);
	assert_int_equal(bed_kernel_read(bed, 1, &vnet, received.frame), 100);
	/* From a tap queue to the rx queue of its number. */
	memset(&vnet, 0, sizeof(vnet));
	bed_frame(frame, 0, 9, 100);
	guest_post(&bed->vif[0].guest, 5);
	guest_post(&bed->vif[1].guest, 5);
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, 100));
	bed_run(bed);
	bed_receive(bed, 1, &received);
	assert_int_equal(received.bytes, 100);
	assert_memory_equal(received.frame, frame, 100);
	bed_receive(bed, 0, &received);
	assert_int_equal(received.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(flows_keep_to_their_queue),
		BED_TEST(each_queue_sends_and_has_its_tap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
