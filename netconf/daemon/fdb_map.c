/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of fdb.c in a keyed hash table, see fdb_map.h. */
#include "netconf/daemon/fdb_map.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

int xn_fdb_map_init(struct xn_fdb_map *map)
{
	map->pending_last = &map->pending_first;
	if (getrandom(map->key, sizeof(map->key), 0) !=
	    (ssize_t)sizeof(map->key))
		return -EIO;
	return 0;
}

void xn_fdb_map_clear(struct xn_fdb_map *map)
{
	for (uint32_t i = 0; i < XN_FDB_BUCKETS; i++) {
		while (map->bucket[i]) {
			struct xn_fdb_node *node = map->bucket[i];

			map->bucket[i] = node->next;
			free(node);
		}
	}
}

/* Two rounds of a keyed 64-bit mixer. */
static uint32_t bucket_of(const struct xn_fdb_map *map, int bridge,
			  const struct xn_mac *mac)
{
	uint64_t value = (uint64_t)(uint32_t)bridge << 48;

	for (int i = 0; i < XN_MAC_BYTES; i++)
		value ^= (uint64_t)mac->octet[i] << (8 * i);
	for (int i = 0; i < 2; i++) {
		value ^= map->key[i];
		value ^= value >> 33;
		value *= UINT64_C(0xff51afd7ed558ccd);
		value ^= value >> 29;
	}
	return (uint32_t)(value % XN_FDB_BUCKETS);
}

struct xn_fdb_node *xn_fdb_map_find(struct xn_fdb_map *map, int bridge,
				    const struct xn_mac *mac, bool create,
				    uint32_t count_max)
{
	uint32_t bucket = bucket_of(map, bridge, mac);
	struct xn_fdb_node *node;

	for (node = map->bucket[bucket]; node; node = node->next)
		if (node->bridge == bridge && xn_mac_equal(&node->mac, mac))
			return node;
	if (!create || map->count >= count_max)
		return NULL;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->bridge = bridge;
	node->mac = *mac;
	node->next = map->bucket[bucket];
	map->bucket[bucket] = node;
	map->count++;
	return node;
}

static bool is_empty(const struct xn_fdb_node *node)
{
	return !node->in_kernel && !node->station && !node->pending &&
	       !node->outside_told;
}

static void trim_bucket(struct xn_fdb_map *map, uint32_t bucket)
{
	struct xn_fdb_node **link = &map->bucket[bucket];

	while (*link) {
		struct xn_fdb_node *node = *link;

		if (!is_empty(node)) {
			link = &node->next;
			continue;
		}
		*link = node->next;
		map->count--;
		free(node);
	}
}

void xn_fdb_map_trim(struct xn_fdb_map *map, struct xn_fdb_node *node)
{
	if (is_empty(node))
		trim_bucket(map, bucket_of(map, node->bridge, &node->mac));
}

void xn_fdb_map_sweep(struct xn_fdb_map *map)
{
	for (uint32_t i = 0; i < XN_FDB_BUCKETS; i++)
		trim_bucket(map, i);
}

void xn_fdb_map_push(struct xn_fdb_map *map, struct xn_fdb_node *node)
{
	if (node->pending)
		return;
	node->pending = true;
	node->pending_next = NULL;
	*map->pending_last = node;
	map->pending_last = &node->pending_next;
}

struct xn_fdb_node *xn_fdb_map_pop(struct xn_fdb_map *map)
{
	struct xn_fdb_node *node = map->pending_first;

	if (!node)
		return NULL;
	map->pending_first = node->pending_next;
	if (!map->pending_first)
		map->pending_last = &map->pending_first;
	node->pending = false;
	return node;
}

void xn_fdb_map_each(struct xn_fdb_map *map,
		     void (*fn)(void *arg, struct xn_fdb_node *node), void *arg)
{
	for (uint32_t i = 0; i < XN_FDB_BUCKETS; i++)
		for (struct xn_fdb_node *node = map->bucket[i]; node;
		     node = node->next)
			fn(arg, node);
}
