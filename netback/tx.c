/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A burst of one guest's queue, from its tx ring to everybody who gets a copy
 * and back to its responses. Receivers' responses are logged before the
 * sender's are published: a death in between repeats frames and never loses
 * one.
 * Thread: the worker. Trusts nothing that came from the ring but what
 * ring/tx_parse.h has checked.
 */
#include <assert.h>
#include <string.h>

#include "netback/count.h"
#include "netback/offload/headers.h"
#include "netback/ring/tx_copy.h"
#include "netback/ring/tx_mapped.h"
#include "netback/ring/tx_respond.h"
#include "netback/worker_state.h"

_Static_assert(XNB_CREDIT_ROUND + XNB_FRAME_BYTES_MAX +
			       (int64_t)XNB_TX_BURST_MAX *
				       (XNB_ARENA_PAGE + XNB_ARENA_ALIGN) <
		       XNB_ARENA_BYTES,
	       "a burst that is fetched whole fits the arena");

static const enum xn_drop switch_drop[XSW_DROP_COUNT] = {
	[XSW_DROP_RUNT] = XN_DROP_RUNT,
	[XSW_DROP_SRC_GROUP] = XN_DROP_SRC_GROUP,
	[XSW_DROP_SAME_PORT] = XN_DROP_SAME_PORT,
	[XSW_DROP_PORT_CLOSED] = XN_DROP_PORT_CLOSED,
	[XSW_DROP_SPOOFED_MAC] = XN_DROP_SPOOFED_MAC,
	[XSW_DROP_SPOOFED_ARP] = XN_DROP_SPOOFED_ARP,
	[XSW_DROP_SPOOFED_IPV4] = XN_DROP_SPOOFED_IPV4,
	[XSW_DROP_SPOOFED_IPV6] = XN_DROP_SPOOFED_IPV6,
	[XSW_DROP_SPOOFED_ND] = XN_DROP_SPOOFED_ND,
	[XSW_DROP_ROGUE_ROUTER] = XN_DROP_ROGUE_ROUTER,
	[XSW_DROP_ROGUE_DHCP] = XN_DROP_ROGUE_DHCP,
	[XSW_DROP_SPOOFED_DHCP] = XN_DROP_SPOOFED_DHCP,
	[XSW_DROP_OTHER_PROTOCOL] = XN_DROP_OTHER_PROTOCOL,
	[XSW_DROP_BPDU] = XN_DROP_BPDU,
	[XSW_DROP_STORM] = XN_DROP_STORM,
	[XSW_DROP_ISOLATED] = XN_DROP_ISOLATED,
	[XSW_DROP_ACL] = XN_DROP_ACL,
};

/* What the burst costs its sender. */
static void charge(const struct xnb_tx_burst *burst, struct xnb_port *port,
		   uint64_t bytes)
{
	port->credit -= (int64_t)bytes;
	port->frames_left -= burst->count + burst->malformed + burst->requests +
			     burst->source_failed;
	if (xnb_rate_is_limited(&port->rate))
		xnb_rate_spend(&port->rate, bytes);
}

static void count_burst(struct xnb_worker *w, struct xnb_port *port)
{
	const struct xnb_tx_burst *burst = &w->burst;
	struct xn_vif_counters *counters = port->counters;

	xnb_count(&counters->tx_frames, burst->count);
	xnb_count(&counters->tx_bytes, burst->bytes);
	port->work += burst->count + (burst->bytes >> 11);
	charge(burst, port, burst->bytes);
	xnb_drop(port, XN_DROP_MALFORMED, burst->malformed);
	xnb_drop(port, XN_DROP_SOURCE_GRANT, burst->source_failed);
	xnb_count(&w->counters->bursts, 1);
	xnb_count(&w->counters->burst_frames, burst->count);
}

/* What a GSO frame becomes on a wire is its headers and one segment. */
static uint32_t wire_bytes(const struct xnb_tx_packet *packet)
{
	struct xnb_headers headers;

	if (packet->meta.gso_type == XNB_GSO_NONE ||
	    xnb_headers_parse(packet->head, packet->head_bytes,
			      packet->frame_bytes, &headers) < 0)
		return packet->frame_bytes;
	return (uint32_t)headers.payload + packet->meta.gso_size;
}

static void note_mapped(struct xnb_transit *transit,
			const struct xnb_tx_packet *packet)
{
	uint64_t bit = UINT64_C(1) << transit->count;

	if (packet->mapped_count > 0)
		transit->mapped |= bit;
	if (packet->mapped_count == packet->frag_count)
		transit->mapped_whole |= bit;
}

/* False: the metadata do not fit the frame. */
static bool check_offload(struct xnb_transit *transit,
			  struct xnb_tx_packet *packet)
{
	const uint64_t bit = UINT64_C(1) << transit->count;

	if (packet->meta.gso_type == XNB_GSO_NONE &&
	    xnb_headers_usual(packet->head, packet->head_bytes,
			      packet->frame_bytes)) {
		transit->wire_bytes[transit->count] = packet->frame_bytes;
		transit->offloaded |= bit;
		transit->blank |= bit;
		return true;
	}
	if (xnb_meta_check(&packet->meta, packet->head, packet->head_bytes,
			   packet->frame_bytes) < 0)
		return false;
	transit->wire_bytes[transit->count] = wire_bytes(packet);
	transit->offloaded |= bit;
	if (packet->meta.gso_type == XNB_GSO_NONE &&
	    !xnb_headers_tagged(packet->head))
		transit->blank |= bit;
	return true;
}

static void start_transit(struct xnb_transit *transit)
{
	transit->count = 0;
	transit->bytes = 0;
	transit->offloaded = 0;
	transit->blank = 0;
	transit->fetched = 0;
	transit->fetched_late = 0;
	transit->mapped = 0;
	transit->mapped_whole = 0;
}

static inline void put_frame(struct xnb_tx_packet *packet,
			     struct xnb_tx_packet **ret_packet,
			     struct xsw_frame *ret_frame)
{
	*ret_packet = packet;
	ret_frame->head = packet->head;
	ret_frame->frame_bytes = packet->frame_bytes;
	ret_frame->head_bytes = packet->head_bytes;
}

/* Good packets become frames of the transit and of the switch's batch. */
static void prepare(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_transit *transit = &w->transit;
	struct xnb_tx_burst *burst = &w->burst;

	start_transit(transit);
	transit->failures = w->plan.failures;
	if (!burst->offloaded && !burst->mapped) {
		for (uint32_t i = 0; i < burst->count; i++)
			put_frame(&burst->packet[i], &transit->packet[i],
				  &w->batch.frame[i]);
		transit->count = burst->count;
		transit->bytes = burst->bytes;
		return;
	}
	for (uint32_t i = 0; i < burst->count; i++) {
		struct xnb_tx_packet *packet = &burst->packet[i];

		if ((packet->meta.csum_blank || packet->meta.gso_type) &&
		    !check_offload(transit, packet)) {
			xnb_drop(port, XN_DROP_BAD_OFFLOAD, 1);
			continue;
		}
		if (burst->mapped)
			note_mapped(transit, packet);
		put_frame(packet, &transit->packet[transit->count],
			  &w->batch.frame[transit->count]);
		transit->bytes += packet->frame_bytes;
		transit->count++;
	}
}

/* Takes away what receivers' access lists refuse. Who has none loses nothing,
 * and whoever gets nothing is no receiver any more. */
static void ask_receivers(struct xnb_worker *w)
{
	struct xsw_batch *batch = &w->batch;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < batch->dest_count; i++) {
		const uint16_t slot = batch->dest[i];
		uint64_t refused = xsw_acl_refused_to(w->sw, slot, batch,
						      batch->dest_frames[slot]);

		if (refused) {
			xnb_drop(&w->port[slot], XN_DROP_ACL_IN,
				 (uint64_t)__builtin_popcountll(refused));
			batch->dest_frames[slot] &= ~refused;
		}
		if (batch->dest_frames[slot])
			batch->dest[kept++] = slot;
	}
	batch->dest_count = kept;
}

/* The switch's verdict on every frame. */
static void decide(struct xnb_worker *w, struct xnb_port *port)
{
	struct xsw_batch *batch = &w->batch;
	uint64_t set;

	batch->count = w->transit.count;
	batch->in_port = (uint16_t)port->slot;
	xsw_forward(w->sw, batch, w->now_ms);
	w->forwarded = true;
	if (w->crew->acls)
		ask_receivers(w);
	if (batch->tagged)
		xnb_count(&port->counters->tx_vlan_frames,
			  (uint64_t)__builtin_popcountll(batch->tagged));
	for (set = batch->dropped; set; set &= set - 1) {
		uint8_t reason = batch->drop[__builtin_ctzll(set)];

		xnb_drop(port, switch_drop[reason], 1);
	}
}

/* For the tap, and for software offloads. */
void xnb_tx_fetch_whole(struct xnb_worker *w, uint64_t set)
{
	struct xnb_transit *transit = &w->transit;

	transit->fetched |= set;
	for (; set; set &= set - 1) {
		uint32_t index = (uint32_t)__builtin_ctzll(set);
		const struct xnb_tx_packet *packet = transit->packet[index];
		uint32_t number = (uint32_t)(packet - w->burst.packet);
		uint32_t skip = packet->head_bytes;
		uint32_t bytes = packet->frame_bytes - skip;

		transit->rest[index] = NULL;
		if (bytes == 0)
			continue;
		if (bytes > XNB_PAGE_SIZE)
			xnb_arena_place(&w->arena,
					xnb_tx_place(&w->burst, number, skip));
		/* XNB_CREDIT_ROUND and one frame more fit the arena. */
		transit->rest[index] = xnb_arena_take(&w->arena, bytes);
		assert(transit->rest[index]);
		if (xnb_tx_fetch(&w->burst, number, skip, bytes,
				 transit->rest[index], &w->plan) == 0)
			continue;
		xnb_copy_run(&w->plan);
		(void)xnb_tx_fetch(&w->burst, number, skip, bytes,
				   transit->rest[index], &w->plan);
	}
	xnb_copy_run(&w->plan);
	w->arena_keep = w->arena.used;
}

static void count_fast(struct xnb_worker *w, struct xnb_port *port)
{
	const struct xsw_batch *batch = &w->batch;
	uint64_t set = 0, bytes = 0;
	uint32_t frames;

	for (uint32_t i = 0; i < batch->dest_count; i++)
		set |= batch->dest_frames[batch->dest[i]];
	frames = (uint32_t)__builtin_popcountll(set);
	if (frames == w->transit.count)
		bytes = w->transit.bytes;
	else
		for (; set; set &= set - 1)
			bytes += batch->frame[__builtin_ctzll(set)].frame_bytes;
	xnb_count(&port->counters->fast_tx_frames, frames);
	xnb_count(&port->counters->fast_tx_bytes, bytes);
}

/* Everything between the peek and the responses. */
static void forward(struct xnb_worker *w, struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;
	uint64_t to_twin, whole;

	prepare(w, port);
	if (w->transit.count == 0)
		return;
	decide(w, port);
	to_twin = w->batch.to_twin;
	if (!port->twin_up && to_twin) {
		xnb_drop(port, XN_DROP_TWIN_DOWN,
			 (uint64_t)__builtin_popcountll(to_twin));
		to_twin = 0;
	}
	whole = (to_twin & ~w->transit.mapped_whole) | xnb_deliver_whole(w);
	if (whole)
		xnb_tx_fetch_whole(w, whole);
	if (to_twin)
		xnb_twin_write(w, queue, to_twin);
	if (w->batch.dest_count > 0) {
		count_fast(w, port);
		xnb_deliver_burst(w);
	}
	if (w->plan.failures != w->transit.failures)
		xnb_drop(port, XN_DROP_SOURCE_GRANT,
			 xnb_tx_refuse_failed(&w->burst));
}

void xnb_tx_serve(struct xnb_worker *w, struct xnb_queue *queue,
		  uint32_t bytes_max)
{
	struct xnb_port *port = queue->port;

	xnb_arena_reset(&w->arena, 0);
	w->arena_keep = 0;
	xnb_redo_enter(port->redo, queue->index, queue->tx.next);
	xnb_tx_parse(&queue->tx, &w->burst, port->frames_left, bytes_max);
	if (queue->tx.grants)
		xnb_tx_resolve(&w->burst, queue->tx.grants);
	if (w->burst.requests)
		xnb_groups_take(w, port);
	xnb_tx_peek(&w->burst, &w->plan);
	count_burst(w, port);
	forward(w, queue);
	if (xnb_tx_respond(&queue->tx, &w->burst))
		xnb_port_notify(port, queue->tx_port);
	xnb_redo_leave(port->redo);
	if (queue->tx.fault)
		xnb_port_fault(w, queue, queue->tx.fault);
}
