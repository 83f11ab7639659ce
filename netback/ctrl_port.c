/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vif's control ring in the worker: mapped with the others, served between
 * bursts, one round at a time, so that a guest which floods it costs the
 * others no more than one that sends. What it sets takes effect with the next
 * burst.
 * Thread: the worker.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "netback/worker_state.h"

static uint64_t seed_of(const struct xnb_worker *w)
{
	uint64_t seed;

	memcpy(&seed, w->hash_key, sizeof(seed));
	return seed;
}

/* The rings look at the table only while there is something in it. */
static void show_grants(struct xnb_port *port)
{
	const struct xnb_grants *grants =
		port->grants.count > 0 ? &port->grants : NULL;

	for (uint32_t i = 0; i < port->queue_count; i++) {
		port->queue[i].tx.grants = grants;
		port->queue[i].rx.grants = grants;
	}
	xnb_owner_set_grants(&port->owner, grants);
	xnb_set_level(&port->counters->grants_mapped, port->grants.count);
}

static int map_ring(struct xnb_worker *w, struct xnb_port *port,
		    const struct xn_dl_vif_add *add)
{
	if (!(add->frontend & XN_DL_FE_CTRL_RING))
		return 0;
	port->ctrl_page = xengnttab_map_grant_ref(
		w->crew->gnttab, port->owner.domid, add->ctrl_ring_ref,
		PROT_READ | PROT_WRITE);
	if (!port->ctrl_page)
		return errno > 0 ? -errno : -EIO;
	port->ctrl_port = add->ctrl_port;
	port->ctrl_ready = true;
	return 0;
}

int xnb_ctrl_port_attach(struct xnb_worker *w, struct xnb_port *port,
			 const struct xn_dl_vif_add *add)
{
	int rc;

	xnb_grants_init(&port->grants, &port->owner, w->crew->gnttab,
			&w->crew->grants_left, port->queue_count, seed_of(w));
	for (uint32_t i = 0; i < port->queue_count; i++)
		port->grants.kept[i] = xnb_redo_grants(port->redo, i);
	port->ctrl = (struct xnb_ctrl){
		.queue_count = port->queue_count,
		.kept = &port->redo->kept,
		.owner = &port->owner,
		.grants = &port->grants,
	};
	rc = map_ring(w, port, add);
	if (rc == 0)
		rc = xnb_ctrl_attach(&port->ctrl, port->ctrl_page,
				     add->resume != 0);
	if (rc < 0)
		return rc;
	xnb_toeplitz_set(&port->toeplitz, &port->ctrl.hash);
	show_grants(port);
	return 0;
}

/* Taps that were not read because of another queue may be now, and the other
 * way round (twin.c). */
static void apply_hash(struct xnb_worker *w, struct xnb_port *port)
{
	port->ctrl.hash_fresh = false;
	xnb_toeplitz_set(&port->toeplitz, &port->ctrl.hash);
	for (uint32_t i = 0; i < port->queue_count; i++)
		xnb_twin_resume(w, &port->queue[i]);
}

static void unmask(struct xnb_port *port)
{
	port->ctrl_ready = false;
	if (port->ctrl_masked)
		(void)xenevtchn_unmask(port->event, port->ctrl_port);
	port->ctrl_masked = false;
}

/* Nobody delivers to the guest meanwhile: what it maps is no buffer of any of
 * its vifs. */
static void take_leases(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_owner *owner = &port->owner;

	if (!w->several)
		return;
	(void)pthread_mutex_lock(&w->crew->control);
	do {
		xnb_lease_take_shared(w, xnb_port_of(owner));
		owner = owner->next;
	} while (owner && owner != &port->owner);
}

static void give_leases(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_owner *owner = &port->owner;

	if (!w->several)
		return;
	do {
		xnb_lease_give(w, xnb_port_of(owner));
		owner = owner->next;
	} while (owner && owner != &port->owner);
	(void)pthread_mutex_unlock(&w->crew->control);
}

/* True: the guest is to be notified. */
static bool answer(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_queue *queue = &port->queue[0];
	bool notify;
	uint32_t answered;

	xnb_redo_enter(port->redo, queue->index, queue->tx.next);
	answered =
		xnb_ctrl_serve(&port->ctrl, &w->plan, &w->ctrl_memory, &notify);
	xnb_redo_leave(port->redo);
	if (answered > 0) {
		xnb_count(&port->counters->ctrl_requests, answered);
		show_grants(port);
	}
	if (port->ctrl.hash_fresh)
		apply_hash(w, port);
	return notify;
}

void xnb_ctrl_port_serve(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_queue *queue = &port->queue[0];
	bool notify;

	take_leases(w, port);
	notify = answer(w, port);
	give_leases(w, port);
	if (notify)
		xnb_port_notify(port, port->ctrl_port);
	if (port->ctrl.fault)
		xnb_port_fault(w, queue, port->ctrl.fault);
	else if (xnb_ctrl_pending(&port->ctrl) || xnb_ctrl_arm(&port->ctrl))
		xnb_queue_ready(w, queue);
	else
		unmask(port);
}
