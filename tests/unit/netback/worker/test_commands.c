/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control's commands: connecting, moving, leaving, restarting, and what the
 * switch learned. */
#include "../ring/cmocka_std.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bed.h"

static struct bed_received received;

static struct xnb_event order(struct bed *bed, struct xnb_command command)
{
	bed_order(bed, &command);
	bed_run(bed);
	return bed_event(bed);
}

static struct xnb_command del_command(const struct bed *bed, uint32_t n)
{
	return (struct xnb_command){
		.del = {
			.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.slot = bed->vif[n].slot,
			.generation = bed->vif[n].generation,
		}};
}

static void prepare_guest(struct bed *bed, uint32_t n)
{
	guest_init(&bed->vif[n].guest, (uint16_t)n, 0);
	hv_grant((uint16_t)n, 1, bed->vif[n].guest.tx_page, false);
	hv_grant((uint16_t)n, 2, bed->vif[n].guest.rx_page, false);
}

static void connecting_kicks_both_sides(void **state)
{
	struct bed *bed = *state;

	prepare_guest(bed, 0);
	assert_int_equal(order(bed, bed_add_command(bed, 0, 0)).up.error, 0);
	assert_int_equal(ev_notified(bed->vif[0].tx_channel), 1);
	assert_int_equal(ev_notified(bed->vif[0].rx_channel), 1);
	assert_true(ev_unmasked(bed->vif[0].tx_channel) > 0);
	assert_true(ev_unmasked(bed->vif[0].rx_channel) > 0);
}

static void nothing_is_taken_before_the_port_is_set(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 10);
	prepare_guest(bed, 0);
	bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 100);
	guest_push(&bed->vif[0].guest);
	assert_int_equal(order(bed, bed_add_command(bed, 0, 0)).up.error, 0);
	assert_int_equal(bed_answers(bed, 0).okay, 0);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_PORT_CLOSED], 0);
	/* No event needed: the ring is looked at when the port is set. */
	order(bed, bed_port_command(bed, 0));
	assert_int_equal(bed_answers(bed, 0).okay, 1);
	assert_int_equal(bed_count_received(bed, 1), 1);
}

static void a_held_vif_sends_nothing_and_receives(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 0, 10);
	bed_post(bed, 1, 10);
	command = bed_port_command(bed, 0);
	command.port.hold = 1;
	order(bed, command);
	bed_burst(bed, 0, BED_ALL, 100, 3);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_answers(bed, 0).okay, 0);
	bed_burst(bed, 1, BED_ALL, 100, 1);
	assert_int_equal(bed_count_received(bed, 0), 1);
	command.port.hold = 0;
	order(bed, command);
	assert_int_equal(bed_count_received(bed, 1), 3);
	assert_int_equal(bed_answers(bed, 0).okay, 3);
}

static void a_slot_in_use_is_busy(void **state)
{
	struct bed *bed = *state;
	struct xnb_event event;

	bed_add(bed, 0, 0, 0);
	event = order(bed, bed_add_command(bed, 0, 0));
	assert_int_equal(event.header.type, XN_DL_VIF_UP);
	assert_int_equal(event.up.generation, 2);
	assert_int_equal(event.up.error, -EBUSY);
	assert_int_equal(bed->worker->port[0].generation, 1);
}

static void what_cannot_be_mapped_is_reported(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	prepare_guest(bed, 0);
	for (uint32_t n = 1; n <= 2; n++) {
		ev_fail_map(n);
		assert_int_equal(
			order(bed, bed_add_command(bed, 0, 0)).up.error,
			-ENOMEM);
		assert_int_equal(ev_mapped(), 0);
	}
	command = bed_add_command(bed, 0, 0);
	command.add.queue[0].rx_ring_ref = 7;
	assert_int_equal(order(bed, command).up.error, -EINVAL);
	/* A ring that says it holds more than it can. */
	bed->vif[0].guest.tx->req_prod = 257;
	assert_int_equal(order(bed, bed_add_command(bed, 0, 0)).up.error,
			 -EPROTO);
	bed->vif[0].guest.tx->req_prod = 0;
	assert_int_equal(order(bed, bed_add_command(bed, 0, 0)).up.error, 0);
}

static void a_log_that_is_too_small_is_refused(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	prepare_guest(bed, 0);
	command = bed_add_command(bed, 0, 0);
	assert_int_equal(ftruncate(command.redo_fd, 1024), 0);
	assert_int_equal(order(bed, command).up.error, -EINVAL);
}

static void stale_generations_are_ignored(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	bed_add(bed, 0, 0, 0);
	command = bed_port_command(bed, 0);
	command.port.generation--;
	assert_int_equal(order(bed, command).header.type, 0);
	command = del_command(bed, 0);
	command.del.generation--;
	assert_int_equal(order(bed, command).header.type, 0);
	assert_int_equal(bed->worker->port[0].state, XNB_PORT_LIVE);
	assert_int_equal(order(bed, del_command(bed, 0)).header.type,
			 XN_DL_VIF_GONE);
	/* Nothing is mapped there: true for every generation. */
	assert_int_equal(order(bed, del_command(bed, 0)).header.type,
			 XN_DL_VIF_GONE);
	assert_int_equal(order(bed, bed_port_command(bed, 0)).header.type, 0);
}

static void detaching_under_load_leaves_nothing(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 10);
	bed_burst(bed, 0, BED_ALL, 1514, 100); /* most of it waits */
	assert_true(bed_counters(bed, 1)->queued_bytes > 0);
	for (uint32_t i = 0; i < 100; i++)
		bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 1514);
	guest_push(&bed->vif[0].guest);
	ev_send(bed->vif[0].tx_channel);
	command = del_command(bed, 1);
	bed_order(bed, &command);
	xnb_worker_round(bed->worker); /* half the frames, then the command */
	assert_int_equal(bed->worker->port[1].state, XNB_PORT_FREE);
	bed_run(bed);
	assert_int_equal(bed_counters(bed, 1)->queued_bytes, 0);
	assert_int_equal(bed_answers(bed, 0).okay, 200);
	assert_int_equal(xnb_pool_free(bed->worker->pool), XNB_CHUNKS_DEFAULT);
	/* The guest's stations went with it: it is unknown, not lost. */
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_SAME_PORT], 0);
}

static void port_done_comes_when_its_setting_is_in_force(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;
	struct xnb_event event;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 200);
	for (uint32_t i = 0; i < 100; i++)
		bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 100);
	guest_push(&bed->vif[0].guest);
	ev_send(bed->vif[0].tx_channel);
	command = bed_port_command(bed, 0);
	command.port.sequence = 4711;
	command.port.forwarding = 0;
	bed_order(bed, &command);
	xnb_worker_round(bed->worker);
	/* One burst under the old setting, and done with. */
	assert_int_equal(bed_count_received(bed, 1), 64);
	do
		event = bed_event(bed);
	while (event.header.type == XN_DL_STATION);
	assert_int_equal(event.header.type, XN_DL_PORT_DONE);
	assert_int_equal(event.done.sequence, 4711);
	bed_run(bed);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_PORT_CLOSED], 36);
	assert_int_equal(bed_answers(bed, 0).okay, 100);
}

/* What a death between the log's end and the ring's index leaves behind. */
static void a_restart_answers_each_request_once(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;
	struct xnb_redo *redo;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 100);
	bed_burst(bed, 0, BED_ALL, 100, 5);
	bed_answers(bed, 0);
	order(bed, del_command(bed, 0));
	while (bed_event(bed).header.type)
		;
	bed_count_received(bed, 1);
	redo = mmap(NULL, xnb_redo_bytes(1), PROT_READ | PROT_WRITE, MAP_SHARED,
		    bed->vif[0].redo_fd, 0);
	assert_ptr_not_equal(redo, MAP_FAILED);
	bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 100);
	bed_send(bed, 0, BED_TX_PAGE, BED_ALL, 100);
	guest_push(&bed->vif[0].guest);
	redo->queue[0].tx.begin = 5;
	redo->queue[0].tx.response[5] = (struct netif_tx_response){
		.id = xnb_tx_slot(bed->vif[0].guest.tx, 5)->req.id,
		.status = NETIF_RSP_OKAY};
	redo->queue[0].tx.end = 6;
	munmap(redo, xnb_redo_bytes(1));
	command = bed_add_command(bed, 0, 0);
	command.add.resume = 1;
	assert_int_equal(order(bed, command).up.error, 0);
	order(bed, bed_port_command(bed, 0));
	assert_int_equal(bed_answers(bed, 0).okay, 2);
	/* The first was delivered before the death; the second is now. */
	assert_int_equal(bed_count_received(bed, 1), 1);
}

static void stations_are_reported(void **state)
{
	struct bed *bed = *state;
	struct xnb_event event;

	bed_add(bed, 0, 0, 0);
	bed_burst(bed, 0, BED_ALL, 100, 1);
	event = bed_event(bed);
	assert_int_equal(event.header.type, XN_DL_STATION);
	assert_int_equal(event.station.slot, 0);
	assert_int_equal(event.station.bridge, 0);
	assert_int_equal(event.station.event, XSW_STATION_LEARNED);
	assert_int_equal(event.station.dump, 0);
	assert_memory_equal(event.station.mac.octet, "\2\0\0\0\0\0", 6);
	assert_int_equal(bed_event(bed).header.type, 0);
}

static void lost_stations_are_admitted_once_there_is_room(void **state)
{
	struct bed *bed = *state;
	uint32_t stations = 0;
	struct xnb_event event;

	bed_add(bed, 0, 0, 0);
	memset(&event, 0, sizeof(event));
	event.header.type = XN_DL_PORT_DONE;
	while (xnb_mailbox_put(bed->events, &event, XNB_EVENTS_RESERVED + 5))
		;
	for (uint32_t i = 0; i < 10; i++) {
		uint8_t *page = bed->vif[0].guest.page[BED_TX_PAGE + i];

		bed_frame(page, BED_ALL, (uint8_t)(100 + i), 60);
		guest_send(&bed->vif[0].guest, BED_TX_PAGE + i, 0, 60, 0);
	}
	bed_push(bed, 0);
	do {
		event = bed_event(bed);
		stations += event.header.type == XN_DL_STATION;
	} while (event.header.type);
	assert_int_equal(stations, 5);
	bed_burst(bed, 0, BED_ALL, 60, 1); /* the next round says it */
	do
		event = bed_event(bed);
	while (event.header.type == XN_DL_STATION);
	assert_int_equal(event.header.type, XN_DL_STATIONS_END);
	assert_int_equal(event.end.lost, 1);
	assert_int_equal(event.end.bridge, 0);
}

static void a_dump_has_them_all(void **state)
{
	struct bed *bed = *state;
	struct xsw_station station[8];
	uint32_t age_ms[8];
	struct xnb_dump dump = {
		.entries_max = 8, .station = station, .age_ms = age_ms};
	struct xnb_command command = {
		.dump = {.header = {XNB_DUMP, XN_DATALINK_VERSION},
			 .dump = &dump}};
	struct xnb_event event;

	bed_add(bed, 0, 0, 0);
	bed_burst(bed, 0, BED_ALL, 60, 1);
	bed_event(bed);
	event = order(bed, command);
	assert_int_equal(event.header.type, XNB_DUMP);
	assert_ptr_equal(event.dump.dump, &dump);
	assert_int_equal(dump.count, 1);
	assert_int_equal(station[0].port, 0);
}

static void outside_stations_go_to_the_twin_only(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet;
	struct xnb_command command = {
		.outside = {.header = {XN_DL_OUTSIDE, XN_DATALINK_VERSION},
			    .present = 1,
			    .mac = {{2, 0, 0, 0, 0, 50}}}};

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 1, 20);
	order(bed, command);
	bed_burst(bed, 0, 50, 100, 1);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame), 100);
	command.outside.present = 0;
	order(bed, command);
	bed_burst(bed, 0, 50, 100, 1);
	assert_int_equal(bed_count_received(bed, 1), 1);
}

/* Guest 1 sends from `mac`'s last octet, so that it is learned if it can be. */
static void send_from(struct bed *bed, uint8_t from)
{
	bed_frame(bed->vif[1].guest.page[BED_TX_PAGE], BED_ALL, from, 60);
	guest_send(&bed->vif[1].guest, BED_TX_PAGE, 0, 60, 0);
	bed_push(bed, 1);
}

static void the_kernels_own_addresses_cannot_be_taken_over(void **state)
{
	struct bed *bed = *state;
	struct virtio_net_hdr vnet;
	struct xnb_command command = {
		.outside = {.header = {XN_DL_OUTSIDE, XN_DATALINK_VERSION},
			    .present = 1,
			    .fixed = 1,
			    .mac = {{2, 0, 0, 0, 0, 50}}}};

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_post(bed, 0, 20);
	bed_post(bed, 1, 20);
	order(bed, command);
	command.outside.mac.octet[5] = 51;
	command.outside.fixed = 0;
	order(bed, command);
	send_from(bed, 50);
	bed_burst(bed, 0, 50, 100, 1);
	assert_int_equal(bed_count_received(bed, 1), 0);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame), 100);
	/* Any other station may move to a guest. */
	send_from(bed, 51);
	bed_burst(bed, 0, 51, 100, 1);
	assert_int_equal(bed_count_received(bed, 1), 1);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame), 0);
}

#define STATIONS 64u /* each sends from two ports in turn */
#define TURNS 20u    /* so many moves that one report had no room for all */

/* The switch alone: the worker has not looked at its events yet. */
static void move_stations(struct bed *bed, uint16_t port)
{
	static uint8_t head[STATIONS][60];
	struct xsw_batch *batch = &bed->worker->batch;

	batch->count = STATIONS;
	batch->in_port = port;
	for (uint32_t i = 0; i < STATIONS; i++) {
		bed_frame(head[i], BED_ALL, (uint8_t)i, 60);
		batch->frame[i] = (struct xsw_frame){head[i], 60, 60};
	}
	xsw_forward(bed->worker->sw, batch, 0);
	bed->worker->forwarded = true;
}

static void what_was_learned_is_told_before_a_port_changes(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command;
	struct xnb_event event;
	uint32_t told = 0;

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	for (uint32_t i = 0; i < TURNS; i++)
		move_stations(bed, i % 2);
	command = bed_port_command(bed, 1);
	command.port.bridge = 1;
	bed_order(bed, &command);
	bed_run(bed);
	for (;;) {
		event = bed_event(bed);
		if (event.header.type != XN_DL_STATION)
			break;
		told++;
	}
	assert_int_equal(event.header.type, XN_DL_PORT_DONE);
	assert_int_equal(told, STATIONS * TURNS);
	assert_int_equal(bed_event(bed).header.type, 0);
}

static void the_first_frames_after_a_watch_are_told_once(void **state)
{
	struct bed *bed = *state;
	struct xnb_command watch = {
		.watch = {.header = {XN_DL_WATCH, XN_DATALINK_VERSION}}};

	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	bed_burst(bed, 0, 1, 60, 1);
	while (bed_event(bed).header.type == XN_DL_STATION)
		;
	order(bed, watch);
	assert_int_equal(bed_event(bed).header.type, 0);
	for (uint32_t turn = 0; turn < 2; turn++) {
		bed_burst(bed, 0, 1, 60, 3);
		assert_int_equal(bed_event(bed).header.type, XN_DL_ACTIVE);
		bed_burst(bed, 0, 1, 60, 3);
		assert_int_equal(bed_event(bed).header.type, 0);
		order(bed, watch);
	}
}

static bool timer_runs(int fd)
{
	struct itimerspec left;

	assert_int_equal(timerfd_gettime(fd, &left), 0);
	return left.it_value.tv_sec > 0 || left.it_value.tv_nsec > 0;
}

static void idle_vifs_cause_no_wake_up(void **state)
{
	struct bed *bed = *state;
	struct xnb_command command = {
		.bridge = {.header = {XN_DL_BRIDGE, XN_DATALINK_VERSION},
			   .ageing_ms = 1}};

	bed_stop_clock(bed);
	bed_add(bed, 0, 0, 0);
	bed_add(bed, 1, 0, 0);
	assert_false(timer_runs(bed->worker->tick_fd));
	assert_false(timer_runs(bed->worker->drain_fd));
	order(bed, command);
	bed_burst(bed, 0, BED_ALL, 60, 1);
	assert_true(timer_runs(bed->worker->tick_fd));
	/* What was learned ages, and guest 1, which posts no buffers, is given
	 * up; then the timer rests. */
	for (uint32_t i = 0; i < 200 && timer_runs(bed->worker->tick_fd); i++)
		bed_advance(bed, 100000);
	assert_false(timer_runs(bed->worker->tick_fd));
	assert_int_equal(xsw_station_count(bed->worker->sw), 0);
	assert_false(timer_runs(bed->worker->drain_fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(connecting_kicks_both_sides),
		BED_TEST(nothing_is_taken_before_the_port_is_set),
		BED_TEST(a_held_vif_sends_nothing_and_receives),
		BED_TEST(a_slot_in_use_is_busy),
		BED_TEST(what_cannot_be_mapped_is_reported),
		BED_TEST(a_log_that_is_too_small_is_refused),
		BED_TEST(stale_generations_are_ignored),
		BED_TEST(detaching_under_load_leaves_nothing),
		BED_TEST(port_done_comes_when_its_setting_is_in_force),
		BED_TEST(a_restart_answers_each_request_once),
		BED_TEST(stations_are_reported),
		BED_TEST(lost_stations_are_admitted_once_there_is_room),
		BED_TEST(a_dump_has_them_all),
		BED_TEST(outside_stations_go_to_the_twin_only),
		BED_TEST(the_kernels_own_addresses_cannot_be_taken_over),
		BED_TEST(what_was_learned_is_told_before_a_port_changes),
		BED_TEST(the_first_frames_after_a_watch_are_told_once),
		BED_TEST(idle_vifs_cause_no_wake_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
