/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_FORCE_QOS_WISH_H
#define XN_FORCE_QOS_WISH_H
/*
 * Where a wish for rates and shares comes from: words, or xenplane.conf and
 * what xenplaned knows. One thread.
 */
#include <jansson.h>

#include "netconf/base/err.h"
#include "netconf/model/planeconf.h"
#include "netconf/model/settings.h"
#include "netconf/nl/link.h"
#include "qos/wish.h"

/* Zero-initialise: nothing. Owns its arrays. */
struct xn_qos_wish {
	struct xq_vif *vif;
	size_t vif_count;
	struct xq_uplink *uplink;
	size_t uplink_count;
};

void xn_qos_wish_fini(struct xn_qos_wish *wish);
/* A zeroed one at the end, for the caller to fill. NULL: out of memory, or
 * more than XQ_VIFS_MAX. */
struct xq_vif *xn_qos_wish_vif(struct xn_qos_wish *wish);
struct xq_uplink *xn_qos_wish_uplink(struct xn_qos_wish *wish);

/* One way of a vif's settings, as qos/ wants it. A rate's own interval is its
 * burst when none is said. */
struct xq_limit xn_qos_limit(const struct xn_share *share);

/* "vif1.0,mac=...,uplink=eth0,rate=10Mb/s,..." or
 * "uplink=eth0,rate=1Gb/s,rate-in=1Gb/s". -EINVAL with the reason. */
int xn_qos_wish_word(struct xn_qos_wish *wish, const char *word,
		     struct xn_err *err);

/* Vifs that need nothing of the kernel's traffic control are left out: no
 * limit, and no uplink to share. */
void xn_qos_wish_trim(struct xn_qos_wish *wish);

/* What the file says, for the links that are there. `vifs`: xenplaned's
 * vif-list; NULL: none answers, and vifs are the ports named vifD.N or in
 * [vif NAME]; then the guests' addresses are not known. *ret_skipped counts
 * sections [vif MAC] that nobody could find the link of. */
int xn_qos_wish_file(struct xn_qos_wish *wish, const struct xn_planeconf *conf,
		     const struct xn_link_table *links, const json_t *vifs,
		     uint32_t *ret_skipped, struct xn_err *err);

#endif
