/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbours by rtnetlink. */
#include "netconf/nl/neigh.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/array.h"
#include "netconf/nl/neigh_parse.h"
#include "netconf/nl/request.h"

#define NEIGHBOURS_MAX 65536
/* States in which the MAC is known from the neighbour himself. */
#define NUD_KNOWN (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)

int xn_neigh_parse(const struct nlmsghdr *header, size_t bytes,
		   struct xn_neigh *ret_neigh)
{
	const struct nlattr *table[NDA_MAX + 1] = {0};
	struct xn_neigh neigh = {0};
	struct ndmsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (xn_ip_bytes(info.ndm_family) == 0)
		return 0;
	neigh.family = info.ndm_family;
	neigh.ifindex = info.ndm_ifindex;
	neigh.proxy = (info.ndm_flags & NTF_PROXY) != 0;
	neigh.router = (info.ndm_flags & NTF_ROUTER) != 0;
	neigh.learned = !neigh.proxy && !(info.ndm_state & NUD_PERMANENT);
	if (neigh.learned && !(info.ndm_state & NUD_KNOWN))
		return 0;
	/* A proxy entry may be for all links: index 0. */
	if (neigh.ifindex < 0 ||
	    xn_nl_attrs(payload, left, table, NDA_MAX + 1) < 0 ||
	    !table[NDA_DST] ||
	    xn_nl_read_bytes(table[NDA_DST], neigh.address,
			     xn_ip_bytes(neigh.family)) < 0 ||
	    xn_nl_read_u8(table[NDA_PROTOCOL], &neigh.protocol) < 0)
		return -EBADMSG;
	if (!neigh.proxy && (!table[NDA_LLADDR] ||
			     xn_nl_bytes(table[NDA_LLADDR]) != XN_MAC_BYTES))
		return 0; /* not an Ethernet's */
	if (!neigh.proxy && xn_nl_read_mac(table[NDA_LLADDR], &neigh.mac) < 0)
		return -EBADMSG;
	*ret_neigh = neigh;
	return 1;
}

struct neigh_dump {
	struct xn_array set;
	bool want_learned;
	size_t kept; /* came with the dump before this one */
};

static int dump_neigh(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct neigh_dump *dump = arg;
	struct xn_neigh neigh;
	int rc;

	if (header->nlmsg_type != RTM_NEWNEIGH)
		return 0;
	rc = xn_neigh_parse(header, bytes, &neigh);
	if (rc <= 0 || neigh.learned != dump->want_learned)
		return rc < 0 ? rc : 0;
	return xn_array_put(&dump->set, &neigh);
}

static void restart(void *arg)
{
	struct neigh_dump *dump = arg;

	dump->set.count = dump->kept;
}

static int dump_kind(struct xn_nl *nl, bool proxy, struct neigh_dump *neighs,
		     struct xn_err *err)
{
	struct xn_nl_dump dump = {
		.restart = restart, .answer = dump_neigh, .arg = neighs};
	struct xn_nl_request request;
	struct ndmsg *info =
		xn_nl_request_init(&request, RTM_GETNEIGH, 0, sizeof(*info));

	neighs->kept = neighs->set.count;
	if (proxy)
		info->ndm_flags = NTF_PROXY;
	return xn_nl_dump(nl, &request, &dump, err);
}

static int dump_all(struct xn_nl *nl, bool want_learned,
		    struct xn_neigh_table *ret_table, struct xn_err *err)
{
	struct neigh_dump neighs = {
		.set = {.item_bytes = sizeof(struct xn_neigh),
			.count_max = NEIGHBOURS_MAX},
		.want_learned = want_learned,
	};
	int rc = dump_kind(nl, false, &neighs, err);

	if (rc == 0 && !want_learned)
		rc = dump_kind(nl, true, &neighs, err);
	if (rc < 0) {
		xn_err_prefix(err, "list neighbours");
		xn_array_fini(&neighs.set);
		return rc;
	}
	ret_table->neigh = neighs.set.items;
	ret_table->count = neighs.set.count;
	return 0;
}

int xn_neigh_dump(struct xn_nl *nl, struct xn_neigh_table *ret_table,
		  struct xn_err *err)
{
	return dump_all(nl, false, ret_table, err);
}

int xn_neigh_dump_learned(struct xn_nl *nl, struct xn_neigh_table *ret_table,
			  struct xn_err *err)
{
	return dump_all(nl, true, ret_table, err);
}

void xn_neigh_table_fini(struct xn_neigh_table *table)
{
	free(table->neigh);
	table->neigh = NULL;
	table->count = 0;
}

static int change_neigh(struct xn_nl *nl, uint16_t type, uint16_t flags,
			const struct xn_neigh *neigh, const char *words,
			struct xn_err *err)
{
	char text[INET6_ADDRSTRLEN] = "?";
	struct xn_nl_request request;
	struct ndmsg *info =
		xn_nl_request_init(&request, type, flags, sizeof(*info));
	int rc;

	if (xn_ip_bytes(neigh->family) == 0 || neigh->ifindex <= 0)
		return xn_fail(err, EINVAL, "%s neighbour: family %u, link %d",
			       words, neigh->family, neigh->ifindex);
	info->ndm_family = neigh->family;
	info->ndm_ifindex = neigh->ifindex;
	/* One that is not permanent goes when the link loses its carrier for a
	 * moment, one that the host answers for as well. */
	info->ndm_state = neigh->learned ? NUD_STALE : NUD_PERMANENT;
	info->ndm_flags = (uint8_t)((neigh->proxy ? NTF_PROXY : 0) |
				    (neigh->router ? NTF_ROUTER : 0));
	xn_nl_put(&request, NDA_DST, neigh->address,
		  xn_ip_bytes(neigh->family));
	if (!neigh->proxy)
		xn_nl_put(&request, NDA_LLADDR, neigh->mac.octet, XN_MAC_BYTES);
	if (neigh->protocol != 0)
		xn_nl_put_u8(&request, NDA_PROTOCOL, neigh->protocol);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s %s %s on link %d", words,
			      neigh->proxy ? "proxy for" : "neighbour",
			      inet_ntop(neigh->family, neigh->address, text,
					sizeof(text)),
			      neigh->ifindex);
	return rc;
}

int xn_neigh_replace(struct xn_nl *nl, const struct xn_neigh *neigh,
		     struct xn_err *err)
{
	return change_neigh(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
			    neigh, "set", err);
}

int xn_neigh_hint(struct xn_nl *nl, const struct xn_neigh *neigh,
		  struct xn_err *err)
{
	struct xn_neigh hint = *neigh;

	hint.learned = true;
	return change_neigh(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, &hint,
			    "hint at", err);
}

int xn_neigh_delete(struct xn_nl *nl, const struct xn_neigh *neigh,
		    struct xn_err *err)
{
	return change_neigh(nl, RTM_DELNEIGH, 0, neigh, "delete", err);
}

static struct xn_neigh proxy_of(int ifindex, uint8_t family,
				const uint8_t address[XN_IP_BYTES_MAX])
{
	struct xn_neigh neigh = {
		.ifindex = ifindex, .family = family, .proxy = true};

	memcpy(neigh.address, address, xn_ip_bytes(family));
	return neigh;
}

int xn_neigh_add_proxy(struct xn_nl *nl, int ifindex, uint8_t family,
		       const uint8_t address[XN_IP_BYTES_MAX],
		       struct xn_err *err)
{
	const struct xn_neigh neigh = proxy_of(ifindex, family, address);

	return xn_neigh_replace(nl, &neigh, err);
}

int xn_neigh_delete_proxy(struct xn_nl *nl, int ifindex, uint8_t family,
			  const uint8_t address[XN_IP_BYTES_MAX],
			  struct xn_err *err)
{
	const struct xn_neigh neigh = proxy_of(ifindex, family, address);

	return xn_neigh_delete(nl, &neigh, err);
}
