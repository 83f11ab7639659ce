/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_GUARD_H
#define XRT_GUARD_H
/*
 * Who may send what: an nftables table of our own, inet xenplane_route. It
 * knows each routed device by name, and which addresses are behind it; what
 * comes from there with another source is dropped before anything else looks
 * at it, and counted under its reason. Its rules are the same for one vif and
 * for a thousand.
 *
 * It is also the register of the vifs that are routed now: the next run knows
 * from it what an earlier one did.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "natd/seen.h"
#include "natd/table.h"
#include "netconf/base/err.h"
#include "netconf/model/settings.h"
#include "netconf/nl/socket.h"
#include "router/wish.h"

#define XRT_TABLE_NAME "xenplane_route"

/* Each is a chain that counts and drops. */
enum xrt_reason {
	XRT_SPOOFED4,
	XRT_SPOOFED6,
	XRT_ROGUE_ROUTER, /* ICMPv6 router advertisements and redirects */
	XRT_REASONS,
};
const char *xrt_reason_name(enum xrt_reason reason); /* "spoofed4" */

struct xrt_port {
	char name[IFNAMSIZ]; /* of the device */
	/* Without addresses nobody knows what it may send: it is registered
	 * and not guarded. */
	bool open; /* nor is it when somebody says so */
	uint32_t count;
	struct xn_address address[XRT_GUEST_MAX];
};

/* Pure: the table with the ports of `seen` whose names `keep` (NULL: all)
 * keeps, with `port` (NULL: none) in the place of the one of its name.
 * Caller owns *ret_table. -ENOMEM, -E2BIG. */
typedef bool xrt_keep_fn(void *arg, const char *name);
int xrt_guard_plan(const struct xnat_table *seen, const struct xrt_port *port,
		   xrt_keep_fn *keep, void *arg, struct xnat_table *ret_table,
		   struct xn_err *err);
/* Pure: the registered port of that name. false: there is none. */
bool xrt_guard_find(const struct xnat_table *seen, const char *name,
		    struct xrt_port *ret_port);
/* Pure: how many are registered. */
uint32_t xrt_guard_count(const struct xnat_table *seen);

/* Whoever changes it holds netconf/hold/hold.h's lock. -EOPNOTSUPP,
 * -EPROTONOSUPPORT: the kernel has no nftables, or not the sets. Thread: in
 * one network namespace. *ret_left: registered ports, when done. */
int xrt_guard_set(const struct xrt_port *port, struct xn_err *err);
int xrt_guard_clear(xrt_keep_fn *keep, void *arg, uint32_t *ret_left,
		    struct xn_err *err);
/* The caller owns *ret_seen (xnat_seen_fini()). */
int xrt_guard_see(struct xnat_seen *ret_seen, struct xn_err *err);

#endif
