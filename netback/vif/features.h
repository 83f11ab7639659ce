/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_VIF_FEATURES_H
#define XNB_VIF_FEATURES_H
/*
 * Feature negotiation: what the backend offers in the store, and what a
 * frontend's keys say. Pure: the caller reads and writes the store.
 * Source: xen's public io/netif.h. Thread: any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/ipc/datalink.h"

/* A key and value that the backend writes before its first InitWait. */
struct xnb_offer_key {
	const char *key;
	char value[12];
};
#define XNB_OFFER_MAX 16u

/* With `offload` off the guest is offered neither checksum offload nor GSO.
 * Returns how many of ret_keys are filled. queues_max: 1..XN_QUEUES_MAX. */
size_t xnb_offer(bool offload, uint32_t queues_max,
		 struct xnb_offer_key ret_keys[XNB_OFFER_MAX]);

/* One queue's ring references and remote event channel ports. */
struct xnb_frontend_queue {
	uint32_t tx_ring_ref;
	uint32_t rx_ring_ref;
	uint32_t tx_port; /* the guest's port number */
	uint32_t rx_port; /* the same as tx_port: one channel for both */
};

struct xnb_frontend {
	uint32_t features;     /* XN_DL_FE_... */
	uint16_t xdp_headroom; /* bytes; it may change while connected */
	bool mcast_control;    /* so may this */
	/* Only with XN_DL_FE_CTRL_RING. */
	uint32_t ctrl_ring_ref;
	uint32_t ctrl_port; /* the guest's */
	uint32_t queue_count;
	struct xnb_frontend_queue queue[XN_QUEUES_MAX];
};

/* Gives the text of a frontend's key ("queue-1/tx-ring-ref"), or NULL when
 * there is none. The text is valid until the next call. */
typedef const char *xnb_key_fn(void *arg, const char *key);

/* Reads and bounds all of a frontend's keys. 0; or -EINVAL, -ERANGE,
 * -ENOENT, -EOPNOTSUPP with key and value in `err` and *ret untouched.
 * Features that were not offered do not count. */
int xnb_frontend_parse(xnb_key_fn *get, void *arg, bool offload,
		       uint32_t queues_max, struct xnb_frontend *ret,
		       struct xn_err *err);

/* The room that the frontend wants before each frame, which it may change in
 * state Reconfiguring: 0..XN_DL_XDP_HEADROOM_MAX; absent: 0. Errors as
 * above. */
int xnb_headroom_parse(xnb_key_fn *get, void *arg, uint16_t *ret_bytes,
		       struct xn_err *err);

/* Does the frontend want no groups but those that it registers? It may say so,
 * or not any more, at any time; absent: no. Errors as above, *ret_control
 * untouched. */
int xnb_mcast_parse(xnb_key_fn *get, void *arg, bool *ret_control,
		    struct xn_err *err);

#endif
