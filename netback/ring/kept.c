// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest told us (kept.h). As in redo.c the order of stores is what
 * counts: each store below is one that a successor may find to be the last.
 */
#include "netback/ring/kept.h"

#include <errno.h>
#include <string.h>

static uint32_t load(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *to, uint32_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
	atomic_signal_fence(memory_order_seq_cst);
}

static uint64_t load_entry(const uint64_t *from)
{
	return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

static void store_entry(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
	atomic_signal_fence(memory_order_seq_cst);
}

#define HASH_TYPES                                                           \
	((uint32_t)XEN_NETIF_CTRL_HASH_TYPE_IPV4 |                           \
	 XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP | XEN_NETIF_CTRL_HASH_TYPE_IPV6 | \
	 XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

static bool hash_fits(const struct xnb_kept_hash *hash, uint32_t queue_count)
{
	if (hash->algorithm > XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ ||
	    hash->flags & ~HASH_TYPES || hash->key_bytes > XNB_HASH_KEY_BYTES ||
	    hash->mapping_size > XNB_HASH_MAPPING_MAX)
		return false;
	for (uint32_t i = 0; i < XNB_HASH_MAPPING_MAX; i++) {
		if (hash->mapping[i] >= queue_count)
			return false;
	}
	return true;
}

void xnb_kept_init(struct xnb_kept *kept)
{
	memset(kept, 0, sizeof(*kept));
}

int xnb_kept_hash_get(const struct xnb_kept *kept, uint32_t queue_count,
		      struct xnb_kept_hash *ret)
{
	struct xnb_kept_hash hash = kept->hash[load(&kept->hash_now) & 1];

	if (!hash_fits(&hash, queue_count))
		return -EPROTO;
	*ret = hash;
	return 0;
}

void xnb_kept_hash_set(struct xnb_kept *kept, const struct xnb_kept_hash *hash)
{
	uint32_t other = (load(&kept->hash_now) & 1) ^ 1;

	kept->hash[other] = *hash;
	store(&kept->hash_now, other);
}

/* Never 0: a group address has its group bit. */
static uint64_t entry_of(const struct xn_mac *group)
{
	uint64_t entry = 0;

	for (uint32_t i = 0; i < XN_MAC_BYTES; i++)
		entry = entry << 8 | group->octet[i];
	return entry;
}

static struct xn_mac group_of(uint64_t entry)
{
	struct xn_mac group;

	for (uint32_t i = XN_MAC_BYTES; i-- > 0; entry >>= 8)
		group.octet[i] = (uint8_t)entry;
	return group;
}

int xnb_kept_mcast_add(struct xnb_kept *kept, const struct xn_mac *group)
{
	uint64_t *place = NULL;
	uint64_t wanted = entry_of(group);

	if (!xn_mac_is_group(group))
		return -EINVAL;
	for (uint32_t i = 0; i < XNB_MCAST_MAX; i++) {
		uint64_t entry = load_entry(&kept->mcast[i]);

		if (entry == wanted)
			return 0;
		if (entry == 0 && !place)
			place = &kept->mcast[i];
	}
	if (!place)
		return -ENOSPC;
	store_entry(place, wanted);
	return 0;
}

int xnb_kept_mcast_del(struct xnb_kept *kept, const struct xn_mac *group)
{
	uint64_t wanted = entry_of(group);
	int rc = -ENOENT;

	if (!xn_mac_is_group(group))
		return -ENOENT;
	for (uint32_t i = 0; i < XNB_MCAST_MAX; i++) {
		if (load_entry(&kept->mcast[i]) != wanted)
			continue;
		store_entry(&kept->mcast[i], 0);
		rc = 0;
	}
	return rc;
}

uint32_t xnb_kept_mcast_list(const struct xnb_kept *kept,
			     struct xn_mac ret_group[XNB_MCAST_MAX])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < XNB_MCAST_MAX; i++) {
		uint64_t entry = load_entry(&kept->mcast[i]);
		struct xn_mac group = group_of(entry);

		if (entry >> 48 == 0 && xn_mac_is_group(&group))
			ret_group[count++] = group;
	}
	return count;
}

/* An entry: what was done last, read-only, the request's index (its low 29
 * bits), the reference. */
#define GRANT_ADDED (UINT64_C(1) << 62)
#define GRANT_DELETED (UINT64_C(2) << 62)
#define GRANT_DONE (UINT64_C(3) << 62)
#define GRANT_READONLY (UINT64_C(1) << 61)
#define GRANT_REQUEST_BITS 29u

static uint64_t stamp(uint32_t request)
{
	return (uint64_t)(request & ((1u << GRANT_REQUEST_BITS) - 1)) << 32;
}

void xnb_kept_grant_add(struct xnb_kept_grants *grants, uint32_t entry,
			struct xnb_kept_grant grant, uint32_t request)
{
	store_entry(&grants->entry[entry],
		    GRANT_ADDED | (grant.readonly ? GRANT_READONLY : 0) |
			    stamp(request) | grant.ref);
}

void xnb_kept_grant_del(struct xnb_kept_grants *grants, uint32_t entry,
			uint32_t request)
{
	uint64_t old = load_entry(&grants->entry[entry]);

	store_entry(&grants->entry[entry],
		    GRANT_DELETED | (old & GRANT_READONLY) | stamp(request) |
			    (uint32_t)old);
}

void xnb_kept_grant_forget(struct xnb_kept_grants *grants, uint32_t entry)
{
	store_entry(&grants->entry[entry], 0);
}

void xnb_kept_grants_undo(struct xnb_kept_grants *grants, uint32_t request)
{
	for (uint32_t i = 0; i < XNB_GRANTS_MAX; i++) {
		uint64_t value = load_entry(&grants->entry[i]);

		if ((value & GRANT_DONE) == GRANT_ADDED &&
		    (value & stamp(UINT32_MAX)) == stamp(request))
			store_entry(&grants->entry[i], 0);
	}
}

bool xnb_kept_grant_held(const struct xnb_kept_grants *grants, uint32_t entry)
{
	return (load_entry(&grants->entry[entry]) & GRANT_DONE) == GRANT_ADDED;
}

bool xnb_kept_grant_get(struct xnb_kept_grants *grants, uint32_t entry,
			uint32_t next, struct xnb_kept_grant *ret)
{
	uint64_t value = load_entry(&grants->entry[entry]);
	uint64_t done = value & GRANT_DONE;
	bool answered = (value & stamp(UINT32_MAX)) != stamp(next);

	if (done == GRANT_DONE || done == 0 ||
	    answered != (done == GRANT_ADDED)) {
		store_entry(&grants->entry[entry], 0);
		return false;
	}
	ret->ref = (uint32_t)value;
	ret->readonly = (value & GRANT_READONLY) != 0;
	/* Answered long ago, whatever comes next. */
	xnb_kept_grant_add(grants, entry, *ret, next - 1);
	return true;
}
