/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_FORCE_PARTS_H
#define XN_FORCE_PARTS_H
/* The parts, for force.c: each looks at what is there, and makes what is
 * wanted. */
#include <jansson.h>

#include "natd/probe.h"
#include "netconf/force/force.h"

struct xn_force {
	struct xn_nl *nl;
	struct xn_nl *netfilter;	/* NULL: not needed yet */
	bool knows_nat, knows_fq_codel; /* found out already */
	struct xnat_features nat;
	bool has_fq_codel;
};

struct xn_force_job {
	struct xn_force *force;
	const struct xn_planeconf *conf;
	const json_t *vifs; /* known.h; NULL: no xenplaned runs */
	bool dry;
	bool at_once; /* -EBUSY without err rather than wait for others */
	struct xn_force_ops *ops;
	struct xn_err *err;
};

int xn_force_nat(const struct xn_force_job *job);
int xn_force_qos(const struct xn_force_job *job);

bool xn_force_wants_nat(const struct xn_planeconf *conf);
bool xn_force_wants_qos(const struct xn_planeconf *conf);

/* -ENOMEM. */
int xn_force_ops_add(struct xn_force_ops *ops, enum xn_force_part part,
		     enum xn_cost cost, const char *words);
void xn_force_ops_warn(struct xn_force_ops *ops, const char *words);

#endif
