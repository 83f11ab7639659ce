/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that take nothing: from when on they count as stalled, what that
 * costs them and nobody else, and how it ends. The clock is the test's. */
#include "../ring/cmocka_std.h"

#include <linux/virtio_net.h>
#include <string.h>
#include <sys/timerfd.h>

#include "bed.h"

#define SENDER 0u
#define STUCK 1u
#define FINE 2u
#define SECOND_US UINT64_C(1000000)

static struct bed_received received;

static void trio(struct bed *bed, uint32_t without)
{
	bed_stop_clock(bed);
	bed_add(bed, SENDER, 0, 0);
	bed_add(bed, STUCK, 0, without);
	bed_add(bed, FINE, 0, 0);
	bed_post(bed, FINE, 200);
}

static void pass(struct bed *bed, uint32_t seconds)
{
	for (uint32_t i = 0; i < seconds; i++)
		bed_advance(bed, SECOND_US);
}

/* -1: control was not told. */
static int told(struct bed *bed)
{
	int stalled = -1;

	for (;;) {
		struct xnb_event event = bed_event(bed);

		if (event.header.type == 0)
			return stalled;
		if (event.header.type != XN_DL_VIF_STALL)
			continue;
		assert_int_equal(event.stall.slot, STUCK);
		assert_int_equal(event.stall.generation,
				 bed->vif[STUCK].generation);
		assert_int_equal(stalled, -1);
		stalled = (int)event.stall.stalled;
	}
}

static void post_and_tell(struct bed *bed, uint32_t n, uint32_t count)
{
	bed_post(bed, n, count);
	ev_send(bed->vif[n].rx_channel);
	bed_run(bed);
}

static const struct xn_vif_counters *stuck(const struct bed *bed)
{
	return bed_counters(bed, STUCK);
}

static void after_ten_seconds_it_is_stalled(void **state)
{
	struct bed *bed = *state;

	trio(bed, 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 20);
	pass(bed, 9);
	assert_int_equal(told(bed), -1);
	assert_int_equal(stuck(bed)->queued_bytes, 20 * 1000);
	pass(bed, 2);
	assert_int_equal(told(bed), 1);
	assert_int_equal(stuck(bed)->stalls, 1);
	assert_int_equal(stuck(bed)->queued_bytes, 0);
	assert_int_equal(stuck(bed)->drop[XN_DROP_STALLED], 20);
	assert_int_equal(xnb_pool_free(bed->worker->pool), XNB_CHUNKS_DEFAULT);
	assert_int_equal(bed_count_received(bed, FINE), 20);
}

static void what_comes_then_is_dropped_at_once(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet = {0};
	uint8_t frame[1000];

	trio(bed, 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 1);
	pass(bed, 11);
	bed_burst(bed, SENDER, BED_ALL, 1000, 20);
	assert_int_equal(stuck(bed)->drop[XN_DROP_STALLED], 21);
	bed_frame(frame, STUCK, 77, sizeof(frame));
	assert_true(bed_kernel_write(bed, STUCK, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(stuck(bed)->drop[XN_DROP_STALLED], 22);
	assert_int_equal(stuck(bed)->twin_rx_frames, 1);
	assert_int_equal(stuck(bed)->queued_bytes, 0);
	assert_int_equal(xnb_pool_free(bed->worker->pool), XNB_CHUNKS_DEFAULT);
	/* The sender is answered, the other one served. */
	assert_int_equal(bed_answers(bed, SENDER).okay, 21);
	assert_int_equal(bed_count_received(bed, FINE), 21);
}

static void it_goes_on_when_it_posts_buffers(void **state)
{
	struct bed *bed = *state;

	trio(bed, 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 1);
	pass(bed, 11);
	assert_int_equal(told(bed), 1);
	/* An event without a buffer is none. */
	post_and_tell(bed, STUCK, 0);
	assert_int_equal(told(bed), -1);
	post_and_tell(bed, STUCK, 10);
	assert_int_equal(told(bed), 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 5);
	assert_int_equal(bed_count_received(bed, STUCK), 5);
	assert_int_equal(stuck(bed)->drop[XN_DROP_STALLED], 1);
	/* And may stall anew. */
	bed_burst(bed, SENDER, BED_ALL, 1000, 10);
	pass(bed, 11);
	assert_int_equal(told(bed), 1);
	assert_int_equal(stuck(bed)->stalls, 2);
}

static void its_event_ends_it_without_a_tick(void **state)
{
	struct bed *bed = *state;

	trio(bed, 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 1);
	pass(bed, 11);
	assert_int_equal(told(bed), 1);
	/* It is asked to tell: the event index is set. */
	assert_int_equal(bed->vif[STUCK].guest.rx->req_event, 1);
	assert_int_equal(bed->worker->port[STUCK].queue[0].rx_masked, false);
}

static void who_takes_a_frame_now_and_then_is_slow_and_not_stalled(void **state)
{
	struct bed *bed = *state;

	trio(bed, 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 20);
	for (uint32_t i = 0; i < 8; i++) {
		pass(bed, 8);
		post_and_tell(bed, STUCK, 1);
	}
	assert_int_equal(told(bed), -1);
	assert_int_equal(stuck(bed)->stalls, 0);
	assert_int_equal(bed_count_received(bed, STUCK), 8);
}

static void who_is_sent_nothing_does_not_stall(void **state)
{
	struct bed *bed = *state;

	trio(bed, 0);
	pass(bed, 100);
	assert_int_equal(told(bed), -1);
	assert_int_equal(stuck(bed)->stalls, 0);
}

/* It broke its promise to tell; it is served all the same. */
static void a_forgotten_event_is_no_stall(void **state)
{
	struct bed *bed = *state;

	trio(bed, 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 5);
	bed_post(bed, STUCK, 10);
	pass(bed, 11);
	assert_int_equal(told(bed), -1);
	assert_int_equal(bed_count_received(bed, STUCK), 5);
}

static void one_stuck_queue_stalls_the_vif(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet = {0};
	uint8_t frame[1000];

	bed_stop_clock(bed);
	bed_add_queues(bed, STUCK, 2); /* guests 1 and 2 */
	guest_post(&bed->vif[STUCK + 1].guest, 5);
	bed_frame(frame, STUCK, 77, sizeof(frame));
	for (uint32_t i = 0; i < 2; i++)
		assert_true(bed_kernel_write(bed, STUCK + i, &vnet, frame,
					     sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, STUCK + 1), 1);
	pass(bed, 11);
	assert_int_equal(told(bed), 1);
	assert_true(
		bed_kernel_write(bed, STUCK + 1, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, STUCK + 1), 0);
	guest_post(&bed->vif[STUCK].guest, 5);
	ev_send(bed->vif[STUCK].rx_channel);
	bed_run(bed);
	assert_int_equal(told(bed), 0);
	assert_true(
		bed_kernel_write(bed, STUCK + 1, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, STUCK + 1), 1);
}

static void who_cannot_tell_never_stalls_but_frames_expire(void **state)
{
	struct bed *bed = *state;

	trio(bed, XN_DL_FE_RX_NOTIFY);
	bed_burst(bed, SENDER, BED_ALL, 1000, 5);
	pass(bed, 59);
	assert_int_equal(stuck(bed)->queued_bytes, 5 * 1000);
	pass(bed, 2);
	assert_int_equal(stuck(bed)->queued_bytes, 0);
	assert_int_equal(stuck(bed)->drop[XN_DROP_STALLED], 5);
	assert_int_equal(stuck(bed)->stalls, 0);
	assert_int_equal(told(bed), -1);
	/* The next ones may wait, and come. */
	bed_burst(bed, SENDER, BED_ALL, 1000, 3);
	bed_post(bed, STUCK, 10);
	bed_advance(bed, XNB_DRAIN_US);
	assert_int_equal(bed_count_received(bed, STUCK), 3);
}

/* A guest that steers: what one tap brought filled another queue. */
static void an_expired_queue_lets_all_taps_be_read(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet = {0};
	struct xnb_port *port = &bed->worker->port[STUCK];
	uint8_t frame[1000];
	uint64_t written = 0;

	bed_stop_clock(bed);
	bed_add_queues(bed, STUCK, 2);
	port->frontend &= ~XN_DL_FE_RX_NOTIFY;
	port->toeplitz.on = true; /* without a hash: all to queue 0 */
	bed_frame(frame, STUCK, SENDER, sizeof(frame));
	while (port->queue[1].tap_polled) {
		written += bed_kernel_write(bed, STUCK + 1, &vnet, frame,
					    sizeof(frame));
		bed_run(bed);
	}
	written +=
		bed_kernel_write(bed, STUCK + 1, &vnet, frame, sizeof(frame));
	bed_run(bed);
	assert_int_equal(stuck(bed)->twin_rx_frames, written - 1);
	pass(bed, 61);
	assert_int_equal(stuck(bed)->drop[XN_DROP_STALLED], written - 1);
	assert_int_equal(stuck(bed)->twin_rx_frames, written);
}

static bool timer_is_armed(int fd)
{
	struct itimerspec left;

	assert_int_equal(timerfd_gettime(fd, &left), 0);
	return left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0;
}

static void a_stalled_guest_costs_no_wake_ups(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet = {0};
	uint8_t frame[1000];

	/* From the twin: the switch learns no station, which would age. */
	bed_stop_clock(bed);
	bed_add(bed, STUCK, 0, 0);
	bed_frame(frame, STUCK, 77, sizeof(frame));
	assert_true(bed_kernel_write(bed, STUCK, &vnet, frame, sizeof(frame)));
	bed_run(bed);
	assert_true(timer_is_armed(bed->worker->tick_fd));
	pass(bed, 12);
	assert_int_equal(told(bed), 1);
	assert_false(timer_is_armed(bed->worker->tick_fd));
	assert_false(timer_is_armed(bed->worker->drain_fd));
}

static void control_is_told_once_there_is_room_for_it(void **state)
{
	struct bed *bed = *state;
	struct xnb_event event = {.header = {XN_DL_STATION, 0}};

	trio(bed, 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 1);
	while (xnb_mailbox_put(bed->events, &event, 0))
		;
	pass(bed, 12);
	assert_int_equal(stuck(bed)->stalls, 1);
	assert_int_equal(told(bed), -1);
	pass(bed, 1);
	assert_int_equal(told(bed), 1);
	pass(bed, 5);
	assert_int_equal(told(bed), -1);
}

static void a_stalled_vif_can_go_and_come_again(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.slot = STUCK}};

	trio(bed, 0);
	bed_burst(bed, SENDER, BED_ALL, 1000, 1);
	pass(bed, 11);
	command.del.generation = bed->vif[STUCK].generation;
	bed_order(bed, &command);
	bed_run(bed);
	bed_add(bed, STUCK, 0, 0);
	bed_post(bed, STUCK, 10);
	bed_burst(bed, SENDER, BED_ALL, 1000, 2);
	bed_receive(bed, STUCK, &received);
	assert_int_equal(received.bytes, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(after_ten_seconds_it_is_stalled),
		BED_TEST(what_comes_then_is_dropped_at_once),
		BED_TEST(it_goes_on_when_it_posts_buffers),
		BED_TEST(its_event_ends_it_without_a_tick),
		BED_TEST(
			who_takes_a_frame_now_and_then_is_slow_and_not_stalled),
		BED_TEST(who_is_sent_nothing_does_not_stall),
		BED_TEST(a_forgotten_event_is_no_stall),
		BED_TEST(one_stuck_queue_stalls_the_vif),
		BED_TEST(who_cannot_tell_never_stalls_but_frames_expire),
		BED_TEST(an_expired_queue_lets_all_taps_be_read),
		BED_TEST(a_stalled_guest_costs_no_wake_ups),
		BED_TEST(control_is_told_once_there_is_room_for_it),
		BED_TEST(a_stalled_vif_can_go_and_come_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
