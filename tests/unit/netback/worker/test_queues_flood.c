/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one side may do to the others: receivers that stop or are slow, floods
 * from guests and from the kernel, storms of events. Nobody else loses a
 * frame, and memory returns to where it was. */
#include "../ring/cmocka_std.h"

#include <dirent.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "bed.h"

#define SENDERS 10u
#define VICTIM 10u /* whom they flood */
#define LEFT 11u   /* a pair of neighbours */
#define RIGHT 12u
#define FRAME 1514u
#define PORT_CHUNKS 448u /* of one vif's egress queue: 1.75 MiB */

static struct bed_received received;

struct usage {
	uint32_t free_chunks, mapped, handles, fds;
};

static uint32_t open_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint32_t count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	assert_int_equal(closedir(folder), 0);
	return count;
}

static struct usage usage_of(const struct bed *bed)
{
	return (struct usage){
		.free_chunks = xnb_pool_free(bed->worker->pool),
		.mapped = ev_mapped(),
		.handles = ev_handles(),
		.fds = open_fds(),
	};
}

static void assert_same_usage(const struct bed *bed, struct usage before)
{
	struct usage now = usage_of(bed);

	assert_int_equal(now.free_chunks, before.free_chunks);
	assert_int_equal(now.mapped, before.mapped);
	assert_int_equal(now.handles, before.handles);
	assert_int_equal(now.fds, before.fds);
}

static uint32_t chunks_in_use(const struct bed *bed)
{
	return XNB_CHUNKS_DEFAULT - xnb_pool_free(bed->worker->pool);
}

static uint64_t drops_of(const struct bed *bed, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < XN_DROP_COUNT; i++)
		sum += bed_counters(bed, n)->drop[i];
	return sum;
}

static void take(struct bed *bed, uint32_t n)
{
	struct guest *guest = &bed->vif[n].guest;
	uint32_t posted;

	(void)bed_count_received(bed, n);
	posted = guest->rx_prod - xnb_index_load(&guest->rx->rsp_prod);
	bed_post(bed, n, XNB_RX_RING_SIZE - posted);
	ev_send(bed->vif[n].rx_channel);
	bed_run(bed);
}

/* The twins of those that were introduced have one frame each to read. */
static void prepare(struct bed *bed)
{
	for (uint32_t n = 0; n <= RIGHT; n++)
		bed_add(bed, n, 0, 0);
	for (uint32_t n = 0; n <= RIGHT; n++)
		take(bed, n);
	for (uint32_t n = 0; n <= RIGHT; n++)
		bed_burst(bed, n, BED_ALL, 60, 1);
	for (uint32_t n = 0; n <= RIGHT; n++)
		take(bed, n);
}

/* The neighbours' traffic goes through, whole, in both directions. */
static void the_neighbours_talk(struct bed *bed)
{
	static const uint32_t pair[2][2] = {{LEFT, RIGHT}, {RIGHT, LEFT}};

	for (uint32_t i = 0; i < 2; i++) {
		uint32_t from = pair[i][0], to = pair[i][1];

		(void)bed_answers(bed, from);
		bed_burst(bed, from, (uint8_t)to, FRAME, 50);
		assert_int_equal(bed_count_received(bed, to), 50);
		assert_int_equal(bed_answers(bed, from).okay, 50);
		take(bed, to);
	}
	assert_int_equal(drops_of(bed, LEFT), 0);
	assert_int_equal(drops_of(bed, RIGHT), 0);
}

static void nobody_but_the_victim_lost(const struct bed *bed)
{
	for (uint32_t n = 0; n <= RIGHT; n++) {
		if (n != VICTIM)
			assert_int_equal(drops_of(bed, n), 0);
	}
}

static void drain_victim(struct bed *bed)
{
	for (uint32_t i = 0; i < 20; i++)
		take(bed, VICTIM);
	assert_int_equal(bed_counters(bed, VICTIM)->queued_bytes, 0);
}

static void a_receiver_that_stops_reading(void **state)
{
	struct bed *bed = *state;
	struct usage before;

	prepare(bed);
	before = usage_of(bed);
	for (uint32_t i = 0; i < 30; i++) {
		bed_burst(bed, 0, VICTIM, FRAME, 100);
		the_neighbours_talk(bed);
		assert_true(chunks_in_use(bed) <= PORT_CHUNKS);
	}
	assert_true(bed_counters(bed, VICTIM)->drop[XN_DROP_RX_FULL] > 0);
	assert_int_equal(bed_answers(bed, 0).okay, 30 * 100 + 1);
	nobody_but_the_victim_lost(bed);
	drain_victim(bed);
	assert_same_usage(bed, before);
}

static void a_receiver_that_is_slow(void **state)
{
	struct bed *bed = *state;
	const struct xn_vif_counters *counters = bed_counters(bed, VICTIM);
	struct usage before;
	uint32_t got = 0;

	prepare(bed);
	before = usage_of(bed);
	while (bed_count_received(bed, VICTIM) > 0)
		;
	for (uint32_t i = 0; i < 100; i++) {
		bed_burst(bed, 0, VICTIM, FRAME, 40);
		the_neighbours_talk(bed);
		got += bed_count_received(bed, VICTIM);
		bed_post(bed, VICTIM, 10);
		ev_send(bed->vif[VICTIM].rx_channel);
		bed_run(bed);
		assert_true(chunks_in_use(bed) <= PORT_CHUNKS);
	}
	assert_true(counters->drop[XN_DROP_RX_FULL] > 0);
	assert_true(got >= 100 * 9);
	nobody_but_the_victim_lost(bed);
	drain_victim(bed);
	/* Each frame came, or was counted. */
	assert_int_equal(counters->fast_rx_frames +
				 counters->drop[XN_DROP_RX_FULL],
			 100 * 40 + RIGHT); /* and the introductions */
	assert_same_usage(bed, before);
}

static void ten_senders_to_one(void **state)
{
	struct bed *bed = *state;
	struct usage before;

	prepare(bed);
	before = usage_of(bed);
	for (uint32_t n = 0; n < SENDERS; n++) {
		(void)bed_answers(bed, n);
		bed_frame(bed->vif[n].guest.page[BED_TX_PAGE], VICTIM,
			  (uint8_t)n, FRAME);
	}
	for (uint32_t i = 0; i < 20; i++) {
		for (uint32_t n = 0; n < SENDERS; n++)
			bed_fill_ring(bed, n, BED_TX_PAGE, FRAME);
		the_neighbours_talk(bed);
		assert_true(chunks_in_use(bed) <= PORT_CHUNKS);
	}
	for (uint32_t n = 0; n < SENDERS; n++)
		assert_int_equal(bed_answers(bed, n).okay,
				 20 * XNB_TX_RING_SIZE);
	nobody_but_the_victim_lost(bed);
	drain_victim(bed);
	assert_same_usage(bed, before);
}

/* A receiver that keeps up with ten senders gets every frame. */
static void ten_senders_to_one_who_keeps_up(void **state)
{
	struct bed *bed = *state;

	prepare(bed);
	for (uint32_t i = 0; i < 20; i++) {
		for (uint32_t n = 0; n < SENDERS; n++) {
			for (uint32_t k = 0; k < 20; k++)
				bed_send(bed, n, BED_TX_PAGE + k, VICTIM,
					 FRAME);
			guest_push(&bed->vif[n].guest);
			ev_send(bed->vif[n].tx_channel);
		}
		bed_run(bed);
		assert_int_equal(bed_count_received(bed, VICTIM), 200);
		take(bed, VICTIM);
	}
	assert_int_equal(drops_of(bed, VICTIM), 0);
	nobody_but_the_victim_lost(bed);
}

static uint32_t flood_from_kernel(struct bed *bed, uint32_t n)
{
	struct virtio_net_hdr vnet = {0};
	static uint8_t frame[FRAME];
	uint32_t written = 0;

	bed_frame(frame, (uint8_t)n, 77, FRAME);
	while (bed_kernel_write(bed, n, &vnet, frame, FRAME))
		written++;
	return written;
}

static void a_flood_from_the_kernel(void **state)
{
	struct bed *bed = *state;
	struct usage before;
	uint64_t written = 0;

	prepare(bed);
	before = usage_of(bed);
	for (uint32_t i = 0; i < 30; i++) {
		written += flood_from_kernel(bed, VICTIM);
		the_neighbours_talk(bed);
		assert_true(chunks_in_use(bed) <= PORT_CHUNKS);
	}
	/* Its tap is not read: the kernel holds the rest. */
	assert_false(bed->worker->port[VICTIM].queue[0].tap_polled);
	nobody_but_the_victim_lost(bed);
	assert_int_equal(drops_of(bed, VICTIM), 0);
	/* What guests send it finds room beside it, and comes. */
	bed_burst(bed, 0, VICTIM, FRAME, 30);
	assert_int_equal(bed_counters(bed, VICTIM)->drop[XN_DROP_RX_FULL], 0);
	drain_victim(bed);
	assert_int_equal(bed_counters(bed, VICTIM)->twin_rx_frames, written);
	assert_same_usage(bed, before);
}

/* And the other way round: guests that fill a queue leave the twin its room. */
static void a_flood_from_guests_beside_the_kernels_frames(void **state)
{
	struct bed *bed = *state;
	uint32_t from_kernel = 0;

	prepare(bed);
	for (uint32_t n = 0; n < SENDERS; n++)
		bed_frame(bed->vif[n].guest.page[BED_TX_PAGE], VICTIM,
			  (uint8_t)n, FRAME);
	(void)flood_from_kernel(bed, VICTIM);
	for (uint32_t i = 0; i < 100; i++) {
		for (uint32_t n = 0; n < SENDERS; n++)
			bed_fill_ring(bed, n, BED_TX_PAGE, FRAME);
		(void)flood_from_kernel(bed, VICTIM);
		xnb_worker_round(bed->worker);
		for (;;) {
			bed_receive(bed, VICTIM, &received);
			if (received.bytes == 0)
				break;
			if (received.frame[11] == 77)
				from_kernel++;
		}
		bed_post(bed, VICTIM, 20);
		ev_send(bed->vif[VICTIM].rx_channel);
	}
	bed_run(bed);
	assert_true(from_kernel >= 100);
	nobody_but_the_victim_lost(bed);
}

static void a_taps_round_is_bounded_whatever_its_queues(void **state)
{
	struct bed *bed = *state;
	uint64_t before, read = 0;

	bed_add_queues(bed, 0, 8);
	for (uint32_t n = 0; n < 8; n++)
		(void)flood_from_kernel(bed, n);
	/* It learns in a few rounds how much there is. */
	for (uint32_t i = 0; i < 4; i++) {
		before = bed_counters(bed, 0)->twin_rx_frames;
		xnb_worker_round(bed->worker);
		read = bed_counters(bed, 0)->twin_rx_frames - before;
		assert_true(read <= XNB_TAP_BURST);
	}
	assert_int_equal(read, XNB_TAP_BURST);
}

/* A guest's event is taken once a round at most, and its channel stays masked
 * until its queue has nothing left to do. */
static void a_storm_of_events_costs_its_sender(void **state)
{
	struct bed *bed = *state;
	uint64_t rounds, events;

	prepare(bed);
	rounds = bed->worker->counters->rounds;
	events = bed_counters(bed, 0)->events_taken;
	bed_frame(bed->vif[0].guest.page[BED_TX_PAGE], VICTIM, 0, FRAME);
	bed_fill_ring(bed, 0, BED_TX_PAGE, FRAME);
	for (uint32_t i = 0; i < 1000; i++) {
		ev_send(bed->vif[0].tx_channel);
		ev_send(bed->vif[0].rx_channel);
	}
	the_neighbours_talk(bed);
	events = bed_counters(bed, 0)->events_taken - events;
	rounds = bed->worker->counters->rounds - rounds;
	assert_true(events <= rounds);
	/* One of each channel, and what was pending at the unmask. */
	assert_in_range(events, 2, 4);
	nobody_but_the_victim_lost(bed);
}

/* A guest that did not register a group gets no frame for it from its twin. */
static void groups_that_nobody_wants_cost_no_buffer(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet = {0};
	struct xnb_command command;
	uint8_t frame[100];

	bed_add(bed, 0, 0, 0);
	bed_post(bed, 0, 10);
	bed_frame(frame, 0, 77, sizeof(frame));
	memcpy(frame, "\x01\x00\x5e\x01\x02\x03", 6);
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 0), 1);
	command = bed_policy_command(bed, 0);
	command.policy.mcast_control = 1;
	bed_order(bed, &command);
	bed_run(bed);
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 0), 0);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_MCAST], 1);
	/* Broadcast and its own address are no such groups. */
	bed_frame(frame, BED_ALL, 77, sizeof(frame));
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, sizeof(frame)));
	bed_frame(frame, 0, 77, sizeof(frame));
	assert_true(bed_kernel_write(bed, 0, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 0), 2);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_MCAST], 1);
}

static void headroom_changes_between_bursts(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;
	struct netif_rx_response response;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 3);
	bed_burst(bed, 0, BED_ALL, FRAME, 1);
	response = guest_rx_response(&bed->vif[1].guest, 0);
	assert_int_equal(response.flags & NETRXF_extra_info, 0);
	command = bed_policy_command(bed, 1);
	command.policy.xdp_headroom = 256;
	bed_order(bed, &command);
	bed_run(bed);
	bed_burst(bed, 0, BED_ALL, FRAME, 1);
	bed_burst(bed, 0, BED_ALL, FRAME, 1);
	response = guest_rx_response(&bed->vif[1].guest, 1);
	assert_int_equal(response.offset, 256);
	assert_int_equal(response.status, FRAME);
	assert_true(response.flags & NETRXF_extra_info);
	/* The next one waits for a second slot, and gets it. */
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, FRAME);
	bed_post(bed, 1, 2);
	ev_send(bed->vif[1].rx_channel);
	bed_run(bed);
	assert_int_equal(bed_counters(bed, 1)->rx_frames, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(a_receiver_that_stops_reading),
		BED_TEST(a_receiver_that_is_slow),
		BED_TEST(ten_senders_to_one),
		BED_TEST(ten_senders_to_one_who_keeps_up),
		BED_TEST(a_flood_from_the_kernel),
		BED_TEST(a_flood_from_guests_beside_the_kernels_frames),
		BED_TEST(a_taps_round_is_bounded_whatever_its_queues),
		BED_TEST(a_storm_of_events_costs_its_sender),
		BED_TEST(groups_that_nobody_wants_cost_no_buffer),
		BED_TEST(headroom_changes_between_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
