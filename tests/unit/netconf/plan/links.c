/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/netconf/plan/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>

struct xn_model_link a_link(int ifindex, const char *name, const char *kind)
{
	struct xn_model_link link;

	memset(&link, 0, sizeof(link));
	link.ifindex = ifindex;
	link.mtu = 1500;
	link.up = true;
	link.ethernet = true;
	link.has_ipv6 = true;
	link.mac.octet[5] = (uint8_t)ifindex;
	(void)snprintf(link.name, sizeof(link.name), "%s", name);
	(void)snprintf(link.kind, sizeof(link.kind), "%s", kind);
	return link;
}

void give_way_out(struct xn_model *model, int ifindex)
{
	struct xn_addr addr = {.ifindex = ifindex,
			       .family = AF_INET,
			       .prefix_length = 24,
			       .address = {192, 0, 2, 1},
			       .label = "eth0:1",
			       .valid_s = UINT32_MAX,
			       .preferred_s = UINT32_MAX};
	struct xn_route route = {.ifindex = ifindex,
				 .family = AF_INET,
				 .table = RT_TABLE_MAIN,
				 .type = RTN_UNICAST,
				 .has_gateway = true,
				 .gateway = {192, 0, 2, 254}};

	assert_int_equal(xn_model_add(model, XN_ADDR, &addr), 0);
	assert_int_equal(xn_model_add(model, XN_ROUTE, &route), 0);
}
