/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of vifs, see vifs.h. Slots are numbers that a data process may
 * still talk about after their vif has gone: generations go on counting from
 * vif to vif.
 */
#include "netconf/daemon/vifs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/daemon/acls.h"
#include "netconf/daemon/carrier.h"
#include "netconf/daemon/dhcp.h"
#include "netconf/daemon/fdstore.h"
#include "netconf/daemon/keeper.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/port.h"

/* Folders looked at in a listing: some more than can be served, so that one
 * that waits for a slot is found behind those that have one. */
#define LIST_MAX (4 * XN_VIFS_MAX)
#define ERRNO_MAX 4095

struct xn_vifs {
	struct xn_daemon *daemon;
	struct xn_vif *vif[XN_VIFS_MAX];
	uint32_t generation[XN_VIFS_MAX]; /* the slot's last one */
	uint32_t serial;
	bool rescan;
	bool any_dirty;
	bool refused;		 /* for want of a slot: look when one is free */
	struct xn_source *again; /* timer: what is noted is looked at */
	struct xn_log_limit full_limit;
};

static void on_settled(void *arg);

struct xn_vifs *xn_vifs_create(struct xn_daemon *daemon)
{
	struct xn_vifs *vifs = calloc(1, sizeof(*vifs));

	if (!vifs)
		return NULL;
	vifs->daemon = daemon;
	vifs->full_limit.burst = 1;
	vifs->full_limit.interval_ms = 10000;
	vifs->again = xn_loop_add_timer(daemon->loop, on_settled, vifs);
	if (!vifs->again) {
		free(vifs);
		return NULL;
	}
	return vifs;
}

void xn_vifs_destroy(struct xn_vifs *vifs)
{
	if (!vifs)
		return;
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		xn_vif_destroy(vifs->vif[i]);
	xn_source_destroy(vifs->again);
	free(vifs);
}

struct xn_vif *xn_vifs_by_slot(struct xn_vifs *vifs, uint32_t slot)
{
	return slot < XN_VIFS_MAX ? vifs->vif[slot] : NULL;
}

struct xn_vif *xn_vifs_from(struct xn_vifs *vifs, uint32_t slot)
{
	for (; slot < XN_VIFS_MAX; slot++)
		if (vifs->vif[slot])
			return vifs->vif[slot];
	return NULL;
}

struct xn_vif *xn_vifs_by_ifindex(struct xn_vifs *vifs, int ifindex)
{
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		if (vifs->vif[i] && vifs->vif[i]->twin.ifindex == ifindex)
			return vifs->vif[i];
	return NULL;
}

struct xn_vif *xn_vifs_by_name(struct xn_vifs *vifs, const char *name)
{
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		if (vifs->vif[i] && vifs->vif[i]->twin.ifindex &&
		    !strcmp(vifs->vif[i]->port.link.name, name))
			return vifs->vif[i];
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		if (vifs->vif[i] && !strcmp(vifs->vif[i]->name, name))
			return vifs->vif[i];
	return NULL;
}

static struct xn_vif *by_device(struct xn_vifs *vifs, uint32_t domid,
				uint32_t handle)
{
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		if (vifs->vif[i] && vifs->vif[i]->domid == domid &&
		    vifs->vif[i]->handle == handle)
			return vifs->vif[i];
	return NULL;
}

static struct xn_vif *add_device(struct xn_vifs *vifs, uint32_t domid,
				 uint32_t handle)
{
	for (uint32_t i = 0; i < vifs->daemon->vifs_max; i++) {
		if (vifs->vif[i])
			continue;
		vifs->vif[i] = xn_vif_create(vifs->daemon, i, ++vifs->serial,
					     vifs->generation[i],
					     (uint16_t)domid, (uint16_t)handle);
		return vifs->vif[i];
	}
	vifs->refused = true;
	if (xn_log_allowed(&vifs->full_limit))
		xn_error("vif%u.%u: there are %u vifs already", domid, handle,
			 vifs->daemon->vifs_max);
	return NULL;
}

struct xn_vif *xn_vifs_add_at(struct xn_vifs *vifs, uint32_t slot,
			      uint32_t domid, uint32_t handle)
{
	if (slot >= vifs->daemon->vifs_max || vifs->vif[slot] ||
	    by_device(vifs, domid, handle))
		return NULL;
	vifs->vif[slot] = xn_vif_create(vifs->daemon, slot, ++vifs->serial, 0,
					(uint16_t)domid, (uint16_t)handle);
	return vifs->vif[slot];
}

/* After anything that may have ended the vif. */
static void reap(struct xn_vifs *vifs, uint32_t slot)
{
	struct xn_vif *vif = vifs->vif[slot], *successor;

	if (!vif || !vif->at_end || vif->stepping)
		return;
	vifs->generation[slot] = vif->machine.generation;
	vifs->vif[slot] = NULL;
	if (vif->machine.phase == XNB_PHASE_END)
		xn_info("%s: removed", vif->name);
	successor = vif->machine.replaced
			    ? add_device(vifs, vif->domid, vif->handle)
			    : NULL;
	xn_vif_destroy(vif);
	xn_dhcp_look(vifs->daemon->dhcp);
	xn_acls_update(vifs->daemon->acls);
	if (successor) {
		xn_timer_arm(successor->retry_timer, 0, 0);
	} else if (vifs->refused) {
		vifs->refused = false;
		vifs->rescan = true;
		xn_timer_arm(vifs->again, 0, 0);
	}
}

void xn_vifs_refresh(struct xn_vifs *vifs, uint32_t slot)
{
	if (!vifs->vif[slot])
		return;
	xn_vif_refresh(vifs->vif[slot]);
	reap(vifs, slot);
}

void xn_vifs_step(struct xn_vifs *vifs, struct xn_vif *vif)
{
	uint32_t slot = vif->slot;

	xn_vif_step(vif);
	reap(vifs, slot);
}

static void mark(struct xn_vifs *vifs, struct xn_vif *vif)
{
	vif->dirty = true;
	vifs->any_dirty = true;
}

static void on_backend(void *arg, uint32_t domid, uint32_t handle, bool values)
{
	struct xn_vifs *vifs = arg;
	struct xn_vif *vif = by_device(vifs, domid, handle);

	if (!vif)
		vif = add_device(vifs, domid, handle);
	if (!vif)
		return;
	vif->values_dirty |= values;
	mark(vifs, vif);
}

static void on_frontend(void *arg, uint32_t slot, uint32_t serial)
{
	struct xn_vifs *vifs = arg;
	struct xn_vif *vif = xn_vifs_by_slot(vifs, slot);

	if (vif && vif->serial == serial)
		mark(vifs, vif);
}

static void on_rescan(void *arg)
{
	struct xn_vifs *vifs = arg;

	vifs->rescan = true;
}

static void look_at_dirty(struct xn_vifs *vifs)
{
	vifs->any_dirty = false;
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		if (vifs->vif[i] && vifs->vif[i]->dirty &&
		    xn_vif_may_refresh(vifs->vif[i]))
			xn_vifs_refresh(vifs, i);
}

static void on_settled(void *arg)
{
	struct xn_vifs *vifs = arg;

	bool all = vifs->rescan;

	if (all) {
		vifs->rescan = false;
		for (uint32_t i = 0; i < XN_VIFS_MAX; i++) {
			if (!vifs->vif[i])
				continue;
			vifs->vif[i]->values_dirty = true;
			mark(vifs, vifs->vif[i]);
		}
		(void)xn_store_list_vifs(vifs->daemon->store, LIST_MAX,
					 on_backend, vifs);
	}
	if (vifs->any_dirty)
		look_at_dirty(vifs);
	/* Whoever is there has taken what is his, and is known. */
	if (all && xn_store_is_up(vifs->daemon->store)) {
		xn_fdstore_drop_rest(vifs->daemon->fdstore);
		xn_keeper_listed(vifs->daemon->keeper);
	}
}

/* A new connection knows none of the old one's watches. */
static void on_up(void *arg)
{
	struct xn_vifs *vifs = arg;

	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		if (vifs->vif[i])
			vifs->vif[i]->watched = false;
	vifs->rescan = true;
}

static void on_down(void *arg)
{
	(void)arg;
}

struct xn_store_listener xn_vifs_store_listener(struct xn_vifs *vifs)
{
	return (struct xn_store_listener){
		.up = on_up,
		.down = on_down,
		.backend = on_backend,
		.frontend = on_frontend,
		.rescan = on_rescan,
		.settled = on_settled,
		.arg = vifs,
	};
}

static bool resumes(const struct xn_vif *vif)
{
	const struct xnb_vif *machine = &vif->machine;

	switch (machine->phase) {
	case XNB_PHASE_ORPHANED:
		return true;
	case XNB_PHASE_CONNECTING:
		return machine->resume;
	case XNB_PHASE_UP:
		/* One that still waits for its script has no place to wait
		 * for. */
		return machine->resume && machine->entering;
	case XNB_PHASE_NEW:
	case XNB_PHASE_IDLE:
	case XNB_PHASE_KEYED:
	case XNB_PHASE_DISCONNECTING:
	case XNB_PHASE_RELEASING:
	case XNB_PHASE_END:
		return false;
	}
	return false;
}

void xn_vifs_check_resumed(struct xn_vifs *vifs)
{
	if (!vifs->daemon->resuming)
		return;
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		if (vifs->vif[i] && resumes(vifs->vif[i]))
			return;
	vifs->daemon->resuming = false;
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++)
		if (vifs->vif[i])
			xn_port_update(vifs->vif[i]);
}

void xn_vifs_data_ready(struct xn_vifs *vifs)
{
	vifs->daemon->resuming = true;
	for (uint32_t i = 0; i < XN_VIFS_MAX; i++) {
		if (!vifs->vif[i])
			continue;
		xnb_vif_data_ready(&vifs->vif[i]->machine);
		xn_vifs_step(vifs, vifs->vif[i]);
	}
	xn_vifs_check_resumed(vifs);
}

/* After a death, before the machine is told: was it in this vif's work? */
static void blame(struct xn_vif *vif, bool crashed)
{
	struct xn_blame_place place;
	int rc;

	if (vif->redo_fd < 0)
		return;
	rc = xn_blame_take_note(vif->redo_fd, vif->frontend.queue_count,
				&place);
	if (rc < 0)
		xn_error("%s: who the data process died of: %s", vif->name,
			 strerror(-rc));
	if (rc <= 0 || !crashed)
		return;
	xn_warning("%s: the data process died in the work of queue %u at %u",
		   vif->name, place.queue, place.index);
	if (!xn_blame_add(&vif->blame, xn_now_ms()))
		return;
	vif->last_error.set = false;
	xn_fail(&vif->last_error, EPROTO,
		"queue %u: the data process died of it twice within %u s, at "
		"%u of its ring",
		place.queue, XN_BLAME_WINDOW_MS / 1000, place.index);
	xn_error("%s: %s", vif->name, xn_err_text(&vif->last_error));
	xnb_vif_fault(&vif->machine, vif->machine.generation);
}

void xn_vifs_data_died(struct xn_vifs *vifs, int status)
{
	bool crashed = xn_blame_is_crash(status);

	for (uint32_t i = 0; i < XN_VIFS_MAX; i++) {
		if (!vifs->vif[i])
			continue;
		blame(vifs->vif[i], crashed);
		xnb_vif_data_died(&vifs->vif[i]->machine);
		xn_vifs_step(vifs, vifs->vif[i]);
	}
}

void xn_vifs_up(struct xn_vifs *vifs, const struct xn_dl_vif_up *message)
{
	struct xn_vif *vif = xn_vifs_by_slot(vifs, message->slot);
	int error = message->error;

	if (!vif || message->generation != vif->machine.generation)
		return;
	if (error > 0 || error < -ERRNO_MAX)
		error = -EPROTO;
	if (error)
		xn_fail(&vif->last_error, -error,
			"the data process refused the rings: %s",
			strerror(-error));
	xnb_vif_up(&vif->machine, message->generation, error);
	xn_policy_update(vif); /* first what it may do, then where it is */
	xn_port_update(vif);
	xn_vifs_step(vifs, vif);
	xn_vifs_check_resumed(vifs);
}

void xn_vifs_gone(struct xn_vifs *vifs, const struct xn_dl_vif_gone *message)
{
	struct xn_vif *vif = xn_vifs_by_slot(vifs, message->slot);

	if (!vif)
		return;
	xnb_vif_gone(&vif->machine, message->generation);
	xn_vifs_step(vifs, vif);
}

void xn_vifs_fault(struct xn_vifs *vifs, const struct xn_dl_vif_fault *message)
{
	struct xn_vif *vif = xn_vifs_by_slot(vifs, message->slot);

	if (!vif || message->generation != vif->machine.generation)
		return;
	vif->last_error.set = false;
	xn_fail(&vif->last_error, EPROTO, "queue %u broke the protocol: %s",
		message->queue, xn_dl_fault_name(message->fault));
	if (xn_log_allowed(&vif->log_limit))
		xn_warning("%s: %s", vif->name, xn_err_text(&vif->last_error));
	xnb_vif_fault(&vif->machine, message->generation);
	xn_vifs_step(vifs, vif);
}

void xn_vifs_stall(struct xn_vifs *vifs, const struct xn_dl_vif_stall *message)
{
	struct xn_vif *vif = xn_vifs_by_slot(vifs, message->slot);

	if (!vif || message->generation != vif->machine.generation ||
	    vif->machine.phase != XNB_PHASE_UP)
		return;
	xn_carrier_stalled(vif, message->stalled != 0);
	if (xn_log_allowed(&vif->log_limit))
		xn_info("%s: %s", vif->name,
			message->stalled ? "the guest takes no frames"
					 : "the guest takes frames again");
}
