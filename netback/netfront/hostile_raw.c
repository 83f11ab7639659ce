// SPDX-License-Identifier: GPL-2.0-or-later
/* See hostile_raw.h. */
#include "netback/netfront/hostile_raw.h"

#include <poll.h>
#include <string.h>

#include "netconf/base/loop.h"

/* A look at the ring so often, whatever the channel says. */
#define LOOK_MS 20

void xnf_raw_begin(struct xnf_raw *raw, struct xnf_queue *queue)
{
	raw->queue = queue;
	raw->prod = queue->tx.req_prod;
	raw->cons = queue->tx.rsp_cons;
}

uint8_t *xnf_raw_memory(const struct xnf_raw *raw)
{
	return (uint8_t *)raw->queue->tx_pages +
	       (size_t)(raw->prod % XNF_RING_SLOTS) * XNF_PAGE_BYTES;
}

struct netif_tx_request xnf_raw_request(const struct xnf_raw *raw,
					uint32_t bytes, uint32_t flags)
{
	uint32_t slot = raw->prod % XNF_RING_SLOTS;

	return (struct netif_tx_request){
		.gref = raw->queue->tx_refs[slot],
		.flags = (uint16_t)flags,
		.id = (uint16_t)slot,
		.size = (uint16_t)bytes,
	};
}

void xnf_raw_put(struct xnf_raw *raw, const struct netif_tx_request *request)
{
	xnb_tx_slot(raw->queue->tx_ring, raw->prod++)->req = *request;
}

void xnf_raw_put_extra(struct xnf_raw *raw,
		       const struct netif_extra_info *extra)
{
	memcpy(xnb_tx_slot(raw->queue->tx_ring, raw->prod++), extra,
	       sizeof(*extra));
}

void xnf_raw_show(struct xnf_raw *raw)
{
	struct netif_tx_sring *ring = raw->queue->tx_ring;

	xnb_event_arm(&ring->rsp_event, raw->cons + 1);
	xnb_index_publish(&ring->req_prod, raw->prod);
	xnf_queue_kick_tx(raw->queue);
}

static void count(struct xnf_raw *raw, int16_t status)
{
	if (status == NETIF_RSP_OKAY)
		raw->okay++;
	else if (status == NETIF_RSP_ERROR)
		raw->error++;
	else if (status == NETIF_RSP_NULL)
		raw->null++;
	else if (status == NETIF_RSP_DROPPED)
		raw->dropped++;
	else
		raw->odd++;
}

void xnf_raw_reap(struct xnf_raw *raw)
{
	struct netif_tx_sring *ring = raw->queue->tx_ring;
	uint32_t answered = xnb_index_load(&ring->rsp_prod) - raw->cons;

	if (answered > raw->prod - raw->cons)
		return;
	while (answered--) {
		const volatile struct netif_tx_response *slot =
			&xnb_tx_slot(ring, raw->cons++)->rsp;

		count(raw, slot->status);
	}
	xnb_event_arm(&ring->rsp_event, raw->cons + 1);
}

bool xnf_raw_wait(struct xnf_raw *raw, uint32_t limit_ms)
{
	uint64_t until_ms = xn_now_ms() + limit_ms;

	for (;;) {
		struct pollfd fd = {
			.fd = xnf_queue_fd(raw->queue),
			.events = POLLIN,
		};

		xnf_raw_reap(raw);
		if (raw->prod == raw->cons)
			return true;
		if (xn_now_ms() >= until_ms)
			return false;
		if (poll(&fd, 1, LOOK_MS) > 0 && fd.revents & POLLIN)
			xnf_queue_ack(raw->queue);
	}
}
