/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_UPLINK_H
#define XN_PLAN_UPLINK_H
/* What the styles have in common. For netconf/plan only. Pure. */
#include "netconf/plan/style.h"

/* -EINVAL: a name that is none. */
int xn_uplink_check_names(const struct xn_uplink *uplink, struct xn_err *err);
/* `nic` may be NULL, and `bridge` where there is none yet. */
int xn_uplink_check(const struct xn_model_link *nic, const char *name,
		    const struct xn_model_link *bridge, struct xn_err *err);
/* "p" and the NIC's name. */
int xn_uplink_pdev(const char *netdev, char ret_name[IFNAMSIZ],
		   struct xn_err *err);

/* A new link of the model that is to have what is on `nic`, with its MAC, MTU
 * and settings of IPv4 and IPv6. */
struct xn_model_link xn_uplink_heir(const struct xn_model *model,
				    const struct xn_model_link *nic,
				    const char *kind, const char *name);
/* The bridge as the style makes it where there is none. */
struct xn_model_link xn_uplink_bridge(const struct xn_model *model,
				      const struct xn_model_link *nic,
				      const struct xn_uplink *uplink);
int xn_uplink_add(struct xn_model *model, const struct xn_model_link *link,
		  struct xn_err *err);
void xn_uplink_remove(struct xn_model *model, int ifindex);

void xn_uplink_enslave(struct xn_model_link *nic,
		       const struct xn_model_link *bridge);
/* `heir`: has what the NIC gets back. */
void xn_uplink_release(struct xn_model_link *nic,
		       const struct xn_model_link *heir);
bool xn_uplink_has_ports(const struct xn_model *model, int bridge);

/* The styles themselves, done to a copy of the observed model. */
typedef int xn_uplink_fill_fn(struct xn_model *model,
			      const struct xn_uplink *uplink,
			      struct xn_err *err);
xn_uplink_fill_fn xn_direct_fill_start, xn_direct_fill_stop;
xn_uplink_fill_fn xn_new_fill_start, xn_new_fill_stop;
xn_uplink_fill_fn xn_old_fill_start, xn_old_fill_stop;
/* A bridge of the old style: the host is not on it itself. */
void xn_old_quieten_bridge(struct xn_model_link *bridge,
			   const struct xn_model_link *nic);
/* Copies, fills, or throws away. */
int xn_uplink_make(const struct xn_model *observed,
		   const struct xn_uplink *uplink, xn_uplink_fill_fn *fill,
		   struct xn_model *ret_wanted, struct xn_err *err);

#endif
