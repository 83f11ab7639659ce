/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_HOSTILE_RING_H
#define XNF_HOSTILE_RING_H
/*
 * xenstore as a guest's kernel has it: through the page that is granted to the
 * store (xen/io/xs_wire.h), with the guest's own permissions, quotas and
 * limits. What comes by a lab's socket is domain 0 to the store, whoever it
 * is. Needs the simulated hypervisor: the grant has a fixed reference.
 *
 * Thread: one. Errors: negative errno, among them the store's own words
 * (-EACCES, -ENOSPC). Every wait is bounded: -ETIMEDOUT.
 */
#include <stdint.h>

#include "netconf/base/err.h"

struct xnf_store_ring;

/* Has the store introduced to the domain (that needs the lab's socket), or
 * takes up the connection of an earlier program of the domain. Caller owns the
 * result; NULL: see `err`. */
struct xnf_store_ring *xnf_store_ring_open(uint32_t domid, struct xn_err *err);
/* The store keeps its end until the domain goes. Accepts NULL. */
void xnf_store_ring_close(struct xnf_store_ring *ring);

int xnf_store_ring_write(struct xnf_store_ring *ring, const char *path,
			 const char *value);
int xnf_store_ring_remove(struct xnf_store_ring *ring, const char *path);
int xnf_store_ring_watch(struct xnf_store_ring *ring, const char *path,
			 const char *token);
int xnf_store_ring_unwatch(struct xnf_store_ring *ring, const char *path,
			   const char *token);
/* Without waiting for one answer before the next question: how many were
 * answered within the time. */
uint64_t xnf_store_ring_rewrite(struct xnf_store_ring *ring, const char *path,
				const char *value, uint64_t count,
				uint32_t limit_ms);

#endif
