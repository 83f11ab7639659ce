/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_APPLY_H
#define QOS_APPLY_H
/*
 * Rates and shares put in force, over netlink. All that is ours and is not
 * wanted any more goes. What cannot be done is undone: then all of ours is as
 * before, as far as the kernel lets it; an administrator's discipline that was
 * taken out of the way does not come back.
 *
 * Thread: the socket's, which is in the socket's network namespace. One at a
 * time for a namespace.
 */
#include <stdbool.h>
#include <stddef.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"
#include "qos/plan.h"

/* Looks and plans, and does nothing but a probe (observed.h). Errors are
 * theirs. Caller owns *ret_plan, set on success only. */
int xq_look(struct xn_nl *nl, const struct xq_wish *wish,
	    const struct xq_told *told, struct xq_plan *ret_plan,
	    struct xn_err *err);
/* *ret_count: operations done; 0: all was so already. An empty wish takes all
 * of ours away. */
int xq_apply(struct xn_nl *nl, const struct xq_wish *wish,
	     const struct xq_told *told, size_t *ret_count, struct xn_err *err);

/* Operations of nftables' limits, as one transaction (hands.c). */
int xq_do_polices(const struct xq_op *op, size_t count, struct xn_err *err);
/* One operation (hands.c). */
int xq_do(struct xn_nl *nl, const struct xq_op *op, struct xn_err *err);

#endif
