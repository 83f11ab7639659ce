/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says about a link, to struct xn_link. Pure; the message is
 * judged by its length, attribute for attribute. */
#include "netconf/nl/link_parse.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/answer.h"
#include "netconf/nl/attr.h"
#include "netconf/nl/bridge_parse.h"

/* Those of xn_ipv6_key[], and more. */
#define IPV6_CONFS 64

static int parse_linkinfo(const struct nlattr *linkinfo, struct xn_link *link)
{
	const struct nlattr *table[IFLA_INFO_MAX + 1] = {0};
	char port_kind[XN_LINK_KIND_MAX] = "";
	int rc = xn_nl_nested(linkinfo, table, IFLA_INFO_MAX + 1);

	if (rc < 0)
		return rc;
	/* Some kinds have long names; a kind that does not fit is none that
	 * anybody here asks for. */
	if (xn_nl_read_text(table[IFLA_INFO_KIND], link->kind,
			    sizeof(link->kind)) < 0)
		link->kind[0] = '\0';
	if (xn_nl_read_text(table[IFLA_INFO_SLAVE_KIND], port_kind,
			    sizeof(port_kind)) < 0)
		port_kind[0] = '\0';
	if (strcmp(link->kind, "bridge") == 0 && table[IFLA_INFO_DATA]) {
		link->is_bridge = true;
		rc = xn_bridge_parse(table[IFLA_INFO_DATA], &link->bridge);
	}
	if (rc == 0 && strcmp(port_kind, "bridge") == 0 &&
	    table[IFLA_INFO_SLAVE_DATA]) {
		link->is_bridge_port = true;
		rc = xn_brport_parse(table[IFLA_INFO_SLAVE_DATA], &link->port);
	}
	return rc;
}

/* IFLA_INET6_CONF: an array of int, by DEVCONF_*; a newer kernel's is longer
 * than this, an older one's shorter. */
static int parse_ipv6_conf(const struct nlattr *conf, struct xn_link *link)
{
	int32_t value[IPV6_CONFS] = {0};
	size_t count;

	if (!conf)
		return 0;
	count = xn_nl_bytes(conf) / sizeof(value[0]);
	if (count > IPV6_CONFS)
		count = IPV6_CONFS;
	if (count <= DEVCONF_DISABLE_IPV6)
		return -EBADMSG;
	memcpy(value, xn_nl_data(conf), count * sizeof(value[0]));
	link->has_ipv6 = true;
	link->accept_ra = value[DEVCONF_ACCEPT_RA];
	link->disable_ipv6 = value[DEVCONF_DISABLE_IPV6] != 0;
	for (uint8_t i = 0; i < xn_ipv6_key_count; i++) {
		if (xn_ipv6_key[i].number >= count)
			break;
		link->ipv6.value[link->ipv6.count++] =
			value[xn_ipv6_key[i].number];
	}
	return 0;
}

/* IFLA_INET_CONF: an array of int, by IPV4_DEVCONF_* from 1 on. */
static int parse_ipv4_conf(const struct nlattr *inet, struct xn_link *link)
{
	const struct nlattr *table[IFLA_INET_MAX + 1] = {0};
	size_t bytes;

	if (xn_nl_nested(inet, table, IFLA_INET_MAX + 1) < 0)
		return -EBADMSG;
	if (!table[IFLA_INET_CONF])
		return 0;
	bytes = xn_nl_bytes(table[IFLA_INET_CONF]);
	if (bytes > sizeof(link->ipv4.value))
		bytes = sizeof(link->ipv4.value);
	link->ipv4.count = (uint8_t)(bytes / sizeof(link->ipv4.value[0]));
	memcpy(link->ipv4.value, xn_nl_data(table[IFLA_INET_CONF]),
	       link->ipv4.count * sizeof(link->ipv4.value[0]));
	link->ipv4.value[IPV4_DEVCONF_MC_FORWARDING - 1] = 0;
	return 0;
}

/* IFLA_AF_SPEC { AF_INET { IFLA_INET_CONF }, AF_INET6 {
 * IFLA_INET6_ADDR_GEN_MODE, _CONF } }. */
static int parse_af_spec(const struct nlattr *af_spec, struct xn_link *link)
{
	const struct nlattr *family[AF_INET6 + 1] = {0};
	const struct nlattr *inet6[IFLA_INET6_MAX + 1] = {0};

	if (xn_nl_nested(af_spec, family, AF_INET6 + 1) < 0)
		return -EBADMSG;
	if (parse_ipv4_conf(family[AF_INET], link) < 0 ||
	    xn_nl_nested(family[AF_INET6], inet6, IFLA_INET6_MAX + 1) < 0)
		return -EBADMSG;
	if (xn_nl_read_u8(inet6[IFLA_INET6_ADDR_GEN_MODE],
			  &link->addr_gen_mode) < 0)
		return -EBADMSG;
	return parse_ipv6_conf(inet6[IFLA_INET6_CONF], link);
}

/* Younger than the headers that this may be built with. */
#define GSO_IPV4_MAX_SIZE 63
#define LINK_ATTRS (GSO_IPV4_MAX_SIZE + 1)
_Static_assert(LINK_ATTRS > IFLA_TSO_MAX_SEGS, "all that is read");

/* A kernel with a second limit, for IPv4, means IPv6 by the first. */
static int parse_gso_max(const struct nlattr **table, struct xn_link *link)
{
	uint32_t ipv4;

	if (xn_nl_read_u32(table[IFLA_GSO_MAX_SIZE], &link->gso_bytes_max) < 0)
		return -EBADMSG;
	ipv4 = link->gso_bytes_max;
	if (xn_nl_read_u32(table[GSO_IPV4_MAX_SIZE], &ipv4) < 0)
		return -EBADMSG;
	if (ipv4 < link->gso_bytes_max)
		link->gso_bytes_max = ipv4;
	return 0;
}

static int parse_xdp(const struct nlattr *xdp, struct xn_link *link)
{
	const struct nlattr *table[IFLA_XDP_MAX + 1] = {0};
	uint8_t attached = XDP_ATTACHED_NONE;

	if (xn_nl_nested(xdp, table, IFLA_XDP_MAX + 1) < 0 ||
	    xn_nl_read_u8(table[IFLA_XDP_ATTACHED], &attached) < 0)
		return -EBADMSG;
	link->xdp = attached != XDP_ATTACHED_NONE;
	return 0;
}

static int parse_scalars(const struct nlattr **table, struct xn_link *link)
{
	if (xn_nl_read_text(table[IFLA_IFNAME], link->name,
			    sizeof(link->name)) < 0 ||
	    xn_nl_read_u8(table[IFLA_OPERSTATE], &link->operstate) < 0 ||
	    xn_nl_read_ifindex(table[IFLA_MASTER], &link->master) < 0 ||
	    xn_nl_read_ifindex(table[IFLA_LINK], &link->lower) < 0 ||
	    xn_nl_read_u32(table[IFLA_MTU], &link->mtu) < 0 ||
	    xn_nl_read_u32(table[IFLA_TXQLEN], &link->tx_queue_len) < 0 ||
	    xn_nl_read_u32(table[IFLA_PROMISCUITY], &link->promiscuity) < 0)
		return -EBADMSG;
	if (xn_nl_read_text(table[IFLA_IFALIAS], link->alias,
			    sizeof(link->alias)) < 0)
		link->alias[0] = '\0';
	/* The other namespace's numbers say nothing here. */
	link->netnsid = -1;
	if (table[IFLA_LINK_NETNSID]) {
		link->lower_far = link->lower;
		link->lower = 0;
	}
	if (xn_nl_read_u32(table[IFLA_LINK_NETNSID],
			   (uint32_t *)&link->netnsid) < 0 ||
	    xn_nl_read_u32(table[IFLA_GROUP], &link->group) < 0)
		return -EBADMSG;
	if (xn_nl_read_text(table[IFLA_QDISC], link->qdisc,
			    sizeof(link->qdisc)) < 0)
		link->qdisc[0] = '\0';
	if (link->arphrd == ARPHRD_ETHER &&
	    xn_nl_read_mac(table[IFLA_PERM_ADDRESS], &link->permanent_mac) < 0)
		return -EBADMSG;
	if (link->arphrd == ARPHRD_ETHER &&
	    xn_nl_read_mac(table[IFLA_ADDRESS], &link->mac) < 0)
		return -EBADMSG;
	return 0;
}

int xn_port_parse(const struct nlmsghdr *header, size_t bytes,
		  struct xn_port_event *ret_event)
{
	const struct nlattr *table[IFLA_MAX + 1] = {0};
	struct xn_port_event event = {0};
	struct ifinfomsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (info.ifi_index <= 0 || info.ifi_family != AF_BRIDGE ||
	    xn_nl_attrs(payload, left, table, IFLA_MAX + 1) < 0 ||
	    xn_nl_read_ifindex(table[IFLA_MASTER], &event.master) < 0)
		return -EBADMSG;
	/* The bridge about itself. */
	if (event.master == 0)
		return 0;
	event.ifindex = info.ifi_index;
	event.has_attributes = table[IFLA_PROTINFO];
	if (xn_brport_parse(table[IFLA_PROTINFO], &event.port) < 0)
		return -EBADMSG;
	*ret_event = event;
	return 1;
}

int xn_link_parse(const struct nlmsghdr *header, size_t bytes,
		  struct xn_link *ret_link)
{
	const struct nlattr *table[LINK_ATTRS] = {0};
	struct xn_link link = {0};
	struct ifinfomsg info;
	const void *payload;
	size_t left;

	payload = xn_nl_payload(header, bytes, sizeof(info), &left);
	if (!payload)
		return -EBADMSG;
	memcpy(&info, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(info));
	if (info.ifi_index <= 0 || info.ifi_family != AF_UNSPEC)
		return -EBADMSG;
	link.ifindex = info.ifi_index;
	link.arphrd = info.ifi_type;
	link.flags = info.ifi_flags;
	if (xn_nl_attrs(payload, left, table, LINK_ATTRS) < 0 ||
	    parse_scalars(table, &link) < 0 ||
	    parse_gso_max(table, &link) < 0 ||
	    parse_linkinfo(table[IFLA_LINKINFO], &link) < 0 ||
	    parse_af_spec(table[IFLA_AF_SPEC], &link) < 0 ||
	    parse_xdp(table[IFLA_XDP], &link) < 0)
		return -EBADMSG;
	*ret_link = link;
	return 0;
}
