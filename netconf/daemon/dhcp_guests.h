/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DHCP_GUESTS_H
#define XN_DAEMON_DHCP_GUESTS_H
/* Who is to be known to a bridge's dnsmasq. Thread: the loop's. */
#include "natd/guests.h"
#include "netconf/daemon/daemon.h"

/* The vifs on the bridge: their MACs, their addresses (`ip`, whoever says it),
 * and their names; then those of the configuration that are not there now.
 * -ENOMEM, -E2BIG. */
int xn_dhcp_guests(struct xn_daemon *daemon, const char *bridge,
		   struct xnat_guests *ret_guests);

#endif
