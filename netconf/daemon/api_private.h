/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_API_PRIVATE_H
#define XN_DAEMON_API_PRIVATE_H
/* Shared by the api_*.c files: objects in the words of the answers. The caller
 * owns what is returned; NULL: out of memory. */
#include <jansson.h>

#include "netconf/daemon/vif.h"

struct xn_bridge_node;

json_t *xn_api_vif(struct xn_vif *vif);
json_t *xn_api_bridge(struct xn_daemon *daemon,
		      const struct xn_bridge_node *node);
/* Every address known on the bridge, and where. */
json_t *xn_api_bridge_fdb(struct xn_daemon *daemon,
			  const struct xn_bridge_node *node);

#endif
