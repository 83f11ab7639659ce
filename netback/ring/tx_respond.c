// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers to a guest's frames (tx_respond.h), on the queue's worker. Every
 * slot of the burst is answered at once and in order, so the published index
 * always stands between two packets.
 */
#include "netback/ring/tx_respond.h"

uint32_t xnb_tx_refuse_failed(struct xnb_tx_burst *burst)
{
	uint32_t failed = 0;

	for (uint32_t i = 0; i < burst->count; i++) {
		const struct xnb_tx_packet *packet = &burst->packet[i];

		if (packet->source_status == 0)
			continue;
		xnb_tx_refuse(burst, packet->slot_first, packet->slot_count);
		failed++;
	}
	return failed;
}

bool xnb_tx_respond(struct xnb_tx_ring *ring, struct xnb_tx_burst *burst)
{
	uint32_t old = ring->next;

	if (burst->slot_count == 0)
		return false;
	xnb_redo_tx_publish(ring->log, ring->shared, old, burst->response,
			    burst->slot_count);
	ring->next = old + burst->slot_count;
	burst->count = 0;
	burst->slot_count = 0;
	burst->frag_count = 0;
	return xnb_event_crossed(&ring->shared->rsp_event, old, ring->next);
}

bool xnb_tx_arm(struct xnb_tx_ring *ring)
{
	xnb_event_arm(&ring->shared->req_event, ring->next + 1);
	return xnb_tx_pending(ring);
}
