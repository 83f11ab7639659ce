/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_KEEPER_H
#define XN_DAEMON_KEEPER_H
/*
 * NAT and traffic control follow the guests: of what is in force
 * (force/force.h) the keeper makes the same again for the vifs that are there
 * now, and ends the connections of those that went. It begins nothing that
 * nobody applied, but for limits that only the kernel has (a ceiling).
 *
 * Many events make one refresh: it waits a moment after the first of them, and
 * longer when the last one took long. What it cannot do is said once, and tried
 * again at the next event. Thread: the loop's, which a refresh blocks.
 */
#include <jansson.h>

#include "netconf/daemon/daemon.h"
#include "netconf/force/force.h"

/* Caller owns *ret_keeper. */
int xn_keeper_create(struct xn_daemon *daemon, struct xn_keeper **ret_keeper,
		     struct xn_err *err);
/* What is in force stays. Accepts NULL. */
void xn_keeper_destroy(struct xn_keeper *keeper);

/* These accept NULL. */
/* The store has told of all vifs; before, nobody is said to be gone. */
void xn_keeper_listed(struct xn_keeper *keeper);
/* A vif may have come, gone, or changed. */
void xn_keeper_note(struct xn_keeper *keeper);
/* An access list is another one, or somebody has another one: connections that
 * are not allowed any more are to be ended. */
void xn_keeper_lists_changed(struct xn_keeper *keeper);
/* Also when no vif has changed. */
void xn_keeper_again(struct xn_keeper *keeper);

/* {"refreshes", "operations", "connections_ended", "last_us", "max_us",
 * "error"}; null without a keeper. A new reference. */
json_t *xn_keeper_describe(const struct xn_keeper *keeper);

/* For keeper.c (keeper_guests.c). The vifs that are there, as force/known.h has
 * them. A new reference; NULL: out of memory. */
json_t *xn_keeper_vifs(struct xn_daemon *daemon);
/* Those of `before` that are not in `now`: ends their connections, those of
 * addresses that the kernel knows of their MACs on their bridges, too. What
 * somebody in `now` has is left alone. */
int xn_keeper_forget(struct xn_nl *nl, struct xn_force *force,
		     const json_t *before, const json_t *now,
		     uint32_t *ret_ended, struct xn_err *err);

/* For keeper.c (keeper_lists.c). Ends the connections, as the kernel's NAT
 * knows them, that the lists of these vifs do not allow. */
struct xn_acls;
int xn_keeper_cut(struct xn_force *force, const struct xn_acls *acls,
		  const json_t *vifs, uint32_t *ret_ended, struct xn_err *err);

#endif
