/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_NAT_H
#define XNAT_NAT_H
/*
 * NAT as a whole: the table, what it needs of the host, and the connections
 * that do not fit it any more. One function makes all as a configuration
 * wants it, one takes all away.
 *
 * Thread: all in one network namespace, which /proc/sys is of.
 */
#include "natd/guests.h"
#include "natd/probe.h"
#include "netconf/base/err.h"

#define XNAT_WARNINGS_MAX 16u
#define XNAT_WARNING_TEXT_MAX 256u

/* What was done, and what could not be helped. */
struct xnat_report {
	uint32_t rules, elements; /* that there are */
	uint32_t table_changes, host_changes, flows_ended;
	bool table_stays; /* removed but for chains of admins with rules */
	uint32_t warning_count;
	char warning[XNAT_WARNINGS_MAX][XNAT_WARNING_TEXT_MAX];
};

/* Makes it so, in one transaction, and looks whether it is so. When all is
 * so, nothing is done. `guests`: who is known besides what `conf` and the
 * kernel's neighbours say; may be NULL. A configuration without mode=nat takes
 * all away. Negative errno with err: when the kernel refused the table it is as
 * it was before; when something of the host could not be set, the table is the
 * new one. */
int xnat_apply(const struct xn_planeconf *conf,
	       const struct xnat_guests *guests, struct xnat_report *ret_report,
	       struct xn_err *err);
/* The same without doing it; the kernel is asked whether it would. */
int xnat_apply_dry(const struct xn_planeconf *conf,
		   const struct xnat_guests *guests,
		   struct xnat_report *ret_report, struct xn_err *err);
/* Takes all away, and what was before comes back. */
int xnat_stop(struct xnat_report *ret_report, struct xn_err *err);

/* A vif went: ends the connections of its addresses. */
int xnat_forget(const struct xn_address *gone, uint32_t count,
		uint32_t *ret_ended, struct xn_err *err);

/* Who is known, as xnat_apply() knows it; the caller's (xnat_guests_fini()).
 * `more` come first, then who has a lease, then the configuration's, then the
 * kernel's. */
int xnat_guests_gather(struct xn_nl *nl, const struct xn_planeconf *conf,
		       const struct xnat_guests *more,
		       struct xnat_guests *ret_guests, struct xn_err *err);

#endif
