/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who goes on, see judge.h. */
#include "netconf/holder/judge.h"

#include <errno.h>
#include <string.h>

#include "netconf/holder/holder.h"

/* What it has now goes on there. */
static bool goes_on(const struct xn_holder *holder,
		    const struct xn_holder_way *way)
{
	bool same_name = strcmp(way->from, way->to) == 0;

	switch (holder->kind) {
	case XN_HOLDER_DHCLIENT:
		return same_name &&
		       (!way->goes || holder->ifindex != way->from_ifindex);
	case XN_HOLDER_UDHCPC:
		return same_name;
	case XN_HOLDER_DHCPCD:
	case XN_HOLDER_CONNMAN:
	case XN_HOLDER_NETWORKD:
	case XN_HOLDER_NETWORK_MANAGER:
	case XN_HOLDER_KINDS:
		break;
	}
	return false;
}

static int judge_one(const struct xn_holder *holder,
		     const struct xn_holder_way *way, const char *again,
		     struct xn_err *err)
{
	const char *name = xn_holder_name(holder->kind);

	if (goes_on(holder, way))
		return 0;
	if (holder->kind == XN_HOLDER_DHCLIENT ||
	    holder->kind == XN_HOLDER_UDHCPC)
		return xn_fail(err, EPERM,
			       "%s (process %d) keeps the lease of %s, and "
			       "would not on %s: end it, or take the old "
			       "style, where the name stays%s",
			       name, (int)holder->pid, way->from, way->to,
			       again);
	return xn_fail(err, EPERM,
		       "%s (process %d) manages %s and would undo this: have "
		       "it leave the link alone, or make the bridge%s",
		       name, (int)holder->pid, way->from, again);
}

int xn_holder_judge(const char *root, const struct xn_holder_way *way,
		    const char *again, struct xn_err *err)
{
	struct xn_holder holder[XN_HOLDERS_MAX];
	size_t count =
		xn_holders_find(root, way->from, way->from_ifindex, holder);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = judge_one(&holder[i], way, again, err);
	return rc;
}
