/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against a change, see guard.h. */
#include "network-script/guard.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/base/text.h"
#include "network-script/files.h"
#include "network-script/holder.h"
#include "network-script/root.h"

#define PATH_BYTES_MAX 256
#define AGAIN "; force=yes does it all the same"

/* From whom all that is on a link goes, and to whom. */
struct way {
	const struct xn_model_link *from;
	const char *to;
	int goes; /* the link that there is no more then; 0: none */
};

static struct way way_of(const struct xns_request *request,
			 const struct xns_choice *choice,
			 const struct xn_model *observed)
{
	bool old = choice->style == XN_STYLE_OLD;
	const char *heir = old ? choice->netdev : choice->bridge;
	bool stops = request->command == XNS_STOP;
	struct way way = {
		.from = xn_model_link_named(observed,
					    stops ? heir : choice->netdev),
		.to = stops ? choice->netdev : heir,
	};

	if (stops && way.from)
		way.goes = way.from->ifindex;
	return way;
}

/* What it has now goes on there. */
static bool goes_on(const struct xns_holder *holder, const struct way *way)
{
	bool same_name = strcmp(way->from->name, way->to) == 0;

	switch (holder->kind) {
	case XNS_DHCLIENT:
		return same_name &&
		       (way->goes == 0 || holder->ifindex != way->goes);
	case XNS_UDHCPC:
		return same_name;
	case XNS_DHCPCD:
	case XNS_CONNMAN:
	case XNS_NETWORKD:
	case XNS_NETWORK_MANAGER:
	case XNS_HOLDER_KINDS:
		break;
	}
	return false;
}

static int judge_holder(const struct xns_holder *holder, const struct way *way,
			struct xn_err *err)
{
	const char *name = xns_holder_name(holder->kind);

	if (goes_on(holder, way))
		return 0;
	if (holder->kind == XNS_DHCLIENT || holder->kind == XNS_UDHCPC)
		return xn_fail(err, EPERM,
			       "%s (process %d) keeps the lease of %s, and "
			       "would not on %s: end it, or take the old "
			       "style, where the name stays" AGAIN,
			       name, (int)holder->pid, way->from->name,
			       way->to);
	return xn_fail(err, EPERM,
		       "%s (process %d) manages %s and would undo this: have "
		       "it leave the link alone, or make the bridge" AGAIN,
		       name, (int)holder->pid, way->from->name);
}

static int judge_holders(const char *root, const struct way *way,
			 struct xn_err *err)
{
	struct xns_holder holder[XNS_HOLDERS_MAX];
	size_t count = xns_holders_find(root, way->from->name,
					way->from->ifindex, holder);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = judge_holder(&holder[i], way, err);
	return rc;
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

static int judge_root(const char *root, const struct way *way,
		      const struct xn_model *observed, struct xn_err *err)
{
	struct xns_root what;
	int ifindex;

	xns_root_find(root, &what);
	if (what.what[0] == '\0')
		return 0;
	ifindex = what.family ? link_to(observed, &what) : 0;
	if (ifindex && ifindex != way->from->ifindex)
		return 0;
	return xn_fail(err, EPERM,
		       "the root file system (%s) hangs on %s%s" AGAIN,
		       what.what, ifindex ? "" : "the network, perhaps on ",
		       way->from->name);
}

static int judge_wireless(const char *root, const struct way *way,
			  struct xn_err *err)
{
	char path[PATH_BYTES_MAX];

	if (xn_text_format(path, sizeof(path), "%s/sys/class/net/%s/phy80211",
			   root, way->from->name) < 0 ||
	    !xns_file_exists(path))
		return 0;
	return xn_fail(err, EPERM,
		       "%s is wireless: the access point takes no frames of "
		       "other stations than itself, so guests would reach "
		       "nobody. Route or translate them" AGAIN,
		       way->from->name);
}

int xns_guard(const char *root, const struct xns_request *request,
	      const struct xns_choice *choice, const struct xn_model *observed,
	      struct xn_err *err)
{
	struct way way = way_of(request, choice, observed);
	int rc;

	if (request->force || !way.from)
		return 0;
	rc = judge_root(root, &way, observed, err);
	if (rc == 0)
		rc = judge_holders(root, &way, err);
	if (rc == 0 && request->command == XNS_START)
		rc = judge_wireless(root, &way, err);
	return rc;
}
