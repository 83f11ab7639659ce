/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mirror of bridges and twins, see links.h. Fed by the rtnetlink monitor,
 * which also carries the forwarding entries on to fdb.c. */
#include "netconf/daemon/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "netconf/base/log.h"
#include "netconf/daemon/dhcp.h"
#include "netconf/daemon/drift.h"
#include "netconf/daemon/fdb.h"
#include "netconf/daemon/hooks.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/vifs.h"
#include "netconf/model/fastpath.h"
#include "netconf/nl/monitor.h"

/* Reading everything again is costly, and whoever floods the monitor does not
 * stop at once. */
#define RESYNC_MS 200u

struct xn_links {
	struct xn_daemon *daemon;
	struct xn_nl_monitor *monitor;
	struct xn_source *source;
	struct xn_source *resync; /* timer */
	bool resync_pending;	  /* it is armed, and is not put off */
	size_t count;
	struct xn_bridge_node *node[XN_BRIDGE_NODES_MAX];
	bool index_used[XN_BRIDGES_MAX];
	bool twin_dirty[XN_VIFS_MAX]; /* by slot */
	bool bridge_came;	      /* or has another name */
};

struct xn_bridge_node *xn_links_bridge(struct xn_links *links, int ifindex)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->node[i]->link.ifindex == ifindex)
			return links->node[i];
	return NULL;
}

struct xn_bridge_node *xn_links_bridge_by_name(struct xn_links *links,
					       const char *name)
{
	for (size_t i = 0; i < links->count; i++)
		if (!strcmp(links->node[i]->link.name, name))
			return links->node[i];
	return NULL;
}

struct xn_bridge_node *xn_links_bridge_by_index(struct xn_links *links,
						uint32_t index)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->node[i]->index == index)
			return links->node[i];
	return NULL;
}

size_t xn_links_bridge_count(const struct xn_links *links)
{
	return links->count;
}

struct xn_bridge_node *xn_links_bridge_at(struct xn_links *links, size_t at)
{
	return at < links->count ? links->node[at] : NULL;
}

static void send_bridge(struct xn_links *links,
			const struct xn_bridge_node *node)
{
	struct xn_dl_bridge message = {
		.bridge = node->index,
		.ageing_ms = xn_bridge_ageing_ms(&node->link.bridge),
	};

	if (node->index != XN_DL_NO_BRIDGE)
		xn_datapath_send(links->daemon->datapath, XN_DL_BRIDGE,
				 &message, NULL, 0);
}

bool xn_links_need_index(struct xn_links *links, struct xn_bridge_node *node)
{
	if (node->index != XN_DL_NO_BRIDGE)
		return true;
	for (uint32_t i = 0; i < XN_BRIDGES_MAX; i++) {
		if (links->index_used[i])
			continue;
		links->index_used[i] = true;
		node->index = i;
		send_bridge(links, node);
		xn_fdb_bridge_added(links->daemon->fdb, node);
		return true;
	}
	return false;
}

static void remove_node(struct xn_links *links, struct xn_bridge_node *node)
{
	struct xn_vifs *vifs = links->daemon->vifs;
	size_t at = 0;

	while (links->node[at] != node)
		at++;
	links->node[at] = links->node[--links->count];
	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1))
		if (vif->port.link.master == node->link.ifindex)
			xn_port_unplug(vif);
	xn_links_bridge_changed(links, node);
	xn_dhcp_look(links->daemon->dhcp);
	if (node->index != XN_DL_NO_BRIDGE) {
		xn_fdb_bridge_removed(links->daemon->fdb, node);
		links->index_used[node->index] = false;
	}
	free(node);
}

/* Once: there may be many more. */
static void say_full(const struct xn_link *link)
{
	static bool said;

	if (!said)
		xn_warning("%s: more than %u bridges: its vifs take the "
			   "kernel's path",
			   link->name, XN_BRIDGE_NODES_MAX);
	said = true;
}

static struct xn_bridge_node *put_node(struct xn_links *links,
				       const struct xn_link *link)
{
	struct xn_bridge_node *node = xn_links_bridge(links, link->ifindex);

	if (!node) {
		if (links->count == XN_BRIDGE_NODES_MAX) {
			say_full(link);
			return NULL;
		}
		node = calloc(1, sizeof(*node));
		if (!node)
			return NULL;
		node->index = XN_DL_NO_BRIDGE;
		links->node[links->count++] = node;
	}
	node->link = *link;
	return node;
}

/* Reads the bridge again; NULL: it is none, or gone. */
static struct xn_bridge_node *read_bridge(struct xn_links *links, int ifindex)
{
	struct xn_bridge_node *node = xn_links_bridge(links, ifindex);
	uint64_t ageing_ms = node ? xn_bridge_ageing_ms(&node->link.bridge) : 0;
	struct xn_link link;

	if (xn_link_get_index(links->daemon->nl, ifindex, &link, NULL) ||
	    !link.is_bridge) {
		if (node)
			remove_node(links, node);
		return NULL;
	}
	if (node && strcmp(node->link.name, link.name) != 0)
		links->bridge_came = true;
	node = put_node(links, &link);
	if (node && ageing_ms != xn_bridge_ageing_ms(&node->link.bridge))
		send_bridge(links, node);
	return node;
}

void xn_links_read_twin(struct xn_links *links, struct xn_vif *vif)
{
	struct xn_link link = {0}; /* when it is gone */
	bool moved;

	if (!vif->twin.ifindex)
		return;
	(void)xn_link_get_index(links->daemon->nl, vif->twin.ifindex, &link,
				NULL);
	moved = link.master != vif->port.link.master;
	if (!moved && vif->port.isolated_by_us &&
	    vif->port.link.port.isolated && link.is_bridge_port &&
	    !link.port.isolated)
		xn_drift_isolation_cleared(vif);
	if (link.ifindex && strcmp(link.name, vif->port.link.name) != 0)
		xn_hooks_renamed(links->daemon->hooks);
	if (link.ifindex && link.xdp != vif->port.link.xdp)
		xn_hooks_link_changed(links->daemon->hooks, link.ifindex);
	vif->port.link = link;
	if (moved) {
		/* Enslaving starts over: no attribute survives it. */
		vif->port.isolation_refused = false;
		xn_port_unplug(vif);
	}
	if (link.master && !xn_links_bridge(links, link.master))
		(void)read_bridge(links, link.master);
	xn_policy_update(vif);
}

void xn_links_bridge_changed(struct xn_links *links,
			     const struct xn_bridge_node *node)
{
	struct xn_vifs *vifs = links->daemon->vifs;

	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1))
		if (vif->port.link.master == node->link.ifindex) {
			xn_policy_update(vif);
			xn_port_update(vif);
		}
}

void xn_links_data_ready(struct xn_links *links)
{
	for (size_t i = 0; i < links->count; i++)
		send_bridge(links, links->node[i]);
}

static void note_link(struct xn_links *links, int ifindex, bool is_bridge)
{
	struct xn_bridge_node *node = xn_links_bridge(links, ifindex);
	struct xn_vif *vif = xn_vifs_by_ifindex(links->daemon->vifs, ifindex);

	if (!node && is_bridge) {
		node = read_bridge(links, ifindex);
		links->bridge_came |= node != NULL;
	}
	if (node)
		node->dirty = true;
	if (vif)
		links->twin_dirty[vif->slot] = true;
}

static void on_link(void *arg, const struct xn_link *link)
{
	struct xn_links *links = arg;

	if (link->lower)
		xn_hooks_link_changed(links->daemon->hooks, link->lower);
	note_link(arg, link->ifindex, link->is_bridge);
}

static void on_link_del(void *arg, const struct xn_link *link)
{
	struct xn_links *links = arg;

	if (link->lower)
		xn_hooks_link_changed(links->daemon->hooks, link->lower);
	note_link(arg, link->ifindex, false);
}

static void on_port(void *arg, const struct xn_port_event *event)
{
	note_link(arg, event->ifindex, false);
}

static void on_fdb_new(void *arg, const struct xn_fdb_entry *entry)
{
	struct xn_links *links = arg;

	xn_fdb_kernel_new(links->daemon->fdb, entry);
}

static void on_fdb_del(void *arg, const struct xn_fdb_entry *entry)
{
	struct xn_links *links = arg;

	xn_fdb_kernel_del(links->daemon->fdb, entry);
}

static void tell_bridge_came(struct xn_links *links)
{
	struct xn_vifs *vifs = links->daemon->vifs;

	links->bridge_came = false;
	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1))
		xn_drift_bridge_came(vif);
}

/* Bridges and twins whose announcements came in, each once. */
static void look_again(struct xn_links *links)
{
	for (size_t i = links->count; i-- > 0;) {
		struct xn_bridge_node *node;

		if (i >= links->count || !links->node[i]->dirty)
			continue;
		links->node[i]->dirty = false;
		node = read_bridge(links, links->node[i]->link.ifindex);
		if (!node)
			continue;
		xn_links_bridge_changed(links, node);
		xn_dhcp_look(links->daemon->dhcp);
	}
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++) {
		struct xn_vif *vif = xn_vifs_by_slot(links->daemon->vifs, i);

		if (!links->twin_dirty[i])
			continue;
		links->twin_dirty[i] = false;
		if (!vif)
			continue;
		xn_links_read_twin(links, vif);
		xn_port_update(vif);
		xn_drift_look(vif);
	}
	if (links->bridge_came)
		tell_bridge_came(links);
}

/* Reads everything: at the start, and after announcements were lost. */
static int read_all(struct xn_links *links, struct xn_err *err)
{
	struct xn_link_table table = {0};
	int error = xn_link_dump(links->daemon->nl, &table, err);

	if (error)
		return error;
	for (size_t i = 0; i < table.count; i++)
		if (table.link[i].is_bridge)
			(void)put_node(links, &table.link[i]);
	xn_link_table_fini(&table);
	for (size_t i = 0; i < links->count; i++)
		links->node[i]->dirty = true;
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		links->twin_dirty[i] = true;
	look_again(links);
	return 0;
}

static void on_readable(void *arg, uint32_t epoll_events)
{
	static const struct xn_nl_handlers handlers = {
		.link_new = on_link,
		.link_del = on_link_del,
		.port_new = on_port,
		.port_del = on_port,
		.fdb_new = on_fdb_new,
		.fdb_del = on_fdb_del,
	};
	struct xn_links *links = arg;
	struct xn_nl_handlers mine = handlers;

	(void)epoll_events;
	mine.arg = links;
	if (xn_nl_monitor_read(links->monitor, &mine) &&
	    !links->resync_pending) {
		links->resync_pending = true;
		xn_timer_arm(links->resync, RESYNC_MS, 0);
	}
	look_again(links);
}

static void on_resync(void *arg)
{
	struct xn_links *links = arg;
	struct xn_err err = {0};

	links->resync_pending = false;
	xn_debug("announcements were lost: reading all again");
	if (read_all(links, &err))
		xn_error("%s", xn_err_text(&err));
	xn_fdb_read_all(links->daemon->fdb);
	xn_hooks_read_all(links->daemon->hooks);
}

int xn_links_create(struct xn_daemon *daemon, struct xn_links **ret_links,
		    struct xn_err *err)
{
	struct xn_links *links = calloc(1, sizeof(*links));
	int error;

	if (!links)
		return xn_fail(err, ENOMEM, "out of memory");
	links->daemon = daemon;
	error = xn_nl_monitor_open(XN_MONITOR_LINK | XN_MONITOR_FDB,
				   &links->monitor, err);
	if (error)
		goto err_destroy;
	links->source =
		xn_loop_add_fd(daemon->loop, xn_nl_monitor_fd(links->monitor),
			       EPOLLIN, on_readable, links);
	links->resync = xn_loop_add_timer(daemon->loop, on_resync, links);
	if (!links->source || !links->resync) {
		error = xn_fail(err, errno, "event loop: %s", strerror(errno));
		goto err_destroy;
	}
	error = read_all(links, err);
	if (error)
		goto err_destroy;
	*ret_links = links;
	return 0;

err_destroy:
	xn_links_destroy(links);
	return error;
}

void xn_links_destroy(struct xn_links *links)
{
	if (!links)
		return;
	xn_source_destroy(links->source);
	xn_source_destroy(links->resync);
	xn_nl_monitor_close(links->monitor);
	for (size_t i = 0; i < links->count; i++)
		free(links->node[i]);
	free(links);
}
