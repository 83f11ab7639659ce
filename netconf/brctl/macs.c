/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * showmacs: the stations of a bridge, by address. The kernel's entries name
 * their ports by index, the columns by number, which the links have.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/neighbour.h>

#include "netconf/brctl/lookup.h"
#include "netconf/brctl/print.h"
#include "netconf/brctl/verbs.h"
#include "netconf/nl/fdb.h"
#include "netconf/nl/link.h"

/* One station with several VLANs has several entries: those keep the order
 * that the kernel tells them in, which is the order of the array. */
static int compare_macs(const void *a, const void *b)
{
	const struct xn_fdb_entry *one = *(const struct xn_fdb_entry *const *)a;
	const struct xn_fdb_entry *other =
		*(const struct xn_fdb_entry *const *)b;
	int order = memcmp(one->mac.octet, other->mac.octet, XN_MAC_BYTES);

	if (order != 0)
		return order;
	return one < other ? -1 : one > other;
}

static int compare_indices(const void *a, const void *b)
{
	const struct xn_link *one = a;
	const struct xn_link *other = b;

	return one->ifindex < other->ifindex ? -1
					     : one->ifindex > other->ifindex;
}

/* `links` are sorted by index. 0: the port has gone between two dumps. */
static uint16_t port_number(const struct xn_link_table *links, int ifindex)
{
	struct xn_link key = {.ifindex = ifindex};
	const struct xn_link *link = bsearch(&key, links->link, links->count,
					     sizeof(key), compare_indices);

	return link ? link->port.number : 0;
}

/* Not shown: addresses of the bridge itself, and what is out of date. */
static bool is_shown(const struct xn_fdb_entry *entry, int bridge)
{
	return entry->ifindex != bridge && entry->state != NUD_STALE;
}

/* Has room for all entries; *ret_count of them are shown. */
static const struct xn_fdb_entry **sort_macs(const struct xn_fdb_table *fdb,
					     int bridge, size_t *ret_count)
{
	const struct xn_fdb_entry **list =
		calloc(fdb->count + 1, sizeof(const struct xn_fdb_entry *));
	size_t count = 0;

	if (!list)
		return NULL;
	for (size_t i = 0; i < fdb->count; i++) {
		if (is_shown(&fdb->entry[i], bridge))
			list[count++] = &fdb->entry[i];
	}
	qsort(list, count, sizeof(const struct xn_fdb_entry *), compare_macs);
	*ret_count = count;
	return list;
}

static int print_macs(struct xn_nl *nl, const struct xn_fdb_table *fdb,
		      int bridge)
{
	const struct xn_fdb_entry **list;
	struct xn_link_table links = {0};
	size_t count = 0;
	int rc = xn_link_dump(nl, &links, NULL);

	if (rc < 0)
		return rc;
	if (links.count > 0)
		qsort(links.link, links.count, sizeof(*links.link),
		      compare_indices);
	list = sort_macs(fdb, bridge, &count);
	if (!list) {
		xn_link_table_fini(&links);
		return -ENOMEM;
	}
	xn_brctl_print_mac_heads(stdout);
	for (size_t i = 0; i < count; i++)
		xn_brctl_print_mac(stdout, list[i],
				   port_number(&links, list[i]->ifindex));
	free(list);
	xn_link_table_fini(&links);
	return 0;
}

static enum xn_brctl_status fail(int rc)
{
	(void)fprintf(stderr, "read of forward table failed: %s\n",
		      strerror(-rc));
	return XN_BRCTL_FAILED;
}

enum xn_brctl_status xn_brctl_showmacs(struct xn_nl *nl, int word_count,
				       char *const *word)
{
	struct xn_fdb_table fdb = {0};
	struct xn_link bridge;
	int rc = xn_brctl_find_bridge(nl, word[1], &bridge);

	(void)word_count;
	if (rc == 0)
		rc = xn_fdb_dump(nl, bridge.ifindex, &fdb, NULL);
	if (rc < 0)
		return fail(rc);
	rc = print_macs(nl, &fdb, bridge.ifindex);
	xn_fdb_table_fini(&fdb);
	return rc == 0 ? XN_BRCTL_DONE : fail(rc);
}
