/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start and stop of network-route and network-nat, see routed.h. Called by
 * routed_main.c. */
#include "network-script/routed.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/hold/hold.h"
#include "router/guard.h"
#include "router/masquerade.h"
#include "router/uplink.h"

/* "": not said. */
static void said_link(const struct xns_request *request, char ret[IFNAMSIZ])
{
	memcpy(ret, request->netdev, IFNAMSIZ);
	if (!ret[0] && request->has_vifnum)
		(void)xn_text_format(ret, IFNAMSIZ, "eth%u", request->vifnum);
}

static bool is_routed(void *arg, const struct xn_link *link)
{
	const struct xnat_seen *seen = arg;
	struct xrt_port port;

	return xrt_guard_find(&seen->table, link->name, &port);
}

static int forward(struct xn_holds *holds, struct xn_err *err)
{
	struct xnat_seen seen = {.exists = false};
	int rc = xn_hold_sysctl(holds, XN_HOLD_FORWARD4, 1, err);

	if (rc < 0)
		return rc;
	/* Without nftables there are none: `seen` stays empty. */
	(void)xrt_guard_see(&seen, NULL);
	rc = xn_hold_forwarding6(holds, is_routed, &seen, err);
	xnat_seen_fini(&seen);
	return rc;
}

static int start_route(struct xn_holds *holds, const char *link,
		       struct xn_err *err)
{
	int rc = xn_hold_link(holds, "ipv4", link, "proxy_arp", 1, err);

	if (rc == 0)
		rc = xn_hold_link(holds, "ipv6", link, "proxy_ndp", 1, err);
	return rc < 0 ? rc : forward(holds, err);
}

/* What a start of another link needs as well. */
static void keep_others(struct xn_holds *holds, const char *link)
{
	char own[2][XN_HOLD_NAME_MAX];
	bool others = false;

	(void)xn_text_format(own[0], sizeof(own[0]),
			     "net/ipv4/conf/%s/proxy_arp", link);
	(void)xn_text_format(own[1], sizeof(own[1]),
			     "net/ipv6/conf/%s/proxy_ndp", link);
	for (uint32_t i = 0; i < holds->count; i++) {
		struct xn_hold *hold = &holds->hold[i];

		if (!(hold->owners & holds->owner) ||
		    (!strstr(hold->name, "/proxy_arp") &&
		     !strstr(hold->name, "/proxy_ndp")))
			continue;
		hold->wanted = strcmp(hold->name, own[0]) != 0 &&
			       strcmp(hold->name, own[1]) != 0;
		others |= hold->wanted;
	}
	for (uint32_t i = 0; others && i < holds->count; i++)
		if (!strstr(holds->hold[i].name, "/proxy_"))
			holds->hold[i].wanted = true;
}

/* The table is there before the host forwards, and goes after. */
static int start_nat(struct xn_holds *holds, const char *link,
		     struct xn_err *err)
{
	int rc = xrt_masquerade_start(link, err);

	return rc < 0 ? rc : forward(holds, err);
}

static bool others_are_out(const char *link)
{
	struct xrt_outs outs = {.count = 0};
	bool others = false;

	if (xrt_masquerade_see(&outs, NULL) < 0)
		return false;
	for (uint32_t i = 0; i < outs.count; i++)
		others |= strcmp(outs.name[i], link) != 0;
	return others;
}

static int stop_nat(struct xn_holds *holds, const char *link,
		    struct xn_err *err)
{
	int first = 0;
	int rc;

	if (!link[0] || !others_are_out(link))
		first = xn_holds_give_rest(holds, err);
	rc = xrt_masquerade_stop(link[0] ? link : NULL, err);
	if (rc == -EOPNOTSUPP || rc == -EPROTONOSUPPORT) {
		err->set = false; /* nor was it started, then */
		rc = 0;
	}
	return first ? first : rc;
}

static int stop_route(struct xn_holds *holds, const char *link,
		      struct xn_err *err)
{
	if (link[0])
		keep_others(holds, link);
	return xn_holds_give_rest(holds, err);
}

static enum xn_hold_owner owner_of(enum xns_routed what)
{
	return what == XNS_NAT ? XN_HOLD_MASQUERADE : XN_HOLD_ROUTE;
}

int xns_routed_start(struct xn_nl *nl, enum xns_routed what,
		     const struct xns_request *request, struct xn_err *err)
{
	struct xrt_uplink uplink;
	struct xn_holds holds;
	char link[IFNAMSIZ];
	int rc;

	said_link(request, link);
	rc = xrt_uplink_find(nl, link, &uplink, err);
	if (rc == 0)
		rc = xn_holds_open(nl, owner_of(what), true, &holds, err);
	if (rc < 0)
		return rc;
	rc = what == XNS_NAT ? start_nat(&holds, uplink.link.name, err)
			     : start_route(&holds, uplink.link.name, err);
	xn_holds_close(&holds);
	return rc;
}

int xns_routed_stop(struct xn_nl *nl, enum xns_routed what,
		    const struct xns_request *request, struct xn_err *err)
{
	struct xn_holds holds;
	char link[IFNAMSIZ];
	int rc = xn_holds_open(nl, owner_of(what), true, &holds, err);

	if (rc < 0)
		return rc;
	said_link(request, link);
	rc = what == XNS_NAT ? stop_nat(&holds, link, err)
			     : stop_route(&holds, link, err);
	xn_holds_close(&holds);
	return rc;
}
