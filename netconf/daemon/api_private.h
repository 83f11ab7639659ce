/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_API_PRIVATE_H
#define XN_DAEMON_API_PRIVATE_H
/* Shared by the api_*.c files: objects in the words of the answers. The caller
 * owns what is returned; NULL: out of memory. */
#include <jansson.h>

#include "netconf/daemon/vif.h"

struct xn_bridge_node;

json_t *xn_api_vif(struct xn_vif *vif);
/* What holds, and who said it (api_settings.c). */
json_t *xn_api_vif_settings(const struct xn_vif *vif);
json_t *xn_api_bridge_settings(struct xn_daemon *daemon,
			       const struct xn_bridge_node *node);
/* The request's "settings", an array of "KEY=VALUE": all of them or, with a
 * reason, none. Result: the vif, or the bridge. */
json_t *xn_api_vif_set(struct xn_vif *vif, const json_t *request,
		       struct xn_err *err);
json_t *xn_api_bridge_set(struct xn_daemon *daemon, struct xn_bridge_node *node,
			  const json_t *request, struct xn_err *err);
json_t *xn_api_bridge(struct xn_daemon *daemon,
		      const struct xn_bridge_node *node);
/* Every address known on the bridge, and where. */
json_t *xn_api_bridge_fdb(struct xn_daemon *daemon,
			  const struct xn_bridge_node *node);

#endif
