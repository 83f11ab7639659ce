/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_FLOWS_H
#define XNAT_FLOWS_H
/*
 * Connections that the kernel tracks, listed and ended. Thread: the socket's.
 * Errors: negative errno, with the reason in err. What ends by itself in
 * between is no error.
 */
#include "natd/flow.h"
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

/* Ends those that xnat_flow_wrong() names. */
int xnat_flows_purge(struct xn_nl *netfilter, const struct xnat_view *view,
		     uint32_t *ret_ended, struct xn_err *err);
/* Ends those that the addresses (or networks) began, or were led to: their
 * guest is gone. */
int xnat_flows_forget(struct xn_nl *netfilter, const struct xn_address *gone,
		      uint32_t count, uint32_t *ret_ended, struct xn_err *err);

/* Ends those that somebody names. */
typedef bool xnat_flow_judge_fn(const void *arg, const struct xnat_flow *flow);
int xnat_flows_end(struct xn_nl *netfilter, xnat_flow_judge_fn *judge,
		   const void *arg, uint32_t *ret_ended, struct xn_err *err);

/* One connection of a listing. -EBADMSG; 1: of a kind that has no NAT. For
 * tests. */
#define XNAT_TUPLE_MAX 256u
struct nlmsghdr;
struct xnat_tracked {
	struct xnat_flow flow;
	uint8_t family; /* AF_INET, AF_INET6 */
	uint16_t zone;
	bool has_zone;
	uint32_t id; /* network order, as it came */
	bool has_id;
	uint16_t tuple_bytes;
	uint8_t tuple[XNAT_TUPLE_MAX]; /* its name, to say it back */
};
int xnat_tracked_parse(const struct nlmsghdr *header, size_t bytes,
		       struct xnat_tracked *ret_tracked);

#endif
