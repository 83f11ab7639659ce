/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "host.h"

struct xn_model_link link_of(int ifindex, const char *name, const char *kind)
{
	struct xn_model_link link;

	memset(&link, 0, sizeof(link));
	link.ifindex = ifindex;
	link.mtu = 1500;
	link.ethernet = ifindex != LO;
	link.has_ipv6 = true;
	link.mac.octet[0] = 2;
	link.mac.octet[5] = (uint8_t)(16 - ifindex);
	(void)snprintf(link.name, sizeof(link.name), "%s", name);
	(void)snprintf(link.kind, sizeof(link.kind), "%s", kind);
	return link;
}

struct xn_model small_host(void)
{
	static const struct {
		const char *name, *kind;
	} links[] = {{"lo", ""},	{"eth0", ""},	      {"eth1", ""},
		     {"vif1.0", "vif"}, {"virbr0", "bridge"}, {"vnet0", "tun"}};
	struct xn_model model = {0};

	for (int i = 0; i < 6; i++) {
		struct xn_model_link link =
			link_of(i + 1, links[i].name, links[i].kind);

		if (i + 1 == VNET)
			link.master = VIRBR;
		assert_int_equal(xn_model_add(&model, XN_LINK, &link), 0);
	}
	return model;
}
