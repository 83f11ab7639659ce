/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several workers at once: guests of all of them send to one another and to
 * everybody, the kernel sends to them, control changes settings, connects and
 * disconnects one, and guests are moved from worker to worker. Each frame
 * arrives once, whole, and behind those that its sender sent before it, or is
 * counted. With the thread sanitizer it also shows that the workers share
 * nothing but what crew.h says.
 */
#include "../ring/cmocka_std.h"

#include <linux/virtio_net.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bed.h"
#include "netconf/base/loop.h"

#define WORKERS 3u
#define GUESTS 8u
#define SHORT 2u /* of these post few buffers: frames wait for them */
#define FEW 8u
#define VISITOR GUESTS /* connects and disconnects; only hears broadcasts */
#define DRIVERS 2u     /* threads that play the guests */
#define FRAMES 3000u   /* of each guest's */
#define BYTES 80u
#define TX_PAGES 40u
#define NUMBER_AT 20u
#define KERNEL 0xfeu /* as a sender */
#define PATIENCE_MS 60000u

/* cmocka's work in the test's own thread only. */
#define must(condition)                                                \
	do {                                                           \
		if (!(condition)) {                                    \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, \
				      __LINE__, #condition);           \
			abort();                                       \
		}                                                      \
	} while (0)

struct player {
	struct bed *bed;
	uint32_t n;
	uint32_t random;
	uint32_t sent, answered;
	uint32_t by_kernel;
	uint32_t to[GUESTS];	    /* sent to each */
	_Atomic uint32_t received;  /* from all */
	uint32_t next[KERNEL + 1u]; /* number expected next of a sender, or
				       above: others were dropped */
};

struct party {
	struct bed *bed;
	_Atomic bool over;
	_Atomic uint32_t busy; /* guests that have not sent all */
	struct player player[GUESTS];
};

struct driver {
	struct party *party;
	uint32_t index;
};

static uint32_t draw(struct player *player, uint32_t below)
{
	player->random = player->random * 1664525u + 1013904223u;
	return (player->random >> 16) % below;
}

static void write_number(uint8_t *frame, uint32_t number)
{
	memcpy(frame + NUMBER_AT, &number, sizeof(number));
}

static uint32_t read_number(const uint8_t *frame)
{
	uint32_t number;

	memcpy(&number, frame + NUMBER_AT, sizeof(number));
	return number;
}

/* A number for all that the guest sends: whoever gets some of it sees it
 * grow. */
static void send_one(struct player *player)
{
	struct guest *guest = &player->bed->vif[player->n].guest;
	uint32_t page = BED_TX_PAGE + player->sent % TX_PAGES;
	uint32_t to = draw(player, GUESTS + 1);

	if (to == player->n)
		to = (to + 1) % GUESTS;
	bed_frame(guest->page[page], to == GUESTS ? BED_ALL : (uint8_t)to,
		  (uint8_t)player->n, BYTES);
	write_number(guest->page[page], player->sent);
	(void)guest_send(guest, page, 0, BYTES, 0);
	player->sent++;
	for (uint32_t n = 0; n < GUESTS; n++)
		player->to[n] += n != player->n && (to == GUESTS || to == n);
}

static void take_answers(struct player *player)
{
	struct bed_vif *vif = &player->bed->vif[player->n];

	while (xnb_index_load(&vif->guest.tx->rsp_prod) != vif->tx_taken) {
		struct netif_tx_response response =
			guest_tx_response(&vif->guest, vif->tx_taken++);

		must(response.status == NETIF_RSP_OKAY);
		player->answered++;
	}
}

static void send_some(struct player *player)
{
	struct bed_vif *vif = &player->bed->vif[player->n];
	uint32_t count = draw(player, 16) + 1;

	take_answers(player);
	while (count-- > 0 && player->sent < FRAMES &&
	       player->sent - player->answered < TX_PAGES)
		send_one(player);
	guest_push(&vif->guest);
	ev_send(vif->tx_channel);
}

static void check_frame(struct player *player, const uint8_t *frame)
{
	uint8_t want[BYTES];
	uint32_t from = frame[11];

	must(from < GUESTS || from == KERNEL);
	bed_frame(want, frame[0] == 0xff ? BED_ALL : frame[5], (uint8_t)from,
		  BYTES);
	write_number(want, read_number(frame));
	must(memcmp(frame, want, BYTES) == 0);
	must(read_number(frame) >= player->next[from]);
	player->next[from] = read_number(frame) + 1;
	player->received++;
}

static void receive_some(struct player *player)
{
	struct bed_vif *vif = &player->bed->vif[player->n];
	uint32_t count = 0;

	while (xnb_index_load(&vif->guest.rx->rsp_prod) != vif->rx_taken) {
		struct netif_rx_response response =
			guest_rx_response(&vif->guest, vif->rx_taken);
		uint32_t page = vif->rx_taken++ % XNB_RX_RING_SIZE;

		must(response.status == (int)BYTES);
		check_frame(player, vif->guest.page[page] + response.offset);
		count++;
	}
	if (count == 0)
		return;
	guest_post(&vif->guest, count);
	ev_send(vif->rx_channel);
}

static void kernel_sends(struct player *player)
{
	static const struct virtio_net_hdr plain = {.flags = 0};
	uint8_t frame[BYTES];

	bed_frame(frame, (uint8_t)player->n, KERNEL, BYTES);
	write_number(frame, player->by_kernel);
	if (bed_kernel_write(player->bed, player->n, &plain, frame, BYTES))
		player->by_kernel++;
}

/* Broadcasts are written there: nobody reads them for long. */
static void kernel_reads(struct player *player)
{
	struct virtio_net_hdr vnet;
	uint8_t frame[BED_FRAME_MAX];

	while (bed_kernel_read(player->bed, player->n, &vnet, frame) > 0)
		;
}

static void *drive(void *arg)
{
	struct driver *driver = arg;
	struct party *party = driver->party;

	while (!party->over) {
		for (uint32_t n = driver->index; n < GUESTS; n += DRIVERS) {
			struct player *player = &party->player[n];
			bool had_all = player->answered == FRAMES;

			if (!had_all)
				send_some(player);
			receive_some(player);
			if (draw(player, 32) == 0 && !had_all)
				kernel_sends(player);
			kernel_reads(player);
			if (!had_all && player->answered == FRAMES)
				party->busy--;
		}
		(void)sched_yield();
	}
	return NULL;
}

static void *work(void *arg)
{
	xnb_worker_run(arg);
	return NULL;
}

/* ---- control ---- */

static void move_somebody(struct party *party, struct player *dice)
{
	struct xnb_worker *w = party->bed->worker;
	uint16_t domid = (uint16_t)draw(dice, GUESTS);
	struct xnb_worker *from, *to;

	xnb_crew_pause(w);
	from = w->port[domid].worker;
	to = w->crew->worker[draw(dice, WORKERS)];
	if (from != to)
		xnb_balance_give(from, to, domid);
	xnb_crew_resume(w, true);
}

static void order_something(struct party *party, struct player *dice)
{
	struct bed *bed = party->bed;
	uint32_t n = draw(dice, GUESTS);
	struct xnb_command command;

	switch (draw(dice, 4)) {
	case 0:
		command = bed_port_command(bed, n);
		break;
	case 1:
		command = bed_policy_command(bed, n);
		/* 80 Mbit/s, or no limit: all of it gets there in time. */
		command.policy.receive_bytes = draw(dice, 2) * 50000;
		command.policy.receive_interval_us = 5000;
		break;
	case 2:
		command = (struct xnb_command){
			.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
				.slot = VISITOR,
				.generation = bed->vif[VISITOR].generation}};
		break;
	default:
		if (party->bed->worker->port[VISITOR].state != XNB_PORT_FREE)
			return;
		bed_post(bed, VISITOR, 1);
		command = bed_add_command(bed, VISITOR, 0);
		bed_order(bed, &command);
		command = bed_port_command(bed, VISITOR);
		break;
	}
	bed_order(bed, &command);
}

static uint64_t dropped(const struct bed *bed, uint32_t n)
{
	const struct xn_vif_counters *counters = bed_counters(bed, n);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < XN_DROP_COUNT; i++)
		sum += __atomic_load_n(&counters->drop[i], __ATOMIC_RELAXED);
	/* What its own frames met at its own twin. */
	return sum - __atomic_load_n(&counters->drop[XN_DROP_TWIN_FULL],
				     __ATOMIC_RELAXED);
}

/* All that was sent to the guest has arrived, or was counted. */
static bool is_complete(const struct party *party, uint32_t n)
{
	const struct player *player = &party->player[n];
	uint64_t due = player->by_kernel;

	for (uint32_t from = 0; from < GUESTS; from++)
		due += party->player[from].to[n];
	return player->received + dropped(party->bed, n) == due;
}

static bool all_complete(const struct party *party)
{
	for (uint32_t n = 0; n < GUESTS; n++)
		if (!is_complete(party, n))
			return false;
	return true;
}

/* Plays the first worker, and control. */
static void preside(struct party *party)
{
	struct player dice = {.random = 4711};
	struct xnb_worker *w = party->bed->worker;
	uint64_t end_ms = xn_now_ms() + PATIENCE_MS;
	uint32_t turn = 0;

	while (party->busy > 0 || !all_complete(party)) {
		assert_true(xn_now_ms() < end_ms);
		if (bed_has_work(w))
			xnb_worker_round(w);
		else
			(void)sched_yield();
		if (++turn % 16 || party->busy == 0)
			continue;
		move_somebody(party, &dice);
		order_something(party, &dice);
		while (bed_event(party->bed).header.type)
			;
	}
}

/* ---- */

static int begin(void **state)
{
	bed_workers = WORKERS;
	return bed_setup(state);
}

static void introduce(struct party *party)
{
	for (uint32_t n = 0; n < GUESTS; n++) {
		struct player *player = &party->player[n];

		bed_add(party->bed, n, 0, 0);
		*player = (struct player){
			.bed = party->bed, .n = n, .random = n + 1};
		bed_post(party->bed, n, n < SHORT ? FEW : XNB_RX_RING_SIZE);
	}
	bed_add(party->bed, VISITOR, 0, 0);
	party->busy = GUESTS;
}

/* From each a word, so that all are known and nothing is flooded. */
static void greet(struct party *party)
{
	for (uint32_t n = 0; n < GUESTS; n++) {
		struct player *player = &party->player[n];
		struct guest *guest = &party->bed->vif[n].guest;

		bed_frame(guest->page[BED_TX_PAGE], BED_ALL, (uint8_t)n, BYTES);
		write_number(guest->page[BED_TX_PAGE], 0);
		(void)guest_send(guest, BED_TX_PAGE, 0, BYTES, 0);
		player->sent = 1;
		for (uint32_t to = 0; to < GUESTS; to++)
			player->to[to] += to != n;
		guest_push(guest);
		ev_send(party->bed->vif[n].tx_channel);
	}
	for (uint32_t n = 0; n < GUESTS; n++)
		while (xnb_index_load(&party->bed->vif[n].guest.tx->rsp_prod) ==
		       0) {
			if (bed_has_work(party->bed->worker))
				xnb_worker_round(party->bed->worker);
			else
				(void)sched_yield();
		}
}

static void every_frame_arrives_once_or_is_counted(void **state)
{
	struct party *party = calloc(1, sizeof(*party));
	struct bed *bed = *state;
	pthread_t worker[WORKERS], player[DRIVERS];
	struct driver driver[DRIVERS];

	assert_non_null(party);
	hv.threads = true;
	party->bed = bed;
	introduce(party);
	for (uint32_t i = 1; i < WORKERS; i++)
		assert_int_equal(pthread_create(&worker[i], NULL, work,
						bed->worker->crew->worker[i]),
				 0);
	greet(party);
	for (uint32_t i = 0; i < DRIVERS; i++) {
		driver[i] = (struct driver){party, i};
		assert_int_equal(
			pthread_create(&player[i], NULL, drive, &driver[i]), 0);
	}
	preside(party);
	party->over = true;
	for (uint32_t i = 0; i < DRIVERS; i++)
		pthread_join(player[i], NULL);
	xnb_crew_pause(bed->worker);
	bed->worker->crew->stop = true;
	xnb_crew_resume(bed->worker, true);
	for (uint32_t i = 1; i < WORKERS; i++)
		pthread_join(worker[i], NULL);
	for (uint32_t n = 0; n < GUESTS; n++)
		print_message("guest %u: %u sent, %u received, %u dropped\n", n,
			      party->player[n].sent, party->player[n].received,
			      (unsigned int)dropped(bed, n));
	free(party);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_frame_arrives_once_or_is_counted, begin,
			bed_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
