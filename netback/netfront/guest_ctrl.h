/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_GUEST_CTRL_H
#define XNF_GUEST_CTRL_H
/*
 * What the simulated guest asks of its backend through the control ring, when
 * its user wants it: a hash to steer its frames by, and its buffers as static
 * grants. First it asks how much of each the backend can, then for as much as
 * that. Frames flow meanwhile.
 *
 * Thread: the control thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/ctrl.h"
#include "netback/netfront/hash.h"
#include "netback/netfront/queue.h"

enum xnf_guest_ctrl_phase {
	XNF_CTRL_ASKING,  /* how much there is */
	XNF_CTRL_SETTING, /* what we want of it */
	XNF_CTRL_DONE,
};

struct xnf_guest_ctrl {
	struct xnf_ctrl *ctrl; /* the caller's */
	enum xnf_guest_ctrl_phase phase;
	bool want_hash, want_grants;
	struct xnf_hash hash;
	uint32_t hash_types; /* that the backend knows */
	uint32_t mapping_max;
	uint32_t grants_max; /* of a queue: the least that one said */
	uint32_t queue_count;
	struct xnf_queue *queue[XNF_QUEUES_MAX];
	uint32_t refused; /* requests */
	uint32_t granted; /* pages that we asked to be mapped */
};

/* Puts the first requests. The members above `phase` to queue[] that the
 * caller sets: ctrl, want_..., queue_count, queue[]. */
void xnf_guest_ctrl_begin(struct xnf_guest_ctrl *guest);
/* Takes answers, and goes on. 1: it is done now (guest->refused says how
 * well); 0: answers are still to come, or it was done before; -EPROTO: the
 * backend broke the ring. */
int xnf_guest_ctrl_continue(struct xnf_guest_ctrl *guest);

#endif
