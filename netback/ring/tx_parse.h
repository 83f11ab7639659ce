/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_TX_PARSE_H
#define XNB_RING_TX_PARSE_H
/*
 * First stage of a guest's frames: shared slots -> checked private packets.
 * Every slot is copied once and the copy is checked; the shared slot is never
 * read again. What breaks the rules of one packet only is answered ERROR; what
 * shows a broken frontend is a fault: the vif must be disabled. The line
 * between the two is where Linux's netback draws it.
 *
 * Stages of a burst: xnb_tx_parse, xnb_tx_peek (tx_copy.h), the switch and the
 * receivers (rx_fill.h), xnb_tx_respond (tx_respond.h). Parsing consumes
 * nothing: a burst that is not answered is parsed again.
 *
 * Thread: the queue's worker.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/offload/meta.h"
#include "netback/ring/grants.h"
#include "netback/ring/owner.h"
#include "netback/ring/redo.h"
#include "netback/xen_abi.h"
#include "netconf/base/mac.h"
#include "netconf/ipc/datalink.h"

#define XNB_TX_BURST_MAX 64u
#define XNB_PEEK_BYTES 256u
#define XNB_TX_SLOTS_MAX 18u   /* XEN_NETIF_NR_SLOTS_MIN; more: ERROR */
#define XNB_TX_SLOTS_FATAL 20u /* more: fault */
#define XNB_FRAME_BYTES_MIN 14u
#define XNB_FRAME_BYTES_MAX 65535u

struct xnb_tx_ring {
	struct netif_tx_sring *shared;
	struct xnb_redo_tx *log;
	const struct xnb_owner *owner;
	/* The vif's static grants; NULL: it has none now. The caller's. */
	const struct xnb_grants *grants;
	uint32_t next; /* index of the next request = next response */
	uint8_t fault; /* enum xn_dl_fault, or 0; then the ring is dead */
};

/* A piece of a frame in the guest's memory; never empty, never leaves its
 * page. */
struct xnb_tx_frag {
	uint32_t ref;
	uint16_t offset;
	uint16_t bytes;
};

struct xnb_tx_packet {
	uint8_t *head;	     /* private; head_bytes of it, after the peek */
	uint16_t head_bytes; /* min(frame_bytes, XNB_PEEK_BYTES) */
	uint16_t frame_bytes;
	uint16_t frag_first; /* in burst->frag; all bytes, head's too */
	uint16_t slot_first; /* in burst->response */
	uint16_t frag_count;
	uint16_t slot_count;
	/* Anything but 0 answers this packet ERROR. Stage copies put a failed
	 * grant here (copy.h); the caller may, too. */
	int16_t source_status;
	uint16_t mapped_count; /* fragments that are mapped, if burst->mapped */
	struct xnb_meta meta;
};

/* A multicast request (xen/io/netif.h, XEN_NETIF_EXTRA_TYPE_MCAST_...): the
 * guest's word, not yet looked at. It rides on a packet that is none. Its first
 * slot is answered OKAY unless xnb_tx_refuse() is told of it. */
struct xnb_tx_group {
	struct xn_mac mac;
	bool add;
	uint16_t slot; /* in burst->response */
};

/* Big; one for each worker. packet[] holds good packets only: malformed ones
 * are just slots with an answer, and so are multicast requests, which are
 * listed beside. */
struct xnb_tx_burst {
	uint16_t domid;
	uint8_t fault;	     /* enum xn_dl_fault: what stopped the burst */
	uint32_t count;	     /* packets */
	uint32_t slot_count; /* responses, also of what is no packet */
	uint32_t frag_count;
	uint32_t bytes;		/* of packet[] */
	uint32_t offloaded;	/* packets with metadata to be checked */
	uint32_t malformed;	/* packets answered ERROR by the parser */
	uint32_t requests;	/* multicast requests: in group[] */
	uint32_t source_failed; /* packets whose head could not be copied */
	bool mapped; /* frag_page[] and mapped_count are set (tx_mapped.h) */
	struct netif_tx_request window[XNB_TX_BURST_MAX]; /* the parser's */
	struct xnb_tx_packet packet[XNB_TX_BURST_MAX];
	struct xnb_tx_group group[XNB_TX_BURST_MAX]; /* in order */
	struct xnb_tx_frag frag[XNB_TX_RING_SIZE];
	const uint8_t *frag_page[XNB_TX_RING_SIZE]; /* NULL: not mapped */
	struct netif_tx_response response[XNB_TX_RING_SIZE];
	uint8_t head[XNB_TX_BURST_MAX][XNB_PEEK_BYTES]
		__attribute__((aligned(64)));
};

/* Takes over a mapped ring page. `resume`: finish what a dead process began
 * (redo.h); else start the log at the ring's index. 0 or -EPROTO: indices
 * contradict each other. Page, log and owner stay the caller's. */
int xnb_tx_attach(struct xnb_tx_ring *ring, void *page, struct xnb_redo_tx *log,
		  const struct xnb_owner *owner, bool resume);

/* Requests that wait, without looking at them; more than the ring has is a
 * fault, which xnb_tx_parse() finds. */
static inline bool xnb_tx_pending(const struct xnb_tx_ring *ring)
{
	return xnb_index_load(&ring->shared->req_prod) != ring->next;
}

/* Fills the burst with up to `packets_max` packets (malformed ones count),
 * stopping behind the one that reaches `bytes_max`. Sets burst->fault and
 * ring->fault on a fault; the packets before it are good, and may be served
 * and answered before the vif is disabled. */
void xnb_tx_parse(struct xnb_tx_ring *ring, struct xnb_tx_burst *burst,
		  uint32_t packets_max, uint32_t bytes_max);

/* Turns the answers of these slots (of burst->response) into ERROR; those of
 * extra infos stay NULL. For the later stages. */
void xnb_tx_refuse(struct xnb_tx_burst *burst, uint32_t slot_first,
		   uint32_t slot_count);

#endif
