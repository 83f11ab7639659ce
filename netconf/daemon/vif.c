/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vif's life: creating it, feeding its machine from the store, and stepping
 * the machine. What each action does is in vif_actions.c.
 */
#include "netconf/daemon/vif.h"

#include <errno.h>
#include <stdlib.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/keeper.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/removals.h"
#include "netconf/daemon/vifs.h"

/* An action that the kernel or the store refused is tried again. */
#define RETRY_MS 250u
/* What any guest needs to come up, several times over; beyond it, one look at
 * the store in each pause. */
#define REFRESHES_MAX 64u
#define PACE_WINDOW_MS 1000u
#define PACE_PAUSE_MS 50u

static void on_close_timer(void *arg)
{
	struct xn_vif *vif = arg;

	xnb_vif_close_timeout(&vif->machine);
	xn_vifs_refresh(vif->daemon->vifs, vif->slot);
}

static void on_retry_timer(void *arg)
{
	struct xn_vif *vif = arg;

	vif->pace.waiting = false;
	xn_vifs_refresh(vif->daemon->vifs, vif->slot);
}

struct xn_vif *xn_vif_create(struct xn_daemon *daemon, uint32_t slot,
			     uint32_t serial, uint32_t generation_before,
			     uint16_t domid, uint16_t handle)
{
	struct xn_vif *vif = calloc(1, sizeof(*vif));

	if (!vif)
		return NULL;
	vif->close_timer = xn_loop_add_timer(daemon->loop, on_close_timer, vif);
	vif->retry_timer = xn_loop_add_timer(daemon->loop, on_retry_timer, vif);
	if (!vif->close_timer || !vif->retry_timer) {
		xn_source_destroy(vif->close_timer);
		xn_source_destroy(vif->retry_timer);
		free(vif);
		return NULL;
	}
	vif->daemon = daemon;
	vif->slot = slot;
	vif->serial = serial;
	vif->domid = domid;
	vif->handle = handle;
	vif->offload = true;
	vif->values_dirty = true;
	vif->redo_fd = -1;
	vif->kept.record_fd = -1;
	vif->log_limit.burst = 10;
	vif->log_limit.interval_ms = 10000;
	xn_drift_init(&vif->drift);
	(void)xn_text_format(vif->name, sizeof(vif->name), "vif%u.%u", domid,
			     handle);
	xnb_vif_init(&vif->machine, generation_before);
	xn_policy_update(vif);
	if (xn_datapath_is_ready(daemon->datapath))
		xnb_vif_data_ready(&vif->machine);
	return vif;
}

void xn_vif_destroy(struct xn_vif *vif)
{
	if (!vif)
		return;
	if (vif->watched)
		xn_store_unwatch(vif->daemon->store, vif->frontend_path,
				 vif->slot, vif->serial);
	xn_channel_close(vif->channel);
	xn_close(&vif->redo_fd);
	if (vif->daemon->leaving && vif->kept.record)
		xn_twin_leave(&vif->twin);
	else
		xn_handover_drop(vif);
	xn_handover_leave(vif);
	xn_removals_add(vif->daemon->removals, &vif->twin);
	xn_source_destroy(vif->close_timer);
	xn_source_destroy(vif->retry_timer);
	xn_keeper_note(vif->daemon->keeper);
	free(vif);
}

/* The toolstack's part of the folder, read once it is complete. */
static int learn_identity(struct xn_vif *vif, struct xn_err *err)
{
	struct xn_store *store = vif->daemon->store;
	int error;

	if (!vif->frontend_path[0]) {
		error = xn_store_read_frontend(store, vif->domid, vif->handle,
					       vif->frontend_path, err);
		if (error)
			return error;
	}
	if (vif->watched)
		return 0;
	error = xn_store_watch(store, vif->frontend_path, vif->slot,
			       vif->serial, err);
	vif->watched = !error;
	return error;
}

static void report(struct xn_vif *vif, const struct xn_err *err)
{
	vif->last_error = *err;
	xn_text_make_printable(vif->last_error.text);
	if (xn_log_allowed(&vif->log_limit))
		xn_warning("%s: %s", vif->name, xn_err_text(&vif->last_error));
}

/* The toolstack's values that may change at any time. */
static int learn_values(struct xn_vif *vif)
{
	int error;

	if (!vif->values_dirty)
		return 0;
	error = xn_placing_load(vif);
	if (error)
		return error;
	error = xn_store_read_values(vif->daemon->store, vif->domid,
				     vif->handle, &vif->values);
	if (error)
		return error;
	vif->values_dirty = false;
	for (uint32_t i = 0; i < vif->values.problem_count; i++)
		if (xn_log_allowed(&vif->log_limit))
			xn_warning("%s: %s", vif->name, vif->values.problem[i]);
	return 0;
}

/* What the frontend may ask for while it is connected; a word that makes no
 * sense changes nothing. */
static void learn_request(struct xn_vif *vif)
{
	struct xn_err err = {0};
	int error;

	if (!vif->channel)
		return;
	error = xn_store_read_mcast(vif->daemon->store, vif->frontend_path,
				    &vif->frontend.mcast_control, &err);
	if (error && error != -EAGAIN)
		report(vif, &err);
	xn_handover_note_frontend(vif);
}

bool xn_vif_may_refresh(struct xn_vif *vif)
{
	struct xn_pace *pace = &vif->pace;
	uint64_t now_ms = xn_now_ms();

	if (now_ms - pace->window_ms >= PACE_WINDOW_MS) {
		pace->window_ms = now_ms;
		pace->refreshes = 0;
	}
	if (pace->refreshes < REFRESHES_MAX) {
		pace->refreshes++;
		return true;
	}
	if (!pace->waiting) {
		pace->waiting = true;
		xn_timer_arm(vif->retry_timer, PACE_PAUSE_MS, 0);
	}
	return false;
}

void xn_vif_refresh(struct xn_vif *vif)
{
	struct xnb_observed seen = {0};
	struct xn_err err = {0};
	int error = learn_identity(vif, &err);

	vif->dirty = false;
	if (error == -EAGAIN)
		return; /* the store will be back, and everything looked at */
	if (error == -ENOENT) {
		/* Incomplete, or gone before anything was made of it; the
		 * toolstack's next write tells of it again. */
		vif->at_end = true;
		return;
	}
	if (error) {
		report(vif, &err);
		return;
	}
	if (learn_values(vif) ||
	    xn_store_observe(vif->daemon->store, vif->domid, vif->handle,
			     vif->frontend_path, &seen))
		return;
	learn_request(vif);
	xnb_vif_retry(&vif->machine);
	xnb_vif_observe(&vif->machine, &seen);
	vif->observed = true;
	xn_policy_update(vif);
	xn_port_update(vif);
	xn_vif_step(vif);
	if (vif->at_end)
		return;
	xn_placing_update(vif);
	xn_drift_look(vif);
}

/* Whoever connected too often in the last second waits for its end. */
static void pace_connections(struct xn_vif *vif)
{
	struct xn_pace *pace = &vif->pace;
	uint64_t age_ms =
		xn_now_ms() -
		pace->connect_ms[pace->connects % XN_VIF_CONNECTS_MAX];
	bool pause = pace->connects >= XN_VIF_CONNECTS_MAX &&
		     age_ms < PACE_WINDOW_MS;

	xnb_vif_pause(&vif->machine, pause);
	if (!pause)
		return;
	xn_timer_arm(vif->retry_timer, PACE_WINDOW_MS - age_ms, 0);
	if (xn_log_allowed(&vif->log_limit))
		xn_info("%s: connects too often: waiting", vif->name);
}

void xn_vif_step(struct xn_vif *vif)
{
	/* An action may lead back here: the outer call goes on with it. To a
	 * machine that has not heard of its folder it would seem to be gone. */
	if (vif->stepping || !vif->observed)
		return;
	vif->stepping = true;
	for (unsigned int i = 0; i < XNB_ACTIONS_MAX; i++) {
		struct xnb_todo todo;
		struct xn_err err = {0};
		int error;

		if (vif->machine.phase == XNB_PHASE_IDLE) {
			pace_connections(vif);
			/* A new offer may be due. */
			xn_policy_update(vif);
		}
		todo = xnb_vif_next(&vif->machine);

		if (todo.action == XNB_ACT_NONE)
			break;
		if (todo.action == XNB_ACT_FREE) {
			vif->at_end = true;
			break;
		}
		error = xn_vif_act(vif, &todo, &err);
		xnb_vif_done(&vif->machine, &todo, error);
		if (error && error != -EAGAIN && error != -ESTALE)
			report(vif, &err);
		if (vif->machine.stalled)
			xn_timer_arm(vif->retry_timer, RETRY_MS, 0);
	}
	vif->stepping = false;
}
