/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_APPLY_UNDO_H
#define XN_APPLY_UNDO_H
/*
 * Back to what was. For netconf/apply only.
 *
 * What a begun step has done is not known: it may have been cut short, and
 * the kernel takes away more than it is told to. So undoing looks at what is,
 * takes back the operations of the begun steps in that model, in reverse, and
 * lets the planner say how to get there. Undoing an undone plan does nothing,
 * so it may itself be cut short at any point.
 */
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"
#include "netconf/plan/plan.h"

/* `steps_begun`: bits by enum xn_step. `elapsed_s`: since the plan was made;
 * lifetimes went on. What was on a link that has vanished stays lost. A
 * negative errno: something is not as it was; `err` says what. */
int xn_undo(struct xn_nl *nl, const struct xn_plan *plan, uint32_t steps_begun,
	    uint32_t elapsed_s, struct xn_err *err);

#endif
