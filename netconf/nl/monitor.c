/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's announcements, parsed and handed to typed handlers. */
#include "netconf/nl/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include "netconf/base/fd.h"
#include "netconf/nl/addr_parse.h"
#include "netconf/nl/answer.h"
#include "netconf/nl/fdb_parse.h"
#include "netconf/nl/link_parse.h"
#include "netconf/nl/netns.h"
#include "netconf/nl/wire.h"

/* Room for the announcements of a few thousand ports at once. */
#define QUEUE_BYTES (4 << 20)
#define DATAGRAMS_PER_READ 64

struct xn_nl_monitor {
	int fd;
	bool nft;
	_Alignas(8) uint8_t buffer[XN_NL_RECEIVE_BYTES];
};

static uint32_t group_mask(unsigned int what)
{
	uint32_t groups = 0;

	if (what & XN_MONITOR_LINK)
		groups |= RTMGRP_LINK;
	if (what & XN_MONITOR_FDB)
		groups |= RTMGRP_NEIGH;
	if (what & XN_MONITOR_ADDR)
		groups |= RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
	if (what & XN_MONITOR_TC)
		groups |= RTMGRP_TC;
	if (what & XN_MONITOR_NFT)
		groups = 1U << (NFNLGRP_NFTABLES - 1);
	return groups;
}

int xn_nl_monitor_open(unsigned int what, struct xn_nl_monitor **ret_monitor,
		       struct xn_err *err)
{
	struct xn_nl_monitor *monitor = malloc(sizeof(*monitor));
	int bytes = QUEUE_BYTES;

	if (!monitor)
		return xn_fail(err, ENOMEM, "netlink monitor: out of memory");
	monitor->nft = what == XN_MONITOR_NFT;
	monitor->fd =
		xn_nl_socket(monitor->nft ? NETLINK_NETFILTER : NETLINK_ROUTE,
			     SOCK_NONBLOCK, group_mask(what), err);
	if (monitor->fd < 0) {
		int rc = monitor->fd;

		free(monitor);
		return rc;
	}
	/* Beyond the system's limit only with privilege; a short queue costs
	 * a dump, nothing else. */
	if (setsockopt(monitor->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)) < 0)
		(void)setsockopt(monitor->fd, SOL_SOCKET, SO_RCVBUF, &bytes,
				 sizeof(bytes));
	*ret_monitor = monitor;
	return 0;
}

int xn_nl_monitor_open_in(int netns_fd, unsigned int what,
			  struct xn_nl_monitor **ret_monitor,
			  struct xn_err *err)
{
	int back;
	int rc = xn_netns_enter(netns_fd, &back, err);

	if (rc < 0)
		return rc;
	rc = xn_nl_monitor_open(what, ret_monitor, err);
	xn_netns_leave(&back);
	return rc;
}

void xn_nl_monitor_close(struct xn_nl_monitor *monitor)
{
	if (!monitor)
		return;
	xn_close(&monitor->fd);
	free(monitor);
}

int xn_nl_monitor_fd(const struct xn_nl_monitor *monitor)
{
	return monitor->fd;
}

static int tell_port(const struct nlmsghdr *header, size_t bytes,
		     const struct xn_nl_handlers *handlers)
{
	struct xn_port_event event;
	int rc = xn_port_parse(header, bytes, &event);

	if (rc <= 0)
		return rc;
	if (header->nlmsg_type == RTM_DELLINK) {
		if (handlers->port_del)
			handlers->port_del(handlers->arg, &event);
	} else if (handlers->port_new && event.has_attributes) {
		handlers->port_new(handlers->arg, &event);
	}
	return 0;
}

static int tell_link(const struct nlmsghdr *header, size_t bytes,
		     const struct xn_nl_handlers *handlers)
{
	void (*tell)(void *, const struct xn_link *) =
		header->nlmsg_type == RTM_NEWLINK ? handlers->link_new
						  : handlers->link_del;
	struct xn_link link;
	uint8_t family;
	int rc;

	if (bytes < NLMSG_HDRLEN + sizeof(struct ifinfomsg))
		return -EBADMSG;
	family = *((const uint8_t *)header + NLMSG_HDRLEN);
	if (family == AF_BRIDGE)
		return tell_port(header, bytes, handlers);
	if (family != AF_UNSPEC)
		return 0;
	rc = xn_link_parse(header, bytes, &link);
	if (rc == 0 && tell)
		tell(handlers->arg, &link);
	return rc;
}

static int tell_fdb(const struct nlmsghdr *header, size_t bytes,
		    const struct xn_nl_handlers *handlers)
{
	void (*tell)(void *, const struct xn_fdb_entry *) =
		header->nlmsg_type == RTM_NEWNEIGH ? handlers->fdb_new
						   : handlers->fdb_del;
	struct xn_fdb_entry entry;
	int rc = xn_fdb_parse(header, bytes, &entry);

	if (rc <= 0)
		return rc;
	if (tell)
		tell(handlers->arg, &entry);
	return 0;
}

static int tell_addr(const struct nlmsghdr *header, size_t bytes,
		     const struct xn_nl_handlers *handlers)
{
	void (*tell)(void *, const struct xn_addr *) =
		header->nlmsg_type == RTM_NEWADDR ? handlers->addr_new
						  : handlers->addr_del;
	struct xn_addr addr;
	int rc = xn_addr_parse(header, bytes, &addr);

	if (rc <= 0)
		return rc;
	if (tell)
		tell(handlers->arg, &addr);
	return 0;
}

static int tell_tc(const struct nlmsghdr *header, size_t bytes,
		   const struct xn_nl_handlers *handlers)
{
	struct tcmsg tc;

	if (bytes < NLMSG_HDRLEN + sizeof(tc))
		return -EBADMSG;
	memcpy(&tc, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(tc));
	if (handlers->tc_changed)
		handlers->tc_changed(handlers->arg, tc.tcm_ifindex);
	return 0;
}

static int tell_message(const struct nlmsghdr *header, size_t bytes,
			const struct xn_nl_handlers *handlers)
{
	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return tell_link(header, bytes, handlers);
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return tell_fdb(header, bytes, handlers);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return tell_addr(header, bytes, handlers);
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
		return tell_tc(header, bytes, handlers);
	default:
		return 0;
	}
}

int xn_nl_monitor_tell(const uint8_t *datagram, size_t left,
		       const struct xn_nl_handlers *handlers)
{
	const struct nlmsghdr *header;
	size_t bytes;
	int result = 0;
	int rc;

	while ((rc = xn_nl_next(&datagram, &left, &header, &bytes)) > 0) {
		rc = tell_message(header, bytes, handlers);
		if (rc < 0)
			result = rc;
	}
	return rc < 0 ? rc : result;
}

/* Rules and sets do not matter here, and change often. */
static bool changes_hooks(uint16_t type)
{
	switch (type) {
	case (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWCHAIN:
	case (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELCHAIN:
	case (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELTABLE:
	case (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWFLOWTABLE:
	case (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELFLOWTABLE:
		return true;
	default:
		return false;
	}
}

int xn_nl_monitor_tell_nft(const uint8_t *datagram, size_t left,
			   const struct xn_nl_handlers *handlers)
{
	const struct nlmsghdr *header;
	size_t bytes;
	int rc;

	while ((rc = xn_nl_next(&datagram, &left, &header, &bytes)) > 0) {
		if (changes_hooks(header->nlmsg_type) && handlers->nft_changed)
			handlers->nft_changed(handlers->arg);
	}
	return rc;
}

int xn_nl_monitor_read(struct xn_nl_monitor *monitor,
		       const struct xn_nl_handlers *handlers)
{
	int result = 0;

	for (int i = 0; i < DATAGRAMS_PER_READ; i++) {
		ssize_t got = xn_nl_receive(monitor->fd, monitor->buffer,
					    sizeof(monitor->buffer));
		int rc;

		if (got == -EAGAIN)
			break;
		/* Lost is lost, whether the queue or a buffer was short. */
		if (got == -ENOBUFS || got == -EMSGSIZE) {
			result = -ENOBUFS;
			continue;
		}
		if (got < 0)
			return (int)got;
		rc = monitor->nft
			     ? xn_nl_monitor_tell_nft(monitor->buffer,
						      (size_t)got, handlers)
			     : xn_nl_monitor_tell(monitor->buffer, (size_t)got,
						  handlers);
		if (rc < 0 && result == 0)
			result = rc;
	}
	return result;
}
