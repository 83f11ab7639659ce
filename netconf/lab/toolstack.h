/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_TOOLSTACK_H
#define XN_LAB_TOOLSTACK_H
/*
 * What libxl does for a vif, done for a simulated guest with the same keys,
 * order and time limits: make both folders of the store, wait for the
 * backend's InitWait (10 s), run the hotplug script (40 s), and the reverse.
 * Contract: ../../docs/lab.md, "The toolstack's part".
 *
 * Blocking, with those limits; the supervisor's thread.
 */
#include <stdint.h>
#include <xenstore.h>

#include "netconf/lab/paths.h"
#include "netconf/parse/vifspec.h"

struct xn_lab_vif {
	uint32_t domid;
	uint32_t devid;
	struct xn_vifspec spec; /* mac, bridge and script are always filled */
};

struct xn_lab_toolstack {
	struct xs_handle *xs;
	const struct xn_lab_paths *paths;
	const char *script; /* of vifs that name none; "": vif-bridge */
	int dom0_netns;
};

/* Keys of the guest itself: /local/domain/D with name and domid. */
int xn_lab_domain_create(struct xn_lab_toolstack *ts, uint32_t domid,
			 const char *name, struct xn_err *err);
void xn_lab_domain_remove(struct xn_lab_toolstack *ts, uint32_t domid);

/* Attaches; the backend has said `connected` to the script's work when this
 * returns 0. On failure nothing of the vif is left and err holds the
 * script's own words when it gave any. */
int xn_lab_vif_attach(struct xn_lab_toolstack *ts, const struct xn_lab_vif *vif,
		      struct xn_err *err);
/* Waits until both ends are Connected. */
int xn_lab_vif_wait_connected(struct xn_lab_toolstack *ts,
			      const struct xn_lab_vif *vif,
			      unsigned int limit_ms, struct xn_err *err);
/* Detaches; the folders are removed whatever happens. An error says that the
 * backend did not close in time. */
int xn_lab_vif_detach(struct xn_lab_toolstack *ts, const struct xn_lab_vif *vif,
		      struct xn_err *err);

/* Reads a key of the backend's folder; "" when absent. */
void xn_lab_vif_backend_key(struct xn_lab_toolstack *ts,
			    const struct xn_lab_vif *vif, const char *key,
			    char ret[512]);

#endif
