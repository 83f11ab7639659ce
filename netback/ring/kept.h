/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_KEPT_H
#define XNB_RING_KEPT_H
/*
 * What a guest told us over its rings, and will not tell again: its hash
 * settings, the multicast groups it registered, the grants that we are to keep
 * mapped, and how far its control ring is answered. It lies in the vif's redo
 * log (redo.h), so that a new data process goes on with it.
 *
 * A process may die between any two stores. What takes more than one word is
 * written beside the old value, and one store makes it the value; everything
 * else is one word for each entry, which is there or not.
 *
 * Nothing in here is believed when it is read again: the functions that read
 * give only what is within its bounds.
 *
 * Thread: the worker that has the vif; one at a time.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/xen_abi.h"
#include "netconf/base/mac.h"
#include "netconf/ipc/datalink.h"

#define XNB_HASH_KEY_BYTES 40u
#define XNB_HASH_MAPPING_MAX 128u
#define XNB_MCAST_MAX 64u   /* groups of a vif; Linux has the same limit */
#define XNB_GRANTS_MAX 512u /* static grants of a queue */

/* xen/io/netif.h, control messages. `algorithm` 0: none was chosen. */
struct xnb_kept_hash {
	uint32_t algorithm; /* XEN_NETIF_CTRL_HASH_ALGORITHM_... */
	uint32_t flags;	    /* XEN_NETIF_CTRL_HASH_TYPE_... */
	uint32_t mapping_size;
	uint32_t key_bytes;
	uint8_t key[XNB_HASH_KEY_BYTES]; /* zero behind key_bytes */
	uint8_t mapping[XNB_HASH_MAPPING_MAX];
};

/* The last answer on the control ring, as in redo.h: logged, then `end`, then
 * written to the ring and published. */
struct xnb_kept_ctrl {
	uint32_t end; /* index behind it */
	struct xen_netif_ctrl_response response;
};

struct xnb_kept {
	struct xnb_kept_ctrl ctrl;
	uint32_t hash_now; /* which of the two holds */
	struct xnb_kept_hash hash[2];
	uint64_t mcast[XNB_MCAST_MAX]; /* 0, or an address */
};

/* Static grants of one queue; behind the queues' logs (redo.h). */
struct xnb_kept_grants {
	uint64_t entry[XNB_GRANTS_MAX];
};

/* Nothing was said yet (a new connection). The grants are apart. */
void xnb_kept_init(struct xnb_kept *kept);

/* 0, or -EPROTO: what is kept is nothing that a guest with so many queues
 * could have said; *ret untouched then. */
int xnb_kept_hash_get(const struct xnb_kept *kept, uint32_t queue_count,
		      struct xnb_kept_hash *ret);
/* Takes the whole over at once. */
void xnb_kept_hash_set(struct xnb_kept *kept, const struct xnb_kept_hash *hash);

/* 0 (also: it was there already), -EINVAL (no group address) or -ENOSPC. */
int xnb_kept_mcast_add(struct xnb_kept *kept, const struct xn_mac *group);
/* 0 or -ENOENT. */
int xnb_kept_mcast_del(struct xnb_kept *kept, const struct xn_mac *group);
/* Fills up to XNB_MCAST_MAX groups and returns how many. */
uint32_t xnb_kept_mcast_list(const struct xnb_kept *kept,
			     struct xn_mac ret_group[XNB_MCAST_MAX]);

/* A request to the control ring adds or deletes many grants, and is done again
 * if we die before it is answered. So each entry is stamped with the request's
 * ring index: what an unanswered request did does not count. */
struct xnb_kept_grant {
	uint32_t ref;
	bool readonly;
};
void xnb_kept_grant_add(struct xnb_kept_grants *grants, uint32_t entry,
			struct xnb_kept_grant grant, uint32_t request);
/* The entry's place may be used again by a later request, not by this one. */
void xnb_kept_grant_del(struct xnb_kept_grants *grants, uint32_t entry,
			uint32_t request);
/* For what cannot be mapped again. */
void xnb_kept_grant_forget(struct xnb_kept_grants *grants, uint32_t entry);
/* Forgets all that this request added: it failed. */
void xnb_kept_grants_undo(struct xnb_kept_grants *grants, uint32_t request);
/* While we live: is this entry one that was added and not deleted? */
bool xnb_kept_grant_held(const struct xnb_kept_grants *grants, uint32_t entry);
/* Is there a grant, when `next` is the first request without an answer? After
 * this the entry is what it said. */
bool xnb_kept_grant_get(struct xnb_kept_grants *grants, uint32_t entry,
			uint32_t next, struct xnb_kept_grant *ret);

#endif
