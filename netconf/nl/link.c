/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces by rtnetlink: one request per change, each with the
 * words for what was tried. */
#include "netconf/nl/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/nl/array.h"
#include "netconf/nl/link_parse.h"
#include "netconf/nl/request.h"

#define LINKS_MAX 65536

bool xn_link_name_valid(const char *name)
{
	size_t length = strnlen(name, IFNAMSIZ);

	if (length == 0 || length >= IFNAMSIZ)
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (; *name != '\0'; name++) {
		if (*name <= ' ' || *name == 0x7f || strchr("/:%", *name))
			return false;
	}
	return true;
}

static int answer_link(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	return xn_link_parse(header, bytes, arg);
}

static int get_link(struct xn_nl *nl, struct xn_nl_request *request,
		    struct xn_link *ret_link, struct xn_err *err)
{
	struct xn_link link = {0};
	int rc = xn_nl_get(nl, request, answer_link, &link, err);

	if (rc < 0)
		return rc;
	if (link.ifindex == 0)
		return xn_fail(err, EBADMSG, "no link in the answer");
	*ret_link = link;
	return 0;
}

int xn_link_get(struct xn_nl *nl, const char *name, struct xn_link *ret_link,
		struct xn_err *err)
{
	struct xn_nl_request request;
	int rc;

	if (!xn_link_name_valid(name))
		return xn_fail(err, EINVAL, "\"%s\" is not a valid link name",
			       name);
	xn_nl_request_init(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	xn_nl_put_text(&request, IFLA_IFNAME, name);
	rc = get_link(nl, &request, ret_link, err);
	if (rc < 0)
		xn_err_prefix(err, "link %s", name);
	return rc;
}

int xn_link_get_index(struct xn_nl *nl, int ifindex, struct xn_link *ret_link,
		      struct xn_err *err)
{
	struct xn_nl_request request;
	struct ifinfomsg *info =
		xn_nl_request_init(&request, RTM_GETLINK, 0, sizeof(*info));
	int rc;

	info->ifi_index = ifindex;
	rc = get_link(nl, &request, ret_link, err);
	if (rc < 0)
		xn_err_prefix(err, "link %d", ifindex);
	return rc;
}

static int dump_link(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_link *link;

	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	link = xn_array_add(arg);
	if (!link)
		return -ENOMEM;
	return xn_link_parse(header, bytes, link);
}

int xn_link_dump(struct xn_nl *nl, struct xn_link_table *ret_table,
		 struct xn_err *err)
{
	struct xn_array links = {.item_bytes = sizeof(struct xn_link),
				 .count_max = LINKS_MAX};
	struct xn_nl_request request;
	int rc;

	xn_nl_request_init(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	rc = xn_nl_dump_array(nl, &request, dump_link, &links, err);
	if (rc < 0) {
		xn_err_prefix(err, "list links");
		return rc;
	}
	ret_table->link = links.items;
	ret_table->count = links.count;
	return 0;
}

void xn_link_table_fini(struct xn_link_table *table)
{
	free(table->link);
	table->link = NULL;
	table->count = 0;
}

int xn_link_create_veth(struct xn_nl *nl, const char *name,
			const char *peer_name, int peer_netns_fd,
			struct xn_err *err)
{
	struct xn_nl_request request;
	struct nlattr *info;
	struct nlattr *data;
	struct nlattr *peer;
	int rc;

	if (!xn_link_name_valid(name) || !xn_link_name_valid(peer_name))
		return xn_fail(err, EINVAL,
			       "create veth pair: \"%s\" or \"%s\" is not a "
			       "valid name",
			       name, peer_name);
	xn_nl_request_init(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
			   sizeof(struct ifinfomsg));
	xn_nl_put_text(&request, IFLA_IFNAME, name);
	info = xn_nl_nest(&request, IFLA_LINKINFO);
	xn_nl_put_text(&request, IFLA_INFO_KIND, "veth");
	data = xn_nl_nest(&request, IFLA_INFO_DATA);
	peer = xn_nl_nest(&request, VETH_INFO_PEER);
	xn_nl_put_header(&request, sizeof(struct ifinfomsg));
	xn_nl_put_text(&request, IFLA_IFNAME, peer_name);
	if (peer_netns_fd >= 0)
		xn_nl_put_u32(&request, IFLA_NET_NS_FD,
			      (uint32_t)peer_netns_fd);
	xn_nl_nest_end(&request, peer);
	xn_nl_nest_end(&request, data);
	xn_nl_nest_end(&request, info);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "create veth pair %s and %s", name,
			      peer_name);
	return rc;
}

static void put_birth(struct xn_nl_request *request,
		      const struct xn_veth_birth *end)
{
	xn_nl_put_text(request, IFLA_IFNAME, end->name);
	xn_nl_put(request, IFLA_ADDRESS, end->mac.octet, XN_MAC_BYTES);
	xn_nl_put_u32(request, IFLA_MTU, end->mtu);
}

int xn_link_create_pair(struct xn_nl *nl, const struct xn_veth_birth end[2],
			struct xn_err *err)
{
	struct xn_nl_request request;
	struct ifinfomsg *header;
	struct nlattr *info;
	struct nlattr *data;
	struct nlattr *peer;
	int rc;

	if (!xn_link_name_valid(end[0].name) ||
	    !xn_link_name_valid(end[1].name))
		return xn_fail(err, EINVAL,
			       "create veth pair: \"%s\" or \"%s\" is not a "
			       "valid name",
			       end[0].name, end[1].name);
	header = xn_nl_request_init(&request, RTM_NEWLINK,
				    NLM_F_CREATE | NLM_F_EXCL, sizeof(*header));
	header->ifi_index = end[0].ifindex;
	put_birth(&request, &end[0]);
	info = xn_nl_nest(&request, IFLA_LINKINFO);
	xn_nl_put_text(&request, IFLA_INFO_KIND, "veth");
	data = xn_nl_nest(&request, IFLA_INFO_DATA);
	peer = xn_nl_nest(&request, VETH_INFO_PEER);
	header = xn_nl_put_header(&request, sizeof(*header));
	if (header)
		header->ifi_index = end[1].ifindex;
	put_birth(&request, &end[1]);
	xn_nl_nest_end(&request, peer);
	xn_nl_nest_end(&request, data);
	xn_nl_nest_end(&request, info);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "create veth pair %s and %s", end[0].name,
			      end[1].name);
	return rc;
}

int xn_link_create(struct xn_nl *nl, const char *name, int ifindex,
		   const char *kind, struct xn_err *err)
{
	struct xn_nl_request request;
	struct ifinfomsg *header;
	struct nlattr *info;
	int rc;

	if (!xn_link_name_valid(name))
		return xn_fail(err, EINVAL,
			       "create %s: \"%s\" is not a valid name", kind,
			       name);
	header = xn_nl_request_init(&request, RTM_NEWLINK,
				    NLM_F_CREATE | NLM_F_EXCL, sizeof(*header));
	header->ifi_index = ifindex;
	xn_nl_put_text(&request, IFLA_IFNAME, name);
	info = xn_nl_nest(&request, IFLA_LINKINFO);
	xn_nl_put_text(&request, IFLA_INFO_KIND, kind);
	xn_nl_nest_end(&request, info);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "create %s %s", kind, name);
	return rc;
}

static void init_change(struct xn_nl_request *request, uint16_t type,
			int ifindex)
{
	struct ifinfomsg *info =
		xn_nl_request_init(request, type, 0, sizeof(*info));

	info->ifi_index = ifindex;
}

/* Index 0 would make the kernel look for other ways to find a link. */
static int call_change(struct xn_nl *nl, struct xn_nl_request *request,
		       int ifindex, const char *words, struct xn_err *err)
{
	int rc;

	if (ifindex <= 0)
		return xn_fail(err, ENODEV, "%s of link %d: no such link",
			       words, ifindex);
	rc = xn_nl_call(nl, request, err);
	if (rc < 0)
		xn_err_prefix(err, "%s of link %d", words, ifindex);
	return rc;
}

int xn_link_delete(struct xn_nl *nl, int ifindex, struct xn_err *err)
{
	struct xn_nl_request request;

	init_change(&request, RTM_DELLINK, ifindex);
	return call_change(nl, &request, ifindex, "deletion", err);
}

int xn_link_rename(struct xn_nl *nl, int ifindex, const char *name,
		   struct xn_err *err)
{
	struct xn_nl_request request;

	if (!xn_link_name_valid(name))
		return xn_fail(err, EINVAL, "\"%s\" is not a valid link name",
			       name);
	init_change(&request, RTM_NEWLINK, ifindex);
	xn_nl_put_text(&request, IFLA_IFNAME, name);
	return call_change(nl, &request, ifindex, "new name", err);
}

/* The kernel removes an alias whose text is empty. */
int xn_link_set_alias(struct xn_nl *nl, int ifindex, const char *alias,
		      struct xn_err *err)
{
	struct xn_nl_request request;

	init_change(&request, RTM_NEWLINK, ifindex);
	xn_nl_put(&request, IFLA_IFALIAS, alias, strlen(alias));
	return call_change(nl, &request, ifindex, "alias", err);
}

int xn_link_set_flags(struct xn_nl *nl, int ifindex, uint32_t mask,
		      uint32_t flags, struct xn_err *err)
{
	struct xn_nl_request request;
	struct ifinfomsg *info =
		xn_nl_request_init(&request, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = ifindex;
	info->ifi_change = mask;
	info->ifi_flags = flags & mask;
	return call_change(nl, &request, ifindex, "flags", err);
}

int xn_link_set_up(struct xn_nl *nl, int ifindex, bool up, struct xn_err *err)
{
	return xn_link_set_flags(nl, ifindex, IFF_UP, up ? IFF_UP : 0, err);
}

static int set_u32(struct xn_nl *nl, int ifindex, uint16_t attr, uint32_t value,
		   const char *words, struct xn_err *err)
{
	struct xn_nl_request request;

	init_change(&request, RTM_NEWLINK, ifindex);
	xn_nl_put_u32(&request, attr, value);
	return call_change(nl, &request, ifindex, words, err);
}

int xn_link_set_mtu(struct xn_nl *nl, int ifindex, uint32_t mtu,
		    struct xn_err *err)
{
	return set_u32(nl, ifindex, IFLA_MTU, mtu, "MTU", err);
}

/* An attribute that it does not know a kernel passes over, and says OK. One
 * that has a limit for IPv4 of its own (6.3) sets both with this one. */
int xn_link_set_gso_max(struct xn_nl *nl, int ifindex, uint32_t bytes,
			struct xn_err *err)
{
	struct xn_link link = {.gso_bytes_max = 0};
	int rc = set_u32(nl, ifindex, IFLA_GSO_MAX_SIZE, bytes, "GSO limit",
			 err);

	if (rc == 0)
		rc = xn_link_get_index(nl, ifindex, &link, err);
	if (rc < 0)
		return rc;
	if (link.gso_bytes_max != bytes)
		return xn_fail(err, EOPNOTSUPP,
			       "GSO limit of link %d: the kernel has %u, not "
			       "%u",
			       ifindex, link.gso_bytes_max, bytes);
	return 0;
}

int xn_link_set_tx_queue_len(struct xn_nl *nl, int ifindex, uint32_t length,
			     struct xn_err *err)
{
	return set_u32(nl, ifindex, IFLA_TXQLEN, length, "queue length", err);
}

int xn_link_set_master(struct xn_nl *nl, int ifindex, int master,
		       struct xn_err *err)
{
	return set_u32(nl, ifindex, IFLA_MASTER, (uint32_t)master, "master",
		       err);
}

int xn_link_set_mac(struct xn_nl *nl, int ifindex, const struct xn_mac *mac,
		    struct xn_err *err)
{
	struct xn_nl_request request;

	init_change(&request, RTM_NEWLINK, ifindex);
	xn_nl_put(&request, IFLA_ADDRESS, mac->octet, XN_MAC_BYTES);
	return call_change(nl, &request, ifindex, "MAC address", err);
}

static int move_link(struct xn_nl *nl, int ifindex, uint16_t attr,
		     uint32_t value, const char *new_name, struct xn_err *err)
{
	struct xn_nl_request request;

	if (new_name && !xn_link_name_valid(new_name))
		return xn_fail(err, EINVAL, "\"%s\" is not a valid link name",
			       new_name);
	init_change(&request, RTM_NEWLINK, ifindex);
	xn_nl_put_u32(&request, attr, value);
	if (new_name)
		xn_nl_put_text(&request, IFLA_IFNAME, new_name);
	return call_change(nl, &request, ifindex, "network namespace", err);
}

int xn_link_move(struct xn_nl *nl, int ifindex, int netns_fd,
		 const char *new_name, struct xn_err *err)
{
	return move_link(nl, ifindex, IFLA_NET_NS_FD, (uint32_t)netns_fd,
			 new_name, err);
}

int xn_link_move_to_pid(struct xn_nl *nl, int ifindex, pid_t pid,
			const char *new_name, struct xn_err *err)
{
	return move_link(nl, ifindex, IFLA_NET_NS_PID, (uint32_t)pid, new_name,
			 err);
}

int xn_link_set_ipv4(struct xn_nl *nl, int ifindex,
		     const struct xn_link_conf *from,
		     const struct xn_link_conf *to, struct xn_err *err)
{
	struct xn_nl_request request;
	struct nlattr *spec;
	struct nlattr *inet;
	struct nlattr *conf;

	init_change(&request, RTM_NEWLINK, ifindex);
	spec = xn_nl_nest(&request, IFLA_AF_SPEC);
	inet = xn_nl_nest(&request, AF_INET);
	conf = xn_nl_nest(&request, IFLA_INET_CONF);
	for (uint8_t i = 0; i < to->count; i++) {
		if (i >= from->count || from->value[i] != to->value[i])
			xn_nl_put_u32(&request, (uint16_t)(i + 1),
				      (uint32_t)to->value[i]);
	}
	xn_nl_nest_end(&request, conf);
	xn_nl_nest_end(&request, inet);
	xn_nl_nest_end(&request, spec);
	return call_change(nl, &request, ifindex, "IPv4 settings", err);
}

int xn_link_set_addr_gen_mode(struct xn_nl *nl, int ifindex, uint8_t mode,
			      struct xn_err *err)
{
	struct xn_nl_request request;
	struct nlattr *spec;
	struct nlattr *inet6;

	if (access("/proc/sys/net/ipv6", F_OK) < 0)
		return 0;
	init_change(&request, RTM_NEWLINK, ifindex);
	spec = xn_nl_nest(&request, IFLA_AF_SPEC);
	inet6 = xn_nl_nest(&request, AF_INET6);
	xn_nl_put_u8(&request, IFLA_INET6_ADDR_GEN_MODE, mode);
	xn_nl_nest_end(&request, inet6);
	xn_nl_nest_end(&request, spec);
	return call_change(nl, &request, ifindex, "address generation", err);
}

int xn_link_set_no_link_local(struct xn_nl *nl, int ifindex, struct xn_err *err)
{
	return xn_link_set_addr_gen_mode(nl, ifindex, IN6_ADDR_GEN_MODE_NONE,
					 err);
}

int xn_link_set_ipv6(const char *name, const char *key, int value,
		     struct xn_err *err)
{
	char path[128];
	char text[16];
	int length;
	int rc;
	int fd;

	if (!xn_link_name_valid(name))
		return xn_fail(err, EINVAL, "\"%s\" is not a valid link name",
			       name);
	if (access("/proc/sys/net/ipv6", F_OK) < 0)
		return 0;
	length = xn_text_format(text, sizeof(text), "%d", value);
	rc = xn_text_format(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s",
			    name, key);
	if (rc < 0 || length < 0)
		return xn_fail(err, ENAMETOOLONG, "set %s on %s: too long", key,
			       name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return xn_fail(err, errno, "set %s on %s: %s: %m", key, name,
			       path);
	rc = 0;
	if (write(fd, text, (size_t)length) != length)
		rc = xn_fail(err, errno, "set %s on %s: %m", key, name);
	xn_close(&fd);
	return rc;
}

int xn_link_disable_ipv6(const char *name, struct xn_err *err)
{
	return xn_link_set_ipv6(name, "disable_ipv6", 1, err);
}
