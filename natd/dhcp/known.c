/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases over several readings, see known.h. */
#include "natd/dhcp/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_addresses(const struct xn_address *a,
			     const struct xn_address *b)
{
	return a->family != b->family
		       ? (int)a->family - (int)b->family
		       : memcmp(a->octet, b->octet, sizeof(a->octet));
}

static int compare_macs(const struct xdhcp_lease *a,
			const struct xdhcp_lease *b)
{
	return a->has_mac != b->has_mac
		       ? (int)a->has_mac - (int)b->has_mac
		       : memcmp(a->mac.octet, b->mac.octet, XN_MAC_BYTES);
}

/* What was read comes before what is missing. */
static int compare_ages(const struct xdhcp_lease *a,
			const struct xdhcp_lease *b)
{
	return (int)(a->missing_ms != 0) - (int)(b->missing_ms != 0);
}

static int by_address(const void *one, const void *other)
{
	const struct xdhcp_lease *a = one, *b = other;
	int order = compare_addresses(&a->address, &b->address);

	return order ? order : compare_ages(a, b);
}

static int by_mac(const void *one, const void *other)
{
	const struct xdhcp_lease *a = one, *b = other;
	int order = compare_macs(a, b);

	if (!order)
		order = compare_ages(a, b);
	return order ? order : compare_addresses(&a->address, &b->address);
}

static void sort(struct xdhcp_leases *leases,
		 int (*compare)(const void *one, const void *other))
{
	if (leases->count > 1)
		qsort(leases->lease, leases->count, sizeof(*leases->lease),
		      compare);
}

/* Those in `before` that may be missing; most will be found to be there. */
static int append(struct xdhcp_leases *leases,
		  const struct xdhcp_leases *before, uint64_t now_s,
		  uint64_t now_ms)
{
	uint32_t room = leases->count + before->count;
	void *more = reallocarray(leases->lease, room ? room : 1,
				  sizeof(*leases->lease));

	if (!more)
		return -ENOMEM;
	leases->lease = more;
	leases->room = room ? room : 1;
	for (uint32_t i = 0; i < before->count; i++) {
		struct xdhcp_lease lease = before->lease[i];

		/* An IPv6 lease lets nobody do anything. */
		if (!lease.has_mac || !xdhcp_lease_holds(&lease, now_s))
			continue;
		if (lease.missing_ms == 0)
			lease.missing_ms = now_ms;
		leases->lease[leases->count++] = lease;
	}
	return 0;
}

/* Missing ones go that are like the one before them. */
static void drop_repeated(struct xdhcp_leases *leases,
			  bool (*alike)(const struct xdhcp_lease *a,
					const struct xdhcp_lease *b))
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < leases->count; i++) {
		const struct xdhcp_lease *lease = &leases->lease[i];

		if (lease->missing_ms && kept &&
		    alike(&leases->lease[kept - 1], lease))
			continue;
		leases->lease[kept++] = *lease;
	}
	leases->count = kept;
}

static bool same_address(const struct xdhcp_lease *a,
			 const struct xdhcp_lease *b)
{
	return !compare_addresses(&a->address, &b->address);
}

static bool same_mac(const struct xdhcp_lease *a, const struct xdhcp_lease *b)
{
	return !compare_macs(a, b);
}

/* The range may have been another one before. */
static void bound(struct xdhcp_leases *leases)
{
	uint32_t kept = 0, over = 0;

	if (leases->count > XDHCP_LEASES_MAX)
		over = leases->count - XDHCP_LEASES_MAX;
	for (uint32_t i = 0; i < leases->count; i++) {
		if (over && leases->lease[i].missing_ms) {
			over--;
			continue;
		}
		leases->lease[kept++] = leases->lease[i];
	}
	leases->count = kept;
}

int xdhcp_known_follow(struct xdhcp_leases *leases,
		       const struct xdhcp_leases *before, uint64_t now_s,
		       uint64_t now_ms)
{
	int rc = append(leases, before, now_s, now_ms);

	if (rc < 0)
		return rc;
	sort(leases, by_address);
	drop_repeated(leases, same_address);
	sort(leases, by_mac);
	drop_repeated(leases, same_mac);
	bound(leases);
	return 0;
}

uint32_t xdhcp_known_yield(struct xdhcp_leases *leases,
			   const struct xn_planeconf_bridge *bridge,
			   const struct xnat_guests *guests)
{
	uint32_t kept = 0, count = leases->count;

	for (uint32_t i = 0; i < count; i++)
		if (!xdhcp_lease_in_the_way(&leases->lease[i], bridge, guests))
			leases->lease[kept++] = leases->lease[i];
	leases->count = kept;
	return count - kept;
}

static int mac_of(const void *key, const void *member)
{
	const struct xdhcp_lease *lease = member;
	const struct xn_mac *mac = key;

	return lease->has_mac
		       ? memcmp(mac->octet, lease->mac.octet, XN_MAC_BYTES)
		       : 1;
}

const struct xdhcp_lease *xdhcp_known_find(const struct xdhcp_leases *leases,
					   const struct xn_mac *mac)
{
	return leases->count == 0 ? NULL
				  : bsearch(mac, leases->lease, leases->count,
					    sizeof(*leases->lease), mac_of);
}

uint64_t xdhcp_known_ends_s(const struct xdhcp_leases *leases)
{
	uint64_t first_s = 0;

	for (uint32_t i = 0; i < leases->count; i++) {
		const struct xdhcp_lease *lease = &leases->lease[i];

		if (lease->missing_ms && lease->expires_s &&
		    (first_s == 0 || lease->expires_s < first_s))
			first_s = lease->expires_s;
	}
	return first_s;
}

bool xdhcp_known_same(const struct xdhcp_leases *a,
		      const struct xdhcp_leases *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		const struct xdhcp_lease *x = &a->lease[i], *y = &b->lease[i];

		if (!same_mac(x, y) || !same_address(x, y) ||
		    strcmp(x->name, y->name) != 0)
			return false;
	}
	return true;
}
