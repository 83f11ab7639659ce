/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_BRIDGE_DRIFT_H
#define XN_DAEMON_BRIDGE_DRIFT_H
/*
 * What others did to the host's bridges, their netdevs and addresses against
 * the apply that is in force (safe/drifted.h), as drift.h is for twins. It is
 * looked for a moment after netlink tells of a link that is no twin, or of an
 * address; said once when it is noticed and once when it is over; and where the
 * bridge's setting `repair` is on it is put right, by a process of its own,
 * since a bridge may have to wait until it forwards.
 *
 * Repairs are limited, as drift.h's are. Thread: the loop's.
 */
#include <jansson.h>

#include "netconf/daemon/daemon.h"

struct xn_bridge_drift;

/* `state`: the folder of `xenplane apply`; NULL: the usual one. Caller owns
 * *ret_drift. */
int xn_bridge_drift_create(struct xn_daemon *daemon, const char *state,
			   struct xn_bridge_drift **ret_drift,
			   struct xn_err *err);
/* A repair that is being done is finished by its process. Accepts NULL. */
void xn_bridge_drift_destroy(struct xn_bridge_drift *drift);

/* Settings may have changed. Accepts NULL. */
void xn_bridge_drift_again(struct xn_bridge_drift *drift);

/* [{"bridge", "words", "operations", "repair"}]. A new reference. Accepts
 * NULL. */
json_t *xn_bridge_drift_describe(const struct xn_bridge_drift *drift);

/* What such a process does, and nothing else. */
int xn_bridge_drift_repair(const char *state, const char *bridge,
			   struct xn_err *err);

#endif
