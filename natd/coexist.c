/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Others' rules, see coexist.h. */
#include "natd/coexist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <libnftnl/chain.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "natd/table.h"
#include "netconf/nl/link.h"
#include "netconf/nl/netfilter.h"
#include "netconf/nl/request.h"

static const char *family_word(uint32_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	default:
		return "";
	}
}

static void add(struct xnat_others *others, const char *text)
{
	if (others->count < XNAT_OTHERS_MAX)
		(void)snprintf(others->text[others->count++],
			       XNAT_OTHERS_TEXT_MAX, "%s", text);
}

static void look_at(struct xnat_others *others, struct nftnl_chain *chain)
{
	uint32_t family = nftnl_chain_get_u32(chain, NFTNL_CHAIN_FAMILY);
	const char *table = nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE);
	const char *name = nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME);
	char text[XNAT_OTHERS_TEXT_MAX];

	if (!table || !name || !family_word(family)[0] ||
	    !nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM) ||
	    nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM) !=
		    NF_INET_FORWARD ||
	    nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY) != NF_DROP)
		return;
	(void)snprintf(text, sizeof(text),
		       "chain %.40s of table %s %.40s drops what is forwarded "
		       "unless a rule of it accepts: guests need one there%s",
		       name, family_word(family), table,
		       !strcmp(name, "FORWARD") ? " (Docker: in DOCKER-USER)"
						: "");
	add(others, text);
}

static int answer_chain(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	int rc = 0;

	(void)bytes;
	if (!chain)
		return -ENOMEM;
	if (nftnl_chain_nlmsg_parse(header, chain) < 0)
		rc = -EBADMSG;
	else
		look_at(arg, chain);
	nftnl_chain_free(chain);
	return rc;
}

static void restart(void *arg)
{
	struct xnat_others *others = arg;

	others->count = 0;
}

static int look_at_chains(struct xn_nl *netfilter, struct xnat_others *others,
			  struct xn_err *err)
{
	const struct xn_nl_dump how = {
		.restart = restart, .answer = answer_chain, .arg = others};
	struct xn_nl_request request;

	xn_nl_request_netfilter(&request, NFNL_SUBSYS_NFTABLES,
				NFT_MSG_GETCHAIN, NFPROTO_UNSPEC);
	return xn_nl_dump(netfilter, &request, &how, err);
}

/* With the sysctl, a frame that a guest sends to its neighbour by the host's
 * address is looked at as bridged, too. */
static int look_at_bridges(const struct xn_planeconf *conf,
			   struct xnat_others *others, struct xn_err *err)
{
	char text[XNAT_OTHERS_TEXT_MAX];
	struct xn_bridge_nf nf;
	int rc = xn_bridge_nf_read(&nf, err);

	if (rc < 0 || (!nf.call_iptables && !nf.call_ip6tables))
		return rc;
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (bridge->mode != XN_CONF_NAT ||
		    (!bridge->nat.forward_count && !bridge->nat.pair_count))
			continue;
		(void)snprintf(
			text, sizeof(text),
			"net.bridge.bridge-nf-call-iptables is on for all "
			"bridges, whatever %s says of itself: guests there do "
			"not reach each other by the host's address, and take "
			"the kernel's path",
			bridge->name);
		add(others, text);
		return 0;
	}
	return 0;
}

int xnat_coexist(struct xn_nl *netfilter, const struct xn_planeconf *conf,
		 struct xnat_others *ret_others, struct xn_err *err)
{
	int rc = look_at_chains(netfilter, ret_others, err);

	return rc < 0 ? rc : look_at_bridges(conf, ret_others, err);
}
