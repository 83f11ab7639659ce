/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_XEN_ABI_H
#define XNB_XEN_ABI_H
/*
 * The shared ring pages of a vif, and the only includer of Xen's headers for
 * them (xen/io/netif.h, xen/io/ring.h). Index accessors with the ordering the
 * protocol needs: what the other side published is loaded with acquire, what
 * we publish is stored with release, and one full barrier stands between
 * publishing and looking at the other side's event index.
 *
 * Both sides of a ring use them: netback, netfront and the tests. A shared
 * page may change at any time: each value is read once, by these functions,
 * and checked by the caller.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#endif
#include <xen/io/netif.h>

/* For Xen's own ring macros, should somebody need them. */
#undef xen_mb
#undef xen_rmb
#undef xen_wmb
#define xen_mb() atomic_thread_fence(memory_order_seq_cst)
#define xen_rmb() atomic_thread_fence(memory_order_acquire)
#define xen_wmb() atomic_thread_fence(memory_order_release)

#define XNB_PAGE_SIZE 4096u
#define XNB_TX_RING_SIZE 256u
#define XNB_RX_RING_SIZE 256u
#define XNB_CTRL_RING_SIZE 128u
#define XNB_EXTRA_TYPE_XDP 5u /* Linux's; not in Xen's public header yet */

_Static_assert(__CONST_RING_SIZE(netif_tx, XNB_PAGE_SIZE) == XNB_TX_RING_SIZE,
	       "tx ring size");
_Static_assert(__CONST_RING_SIZE(netif_rx, XNB_PAGE_SIZE) == XNB_RX_RING_SIZE,
	       "rx ring size");
_Static_assert(__CONST_RING_SIZE(xen_netif_ctrl, XNB_PAGE_SIZE) ==
		       XNB_CTRL_RING_SIZE,
	       "control ring size");
_Static_assert(sizeof(union xen_netif_ctrl_sring_entry) == 16, "control slot");
_Static_assert(sizeof(struct xen_netif_gref) == 8, "static grant");
_Static_assert(sizeof(union netif_tx_sring_entry) == 12, "tx slot");
_Static_assert(sizeof(union netif_rx_sring_entry) == 8, "rx slot");
_Static_assert(sizeof(struct netif_extra_info) == 8, "extra info");

/* An XNB_EXTRA_TYPE_XDP: the bytes before the frame in its first page, as
 * Linux's `u.xdp` has them. */
static inline void xnb_extra_set_headroom(struct netif_extra_info *extra,
					  uint16_t headroom)
{
	extra->u.pad[0] = headroom;
}

static inline uint16_t xnb_extra_headroom(const struct netif_extra_info *extra)
{
	return extra->u.pad[0];
}

/* Four neighbouring members of 16 bits in one store, which no compiler makes
 * of four in a loop. `to`: the object, `offset`: the first member's. */
static inline void xnb_put4(void *to, size_t offset, uint16_t a, uint16_t b,
			    uint16_t c, uint16_t d)
{
	const bool low_first = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	const uint64_t word =
		low_first ? a | (uint64_t)b << 16 | (uint64_t)c << 32 |
				    (uint64_t)d << 48
			  : (uint64_t)a << 48 | (uint64_t)b << 32 |
				    (uint64_t)c << 16 | d;

	memcpy((uint8_t *)to + offset, &word, sizeof(word));
}

/* An index that the other side writes. */
static inline uint32_t xnb_index_load(const RING_IDX *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* Publishes what was written before it. */
static inline void xnb_index_publish(RING_IDX *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE);
}

/* Between publishing and looking at the event index: so one of the two sides
 * sees the other's store. One is enough for many rings. */
static inline void xnb_event_barrier(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

/* After publishing [old, now) and the barrier: must the other side be
 * notified? */
static inline bool xnb_event_wanted(const RING_IDX *event, uint32_t old,
				    uint32_t now)
{
	return now - __atomic_load_n(event, __ATOMIC_RELAXED) < now - old;
}

/* Both. */
static inline bool xnb_event_crossed(const RING_IDX *event, uint32_t old,
				     uint32_t now)
{
	xnb_event_barrier();
	return xnb_event_wanted(event, old, now);
}

/* Asks to be notified once the other side's producer reaches `at`; the caller
 * must look at that producer once more before it sleeps. */
static inline void xnb_event_arm(RING_IDX *event, uint32_t at)
{
	__atomic_store_n(event, at, __ATOMIC_RELAXED);
	atomic_thread_fence(memory_order_seq_cst);
}

/* The slot of an index. */
static inline union netif_tx_sring_entry *
xnb_tx_slot(struct netif_tx_sring *shared, uint32_t index)
{
	return (union netif_tx_sring_entry *)shared->ring +
	       (index & (XNB_TX_RING_SIZE - 1));
}

static inline union netif_rx_sring_entry *
xnb_rx_slot(struct netif_rx_sring *shared, uint32_t index)
{
	return (union netif_rx_sring_entry *)shared->ring +
	       (index & (XNB_RX_RING_SIZE - 1));
}

static inline union xen_netif_ctrl_sring_entry *
xnb_ctrl_slot(struct xen_netif_ctrl_sring *shared, uint32_t index)
{
	return (union xen_netif_ctrl_sring_entry *)shared->ring +
	       (index & (XNB_CTRL_RING_SIZE - 1));
}

#endif
