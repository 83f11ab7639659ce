/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proxied neighbours by rtnetlink. The kernel keeps them apart from the
 * learned ones, and knows each by its link and address alone. */
#include "netconf/nl/neigh.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/request.h"

static int change_proxy(struct xn_nl *nl, uint16_t type, int ifindex,
			uint8_t family, const uint8_t *address,
			struct xn_err *err)
{
	bool add = type == RTM_NEWNEIGH;
	uint16_t flags = add ? NLM_F_CREATE | NLM_F_REPLACE : 0;
	const char *words = add ? "add" : "delete";
	char text[INET6_ADDRSTRLEN] = "?";
	struct xn_nl_request request;
	struct ndmsg *neighbour =
		xn_nl_request_init(&request, type, flags, sizeof(*neighbour));
	int rc;

	if (xn_ip_bytes(family) == 0 || ifindex <= 0)
		return xn_fail(err, EINVAL, "%s proxy: family %u, link %d",
			       words, family, ifindex);
	neighbour->ndm_family = family;
	neighbour->ndm_ifindex = ifindex;
	neighbour->ndm_flags = NTF_PROXY;
	/* Else it goes when the link loses its carrier for a moment. */
	neighbour->ndm_state = NUD_PERMANENT;
	xn_nl_put(&request, NDA_DST, address, xn_ip_bytes(family));
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s proxy for %s on link %d", words,
			      inet_ntop(family, address, text, sizeof(text)),
			      ifindex);
	return rc;
}

int xn_neigh_add_proxy(struct xn_nl *nl, int ifindex, uint8_t family,
		       const uint8_t address[XN_IP_BYTES_MAX],
		       struct xn_err *err)
{
	return change_proxy(nl, RTM_NEWNEIGH, ifindex, family, address, err);
}

int xn_neigh_delete_proxy(struct xn_nl *nl, int ifindex, uint8_t family,
			  const uint8_t address[XN_IP_BYTES_MAX],
			  struct xn_err *err)
{
	return change_proxy(nl, RTM_DELNEIGH, ifindex, family, address, err);
}
