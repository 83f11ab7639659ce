/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_RX_H
#define XNF_RX_H
/*
 * A receive ring from the guest's side. Each slot owns one granted page (a
 * response sits in the slot of its request), and all of them are always
 * posted but for the packets in the user's hands:
 *
 *   xnf_rx_take -> read the packet in place    for each packet
 *   xnf_rx_take_flat -> read them in place     or for many
 *   xnf_rx_release -> notify                   for each burst
 *
 * Thread: one, the queue's. Nothing is allocated and no system call is made.
 * The backend is not trusted: responses are copied once and checked. It can
 * still write into a packet's pages while the user reads them: copy what a
 * decision rests on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "netback/netfront/fault.h"
#include "netback/netfront/frame.h"
#include "netback/xen_abi.h"

struct xnf_rx_stats { /* packets */
	uint64_t taken;
	uint64_t taken_bytes;
	uint64_t errors;   /* the backend said so */
	uint64_t bad_size; /* outside its page, below 14 B, above 65535 B */
	uint64_t bad_extra;
	uint64_t too_many_slots;
	uint64_t headroom; /* of those taken: with room before them */
	uint64_t wrong_id; /* taken all the same: the slot counts */
};

struct xnf_rx {
	struct netif_rx_sring *shared;
	uint8_t *pages;	      /* XNF_RING_SLOTS of them, page aligned */
	const uint32_t *refs; /* their grants; the caller's memory */
	uint32_t posted;      /* requests published */
	uint32_t rsp_prod;    /* responses known and checked */
	uint32_t rsp_cons;
	enum xnf_fault fault;
	struct xnf_rx_stats stats;
};

/* The backend's word on a packet's flow (extra info HASH). */
struct xnf_rx_hash {
	uint8_t algorithm; /* XEN_NETIF_CTRL_HASH_ALGORITHM_...; 0: none */
	uint8_t type;	   /* _XEN_NETIF_CTRL_HASH_TYPE_... */
	uint32_t value;
};

struct xnf_rx_packet {
	uint32_t bytes;
	uint32_t iov_count;
	struct xnf_meta meta;
	struct xnf_rx_hash hash;
	uint16_t headroom; /* bytes before iov[0], free for an XDP program */
	struct iovec iov[XNF_SLOTS_MAX];
};

/* A packet in one piece, with nothing beside it that counts. */
struct xnf_rx_flat {
	const uint8_t *at;
	uint32_t bytes;
};

/* Makes `ring_page` a ring with all buffers posted. All memory stays the
 * caller's. */
void xnf_rx_init(struct xnf_rx *rx, void *ring_page, void *pages,
		 const uint32_t *refs);

/* 1: *ret_packet is the next packet; its memory is the user's until
 * xnf_rx_release(). 0: no packet waits. -EPROTO: rx->fault is set. Packets
 * that are wrong are counted and skipped. */
int xnf_rx_take(struct xnf_rx *rx, struct xnf_rx_packet *ret_packet);
/* The next packets of one slot each and without extra info, `count` at most;
 * how many. Stops before any other packet, which xnf_rx_take() takes, and
 * before what is wrong. */
uint32_t xnf_rx_take_flat(struct xnf_rx *rx, uint32_t count,
			  struct xnf_rx_flat *ret_packets);
/* Posts the buffers of all packets taken so far. True: notify the backend. */
bool xnf_rx_release(struct xnf_rx *rx);
/* Asks for an event at the next packet. True: there is one already, do not
 * sleep. */
bool xnf_rx_arm(struct xnf_rx *rx);

#endif
