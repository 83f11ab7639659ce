/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_QUEUE_H
#define XNF_QUEUE_H
/*
 * A queue: one transmit and one receive ring, the guest memory granted for
 * them, and one or two event channels.
 *
 * Thread: made and destroyed by the control thread; in between, the rings and
 * the channels belong to the one thread that the user runs for the queue. Of
 * the data calls, only xnf_queue_kick_*() and xnf_queue_ack() make system
 * calls.
 */
#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "netback/netfront/rx.h"
#include "netback/netfront/tx.h"
#include "netconf/base/err.h"

#define XNF_QUEUES_MAX 8u

struct xnf_queue {
	struct xnf_tx tx;
	struct xnf_rx rx;
	uint32_t tx_ring_ref;
	uint32_t rx_ring_ref;
	uint32_t tx_port; /* ours; the backend binds them */
	uint32_t rx_port; /* the same as tx_port for a single channel */

	xengntshr_handle *gntshr; /* the caller's */
	xenevtchn_handle *evtchn;
	void *tx_ring;
	void *rx_ring;
	void *tx_pages;
	void *rx_pages;
	uint32_t tx_refs[XNF_RING_SLOTS];
	uint32_t rx_refs[XNF_RING_SLOTS];
};

/* Grants memory to the backend's domain, makes empty rings with all receive
 * buffers posted, and opens channels for that domain. Caller owns the result;
 * NULL: see `err`. `gntshr` must outlive the queue. */
struct xnf_queue *xnf_queue_create(xengntshr_handle *gntshr,
				   uint32_t backend_domid, bool split_channels,
				   struct xn_err *err);
/* Closes the channels and takes the memory back, whether or not the backend
 * still maps it (the hypervisor keeps mapped pages). Accepts NULL. */
void xnf_queue_destroy(struct xnf_queue *queue);

/* Readable when the backend signalled. */
int xnf_queue_fd(const struct xnf_queue *queue);
/* Takes one signal, so that a new one is seen; look at both rings afterwards.
 * Only when the descriptor was found readable: it may wait otherwise. */
void xnf_queue_ack(struct xnf_queue *queue);

void xnf_queue_kick_tx(struct xnf_queue *queue);
void xnf_queue_kick_rx(struct xnf_queue *queue);

static inline enum xnf_fault xnf_queue_fault(const struct xnf_queue *queue)
{
	return queue->tx.fault ? queue->tx.fault : queue->rx.fault;
}

#endif
