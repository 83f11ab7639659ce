/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_DRIFTED_H
#define XN_SAFE_DRIFTED_H
/*
 * What others changed of the host's bridges against the apply that is in
 * force: the planner says what it would take to have it again. Looking changes
 * nothing and takes no lock. Thread: the socket's.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/planeconf.h"

struct xn_safe;

#define XN_DRIFTED_TEXT_MAX 256

struct xn_drifted {
	char bridge[IFNAMSIZ];
	uint32_t operations; /* 0: it cannot be had again; the words say why */
	char words[XN_DRIFTED_TEXT_MAX];
};

struct xn_drifts {
	uint32_t count;
	struct xn_drifted item[XN_PLANECONF_BRIDGES_MAX];
	/* A value was left out that is another one for a while: look again. */
	bool unsettled;
};

/* Of the applies that are remembered in the folder `state`; NULL: the usual
 * one. Makes nothing. Caller owns *ret_safe. */
int xn_drifts_open(const char *state, struct xn_safe **ret_safe,
		   struct xn_err *err);
void xn_drifts_close(struct xn_safe *safe); /* accepts NULL */

/* -ENOENT: nothing is in force here. -EBUSY: an apply is being made, or waits
 * to be confirmed. *ret_drifts is set on success only. */
int xn_drifts_look(struct xn_safe *safe, struct xn_drifts *ret_drifts,
		   struct xn_err *err);
/* The bridge is again as the apply in force made it. -EBUSY: another process
 * changes something. Errors also as of xn_apply(). */
int xn_drifts_repair(struct xn_safe *safe, const char *bridge,
		     struct xn_err *err);

#endif
