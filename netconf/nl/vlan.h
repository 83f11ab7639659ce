/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_VLAN_H
#define XN_NL_VLAN_H
/* Links of kind "vlan" above another link. Threads and errors: socket.h. */
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

#define XN_VLAN_ID_MIN 1
#define XN_VLAN_ID_MAX 4094 /* IEEE 802.1Q: 0 and 4095 are none */

/* The link is down. -EINVAL: a name or number that is none; -EOPNOTSUPP: the
 * kernel has no VLAN devices; -EEXIST: the name is taken, or the lower link
 * has one with this number. */
int xn_link_create_vlan(struct xn_nl *nl, const char *name, int lower,
			uint16_t id, struct xn_err *err);

#endif
