/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The xenbus state machine of a vif: see the tables in xenbus.h. Nothing here
 * blocks, allocates or reaches outside the structure. Called by xenplaned on
 * its loop; the states observed come from the guest and the toolstack, and any
 * of them may follow any other.
 */
#include "netback/vif/xenbus.h"

#include <errno.h>
#include <string.h>

void xnb_vif_init(struct xnb_vif *vif, uint32_t generation_before)
{
	memset(vif, 0, sizeof(*vif));
	vif->phase = XNB_PHASE_NEW;
	vif->generation = generation_before;
}

void xnb_vif_adopt(struct xnb_vif *vif, uint32_t generation)
{
	vif->phase = XNB_PHASE_ORPHANED;
	vif->generation = generation;
	vif->resume = true;
	vif->offered = true;
	vif->seen = (struct xnb_observed){
		.backend_present = true,
		.online = true,
		.hotplug_connected = true,
		.backend = XNB_STATE_CONNECTED,
		.frontend = XNB_STATE_CONNECTED,
	};
}

/* The frontend is one that a refusal does not count against any more: it has
 * started over. */
static bool starts_over(enum xnb_state frontend)
{
	return frontend == XNB_STATE_INITIALISING ||
	       frontend == XNB_STATE_INIT_WAIT;
}

/* Only the toolstack writes Initialising, into a folder that it has just made:
 * ours went while nobody looked. */
static bool was_begun(enum xnb_state backend)
{
	return backend != XNB_STATE_UNKNOWN &&
	       backend != XNB_STATE_INITIALISING;
}

void xnb_vif_observe(struct xnb_vif *vif, const struct xnb_observed *seen)
{
	if (vif->offered && was_begun(vif->seen.backend) &&
	    seen->backend == XNB_STATE_INITIALISING)
		vif->replaced = true;
	vif->seen = *seen;
	/* Whoever says it again may mean something else by now. */
	vif->reconfigured = false;
	if (vif->replaced)
		vif->seen.backend_present = false;
	if (starts_over(seen->frontend))
		vif->refused = false;
	if (seen->online || seen->backend != XNB_STATE_CLOSING) {
		vif->close_armed = false;
		vif->close_expired = false;
	}
}

void xnb_vif_data_ready(struct xnb_vif *vif)
{
	vif->data_ready = true;
}

void xnb_vif_data_died(struct xnb_vif *vif)
{
	vif->data_ready = false;
	vif->entering = false;
	vif->entered = false;
	if (vif->phase == XNB_PHASE_CONNECTING || vif->phase == XNB_PHASE_UP) {
		vif->phase = XNB_PHASE_ORPHANED;
		vif->resume = true;
	} else if (vif->phase == XNB_PHASE_DISCONNECTING) {
		vif->phase = XNB_PHASE_RELEASING;
	}
}

void xnb_vif_up(struct xnb_vif *vif, uint32_t generation, int error)
{
	if (generation != vif->generation || vif->phase != XNB_PHASE_CONNECTING)
		return;
	if (error) {
		vif->refused = true;
		vif->phase = XNB_PHASE_RELEASING;
		return;
	}
	vif->phase = XNB_PHASE_UP;
}

void xnb_vif_gone(struct xnb_vif *vif, uint32_t generation)
{
	if (generation == vif->generation &&
	    vif->phase == XNB_PHASE_DISCONNECTING)
		vif->phase = XNB_PHASE_RELEASING;
}

void xnb_vif_fault(struct xnb_vif *vif, uint32_t generation)
{
	if (generation == vif->generation &&
	    (vif->phase == XNB_PHASE_UP || vif->phase == XNB_PHASE_CONNECTING))
		vif->refused = true;
}

void xnb_vif_entered(struct xnb_vif *vif, uint32_t generation)
{
	if (generation != vif->generation || vif->phase != XNB_PHASE_UP ||
	    !vif->entering)
		return;
	vif->entering = false;
	vif->entered = true;
}

void xnb_vif_close_timeout(struct xnb_vif *vif)
{
	if (vif->close_armed)
		vif->close_expired = true;
}

void xnb_vif_retry(struct xnb_vif *vif)
{
	vif->stalled = false;
}

bool xnb_vif_offer_again(struct xnb_vif *vif)
{
	bool unread = vif->seen.backend == XNB_STATE_UNKNOWN ||
		      vif->seen.backend == XNB_STATE_INITIALISING ||
		      vif->seen.backend == XNB_STATE_CLOSED;

	if (vif->phase != XNB_PHASE_NEW &&
	    (vif->phase != XNB_PHASE_IDLE || !unread))
		return false;
	vif->offered = false;
	return true;
}

void xnb_vif_pause(struct xnb_vif *vif, bool paused)
{
	vif->paused = paused;
}

/* Also once it is Closed: an offline device does not come up again. */
static bool toolstack_closes(const struct xnb_vif *vif)
{
	return !vif->seen.online && (vif->seen.backend == XNB_STATE_CLOSING ||
				     vif->seen.backend == XNB_STATE_CLOSED);
}

/* May rings be served at all now? */
static bool rings_wanted(const struct xnb_vif *vif)
{
	if (!vif->seen.backend_present || vif->refused || toolstack_closes(vif))
		return false;
	return vif->seen.frontend == XNB_STATE_CONNECTED;
}

/* May rings that are served stay so? A frontend that reconfigures keeps them.
 */
static bool rings_kept(const struct xnb_vif *vif)
{
	enum xnb_state frontend = vif->seen.frontend;

	if (!vif->seen.backend_present || vif->refused || toolstack_closes(vif))
		return false;
	return frontend == XNB_STATE_CONNECTED ||
	       frontend == XNB_STATE_RECONFIGURING ||
	       frontend == XNB_STATE_RECONFIGURED;
}

static bool rings_held(const struct xnb_vif *vif)
{
	switch (vif->phase) {
	case XNB_PHASE_CONNECTING:
	case XNB_PHASE_UP:
	case XNB_PHASE_ORPHANED:
	case XNB_PHASE_DISCONNECTING:
	case XNB_PHASE_RELEASING:
		return true;
	case XNB_PHASE_NEW:
	case XNB_PHASE_IDLE:
	case XNB_PHASE_KEYED:
	case XNB_PHASE_END:
		return false;
	}
	return false;
}

/* Closed must wait for the unmap; until then the state is Closing. */
static enum xnb_state closed_or_closing(const struct xnb_vif *vif)
{
	return rings_held(vif) ? XNB_STATE_CLOSING : XNB_STATE_CLOSED;
}

static enum xnb_state toolstack_close_state(const struct xnb_vif *vif)
{
	if (vif->seen.backend == XNB_STATE_CLOSED)
		return XNB_STATE_CLOSED;
	if (vif->seen.frontend == XNB_STATE_CONNECTED && !vif->close_expired)
		return XNB_STATE_CLOSING;
	return closed_or_closing(vif);
}

static enum xnb_state refused_state(const struct xnb_vif *vif)
{
	if (vif->seen.frontend == XNB_STATE_CLOSED ||
	    vif->seen.frontend == XNB_STATE_UNKNOWN)
		return closed_or_closing(vif);
	return XNB_STATE_CLOSING;
}

static bool guest_sees_connected(const struct xnb_vif *vif)
{
	return vif->seen.backend == XNB_STATE_CONNECTED ||
	       vif->seen.backend == XNB_STATE_RECONFIGURED;
}

static enum xnb_state connected_state(const struct xnb_vif *vif)
{
	if (vif->phase == XNB_PHASE_UP && vif->entered &&
	    vif->seen.hotplug_connected)
		return XNB_STATE_CONNECTED;
	/* Once Connected the script's word does not count any more, and rings
	 * that wait for the next data process are not the guest's business. */
	if ((vif->phase == XNB_PHASE_UP || (rings_held(vif) && vif->resume)) &&
	    guest_sees_connected(vif))
		return vif->seen.backend;
	return XNB_STATE_INIT_WAIT;
}

/* The table of xenbus.h. */
static enum xnb_state wanted_state(const struct xnb_vif *vif)
{
	if (toolstack_closes(vif))
		return toolstack_close_state(vif);
	if (vif->refused)
		return refused_state(vif);
	switch (vif->seen.frontend) {
	case XNB_STATE_UNKNOWN:
	case XNB_STATE_CLOSED:
		return closed_or_closing(vif);
	case XNB_STATE_INITIALISING:
	case XNB_STATE_INIT_WAIT:
	case XNB_STATE_INITIALISED:
		/* A frontend that starts over while its old rings are mapped
		 * sees InitWait when it can have new ones; Closing would
		 * make it close. */
		return rings_held(vif) ? vif->seen.backend
				       : XNB_STATE_INIT_WAIT;
	case XNB_STATE_CONNECTED:
		return connected_state(vif);
	case XNB_STATE_CLOSING:
		return XNB_STATE_CLOSING;
	case XNB_STATE_RECONFIGURING:
		return rings_held(vif) && vif->reconfigured
			       ? XNB_STATE_RECONFIGURED
			       : vif->seen.backend;
	case XNB_STATE_RECONFIGURED:
		return vif->seen.backend;
	}
	return vif->seen.backend;
}

static struct xnb_todo just(enum xnb_action action)
{
	return (struct xnb_todo){.action = action};
}

/* A frontend that reconfigures, whose keys are still to be read. Not while the
 * store fails: that must hold up nothing else. */
static enum xnb_action reconfigure_action(const struct xnb_vif *vif)
{
	return vif->seen.frontend == XNB_STATE_RECONFIGURING &&
			       !vif->reconfigured && !vif->stalled
		       ? XNB_ACT_RECONFIGURE
		       : XNB_ACT_NONE;
}

/* The next step of the rings, whatever the store is to say. */
static enum xnb_action rings_action(const struct xnb_vif *vif)
{
	switch (vif->phase) {
	case XNB_PHASE_IDLE:
		return rings_wanted(vif) && vif->data_ready && !vif->paused
			       ? XNB_ACT_READ_KEYS
			       : XNB_ACT_NONE;
	case XNB_PHASE_KEYED:
		/* Unwanted keys are dropped: RELEASE holds nothing yet. */
		if (!rings_wanted(vif))
			return XNB_ACT_RELEASE;
		return vif->data_ready ? XNB_ACT_CONNECT : XNB_ACT_NONE;
	case XNB_PHASE_CONNECTING:
		return rings_kept(vif) ? reconfigure_action(vif)
				       : XNB_ACT_DISCONNECT;
	case XNB_PHASE_UP:
		if (!rings_kept(vif))
			return XNB_ACT_DISCONNECT;
		if (reconfigure_action(vif) != XNB_ACT_NONE)
			return reconfigure_action(vif);
		if (!vif->entered && !vif->entering &&
		    (vif->seen.hotplug_connected || guest_sees_connected(vif)))
			return XNB_ACT_ENTER_SWITCH;
		return XNB_ACT_NONE;
	case XNB_PHASE_ORPHANED:
		if (!rings_kept(vif))
			return XNB_ACT_RELEASE;
		return vif->data_ready ? XNB_ACT_CONNECT
				       : reconfigure_action(vif);
	case XNB_PHASE_RELEASING:
		return XNB_ACT_RELEASE;
	case XNB_PHASE_NEW:
	case XNB_PHASE_DISCONNECTING:
	case XNB_PHASE_END:
		return XNB_ACT_NONE;
	}
	return XNB_ACT_NONE;
}

/* The backend folder is gone: undo, in order, and write nothing. */
static struct xnb_todo teardown(const struct xnb_vif *vif)
{
	if (vif->phase == XNB_PHASE_END)
		return just(XNB_ACT_FREE);
	if (vif->phase == XNB_PHASE_NEW || vif->phase == XNB_PHASE_IDLE)
		return just(XNB_ACT_DESTROY_TWIN);
	return just(rings_action(vif));
}

static struct xnb_todo next_step(const struct xnb_vif *vif)
{
	struct xnb_todo todo = {.action = XNB_ACT_NONE};
	enum xnb_state wanted;

	if (!vif->seen.backend_present || vif->phase == XNB_PHASE_END)
		return teardown(vif);
	if (vif->phase == XNB_PHASE_NEW)
		return just(XNB_ACT_CREATE_TWIN);
	if (!vif->offered)
		return just(XNB_ACT_WRITE_OFFER);

	todo.action = rings_action(vif);
	if (todo.action != XNB_ACT_NONE)
		return todo;
	wanted = wanted_state(vif);
	if (wanted != vif->seen.backend) {
		todo.action = XNB_ACT_WRITE_STATE;
		todo.state = wanted;
		todo.expected = vif->seen.backend;
	} else if (vif->seen.backend == XNB_STATE_CLOSING &&
		   toolstack_closes(vif) && !vif->close_armed) {
		todo.action = XNB_ACT_ARM_CLOSE;
	}
	return todo;
}

/* What a failing store or kernel can hold up. The rings' own steps never wait
 * for them: forwarding goes on while the store is away. */
static bool may_stall(enum xnb_action action)
{
	return action == XNB_ACT_CREATE_TWIN || action == XNB_ACT_WRITE_OFFER ||
	       action == XNB_ACT_READ_KEYS || action == XNB_ACT_RECONFIGURE ||
	       action == XNB_ACT_WRITE_STATE;
}

struct xnb_todo xnb_vif_next(const struct xnb_vif *vif)
{
	struct xnb_todo todo = next_step(vif);

	if (vif->stalled && may_stall(todo.action))
		return just(XNB_ACT_NONE);
	if (todo.action == XNB_ACT_CONNECT) {
		todo.resume = vif->resume;
		todo.generation = vif->generation + (vif->resume ? 0 : 1);
	}
	return todo;
}

/* Connecting failed before the data process heard of it. */
static void refuse(struct xnb_vif *vif)
{
	vif->refused = true;
	if (vif->phase != XNB_PHASE_IDLE)
		vif->phase = XNB_PHASE_RELEASING;
}

static void failed(struct xnb_vif *vif, const struct xnb_todo *todo, int error)
{
	bool connecting = todo->action == XNB_ACT_READ_KEYS ||
			  todo->action == XNB_ACT_CONNECT;

	if (connecting && error != -EAGAIN)
		refuse(vif);
	else if (todo->action == XNB_ACT_RECONFIGURE && error != -EAGAIN)
		vif->refused = true; /* what is served is taken down in order */
	else
		vif->stalled = true;
}

static void forget_connection(struct xnb_vif *vif)
{
	vif->phase = XNB_PHASE_IDLE;
	vif->resume = false;
	vif->entering = false;
	vif->entered = false;
}

void xnb_vif_done(struct xnb_vif *vif, const struct xnb_todo *todo, int error)
{
	if (error) {
		failed(vif, todo, error);
		return;
	}
	switch (todo->action) {
	case XNB_ACT_CREATE_TWIN:
		vif->phase = XNB_PHASE_IDLE;
		break;
	case XNB_ACT_WRITE_OFFER:
		vif->offered = true;
		break;
	case XNB_ACT_WRITE_STATE:
		vif->seen.backend = todo->state;
		break;
	case XNB_ACT_READ_KEYS:
		vif->phase = XNB_PHASE_KEYED;
		break;
	case XNB_ACT_CONNECT:
		vif->generation = todo->generation;
		vif->phase = XNB_PHASE_CONNECTING;
		break;
	case XNB_ACT_RECONFIGURE:
		vif->reconfigured = true;
		break;
	case XNB_ACT_ENTER_SWITCH:
		vif->entering = true;
		break;
	case XNB_ACT_DISCONNECT:
		vif->phase = XNB_PHASE_DISCONNECTING;
		vif->entering = false;
		vif->entered = false;
		break;
	case XNB_ACT_RELEASE:
		forget_connection(vif);
		break;
	case XNB_ACT_ARM_CLOSE:
		vif->close_armed = true;
		break;
	case XNB_ACT_DESTROY_TWIN:
		vif->phase = XNB_PHASE_END;
		break;
	case XNB_ACT_NONE:
	case XNB_ACT_FREE:
		break;
	}
}

enum xnb_state xnb_state_parse(const char *text)
{
	if (!text || text[0] < '0' || text[0] > '8' || text[1] != '\0')
		return XNB_STATE_UNKNOWN;
	return (enum xnb_state)(text[0] - '0');
}
