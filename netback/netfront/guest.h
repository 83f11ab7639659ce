/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_GUEST_H
#define XNF_GUEST_H
/*
 * The simulated guest: an interface for each folder in the domain's
 * device/vif, coming and going with it. It ends when the domain's folder in
 * the store goes, or when it is told to; if the store itself goes away, what
 * is connected stays connected.
 *
 * Thread: the control thread; the loop's callbacks.
 */
#include <stdbool.h>

#include "netback/netfront/guest_device.h"

#define XNF_GUEST_VIFS_MAX 64u

struct xnf_guest_run;

/* Takes over the devices that are there and watches for others; `store` may
 * be closed by xnf_guest_stop() only. Caller owns the result; NULL: see
 * `err`. `options` NULL: leaves the devices alone. The loop ends with code 0
 * when the guest is over. */
struct xnf_guest_run *xnf_guest_start(struct xn_loop *loop,
				      struct xnf_store *store, uint32_t domid,
				      const struct xnf_options *options,
				      struct xn_err *err);
/* Closes all devices, with the backends' answers, and ends the loop; after
 * some seconds also without answers. A second call ends it at once. */
void xnf_guest_shut_down(struct xnf_guest_run *run);
/* Frees everything. Accepts NULL. */
void xnf_guest_stop(struct xnf_guest_run *run);

#endif
