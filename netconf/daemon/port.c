/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The switch-over between the two paths, see port.h. */
#include "netconf/daemon/port.h"

#include "netconf/daemon/daemon.h"
#include "netconf/daemon/fdb.h"
#include "netconf/daemon/hooks.h"
#include "netconf/daemon/isolation.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/vifs.h"
#include "netconf/model/fastpath.h"

static struct xn_bridge_node *bridge_of(const struct xn_vif *vif)
{
	return xn_links_bridge(vif->daemon->links, vif->port.link.master);
}

/* Why the vif itself may not be fast. */
static void find_reasons(struct xn_vif *vif)
{
	struct xn_port *port = &vif->port;
	struct xn_bridge_node *node = bridge_of(vif);
	const struct xn_settings_sum *sum = &vif->policy.sum;
	bool of_vif = sum->from[XN_SETTING_FASTPATH] > XN_LAYER_BRIDGE_SET;
	struct xn_fastpath_facts facts = {
		.twin = &port->link,
		.bridge = node ? &node->link : NULL,
		.bridge_on = node && (sum->now.fastpath || of_vif),
		.vif_on = sum->now.fastpath || !of_vif,
		.isolation_refused = port->isolation_refused,
		.isolated_by_other = xn_isolation_is_theirs(vif),
	};

	facts.bridge_has_room =
		node && xn_links_need_index(vif->daemon->links, node);
	xn_hooks_get(vif->daemon->hooks, vif, &facts.hooks);
	port->own_reasons = xn_fastpath_reasons(&facts);
}

static void isolate(struct xn_vif *vif)
{
	xn_isolation_apply(vif);
	find_reasons(vif); /* the twin was read again */
}

static struct xn_dl_port describe(const struct xn_vif *vif,
				  const struct xn_bridge_node *node, bool fast)
{
	const struct xn_link *link = &vif->port.link;
	const struct xn_brport *p = &link->port;
	bool in_bridge = node && link->is_bridge_port;

	return (struct xn_dl_port){
		.slot = vif->slot,
		.generation = vif->machine.generation,
		.bridge = node && in_bridge ? node->index : XN_DL_NO_BRIDGE,
		.mtu = link->mtu,
		.fast = fast,
		.forwarding = !in_bridge || p->state == XN_BRPORT_FORWARDING,
		.learning = in_bridge && p->learning,
		.flood = in_bridge && p->unicast_flood,
		.mcast_flood = in_bridge && p->mcast_flood,
		.bcast_flood = in_bridge && p->bcast_flood,
		.twin_up = (link->flags & IFF_UP) != 0,
		.hold = vif->daemon->resuming || (node && node->switching),
	};
}

static bool same_place(const struct xn_dl_port *a, const struct xn_dl_port *b)
{
	return a->generation == b->generation && a->bridge == b->bridge &&
	       a->mtu == b->mtu && a->fast == b->fast &&
	       a->forwarding == b->forwarding && a->learning == b->learning &&
	       a->flood == b->flood && a->mcast_flood == b->mcast_flood &&
	       a->bcast_flood == b->bcast_flood && a->twin_up == b->twin_up &&
	       a->hold == b->hold;
}

static void send_port(struct xn_vif *vif, const struct xn_dl_port *place)
{
	struct xn_port *port = &vif->port;
	struct xn_dl_port before = port->sent;
	bool was_fast = port->sent_valid && before.fast;
	bool moved = port->sent_valid && before.bridge != place->bridge;

	port->sent = *place;
	port->sent.sequence = before.sequence + 1;
	port->sent_valid = true;
	if (place->fast && (!was_fast || moved))
		port->fast_since = port->sent.sequence;
	vif->policy.unanswered = false;
	/* The switch forgets the stations of a port that slows or moves. */
	if (was_fast && (!place->fast || moved))
		xn_fdb_port_slow(vif->daemon->fdb, vif);
	xn_datapath_send(vif->daemon->datapath, XN_DL_PORT, &port->sent, NULL,
			 0);
	if (place->fast != was_fast || moved)
		xn_fdb_port_changed(vif->daemon->fdb, vif);
}

static bool settled(const struct xn_port *port)
{
	return port->sent_valid && port->sequence_done == port->sent.sequence;
}

bool xn_port_is_settled(const struct xn_vif *vif)
{
	const struct xn_bridge_node *node = bridge_of(vif);

	return vif->machine.phase != XNB_PHASE_UP ||
	       (settled(&vif->port) && !vif->port.sent.hold &&
		!(node && node->switching));
}

/* The next vif on the bridge, `at` its slot or above; NULL: no more. */
static struct xn_vif *next_on(struct xn_daemon *daemon,
			      const struct xn_bridge_node *node, uint32_t at)
{
	struct xn_vif *vif = xn_vifs_from(daemon->vifs, at);

	while (vif && vif->port.link.master != node->link.ifindex)
		vif = xn_vifs_from(daemon->vifs, vif->slot + 1);
	return vif;
}

/* Every guest waits before the first one's path changes: what one of them sent
 * in between would be lost. */
static void hold_all(struct xn_daemon *daemon, struct xn_bridge_node *node)
{
	if (node->switching)
		return;
	node->switching = true;
	for (struct xn_vif *vif = next_on(daemon, node, 0); vif;
	     vif = next_on(daemon, node, vif->slot + 1)) {
		struct xn_dl_port held = vif->port.sent;

		if (!vif->port.sent_valid || held.hold ||
		    vif->machine.phase != XNB_PHASE_UP)
			continue;
		held.hold = 1;
		send_port(vif, &held);
	}
}

/* Decides on the path by the reasons that are known, and tells kernel and data
 * process what has changed. */
static void update_place(struct xn_vif *vif)
{
	struct xn_port *port = &vif->port;
	struct xn_bridge_node *node = bridge_of(vif);
	struct xn_dl_port place;
	bool served = vif->machine.phase == XNB_PHASE_UP;

	port->slow_reasons = xn_fastpath_with_bridge(
		port->own_reasons, vif->policy.sum.now.isolated,
		node && node->slowed);
	if (xn_isolation_is_due(vif) &&
	    (!served ||
	     (!vif->machine.entered && xn_isolation_is_wanted(vif)))) {
		/* Nobody has sent it anything yet: nothing can be lost. */
		isolate(vif);
		node = bridge_of(vif);
		port->slow_reasons = xn_fastpath_with_bridge(
			port->own_reasons, vif->policy.sum.now.isolated,
			node && node->slowed);
	}
	if (!served)
		return;
	if (node && xn_isolation_is_due(vif))
		hold_all(vif->daemon, node);
	place = describe(vif, node,
			 !port->slow_reasons && xn_isolation_is_on(vif));
	if (!port->sent_valid || !same_place(&place, &port->sent))
		send_port(vif, &place);
}

static void update_all(struct xn_daemon *daemon,
		       const struct xn_bridge_node *node)
{
	for (struct xn_vif *vif = next_on(daemon, node, 0); vif;
	     vif = next_on(daemon, node, vif->slot + 1))
		update_place(vif);
}

/* Which bridges have an isolated vif on the kernel's path? Where that is new,
 * or over, all vifs' paths change. */
static void look_at_neighbours(struct xn_daemon *daemon)
{
	bool slowed[XN_BRIDGE_NODES_MAX] = {false};
	struct xn_bridge_node *node;

	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1)) {
		if (!vif->port.link.master || !xn_isolation_slows(vif))
			continue;
		for (size_t i = 0;
		     (node = xn_links_bridge_at(daemon->links, i)); i++)
			if (node->link.ifindex == vif->port.link.master)
				slowed[i] = true;
	}
	for (size_t i = 0; (node = xn_links_bridge_at(daemon->links, i)); i++) {
		if (node->slowed == slowed[i])
			continue;
		node->slowed = slowed[i];
		hold_all(daemon, node);
	}
}

/* All guests on the bridge are held, and what they sent before is done. */
static bool all_held(struct xn_daemon *daemon,
		     const struct xn_bridge_node *node)
{
	for (struct xn_vif *vif = next_on(daemon, node, 0); vif;
	     vif = next_on(daemon, node, vif->slot + 1)) {
		if (vif->machine.phase != XNB_PHASE_UP)
			continue;
		if (!settled(&vif->port) || !vif->port.sent.hold)
			return false;
	}
	return true;
}

static void switch_over(struct xn_daemon *daemon, struct xn_bridge_node *node)
{
	for (struct xn_vif *vif = next_on(daemon, node, 0); vif;
	     vif = next_on(daemon, node, vif->slot + 1))
		if (vif->machine.phase == XNB_PHASE_UP &&
		    xn_isolation_is_due(vif))
			isolate(vif);
	/* First all have their new paths, then the first one may send. */
	update_all(daemon, node);
	node->switching = false;
	update_all(daemon, node);
}

/* Goes on with the switch-overs that have been waiting for confirmations. */
static void proceed(struct xn_daemon *daemon)
{
	struct xn_bridge_node *node;

	for (size_t i = 0; (node = xn_links_bridge_at(daemon->links, i)); i++) {
		if (!node->switching)
			continue;
		update_all(daemon, node);
		if (all_held(daemon, node))
			switch_over(daemon, node);
	}
}

void xn_port_update(struct xn_vif *vif)
{
	find_reasons(vif);
	look_at_neighbours(vif->daemon);
	update_place(vif);
	proceed(vif->daemon);
}

void xn_port_enter(struct xn_vif *vif)
{
	struct xn_port *port = &vif->port;

	xn_links_read_twin(vif->daemon->links, vif);
	xn_port_update(vif);
	port->entering = true;
	port->entering_sequence = port->sent.sequence;
	if (!settled(port))
		return;
	/* It was told before, and has confirmed: ask again, to be answered. */
	send_port(vif, &port->sent);
	port->entering_sequence = port->sent.sequence;
}

void xn_port_unplug(struct xn_vif *vif)
{
	struct xn_dl_port place = describe(vif, NULL, false);

	if (vif->machine.phase == XNB_PHASE_UP && vif->port.sent_valid &&
	    vif->port.sent.bridge != XN_DL_NO_BRIDGE)
		send_port(vif, &place);
}

void xn_port_confirm(struct xn_vif *vif)
{
	if (vif->machine.phase == XNB_PHASE_UP && vif->port.sent_valid &&
	    vif->policy.unanswered)
		send_port(vif, &vif->port.sent);
}

void xn_port_forget(struct xn_vif *vif)
{
	vif->port.sent_valid = false;
	vif->port.entering = false;
}

void xn_port_leave(struct xn_vif *vif)
{
	struct xn_port *port = &vif->port;

	if (port->sent_valid && port->sent.fast) {
		port->sent.fast = 0;
		xn_fdb_port_slow(vif->daemon->fdb, vif);
		xn_fdb_port_changed(vif->daemon->fdb, vif);
	}
	xn_port_forget(vif);
}

void xn_port_release(struct xn_vif *vif)
{
	xn_port_leave(vif);
	xn_port_update(vif); /* and nobody waits for this one any more */
}

void xn_port_done(struct xn_vif *vif, const struct xn_dl_port_done *message)
{
	struct xn_port *port = &vif->port;

	if (message->generation != vif->machine.generation || !port->sent_valid)
		return;
	/* Answers come in order; one of an earlier setting is not the last. */
	if (port->sent.sequence - message->sequence > INT32_MAX)
		return;
	port->sequence_done = message->sequence;
	if (port->entering &&
	    message->sequence - port->entering_sequence <= INT32_MAX) {
		port->entering = false;
		xnb_vif_entered(&vif->machine, message->generation);
	}
	xn_port_update(vif);
}
