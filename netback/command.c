/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control's commands, done between rounds: no frame is on its way then but
 * those in egress queues, which have left the switch. The link has checked
 * every field's range; here is checked what only the worker knows: whether a
 * slot is in use, and by which generation.
 * Thread: the worker.
 */
#include <errno.h>
#include <string.h>

#include "netback/worker_state.h"
#include "netconf/base/fd.h"
#include "netconf/base/log.h"

static void send_event(struct xnb_worker *w, const struct xnb_event *event)
{
	/* There is always room: see message.h. */
	(void)xnb_mailbox_put(w->events, event, 0);
}

static void do_start(struct xnb_worker *w, const struct xnb_start *start)
{
	struct xnb_crew *crew = w->crew;

	crew->sw = start->sw;
	crew->stats = start->stats;
	memcpy(crew->hash_key, start->hash_key, sizeof(crew->hash_key));
	crew->born_us = w->now_us;
	if (crew->count > 1)
		xsw_switch_share(crew->sw);
	for (uint32_t i = 0; i < crew->count; i++) {
		struct xnb_worker *each = crew->worker[i];

		each->sw = crew->sw;
		each->stats = crew->stats;
		each->counters = &crew->stats->worker[i];
		memcpy(each->hash_key, crew->hash_key, sizeof(each->hash_key));
	}
}

/* Another vif of the same guest may be here, also one whose fault waits for
 * its end: what is mapped for one is no buffer of the other. */
static void join_guest(struct xnb_worker *w, struct xnb_port *port)
{
	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		struct xnb_port *other = &w->port[slot];

		if (other == port || other->state == XNB_PORT_FREE ||
		    other->owner.domid != port->owner.domid)
			continue;
		xnb_owner_join(&port->owner, &other->owner);
		return;
	}
}

static int attach(struct xnb_worker *w, struct xnb_command *command)
{
	uint32_t slot = command->add.slot;
	struct xnb_port *port = &w->port[slot];
	int rc;

	if (port->state != XNB_PORT_FREE) {
		xn_close(&command->event_fd);
		xn_close(&command->redo_fd);
		for (uint32_t i = 0; i < command->add.queue_count; i++)
			xn_close(&command->tap_fd[i]);
		return -EBUSY;
	}
	rc = xnb_port_attach(port, command, w->crew->gnttab,
			     &w->stats->vif[slot]);
	if (rc < 0)
		return rc;
	port->worker = xnb_balance_place(w->crew, port->owner.domid, w->now_us);
	join_guest(w, port);
	rc = xnb_ctrl_port_attach(w, port, &command->add);
	if (rc == 0)
		rc = xnb_port_enter(port->worker, port);
	if (rc < 0)
		xnb_port_detach(port, w->crew->gnttab);
	else
		xnb_groups_resume(w, port);
	return rc;
}

static void do_add(struct xnb_worker *w, struct xnb_command *command)
{
	struct xnb_event event = {
		.up = {
			.header = {XN_DL_VIF_UP, XN_DATALINK_VERSION},
			.slot = command->add.slot,
			.generation = command->add.generation,
		}};

	event.up.error = attach(w, command);
	send_event(w, &event);
}

/* A fault that was not told yet is of no interest any more. */
static void forget_fault(struct xnb_crew *crew, uint32_t slot)
{
	for (uint32_t i = 0; i < crew->count; i++)
		crew->worker[i]->broken[slot / 64] &=
			~(UINT64_C(1) << slot % 64);
}

static void set_acl(struct xnb_crew *crew, struct xnb_port *port, bool on)
{
	crew->acls = crew->acls - port->acl + on;
	port->acl = on;
}

static void detach(struct xnb_worker *w, struct xnb_port *port)
{
	xsw_port_clear(w->sw, (uint16_t)port->slot);
	set_acl(w->crew, port, false);
	if (port->state == XNB_PORT_LIVE)
		xnb_port_quiesce(port->worker, port);
	forget_fault(w->crew, port->slot);
	xnb_port_detach(port, w->crew->gnttab);
}

/* A slot that is free has nothing mapped: the answer is the same then. */
static void do_del(struct xnb_worker *w, const struct xn_dl_vif_del *del)
{
	struct xnb_port *port = &w->port[del->slot];
	struct xnb_event event = {
		.gone = {
			.header = {XN_DL_VIF_GONE, XN_DATALINK_VERSION},
			.slot = del->slot,
			.generation = del->generation,
		}};

	if (port->state != XNB_PORT_FREE) {
		if (port->generation != del->generation)
			return;
		detach(w, port);
	}
	send_event(w, &event);
}

/* Frames of another bridge, or from before the port closed, must not reach
 * the guest any more. */
static void purge_if_moved(struct xnb_port *port,
			   const struct xn_dl_port *setting)
{
	if (port->bridge == setting->bridge && setting->forwarding)
		return;
	for (uint32_t i = 0; i < port->queue_count; i++)
		xnb_egress_purge(port->worker, &port->queue[i],
				 XN_DROP_PORT_CLOSED);
}

/* Its policy and its groups stay: nobody will say them again when it opens. */
static void close_port(struct xnb_worker *w, const struct xnb_port *port)
{
	const struct xsw_port_config closed = {.bridge = XSW_NO_BRIDGE};

	(void)xsw_port_set(w->sw, (uint16_t)port->slot, &closed);
}

static void apply_port(struct xnb_worker *w, struct xnb_port *port,
		       const struct xn_dl_port *setting)
{
	struct xsw_port_config config = {
		.bridge = (uint16_t)setting->bridge,
		.fast = setting->fast,
		.forwarding = setting->forwarding,
		.learning = setting->learning,
		.flood = setting->flood,
		.mcast_flood = setting->mcast_flood,
		.bcast_flood = setting->bcast_flood,
	};
	int rc;

	if (setting->bridge == XN_DL_NO_BRIDGE)
		config.bridge = XSW_NO_BRIDGE;
	rc = xsw_port_set(w->sw, (uint16_t)port->slot, &config);
	if (rc < 0) {
		xn_error("vif slot %u: stays closed: %s", port->slot,
			 strerror(-rc));
		close_port(w, port);
	} else if (setting->bridge != XN_DL_NO_BRIDGE) {
		w->crew->bridges_used |= UINT64_C(1) << setting->bridge;
	}
	purge_if_moved(port, setting);
	port->bridge = setting->bridge;
	port->mtu = setting->mtu;
	port->twin_up = setting->twin_up;
	port->taking = !setting->hold;
	port->placed = true;
	for (uint32_t i = 0; i < port->queue_count; i++) {
		xnb_twin_resume(port->worker, &port->queue[i]);
		xnb_queue_ready(port->worker, &port->queue[i]);
	}
}

static void do_port(struct xnb_worker *w, const struct xn_dl_port *setting)
{
	struct xnb_port *port = &w->port[setting->slot];
	struct xnb_event event = {
		.done = {
			.header = {XN_DL_PORT_DONE, XN_DATALINK_VERSION},
			.slot = setting->slot,
			.generation = setting->generation,
			.sequence = setting->sequence,
		}};

	if (port->state == XNB_PORT_FREE ||
	    port->generation != setting->generation)
		return;
	if (port->state == XNB_PORT_LIVE)
		apply_port(w, port, setting);
	send_event(w, &event);
}

static struct xsw_policy switch_policy(const struct xn_dl_policy *order)
{
	struct xsw_policy policy = {
		.guard = order->guard,
		.isolated = order->isolated,
		.bpdu_drop = order->bpdu_drop,
		.mcast_control = order->mcast_control,
		.storm_frames = order->storm_frames,
		.acl = (uint16_t)order->acl,
		.mac = order->mac,
		.address_count = order->address_count,
	};

	for (uint32_t i = 0; i < order->address_count; i++) {
		policy.address[i].family = order->address[i].family;
		policy.address[i].prefix = order->address[i].prefix;
		memcpy(policy.address[i].octet, order->address[i].octet,
		       sizeof(policy.address[i].octet));
	}
	return policy;
}

/* What waits now needs other slots than the event was asked for. */
static void set_headroom(struct xnb_queue *queue, uint32_t bytes)
{
	if (queue->rx.headroom == bytes)
		return;
	queue->rx.headroom = (uint16_t)bytes;
	xnb_queue_ready(queue->port->worker, queue);
}

static void do_policy(struct xnb_worker *w, const struct xn_dl_policy *order)
{
	struct xnb_port *port = &w->port[order->slot];
	struct xsw_policy policy = switch_policy(order);

	if (port->state != XNB_PORT_LIVE ||
	    port->generation != order->generation)
		return;
	(void)xsw_port_set_policy(w->sw, (uint16_t)order->slot, &policy);
	port->mcast_control = order->mcast_control;
	set_acl(w->crew, port, order->acl != 0);
	port->picky = port->mcast_control || port->acl;
	for (uint32_t i = 0; i < port->queue_count; i++)
		set_headroom(&port->queue[i], order->xdp_headroom);
	if (xnb_rate_set(&port->rate, order->rate_bytes,
			 order->rate_interval_us, w->now_us))
		xnb_port_unpark(port->worker, port);
	xnb_shape_set(port->worker, port, order->receive_bytes,
		      order->receive_interval_us, w->now_us);
}

static void do_bridge(struct xnb_worker *w, const struct xn_dl_bridge *order)
{
	(void)xsw_bridge_set_ageing(w->sw, (uint16_t)order->bridge,
				    order->ageing_ms);
}

static void do_outside(struct xnb_worker *w, const struct xn_dl_outside *order)
{
	uint16_t bridge = (uint16_t)order->bridge;
	int rc = 0;

	if (!order->present)
		xsw_outside_del(w->sw, bridge, &order->mac);
	else if (order->fixed)
		rc = xsw_outside_add_fixed(w->sw, bridge, &order->mac);
	else
		rc = xsw_outside_add(w->sw, bridge, &order->mac);
	if (rc < 0)
		xn_debug("bridge %u: no room for an outside station", bridge);
}

static void do_command(struct xnb_worker *w, struct xnb_command *command)
{
	switch (command->header.type) {
	case XNB_START:
		do_start(w, &command->start);
		break;
	case XN_DL_VIF_ADD:
		do_add(w, command);
		break;
	case XN_DL_VIF_DEL:
		do_del(w, &command->del);
		break;
	case XN_DL_PORT:
		do_port(w, &command->port);
		break;
	case XN_DL_BRIDGE:
		do_bridge(w, &command->bridge);
		break;
	case XN_DL_OUTSIDE:
		do_outside(w, &command->outside);
		break;
	case XN_DL_POLICY:
		do_policy(w, &command->policy);
		break;
	case XNB_ACL:
		(void)xsw_acl_set(w->sw, command->acl_order.number,
				  command->acl_order.acl);
		break;
	case XN_DL_WATCH:
		atomic_store(&w->crew->watched, true);
		break;
	case XNB_DUMP:
		xnb_stations_dump(w, command->dump.dump);
		break;
	case XNB_STOP:
		atomic_store(&w->crew->stop, true);
		break;
	}
}

void xnb_commands(struct xnb_worker *w)
{
	struct xnb_command command;

	w->crew->changes++;
	for (uint32_t i = 0; i < XNB_COMMANDS_ROUND && !w->crew->stop; i++) {
		if (!xnb_mailbox_get(w->commands, &command))
			break;
		do_command(w, &command);
	}
}

void xnb_ports_end(struct xnb_worker *w)
{
	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		if (w->port[slot].state != XNB_PORT_FREE)
			detach(w, &w->port[slot]);
	}
}
