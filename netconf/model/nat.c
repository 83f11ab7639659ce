/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, texts and memory of NAT's keys, see nat.h. */
#include "netconf/model/nat.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void xn_conf_nat_fini(struct xn_conf_nat *nat)
{
	free(nat->forward);
	free(nat->pair);
	nat->forward = NULL;
	nat->pair = NULL;
	nat->forward_count = nat->forward_room = 0;
	nat->pair_count = nat->pair_room = 0;
}

const char *xn_nat6_name(enum xn_nat6 nat6)
{
	switch (nat6) {
	case XN_NAT6_MASQUERADE:
		return "masquerade";
	case XN_NAT6_ROUTED:
		return "routed";
	case XN_NAT6_PREFIX:
		return "prefix";
	}
	return "";
}

const char *xn_nat_protocols_name(uint8_t protocols)
{
	static const char *const names[] = {"", "tcp", "udp", "tcp+udp"};

	return protocols < 4 ? names[protocols] : "";
}

bool xn_address_within(const struct xn_address *a, const struct xn_address *b,
		       uint32_t prefix)
{
	uint32_t whole = prefix / 8;
	uint8_t rest = (uint8_t)(0xff00u >> prefix % 8);

	return a->family == b->family && !memcmp(a->octet, b->octet, whole) &&
	       (prefix % 8 == 0 ||
		!((a->octet[whole] ^ b->octet[whole]) & rest));
}

const char *xn_address_text(const struct xn_address *address,
			    char ret_text[XN_ADDRESS_TEXT_MAX])
{
	bool ipv6 = address->family == 6;
	char host[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(ipv6 ? AF_INET6 : AF_INET, address->octet, host,
			sizeof(host));
	if (address->prefix == (ipv6 ? 128 : 32))
		(void)snprintf(ret_text, XN_ADDRESS_TEXT_MAX, "%s", host);
	else
		(void)snprintf(ret_text, XN_ADDRESS_TEXT_MAX, "%s/%u", host,
			       address->prefix);
	return ret_text;
}

const char *xn_nat_target_text(const struct xn_nat_target *target,
			       char ret_text[XN_NAT_NAME_MAX])
{
	char address[XN_ADDRESS_TEXT_MAX];

	switch (target->by) {
	case XN_NAT_BY_ADDRESS:
		(void)snprintf(ret_text, XN_NAT_NAME_MAX,
			       target->address.family == 6 ? "[%s]" : "%s",
			       xn_address_text(&target->address, address));
		break;
	case XN_NAT_BY_MAC:
		(void)xn_mac_format(&target->mac, ret_text);
		break;
	case XN_NAT_BY_NAME:
		(void)snprintf(ret_text, XN_NAT_NAME_MAX, "%s", target->name);
		break;
	}
	return ret_text;
}
