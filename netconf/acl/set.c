/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of peers, see build.h. Called by compile.c. */
#include <stdlib.h>
#include <string.h>

#include "netconf/acl/build.h"

void xacl_set_begin(struct xacl_build *build)
{
	build->begun = (struct xacl_set){
		.macs.first = (uint16_t)build->mac_count,
		.nets6.first = (uint16_t)build->nets6_count,
		.nets4.first = (uint16_t)build->nets4_count,
	};
}

static uint64_t be64(const uint8_t *octet)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < 8; i++)
		value = value << 8 | octet[i];
	return value;
}

/* Bits of a half of an address that lie behind the prefix. */
static uint64_t host_bits(uint32_t prefix, uint32_t half)
{
	uint32_t fixed = prefix > 64 * half ? prefix - 64 * half : 0;

	if (fixed >= 64)
		return 0;
	return UINT64_MAX >> fixed;
}

static void add_network6(struct xacl_build *build,
			 const struct xn_address *network)
{
	struct xsw_acl_net6 *net = &build->net6[build->nets6_count];

	if (build->nets6_count == XSW_ACL_NETS6_MAX) {
		build->full = true;
		return;
	}
	build->nets6_count++;
	for (size_t half = 0; half < 2; half++) {
		uint64_t host = host_bits(network->prefix, (uint32_t)half);

		net->first[half] = be64(network->octet + 8 * half) & ~host;
		net->last[half] = net->first[half] | host;
	}
}

void xacl_set_add_network(struct xacl_build *build,
			  const struct xn_address *network)
{
	struct xsw_acl_net4 *net = &build->net4[build->nets4_count];
	uint32_t host;

	if (network->family == 6) {
		add_network6(build, network);
		return;
	}
	if (build->nets4_count == XSW_ACL_NETS4_MAX) {
		build->full = true;
		return;
	}
	build->nets4_count++;
	host = (uint32_t)(UINT64_C(0xffffffff) >> network->prefix);
	net->first = (uint32_t)(be64(network->octet) >> 32) & ~host;
	net->last = net->first | host;
}

/* As classify.h has it: the first octet lowest, 16 bits free below. */
void xacl_set_add_mac(struct xacl_build *build, const struct xn_mac *mac)
{
	uint64_t key = 0;

	if (build->mac_count == XSW_ACL_MACS_MAX) {
		build->full = true;
		return;
	}
	for (uint32_t i = XN_MAC_BYTES; i-- > 0;)
		key = key << 8 | mac->octet[i];
	build->mac[build->mac_count++] = key << 16;
}

static int compare_macs(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static int compare4(const void *a, const void *b)
{
	const struct xsw_acl_net4 *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

static int compare6(const void *a, const void *b)
{
	const struct xsw_acl_net6 *left = a, *right = b;
	uint32_t half = left->first[0] == right->first[0];

	return (left->first[half] > right->first[half]) -
	       (left->first[half] < right->first[half]);
}

static bool is_below(const uint64_t a[2], const uint64_t b[2])
{
	return a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]);
}

/* Each returns how many are left. Of two networks that overlap one lies in the
 * other. */
static uint32_t merge_macs(uint64_t *mac, uint32_t count)
{
	uint32_t kept = 0;

	qsort(mac, count, sizeof(*mac), compare_macs);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || mac[kept - 1] != mac[i])
			mac[kept++] = mac[i];
	return kept;
}

static uint32_t merge4(struct xsw_acl_net4 *net, uint32_t count)
{
	uint32_t kept = 0;

	qsort(net, count, sizeof(*net), compare4);
	for (uint32_t i = 0; i < count; i++) {
		if (kept == 0 || net[kept - 1].last < net[i].first)
			net[kept++] = net[i];
		else if (net[kept - 1].last < net[i].last)
			net[kept - 1].last = net[i].last;
	}
	return kept;
}

static uint32_t merge6(struct xsw_acl_net6 *net, uint32_t count)
{
	uint32_t kept = 0;

	qsort(net, count, sizeof(*net), compare6);
	for (uint32_t i = 0; i < count; i++) {
		if (kept == 0 || is_below(net[kept - 1].last, net[i].first))
			net[kept++] = net[i];
		else if (is_below(net[kept - 1].last, net[i].last))
			memcpy(net[kept - 1].last, net[i].last,
			       sizeof(net[i].last));
	}
	return kept;
}

static bool same(const void *array, size_t bytes, struct xsw_acl_span a,
		 struct xsw_acl_span b)
{
	const char *base = array;

	return a.count == b.count &&
	       !memcmp(base + a.first * bytes, base + b.first * bytes,
		       a.count * bytes);
}

static const struct xacl_set *find_same(const struct xacl_build *build,
					const struct xacl_set *set)
{
	for (uint32_t i = 0; i < build->set_count; i++) {
		const struct xacl_set *old = &build->set[i];

		if (same(build->mac, sizeof(build->mac[0]), old->macs,
			 set->macs) &&
		    same(build->net6, sizeof(build->net6[0]), old->nets6,
			 set->nets6) &&
		    same(build->net4, sizeof(build->net4[0]), old->nets4,
			 set->nets4))
			return old;
	}
	return NULL;
}

struct xacl_set xacl_set_end(struct xacl_build *build)
{
	struct xacl_set set = build->begun;
	const struct xacl_set *old;

	set.macs.count = (uint16_t)merge_macs(
		build->mac + set.macs.first, build->mac_count - set.macs.first);
	set.nets6.count =
		(uint16_t)merge6(build->net6 + set.nets6.first,
				 build->nets6_count - set.nets6.first);
	set.nets4.count =
		(uint16_t)merge4(build->net4 + set.nets4.first,
				 build->nets4_count - set.nets4.first);
	old = find_same(build, &set);
	build->mac_count = set.macs.first + (old ? 0u : set.macs.count);
	build->nets6_count = set.nets6.first + (old ? 0u : set.nets6.count);
	build->nets4_count = set.nets4.first + (old ? 0u : set.nets4.count);
	if (old)
		return *old;
	if (build->set_count < XSW_ACL_RULES_MAX)
		build->set[build->set_count++] = set;
	return set;
}
