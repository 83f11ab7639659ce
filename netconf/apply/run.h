/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_APPLY_RUN_H
#define XN_APPLY_RUN_H
/* The steps of a plan, done one after the other. For netconf/apply only. */
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"
#include "netconf/plan/plan.h"

struct xn_run {
	struct xn_nl *nl;
	const struct xn_plan *plan;
	/* Before each step; negative errno keeps it from being begun. NULL:
	 * nobody wants to know. */
	int (*begin)(void *arg, enum xn_step step, struct xn_err *err);
	void *arg;
	/* A refused operation does not keep the others from being tried (for
	 * undoing). The first one's error is returned all the same. */
	bool go_on;
};

int xn_run_steps(const struct xn_run *run, struct xn_err *err);

#endif
