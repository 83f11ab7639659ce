/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_PLACING_H
#define XN_DAEMON_PLACING_H
/*
 * Where a vif's twin is to be: first where the hotplug script put it, then
 * where `xenplane vif set` moved it. Both are kept in the vif's backend folder
 * (store_set.c), where a daemon that starts again finds them; what `set` says
 * stands in the toolstack's own keys, too.
 *
 * xenplane/placed is "BRIDGE MTU", BRIDGE being "-" for a twin in none.
 * Thread: the loop's.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/parse/vifset.h"

struct xn_vif;

struct xn_placing {
	struct xn_vifset set; /* `xenplane vif set` */
	bool set_unsaved;     /* the store does not have it yet */
	bool loaded;	      /* what the store had was read */
	bool placed;	      /* the script is done: the next two are known */
	bool placed_unsaved;
	char bridge[IFNAMSIZ]; /* or a group of routed vifs; "": none */
	uint32_t mtu;
};

/* Which of bridge and mtu a request names, so that they are put in place even
 * if they were said before. */
struct xn_placing_named {
	bool bridge, mtu;
};

/* Puts all of `wanted` in force, or nothing: -EINVAL, -ENODEV (no such
 * bridge), or what the kernel said, with err. A store that does not take it
 * gets it later. */
int xn_placing_set(struct xn_vif *vif, const struct xn_vifset *wanted,
		   const struct xn_placing_named *named, struct xn_err *err);

/* Reads once what an earlier daemon left. -EAGAIN: the store is away. */
int xn_placing_load(struct xn_vif *vif);
/* After each look at the store: learns the place when the script is done, and
 * writes what is not written yet. */
void xn_placing_update(struct xn_vif *vif);
/* A twin that was made anew for a guest that already has one: no script will
 * come. What fails is logged. */
void xn_placing_restore(struct xn_vif *vif);

/* Where it is to be. NULL: nobody knows, or in no bridge. */
const char *xn_placing_bridge(const struct xn_vif *vif);
uint32_t xn_placing_mtu(const struct xn_vif *vif); /* 0: as it is */
/* In the bridge of that name, or routed in the group of that name: -ENODEV,
 * -EINVAL (it is no bridge). The twin is read again. */
int xn_placing_enslave(struct xn_vif *vif, const char *bridge,
		       struct xn_err *err);

#endif
