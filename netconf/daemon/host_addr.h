/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_HOST_ADDR_H
#define XN_DAEMON_HOST_ADDR_H
/*
 * The host's own addresses, of all its links but the loopback's, as the kernel
 * announces them: access lists let guests reach the plane's DHCP and DNS there
 * (acls.h). Thread: the loop's.
 */
#include "netconf/base/err.h"
#include "netconf/daemon/daemon.h"

struct xn_host_addr;

/* Opens the monitor, reads all and tells daemon->acls, which is there already.
 * Caller owns *ret. */
int xn_host_addr_create(struct xn_daemon *daemon, struct xn_host_addr **ret,
			struct xn_err *err);
void xn_host_addr_destroy(struct xn_host_addr *host); /* accepts NULL */

#endif
