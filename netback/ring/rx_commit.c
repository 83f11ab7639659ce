// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A receiver's ring from its attaching to the published answers (rx_fill.h).
 * req_prod, which the guest writes, is read when the known requests run short.
 */
#include <errno.h>
#include <string.h>

#include "netback/ring/rx_ring.h"

int xnb_rx_attach(struct xnb_rx_ring *ring, void *page, struct xnb_redo_rx *log,
		  const struct xnb_owner *owner, uint32_t frontend, bool resume)
{
	uint32_t next;
	int error = resume ? xnb_redo_rx_replay(log, page, &next)
			   : xnb_redo_rx_start(log, page, &next);

	if (error)
		return error;
	ring->shared = page;
	ring->log = log;
	ring->published = next;
	ring->next = next;
	ring->reserved = next;
	ring->producer = next;
	ring->frontend = frontend;
	ring->headroom = 0;
	ring->owner = owner;
	ring->grants = NULL;
	ring->fault = 0;
	ring->result = (struct xnb_rx_result){0};
	ring->packet_count = 0;
	ring->spoilt = false;
	return 0;
}

int xnb_rx_space(struct xnb_rx_ring *ring, uint32_t slots)
{
	if (ring->producer - ring->reserved >= slots)
		return 0;
	ring->producer = xnb_index_load(&ring->shared->req_prod);
	if (ring->producer - ring->published > XNB_RX_RING_SIZE ||
	    ring->producer - ring->published <
		    ring->reserved - ring->published) {
		ring->fault = XN_DL_FAULT_RX_INDEX;
		return -EPROTO;
	}
	return ring->producer - ring->reserved >= slots ? 0 : -ENOSPC;
}

/* Answers ERROR to each slot by itself, whatever it held. */
static void refuse(struct xnb_rx_ring *ring, const struct xnb_rx_packet *packet)
{
	for (uint32_t i = 0; i < packet->slot_count; i++) {
		uint32_t index = packet->first + i;
		struct netif_rx_response *response =
			xnb_rx_response(ring, index);

		*response = (struct netif_rx_response){
			.id = packet->slot_count == 1
				      ? response->id
				      : ring->id[index % XNB_RX_RING_SIZE],
			.status = NETIF_RSP_ERROR,
		};
	}
}

/* It was taken for delivered. */
static void undeliver(struct xnb_rx_ring *ring,
		      const struct xnb_rx_packet *packet)
{
	struct xnb_rx_result *result = &ring->result;

	result->frames[packet->origin]--;
	result->bytes[packet->origin] -= packet->frame_bytes;
	if (packet->dest_status != 0)
		result->dest_failed++;
	else
		result->source_failed++;
}

/* Gives back what was reserved last for frames that their sender spoilt. */
static void give_back(struct xnb_rx_ring *ring)
{
	while (ring->packet_count) {
		const struct xnb_rx_packet *last =
			&ring->packet[ring->packet_count - 1];

		if (!xnb_rx_source_failed(last) || last->dest_status != 0)
			return;
		undeliver(ring, last);
		ring->reserved = last->first;
		ring->packet_count--;
	}
}

/* Some frames may have failed: looks at each. */
static void judge(struct xnb_rx_ring *ring)
{
	give_back(ring);
	for (uint32_t i = 0; i < ring->packet_count; i++) {
		const struct xnb_rx_packet *packet = &ring->packet[i];

		if (packet->dest_status == 0 && !xnb_rx_source_failed(packet))
			continue;
		undeliver(ring, packet);
		refuse(ring, packet);
	}
	ring->spoilt = false;
}

void xnb_rx_commit(struct xnb_rx_ring *ring)
{
	if (ring->packet_count == 0)
		return;
	if (ring->spoilt || ring->plan->failures != ring->failures)
		judge(ring);
	ring->packet_count = 0;
	ring->next = ring->reserved;
	xnb_redo_rx_log(ring->log, ring->next);
}

uint32_t xnb_rx_publish(struct xnb_rx_ring *ring, struct xnb_rx_result *ret)
{
	uint32_t old = ring->published;

	*ret = ring->result;
	ring->result = (struct xnb_rx_result){0};
	if (ring->next == old)
		return old;
	xnb_redo_rx_publish(ring->log, ring->shared, old, ring->next);
	ring->published = ring->next;
	return old;
}

bool xnb_rx_wants_event(const struct xnb_rx_ring *ring, uint32_t old)
{
	return xnb_event_wanted(&ring->shared->rsp_event, old, ring->published);
}

bool xnb_rx_arm(struct xnb_rx_ring *ring, uint32_t slots)
{
	if (slots == 0)
		slots = 1;
	xnb_event_arm(&ring->shared->req_event, ring->next + slots);
	return xnb_index_load(&ring->shared->req_prod) - ring->next >= slots;
}
