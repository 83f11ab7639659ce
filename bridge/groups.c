/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which groups a guest registered. Asked by forward.c for every group frame
 * to a port with multicast control, and by the worker for what comes from the
 * port's twin; changed by the worker when the guest says so on its ring. The
 * addresses are the guest's choice.
 */
#include "bridge/groups.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "bridge/classify.h"
#include "bridge/switch_state.h"

/* Index of the first key that is not below `key`. */
static uint32_t place_of(const struct xsw_groups *groups, uint64_t key)
{
	uint32_t low = 0;
	uint32_t high = groups->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (groups->key[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct xsw_groups *groups, uint32_t place, uint64_t key)
{
	return place < groups->count && groups->key[place] == key;
}

bool xsw_groups_have(const struct xsw_groups *groups, uint64_t key)
{
	return is_at(groups, place_of(groups, key), key);
}

int xsw_groups_add(struct xsw_groups *groups, uint64_t key)
{
	uint32_t place = place_of(groups, key);

	if (is_at(groups, place, key))
		return 0;
	if (groups->count == XSW_GROUPS_MAX)
		return -ENOSPC;
	memmove(&groups->key[place + 1], &groups->key[place],
		(groups->count - place) * sizeof(groups->key[0]));
	groups->key[place] = key;
	groups->count++;
	return 0;
}

void xsw_groups_del(struct xsw_groups *groups, uint64_t key)
{
	uint32_t place = place_of(groups, key);

	if (!is_at(groups, place, key))
		return;
	groups->count--;
	memmove(&groups->key[place], &groups->key[place + 1],
		(groups->count - place) * sizeof(groups->key[0]));
}

int xsw_group_add(struct xsw_switch *sw, uint16_t port,
		  const struct xn_mac *group)
{
	if (port >= XSW_PORTS_MAX || !xn_mac_is_group(group))
		return -EINVAL;
	return xsw_groups_add(&sw->port[port].groups, xsw_key_of(group));
}

void xsw_group_del(struct xsw_switch *sw, uint16_t port,
		   const struct xn_mac *group)
{
	if (port < XSW_PORTS_MAX)
		xsw_groups_del(&sw->port[port].groups, xsw_key_of(group));
}

bool xsw_group_wanted(const struct xsw_switch *sw, uint16_t number,
		      const uint8_t *head)
{
	const struct xsw_port *port;
	struct xn_mac mac;
	uint64_t key;

	assert(number < XSW_PORTS_MAX);
	port = &sw->port[number];
	if (!port->mcast_control || !(head[0] & 1))
		return true;
	memcpy(mac.octet, head, XN_MAC_BYTES);
	key = xsw_key_of(&mac);
	return key == XSW_KEY_BROADCAST || xsw_groups_have(&port->groups, key);
}
