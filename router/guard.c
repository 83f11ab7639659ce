/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of guard.h in the kernel, with one port more or less. */
#include "router/guard.h"

#include "router/change.h"

struct change {
	const struct xrt_port *port; /* NULL: none comes */
	xrt_keep_fn *keep;
	void *arg;
	uint32_t left;
};

int xrt_guard_see(struct xnat_seen *ret_seen, struct xn_err *err)
{
	return xrt_change_see(XRT_TABLE_NAME, ret_seen, err);
}

/* The last port takes the table along. */
static int plan_change(void *arg, const struct xnat_table *seen,
		       struct xnat_table *ret_table, bool *ret_stays,
		       struct xn_err *err)
{
	struct change *change = arg;
	int rc = xrt_guard_plan(seen, change->port, change->keep, change->arg,
				ret_table, err);

	if (rc < 0)
		return rc;
	change->left = xrt_guard_count(ret_table);
	*ret_stays = change->left > 0;
	return 0;
}

int xrt_guard_set(const struct xrt_port *port, struct xn_err *err)
{
	struct change change = {.port = port};

	return xrt_change(XRT_TABLE_NAME, plan_change, &change, err);
}

int xrt_guard_clear(xrt_keep_fn *keep, void *arg, uint32_t *ret_left,
		    struct xn_err *err)
{
	struct change change = {.keep = keep, .arg = arg};
	int rc = xrt_change(XRT_TABLE_NAME, plan_change, &change, err);

	if (rc == 0)
		*ret_left = change.left;
	return rc;
}
