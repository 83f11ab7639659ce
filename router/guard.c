/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of guard.h in the kernel: read, planned anew with one port more or
 * less, and what differs sent as one transaction. */
#include "router/guard.h"

#include <errno.h>

#include "natd/batch.h"
#include "natd/send.h"

/* Others may be at work on their tables. */
#define ATTEMPTS_MAX 10

struct change {
	const struct xrt_port *port; /* NULL: none comes */
	xrt_keep_fn *keep;
	void *arg;
	uint32_t left;
};

int xrt_guard_see(struct xnat_seen *ret_seen, struct xn_err *err)
{
	struct xn_nl *netfilter = NULL;
	int rc = xn_nl_open_netfilter(&netfilter, err);

	if (rc < 0)
		return rc;
	rc = xnat_see(netfilter, XRT_TABLE_NAME, ret_seen, err);
	xn_nl_close(netfilter);
	return rc;
}

/* The last port takes the table along, but for what is an admin's. */
static int make_batch(const struct xnat_seen *seen,
		      const struct xnat_table *wanted, uint32_t left,
		      struct xnat_batch *batch, struct xn_err *err)
{
	return left ? xnat_batch_apply(wanted, seen, batch, err)
		    : xnat_batch_remove(seen, batch, err);
}

/* -ERESTART: somebody changed something in between. */
static int try_change(struct xn_nl *netfilter, struct change *change,
		      struct xn_err *err)
{
	struct xnat_batch batch = {0};
	struct xnat_table wanted;
	struct xnat_seen seen;
	int rc = xnat_see(netfilter, XRT_TABLE_NAME, &seen, err);

	if (rc < 0)
		return rc;
	rc = xrt_guard_plan(&seen.table, change->port, change->keep,
			    change->arg, &wanted, err);
	if (rc < 0) {
		xnat_seen_fini(&seen);
		return rc;
	}
	change->left = xrt_guard_count(&wanted);
	rc = make_batch(&seen, &wanted, change->left, &batch, err);
	if (rc == 0)
		rc = xnat_batch_send(netfilter, &batch, false, err);
	xnat_batch_fini(&batch);
	xnat_table_fini(&wanted);
	xnat_seen_fini(&seen);
	return rc;
}

static int make_change(struct change *change, struct xn_err *err)
{
	struct xn_nl *netfilter = NULL;
	struct xn_err why = {0};
	int rc = xn_nl_open_netfilter(&netfilter, err);

	if (rc < 0)
		return rc;
	rc = -ERESTART;
	for (int i = 0; i < ATTEMPTS_MAX && rc == -ERESTART; i++) {
		why.set = false;
		rc = try_change(netfilter, change, &why);
	}
	xn_nl_close(netfilter);
	return rc < 0 ? xn_fail(err, -rc, "%s", xn_err_text(&why)) : 0;
}

int xrt_guard_set(const struct xrt_port *port, struct xn_err *err)
{
	struct change change = {.port = port};

	return make_change(&change, err);
}

int xrt_guard_clear(xrt_keep_fn *keep, void *arg, uint32_t *ret_left,
		    struct xn_err *err)
{
	struct change change = {.keep = keep, .arg = arg};
	int rc = make_change(&change, err);

	if (rc == 0)
		*ret_left = change.left;
	return rc;
}
