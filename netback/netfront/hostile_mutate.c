// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attacks that change shared memory under the backend's eyes: a second thread
 * writes single bytes, or whole slots, while frames are sent. What it writes
 * to is memory that the program's own thread reads as it would any backend's:
 * copied once, bounded. See hostile.h.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "netback/netfront/hostile.h"
#include "netconf/base/loop.h"

#define ANSWER_MS 200u
#define BURST 16u
#define REST_EVERY 256u /* writes; then another's turn */

struct writer {
	struct xnf_hostile *one;
	struct xnf_queue *queue;
	struct xnf_ctrl *ctrl;
	atomic_bool over;
	uint64_t dice;
	uint64_t writes;
};

static void rest(void)
{
	struct pollfd none = {.fd = -1};

	(void)poll(&none, 1, 1);
}

static void put_byte(void *page, uint32_t at, uint8_t value)
{
	__atomic_store_n((uint8_t *)page + at, value, __ATOMIC_RELAXED);
}

static uint32_t roll(struct writer *writer, uint32_t sides)
{
	return (uint32_t)(xnf_dice_roll(&writer->dice) % sides);
}

/* The indices are the first 16 bytes: hit one time in a thousand, for a ring
 * whose indices are wrong is dead at once, and its slots are never seen. */
static void write_ring(struct writer *writer, void *ring)
{
	uint32_t at = roll(writer, 1024)
			      ? 64 + roll(writer, XNF_PAGE_BYTES - 64)
			      : roll(writer, 16);

	put_byte(ring, at, (uint8_t)roll(writer, 256));
}

static void write_somewhere(struct writer *writer)
{
	uint32_t page = roll(writer, XNF_RING_SLOTS) * XNF_PAGE_BYTES;

	switch (roll(writer, 8)) {
	case 0:
	case 1:
		write_ring(writer, writer->queue->tx_ring);
		break;
	case 2:
		write_ring(writer, writer->queue->rx_ring);
		break;
	case 3:
		if (writer->ctrl)
			write_ring(writer, writer->ctrl->ring);
		break;
	case 4:
	case 5:
	case 6: /* a frame's headers */
		put_byte(writer->queue->tx_pages, page + roll(writer, 64),
			 (uint8_t)roll(writer, 256));
		break;
	default:
		put_byte(writer->queue->rx_pages,
			 page + roll(writer, XNF_PAGE_BYTES),
			 (uint8_t)roll(writer, 256));
	}
	writer->writes++;
}

static void *write_without_end(void *arg)
{
	struct writer *writer = arg;

	while (!atomic_load(&writer->over)) {
		for (uint32_t i = 0; i < REST_EVERY; i++)
			write_somewhere(writer);
		rest();
	}
	return NULL;
}

/* Both states of a slot are sound; only mixtures, or a second look, are not. */
static void *flip_without_end(void *arg)
{
	struct writer *writer = arg;
	struct netif_tx_sring *ring = writer->queue->tx_ring;

	while (!atomic_load(&writer->over)) {
		for (uint32_t i = 0; i < REST_EVERY; i++) {
			uint32_t index = roll(writer, XNF_RING_SLOTS);
			struct netif_tx_request *slot =
				&xnb_tx_slot(ring, index)->req;

			__atomic_store_n(&slot->size,
					 roll(writer, 2) ? 60 : 1400,
					 __ATOMIC_RELAXED);
			__atomic_store_n(
				&slot->gref,
				writer->queue
					->tx_refs[roll(writer, XNF_RING_SLOTS)],
				__ATOMIC_RELAXED);
			writer->writes += 2;
		}
		rest();
	}
	return NULL;
}

static void send_burst(struct xnf_hostile *one)
{
	for (uint32_t i = 0; i < BURST && xnf_raw_room(&one->raw) >= 2; i++) {
		struct netif_tx_request request =
			xnf_raw_request(&one->raw, 60 + xnf_dice(one, 1400), 0);

		xnf_hostile_frame(one, xnf_raw_memory(&one->raw), 60);
		if (i % 4 == 3) {
			request.flags = NETTXF_more_data;
			xnf_raw_put(&one->raw, &request);
			request = xnf_raw_request(&one->raw, 20, 0);
		}
		xnf_raw_put(&one->raw, &request);
	}
	xnf_raw_show(&one->raw);
}

/* Sends until the time is up or the backend has had enough of us. */
static uint64_t send_under(struct xnf_hostile *one, struct writer *writer,
			   void *(*thread_fn)(void *), uint64_t until_ms,
			   struct xn_err *err)
{
	uint64_t bursts = 0;
	pthread_t thread;
	int rc;

	writer->one = one;
	writer->queue = one->raw.queue;
	writer->ctrl = xnf_front_ctrl(one->front);
	atomic_store(&writer->over, false);
	rc = pthread_create(&thread, NULL, thread_fn, writer);
	if (rc) {
		(void)xn_fail(err, rc, "a thread: %s", strerror(rc));
		return 0;
	}
	while (xn_now_ms() < until_ms) {
		send_burst(one);
		bursts++;
		if (!xnf_raw_wait(&one->raw, ANSWER_MS) &&
		    xnf_hostile_wait_disabled(one, 0))
			break;
		(void)xnf_hostile_take(one);
	}
	atomic_store(&writer->over, true);
	(void)pthread_join(thread, NULL);
	return bursts;
}

static int mutate(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t until = xn_now_ms() + one->options.run_ms;
	struct writer writer = {.dice = xnf_dice_roll(&one->dice)};
	uint64_t rounds = 0, disabled = 0, bursts = 0;

	do {
		if (rounds++ && xnf_hostile_reconnect(one, err))
			break;
		bursts +=
			send_under(one, &writer, write_without_end, until, err);
		disabled += xnf_hostile_wait_disabled(one, 0);
	} while (xn_now_ms() < until && !err->set);
	xnf_report(one, "rounds", rounds);
	xnf_report(one, "rounds_disabled", disabled);
	xnf_report(one, "bursts", bursts);
	xnf_report(one, "writes", writer.writes);
	return err->set ? -EIO : 0;
}

static int flip(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t until = xn_now_ms() + one->options.run_ms;
	struct writer writer = {.dice = xnf_dice_roll(&one->dice)};
	uint64_t bursts =
		send_under(one, &writer, flip_without_end, until, err);

	xnf_report(one, "bursts", bursts);
	xnf_report(one, "writes", writer.writes);
	return err->set ? -EIO : 0;
}

const struct xnf_attack xnf_attacks_mutate[] = {
	{.name = "flip",
	 .advisory = "XSA-155",
	 .what = "changes sizes and grants of slots while they are served",
	 .run = flip},
	{.name = "mutate",
	 .advisory = "XSA-155",
	 .what = "random bytes in live rings and granted pages; connects again "
		 "when it was disabled",
	 .run = mutate,
	 .ctrl = true},
	{.name = NULL},
};
