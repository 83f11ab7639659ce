/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sets and maps of the table, empty, see plan.h; rules.c uses them, and
 * elements.c fills them. */
#include <string.h>
#include <linux/netfilter.h>

#include "natd/plan.h"
#include "netconf/base/text.h"

/* nft(8)'s numbers for types of values; six bits for each of several. */
enum nft_type {
	TYPE_NFPROTO = 2,
	TYPE_IPV4 = 7,
	TYPE_IPV6 = 8,
	TYPE_ETHER = 9,
	TYPE_PROTOCOL = 12,
	TYPE_PORT = 13,
	TYPE_IFNAME = 41,
};

static const char *name_of(uint8_t family, const char *ipv4, const char *ipv6)
{
	return family == NFPROTO_IPV6 ? ipv6 : ipv4;
}

static void add_set(struct xnat_table *table, const char *name,
		    struct xnat_set set)
{
	(void)xn_text_copy(set.name, sizeof(set.name), name);
	/* One field is as long as it is; of several each begins a word. */
	set.key_bytes = 0;
	for (uint8_t i = 0; i < set.field_count; i++)
		set.key_bytes += set.field_count == 1
					 ? set.field_bytes[i]
					 : (set.field_bytes[i] + 3u) & ~3u;
	xnat_set_add(table, &set);
}

static uint32_t types(uint32_t a, uint32_t b)
{
	return a << 6 | b;
}

static void put_ifname_sets(struct xnat_table *table)
{
	static const char *const names[] = {"bridges", "closed4", "closed6",
					    "masquerade4", "masquerade6"};
	struct xnat_set set = {.field_count = 1,
			       .field_bytes = {IFNAMSIZ},
			       .key_type = TYPE_IFNAME};
	struct xnat_set loops = {.field_count = 2,
				 .field_bytes = {IFNAMSIZ, IFNAMSIZ},
				 .key_type = types(TYPE_IFNAME, TYPE_IFNAME)};

	for (unsigned int i = 0; i < 5; i++)
		add_set(table, names[i], set);
	add_set(table, "loops", loops);
	set.is_verdicts = true;
	add_set(table, "limits", set);
}

static void put_address_maps(struct xnat_table *table, uint8_t family)
{
	uint8_t bytes = family == NFPROTO_IPV6 ? 16 : 4;
	uint32_t type = family == NFPROTO_IPV6 ? TYPE_IPV6 : TYPE_IPV4;
	struct xnat_set behind = {.field_count = 1,
				  .field_bytes = {IFNAMSIZ},
				  .key_type = TYPE_IFNAME,
				  .data_type = type,
				  .data_bytes = bytes};
	struct xnat_set in = {.field_count = 1,
			      .field_bytes = {bytes},
			      .key_type = type,
			      .data_type = type,
			      .data_bytes = bytes};
	struct xnat_set out = {.field_count = 2,
			       .field_bytes = {IFNAMSIZ, bytes},
			       .key_type = types(TYPE_IFNAME, type),
			       .data_type = type,
			       .data_bytes = bytes};
	struct xnat_set forward = {
		.field_count = 4,
		.field_bytes = {bytes, bytes, 1, 2},
		.key_type = types(types(types(type, type), TYPE_PROTOCOL),
				  TYPE_PORT),
		.data_type = types(type, TYPE_PORT),
		.data_bytes = bytes + 4u,
		.has_intervals = true,
	};
	struct xnat_set ports = forward;

	ports.data_type = type;
	ports.data_bytes = bytes;

	add_set(table, name_of(family, "behind4", "behind6"), behind);
	add_set(table, name_of(family, "pair_in4", "pair_in6"), in);
	add_set(table, name_of(family, "pair_out4", "pair_out6"), out);
	add_set(table, name_of(family, "forward4", "forward6"), forward);
	add_set(table, name_of(family, "forward_from4", "forward_from6"),
		forward);
	add_set(table, name_of(family, "ports4", "ports6"), ports);
	add_set(table, name_of(family, "ports_from4", "ports_from6"), ports);
}

static void put_prefix_maps(struct xnat_table *table)
{
	struct xnat_set out = {
		.field_count = 2,
		.field_bytes = {IFNAMSIZ, 16},
		.key_type = types(TYPE_IFNAME, TYPE_IPV6),
		.data_type = TYPE_IPV6,
		.data_bytes = 32,
		.has_intervals = true,
		.data_is_interval = true,
	};
	struct xnat_set in = out;

	in.field_bytes[0] = 1;
	in.key_type = types(TYPE_NFPROTO, TYPE_IPV6);
	add_set(table, "prefix_out6", out);
	add_set(table, "prefix_in6", in);
}

void xnat_put_limit_set(struct xnat_table *table, const char *name)
{
	struct xnat_set guests = {
		.field_count = 1,
		.field_bytes = {6},
		.key_type = TYPE_ETHER,
		.is_dynamic = true,
	};

	add_set(table, name, guests);
}

void xnat_put_sets(struct xnat_table *table)
{
	put_ifname_sets(table);
	put_address_maps(table, NFPROTO_IPV4);
	put_address_maps(table, NFPROTO_IPV6);
	put_prefix_maps(table);
}
