/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_FRONT_H
#define XNF_FRONT_H
/*
 * A frontend: the guest's side of one vif. It follows the backend through
 * xenbus' states (xen/io/xenbus.h), makes the queues when the backend waits
 * for them, and tells its user when frames can flow.
 *
 *   own state     what holds there
 *   Initialising  no queues; waits for the backend's InitWait
 *   Connected     queues granted and published; the user has them ("up") from
 *                 the backend's Connected on
 *   Reconfiguring the same; waits for the backend's Reconfigured: it has read
 *                 the new headroom
 *   Closing       the user has no queues; waits for the backend's Closing
 *   Closed        waits for the backend's Closed, then takes the memory back;
 *                 starts again when the backend is in InitWait anew
 *
 * Thread: the control thread, from xnf_store_dispatch(). A queue may be handed
 * to another thread between up() and down().
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/ctrl.h"
#include "netback/netfront/keys.h"
#include "netback/netfront/queue.h"
#include "netback/netfront/store.h"
#include "netconf/base/mac.h"

struct xnf_front;

struct xnf_front_ops {
	/* Both sides are Connected: the queues are the user's. */
	void (*up)(void *arg);
	/* The queues are taken away when this returns. Comes once for each
	 * up(), also from xnf_front_destroy(). */
	void (*down)(void *arg);
	/* The frontend key `mtu` has another value. May be NULL. */
	void (*mtu)(void *arg);
	/* The backend key `carrier` has another value. May be NULL. */
	void (*carrier)(void *arg);
	/* A close that xnf_front_close() began is over. May be NULL. */
	void (*closed)(void *arg);
};

/* Begins to follow /local/domain/DOMID/device/vif/HANDLE, which must have its
 * `backend` keys. Caller owns the result; NULL: see `err`. A frontend that
 * somebody left in a later state than Initialising is closed first. No
 * function of ops is called before this returns. */
struct xnf_front *xnf_front_create(struct xnf_store *store, uint32_t domid,
				   uint32_t handle,
				   const struct xnf_options *options,
				   const struct xnf_front_ops *ops, void *arg,
				   struct xn_err *err);
/* Takes the memory back in whatever state; writes nothing to the store.
 * Accepts NULL. Not from a function of ops. */
void xnf_front_destroy(struct xnf_front *front);

/* Begins a close cycle; for good unless xnf_front_reopen() follows. */
void xnf_front_close(struct xnf_front *front);
/* Begins a close cycle if need be, and connects again after it. */
void xnf_front_reopen(struct xnf_front *front);
/* True when a close is over: the backend holds nothing of ours. */
bool xnf_front_is_closed(const struct xnf_front *front);
bool xnf_front_is_up(const struct xnf_front *front);

/* While up: asks for registered groups only, or for all again. Says nothing to
 * a backend that takes no such word of a connected frontend. */
void xnf_front_request_mcast(struct xnf_front *front, bool on);

uint32_t xnf_front_handle(const struct xnf_front *front);
/* Only while up. */
uint32_t xnf_front_queue_count(const struct xnf_front *front);
struct xnf_queue *xnf_front_queue(const struct xnf_front *front,
				  uint32_t index);
/* NULL: it was not wanted, or the backend has none. While up. */
struct xnf_ctrl *xnf_front_ctrl(const struct xnf_front *front);
/* What the backend takes from us; all off before the first connection. */
const struct xnf_features *xnf_front_features(const struct xnf_front *front);
/* False: the store has no valid address. */
bool xnf_front_mac(const struct xnf_front *front, struct xn_mac *ret_mac);
/* The link, as the backend has it (xen/io/netif.h, "Link state"): false only
 * for a key `carrier` that is 0. */
bool xnf_front_carrier(const struct xnf_front *front);
/* 0: the store says nothing (valid). */
uint32_t xnf_front_mtu(const struct xnf_front *front);

#endif
