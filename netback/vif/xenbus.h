/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_VIF_XENBUS_H
#define XNB_VIF_XENBUS_H
/*
 * The life of one vif as a pure state machine: what the store and the data
 * process say goes in, one action at a time comes out. It touches nothing;
 * xenplaned does the actions and reports how they went. Source: xen's public
 * io/xenbus.h and io/netif.h, and what was seen on a real host.
 *
 *   backend state, by the frontend's state (online, rings not refused)
 *
 *   frontend		backend	rings
 *   Unknown (no node)	Closed	released
 *   Initialising	InitWait	released
 *   InitWait		InitWait	released
 *   Initialised	InitWait	released
 *   Connected		InitWait until the hotplug script said "connected" and
 *			the port is in the switch, then Connected; mapped
 *   Closing		Closing	released
 *   Closed		Closed, once the data process has unmapped; released
 *   Reconfiguring	Reconfigured, once the keys that may change while
 *			connected are read; as it is without rings
 *						as they are
 *   Reconfigured	as it is	as they are
 *
 * A close cycle before the first connect (Windows) and a reconnect after
 * Closed are nothing special: the table is followed. Three things override it:
 *
 * - Refused, or faulted: Closing until the frontend is Closed or starts over.
 * - The toolstack closes (online=0 and backend state 5): rings released; Closed
 *   as soon as the frontend is not Connected, or after XNB_CLOSE_WAIT_MS.
 * - The backend folder is gone, or is another one (back at Initialising): rings
 *   released, twin destroyed, nothing written. In the new folder the owner
 *   starts with a new machine.
 *
 * The death of the data process changes no xenbus state: rings that were
 * served are handed to the next one with `resume`.
 *
 * Thread: the control process's loop.
 */
#include <stdbool.h>
#include <stdint.h>

/* States of either end, as in the store. */
enum xnb_state {
	XNB_STATE_UNKNOWN = 0, /* no node, or not a state */
	XNB_STATE_INITIALISING = 1,
	XNB_STATE_INIT_WAIT = 2,
	XNB_STATE_INITIALISED = 3,
	XNB_STATE_CONNECTED = 4,
	XNB_STATE_CLOSING = 5,
	XNB_STATE_CLOSED = 6,
	XNB_STATE_RECONFIGURING = 7,
	XNB_STATE_RECONFIGURED = 8,
};

/* How long a Connected frontend may take to close when the toolstack asks.
 * libxl itself waits 10 s. */
#define XNB_CLOSE_WAIT_MS 4000u

/* What holds in each phase, and what leads out of it:
 *
 * phase	    twin  rings  leaves by
 * NEW		    no    no     twin made -> IDLE; folder gone -> END
 * IDLE		    yes   no     keys read -> KEYED; folder gone -> END
 * KEYED	    yes   no     connect sent -> CONNECTING; unwanted -> IDLE
 * CONNECTING	    yes   asked  up -> UP; error -> RELEASING; unwanted ->
 *				 DISCONNECTING; data process dies -> ORPHANED
 * UP		    yes   yes    unwanted or fault -> DISCONNECTING; data
 *				 process dies -> ORPHANED
 * ORPHANED	    yes   idle   data process ready -> CONNECTING (resume);
 *				 unwanted -> RELEASING
 * DISCONNECTING    yes   asked  gone, or data process dies -> RELEASING
 * RELEASING	    yes   no     channels closed -> IDLE
 * END		    no    no     the owner frees the vif
 */
enum xnb_phase {
	XNB_PHASE_NEW,
	XNB_PHASE_IDLE,
	XNB_PHASE_KEYED,
	XNB_PHASE_CONNECTING,
	XNB_PHASE_UP,
	XNB_PHASE_ORPHANED,
	XNB_PHASE_DISCONNECTING,
	XNB_PHASE_RELEASING,
	XNB_PHASE_END,
};

enum xnb_action {
	XNB_ACT_NONE,	      /* nothing until an input changes */
	XNB_ACT_CREATE_TWIN,  /* tap, down, MAC set */
	XNB_ACT_WRITE_OFFER,  /* feature keys; before the first InitWait */
	XNB_ACT_WRITE_STATE,  /* `state`, if `expected` is still there */
	XNB_ACT_READ_KEYS,    /* frontend's keys, one transaction */
	XNB_ACT_CONNECT,      /* bind channels, VIF_ADD (with `resume`) */
	XNB_ACT_RECONFIGURE,  /* frontend's xdp-headroom, POLICY */
	XNB_ACT_ENTER_SWITCH, /* PORT with the twin's present place */
	XNB_ACT_DISCONNECT,   /* VIF_DEL */
	XNB_ACT_RELEASE,      /* close channels, redo log */
	XNB_ACT_ARM_CLOSE,    /* xnb_vif_close_timeout() after the wait */
	XNB_ACT_DESTROY_TWIN,
	XNB_ACT_FREE, /* the vif is at its end */
};

/* What the store says, as last read. */
struct xnb_observed {
	bool backend_present; /* the backend folder is there */
	bool online;	      /* its `online` is 1 */
	bool hotplug_connected;
	enum xnb_state backend;
	enum xnb_state frontend;
};

struct xnb_vif {
	struct xnb_observed seen;
	enum xnb_phase phase;
	uint32_t generation; /* of the present or last connection */
	bool data_ready;
	bool resume;	   /* this generation's rings were handed out before */
	bool offered;	   /* feature keys are written */
	bool paused;	   /* no new connection now: it makes too many */
	bool reconfigured; /* the changed keys are read */
	bool entering;	   /* ENTER_SWITCH done, its answer awaited */
	bool entered;	   /* frames flow both ways */
	bool refused; /* keys, channels or rings: until the frontend closes */
	bool close_armed;
	bool close_expired;
	bool replaced; /* the folder was removed and made anew */
	bool stalled;  /* store or kernel failed: xnb_vif_retry() */
};

struct xnb_todo {
	enum xnb_action action;
	enum xnb_state state;	 /* WRITE_STATE: the new one */
	enum xnb_state expected; /* WRITE_STATE: the one to replace */
	bool resume;		 /* CONNECT: rings served before */
	uint32_t generation;	 /* CONNECT: the connection's */
};

/* A state node's text; UNKNOWN for NULL and for anything that is no state. */
enum xnb_state xnb_state_parse(const char *text);
const char *xnb_state_name(enum xnb_state state); /* "InitWait" */
const char *xnb_phase_name(enum xnb_phase phase); /* "idle" */

/* `generation_before`: the last one used for the vif's slot; 0: none. */
void xnb_vif_init(struct xnb_vif *vif, uint32_t generation_before);

/* Behind xnb_vif_init(): a vif whose rings another control process had served,
 * connected with that generation. It is ORPHANED, and taken to be as it was
 * until it is observed. */
void xnb_vif_adopt(struct xnb_vif *vif, uint32_t generation);

/* Inputs. Call xnb_vif_next() until it says NONE after any of them. Messages
 * of another generation are ignored. */
void xnb_vif_observe(struct xnb_vif *vif, const struct xnb_observed *seen);
void xnb_vif_data_ready(struct xnb_vif *vif);
void xnb_vif_data_died(struct xnb_vif *vif);
void xnb_vif_up(struct xnb_vif *vif, uint32_t generation, int error);
void xnb_vif_gone(struct xnb_vif *vif, uint32_t generation);
void xnb_vif_fault(struct xnb_vif *vif, uint32_t generation);
void xnb_vif_entered(struct xnb_vif *vif, uint32_t generation);
void xnb_vif_close_timeout(struct xnb_vif *vif);
void xnb_vif_retry(struct xnb_vif *vif);
/* What we offer has changed: it is written again before the next InitWait.
 * false: not now, as the frontend may have read it already; ask again. */
bool xnb_vif_offer_again(struct xnb_vif *vif);
/* While paused no frontend's keys are read, so that none connects. */
void xnb_vif_pause(struct xnb_vif *vif, bool paused);

/* The next action; at most XNB_ACTIONS_MAX follow one input. Report each one
 * that is not NONE or FREE with xnb_vif_done() before asking again. */
#define XNB_ACTIONS_MAX 16u
struct xnb_todo xnb_vif_next(const struct xnb_vif *vif);

/* `error`: 0 or negative errno. -EAGAIN: the store or the data process is
 * away. Any other failure of READ_KEYS, RECONFIGURE or CONNECT is the
 * frontend's refusal:
 * it sees Closing. What else fails (a WRITE_STATE that did not find
 * `expected`, too) is held back until xnb_vif_retry(). */
void xnb_vif_done(struct xnb_vif *vif, const struct xnb_todo *todo, int error);

#endif
