/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_DEVICE_H
#define XVH_DEVICE_H
/*
 * The vif's device: finding it, waiting for it, its name, its addresses. One
 * that was renamed carries its born name as the link's alias, so that no other
 * interface of the wanted name is taken for it. Errors: netconf/nl/link.h.
 */
#include "netconf/nl/link.h"
#include "vif-hotplug/request.h"

/* As it is now: under its present name, or renamed by an earlier run. -ENODEV:
 * it is not there. */
int xvh_device_find(struct xn_nl *nl, const struct xvh_request *request,
		    struct xn_link *ret_link, struct xn_err *err);
/* The same, up to `limit_ms` later: a backend may be slower than the script.
 * -ETIMEDOUT: it did not come. */
int xvh_device_wait(struct xn_nl *nl, const struct xvh_request *request,
		    unsigned int limit_ms, struct xn_link *ret_link,
		    struct xn_err *err);

/* Gives it the wanted name, if there is one; -EEXIST when another has it. And
 * back. `link` follows. */
int xvh_device_take_name(struct xn_nl *nl, const struct xvh_request *request,
			 struct xn_link *link, struct xn_err *err);
int xvh_device_drop_name(struct xn_nl *nl, const struct xvh_request *request,
			 struct xn_link *link, struct xn_err *err);

/* Removes its addresses of a family (0: of all) but `kept` (may be NULL).
 * *ret_has_kept says whether that one is there; may be NULL. */
int xvh_device_flush(struct xn_nl *nl, int ifindex, uint8_t family,
		     const struct xn_addr *kept, bool *ret_has_kept,
		     struct xn_err *err);
/* Down, nobody's port, without addresses, with its own name. Goes on as far
 * as it can; the first thing that failed is the error. */
int xvh_device_release(struct xn_nl *nl, const struct xvh_request *request,
		       struct xn_link *link, struct xn_err *err);

#endif
