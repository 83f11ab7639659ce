/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 and IPv6 addresses of links. In the kernel's messages an IPv4 address
 * is IFA_LOCAL and IFA_ADDRESS its peer, if any; an IPv6 address is
 * IFA_ADDRESS unless there is a peer. */
#include "netconf/nl/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/addr_parse.h"
#include "netconf/nl/array.h"
#include "netconf/nl/request.h"

#define ADDRESSES_MAX 65536
#define ADDR_TEXT_MAX INET6_ADDRSTRLEN

size_t xn_ip_bytes(uint8_t family)
{
	if (family == AF_INET)
		return sizeof(struct in_addr);
	if (family == AF_INET6)
		return sizeof(struct in6_addr);
	return 0;
}

static int parse_addresses(const struct nlattr **table, struct xn_addr *addr)
{
	const struct nlattr *local = table[IFA_LOCAL];
	size_t bytes = xn_ip_bytes(addr->family);

	if (!local)
		local = table[IFA_ADDRESS];
	if (!local)
		return -EBADMSG;
	if (xn_nl_read_bytes(local, addr->address, bytes) < 0 ||
	    xn_nl_read_bytes(table[IFA_ADDRESS], addr->peer, bytes) < 0 ||
	    xn_nl_read_bytes(table[IFA_BROADCAST], addr->broadcast, bytes) < 0)
		return -EBADMSG;
	addr->has_broadcast = table[IFA_BROADCAST];
	addr->has_peer = table[IFA_ADDRESS] &&
			 memcmp(addr->peer, addr->address, bytes) != 0;
	if (!addr->has_peer)
		memset(addr->peer, 0, sizeof(addr->peer));
	return 0;
}

int xn_addr_parse(const struct nlmsghdr *header, size_t bytes,
		  struct xn_addr *ret_addr)
{
	const struct nlattr *table[IFA_MAX + 1] = {0};
	struct ifa_cacheinfo lifetime = {.ifa_valid = UINT32_MAX,
					 .ifa_prefered = UINT32_MAX};
	struct xn_addr addr = {0};
	struct ifaddrmsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (xn_ip_bytes(info.ifa_family) == 0)
		return 0;
	if (info.ifa_index == 0 || info.ifa_index > INT32_MAX ||
	    info.ifa_prefixlen > 8 * xn_ip_bytes(info.ifa_family))
		return -EBADMSG;
	addr.ifindex = (int)info.ifa_index;
	addr.family = info.ifa_family;
	addr.prefix_length = info.ifa_prefixlen;
	addr.scope = info.ifa_scope;
	addr.flags = info.ifa_flags;
	if (xn_nl_attrs(payload, left, table, IFA_MAX + 1) < 0 ||
	    parse_addresses(table, &addr) < 0 ||
	    xn_nl_read_u32(table[IFA_FLAGS], &addr.flags) < 0 ||
	    xn_nl_read_u32(table[IFA_RT_PRIORITY], &addr.metric) < 0 ||
	    xn_nl_read_u8(table[IFA_PROTO], &addr.protocol) < 0 ||
	    xn_nl_read_text(table[IFA_LABEL], addr.label, sizeof(addr.label)) <
		    0 ||
	    xn_nl_read_bytes(table[IFA_CACHEINFO], &lifetime,
			     sizeof(lifetime)) < 0)
		return -EBADMSG;
	addr.valid_s = lifetime.ifa_valid;
	addr.preferred_s = lifetime.ifa_prefered;
	*ret_addr = addr;
	return 1;
}

static int dump_addr(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_addr addr;
	int rc;

	if (header->nlmsg_type != RTM_NEWADDR)
		return 0;
	rc = xn_addr_parse(header, bytes, &addr);
	if (rc <= 0)
		return rc;
	return xn_array_put(arg, &addr);
}

int xn_addr_dump(struct xn_nl *nl, int ifindex, struct xn_addr_table *ret_table,
		 struct xn_err *err)
{
	struct xn_array addrs = {.item_bytes = sizeof(struct xn_addr),
				 .count_max = ADDRESSES_MAX};
	struct xn_nl_request request;
	struct ifaddrmsg *info =
		xn_nl_request_init(&request, RTM_GETADDR, 0, sizeof(*info));
	int rc;

	info->ifa_index = (uint32_t)ifindex;
	rc = xn_nl_dump_array(nl, &request, dump_addr, &addrs, err);
	if (rc < 0) {
		xn_err_prefix(err, "list addresses");
		return rc;
	}
	ret_table->addr = addrs.items;
	ret_table->count = addrs.count;
	return 0;
}

void xn_addr_table_fini(struct xn_addr_table *table)
{
	free(table->addr);
	table->addr = NULL;
	table->count = 0;
}

static void put_addr(struct xn_nl_request *request, const struct xn_addr *addr)
{
	size_t bytes = xn_ip_bytes(addr->family);

	xn_nl_put(request, IFA_LOCAL, addr->address, bytes);
	xn_nl_put(request, IFA_ADDRESS,
		  addr->has_peer ? addr->peer : addr->address, bytes);
}

static void put_addr_details(struct xn_nl_request *request,
			     const struct xn_addr *addr)
{
	struct ifa_cacheinfo lifetime = {.ifa_valid = addr->valid_s,
					 .ifa_prefered = addr->preferred_s};

	xn_nl_put_u32(request, IFA_FLAGS, addr->flags);
	if (addr->has_broadcast)
		xn_nl_put(request, IFA_BROADCAST, addr->broadcast,
			  xn_ip_bytes(addr->family));
	if (addr->label[0] != '\0')
		xn_nl_put_text(request, IFA_LABEL, addr->label);
	if (addr->metric != 0)
		xn_nl_put_u32(request, IFA_RT_PRIORITY, addr->metric);
	if (addr->protocol != 0)
		xn_nl_put_u8(request, IFA_PROTO, addr->protocol);
	if (addr->valid_s != 0)
		xn_nl_put(request, IFA_CACHEINFO, &lifetime, sizeof(lifetime));
}

static int change_addr(struct xn_nl *nl, uint16_t type, uint16_t flags,
		       const struct xn_addr *addr, const char *words,
		       struct xn_err *err)
{
	char text[ADDR_TEXT_MAX] = "?";
	struct xn_nl_request request;
	struct ifaddrmsg *info =
		xn_nl_request_init(&request, type, flags, sizeof(*info));
	int rc;

	if (xn_ip_bytes(addr->family) == 0 || addr->ifindex <= 0)
		return xn_fail(err, EINVAL, "%s address: family %u, link %d",
			       words, addr->family, addr->ifindex);
	info->ifa_family = addr->family;
	info->ifa_prefixlen = addr->prefix_length;
	info->ifa_scope = addr->scope;
	info->ifa_index = (uint32_t)addr->ifindex;
	put_addr(&request, addr);
	if (type == RTM_NEWADDR)
		put_addr_details(&request, addr);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s address %s/%u of link %d", words,
			      inet_ntop(addr->family, addr->address, text,
					sizeof(text)),
			      addr->prefix_length, addr->ifindex);
	return rc;
}

int xn_addr_add(struct xn_nl *nl, const struct xn_addr *addr,
		struct xn_err *err)
{
	return change_addr(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, addr,
			   "add", err);
}

int xn_addr_replace(struct xn_nl *nl, const struct xn_addr *addr,
		    struct xn_err *err)
{
	return change_addr(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, addr,
			   "set", err);
}

int xn_addr_delete(struct xn_nl *nl, const struct xn_addr *addr,
		   struct xn_err *err)
{
	return change_addr(nl, RTM_DELADDR, 0, addr, "delete", err);
}
