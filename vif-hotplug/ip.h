/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_IP_H
#define XVH_IP_H
/* The guest's addresses: reading the toolstack's list, and the ones that
 * vif-nat makes up. Pure. */
#include "vif-hotplug/request.h"

/* Addresses and networks ("10.0.0.2", "10.0.0.0/24", "fd00::2") with blanks
 * between, at most XVH_IPS_MAX. An address without a length has all bits of
 * it. -EINVAL with the word in err; the request keeps its list then. */
int xvh_ip_list(const char *text, struct xvh_request *request,
		struct xn_err *err);

/* Whether bits are set behind the prefix: it is no network. */
bool xvh_ip_has_host_bits(const struct xvh_ip *ip);

/* vif-nat's address of a guest that has none: 10.(domid / 256).(domid %
 * 256).(handle + 1). -ERANGE: no octet is left for that handle. */
int xvh_ip_of_domain(uint32_t domid, uint32_t handle, struct xvh_ip *ret,
		     struct xn_err *err);
/* The address at our end of it: 127 further in the last octet, or 127 back
 * where that would leave the octet, so that it is never the guest's own. */
struct xvh_ip xvh_ip_of_router(const struct xvh_ip *guest);

/* `text` has at least INET6_ADDRSTRLEN + 4 bytes; returns it. */
const char *xvh_ip_format(const struct xvh_ip *ip, char *ret_text);

#endif
