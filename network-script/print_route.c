/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes as `ip route list` and `route -n` print them. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <net/route.h>
#include <linux/rtnetlink.h>

#include "netconf/base/text.h"
#include "netconf/base/columns.h"
#include "network-script/print.h"
#include "network-script/words.h"

#define LINE_BYTES_MAX 512
#define LINES_MAX 65536

static void print_destination(FILE *out, const struct xn_route *route)
{
	const char *type = xns_route_type_word(route->type);
	char text[INET6_ADDRSTRLEN] = "?";

	if (type[0] != '\0')
		(void)fprintf(out, "%s ", type);
	(void)inet_ntop(route->family, route->destination, text, sizeof(text));
	if (route->prefix_length == 0)
		(void)fputs("default ", out);
	else if (route->prefix_length == 8 * xn_ip_bytes(route->family))
		(void)fprintf(out, "%s ", text);
	else
		(void)fprintf(out, "%s/%u ", text, route->prefix_length);
	if (route->tos)
		(void)fprintf(out, "tos 0x%02x ", route->tos);
}

static void print_way(FILE *out, const struct xn_link_table *links,
		      uint8_t family, const uint8_t *gateway, int ifindex)
{
	char text[INET6_ADDRSTRLEN] = "?";
	const char *name = ifindex ? xns_name_of(links, ifindex) : NULL;

	if (gateway) {
		(void)inet_ntop(family, gateway, text, sizeof(text));
		(void)fprintf(out, "via %s ", text);
	}
	if (name)
		(void)fprintf(out, "dev %s ", name);
}

static void print_hop_flags(FILE *out, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {
		{RTNH_F_DEAD, "dead"},
		{RTNH_F_ONLINK, "onlink"},
		{RTNH_F_PERVASIVE, "pervasive"},
		{RTNH_F_OFFLOAD, "offload"},
		{RTNH_F_TRAP, "trap"},
		{RTM_F_NOTIFY, "notify"},
		{RTNH_F_LINKDOWN, "linkdown"},
		{RTNH_F_UNRESOLVED, "unresolved"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (flags & words[i].flag)
			(void)fprintf(out, "%s ", words[i].word);
	}
}

static void print_values(FILE *out, const struct xn_route *route)
{
	for (unsigned int i = 0; i < XN_ROUTE_METRICS; i++) {
		const char *word = xns_route_value_word(i);

		if (!route->value[i] || !word)
			continue;
		(void)fprintf(out, "%s ", word);
		if (route->value[RTAX_LOCK] & (1U << i))
			(void)fputs("lock ", out);
		(void)fprintf(out, "%u ", route->value[i]);
	}
}

void xns_print_route(FILE *out, const struct xn_link_table *links,
		     const struct xn_route *route)
{
	char text[INET6_ADDRSTRLEN] = "?";

	print_destination(out, route);
	print_way(out, links, route->family,
		  route->has_gateway ? route->gateway : NULL, route->ifindex);
	if (route->protocol != RTPROT_BOOT)
		(void)fprintf(out, "proto %s ",
			      xns_route_protocol_word(route->protocol, text));
	if (route->scope != RT_SCOPE_UNIVERSE)
		(void)fprintf(out, "scope %s ",
			      xns_scope_word(route->scope, text));
	if (route->has_source) {
		(void)inet_ntop(route->family, route->source, text,
				sizeof(text));
		(void)fprintf(out, "src %s ", text);
	}
	if (route->metric)
		(void)fprintf(out, "metric %u ", route->metric);
	print_hop_flags(out, route->flags);
	print_values(out, route);
	for (uint8_t i = 0; i < route->hop_count; i++) {
		const struct xn_hop *hop = &route->hop[i];

		(void)fputs("\n\tnexthop ", out);
		print_way(out, links, route->family,
			  hop->has_gateway ? hop->gateway : NULL, hop->ifindex);
		(void)fprintf(out, "weight %u ", hop->weight);
		print_hop_flags(out, hop->flags);
	}
	(void)fputs("\n", out);
}

static void print_dotted(FILE *out, uint32_t address)
{
	char text[INET_ADDRSTRLEN] = "?";
	struct in_addr in = {.s_addr = address};

	(void)inet_ntop(AF_INET, &in, text, sizeof(text));
	(void)fprintf(out, "%-15s ", text);
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask */
#define OLD_FIELDS 8

struct old_route {
	const char *name;
	uint32_t destination, gateway, mask, flags;
	uint32_t metric, references, uses;
};

/* One line of the kernel's; false: not one. */
static bool read_old_route(char *line, struct old_route *ret)
{
	char *field[OLD_FIELDS];

	if (xn_columns_split(line, field, OLD_FIELDS) != OLD_FIELDS ||
	    xn_column_hex(field[1], &ret->destination) < 0 ||
	    xn_column_hex(field[2], &ret->gateway) < 0 ||
	    xn_column_hex(field[3], &ret->flags) < 0 ||
	    xn_parse_u32(field[4], 0, UINT32_MAX, &ret->references) < 0 ||
	    xn_parse_u32(field[5], 0, UINT32_MAX, &ret->uses) < 0 ||
	    xn_parse_u32(field[6], 0, UINT32_MAX, &ret->metric) < 0 ||
	    xn_column_hex(field[7], &ret->mask) < 0)
		return false;
	ret->name = field[0];
	return true;
}

static void print_old_route(FILE *out, const struct old_route *route)
{
	static const struct {
		uint32_t flag;
		char letter;
	} letters[] = {{RTF_GATEWAY, 'G'},
		       {RTF_HOST, 'H'},
		       {RTF_REINSTATE, 'R'},
		       {RTF_DYNAMIC, 'D'},
		       {RTF_MODIFIED, 'M'}};
	char flags[sizeof(letters) / sizeof(letters[0]) + 2] = "U";
	size_t length = 1;

	if (route->flags & RTF_REJECT)
		flags[0] = '!';
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (route->flags & letters[i].flag)
			flags[length++] = letters[i].letter;
	}
	flags[length] = '\0';
	print_dotted(out, route->destination);
	if (route->flags & RTF_REJECT)
		(void)fprintf(out, "%-15s ", "-");
	else
		print_dotted(out, route->gateway);
	print_dotted(out, route->mask);
	(void)fprintf(out, "%-5s %-6u ", flags, route->metric);
	if (route->flags & RTF_REJECT)
		(void)fprintf(out, "-  %7u -\n", route->uses);
	else
		(void)fprintf(out, "%-2u %7u %s\n", route->references,
			      route->uses, route->name);
}

void xns_print_old_routes(FILE *out, FILE *from)
{
	char line[LINE_BYTES_MAX];
	struct old_route route;

	(void)fputs("Kernel IP routing table\n"
		    "Destination     Gateway         Genmask         Flags "
		    "Metric Ref    Use Iface\n",
		    out);
	for (int i = 0; i < LINES_MAX && fgets(line, sizeof(line), from); i++) {
		if (read_old_route(line, &route) && (route.flags & RTF_UP))
			print_old_route(out, &route);
	}
}
