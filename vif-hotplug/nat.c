/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vif-nat: the guest has a private address, and we are its router. Called by
 * main.c. Translating its addresses is network-nat's part.
 */
#include "vif-hotplug/scripts.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "vif-hotplug/ip.h"
#include "vif-hotplug/routed.h"

/* The addresses that were said, without their lengths; one is made up when
 * none of them is IPv4. The first IPv4 one decides on ours. */
static int choose_addresses(const struct xvh_request *request,
			    struct xrt_wish *ret, struct xn_err *err)
{
	struct xvh_ip first;
	bool ipv4 = false;

	for (uint32_t i = 0; i < request->ip_count; i++) {
		struct xvh_ip ip = request->ip[i];

		ip.prefix_length = (uint8_t)(8 * xn_ip_bytes(ip.family));
		if (ip.family == AF_INET && !ipv4) {
			ipv4 = true;
			first = ip;
		}
		ret->guest[ret->guest_count++] = xvh_routed_address(&ip);
	}
	if (!ipv4) {
		int rc = xvh_ip_of_domain(request->domid, request->handle,
					  &first, err);

		if (rc < 0)
			return rc;
		ret->guest[ret->guest_count++] = xvh_routed_address(&first);
	}
	first = xvh_ip_of_router(&first);
	ret->local[ret->local_count++] = xvh_routed_address(&first);
	return 0;
}

int xvh_nat_up(struct xvh_run *run, struct xn_err *err)
{
	struct xrt_wish wish = {.guest_count = 0};
	int rc;

	if (run->request->dhcp)
		return xn_fail(err, ENOTSUP,
			       "dhcp=yes: this script does not rewrite a DHCP "
			       "server's configuration and restart it for each "
			       "vif; give the guest its address yourself, and "
			       "say dhcp=no");
	rc = choose_addresses(run->request, &wish, err);
	if (rc < 0)
		return rc;
	if (run->request->mtu)
		xvh_set_mtu(run, run->request->mtu);
	return xvh_routed_up(run, &wish, NULL, err);
}
