/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of routed vifs, see group.h. Pure. */
#include "router/group.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netconf/base/text.h"

_Static_assert((unsigned int)XN_PLANECONF_ADDRESSES_MAX <=
		       (unsigned int)XRT_LOCAL_MAX,
	       "a group's addresses fit");

static struct xrt_group group_of(const struct xn_planeconf_bridge *bridge)
{
	struct xrt_group group = {.prefix_count = bridge->prefix_count};

	(void)xn_text_copy(group.name, sizeof(group.name), bridge->name);
	(void)xn_text_copy(group.netdev, sizeof(group.netdev), bridge->netdev);
	for (uint32_t i = 0; i < bridge->address_count; i++) {
		struct xn_address *local = &group.local[group.local_count++];

		*local = bridge->address[i];
		local->prefix = local->family == 6 ? 128 : 32;
	}
	memcpy(group.prefix, bridge->prefix, sizeof(group.prefix));
	if (bridge->vifs.said & (1u << XN_SETTING_ANTISPOOF))
		group.spoofs = !bridge->vifs.antispoof;
	return group;
}

bool xrt_group_find(const struct xn_planeconf *conf, const char *name,
		    struct xrt_group *ret_group)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		if (conf->bridge[i].mode == XN_CONF_ROUTED &&
		    strcmp(conf->bridge[i].name, name) == 0) {
			*ret_group = group_of(&conf->bridge[i]);
			return true;
		}
	return false;
}

static bool may_have(const struct xrt_group *group,
		     const struct xn_address *guest)
{
	bool within = group->prefix_count == 0;

	for (uint32_t i = 0; i < group->prefix_count; i++)
		within |= guest->prefix >= group->prefix[i].prefix &&
			  xn_address_within(guest, &group->prefix[i],
					    group->prefix[i].prefix);
	for (uint32_t i = 0; i < group->local_count; i++)
		within &= !xn_address_within(guest, &group->local[i],
					     guest->prefix);
	return within;
}

static void add_uplink(struct xrt_wish *wish, const struct xrt_uplink *uplink)
{
	if (uplink->has_ipv4 && wish->local_count < XRT_LOCAL_MAX)
		wish->local[wish->local_count++] =
			xrt_address_of(AF_INET, uplink->ipv4);
}

int xrt_group_apply(const struct xrt_group *group,
		    const struct xrt_uplink *uplink, struct xrt_wish *wish,
		    struct xn_err *err)
{
	bool ipv4 = wish->guest_count == 0 ||
		    xrt_has_family(wish->guest, wish->guest_count, 4);
	char text[XN_ADDRESS_TEXT_MAX];

	for (uint32_t i = 0; i < wish->guest_count; i++)
		if (!may_have(group, &wish->guest[i]))
			return xn_fail(err, EPERM,
				       "ip: %s is not for guests of [bridge "
				       "%s]",
				       xn_address_text(&wish->guest[i], text),
				       group->name);
	wish->local_count = group->local_count;
	memcpy(wish->local, group->local, sizeof(wish->local));
	if (!xrt_has_family(wish->local, wish->local_count, 4))
		add_uplink(wish, uplink);
	if (ipv4 && !xrt_has_family(wish->local, wish->local_count, 4))
		return xn_fail(err, EADDRNOTAVAIL,
			       "%s has no IPv4 address: give it one, or "
			       "specify another interface with netdev=<if>",
			       uplink->link.name);
	return 0;
}
