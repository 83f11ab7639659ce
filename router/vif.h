/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_VIF_H
#define XRT_VIF_H
/*
 * A vif is routed, as a whole: what it may send (guard.h), its device
 * (device.h), what the host has to do for that (netconf/hold/hold.h), and the
 * answers for its addresses on the way out. For the hotplug scripts and for
 * xenplaned, whose devices and the kernel's are the same here. Thread: in the
 * network namespace of the socket.
 */
#include "router/guard.h"
#include "router/uplink.h"
#include "router/wish.h"

struct xrt_vif {
	struct xn_nl *nl;
	struct xn_link link; /* down, or already routed */
	struct xrt_wish wish;
	/* NULL: nobody outside is answered, and the host need not forward for
	 * it. */
	const struct xrt_uplink *uplink;
	bool answers; /* for its addresses: an emulated NIC's vif does it */
	/* Never waits for another process that changes what the host forwards:
	 * -EBUSY, and nothing was done. */
	bool at_once;
};

/* Makes it so; doing it again changes nothing. What the kernel cannot do (no
 * nftables) is in `ret_warning`, "" else, and the rest is done. Failing, what
 * was done stays: xrt_vif_down() takes it away. */
#define XRT_WARNING_MAX 256u
int xrt_vif_up(const struct xrt_vif *vif, char ret_warning[XRT_WARNING_MAX],
	       struct xn_err *err);

/* The same for a vif that guests use already. Failing, it is as it was: routed
 * as `was` wants, if it was (`was` may be NULL); else in its bridge, if it was
 * in one; else, or when that fails, too, down and not routed: *ret_lost. */
int xrt_vif_change(const struct xrt_vif *vif, const struct xrt_wish *was,
		   char ret_warning[XRT_WARNING_MAX], bool *ret_lost,
		   struct xn_err *err);

struct xrt_gone {
	struct xn_nl *nl;
	const struct xn_link *link; /* NULL: the device is gone */
	const char *name[2];	    /* as which it may be known; may be NULL */
	/* What it had as far as the caller knows; the rest is looked up. */
	uint32_t count;
	const struct xn_address *address;
	bool answers, at_once; /* as above */
};

/* Takes all of it away, also of other devices that are gone; with the last
 * one the host's settings come back. Goes on after an error, and returns the
 * first. */
int xrt_vif_down(const struct xrt_gone *gone, struct xn_err *err);

#endif
