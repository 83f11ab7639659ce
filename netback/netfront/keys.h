/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_KEYS_H
#define XNF_KEYS_H
/*
 * What the two sides of a vif tell each other in xenstore (xen/io/netif.h).
 * The backend is not trusted: every value is bounded, a bad one counts as
 * absent, and what is absent has the protocol's default.
 *
 * Thread: the control thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/ctrl.h"
#include "netback/netfront/queue.h"
#include "netback/netfront/store.h"

#define XNF_HEADROOM_MAX 2048u

/* What we ask for and offer. Any combination is written as it is. */
struct xnf_options {
	uint32_t queues_max; /* 1 to XNF_QUEUES_MAX; the backend may cut it */
	bool split_channels; /* if the backend can */
	bool sg;
	bool gso_tcpv4;
	bool gso_tcpv6;
	bool csum; /* false: feature-no-csum-offload */
	bool ipv6_csum;
	bool rx_notify;
	/* Through the control ring, if the backend has one. */
	bool hash;	    /* steer what we receive by a hash */
	bool static_grants; /* have our buffers mapped for good */
	/* Bytes before each received frame, for an XDP program that is loaded
	 * when the vif is connected; at most XNF_HEADROOM_MAX, 0: none. */
	uint32_t xdp_headroom;
	bool mcast_control; /* get registered groups only, if the backend can */
	/* How long a queue's thread looks for work before it sleeps, at most.
	 */
	uint32_t spin_us;
	bool close_first; /* a close cycle before connecting, as Windows does */
};

/* Everything on, one queue. */
extern const struct xnf_options xnf_options_default;

/* What the backend takes from us. */
struct xnf_features {
	uint32_t queues_max;
	bool split_channels;
	bool sg;
	bool gso_tcpv4;
	bool gso_tcpv6;
	bool csum;
	bool ipv6_csum;
	bool ctrl_ring;
	bool mcast_control, dynamic_mcast_control;
	bool xdp_headroom;
};

/* 0, or -errno of a store that failed. */
int xnf_keys_read_features(struct xnf_store *store, const char *backend_path,
			   struct xnf_features *ret_features);

/* `ctrl`: NULL without a control ring. Writes options, rings and channels in
 * one transaction, and removes what an earlier connection with another layout
 * left there. */
int xnf_keys_write(struct xnf_store *store, const char *path,
		   const struct xnf_options *options,
		   struct xnf_queue *const *queues, uint32_t queue_count,
		   const struct xnf_ctrl *ctrl, struct xn_err *err);

/* While connected, before state Reconfiguring. 0 or -errno. */
int xnf_keys_write_headroom(struct xnf_store *store, const char *path,
			    uint32_t bytes);

/* Changes the request for multicast control of a connected frontend. 0 or
 * -errno. */
int xnf_keys_write_mcast(struct xnf_store *store, const char *path, bool on);

#endif
