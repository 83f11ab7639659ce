/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deleting many links with one request: the kernel takes no list of them, but
 * a group's number. Theirs is a random one, so that nobody else's is met.
 */
#include "netconf/nl/link.h"

#include <errno.h>
#include <sys/random.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/request.h"

/* ifindex 0: the group itself is the object. */
static int call_group(struct xn_nl *nl, uint16_t type, int ifindex,
		      uint32_t group, struct xn_err *err)
{
	struct xn_nl_request request;
	struct ifinfomsg *info =
		xn_nl_request_init(&request, type, 0, sizeof(*info));

	info->ifi_index = ifindex;
	xn_nl_put_u32(&request, IFLA_GROUP, group);
	return xn_nl_call(nl, &request, err);
}

static int delete_each(struct xn_nl *nl, const int *ifindex, size_t count,
		       struct xn_err *err)
{
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		int rc = xn_link_delete(nl, ifindex[i], err);

		if (rc < 0 && rc != -ENODEV && result == 0)
			result = rc;
	}
	return result;
}

int xn_link_delete_all(struct xn_nl *nl, const int *ifindex, size_t count,
		       struct xn_err *err)
{
	uint32_t group = 0;
	size_t members = 0;

	/* Group 0 is that of all other links. */
	if (count < 2 || getrandom(&group, sizeof(group), 0) != sizeof(group) ||
	    group == 0)
		return delete_each(nl, ifindex, count, err);
	for (size_t i = 0; i < count; i++)
		if (ifindex[i] > 0 &&
		    !call_group(nl, RTM_NEWLINK, ifindex[i], group, NULL))
			members++;
	if (members == 0)
		return 0;
	if (!call_group(nl, RTM_DELLINK, 0, group, NULL))
		return 0;
	return delete_each(nl, ifindex, count, err);
}
