/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_ROUTING_H
#define XN_DAEMON_ROUTING_H
/*
 * Twins in groups of routed vifs (`mode = routed`): what the hotplug scripts
 * do when the toolstack names such a group, here when `xenplane vif set`
 * does, or when a twin is made anew. The work is router/vif.h's. Thread: the
 * loop's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/parse/vifset.h"
#include "router/wish.h"

struct xn_daemon;
struct xn_settings_sum;
struct xn_vif;

/* Of a vif: what could not be made is tried again. */
struct xn_routing {
	bool again;
	uint64_t again_ms; /* not before */
	bool known;	   /* `made` is how it is routed */
	struct xrt_wish made;
};

/* The file has a group of that name. */
bool xn_routing_is_group(const struct xn_vif *vif, const char *name);
/* The group that it is in once `set` is in force. NULL: none. Valid as long as
 * both are. */
const char *xn_routing_group(const struct xn_vif *vif,
			     const struct xn_vifset *set);
/* The twin leaves its bridge and is routed as the group says, with the
 * addresses of `set`, or else of the vif's other settings. Negative errno with
 * err: it is as it was, or else, when that cannot be, down until it can be
 * routed. -EBUSY: another process changes what the host forwards; nobody waits
 * for it. */
int xn_routing_start(struct xn_vif *vif, const char *group,
		     const struct xn_vifset *set, struct xn_err *err);
/* It is routed no more. One that was not is left alone; what fails is
 * logged. -EBUSY with err: as above, and nothing was done. */
int xn_routing_stop(struct xn_vif *vif, struct xn_err *err);
/* It could not be routed: that is tried again soon. */
void xn_routing_try_again(struct xn_vif *vif);
/* Somebody has changed nftables' tables: if the one that keeps vifs to their
 * addresses went, it is made again. */
void xn_routing_look(struct xn_daemon *daemon);
/* Its settings are others than `before`, or something is to be tried again: a
 * vif in a group and in no bridge is routed anew when that concerns it. What
 * fails is logged, and tried again. */
void xn_routing_follow(struct xn_vif *vif,
		       const struct xn_settings_sum *before);
/* It is in a group, and `set` has other addresses for it than it has. */
bool xn_routing_differs(const struct xn_vif *vif, const struct xn_vifset *set);

#endif
