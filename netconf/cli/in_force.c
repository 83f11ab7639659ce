/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One part of what is in force, see in_force.h. */
#include "netconf/cli/in_force.h"

#include "netconf/force/files.h"
#include "netconf/force/known.h"

int xn_cli_hold_begin(bool change, struct xn_cli_hold *ret_hold,
		      struct xn_err *err)
{
	int rc;

	*ret_hold = (struct xn_cli_hold){.lock = -1};
	rc = xn_nl_open(&ret_hold->nl, err);
	if (rc == 0)
		rc = xn_force_open(ret_hold->nl, &ret_hold->force, err);
	if (rc == 0 && change)
		rc = xn_force_lock(true, &ret_hold->lock, err);
	if (rc == 0)
		rc = xn_force_known_read(ret_hold->nl, &ret_hold->vifs, err);
	return rc;
}

void xn_cli_hold_end(struct xn_cli_hold *hold)
{
	json_decref(hold->vifs);
	xn_force_unlock(&hold->lock);
	xn_force_close(hold->force);
	xn_nl_close(hold->nl);
}
