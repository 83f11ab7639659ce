/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One transaction on a table of ours, see change.h. */
#include "router/change.h"

#include <errno.h>

#include "natd/batch.h"
#include "natd/send.h"

/* Others may be at work on their tables. */
#define ATTEMPTS_MAX 10

int xrt_change_see(const char *table, struct xnat_seen *ret_seen,
		   struct xn_err *err)
{
	struct xn_nl *netfilter = NULL;
	int rc = xn_nl_open_netfilter(&netfilter, err);

	if (rc < 0)
		return rc;
	rc = xnat_see(netfilter, table, ret_seen, err);
	xn_nl_close(netfilter);
	return rc;
}

/* What is an admin's stays, and the table for its sake. */
static int send_difference(struct xn_nl *netfilter,
			   const struct xnat_seen *seen,
			   const struct xnat_table *wanted, bool stays,
			   struct xn_err *err)
{
	struct xnat_batch batch = {0};
	int rc = stays ? xnat_batch_apply(wanted, seen, &batch, err)
		       : xnat_batch_remove(seen, &batch, err);

	if (rc == 0)
		rc = xnat_batch_send(netfilter, &batch, false, err);
	xnat_batch_fini(&batch);
	return rc;
}

/* -ERESTART: somebody changed something in between. */
static int try_change(struct xn_nl *netfilter, const char *table,
		      xrt_change_fn *plan, void *arg, struct xn_err *err)
{
	struct xnat_table wanted = {0};
	struct xnat_seen seen;
	bool stays = false;
	int rc = xnat_see(netfilter, table, &seen, err);

	if (rc < 0)
		return rc;
	rc = plan(arg, &seen.table, &wanted, &stays, err);
	if (rc == 0) {
		rc = send_difference(netfilter, &seen, &wanted, stays, err);
		xnat_table_fini(&wanted);
	}
	xnat_seen_fini(&seen);
	return rc;
}

int xrt_change(const char *table, xrt_change_fn *plan, void *arg,
	       struct xn_err *err)
{
	struct xn_nl *netfilter = NULL;
	struct xn_err why = {0};
	int rc = xn_nl_open_netfilter(&netfilter, err);

	if (rc < 0)
		return rc;
	rc = -ERESTART;
	for (int i = 0; i < ATTEMPTS_MAX && rc == -ERESTART; i++) {
		why.set = false;
		rc = try_change(netfilter, table, plan, arg, &why);
	}
	xn_nl_close(netfilter);
	return rc < 0 ? xn_fail(err, -rc, "%s", xn_err_text(&why)) : 0;
}
