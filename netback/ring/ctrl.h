/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_RING_CTRL_H
#define XNB_RING_CTRL_H
/*
 * A vif's control ring (xen/io/netif.h, "Control ring" and "Control messages"):
 * how a guest sets the hash by which its frames are steered, and its static
 * grants. Each request is copied once, checked, done and answered, in order,
 * once: an answer is logged (kept.h) before it is written over its request.
 * Keys, tables and lists are copied once from the guest's page, checked, and
 * taken over as a whole or not at all (XSA-270).
 *
 * Everything here works on memory that the caller gives: a ring page, a log,
 * a plan of grant copies. Thread: the worker that has the vif, between bursts.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/ring/copy.h"
#include "netback/ring/grants.h"
#include "netback/ring/kept.h"
#include "netback/ring/owner.h"
#include "netback/xen_abi.h"

/* What one round of a vif may ask: so much work, then it is the next one's
 * turn. A request for static grants is all of it. */
#define XNB_CTRL_ROUND 16u

/* Bytes of the guest's, private. Big: one for each worker. */
union xnb_ctrl_page {
	uint8_t key[XNB_HASH_KEY_BYTES];
	uint32_t mapping[XNB_HASH_MAPPING_MAX];
	struct xen_netif_gref list[XNB_GRANTS_MAX];
};

struct xnb_ctrl {
	struct xen_netif_ctrl_sring *shared; /* NULL: the vif has none */
	uint32_t next;	 /* index of the next request = next response */
	uint8_t fault;	 /* enum xn_dl_fault, or 0; then the ring is dead */
	bool hash_fresh; /* `hash` was set since the caller took it */
	uint32_t queue_count;
	struct xnb_kept *kept;
	const struct xnb_owner *owner;
	struct xnb_grants *grants;
	struct xnb_kept_hash hash; /* in force */
};

/* Takes over a mapped ring page; the other members but next, fault and hash
 * are set by the caller, and stay its own. `resume`: writes the logged answer
 * again, if a dead process did not publish it, and takes what is kept; else
 * forgets it. 0 or -EPROTO: indices contradict each other. With no ring
 * (`page` NULL) only what is kept is looked at. */
int xnb_ctrl_attach(struct xnb_ctrl *ctrl, void *page, bool resume);

/* Requests that wait, without looking at them. */
static inline bool xnb_ctrl_pending(const struct xnb_ctrl *ctrl)
{
	return xnb_index_load(&ctrl->shared->req_prod) != ctrl->next;
}

/* Does requests until a round is full, and answers them; `plan` must be empty,
 * and is empty afterwards. Returns how many were answered; *ret_notify: tell
 * the guest. Sets ctrl->fault. */
uint32_t xnb_ctrl_serve(struct xnb_ctrl *ctrl, struct xnb_copy *plan,
			union xnb_ctrl_page *page, bool *ret_notify);

/* Asks for an event at the next request. True: there is one already. */
bool xnb_ctrl_arm(struct xnb_ctrl *ctrl);

#endif
