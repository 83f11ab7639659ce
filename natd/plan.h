/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_PLAN_H
#define XNAT_PLAN_H
/*
 * The table that a configuration wants: for all bridges with mode=nat, one
 * table whose rules are the same for one guest and for a thousand. Who is
 * meant stands in sets and maps (rules.c has the rules, elements.c fills the
 * sets). Pure; any thread.
 *
 *	prerouting, output	the host's ports and addresses to guests
 *	forward			new connections: how many, how long, whether
 *	postrouting		guests' addresses to the host's
 *
 * Chains that begin with admin_ come first in each, and are others'.
 */
#include "natd/guests.h"
#include "natd/table.h"
#include "netconf/base/err.h"

/* What the kernel can do; natd/probe.h finds it out. */
struct xnat_features {
	bool timeouts; /* times of one's own for connections */
	bool limits;   /* counting a guest's connections */
	bool locals;   /* knowing the host's own addresses (fib) */
};

/* Times that RFC 4787, 5382 and 5508 want, in seconds. */
#define XNAT_UDP_UNREPLIED_S 120u  /* RFC 4787, REQ-5: at least 2 minutes */
#define XNAT_UDP_S 300u		   /* RFC 4787, REQ-5 c: 5 minutes */
#define XNAT_TCP_S 7440u	   /* RFC 5382, REQ-5: 2 hours 4 minutes */
#define XNAT_TCP_TRANSITORY_S 240u /* RFC 5382, REQ-5: 4 minutes */
#define XNAT_ICMP_S 60u		   /* RFC 5508, REQ-2: 60 seconds */

/* Caller owns *ret_table (xnat_table_fini()), set on success only. -ENOMEM;
 * -E2BIG: more elements than XNAT_ELEMENTS_MAX. */
int xnat_plan(const struct xn_planeconf *conf, const struct xnat_guests *guests,
	      const struct xnat_features *features,
	      struct xnat_table *ret_table, struct xn_err *err);

/* A bridge that wants rules. */
bool xnat_is_nat(const struct xn_planeconf_bridge *bridge);
/* The bridge has a network of that family. */
bool xnat_has_family(const struct xn_planeconf_bridge *bridge, uint8_t family);
/* The forward can be of that family. */
bool xnat_forward_is(const struct xn_nat_forward *forward, uint8_t family);

/* For plan.c and rules.c: empty sets (sets.c), the set in which a limit counts
 * guests, timeouts (times.c); all of these and rules (rules.c); elements
 * (elements.c). */
void xnat_put_sets(struct xnat_table *table);
void xnat_put_limit_set(struct xnat_table *table, const char *name);
void xnat_put_times(struct xnat_table *table);
void xnat_put_rules(struct xnat_table *table, const struct xn_planeconf *conf,
		    const struct xnat_features *features);
void xnat_put_elements(struct xnat_table *table,
		       const struct xn_planeconf *conf,
		       const struct xnat_guests *guests,
		       const struct xnat_features *features);
/* The chain and set of a limit: "limit_4096", "guests_4096". */
void xnat_limit_name(const char *kind, uint32_t connections,
		     char ret_name[XNAT_NAME_MAX]);

#endif
