/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose guest is whose: where a new vif goes, and which guest a busy worker
 * gives away. Two workers, both run by the test. */
#include "../ring/cmocka_std.h"

#include <unistd.h>

#include "bed.h"
#include "netconf/base/loop.h"

#define GUESTS 4u
#define LOOK_US 100000u
#define BYTES 80u

static struct bed *bed;
static struct xnb_worker *first, *second;

static int begin(void **state)
{
	int rc;

	bed_workers = 2;
	rc = bed_setup(state);
	bed = *state;
	first = bed->worker->crew->worker[0];
	second = bed->worker->crew->worker[1];
	return rc;
}

static struct xnb_worker *worker_of(uint32_t n)
{
	return first->port[n].worker;
}

/* All are the first worker's, as in a young process. */
static void add_guests(void)
{
	xnb_worker_settle(first, 1000000000);
	for (uint32_t n = 0; n < GUESTS; n++) {
		bed_add(bed, n, 0, 0);
		assert_ptr_equal(worker_of(n), first);
	}
	bed_run(bed);
	xnb_worker_settle(first, 0);
}

/* The worker looks at itself after so much work, of which it waited a part. */
static void look(struct xnb_worker *w, const uint64_t work[GUESTS],
		 uint32_t waited_us)
{
	for (uint32_t n = 0; n < GUESTS; n++)
		if (worker_of(n) == w)
			w->port[n].work = work[n];
	w->load_us = w->counted_us = w->now_us;
	w->now_us += LOOK_US;
	w->waited_us = waited_us;
	xnb_balance_look(w);
	if (w->to_give)
		xnb_balance_act(w);
}

static void new_vifs_go_where_there_are_fewest(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < GUESTS; n++)
		bed_add(bed, n, 0, 0);
	bed_run(bed);
	assert_ptr_equal(worker_of(0), first);
	assert_ptr_equal(worker_of(1), second);
	assert_ptr_equal(worker_of(2), first);
	assert_ptr_equal(worker_of(3), second);
	assert_ptr_equal(xnb_balance_place(first->crew, 1, 0), second);
	assert_ptr_equal(xnb_balance_place(first->crew, 2, 0), first);
	assert_ptr_equal(xnb_balance_place(first->crew, 9, 0), first);
}

static void a_busy_worker_gives_away_the_guest_that_evens_it_out(void **state)
{
	static const uint64_t work[GUESTS] = {10, 55, 25, 10};

	(void)state;
	add_guests();
	look(first, work, 0);
	assert_ptr_equal(worker_of(0), first);
	assert_ptr_equal(worker_of(1), second);
	assert_ptr_equal(worker_of(2), first);
	assert_ptr_equal(worker_of(3), first);
	assert_int_equal(bed->stats->worker[0].guests_moved, 1);
	bed_run(bed);
}

static void nobody_is_moved_twice_at_once(void **state)
{
	static const uint64_t work[GUESTS] = {25, 25, 25, 25};

	(void)state;
	add_guests();
	look(first, work, 0);
	look(first, work, 0);
	assert_int_equal(bed->stats->worker[0].guests_moved, 1);
	look(first, work, 0);
	look(first, work, 0);
	assert_int_equal(bed->stats->worker[0].guests_moved, 2);
	bed_run(bed);
}

static void who_is_not_busy_keeps_its_guests(void **state)
{
	static const uint64_t work[GUESTS] = {25, 25, 25, 25};

	(void)state;
	add_guests();
	look(first, work, LOOK_US / 2);
	assert_int_equal(bed->stats->worker[0].guests_moved, 0);
	bed_run(bed);
}

static void a_single_busy_guest_stays(void **state)
{
	static const uint64_t work[GUESTS] = {100, 0, 0, 0};

	(void)state;
	add_guests();
	look(first, work, 0);
	assert_int_equal(bed->stats->worker[0].guests_moved, 0);
	bed_run(bed);
}

static void who_is_as_busy_is_given_nobody(void **state)
{
	static const uint64_t work[GUESTS] = {25, 25, 25, 25};

	(void)state;
	add_guests();
	second->load_us = 1;
	second->now_us = first->now_us;
	look(second, work, 0);
	look(first, work, 0);
	assert_int_equal(bed->stats->worker[0].guests_moved, 0);
	bed_run(bed);
}

/* What was done long ago says nothing of now. */
static void work_of_long_ago_moves_nobody(void **state)
{
	static const uint64_t work[GUESTS] = {25, 25, 25, 25};

	(void)state;
	add_guests();
	for (uint32_t n = 0; n < GUESTS; n++)
		first->port[n].work = work[n];
	first->load_us = first->now_us;
	first->now_us += 100 * LOOK_US;
	first->waited_us = 0;
	xnb_balance_look(first);
	assert_null(first->to_give);
	look(first, work, 0);
	assert_int_equal(bed->stats->worker[0].guests_moved, 1);
	bed_run(bed);
}

static void a_young_process_moves_nobody(void **state)
{
	static const uint64_t work[GUESTS] = {25, 25, 25, 25};

	(void)state;
	add_guests();
	xnb_worker_settle(first, 1000000000);
	look(first, work, 0);
	assert_int_equal(bed->stats->worker[0].guests_moved, 0);
	bed_run(bed);
}

static void send(uint32_t from, uint32_t to)
{
	bed_send(bed, from, BED_TX_PAGE, (uint8_t)to, BYTES);
	guest_push(&bed->vif[from].guest);
	ev_send(bed->vif[from].tx_channel);
	bed_run(bed);
}

static void give(uint32_t n)
{
	xnb_crew_pause(first);
	xnb_balance_give(first, second, (uint16_t)n);
	xnb_crew_resume(first, true);
	bed_run(bed);
	assert_ptr_equal(worker_of(n), second);
}

static void who_was_moved_sends_and_hears_as_before(void **state)
{
	struct bed_answers answers;

	(void)state;
	add_guests();
	bed_post(bed, 0, 8);
	bed_post(bed, 1, 8);
	send(0, 1);
	send(1, 0);
	give(1);
	send(0, 1);
	send(1, 0);
	assert_int_equal(bed_count_received(bed, 1), 2);
	assert_int_equal(bed_count_received(bed, 0), 2);
	answers = bed_answers(bed, 1);
	assert_int_equal(answers.okay, 2);
	assert_int_equal(answers.error, 0);
}

/* They wait for buffers that the guest posts to its new worker. */
static void frames_that_wait_move_along(void **state)
{
	(void)state;
	add_guests();
	bed_post(bed, 0, 8);
	send(1, 0); /* so that it is known */
	send(0, 1);
	send(0, 1);
	assert_int_equal(bed_count_received(bed, 1), 0);
	give(1);
	send(0, 1); /* by another worker now: behind the others */
	bed_post(bed, 1, 8);
	ev_send(bed->vif[1].rx_channel);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 3);
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, 0);
}

/* Its new worker's clock may be of long ago, when that fell asleep. */
static void who_was_moved_is_not_taken_for_stalled(void **state)
{
	(void)state;
	add_guests();
	bed_post(bed, 0, 8);
	send(1, 0);
	send(0, 1);
	second->now_us = second->now_ms = 0;
	give(1);
	second->now_ms = first->now_ms + 1;
	xnb_stall_tick(second);
	assert_int_equal(bed_counters(bed, 1)->stalls, 0);
	assert_true(bed_counters(bed, 1)->queued_bytes > 0);
	second->now_ms = first->now_ms + XNB_STALL_MS;
	xnb_stall_tick(second);
	assert_int_equal(bed_counters(bed, 1)->stalls, 1);
}

/* ---- what happens between a look at epoll and the round ---- */

/* The worker asks for the time before it waits, and behind. */
static uint32_t asked;

static void guest_comes_again(void);

static uint64_t clock_with_news(void)
{
	if (++asked == 2)
		guest_comes_again();
	return xn_now_us();
}

static void drop_events(void)
{
	while (bed_event(bed).header.type)
		;
}

/* Guest 1 is gone and here again, at the same worker. */
static void guest_comes_again(void)
{
	struct xnb_command command = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.slot = 1,
			.generation = bed->vif[1].generation}};

	bed_order(bed, &command);
	guest_init(&bed->vif[1].guest, 1, 0);
	bed->vif[1].rx_taken = bed->vif[1].tx_taken = 0;
	close(bed->vif[1].redo_fd);
	bed->vif[1].redo_fd = -1;
	command = bed_add_command(bed, 1, 0);
	bed_order(bed, &command);
	command = bed_port_command(bed, 1);
	bed_order(bed, &command);
	while (bed_has_work(first))
		xnb_worker_round(first);
}

/* Its channels have nothing to read: whoever did would wait for ever. */
static void events_of_a_vif_that_went_are_nobodys(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 2; n++)
		bed_add(bed, n, 0, 0);
	bed_run(bed);
	assert_ptr_equal(worker_of(1), second);
	ev_send(bed->vif[1].tx_channel);
	assert_true(bed_has_work(second));
	asked = 0;
	second->clock_us = clock_with_news;
	xnb_worker_round(second);
	assert_true(asked >= 2);
	assert_ptr_equal(worker_of(1), second);
	drop_events();
	bed_run(bed);
	bed_post(bed, 0, 8);
	send(1, 0);
	assert_int_equal(bed_count_received(bed, 0), 1);
}

/* A fault that its worker has not told yet is not the next vif's. */
static void a_fault_goes_with_its_vif(void **state)
{
	struct xnb_event event;

	(void)state;
	for (uint32_t n = 0; n < 2; n++)
		bed_add(bed, n, 0, 0);
	bed_run(bed);
	xnb_port_fault(second, &first->port[1].queue[0], XN_DL_FAULT_TX_INDEX);
	assert_true(second->faulted);
	guest_comes_again();
	drop_events();
	xnb_worker_wake(second);
	bed_run(bed);
	do {
		event = bed_event(bed);
		assert_int_not_equal(event.header.type, XN_DL_VIF_FAULT);
	} while (event.header.type);
	bed_post(bed, 0, 8);
	send(1, 0);
	assert_int_equal(bed_count_received(bed, 0), 1);
}

/* A kick is for what its worker does not know yet. */
static void a_ring_that_is_known_to_be_short_kicks_nobody(void **state)
{
	uint64_t rounds;

	(void)state;
	add_guests();
	give(1);
	bed_post(bed, 0, 8);
	send(1, 0);
	send(0, 1);
	rounds = second->round;
	for (uint32_t i = 0; i < 20; i++)
		send(0, 1);
	assert_int_equal(second->round, rounds);
	bed_post(bed, 1, 64);
	ev_send(bed->vif[1].rx_channel);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 21);
}

/* Found by a worker that is not the vif's. */
static void who_breaks_its_ring_is_ended_by_its_own_worker(void **state)
{
	struct xnb_event event;

	(void)state;
	add_guests();
	give(1);
	bed_post(bed, 0, 8);
	bed_post(bed, 1, 8);
	send(1, 0);
	bed->vif[1].guest.rx->req_prod += 1000;
	send(0, 1);
	do
		event = bed_event(bed);
	while (event.header.type == XN_DL_STATION);
	assert_int_equal(event.header.type, XN_DL_VIF_FAULT);
	assert_int_equal(event.fault.slot, 1);
	assert_int_equal(first->port[1].state, XNB_PORT_FAULTED);
	send(2, 0);
	assert_int_equal(bed_count_received(bed, 0), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, bed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_vifs_go_where_there_are_fewest),
		TEST(a_busy_worker_gives_away_the_guest_that_evens_it_out),
		TEST(nobody_is_moved_twice_at_once),
		TEST(who_is_not_busy_keeps_its_guests),
		TEST(a_single_busy_guest_stays),
		TEST(who_is_as_busy_is_given_nobody),
		TEST(work_of_long_ago_moves_nobody),
		TEST(a_young_process_moves_nobody),
		TEST(who_was_moved_sends_and_hears_as_before),
		TEST(frames_that_wait_move_along),
		TEST(who_was_moved_is_not_taken_for_stalled),
		TEST(events_of_a_vif_that_went_are_nobodys),
		TEST(a_fault_goes_with_its_vif),
		TEST(a_ring_that_is_known_to_be_short_kicks_nobody),
		TEST(who_breaks_its_ring_is_ended_by_its_own_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
