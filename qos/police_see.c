/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's table in three dumps, see police.h. Whoever changes it between
 * two of them is found out when it is looked at again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "netconf/base/text.h"
#include "netconf/nl/request.h"
#include "qos/police.h"
#include "qos/police_rule.h"

#define CHAINS_MAX 65536u
#define ROOM_MIN 16u

void xq_polices_fini(struct xq_polices *polices)
{
	free(polices->item);
	*polices = (struct xq_polices){0};
}

struct xq_police *xq_police_named(const struct xq_polices *polices,
				  const char *name)
{
	for (size_t i = 0; i < polices->count; i++)
		if (!strcmp(polices->item[i].name, name))
			return &polices->item[i];
	return NULL;
}

static int add(struct xq_polices *polices, const struct xq_police *police)
{
	if (polices->count == CHAINS_MAX)
		return -E2BIG;
	if (polices->count == polices->room) {
		size_t room = polices->room ? polices->room * 2 : ROOM_MIN;
		struct xq_police *more =
			reallocarray(polices->item, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		polices->item = more;
		polices->room = room;
	}
	polices->item[polices->count++] = *police;
	return 0;
}

/* The one device that the chain is hooked at. */
static bool is_hooked_at(struct nftnl_chain *chain, const char *name)
{
	const char *device = nftnl_chain_get_str(chain, NFTNL_CHAIN_DEV);
	const char *const *devices =
		nftnl_chain_get(chain, NFTNL_CHAIN_DEVICES);

	if (devices && devices[0] && devices[1])
		return false;
	if (!device && devices)
		device = devices[0];
	return device && !strcmp(device, name);
}

static bool is_as_made(struct nftnl_chain *chain, const char *name)
{
	const char *type = nftnl_chain_get_str(chain, NFTNL_CHAIN_TYPE);

	return nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM) && type &&
	       !strcmp(type, "filter") &&
	       nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM) ==
		       NF_NETDEV_INGRESS &&
	       nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO) ==
		       XQ_POLICE_PRIORITY &&
	       nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY) == NF_ACCEPT &&
	       is_hooked_at(chain, name);
}

static bool is_ours(const char *table, uint32_t family)
{
	return table && !strcmp(table, XQ_POLICE_TABLE) &&
	       family == NFPROTO_NETDEV;
}

static int take_chain(struct xq_polices *polices, struct nftnl_chain *chain)
{
	struct xq_police police = {.count = 0};
	const char *name = nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME);

	if (!is_ours(nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE),
		     nftnl_chain_get_u32(chain, NFTNL_CHAIN_FAMILY)))
		return 0;
	polices->exists = true;
	if (!name || xn_text_copy(police.name, sizeof(police.name), name) < 0) {
		polices->has_others = true;
		return 0;
	}
	police.changed = !is_as_made(chain, police.name);
	return add(polices, &police);
}

static int answer_chain(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int rc;

	(void)bytes;
	if (!chain)
		return -ENOMEM;
	rc = nftnl_chain_nlmsg_parse(header, chain) < 0
		     ? -EBADMSG
		     : take_chain(arg, chain);
	nftnl_chain_free(chain);
	return rc;
}

/* The rules of a chain come one after the other, and the chains in the order
 * in which they came before. */
static struct xq_police *find_next(struct xq_polices *polices, const char *name)
{
	struct xq_police *police = NULL;

	for (size_t i = polices->at;
	     i < polices->count && i < polices->at + 2 && !police; i++)
		if (!strcmp(polices->item[i].name, name))
			police = &polices->item[i];
	if (!police)
		police = xq_police_named(polices, name);
	if (police)
		polices->at = (size_t)(police - polices->item);
	return police;
}

static int take_rule(struct xq_polices *polices, struct nftnl_rule *rule)
{
	const char *name = nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN);
	struct xq_police *police = name ? find_next(polices, name) : NULL;

	if (police && is_ours(nftnl_rule_get_str(rule, NFTNL_RULE_TABLE),
			      nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY)))
		xq_police_read_rule(police, rule);
	return 0;
}

static int answer_rule(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	int rc;

	(void)bytes;
	if (!rule)
		return -ENOMEM;
	rc = nftnl_rule_nlmsg_parse(header, rule) < 0 ? -EBADMSG
						      : take_rule(arg, rule);
	nftnl_rule_free(rule);
	return rc;
}

static int answer_table(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	const struct nlattr *attr[NFTA_TABLE_MAX + 1] = {0};
	struct xq_polices *polices = arg;
	char name[NFT_NAME_MAXLEN] = "";
	struct nfgenmsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload ||
	    xn_nl_attrs(payload, left, attr, NFTA_TABLE_MAX + 1) < 0 ||
	    xn_nl_read_text(attr[NFTA_TABLE_NAME], name, sizeof(name)) < 0)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	polices->exists |= is_ours(name, info.nfgen_family);
	return 0;
}

static void forget_chains(void *arg)
{
	struct xq_polices *polices = arg;

	polices->count = 0;
	polices->has_others = false;
}

static void forget_rules(void *arg)
{
	struct xq_polices *polices = arg;

	polices->at = 0;
	for (size_t i = 0; i < polices->count; i++)
		xq_police_forget_rules(&polices->item[i]);
}

static void forget_table(void *arg)
{
	((struct xq_polices *)arg)->exists = false;
}

static int dump(struct xn_nl *netfilter, uint16_t message,
		const struct xn_nl_dump *how, struct xn_err *err)
{
	struct xn_nl_request request;

	xn_nl_request_netfilter(&request, NFNL_SUBSYS_NFTABLES, message,
				NFPROTO_NETDEV);
	if (message == NFT_MSG_GETRULE)
		xn_nl_put_text(&request, NFTA_RULE_TABLE, XQ_POLICE_TABLE);
	return xn_nl_dump(netfilter, &request, how, err);
}

static int see(struct xn_nl *netfilter, struct xq_polices *polices,
	       struct xn_err *err)
{
	const struct xn_nl_dump tables = {forget_table, answer_table, polices};
	const struct xn_nl_dump chains = {forget_chains, answer_chain, polices};
	const struct xn_nl_dump rules = {forget_rules, answer_rule, polices};
	int rc = dump(netfilter, NFT_MSG_GETTABLE, &tables, err);

	if (rc == 0 && polices->exists)
		rc = dump(netfilter, NFT_MSG_GETCHAIN, &chains, err);
	if (rc == 0 && polices->count)
		rc = dump(netfilter, NFT_MSG_GETRULE, &rules, err);
	return rc;
}

int xq_police_see(struct xn_nl *netfilter, struct xq_polices *ret_polices,
		  struct xn_err *err)
{
	struct xq_polices polices = {0};
	struct xn_err why = {0};
	int rc = see(netfilter, &polices, &why);

	if (rc < 0) {
		xq_polices_fini(&polices);
		/* Who may not look, and a kernel that has no such tables. */
		if (rc == -EPERM || rc == -EOPNOTSUPP || rc == -EINVAL)
			rc = 0;
	}
	if (rc < 0)
		return xn_fail(err, -rc, "read table netdev %s: %s",
			       XQ_POLICE_TABLE, xn_err_text(&why));
	*ret_polices = polices;
	return 0;
}
