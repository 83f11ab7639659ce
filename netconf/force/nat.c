/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT as a part of what is in force, see parts.h. */
#include "natd/nat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "natd/flows.h"
#include "netconf/force/known.h"
#include "netconf/force/parts.h"

bool xn_force_wants_nat(const struct xn_planeconf *conf)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		if (xnat_is_nat(&conf->bridge[i]))
			return true;
	return false;
}

static int open_netfilter(struct xn_force *force, struct xn_err *err)
{
	return force->netfilter ? 0
				: xn_nl_open_netfilter(&force->netfilter, err);
}

/* After a failure nobody knows what may still come on it. */
static void leave_netfilter(struct xn_force *force, int rc)
{
	if (rc == 0 || rc == -EBUSY)
		return;
	xn_nl_close(force->netfilter);
	force->netfilter = NULL;
}

static int find_out(struct xn_force *force, struct xn_err *err)
{
	int rc;

	if (force->knows_nat)
		return 0;
	rc = xnat_probe(force->netfilter, &force->nat, err);
	force->knows_nat = rc == 0;
	return rc;
}

static int tell(const struct xnat_report *report, struct xn_force_ops *ops)
{
	uint32_t told = report->change_count < XNAT_CHANGES_MAX
				? report->change_count
				: XNAT_CHANGES_MAX;
	char words[XN_FORCE_WORDS_MAX];
	int rc = 0;

	for (uint32_t i = 0; i < told && rc == 0; i++) {
		(void)snprintf(words, sizeof(words), "%s", report->change[i]);
		rc = xn_force_ops_add(ops, XN_FORCE_NAT, XN_COST_LIVE, words);
	}
	if (rc == 0 && report->change_count > told) {
		(void)snprintf(words, sizeof(words), "%u more changes",
			       report->change_count - told);
		rc = xn_force_ops_add(ops, XN_FORCE_NAT, XN_COST_LIVE, words);
	}
	for (uint32_t i = 0; i < report->warning_count; i++)
		xn_force_ops_warn(ops, report->warning[i]);
	return rc;
}

int xn_force_nat(const struct xn_force_job *job)
{
	struct xnat_report *report = calloc(1, sizeof(*report));
	struct xnat_guests guests = {0};
	struct xnat_want want = {.conf = job->conf,
				 .guests = &guests,
				 .features = &job->force->nat,
				 .dry = job->dry,
				 .at_once = job->at_once};
	int rc;

	if (!report)
		return xn_fail(job->err, ENOMEM, "out of memory");
	rc = open_netfilter(job->force, job->err);
	want.netfilter = job->force->netfilter;
	if (rc == 0 && xn_force_wants_nat(job->conf))
		rc = find_out(job->force, job->err);
	if (rc == 0)
		rc = xn_force_known_guests(job->vifs, &guests, job->err);
	if (rc == 0)
		rc = xnat_make(&want, report, job->err);
	/* The table comes before what of the host is busy. */
	if ((rc == 0 || rc == -EBUSY) && tell(report, job->ops) < 0)
		rc = xn_fail(job->err, ENOMEM, "out of memory");
	leave_netfilter(job->force, rc);
	xnat_guests_fini(&guests);
	free(report);
	return rc;
}

int xn_force_forget(struct xn_force *force, const struct xn_address *gone,
		    uint32_t count, uint32_t *ret_ended, struct xn_err *err)
{
	int rc = open_netfilter(force, err);

	if (rc == 0)
		rc = xnat_forget(force->netfilter, gone, count, ret_ended, err);
	leave_netfilter(force, rc);
	return rc;
}

int xn_force_end(struct xn_force *force,
		 bool (*judge)(const void *arg, const struct xnat_flow *flow),
		 const void *arg, uint32_t *ret_ended, struct xn_err *err)
{
	int rc = open_netfilter(force, err);

	if (rc == 0)
		rc = xnat_flows_end(force->netfilter, judge, arg, ret_ended,
				    err);
	leave_netfilter(force, rc);
	return rc;
}
