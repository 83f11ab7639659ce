/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_OBSERVED_H
#define QOS_OBSERVED_H
/*
 * What the kernel has now, as its dumps say it, and which of it is ours: the
 * dumps by observe.c, the judgement by own.c, which is pure.
 */
#include "netconf/base/err.h"
#include "netconf/nl/link.h"
#include "netconf/nl/socket.h"
#include "netconf/nl/tc.h"
#include "qos/state.h"

/* Zero-initialise: nothing. Owns its tables: xq_observed_fini(). */
struct xq_observed {
	struct xn_link_table links;
	struct xn_tc_qdiscs qdiscs;
	struct xn_tc_classes classes; /* of links with a root of ours */
	struct xn_tc_filters filters; /* of those, and of clsact's */
	struct xq_polices polices;    /* nftables' */
	bool has_fq_codel;	      /* else the leaves are bfifo */
};

/* The socket's thread, which is in the socket's network namespace. *ret is
 * set on success only. */
int xq_observe(struct xn_nl *nl, struct xq_observed *ret_observed,
	       struct xn_err *err);
void xq_observed_fini(struct xq_observed *observed);

/* Whether the kernel has fq_codel, found out with a link that is made for
 * it and goes again. -EOPNOTSUPP: the kernel cannot even make an ifb. */
int xq_probe_fq_codel(struct xn_nl *nl, bool *ret_has, struct xn_err *err);

/* NULL: none. */
const struct xn_link *xq_link_named(const struct xq_observed *observed,
				    const char *name);
const struct xn_link *xq_link_at(const struct xq_observed *observed,
				 int ifindex);

/* What of it is ours, classes with their counters. -ENOMEM, -E2BIG. */
int xq_own(const struct xq_observed *observed, struct xq_state *ret_own);

enum xq_place {
	XQ_PLACE_OUT, /* the root */
	XQ_PLACE_IN,  /* clsact or ingress */
};

/* Somebody else's discipline where ours is to be; NULL: the place is free, or
 * ours. A clsact without any filter does nothing, and its place is free. */
const struct xn_tc_qdisc *xq_in_the_way(const struct xq_observed *observed,
					int ifindex, enum xq_place place);
/* The discipline there, whoever's; NULL: none (noqueue), or the kernel's own.
 */
const struct xn_tc_qdisc *xq_at_place(const struct xq_observed *observed,
				      int ifindex, enum xq_place place);
/* The link sends without queueing because it was told to, as xenplaned tells
 * its twins. */
bool xq_is_noqueue(const struct xq_observed *observed, int ifindex);

#endif
