/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_HOST_H
#define XN_PLAN_HOST_H
/*
 * xenplane.conf's bridges as a wanted model of the host's network. What the
 * file does not say stays as it is; what it no longer names and an earlier
 * apply made goes, unless somebody else's port is on it, or a link on top. What
 * it no longer says of a bridge, and an earlier apply set, is again as it was
 * before, unless somebody else has set something else since.
 *
 * Of an `address` that is said, the link that the host has it on (the bridge;
 * in the old style the netdev) has just these; not said, it has what the netdev
 * had. `mode = routed` has no bridge, and wants nothing here.
 * Pure.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/plane.h"
#include "netconf/model/planeconf.h"
#include "netconf/plan/ours.h"

struct xn_host {
	const struct xn_model *observed;
	const struct xn_planeconf *conf;
	const struct xn_ours *ours; /* of the apply before */
	bool vlan_filtering;	    /* the kernel's bridges can */
	/* Addresses and routes that somebody added to a bridge stay, unless one
	 * is in the place of what is wanted. */
	bool keep_others;
	/* Of the host: a bridge without a netdev gets a MAC from it and its
	 * name, always the same one. */
	uint64_t mac_seed;
};

/* A bridge that is no longer wanted, and what keeps it: a port of it, or a
 * link on top. */
struct xn_left {
	char bridge[IFNAMSIZ];
	char port[IFNAMSIZ];
	char netdev[IFNAMSIZ]; /* which it has still; "": none */
};

/* What the file no longer says, and is not taken back. */
#define XN_STAYS_MAX 256u
struct xn_stays {
	char link[IFNAMSIZ];
	const char *key; /* as in the file; a constant */
	uint64_t value;
	bool foreign; /* somebody else set it; else nobody knows what it was */
};

struct xn_host_wanted {
	struct xn_model model; /* xn_model_fini() */
	struct xn_ours ours;   /* when the plan is done */
	uint32_t stays_count;
	struct xn_stays stays[XN_STAYS_MAX];
	uint32_t left_count;
	struct xn_left left[XN_OURS_MAX];
};

/* *ret_wanted is set on success only; the caller owns its model. Errors begin
 * with the file's place: those of xn_style_start(), and -EOPNOTSUPP for what
 * is not built, or what the kernel lacks; -EBUSY: a link is on top of one that
 * has to go; -E2BIG: too many bridges. */
int xn_host_want(const struct xn_host *host, struct xn_host_wanted *ret_wanted,
		 struct xn_err *err);

/* For host_addr*.c, host_bridge.c, host_note.c and host_uplink.c. */
struct xn_host_step {
	struct xn_model *model;
	const struct xn_planeconf_bridge *conf;
	const struct xn_host *host;
	struct xn_host_wanted *wanted; /* so far */
	const struct xn_our *before;   /* the bridge is ours; NULL: it is not */
	bool released; /* what was set on other links is taken back already */
	struct xn_err *err;
};
/* Gives the link the value, and notes what it had. -E2BIG. */
int xn_host_put(const struct xn_host_step *step, struct xn_model_link *link,
		enum xn_note_kind kind, uint16_t attr, uint64_t value);
/* After all of the section is put: what an earlier apply put and this one did
 * not is as it was. */
void xn_host_unput(const struct xn_host_step *step);
/* The same of all that the apply before put, and nobody else changed; `bridge`:
 * it is there, and ours. */
void xn_host_unput_all(struct xn_model *model, const struct xn_ours *ours,
		       const struct xn_our *our, bool bridge);
/* It stays noted. -E2BIG. */
int xn_host_keep_notes(const struct xn_ours *from, const struct xn_our *our,
		       struct xn_ours *ours, struct xn_err *err);
/* The same of addresses and routes; host_addr.c changes the model itself.
 * -E2BIG. */
int xn_host_note_addr(const struct xn_host_step *step,
		      const struct xn_addr *addr, bool added);
int xn_host_note_route(const struct xn_host_step *step,
		       const struct xn_route *route, bool added);
/* `address` is said, and put: what is noted of before stays so. */
int xn_host_carry_addrs(const struct xn_host_step *step, int ifindex);
/* It is not: what it did is undone. */
int xn_host_unput_addrs(struct xn_model *model, const struct xn_ours *ours,
			const struct xn_our *our, int ifindex,
			struct xn_err *err);
/* There is something of it to undo. */
bool xn_host_has_addr_notes(const struct xn_ours *ours, int bridge);
/* Last: a gateway that is no longer said goes, and routes that had to go are
 * back where they can be. */
int xn_host_settle_routes(const struct xn_host_step *step, int ifindex);
/* The section is gone, or has another netdev: all of that. */
int xn_host_unput_routes(struct xn_model *model, const struct xn_ours *ours,
			 const struct xn_our *our, int ifindex,
			 struct xn_err *err);
int xn_host_keep_addr_notes(const struct xn_ours *from,
			    const struct xn_our *our, struct xn_ours *ours,
			    struct xn_err *err);
/* Without an address that it had, the route has no source, or no way to its
 * gateway. */
bool xn_host_is_cut_off(const struct xn_model *model,
			const struct xn_route *route);
uint8_t xn_host_family_of(const struct xn_address *address);
bool xn_host_is_default(const struct xn_route *route, uint8_t family);

/* What the file says of the bridge itself, and of its netdev as a port.
 * `fresh`: nothing else said anything of it yet. */
int xn_host_set_bridge(const struct xn_host_step *step, bool fresh);
/* Its addresses and gateways. */
int xn_host_set_addrs(const struct xn_host_step *step);

/* The NIC, as the bridge's port. NULL: it is not there, or has no such name. */
struct xn_model_link *xn_host_port(const struct xn_model *model,
				   const char *netdev,
				   enum xn_conf_style style);
/* The link that the host is on. NULL: it is gone. */
struct xn_model_link *xn_host_of(const struct xn_model *model,
				 const struct xn_our *our);
/* Old style: the other end of the host's link. NULL: it is no pair. */
struct xn_model_link *xn_host_pair_end(const struct xn_model *model,
				       const char *netdev);
/* The first one that would go with the bridge, or lose it. NULL: none. */
const struct xn_model_link *xn_host_user(const struct xn_model *model,
					 const struct xn_model_link *bridge,
					 const struct xn_our *our);
/* The file wants of the netdev what an earlier apply did with it. */
bool xn_host_is_in_force(const struct xn_model *model, const struct xn_our *our,
			 const struct xn_planeconf_bridge *conf);
/* The NIC gets back what the host has, and the bridge is there only if it
 * stays, or has other ports. */
int xn_host_give_netdev(struct xn_model *model, const struct xn_our *our,
			bool bridge_stays, struct xn_err *err);
int xn_host_take_netdev(const struct xn_host_step *step);
/* Before the netdev is taken: a bridge that we made is as if it were made for
 * this style, when it was for the old one and is not now, or will be. */
void xn_host_restyle(const struct xn_host_step *step, const struct xn_our *our);
/* A link, and what is on it. */
void xn_host_remove_link(struct xn_model *model, int ifindex);
/* One without a netdev. */
struct xn_model_link xn_host_lone_bridge(const struct xn_host_step *step);

#endif
