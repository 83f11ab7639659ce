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

/* Changes that a look is repeated for. */
#define LOOKS_MAX 64u

static uint64_t key_at(const struct xsw_groups *groups, uint32_t place)
{
	return atomic_load_explicit(&groups->key[place], memory_order_relaxed);
}

static void set_key(struct xsw_groups *groups, uint32_t place, uint64_t key)
{
	atomic_store_explicit(&groups->key[place], key, memory_order_relaxed);
}

static uint32_t count_of(const struct xsw_groups *groups)
{
	return atomic_load_explicit(&groups->count, memory_order_relaxed);
}

/* Index of the first key that is not below `key`. */
static uint32_t place_of(const struct xsw_groups *groups, uint64_t key)
{
	uint32_t low = 0;
	uint32_t high = count_of(groups);

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (key_at(groups, middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct xsw_groups *groups, uint32_t place, uint64_t key)
{
	return place < count_of(groups) && key_at(groups, place) == key;
}

bool xsw_groups_have(const struct xsw_groups *groups, uint64_t key)
{
	for (uint32_t i = 0; i < LOOKS_MAX; i++) {
		uint32_t before = atomic_load_explicit(&groups->version,
						       memory_order_acquire);
		bool have = is_at(groups, place_of(groups, key), key);

		atomic_thread_fence(memory_order_acquire);
		if (!(before & 1) &&
		    atomic_load_explicit(&groups->version,
					 memory_order_relaxed) == before)
			return have;
	}
	return true;
}

static void change_begin(struct xsw_groups *groups)
{
	uint32_t version =
		atomic_load_explicit(&groups->version, memory_order_relaxed);

	atomic_store_explicit(&groups->version, version + 1,
			      memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static void change_end(struct xsw_groups *groups, uint32_t count)
{
	uint32_t version =
		atomic_load_explicit(&groups->version, memory_order_relaxed);

	atomic_store_explicit(&groups->count, count, memory_order_relaxed);
	atomic_store_explicit(&groups->version, version + 1,
			      memory_order_release);
}

int xsw_groups_add(struct xsw_groups *groups, uint64_t key)
{
	uint32_t place = place_of(groups, key);
	uint32_t count = count_of(groups);

	if (is_at(groups, place, key))
		return 0;
	if (count == XSW_GROUPS_MAX)
		return -ENOSPC;
	change_begin(groups);
	for (uint32_t i = count; i > place; i--)
		set_key(groups, i, key_at(groups, i - 1));
	set_key(groups, place, key);
	change_end(groups, count + 1);
	return 0;
}

void xsw_groups_del(struct xsw_groups *groups, uint64_t key)
{
	uint32_t place = place_of(groups, key);
	uint32_t count = count_of(groups);

	if (!is_at(groups, place, key))
		return;
	change_begin(groups);
	for (uint32_t i = place; i + 1 < count; i++)
		set_key(groups, i, key_at(groups, i + 1));
	change_end(groups, count - 1);
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
