/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_CONFIG_H
#define XN_DAEMON_CONFIG_H
/*
 * What the administrator's file, xenplane.conf(5), says of vifs
 * (netconf/parse/planeconf.h reads it):
 *
 *	[defaults]			every vif
 *	[bridge xenbr0]			the vifs on that bridge
 *	[vif web0]			the vif with that name
 *	[vif 00:16:3e:00:00:01]		the vif with that address
 *	[acl web]			the access list of that name
 *
 * What it says of bridges themselves is checked, and not yet in force. An
 * immutable value: reading again makes another one. Thread: the loop's.
 */
#include <stdbool.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/model/acl.h"
#include "netconf/model/planeconf.h"
#include "netconf/model/settings.h"

#define XN_CONFIG_FILE "/etc/xenplane/xenplane.conf"

struct xn_config;
struct xrt_group;

/* Caller owns *ret_config. Negative errno with file:line:column in err. */
int xn_config_read(const char *file, struct xn_config **ret_config,
		   struct xn_err *err);
/* Says nothing; NULL: out of memory. */
struct xn_config *xn_config_create(void);
void xn_config_destroy(struct xn_config *config); /* accepts NULL */

/* Logs what the file says and nothing does yet; how much that was. */
uint32_t xn_config_say_unused(const struct xn_config *config);

/* All of it; never NULL. Valid as long as the config. */
const struct xn_planeconf *xn_config_plane(const struct xn_config *config);

/* NULL: nothing is said there. Valid as long as the config. */
const struct xn_settings *xn_config_defaults(const struct xn_config *config);
const struct xn_settings *xn_config_bridge(const struct xn_config *config,
					   const char *name);
const struct xn_settings *xn_config_vif(const struct xn_config *config,
					const struct xn_mac *mac);
const struct xn_acl *xn_config_acl(const struct xn_config *config,
				   const char *name);
const struct xn_settings *xn_config_vif_named(const struct xn_config *config,
					      const char *name);

/* A group of routed vifs (router/group.h). false: none of that name. */
bool xn_config_group(const struct xn_config *config, const char *name,
		     struct xrt_group *ret_group);

#endif
