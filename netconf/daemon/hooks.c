/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to read who else sees frames, and what it means for a vif; see
 * hooks.h. Fed by monitors of its own, and by the mirror of links. */
#include "netconf/daemon/hooks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "netconf/base/log.h"
#include "netconf/base/text.h"
#include "netconf/daemon/hooks_read.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/routing.h"
#include "netconf/daemon/vifs.h"
#include "netconf/nl/monitor.h"

/* Announcements come in swarms: one reading for all of a moment. */
#define GATHER_MS 10u

#define SOURCE_BIT(source) (1U << (source))
#define ANNOUNCED (SOURCE_BIT(XN_HOOKS_NFT) | SOURCE_BIT(XN_HOOKS_TC))
#define SILENT                                                         \
	(SOURCE_BIT(XN_HOOKS_LINKS) | SOURCE_BIT(XN_HOOKS_NETFILTER) | \
	 SOURCE_BIT(XN_HOOKS_PACKET))

struct xn_hooks {
	struct xn_daemon *daemon;
	struct xn_nl *netfilter; /* NULL: the kernel has none */
	struct xn_nl_monitor *nft_monitor, *tc_monitor;
	struct xn_source *nft_source, *tc_source;
	struct xn_source *gather; /* timer: reads what is `due` */
	struct xn_source *look;	  /* timer: the silent ones */
	uint64_t frames;	  /* sent by guests at the last look */
	bool resting;		  /* no timer: the data process will tell */
	unsigned int due;	  /* SOURCE_BITs */
	struct xn_hooks_known known;
	bool tcx[XN_VIFS_MAX]; /* by slot: programs */
	bool tcx_unreadable;
	/* What was logged last of each source, and at the end of tcx. */
	char said[XN_HOOKS_SOURCES + 1][XN_ERR_TEXT_MAX];
};

void xn_hooks_get(const struct xn_hooks *hooks, const struct xn_vif *vif,
		  struct xn_frame_hooks *ret_hooks)
{
	const struct xn_hooks_known *known = &hooks->known;
	struct xn_frame_hooks h = {
		.nft_bridge = known->nft_bridge,
		.ebtables = known->ebtables,
		.br_netfilter = xn_hooks_bridge_nf(known),
		.tc = hooks->tcx[vif->slot] ||
		      xn_ifindexes_have(&known->tc, vif->twin.ifindex),
		.xdp = xn_ifindexes_have(&known->xdp, vif->twin.ifindex),
		.upper = xn_ifindexes_have(&known->lowers, vif->twin.ifindex),
		.packet_twin =
			xn_ifindexes_have(&known->packets, vif->twin.ifindex),
		.packet_all = xn_ifindexes_have(&known->packets, 0),
		.unreadable = hooks->tcx_unreadable,
	};

	for (size_t i = 0; i < known->nft.count; i++)
		if (xn_nft_hook_is_on(&known->nft.hook[i], vif->port.link.name))
			h.nft_twin = true;
	for (unsigned int i = 0; i < XN_HOOKS_SOURCES; i++)
		if (known->unreadable[i])
			h.unreadable = true;
	*ret_hooks = h;
}

/* A reason stays as long as its cause: it is said when it is news. */
static void say(struct xn_hooks *hooks, unsigned int source,
		const struct xn_err *err)
{
	if (!strcmp(hooks->said[source], xn_err_text(err)))
		return;
	(void)xn_text_copy(hooks->said[source], XN_ERR_TEXT_MAX,
			   xn_err_text(err));
	xn_warning("no vif is fast, as it is unknown who else sees frames: %s",
		   hooks->said[source]);
}

/* 1 when something may differ now, else 0. */
static int read_source(struct xn_hooks *hooks, enum xn_hooks_source source)
{
	struct xn_hooks_known *known = &hooks->known;
	bool was_unreadable = known->unreadable[source];
	struct xn_err err = {0};
	int rc = 0;

	switch (source) {
	case XN_HOOKS_NFT:
		rc = xn_hooks_read_nft(known, hooks->netfilter, &err);
		break;
	case XN_HOOKS_TC:
		rc = xn_hooks_read_tc(known, hooks->daemon->nl, &err);
		break;
	case XN_HOOKS_LINKS:
		rc = xn_hooks_read_links(known, hooks->daemon->nl, &err);
		break;
	case XN_HOOKS_NETFILTER:
		rc = xn_hooks_read_netfilter(known, &err);
		break;
	case XN_HOOKS_PACKET:
		rc = xn_hooks_read_packets(known, &err);
		break;
	case XN_HOOKS_SOURCES:
		break;
	}
	if (rc < 0) {
		say(hooks, source, &err);
		return !was_unreadable;
	}
	return rc;
}

static bool read_sources(struct xn_hooks *hooks, unsigned int sources)
{
	bool changed = false;

	for (unsigned int i = 0; i < XN_HOOKS_SOURCES; i++)
		if ((sources & SOURCE_BIT(i)) &&
		    read_source(hooks, (enum xn_hooks_source)i))
			changed = true;
	return changed;
}

static void update_vifs(struct xn_hooks *hooks)
{
	struct xn_vifs *vifs = hooks->daemon->vifs;

	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1))
		xn_port_update(vif);
}

static void on_gathered(void *arg)
{
	struct xn_hooks *hooks = arg;
	unsigned int due = hooks->due;

	hooks->due = 0;
	if (read_sources(hooks, due))
		update_vifs(hooks);
	if (due & SOURCE_BIT(XN_HOOKS_NFT))
		xn_routing_look(hooks->daemon);
}

static void make_due(struct xn_hooks *hooks, unsigned int sources)
{
	if (!hooks->due)
		xn_timer_arm(hooks->gather, GATHER_MS, 0);
	hooks->due |= sources;
}

void xn_hooks_link_changed(struct xn_hooks *hooks, int twin)
{
	if (hooks && xn_vifs_by_ifindex(hooks->daemon->vifs, twin))
		make_due(hooks, SOURCE_BIT(XN_HOOKS_LINKS));
}

void xn_hooks_renamed(struct xn_hooks *hooks)
{
	/* nftables tells the devices of its hooks by name. */
	if (hooks)
		make_due(hooks, SOURCE_BIT(XN_HOOKS_NFT));
}

void xn_hooks_read_all(struct xn_hooks *hooks)
{
	if (hooks)
		make_due(hooks, ANNOUNCED | SILENT);
}

/* tcx programs of one twin: true when something changed. */
static bool look_at_programs(struct xn_hooks *hooks, const struct xn_vif *vif)
{
	bool before = hooks->tcx[vif->slot];
	int count = xn_tcx_count(vif->twin.ifindex);
	struct xn_err err = {0};

	/* A twin that is just going has none. */
	if (count < 0 && count != -ENODEV) {
		hooks->tcx_unreadable = true;
		xn_fail(&err, -count, "BPF programs on vifs: %s",
			strerror(-count));
		say(hooks, XN_HOOKS_SOURCES, &err);
	}
	hooks->tcx[vif->slot] = count > 0;
	return before != hooks->tcx[vif->slot];
}

/* What could not be read may be readable now. */
static unsigned int sources_to_look_at(const struct xn_hooks *hooks)
{
	unsigned int sources = SILENT;

	for (unsigned int i = 0; i < XN_HOOKS_SOURCES; i++)
		if (hooks->known.unreadable[i])
			sources |= SOURCE_BIT(i);
	return sources;
}

static void look(struct xn_hooks *hooks)
{
	struct xn_vifs *vifs = hooks->daemon->vifs;
	bool was_unreadable = hooks->tcx_unreadable;
	bool changed = false;

	if (!xn_vifs_from(vifs, 0))
		return;
	hooks->tcx_unreadable = false;
	for (struct xn_vif *vif = xn_vifs_from(vifs, 0); vif;
	     vif = xn_vifs_from(vifs, vif->slot + 1))
		if (vif->twin.ifindex && look_at_programs(hooks, vif))
			changed = true;
	if (read_sources(hooks, sources_to_look_at(hooks)))
		changed = true;
	if (changed || was_unreadable != hooks->tcx_unreadable)
		update_vifs(hooks);
}

/* Frames that all guests have sent. */
static uint64_t frames_sent(const struct xn_hooks *hooks)
{
	const struct xn_stats *stats =
		xn_datapath_stats(hooks->daemon->datapath);
	uint64_t frames = 0;

	for (struct xn_vif *vif = xn_vifs_from(hooks->daemon->vifs, 0); vif;
	     vif = xn_vifs_from(hooks->daemon->vifs, vif->slot + 1))
		frames += stats->vif[vif->slot].tx_frames;
	return frames;
}

/* While no guest sends nobody can miss a frame: a plane at rest wakes nobody.
 * A guest that sent since the last look was seen by this one. */
static void on_look(void *arg)
{
	struct xn_hooks *hooks = arg;
	struct xn_datapath *datapath = hooks->daemon->datapath;
	struct xn_dl_watch watch = {0};
	uint64_t frames = frames_sent(hooks);

	look(hooks);
	if (frames != hooks->frames || !xn_datapath_is_ready(datapath)) {
		hooks->frames = frames;
		return;
	}
	hooks->resting = true;
	xn_timer_disarm(hooks->look);
	xn_datapath_send(datapath, XN_DL_WATCH, &watch, NULL, 0);
}

void xn_hooks_active(struct xn_hooks *hooks)
{
	if (!hooks || !hooks->resting)
		return;
	hooks->resting = false;
	xn_timer_arm(hooks->look, XN_HOOKS_LOOK_MS, XN_HOOKS_LOOK_MS);
	look(hooks);
}

void xn_hooks_ask(struct xn_hooks *hooks)
{
	if (hooks && hooks->resting)
		look(hooks);
}

static void on_nft_changed(void *arg)
{
	make_due(arg, SOURCE_BIT(XN_HOOKS_NFT));
}

static void on_tc_changed(void *arg, int ifindex)
{
	struct xn_hooks *hooks = arg;

	if (xn_vifs_by_ifindex(hooks->daemon->vifs, ifindex))
		make_due(hooks, SOURCE_BIT(XN_HOOKS_TC));
}

static void on_nft_readable(void *arg, uint32_t epoll_events)
{
	struct xn_hooks *hooks = arg;
	const struct xn_nl_handlers handlers = {.nft_changed = on_nft_changed,
						.arg = hooks};

	(void)epoll_events;
	if (xn_nl_monitor_read(hooks->nft_monitor, &handlers) < 0)
		make_due(hooks, SOURCE_BIT(XN_HOOKS_NFT));
}

static void on_tc_readable(void *arg, uint32_t epoll_events)
{
	struct xn_hooks *hooks = arg;
	const struct xn_nl_handlers handlers = {.tc_changed = on_tc_changed,
						.arg = hooks};

	(void)epoll_events;
	if (xn_nl_monitor_read(hooks->tc_monitor, &handlers) < 0)
		make_due(hooks, SOURCE_BIT(XN_HOOKS_TC));
}

/* A kernel without netfilter has nothing to tell. */
static int open_netfilter(struct xn_hooks *hooks, struct xn_err *err)
{
	struct xn_err why = {0};
	int rc = xn_nl_open_netfilter(&hooks->netfilter, &why);

	if (rc == 0)
		rc = xn_nl_monitor_open(XN_MONITOR_NFT, &hooks->nft_monitor,
					&why);
	if (rc == -EPROTONOSUPPORT || rc == -EAFNOSUPPORT)
		return 0;
	return rc < 0 ? xn_fail(err, -rc, "%s", xn_err_text(&why)) : 0;
}

static int open_sources(struct xn_hooks *hooks, struct xn_err *err)
{
	struct xn_loop *loop = hooks->daemon->loop;
	int rc = open_netfilter(hooks, err);

	if (rc == 0)
		rc = xn_nl_monitor_open(XN_MONITOR_TC, &hooks->tc_monitor, err);
	if (rc < 0)
		return rc;
	if (hooks->nft_monitor)
		hooks->nft_source = xn_loop_add_fd(
			loop, xn_nl_monitor_fd(hooks->nft_monitor), EPOLLIN,
			on_nft_readable, hooks);
	hooks->tc_source =
		xn_loop_add_fd(loop, xn_nl_monitor_fd(hooks->tc_monitor),
			       EPOLLIN, on_tc_readable, hooks);
	hooks->gather = xn_loop_add_timer(loop, on_gathered, hooks);
	hooks->look = xn_loop_add_timer(loop, on_look, hooks);
	if (!hooks->tc_source || !hooks->gather || !hooks->look ||
	    (hooks->nft_monitor && !hooks->nft_source))
		return xn_fail(err, errno, "event loop: %s", strerror(errno));
	return 0;
}

int xn_hooks_create(struct xn_daemon *daemon, struct xn_hooks **ret_hooks,
		    struct xn_err *err)
{
	struct xn_hooks *hooks = calloc(1, sizeof(*hooks));
	int rc;

	if (!hooks)
		return xn_fail(err, ENOMEM, "out of memory");
	hooks->daemon = daemon;
	rc = open_sources(hooks, err);
	if (rc < 0) {
		xn_hooks_destroy(hooks);
		return rc;
	}
	(void)read_sources(hooks, ANNOUNCED | SILENT);
	if (hooks->known.absent[XN_HOOKS_NFT])
		xn_info("the kernel has no nftables");
	if (hooks->known.absent[XN_HOOKS_TC])
		xn_info("the kernel has no traffic control");
	xn_timer_arm(hooks->look, XN_HOOKS_LOOK_MS, XN_HOOKS_LOOK_MS);
	*ret_hooks = hooks;
	return 0;
}

void xn_hooks_destroy(struct xn_hooks *hooks)
{
	if (!hooks)
		return;
	xn_source_destroy(hooks->nft_source);
	xn_source_destroy(hooks->tc_source);
	xn_source_destroy(hooks->gather);
	xn_source_destroy(hooks->look);
	xn_nl_monitor_close(hooks->nft_monitor);
	xn_nl_monitor_close(hooks->tc_monitor);
	xn_nl_close(hooks->netfilter);
	xn_hooks_known_fini(&hooks->known);
	free(hooks);
}
