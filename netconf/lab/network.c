// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lab's links. Called by the supervisor at the start and for each vif.
 */
#include "netconf/lab/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netconf/base/loop.h"
#include "netconf/base/text.h"
#include "netconf/lab/lab.h"
#include "netconf/lab/wait.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/bridge.h"
#include "netconf/nl/link.h"
#include "netconf/nl/monitor.h"
#include "netconf/nl/socket.h"

/* "A", "A/len" -> an address of `ifindex`. */
static int to_address(const char *text, int ifindex, struct xn_addr *ret,
		      struct xn_err *err)
{
	char address[XN_VIFSPEC_IP_MAX];
	bool ipv6 = strchr(text, ':') != NULL;
	uint32_t prefix = ipv6 ? XN_LAB_IPV6_PREFIX : XN_LAB_IPV4_PREFIX;
	char *slash;

	memset(ret, 0, sizeof(*ret));
	if (xn_text_copy(address, sizeof(address), text) < 0)
		return xn_fail(err, EINVAL, "%s: no IP address", text);
	slash = strchr(address, '/');
	if (slash) {
		*slash = '\0';
		if (xn_parse_u32(slash + 1, 0, ipv6 ? 128 : 32, &prefix) < 0)
			return xn_fail(err, EINVAL, "%s: no IP address", text);
	}
	ret->ifindex = ifindex;
	ret->family = ipv6 ? AF_INET6 : AF_INET;
	ret->prefix_length = (uint8_t)prefix;
	if (inet_pton(ret->family, address, ret->address) != 1)
		return xn_fail(err, EINVAL, "%s: no IP address", text);
	return 0;
}

static int add_address(struct xn_nl *nl, int ifindex, const char *text,
		       struct xn_err *err)
{
	struct xn_addr address;
	int rc = to_address(text, ifindex, &address, err);

	return rc < 0 ? rc : xn_addr_add(nl, &address, err);
}

static int add_addresses(struct xn_nl *nl, int ifindex,
			 const struct xn_lab_addresses *addresses,
			 struct xn_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < addresses->count && rc == 0; i++)
		rc = add_address(nl, ifindex, addresses->text[i], err);
	return rc;
}

/* STP is set before the forward delay, which the kernel bounds by it. */
static int bridge_create(struct xn_nl *nl, const struct xn_lab_bridge *wanted,
			 int *ret_ifindex, struct xn_err *err)
{
	struct xn_nl_setting settings[] = {
		{IFLA_BR_STP_STATE, wanted->stp},
		{IFLA_BR_FORWARD_DELAY, 0},
	};
	struct xn_link bridge;
	int rc = xn_bridge_create(nl, wanted->name, settings,
				  wanted->stp ? 1 : 2, err);

	if (rc == 0)
		rc = xn_link_get(nl, wanted->name, &bridge, err);
	if (rc == 0)
		rc = xn_link_set_mtu(nl, bridge.ifindex, wanted->mtu, err);
	if (rc == 0)
		rc = xn_link_set_up(nl, bridge.ifindex, true, err);
	if (rc == 0)
		rc = add_addresses(nl, bridge.ifindex, &wanted->addresses, err);
	if (rc == 0)
		*ret_ifindex = bridge.ifindex;
	return rc;
}

/* An end of the cable: found, sized and up. */
static int cable_end(struct xn_nl *nl, uint32_t mtu, int *ret_ifindex,
		     struct xn_err *err)
{
	struct xn_link link;
	int rc = xn_link_get(nl, "eth0", &link, err);

	if (rc == 0)
		rc = xn_link_set_mtu(nl, link.ifindex, mtu, err);
	if (rc == 0)
		rc = xn_link_set_up(nl, link.ifindex, true, err);
	if (rc == 0)
		*ret_ifindex = link.ifindex;
	return rc;
}

static int outside(int outside_netns, uint32_t mtu,
		   const struct xn_lab_addresses *addresses, struct xn_err *err)
{
	struct xn_nl *nl = NULL;
	int ifindex = 0;
	int rc = xn_nl_open_in(outside_netns, &nl, err);

	if (rc == 0)
		rc = cable_end(nl, mtu, &ifindex, err);
	if (rc == 0)
		rc = add_addresses(nl, ifindex, addresses, err);
	xn_nl_close(nl);
	return rc;
}

/* The cable's end in dom0 becomes a port. */
static int plug_in(struct xn_nl *nl, const struct xn_lab_bridge *wanted,
		   int bridge, struct xn_err *err)
{
	struct xn_link link;
	int uplink = 0;
	int rc = xn_link_get(nl, "eth0", &link, err);

	/* First: a small MTU takes IPv6 away, and its settings. */
	if (rc == 0)
		rc = xn_link_set_no_link_local(nl, link.ifindex, err);
	if (rc == 0)
		rc = cable_end(nl, wanted->mtu, &uplink, err);
	if (rc == 0)
		rc = xn_link_set_master(nl, uplink, bridge, err);
	return rc;
}

static int dom0(struct xn_nl *nl, int outside_netns,
		const struct xn_lab_layout *layout, struct xn_err *err)
{
	int bridge = 0;
	int rc = xn_link_create_veth(nl, "eth0", "eth0", outside_netns, err);

	for (uint32_t i = 0; i < layout->bridge_count && rc == 0; i++) {
		const struct xn_lab_bridge *wanted = &layout->bridge[i];

		rc = bridge_create(nl, wanted, &bridge, err);
		if (rc == 0 && wanted->uplink)
			rc = plug_in(nl, wanted, bridge, err);
	}
	return rc;
}

static uint32_t cable_mtu(const struct xn_lab_layout *layout)
{
	for (uint32_t i = 0; i < layout->bridge_count; i++)
		if (layout->bridge[i].uplink)
			return layout->bridge[i].mtu;
	return XN_LAB_MTU_DEFAULT;
}

int xn_lab_network_plane(int dom0_netns, int outside_netns,
			 const struct xn_lab_layout *layout, struct xn_err *err)
{
	struct xn_nl *nl = NULL;
	int rc = xn_nl_open_in(dom0_netns, &nl, err);

	if (rc == 0)
		rc = dom0(nl, outside_netns, layout, err);
	xn_nl_close(nl);
	return rc < 0 ? rc
		      : outside(outside_netns, cable_mtu(layout),
				&layout->outside, err);
}

int xn_lab_network_bridge(int dom0_netns, const char *name, struct xn_err *err)
{
	struct xn_lab_bridge wanted = {.mtu = XN_LAB_MTU_DEFAULT};
	struct xn_nl *nl = NULL;
	struct xn_err quiet = {0};
	int ifindex;
	int rc = xn_nl_open_in(dom0_netns, &nl, err);

	if (rc < 0)
		return rc;
	(void)xn_text_copy(wanted.name, sizeof(wanted.name), name);
	rc = bridge_create(nl, &wanted, &ifindex, &quiet);
	xn_nl_close(nl);
	if (rc == -EEXIST)
		return 0;
	return rc < 0 ? xn_fail(err, -rc, "bridge=%s: %s", name,
				xn_err_text(&quiet))
		      : 0;
}

int xn_lab_network_cookie(int netns, uint64_t *ret_cookie, struct xn_err *err)
{
	struct xn_nl *nl = NULL;
	int rc = xn_nl_open_in(netns, &nl, err);

	if (rc < 0)
		return rc;
	*ret_cookie = xn_nl_namespace_cookie(nl);
	xn_nl_close(nl);
	return 0;
}

int xn_lab_network_name_free(int dom0_netns, const char *name,
			     struct xn_err *err)
{
	struct xn_nl *nl = NULL;
	struct xn_err quiet = {0};
	struct xn_link link;
	int rc;

	if (!name[0])
		return 0;
	rc = xn_nl_open_in(dom0_netns, &nl, err);
	if (rc < 0)
		return rc;
	rc = xn_link_get(nl, name, &link, &quiet);
	xn_nl_close(nl);
	if (rc == -ENODEV)
		return 0;
	return xn_fail(err, rc < 0 ? -rc : EEXIST, "vifname=%s: %s", name,
		       rc < 0 ? xn_err_text(&quiet) : "the name is taken");
}

int xn_lab_network_guest(int netns, uint32_t devid,
			 const struct xn_vifspec *spec, struct xn_err *err)
{
	struct xn_nl *nl = NULL;
	struct xn_link link;
	char name[IFNAMSIZ];
	int rc = xn_nl_open_in(netns, &nl, err);

	if (rc < 0)
		return rc;
	snprintf(name, sizeof(name), "eth%u", devid);
	rc = xn_link_get(nl, name, &link, err);
	if (rc == 0)
		rc = xn_link_set_up(nl, link.ifindex, true, err);
	for (uint32_t i = 0; i < spec->ip_count && rc == 0; i++)
		rc = add_address(nl, link.ifindex, spec->ip[i], err);
	xn_nl_close(nl);
	return rc;
}

/* 0: there is none; 1: there is. */
static int has_link(int netns, const char *name, struct xn_err *err)
{
	struct xn_err missing = {0};
	struct xn_nl *nl = NULL;
	struct xn_link link;
	int rc = xn_nl_open_in(netns, &nl, err);

	if (rc < 0)
		return rc;
	rc = xn_link_get(nl, name, &link, &missing);
	xn_nl_close(nl);
	if (rc == 0)
		return 1;
	return rc == -ENODEV ? 0 : xn_fail(err, -rc, "%s", missing.text);
}

int xn_lab_network_gone(int netns, uint32_t devid, unsigned int limit_ms,
			struct xn_err *err)
{
	const struct xn_nl_handlers nobody = {0};
	uint64_t deadline_ms = xn_now_ms() + limit_ms;
	struct xn_nl_monitor *monitor;
	char name[IFNAMSIZ];
	int rc = xn_nl_monitor_open_in(netns, XN_MONITOR_LINK, &monitor, err);

	if (rc < 0)
		return rc;
	snprintf(name, sizeof(name), "eth%u", devid);
	while ((rc = has_link(netns, name, err)) == 1) {
		rc = xn_lab_wait(xn_nl_monitor_fd(monitor), deadline_ms);
		if (rc < 0) {
			xn_fail(err, -rc, "the guest still has its %s", name);
			break;
		}
		/* Whatever it was: the next look tells. */
		(void)xn_nl_monitor_read(monitor, &nobody);
	}
	xn_nl_monitor_close(monitor);
	return rc;
}
