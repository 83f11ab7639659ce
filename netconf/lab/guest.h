/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_GUEST_H
#define XN_LAB_GUEST_H
/*
 * Simulated guests: each is a process (xenplane-guest) in a network namespace
 * of its own, which stands for the guest's kernel; its vifs appear there as
 * eth0, eth1, ... The supervisor's thread; calls may block within the
 * toolstack's limits.
 */
#include <jansson.h>
#include <stdint.h>

#include "netconf/base/loop.h"
#include "netconf/lab/toolstack.h"

#define XN_LAB_GUESTS_MAX 512u
#define XN_LAB_VIFS_MAX 8u

struct xn_lab_guests;

/* `ts` stays the caller's and must outlive the result. NULL: no memory. */
struct xn_lab_guests *xn_lab_guests_create(struct xn_loop *loop,
					   struct xn_lab_toolstack *ts);
/* Ends every guest without a toolstack's courtesy. Accepts NULL. */
void xn_lab_guests_destroy(struct xn_lab_guests *guests);

/* A guest with the vifs of a JSON array of texts. All or nothing. */
int xn_lab_guest_create(struct xn_lab_guests *guests, const char *name,
			const json_t *vifs, const json_t *options,
			uint32_t *ret_domid, struct xn_err *err);
int xn_lab_guest_destroy(struct xn_lab_guests *guests, const char *name,
			 struct xn_err *err);
int xn_lab_guest_attach(struct xn_lab_guests *guests, const char *name,
			const char *vif, uint32_t *ret_devid,
			struct xn_err *err);
/* `which`: a device number or a MAC address. */
int xn_lab_guest_detach(struct xn_lab_guests *guests, const char *name,
			const char *which, struct xn_err *err);

/* The guest's namespace; stays the guest's. -ENOENT with err. *ret_domid: who
 * a program in it is when it serves the guest's vifs; 0: the guest does. */
int xn_lab_guest_namespace(struct xn_lab_guests *guests, const char *name,
			   uint32_t *ret_domid, struct xn_err *err);
/* A JSON array; the caller owns it. */
json_t *xn_lab_guest_list(struct xn_lab_guests *guests);

#endif
