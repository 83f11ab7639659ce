/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_CONFIG_H
#define XN_DAEMON_CONFIG_H
/*
 * What the administrator's file says (xenplane.conf(5)'s form is
 * netconf/parse/conf.h, its words are netconf/parse/settings.h):
 *
 *	[defaults]			every vif
 *	[bridge xenbr0]			the vifs on that bridge
 *	[vif 00:16:3e:00:00:01]		the vif with that address
 *
 * An immutable value: reading again makes another one. Thread: the loop's.
 */
#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/model/settings.h"

#define XN_CONFIG_FILE "/etc/xenplane/xenplane.conf"

struct xn_config;

/* Caller owns *ret_config. Negative errno with file:line:column in err. */
int xn_config_read(const char *file, struct xn_config **ret_config,
		   struct xn_err *err);
/* Says nothing; NULL: out of memory. */
struct xn_config *xn_config_create(void);
void xn_config_destroy(struct xn_config *config); /* accepts NULL */

/* NULL: nothing is said there. Valid as long as the config. */
const struct xn_settings *xn_config_defaults(const struct xn_config *config);
const struct xn_settings *xn_config_bridge(const struct xn_config *config,
					   const char *name);
const struct xn_settings *xn_config_vif(const struct xn_config *config,
					const struct xn_mac *mac);

#endif
