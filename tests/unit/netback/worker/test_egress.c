/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receivers whose rings are short: bounded waiting, in order, nobody else
 * held up. */
#include "../ring/cmocka_std.h"

#include <string.h>
#include <sys/timerfd.h>

#include "bed.h"

#define WAITING 64u

static struct bed_received received;

static void pair_up(struct bed *bed, uint32_t without)
{
	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, without);
}

/* Frames of 60 bytes, numbered from `first`. */
static void send_numbered(struct bed *bed, uint32_t first, uint32_t count)
{
	struct guest *guest = &bed->vif[0].guest;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t page = BED_TX_PAGE + i % 40;
		uint32_t offset = i / 40 * 100;

		bed_frame(guest->page[page] + offset, BED_ALL, 0, 60);
		guest->page[page][offset + 20] = (uint8_t)(first + i);
		guest_send(guest, page, offset, 60, 0);
	}
	bed_push(bed, 0);
}

static void what_the_ring_lacks_room_for_waits_in_order(void **state)
{
	struct bed *bed = *state;
	uint32_t next = 0;

	pair_up(bed, 0);
	bed_post(bed, 1, 10);
	send_numbered(bed, 0, 50);
	send_numbered(bed, 50, 50);
	assert_int_equal(bed_answers(bed, 0).okay, 100);
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, 90 * 60);
	for (uint32_t turn = 0; turn < 10; turn++) {
		for (;;) {
			bed_receive(bed, 1, &received);
			if (received.bytes == 0)
				break;
			assert_int_equal(received.frame[20], next++);
		}
		assert_int_equal(next, 10 * (turn + 1));
		bed_post(bed, 1, 10);
		ev_send(bed->vif[1].rx_channel);
		bed_run(bed);
	}
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_RX_FULL], 0);
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, 0);
	/* The ring is used directly again. */
	assert_false(bed->worker->port[1].queue[0].ring_short);
	send_numbered(bed, 100, 5);
	assert_int_equal(bed_count_received(bed, 1), 5);
}

static void the_event_is_asked_for_and_comes(void **state)
{
	struct bed *bed = *state;
	struct netif_rx_sring *ring;

	pair_up(bed, 0);
	ring = bed->vif[1].guest.rx;
	bed_post(bed, 1, 3);
	send_numbered(bed, 0, 5);
	/* One more buffer than the three is what the next frame needs. */
	assert_int_equal(ring->req_event, 4);
	assert_int_equal(bed_count_received(bed, 1), 3);
}

static void the_queue_is_capped(void **state)
{
	struct bed *bed = *state;
	const struct xn_vif_counters *counters;
	uint64_t waiting;

	pair_up(bed, 0);
	counters = bed_counters(bed, 1);
	for (uint32_t i = 0; i < 10; i++)
		bed_burst(bed, 0, BED_ALL, 1514, 100);
	assert_int_equal(bed_answers(bed, 0).okay, 1000);
	waiting = counters->queued_bytes / 1514;
	assert_int_equal(waiting, 256); /* 1 MiB in chunks */
	assert_int_equal(waiting + counters->drop[XN_DROP_RX_FULL], 1000);
}

static void a_full_receiver_costs_the_others_nothing(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, 0);
	bed_add(bed, 2, 0, 0);
	for (uint32_t i = 0; i < 10; i++) {
		bed_post(bed, 2, 100);
		bed_burst(bed, 0, BED_ALL, 1514, 100);
		assert_int_equal(bed_count_received(bed, 2), 100);
	}
	assert_int_equal(bed_counters(bed, 2)->drop[XN_DROP_RX_FULL], 0);
	assert_true(bed_counters(bed, 1)->drop[XN_DROP_RX_FULL] > 0);
	assert_int_equal(bed_answers(bed, 0).okay, 1000);
}

static void waiting_costs_one_copy_call_more_a_burst(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, 0);
	bed_post(bed, 1, 20);
	/* Its twin wants the same frames whole: they are fetched once. */
	hv.calls = 0;
	bed_burst(bed, 0, BED_ALL, 1514, 40);
	assert_int_equal(bed_count_received(bed, 1), 20);
	assert_int_equal(hv.calls, 4);
}

static uint64_t timer_left(int fd)
{
	struct itimerspec left;

	assert_int_equal(timerfd_gettime(fd, &left), 0);
	return (uint64_t)left.it_value.tv_sec * 1000000000u +
	       (uint64_t)left.it_value.tv_nsec;
}

static void a_guest_that_does_not_tell_is_looked_at(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, XN_DL_FE_RX_NOTIFY);
	send_numbered(bed, 0, 5);
	assert_in_range(timer_left(bed->worker->drain_fd), 1, 30000000);
	bed_post(bed, 1, 5); /* and no event */
	while (bed_counters(bed, 1)->queued_bytes > 0)
		xnb_worker_round(bed->worker); /* sleeps until the timer */
	assert_int_equal(bed_count_received(bed, 1), 5);
	bed_run(bed);
	assert_int_equal(timer_left(bed->worker->drain_fd), 0);
}

static void a_guest_that_tells_needs_no_timer(void **state)
{
	struct bed *bed = *state;

	pair_up(bed, 0);
	send_numbered(bed, 0, 5);
	assert_true(bed_counters(bed, 1)->queued_bytes > 0);
	assert_int_equal(timer_left(bed->worker->drain_fd), 0);
}

static void a_move_to_another_bridge_drops_what_waits(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	pair_up(bed, 0);
	send_numbered(bed, 0, 7);
	command = bed_port_command(bed, 1);
	command.port.flood = 0; /* no move: everything stays */
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, 7 * 60);
	command.port.bridge = 1;
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, 0);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_PORT_CLOSED], 7);
	bed_post(bed, 1, 20);
	ev_send(bed->vif[1].rx_channel);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 0);
}

static void stuck_guests_leave_memory_for_others(void **state)
{
	struct bed *bed = *state;
	struct xnb_port *port = &bed->worker->port[1];

	pair_up(bed, 0);
	/* As if others held all but 100 chunks. */
	struct xnb_packet *held[XNB_CHUNKS_DEFAULT];
	uint32_t count = 0;

	while (xnb_pool_free(bed->worker->pool) > 100)
		held[count++] = xnb_pool_get(bed->worker->pool, 1);
	bed_burst(bed, 0, BED_ALL, 60, 200);
	assert_int_equal(port->egress_chunks, 50);
	assert_int_equal(xnb_pool_free(bed->worker->pool), 50);
	while (count > 0)
		xnb_pool_put(bed->worker->pool, held[--count]);
}

/* Guest 1 takes one page a frame, but its MTU lets more through. */
static void pair_without_sg(struct bed *bed)
{
	struct xnb_command command;

	pair_up(bed, XN_DL_FE_SG);
	command = bed_port_command(bed, 1);
	command.port.mtu = 9000;
	bed_order(bed, &command);
	bed_run(bed);
}

static void send_two_pages(struct bed *bed)
{
	struct guest *guest = &bed->vif[0].guest;

	bed_frame(guest->page[BED_TX_PAGE], BED_ALL, 0, 4000);
	guest_send(guest, BED_TX_PAGE, 0, 5000, NETTXF_more_data);
	guest_send(guest, BED_TX_PAGE + 1, 0, 1000, 0);
	bed_push(bed, 0);
}

static void what_can_never_be_taken_does_not_wait(void **state)
{
	struct bed *bed = *state;

	pair_without_sg(bed);
	send_numbered(bed, 0, 1);
	send_two_pages(bed);
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, 60);
	assert_int_equal(bed_counters(bed, 1)->drop[XN_DROP_TOO_BIG], 1);
}

static void what_can_never_be_taken_holds_up_nobody(void **state)
{
	struct bed *bed = *state;

	pair_without_sg(bed);
	send_numbered(bed, 0, WAITING);
	send_two_pages(bed);
	send_numbered(bed, WAITING, 1);
	bed_post(bed, 1, WAITING + 1);
	ev_send(bed->vif[1].rx_channel);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), WAITING + 1);
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, 0);
}

#define SENDERS 16u

static uint64_t most_queued;

/* A receiver that posts again whatever it was given, while we work. */
static void keep_up(void *arg)
{
	struct bed *bed = arg;
	struct guest *guest = &bed->vif[0].guest;
	uint32_t given = xnb_index_load(&guest->rx->rsp_prod);

	if (bed_counters(bed, 0)->queued_bytes > most_queued)
		most_queued = bed_counters(bed, 0)->queued_bytes;
	guest_post(guest, XNB_RX_RING_SIZE - (guest->rx_prod - given));
	ev_send(bed->vif[0].rx_channel);
}

static void connect_senders(struct bed *bed)
{
	for (uint32_t n = 0; n <= SENDERS; n++) {
		bed_add(bed, n, 0, 0);
		bed_burst(bed, n, (uint8_t)n, 60, 1); /* says where it is */
		bed_frame(bed->vif[n].guest.page[BED_TX_PAGE], 0, (uint8_t)n,
			  1400);
	}
}

static void a_receiver_that_keeps_up_needs_no_queue(void **state)
{
	struct bed *bed = *state;

	connect_senders(bed);
	guest_post(&bed->vif[0].guest, XNB_RX_RING_SIZE);
	most_queued = 0;
	hv.before = keep_up;
	hv.arg = bed;
	for (uint32_t n = 1; n <= SENDERS; n++) {
		for (uint32_t i = 0; i < 200; i++)
			guest_send(&bed->vif[n].guest, BED_TX_PAGE, 0, 1400, 0);
		guest_push(&bed->vif[n].guest);
		ev_send(bed->vif[n].tx_channel);
	}
	bed_run(bed);
	hv.before = NULL;
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_RX_FULL], 0);
	assert_int_equal(most_queued, 0);
	assert_int_equal(bed_counters(bed, 0)->rx_frames, SENDERS * 200);
}

static uint32_t calls, told_after;

static void look_whether_told(void *arg)
{
	struct bed *bed = arg;

	calls++;
	if (told_after == 0 && bed->vif[0].guest.rx->rsp_prod != 0)
		told_after = calls;
}

/* One frame, and many turns of others behind it in the same round. */
static void who_got_little_is_told_before_the_round_ends(void **state)
{
	struct bed *bed = *state;

	connect_senders(bed);
	guest_post(&bed->vif[0].guest, XNB_RX_RING_SIZE);
	calls = told_after = 0;
	/* The first of many who are ready has its turn last. */
	for (uint32_t n = 1; n <= SENDERS; n++) {
		if (n != 2)
			bed_frame(bed->vif[n].guest.page[BED_TX_PAGE], 3,
				  (uint8_t)n, 60);
		guest_send(&bed->vif[n].guest, BED_TX_PAGE, 0, 60, 0);
	}
	for (uint32_t n = 1; n <= SENDERS; n++) {
		guest_push(&bed->vif[n].guest);
		ev_send(bed->vif[n].tx_channel);
	}
	hv.before = look_whether_told;
	hv.arg = bed;
	bed_run(bed);
	hv.before = NULL;
	assert_true(told_after > 0);
	assert_true(told_after < calls - 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(what_the_ring_lacks_room_for_waits_in_order),
		BED_TEST(the_event_is_asked_for_and_comes),
		BED_TEST(the_queue_is_capped),
		BED_TEST(a_full_receiver_costs_the_others_nothing),
		BED_TEST(waiting_costs_one_copy_call_more_a_burst),
		BED_TEST(a_guest_that_does_not_tell_is_looked_at),
		BED_TEST(a_guest_that_tells_needs_no_timer),
		BED_TEST(a_move_to_another_bridge_drops_what_waits),
		BED_TEST(stuck_guests_leave_memory_for_others),
		BED_TEST(what_can_never_be_taken_does_not_wait),
		BED_TEST(what_can_never_be_taken_holds_up_nobody),
		BED_TEST(a_receiver_that_keeps_up_needs_no_queue),
		BED_TEST(who_got_little_is_told_before_the_round_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
