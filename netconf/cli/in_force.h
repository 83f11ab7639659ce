/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_CLI_IN_FORCE_H
#define XN_CLI_IN_FORCE_H
/* What `xenplane nat` and `xenplane qos` share: they make one part alone, one
 * process at a time, and note it (force/force.h). */
#include <jansson.h>

#include "netconf/force/force.h"

struct xn_cli_hold {
	struct xn_nl *nl;
	struct xn_force *force;
	json_t *vifs; /* known.h; NULL: no xenplaned runs */
	int lock;     /* -1: not held */
};

/* `change`: waits for others who make something. *ret_hold is to be ended also
 * after a failure. */
int xn_cli_hold_begin(bool change, struct xn_cli_hold *ret_hold,
		      struct xn_err *err);
void xn_cli_hold_end(struct xn_cli_hold *hold);

#endif
