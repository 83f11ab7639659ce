/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_NAT_KEYS_H
#define XN_PARSE_NAT_KEYS_H
/*
 * The keys of [bridge NAME] with mode=nat (netconf/model/nat.h):
 *
 *	masquerade = on | off | ADDRESS...
 *	nat6 = masquerade | routed | prefix NETWORK
 *	connections = NUMBER | off
 *	forward = PROTOCOL [ADDRESS:]PORTS -> GUEST[:PORTS] [from NETWORK...]
 *	one-to-one = ADDRESS -> GUEST
 *
 * The words are an administrator's, and nothing in them is trusted. Pure; any
 * thread. All but the last return 0, or -EINVAL with file:line:column in err.
 */
#include "netconf/model/planeconf.h"
#include "netconf/parse/conf.h"
#include "netconf/parse/report.h"

int xn_nat_put_masquerade(struct xn_conf_nat *nat,
			  const struct xn_conf_entry *entry,
			  struct xn_err *err);
int xn_nat_put_nat6(struct xn_conf_nat *nat, const struct xn_conf_entry *entry,
		    struct xn_err *err);
int xn_nat_put_connections(struct xn_conf_nat *nat,
			   const struct xn_conf_entry *entry,
			   struct xn_err *err);
/* These may be said again and again. -ENOMEM too. */
int xn_nat_put_forward(struct xn_conf_nat *nat,
		       const struct xn_conf_entry *entry, struct xn_err *err);
int xn_nat_put_pair(struct xn_conf_nat *nat, const struct xn_conf_entry *entry,
		    struct xn_err *err);

/* Forwards that want the same port, guests that are not on their bridge
 * (nat_check.c). `broken` as for xn_planeconf_check(). */
void xn_nat_check(const struct xn_planeconf *conf, const bool *broken,
		  struct xn_report *report);

#endif
