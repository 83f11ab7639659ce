/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DRIFT_H
#define XN_DAEMON_DRIFT_H
/*
 * What others did to a vif's twin against what is asked of it: its bridge and
 * MTU (placing.h), being up, and its `isolated` (isolation.h). It is said once
 * when it is noticed and once when it is over, counted, and shown; where the
 * vif's setting `repair` is on it is put right.
 *
 * Somebody may do it again each time: repairs are limited, so that two
 * managers do not fight at full speed. Thread: the loop's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/log.h"

struct xn_vif;

enum xn_drift_kind {
	XN_DRIFT_BRIDGE,
	XN_DRIFT_MTU,
	XN_DRIFT_DOWN,
	XN_DRIFT_ISOLATED, /* always put right, as the switch relies on it */
	XN_DRIFT_KINDS,
};

struct xn_drift {
	uint32_t now; /* bit (1 << enum xn_drift_kind) each */
	uint64_t noticed, repaired;
	struct xn_log_limit repairs;
};

#define XN_DRIFT_TEXT_MAX 96

void xn_drift_init(struct xn_drift *drift);
/* Its place is known, its device there, and nobody takes it away. */
bool xn_drift_is_kept(const struct xn_vif *vif);
/* The twin, or what is asked of it, may have changed. */
void xn_drift_look(struct xn_vif *vif);
/* A bridge came: those that want to be in one look for it. */
void xn_drift_bridge_came(struct xn_vif *vif);
/* Its `isolated` was cleared, not by us. */
void xn_drift_isolation_cleared(struct xn_vif *vif);

/* "in bridge xenbr1, not xenbr0"; of a kind that is in `now`. */
void xn_drift_describe(const struct xn_vif *vif, enum xn_drift_kind kind,
		       char ret_text[XN_DRIFT_TEXT_MAX]);

#endif
