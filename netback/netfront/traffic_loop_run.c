// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_loop.h: what happens around the turns. */
#include "netback/netfront/traffic_loop.h"

#include <errno.h>
#include <string.h>

#include "netback/netfront/traffic_wait.h"

#define CONTROL_NS 50000000u
/* Frames that did not arrive for so long are lost. */
#define LOST_NS 500000000u
/* An announcement is made so often: a plane that is about to take up a vif may
 * lose the first ones. */
#define ANNOUNCE_TRIES 10u
/* How often the clock is read while there is work. */
#define CLOCK_TURNS 16u

enum xnf_fault xnf_loop_fault(const struct xnf_loop *loop)
{
	enum xnf_fault fault = XNF_FAULT_NONE;

	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		const struct xnf_loop_pair *pair = &loop->pair[p];

		for (uint32_t q = 0; !fault && q < pair->from.queue_count; q++)
			fault = xnf_queue_fault(pair->from.queue[q]);
		for (uint32_t q = 0; !fault && q < pair->to.queue_count; q++)
			fault = xnf_queue_fault(pair->to.queue[q]);
	}
	return fault;
}

static uint32_t list_queues(const struct xnf_loop *loop,
			    struct xnf_queue **ret_queues)
{
	uint32_t count = 0;

	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		const struct xnf_loop_pair *pair = &loop->pair[p];

		for (uint32_t q = 0; q < pair->from.queue_count; q++)
			ret_queues[count++] = pair->from.queue[q];
		for (uint32_t q = 0; q < pair->to.queue_count; q++)
			ret_queues[count++] = pair->to.queue[q];
	}
	return count;
}

static bool is_answered(const struct xnf_tx *tx)
{
	return tx->published == tx->rsp_cons;
}

/* Returns when something may have come, at `until_ns` at the latest. */
static void sleep_for_work(struct xnf_loop *loop, uint64_t until_ns)
{
	struct xnf_queue *queues[XNF_WAIT_QUEUES_MAX];
	uint32_t count = list_queues(loop, queues);
	enum xnf_traffic_wake wake;
	bool more = false;

	for (uint32_t q = 0; q < count; q++) {
		more |= xnf_rx_arm(&queues[q]->rx);
		if (!is_answered(&queues[q]->tx))
			more |= xnf_tx_arm(&queues[q]->tx, XNF_RING_SLOTS / 4);
	}
	if (more)
		return;
	wake = xnf_traffic_wait(queues, count, loop->control_fd, until_ns);
	if (wake == XNF_WAKE_GONE ||
	    (wake == XNF_WAKE_CONTROL && !loop->control(loop->control_arg)))
		loop->over = true;
}

static uint64_t count_under_way(const struct xnf_loop *loop)
{
	uint64_t frames = 0;

	for (uint32_t p = 0; p < loop->settings.pairs; p++)
		frames += xnf_loop_under_way(&loop->pair[p].to) +
			  xnf_loop_under_way(&loop->pair[p].from);
	return frames;
}

static uint64_t count_unanswered(const struct xnf_loop *loop)
{
	struct xnf_queue *queues[XNF_WAIT_QUEUES_MAX];
	uint32_t count = list_queues(loop, queues);
	uint64_t slots = 0;

	for (uint32_t q = 0; q < count; q++)
		slots += queues[q]->tx.published - queues[q]->tx.rsp_cons;
	return slots;
}

/* Takes what is there without sending. True: something came. */
static bool collect(struct xnf_loop *loop)
{
	struct xnf_queue *queues[XNF_WAIT_QUEUES_MAX];
	uint32_t count = list_queues(loop, queues);
	bool busy = xnf_loop_sink(loop);

	for (uint32_t q = 0; q < count; q++)
		if (!is_answered(&queues[q]->tx))
			busy |= xnf_tx_reap(&queues[q]->tx) > 0;
	return busy;
}

/* Waits for what is under way: true, all arrived and all is answered. Gives up
 * when nothing came for `patience_ns`. */
static bool settle(struct xnf_loop *loop, uint64_t patience_ns)
{
	uint64_t progress_ns = xnf_traffic_now_ns();

	while (count_under_way(loop) || count_unanswered(loop)) {
		uint64_t until_ns = progress_ns + patience_ns;

		if (loop->over || xnf_loop_fault(loop) ||
		    xnf_traffic_now_ns() >= until_ns)
			return false;
		if (collect(loop))
			progress_ns = xnf_traffic_now_ns();
		else if (!loop->settings.spin)
			sleep_for_work(loop, until_ns);
	}
	return true;
}

/* ---- announcements ---- */

/* False: there is no room now. */
static bool send_announcement(struct xnf_queue *queue,
			      const struct xn_mac *source,
			      struct xnf_loop_end *to)
{
	const struct xnf_traffic_template template = {
		.source = *source,
		.dest = to->mac,
		.flows = 1,
	};
	uint8_t frame[XNF_TRAFFIC_HEAD_MAX];
	struct iovec iov = {frame, XNF_FRAME_MIN};
	const struct xnf_meta meta = {0};

	(void)xnf_traffic_head(&template, 0, XNF_FRAME_MIN, frame);
	if (xnf_tx_put(&queue->tx, &iov, 1, &meta))
		return false;
	if (xnf_tx_publish(&queue->tx))
		xnf_queue_kick_tx(queue);
	to->due++;
	return true;
}

/* The sink's own address and those of its stations. */
static bool announce_sink(struct xnf_loop *loop, uint32_t p)
{
	struct xnf_loop_pair *pair = &loop->pair[p];
	struct xnf_loop_end *from = &pair->from;
	uint32_t sent = 0;

	while (sent <= pair->station_count) {
		struct xn_mac mac = sent ? xnf_loop_station(loop, p, sent - 1)
					 : pair->to.mac;

		if (xnf_loop_under_way(from) < XNF_LOOP_BURST_MAX &&
		    send_announcement(pair->to.queue[0], &mac, from))
			sent++;
		else if (!settle(loop, LOST_NS))
			return false;
	}
	return settle(loop, LOST_NS);
}

static void give_up(struct xnf_loop *loop);

static bool announce_pair(struct xnf_loop *loop, uint32_t p)
{
	struct xnf_loop_pair *pair = &loop->pair[p];

	return send_announcement(pair->from.queue[0],
				 &pair->stream[0].template.source, &pair->to) &&
	       settle(loop, LOST_NS) && announce_sink(loop, p);
}

static bool announce_all(struct xnf_loop *loop)
{
	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		uint32_t tries = ANNOUNCE_TRIES;

		while (!announce_pair(loop, p)) {
			if (loop->over || xnf_loop_fault(loop) || !--tries)
				return false;
			give_up(loop);
		}
	}
	return true;
}

static void forget(struct xnf_loop_end *end)
{
	end->due = 0;
	end->arrived = 0;
	end->lost = 0;
}

int xnf_loop_announce(struct xnf_loop *loop)
{
	bool done;

	loop->announcing = true;
	done = announce_all(loop);
	loop->announcing = false;
	loop->result.unanswered = count_unanswered(loop);
	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		forget(&loop->pair[p].from);
		forget(&loop->pair[p].to);
	}
	loop->arrived = 0;
	loop->lost = 0;
	if (xnf_loop_fault(loop))
		return -EPROTO;
	return done ? 0 : -ETIMEDOUT;
}

/* ---- the run ---- */

static void give_up_end(struct xnf_loop *loop, struct xnf_loop_end *end)
{
	uint64_t frames = xnf_loop_under_way(end);

	end->lost += frames;
	end->arrived += frames;
	loop->lost += frames;
}

/* What did not come by now is lost: the window must not close for good. */
static void give_up(struct xnf_loop *loop)
{
	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		give_up_end(loop, &loop->pair[p].to);
		give_up_end(loop, &loop->pair[p].from);
	}
}

static bool is_over(const struct xnf_loop *loop, uint64_t now)
{
	return loop->over || xnf_traffic_is_stopped() ||
	       now >= loop->deadline_ns ||
	       (loop->traffic.count &&
		loop->result.frames >= loop->traffic.count);
}

static uint64_t next_deadline(const struct xnf_loop *loop)
{
	uint64_t lost_ns = loop->progress_ns + LOST_NS;

	return count_under_way(loop) && lost_ns < loop->deadline_ns
		       ? lost_ns
		       : loop->deadline_ns;
}

/* There was nothing to do. */
static void rest(struct xnf_loop *loop, uint64_t now)
{
	if (now - loop->progress_ns > LOST_NS && count_under_way(loop)) {
		give_up(loop);
		loop->progress_ns = now;
	}
	if (loop->settings.spin ||
	    now - loop->progress_ns < (uint64_t)loop->traffic.spin_us * 1000u)
		xnf_traffic_relax();
	else
		sleep_for_work(loop, next_deadline(loop));
}

static int run(struct xnf_loop *loop)
{
	uint64_t now = xnf_traffic_now_ns();
	uint64_t control_ns = now + CONTROL_NS;
	uint32_t turns = 0;

	loop->progress_ns = now;
	while (!is_over(loop, now)) {
		bool busy = xnf_loop_turn(loop);

		if (busy && ++turns % CLOCK_TURNS)
			continue;
		if (xnf_loop_fault(loop))
			return -EPROTO;
		now = xnf_traffic_now_ns();
		if (now >= control_ns) {
			loop->over |= !loop->control(loop->control_arg);
			control_ns = now + CONTROL_NS;
		}
		if (busy)
			loop->progress_ns = now;
		else
			rest(loop, now);
	}
	return 0;
}

int xnf_loop_run(struct xnf_loop *loop)
{
	int rc;

	xnf_loop_write_pages(loop);
	loop->result.first_ns = xnf_traffic_now_ns();
	loop->deadline_ns = loop->result.first_ns +
			    (uint64_t)loop->traffic.run_ms * 1000000u;
	rc = run(loop);
	loop->result.last_ns = xnf_traffic_now_ns();
	if (!rc && settle(loop, LOST_NS))
		loop->result.last_ns = xnf_traffic_now_ns();
	give_up(loop);
	loop->result.unanswered = count_unanswered(loop);
	return xnf_loop_fault(loop) ? -EPROTO : rc;
}
