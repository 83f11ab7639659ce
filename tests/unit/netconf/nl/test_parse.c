/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parsers of what the kernel says: right about whole messages, and
 * unharmed by cut, changed and random ones. Each damaged message is in an
 * allocation of its exact size, so that a sanitizer sees any step beyond it.
 * The random numbers are always the same ones.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <net/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/addr_parse.h"
#include "netconf/nl/fdb_parse.h"
#include "netconf/nl/link_parse.h"
#include "netconf/nl/request.h"
#include "netconf/nl/route_parse.h"
#include "netconf/nl/wire.h"

#define CHANGED_ROUNDS 40000
#define RANDOM_ROUNDS 40000

static const uint8_t guest[] = {0x00, 0x16, 0x3e, 1, 2, 3};

static uint32_t next_random(void)
{
	static uint32_t x = 2463534242U;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

static const uint8_t root_id[] = {0x10, 0x00, 0x00, 0x16, 0x3e, 1, 2, 3};

static void put_port(struct xn_nl_request *request)
{
	static const uint64_t message_age = 1999;

	xn_nl_put(request, IFLA_BRPORT_ROOT_ID, root_id, sizeof(root_id));
	xn_nl_put_u16(request, IFLA_BRPORT_ID, 0x8007);
	xn_nl_put_u16(request, IFLA_BRPORT_DESIGNATED_COST, 19);
	xn_nl_put(request, IFLA_BRPORT_MESSAGE_AGE_TIMER, &message_age,
		  sizeof(message_age));
	xn_nl_put_u8(request, IFLA_BRPORT_STATE, 3);
	xn_nl_put_u16(request, IFLA_BRPORT_PRIORITY, 32);
	xn_nl_put_u32(request, IFLA_BRPORT_COST, 2);
	xn_nl_put_u8(request, IFLA_BRPORT_ISOLATED, 1);
	xn_nl_put_u8(request, IFLA_BRPORT_LEARNING, 1);
	xn_nl_put_u32(request, IFLA_BRPORT_BACKUP_PORT, 12);
	xn_nl_put_u8(request, 100, 1); /* of a newer kernel */
}

static void put_linkinfo(struct xn_nl_request *request)
{
	static const uint32_t boolopt[2] = {XN_BRIDGE_MST, 0x1f};
	static const uint64_t gc = 0x100000000;
	struct nlattr *info = xn_nl_nest(request, IFLA_LINKINFO);
	struct nlattr *data;

	xn_nl_put_text(request, IFLA_INFO_KIND, "bridge");
	data = xn_nl_nest(request, IFLA_INFO_DATA);
	xn_nl_put_u32(request, IFLA_BR_FORWARD_DELAY, 1500);
	xn_nl_put_u16(request, IFLA_BR_VLAN_PROTOCOL, 0x0081);
	xn_nl_put(request, IFLA_BR_GROUP_ADDR, guest, 6);
	xn_nl_put(request, IFLA_BR_MULTI_BOOLOPT, boolopt, sizeof(boolopt));
	xn_nl_put(request, IFLA_BR_ROOT_ID, root_id, sizeof(root_id));
	xn_nl_put_u16(request, IFLA_BR_ROOT_PORT, 3);
	xn_nl_put(request, IFLA_BR_GC_TIMER, &gc, sizeof(gc));
	xn_nl_nest_end(request, data);
	xn_nl_put_text(request, IFLA_INFO_SLAVE_KIND, "bridge");
	data = xn_nl_nest(request, IFLA_INFO_SLAVE_DATA);
	put_port(request);
	xn_nl_nest_end(request, data);
	xn_nl_nest_end(request, info);
}

/* IFLA_INET_CONF or _INET6_CONF with so many settings: 100, 101, ... */
static void put_conf(struct xn_nl_request *request, uint16_t family,
		     uint16_t attr, size_t count)
{
	struct nlattr *spec = xn_nl_nest(request, IFLA_AF_SPEC);
	struct nlattr *nest = xn_nl_nest(request, family);
	int32_t value[80];

	for (size_t i = 0; i < count; i++)
		value[i] = (int32_t)(100 + i);
	xn_nl_put(request, attr, value, count * sizeof(value[0]));
	xn_nl_nest_end(request, nest);
	xn_nl_nest_end(request, spec);
}

static void build_link(struct xn_nl_request *request)
{
	struct ifinfomsg *info =
		xn_nl_request_init(request, RTM_NEWLINK, 0, sizeof(*info));
	static const int32_t conf[64] = {7, 8, 9, [63] = -1};
	struct nlattr *spec;
	struct nlattr *inet6;
	struct nlattr *inet;

	info->ifi_index = 5;
	info->ifi_type = ARPHRD_ETHER;
	info->ifi_flags = IFF_UP | IFF_NOARP;
	xn_nl_put_text(request, IFLA_IFNAME, "vif1.0");
	xn_nl_put_u32(request, IFLA_MTU, 1500);
	xn_nl_put_u32(request, IFLA_MASTER, 4);
	xn_nl_put_u32(request, IFLA_LINK, 9);
	xn_nl_put_u32(request, IFLA_TXQLEN, 1000);
	xn_nl_put_u32(request, IFLA_PROMISCUITY, 2);
	xn_nl_put_u32(request, IFLA_GSO_MAX_SIZE, 65536);
	xn_nl_put_u32(request, 63, 65532); /* IFLA_GSO_IPV4_MAX_SIZE */
	xn_nl_put_u32(request, IFLA_GROUP, 77);
	xn_nl_put_text(request, IFLA_QDISC, "noqueue");
	xn_nl_put(request, IFLA_PERM_ADDRESS, guest, sizeof(guest));
	xn_nl_put_u8(request, IFLA_OPERSTATE, 6);
	xn_nl_put(request, IFLA_ADDRESS, guest, sizeof(guest));
	put_linkinfo(request);
	spec = xn_nl_nest(request, IFLA_AF_SPEC);
	inet6 = xn_nl_nest(request, AF_INET6);
	xn_nl_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, 1);
	xn_nl_put(request, IFLA_INET6_CONF, conf, sizeof(conf));
	xn_nl_nest_end(request, inet6);
	inet = xn_nl_nest(request, AF_INET);
	xn_nl_put(request, IFLA_INET_CONF, conf, sizeof(conf));
	xn_nl_nest_end(request, inet);
	xn_nl_nest_end(request, spec);
}

static void build_port(struct xn_nl_request *request)
{
	struct ifinfomsg *info =
		xn_nl_request_init(request, RTM_NEWLINK, 0, sizeof(*info));
	struct nlattr *nest;

	info->ifi_family = AF_BRIDGE;
	info->ifi_index = 5;
	xn_nl_put_u32(request, IFLA_MASTER, 4);
	nest = xn_nl_nest(request, IFLA_PROTINFO);
	put_port(request);
	xn_nl_nest_end(request, nest);
}

static void build_fdb(struct xn_nl_request *request)
{
	static const struct nda_cacheinfo times = {
		.ndm_confirmed = 1, .ndm_used = 2, .ndm_updated = 1234};
	struct ndmsg *info =
		xn_nl_request_init(request, RTM_NEWNEIGH, 0, sizeof(*info));

	info->ndm_family = AF_BRIDGE;
	info->ndm_ifindex = 5;
	info->ndm_state = NUD_REACHABLE;
	info->ndm_flags = NTF_EXT_LEARNED;
	xn_nl_put(request, NDA_LLADDR, guest, sizeof(guest));
	xn_nl_put_u32(request, NDA_MASTER, 4);
	xn_nl_put_u16(request, NDA_VLAN, 20);
	xn_nl_put(request, NDA_CACHEINFO, &times, sizeof(times));
}

static void build_addr(struct xn_nl_request *request)
{
	static const uint8_t local[] = {192, 0, 2, 1};
	static const uint8_t peer[] = {192, 0, 2, 9};
	static const struct ifa_cacheinfo lifetime = {.ifa_valid = 50,
						      .ifa_prefered = 40};
	struct ifaddrmsg *info =
		xn_nl_request_init(request, RTM_NEWADDR, 0, sizeof(*info));

	info->ifa_family = AF_INET;
	info->ifa_prefixlen = 24;
	info->ifa_index = 5;
	xn_nl_put(request, IFA_LOCAL, local, sizeof(local));
	xn_nl_put(request, IFA_ADDRESS, peer, sizeof(peer));
	xn_nl_put_text(request, IFA_LABEL, "eth0:1");
	xn_nl_put_u32(request, IFA_FLAGS, 0x12345);
	xn_nl_put(request, IFA_CACHEINFO, &lifetime, sizeof(lifetime));
}

static void build_route(struct xn_nl_request *request)
{
	static const uint8_t gateway[16] = {0xfe, 0x80, [15] = 1};
	struct rtmsg *info =
		xn_nl_request_init(request, RTM_NEWROUTE, 0, sizeof(*info));

	info->rtm_family = AF_INET6;
	info->rtm_dst_len = 0;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_type = RTN_UNICAST;
	info->rtm_flags = RTNH_F_ONLINK;
	xn_nl_put(request, RTA_GATEWAY, gateway, sizeof(gateway));
	xn_nl_put_u32(request, RTA_OIF, 5);
	xn_nl_put_u32(request, RTA_PRIORITY, 1024);
	xn_nl_put_u32(request, RTA_TABLE, 100000);
}

static void a_link_is_read_whole(void **state)
{
	struct xn_nl_request request;
	struct xn_link link;

	(void)state;
	build_link(&request);
	assert_int_equal(
		xn_link_parse(request.header, request.header->nlmsg_len, &link),
		0);
	assert_int_equal(link.ifindex, 5);
	assert_string_equal(link.name, "vif1.0");
	assert_string_equal(link.kind, "bridge");
	assert_int_equal(link.flags, IFF_UP | IFF_NOARP);
	assert_int_equal(link.mtu, 1500);
	assert_int_equal(link.master, 4);
	assert_int_equal(link.lower, 9);
	assert_int_equal(link.tx_queue_len, 1000);
	assert_int_equal(link.gso_bytes_max, 65532);
	assert_int_equal(link.promiscuity, 2);
	assert_int_equal(link.operstate, 6);
	assert_int_equal(link.addr_gen_mode, 1);
	assert_int_equal(link.ipv4.count, XN_LINK_CONF_MAX);
	assert_int_equal(link.ipv4.value[0], 7);
	/* mc_forwarding is not ours to set. */
	assert_int_equal(link.ipv4.value[1], 0);
	assert_int_equal(link.ipv4.value[2], 9);
	assert_int_equal(link.ipv6.count, xn_ipv6_key_count);
	assert_string_equal(xn_ipv6_key[0].name, "forwarding");
	assert_int_equal(link.ipv6.value[0], 7);
	assert_int_equal(link.ipv6.value[1], 8);
	assert_int_equal(link.group, 77);
	assert_string_equal(link.qdisc, "noqueue");
	assert_memory_equal(link.permanent_mac.octet, guest, 6);
	assert_int_equal(link.netnsid, -1);
	assert_memory_equal(link.mac.octet, guest, 6);
	assert_true(link.is_bridge);
	assert_int_equal(link.bridge.forward_delay_cs, 1500);
	assert_int_equal(link.bridge.vlan_protocol, 0x8100);
	assert_int_equal(link.bridge.boolopt, XN_BRIDGE_MST);
	assert_int_equal(link.bridge.unknown_attr, 0);
	assert_true(link.is_bridge_port);
	assert_true(link.port.isolated);
	assert_int_equal(link.port.backup_port, 12);
	assert_memory_equal(link.bridge.root_id.octet, root_id, 8);
	assert_int_equal(link.bridge.root_port, 3);
	assert_int_equal(link.bridge.gc_timer_cs, 0x100000000);
	assert_memory_equal(link.port.designated_root.octet, root_id, 8);
	assert_int_equal(link.port.id, 0x8007);
	assert_int_equal(link.port.designated_cost, 19);
	assert_int_equal(link.port.message_age_timer_cs, 1999);
	assert_int_equal(link.port.unknown_attr, 100);
}

static void an_xdp_program_is_seen(void **state)
{
	struct xn_nl_request request;
	struct xn_link link;

	(void)state;
	for (uint8_t attached = 0; attached < 3; attached++) {
		struct nlattr *xdp;

		build_link(&request);
		xdp = xn_nl_nest(&request, IFLA_XDP);
		xn_nl_put_u8(&request, IFLA_XDP_ATTACHED, attached);
		xn_nl_nest_end(&request, xdp);
		assert_int_equal(xn_link_parse(request.header,
					       request.header->nlmsg_len,
					       &link),
				 0);
		assert_int_equal(link.xdp, attached != XDP_ATTACHED_NONE);
	}
}

static void a_lower_link_elsewhere_is_none(void **state)
{
	struct xn_nl_request request;
	struct xn_link link;

	(void)state;
	build_link(&request);
	xn_nl_put_u32(&request, IFLA_LINK_NETNSID, 0);
	assert_int_equal(
		xn_link_parse(request.header, request.header->nlmsg_len, &link),
		0);
	assert_int_equal(link.lower, 0);
	assert_int_equal(link.lower_far, 9);
	assert_int_equal(link.netnsid, 0);
}

static int parse_conf(uint16_t family, uint16_t attr, size_t count,
		      struct xn_link *ret_link)
{
	struct xn_nl_request request;
	struct ifinfomsg *info =
		xn_nl_request_init(&request, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_index = 5;
	put_conf(&request, family, attr, count);
	return xn_link_parse(request.header, request.header->nlmsg_len,
			     ret_link);
}

/* An older kernel has fewer, a newer one more. */
static void settings_are_as_many_as_there_are(void **state)
{
	struct xn_link link;

	(void)state;
	assert_int_equal(parse_conf(AF_INET, IFLA_INET_CONF, 2, &link), 0);
	assert_int_equal(link.ipv4.count, 2);
	assert_int_equal(link.ipv4.value[0], 100);
	assert_int_equal(parse_conf(AF_INET, IFLA_INET_CONF, 80, &link), 0);
	assert_int_equal(link.ipv4.count, XN_LINK_CONF_MAX);
	assert_int_equal(link.ipv4.value[XN_LINK_CONF_MAX - 1],
			 100 + XN_LINK_CONF_MAX - 1);
	assert_int_equal(parse_conf(AF_INET6, IFLA_INET6_CONF, 30, &link), 0);
	assert_true(link.ipv6.count > 0);
	assert_true(link.ipv6.count < xn_ipv6_key_count);
	assert_int_equal(parse_conf(AF_INET6, IFLA_INET6_CONF, 80, &link), 0);
	assert_int_equal(link.ipv6.count, xn_ipv6_key_count);
	assert_int_equal(parse_conf(AF_INET6, IFLA_INET6_CONF, 5, &link),
			 -EBADMSG);
}

static void a_port_is_read_whole(void **state)
{
	struct xn_nl_request request;
	struct xn_port_event event;

	(void)state;
	build_port(&request);
	assert_int_equal(xn_port_parse(request.header,
				       request.header->nlmsg_len, &event),
			 1);
	assert_int_equal(event.ifindex, 5);
	assert_int_equal(event.master, 4);
	assert_true(event.has_attributes);
	assert_true(event.port.isolated);
	assert_int_equal(event.port.cost, 2);
}

static void an_entry_is_read_whole(void **state)
{
	struct xn_nl_request request;
	struct xn_fdb_entry entry;

	(void)state;
	build_fdb(&request);
	assert_int_equal(
		xn_fdb_parse(request.header, request.header->nlmsg_len, &entry),
		1);
	assert_memory_equal(entry.mac.octet, guest, 6);
	assert_int_equal(entry.ifindex, 5);
	assert_int_equal(entry.master, 4);
	assert_int_equal(entry.vlan, 20);
	assert_int_equal(entry.state, NUD_REACHABLE);
	assert_int_equal(entry.flags, NTF_EXT_LEARNED);
	assert_int_equal(entry.age_cs, 1234);
}

static void an_address_is_read_whole(void **state)
{
	static const uint8_t local[] = {192, 0, 2, 1};
	struct xn_nl_request request;
	struct xn_addr addr;

	(void)state;
	build_addr(&request);
	assert_int_equal(
		xn_addr_parse(request.header, request.header->nlmsg_len, &addr),
		1);
	assert_memory_equal(addr.address, local, 4);
	assert_true(addr.has_peer);
	assert_int_equal(addr.peer[3], 9);
	assert_int_equal(addr.flags, 0x12345);
	assert_string_equal(addr.label, "eth0:1");
	assert_int_equal(addr.valid_s, 50);
	assert_int_equal(addr.preferred_s, 40);
}

static void a_route_is_read_whole(void **state)
{
	struct xn_nl_request request;
	struct xn_route route;

	(void)state;
	build_route(&request);
	assert_int_equal(xn_route_parse(request.header,
					request.header->nlmsg_len, &route),
			 1);
	assert_true(route.has_gateway);
	assert_int_equal(route.gateway[0], 0xfe);
	assert_int_equal(route.ifindex, 5);
	assert_int_equal(route.metric, 1024);
	assert_int_equal(route.table, 100000);
	assert_true(route.onlink);
	assert_false(route.has_more);
}

/* Refuses messages that are whole but not what they claim to be. */
static void impossible_objects_are_refused(void **state)
{
	struct xn_nl_request request;
	struct ifaddrmsg *addr_info;
	struct ifinfomsg *link_info;
	struct ndmsg *fdb_info;
	struct rtmsg *route_info;
	struct xn_fdb_entry entry;
	struct xn_route route;
	struct xn_addr addr;
	struct xn_link link;

	(void)state;
	build_link(&request);
	link_info = (void *)(request.buffer + NLMSG_HDRLEN);
	link_info->ifi_index = 0;
	assert_int_equal(
		xn_link_parse(request.header, request.header->nlmsg_len, &link),
		-EBADMSG);
	build_fdb(&request);
	fdb_info = (void *)(request.buffer + NLMSG_HDRLEN);
	fdb_info->ndm_ifindex = -1;
	assert_int_equal(
		xn_fdb_parse(request.header, request.header->nlmsg_len, &entry),
		-EBADMSG);
	build_addr(&request);
	addr_info = (void *)(request.buffer + NLMSG_HDRLEN);
	addr_info->ifa_prefixlen = 33;
	assert_int_equal(
		xn_addr_parse(request.header, request.header->nlmsg_len, &addr),
		-EBADMSG);
	build_route(&request);
	route_info = (void *)(request.buffer + NLMSG_HDRLEN);
	route_info->rtm_dst_len = 129;
	assert_int_equal(xn_route_parse(request.header,
					request.header->nlmsg_len, &route),
			 -EBADMSG);
}

static void others_messages_are_passed_over(void **state)
{
	struct xn_nl_request request;
	struct xn_fdb_entry entry;
	struct xn_route route;
	struct xn_addr addr;
	struct ndmsg *fdb_info;
	struct rtmsg *route_info;

	(void)state;
	build_fdb(&request);
	fdb_info = (void *)(request.buffer + NLMSG_HDRLEN);
	fdb_info->ndm_family = AF_INET; /* an ARP entry */
	assert_int_equal(
		xn_fdb_parse(request.header, request.header->nlmsg_len, &entry),
		0);
	fdb_info->ndm_family = AF_BRIDGE;
	fdb_info->ndm_flags = NTF_SELF; /* a device's own filter */
	assert_int_equal(
		xn_fdb_parse(request.header, request.header->nlmsg_len, &entry),
		0);
	build_addr(&request);
	request.buffer[NLMSG_HDRLEN] = AF_UNIX;
	assert_int_equal(
		xn_addr_parse(request.header, request.header->nlmsg_len, &addr),
		0);
	build_route(&request);
	route_info = (void *)(request.buffer + NLMSG_HDRLEN);
	route_info->rtm_flags = RTM_F_CLONED;
	assert_int_equal(xn_route_parse(request.header,
					request.header->nlmsg_len, &route),
			 0);
}

static unsigned int told;

static void on_link(void *arg, const struct xn_link *link)
{
	(void)arg;
	assert_true(link->ifindex > 0);
	assert_true(strlen(link->name) < IFNAMSIZ);
	told++;
}

static void on_port(void *arg, const struct xn_port_event *event)
{
	(void)arg;
	assert_true(event->ifindex > 0 && event->master > 0);
	told++;
}

static void on_fdb(void *arg, const struct xn_fdb_entry *entry)
{
	(void)arg;
	assert_true(entry->ifindex > 0 && entry->master >= 0);
	told++;
}

static void on_addr(void *arg, const struct xn_addr *addr)
{
	(void)arg;
	assert_true(addr->ifindex > 0);
	assert_true(addr->prefix_length <= 128);
	told++;
}

static const struct xn_nl_handlers handlers = {
	.link_new = on_link,
	.link_del = on_link,
	.port_new = on_port,
	.port_del = on_port,
	.fdb_new = on_fdb,
	.fdb_del = on_fdb,
	.addr_new = on_addr,
	.addr_del = on_addr,
};

/* All parsers on these bytes as one message, whatever its header says. */
static void parse_all(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length);
	const struct nlmsghdr *header = (const void *)copy;
	struct xn_port_event event;
	struct xn_fdb_entry entry;
	struct xn_route route;
	struct xn_addr addr;
	struct xn_link link;
	char text[32];

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	(void)xn_nl_monitor_tell(copy, length, &handlers);
	if (length >= sizeof(*header)) {
		(void)xn_link_parse(header, length, &link);
		(void)xn_port_parse(header, length, &event);
		(void)xn_fdb_parse(header, length, &entry);
		(void)xn_addr_parse(header, length, &addr);
		(void)xn_route_parse(header, length, &route);
		xn_nl_extack(header, length, text, sizeof(text));
	}
	free(copy);
}

typedef void build_fn(struct xn_nl_request *request);
static build_fn *const builders[] = {build_link, build_port, build_fdb,
				     build_addr, build_route};
#define BUILDERS (sizeof(builders) / sizeof(builders[0]))

static void a_cut_message_is_never_taken_for_whole(void **state)
{
	struct xn_nl_request request;

	(void)state;
	for (size_t i = 0; i < BUILDERS; i++) {
		size_t whole;

		builders[i](&request);
		whole = request.header->nlmsg_len;
		told = 0;
		for (size_t cut = 1; cut < whole; cut++)
			parse_all(request.buffer, cut);
		/* Its header tells how long it should be. */
		assert_int_equal(told, 0);
		parse_all(request.buffer, whole);
		assert_int_equal(told, builders[i] == build_route ? 0 : 1);
	}
}

static void a_message_cut_with_a_fitting_header(void **state)
{
	struct xn_nl_request request;

	(void)state;
	for (size_t i = 0; i < BUILDERS; i++) {
		uint32_t whole;

		builders[i](&request);
		whole = request.header->nlmsg_len;
		for (uint32_t cut = NLMSG_HDRLEN; cut < whole; cut++) {
			request.header->nlmsg_len = cut;
			parse_all(request.buffer, cut);
		}
	}
}

static void changed_messages_do_no_harm(void **state)
{
	struct xn_nl_request request;

	(void)state;
	told = 0;
	for (int round = 0; round < CHANGED_ROUNDS; round++) {
		uint32_t changes = next_random() % 6 + 1;
		uint32_t whole;

		builders[next_random() % BUILDERS](&request);
		whole = request.header->nlmsg_len;
		for (uint32_t i = 0; i < changes; i++)
			request.buffer[next_random() % whole] =
				(uint8_t)next_random();
		parse_all(request.buffer, whole);
	}
	/* Not all of them were stopped at the door. */
	assert_true(told > 1000);
}

static void random_messages_do_no_harm(void **state)
{
	struct xn_nl_request request;

	(void)state;
	for (int round = 0; round < RANDOM_ROUNDS; round++) {
		uint32_t length = next_random() % 256 + 1;

		for (uint32_t i = 0; i < length; i++)
			request.buffer[i] = (uint8_t)next_random();
		/* Half of them get past the first check. */
		if (next_random() & 1) {
			struct nlmsghdr header = {
				.nlmsg_len = length,
				.nlmsg_type = (uint16_t)(RTM_NEWLINK +
							 next_random() % 20),
			};

			memcpy(request.buffer, &header, sizeof(header));
		}
		parse_all(request.buffer, length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_read_whole),
		cmocka_unit_test(an_xdp_program_is_seen),
		cmocka_unit_test(a_lower_link_elsewhere_is_none),
		cmocka_unit_test(settings_are_as_many_as_there_are),
		cmocka_unit_test(a_port_is_read_whole),
		cmocka_unit_test(an_entry_is_read_whole),
		cmocka_unit_test(an_address_is_read_whole),
		cmocka_unit_test(a_route_is_read_whole),
		cmocka_unit_test(impossible_objects_are_refused),
		cmocka_unit_test(others_messages_are_passed_over),
		cmocka_unit_test(a_cut_message_is_never_taken_for_whole),
		cmocka_unit_test(a_message_cut_with_a_fitting_header),
		cmocka_unit_test(changed_messages_do_no_harm),
		cmocka_unit_test(random_messages_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
