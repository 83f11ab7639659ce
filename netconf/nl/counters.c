/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link's counters, by ifindex: /proc/net/dev would be read, with all links,
 * for each of them. */
#include "netconf/nl/counters.h"

#include <errno.h>
#include <string.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/counters_parse.h"
#include "netconf/nl/request.h"

/* Newer kernels append fields. */
#define STATS_BYTES_MIN offsetof(struct rtnl_link_stats64, rx_compressed)

int xn_counters_parse(const struct nlmsghdr *header, size_t bytes,
		      struct xn_counters *ret_counters)
{
	const struct nlattr *table[IFLA_STATS_LINK_64 + 1] = {NULL};
	struct rtnl_link_stats64 stats = {0};
	size_t left;
	const void *payload = xn_nl_payload(header, bytes,
					    sizeof(struct if_stats_msg), &left);

	if (!payload ||
	    xn_nl_attrs(payload, left, table, IFLA_STATS_LINK_64 + 1) < 0 ||
	    !table[IFLA_STATS_LINK_64])
		return -EBADMSG;
	left = xn_nl_bytes(table[IFLA_STATS_LINK_64]);
	if (left < STATS_BYTES_MIN)
		return -EBADMSG;
	/* The attribute is aligned to 4 bytes only. */
	memcpy(&stats, xn_nl_data(table[IFLA_STATS_LINK_64]),
	       left < sizeof(stats) ? left : sizeof(stats));
	*ret_counters = (struct xn_counters){
		.rx_bytes = stats.rx_bytes,
		.rx_frames = stats.rx_packets,
		.rx_drops = stats.rx_dropped + stats.rx_missed_errors,
		.tx_bytes = stats.tx_bytes,
		.tx_frames = stats.tx_packets,
		.tx_drops = stats.tx_dropped,
	};
	return 0;
}

static int answer_stats(void *arg, const struct nlmsghdr *header, size_t bytes)
{
	if (header->nlmsg_type != RTM_NEWSTATS)
		return -EBADMSG;
	return xn_counters_parse(header, bytes, arg);
}

int xn_counters_get(struct xn_nl *nl, int ifindex,
		    struct xn_counters *ret_counters, struct xn_err *err)
{
	struct xn_nl_request request;
	struct if_stats_msg *stats =
		xn_nl_request_init(&request, RTM_GETSTATS, 0, sizeof(*stats));
	struct xn_counters counters = {0};
	int rc;

	if (ifindex <= 0)
		return xn_fail(err, ENODEV, "counters of link %d: no such link",
			       ifindex);
	stats->ifindex = (uint32_t)ifindex;
	stats->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	rc = xn_nl_get(nl, &request, answer_stats, &counters, err);
	if (rc < 0) {
		xn_err_prefix(err, "counters of link %d", ifindex);
		return rc;
	}
	*ret_counters = counters;
	return 0;
}
