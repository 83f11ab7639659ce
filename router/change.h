/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_CHANGE_H
#define XRT_CHANGE_H
/*
 * A table of ours in the kernel is read, planned anew, and what differs is
 * sent as one transaction. For this room only. Thread: in one network
 * namespace.
 */
#include <stdbool.h>

#include "natd/seen.h"
#include "natd/table.h"
#include "netconf/base/err.h"

/* Pure: the table that is wanted, instead of `seen`. Caller owns *ret_table;
 * *ret_stays false: nothing of ours is to stay of it. */
typedef int xrt_change_fn(void *arg, const struct xnat_table *seen,
			  struct xnat_table *ret_table, bool *ret_stays,
			  struct xn_err *err);

/* As often as somebody else's change comes in between, within limits.
 * -EOPNOTSUPP, -EPROTONOSUPPORT, -ENOENT: the kernel has no nftables, or not
 * all of it. `table`: of the family inet. */
int xrt_change(const char *table, xrt_change_fn *plan, void *arg,
	       struct xn_err *err);
/* The caller owns *ret_seen (xnat_seen_fini()). */
int xrt_change_see(const char *table, struct xnat_seen *ret_seen,
		   struct xn_err *err);

#endif
