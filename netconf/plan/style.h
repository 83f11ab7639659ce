/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_STYLE_H
#define XN_PLAN_STYLE_H
/*
 * network-bridge's styles: the ways in which a bridge gets a NIC as its uplink
 * while all that is on the NIC stays in reach, as wanted models.
 *
 *	direct	xenbr0 is above eth0 and has all that was on it
 *	new	a bridge takes the name eth0 and all that was on it; the NIC
 *		is peth0
 *	old	the NIC is peth0, and a new eth0, which has all that was on
 *		it, is one end of a veth pair; the other, vif0.0, and peth0
 *		are the ports of xenbr0
 *
 * Pure. Asking for what is there gives the observed model.
 */
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/plane.h"
#include "netconf/model/planeconf.h"

enum xn_style {
	XN_STYLE_DIRECT,
	XN_STYLE_NEW,
	XN_STYLE_OLD,
	XN_STYLES, /* none */
};

struct xn_uplink {
	enum xn_style style;
	const char *bridge;
	const char *netdev; /* the NIC's name before the start */
	uint32_t vifnum;    /* old: of vif0.N */
};

#define XN_VIFNUM_MAX 9999u

/* "direct", "new", "old". */
const char *xn_style_word(enum xn_style style);
/* -EINVAL: no such word. */
int xn_style_from_word(const char *word, enum xn_style *ret_style);

/* What the file calls plain is direct here. */
enum xn_style xn_style_of_conf(enum xn_conf_style style);

/* The style in which the NIC of that name is a bridge's uplink; XN_STYLES: in
 * none. *ret_bridge: the bridge's name, untouched then. */
enum xn_style xn_style_found(const struct xn_model *observed,
			     const char *netdev, char ret_bridge[IFNAMSIZ]);

/* Caller owns *ret_wanted, set on success only.
 * -ENODEV: no such NIC; -EINVAL: not a name; -ENAMETOOLONG: no room for the
 * "p"; -EBUSY: it is another's port; -EEXIST: a name that is needed is another
 * link's, or the uplink is there in another style; -EOPNOTSUPP: it is no
 * Ethernet, or something on it is more than a model holds and would be lost
 * on the way. */
int xn_style_start(const struct xn_model *observed,
		   const struct xn_uplink *uplink, struct xn_model *ret_wanted,
		   struct xn_err *err);
/* The bridge stays while it has other ports; in the new style it is then
 * called xenbr and the NIC's number, or the first one that is free. */
int xn_style_stop(const struct xn_model *observed,
		  const struct xn_uplink *uplink, struct xn_model *ret_wanted,
		  struct xn_err *err);

#endif
