/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_PROBE_H
#define XNAT_PROBE_H
/* What the kernel can do, found out by transactions that it judges and does
 * not do. Thread: the socket's. */
#include "natd/plan.h"
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

/* -EOPNOTSUPP: not even nftables; -EPERM: nobody may ask. */
int xnat_probe(struct xn_nl *netfilter, struct xnat_features *ret_features,
	       struct xn_err *err);

/* What goes without each feature that is missing, one after the other from
 * *at = 0 on; NULL: no more. */
const char *xnat_feature_missing(const struct xnat_features *features,
				 unsigned int *at);

#endif
