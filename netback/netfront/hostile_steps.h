/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_HOSTILE_STEPS_H
#define XNF_HOSTILE_STEPS_H
/*
 * The attack `steps`: what its words say, one after the other, each with what
 * the backend has to make of it (xenplane-hostile(1)). The first one that goes
 * another way ends it, by its name.
 *
 * Between the steps `close` and `connect` the vif is led by hand: the frontend
 * library has closed it, and neither looks at it nor writes keys.
 *
 * Thread: one. Every wait has a limit.
 */
#include "netback/netfront/hostile.h"
#include "netback/netfront/hostile_ring.h"

#define XNF_STEPS_UNDO_MAX 128u

struct xnf_steps_undo {
	char path[XNF_STORE_PATH_MAX];
	char value[XNF_STORE_VALUE_MAX];
	bool there;
};

struct xnf_steps {
	struct xnf_hostile *one;
	struct xnf_store_ring *ring; /* the guest's own way to the store */
	xengntshr_handle *gntshr;
	/* By hand; NULL: the library's. */
	struct xnf_queue *queue;
	struct xnf_ctrl *ctrl;
	/* Keys as they were before they were overwritten. */
	uint32_t undo_count;
	struct xnf_steps_undo undo[XNF_STEPS_UNDO_MAX];
};

/* Each does what one word says behind its colon, which it may take apart. 0,
 * or a negative errno and why. */

/* hostile_steps_keys.c */
int xnf_step_own(struct xnf_steps *steps, char *word, struct xn_err *err);
int xnf_step_backend(struct xnf_steps *steps, char *word, struct xn_err *err);
int xnf_step_toolstack(struct xnf_steps *steps, char *word, struct xn_err *err);
int xnf_step_is(struct xnf_steps *steps, char *word, struct xn_err *err);
void xnf_steps_put_back(struct xnf_steps *steps);

/* hostile_steps_tx.c */
int xnf_step_tx(struct xnf_steps *steps, char *word, struct xn_err *err);

/* hostile_steps_ctrl.c */
int xnf_step_ask(struct xnf_steps *steps, char *word, struct xn_err *err);

#endif
