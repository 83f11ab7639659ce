/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_HASH_H
#define XNF_HASH_H
/*
 * The simulated guest's hash: what it asks its backend for (Toeplitz over all
 * types, a key, a table over its queues), and a check of what the backend says
 * of each frame. The hash is computed by the function in Xen's own header, so
 * the two sides share no code.
 *
 * Thread: set up by the control thread; checked on the queues'.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/rx.h"

#define XNF_HASH_KEY_BYTES 40u
#define XNF_HASH_MAPPING 16u /* entries, if the backend takes so many */
#define XNF_HASH_TYPES 15u   /* all four of XEN_NETIF_CTRL_HASH_TYPE_... */

struct xnf_hash {
	uint8_t key[XNF_HASH_KEY_BYTES];
	uint32_t mapping_size;
	uint32_t mapping[XNF_HASH_MAPPING];
	atomic_bool on; /* the backend took all of it */
};

enum xnf_hash_verdict {
	XNF_HASH_RIGHT,	  /* also: none, and none was due */
	XNF_HASH_MISSING, /* frames from before it was on, at most */
	XNF_HASH_WRONG,	  /* value, type or queue */
};

/* The key of Microsoft's verification suite, and a table that goes through the
 * queues backwards. */
void xnf_hash_init(struct xnf_hash *hash, uint32_t queue_count);

/* `head`: at least 14 bytes of the frame, private memory. */
enum xnf_hash_verdict xnf_hash_check(const struct xnf_hash *hash,
				     const uint8_t *head, uint32_t head_bytes,
				     uint32_t frame_bytes, uint32_t queue,
				     const struct xnf_rx_hash *told);

#endif
