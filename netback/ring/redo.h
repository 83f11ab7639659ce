/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_REDO_H
#define XNB_RING_REDO_H
/*
 * The redo log of a vif: what makes a restart of the data process invisible.
 * In a ring, responses overwrite requests, so the ring alone is no journal.
 * The log lies in a memfd that control holds, one for each vif; the data
 * process maps it with MAP_SHARED. Per burst and ring, in this order:
 *
 *   1. the responses into the log, 2. the log's end (release),
 *   3. the responses into the ring, 4. rsp_prod (release), 5. the log's begin.
 *
 * Towards a receiver several bursts are logged before steps 3 to 5 publish all
 * of them; a sender is answered when its burst is logged for its receivers.
 *
 * So a dead process leaves the ring's rsp_prod at the log's begin or at its
 * end; between them lie whole bursts. A new process writes the logged
 * responses again and goes on at the end: each request is answered exactly
 * once. Begin and end stay on packet boundaries.
 *
 * Thread: the worker that owns the queue; what is for receiving, whoever holds
 * the vif's lease (netback/crew.h). Control reads the note of the work
 * in progress after the process died. Nothing in here is believed: indices are
 * checked against the ring, a log that does not fit is -EPROTO.
 */
#include <stddef.h>
#include <stdint.h>

#include "netback/ring/kept.h"
#include "netback/xen_abi.h"

#define XNB_REDO_MAGIC 0x786e7264u
#define XNB_REDO_VERSION 2u

struct xnb_redo_tx {
	uint32_t begin; /* rsp_prod before the last burst, see above */
	uint32_t end;
	struct netif_tx_response response[XNB_TX_RING_SIZE]; /* by index */
} __attribute__((aligned(64)));

struct xnb_redo_rx {
	uint32_t begin;
	uint32_t end;
	struct netif_rx_response response[XNB_RX_RING_SIZE];
} __attribute__((aligned(64)));

struct xnb_redo_queue {
	struct xnb_redo_tx tx;
	struct xnb_redo_rx rx;
};

struct xnb_redo {
	uint32_t magic;
	uint32_t version;
	uint32_t queue_count;
	uint32_t work;	     /* 0, or 1 + the queue that is being served */
	uint32_t work_index; /* the tx ring index its burst began at */
	struct xnb_kept kept;
	struct xnb_redo_queue queue[]; /* behind them: xnb_redo_grants() */
};

/* The memfd's size for so many queues. */
size_t xnb_redo_bytes(uint32_t queue_count);
/* A queue's static grants. */
struct xnb_kept_grants *xnb_redo_grants(struct xnb_redo *redo, uint32_t queue);
/* Makes an empty log of xnb_redo_bytes() bytes (control, on connect). */
void xnb_redo_init(struct xnb_redo *redo, uint32_t queue_count);
/* Is this a log for so many queues? 0 or -EPROTO. `bytes`: the mapping's. */
int xnb_redo_check(const struct xnb_redo *redo, size_t bytes,
		   uint32_t queue_count);

/* The note of the work in progress: set before the first byte of a guest's is
 * looked at, cleared when nothing of the burst can kill us any more. */
void xnb_redo_enter(struct xnb_redo *redo, uint32_t queue, uint32_t index);
void xnb_redo_leave(struct xnb_redo *redo);
/* After a death: 1 and where, if it happened in this vif's work; else 0. */
int xnb_redo_in_work(const struct xnb_redo *redo, uint32_t *ret_queue,
		     uint32_t *ret_index);

/* Starts a log at the ring's response index (a fresh connection). 0 or
 * -EPROTO: the ring holds more requests than it has slots. */
int xnb_redo_tx_start(struct xnb_redo_tx *log, struct netif_tx_sring *shared,
		      uint32_t *ret_next);
int xnb_redo_rx_start(struct xnb_redo_rx *log, struct netif_rx_sring *shared,
		      uint32_t *ret_next);
/* Finishes what a dead process began, and says where to go on. 0 or -EPROTO:
 * log and ring contradict each other; nothing was written. */
int xnb_redo_tx_replay(struct xnb_redo_tx *log, struct netif_tx_sring *shared,
		       uint32_t *ret_next);
int xnb_redo_rx_replay(struct xnb_redo_rx *log, struct netif_rx_sring *shared,
		       uint32_t *ret_next);

/* Steps 1 to 5 for [next, next + count): `response` in order of the indices,
 * count at most the ring's size. Publishes; the caller then checks the event
 * index. */
void xnb_redo_tx_publish(struct xnb_redo_tx *log, struct netif_tx_sring *shared,
			 uint32_t next,
			 const struct netif_tx_response *response,
			 uint32_t count);
/* A receiver's, in two. The caller writes the responses where they belong in
 * the log, `response` by index, which is step 1; step 2 for each burst, after
 * which the frames are as good as delivered, whoever dies; steps 3 to 5 for
 * several bursts at once, which are `from` .. `end`. Never more in the log than
 * the ring has. */
void xnb_redo_rx_log(struct xnb_redo_rx *log, uint32_t end);
void xnb_redo_rx_publish(struct xnb_redo_rx *log, struct netif_rx_sring *shared,
			 uint32_t from, uint32_t end);

#endif
