// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel says of links: answers to dumps, and announcements. What is
 * taken in is within its bounds: texts end, numbers of links are such, and a
 * bridge's and a port's settings are each there once.
 *
 * Input: netlink.h.
 */
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/counters_parse.h"
#include "netconf/nl/fdb_parse.h"
#include "netconf/nl/link_parse.h"
#include "netconf/nl/qdisc_parse.h"
#include "netconf/nl/wire.h"
#include "netlink.h"

static void check_settings(const struct xn_nl_setting *setting, size_t count)
{
	FUZZ_CHECK(count <= XN_NL_SETTINGS_MAX);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(setting[i].attr != setting[k].attr);
}

static void check_link(void *arg, const struct xn_link *link)
{
	struct xn_nl_setting setting[XN_NL_SETTINGS_MAX];

	(void)arg;
	FUZZ_CHECK(link->ifindex > 0 && link->master >= 0 && link->lower >= 0);
	FUZZ_CHECK(fuzz_ends(link->name, sizeof(link->name)));
	FUZZ_CHECK(fuzz_ends(link->alias, sizeof(link->alias)));
	FUZZ_CHECK(fuzz_ends(link->kind, sizeof(link->kind)));
	if (link->is_bridge)
		check_settings(setting,
			       xn_bridge_settings(&link->bridge, setting));
	if (link->is_bridge_port)
		check_settings(setting,
			       xn_brport_settings(&link->port, setting));
}

static void check_port(void *arg, const struct xn_port_event *event)
{
	(void)arg;
	FUZZ_CHECK(event->ifindex > 0 && event->master > 0);
	FUZZ_CHECK(event->port.backup_port >= 0);
}

static void check_fdb(void *arg, const struct xn_fdb_entry *entry)
{
	(void)arg;
	FUZZ_CHECK(entry->ifindex > 0);
}

static void check_addr(void *arg, const struct xn_addr *addr)
{
	(void)arg;
	FUZZ_CHECK(addr->ifindex > 0 &&
		   addr->prefix_length <= 8 * xn_ip_bytes(addr->family));
}

static int take(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	struct xn_counters counters;
	struct xn_fdb_entry entry;
	struct xn_link link;
	int ifindex = 0;
	int rc = 0;

	(void)arg;
	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
		rc = xn_link_parse(header, bytes, &link);
		if (rc == 0)
			check_link(NULL, &link);
		break;
	case RTM_NEWNEIGH:
		rc = xn_fdb_parse(header, bytes, &entry);
		if (rc > 0)
			check_fdb(NULL, &entry);
		break;
	case RTM_NEWQDISC:
		rc = xn_qdisc_parse(header, bytes, &ifindex);
		break;
	case RTM_NEWSTATS:
		rc = xn_counters_parse(header, bytes, &counters);
		break;
	default:
		break;
	}
	return rc < 0 ? rc : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct xn_nl_handlers handlers = {
		.link_new = check_link,
		.link_del = check_link,
		.port_new = check_port,
		.port_del = check_port,
		.fdb_new = check_fdb,
		.fdb_del = check_fdb,
		.addr_new = check_addr,
		.addr_del = check_addr,
	};
	uint8_t *datagram = malloc(size ? size : 1);

	FUZZ_CHECK(datagram);
	if (size)
		memcpy(datagram, data, size);
	(void)xn_nl_monitor_tell(datagram, size, &handlers);
	(void)xn_nl_monitor_tell_nft(datagram, size, &handlers);
	free(datagram);
	fuzz_answer(data, size, take);
	return 0;
}
