/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_VIF_H
#define XN_DAEMON_VIF_H
/*
 * A vif: one backend folder of the store, its state machine
 * (netback/vif/xenbus.h), its twin, its event channels, its redo log and its
 * place in the switch. Made when the folder appears, freed when the machine is
 * at its end. Thread: the loop's.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netback/vif/features.h"
#include "netback/vif/xenbus.h"
#include "netconf/base/log.h"
#include "netconf/base/loop.h"
#include "netconf/daemon/acls.h"
#include "netconf/daemon/blame.h"
#include "netconf/daemon/channel.h"
#include "netconf/daemon/drift.h"
#include "netconf/daemon/handover.h"
#include "netconf/daemon/placing.h"
#include "netconf/daemon/routing.h"
#include "netconf/daemon/store.h"
#include "netconf/daemon/twin.h"
#include "netconf/ipc/datalink.h"
#include "netconf/model/settings.h"
#include "netconf/nl/link.h"

struct xn_daemon;

/* The vif's place in the switch: what the kernel says of the twin, what the
 * data process was told, and what it has confirmed. See port.h. */
struct xn_port {
	struct xn_link link;	/* of the twin; ifindex 0: not seen yet */
	uint64_t own_reasons;	/* why not fast (model/fastpath.h) */
	uint64_t slow_reasons;	/* the same, with its bridge's neighbours */
	bool isolation_refused; /* by the kernel, on this bridge */
	bool isolated_by_us;
	bool sent_valid; /* `sent` is what the data process has */
	struct xn_dl_port sent;
	uint32_t sequence_done; /* confirmed by PORT_DONE */
	uint32_t fast_since;	/* sequence with which it became fast here */
	bool entering;		/* the machine waits for entering_sequence */
	uint32_t entering_sequence;
};

/* What the vif may do. See policy.h. */
struct xn_policy {
	struct xn_settings_sum sum;	 /* of all layers */
	struct xn_acl_identity identity; /* as access lists know it */
	bool unlisted;			 /* not yet: they are due */
	bool sent_valid; /* `sent` is what the data process has */
	struct xn_dl_policy sent;
	bool unanswered; /* no PORT was sent behind it */
};

/* How often a guest was served of late: one that changes its state without end
 * is made to wait, and nobody else with it. */
#define XN_VIF_CONNECTS_MAX 10u /* in a second */
struct xn_pace {
	uint64_t window_ms; /* since then, `refreshes` were done */
	uint32_t refreshes;
	bool waiting; /* the retry timer will refresh it */
	uint32_t connects;
	uint64_t connect_ms[XN_VIF_CONNECTS_MAX]; /* the latest ones */
};

struct xn_vif {
	struct xn_daemon *daemon;
	uint32_t slot;	 /* index in the vif table, port in the switch */
	uint32_t serial; /* tells this vif from the slot's earlier ones */
	uint16_t domid, handle;
	char name[IFNAMSIZ];		       /* vifD.N, as it was made */
	char frontend_path[XN_STORE_PATH_MAX]; /* "": not known yet */
	bool watched;
	struct xn_store_values values;
	bool values_dirty; /* they must be read again */
	struct xn_policy policy;
	struct xn_placing placing;
	struct xn_routing routing;
	struct xn_drift drift;
	struct xn_kept kept;
	bool offload; /* as it is offered to the guest */

	struct xnb_vif machine;
	bool observed; /* the machine knows what the store says */
	bool dirty;    /* the store must be read again */
	bool stepping;
	bool at_end;
	struct xnb_frontend frontend; /* keys of the present connection */
	struct xn_twin twin;
	struct xn_channel *channel; /* NULL: not connected */
	int redo_fd;		    /* -1: not connected */
	struct xn_port port;
	struct xn_blame blame;
	struct xn_pace pace;
	bool carrier_told;     /* the store's, once the offer is written */
	bool stalled;	       /* the guest takes no frames */
	bool twin_carrier_off; /* so its twin has none */
	struct xn_source *close_timer, *retry_timer;
	struct xn_err last_error;
	struct xn_log_limit log_limit;
};

/* NULL: out of memory (or of descriptors), see errno. */
struct xn_vif *xn_vif_create(struct xn_daemon *daemon, uint32_t slot,
			     uint32_t serial, uint32_t generation_before,
			     uint16_t domid, uint16_t handle);
/* Releases all it holds; says nothing to anybody. Accepts NULL. */
void xn_vif_destroy(struct xn_vif *vif);

/* Reads both states from the store and does what follows. */
void xn_vif_refresh(struct xn_vif *vif);
/* May it be refreshed for a change in the store? If not, it will be soon. */
bool xn_vif_may_refresh(struct xn_vif *vif);
/* Does what the machine asks for, until it asks for nothing. After an
 * `at_end` the table must destroy the vif. */
void xn_vif_step(struct xn_vif *vif);

/* One action (vif_actions.c): 0 or negative errno, with `err` filled. */
int xn_vif_act(struct xn_vif *vif, const struct xnb_todo *todo,
	       struct xn_err *err);

#endif
