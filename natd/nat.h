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
#define XNAT_CHANGES_MAX 64u
#define XNAT_CHANGE_TEXT_MAX 128u

/* What was done, and what could not be helped. */
struct xnat_report {
	uint32_t rules, elements; /* that there are */
	uint32_t table_changes, host_changes, flows_ended;
	bool table_stays; /* removed but for chains of admins with rules */
	uint32_t warning_count;
	char warning[XNAT_WARNINGS_MAX][XNAT_WARNING_TEXT_MAX];
	/* What was changed, or would be, in words; of more than there is room
	 * for the first. A table that was not there is one change. */
	uint32_t change_count;
	char change[XNAT_CHANGES_MAX][XNAT_CHANGE_TEXT_MAX];
};

struct xnat_want {
	const struct xn_planeconf *conf;
	const struct xnat_guests *guests; /* NULL: nobody */
	/* As found out before; NULL: it is found out. */
	const struct xnat_features *features;
	/* A socket to netfilter that stays the caller's; NULL: one is made. To
	 * close one waits for what the kernel still clears away of a table. */
	struct xn_nl *netfilter;
	bool dry; /* nothing is done */
	/* Never waits for another process that changes the host: -EBUSY without
	 * err, and the table may be the new one. */
	bool at_once;
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
/* Either, by what is in `want`. */
int xnat_make(const struct xnat_want *want, struct xnat_report *ret_report,
	      struct xn_err *err);
/* The same without doing it; the kernel is asked whether it would. */
int xnat_apply_dry(const struct xn_planeconf *conf,
		   const struct xnat_guests *guests,
		   struct xnat_report *ret_report, struct xn_err *err);
/* Takes all away, and what was before comes back. */
int xnat_stop(struct xnat_report *ret_report, struct xn_err *err);

/* A vif went: ends the connections of its addresses. `netfilter` as above. */
int xnat_forget(struct xn_nl *netfilter, const struct xn_address *gone,
		uint32_t count, uint32_t *ret_ended, struct xn_err *err);

/* Words to the report (words.c). */
void xnat_report_change(struct xnat_report *report, const char *words);
/* What a transaction does. */
struct xnat_batch;
struct xnat_seen;
struct xnat_table;
void xnat_report_batch(struct xnat_report *report,
		       const struct xnat_batch *batch,
		       const struct xnat_seen *seen,
		       const struct xnat_table *wanted);

/* Who is known, as xnat_apply() knows it; the caller's (xnat_guests_fini()).
 * `more` come first, then who has a lease, then the configuration's, then the
 * kernel's. */
int xnat_guests_gather(struct xn_nl *nl, const struct xn_planeconf *conf,
		       const struct xnat_guests *more,
		       struct xnat_guests *ret_guests, struct xn_err *err);

#endif
