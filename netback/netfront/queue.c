// SPDX-License-Identifier: GPL-2.0-or-later
/* See queue.h. */
#include "netback/netfront/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void *share(struct xnf_queue *queue, uint32_t domid, uint32_t pages,
		   bool writable, uint32_t *ret_refs, struct xn_err *err)
{
	void *memory = xengntshr_share_pages(queue->gntshr, domid, (int)pages,
					     ret_refs, writable);

	if (!memory)
		xn_fail(err, errno, "granting %u pages to domain %u: %s", pages,
			domid, strerror(errno));
	return memory;
}

static int share_all(struct xnf_queue *queue, uint32_t domid,
		     struct xn_err *err)
{
	queue->tx_ring = share(queue, domid, 1, true, &queue->tx_ring_ref, err);
	if (!queue->tx_ring)
		return -ENOMEM;
	queue->rx_ring = share(queue, domid, 1, true, &queue->rx_ring_ref, err);
	if (!queue->rx_ring)
		return -ENOMEM;
	queue->tx_pages =
		share(queue, domid, XNF_RING_SLOTS, false, queue->tx_refs, err);
	if (!queue->tx_pages)
		return -ENOMEM;
	queue->rx_pages =
		share(queue, domid, XNF_RING_SLOTS, true, queue->rx_refs, err);
	return queue->rx_pages ? 0 : -ENOMEM;
}

static void unshare(struct xnf_queue *queue, void *memory, uint32_t pages)
{
	if (memory)
		(void)xengntshr_unshare(queue->gntshr, memory, pages);
}

static int open_channel(struct xnf_queue *queue, uint32_t domid,
			uint32_t *ret_port, struct xn_err *err)
{
	xenevtchn_port_or_error_t port =
		xenevtchn_bind_unbound_port(queue->evtchn, domid);

	if (port < 0)
		return xn_fail(err, errno, "event channel for domain %u: %s",
			       domid, strerror(errno));
	*ret_port = (uint32_t)port;
	return 0;
}

static int open_channels(struct xnf_queue *queue, uint32_t domid, bool split,
			 struct xn_err *err)
{
	queue->evtchn = xenevtchn_open(NULL, 0);
	if (!queue->evtchn)
		return xn_fail(err, errno, "event channels: %s",
			       strerror(errno));
	if (open_channel(queue, domid, &queue->tx_port, err))
		return -EIO;
	queue->rx_port = queue->tx_port;
	if (split && open_channel(queue, domid, &queue->rx_port, err))
		return -EIO;
	return 0;
}

struct xnf_queue *xnf_queue_create(xengntshr_handle *gntshr,
				   uint32_t backend_domid, bool split_channels,
				   struct xn_err *err)
{
	struct xnf_queue *queue = calloc(1, sizeof(*queue));

	if (!queue) {
		xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	queue->gntshr = gntshr;
	if (share_all(queue, backend_domid, err) ||
	    open_channels(queue, backend_domid, split_channels, err)) {
		xnf_queue_destroy(queue);
		return NULL;
	}
	xnf_tx_init(&queue->tx, queue->tx_ring, queue->tx_pages,
		    queue->tx_refs);
	xnf_rx_init(&queue->rx, queue->rx_ring, queue->rx_pages,
		    queue->rx_refs);
	return queue;
}

void xnf_queue_destroy(struct xnf_queue *queue)
{
	if (!queue)
		return;
	if (queue->evtchn)
		(void)xenevtchn_close(queue->evtchn); /* unbinds the ports */
	unshare(queue, queue->rx_pages, XNF_RING_SLOTS);
	unshare(queue, queue->tx_pages, XNF_RING_SLOTS);
	unshare(queue, queue->rx_ring, 1);
	unshare(queue, queue->tx_ring, 1);
	free(queue);
}

int xnf_queue_fd(const struct xnf_queue *queue)
{
	return xenevtchn_fd(queue->evtchn);
}

void xnf_queue_ack(struct xnf_queue *queue)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(queue->evtchn);

	if (port >= 0)
		(void)xenevtchn_unmask(queue->evtchn, (evtchn_port_t)port);
}

void xnf_queue_kick_tx(struct xnf_queue *queue)
{
	(void)xenevtchn_notify(queue->evtchn, queue->tx_port);
}

void xnf_queue_kick_rx(struct xnf_queue *queue)
{
	(void)xenevtchn_notify(queue->evtchn, queue->rx_port);
}
