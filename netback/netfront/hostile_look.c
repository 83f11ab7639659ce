// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attacks that look closely at what the backend says on the rings, while they
 * say odd things themselves: numbers, event indices, nothing at all. See
 * hostile.h.
 */
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include "netback/netfront/hostile.h"
#include "netconf/base/loop.h"

#define ANSWER_MS 5000u
#define LOOK_MS 5
#define SILENT_MS 50 /* so that the ring runs out */
#define FAR 0x80000000u
#define FENCES 3u
#define SPIN_MAX 20000u

/* A receive ring, read as the protocol has it. */
struct look {
	struct xnf_queue *queue;
	uint32_t cons;
	uint16_t given[XNF_RING_SLOTS]; /* the id in each slot's request */
	/* The frame that is read. */
	bool in_frame, in_extra;
	bool more, validated;
	uint32_t bytes, pieces;
	/* What was seen. */
	uint64_t frames, wrong_ids, beyond_page, prefixes;
	uint64_t big, big_bytes; /* frames of several slots */
	uint64_t gso, gso_unvalidated;
};

static void end_frame(struct look *look)
{
	look->in_frame = false;
	look->frames++;
	if (look->pieces < 2)
		return;
	look->big++;
	look->big_bytes += look->bytes;
}

static void read_extra(struct look *look, const struct netif_extra_info *extra)
{
	look->in_extra = extra->flags & XEN_NETIF_EXTRA_FLAG_MORE;
	if (extra->type == XEN_NETIF_EXTRA_TYPE_GSO) {
		look->gso++;
		look->gso_unvalidated += !look->validated;
	}
	if (!look->in_extra && !look->more)
		end_frame(look);
}

static void read_response(struct look *look, uint16_t wanted_id,
			  const struct netif_rx_response *response)
{
	uint32_t bytes = response->status > 0 ? (uint32_t)response->status : 0;

	look->wrong_ids += response->id != wanted_id;
	look->prefixes += (response->flags & NETRXF_gso_prefix) != 0;
	if (response->offset > XNF_PAGE_BYTES ||
	    bytes > XNF_PAGE_BYTES - response->offset)
		look->beyond_page++;
	if (!look->in_frame) {
		look->in_frame = true;
		look->bytes = 0;
		look->pieces = 0;
		look->validated = response->flags & NETRXF_data_validated;
		look->in_extra = response->flags & NETRXF_extra_info;
	}
	look->more = response->flags & NETRXF_more_data;
	look->bytes += bytes;
	look->pieces++;
	if (!look->in_extra && !look->more)
		end_frame(look);
}

/* Gives the slot's buffer back under another id. */
static void post(struct xnf_hostile *one, struct look *look)
{
	struct xnf_rx *rx = &look->queue->rx;
	uint32_t slot = rx->posted % XNF_RING_SLOTS;

	look->given[slot] = (uint16_t)xnf_dice(one, UINT16_MAX);
	xnb_rx_slot(rx->shared, rx->posted++)->req = (struct netif_rx_request){
		.id = look->given[slot],
		.gref = rx->refs[slot],
	};
}

static void read_ring(struct xnf_hostile *one, struct look *look)
{
	struct xnf_rx *rx = &look->queue->rx;
	uint32_t prod = xnb_index_load(&rx->shared->rsp_prod);

	while (look->cons != prod) {
		uint32_t index = look->cons++;
		union netif_rx_sring_entry entry =
			*(const volatile union netif_rx_sring_entry *)
				xnb_rx_slot(rx->shared, index);

		if (look->in_frame && look->in_extra) {
			struct netif_extra_info extra;

			memcpy(&extra, &entry, sizeof(extra));
			read_extra(look, &extra);
		} else {
			read_response(look, look->given[index % XNF_RING_SLOTS],
				      &entry.rsp);
		}
		post(one, look);
	}
	xnb_index_publish(&rx->shared->req_prod, rx->posted);
	xnf_queue_kick_rx(look->queue);
	xnb_event_arm(&rx->shared->rsp_event, look->cons + 1);
}

static void wait_event(struct xnf_queue *queue, int limit_ms)
{
	struct pollfd fd = {.fd = xnf_queue_fd(queue), .events = POLLIN};

	if (poll(&fd, 1, limit_ms) > 0 && fd.revents & POLLIN)
		xnf_queue_ack(queue);
}

/* Until so many frames of several slots came, or the time is over. */
static int rx_look(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t until = xn_now_ms() + one->options.run_ms;
	struct xnf_rx *rx = &one->raw.queue->rx;
	struct look look = {
		.queue = one->raw.queue,
		.cons = rx->rsp_cons,
	};

	(void)err;
	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++)
		look.given[i] = (uint16_t)i;
	while (look.big < xnf_hostile_count(one) && xn_now_ms() < until) {
		read_ring(one, &look);
		wait_event(look.queue, LOOK_MS);
	}
	rx->rsp_prod = rx->rsp_cons = look.cons;
	xnf_report(one, "frames", look.frames);
	xnf_report(one, "big", look.big);
	xnf_report(one, "big_bytes", look.big_bytes);
	xnf_report(one, "wrong_ids", look.wrong_ids);
	xnf_report(one, "beyond_page", look.beyond_page);
	xnf_report(one, "prefixes", look.prefixes);
	xnf_report(one, "gso", look.gso);
	xnf_report(one, "gso_unvalidated", look.gso_unvalidated);
	return 0;
}

/* A frame, shown without a word on when an event is wanted. */
static void show_one(struct xnf_hostile *one, bool notify)
{
	struct xnf_raw *raw = &one->raw;
	struct netif_tx_request request = xnf_raw_request(raw, 60, 0);
	struct netif_tx_sring *ring = raw->queue->tx_ring;

	xnf_hostile_frame(one, xnf_raw_memory(raw), 60);
	xnf_raw_put(raw, &request);
	xnb_index_publish(&ring->req_prod, raw->prod);
	if (notify)
		xnf_queue_kick_tx(raw->queue);
}

/* By looking: no event is asked for. */
static bool wait_answered(const struct xnf_raw *raw, uint32_t limit_ms)
{
	const struct netif_tx_sring *ring = raw->queue->tx_ring;
	uint64_t until = xn_now_ms() + limit_ms;
	struct pollfd none = {.fd = -1};

	while (xnb_index_load(&ring->rsp_prod) != raw->prod) {
		if (xn_now_ms() >= until)
			return false;
		(void)poll(&none, 1, 1);
	}
	return true;
}

static uint64_t take_events(struct xnf_queue *queue, int limit_ms)
{
	struct pollfd fd = {.fd = xnf_queue_fd(queue), .events = POLLIN};
	uint64_t taken = 0;

	while (poll(&fd, 1, taken ? 0 : limit_ms) > 0 && fd.revents & POLLIN) {
		xnf_queue_ack(queue);
		taken++;
	}
	return taken;
}

static void ask_for_events(struct xnf_hostile *one, uint32_t distance)
{
	struct xnf_queue *queue = one->raw.queue;
	struct netif_tx_sring *ring = queue->tx_ring;

	xnb_event_arm(&queue->rx.shared->rsp_event, queue->rx.rsp_cons + FAR);
	xnb_event_arm(&ring->rsp_event, one->raw.prod + distance);
}

/* Never reached: how many events came all the same. */
static uint64_t ask_for_none(struct xnf_hostile *one, uint64_t *answered)
{
	struct xnf_raw *raw = &one->raw;

	(void)xnf_raw_wait(raw, ANSWER_MS);
	/* What was decided before is on its way until a few more rounds. */
	for (uint32_t i = 0; i < FENCES; i++) {
		ask_for_events(one, FAR);
		show_one(one, true);
		(void)wait_answered(raw, ANSWER_MS);
		xnf_raw_reap(raw);
	}
	ask_for_events(one, FAR);
	(void)take_events(raw->queue, LOOK_MS);
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		if (xnf_raw_room(raw))
			show_one(one, true);
		*answered += wait_answered(raw, ANSWER_MS);
	}
	return take_events(raw->queue, LOOK_MS);
}

static void ask_for_anything(struct xnf_hostile *one, uint64_t *answered)
{
	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		xnf_raw_reap(&one->raw);
		ask_for_events(one, xnf_dice(one, UINT32_MAX));
		show_one(one, true);
		*answered += wait_answered(&one->raw, ANSWER_MS);
	}
	xnf_raw_reap(&one->raw);
}

/* The next answer's: how many came. */
static uint64_t ask_for_the_next(struct xnf_hostile *one, uint64_t *answered)
{
	struct xnf_raw *raw = &one->raw;
	uint64_t events = 0;

	for (uint64_t i = 0; i < xnf_hostile_count(one); i++) {
		ask_for_events(one, FAR);
		(void)take_events(raw->queue, 0);
		ask_for_events(one, 1);
		show_one(one, true);
		events += take_events(raw->queue, (int)ANSWER_MS) != 0;
		*answered += wait_answered(raw, ANSWER_MS);
		xnf_raw_reap(raw);
	}
	return events;
}

static int event_index(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t answered = 0;

	(void)err;
	xnf_report(one, "rounds", xnf_hostile_count(one));
	xnf_report(one, "events_unasked", ask_for_none(one, &answered));
	ask_for_anything(one, &answered);
	xnf_report(one, "events", ask_for_the_next(one, &answered));
	xnf_report(one, "answered", answered);
	return 0;
}

/* One frame at a time, at any moment of the backend's going to sleep, and it
 * is told only if it asked. */
static int final_check(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_raw *raw = &one->raw;
	const struct netif_tx_sring *ring = raw->queue->tx_ring;
	uint64_t told = 0, stuck = 0;

	(void)err;
	for (uint64_t i = 0; !stuck && i < xnf_hostile_count(one); i++) {
		uint32_t old = raw->prod;
		bool wanted;

		show_one(one, false);
		wanted = xnb_event_crossed(&ring->req_event, old, raw->prod);
		if (wanted)
			xnf_queue_kick_tx(raw->queue);
		told += wanted;
		stuck += !wait_answered(raw, ANSWER_MS);
		xnf_raw_reap(raw);
		for (uint32_t spin = xnf_dice(one, SPIN_MAX); spin; spin--)
			atomic_signal_fence(memory_order_seq_cst);
	}
	xnf_report(one, "frames", xnf_hostile_count(one));
	xnf_report(one, "told", told);
	xnf_report(one, "stuck", stuck);
	return 0;
}

/* Takes all, gives all back, and tells nobody. */
static int rx_silent(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t until = xn_now_ms() + one->options.run_ms;
	struct xnf_queue *queue = one->raw.queue;
	struct xnf_rx_packet packet;
	struct pollfd none = {.fd = -1};
	uint64_t taken = 0, asked = 0;

	(void)err;
	while (xn_now_ms() < until && !queue->rx.fault) {
		while (xnf_rx_take(&queue->rx, &packet) > 0)
			taken++;
		asked += xnf_rx_release(&queue->rx);
		(void)poll(&none, 1, SILENT_MS);
	}
	xnf_queue_kick_rx(queue);
	xnf_report(one, "taken", taken);
	xnf_report(one, "untold", asked);
	return 0;
}

const struct xnf_attack xnf_attacks_look[] = {
	{.name = "rx-look",
	 .advisory = "-",
	 .what = "posts buffers under any ids, and looks at what comes in them",
	 .run = rx_look,
	 .count = 100},
	{.name = "event-index",
	 .advisory = "-",
	 .what = "event indices that are far away, anything, or the next one",
	 .run = event_index,
	 .count = 50},
	{.name = "final-check",
	 .advisory = "-",
	 .what = "frames while the backend goes to sleep, told only if it "
		 "asked",
	 .run = final_check,
	 .count = 1000},
	{.name = "rx-silent",
	 .advisory = "-",
	 .what = "tells nobody of the receive buffers that it posts",
	 .run = rx_silent},
	{.name = NULL},
};
