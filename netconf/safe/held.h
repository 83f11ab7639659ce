/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_HELD_H
#define XN_SAFE_HELD_H
/* Whether somebody holds a link (holder/holder.h) from which a configuration
 * takes what the host has, and would not go on with it. */
#include "netconf/base/err.h"
#include "netconf/model/planeconf.h"
#include "netconf/plan/host.h"

/* The link that the host has what is on that NIC on: the NIC, the bridge, or
 * the end of a pair. NULL: none of that name. Pure. */
const struct xn_model_link *xn_held_link(const struct xn_model *model,
					 const char *netdev);

/* 0: nobody is known. -EPERM: `err` has the first one. `root`: "" but in
 * tests. */
int xn_held_judge(const char *root, const struct xn_host *host,
		  const struct xn_model *wanted, struct xn_err *err);

#endif
