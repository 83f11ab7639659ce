/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nftables' hooks: two dumps, of chains and of flow tables. Pure but for
 * them; the kernel's words are judged like anybody's. */
#include "netconf/nl/nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "netconf/nl/array.h"
#include "netconf/nl/nft_parse.h"
#include "netconf/nl/request.h"

#define HOOKS_MAX 65536

/* Of linux/netfilter/nf_tables.h from Linux 6.18 on. */
#define DEVICE_PREFIX (NFTA_DEVICE_NAME + 1)

#define CHAIN_ATTRS (NFTA_CHAIN_MAX + 1)
#define HOOK_ATTRS (NFTA_HOOK_MAX + 1)

/* Both kinds of hook say the same with the same numbers, but for where the
 * devices are. */
_Static_assert(NFTA_HOOK_HOOKNUM == (int)NFTA_FLOWTABLE_HOOK_NUM,
	       "one number for both");
_Static_assert(NFTA_FLOWTABLE_HOOK_MAX <= NFTA_HOOK_MAX, "fits the table");

/* Without a terminating zero it is the beginning of names (Linux 6.16 and
 * 6.17; later ones have an attribute for it). */
static int read_device(const struct nlattr *attr, struct xn_nft_hook *hook)
{
	size_t bytes = xn_nl_bytes(attr);
	const char *text = xn_nl_data(attr);

	hook->prefix = xn_nl_type(attr) == DEVICE_PREFIX ||
		       (bytes > 0 && text[bytes - 1] != '\0');
	return xn_nl_read_text(attr, hook->device, sizeof(hook->device));
}

static int add_devices(const struct nlattr *devices, struct xn_nft_hook *hook,
		       struct xn_array *hooks)
{
	const void *at = xn_nl_data(devices);
	size_t left = xn_nl_bytes(devices);
	const struct nlattr *attr;
	int rc;

	while ((rc = xn_nl_attr_next(&at, &left, &attr)) > 0) {
		if (xn_nl_type(attr) != NFTA_DEVICE_NAME &&
		    xn_nl_type(attr) != DEVICE_PREFIX)
			continue;
		rc = read_device(attr, hook);
		if (rc == 0)
			rc = xn_array_put(hooks, hook);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static void read_name(const struct nlattr *attr, char name[XN_NFT_NAME_MAX])
{
	size_t bytes = attr ? xn_nl_bytes(attr) : 0;

	if (bytes > XN_NFT_NAME_MAX - 1)
		bytes = XN_NFT_NAME_MAX - 1;
	if (attr)
		memcpy(name, xn_nl_data(attr), bytes);
	name[bytes] = '\0';
}

/* What is not said is not known to drop. */
static int read_chain(const struct nlattr *const *chain,
		      struct xn_nft_hook *hook)
{
	uint32_t policy;

	read_name(chain[NFTA_CHAIN_TABLE], hook->table);
	read_name(chain[NFTA_CHAIN_NAME], hook->chain);
	if (!chain[NFTA_CHAIN_POLICY])
		return 0;
	if (xn_nl_read_u32(chain[NFTA_CHAIN_POLICY], &policy) < 0)
		return -EBADMSG;
	hook->drops = ntohl(policy) == NF_DROP;
	return 0;
}

static int read_hook(const struct nlattr *nest, const struct xn_nft_hook *of,
		     uint16_t devices_attr, struct xn_array *hooks)
{
	const struct nlattr *table[HOOK_ATTRS] = {0};
	struct xn_nft_hook hook = *of;

	if (xn_nl_nested(nest, table, HOOK_ATTRS) < 0 ||
	    xn_nl_read_u32(table[NFTA_HOOK_HOOKNUM], &hook.number) < 0)
		return -EBADMSG;
	hook.number = ntohl(hook.number);
	if (table[devices_attr])
		return add_devices(table[devices_attr], &hook, hooks);
	if (devices_attr == NFTA_HOOK_DEVS && table[NFTA_HOOK_DEV] &&
	    read_device(table[NFTA_HOOK_DEV], &hook) < 0)
		return -EBADMSG;
	return xn_array_put(hooks, &hook);
}

int xn_nft_parse(const struct nlmsghdr *header, size_t bytes,
		 struct xn_array *hooks)
{
	const struct nlattr *table[CHAIN_ATTRS] = {0};
	struct xn_nft_hook hook = {0};
	struct nfgenmsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (xn_nl_attrs(payload, left, table, CHAIN_ATTRS) < 0)
		return -EBADMSG;
	switch (NFNL_MSG_TYPE(header->nlmsg_type)) {
	case NFT_MSG_NEWCHAIN:
		if (!table[NFTA_CHAIN_HOOK])
			return 0;
		hook.family = info.nfgen_family;
		if (read_chain(table, &hook) < 0)
			return -EBADMSG;
		return read_hook(table[NFTA_CHAIN_HOOK], &hook, NFTA_HOOK_DEVS,
				 hooks);
	case NFT_MSG_NEWFLOWTABLE:
		/* Without a device it is hooked nowhere. */
		if (!table[NFTA_FLOWTABLE_HOOK])
			return 0;
		hook.family = NFPROTO_NETDEV;
		return read_hook(table[NFTA_FLOWTABLE_HOOK], &hook,
				 NFTA_FLOWTABLE_HOOK_DEVS, hooks);
	default:
		return 0;
	}
}

static int answer_hook(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	return xn_nft_parse(header, bytes, arg);
}

static void keep(void *arg)
{
	(void)arg;
}

static int dump(struct xn_nl *nl, uint16_t message, struct xn_nl_dump *dump,
		struct xn_err *err)
{
	struct xn_nl_request request;

	xn_nl_request_netfilter(&request, NFNL_SUBSYS_NFTABLES, message,
				NFPROTO_UNSPEC);
	return xn_nl_dump(nl, &request, dump, err);
}

int xn_nft_hooks_dump(struct xn_nl *netfilter, struct xn_nft_hooks *ret_hooks,
		      struct xn_err *err)
{
	struct xn_array hooks = {.item_bytes = sizeof(struct xn_nft_hook),
				 .count_max = HOOKS_MAX};
	struct xn_nl_dump chains = {.restart = xn_array_restart,
				    .answer = answer_hook,
				    .arg = &hooks};
	/* A second try may report a hook twice: no harm. */
	struct xn_nl_dump flow_tables = {
		.restart = keep, .answer = answer_hook, .arg = &hooks};
	int rc = dump(netfilter, NFT_MSG_GETCHAIN, &chains, err);

	if (rc == 0) {
		rc = dump(netfilter, NFT_MSG_GETFLOWTABLE, &flow_tables, err);
		/* Linux 4.15 and before: no flow tables. */
		if (rc == -EINVAL || rc == -EOPNOTSUPP)
			rc = 0;
	}
	if (rc < 0) {
		xn_array_fini(&hooks);
		xn_err_prefix(err, "list nftables' hooks");
		/* This is what netfilter says for a part that it lacks. */
		return rc == -EINVAL ? -EOPNOTSUPP : rc;
	}
	ret_hooks->hook = hooks.items;
	ret_hooks->count = hooks.count;
	return 0;
}

void xn_nft_hooks_fini(struct xn_nft_hooks *hooks)
{
	free(hooks->hook);
	hooks->hook = NULL;
	hooks->count = 0;
}

bool xn_nft_hook_is_on(const struct xn_nft_hook *hook, const char *link_name)
{
	if (hook->prefix)
		return strncmp(hook->device, link_name, strlen(hook->device)) ==
		       0;
	return hook->device[0] != '\0' && strcmp(hook->device, link_name) == 0;
}
