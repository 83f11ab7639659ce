// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_loop.h: what happens for every burst. */
#include "netback/netfront/traffic_loop.h"

#include <string.h>

#include "netback/offload/wire.h"

#define STAMP_AT XNF_UDP_HEADERS
#define NUMBER_AT (STAMP_AT + 4)
#define PORT_AT 34u
#define PORT_FIRST 10000u

/* Different for all numbers below 2^40, and without a pattern that a hash of
 * addresses could profit from. */
struct xn_mac xnf_loop_station(const struct xnf_loop *loop, uint32_t pair,
			       uint32_t n)
{
	const uint64_t mask = ((uint64_t)1 << 40) - 1;
	uint64_t number = (uint64_t)n * loop->settings.pairs + pair + 1;
	struct xn_mac mac;

	number = number * 0x9e3779b97fu & mask;
	number ^= number >> 20;
	number = number << 8 | 6; /* an address made up locally */
	memcpy(mac.octet, &number, sizeof(mac.octet));
	return mac;
}

/* ---- the sink ---- */

static uint32_t count_flat(const struct xnf_loop *loop,
			   const struct xnf_rx_flat *flats, uint32_t count)
{
	uint32_t ours = 0;

	for (uint32_t i = 0; i < count; i++)
		ours += flats[i].bytes == loop->traffic.size[0];
	return ours;
}

/* Frames of one stream whose numbers follow one another. */
struct run {
	uint32_t stream;
	uint32_t count; /* 0: none */
	uint64_t first;
};

static void begin_run(struct xnf_loop *loop, struct run *run, uint32_t stream,
		      uint64_t number)
{
	if (run->count)
		xnf_track_run(&loop->result.track, run->stream, run->first,
			      run->count);
	*run = (struct run){.first = number};
	if (!xnf_traffic_is_stream(stream))
		return;
	if (!xnf_traffic_is_for_us(&loop->bench, stream)) {
		loop->result.strays++;
		loop->result.unstamped--; /* it will be counted there */
		return;
	}
	run->stream = stream;
	run->count = 1;
}

/* How many have a stamp of ours and are for us. */
static uint32_t look_at_stamps(struct xnf_loop *loop,
			       const struct xnf_rx_flat *flats, uint32_t count)
{
	uint32_t size = loop->traffic.size[0];
	struct run run = {0};
	uint32_t others = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t stream = 0;
		uint64_t number = 0;

		if (flats[i].bytes == size) {
			memcpy(&stream, flats[i].at + STAMP_AT, sizeof(stream));
			memcpy(&number, flats[i].at + NUMBER_AT,
			       sizeof(number));
		}
		if (run.count && stream == run.stream &&
		    number == run.first + run.count) {
			run.count++;
			continue;
		}
		begin_run(loop, &run, stream, number);
		others += !run.count;
	}
	begin_run(loop, &run, 0, 0);
	return count - others;
}

/* How many are ours. */
static uint32_t look_at_flat(struct xnf_loop *loop,
			     const struct xnf_rx_flat *flats, uint32_t count)
{
	enum xnf_touch touch = loop->bench.touch;
	uint32_t ours = touch == XNF_TOUCH_NONE
				? count_flat(loop, flats, count)
				: look_at_stamps(loop, flats, count);

	for (uint32_t i = 0; touch == XNF_TOUCH_PAYLOAD && i < count; i++)
		loop->result.touched +=
			xnf_traffic_sum(flats[i].at, flats[i].bytes);
	loop->result.unstamped += count - ours;
	return ours;
}

/* An announcement to this vif: not what was flooded. */
static bool is_announcement(const struct xnf_rx_packet *packet,
			    const struct xnf_loop_end *end)
{
	uint8_t head[XNF_FRAME_MIN] = {0};

	(void)xnf_traffic_copy_out(head, packet, sizeof(head));
	return !memcmp(head, end->mac.octet, sizeof(end->mac.octet)) &&
	       xnb_get16(head + 12) == XNF_ANNOUNCE_TYPE;
}

/* True: it counts as one of those sent to this vif. */
static bool look_at_packet(struct xnf_loop *loop,
			   const struct xnf_loop_end *end,
			   const struct xnf_rx_packet *packet)
{
	if (loop->announcing)
		return is_announcement(packet, end);
	if (!loop->flat || loop->bench.touch != XNF_TOUCH_NONE)
		return xnf_traffic_look(&loop->bench, packet, &loop->result);
	if (packet->bytes == loop->traffic.size[0] &&
	    (end->stream || loop->settings.flood))
		return true;
	loop->result.unstamped++;
	return false;
}

/* Frames that are taken one by one; how many were there, and ours. */
static uint32_t take_packets(struct xnf_loop *loop,
			     const struct xnf_loop_end *end, struct xnf_rx *rx,
			     uint32_t count_max, uint32_t *ours)
{
	struct xnf_rx_packet packet;
	uint32_t count = 0;

	while (count < count_max && xnf_rx_take(rx, &packet) > 0) {
		*ours += look_at_packet(loop, end, &packet);
		count++;
	}
	return count;
}

/* Up to a burst from one queue; how many frames. */
static uint32_t sink_burst(struct xnf_loop *loop, struct xnf_loop_end *end,
			   struct xnf_queue *queue)
{
	struct xnf_rx_flat flats[XNF_LOOP_BURST_MAX];
	struct xnf_rx *rx = &queue->rx;
	bool flat = loop->flat && !loop->announcing;
	uint32_t count = 0;
	uint32_t ours = 0;

	if (flat) {
		count = xnf_rx_take_flat(rx, XNF_LOOP_BURST_MAX, flats);
		ours = look_at_flat(loop, flats, count);
	}
	if (!flat)
		count = take_packets(loop, end, rx, XNF_LOOP_BURST_MAX, &ours);
	else if (!count && rx->rsp_cons != rx->rsp_prod)
		count = take_packets(loop, end, rx, 1, &ours);
	if (!count)
		return 0;
	end->arrived += ours;
	loop->arrived += ours;
	if (xnf_rx_release(rx))
		xnf_queue_kick_rx(queue);
	return count;
}

static bool sink_end(struct xnf_loop *loop, struct xnf_loop_end *end)
{
	bool busy = false;

	loop->bench.stream = end->stream;
	loop->bench.stream_mask = end->stream_mask;

	for (uint32_t q = 0; q < end->queue_count; q++) {
		uint32_t left = XNF_RING_SLOTS / XNF_LOOP_BURST_MAX;

		while (left-- && sink_burst(loop, end, end->queue[q]))
			busy = true;
	}
	return busy;
}

bool xnf_loop_sink(struct xnf_loop *loop)
{
	bool busy = false;

	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		busy |= sink_end(loop, &loop->pair[p].to);
		busy |= sink_end(loop, &loop->pair[p].from);
	}
	return busy;
}

/* ---- the generator ---- */

static uint32_t window_left(const struct xnf_loop *loop,
			    const struct xnf_loop_end *to)
{
	uint64_t under_way = xnf_loop_under_way(to);

	return under_way < loop->window ? loop->window - (uint32_t)under_way
					: 0;
}

/* Frames that every receiver of this pair has room for. */
static uint32_t room_for(const struct xnf_loop *loop,
			 const struct xnf_loop_pair *pair)
{
	uint32_t room = window_left(loop, &pair->to);

	for (uint32_t p = 0; loop->settings.flood && p < loop->settings.pairs;
	     p++) {
		const struct xnf_loop_pair *other = &loop->pair[p];
		uint32_t left = window_left(loop, &other->to);

		if (left < room)
			room = left;
		left = window_left(loop, &other->from);
		if (other != pair && left < room)
			room = left;
	}
	return room;
}

static void note_due(struct xnf_loop *loop, struct xnf_loop_pair *pair,
		     uint32_t count)
{
	pair->to.due += count;
	for (uint32_t p = 0; loop->settings.flood && p < loop->settings.pairs;
	     p++) {
		struct xnf_loop_pair *other = &loop->pair[p];

		if (other == pair)
			continue;
		other->to.due += count;
		other->from.due += count;
	}
}

static void write_number(uint8_t *frame, uint64_t number)
{
	memcpy(frame + NUMBER_AT, &number, sizeof(number));
}

static void write_station(const struct xnf_loop *loop,
			  const struct xnf_loop_pair *pair,
			  struct xnf_loop_stream *stream, uint8_t *frame)
{
	uint32_t index = (uint32_t)(pair - loop->pair);
	struct xn_mac mac = xnf_loop_station(loop, index, stream->station);

	memcpy(frame, mac.octet, sizeof(mac.octet));
	if (++stream->station == pair->station_count)
		stream->station = 0;
}

static void write_port(struct xnf_loop_stream *stream, uint8_t *frame)
{
	xnb_put16(frame + PORT_AT, (uint16_t)(PORT_FIRST + stream->port));
	if (++stream->port == stream->template.flows)
		stream->port = 0;
}

static void write_heads(const struct xnf_loop *loop,
			const struct xnf_loop_pair *pair,
			struct xnf_loop_stream *stream, uint8_t *const *frames,
			uint32_t count)
{
	uint64_t number = stream->number;

	for (uint32_t i = 0; i < count; i++) {
		memcpy(frames[i], stream->head, sizeof(stream->head));
		write_number(frames[i], number++);
	}
	for (uint32_t i = 0; pair->station_count && i < count; i++)
		write_station(loop, pair, stream, frames[i]);
	for (uint32_t i = 0; stream->template.flows > 1 && i < count; i++)
		write_port(stream, frames[i]);
}

static uint32_t generate_flat(struct xnf_loop *loop, struct xnf_loop_pair *pair,
			      uint32_t q, uint32_t count)
{
	uint8_t *frames[XNF_LOOP_BURST_MAX];
	struct xnf_loop_stream *stream = &pair->stream[q];
	uint32_t bytes = loop->traffic.size[0];
	struct xnf_tx *tx = &pair->from.queue[q]->tx;

	count = xnf_tx_claim(tx, bytes, count, frames);
	if (loop->bench.touch != XNF_TOUCH_NONE)
		write_heads(loop, pair, stream, frames, count);
	for (uint32_t i = 0;
	     loop->bench.touch == XNF_TOUCH_PAYLOAD && i < count; i++)
		memset(frames[i] + XNF_LOOP_FRAME_MIN,
		       (uint8_t)(stream->number + i),
		       bytes - XNF_LOOP_FRAME_MIN);
	xnf_tx_commit_flat(tx, bytes, count);
	stream->number += count;
	loop->result.bytes += (uint64_t)count * bytes;
	return count;
}

static uint32_t generate_any(struct xnf_loop *loop, struct xnf_loop_pair *pair,
			     uint32_t q, uint32_t count_max)
{
	struct xnf_loop_stream *stream = &pair->stream[q];
	struct xnf_traffic_template template = stream->template;
	uint32_t count = 0;

	for (; count < count_max; count++) {
		uint32_t bytes = loop->traffic.size[pair->size];

		if (pair->station_count)
			template.dest = xnf_loop_station(
				loop, (uint32_t)(pair - loop->pair),
				stream->station);
		if (xnf_traffic_write(&loop->bench, &pair->from.queue[q]->tx,
				      &template, stream->number, bytes))
			break;
		stream->number++;
		if (pair->station_count)
			stream->station =
				(stream->station + 1) % pair->station_count;
		pair->size = (pair->size + 1) % loop->traffic.size_count;
		loop->result.bytes += bytes;
	}
	return count;
}

static uint32_t limit_of(const struct xnf_loop *loop,
			 const struct xnf_loop_pair *pair)
{
	uint32_t count = room_for(loop, pair);
	uint64_t left = loop->traffic.count - loop->result.frames;

	if (count > loop->settings.burst)
		count = loop->settings.burst;
	if (loop->traffic.count && count > left)
		count = (uint32_t)left;
	return count;
}

static bool generate(struct xnf_loop *loop, struct xnf_loop_pair *pair,
		     uint32_t q)
{
	struct xnf_queue *queue = pair->from.queue[q];
	bool reaped = queue->tx.published != queue->tx.rsp_cons &&
		      xnf_tx_reap(&queue->tx) > 0;
	uint32_t count = limit_of(loop, pair);

	if (!count)
		return reaped;
	if (loop->flat)
		count = generate_flat(loop, pair, q, count);
	else
		count = generate_any(loop, pair, q, count);
	loop->result.frames += count;
	note_due(loop, pair, count);
	if (xnf_tx_publish(&queue->tx))
		xnf_queue_kick_tx(queue);
	return count || reaped;
}

bool xnf_loop_turn(struct xnf_loop *loop)
{
	bool busy = false;

	loop->turns++;
	for (uint32_t p = 0; p < loop->settings.pairs; p++) {
		struct xnf_loop_pair *pair = &loop->pair[p];

		busy |= sink_end(loop, &pair->to);
		busy |= sink_end(loop, &pair->from);
		for (uint32_t q = 0; q < pair->from.queue_count; q++)
			busy |= generate(loop, pair, q);
	}
	return busy;
}

/* ---- before the first turn ---- */

static uint32_t rx_slots_max(const struct xnf_loop *loop)
{
	uint32_t slots = 1;

	for (uint32_t i = 0; i < loop->traffic.size_count; i++) {
		uint32_t pages = (loop->traffic.size[i] + XNF_PAGE_BYTES - 1) /
				 XNF_PAGE_BYTES;

		if (pages > slots)
			slots = pages;
	}
	return loop->pair[0].stream[0].template.gso_size ? slots + 1 : slots;
}

static bool is_flat(const struct xnf_loop *loop)
{
	return !loop->bench.verify && loop->traffic.size_count == 1 &&
	       loop->traffic.size[0] <= XNF_PAGE_BYTES &&
	       !loop->pair[0].stream[0].template.gso_size;
}

/* All frames that the queue will ever send, when nobody touches them. */
static void write_pages(const struct xnf_loop *loop, struct xnf_tx *tx,
			const struct xnf_loop_stream *stream)
{
	uint32_t bytes = loop->traffic.size[0];

	for (uint32_t id = 0; id < XNF_RING_SLOTS; id++)
		memcpy(tx->pages + (size_t)id * XNF_PAGE_BYTES +
			       xnf_tx_offset(id, xnf_tx_colour_mask(bytes)),
		       stream->head, sizeof(stream->head));
}

static void prepare_stream(const struct xnf_loop *loop,
			   struct xnf_loop_pair *pair, uint32_t q)
{
	struct xnf_loop_stream *stream = &pair->stream[q];
	uint8_t head[XNF_TRAFFIC_HEAD_MAX];

	memset(stream->head, 0, sizeof(stream->head));
	(void)xnf_traffic_head(&stream->template, 0, loop->traffic.size[0],
			       head);
	memcpy(stream->head, head, XNF_UDP_HEADERS + XNF_STAMP_BYTES);
}

void xnf_loop_write_pages(struct xnf_loop *loop)
{
	for (uint32_t p = 0; loop->flat && p < loop->settings.pairs; p++) {
		struct xnf_loop_pair *pair = &loop->pair[p];

		for (uint32_t q = 0; q < pair->from.queue_count; q++)
			write_pages(loop, &pair->from.queue[q]->tx,
				    &pair->stream[q]);
	}
}

/* Of a flood, every stream counts at everybody; otherwise the sink's own, from
 * whichever queue. */
static void prepare_ends(const struct xnf_loop *loop,
			 struct xnf_loop_pair *pair)
{
	bool flood = loop->settings.flood;

	pair->to.stream = pair->stream[0].template.stream;
	pair->to.stream_mask = flood ? 0 : ~XNF_STREAM_QUEUE_MASK;
	pair->from.stream = 0; /* nobody's */
	pair->from.stream_mask = flood ? 0 : UINT32_MAX;
}

void xnf_loop_prepare(struct xnf_loop *loop)
{
	uint32_t pairs = loop->settings.pairs;

	loop->bench.touch = loop->traffic.touch;
	loop->bench.verify = loop->traffic.verify;
	loop->flat = is_flat(loop);
	loop->window =
		(XNF_RING_SLOTS - XNF_LOOP_SPARE_SLOTS) / rx_slots_max(loop);
	if (loop->settings.window && loop->settings.window < loop->window)
		loop->window = loop->settings.window;
	for (uint32_t p = 0; p < pairs; p++) {
		struct xnf_loop_pair *pair = &loop->pair[p];

		prepare_ends(loop, pair);
		pair->station_count =
			(loop->settings.macs + pairs - 1 - p) / pairs;
		for (uint32_t q = 0; loop->flat && q < pair->from.queue_count;
		     q++)
			prepare_stream(loop, pair, q);
	}
}
