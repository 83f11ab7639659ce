/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BRCTL_LOOKUP_H
#define XN_BRCTL_LOOKUP_H
/* From a command line's names to links. Threads and errors: nl/socket.h; the
 * verbs print the error's number only, as their model does. */
#include "netconf/nl/link.h"

/* -ENODEV also for what can be no link's name. */
int xn_brctl_find_link(struct xn_nl *nl, const char *name,
		       struct xn_link *ret_link);
/* And a bridge: -EOPNOTSUPP when it is none. */
int xn_brctl_find_bridge(struct xn_nl *nl, const char *name,
			 struct xn_link *ret_bridge);
/* A port of that bridge: -ENOENT when it is none. */
int xn_brctl_find_port(struct xn_nl *nl, const char *bridge_name,
		       const char *name, struct xn_link *ret_port);

#endif
