/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source at a time, see hooks_read.h. */
#include "netconf/daemon/hooks_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter.h>

#include "netconf/nl/link.h"
#include "netconf/nl/packet.h"

void xn_hooks_known_fini(struct xn_hooks_known *known)
{
	xn_nft_hooks_fini(&known->nft);
	xn_ifindexes_fini(&known->tc);
	xn_ifindexes_fini(&known->lowers);
	xn_ifindexes_fini(&known->xdp);
	xn_ifindexes_fini(&known->packets);
}

/* The kernel says that it has no such thing. */
static bool lacking(int rc)
{
	return rc == -EOPNOTSUPP || rc == -EPROTONOSUPPORT ||
	       rc == -EAFNOSUPPORT;
}

/* br_netfilter shows a bridged frame to those before, at and behind the
 * routing, not to those on the way to or from the host's own sockets. */
static bool on_bridged_way(uint32_t number)
{
	return number == NF_INET_PRE_ROUTING || number == NF_INET_FORWARD ||
	       number == NF_INET_POST_ROUTING;
}

/* What holds for the namespace is noted, what holds for a device is kept. */
static void note_nft(struct xn_hooks_known *known, struct xn_nft_hooks *hooks)
{
	size_t kept = 0;

	known->nft_bridge = known->nft_ip = known->nft_ip6 = false;
	for (size_t i = 0; i < hooks->count; i++) {
		const struct xn_nft_hook *hook = &hooks->hook[i];
		bool ip = hook->family == NFPROTO_IPV4 ||
			  hook->family == NFPROTO_INET;
		bool ip6 = hook->family == NFPROTO_IPV6 ||
			   hook->family == NFPROTO_INET;

		if (hook->device[0] != '\0' || hook->prefix) {
			hooks->hook[kept++] = *hook;
			continue;
		}
		known->nft_bridge |= hook->family == NFPROTO_BRIDGE;
		known->nft_ip |= ip && on_bridged_way(hook->number);
		known->nft_ip6 |= ip6 && on_bridged_way(hook->number);
	}
	hooks->count = kept;
	xn_nft_hooks_fini(&known->nft);
	known->nft = *hooks;
}

int xn_hooks_read_nft(struct xn_hooks_known *known, struct xn_nl *netfilter,
		      struct xn_err *err)
{
	struct xn_nft_hooks hooks = {0};
	int rc = netfilter ? xn_nft_hooks_dump(netfilter, &hooks, err) : 0;

	known->absent[XN_HOOKS_NFT] = !netfilter || lacking(rc);
	known->unreadable[XN_HOOKS_NFT] = rc < 0 && !lacking(rc);
	if (known->unreadable[XN_HOOKS_NFT])
		return rc;
	note_nft(known, &hooks);
	return 1;
}

int xn_hooks_read_tc(struct xn_hooks_known *known, struct xn_nl *nl,
		     struct xn_err *err)
{
	struct xn_ifindexes links = {0};
	int rc = xn_qdisc_dump(nl, &links, err);

	known->absent[XN_HOOKS_TC] = lacking(rc);
	known->unreadable[XN_HOOKS_TC] = rc < 0 && !lacking(rc);
	if (known->unreadable[XN_HOOKS_TC])
		return rc;
	xn_ifindexes_fini(&known->tc);
	known->tc = links;
	return 1;
}

/* Takes the new list for the old one: true when they differ. */
static bool replace(struct xn_ifindexes *old, struct xn_ifindexes *take_new)
{
	bool differ = !xn_ifindexes_equal(old, take_new);

	xn_ifindexes_fini(old);
	*old = *take_new;
	return differ;
}

/* Room for a link for each in the table. */
static bool alloc_list(const struct xn_link_table *table,
		       struct xn_ifindexes *ret_list)
{
	ret_list->ifindex = calloc(table->count + 1, sizeof(int));
	ret_list->count = 0;
	return ret_list->ifindex != NULL;
}

static int list_links(const struct xn_link_table *table,
		      struct xn_ifindexes *ret_lowers,
		      struct xn_ifindexes *ret_xdp)
{
	if (!alloc_list(table, ret_lowers))
		return -ENOMEM;
	if (!alloc_list(table, ret_xdp)) {
		xn_ifindexes_fini(ret_lowers);
		return -ENOMEM;
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct xn_link *link = &table->link[i];

		if (link->lower)
			ret_lowers->ifindex[ret_lowers->count++] = link->lower;
		if (link->xdp)
			ret_xdp->ifindex[ret_xdp->count++] = link->ifindex;
	}
	return 0;
}

int xn_hooks_read_links(struct xn_hooks_known *known, struct xn_nl *nl,
			struct xn_err *err)
{
	bool changed = known->unreadable[XN_HOOKS_LINKS];
	struct xn_ifindexes lowers, xdp;
	struct xn_link_table table = {0};
	int rc = xn_link_dump(nl, &table, err);

	if (rc == 0 && list_links(&table, &lowers, &xdp) < 0)
		rc = xn_fail(err, ENOMEM, "list links: out of memory");
	xn_link_table_fini(&table);
	known->unreadable[XN_HOOKS_LINKS] = rc < 0;
	if (rc < 0)
		return rc;
	changed |= replace(&known->lowers, &lowers);
	changed |= replace(&known->xdp, &xdp);
	return changed;
}

int xn_hooks_read_netfilter(struct xn_hooks_known *known, struct xn_err *err)
{
	struct xn_hooks_known now = {0};
	bool was_unreadable = known->unreadable[XN_HOOKS_NETFILTER];
	int rc = xn_bridge_nf_read(&now.bridge_nf, err);
	bool same;

	if (rc == 0)
		rc = xn_xtables_read(&now.xtables, err);
	if (rc == 0)
		rc = xn_ebtables_in_use(&now.ebtables, err);
	known->unreadable[XN_HOOKS_NETFILTER] = rc < 0;
	if (rc < 0)
		return rc;
	same = !was_unreadable && known->ebtables == now.ebtables &&
	       !memcmp(&known->bridge_nf, &now.bridge_nf,
		       sizeof(now.bridge_nf)) &&
	       !memcmp(&known->xtables, &now.xtables, sizeof(now.xtables));
	known->bridge_nf = now.bridge_nf;
	known->xtables = now.xtables;
	known->ebtables = now.ebtables;
	return !same;
}

int xn_hooks_read_packets(struct xn_hooks_known *known, struct xn_err *err)
{
	bool was_unreadable = known->unreadable[XN_HOOKS_PACKET];
	struct xn_ifindexes packets = {0};
	int rc = xn_packet_read(&packets, err);

	known->unreadable[XN_HOOKS_PACKET] = rc < 0;
	if (rc < 0)
		return rc;
	return replace(&known->packets, &packets) || was_unreadable;
}

bool xn_hooks_bridge_nf(const struct xn_hooks_known *known)
{
	const struct xn_bridge_nf *nf = &known->bridge_nf;

	return (nf->call_iptables && (known->nft_ip || known->xtables.ip)) ||
	       (nf->call_ip6tables && (known->nft_ip6 || known->xtables.ip6)) ||
	       (nf->call_arptables && known->xtables.arp);
}
