/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_HOST_H
#define XN_PLAN_HOST_H
/*
 * xenplane.conf's bridges as a wanted model of the host's network. What the
 * file does not say stays as it is; what it no longer names and an earlier
 * apply made goes, unless somebody else's port is on it, or a link on top.
 *
 * Of an `address` that is said, the bridge has just these; not said, it has
 * what the netdev had. `mode = routed` has no bridge, and wants nothing here.
 * Pure.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/plane.h"
#include "netconf/model/planeconf.h"

#define XN_OURS_MAX 512u

/* A bridge that an apply made, or gave a port to. */
struct xn_our {
	char bridge[IFNAMSIZ];
	/* The bridge's, and its MAC if it was made: with another number or MAC
	 * it is another's. */
	int ifindex;
	struct xn_mac mac;
	bool made;	       /* else it was there, and stays */
	char netdev[IFNAMSIZ]; /* "": none */
	enum xn_conf_style style;
};

struct xn_ours {
	uint32_t count;
	struct xn_our item[XN_OURS_MAX];
};

struct xn_host {
	const struct xn_model *observed;
	const struct xn_planeconf *conf;
	const struct xn_ours *ours; /* of the apply before */
	bool vlan_filtering;	    /* the kernel's bridges can */
	/* Of the host: a bridge without a netdev gets a MAC from it and its
	 * name, always the same one. */
	uint64_t mac_seed;
};

/* A bridge that is no longer wanted, and what keeps it: a port of it, or a
 * link on top. */
struct xn_left {
	char bridge[IFNAMSIZ];
	char port[IFNAMSIZ];
};

struct xn_host_wanted {
	struct xn_model model; /* xn_model_fini() */
	struct xn_ours ours;   /* when the plan is done */
	uint32_t left_count;
	struct xn_left left[XN_OURS_MAX];
};

/* *ret_wanted is set on success only; the caller owns its model. Errors begin
 * with the file's place: those of xn_direct_start(), and -EOPNOTSUPP for what
 * is not built, or what the kernel lacks; -E2BIG: too many bridges. */
int xn_host_want(const struct xn_host *host, struct xn_host_wanted *ret_wanted,
		 struct xn_err *err);

/* For host_bridge.c and host_addr.c. */
struct xn_host_step {
	struct xn_model *model;
	const struct xn_planeconf_bridge *conf;
	const struct xn_host *host;
	struct xn_err *err;
};
/* What the file says of the bridge itself, and of its netdev as a port.
 * `fresh`: nothing else said anything of it yet. */
int xn_host_set_bridge(const struct xn_host_step *step, bool fresh);
/* Its addresses and gateways. */
int xn_host_set_addrs(const struct xn_host_step *step);

#endif
