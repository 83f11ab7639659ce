/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long connections are remembered, see plan.h. */
#include <netinet/in.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "natd/plan.h"
#include "netconf/base/text.h"

static void add_times(struct xnat_table *table, const char *name,
		      uint8_t protocol, const uint32_t (*steps)[2],
		      uint32_t count)
{
	struct xnat_timeout timeout = {.protocol = protocol, .count = count};

	(void)xn_text_copy(timeout.name, sizeof(timeout.name), name);
	for (uint32_t i = 0; i < count; i++) {
		timeout.step[i].attr = (uint16_t)steps[i][0];
		timeout.step[i].seconds = steps[i][1];
	}
	xnat_timeout_add(table, &timeout);
}

void xnat_put_times(struct xnat_table *table)
{
	static const uint32_t tcp[][2] = {
		{CTA_TIMEOUT_TCP_SYN_SENT, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_SYN_RECV, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_ESTABLISHED, XNAT_TCP_S},
		{CTA_TIMEOUT_TCP_FIN_WAIT, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_CLOSE_WAIT, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_LAST_ACK, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_TIME_WAIT, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_CLOSE, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_SYN_SENT2, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_RETRANS, XNAT_TCP_TRANSITORY_S},
		{CTA_TIMEOUT_TCP_UNACK, XNAT_TCP_TRANSITORY_S},
	};
	static const uint32_t udp[][2] = {
		{CTA_TIMEOUT_UDP_UNREPLIED, XNAT_UDP_UNREPLIED_S},
		{CTA_TIMEOUT_UDP_REPLIED, XNAT_UDP_S},
	};

	add_times(table, "times_tcp", IPPROTO_TCP, tcp,
		  sizeof(tcp) / sizeof(tcp[0]));
	add_times(table, "times_udp", IPPROTO_UDP, udp, 2);
}
