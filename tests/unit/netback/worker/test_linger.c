/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at rings before sleeping, on a clock of our own: who is looked at is
 * not armed, and nobody is missed when the worker sleeps after all. */
#include "../ring/cmocka_std.h"

#include "bed.h"

#define SPIN_US 50u

static struct bed *clocked;
static uint64_t now_us;
static uint64_t end_us; /* then `at_end` happens, once; 0: never */
static void (*at_end)(struct bed *bed);

/* Each look at the clock takes a microsecond. */
static uint64_t own_clock(void)
{
	now_us++;
	if (end_us != 0 && now_us >= end_us) {
		end_us = 0;
		at_end(clocked);
	}
	return now_us;
}

static void prepare(struct bed *bed, uint32_t guests)
{
	for (uint32_t n = 0; n < guests; n++) {
		bed_add(bed, n, 0, 0);
		bed_post(bed, n, 255);
		bed_burst(bed, n, (uint8_t)n, 60, 1); /* says where it is */
	}
	clocked = bed;
	now_us = 1000000;
	end_us = 0;
	bed->worker->clock_us = own_clock;
	bed->worker->spin =
		(struct xn_spin){.us_max = SPIN_US, .us = SPIN_US, .looks = 1};
}

/* What was not yet looked at. */
static void forget(struct bed *bed, uint32_t guests)
{
	for (uint32_t n = 0; n < guests; n++)
		(void)bed_count_received(bed, n);
}

static void send_without_event(struct bed *bed)
{
	bed_send(bed, 0, BED_TX_PAGE, 1, 60);
	guest_push(&bed->vif[0].guest);
}

/* Rounds end in looking, which ends with what `what` does after so long. */
static void round_that_ends_with(struct bed *bed, void (*what)(struct bed *bed),
				 uint64_t after_us)
{
	at_end = what;
	end_us = now_us + after_us;
	xnb_worker_round(bed->worker);
	assert_int_equal(end_us, 0);
}

static void who_lingers_is_served_without_an_event(void **state)
{
	struct bed *bed = *state;
	uint64_t events, wakeups;
	uint32_t armed, unmasked;

	prepare(bed, 2);
	forget(bed, 2);
	armed = bed->vif[0].guest.tx->req_event;
	unmasked = ev_unmasked(bed->vif[0].tx_channel);
	bed_burst(bed, 0, 1, 60, 1);
	assert_int_equal(bed_count_received(bed, 1), 1);
	assert_true(bed->vif[0].guest.tx->req_event == armed);
	assert_int_equal(ev_unmasked(bed->vif[0].tx_channel), unmasked);
	events = bed_counters(bed, 0)->events_taken;
	wakeups = bed->worker->counters->wakeups;
	for (uint32_t i = 1; i <= 100; i++) {
		round_that_ends_with(bed, send_without_event, 20);
		while (bed->worker->ready_count > 0)
			xnb_worker_round(bed->worker);
		assert_int_equal(bed_count_received(bed, 1), 1);
	}
	assert_int_equal(bed_counters(bed, 0)->events_taken, events);
	assert_int_equal(bed->worker->counters->wakeups, wakeups);
	assert_true(bed->vif[0].guest.tx->req_event == armed);
}

static void event_of_the_other(struct bed *bed)
{
	ev_send(bed->vif[1].tx_channel);
}

static void before_it_sleeps_all_are_armed(void **state)
{
	struct bed *bed = *state;
	struct guest *guest = &bed->vif[0].guest;
	uint32_t unmasked;
	uint64_t wakeups;

	prepare(bed, 2);
	forget(bed, 2);
	unmasked = ev_unmasked(bed->vif[0].tx_channel);
	bed_burst(bed, 0, 1, 60, 1);
	assert_int_equal(bed->worker->linger_count, 1);
	wakeups = bed->worker->counters->wakeups;
	/* The look at the clock that ends it all; epoll sees it only after. */
	round_that_ends_with(bed, event_of_the_other, SPIN_US + 1);
	assert_int_equal(bed->worker->counters->wakeups, wakeups + 1);
	assert_int_equal(bed->worker->linger_count, 0);
	assert_int_equal(ev_unmasked(bed->vif[0].tx_channel), unmasked + 1);
	assert_true(guest->tx->req_event == guest->tx_prod + 1);
	/* And it is heard again. */
	bed_run(bed);
	bed_burst(bed, 0, 1, 60, 1);
	assert_int_equal(bed_count_received(bed, 1), 2);
}

static void who_sends_while_it_lies_down_is_served(void **state)
{
	struct bed *bed = *state;
	uint64_t wakeups;

	prepare(bed, 2);
	bed_burst(bed, 0, 1, 60, 1);
	forget(bed, 2);
	wakeups = bed->worker->counters->wakeups;
	round_that_ends_with(bed, send_without_event, SPIN_US + 1);
	assert_int_equal(bed->worker->counters->wakeups, wakeups);
	assert_int_equal(bed_count_received(bed, 1), 1);
}

static void without_a_limit_nobody_lingers(void **state)
{
	struct bed *bed = *state;
	struct guest *guest = &bed->vif[0].guest;

	prepare(bed, 2);
	bed->worker->spin = (struct xn_spin){.looks = 1};
	bed_burst(bed, 0, 1, 60, 1);
	assert_int_equal(bed->worker->linger_count, 0);
	assert_true(guest->tx->req_event == guest->tx_prod + 1);
}

static void only_so_many_linger(void **state)
{
	struct bed *bed = *state;
	const uint32_t guests = XNB_LINGER_MAX + 2;
	uint32_t unmasked[XNB_LINGER_MAX + 2];

	prepare(bed, guests);
	for (uint32_t n = 0; n < guests; n++)
		unmasked[n] = ev_unmasked(bed->vif[n].tx_channel);
	for (uint32_t n = 0; n < guests; n++)
		bed_burst(bed, n, (uint8_t)n, 60, 1);
	assert_int_equal(bed->worker->linger_count, XNB_LINGER_MAX);
	for (uint32_t n = 0; n < guests; n++)
		assert_int_equal(ev_unmasked(bed->vif[n].tx_channel),
				 unmasked[n] + (n < 2));
}

static void frame_from_the_kernel(struct bed *bed)
{
	static uint8_t frame[60];
	struct virtio_net_hdr vnet = {.flags = 0};

	bed_frame(frame, 1, 77, sizeof(frame));
	assert_true(bed_kernel_write(bed, 1, &vnet, frame, sizeof(frame)));
}

static void taps_are_heard_while_rings_are_looked_at(void **state)
{
	struct bed *bed = *state;
	uint64_t wakeups;

	prepare(bed, 2);
	bed_burst(bed, 0, 1, 60, 1);
	forget(bed, 2);
	wakeups = bed->worker->counters->wakeups;
	round_that_ends_with(bed, frame_from_the_kernel, 20);
	assert_int_equal(bed_count_received(bed, 1), 1);
	assert_int_equal(bed->worker->counters->wakeups, wakeups);
}

static void a_vif_may_go_while_it_lingers(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION}}};

	prepare(bed, 2);
	bed_burst(bed, 0, 1, 60, 1);
	assert_int_equal(bed->worker->linger_count, 1);
	command.del.slot = bed->vif[0].slot;
	command.del.generation = bed->vif[0].generation;
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed->worker->linger_count, 0);
	/* The other one is served as ever. */
	bed_burst(bed, 1, 1, 60, 1);
	assert_int_equal(bed_answers(bed, 1).okay, 2);
}

/* Whose next frame is there at each look, as that of a request and its response
 * may be, does not keep others from being heard. */
static void who_sends_at_each_look_keeps_nobody_waiting(void **state)
{
	struct bed *bed = *state;
	uint32_t rounds = 0;

	prepare(bed, 3);
	bed_burst(bed, 0, 1, 60, 1);
	forget(bed, 3);
	(void)bed_answers(bed, 0);
	(void)bed_answers(bed, 2);
	bed_send(bed, 2, BED_TX_PAGE, 1, 60);
	guest_push(&bed->vif[2].guest);
	ev_send(bed->vif[2].tx_channel);
	for (; rounds < 1000 && bed_answers(bed, 2).okay == 0; rounds++) {
		send_without_event(bed);
		xnb_worker_round(bed->worker);
		assert_int_equal(bed_answers(bed, 0).okay, 1);
		bed_post(bed, 1, 1);
		forget(bed, 2);
	}
	assert_true(rounds < 100);
}

/* Who hears an event for what it receives has not sent anything by that. */
static void events_of_the_other_way_move_nobody_up(void **state)
{
	struct bed *bed = *state;

	prepare(bed, 3);
	bed_burst(bed, 0, 2, 60, 1);
	bed_burst(bed, 1, 2, 60, 1);
	assert_ptr_equal(TAILQ_FIRST(&bed->worker->lingering)->port,
			 &bed->worker->port[0]);
	ev_send(bed->vif[0].rx_channel);
	bed_run(bed);
	assert_ptr_equal(TAILQ_FIRST(&bed->worker->lingering)->port,
			 &bed->worker->port[0]);
	send_without_event(bed);
	xnb_worker_round(bed->worker);
	assert_ptr_equal(TAILQ_FIRST(&bed->worker->lingering)->port,
			 &bed->worker->port[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(who_lingers_is_served_without_an_event),
		BED_TEST(before_it_sleeps_all_are_armed),
		BED_TEST(who_sends_while_it_lies_down_is_served),
		BED_TEST(without_a_limit_nobody_lingers),
		BED_TEST(only_so_many_linger),
		BED_TEST(taps_are_heard_while_rings_are_looked_at),
		BED_TEST(a_vif_may_go_while_it_lingers),
		BED_TEST(who_sends_at_each_look_keeps_nobody_waiting),
		BED_TEST(events_of_the_other_way_move_nobody_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
