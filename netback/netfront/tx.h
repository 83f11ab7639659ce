/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TX_H
#define XNF_TX_H
/*
 * A transmit ring from the guest's side. Each request id owns one granted
 * page, so a frame is written (or read from a tap) straight into the memory
 * that the backend copies from:
 *
 *   xnf_tx_prepare -> write the frame -> xnf_tx_commit    for each frame
 *   xnf_tx_claim -> write the frames -> xnf_tx_commit_flat    or for many
 *   xnf_tx_publish -> notify                              for each burst
 *   xnf_tx_reap                                           to get ids back
 *
 * Thread: one, the queue's. Nothing is allocated and no system call is made.
 * The backend is not trusted: its indices, ids and statuses are checked, and
 * nothing is read back from the shared ring but its responses and indices.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "netback/netfront/fault.h"
#include "netback/netfront/frame.h"
#include "netback/xen_abi.h"
#include "netconf/base/mac.h"

/* Slots of a frame at most: its pages and one extra info. */
#define XNF_TX_SLOTS_MAX (XNF_FRAME_PAGES + 1)

/* Frames that fit into half a page begin at different cache lines of their
 * pages: with equal offsets, all of them would compete for the same sets of
 * the first-level cache. */
#define XNF_TX_COLOURS 32u
#define XNF_TX_COLOUR_BYTES 64u
#define XNF_TX_COLOURED_MAX \
	(XNF_PAGE_BYTES - XNF_TX_COLOURS * XNF_TX_COLOUR_BYTES)

struct xnf_tx_stats {  /* frames */
	uint64_t sent; /* committed */
	uint64_t sent_bytes;
	uint64_t done;	  /* answered OKAY */
	uint64_t errors;  /* answered ERROR */
	uint64_t dropped; /* answered DROPPED */
	/* Multicast requests, which are no frames. */
	uint64_t groups, groups_refused;
};

/* What a request id stands for while it is in the ring. */
enum xnf_tx_slot {
	XNF_TX_FREE,
	XNF_TX_FIRST, /* a frame's first slot: its answer is the frame's */
	XNF_TX_MORE,
	XNF_TX_GROUP, /* a multicast request */
};

struct xnf_tx {
	struct netif_tx_sring *shared;
	uint8_t *pages;	      /* XNF_RING_SLOTS of them, page aligned */
	const uint32_t *refs; /* their grants; the caller's memory */
	uint32_t req_prod;    /* committed */
	uint32_t published;
	uint32_t rsp_cons;
	uint32_t extras_out; /* extra infos not yet answered */
	uint32_t free_count;
	enum xnf_fault fault;
	uint16_t offset; /* of the prepared frame in its first page */
	uint16_t free_id[XNF_RING_SLOTS]; /* a stack */
	uint8_t slot[XNF_RING_SLOTS];	  /* enum xnf_tx_slot, by id */
	struct xnf_tx_stats stats;
};

/* Makes `ring_page` an empty ring. All memory stays the caller's. */
void xnf_tx_init(struct xnf_tx *tx, void *ring_page, void *pages,
		 const uint32_t *refs);

static inline uint32_t xnf_tx_room(const struct xnf_tx *tx)
{
	return XNF_RING_SLOTS - (tx->req_prod - tx->rsp_cons);
}

/* Where to write the next frame of up to `bytes` bytes: the number of pieces
 * in ret_iov (up to XNF_FRAME_PAGES). Changes nothing; calling again gives
 * the same memory. -EAGAIN: the ring is too full (reap, or arm and wait);
 * -EINVAL: no such frame. Once faulty: -EPROTO. */
int xnf_tx_prepare(struct xnf_tx *tx, uint32_t bytes, struct iovec *ret_iov);
/* Puts the frame prepared last into the ring, with as many bytes as it has
 * (XNF_FRAME_MIN to those asked for). */
void xnf_tx_commit(struct xnf_tx *tx, uint32_t bytes,
		   const struct xnf_meta *meta);
/* Both at once, copying the frame: 0 or xnf_tx_prepare()'s errors. */
int xnf_tx_put(struct xnf_tx *tx, const struct iovec *iov, uint32_t iov_count,
	       const struct xnf_meta *meta);

/* Where a frame begins in its first page. */
static inline uint32_t xnf_tx_colour_mask(uint32_t frame_bytes)
{
	return frame_bytes <= XNF_TX_COLOURED_MAX ? XNF_TX_COLOURS - 1 : 0;
}

static inline uint32_t xnf_tx_offset(uint32_t id, uint32_t mask)
{
	return (id & mask) * XNF_TX_COLOUR_BYTES;
}

/* Where to write up to `count` frames of `bytes` bytes, a page (XNF_PAGE_BYTES)
 * at most: how many there is room for. Changes nothing, as xnf_tx_prepare(). */
uint32_t xnf_tx_claim(const struct xnf_tx *tx, uint32_t bytes, uint32_t count,
		      uint8_t **ret_frames);
/* Puts the first `count` of them into the ring, without metadata. */
void xnf_tx_commit_flat(struct xnf_tx *tx, uint32_t bytes, uint32_t count);

/* Asks the backend to send us frames for a group, or not any more (multicast
 * control). 0, -EAGAIN (the ring is too full) or -EPROTO. Not between
 * xnf_tx_prepare() and xnf_tx_commit(). */
int xnf_tx_put_group(struct xnf_tx *tx, bool add, const struct xn_mac *group);

/* The id whose page xnf_tx_prepare() gives first next time; only while it
 * says that there is room. */
static inline uint16_t xnf_tx_next_id(const struct xnf_tx *tx)
{
	return tx->free_id[tx->free_count - 1];
}

/* Shows what was committed to the backend. True: notify it. */
bool xnf_tx_publish(struct xnf_tx *tx);
/* Takes answers: how many slots became free, or -EPROTO with tx->fault set. */
int xnf_tx_reap(struct xnf_tx *tx);
/* Asks for an event once `slots` slots more are answered (or all that are in
 * the ring). True: there are answers already, do not sleep. */
bool xnf_tx_arm(struct xnf_tx *tx, uint32_t slots);

#endif
