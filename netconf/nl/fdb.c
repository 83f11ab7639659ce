/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forwarding entries of bridges: neighbour messages of family AF_BRIDGE. */
#include "netconf/nl/fdb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/array.h"
#include "netconf/nl/fdb_parse.h"
#include "netconf/nl/request.h"

#define FDB_ENTRIES_MAX (1U << 20)

int xn_fdb_parse(const struct nlmsghdr *header, size_t bytes,
		 struct xn_fdb_entry *ret_entry)
{
	const struct nlattr *table[NDA_MAX + 1] = {0};
	struct xn_fdb_entry entry = {0};
	struct nda_cacheinfo times = {0};
	struct ndmsg neighbour;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(neighbour), &left);
	if (!payload)
		return -EBADMSG;
	memcpy(&neighbour, (const uint8_t *)header + NLMSG_HDRLEN,
	       sizeof(neighbour));
	if (neighbour.ndm_family != AF_BRIDGE)
		return 0;
	if (neighbour.ndm_ifindex <= 0 ||
	    xn_nl_attrs(payload, left, table, NDA_MAX + 1) < 0)
		return -EBADMSG;
	if (!table[NDA_MASTER] || !table[NDA_LLADDR] ||
	    (neighbour.ndm_flags & NTF_SELF))
		return 0;
	if (xn_nl_read_mac(table[NDA_LLADDR], &entry.mac) < 0 ||
	    xn_nl_read_ifindex(table[NDA_MASTER], &entry.master) < 0 ||
	    xn_nl_read_u16(table[NDA_VLAN], &entry.vlan) < 0 ||
	    xn_nl_read_bytes(table[NDA_CACHEINFO], &times, sizeof(times)) < 0)
		return -EBADMSG;
	entry.ifindex = neighbour.ndm_ifindex;
	entry.state = neighbour.ndm_state;
	entry.flags = neighbour.ndm_flags;
	entry.age_cs = times.ndm_updated;
	*ret_entry = entry;
	return 1;
}

static int dump_entry(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_fdb_entry entry;
	int rc;

	if (header->nlmsg_type != RTM_NEWNEIGH)
		return 0;
	rc = xn_fdb_parse(header, bytes, &entry);
	if (rc <= 0)
		return rc;
	return xn_array_put(arg, &entry);
}

int xn_fdb_dump(struct xn_nl *nl, int bridge, struct xn_fdb_table *ret_table,
		struct xn_err *err)
{
	struct xn_array entries = {.item_bytes = sizeof(struct xn_fdb_entry),
				   .count_max = FDB_ENTRIES_MAX};
	struct xn_nl_request request;
	struct ndmsg *neighbour = xn_nl_request_init(&request, RTM_GETNEIGH, 0,
						     sizeof(*neighbour));
	int rc;

	neighbour->ndm_family = AF_BRIDGE;
	if (bridge > 0)
		xn_nl_put_u32(&request, NDA_MASTER, (uint32_t)bridge);
	rc = xn_nl_dump_array(nl, &request, dump_entry, &entries, err);
	if (rc < 0) {
		xn_err_prefix(err, "list forwarding entries of bridge %d",
			      bridge);
		return rc;
	}
	ret_table->entry = entries.items;
	ret_table->count = entries.count;
	return 0;
}

void xn_fdb_table_fini(struct xn_fdb_table *table)
{
	free(table->entry);
	table->entry = NULL;
	table->count = 0;
}

static int change_entry(struct xn_nl *nl, struct xn_nl_request *request,
			int port, const struct xn_mac *mac, uint16_t vlan,
			const char *words, struct xn_err *err)
{
	char text[XN_MAC_TEXT];
	int rc;

	xn_nl_put(request, NDA_LLADDR, mac->octet, XN_MAC_BYTES);
	if (vlan != 0)
		xn_nl_put_u16(request, NDA_VLAN, vlan);
	rc = xn_nl_call(nl, request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s forwarding entry %s on port %d", words,
			      xn_mac_format(mac, text), port);
	return rc;
}

int xn_fdb_add_extern(struct xn_nl *nl, int port, const struct xn_mac *mac,
		      uint16_t vlan, struct xn_err *err)
{
	struct xn_nl_request request;
	struct ndmsg *neighbour = xn_nl_request_init(
		&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
		sizeof(*neighbour));

	neighbour->ndm_family = AF_BRIDGE;
	neighbour->ndm_ifindex = port;
	neighbour->ndm_flags = NTF_MASTER | NTF_EXT_LEARNED;
	neighbour->ndm_state = NUD_REACHABLE;
	return change_entry(nl, &request, port, mac, vlan, "add", err);
}

int xn_fdb_delete(struct xn_nl *nl, int port, const struct xn_mac *mac,
		  uint16_t vlan, struct xn_err *err)
{
	struct xn_nl_request request;
	struct ndmsg *neighbour = xn_nl_request_init(&request, RTM_DELNEIGH, 0,
						     sizeof(*neighbour));

	neighbour->ndm_family = AF_BRIDGE;
	neighbour->ndm_ifindex = port;
	neighbour->ndm_flags = NTF_MASTER;
	return change_entry(nl, &request, port, mac, vlan, "delete", err);
}
