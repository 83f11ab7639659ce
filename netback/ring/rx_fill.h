/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_RX_FILL_H
#define XNB_RING_RX_FILL_H
/*
 * Frames towards a guest: reserve slots, plan the copies, and once these ran,
 * answer. Between xnb_rx_fill() and xnb_rx_commit() nothing is written to the
 * log: what was reserved can be given back.
 *
 *   xnb_rx_fill() for each frame; xnb_copy_run(); xnb_rx_commit(): the frames
 *   are in the log; again for other bursts; xnb_rx_publish(); notify
 *
 * A response sits in the same slot as its request (frontends ignore the id).
 * The shared slot is copied once, when it is reserved.
 *
 * With headroom, a frame's first page begins with so many free bytes and an
 * extra info (XNB_EXTRA_TYPE_XDP) names them; the pages behind begin with data.
 * Linux's frontend reads the first offset from that extra info and the others
 * from their responses. (Linux's backend leaves the room in every page, which
 * costs slots: no XDP program sees a frame of several pages.)
 *
 * Thread: whoever holds the queue's lease; one at a time.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "netback/offload/meta.h"
#include "netback/ring/copy.h"
#include "netback/ring/grants.h"
#include "netback/ring/owner.h"
#include "netback/ring/redo.h"
#include "netback/ring/tx_parse.h"
#include "netback/xen_abi.h"
#include "netconf/base/prefetch.h"
#include "netconf/ipc/datalink.h"

enum xnb_rx_origin { /* for the counters only */
	XNB_RX_FROM_GUEST,
	XNB_RX_FROM_TWIN,
	XNB_RX_ORIGINS,
};

/* What a guest that steers by a hash is told of a frame (extra info HASH of
 * xen/io/netif.h). */
struct xnb_rx_hash {
	uint8_t algorithm; /* XEN_NETIF_CTRL_HASH_ALGORITHM_...; 0: no hash */
	uint8_t type;	   /* _XEN_NETIF_CTRL_HASH_TYPE_... */
	uint32_t value;
};

/* A frame: `head` from private memory, then the rest, either from the
 * sender's grants or from private memory. All of it must stay until the plan
 * ran, source_status until xnb_rx_commit(). */
struct xnb_rx_source {
	const uint8_t *head;
	uint32_t head_bytes;
	uint32_t frame_bytes; /* 14 to 65535 */
	enum xnb_rx_origin origin;
	struct xnb_meta meta;
	struct xnb_rx_hash hash; /* the receiver's */

	/* The rest, if frag_count is not 0: these pieces of the sender's. */
	const struct xnb_tx_frag *frag;
	uint32_t frag_count;
	uint32_t frag_skip; /* bytes of frag[] before the rest (the head's) */
	uint16_t domid;	    /* of the sender */
	int16_t *source_status; /* the sender's packet; NULL without frags */

	/* Else: these pieces of private memory. */
	const struct iovec *iov;
	uint32_t iov_count;
	uint32_t iov_skip; /* bytes of iov[] before the rest */
};

struct xnb_rx_packet {		/* reserved, not yet answered */
	int16_t *source_status; /* NULL: from private memory */
	uint32_t first;		/* ring index */
	uint16_t frame_bytes;
	uint16_t slot_count;
	int16_t dest_status;
	uint16_t origin;
};

struct xnb_rx_result {
	uint32_t frames[XNB_RX_ORIGINS]; /* delivered */
	uint64_t bytes[XNB_RX_ORIGINS];
	uint32_t dest_failed;	/* the receiver's grants */
	uint32_t source_failed; /* the sender's */
};

struct xnb_rx_ring {
	struct netif_rx_sring *shared;
	struct xnb_redo_rx *log;
	const struct xnb_owner *owner;
	uint32_t published; /* rsp_prod */
	uint32_t next;	    /* index of the next response to commit */
	uint32_t reserved;  /* index behind the last reserved request */
	uint32_t producer;  /* requests known to be there */
	uint32_t frontend;  /* XN_DL_FE_... */
	/* The vif's static grants; NULL: it has none now. The caller's, as for
	 * headroom. A frame from the sender's grants cannot be put into a
	 * mapped page: give such a vif only frames in private memory. */
	const struct xnb_grants *grants;
	/* Bytes that stay free before a frame, in its first page, for the
	 * guest's XDP program; at most XN_DL_XDP_HEADROOM_MAX. 0: none is
	 * asked for. May change while nothing is reserved. */
	uint16_t headroom;
	uint8_t fault; /* enum xn_dl_fault, or 0; then the ring is dead */
	/* Of what was published last, or is to be: what is reserved is taken
	 * for delivered until it is known to have failed. */
	struct xnb_rx_result result;
	const struct xnb_copy *plan; /* has the copies of what is reserved... */
	uint64_t failures; /* ...and so often others had failed before */
	bool spoilt;	   /* a frame has failed without them */

	/* The answers of what is reserved lie in the log already, behind its
	 * end. The ids are those of packets of several slots, for ERROR. */
	uint32_t packet_count;
	struct xnb_rx_packet packet[XNB_RX_RING_SIZE];
	uint16_t id[XNB_RX_RING_SIZE]; /* by ring index */
};

/* See xnb_tx_attach(). `frontend`: XN_DL_FE_..., used for sg. */
int xnb_rx_attach(struct xnb_rx_ring *ring, void *page, struct xnb_redo_rx *log,
		  const struct xnb_owner *owner, uint32_t frontend,
		  bool resume);

/* Slots that a frame takes on this ring: its pages and the extra infos. */
uint32_t xnb_rx_slots_needed(const struct xnb_rx_ring *ring,
			     const struct xnb_rx_source *source);

/* Can a frame of this size ever go into this ring? What it cannot take is
 * -EMSGSIZE below. */
bool xnb_rx_takes(const struct xnb_rx_ring *ring, uint32_t frame_bytes);

/* Reserves slots for the frame and adds its copies to the plan. 0, or with
 * nothing changed:
 *   -ENOSPC    the ring is short; ask with xnb_rx_arm(xnb_rx_slots_needed())
 *   -ENOBUFS   the plan is full; run it, finish, try again
 *   -EMSGSIZE  more than one page for a frontend without sg, or a frame that
 *              is too short or too long
 *   -EINVAL    the pieces of the source are shorter than the frame
 *   -EPROTO    ring->fault: disable the vif */
int xnb_rx_fill(struct xnb_rx_ring *ring, const struct xnb_rx_source *source,
		struct xnb_copy *plan);

/* The same for many frames of a burst, at most XNB_TX_BURST_MAX. The caller
 * knows that they need nothing but being copied: no GSO, no checksum that this
 * receiver cannot take blank, no failure of the sender's so far, no mapped
 * page. Here is seen whether each fits one page, and its slot is there and no
 * grant of the rings'. Returns how many of the first are so: what the next one
 * is xnb_rx_fill() is to tell. */
struct xnb_rx_plain {
	const struct xnb_tx_burst *burst;
	struct xnb_tx_packet *const *packet; /* in burst->packet, in order */
	uint32_t count;
	uint32_t frame_bytes_max;
};
uint32_t xnb_rx_fill_plain(struct xnb_rx_ring *ring,
			   const struct xnb_rx_plain *plain,
			   struct xnb_copy *plan);

/* What it touches first of a ring that is attached. */
static inline void xnb_rx_prefetch(const struct xnb_rx_ring *ring)
{
	uint32_t slot = ring->reserved % XNB_RX_RING_SIZE;

	xn_prefetch_write(xnb_rx_slot(ring->shared, slot));
	xn_prefetch_write(&ring->log->response[slot]);
	xn_prefetch_write(&ring->packet[ring->packet_count]);
	__builtin_prefetch(&ring->owner->ref_bits);
}

/* After the plan ran: commits everything that was reserved, in the log.
 * The slots of a frame that failed are answered ERROR; if the sender was to
 * blame and nothing was reserved behind it, they are given back instead. (A
 * slot whose own grant failed is never given back: the next frame would fail
 * on it again.) */
void xnb_rx_commit(struct xnb_rx_ring *ring);

/* Publishes what was committed, and says what that was. After the barrier
 * between the two (xen_abi.h) the second says whether to notify; `old`: what
 * the first returned. */
uint32_t xnb_rx_publish(struct xnb_rx_ring *ring, struct xnb_rx_result *ret);
bool xnb_rx_wants_event(const struct xnb_rx_ring *ring, uint32_t old);

/* Asks for an event once `slots` requests are there. True: they are already,
 * do not sleep. */
bool xnb_rx_arm(struct xnb_rx_ring *ring, uint32_t slots);

#endif
