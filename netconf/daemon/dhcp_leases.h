/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DHCP_LEASES_H
#define XN_DAEMON_DHCP_LEASES_H
/* The leases of one bridge, as they change, and who has to know. Thread: the
 * loop's. */
#include <jansson.h>

#include "natd/dhcp/known.h"
#include "netconf/base/err.h"
#include "netconf/daemon/daemon.h"

/* Reads the folder's lease file; those of before are the caller's then. Both
 * untouched on failure. */
int xn_dhcp_leases_renew(const char *folder, struct xdhcp_leases *leases,
			 struct xdhcp_leases *ret_before, struct xn_err *err);

/* Updates the vifs on the bridge whose lease is another one now. */
void xn_dhcp_leases_tell(struct xn_daemon *daemon, const char *bridge,
			 const struct xdhcp_leases *before,
			 const struct xdhcp_leases *now);

/* Adds those that the server has, and whose time is not over. */
void xn_dhcp_leases_describe(const struct xdhcp_leases *leases,
			     const char *bridge, json_t *array);

#endif
