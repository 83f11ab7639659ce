/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against a change, see guard.h. */
#include "network-script/guard.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/base/small_file.h"
#include "netconf/base/text.h"
#include "netconf/holder/judge.h"
#include "network-script/root.h"

#define PATH_BYTES_MAX 256
#define AGAIN "; force=yes does it all the same"

/* From whom all that is on a link goes, and to whom. False: from none. */
static bool find_way(const struct xns_request *request,
		     const struct xns_choice *choice,
		     const struct xn_model *observed, struct xn_holder_way *ret)
{
	bool old = choice->style == XN_STYLE_OLD;
	const char *heir = old ? choice->netdev : choice->bridge;
	bool stops = request->command == XNS_STOP;
	const struct xn_model_link *from =
		xn_model_link_named(observed, stops ? heir : choice->netdev);

	if (!from)
		return false;
	*ret = (struct xn_holder_way){.from = from->name,
				      .from_ifindex = from->ifindex,
				      .goes = stops,
				      .to = stops ? choice->netdev : heir};
	return true;
}

static bool in_network(const uint8_t *address, const uint8_t *network,
		       unsigned int bits)
{
	unsigned int rest = bits % 8;

	if (memcmp(address, network, bits / 8) != 0)
		return false;
	return rest == 0 ||
	       ((address[bits / 8] ^ network[bits / 8]) >> (8 - rest)) == 0;
}

/* The longest network that has the address; policy routes are not looked at.
 * 0: none has. */
static int link_to(const struct xn_model *observed, const struct xns_root *to)
{
	int best = -1;
	int ifindex = 0;

	for (size_t i = 0; i < xn_model_count(observed, XN_ROUTE); i++) {
		const struct xn_route *route =
			xn_model_at(observed, XN_ROUTE, i);

		if (route->family != to->family ||
		    route->table != RT_TABLE_MAIN ||
		    route->prefix_length <= best ||
		    !in_network(to->address, route->destination,
				route->prefix_length))
			continue;
		best = route->prefix_length;
		ifindex = route->hop_count ? route->hop[0].ifindex
					   : route->ifindex;
	}
	for (size_t i = 0; i < xn_model_count(observed, XN_ADDR); i++) {
		const struct xn_addr *addr = xn_model_at(observed, XN_ADDR, i);

		if (addr->family != to->family || addr->prefix_length <= best ||
		    !in_network(to->address, addr->address,
				addr->prefix_length))
			continue;
		best = addr->prefix_length;
		ifindex = addr->ifindex;
	}
	return ifindex;
}

static int judge_root(const char *root, const struct xn_holder_way *way,
		      const struct xn_model *observed, struct xn_err *err)
{
	struct xns_root what;
	int ifindex;

	xns_root_find(root, &what);
	if (what.what[0] == '\0')
		return 0;
	ifindex = what.family ? link_to(observed, &what) : 0;
	if (ifindex && ifindex != way->from_ifindex)
		return 0;
	return xn_fail(err, EPERM,
		       "the root file system (%s) hangs on %s%s" AGAIN,
		       what.what, ifindex ? "" : "the network, perhaps on ",
		       way->from);
}

static int judge_wireless(const char *root, const struct xn_holder_way *way,
			  struct xn_err *err)
{
	char path[PATH_BYTES_MAX];

	if (xn_text_format(path, sizeof(path), "%s/sys/class/net/%s/phy80211",
			   root, way->from) < 0 ||
	    !xn_small_file_exists(path))
		return 0;
	return xn_fail(err, EPERM,
		       "%s is wireless: the access point takes no frames of "
		       "other stations than itself, so guests would reach "
		       "nobody. Route or translate them" AGAIN,
		       way->from);
}

int xns_guard(const char *root, const struct xns_request *request,
	      const struct xns_choice *choice, const struct xn_model *observed,
	      struct xn_err *err)
{
	struct xn_holder_way way;
	int rc;

	if (request->force || !find_way(request, choice, observed, &way))
		return 0;
	rc = judge_root(root, &way, observed, err);
	if (rc == 0)
		rc = xn_holder_judge(root, &way, AGAIN, err);
	if (rc == 0 && request->command == XNS_START)
		rc = judge_wireless(root, &way, err);
	return rc;
}
