/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT's keys to text, see nat_write.h. */
#include "netconf/parse/nat_write.h"

static void write_address(FILE *to, const struct xn_address *address)
{
	char text[XN_ADDRESS_TEXT_MAX];

	(void)fputs(xn_address_text(address, text), to);
}

static void write_target(FILE *to, const struct xn_nat_target *target)
{
	char text[XN_NAT_NAME_MAX];

	(void)fputs(xn_nat_target_text(target, text), to);
}

static void write_ports(FILE *to, uint16_t first, uint16_t last)
{
	if (first == last)
		(void)fprintf(to, "%u", first);
	else
		(void)fprintf(to, "%u-%u", first, last);
}

static void write_masquerade(FILE *to, const struct xn_conf_nat *nat)
{
	(void)fputs("masquerade =", to);
	if (nat->behind_count == 0)
		(void)fputs(nat->masquerade_off ? " off" : " on", to);
	for (uint32_t i = 0; i < nat->behind_count; i++) {
		(void)fputc(' ', to);
		write_address(to, &nat->behind[i]);
	}
	(void)fputc('\n', to);
}

static void write_nat6(FILE *to, const struct xn_conf_nat *nat)
{
	(void)fprintf(to, "nat6 = %s", xn_nat6_name(nat->nat6));
	if (nat->nat6 == XN_NAT6_PREFIX) {
		(void)fputc(' ', to);
		write_address(to, &nat->prefix6);
	}
	(void)fputc('\n', to);
}

static void write_connections(FILE *to, const struct xn_conf_nat *nat)
{
	if (nat->connections == 0)
		(void)fputs("connections = off\n", to);
	else
		(void)fprintf(to, "connections = %u\n", nat->connections);
}

static void write_forward(FILE *to, const struct xn_nat_forward *forward)
{
	uint16_t span = forward->port_last - forward->port_first;

	(void)fprintf(to, "forward = %s ",
		      xn_nat_protocols_name(forward->protocols));
	if (forward->has_at) {
		bool ipv6 = forward->at.family == 6;

		(void)fputs(ipv6 ? "[" : "", to);
		write_address(to, &forward->at);
		(void)fputs(ipv6 ? "]:" : ":", to);
	}
	write_ports(to, forward->port_first, forward->port_last);
	(void)fputs(" -> ", to);
	write_target(to, &forward->to);
	if (forward->to_first != forward->port_first) {
		(void)fputc(':', to);
		write_ports(to, forward->to_first, forward->to_first + span);
	}
	for (uint32_t i = 0; i < forward->source_count; i++) {
		(void)fputs(i == 0 ? " from " : " ", to);
		write_address(to, &forward->source[i]);
	}
	(void)fputc('\n', to);
}

static void write_pair(FILE *to, const struct xn_nat_pair *pair)
{
	(void)fputs("one-to-one = ", to);
	write_address(to, &pair->outside);
	(void)fputs(" -> ", to);
	write_target(to, &pair->to);
	(void)fputc('\n', to);
}

void xn_nat_write_key(FILE *to, const struct xn_conf_nat *nat,
		      enum xn_conf_key key)
{
	if (key == XN_CONF_MASQUERADE)
		write_masquerade(to, nat);
	else if (key == XN_CONF_NAT6)
		write_nat6(to, nat);
	else if (key == XN_CONF_CONNECTIONS)
		write_connections(to, nat);
	else if (key == XN_CONF_FORWARD)
		for (uint32_t i = 0; i < nat->forward_count; i++)
			write_forward(to, &nat->forward[i]);
	else if (key == XN_CONF_ONE_TO_ONE)
		for (uint32_t i = 0; i < nat->pair_count; i++)
			write_pair(to, &nat->pair[i]);
}
