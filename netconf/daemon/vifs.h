/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_VIFS_H
#define XN_DAEMON_VIFS_H
/*
 * The table of all vifs: by slot, by domain and handle, by the twin's ifindex.
 * Brings the store's events and the data process's words to the right vif.
 * Thread: the loop's.
 */
#include <stdint.h>

#include "netconf/daemon/daemon.h"
#include "netconf/daemon/vif.h"

/* Caller owns; NULL: out of memory. */
struct xn_vifs *xn_vifs_create(struct xn_daemon *daemon);
/* Removes all twins. Accepts NULL. */
void xn_vifs_destroy(struct xn_vifs *vifs);

/* A vif in a certain slot, before the store told of it. NULL: the slot is
 * taken, or none of those that are served; or out of memory. */
struct xn_vif *xn_vifs_add_at(struct xn_vifs *vifs, uint32_t slot,
			      uint32_t domid, uint32_t handle);

/* What the store and the datapath call; both are opened after the table. */
struct xn_store_listener xn_vifs_store_listener(struct xn_vifs *vifs);
void xn_vifs_data_ready(struct xn_vifs *vifs);
/* `status`: waitpid()'s. Vifs that it crashed in again and again are closed. */
void xn_vifs_data_died(struct xn_vifs *vifs, int status);
/* While vifs resume: lets their guests send once all have their places. */
void xn_vifs_check_resumed(struct xn_vifs *vifs);
void xn_vifs_up(struct xn_vifs *vifs, const struct xn_dl_vif_up *message);
void xn_vifs_gone(struct xn_vifs *vifs, const struct xn_dl_vif_gone *message);
void xn_vifs_fault(struct xn_vifs *vifs, const struct xn_dl_vif_fault *message);
void xn_vifs_stall(struct xn_vifs *vifs, const struct xn_dl_vif_stall *message);

/* Reads the vif's keys again and does what follows; the vif may be gone
 * afterwards. */
void xn_vifs_refresh(struct xn_vifs *vifs, uint32_t slot);
/* Steps the vif's machine after an input; the same applies. */
void xn_vifs_step(struct xn_vifs *vifs, struct xn_vif *vif);

/* NULL: no such vif. */
struct xn_vif *xn_vifs_by_slot(struct xn_vifs *vifs, uint32_t slot);
struct xn_vif *xn_vifs_by_ifindex(struct xn_vifs *vifs, int ifindex);
/* By the twin's present name, or by its first one. */
struct xn_vif *xn_vifs_by_name(struct xn_vifs *vifs, const char *name);
/* The next vif from `slot` on, for walking the table: NULL at the end. */
struct xn_vif *xn_vifs_from(struct xn_vifs *vifs, uint32_t slot);

#endif
