/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_LINKS_H
#define XN_DAEMON_LINKS_H
/*
 * The kernel's links, as far as they matter: bridges (all of them) and the
 * twins. Announcements only say where to look: the link is read again, so
 * that an old announcement cannot overtake what was just set.
 *
 * A bridge gets one of the switch's numbers when the first twin joins it, and
 * keeps it until it is deleted. Thread: the loop's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/daemon/daemon.h"
#include "netconf/model/settings.h"
#include "netconf/nl/link.h"

struct xn_vif;

struct xn_bridge_node {
	struct xn_link link;
	uint32_t index;		/* in the switch, or XN_DL_NO_BRIDGE */
	struct xn_settings set; /* `xenplane bridge set` */
	bool switching; /* its guests are held for a switch-over (port.h) */
	bool slowed;	/* by an isolated vif on the kernel's path */
	bool dirty;
};

#define XN_BRIDGE_NODES_MAX 256u

/* Opens the monitor and reads all links. Caller owns *ret_links. */
int xn_links_create(struct xn_daemon *daemon, struct xn_links **ret_links,
		    struct xn_err *err);
void xn_links_destroy(struct xn_links *links); /* accepts NULL */

/* Valid until the next call into the loop; NULL: no such bridge. */
struct xn_bridge_node *xn_links_bridge(struct xn_links *links, int ifindex);
struct xn_bridge_node *xn_links_bridge_by_name(struct xn_links *links,
					       const char *name);
struct xn_bridge_node *xn_links_bridge_by_index(struct xn_links *links,
						uint32_t index);
size_t xn_links_bridge_count(const struct xn_links *links);
struct xn_bridge_node *xn_links_bridge_at(struct xn_links *links, size_t at);
/* Gives the bridge its number: false when there is none left. */
bool xn_links_need_index(struct xn_links *links, struct xn_bridge_node *node);

/* Reads the twin, and its bridge if that one is new, from the kernel. */
void xn_links_read_twin(struct xn_links *links, struct xn_vif *vif);
/* Every vif on the bridge decides again on what it may do, and its path. */
void xn_links_bridge_changed(struct xn_links *links,
			     const struct xn_bridge_node *node);
/* A new data process: tell it about the bridges. */
void xn_links_data_ready(struct xn_links *links);

#endif
